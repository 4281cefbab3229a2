"""What an upload reads from: by position, in a worker thread, hashed on the way.

A chunk may have to be read again, and the wiki may stand anywhere; so whatever cannot be read by position, or has no
length, is written to a file first.
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

from anyio import CancelScope, to_thread

from mwclient_async.errors import SourceChanged

UploadInput = str | os.PathLike[str] | bytes | bytearray | memoryview | BinaryIO | AsyncIterable[bytes]
"""A path, bytes, a binary file object (at its present position) or an asynchronous iterator of bytes."""

T = TypeVar("T")

Spooled = Callable[[int], Awaitable[None]]

_PIECE = 1024 * 1024


class UploadSource:
    """Bytes that can be read again, from any position on. ``size`` is their number, as it was when it was opened.

    A file object is read from where it stands when it is given, and is not closed.
    """

    def __init__(self, file: BinaryIO, name: str, *, start: int = 0, owned: bool = True) -> None:
        self._file = file
        self.name = name
        self.size = file.seek(0, os.SEEK_END) - start  # not fstat's: that of a packed file is another
        self._start = start
        self._owned = owned
        self._stamp = self._stat()
        self._lock = threading.Lock()
        self._sha1 = hashlib.sha1(usedforsecurity=False)
        self._hashed = 0
        self._marks = [self._sha1.copy()]  # after each _PIECE bytes, so that no offset is far from one

    @classmethod
    async def open(cls, given: UploadInput, *, spool: Path | None = None, spooled: Spooled | None = None) -> Self:
        """Open it. ``spool`` is where something without length is written, and stays; a temporary file without it.

        Raises TypeError for what is no source, ValueError for an empty one, and OSError where it cannot be read.
        """
        source = await cls._opened(given, spool, spooled)
        if source.size <= 0:
            await source.aclose()
            raise ValueError(f"{source.name} is empty: wikis take no empty files")
        return source

    @classmethod
    async def _opened(cls, given: UploadInput, spool: Path | None, spooled: Spooled | None) -> Self:
        if isinstance(given, str | os.PathLike):
            return await cls._of_path(Path(given))
        if isinstance(given, bytes | bytearray | memoryview):
            return cls(io.BytesIO(given), "the source")
        if hasattr(given, "read") and not isinstance(given, AsyncIterable):
            if await to_thread.run_sync(_may_be_positioned, given):
                start = await to_thread.run_sync(given.tell)
                return await to_thread.run_sync(partial(cls, given, "the file object", start=start, owned=False))
            return await cls._spooled(_pieces_of(given), spool, spooled)
        if isinstance(given, AsyncIterable):
            return await cls._spooled(given, spool, spooled)
        raise TypeError(
            f"source is of type {type(given).__name__}: give a path, bytes, a binary file object, an asynchronous "
            "iterator of bytes, a StashedFile or a RemoteFile"
        )

    @classmethod
    async def _of_path(cls, path: Path) -> Self:
        try:
            return await opened(partial(cls._of_file, path), cls._close)
        except FileNotFoundError as error:
            hint = f"there is no such file; the current directory is {Path.cwd()}"
            raise FileNotFoundError(error.errno, hint, str(path)) from error
        except IsADirectoryError as error:
            raise IsADirectoryError(error.errno, "this is a directory; give the path of a file", str(path)) from error

    @classmethod
    def _of_file(cls, path: Path) -> Self:
        mode = path.stat().st_mode  # before it is opened: a pipe would wait for its other end
        if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
            raise ValueError(f"{str(path)!r} is a pipe or a device: open it, and give the file object")
        return cls(path.open("rb", buffering=0), repr(str(path)))

    @classmethod
    async def _spooled(cls, pieces: AsyncIterable[bytes], spool: Path | None, spooled: Spooled | None) -> Self:
        """Everything there is, in a file of its own."""
        file: BinaryIO = await opened(partial(_spool_file, spool), lambda file: file.close())
        try:
            await _fill(file, pieces, spooled)
            return await to_thread.run_sync(cls, file, "the source")
        except BaseException:
            with CancelScope(shield=True):
                await to_thread.run_sync(file.close)
            raise

    async def read(self, offset: int, length: int) -> bytes:
        """That many bytes from there. Raises SourceChanged when it has become shorter or cannot be read."""
        return await self._in_thread(partial(self._read, offset, length))

    def sha1(self) -> str:
        """The SHA-1, in hex, of the whole as it was sent. Raises SourceChanged when it was written to meanwhile."""
        if self._stat() != self._stamp or self._hashed != self.size:
            raise SourceChanged(f"{self.name} changed while it was being sent: nothing was published")
        return self._sha1.hexdigest()

    async def sha1_of(self, offset: int, *, hashed: Spooled | None = None) -> str:
        """That of the first ``offset`` bytes; what was not read so far is read for it, and ``hashed`` told of it."""
        while self._hashed < offset:
            await self.read(self._hashed, min(_PIECE, offset - self._hashed))
            if hashed is not None:
                await hashed(self._hashed)
        return await self._in_thread(partial(self._sha1_up_to, offset))

    async def aclose(self) -> None:
        """Close the file, in a task that is being cancelled, too; one that was given stays open."""
        if self._owned:
            with CancelScope(shield=True):
                await to_thread.run_sync(self._close)

    def _close(self) -> None:
        with self._lock:  # a read that was cancelled may still be at work
            self._file.close()

    async def _in_thread(self, work: Callable[[], T]) -> T:
        try:
            return await to_thread.run_sync(work)
        except (OSError, ValueError) as error:
            raise SourceChanged(f"{self.name} cannot be read any more: {error}; nothing was published") from error

    def _stat(self) -> tuple[int, int]:
        """What changes when the file is written to."""
        try:
            now = os.fstat(self._file.fileno())
        except (OSError, AttributeError):  # bytes in memory, or in an archive
            return (self._file.getbuffer().nbytes if isinstance(self._file, io.BytesIO) else 0), 0
        return now.st_size, now.st_mtime_ns

    def _read(self, offset: int, length: int) -> bytes:
        with self._lock:  # a read that was cancelled may still be at work
            while self._hashed < offset:  # the wiki stands further on than we have read
                self._hash(self._hashed, self._exactly(self._hashed, min(_PIECE, offset - self._hashed)))
            data = self._exactly(offset, length)
            self._hash(offset, data)
            return data

    def _exactly(self, offset: int, length: int) -> bytes:
        self._file.seek(self._start + offset)
        data = self._file.read(length)
        while data and len(data) < length and (more := self._file.read(length - len(data))):
            data += more
        if len(data) != length:
            raise SourceChanged(f"{self.name} became shorter while it was being sent: nothing was published")
        return data

    def _hash(self, offset: int, data: bytes) -> None:
        fresh = memoryview(data)[self._hashed - offset :]  # what was sent before is hashed already
        while fresh:
            piece = fresh[: _PIECE - self._hashed % _PIECE]
            self._sha1.update(piece)
            self._hashed += len(piece)
            if self._hashed % _PIECE == 0:
                self._marks.append(self._sha1.copy())
            fresh = fresh[len(piece) :]

    def _sha1_up_to(self, offset: int) -> str:
        with self._lock:
            if offset == self._hashed:
                return self._sha1.hexdigest()
            mark, rest = divmod(offset, _PIECE)
            sha1 = self._marks[mark].copy()
            sha1.update(self._exactly(mark * _PIECE, rest))
            return sha1.hexdigest()


async def opened(work: Callable[[], T], close: Callable[[T], object]) -> T:
    """What a thread opens. The task may be cancelled meanwhile, and then nobody else would close it."""
    lock, found, gone = threading.Lock(), list[T](), list[bool]()

    def open_and_hand_over() -> None:
        file = work()
        with lock:
            if gone:
                close(file)
            else:
                found.append(file)

    try:
        await to_thread.run_sync(open_and_hand_over)
    except BaseException:
        with lock:
            gone.append(True)
            for file in found:
                close(file)
        raise
    return found[0]


def _may_be_positioned(file: BinaryIO) -> bool:
    if isinstance(file.read(0), str):
        raise TypeError("the source is open as text: open it in binary mode")
    seekable = getattr(file, "seekable", None)
    return seekable is not None and seekable()


async def _fill(file: BinaryIO, pieces: AsyncIterable[bytes], spooled: Spooled | None) -> None:
    written, iterator = 0, aiter(pieces)
    try:
        async for piece in iterator:
            if not isinstance(piece, bytes | bytearray | memoryview):
                raise TypeError(f"the source gave a {type(piece).__name__}, not bytes: open it in binary mode")
            written += await to_thread.run_sync(_write_all, file, memoryview(piece).cast("B"))
            if spooled is not None:
                await spooled(written)
    finally:
        if isinstance(iterator, AsyncGenerator):  # one that is left in the middle is nobody's any more
            with CancelScope(shield=True):
                await iterator.aclose()
    await to_thread.run_sync(file.flush)


async def _pieces_of(file: BinaryIO) -> AsyncIterable[bytes]:
    while piece := await to_thread.run_sync(file.read, _PIECE):
        yield piece


def _spool_file(spool: Path | None) -> BinaryIO:
    if spool is None:
        return tempfile.TemporaryFile()
    return spool.open("w+b")


def _write_all(file: BinaryIO, piece: memoryview) -> int:
    left = piece
    while left:
        left = left[file.write(left) :]
    return len(piece)
