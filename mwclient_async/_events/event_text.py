"""The bytes of an event stream, put into one form: lines that end in LF, whole events, UTF-8, a limit on their size.

A server may end its lines in CR, LF or CRLF, and begin with a byte order mark. A piece of a response can end anywhere,
also within a character or a CRLF. See https://html.spec.whatwg.org/multipage/server-sent-events.html.
"""

from __future__ import annotations

from mwclient_async.errors import ReplyTooLarge, UnreadableEvent

_MARK = b"\xef\xbb\xbf"


class EventText:
    """Takes the pieces of a response, and gives the events that are whole. ``max_bytes`` is the size of one event."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._begun = bytearray()  # the event that is not whole yet
        self._after_cr = False
        self._start: bytes | None = b""  # the first bytes of the stream, until it is known whether they are a mark

    def feed(self, piece: bytes) -> bytes:
        """Take a piece. Returns the events that it completes, each with the empty line behind it.

        Raises:
            ReplyTooLarge: an event is larger than the limit.
            UnreadableEvent: it is not UTF-8.
        """
        whole = self._take(self._with_line_feeds(self._without_mark(piece)))
        if len(self._begun) > self._max_bytes or self._is_too_large(whole):
            raise ReplyTooLarge(
                f"an event of the stream is larger than {self._max_bytes} bytes (Limits(max_reply_bytes=...))"
            )
        try:
            whole.decode("utf-8")
        except UnicodeDecodeError as error:
            excerpt = whole[max(0, error.start - 40) : error.start + 40].decode("utf-8", "replace")
            raise UnreadableEvent(f"an event of the stream is not in UTF-8: {error.reason}", excerpt=excerpt) from None
        return whole

    def _is_too_large(self, whole: bytes) -> bool:
        return len(whole) > self._max_bytes and max(map(len, whole.split(b"\n\n"))) > self._max_bytes

    def _without_mark(self, piece: bytes) -> bytes:
        if self._start is None:
            return piece
        start = self._start + piece
        if len(start) < len(_MARK) and _MARK.startswith(start):
            self._start = start
            return b""
        self._start = None
        return start.removeprefix(_MARK)

    def _with_line_feeds(self, text: bytes) -> bytes:
        if self._after_cr and text:
            text, self._after_cr = text.removeprefix(b"\n"), False
        if b"\r" not in text:
            return text
        self._after_cr = text.endswith(b"\r")
        return text.replace(b"\r\n", b"\n").replace(b"\r", b"\n")

    def _take(self, text: bytes) -> bytes:
        """Take the text, and give the whole events of it. An event ends with an empty line."""
        at = len(self._begun)
        self._begun += text
        end = self._begun.rfind(b"\n\n", max(0, at - 1))
        if end < 0:
            return b""
        whole = bytes(self._begun[: end + 2])
        del self._begun[: end + 2]
        return whole
