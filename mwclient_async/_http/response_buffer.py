"""The body of a response, decompressed as it arrives and limited in size."""

from __future__ import annotations

from mwclient_async._http.decompression import decompressor_for
from mwclient_async.errors import ProtocolError, ReplyTooLarge


class ResponseBuffer:
    """The decompressed body so far. ``error`` is set if the rest of the body is not wanted."""

    def __init__(self, encoding: str, *, max_bytes: int) -> None:
        self._encoding = encoding
        self._max_bytes = max_bytes
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
        try:
            for piece in self._decompressor.feed(raw):
                self._received += piece
                if len(self._received) > self._max_bytes:
                    self.error = ReplyTooLarge(
                        f"the response is larger than {self._max_bytes} bytes: ask for less, or raise "
                        "Limits(max_reply_bytes=...)"
                    )
                    return
        except ValueError as error:
            self.error = error

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
