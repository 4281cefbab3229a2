<?php
# A file store that fails at one of its steps, once. LocalSettings.php requires this file after it has set
# $wgStoreSteps to the directory where steps are counted, and $wgStoreIsRemote.
#
# The file "fail_at" in that directory has the number of the step that fails; without it, all steps succeed. The file
# "steps" gets a line with the name of each step. A remote store gives copies of its files instead of the files
# themselves, as Swift and S3 do.

class StoreSteps {
	/** Count a step and return whether it fails. */
	public static function fails( string $step ): bool {
		global $wgStoreSteps;
		$failAt = (int)@file_get_contents( "$wgStoreSteps/fail_at" );
		if ( !$failAt ) {
			return false;
		}
		$log = fopen( "$wgStoreSteps/steps", 'a+' );
		flock( $log, LOCK_EX );
		$number = substr_count( stream_get_contents( $log, -1, 0 ), "\n" ) + 1;
		fwrite( $log, "$step\n" );
		fclose( $log );
		return $number === $failAt;
	}
}

class UnreliableStore extends FSFileBackend {
	protected function doCreateInternal( array $params ) {
		return $this->failure( 'create' ) ?? parent::doCreateInternal( $params );
	}

	protected function doStoreInternal( array $params ) {
		return $this->failure( 'store' ) ?? parent::doStoreInternal( $params );
	}

	protected function doCopyInternal( array $params ) {
		return $this->failure( 'copy' ) ?? parent::doCopyInternal( $params );
	}

	protected function doMoveInternal( array $params ) {
		return $this->failure( 'move' ) ?? parent::doMoveInternal( $params );
	}

	protected function doDeleteInternal( array $params ) {
		return $this->failure( 'delete' ) ?? parent::doDeleteInternal( $params );
	}

	protected function doPrepareInternal( $fullCont, $dirRel, array $params ) {
		return $this->failure( 'prepare' ) ?? parent::doPrepareInternal( $fullCont, $dirRel, $params );
	}

	protected function doGetFileStat( array $params ) {
		return StoreSteps::fails( 'stat' ) ? null : parent::doGetFileStat( $params );
	}

	protected function doGetLocalReferenceMulti( array $params ) {
		global $wgStoreIsRemote;
		if ( StoreSteps::fails( 'read' ) ) {
			return array_fill_keys( $params['srcs'], null );
		}
		return $wgStoreIsRemote ? parent::doGetLocalCopyMulti( $params ) : parent::doGetLocalReferenceMulti( $params );
	}

	/** The status of a step that fails; null if it does not fail. */
	private function failure( string $step ) {
		return StoreSteps::fails( $step ) ? StatusValue::newFatal( 'backend-fail-internal', $this->name ) : null;
	}
}

class UnreliableLocks extends FSLockManager {
	protected function doLock( array $paths, $type ) {
		if ( StoreSteps::fails( 'lock' ) ) {
			return StatusValue::newFatal( 'lockmanager-fail-conflict' );
		}
		return parent::doLock( $paths, $type );
	}

	protected function doUnlock( array $paths, $type ) {
		$status = parent::doUnlock( $paths, $type );
		if ( StoreSteps::fails( 'unlock' ) ) {
			$status->fatal( 'lockmanager-fail-releaselock', $paths[0] ?? '' );
		}
		return $status;
	}
}

$wgLockManagers[] = [
	'name' => 'unreliableLocks',
	'class' => UnreliableLocks::class,
	'lockDirectory' => "$wgUploadDirectory/lockdir",
];
$wgFileBackends[] = [
	'name' => 'local-backend',
	'class' => UnreliableStore::class,
	'lockManager' => 'unreliableLocks',
	'containerPaths' => [
		'local-public' => $wgUploadDirectory,
		'local-thumb' => "$wgUploadDirectory/thumb",
		'local-transcoded' => "$wgUploadDirectory/transcoded",
		'local-deleted' => "$wgUploadDirectory/deleted",
		'local-temp' => "$wgUploadDirectory/temp",
	],
	'fileMode' => 0644,
	'directoryMode' => $wgDirectoryMode,
];
