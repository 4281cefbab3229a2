"""The body of a request, in the pieces that a transport sends.

They are not generators, because a request that fails or is cancelled would leave a generator unfinished.
"""

from __future__ import annotations

from typing import Self

from mwclient_async._http.messages import MultipartBody

_PIECE = 256 * 1024  # bytes of a file that are read at once


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
        self._position = body.part.offset
        self._head = [body.head]
        self._tail = [body.tail]

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        if self._head:
            return self._head.pop()
        left = self._body.part.offset + self._body.part.length - self._position
        if left > 0:
            return await self._read(left)
        if self._tail:
            return self._tail.pop()
        raise StopAsyncIteration

    async def _read(self, left: int) -> bytes:
        try:
            piece = await self._body.read(self._position, min(_PIECE, left))
            if not piece:
                raise ValueError(f"the source of the body ended {left} bytes before its end: was the file cut?")
        except Exception as error:
            self.error = error
            raise
        self._position += len(piece)
        return piece


def pieces_of(body: bytes | MultipartBody) -> BytesPieces | MultipartPieces | None:
    """The pieces of this body; None if it is empty."""
    if isinstance(body, MultipartBody):
        return MultipartPieces(body)
    return BytesPieces(body) if body else None
