"""What runs on a Dask worker: one Site for each wiki, and the shards that the scheduler gives to it.

The plugin holds the crawl, so that the graph has the shards only. A bundle of shards is an async task: it runs on the
worker's event loop, with the worker's Site. A wiki's login is made there, with options that never were in the graph.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial
from typing import TYPE_CHECKING, Any

import anyio
from anyio import to_thread
from attrs import define, field, frozen
from distributed import Worker, WorkerPlugin, get_worker

from mwclient_async import Event, OnEvent, RequestFinished, Site, __version__
from mwclient_async.dask.bundles import LONGEST
from mwclient_async.dask.errors import CrawlError, SinkMismatch
from mwclient_async.dask.limits import DaskLimits
from mwclient_async.dask.plans import IdRanges, TimeWindows, TitleRanges
from mwclient_async.dask.shard_run import ShardEnd, ShardRun
from mwclient_async.dask.shards import Shard
from mwclient_async.dask.store import MANIFEST, Store, shown_url

if TYPE_CHECKING:
    from mwclient_async.dask.crawl import Crawl

_REPORT_EVERY = 1.0  # seconds
_IDLE = 60.0  # seconds


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
    """What a worker has to know of a crawl. The plan and what it reads stay with the client.

    ``manifest`` is the object that says in the sink which crawl it is.
    """

    crawl_id: str
    crawl: Crawl
    manifest: bytes
    version: str = __version__

    @property
    def plugin_name(self) -> str:
        """The name under which a worker has the plugin."""
        return f"mwclient_async-{self.crawl_id}"

    @property
    def topic(self) -> str:
        """The topic of the events in which workers report what they have committed."""
        return self.plugin_name


@define(eq=False)
class _BundleRun:
    """A bundle that this worker runs.

    ``waiting`` are the shards that it has not begun. ``is_shared`` is True if others are free to take what is left.
    ``rows`` and ``requests`` are committed: those of the shards that have ended, and of the one that runs.
    """

    waiting: deque[Shard]
    is_shared: bool = False
    ends: list[ShardEnd] = field(factory=list, init=False)
    rows: int = field(default=0, init=False)
    requests: int = field(default=0, init=False)

    def note(self, rows: int, requests: int) -> None:
        """Note what the shard that runs has committed."""
        self.rows = rows + sum(end.rows for end in self.ends)
        self.requests = requests + sum(end.requests for end in self.ends)


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
        self.bundles: dict[int, _BundleRun] = {}
        self._sites: dict[str, Site] = {}
        self._opening = anyio.Lock()
        self._running: set[anyio.CancelScope] = set()
        self._one_ended = anyio.Event()
        self._idle_since = anyio.current_time()
        self._reporting = asyncio.create_task(self._report())
        self._store: Store | None = None
        await self.store()

    async def store(self) -> Store:
        """The sink, open."""
        if self._store is None:
            self._store = await to_thread.run_sync(self._open)
        return self._store

    def _open(self) -> Store:
        if self.job.version != __version__:
            raise CrawlError(
                f"the worker at {self.worker.address} has mwclient_async {__version__}, and the program has "
                f"{self.job.version}: install the same version"
            )
        location = self.job.crawl.sink.location
        store = location.open()
        manifest = store.get(MANIFEST)
        if manifest is None:
            raise CrawlError(
                f"the worker at {self.worker.address} does not see what the program has written to "
                f"{shown_url(location.url)}: the sink of a cluster of several machines must be a place that all share"
            )
        if manifest != self.job.manifest:
            raise SinkMismatch(
                f"another crawl has begun at the same time in {shown_url(location.url)}: run one of them"
            )
        return store

    async def teardown(self, worker: Worker) -> None:  # noqa: ARG002 - Dask passes it
        """End the tasks, which Dask does not interrupt, and close the Sites."""
        self._reporting.cancel()
        for scope in self._running:
            scope.cancel()
        while self._running:
            await self._one_ended.wait()
            self._one_ended = anyio.Event()
        await self._close_sites()

    async def _close_sites(self) -> None:
        sites, self._sites = list(self._sites.values()), {}
        for site in sites:
            await site.aclose()

    async def _close_idle_sites(self) -> None:
        """Close the Sites after a minute without a task. The next one opens them again.

        If the program was killed, no one ends the crawl here, and its Sites would count for the shared limits.
        """
        if self._sites and anyio.current_time() - self._idle_since >= _IDLE:
            async with self._opening:
                if not self._running:
                    await self._close_sites()

    async def _report(self) -> None:
        """Tell the program every second how far each bundle is, if one has changed."""
        reported: list[tuple[int, int, int]] = []
        while True:
            await anyio.sleep(_REPORT_EVERY)
            bundles = [(number, bundle.rows, bundle.requests) for number, bundle in self.bundles.items()]
            if bundles != reported:
                self.worker.log_event(self.job.topic, {"worker": self.worker.address, "bundles": bundles})
                reported = bundles
            await self._close_idle_sites()

    @contextmanager
    def task(self) -> Iterator[None]:
        """A task of this crawl, which ends early if the crawl leaves the worker: its result is not used then."""
        with anyio.CancelScope() as scope:
            self._running.add(scope)
            try:
                yield
            finally:
                self._running.discard(scope)
                self._idle_since = anyio.current_time()
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


async def run_bundle(job_name: str, number: int, shards: Iterable[Shard]) -> list[ShardEnd] | None:
    """Run shards one after the other, as a task.

    Returns the ends of those that were run: not all of them, if it took long or if others were free to take the rest.
    None if the crawl has left the worker meanwhile.
    """
    if job_name not in get_worker().plugins:
        return None
    plugin = _plugin(job_name)
    bundle = plugin.bundles[number] = _BundleRun(deque(shards))
    began = anyio.current_time()
    with plugin.task():
        try:
            while bundle.waiting and not (bundle.ends and anyio.current_time() - began >= LONGEST):
                bundle.ends.append(await _run_shard(plugin, bundle, bundle.waiting.popleft()))
            return bundle.ends
        finally:
            del plugin.bundles[number]
    return None


async def _run_shard(plugin: CrawlPlugin, bundle: _BundleRun, shard: Shard) -> ShardEnd:
    count = _Count()
    _counting.set(count)
    crawl = plugin.job.crawl
    run = ShardRun(
        shard=shard,
        query=crawl.query,
        sink=crawl.sink,
        store=await plugin.store(),
        count_requests=lambda: count.requests,
        count_bytes=lambda: count.received,
        wants_split=lambda: bundle.is_shared,
        report=bundle.note,
    )
    return await run.run(await plugin.site(shard.wiki))


async def make_plan(job_name: str, plan: TitleRanges | IdRanges | TimeWindows, wiki: str) -> tuple[list[Shard], int]:
    """Look at a wiki and divide it, as a task. Returns the shards and the number of requests."""
    plugin = _plugin(job_name)
    count = _Count()
    _counting.set(count)
    with plugin.task():
        shards = await plan.plan(await plugin.site(wiki), plugin.job.crawl.query, wiki)
    return shards, count.requests


def ask_to_share(job_name: str, number: int, dask_worker: Worker) -> list[str]:
    """Ask a bundle of this worker to leave the rest of its shard to others.

    Returns the keys of the shards that it had not begun, and will not begin now.
    """
    plugin = dask_worker.plugins.get(job_name)
    if not isinstance(plugin, CrawlPlugin) or (bundle := plugin.bundles.get(number)) is None:
        return []
    bundle.is_shared = True
    taken = [shard.key for shard in bundle.waiting]
    bundle.waiting.clear()
    return taken
