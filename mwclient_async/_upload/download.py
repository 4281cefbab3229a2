"""Downloads: fetches a file, resumes it after an interruption, and checks its SHA-1."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from inspect import isawaitable, iscoroutinefunction
from typing import BinaryIO, Protocol

from anyio import to_thread
from attrs import frozen

from mwclient_async._http.messages import StreamedResponse
from mwclient_async._session.clock import Clock
from mwclient_async._session.observers import Observers
from mwclient_async._session.retry_state import RetryState
from mwclient_async._upload.download_requests import DownloadSource, first_byte, header_mapping, range_header
from mwclient_async._upload.part_file import WRITE_SIZE, write_all
from mwclient_async.errors import MediaWikiError, ReplyLost, SourceChanged
from mwclient_async.models.options import RetryPolicy

Fetch = Callable[[str, "dict[str, str]"], AbstractAsyncContextManager[StreamedResponse]]

OnBytes = Callable[[int, int], Awaitable[None] | None]
"""Called with the number of bytes received and the size of the file; awaited if it is a coroutine function."""

AsyncSink = Callable[[bytes], Awaitable[None]]
"""An async function that takes the bytes of a download, in order."""


class _Target(Protocol):
    """What the bytes are written to: it has ``received`` bytes, and ``write_size`` are best written at once."""

    received: int
    write_size: int

    async def write(self, data: bytes) -> None: ...
    async def restart(self) -> None: ...
    async def sha1(self) -> str: ...
    async def finish(self) -> None: ...
    async def close(self) -> None: ...


class Sink:
    """A target that the caller gave: a binary file object or an async function. Its bytes cannot be taken back.

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

    async def write(self, data: bytes) -> None:
        if callable(self._to):
            await self._to(data)
        else:
            await to_thread.run_sync(write_all, self._to, data)
        self._hash.update(data)
        self.received += len(data)

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
    """Collects small pieces, because each write takes a thread. ``skipping`` bytes at the start are not written."""

    def __init__(self, target: _Target, size: int, on_progress: OnBytes | None, *, skipping: int) -> None:
        self._target = target
        self._size = size
        self._on_progress = on_progress
        self._skipping = skipping
        self._pieces: list[bytes] = []
        self._buffered = 0

    async def add(self, piece: bytes) -> None:
        """Add bytes of the response. Raises SourceChanged if there are more than the file has."""
        new = piece[self._skipping :]
        self._skipping = max(0, self._skipping - len(piece))
        received = self._target.received + self._buffered + len(new)
        if received > self._size:
            raise SourceChanged(f"the server sent more than the {self._size} bytes that the file has")
        if new:
            self._pieces.append(new)
            self._buffered += len(new)
            if self._buffered >= self._target.write_size:
                await self.flush()
            await _report(self._on_progress, received, self._size)

    async def flush(self) -> None:
        """Write the collected pieces to the target."""
        pieces, self._pieces, self._buffered = self._pieces, [], 0
        if pieces:
            await self._target.write(b"".join(pieces))


@frozen(kw_only=True)
class Downloader:
    """Fetches files of one wiki."""

    fetch: Fetch
    clock: Clock
    policy: RetryPolicy
    observers: Observers

    async def download(self, source: DownloadSource, target: _Target, on_progress: OnBytes | None) -> None:
        """Fetch the whole file into the target and check its SHA-1. Raises SourceChanged if it is damaged twice."""
        if target.received > source.size:
            await target.restart()
        for is_last in (False, True):
            await self._fetch_all(source, target, on_progress)
            if target.received == source.size and await target.sha1() == source.sha1:
                await target.finish()
                return
            if not is_last:  # the bytes of an earlier attempt may be those of another file
                await target.restart()
        await target.restart()
        raise SourceChanged(
            "the file arrived damaged twice: its SHA-1 is not the one that the wiki named; if it was replaced during "
            "the download, download it again"
        )

    async def _fetch_all(self, source: DownloadSource, target: _Target, on_progress: OnBytes | None) -> None:
        """Fetch until the target has as many bytes as the file."""
        retry_state, furthest = self._new_retry_state(), target.received
        while target.received < source.size:
            try:
                await self._fetch_rest(source, target, on_progress)
            except MediaWikiError as error:
                if target.received > furthest:  # progress was made: the policy limits attempts without progress
                    retry_state, furthest = self._new_retry_state(), target.received
                if not await retry_state.wait_before_retry(error, resend=True):
                    raise

    async def _fetch_rest(self, source: DownloadSource, target: _Target, on_progress: OnBytes | None) -> None:
        """Send one request for the bytes that are missing. Raises ReplyLost if not all of them came."""
        received = target.received
        async with self.fetch(source.url, dict(range_header(received))) as response:
            start = first_byte(response.status, header_mapping(response.headers), received=received)
            if start is None:
                if received < source.size:  # the server's file is shorter than the wiki says: fetch it from the start
                    await target.restart()
                return
            buffer = _WriteBuffer(target, source.size, on_progress, skipping=received - start)
            try:
                async for piece in response.pieces():
                    await buffer.add(piece)
            finally:
                await buffer.flush()
        if target.received < source.size:
            raise ReplyLost(f"{target.received} of {source.size} bytes came")

    def _new_retry_state(self) -> RetryState:
        return RetryState(policy=self.policy, clock=self.clock, observers=self.observers, label="a file")


async def _report(on_progress: OnBytes | None, received: int, size: int) -> None:
    if on_progress is not None:
        result = on_progress(received, size)
        if isawaitable(result):
            await result
