"""W5 and W6 on a Dask cluster: what its workers share. The rules are in ``tests/session/test_limits_coordinator.py``.

Here the scheduler and the workers run in this process; ``test_limits_of_processes.py`` has workers that are processes.
"""

from __future__ import annotations

import asyncio
import pickle
import threading
from collections.abc import AsyncIterator, Sequence
from itertools import product
from typing import Any

import pytest
import trio
from distributed import Client, LocalCluster, Scheduler
from distributed.comm.core import CommClosedError
from tblib import pickling_support  # type: ignore[import-untyped]  # it has no types

from mwclient_async import (
    HttpError,
    Limits,
    LimitsCoordinator,
    LimitsUnavailable,
    PauseKey,
    RetryPolicy,
    SharedPause,
    Site,
)
from mwclient_async.dask import limits
from mwclient_async.dask.limits import DaskConnection, DaskLimits
from mwclient_async.dask.limits_plugin import NAME, LimitsPlugin, peer_of
from mwclient_async.testing.scripted import ScriptedTransport
from tests.conftest import USER_AGENT
from tests.support.dask_cluster import local_cluster

API = "https://wiki.example.org/w/api.php"
FARM: PauseKey = ("farm",)
KEYS: Sequence[PauseKey] = (FARM, ("wiki", API), ("action", API, "query"))
PAUSE = SharedPause(FARM, 60.0, HttpError("Too many requests", status=429, retry_after=60))


@pytest.fixture
async def cluster() -> AsyncIterator[LocalCluster]:
    """A scheduler and two workers in this event loop."""
    async with local_cluster(workers=2, processes=False) as cluster:
        yield cluster


async def connections(cluster: LocalCluster, *, concurrency: int = 1) -> list[DaskConnection]:
    """A connection of each worker."""
    found = [DaskConnection("farm", concurrency, worker) for worker in cluster.workers.values()]
    for connection in found:
        await connection.join()
    return found


def scheduler_of(cluster: LocalCluster) -> Scheduler:
    assert isinstance(cluster.scheduler, Scheduler)
    return cluster.scheduler


def coordinator(cluster: LocalCluster) -> LimitsCoordinator:
    plugin = scheduler_of(cluster).plugins[NAME]
    assert isinstance(plugin, LimitsPlugin)
    return plugin._farms["farm"]


async def steps(number: int = 30) -> None:
    """Let the event loop do so much, which is enough for all messages."""
    for _ in range(number):
        await asyncio.sleep(0)


# Slots ---------------------------------------------------------------------------------------------------------------


async def test_w6_a_slot_goes_from_one_worker_to_the_next(cluster: LocalCluster) -> None:
    first, second = await connections(cluster)
    assert await first.acquire(KEYS) == ()
    waiting = asyncio.create_task(second.acquire(KEYS))
    await steps()
    assert not waiting.done()
    await first.release()
    assert await waiting == ()


async def test_w6_a_worker_that_leaves_the_cluster_frees_its_slots(cluster: LocalCluster) -> None:
    first, second = await connections(cluster)
    await first.acquire(KEYS)
    waiting = asyncio.create_task(second.acquire(KEYS))
    await steps()
    await cluster.workers[0].close()
    assert await waiting == ()
    assert (coordinator(cluster).in_flight, len(coordinator(cluster).holders)) == (1, 1)


async def test_w6_a_connection_that_is_closed_frees_its_slots(cluster: LocalCluster) -> None:
    first, second = await connections(cluster)
    await first.acquire(KEYS)
    await first.aclose()
    assert await second.acquire(KEYS) == ()


async def test_w6_slots_that_are_taken_are_known_to_a_scheduler_that_was_restarted(cluster: LocalCluster) -> None:
    first, second = await connections(cluster)
    await first.acquire(KEYS)
    scheduler_of(cluster).remove_plugin(NAME)
    LimitsPlugin().start(scheduler_of(cluster))  # which answers until the plugin is registered again
    waiting = [asyncio.create_task(connection.acquire(KEYS)) for connection in (first, second)]
    while NAME not in scheduler_of(cluster).plugins or len(coordinator(cluster)._waiting) < 2:
        await steps()
    assert (coordinator(cluster).in_flight, [one.done() for one in waiting]) == (1, [False, False])
    await first.release()
    assert await waiting[0] == ()
    await first.release()
    assert await waiting[1] == ()


async def test_w7_a_wait_that_is_cancelled_at_any_time_leaves_no_slot_taken(cluster: LocalCluster) -> None:
    """After so many steps of the event loop; another worker has the slot, or not."""
    first, second = await connections(cluster)
    for after, is_busy in product([*range(12), 15, 20, 40], [False, True]):
        if is_busy:
            await second.acquire(KEYS)
        asking = asyncio.create_task(first.acquire(KEYS))
        await steps(after)
        if asking.done():
            await first.release()
        asking.cancel()
        await asyncio.wait([asking])
        if is_busy:
            await second.release()
        await asyncio.gather(*first._in_background, *second._in_background)
        assert (coordinator(cluster).in_flight, coordinator(cluster)._waiting) == (0, {}), (after, is_busy)


