"""A transport that loses things on the way to a real wiki."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from attrs import evolve

from mwclient_async import HttpOptions, Limits
from mwclient_async._http.httpx_transport import HttpxTransport
from mwclient_async._http.messages import HttpRequest, HttpResponse
from mwclient_async.errors import ConnectionFailed, ReplyLost

Fault = Callable[[int, HttpRequest], str | None]
"""The fault for a request, of which this is the n-th: "before" or "after" the wiki acted, or None."""


class FaultyTransport:
    """Loses a request before it is sent, or its reply after the wiki acted, as ``fault`` says."""

    def __init__(self, fault: Fault) -> None:
        self._http = HttpxTransport(HttpOptions(), Limits())
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


class Meddling(FaultyTransport):
    """Lets something happen on the wiki just before the n-th request."""

    def __init__(self, before: int, meddle: Callable[[], Awaitable[object]]) -> None:
        super().__init__(lambda *_: None)
        self._before = before
        self._meddle = meddle

    async def send(self, request: HttpRequest) -> HttpResponse:
        if len(self.requests) + 1 == self._before:
            await self._meddle()
        return await super().send(request)


class Counting(FaultyTransport):
    """Loses nothing, and adds headers of the test's own."""

    def __init__(self, *headers: tuple[str, str]) -> None:
        super().__init__(lambda *_: None)
        self._headers = dict(headers)

    async def send(self, request: HttpRequest) -> HttpResponse:
        return await super().send(evolve(request, headers={**request.headers, **self._headers}))

    @property
    def count(self) -> int:
        """The number of requests so far."""
        return len(self.requests)
