"""Bodies that came compressed (gzip, brotli, zstd), unpacked a little at a time.

A hundred bytes can stand for a hundred megabytes, so what comes out of a few bytes is bounded before it is made, not
looked at afterwards: gzip and brotli stop at a number of bytes that is asked for, and zstd is fed in slices so short
that no slice can hold much. Brotli stops since its version 1.2 only; an older one is not used. The window of a zstd
frame is at most what https://www.rfc-editor.org/rfc/rfc9659 allows.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from typing import Any, Protocol

PIECE = 256 * 1024
"""About the most bytes that come out in one go."""

_GZIP = zlib.MAX_WBITS | 16
_GZIP_MAGIC = b"\x1f\x8b"
_ZSTD_WINDOW = 8 * 1024 * 1024
_ZSTD_SLICE = 64  # bytes; a block of 128 KiB can be written in four of them


class Decompressor(Protocol):
    """Unpacks one body."""

    def feed(self, packed: bytes) -> Iterator[bytes]:
        """What these bytes stand for, in bounded pieces; read them all before the next call. ValueError if broken."""
        ...

    @property
    def done(self) -> bool:
        """Whether all that began came to its end."""
        ...


class _Plain:
    done = True

    def feed(self, packed: bytes) -> Iterator[bytes]:
        yield packed


class _Gzip:
    def __init__(self) -> None:
        self._member: Any = None
        self._over = False

    def feed(self, packed: bytes) -> Iterator[bytes]:
        while packed and not self._over:
            if self._member is None:
                self._member = zlib.decompressobj(_GZIP)
            try:
                yield self._member.decompress(packed, PIECE)
            except zlib.error as error:
                raise ValueError(f"broken gzip: {error}") from error
            packed = self._member.unconsumed_tail
            if self._member.eof:
                packed, self._member = self._member.unused_data, None
                self._over = bool(packed) and not packed.startswith(_GZIP_MAGIC[: len(packed)])  # padding

    @property
    def done(self) -> bool:
        return self._member is None


class _Brotli:
    def __init__(self, library: Any) -> None:
        self._library = library
        self._stream = library.Decompressor()
        self._begun = False

    def feed(self, packed: bytes) -> Iterator[bytes]:
        try:
            piece = self._stream.process(packed, output_buffer_limit=PIECE)
            while piece or not self._stream.can_accept_more_data():
                yield piece
                piece = self._stream.process(b"", output_buffer_limit=PIECE)
        except self._library.error as error:
            raise ValueError(f"broken brotli: {error}") from error
        self._begun = self._begun or bool(packed)

    @property
    def done(self) -> bool:
        return not self._begun or bool(self._stream.is_finished())


class _Zstd:
    def __init__(self, library: Any) -> None:
        self._library = library
        self._frame: Any = None

    def feed(self, packed: bytes) -> Iterator[bytes]:
        for at in range(0, len(packed), _ZSTD_SLICE):
            part = packed[at : at + _ZSTD_SLICE]
            while part:
                if self._frame is None:
                    self._frame = self._library.ZstdDecompressor(max_window_size=_ZSTD_WINDOW).decompressobj()
                try:
                    yield self._frame.decompress(part)
                except self._library.ZstdError as error:
                    raise ValueError(f"broken zstd: {error}") from error
                part = b""
                if self._frame.eof:
                    part, self._frame = self._frame.unused_data, None

    @property
    def done(self) -> bool:
        return self._frame is None


def _installed(*names: str) -> Any:
    for name in names:
        try:
            return import_module(name)
        except ImportError:
            pass
    return None


def _unpackers() -> Mapping[str, Callable[[], Decompressor]]:
    known: dict[str, Callable[[], Decompressor]] = {"gzip": _Gzip}
    brotli, zstd = _installed("brotli", "brotlicffi"), _installed("zstandard")
    if brotli is not None and hasattr(brotli.Decompressor, "can_accept_more_data"):
        known["br"] = lambda: _Brotli(brotli)
    if zstd is not None:
        known["zstd"] = lambda: _Zstd(zstd)
    return known


_UNPACKERS = _unpackers()

ACCEPTED = ", ".join(_UNPACKERS)
"""The value of ``Accept-Encoding``: gzip always, brotli and zstd where their libraries are installed."""


def decompressor_for(encoding: str) -> Decompressor | None:
    """What unpacks a body with this ``Content-Encoding``; None for one that was not asked for."""
    name = encoding.strip().lower().removeprefix("x-")
    return _Plain() if name in {"", "identity"} else (_UNPACKERS[name]() if name in _UNPACKERS else None)
