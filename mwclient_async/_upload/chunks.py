"""A file's way into the stash in chunks, as a conversation.

- *The server's offset is the truth.* Each reply names the byte at which the wiki stands, and so does the error
  ``stashfailed`` for a chunk that does not fit; the next chunk begins there.
- *When the answer to a chunk is lost*, the wiki is asked where it stands, for that costs less than a chunk, and what it
  has is not sent again. Only of the first of several chunks nobody knows the key: it is sent again.
- *Chunks are sent with ``ignorewarnings``*, because a warning (the name exists!) would end the session of chunks.
  Nothing is published by that: the stash asks nobody.
- *A body that is refused as too large* is halved, and the rest is sent in chunks of that size. Web servers say so with
  413, PHP with ``badupload`` or by dropping the whole body, so that the token seems to be missing.
- *When the answer to the last chunk is lost*, the wiki has put the file together under another key and forgotten the
  old one; the file is found again among the account's stashed files, by its size and SHA-1.
- *With ``async``*, the wiki puts it together when it has time, and is asked until it is done.
- *A session of chunks that the wiki has lost* is begun anew, once.

The manual's page is https://www.mediawiki.org/wiki/API:Upload#Chunked_uploading.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from attrs import define, field, frozen

from mwclient_async._http.flow import Ask, Flow, Report, Wait
from mwclient_async._http.messages import ApiRequest, FilePart
from mwclient_async._session.retry import decide_retry
from mwclient_async._upload.stash import (
    STASH_GONE_CODES,
    filekey_of,
    find_stashed,
    is_too_large,
    key_of,
    look_into,
    named,
    refusal,
    status_of,
    upload_part,
    wait_for,
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
from mwclient_async.models.options import RetryPolicy
from mwclient_async.models.upload import StashedFile, UploadProgress, UploadStage

DEFAULT_CHUNK = 5 * 1024 * 1024
LEAST_CHUNK = 1024  # what a wiki takes that does not say
_ASKED = "asked"  # marks an answer that is not one to the chunk itself
_MOST_STUCK = 5  # chunks in a row that brought the wiki no further than it was


@frozen(kw_only=True)
class Position:
    """Where the wiki stands: so many bytes of the file are under that key; ``stashed``: all of them, as one file."""

    filekey: str
    offset: int
    stashed: bool = False


@frozen(kw_only=True)
class ReadOn:
    """Asks for the file to be read, up to that byte, so that its hash is known."""

    upto: int


@frozen(kw_only=True)
class ChunkPlan:
    """What is sent, and how. ``least`` is the wiki's smallest chunk, ``patience`` seconds for the wiki's own work.

    ``policy`` is for a chunk whose answer is lost; ``restarted`` says that the wiki has lost the file once already.
    """

    filename: str
    size: int
    chunk_size: int
    least: int = 1
    asynchronous: bool = False
    patience: float = 3600.0
    policy: RetryPolicy = field(factory=RetryPolicy)
    restarted: bool = False


def send_chunks(plan: ChunkPlan, *, sha1: Callable[[], str], start: Position | None = None) -> Flow[StashedFile]:
    """Send a file to the stash, from ``start`` on where it is there in part.

    Reports an UploadProgress before each chunk and a Position after it. Raises StashError, ChunkRefused, FileRefused,
    SourceChanged, UploadPending.
    """
    return (yield from _Sending(plan, sha1, start, restarted=plan.restarted).run())


@define
class _Sending:
    _plan: ChunkPlan
    _sha1: Callable[[], str]
    _start: Position | None
    _offset: int = 0
    _filekey: str | None = None
    _chunk: int = 0
    _furthest: int = 0
    _stuck: int = 0
    _lost: int = 0
    _waited: float = 0.0
    _restarted: bool = False

    def run(self) -> Flow[StashedFile]:
        plan = self._plan
        self._chunk = max(plan.chunk_size, plan.least)
        if self._start is not None:
            self._offset, self._filekey = self._start.offset, self._start.filekey
        while True:
            length = min(self._chunk, plan.size - self._offset)
            result = yield from self._next(length)
            if result is None:
                continue
            stashed = yield from self._take_in(result, length)
            if stashed is not None:
                return stashed

    def _next(self, length: int) -> Flow[Mapping[str, Any] | None]:
        """The wiki's answer to the next chunk; None where that is to be sent again, in smaller ones."""
        if not length:  # all of it was sent before: by a process that did not wait until it was put together
            return (yield from self._became(None, whole=True))
        yield Report(self._progress(UploadStage.SENDING, self._offset))
        try:
            reply = yield self._call(length)
        except (ChunkRefused, MissingParameter, ProtocolError) as error:
            self._shrink(error, length)
            return None
        except StashError as error:
            return (yield from self._resolve(error, length))
        except OutcomeUnknown as error:
            return (yield from self._ask(error, length))
        return upload_part(reply)

    def _call(self, length: int) -> ApiRequest:
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
        if plan.asynchronous and self._offset + length == plan.size:
            params["async"] = "1"
        part = FilePart(name="chunk", offset=self._offset, length=length)
        blind = self._filekey is None and length < plan.size  # there is nothing that the wiki could be asked for
        return ApiRequest(params=params, post=True, token="csrf", write=True, repeatable=blind, part=part)  # noqa: S106 - a kind

    def _progress(self, stage: UploadStage, sent: int) -> UploadProgress:
        return UploadProgress(stage=stage, sent=sent, total=self._plan.size, restarted=self._restarted)

    def _shrink(self, error: MediaWikiError, length: int) -> None:
        """Send smaller chunks from here on, if the refused one was too large; else the error is what it is."""
        if not is_too_large(error):
            raise error
        told = error.data.get("size") if isinstance(error, ApiError) else None
        half = min(length // 2, told) if isinstance(told, int) and told > 0 else length // 2
        if half < self._plan.least or half >= length:
            raise error
        self._chunk = half

    def _take_in(self, result: Mapping[str, Any], length: int) -> Flow[StashedFile | None]:
        """The stashed file, when it is whole; None to go on with the next chunk."""
        plan = self._plan
        if result.get("result") in {"Poll", "Success"}:
            yield from self._read_on(result, length)
        if result.get("result") == "Poll":
            key = key_of(result) or str(self._filekey)
            yield Report(Position(filekey=key, offset=plan.size))
            result = yield from self._assembled(key)
        if result.get("result") == "Success":
            stashed = StashedFile(filekey_of(result), size=plan.size, sha1=self._sha1())
            yield from self._check_sha1(result, stashed)
            yield Report(self._progress(UploadStage.SENDING, plan.size))
            yield Report(Position(filekey=stashed.filekey, offset=plan.size, stashed=True))
            return stashed
        if result.get("result") == "Lost":
            self._restart()
            return None
        if result.get("result") != "Continue":
            raise ProtocolError(
                f"the wiki answered a chunk with {result.get('result')!r}, which is none of Continue, Poll and Success"
            )
        self._go_on(result, length)
        yield Report(Position(filekey=str(self._filekey), offset=self._offset))
        return None

    def _read_on(self, result: Mapping[str, Any], length: int) -> Flow[None]:
        """The wiki has all of it: what was sent by another process has to be read here, too, for the hash."""
        sent, size = self._offset + length, self._plan.size
        if sent < size and _ASKED not in result:
            text = f"The wiki took the file for whole after {sent} of {size} bytes: it takes none that is larger."
            raise refusal(FileRefused, "file-too-large", text, {"size": size, "max": sent})
        if sent < size:
            yield Ask(ReadOn(upto=size))

    def _go_on(self, result: Mapping[str, Any], length: int) -> None:
        before, self._offset, self._filekey = self._offset, _number(result, "offset"), filekey_of(result)
        self._stuck = 0 if self._offset > self._furthest else self._stuck + 1
        self._furthest = max(self._offset, self._furthest)
        self._lost, self._waited = 0, 0.0
        if self._stuck > _MOST_STUCK or not 0 <= self._offset < self._plan.size:
            raise ProtocolError(
                f"the wiki stands at byte {self._offset} of {self._plan.size} after a chunk of {length} bytes at "
                f"{before}"
            )

    def _resolve(self, error: StashError, length: int) -> Flow[Mapping[str, Any]]:
        """What a refused chunk comes to: an answer as the wiki would have given it."""
        stands_at = error.offset
        if self._filekey is None:
            raise named(error)
        if stands_at is not None and stands_at != self._offset and 0 < stands_at < self._plan.size:
            return {"result": "Continue", "offset": stands_at, "filekey": self._filekey}
        if stands_at == self._offset:  # the place is right, so that it is what was sent
            raise refusal(FileRefused, "verification-error", error.text, error.data)
        return (yield from self._became(error, whole=self._offset + length == self._plan.size))

    def _ask(self, doubt: OutcomeUnknown, length: int) -> Flow[Mapping[str, Any] | None]:
        """What became of a chunk whose answer was lost; None where it is to be sent again. Raises how it was lost."""
        error = doubt.__cause__ if isinstance(doubt.__cause__, MediaWikiError) else doubt
        self._lost += 1
        again = decide_retry(
            error, policy=self._plan.policy, attempt=self._lost, elapsed=self._waited, rand=1.0, resend=True
        )
        if again is None:
            raise error
        self._waited += again.after
        yield Wait(again.after)
        if self._filekey is None:
            return (yield from self._found())
        result = yield from self._became(None, whole=self._offset + length == self._plan.size)
        stays = result.get("result") == "Continue" and _number(result, "offset") == self._offset
        return None if stays else result

    def _became(self, error: StashError | None, *, whole: bool) -> Flow[Mapping[str, Any]]:
        """What became of the file that the wiki should have in part, or ``whole``."""
        status = yield from self._status()
        result = status.get("result") if status is not None else None
        if status is not None and (result in {"Poll", "Success"} or (result == "Continue" and error is None)):
            return {"filekey": self._filekey, **status, _ASKED: True}
        if whole or self._start is not None:  # an earlier process may have sent all of it
            found = yield from self._found()
            if found is not None:
                return found
        lost = error is None or error.code in STASH_GONE_CODES or (error.code == "stashfailed" and status is None)
        if lost and not self._restarted:
            return {"result": "Lost"}
        raise named(error) if error is not None else refusal(StashError, "stashfailed", "The wiki has lost the file.")

    def _status(self) -> Flow[Mapping[str, Any] | None]:
        """How far the wiki says it is; None where it knows nothing of it. Raises what it says where it failed."""
        try:
            return (yield from status_of({"filekey": str(self._filekey)}))
        except UploadError as told:
            if told.code != "missingresult":
                raise
            return None

    def _found(self) -> Flow[Mapping[str, Any] | None]:
        """The answer that the wiki would have given to the last chunk, where the file is in the stash."""
        yield Ask(ReadOn(upto=self._plan.size))  # this process may have read only a part of it
        found = yield from find_stashed(self._plan.size, self._sha1)
        if found is None:
            return None
        return {"result": "Success", "filekey": found.filekey, "imageinfo": {"sha1": found.sha1}, _ASKED: True}

    def _assembled(self, filekey: str) -> Flow[Mapping[str, Any]]:
        result = yield from wait_for(
            {"filekey": filekey},
            patience=self._plan.patience,
            event=lambda: self._progress(UploadStage.ASSEMBLING, self._plan.size),
        )
        return {"filekey": filekey, **result}

    def _restart(self) -> None:
        self._offset, self._filekey, self._restarted = 0, None, True
        self._furthest = self._stuck = 0

    def _check_sha1(self, result: Mapping[str, Any], stashed: StashedFile) -> Flow[None]:
        info = result.get("imageinfo")
        theirs = info.get("sha1") if isinstance(info, Mapping) else None
        if theirs is None:  # a wiki may leave it out of a long answer
            seen = yield from look_into(stashed.filekey)
            theirs = seen.sha1 if seen is not None else None
        if theirs is not None and theirs != stashed.sha1:
            raise SourceChanged(
                f"the wiki has a file with SHA-1 {theirs}, but {stashed.sha1} was read: nothing was published; upload "
                "it again"
            )


def _number(result: Mapping[str, Any], name: str) -> int:
    value = result.get(name)
    if not (isinstance(value, int) or (isinstance(value, str) and value.isdecimal())):
        raise ProtocolError(f"the wiki's answer to a chunk has no {name} that is a number")
    return int(value)
