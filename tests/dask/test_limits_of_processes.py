"""W5 and W6 over workers that are processes, counted at the server that they talk to."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import anyio
import pytest
from anyio.abc import SocketStream
from distributed import Client, LocalCluster

from mwclient_async import LimitsAnswer, LimitsCoordinator, SharedPause
from tests.support.dask_cluster import local_cluster
from tests.support.dask_queries import send_queries
from tests.support.http_server import ListeningServer, ReceivedRequest, ServerResponse, encode_response, read_request

TOO_MANY = ServerResponse(status=429, headers=(("retry-after", "1"),))
OVERLAP = 0.01  # seconds that a response takes, so that requests overlap if they may


class CountingServer(ListeningServer):
    """``most`` requests were in flight at one time; ``arrivals`` are the times at which they came."""

    def __init__(self, answer: Callable[[int, ReceivedRequest], Awaitable[ServerResponse]]) -> None:
        super().__init__()
        self.arrivals: list[float] = []
        self.in_flight = 0
        self.most = 0
        self._answer = answer

    async def serve(self, stream: SocketStream) -> None:
        request = await read_request(stream.receive)
        self.arrivals.append(time.monotonic())
        self.in_flight += 1
        self.most = max(self.most, self.in_flight)
        try:
            response = await self._answer(len(self.arrivals), request)
        finally:
            self.in_flight -= 1
        await stream.send(b"".join(encode_response(response, method=request.method)))


@asynccontextmanager
async def serving(
    answer: Callable[[int, ReceivedRequest], Awaitable[ServerResponse]],
) -> AsyncIterator[tuple[CountingServer, str]]:
    async with CountingServer(answer) as server:
        yield server, f"{server.url}/w/api.php"


@pytest.fixture(scope="module")
async def cluster() -> AsyncIterator[LocalCluster]:
    async with local_cluster(workers=2, processes=True) as cluster:
        yield cluster


async def on_each_worker(client: Client, *args: Any) -> None:
    pids = await client.run(os.getpid)
    await asyncio.gather(*[client.submit(send_queries, *args, workers=[address], pure=False) for address in pids])


async def test_w6_all_workers_together_have_no_more_requests_in_flight_than_allowed(client: Client) -> None:
    async def answer(_number: int, _request: ReceivedRequest) -> ServerResponse:
        await anyio.sleep(OVERLAP)
        return ServerResponse()

    async with serving(answer) as (server, url):
        await on_each_worker(client, url, "slots", 20, 2)
    assert (len(server.arrivals), server.most) == (40, 2)


async def test_w5_after_a_429_no_worker_sends_a_request_before_its_time(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was in flight at that time is answered when the pause has begun, so that its slots could be given out."""
    times, held, paused, begin_pause = list[float](), {7, 8}, anyio.Event(), LimitsCoordinator.begin_pause

    def begin(coordinator: LimitsCoordinator, pause: SharedPause, now: float) -> list[LimitsAnswer]:
        paused.set()
        return begin_pause(coordinator, pause, now)

    async def answer(number: int, _request: ReceivedRequest) -> ServerResponse:
        if number in held:
            await paused.wait()
        if number - 1 != max(held):
            return ServerResponse()
        times.append(time.monotonic())
        return TOO_MANY

    monkeypatch.setattr(LimitsCoordinator, "begin_pause", begin)  # the scheduler is in this process
    async with serving(answer) as (server, url):
        await on_each_worker(client, url, "pauses", 8, 3)
    after = [arrival - times[0] for arrival in server.arrivals if arrival > times[0]]
    assert (len(server.arrivals), len(after), server.most) == (17, 8, 3)
    assert min(after) >= 1


async def test_w6_a_worker_that_is_killed_frees_its_slot(client: Client) -> None:
    held, killed = anyio.Event(), anyio.Event()

    async def answer(_number: int, request: ReceivedRequest) -> ServerResponse:
        if request.params.get("titles") == "Held":
            held.set()
            await killed.wait()
        return ServerResponse()

    async with serving(answer) as (server, url):
        pids = await client.run(os.getpid)
        first, second, *_ = sorted(pids)
        holding = client.submit(send_queries, url, "leases", 1, 1, "Held", workers=[first], pure=False)
        await held.wait()
        waiting = client.submit(send_queries, url, "leases", 1, 1, workers=[second], pure=False)
        os.kill(pids[first], signal.SIGKILL)
        await asyncio.wait_for(waiting, 60)
        holding.release()
        killed.set()
    assert len(server.arrivals) == 2
