<?php

namespace Tests\OAuthWiki;

use ApiUsageException;
use MediaWiki\MediaWikiServices;
use MediaWiki\Session\ImmutableSessionProviderWithCookie;
use MediaWiki\Session\SessionBackend;
use MediaWiki\Session\SessionInfo;
use MediaWiki\Session\UserInfo;
use WebRequest;

/**
 * Who a request is from, told by its header `Authorization: Bearer <token>`, as Extension:OAuth does it: api.php and
 * rest.php only; no cookie; the rights of the user that the grants include; a token that is not good fails the whole
 * request before anything is done.
 */
class BearerSessionProvider extends ImmutableSessionProviderWithCookie {
	protected TokenDesk $desk;
	private static array $refusal = [];

	public function __construct( string $directory ) {
		parent::__construct( [] );
		$this->desk = new TokenDesk( $directory );
	}

	/** @inheritDoc */
	public function provideSessionInfo( WebRequest $request ) {
		$header = (string)$request->getHeader( 'Authorization' );
		if ( !str_starts_with( $header, 'Bearer' ) || !( defined( 'MW_API' ) || defined( 'MW_REST_API' ) ) ) {
			return null;
		}
		$token = trim( substr( $header, strlen( 'Bearer' ) ) );
		$known = $this->desk->token( $token );
		$user = $known ? UserInfo::newFromName( $known['user'], true ) : null;
		return $user && $user->getId() ? $this->accept( $token, $known, $user ) :
			$this->refuse( 'The access token is unknown, expired or revoked' );
	}

	/**
	 * The session belongs to the user's approval of the client; the token in its metadata makes a session that was
	 * begun with another token start anew, csrf tokens included.
	 */
	protected function accept( string $token, array $known, UserInfo $user ): SessionInfo {
		return new SessionInfo( SessionInfo::MAX_PRIORITY, [
			'provider' => $this,
			'id' => $this->hashToSessionId( "{$known['client']}\n{$user->getId()}" ),
			'userInfo' => $user,
			'persisted' => false,
			'forceUse' => true,
			'metadata' => [
				'key' => hash( 'sha256', $token ),
				'rights' => MediaWikiServices::getInstance()->getGrantsInfo()->getGrantRights( $known['grants'] ),
			],
		] );
	}

	/** No user's session for now; the error follows when the entry point can show it. */
	protected function refuse( string $reason, string $code = 'mwoauth-invalid-authorization' ): SessionInfo {
		self::$refusal = [ $code, $reason ];
		if ( defined( 'MW_REST_API' ) ) {
			// RestCheckCanExecute, the hook for this, is of 1.44; these functions run before rest.php does anything.
			$GLOBALS['wgExtensionFunctions'][] = [ self::class, 'failRest' ];
		} else {
			MediaWikiServices::getInstance()->getHookContainer()->register( 'ApiBeforeMain', static function () {
				throw ApiUsageException::newWithMessage( null, self::reason() );
			} );
		}
		return new SessionInfo( SessionInfo::MAX_PRIORITY, [
			'provider' => $this,
			'id' => $this->hashToSessionId( 'nobody' ),
			'userInfo' => UserInfo::newAnonymous(),
			'persisted' => false,
		] );
	}

	/** @return never */
	public static function failRest(): void {
		http_response_code( 403 );
		header( 'Content-Type: application/json' );
		echo json_encode( [
			'errorKey' => self::$refusal[0],
			'messageTranslations' => [ 'en' => self::reason()->inLanguage( 'en' )->text() ],
			'httpCode' => 403,
			'httpReason' => 'Forbidden',
		] );
		exit;
	}

	/** @return \Message */
	private static function reason() {
		return wfMessage( ...self::$refusal );
	}

	/** @inheritDoc */
	public function getAllowedUserRights( SessionBackend $backend ) {
		return $backend->getProviderMetadata()['rights'] ?? [];
	}

	/** @inheritDoc */
	public function safeAgainstCsrf() {
		return true;
	}

	/** @inheritDoc */
	public function getVaryHeaders() {
		return [ 'Authorization' => null ];
	}
}
