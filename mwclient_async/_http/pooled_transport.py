"""What the transports of this package have in common, whichever HTTP library they use.

A transport sends one HttpRequest and returns one HttpResponse with its whole body. It stores no cookies, follows no
redirects and retries nothing (with the one exception below): the session does all that.

*Connections that are kept open.* A server may close an idle connection at any time. Over HTTP/1.1, a transport checks
for that before it sends; over HTTP/2 it does not. In both cases, a request that is on its way while the server closes
is lost. So a GET that was cut off on a kept connection, before any byte of the response, is sent once more on another
connection. Any other method may change the wiki and is not sent again. Such requests have connections of their own,
which are new or were used less than a second ago, because no server closes a connection so soon. They always use
HTTP/1.1. That also suits files, because HTTP/2 splits them into small frames and must wait for permission to send more.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator
from contextlib import AbstractContextManager, asynccontextmanager, nullcontext
from typing import Self

from anyio import CancelScope, current_time
from attrs import evolve

from mwclient_async._http.attempt import Attempt, OpenResponse
from mwclient_async._http.closing import Closing
from mwclient_async._http.environment_proxies import EnvironmentProxies
from mwclient_async._http.messages import HttpRequest, HttpResponse, StreamedResponse
from mwclient_async._http.pace import Pace
from mwclient_async.errors import ProtocolError, ReplyLost
from mwclient_async.models.options import HttpOptions, Limits

_PROXY_AUTHENTICATION_REQUIRED = 407
_WRITE_KEEPALIVE = 1.0  # seconds; servers keep an idle connection for longer than that


class PooledTransport(ABC):
    """A transport with a pool of connections for reads, and another one for writes."""

    def __init__(self, options: HttpOptions, limits: Limits) -> None:
        self._options = options
        self._limits = limits
        self._write_keepalive = min(_WRITE_KEEPALIVE, options.keepalive)
        self._closing = Closing()
        self._environment = EnvironmentProxies()

    @property
    def _proxies(self) -> tuple[str, ...]:
        """Every proxy that a request may be sent through."""
        return self._environment.urls if self._options.proxy is None else (self._options.proxy,)

    def _proxy_for(self, url: str) -> str | None:
        """The proxy for a request to this URL."""
        return self._environment.proxy_for(url) if self._options.proxy is None else self._options.proxy

    def _check_was_passed_on(self, attempt: Attempt, status: int) -> None:
        """Raise ConnectionFailed if our proxy wants a password: it has not passed the request on to the wiki."""
        if status == _PROXY_AUTHENTICATION_REQUIRED and self._proxy_for(attempt.request.url) is not None:
            raise attempt.refused_by_proxy(status)

    @abstractmethod
    def _attempt(self, request: HttpRequest) -> Attempt:
        """One attempt to send this request, through the pool of its method."""

    @abstractmethod
    async def _close_pools(self) -> None:
        """Close every connection."""

    def _sending(self) -> AbstractContextManager[None]:
        """A block around each request."""
        return nullcontext()

    async def send(self, request: HttpRequest) -> HttpResponse:
        """Send the request and read the whole response.

        Returns an HttpResponse, whatever its status. Its body is decompressed. A GET that was cut off on a connection
        kept from an earlier request is sent once more.

        Raises:
            ConnectionFailed: no byte of the request was sent, or the proxy has not passed it on.
            ReplyLost: the request was sent, perhaps in part, and no whole response came back.
            ReplyTooLarge: the response is larger than ``Limits.max_reply_bytes``.
            ProtocolError: the response has a content encoding that was not asked for.
            ValueError: the request can never be sent, for example because of a line break in a header.
        """
        attempt = self._attempt(request)
        with self._sending():
            try:
                response = await attempt.send(max_bytes=self._limits.max_reply_bytes)
            except ReplyLost:
                if request.method != "GET" or not attempt.was_cut_off:
                    raise
                response = await self._attempt(request).send(max_bytes=self._limits.max_reply_bytes)
        self._check_was_passed_on(attempt, response.status)
        return response

    @asynccontextmanager
    async def stream(self, request: HttpRequest) -> AsyncIterator[StreamedResponse]:
        """Send a GET request, and give a StreamedResponse as soon as its headers have arrived.

        The body is not decompressed, and may have any size. Raises the same errors as ``send()``.
        """
        headers = {"accept-encoding": "identity", **request.headers}
        attempt = self._attempt(evolve(request, method="GET", headers=headers, body=b""))
        with self._sending():
            opened = await attempt.guard(attempt.open())
            try:
                self._check_was_passed_on(attempt, opened.status)
                yield _StreamedBody(opened, attempt, Pace(self._options.response_timeout))
            finally:
                with CancelScope(shield=True):
                    await opened.close()

    async def aclose(self) -> None:
        """End the requests under way, and close every connection."""
        await self._closing.aclose()
        await self._close_pools()


class _StreamedBody:
    """A body as it arrives.

    It is not a generator, because httpx would leave its own generator unfinished if this one is left early.
    """

    def __init__(self, opened: OpenResponse, attempt: Attempt, pace: Pace) -> None:
        self.status = opened.status
        self.headers = opened.headers
        self._opened = opened
        self._attempt = attempt
        self._pace = pace
        self._encoding = next((value for name, value in opened.headers if name == "content-encoding"), "identity")

    def pieces(self) -> Self:
        return self

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        if self._encoding != "identity":
            raise ProtocolError(f"the file has the content encoding {self._encoding!r}, which was not asked for")
        began = current_time()
        piece = await self._attempt.guard(self._opened.next())
        if piece is None:
            raise StopAsyncIteration
        if self._pace.is_too_slow(len(piece), current_time() - began):
            raise ReplyLost(f"the file came at less than 1 KiB per second, from {self._attempt.url}")
        return piece
