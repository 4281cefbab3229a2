<?php
# Lists that must be POSTed. LocalSettings.php requires this file. The classes are defined when a query needs them,
# because MediaWiki's own are not loaded before.

use Wikimedia\ParamValidator\ParamValidator;
use Wikimedia\ParamValidator\TypeDef\IntegerDef;

$wgExtensionFunctions[] = static function () {
	class PostedList extends ApiQueryGeneratorBase {
		private const ROWS = 7;
		private const TOKENS = [ 'checks' => 'csrf', 'audits' => 'csrf', 'visits' => false, 'merges' => 'rollback' ];

		public function __construct( ApiQuery $query, $name ) {
			parent::__construct( $query, $name, substr( $name, 0, 2 ) );
		}

		public function execute() {
			$this->run( null );
		}

		public function executeGenerator( $resultPageSet ) {
			$this->run( $resultPageSet );
		}

		private function run( $pages ) {
			$params = $this->extractRequestParams();
			if ( $this->needsToken() && !$this->validateToken( $params['token'], $params ) ) {
				$this->dieWithError( 'apierror-badtoken' );
			}
			$path = [ 'query', $this->getModuleName() ];
			$titles = [];
			for ( $row = (int)$params['continue'] ?: 1; $row <= self::ROWS; $row++ ) {
				if ( count( $titles ) == $params['limit'] ) {
					$this->setContinueEnumParameter( 'continue', $row );
					break;
				}
				$titles[] = Title::newFromText( "Row $row" );
				if ( !$pages ) {
					$method = $this->getRequest()->getMethod();
					$this->getResult()->addValue( $path, null, [ 'row' => $row, 'method' => $method ] );
				}
			}
			if ( $pages ) {
				$pages->populateFromTitles( $titles );
			} else {
				$this->getResult()->addIndexedTagName( $path, 'row' );
			}
		}

		public function mustBePosted() {
			return true;
		}

		public function needsToken() {
			return self::TOKENS[$this->getModuleName()];
		}

		public function getAllowedParams() {
			return [
				'continue' => null,
				'limit' => [
					ParamValidator::PARAM_TYPE => 'limit',
					ParamValidator::PARAM_DEFAULT => 10,
					IntegerDef::PARAM_MIN => 1,
					IntegerDef::PARAM_MAX => 500,
					IntegerDef::PARAM_MAX2 => 5000,
				],
			];
		}
	}
};

foreach ( [ 'checks', 'audits', 'visits', 'merges' ] as $name ) {
	$wgAPIListModules[$name] = 'PostedList';
}
