"""The body of a request, in the pieces that a transport sends.

They are not generators, because a request that fails or is cancelled would leave a generator unfinished.
"""

from __future__ import annotations

from typing import Self

from mwclient_async._http.messages import MultipartBody

_PIECE = 2 * 1024 * 1024
"""Bytes of a file that are read at once. Each read takes a thread; with TLS, a piece is in memory four times."""

_SMALL = 64 * 1024
"""A piece of up to so many bytes is copied, to be sent at once with what is before and after it."""


class BytesPieces:
    """A body in memory."""

    error: Exception | None = None

    def __init__(self, body: bytes) -> None:
        self._pieces = [body]

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        if not self._pieces:
            raise StopAsyncIteration
        return self._pieces.pop()


class MultipartPieces:
    """A multipart body, read as it is sent. ``error`` is what the source of the body raised."""

    def __init__(self, body: MultipartBody) -> None:
        self.error: Exception | None = None
        self._body = body
        self._start = self._position = body.part.offset
        self._end = body.part.offset + body.part.length
        self._ready: list[bytes] = []  # the next one is the last
        self._is_read = False

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        if not self._ready:
            if self._is_read:
                raise StopAsyncIteration
            self._ready = self._framed(await self._read())
        return self._ready.pop()

    async def _read(self) -> bytes:
        left = self._end - self._position
        try:
            piece = await self._body.read(self._position, min(_PIECE, left))
            if left and not piece:
                raise ValueError(f"the source of the body ended {left} bytes before its end: was the file cut?")
        except Exception as error:
            self.error = error
            raise
        return piece

    def _framed(self, piece: bytes) -> list[bytes]:
        """The piece with the head of the body before it, and the tail after it, if it is the first or the last."""
        head = [self._body.head] if self._position == self._start else []
        self._position += len(piece)
        self._is_read = self._position == self._end
        parts = [*head, piece, *([self._body.tail] if self._is_read else [])]
        return [b"".join(parts)] if len(piece) <= _SMALL else parts[::-1]


def pieces_of(body: bytes | MultipartBody) -> BytesPieces | MultipartPieces | None:
    """The pieces of this body; None if it is empty."""
    if isinstance(body, MultipartBody):
        return MultipartPieces(body)
    return BytesPieces(body) if body else None
