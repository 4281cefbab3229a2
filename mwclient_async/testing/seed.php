<?php
/**
 * Writes the pages that it reads as JSON from standard input, in one transaction, through MediaWiki's own storage classes:
 * [ { "title": ..., "revisions": [ { "text", "user", "timestamp", "comment", "minor" }, ... ] }, ... ], oldest first.
 *
 * With --links, it also updates what an edit updates: links, categories, search index, recent changes.
 */

use MediaWiki\Deferred\SearchUpdate as NamespacedSearchUpdate;
use MediaWiki\MediaWikiServices;
use MediaWiki\Revision\MutableRevisionRecord;
use MediaWiki\Revision\RevisionRecord;
use MediaWiki\User\UserIdentity;
use MediaWiki\User\UserIdentityValue;

require_once getenv( 'MW_INSTALL_PATH' ) . '/maintenance/Maintenance.php';

class SeedPages extends Maintenance {
	/** @var MediaWikiServices */
	private $services;
	/** @var UserIdentity[] */
	private $users = [];
	/** @var int[] */
	private $edits = [];
	/** @var array[] */
	private $changes = [];
	/** @var bool[] */
	private $columns = [];

	public function __construct() {
		parent::__construct();
		$this->addDescription( 'Write pages that come as JSON on standard input' );
		$this->addOption( 'links', 'Update links, categories, search index and recent changes too' );
	}

	public function execute() {
		$this->services = MediaWikiServices::getInstance();
		$pages = json_decode( stream_get_contents( STDIN ), true, 8, JSON_THROW_ON_ERROR );
		$dbw = $this->getDB( DB_PRIMARY );
		$this->beginTransaction( $dbw, __METHOD__ );
		$written = [];
		foreach ( $pages as $page ) {
			$last = $this->writePage( $dbw, $page );
			$written[$last->getPageId()] = $last;
		}
		$this->countEdits( $dbw );
		if ( $this->hasOption( 'links' ) ) {
			foreach ( array_chunk( $this->changes, 40 ) as $rows ) {
				$dbw->insert( 'recentchanges', $rows, __METHOD__ );
			}
		}
		$this->commitTransaction( $dbw, __METHOD__ );
		if ( $this->hasOption( 'links' ) ) {
			array_map( [ $this, 'updateLinks' ], $written );
		}
		$statistics = $this->runChild( InitSiteStats::class, MW_INSTALL_PATH . '/maintenance/initSiteStats.php' );
		$statistics->loadParamsAndArgs( null, [ 'update' => true, 'quiet' => true ] );
		$statistics->execute();
	}

	private function writePage( $dbw, array $data ): RevisionRecord {
		$title = $this->services->getTitleFactory()->newFromText( $data['title'] );
		if ( !$title || !$title->canExist() ) {
			$this->fatalError( "'{$data['title']}' cannot be the title of a page" );
		}
		$page = $this->services->getWikiPageFactory()->newFromTitle( $title );
		$page->loadPageData( IDBAccessObject::READ_LATEST );
		$pageId = $page->exists() ? $page->getId() : $page->insertOn( $dbw );
		$previous = $page->getRevisionRecord();
		$latest = $page->getLatest();
		foreach ( $data['revisions'] as $revision ) {
			$previous = $this->writeRevision( $dbw, $title, $pageId, $previous, $revision );
		}
		$page->updateRevisionOn( $dbw, $previous, $latest );
		return $previous;
	}

