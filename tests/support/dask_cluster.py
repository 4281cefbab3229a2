"""Dask clusters of this machine, for the fixtures named ``cluster``, whose tests get the marker of that name."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from distributed import LocalCluster


@asynccontextmanager
async def local_cluster(*, workers: int, threads: int = 1, processes: bool) -> AsyncIterator[LocalCluster]:
    """A scheduler and workers, on ports of their own: in processes, or in this event loop."""
    address = "127.0.0.1:0"
    async with LocalCluster(
        n_workers=workers,
        threads_per_worker=threads,
        processes=processes,
        protocol=None if processes else "inproc://",
        host="127.0.0.1" if processes else None,
        dashboard_address=address,
        worker_dashboard_address=address,
        asynchronous=True,
    ) as cluster:
        yield cluster
