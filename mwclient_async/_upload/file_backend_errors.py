"""Which errors of an upload come from the wiki's file store and may pass.

A store that does not answer once, or a lock that another request holds, fails with the message of a ``StatusValue``.
The Action API shows it in three forms:

- the name of the message is the code, if a file is published: ``backend-fail-internal``;
- the code is ``stashfailed`` and the text is that of the message, for a later chunk and for what a job reports;
- the code is ``uploadstash-exception``, for a first chunk and for a whole file.

So the texts are listed here. They are English, because each request asks for that, and the wiki's own versions of them
are not used. Errors that name a fault of the file or of the request (``backend-fail-maxsize``,
``backend-fail-invalidpath``, ``backend-fail-contenttype``, ``backend-fail-notsame``) do not pass.

Sources, below ``includes/`` of MediaWiki 1.39 and 1.43:

- ``libs/filebackend``: ``FileBackend.php``, ``FileBackendStore.php``, ``FSFileBackend.php``, ``SwiftFileBackend.php``,
  ``FileBackendMultiWrite.php``, ``fileop/*.php``
- ``libs/lockmanager``: ``FSLockManager.php``, ``MemcLockManager.php``, ``RedisLockManager.php``,
  ``QuorumLockManager.php``, ``DBLockManager.php``, and ``ScopedLock.php``, which makes a failed release an error of
  work that was done
- ``filerepo``: ``FileRepo.php`` (``storeBatch``, ``publishBatch``), ``file/LocalFile.php`` (``upload``,
  ``recordUpload3``)
- ``upload``: ``UploadStash.php`` (``stashFile``), ``UploadFromChunks.php`` (``outputChunk``, ``concatenateChunks``),
  ``UploadFromUrl.php`` (``reallyFetchFile``), ``UploadBase.php`` (``tryStashFile``)
- ``api/ApiUpload.php`` (``performStash``, ``getChunkResult``, ``dieStatusWithCode``)
- ``jobqueue/jobs``: ``AssembleUploadChunksJob.php``, ``PublishStashedFileJob.php``, ``UploadJobTrait.php``
- the texts: ``languages/i18n/en.json`` and ``api/i18n/en.json``

Exceptions of the store that reach the API as an internal error are in ``_session/retry.py`` (``is_transient``).
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from mwclient_async.errors import ApiError, ApiErrorItem, MediaWikiError

_STORE: Mapping[str, str] = {  # name of the message -> its English text
    "backend-fail-closetemp": "Could not close temporary file.",
    "backend-fail-connect": 'Could not connect to storage backend "$1".',
    "backend-fail-copy": 'Could not copy file "$1" to "$2".',
    "backend-fail-create": 'Could not write file "$1".',
    "backend-fail-delete": 'Could not delete file "$1".',
    "backend-fail-describe": 'Could not change metadata for file "$1".',
    "backend-fail-hash": 'Could not determine the cryptographic hash of file "$1".',
    "backend-fail-hashes": "Could not get file hashes for comparison.",
    "backend-fail-internal": 'An unknown error occurred in storage backend "$1".',
    "backend-fail-move": 'Could not move file "$1" to "$2".',
    "backend-fail-notexists": "The file $1 does not exist.",
    "backend-fail-opentemp": "Could not open temporary file.",
    "backend-fail-read": 'Could not read file "$1".',
    "backend-fail-readonly": 'The storage backend "$1" is currently read-only. The reason given is: $2',
    "backend-fail-sizes": "Could not get file sizes for comparison.",
    "backend-fail-stat": 'Could not read the status of file "$1".',
    "backend-fail-store": 'Could not store file "$1" at "$2".',
    "backend-fail-stream": 'Could not stream file "$1".',
    "backend-fail-synced": 'The file "$1" is in an inconsistent state within the internal storage backends',
    "backend-fail-usable": (
        'Could not read or write file "$1" due to insufficient permissions or missing directories/containers.'
    ),
    "backend-fail-writetemp": "Could not write to temporary file.",
    "lockmanager-fail-acquirelock": 'Could not acquire lock for "$1".',
    "lockmanager-fail-conflict": "Could not acquire lock. $1",
    "lockmanager-fail-db-bucket": "Could not contact enough lock databases in bucket $1.",
    "lockmanager-fail-openlock": 'Could not open lock file for "$1".$2',
    "lockmanager-fail-svr-acquire": "Could not acquire locks on server $1.",
    "directorycreateerror": 'Could not create directory "$1".',
    "filecopyerror": 'Could not copy file "$1" to "$2".',
    "filedeleteerror": 'Could not delete file "$1".',
    "filenotfound": 'Could not find file "$1".',
    "filereadonlyerror": 'Unable to modify the file "$1" because the file repository "$2" is in read-only mode.$3',
    "filerenameerror": 'Could not rename file "$1" to "$2".',
    "tmp-create-error": "Could not create temporary file.",
    "tmp-write-error": "Error writing temporary file.",
}

_RELEASE: Mapping[str, str] = {  # the work was done, and its lock was not released
    "lockmanager-fail-closelock": 'Could not close lock file for "$1".',
    "lockmanager-fail-db-release": "Could not release locks on database $1.",
    "lockmanager-fail-deletelock": 'Could not delete lock file for "$1".',
    "lockmanager-fail-releaselock": 'Could not release lock for "$1".',
    "lockmanager-fail-svr-release": "Could not release locks on server $1.",
    "lockmanager-notlocked": 'Could not unlock "$1"; it is not locked.',
}

_STASH: Mapping[str, str] = {
    "api-error-publishfailed": "Internal error: Server failed to publish temporary file.",
    "api-error-stashfailed": "Internal error: Server failed to store temporary file.",
    "stashfilestorage": "Could not store upload in the stash: $1",
    "stashinvalidfile": "Invalid stashed file.",
    "UploadChunkFileException": "Error storing file in '$1': $2",
    "UploadStashBadPathException": 'Could not store upload in the stash ($1UploadStashBadPathException): "$2".',
    "UploadStashFileException": 'Could not store upload in the stash ($1UploadStashFileException): "$2".',
    "UploadStashZeroLengthFileException": (
        'Could not store upload in the stash ($1UploadStashZeroLengthFileException): "$2".'
    ),
}

_REPLACED_TOO_SOON = "backend-fail-alreadyexists"
_ARCHIVE_NAME_WAIT = 1.0  # seconds

_CODES = frozenset({*_STORE, *_RELEASE, *_STASH})
_CODES_WITH_TEXT = frozenset({"stashfailed", "uploadstash-exception"})


def _pattern(messages: Mapping[str, str]) -> re.Pattern[str]:
    """A pattern of all these texts, with anything for their parameters."""
    texts = (re.sub(r"\\\$\d", ".*", re.escape(text)) for text in messages.values())
    return re.compile("|".join(texts), re.DOTALL)


_TEXT = _pattern({**_STORE, **_RELEASE, **_STASH})
_RELEASE_TEXT = _pattern(_RELEASE)


def may_pass(error: MediaWikiError) -> bool:
    """Whether the wiki's file store failed, so that the same request may succeed later."""
    return isinstance(error, ApiError) and any(_item_may_pass(item) for item in error.errors)


def passes_after(error: MediaWikiError) -> float | None:
    """After how many seconds the same request may succeed; None if waiting does not help.

    The name of an old version contains the second in which it was replaced, so it is free again in the next second.
    """
    if isinstance(error, ApiError) and error.code == _REPLACED_TOO_SOON:
        return _ARCHIVE_NAME_WAIT
    return 0.0 if may_pass(error) else None


def _item_may_pass(item: ApiErrorItem) -> bool:
    return item.code in _CODES or (item.code in _CODES_WITH_TEXT and _TEXT.fullmatch(item.text.strip()) is not None)


def may_be_done(error: ApiError) -> bool:
    """Whether the wiki may have done the work, because it failed to release a lock."""
    return any(item.code in _RELEASE or _RELEASE_TEXT.fullmatch(item.text.strip()) for item in error.errors)
