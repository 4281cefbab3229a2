"""The Dask cluster of a crawl: the caller's, or one of this machine."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

from distributed import Client, LocalCluster

from mwclient_async.dask.wikis import Wiki


@asynccontextmanager
async def open_client(given: Client | None, wikis: Iterable[Wiki], *, workers: int | None) -> AsyncIterator[Client]:
    """A client of this event loop for the cluster of the given one; without it, for a cluster of this machine."""
    if given is not None and given.asynchronous:
        yield given
        return
    if given is not None:
        assert given.scheduler is not None
        async with Client(
            given.scheduler.address, security=given.security, asynchronous=True, set_as_default=False
        ) as own:
            yield own
        return
    in_flight = max(wiki.limits.concurrency for wiki in wikis)
    processes = workers or min(os.cpu_count() or 1, in_flight)
    threads = -(-in_flight // processes)  # a shard waits for the wiki most of the time
    async with (
        LocalCluster(
            n_workers=processes,
            threads_per_worker=threads,
            processes=True,
            host="127.0.0.1",
            dashboard_address=":0",
            asynchronous=True,
        ) as cluster,
        Client(cluster, asynchronous=True, set_as_default=False) as client,
    ):
        yield client
