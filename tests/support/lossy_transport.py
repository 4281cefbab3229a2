"""Transports to a real wiki that lose requests or responses, or act on the wiki between requests."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from attrs import evolve

from mwclient_async import HttpOptions, Limits
from mwclient_async._http import transport
from mwclient_async._http.messages import HttpRequest, HttpResponse
from mwclient_async.errors import ConnectionFailed, ReplyLost

Fault = Callable[[int, HttpRequest], str | None]
"""Returns the fault of the n-th request: "before" or "after" the wiki acts, or None."""


class LossyTransport:
    """Loses a request before it is sent, or its response after the wiki has acted, as ``fault`` decides."""

    def __init__(self, fault: Fault) -> None:
        self._http = transport.own_transport(HttpOptions(), Limits())
        self._fault = fault
        self.requests: list[HttpRequest] = []
        self.lost = 0

    async def send(self, request: HttpRequest) -> HttpResponse:
        self.requests.append(request)
        fault = self._fault(len(self.requests), request)
        if fault == "before":
            self.lost += 1
            raise ConnectionFailed("refused, for the test")
        response = await self._http.send(request)
        if fault == "after":
            self.lost += 1
            raise ReplyLost("dropped, for the test")
        return response

    async def aclose(self) -> None:
        await self._http.aclose()


class InterferingTransport(LossyTransport):
    """Calls a function just before the n-th request, for example to change a page."""

    def __init__(self, before: int, interfere: Callable[[], Awaitable[object]]) -> None:
        super().__init__(lambda *_: None)
        self._before = before
        self._interfere = interfere

    async def send(self, request: HttpRequest) -> HttpResponse:
        if len(self.requests) + 1 == self._before:
            await self._interfere()
        return await super().send(request)


class CountingTransport(LossyTransport):
    """Loses nothing; counts the requests and adds headers to them."""

    def __init__(self, *headers: tuple[str, str]) -> None:
        super().__init__(lambda *_: None)
        self._headers = dict(headers)

    async def send(self, request: HttpRequest) -> HttpResponse:
        return await super().send(evolve(request, headers={**request.headers, **self._headers}))

    @property
    def count(self) -> int:
        """The number of requests so far."""
        return len(self.requests)
