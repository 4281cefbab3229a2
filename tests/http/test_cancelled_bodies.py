"""A request that is cancelled while its body is sent leaves nothing behind."""

from __future__ import annotations

import asyncio
import gc
import inspect
from contextlib import suppress
from itertools import product
from pathlib import Path
from types import AsyncGeneratorType
from typing import Any, Literal

import anyio
import anyio.lowlevel
import pytest

from mwclient_async import HttpOptions, Limits
from mwclient_async._http.messages import HttpRequest
from mwclient_async._http.transport import own_transport
from tests.support.http_server import Listener
from tests.support.transport_servers import Server, get, opened

LARGE = 64 * 1024 * 1024  # bytes; more than a socket buffers if no one reads


@pytest.mark.usefixtures("http_backend")
async def test_w7_a_body_that_is_cancelled_halfway_leaves_no_unfinished_generator() -> None:
    before = unfinished_generators()
    async with await anyio.create_tcp_listener(local_host="127.0.0.1") as listener:
        port = listener.extra(anyio.abc.SocketAttribute.local_port)
        request = HttpRequest(method="POST", url=f"http://127.0.0.1:{port}/", headers={}, body=bytes(LARGE))
        async with opened() as transport, anyio.create_task_group() as tasks:
            tasks.start_soon(transport.send, request)
            started = anyio.Event()

            async def read_a_little(stream: anyio.abc.SocketStream) -> None:
                async with stream:
                    await stream.receive(1000)
                    started.set()
                    await anyio.sleep_forever()

            tasks.start_soon(listener.serve, read_a_little)
            await started.wait()
            await anyio.wait_all_tasks_blocked()
            tasks.cancel_scope.cancel()
    assert [each for each in unfinished_generators() if each not in before] == []


def unfinished_generators() -> list[AsyncGeneratorType[Any, Any]]:
    """Those of the HTTP libraries."""
    gc.collect()
    found = [each for each in gc.get_objects() if inspect.isasyncgen(each)]
    return [each for each in found if {"httpx", "httpcore", "aiohttp"} & set(Path(each.ag_code.co_filename).parts)]


@pytest.mark.usefixtures("http_backend")
async def test_w2_what_was_not_sent_of_a_body_when_it_was_cancelled_is_not_sent_later() -> None:
    """A write that is given up may be sent again, so the first one must not arrive afterwards."""
    started, cancelled, ended, received = anyio.Event(), anyio.Event(), anyio.Event(), 0

    async def read_the_rest_later(stream: anyio.abc.SocketStream) -> None:
        nonlocal received
        await stream.receive(1000)
        started.set()
        await cancelled.wait()
        with suppress(anyio.EndOfStream, anyio.BrokenResourceError):
            while True:
                received += len(await stream.receive())
        ended.set()

    async with Listener(read_the_rest_later) as listener, opened() as transport:
        request = HttpRequest(method="POST", url=f"http://{listener.address}/", headers={}, body=bytes(LARGE))
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(transport.send, request)
            await started.wait()
            await anyio.wait_all_tasks_blocked()
            tasks.cancel_scope.cancel()
        cancelled.set()
        await ended.wait()
    assert received < LARGE / 2


@pytest.mark.parametrize("backend", ["httpx", "aiohttp"])
def test_w7_a_task_that_is_cancelled_at_any_moment_leaves_its_place_in_the_pool(
    backend: Literal["httpx", "aiohttp"],
) -> None:
    """By ``Task.cancel()`` of asyncio, from which httpcore does not shield its own clean-up."""
    anyio.run(cancel_at_each_moment, backend)


async def cancel_at_each_moment(backend: Literal["httpx", "aiohttp"]) -> None:
    async with Server() as server:
        for earlier_requests, turns in product(range(2), range(25)):
            transport = own_transport(HttpOptions(backend=backend), Limits(concurrency=1))
            for _ in range(earlier_requests):
                await transport.send(get(server.url))
            for _ in range(2):  # as many as the pool has places
                task = asyncio.ensure_future(transport.send(get(server.url)))
                for _ in range(turns):
                    await anyio.lowlevel.checkpoint()
                task.cancel()
                await asyncio.wait([task])
            with anyio.fail_after(20):
                assert (await transport.send(get(server.url))).status == 200
            await transport.aclose()
