"""The file on disk into which a download is written, until it is whole.

It is named ``<final name>.part``, beside the final file. What an earlier attempt has written is kept, so that the
download can be resumed. When the file is whole, it is renamed.
"""

from __future__ import annotations

import errno
import hashlib
import io
import os
import stat
import threading
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import BinaryIO

from anyio import CancelScope

from mwclient_async._session.worker_thread import run_in_thread

try:
    import fcntl
except ImportError:  # on Windows
    fcntl = None  # type: ignore[assignment]  # a module cannot be typed as optional

WRITE_SIZE = 1024 * 1024  # bytes that are best written at once: each write takes a thread
_READ_SIZE = 1024 * 1024
_SUFFIX = ".part"
_REGULAR_ONLY = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


class PartFile:
    """The part file of one download. ``received`` is the number of bytes in it, also those of an earlier attempt.

    The file is locked, because two downloads that wrote to it would both find the right SHA-1 and mix their bytes.
    Raises FileExistsError if another download has the lock, and OSError if the path is not a regular file, for example
    a link.
    """

    def __init__(self, final: Path, *, overwrite: bool = True) -> None:
        self._final = final
        self._overwrite = overwrite
        self._part = final.with_name(final.name + _SUFFIX)
        self._file = _open_locked(self._part)
        self._lock = threading.Lock()
        self._hash = hashlib.sha1(usedforsecurity=False)
        self._finished = False
        self.received, self.write_size = 0, WRITE_SIZE
        try:
            self._hash_existing()
        except BaseException:
            self._file.close()
            raise

    async def write(self, pieces: Sequence[bytes]) -> None:
        """Append the pieces. They are not joined, because copying them costs as much as writing them."""
        await run_in_thread(partial(self._write, pieces))

    async def restart(self) -> None:
        """Empty the file."""
        await run_in_thread(self._empty)

    async def sha1(self) -> str:
        """The SHA-1 of the bytes received, in hex."""
        return self._hash.hexdigest()

    async def finish(self) -> None:
        """Give the file its final name."""
        await run_in_thread(self._rename)

    async def close(self) -> None:
        """Close the file, even if the task is being cancelled."""
        with CancelScope(shield=True):
            await run_in_thread(self.close_now)

    def close_now(self) -> None:
        """Close the file from a thread. An empty part file is removed."""
        with self._lock:
            if self._file.closed:
                return
            # Not self.received, because a full disk takes only a part of a write.
            size = os.fstat(self._file.fileno()).st_size
            if fcntl is None:  # on Windows, an open file cannot be removed
                self._file.close()
            if not (self._finished or size):
                self._part.unlink(missing_ok=True)
            self._file.close()

    def _hash_existing(self) -> None:
        self._file.seek(0)
        while piece := self._file.read(_READ_SIZE):
            self._hash.update(piece)
            self.received += len(piece)

    def _write(self, pieces: Sequence[bytes]) -> None:
        with self._lock:  # a thread may still be writing for a task that was cancelled
            for piece in pieces:
                write_all(self._file, piece)
                self._hash.update(piece)
                self.received += len(piece)

    def _empty(self) -> None:
        with self._lock:
            self._file.truncate(0)
            self._hash, self.received = hashlib.sha1(usedforsecurity=False), 0

    def _rename(self) -> None:
        with self._lock:
            os.fsync(self._file.fileno())
            if fcntl is None:  # on Windows, an open file cannot be renamed
                self._file.close()
            if self._overwrite:
                self._part.replace(self._final)
            else:
                _rename_without_overwriting(self._part, self._final)
            self._finished = True


def write_all(file: BinaryIO, data: bytes) -> None:
    """Write all bytes, in as many steps as the file needs."""
    left = memoryview(data)
    while left:
        written = file.write(left)
        if isinstance(written, int):
            left = left[written:]
        elif isinstance(file, io.RawIOBase):
            raise BlockingIOError(errno.EAGAIN, "the file takes no bytes at the moment: give a file that blocks")
        else:  # a file-like object that does not return the number
            return


def _open_locked(path: Path) -> BinaryIO:
    """Open a regular file to append to it, and lock it."""
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | _REGULAR_ONLY, 0o666)
        file: BinaryIO = os.fdopen(descriptor, "ab+", buffering=0)
        try:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise FileExistsError(errno.EEXIST, "this is not a regular file", str(path))
            _lock(file, path)
            if _is_same_file(file, path):
                return file
        except BaseException:
            file.close()
            raise
        file.close()  # it was renamed or removed before it was locked here


def _lock(file: BinaryIO, path: Path) -> None:
    if fcntl is None:
        return
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise FileExistsError(error.errno, "another download is writing to it", str(path)) from None
    except OSError:  # a file system without locks
        return


def _is_same_file(file: BinaryIO, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(file.fileno()), path.lstat())
    except FileNotFoundError:
        return False


def _rename_without_overwriting(part: Path, final: Path) -> None:
    """Rename the file. Raises FileExistsError if the final name was taken during the download."""
    try:
        os.link(part, final)
    except FileExistsError as error:
        raise FileExistsError(error.errno, "this file was created during the download", str(final)) from None
    except OSError:  # a file system without links
        if final.exists():
            raise FileExistsError(errno.EEXIST, "this file was created during the download", str(final)) from None
        part.replace(final)
    else:
        part.unlink()
