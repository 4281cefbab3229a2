"""Uploads: the shell around ``sansio/uploading.py`` that reads the file."""

from __future__ import annotations

import hashlib
import os
import stat
import threading
from collections.abc import Awaitable, Callable
from inspect import isawaitable
from pathlib import Path
from typing import Self

from anyio import CancelScope, to_thread

from mwclient_async.driving import Send, drive
from mwclient_async.errors import SourceChanged
from mwclient_async.models.upload import StashedFile, UploadProgress, UploadResult, UploadStage
from mwclient_async.sansio.uploading import Publication, publish, send_chunks

OnProgress = Callable[[UploadProgress], Awaitable[None] | None]

_PIECE = 1024 * 1024


class FileSource:
    """A file on disk, read by position in a worker thread and hashed on the way."""

    def __init__(self, path: Path) -> None:
        self._path = path
        mode = path.stat().st_mode  # before it is opened: a pipe would wait for its other end
        if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
            raise ValueError(f"{str(path)!r} is a pipe or a device: write it to a file first, and upload that")
        self._file = path.open("rb", buffering=0)
        self._stamp = self._stat()
        self._lock = threading.Lock()
        self._sha1 = hashlib.sha1(usedforsecurity=False)
        self._hashed = 0

    @classmethod
    async def open(cls, path: Path) -> Self:
        """Open it. Raises FileNotFoundError, IsADirectoryError, PermissionError, or ValueError for an empty file."""
        try:
            source = await to_thread.run_sync(cls, path)
        except FileNotFoundError as error:
            hint = f"there is no such file; the current directory is {Path.cwd()}"
            raise FileNotFoundError(error.errno, hint, str(path)) from error
        except IsADirectoryError as error:
            raise IsADirectoryError(error.errno, "this is a directory; give the path of a file", str(path)) from error
        if source.size == 0:
            await source.aclose()
            raise ValueError(f"{str(path)!r} is empty: wikis take no empty files")
        return source

    @property
    def size(self) -> int:
        """The number of bytes, as it was when the file was opened."""
        return self._stamp[0]

    async def read(self, offset: int, length: int) -> bytes:
        """That many bytes from there. Raises SourceChanged when the file has become shorter or cannot be read."""
        try:
            return await to_thread.run_sync(self._read, offset, length)
        except OSError as error:
            raise SourceChanged(
                f"{str(self._path)!r} cannot be read any more: {error}; nothing was published"
            ) from error

    def sha1(self) -> str:
        """The SHA-1, in hex, of the whole file as it was sent.

        Raises SourceChanged when it was written to meanwhile.
        """
        if self._stat() != self._stamp or self._hashed != self.size:
            raise SourceChanged(f"{str(self._path)!r} changed while it was being sent: nothing was published")
        return self._sha1.hexdigest()

    async def aclose(self) -> None:
        """Close the file, in a task that is being cancelled, too."""
        with CancelScope(shield=True):
            await to_thread.run_sync(self._file.close)

    def _stat(self) -> tuple[int, int]:
        now = os.fstat(self._file.fileno())
        return now.st_size, now.st_mtime_ns

    def _read(self, offset: int, length: int) -> bytes:
        with self._lock:  # a read that was cancelled may still be at work
            while self._hashed < offset:  # the wiki stands further on than we have read
                self._hash(self._hashed, self._exactly(self._hashed, min(_PIECE, offset - self._hashed)))
            data = self._exactly(offset, length)
            self._hash(offset, data)
            return data

    def _exactly(self, offset: int, length: int) -> bytes:
        self._file.seek(offset)
        data = self._file.read(length)
        while data and len(data) < length and (more := self._file.read(length - len(data))):
            data += more
        if len(data) != length:
            raise SourceChanged(f"{str(self._path)!r} became shorter while it was being sent: nothing was published")
        return data

    def _hash(self, offset: int, data: bytes) -> None:
        fresh = memoryview(data)[self._hashed - offset :]  # what was sent before is hashed already
        self._sha1.update(fresh)
        self._hashed += len(fresh)


async def upload(
    send: Send,
    source: Path | StashedFile,
    publication: Publication,
    *,
    chunk_size: int,
    on_progress: OnProgress | None,
) -> UploadResult:
    """Send a file in chunks and publish it, or publish what is in the stash already."""

    async def report(progress: UploadProgress) -> None:
        if on_progress is not None:
            answer = on_progress(progress)
            if isawaitable(answer):
                await answer

    if isinstance(source, StashedFile):
        total = 0
        result = await drive(publish(publication, source.filekey, total=total), send, report=report)
    else:
        file = await FileSource.open(source)
        try:
            total = file.size
            sending = send_chunks(filename=publication.filename, size=total, chunk_size=chunk_size, sha1=file.sha1)
            filekey = await drive(sending, send, read=file.read, report=report)
            result = await drive(publish(publication, filekey, total=total), send, report=report)
        finally:
            await file.aclose()
    try:
        await report(UploadProgress(stage=UploadStage.DONE, sent=total, total=total))
    except BaseException as error:
        error.add_note(f"The file was published before that, as {result.filename!r}.")
        raise
    return result
