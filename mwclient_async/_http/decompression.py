"""Compressed bodies (gzip, brotli, zstd), decompressed a little at a time.

A hundred bytes can decompress to a hundred megabytes. So the output of each step is limited before it is made, instead
of being measured afterwards. gzip and brotli stop after a given number of bytes. zstd is fed in slices that are too
short to hold much. Brotli can stop since its version 1.2; an older version is not used. The window of a zstd frame is
at most the size that https://www.rfc-editor.org/rfc/rfc9659 allows. A body of very many parts (gzip members, zstd
frames), which may all be empty, is refused, because each part costs time.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from typing import Any, Protocol

PIECE = 256 * 1024
"""The largest output of one step, in bytes (approximately)."""

_GZIP = zlib.MAX_WBITS | 16
_GZIP_MAGIC = b"\x1f\x8b"
_ZSTD_WINDOW = 8 * 1024 * 1024
_ZSTD_SLICE = 64  # bytes; a block of 128 KiB can be encoded in four bytes
_MOST_PARTS = 1000  # gzip members or zstd frames of one body; most bodies have one


class Decompressor(Protocol):
    """Decompresses one body."""

    def feed(self, compressed: bytes) -> Iterator[bytes]:
        """Decompress these bytes, in pieces of limited size. Read all pieces before the next call.

        Raises ValueError if the bytes are broken.
        """
        ...

    @property
    def is_complete(self) -> bool:
        """Whether everything that began is finished: a body that was cut is not complete."""
        ...


class _Plain:
    is_complete = True

    def feed(self, compressed: bytes) -> Iterator[bytes]:
        yield compressed


class _Gzip:
    def __init__(self) -> None:
        self._member: Any = None
        self._members = 0
        self._is_finished = False

    def feed(self, compressed: bytes) -> Iterator[bytes]:
        while compressed and not self._is_finished:
            if self._member is None and self._members and not compressed.startswith(_GZIP_MAGIC[: len(compressed)]):
                self._is_finished = True  # what follows is padding
                return
            if self._member is None:
                self._member = zlib.decompressobj(_GZIP)
                self._members = _counted(self._members, "gzip members")
            try:
                yield self._member.decompress(compressed, PIECE)
            except zlib.error as error:
                raise ValueError(f"broken gzip: {error}") from error
            compressed = self._member.unconsumed_tail
            if self._member.eof:
                compressed, self._member = self._member.unused_data, None

    @property
    def is_complete(self) -> bool:
        return self._member is None


class _Brotli:
    def __init__(self, library: Any) -> None:
        self._library = library
        self._stream = library.Decompressor()
        self._has_begun = False

    def feed(self, compressed: bytes) -> Iterator[bytes]:
        try:
            piece = self._stream.process(compressed, output_buffer_limit=PIECE)
            while piece or not self._stream.can_accept_more_data():
                yield piece
                piece = self._stream.process(b"", output_buffer_limit=PIECE)
        except self._library.error as error:
            raise ValueError(f"broken brotli: {error}") from error
        self._has_begun = self._has_begun or bool(compressed)

    @property
    def is_complete(self) -> bool:
        return not self._has_begun or bool(self._stream.is_finished())


class _Zstd:
    def __init__(self, library: Any) -> None:
        self._library = library
        self._frame: Any = None
        self._frames = 0

    def feed(self, compressed: bytes) -> Iterator[bytes]:
        for at in range(0, len(compressed), _ZSTD_SLICE):
            part = compressed[at : at + _ZSTD_SLICE]
            while part:
                if self._frame is None:
                    self._frame = self._library.ZstdDecompressor(max_window_size=_ZSTD_WINDOW).decompressobj()
                    self._frames = _counted(self._frames, "zstd frames")
                try:
                    yield self._frame.decompress(part)
                except self._library.ZstdError as error:
                    raise ValueError(f"broken zstd: {error}") from error
                part = b""
                if self._frame.eof:
                    part, self._frame = self._frame.unused_data, None

    @property
    def is_complete(self) -> bool:
        return self._frame is None


def _counted(parts: int, name: str) -> int:
    if parts >= _MOST_PARTS:
        raise ValueError(f"the body has more than {_MOST_PARTS} {name}")
    return parts + 1


def _installed(*names: str) -> Any:
    for name in names:
        try:
            return import_module(name)
        except ImportError:
            pass
    return None


def _decompressors() -> Mapping[str, Callable[[], Decompressor]]:
    known: dict[str, Callable[[], Decompressor]] = {"gzip": _Gzip}
    brotli, zstd = _installed("brotli", "brotlicffi"), _installed("zstandard")
    if brotli is not None and hasattr(brotli.Decompressor, "can_accept_more_data"):
        known["br"] = lambda: _Brotli(brotli)
    if zstd is not None:
        known["zstd"] = lambda: _Zstd(zstd)
    return known


_DECOMPRESSORS = _decompressors()

ACCEPTED = ", ".join(_DECOMPRESSORS)
"""The value of ``Accept-Encoding``: gzip always; brotli and zstd if their libraries are installed."""


def decompressor_for(encoding: str) -> Decompressor | None:
    """The decompressor for this ``Content-Encoding``, or None if we did not ask for this encoding."""
    name = encoding.strip().lower().removeprefix("x-")
    return _Plain() if name in {"", "identity"} else (_DECOMPRESSORS[name]() if name in _DECOMPRESSORS else None)
