"""How a file is sent to the stash, chunk by chunk.

- *The server's offset is the truth.* Each response names the byte that the wiki has reached, and so does the error
  ``stashfailed`` for a chunk that does not fit. The next chunk begins there.
- *A chunk whose reply was lost* is not sent again at once: the wiki is asked for its offset, because that costs less
  than a chunk. The first of several chunks is sent again, because its filekey is not known yet.
- *Chunks are sent with ``ignorewarnings``*, because a warning (the name exists) would end the chunk session. Nothing is
  published by that.
- *A body that is refused as too large* is halved, and the rest is sent in chunks of that size. Web servers answer 413;
  PHP answers ``badupload``, or drops the whole body, so that the token seems to be missing.
- *If the reply to the last chunk is lost*, the wiki has assembled the file under another filekey and forgotten the old
  one. The file is found among the account's stashed files, by its size and SHA-1.
- *With ``async``*, a job assembles the file, and its status is asked until it is done.
- *If the wiki's file store failed* (``file_backend_errors.py``), the wiki is asked for its offset, and the chunk is
  sent again, as the retry policy allows. If it failed to assemble the file, the wiki does not try that again.
- *A chunk session that the wiki has lost, or could not assemble*, is started again, once.

The manual's page is https://www.mediawiki.org/wiki/API:Upload#Chunked_uploading.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from attrs import define, frozen

from mwclient_async._http.flow import Ask, Flow, Report, ResetRetries, may_try_again
from mwclient_async._http.messages import ApiRequest, FilePart
from mwclient_async._session.lost_reply import Executed, LostReply, NotSeen, send_until_known
from mwclient_async._session.retry import is_transient
from mwclient_async._upload.chunk_outcomes import (
    Accepted,
    Assembled,
    Assembling,
    Outcome,
    SessionGone,
    Smaller,
    chunk_outcome,
)
from mwclient_async._upload.file_backend_errors import may_pass
from mwclient_async._upload.stash import (
    STASH_GONE_CODES,
    fetch_stashed_file,
    fetch_status,
    find_stashed,
    is_too_large,
    make_api_error,
    poll_until_done,
    unless_gone,
    upload_result,
    with_right_class,
)
from mwclient_async.errors import (
    ApiError,
    ChunkRefused,
    FileRefused,
    MediaWikiError,
    MissingParameter,
    OutcomeUnknown,
    ProtocolError,
    SourceChanged,
    StashError,
    UploadError,
)
from mwclient_async.models.upload import StashedFile, UploadProgress, UploadStage

DEFAULT_CHUNK_SIZE = 5 * 1024 * 1024
MIN_CHUNK_SIZE = 1024  # bytes, for a wiki that names no minimum
_MAX_STUCK = 5  # chunks in a row after which the wiki's offset had not advanced


@frozen(kw_only=True)
class Position:
    """How far the wiki is: it has ``offset`` bytes under ``filekey``. ``stashed``: all of them, as one file."""

    filekey: str
    offset: int
    stashed: bool = False


@frozen(kw_only=True)
class HashUpTo:
    """A question of the flow: read the file up to byte ``end``, so that its hash is known."""

    end: int


@frozen(kw_only=True)
class ChunkPlan:
    """What is sent, and how.

    ``min_chunk_size`` is the wiki's own minimum in bytes. ``patience`` is how many seconds its own work may take.
    ``restarted`` says that the wiki has lost the file once already.
    """

    filename: str
    size: int
    chunk_size: int
    min_chunk_size: int = 1
    asynchronous: bool = False
    patience: float = 3600.0
    restarted: bool = False


# Sending -------------------------------------------------------------------------------------------------------------


def send_chunks(plan: ChunkPlan, *, sha1: Callable[[], str], start: Position | None = None) -> Flow[StashedFile]:
    """Send a file to the stash, from ``start`` on if the wiki has a part of it.

    Reports an UploadProgress before each chunk and a Position after it. Each chunk has tries of its own, and
    a deadline that counts from its first lost reply. Raises StashError, ChunkRefused, FileRefused, SourceChanged,
    UploadPending.
    """
    return (yield from _ChunkSession(plan, sha1, start, restarted=plan.restarted).run())


@define
class _ChunkSession:
    _plan: ChunkPlan
    _sha1: Callable[[], str]
    _start: Position | None
    _offset: int = 0
    _filekey: str | None = None
    _chunk_size: int = 0
    _furthest: int = 0
    _stuck: int = 0
    _restarted: bool = False

    def run(self) -> Flow[StashedFile]:
        plan = self._plan
        self._chunk_size = max(plan.chunk_size, plan.min_chunk_size)
        if self._start is not None:
            self._offset, self._filekey = self._start.offset, self._start.filekey
        while True:
            length = min(self._chunk_size, plan.size - self._offset)
            outcome = yield from self._next(length)
            stashed = yield from self._apply(outcome, length)
            if stashed is not None:
                return stashed

    def _next(self, length: int) -> Flow[Outcome]:
        """Send the next chunk until the wiki has said what became of it."""
        if not length:  # an earlier process has sent everything, and did not wait until it was assembled
            return (yield from self._look_up(None, is_last=True))
        yield ResetRetries()
        return (yield from send_until_known(_Chunk(self, length), LostReply()))

    def is_last(self, length: int) -> bool:
        """Whether a chunk of that length is the last one."""
        return self._offset + length == self._plan.size

    def send(self, length: int) -> Flow[Outcome]:
        """Send one chunk, once."""
        yield Report(self._progress(UploadStage.SENDING, self._offset))
        try:
            response = yield self._request(length)
        except (ChunkRefused, MissingParameter, ProtocolError) as error:
            self._shrink(error, length)
            return Smaller()
        except StashError as error:
            return (yield from self._explain(error, length))
        return chunk_outcome(upload_result(response), filekey=None)

    def resolve(self, length: int, cause: MediaWikiError) -> Flow[Executed[Outcome] | NotSeen]:
        """Find out what became of a chunk whose reply was lost, or that the wiki's file store did not take."""
        not_seen = NotSeen("" if is_transient(cause) else "the wiki fails at this chunk")
        if self._filekey is None and may_pass(cause):
            return not_seen
        if self._filekey is None:
            found = yield from self._find_in_stash()
            return Executed(found) if found is not None else not_seen
        outcome = yield from self._look_up(None, is_last=self.is_last(length))
        has_not_advanced = isinstance(outcome, Accepted) and outcome.offset == self._offset
        return not_seen if has_not_advanced else Executed(outcome)

    def _request(self, length: int) -> ApiRequest:
        plan = self._plan
        params = {
            "action": "upload",
            "stash": "1",
            "ignorewarnings": "1",
            "filename": plan.filename,
            "filesize": str(plan.size),
            "offset": str(self._offset),
        }
        if self._filekey is not None:
            params["filekey"] = self._filekey
        if plan.asynchronous and self.is_last(length):
            params["async"] = "1"
        part = FilePart(name="chunk", offset=self._offset, length=length)
        cannot_ask = self._filekey is None and length < plan.size  # without a filekey there is no status to ask for
        return ApiRequest(
            params=params,
            post=True,
            token="csrf",  # noqa: S106 - a kind
            write=True,
            repeatable=cannot_ask,
            part=part,
        )

    def _progress(self, stage: UploadStage, sent: int) -> UploadProgress:
        return UploadProgress(stage=stage, sent=sent, total=self._plan.size, restarted=self._restarted)

    def _shrink(self, error: MediaWikiError, length: int) -> None:
        """Send smaller chunks from now on if the refused one was too large; else raise the error."""
        if not is_too_large(error):
            raise error
        allowed = error.data.get("size") if isinstance(error, ApiError) else None
        half = min(length // 2, allowed) if isinstance(allowed, int) and allowed > 0 else length // 2
        if half < self._plan.min_chunk_size or half >= length:
            raise error
        self._chunk_size = half

    # What follows from an outcome ------------------------------------------------------------------------------------

    def _apply(self, outcome: Outcome, length: int) -> Flow[StashedFile | None]:
        """The stashed file when it is whole; None to continue with the next chunk."""
        is_sent = isinstance(outcome, Assembling)
        if isinstance(outcome, Assembling):
            yield from self._check_whole(length, reported=outcome.reported)
            yield Report(self._progress(UploadStage.SENDING, self._plan.size))
            yield Report(Position(filekey=outcome.filekey, offset=self._plan.size))
            outcome = yield from self._wait_until_assembled(outcome.filekey)
            length = self._plan.size - self._offset
        if isinstance(outcome, Assembled):
            yield from self._check_whole(length, reported=outcome.reported)
            if not is_sent:
                yield Report(self._progress(UploadStage.SENDING, self._plan.size))
            return (yield from self._finish(outcome))
        if isinstance(outcome, SessionGone):
            self._restart()
        elif isinstance(outcome, Accepted):
            self._advance(outcome, length)
            yield Report(Position(filekey=outcome.filekey, offset=outcome.offset))
        return None

    def _check_whole(self, length: int, *, reported: bool) -> Flow[None]:
        """Raise FileRefused if the wiki took too few bytes for the whole file. Hash what another process has sent."""
        sent, size = self._offset + length, self._plan.size
        if sent < size and not reported:
            text = f"The wiki took the file for complete after {sent} of {size} bytes: it does not take larger files."
            raise make_api_error(FileRefused, "file-too-large", text, {"size": size, "max": sent})
        if sent < size:
            yield Ask(HashUpTo(end=size))

    def _finish(self, assembled: Assembled) -> Flow[StashedFile]:
        stashed = StashedFile(assembled.filekey, size=self._plan.size, sha1=self._sha1())
        theirs = assembled.sha1
        if theirs is None:  # a wiki may leave it out of a long response
            info = yield from fetch_stashed_file(stashed.filekey)
            theirs = info.sha1 if info is not None else None
        if theirs is not None and theirs != stashed.sha1:
            raise SourceChanged(
                f"the wiki has a file with SHA-1 {theirs}, but {stashed.sha1} was read: nothing was published; upload "
                "the file again"
            )
        yield Report(Position(filekey=stashed.filekey, offset=self._plan.size, stashed=True))
        return stashed

    def _advance(self, accepted: Accepted, length: int) -> None:
        before, self._offset, self._filekey = self._offset, accepted.offset, accepted.filekey
        self._stuck = 0 if self._offset > self._furthest else self._stuck + 1
        self._furthest = max(self._offset, self._furthest)
        if self._stuck > _MAX_STUCK or not 0 <= self._offset < self._plan.size:
            raise ProtocolError(
                f"the wiki is at byte {self._offset} of {self._plan.size} after a chunk of {length} bytes at {before}"
            )

    def _restart(self) -> None:
        self._offset, self._filekey, self._restarted = 0, None, True
        self._furthest = self._stuck = 0

    # Asking the wiki -------------------------------------------------------------------------------------------------

    def _explain(self, error: StashError, length: int) -> Flow[Outcome]:
        """What a refused chunk means."""
        if may_pass(error):
            raise error
        if self._filekey is None:
            raise with_right_class(error)
        error = yield from unless_gone(error, self._filekey)
        if may_pass(error):
            raise error
        if error.offset is not None and error.offset != self._offset and 0 < error.offset < self._plan.size:
            return Accepted(self._filekey, error.offset)
        if error.offset == self._offset:  # the offset is right, so the content is wrong
            raise make_api_error(FileRefused, "verification-error", error.text, error.data)
        return (yield from self._look_up(error, is_last=self.is_last(length)))

    def _look_up(self, error: StashError | None, *, is_last: bool) -> Flow[Outcome]:
        """What became of the file that the wiki should have in part, or in whole if the last chunk was sent."""
        try:
            status = yield from self._status()
        except StashError as failure:
            return (yield from self._after_failed_assembly(failure))
        result = status.get("result") if status is not None else None
        if status is not None and (result in {"Poll", "Success"} or (result == "Continue" and error is None)):
            return chunk_outcome(status, filekey=self._filekey, reported=True)
        if is_last or self._start is not None:  # an earlier process may have sent all of it
            found = yield from self._find_in_stash()
            if found is not None:
                return found
        is_gone = error is None or error.code in STASH_GONE_CODES or (error.code == "stashfailed" and status is None)
        if is_gone and not self._restarted:
            return SessionGone()
        if error is None:
            raise make_api_error(StashError, "stashfailed", "The wiki has lost the file.")
        raise with_right_class(error)

    def _after_failed_assembly(self, failure: StashError) -> Flow[Outcome]:
        """What follows if the wiki has all chunks and could not assemble them: it does not try that again."""
        if not may_pass(failure):
            raise failure
        found = yield from self._find_in_stash()
        if found is not None:
            return found
        if self._restarted or not (yield from may_try_again(failure)):
            raise failure
        return SessionGone()

    def _status(self) -> Flow[Mapping[str, Any] | None]:
        """The wiki's status of the file; None if it does not know the file. Raises the wiki's error if it failed."""
        try:
            return (yield from fetch_status({"filekey": str(self._filekey)}))
        except UploadError as error:
            if error.code != "missingresult":
                raise
            return None

    def _find_in_stash(self) -> Flow[Assembled | None]:
        """The whole file among the account's stashed files."""
        yield Ask(HashUpTo(end=self._plan.size))  # this process may have read only a part of it
        found = yield from find_stashed(self._plan.size, self._sha1)
        return Assembled(found.filekey, found.sha1, reported=True) if found is not None else None

    def _wait_until_assembled(self, filekey: str) -> Flow[Outcome]:
        try:
            result = yield from poll_until_done(
                {"filekey": filekey},
                filename=self._plan.filename,
                patience=self._plan.patience,
                progress=self._progress(UploadStage.ASSEMBLING, self._plan.size),
            )
        except StashError as failure:
            return (yield from self._after_failed_assembly(failure))
        return chunk_outcome(result, filekey=filekey, reported=True)


@frozen
class _Chunk:
    """One chunk, as a ResolvableWrite. The errors of a file store pass."""

    _session: _ChunkSession
    _length: int

    def send(self) -> Flow[Outcome]:
        return self._session.send(self._length)

    def resolve(self, lost: LostReply, error: MediaWikiError) -> Flow[Executed[Outcome] | NotSeen]:  # noqa: ARG002
        if not isinstance(error, OutcomeUnknown) and not may_pass(error):  # final, whatever was lost before
            return NotSeen()
        cause = error.__cause__ if isinstance(error, OutcomeUnknown) else None
        return (yield from self._session.resolve(self._length, cause if isinstance(cause, MediaWikiError) else error))

    def passes_after(self, error: MediaWikiError) -> float | None:
        return 0.0 if may_pass(error) else None

    def give_up(self, lost: LostReply, error: MediaWikiError, why: str) -> MediaWikiError:  # noqa: ARG002
        """How the reply was lost: nothing is published by a chunk, so the upload can be resumed in any case."""
        cause = error.__cause__
        return cause if isinstance(error, OutcomeUnknown) and isinstance(cause, MediaWikiError) else error
