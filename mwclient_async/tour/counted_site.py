"""A Site whose requests are counted."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from attrs import define

from mwclient_async import BotPassword, RetryPolicy, Site
from mwclient_async.models.events import Event, RequestFinished


@define(kw_only=True)
class CountedSite:
    """An open ``site``, what another process needs to open it too, and the number of requests so far.

    ``requests`` includes requests that were sent again.
    """

    site: Site
    api_url: str
    user_agent: str
    requests: int = 0


@asynccontextmanager
async def open_counted_site(
    api_url: str, *, user_agent: str, auth: BotPassword | None = None
) -> AsyncIterator[CountedSite]:
    """Open a Site and count its requests. A person is watching: retries end after seconds, not after minutes."""

    def count(event: Event) -> None:
        counted.requests += isinstance(event, RequestFinished)

    short = RetryPolicy(attempts=3, deadline=20)
    site = Site(api_url, user_agent=user_agent, auth=auth, retry=short, on_event=count)
    counted = CountedSite(site=site, api_url=api_url, user_agent=user_agent)
    async with site:
        yield counted