async def test_w7_a_slot_that_is_given_up_before_the_scheduler_has_the_request_is_freed(cluster: LocalCluster) -> None:
    """Requests come on different connections, so the later one may come first."""
    first, second = await connections(cluster)
    scheduler, arrived = first._scheduler, asyncio.Event()

    class Late:
        async def mwclient_async_acquire(self, **given: Any) -> Any:
            await arrived.wait()
            return await scheduler.mwclient_async_acquire(**given)

        def __getattr__(self, name: str) -> Any:
            return getattr(scheduler, name)

    first._scheduler = Late()
    asking = asyncio.create_task(first.acquire(KEYS))
    await steps()
    asking.cancel()
    await steps()
    arrived.set()
    assert await second.acquire(KEYS) == ()


# Pauses and turns ----------------------------------------------------------------------------------------------------


async def test_w5_a_pause_of_one_worker_holds_for_all_and_ends_their_waits(cluster: LocalCluster) -> None:
    first, second = await connections(cluster)
    await first.acquire(KEYS)
    waiting = asyncio.create_task(second.acquire(KEYS))
    await steps()
    await first.begin_pause(PAUSE)
    for pauses in (await waiting, await first.acquire(KEYS), await second.acquire(KEYS)):
        (pause,) = pauses
        assert (pause.key, 59 < pause.seconds <= 60, str(pause.error)) == (FARM, True, str(PAUSE.error))
    assert coordinator(cluster).in_flight == 1


async def test_w5_the_cause_of_a_refusal_is_not_shared(cluster: LocalCluster) -> None:
    """It may be an error of the HTTP library that cannot be pickled, and Dask pickles the causes of errors."""
    first, second = await connections(cluster)
    error, cause = HttpError("Too many requests", status=429, retry_after=60), OSError("cut")
    cause.lock = threading.Lock()  # type: ignore[attr-defined]
    error.__cause__ = cause
    pickling_support.install(error)
    await first.begin_pause(SharedPause(FARM, 60.0, error))
    (pause,) = await second.acquire(KEYS)
    assert (str(pause.error), pause.error.__cause__, error.__cause__) == (str(error), None, cause)


async def test_the_writes_of_all_workers_keep_one_interval(cluster: LocalCluster) -> None:
    first, second = await connections(cluster)
    waits = [await connection.next_turn(("wiki", API), 60.0) for connection in (first, second, first)]
    assert [round(wait / 60) for wait in waits] == [0, 1, 2]
    begun = [await connection.begin_turn(("wiki", API), 60.0) for connection in (first, second)]
    assert [round(wait / 60) for wait in begun] == [0, 1]


async def test_two_farms_share_nothing(cluster: LocalCluster) -> None:
    worker, other = cluster.workers.values()
    first, second = DaskConnection("farm", 1, worker), DaskConnection("another farm", 1, other)
    await first.join()
    await second.join()
    await first.acquire(KEYS)
    await first.begin_pause(PAUSE)
    assert await second.acquire(KEYS) == ()


# In which programs it works -------------------------------------------------------------------------------------------


async def send(shared: DaskLimits) -> str:
    """Send a request, and return who holds the slot in the meantime."""
    transport = ScriptedTransport([{"query": {}}])
    async with Site(API, user_agent=USER_AGENT, transport=transport, shared_limits=shared) as site:
        await site.call("query")
        connection: Any = site._session.shared.connection
        return str(peer_of(connection.connection._holder))


def send_in_a_loop_of_its_own(shared: DaskLimits) -> str:
    return asyncio.run(send(shared))


async def test_a_site_is_connected_through_its_worker_in_tasks_of_both_kinds_or_the_client(
    cluster: LocalCluster,
) -> None:
    addresses = [str(worker.address) for worker in cluster.workers.values()]
    async with Client(cluster, asynchronous=True) as client:
        shared = DaskLimits("wikimedia")
        in_tasks = [
            await client.submit(function, shared, workers=[addresses[1]], pure=False)
            for function in (send, send_in_a_loop_of_its_own)
        ]
        assert (in_tasks, await send(shared)) == ([addresses[1]] * 2, client.id)


class Lost:
    """The calls of a scheduler that is gone; a real one would take its workers and this process's cluster with it."""

    def __getattr__(self, name: str) -> Any:
        async def call(**_: Any) -> None:
            raise CommClosedError(f"{name}: the connection is closed")

        return call


async def test_without_the_scheduler_nothing_is_sent(cluster: LocalCluster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "_BETWEEN_TRIES", 0.0)
    transport, once = ScriptedTransport(), RetryPolicy(attempts=1)
    async with (
        Client(cluster, asynchronous=True),
        Site(API, user_agent=USER_AGENT, transport=transport, retry=once, shared_limits=DaskLimits()) as site,
    ):
        connection: Any = site._session.shared.connection
        connection.connection._scheduler = Lost()
        with pytest.raises(LimitsUnavailable, match=r"nothing was sent.*CommClosedError"):
            await site.call("query")
    assert transport.requests == []


def test_it_says_that_it_works_on_asyncio_only() -> None:
    with pytest.raises(ValueError, match="asyncio only"):
        trio.run(DaskLimits().connect, Limits())


async def test_it_says_that_it_needs_a_worker_or_a_client() -> None:
    with pytest.raises(ValueError, match=r"needs a Dask worker or client"):
        await Site(API, user_agent=USER_AGENT, transport=ScriptedTransport(), shared_limits=DaskLimits()).open()


def test_it_can_be_sent_to_a_worker() -> None:
    assert pickle.loads(pickle.dumps(DaskLimits("wikimedia"))) == DaskLimits("wikimedia")
