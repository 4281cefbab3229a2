"""One connection to a server of events: the request, what its response must be, and the events that come.

A connection has a transport of its own, with one request: it must not take a place of the requests to the wiki, and
nothing of a wiki's credentials may be sent to the server. So it has neither cookies nor ``HttpOptions.headers``.
"""

from __future__ import annotations

import math
from contextlib import AbstractAsyncContextManager, suppress
from email.utils import parsedate_to_datetime
from urllib.parse import quote

import anyio
from attrs import evolve, field, frozen

from mwclient_async import _http
from mwclient_async._events.event_text import EventText
from mwclient_async._events.position import milliseconds
from mwclient_async._http.messages import HttpRequest, HttpResponse, StreamedResponse
from mwclient_async._http.responses import retry_after
from mwclient_async._session.clock import Clock
from mwclient_async._session.observers import Observers, describe_error, log
from mwclient_async.errors import BrokenReply, HttpError, MediaWikiError, ProtocolError
from mwclient_async.models.events import RequestFinished
from mwclient_async.models.options import HttpOptions, Limits

_OK, _REDIRECT, _TOO_MANY, _SERVER_ERROR = 200, 300, 429, 500
_EXCERPT = 300  # bytes of a response that is not a stream


@frozen(kw_only=True)
class EventServer:
    """The server of events, and how to reach it. ``url`` is the address without the names of the streams.

    ``transport`` replaces the one that each connection makes for itself; it is not closed.
    """

    url: str
    streams: tuple[str, ...]
    user_agent: str
    http: HttpOptions
    limits: Limits
    clock: Clock
    observers: Observers
    transport: _http.transport.Transport | None = field(default=None, repr=False)

    @property
    def label(self) -> str:
        """The name of its requests in events and logs."""
        return f"stream={','.join(self.streams)}"

    async def connect(self, event_id: str, since: str, *, attempt: int) -> EventConnection:
        """Ask for the events after this id, or else from this time on.

        Raises:
            HttpError: the server is overloaded or failed.
            ProtocolError: the response is not a stream of events.
            TransportError: no response came.
        """
        query = f"?since={quote(since)}" if since else ""
        headers = {
            "user-agent": self.user_agent,
            "accept": "text/event-stream",
            "cache-control": "no-store",
            **({"last-event-id": event_id} if event_id else {}),
        }
        address = f"{self.url}/{','.join(quote(name) for name in self.streams)}"
        log.debug("GET %s", address)
        transport = self._own_transport() if self.transport is None else None
        stream = getattr(self.transport or transport, "stream", None)
        if stream is None:
            raise TypeError("this transport has no stream(), which events need")
        opening = stream(HttpRequest(method="GET", url=f"{address}{query}", headers=headers))
        connection = EventConnection(transport, opening, max_bytes=self.limits.max_reply_bytes)
        await self._opened(connection, address, attempt)
        return connection

    async def _opened(self, connection: EventConnection, address: str, attempt: int) -> None:
        began = self.clock.now()
        status, failure = None, ""
        try:
            status = await connection.open(address)
        except BaseException as error:
            status = getattr(error, "status", None)
            failure = describe_error(error) if isinstance(error, MediaWikiError) else type(error).__name__
            await connection.aclose()
            raise
        finally:
            self.observers.notify_event(
                RequestFinished(
                    label=self.label,
                    method="GET",
                    attempt=attempt,
                    seconds=self.clock.now() - began,
                    status=status,
                    failure=failure,
                )
            )

    def _own_transport(self) -> _http.transport.StreamingTransport:
        # A stream has no end, and may be quiet: only the silence between two pieces is bounded.
        http = evolve(self.http, headers=(), response_timeout=math.inf)
        return _http.transport.own_transport(http, evolve(self.limits, concurrency=1))


class EventConnection:
    """A response whose events are read. It is closed by ``aclose``."""

    def __init__(
        self,
        transport: _http.transport.StreamingTransport | None,
        opening: AbstractAsyncContextManager[StreamedResponse],
        *,
        max_bytes: int,
    ) -> None:
        self._transport = transport
        self._opening = opening
        self._text = EventText(max_bytes)
        self._is_open = False
        self._unread: list[_http.event_source.ServerSentEvent] = []
        self.retry: float = 0.0
        """The seconds that the server wants a client to wait before its next connection."""
        self.began: int = 0
        """The time of the response by the server's clock, in milliseconds since 1970; 0 if the server does not say."""

    async def open(self, address: str) -> int:
        """Send the request. Returns the status of the response, which is a stream of events."""
        response = await self._opening.__aenter__()
        self._is_open = True
        kind = _header(response, "content-type").partition(";")[0].strip().lower()
        if response.status != _OK or kind != "text/event-stream":
            raise await _refusal(response, kind, address)
        self.began = _date(response)
        self._reader = _http.event_source.EventReader(response, self._text.feed)
        return response.status

    async def next(self) -> list[_http.event_source.ServerSentEvent] | None:
        """The events of the next piece of the response, perhaps none; None at its end.

        Raises:
            TransportError: the response was cut, or nothing came for ``HttpOptions.read_timeout`` seconds.
            ReplyTooLarge: an event is too large.
            UnreadableEvent: it is not UTF-8.
        """
        if self._unread:
            events, self._unread = self._unread, []
            return events
        found = await self._reader.next()
        for event in found or ():
            if event.retry is not None and event.retry >= 0:
                self.retry = event.retry / 1000
        return found

    def put_back(self, events: list[_http.event_source.ServerSentEvent]) -> None:
        """Give these events again at the next call of ``next``."""
        self._unread = events

    async def aclose(self) -> None:
        """Close the connection, also while the task is being cancelled."""
        with anyio.CancelScope(shield=True):
            if self._transport is not None:
                await self._transport.aclose()  # ends the task that reads, if another one closes the connection
            if self._is_open:
                self._is_open = False
                with suppress(Exception):  # nothing is wanted of the response any more
                    await self._opening.__aexit__(None, None, None)


def _header(response: StreamedResponse, name: str) -> str:
    return next((value for key, value in response.headers if key == name), "")


def _date(response: StreamedResponse) -> int:
    try:
        return milliseconds(parsedate_to_datetime(_header(response, "date")))
    except (TypeError, ValueError, OverflowError):
        return 0


async def _refusal(response: StreamedResponse, kind: str, address: str) -> MediaWikiError:
    """The error for a response that is not a stream of events."""
    text = await _beginning(response)
    status = response.status
    said = f"{address} sent HTTP {status} ({kind or 'no content type'}): {text!r}"
    if status == _TOO_MANY or status >= _SERVER_ERROR:
        wait = retry_after(HttpResponse(status=status, headers=response.headers))
        return HttpError(said, status=status, retry_after=wait)
    if _REDIRECT <= status < _REDIRECT + 100 and (location := _header(response, "location")):
        said = f"{said}. It moved to {location!r:.200}: pass that address as url"
    error = (BrokenReply if status == _OK else ProtocolError)(f"not a stream of events: {said}")
    error.status = status
    return error


async def _beginning(response: StreamedResponse) -> str:
    found = b""
    with suppress(MediaWikiError):
        async for piece in response.pieces():
            found += piece
            if len(found) >= _EXCERPT:
                break
    return found[:_EXCERPT].decode("utf-8", "replace")
