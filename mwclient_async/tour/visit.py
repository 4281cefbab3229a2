"""A visit to a wiki: a Site whose requests are counted."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from attrs import frozen

from mwclient_async import BotPassword, HttpOptions, Limits, RetryPolicy, Site
from mwclient_async.sansio.wire import Request, Response
from mwclient_async.transport import HttpxTransport


class CountingTransport:
    """HTTP as every Site uses it, and the number of requests that it has carried."""

    def __init__(self) -> None:
        self._http = HttpxTransport(HttpOptions(), Limits())
        self.requests = 0

    async def send(self, request: Request) -> Response:
        """Count the request and send it."""
        self.requests += 1
        return await self._http.send(request)

    async def aclose(self) -> None:
        """Close every connection."""
        await self._http.aclose()


@frozen(kw_only=True)
class Visit:
    """An open ``site``, how to reach it again from another process, and what has been sent so far."""

    site: Site
    api_url: str
    user_agent: str
    _transport: CountingTransport

    @property
    def requests(self) -> int:
        """The number of requests so far, those that were sent again included."""
        return self._transport.requests


@asynccontextmanager
async def visiting(api_url: str, *, user_agent: str, auth: BotPassword | None = None) -> AsyncIterator[Visit]:
    """Open a Site and count its requests. Somebody is watching: it gives up after seconds, not after minutes."""
    transport = CountingTransport()
    patience = RetryPolicy(attempts=3, deadline=20)
    async with Site(api_url, user_agent=user_agent, auth=auth, retry=patience, transport=transport) as site:
        yield Visit(site=site, api_url=api_url, user_agent=user_agent, transport=transport)
