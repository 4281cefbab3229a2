"""The run of a crawl: it gives bundles of shards to the workers, divides slow ones, and counts what is done.

What it knows is in the sink. If it dies, another one continues: shards that are complete are not run again, and the
others begin after their last commit.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections import deque
from collections.abc import Iterable
from contextlib import AsyncExitStack
from functools import partial
from inspect import isawaitable
from itertools import count
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import anyio
from anyio import to_thread
from anyio.abc import TaskGroup
from attrs import evolve
from distributed import Client, Future

from mwclient_async.dask.bundles import Bundle, WaitingShards, slow_bundles
from mwclient_async.dask.cluster import open_client
from mwclient_async.dask.errors import CrawlError, SinkMismatch
from mwclient_async.dask.failures import is_mistake, may_pass, told
from mwclient_async.dask.plans import Inputs
from mwclient_async.dask.progress import CrawlProgress
from mwclient_async.dask.results import CrawlResult, read_result, write_result
from mwclient_async.dask.shard_run import ShardEnd
from mwclient_async.dask.shards import Shard, split
from mwclient_async.dask.store import MANIFEST, PLAN, Store
from mwclient_async.dask.worker import CrawlJob, CrawlPlugin, ask_to_share, make_plan, run_bundle

if TYPE_CHECKING:
    from mwclient_async.dask.crawl import Crawl, OnProgress
    from mwclient_async.dask.wikis import Wiki

log: logging.Logger = logging.getLogger("mwclient_async")

_AHEAD = 2  # bundles for each thread: one that runs, and one that a free thread finds at once
_EVERY = 1.0  # seconds between two looks at the workers
_LEAVE_WITHIN = 10.0  # seconds


class CrawlRun:
    """A crawl that runs in the background, as ``async with crawl.start() as run`` gives it.

    ``run.progress`` is a CrawlProgress. ``await run.result()`` waits for the end.
    """

    def __init__(self, crawl: Crawl, client: Client | str | None, *, workers: int | None) -> None:
        self._crawl = crawl
        self._given_client = client
        self._workers = workers
        self._stack = AsyncExitStack()
        self._store: Store
        self._job: CrawlJob
        self._has_claimed = False
        self._client: Client
        self._tasks: TaskGroup | None = None
        self._shards: list[Shard] = []
        self._waiting = WaitingShards()
        self._running: dict[int, Bundle] = {}  # by their numbers
        self._numbers = count()
        self._ends: dict[str, ShardEnd] = {}
        self._plan_requests = 0
        self._threads = 1
        self._began = anyio.current_time()
        self._rows_before = 0
        self._finished = anyio.Event()
        self._changed = anyio.Event()
        self._result: CrawlResult | None = None
        self._failure: Exception | None = None

    def __repr__(self) -> str:
        return f"<run of a crawl: {self.progress}>"

    # Its life

    async def __aenter__(self) -> Self:
        """Open the sink, connect to the cluster, make or read the plan, and begin.

        Raises:
            SinkMismatch: the sink has parts of another crawl.
            CrawlError: the plan does not fit the wiki, or the cluster did not start.
            MediaWikiError: a request for the plan failed.
        """
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            raise CrawlError("a crawl works on asyncio only, as Dask does") from None
        try:
            self._store = await to_thread.run_sync(self._crawl.sink.location.open)
            self._has_claimed = await to_thread.run_sync(self._crawl.claim, self._store)
            manifest = await to_thread.run_sync(self._store.get, MANIFEST)
            self._job = CrawlJob(secrets.token_hex(4), self._crawl.for_workers(), manifest or b"")
            self._result = await self._stored_result()
            if self._result is None:
                await self._connect()
                await self._make_plan()
                self._tasks = await anyio.create_task_group().__aenter__()
                self._tasks.start_soon(self._work)
            else:
                self._finished.set()
        except BaseException as error:
            await self._close()
            await self._release_sink(error)
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the run. What is not committed is fetched again by the next one."""
        try:
            if self._tasks is not None:
                self._tasks.cancel_scope.cancel()  # this releases the futures, so that no more shards begin
                await self._tasks.__aexit__(None, None, None)
        finally:  # the wait for the tasks is cancelled if the block is
            await self._close()
        await self._release_sink(self._failure)

    async def _close(self) -> None:
        """Leave the cluster, or end it; also if the caller is cancelled, because its processes would stay."""
        with anyio.CancelScope(shield=True):
            await self._stack.aclose()

    async def _release_sink(self, error: BaseException | None) -> None:
        """Leave the sink to another crawl, if this one was a mistake that only the wiki or a worker could know.

        The next one, without the mistake, is another crawl. After an error that may pass, the plan stays for this one.
        """
        if not self._has_claimed or not is_mistake(error):
            return
        with anyio.CancelScope(shield=True):
            try:
                await to_thread.run_sync(self._store.release, self._job.manifest)
            except Exception as failure:  # noqa: BLE001 - the crawl has an error of its own
                log.info("the sink was not cleared: %r", failure)

    async def result(self, *, on_progress: OnProgress | None = None) -> CrawlResult:
        """Wait for the end of the crawl.

        Returns a CrawlResult.

        Arguments:
            on_progress: called about once a second with a CrawlProgress; awaited, if it is async.

        Raises:
            CrawlFailed: a shard failed. What was committed stays.
            CrawlError: the block of the run was left before the end.

        See https://distributed.dask.org/.
        """
        while not self._finished.is_set():
            with anyio.move_on_after(_EVERY):
                await self._finished.wait()
            if on_progress is not None and isawaitable(returned := on_progress(self.progress)):
                await returned
        if self._failure is not None:
            raise self._failure
        if self._result is None:
            raise CrawlError("the crawl was left before its end: the same crawl continues from its sink")
        return self._result

    @property
    def progress(self) -> CrawlProgress:
        """How far the crawl is, as a CrawlProgress."""
        if self._result is not None:
            done = self._result
            return CrawlProgress(done=done.rows, total=done.rows, requests=done.requests, shards_done=done.shards)
        ended = sum(end.rows for end in self._ends.values())
        rows = ended + sum(one.rows for one in self._running.values())
        requests = sum(end.requests for end in self._ends.values())
        seconds = anyio.current_time() - self._began
        return CrawlProgress(
            done=rows,
            total=self._estimated_total(ended),
            requests=requests + sum(one.requests for one in self._running.values()),
            shards_done=len(self._ends),
            shards_left=len(self._shards) - len(self._ends),
            seconds=seconds,
            rate=max(0, rows - self._rows_before) / seconds if seconds > 0 else 0.0,
        )

    def _estimated_total(self, rows: int) -> int | None:
        whole = sum(shard.weight for shard in self._shards)
        done = sum(shard.weight for shard in self._shards if shard.key in self._ends)
        return round(rows / done * whole) if rows and done else None

    # The plan

    async def _stored_result(self) -> CrawlResult | None:
        found = await to_thread.run_sync(read_result, self._store)
        return found and self._shown(found)

    def _shown(self, result: CrawlResult) -> CrawlResult:
        """The result with the addresses of the parts, or with their names if they have no objects."""
        if self._crawl.sink.has_objects:
            return evolve(result, parts=tuple(map(self._store.path, result.parts)))
        return evolve(result, parts=tuple(part.rpartition("/")[2] for part in result.parts))

    async def _connect(self) -> None:
        self._client = await self._stack.enter_async_context(
            open_client(self._given_client, self._crawl.wikis, workers=self._workers)
        )
        plugin = CrawlPlugin(self._job)
        self._stack.push_async_callback(self._leave_workers, plugin.name)  # also if a worker cannot open the sink
        await self._client.register_plugin(plugin, name=plugin.name)
        await self._count_threads()
        self._client.subscribe_topic(self._job.topic, self._note)
        self._stack.callback(self._client.unsubscribe_topic, self._job.topic)

    async def _leave_workers(self, plugin: str) -> None:
        with anyio.move_on_after(_LEAVE_WITHIN):
            try:
                await self._client.unregister_worker_plugin(plugin)
            except (OSError, ValueError):  # the scheduler is gone
                return

    async def _make_plan(self) -> None:
        stored = await to_thread.run_sync(self._store.shards, PLAN)
        if stored is None:
            made = await self._new_shards()
            stored = await to_thread.run_sync(self._store.put_shards, PLAN, made)
        chains = await to_thread.run_sync(self._store.chains)
        self._began = anyio.current_time()
        todo = deque(stored)
        while todo:
            shard = todo.popleft()
            self._shards.append(shard)
            chain = chains.get(shard.key)
            if chain is None or not chain.last.done:
                self._rows_before += chain.last.total if chain else 0
                self._waiting.add([shard])
                continue
            end = ShardEnd.of(shard, chain)
            self._ends[shard.key] = end
            self._rows_before += end.rows
            todo.extend(await self._parts_of_rest(end))

    async def _new_shards(self) -> list[Shard]:
        crawl, shards = self._crawl, list[Shard]()
        if isinstance(crawl.plan, Inputs):
            for wiki in crawl.wikis:
                write = partial(_written, crawl.plan, self._store, wiki)
                shards += await to_thread.run_sync(write)
            return shards
        for wiki in crawl.wikis:
            future = self._client.submit(
                make_plan,
                self._job.plugin_name,
                crawl.plan,
                wiki.name,
                pure=False,
                key=f"crawl-plan-{secrets.token_hex(4)}",
            )
            found, requests = await future
            shards += found
            self._plan_requests += requests
        return shards

    # The work

    async def _work(self) -> None:
        try:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(self._watch_workers)
                while len(self._ends) < len(self._shards) and self._failure is None:
                    self._submit(tasks)
                    self._changed = anyio.Event()
                    await self._changed.wait()
                tasks.cancel_scope.cancel()
            if self._failure is None:
                result = await to_thread.run_sync(self._write_result)
                self._result = self._shown(result)
                if result.left_out:
                    log.warning(
                        "a crawl has left out %s: see its left_out, %d in all", result.left_out[0], len(result.left_out)
                    )
        except Exception as error:  # noqa: BLE001 - result() raises it
            self._failure = error
        finally:
            self._finished.set()

    def _write_result(self) -> CrawlResult:
        sink, manifest = self._crawl.sink, self._job.manifest
        if self._store.put_once(MANIFEST, manifest, is_whole=lambda _found: True) != manifest:
            raise SinkMismatch("another crawl has run at the same time in this sink: run each one with a new sink")
        return write_result(self._store, sink, self._shards, self._ends, plan_requests=self._plan_requests)

    def _submit(self, tasks: TaskGroup) -> None:
        """Give so many bundles to the scheduler that no worker waits for one."""
        while self._waiting and len(self._running) < _AHEAD * self._threads:
            bundle = Bundle(next(self._numbers), self._waiting.next_bundle(threads=self._threads))
            self._running[bundle.number] = bundle
            future: Future[Any] = self._client.submit(
                run_bundle,
                self._job.plugin_name,
                bundle.number,
                tuple(bundle.shards),
                pure=False,
                key=f"crawl-{self._job.crawl_id}-{bundle.number}",
            )
            tasks.start_soon(self._wait_for, bundle, future)

    async def _wait_for(self, bundle: Bundle, future: Future[Any]) -> None:
        try:
            ends: list[ShardEnd] | None = await future
            if ends is None:
                raise CrawlError(f"a worker no longer has the crawl: it left shard {bundle.shards[0].key}")
            await self._note_ends(ends)
        except Exception as error:  # noqa: BLE001 - result() raises it
            self._note_failure(bundle, error)
        else:
            self._waiting.put_back(shard for shard in bundle.shards if shard.key not in self._ends)
        del self._running[bundle.number]
        self._changed.set()

    async def _note_ends(self, ends: Iterable[ShardEnd]) -> None:
        for end in ends:
            parts = await self._parts_of_rest(end)
            if end.shard not in self._ends:  # else it was run twice, and the other run counts
                self._ends[end.shard] = end
                self._shards += parts
                self._waiting.add(parts)

    def _note_failure(self, bundle: Bundle, error: Exception) -> None:
        """Let the shards wait again, or end the crawl. An error has the name of a shard only if that was alone."""
        shards = [shard for shard in bundle.shards if shard.key not in self._ends]
        self._waiting.note_failure(shards)
        was_last = bundle.is_single and self._waiting.failures(bundle.shards[0]) >= self._crawl.attempts
        if may_pass(error) and not was_last:
            self._waiting.add(shards)
        elif not bundle.is_single:
            self._waiting.put_back(shards)
        else:
            self._failure = self._failure or told(bundle.shards[0], error)

    async def _parts_of_rest(self, end: ShardEnd) -> list[Shard]:
        """The shards that the rest of a shard was divided into, or is divided into now."""
        if end.rest is None:
            return []
        name = f"splits/{end.shard}.{end.leaf.attempt}.jsonl"
        parts = await to_thread.run_sync(self._store.shards, name)
        if parts is None:
            free = max(1, self._threads - len(self._running))
            made = split(end.rest, free + 1, name=f"{end.shard}-{end.leaf.attempt}-")
            parts = await to_thread.run_sync(self._store.put_shards, name, made)
        return parts

    # The workers

    def _note(self, event: tuple[float, Any]) -> None:
        """Note what a worker has reported."""
        message = event[1]
        for number, rows, requests in message["bundles"]:
            if (bundle := self._running.get(number)) is not None:
                bundle.note(message["worker"], rows, requests, now=anyio.current_time())

    async def _watch_workers(self) -> None:
        try:
            while True:
                await self._count_threads()
                self._changed.set()
                await self._share_slow()
                await anyio.sleep(_EVERY)
        except Exception as error:  # noqa: BLE001 - result() raises it
            failed = CrawlError(f"the scheduler cannot be reached: {error!r}. The same crawl continues from its sink")
            failed.__cause__ = error
            self._failure = self._failure or failed
            self._changed.set()

    async def _count_threads(self) -> None:
        threads = await self._client.nthreads()
        self._threads = max(1, sum(threads.values()))

    async def _share_slow(self) -> None:
        """Ask the bundles that have run for the longest time to leave what they have to the free threads."""
        free = self._threads - len(self._running)
        if self._waiting or free <= 0:
            return
        before = anyio.current_time() - self._crawl.straggler_after
        for bundle in slow_bundles(self._running.values(), before=before)[:free]:
            bundle.was_asked = True
            answers = await self._client.run(
                ask_to_share, self._job.plugin_name, bundle.number, workers=[bundle.worker], on_error="ignore"
            )
            if bundle.number in self._running:  # else its end has come first, and what it left waits already
                self._waiting.add(bundle.take_back(answers.get(bundle.worker, ())))


def _written(plan: Inputs, store: Store, wiki: Wiki) -> list[Shard]:
    return list(plan.write(store, wiki.name, wiki.api_url))
