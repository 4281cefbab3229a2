"""The bytes of an upload: read by position, in a worker thread, and hashed on the way.

A chunk may have to be read again, from any offset that the wiki names. So a source that cannot be read by position, or
has no length, is written to a file first.
"""

from __future__ import annotations

import hashlib
import io
import os
import stat
import tempfile
import threading
from collections.abc import AsyncGenerator, AsyncIterable, Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import BinaryIO, Self, TypeVar

from anyio import CancelScope

from mwclient_async._session.worker_thread import run_in_thread
from mwclient_async.errors import SourceChanged

UploadInput = str | os.PathLike[str] | bytes | bytearray | memoryview | BinaryIO | AsyncIterable[bytes]
"""A path, bytes, a binary file object (read from its present position) or an asynchronous iterator of bytes."""

T = TypeVar("T")

OnBytesDone = Callable[[int], Awaitable[None]]
"""Awaited with the number of bytes done so far."""

_PIECE_SIZE = 1024 * 1024
_STATE_DISTANCE = 16 * _PIECE_SIZE  # from one state of the hash that is kept to the next one


class UploadSource:
    """Bytes that can be read again, from any position. ``size`` is their number when the source was opened.

    A file object is read from its position at that time, and is not closed.
    """

    def __init__(self, file: BinaryIO, name: str, *, start: int = 0, owned: bool = True) -> None:
        self._file = file
        self.name = name
        self.size = file.seek(0, os.SEEK_END) - start  # fstat would give the packed size of a compressed file
        self._start = start
        self._owned = owned
        self._stat_at_open = self._stat()
        self._lock = threading.Lock()
        self._sha1 = hashlib.sha1(usedforsecurity=False)
        self._hashed = 0
        self._sha1_states = [self._sha1.copy()]  # one after each _STATE_DISTANCE bytes, to continue from there

    @classmethod
    async def open(
        cls, source: UploadInput, *, spool: Path | None = None, on_spooled: OnBytesDone | None = None
    ) -> Self:
        """Open a source.

        A source without length is written to the file ``spool``, which is kept, or to a temporary file.

        Raises:
            TypeError: this is not a source.
            ValueError: it is empty.
            OSError: it cannot be read.
        """
        opened = await cls._from_input(source, spool, on_spooled)
        if opened.size <= 0:
            await opened.aclose()
            raise ValueError(f"{opened.name} is empty: wikis do not take empty files")
        return opened

    @classmethod
    async def _from_input(cls, source: UploadInput, spool: Path | None, on_spooled: OnBytesDone | None) -> Self:
        if isinstance(source, str | os.PathLike):
            return await cls._from_path(Path(source))
        if isinstance(source, bytes | bytearray | memoryview):
            return cls(io.BytesIO(source), "the source")
        if hasattr(source, "read") and not isinstance(source, AsyncIterable):
            if await run_in_thread(partial(_is_seekable, source)):
                start = await run_in_thread(source.tell)
                return await run_in_thread(partial(cls, source, "the file object", start=start, owned=False))
            return await cls._from_pieces(_read_pieces(source), spool, on_spooled)
        if isinstance(source, AsyncIterable):
            return await cls._from_pieces(source, spool, on_spooled)
        raise TypeError(
            f"source is of type {type(source).__name__}: give a path, bytes, a binary file object, an asynchronous "
            "iterator of bytes, a StashedFile or a RemoteFile"
        )

    @classmethod
    async def _from_path(cls, path: Path) -> Self:
        try:
            return await open_in_thread(partial(cls._open_regular_file, path), cls._close)
        except FileNotFoundError as error:
            hint = f"there is no such file; the current directory is {Path.cwd()}"
            raise FileNotFoundError(error.errno, hint, str(path)) from error
        except IsADirectoryError as error:
            raise IsADirectoryError(error.errno, "this is a directory; give the path of a file", str(path)) from error

    @classmethod
    def _open_regular_file(cls, path: Path) -> Self:
        mode = path.stat().st_mode  # checked first, because opening a pipe waits for its other end
        if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
            raise ValueError(f"{str(path)!r} is a pipe or a device: open it, and give the file object")
        return cls(path.open("rb", buffering=0), repr(str(path)))

    @classmethod
    async def _from_pieces(
        cls, pieces: AsyncIterable[bytes], spool: Path | None, on_spooled: OnBytesDone | None
    ) -> Self:
        """Write all pieces to a file, and read that."""
        file: BinaryIO = await open_in_thread(partial(_open_spool_file, spool), lambda file: file.close())
        try:
            await _write_pieces(file, pieces, on_spooled)
            return await run_in_thread(partial(cls, file, "the source"))
        except BaseException:
            with CancelScope(shield=True):
                await run_in_thread(file.close)
            raise

    async def read(self, offset: int, length: int) -> bytes:
        """Read exactly ``length`` bytes from ``offset`` on.

        Raises SourceChanged if the source became shorter or cannot be read.
        """
        return await self._in_thread(partial(self._read, offset, length))

    async def read_head(self, length: int) -> bytes:
        """Read the first bytes, at most ``length``. They are not hashed: they are read again when they are sent."""
        return await self._in_thread(partial(self._read_head, min(length, self.size)))

    def sha1(self) -> str:
        """The SHA-1, in hex, of all bytes as they were read. Raises SourceChanged if the file has changed since."""
        if self._stat() != self._stat_at_open or self._hashed != self.size:
            raise SourceChanged(f"{self.name} changed while it was being sent: nothing was published")
        return self._sha1.hexdigest()

    async def sha1_up_to(self, offset: int, *, on_hashed: OnBytesDone | None = None) -> str:
        """The SHA-1, in hex, of the first ``offset`` bytes. Bytes that were not read so far are read now."""
        while self._hashed < offset:
            await self.read(self._hashed, min(_PIECE_SIZE, offset - self._hashed))
            if on_hashed is not None:
                await on_hashed(self._hashed)
        if offset == self._hashed:
            return self._sha1.hexdigest()
        return await self._in_thread(partial(self._sha1_up_to, offset))

    async def aclose(self) -> None:
        """Close the file, even if the task is being cancelled. A file object of the caller stays open."""
        if self._owned:
            with CancelScope(shield=True):
                await run_in_thread(self._close)

    # In a thread -----------------------------------------------------------------------------------------------------

    async def _in_thread(self, work: Callable[[], T]) -> T:
        try:
            return await run_in_thread(work)
        except (OSError, ValueError) as error:
            raise SourceChanged(f"{self.name} cannot be read any more: {error}; nothing was published") from error

    def _close(self) -> None:
        with self._lock:  # a thread may still be reading for a task that was cancelled
            self._file.close()

    def _stat(self) -> tuple[int, int]:
        """Two numbers, which change if the file is written to."""
        try:
            now = os.fstat(self._file.fileno())
        except (OSError, AttributeError):  # bytes in memory, or in an archive
            return (self._file.getbuffer().nbytes if isinstance(self._file, io.BytesIO) else 0), 0
        return now.st_size, now.st_mtime_ns

    def _read(self, offset: int, length: int) -> bytes:
        with self._lock:  # a thread may still be reading for a task that was cancelled
            while self._hashed < offset:  # the wiki is further than what was read here
                self._hash(self._hashed, self._read_exactly(self._hashed, min(_PIECE_SIZE, offset - self._hashed)))
            data = self._read_exactly(offset, length)
            self._hash(offset, data)
            return data

    def _read_head(self, length: int) -> bytes:
        with self._lock:
            return self._read_exactly(0, length)

    def _read_exactly(self, offset: int, length: int) -> bytes:
        self._file.seek(self._start + offset)
        data = self._file.read(length)
        while data and len(data) < length and (more := self._file.read(length - len(data))):
            data += more
        if len(data) != length:
            raise SourceChanged(f"{self.name} became shorter while it was being sent: nothing was published")
        return data

    def _hash(self, offset: int, data: bytes) -> None:
        left = memoryview(data)[self._hashed - offset :]  # bytes that are read again are hashed already
        while left:
            piece = left[: _STATE_DISTANCE - self._hashed % _STATE_DISTANCE]
            self._sha1.update(piece)
            self._hashed += len(piece)
            if self._hashed % _STATE_DISTANCE == 0:
                self._sha1_states.append(self._sha1.copy())
            left = left[len(piece) :]

    def _sha1_up_to(self, offset: int) -> str:
        with self._lock:
            number = offset // _STATE_DISTANCE
            sha1 = self._sha1_states[number].copy()
            for begin in range(number * _STATE_DISTANCE, offset, _PIECE_SIZE):
                sha1.update(self._read_exactly(begin, min(_PIECE_SIZE, offset - begin)))
            return sha1.hexdigest()


