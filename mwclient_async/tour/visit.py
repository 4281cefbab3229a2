"""A visit to a wiki: a Site whose requests are counted."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from attrs import define

from mwclient_async import BotPassword, RetryPolicy, Site
from mwclient_async.models.events import Event, RequestFinished


@define(kw_only=True)
class Visit:
    """An open ``site``, how to reach it again from another process, and what has been sent so far.

    ``requests`` is the number of requests so far, those that were sent again included.
    """

    site: Site
    api_url: str
    user_agent: str
    requests: int = 0


@asynccontextmanager
async def visiting(api_url: str, *, user_agent: str, auth: BotPassword | None = None) -> AsyncIterator[Visit]:
    """Open a Site and count its requests. Somebody is watching: it gives up after seconds, not after minutes."""

    def count(event: Event) -> None:
        visit.requests += isinstance(event, RequestFinished)

    patience = RetryPolicy(attempts=3, deadline=20)
    site = Site(api_url, user_agent=user_agent, auth=auth, retry=patience, on_event=count)
    visit = Visit(site=site, api_url=api_url, user_agent=user_agent)
    async with site:
        yield visit
