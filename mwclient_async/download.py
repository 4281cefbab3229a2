"""Downloads: the shell that writes a file as it comes, and gives it its name when it is whole."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from inspect import isawaitable
from pathlib import Path
from typing import BinaryIO, Protocol

from anyio import CancelScope, to_thread
from attrs import frozen

from mwclient_async.clock import Clock
from mwclient_async.errors import MediaWikiError, ReplyLost, SourceChanged
from mwclient_async.models.options import RetryPolicy
from mwclient_async.observers import Observers
from mwclient_async.patience import Patience
from mwclient_async.sansio.downloading import Remote, as_mapping, range_header, starts_at
from mwclient_async.sansio.wire import Incoming

Fetch = Callable[[str, "dict[str, str]"], AbstractAsyncContextManager[Incoming]]
OnBytes = Callable[[int, int], Awaitable[None] | None]
AsyncSink = Callable[[bytes], Awaitable[None]]

_PIECE = 1024 * 1024
_PART = ".part"


class _Target(Protocol):
    """Where the bytes go; ``have`` is how many are there."""

    have: int

    async def write(self, data: bytes) -> None: ...
    async def restart(self) -> None: ...
    async def sha1(self) -> str: ...
    async def finish(self) -> None: ...
    async def close(self) -> None: ...


class PartFile:
    """A file beside the one that it becomes: what an earlier attempt left there is gone on with."""

    def __init__(self, final: Path) -> None:
        self._final = final
        self._part = final.with_name(final.name + _PART)
        self._file: BinaryIO = self._part.open("ab+", buffering=0)
        self._hash = hashlib.sha1(usedforsecurity=False)
        self.have = 0
        self._file.seek(0)
        while piece := self._file.read(_PIECE):
            self._hash.update(piece)
            self.have += len(piece)

    async def write(self, data: bytes) -> None:
        await to_thread.run_sync(self._write, data)

    async def restart(self) -> None:
        await to_thread.run_sync(self._file.truncate, 0)
        self._hash, self.have = hashlib.sha1(usedforsecurity=False), 0

    async def sha1(self) -> str:
        return self._hash.hexdigest()

    async def finish(self) -> None:
        await to_thread.run_sync(self._publish)

    async def close(self) -> None:
        with CancelScope(shield=True):
            await to_thread.run_sync(self._file.close)

    def _write(self, data: bytes) -> None:
        left = memoryview(data)
        while left:
            left = left[self._file.write(left) :]
        self._hash.update(data)
        self.have += len(data)

    def _publish(self) -> None:
        os.fsync(self._file.fileno())
        self._part.replace(self._final)


class Sink:
    """Whatever takes bytes: a binary file object or an async function. What it was given cannot be taken back."""

    def __init__(self, to: BinaryIO | AsyncSink) -> None:
        self._to = to
        self._hash = hashlib.sha1(usedforsecurity=False)
        self.have = 0

    async def write(self, data: bytes) -> None:
        if callable(self._to):
            await self._to(data)
        else:
            await to_thread.run_sync(self._write_all, self._to, data)
        self._hash.update(data)
        self.have += len(data)

    async def restart(self) -> None:
        if self.have:
            raise SourceChanged("the file arrived damaged, and what was given to the sink cannot be taken back")

    async def sha1(self) -> str:
        return self._hash.hexdigest()

    async def finish(self) -> None:
        pass

    async def close(self) -> None:
        pass

    @staticmethod
    def _write_all(file: BinaryIO, data: bytes) -> None:
        left = memoryview(data)
        while left:
            left = left[file.write(left) :]


@frozen(kw_only=True)
class Downloader:
    """Fetches files of one wiki."""

    fetch: Fetch
    clock: Clock
    policy: RetryPolicy
    observers: Observers

    async def download(self, remote: Remote, target: _Target, on_progress: OnBytes | None) -> None:
        """Have the whole file in the target, checked. Raises SourceChanged for one that is damaged, twice."""
        if target.have > remote.size:
            await target.restart()
        for last in (False, True):
            await self._complete(remote, target, on_progress)
            if target.have == remote.size and await target.sha1() == remote.sha1:
                await target.finish()
                return
            if not last:  # what was there before may have been another file
                await target.restart()
        await target.restart()
        raise SourceChanged("the file arrived damaged twice: what came has not the SHA-1 that the wiki names")

    async def _complete(self, remote: Remote, target: _Target, on_progress: OnBytes | None) -> None:
        patience, furthest = self._patience(), target.have
        while target.have < remote.size:
            try:
                await self._some(remote, target, on_progress)
            except MediaWikiError as error:
                if target.have > furthest:  # it gets on: the policy is for one stretch, not for a whole download
                    patience, furthest = self._patience(), target.have
                if not await patience.outlasts(error, resend=True):
                    raise

    async def _some(self, remote: Remote, target: _Target, on_progress: OnBytes | None) -> None:
        have = target.have
        async with self.fetch(remote.url, dict(range_header(have))) as incoming:
            start = starts_at(incoming.status, as_mapping(incoming.headers), have=have, size=remote.size)
            if start is None:
                return
            skipping = have - start
            async for piece in incoming.pieces():
                fresh = piece[skipping:]
                skipping = max(0, skipping - len(piece))
                if target.have + len(fresh) > remote.size:
                    raise SourceChanged(f"the server sent more than the {remote.size} bytes that the file has")
                if fresh:
                    await target.write(fresh)
                    await _told(on_progress, target.have, remote.size)
        if target.have < remote.size:
            raise ReplyLost(f"{target.have} of {remote.size} bytes came")

    def _patience(self) -> Patience:
        return Patience(policy=self.policy, clock=self.clock, observers=self.observers, label="a file")


async def _told(on_progress: OnBytes | None, have: int, size: int) -> None:
    if on_progress is not None:
        answer = on_progress(have, size)
        if isawaitable(answer):
            await answer