async def open_in_thread(work: Callable[[], T], close: Callable[[T], object]) -> T:
    """Open a file in a thread and return it. If the task is cancelled before it has the file, ``close`` is called."""
    lock, opened, cancelled = threading.Lock(), list[T](), list[bool]()

    def open_and_hand_over() -> None:
        file = work()
        with lock:
            if cancelled:
                close(file)
            else:
                opened.append(file)

    try:
        await run_in_thread(open_and_hand_over)
    except BaseException:
        with lock:
            cancelled.append(True)
            for file in opened:
                close(file)
        raise
    return opened[0]


def _is_seekable(file: BinaryIO) -> bool:
    if isinstance(file.read(0), str):
        raise TypeError("the source is open as text: open it in binary mode")
    seekable = getattr(file, "seekable", None)
    return seekable is not None and seekable()


def _open_spool_file(spool: Path | None) -> BinaryIO:
    if spool is None:
        return tempfile.TemporaryFile()
    return spool.open("w+b")


async def _write_pieces(file: BinaryIO, pieces: AsyncIterable[bytes], on_spooled: OnBytesDone | None) -> None:
    written, iterator = 0, aiter(pieces)
    try:
        async for piece in iterator:
            if not isinstance(piece, bytes | bytearray | memoryview):
                raise TypeError(f"the source gave a {type(piece).__name__}, not bytes: open it in binary mode")
            written += await run_in_thread(partial(_write_all, file, memoryview(piece).cast("B")))
            if on_spooled is not None:
                await on_spooled(written)
    finally:
        if isinstance(iterator, AsyncGenerator):  # closed here, because it may not be exhausted
            with CancelScope(shield=True):
                await iterator.aclose()
    await run_in_thread(file.flush)


async def _read_pieces(file: BinaryIO) -> AsyncIterable[bytes]:
    while piece := await run_in_thread(partial(file.read, _PIECE_SIZE)):
        yield piece


def _write_all(file: BinaryIO, piece: memoryview) -> int:
    left = piece
    while left:
        left = left[file.write(left) :]
    return len(piece)
