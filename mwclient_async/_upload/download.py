"""Downloads: the shell that writes a file as it comes, and gives it its name when it is whole."""

from __future__ import annotations

import errno
import hashlib
import io
import os
import stat
import threading
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from inspect import isawaitable, iscoroutinefunction
from pathlib import Path
from typing import BinaryIO, Protocol

from anyio import CancelScope, to_thread
from attrs import frozen

from mwclient_async._http.messages import StreamedResponse
from mwclient_async._session.clock import Clock
from mwclient_async._session.observers import Observers
from mwclient_async._session.retry_state import RetryState
from mwclient_async._upload.file_ranges import Remote, as_mapping, range_header, starts_at
from mwclient_async.errors import MediaWikiError, ReplyLost, SourceChanged
from mwclient_async.models.options import RetryPolicy

try:
    import fcntl
except ImportError:  # on Windows
    fcntl = None  # type: ignore[assignment]  # there is no other way to say so

Fetch = Callable[[str, "dict[str, str]"], AbstractAsyncContextManager[StreamedResponse]]
OnBytes = Callable[[int, int], Awaitable[None] | None]
AsyncSink = Callable[[bytes], Awaitable[None]]

_PIECE = 1024 * 1024
_GATHERED = 256 * 1024
_PART = ".part"
_PLAIN = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)  # no link, no pipe


class _Target(Protocol):
    """Where the bytes go; ``have`` is how many are there, ``gathers`` how many it is best given at once."""

    have: int
    gathers: int

    async def write(self, data: bytes) -> None: ...
    async def restart(self) -> None: ...
    async def sha1(self) -> str: ...
    async def finish(self) -> None: ...
    async def close(self) -> None: ...


class PartFile:
    """A file beside the one that it becomes: what an earlier attempt left there is gone on with.

    Whoever writes to it has it alone: two that wrote to one file would each find their own bytes right. Raises
    FileExistsError where another download does, and OSError for what is no file, a link that was put there among it.
    """

    def __init__(self, final: Path, *, overwrite: bool = True) -> None:
        self._final = final
        self._overwrite = overwrite
        self._part = final.with_name(final.name + _PART)
        self._file = _held(self._part)
        self._lock = threading.Lock()
        self._hash = hashlib.sha1(usedforsecurity=False)
        self._finished = False
        self.have, self.gathers = 0, _GATHERED
        try:
            self._take_in()
        except BaseException:
            self._file.close()
            raise

    async def write(self, data: bytes) -> None:
        await to_thread.run_sync(self._write, data)

    async def restart(self) -> None:
        await to_thread.run_sync(self._empty)

    async def sha1(self) -> str:
        return self._hash.hexdigest()

    async def finish(self) -> None:
        await to_thread.run_sync(self._publish)

    async def close(self) -> None:
        with CancelScope(shield=True):
            await to_thread.run_sync(self.close_now)

    def close_now(self) -> None:
        """Close it, from a thread. A file into which nothing came goes away."""
        with self._lock:
            if self._file.closed:
                return
            came = os.fstat(self._file.fileno()).st_size  # not what we have: a disk that is full takes a part of it
            if fcntl is None:  # on Windows, an open file cannot be removed
                self._file.close()
            if not (self._finished or came):
                self._part.unlink(missing_ok=True)
            self._file.close()

    def _take_in(self) -> None:
        self._file.seek(0)
        while piece := self._file.read(_PIECE):
            self._hash.update(piece)
            self.have += len(piece)

    def _write(self, data: bytes) -> None:
        with self._lock:  # the task may have left this thread behind
            write_all(self._file, data)
            self._hash.update(data)
            self.have += len(data)

    def _empty(self) -> None:
        with self._lock:
            self._file.truncate(0)
            self._hash, self.have = hashlib.sha1(usedforsecurity=False), 0

    def _publish(self) -> None:
        with self._lock:
            os.fsync(self._file.fileno())
            if fcntl is None:  # on Windows, an open file gets no other name
                self._file.close()
            if self._overwrite:
                self._part.replace(self._final)
            else:
                _rename_to_new(self._part, self._final)
            self._finished = True


def _held(path: Path) -> BinaryIO:
    """A file, opened to be added to, that nobody else has open so."""
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | _PLAIN, 0o666)
        file: BinaryIO = os.fdopen(descriptor, "ab+", buffering=0)
        try:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise FileExistsError(errno.EEXIST, "there is something that is no file", str(path))
            _lock(file, path)
            if _is_still(file, path):
                return file
        except BaseException:
            file.close()
            raise
        file.close()  # it got its name, or went away, before it was ours


def _lock(file: BinaryIO, path: Path) -> None:
    if fcntl is None:
        return
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise FileExistsError(error.errno, "another download is writing to it", str(path)) from None
    except OSError:  # a file system without locks
        return


def _is_still(file: BinaryIO, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(file.fileno()), path.lstat())
    except FileNotFoundError:
        return False


