"""The events in a response of the type ``text/event-stream``, read with httpx-sse.

This is the only file that imports httpx-sse. That library reads a response of httpx. So each part of a body that has
whole events is given to it as such a response, whichever transport the body comes from. Before 0.4.2 it ended a line at
any character that can end one in Unicode, as U+2028, and so lost the rest of the event.
See https://html.spec.whatwg.org/multipage/server-sent-events.html.
"""

from __future__ import annotations

from collections.abc import Callable

from attrs import field, frozen

from mwclient_async._http.messages import StreamedResponse

_HEADERS = {"content-type": "text/event-stream; charset=utf-8"}


@frozen(kw_only=True)
class ServerSentEvent:
    """One event as the server sent it. ``retry`` is the wait before the next connection that it asks for, in ms."""

    type: str
    data: str = field(repr=False)
    id: str
    retry: int | None = None


class EventReader:
    """Reads the events of a response. ``whole_events`` takes each piece and gives the whole events that it completes.

    Raises:
        ImportError: httpx-sse is missing.
    """

    def __init__(self, response: StreamedResponse, whole_events: Callable[[bytes], bytes]) -> None:
        self._pieces = response.pieces()
        self._whole_events = whole_events

    async def next(self) -> list[ServerSentEvent] | None:
        """The events that the next piece of the body completes, perhaps none; None at the end of the body."""
        piece = await anext(self._pieces, None)
        return None if piece is None else read_events(self._whole_events(piece))


def read_events(text: bytes) -> list[ServerSentEvent]:
    """The events in a text of whole events.

    Raises:
        ImportError: httpx-sse is missing.
    """
    if not text:
        return []
    import httpx
    from httpx_sse import EventSource

    found = EventSource(httpx.Response(200, headers=_HEADERS, content=text)).iter_sse()
    return [ServerSentEvent(type=one.event, data=one.data, id=one.id, retry=one.retry) for one in found]
