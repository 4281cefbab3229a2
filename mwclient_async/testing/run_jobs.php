<?php
/**
 * Runs the jobs of all types, as they come, for as long as the wiki exists.
 *
 * While it runs jobs, it has a lock on the file that is its argument: whoever gets the lock knows that no job is in
 * progress. It ends if MediaWiki wants a fresh process, and is started again.
 */

use MediaWiki\MediaWikiServices;

require_once getenv( 'MW_INSTALL_PATH' ) . '/maintenance/Maintenance.php';

class RunJobsForever extends Maintenance {
	private const PAUSE = 100000; // microseconds
	private const FRESH_PROCESS = [ 'memory-limit', 'exception' ];

	public function __construct() {
		parent::__construct();
		$this->addDescription( 'Run jobs until the process is ended' );
		$this->addArg( 'lock', 'The path of the lock file' );
	}

	public function execute() {
		$lock = fopen( $this->getArg( 0 ), 'c' );
		do {
			usleep( self::PAUSE );
			flock( $lock, LOCK_EX );
			$reached = $this->runAll();
			flock( $lock, LOCK_UN );
		} while ( !array_intersect( self::FRESH_PROCESS, $reached ) );
	}

	/** Run the jobs that there are. Each type is asked for itself, because a list of all queues is cached. */
	private function runAll(): array {
		$queues = MediaWikiServices::getInstance()->getJobQueueGroup();
		$runner = MediaWikiServices::getInstance()->getJobRunner();
		$reached = [];
		foreach ( $queues->getQueueTypes() as $type ) {
			if ( !$queues->get( $type )->isEmpty() ) {
				$reached[] = $runner->run( [ 'type' => $type, 'throttle' => false ] )['reached'];
			}
		}
		return $reached;
	}
}

$maintClass = RunJobsForever::class;
require_once RUN_MAINTENANCE_IF_MAIN;