def _rename_to_new(part: Path, final: Path) -> None:
    """Give the file its name, which nobody must have taken meanwhile."""
    try:
        os.link(part, final)
    except FileExistsError as error:
        raise FileExistsError(error.errno, "it came to be while the file was being downloaded", str(final)) from None
    except OSError:  # a file system without links
        if final.exists():
            raise FileExistsError(
                errno.EEXIST, "it came to be while the file was being downloaded", str(final)
            ) from None
        part.replace(final)
    else:
        part.unlink()


def write_all(file: BinaryIO, data: bytes) -> None:
    """Write the bytes, in as many steps as the file wants."""
    left = memoryview(data)
    while left:
        written = file.write(left)
        if isinstance(written, int):
            left = left[written:]
        elif isinstance(file, io.RawIOBase):
            raise BlockingIOError(errno.EAGAIN, "the sink takes nothing at the moment: it must be a blocking one")
        else:  # it does not count
            return


class Sink:
    """Whatever takes bytes: a binary file object or an async function. What it was given cannot be taken back.

    Raises TypeError for what takes text, and for a file whose ``write`` is asynchronous: that is itself a sink.
    """

    def __init__(self, to: BinaryIO | AsyncSink) -> None:
        if isinstance(to, io.TextIOBase):
            raise TypeError("the sink is open as text: open it in binary mode")
        if not callable(to) and iscoroutinefunction(to.write):
            raise TypeError("the sink's write is asynchronous: give that, to=file.write")
        self._to = to
        self._hash = hashlib.sha1(usedforsecurity=False)
        self.have, self.gathers = 0, 1 if callable(to) else _GATHERED

    async def write(self, data: bytes) -> None:
        if callable(self._to):
            await self._to(data)
        else:
            await to_thread.run_sync(write_all, self._to, data)
        self._hash.update(data)
        self.have += len(data)

    async def restart(self) -> None:
        if self.have:
            raise SourceChanged(
                "the file arrived damaged, or was replaced meanwhile, and what was given to the sink cannot be taken "
                "back"
            )

    async def sha1(self) -> str:
        return self._hash.hexdigest()

    async def finish(self) -> None:
        pass

    async def close(self) -> None:
        pass


class _WriteBuffer:
    """Gathers small pieces: to write one takes a thread, and that takes longer than to write it."""

    def __init__(self, target: _Target, size: int, on_progress: OnBytes | None, *, skipping: int) -> None:
        self._target = target
        self._size = size
        self._on_progress = on_progress
        self._skipping = skipping
        self._pieces: list[bytes] = []
        self._gathered = 0

    async def add(self, piece: bytes) -> None:
        fresh = piece[self._skipping :]
        self._skipping = max(0, self._skipping - len(piece))
        came = self._target.have + self._gathered + len(fresh)
        if came > self._size:
            raise SourceChanged(f"the server sent more than the {self._size} bytes that the file has")
        if fresh:
            self._pieces.append(fresh)
            self._gathered += len(fresh)
            if self._gathered >= self._target.gathers:
                await self.give()
            await _told(self._on_progress, came, self._size)

    async def give(self) -> None:
        """Give what was gathered to the target."""
        pieces, self._pieces, self._gathered = self._pieces, [], 0
        if pieces:
            await self._target.write(b"".join(pieces))


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
        raise SourceChanged(
            "the file arrived damaged twice: what came has not the SHA-1 that the wiki named; was it replaced "
            "meanwhile?"
        )

    async def _complete(self, remote: Remote, target: _Target, on_progress: OnBytes | None) -> None:
        patience, furthest = self._patience(), target.have
        while target.have < remote.size:
            try:
                await self._some(remote, target, on_progress)
            except MediaWikiError as error:
                if target.have > furthest:  # it gets on: the policy is for one stretch, not for a whole download
                    patience, furthest = self._patience(), target.have
                if not await patience.wait_before_retry(error, resend=True):
                    raise

    async def _some(self, remote: Remote, target: _Target, on_progress: OnBytes | None) -> None:
        have = target.have
        async with self.fetch(remote.url, dict(range_header(have))) as incoming:
            start = starts_at(incoming.status, as_mapping(incoming.headers), have=have)
            if start is None:
                if have < remote.size:  # the file there is shorter: begin anew, and look whether it is so still
                    await target.restart()
                return
            basket = _WriteBuffer(target, remote.size, on_progress, skipping=have - start)
            try:
                async for piece in incoming.pieces():
                    await basket.add(piece)
            finally:
                await basket.give()
        if target.have < remote.size:
            raise ReplyLost(f"{target.have} of {remote.size} bytes came")

    def _patience(self) -> RetryState:
        return RetryState(policy=self.policy, clock=self.clock, observers=self.observers, label="a file")


async def _told(on_progress: OnBytes | None, have: int, size: int) -> None:
    if on_progress is not None:
        answer = on_progress(have, size)
        if isawaitable(answer):
            await answer