	private function writeRevision(
		$dbw, $title, int $pageId, ?RevisionRecord $previous, array $data
	): RevisionRecord {
		if ( $previous && $data['timestamp'] < $previous->getTimestamp() ) {
			$this->fatalError( "'{$title->getPrefixedText()}' has a revision from {$previous->getTimestamp()}: " .
				"{$data['timestamp']} cannot come after it" );
		}
		$user = $this->users[$data['user']] ??= $this->findUser( $data['user'] );
		$revision = new MutableRevisionRecord( $title );
		$revision->setPageId( $pageId );
		$revision->setParentId( $previous ? $previous->getId() : 0 );
		$revision->setUser( $user );
		$revision->setTimestamp( $data['timestamp'] );
		$revision->setComment( CommentStoreComment::newUnsavedComment( $data['comment'] ) );
		$revision->setMinorEdit( $data['minor'] );
		$revision->setContent( 'main', ContentHandler::makeContent( $data['text'], $title ) );
		$written = $this->services->getRevisionStore()->insertRevisionOn( $revision, $dbw );
		$this->edits[$user->getId()] = ( $this->edits[$user->getId()] ?? 0 ) + 1;
		if ( $this->hasOption( 'links' ) ) {
			$this->changes[] = $this->change( $dbw, $title, $previous, $written, $user );
		}
		return $written;
	}

	private function findUser( string $name ): UserIdentity {
		if ( $this->services->getUserNameUtils()->isIP( $name ) ) {
			return UserIdentityValue::newAnonymous( $name );
		}
		$user = $this->services->getUserFactory()->newFromName( $name );
		if ( !$user ) {
			$this->fatalError( "'$name' cannot be the name of a user" );
		}
		if ( !$user->isRegistered() ) {
			$user->addToDatabase();
		}
		return $user;
	}

	private function change(
		$dbw, $title, ?RevisionRecord $previous, RevisionRecord $revision, UserIdentity $user
	): array {
		$row = [
			'rc_timestamp' => $dbw->timestamp( $revision->getTimestamp() ),
			'rc_namespace' => $title->getNamespace(),
			'rc_title' => $title->getDBkey(),
			'rc_cur_id' => $revision->getPageId(),
			'rc_this_oldid' => $revision->getId(),
			'rc_last_oldid' => $previous ? $previous->getId() : 0,
			'rc_old_len' => $previous ? $previous->getSize() : 0,
			'rc_new_len' => $revision->getSize(),
			'rc_type' => $previous ? RC_EDIT : RC_NEW,
			'rc_source' => $previous ? 'mw.edit' : 'mw.new',
			'rc_new' => $previous ? 0 : 1,
			'rc_minor' => $revision->isMinor() ? 1 : 0,
			'rc_bot' => 0,
			'rc_patrolled' => 0,
			'rc_ip' => $user->isRegistered() ? '' : $user->getName(),
			'rc_actor' => $this->services->getActorNormalization()->acquireActorId( $user, $dbw ),
			'rc_logid' => 0,
			'rc_params' => '',
		] + $this->services->getCommentStore()->insert( $dbw, 'rc_comment', $revision->getComment() );
		// Newer versions have dropped columns that follow from others, such as rc_new.
		$has = fn ( string $name ): bool => $this->columns[$name] ??= $dbw->fieldExists( 'recentchanges', $name, __METHOD__ );
		return array_filter( $row, $has, ARRAY_FILTER_USE_KEY );
	}

	private function countEdits( $dbw ): void {
		foreach ( $this->edits as $id => $count ) {
			$dbw->update( 'user', [ "user_editcount = COALESCE(user_editcount, 0) + $count" ], [ 'user_id' => $id ],
				__METHOD__ );
		}
	}

	private function updateLinks( RevisionRecord $revision ): void {
		$page = $this->services->getWikiPageFactory()->newFromID( $revision->getPageId(), IDBAccessObject::READ_LATEST );
		$updater = $this->services->getPageUpdaterFactory()->newDerivedPageDataUpdater( $page );
		$updater->prepareUpdate( $revision, [ 'created' => true, 'oldcountable' => 'no-change' ] );
		$updater->doSecondaryDataUpdates( [ 'recursive' => false ] );
		$class = class_exists( NamespacedSearchUpdate::class ) ? NamespacedSearchUpdate::class : SearchUpdate::class;
		$update = new $class( $page->getId(), $page->getTitle(), $revision->getContent( 'main' ) );
		$update->doUpdate();
	}
}

$maintClass = SeedPages::class;
require_once RUN_MAINTENANCE_IF_MAIN;
