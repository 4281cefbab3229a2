"""What runs on a Dask worker: one Site for each wiki, and the shards that the scheduler gives to it.

The plugin holds the crawl, so that the graph has the shards only. A shard is an async task: it runs on the worker's
event loop, with the worker's Site. A wiki's login is made there, with options that never were in the graph.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial
from typing import TYPE_CHECKING, Any

import anyio
from anyio import to_thread
from attrs import define, frozen
from distributed import Worker, WorkerPlugin, get_worker

from mwclient_async import Event, OnEvent, RequestFinished, Site
from mwclient_async.dask.errors import CrawlError
from mwclient_async.dask.limits import DaskLimits
from mwclient_async.dask.plans import IdRanges, TimeWindows, TitleRanges
from mwclient_async.dask.shard_run import ShardEnd, ShardRun
from mwclient_async.dask.shards import Shard
from mwclient_async.dask.store import MANIFEST, Store

if TYPE_CHECKING:
    from mwclient_async.dask.crawl import Crawl


@define
class _Count:
    requests: int = 0
    received: int = 0  # bytes of the responses' bodies


_counting: ContextVar[_Count] = ContextVar("requests of this task")


def _observe(theirs: OnEvent | None, event: Event) -> None:
    """Count the requests of the task that sends them, and tell the caller's function."""
    if isinstance(event, RequestFinished) and (count := _counting.get(None)) is not None:
        count.requests += 1
        count.received += event.received
    if theirs is not None:
        theirs(event)


@frozen
class CrawlJob:
    """What a worker has to know of a crawl. The plan and what it reads stay with the client."""

    crawl_id: str
    crawl: Crawl

    @property
    def plugin_name(self) -> str:
        """The name under which a worker has the plugin."""
        return f"mwclient_async-{self.crawl_id}"

    @property
    def topic(self) -> str:
        """The topic of the events in which workers report what they have committed."""
        return self.plugin_name


class CrawlPlugin(WorkerPlugin):
    """Holds a crawl on a worker, and its open Sites."""

    def __init__(self, job: CrawlJob) -> None:
        self.job = job
        self.name: str = job.plugin_name

    async def setup(self, worker: Worker) -> None:
        """Prepare; a Site is opened by the first shard that needs it.

        Dask keeps a worker that joins later and on which this fails. So its first shard opens the sink again, and says
        what is wrong there.
        """
        self.worker = worker
        self.to_split: set[str] = set()
        self._sites: dict[str, Site] = {}
        self._opening = anyio.Lock()
        self._running: set[anyio.CancelScope] = set()
        self._one_ended = anyio.Event()
        self._store: Store | None = None
        await self.store()

    async def store(self) -> Store:
        """The sink, open."""
        if self._store is None:
            self._store = await to_thread.run_sync(self._open)
        return self._store

    def _open(self) -> Store:
        location = self.job.crawl.sink.location
        store = location.open()
        if store.get(MANIFEST) is None:
            raise CrawlError(
                f"the worker at {self.worker.address} does not see what the program has written to {location.url}: the "
                "sink of a cluster of several machines must be a place that all of them share"
            )
        return store

    async def teardown(self, worker: Worker) -> None:  # noqa: ARG002 - Dask passes it
        """End the tasks, which Dask does not interrupt, and close the Sites."""
        for scope in self._running:
            scope.cancel()
        while self._running:
            await self._one_ended.wait()
            self._one_ended = anyio.Event()
        sites, self._sites = list(self._sites.values()), {}
        for site in sites:
            await site.aclose()

    @contextmanager
    def task(self) -> Iterator[None]:
        """A task of this crawl, which ends early if the crawl leaves the worker: its result is not used then."""
        with anyio.CancelScope() as scope:
            self._running.add(scope)
            try:
                yield
            finally:
                self._running.discard(scope)
                self._one_ended.set()

    async def site(self, name: str) -> Site:
        """The Site of a wiki, open."""
        async with self._opening:
            if name not in self._sites:
                wiki = self.job.crawl.wiki(name)
                more = wiki.options() if wiki.options is not None else {}
                observe = partial(_observe, more.get("on_event"))
                options: dict[str, Any] = {
                    "limits": wiki.limits,
                    "shared_limits": DaskLimits(wiki.farm),
                    "retry": wiki.retry,
                    "maxlag": wiki.maxlag,
                    **more,
                    "on_event": observe,
                }
                site = Site(wiki.api_url, user_agent=wiki.user_agent, **options)
                self._sites[name] = await site.open()
            return self._sites[name]


def _plugin(job_name: str) -> CrawlPlugin:
    plugin = get_worker().plugins[job_name]
    assert isinstance(plugin, CrawlPlugin)
    return plugin


async def run_shard(job_name: str, shard: Shard) -> ShardEnd | None:
    """Run one shard, as a task. Returns None if the crawl has left the worker meanwhile."""
    if job_name not in get_worker().plugins:
        return None
    plugin = _plugin(job_name)
    count = _Count()
    _counting.set(count)
    worker, job = plugin.worker, plugin.job

    def report(rows: int, requests: int) -> None:
        message = {"shard": shard.key, "rows": rows, "requests": requests, "worker": worker.address}
        worker.log_event(job.topic, message)

    report(-1, 0)  # it has begun
    store = await plugin.store()
    run = ShardRun(
        shard=shard,
        query=job.crawl.query,
        sink=job.crawl.sink,
        store=store,
        count_requests=lambda: count.requests,
        count_bytes=lambda: count.received,
        wants_split=lambda: shard.key in plugin.to_split,
        report=report,
    )
    with plugin.task():
        try:
            return await run.run(await plugin.site(shard.wiki))
        finally:
            plugin.to_split.discard(shard.key)
    return None


async def make_plan(job_name: str, plan: TitleRanges | IdRanges | TimeWindows, wiki: str) -> tuple[list[Shard], int]:
    """Look at a wiki and divide it, as a task. Returns the shards and the number of requests."""
    plugin = _plugin(job_name)
    count = _Count()
    _counting.set(count)
    with plugin.task():
        shards = await plan.plan(await plugin.site(wiki), plugin.job.crawl.query, wiki)
    return shards, count.requests


def ask_to_split(job_name: str, shard: str, dask_worker: Worker) -> None:
    """Ask the run of a shard on this worker to leave its rest to others."""
    plugin = dask_worker.plugins.get(job_name)
    if isinstance(plugin, CrawlPlugin):
        plugin.to_split.add(shard)
