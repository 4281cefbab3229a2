"""The Dask cluster of a crawl: the caller's, or one of this machine."""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager

from distributed import Client, LocalCluster, Worker, WorkerPlugin

from mwclient_async.dask.errors import CrawlError
from mwclient_async.dask.wikis import Wiki

_GUARD = 'write crawl.run() below the line if __name__ == "__main__": because the workers import the program, too'


@asynccontextmanager
async def open_client(
    given: Client | str | None, wikis: Iterable[Wiki], *, workers: int | None
) -> AsyncIterator[Client]:
    """A client of this event loop for the cluster of the given one; without it, for a cluster of this machine."""
    if isinstance(given, Client) and given.asynchronous:
        yield given
        return
    if given is not None:
        async with _own_client(given) as own:
            yield own
        return
    if getattr(multiprocessing.current_process(), "_inheriting", False):  # it is importing the program that started it
        raise CrawlError(f"a worker cannot start a crawl: {_GUARD}")
    in_flight = max(wiki.limits.concurrency for wiki in wikis)
    processes = workers or min(os.cpu_count() or 1, in_flight)
    threads = -(-in_flight // processes)  # a shard waits for the wiki most of the time
    async with AsyncExitStack() as stack:
        try:
            cluster = await stack.enter_async_context(_local_cluster(processes, threads))
        except RuntimeError as error:
            failed = f"the processes of this machine's cluster did not start: {error} If this is a file, {_GUARD}"
            raise CrawlError(failed) from error
        client = await stack.enter_async_context(Client(cluster, asynchronous=True, set_as_default=False))
        await client.register_plugin(_NoInterrupt(), name="mwclient_async-no-interrupt")
        yield client


def _local_cluster(processes: int, threads: int) -> LocalCluster:
    return LocalCluster(
        n_workers=processes,
        threads_per_worker=threads,
        processes=True,
        host="127.0.0.1",
        dashboard_address="127.0.0.1:0",
        asynchronous=True,
        silence_logs=logging.CRITICAL,  # the crawl reports what its shards raise
    )


class _NoInterrupt(WorkerPlugin):
    """Ctrl-C at a terminal reaches the workers, too: the program that started them ends them."""

    def setup(self, worker: Worker) -> None:  # noqa: ARG002 - Dask passes it
        """Ignore it from now on."""
        signal.signal(signal.SIGINT, signal.SIG_IGN)


def _own_client(given: Client | str) -> Client:
    """A client of this event loop for the same scheduler."""
    if isinstance(given, str):
        return Client(given, asynchronous=True, set_as_default=False)
    assert given.scheduler is not None
    return Client(given.scheduler.address, security=given.security, asynchronous=True, set_as_default=False)
