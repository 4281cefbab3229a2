"""W5 and W6 for a minute: workers that are processes, refusals and kills at random, counted at the server."""

from __future__ import annotations

import asyncio
import os
import random
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from distributed import Client
from distributed.client import Future

from mwclient_async import LimitsAnswer, LimitsCoordinator, SharedPause
from tests.dask.test_limits_of_processes import TOO_MANY, serving
from tests.support.dask_cluster import local_cluster
from tests.support.dask_queries import send_queries
from tests.support.http_server import ReceivedRequest, ServerResponse

WORKERS, CONCURRENCY, KILLS = 4, 3, 3
PAUSE = 1.0  # seconds, as TOO_MANY says
TASKS, QUERIES = 24, 40
LATENCY = 0.02  # seconds


@asynccontextmanager
async def cluster_of(workers: int) -> AsyncIterator[Client]:
    async with (
        local_cluster(workers=workers, threads=2, processes=True) as cluster,
        Client(cluster, asynchronous=True, set_as_default=False) as client,
    ):
        yield client


async def kill_some(client: Client, seed: int) -> None:
    """Kill a worker now and then; its nanny starts another one, and the scheduler runs its tasks again."""
    chance = random.Random(seed)
    for _ in range(KILLS):
        await asyncio.sleep(2 + 3 * chance.random())
        pids = await client.run(os.getpid)
        os.kill(chance.choice(sorted(pids.values())), signal.SIGKILL)


@pytest.mark.cluster
@pytest.mark.soak
@pytest.mark.parametrize("seed", range(2))
async def test_w5_and_w6_refusals_and_kills_at_random(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    chance, pauses, begin_pause = random.Random(seed), list[float](), LimitsCoordinator.begin_pause

    def begin(coordinator: LimitsCoordinator, pause: SharedPause, now: float) -> list[LimitsAnswer]:
        pauses.append(now)
        return begin_pause(coordinator, pause, now)

    async def answer(_number: int, _request: ReceivedRequest) -> ServerResponse:
        if chance.random() < 0.01:
            return TOO_MANY
        await asyncio.sleep(LATENCY * 2 * chance.random())
        return ServerResponse()

    monkeypatch.setattr(LimitsCoordinator, "begin_pause", begin)  # the scheduler is in this process, with its clock
    async with cluster_of(WORKERS) as client, serving(answer) as (server, url):
        tasks: list[Future[Any]] = [
            client.submit(send_queries, url, "campaign", QUERIES, CONCURRENCY, pure=False, retries=10)
            for _ in range(TASKS)
        ]
        killing = asyncio.create_task(kill_some(client, seed))
        for task in tasks:
            await task
        await killing
    assert len(server.arrivals) >= TASKS * QUERIES
    # The server also answers the requests of workers that are dead, whose slots are free.
    assert server.most <= CONCURRENCY + KILLS
    assert pauses
    for began in pauses:
        in_flight = [arrival - began for arrival in server.arrivals if 0 < arrival - began < PAUSE]
        assert len(in_flight) < CONCURRENCY + KILLS, f"these had no slot when the pause began: {in_flight}"
