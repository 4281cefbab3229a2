"""What workers of a Dask cluster do in tests. They import this module, so it imports little."""

from __future__ import annotations

import asyncio

from mwclient_async import Limits, RetryPolicy, Site
from mwclient_async.dask.limits import DaskLimits

USER_AGENT = "mwclient-async-tests/1.0 (tests@example.org)"


async def send_queries(url: str, farm: str, number: int, concurrency: int, title: str = "Earth") -> None:
    """Send so many queries at the same time."""
    limits, policy = Limits(concurrency=concurrency), RetryPolicy(first_delay=0.001)
    async with Site(url, user_agent=USER_AGENT, limits=limits, retry=policy, shared_limits=DaskLimits(farm)) as site:
        await asyncio.gather(*[site.call("query", titles=title) for _ in range(number)])
