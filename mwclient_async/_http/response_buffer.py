"""The body of a response, decompressed as it arrives and limited in size.

The limit holds for the bytes received, and for the bytes after decompression. The values of a JSON text count, too: a
value of one or two bytes takes up to a hundred bytes of memory when it is decoded, and 20 million of them block a
process for seconds. The number of values is that of the brackets and commas. Those inside of strings (a page of tabular
data has millions) do not count; they are told apart only if the response would be too large with them. Nothing is
counted as long as the response would not be too large if each of its bytes was a value.
"""

from __future__ import annotations

import re
from collections import deque

from mwclient_async._http.decompression import decompressor_for
from mwclient_async.errors import ProtocolError, ReplyTooLarge

_BYTES_OF_VALUE = 8
_BEFORE_VALUES = b",[{"
_STRING = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*("|\\?\Z)', re.DOTALL)  # the last one may have no end yet


def _count_values(text: bytes) -> int:
    return len(text) - len(text.translate(None, _BEFORE_VALUES))


class _ValueCounter:
    """Counts the values of a JSON text that comes in pieces, strings left out."""

    def __init__(self) -> None:
        self._open = b""  # the beginning of a string that the pieces so far do not end

    def count(self, piece: bytes) -> int:
        text = self._open + piece
        last = deque(_STRING.finditer(text), maxlen=1)
        is_open = bool(last) and last[0][1] != b'"'
        self._open = b'"' + last[0][1] if is_open else b""
        return _count_values(_STRING.sub(b"", text))


class ResponseBuffer:
    """The decompressed body so far. ``error`` is set if the rest of the body is not wanted."""

    def __init__(self, encoding: str, *, max_bytes: int, content_type: str = "") -> None:
        self._encoding = encoding
        self._max_bytes = max_bytes
        self._is_json = "json" in content_type.lower()
        self._raw_size = 0
        self._values = 0  # in the first bytes of the body
        self._counted = 0  # the number of these bytes
        self._counter: _ValueCounter | None = None
        self._decompressor = decompressor_for(encoding)
        self._received = bytearray()
        self.error: Exception | None = None
        if self._decompressor is None:  # for example, compressed twice: a decompression bomb
            self.error = ProtocolError(
                f"the response has the content encoding {encoding!r}, which was not asked for: "
                "the server or a proxy is not set up correctly"
            )

    def feed(self, raw: bytes) -> None:
        """Decompress these bytes, up to the limit."""
        if self._decompressor is None or self.error is not None:
            return
        self._raw_size += len(raw)
        self._check(self._raw_size, "the response")
        try:
            for piece in self._decompressor.feed(raw):
                self._received += piece
                self._check(len(self._received), "the response")
                if self._is_json and (1 + _BYTES_OF_VALUE) * len(self._received) > self._max_bytes:
                    self._check_values()
                if self.error is not None:
                    return
        except ValueError as error:
            self.error = error

    def _check_values(self) -> None:
        piece = bytes(self._received[self._counted :])
        self._counted = len(self._received)
        if self._counter is not None:
            self._values += self._counter.count(piece)
        else:
            self._values += _count_values(piece)
            if self._size_with_values > self._max_bytes:
                self._counter = _ValueCounter()
                self._values = self._counter.count(bytes(self._received))
        what = f"the response with its {self._values} values, which count as {_BYTES_OF_VALUE} bytes each,"
        self._check(self._size_with_values, what)

    @property
    def _size_with_values(self) -> int:
        return len(self._received) + _BYTES_OF_VALUE * self._values

    def _check(self, size: int, what: str) -> None:
        if size > self._max_bytes and self.error is None:
            self.error = ReplyTooLarge(
                f"{what} is larger than {self._max_bytes} bytes: ask for less, or raise Limits(max_reply_bytes=...)"
            )

    def result(self) -> bytes:
        """The whole body.

        Raises ValueError if the compressed body is broken or was cut, ReplyTooLarge if it exceeds the limit, and
        ProtocolError if its encoding was not asked for.
        """
        if self.error is not None:
            raise self.error
        if self._decompressor is not None and not self._decompressor.is_complete:
            raise ValueError(f"the {self._encoding} body was cut")
        return bytes(self._received)
