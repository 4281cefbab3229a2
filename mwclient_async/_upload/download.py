"""Downloads: fetches a file, resumes it after an interruption, and checks its size and SHA-1.

A body that is whole by HTTP and has another size than the wiki says is not asked for again: a cache may serve a changed
copy, or a page of its own.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from functools import partial
from inspect import isawaitable, iscoroutinefunction
from typing import BinaryIO, Protocol

from attrs import define, field, frozen

from mwclient_async._http.messages import StreamedResponse
from mwclient_async._session.calls import current_call, report_call
from mwclient_async._session.clock import Clock
from mwclient_async._session.observers import Observers, describe_error
from mwclient_async._session.retry_state import RetryState
from mwclient_async._session.worker_thread import run_in_thread
from mwclient_async._upload.download_requests import (
    DownloadSource,
    first_byte,
    header_mapping,
    range_header,
    shows_its_end,
    strong_validator,
    whole_size,
)
from mwclient_async._upload.part_file import WRITE_SIZE, write_all
from mwclient_async.errors import HttpError, MediaWikiError, ReplyLost, SizeMismatch, SourceChanged
from mwclient_async.models.events import Downloaded, RequestFinished
from mwclient_async.models.options import RetryPolicy
from mwclient_async.models.progress import DownloadProgress

Fetch = Callable[[str, "dict[str, str]"], AbstractAsyncContextManager[StreamedResponse]]

OnDownloadProgress = Callable[[DownloadProgress], Awaitable[None] | None]
"""Called with the progress of a download; awaited if it is a coroutine function."""

_LABEL = "a file"

AsyncSink = Callable[[bytes], Awaitable[None] | None]
"""A function that takes the bytes of a download, in order. It may be an async function."""


class _Target(Protocol):
    """What the bytes are written to: it has ``received`` bytes, and ``write_size`` are best written at once."""

    received: int
    write_size: int

    async def write(self, pieces: Sequence[bytes]) -> None:
        """Take the next bytes."""
        ...

    async def restart(self) -> None:
        """Drop all bytes, to begin again. Raises SourceChanged if they cannot be taken back."""
        ...

    async def sha1(self) -> str:
        """The SHA-1 of the bytes so far, in hex."""
        ...

    async def finish(self) -> None:
        """The file is whole: give it its name."""
        ...

    async def close(self) -> None:
        """Release what the target holds, whether it is whole or not."""
        ...


class Sink:
    """A target that the caller gave: a binary file object or a function. Its bytes cannot be taken back.

    Raises TypeError for a text file, and for a file whose ``write`` is a coroutine function: that function is a sink
    by itself.
    """

    def __init__(self, to: BinaryIO | AsyncSink) -> None:
        if isinstance(to, io.TextIOBase):
            raise TypeError("the sink is open as text: open it in binary mode")
        if not callable(to) and iscoroutinefunction(to.write):
            raise TypeError("the sink's write is asynchronous: give that, to=file.write")
        self._to = to
        self._hash = hashlib.sha1(usedforsecurity=False)
        self.received, self.write_size = 0, 1 if callable(to) else WRITE_SIZE

    async def write(self, pieces: Sequence[bytes]) -> None:
        if callable(self._to):
            for piece in pieces:
                returned = self._to(piece)
                if isawaitable(returned):
                    await returned
                elif returned is not None:  # such as the number of bytes that a file has written, perhaps not all
                    raise TypeError(f"the sink has returned {returned!r}: give a file itself, not its write")
                self._note(piece)
        else:
            await run_in_thread(partial(self._write_to, self._to, pieces))

    def _write_to(self, file: BinaryIO, pieces: Sequence[bytes]) -> None:
        data = b"".join(pieces)  # a file of the caller may be slow for each write
        write_all(file, data)
        self._note(data)

    def _note(self, piece: bytes) -> None:
        self._hash.update(piece)
        self.received += len(piece)

    async def restart(self) -> None:
        if self.received:
            raise SourceChanged(
                "the file arrived damaged, or was replaced during the download, and the bytes given to the sink cannot "
                "be taken back; download it again"
            )

    async def sha1(self) -> str:
        return self._hash.hexdigest()

    async def finish(self) -> None:
        pass

    async def close(self) -> None:
        pass


class _WriteBuffer:
    """Collects small pieces, because each write takes a thread. ``skipping`` bytes at the start are not written.

    ``size`` is the number of bytes that the file should have; None if any number is right.
    """

    def __init__(
        self, target: _Target, size: int | None, on_progress: OnDownloadProgress | None, *, skipping: int
    ) -> None:
        self._target = target
        self._size = size
        self._on_progress = on_progress
        self._skipping = skipping
        self._pieces: list[bytes] = []
        self._buffered = 0

    async def add(self, piece: bytes) -> bool:
        """Add bytes of the response. Returns False if there are more than the file should have."""
        new = piece[self._skipping :]
        self._skipping = max(0, self._skipping - len(piece))
        received = self._target.received + self._buffered + len(new)
        if self._size is not None and received > self._size:
            return False
        if new:
            self._pieces.append(new)
            self._buffered += len(new)
            if self._buffered >= self._target.write_size:
                await self.flush()
            if self._on_progress is not None:
                await _report(self._on_progress, DownloadProgress(done=received, total=self._size))
        return True

    async def flush(self) -> None:
        """Write the collected pieces to the target."""
        pieces, self._pieces, self._buffered = self._pieces, [], 0
        if pieces:
            await self._target.write(pieces)


@frozen(kw_only=True)
class Downloader:
    """Fetches files of one wiki."""

    fetch: Fetch
    clock: Clock
    policy: RetryPolicy
    observers: Observers

    async def download(self, source: DownloadSource, target: _Target, on_progress: OnDownloadProgress | None) -> None:
        """Fetch the whole file into the target and check it by what the wiki says of it.

        Raises SizeMismatch if the server's whole file has another size, and SourceChanged if it is damaged twice.
        """
        work = self._download(source, target, on_progress)
        await report_call(work, label=_LABEL, observers=self.observers, clock=self.clock)

    async def _download(self, source: DownloadSource, target: _Target, on_progress: OnDownloadProgress | None) -> None:
        if source.sha1 is None or (source.size is not None and target.received > source.size):
            await target.restart()  # without a SHA-1, nothing shows whose bytes those of an earlier attempt are
        for is_last in (False, True):
            await _Fetching(self, source, target, on_progress, size=source.size).run()
            if source.sha1 is None or await target.sha1() == source.sha1:
                await target.finish()
                self.observers.notify_event(Downloaded(size=target.received, check=source.check))
                return
            if not is_last:  # the bytes of an earlier attempt may be those of another file
                await target.restart()
        await target.restart()
        raise SourceChanged(
            "the file arrived damaged twice: its SHA-1 is not the one that the wiki named; if it was replaced during "
            "the download, download it again"
        )

    def new_retry_state(self) -> RetryState:
        """The state of the retry policy for attempts without progress."""
        return RetryState(policy=self.policy, clock=self.clock, observers=self.observers, label=_LABEL)


@define
class _Fetching:
    """Fetches until the target has a whole file of ``size`` bytes. None: of the size that the server names.

    ``validator`` names the version of the server's file that the target has a part of. ``status`` is that of the
    latest response, of whose body ``came`` bytes have come.
    """

    _downloader: Downloader
    _source: DownloadSource
    _target: _Target
    _on_progress: OnDownloadProgress | None
    _size: int | None = field(kw_only=True)
    _validator: str = ""
    _is_whole: bool = False
    _status: int | None = None
    _came: int = 0

    async def run(self) -> None:
        target = self._target
        retry_state, furthest = self._downloader.new_retry_state(), target.received
        self._is_whole = target.received == self._size
        while not self._is_whole:
            try:
                await self._fetch_and_report(retry_state.attempt)
            except MediaWikiError as error:
                if target.received > furthest:  # progress was made: the policy limits attempts without progress
                    retry_state, furthest = self._downloader.new_retry_state(), target.received
                if not await retry_state.wait_before_retry(error, resend=True):
                    raise

    async def _fetch_and_report(self, attempt: int) -> None:
        """Fetch the bytes that are missing, and report the request as a RequestFinished."""
        clock, observers = self._downloader.clock, self._downloader.observers
        began, self._status, self._came = clock.now(), None, 0
        failure: MediaWikiError | None = None
        try:
            await self._fetch_rest()
        except HttpError:  # the status says it
            raise
        except MediaWikiError as error:
            failure = error
            raise
        finally:
            observers.notify_event(
                RequestFinished(
                    label=_LABEL,
                    method="GET",
                    attempt=attempt,
                    seconds=clock.now() - began,
                    status=self._status,
                    failure="" if failure is None else describe_error(failure),
                    call=current_call(),
                    received=self._came,
                )
            )

    async def _fetch_rest(self) -> None:
        """Send one request for the bytes that are missing. Raises ReplyLost if not all of them came."""
        target, verified_later = self._target, self._source.sha1 is not None
        if target.received and not (verified_later or self._validator):
            await target.restart()
        wanted = range_header(target.received, validator="" if verified_later else self._validator)
        async with self._downloader.fetch(self._source.url, dict(wanted)) as response:
            self._status, headers = response.status, header_mapping(response.headers)
            start = first_byte(response.status, headers, received=target.received, url=self._source.url)
            self._check_size(whole_size(response.status, headers), headers)
            if start is None:
                await target.restart()  # the server's file is shorter than the wiki says: fetch it from the start
                return
            if start < target.received and not verified_later:  # the server's file has changed
                await target.restart()
            self._validator = strong_validator(headers)
            await self._read(response, headers, skipping=target.received - start)

    async def _read(self, response: StreamedResponse, headers: Mapping[str, str], *, skipping: int) -> None:
        buffer = _WriteBuffer(self._target, self._size, self._on_progress, skipping=skipping)
        try:
            async for piece in response.pieces():
                self._came += len(piece)
                if not await buffer.add(piece):
                    raise self._mismatch(None, headers)
        finally:
            await buffer.flush()
        received = self._target.received
        self._is_whole = self._size is None or received == self._size
        if self._size is None or self._is_whole:
            return
        if shows_its_end(headers):
            raise self._mismatch(received, headers)
        raise ReplyLost(f"{received} of {self._size} bytes came")

    def _check_size(self, found: int | None, headers: Mapping[str, str]) -> None:
        """Raise SizeMismatch, before the body is read, if the server's whole file has another size."""
        if self._source.size is None:
            self._size = found
        elif found is not None and found != self._size:
            raise self._mismatch(found, headers)

    def _mismatch(self, found: int | None, headers: Mapping[str, str]) -> SizeMismatch:
        return SizeMismatch(size=self._size or 0, found=found, content_type=headers.get("content-type", ""))


async def _report(on_progress: OnDownloadProgress, progress: DownloadProgress) -> None:
    result = on_progress(progress)
    if isawaitable(result):
        await result
