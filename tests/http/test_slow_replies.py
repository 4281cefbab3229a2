"""A response that does not end in time, and requests that are under way when the transport is closed."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import anyio
import pytest

from mwclient_async._http import pace
from mwclient_async._http.messages import HttpRequest
from mwclient_async._http.pace import Pace
from mwclient_async._http.transport import Transport
from mwclient_async.errors import ConnectionFailed, ReplyLost
from mwclient_async.models.options import HttpOptions
from tests.support.transport_servers import Fate, Server, get, opened, post, server_that_never_reads

pytestmark = pytest.mark.usefixtures("http_backend")

IMPATIENT = HttpOptions(read_timeout=0.05, commit_timeout=0.05, response_timeout=0.05)


def interim() -> Iterator[bytes]:
    while True:
        yield b"HTTP/1.1 100 Continue\r\n\r\n"


def drip() -> Iterator[bytes]:
    yield b"HTTP/1.1 200 OK\r\nContent-Length: 999999999999\r\n\r\n"
    while True:
        yield b"x"


def trailers() -> Iterator[bytes]:
    yield b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    while True:
        yield b"1\r\nx\r\n"


@pytest.mark.parametrize("answer", [interim, drip, trailers])
async def test_s4_a_response_that_never_ends_is_given_up(answer: Callable[[], Iterator[bytes]]) -> None:
    """The servers send without a pause: read_timeout, which bounds the silence, never ends the request."""
    async with Server(lambda _: answer()) as server, opened(IMPATIENT, most=10**12) as transport:
        for request in (get(server.url), post(server.url)):
            with anyio.fail_after(20), pytest.raises(ReplyLost, match=r"took more than 0 seconds.*response_timeout"):
                await transport.send(request)
        await server.until_ended(2)


async def test_s4_the_headers_of_a_file_that_never_come_are_given_up() -> None:
    async with Server(lambda _: interim()) as server, opened(IMPATIENT) as transport:
        with anyio.fail_after(20), pytest.raises(ReplyLost, match="response_timeout"):
            async with transport.stream(get(server.url)):
                pass
        await server.until_ended(1)


async def test_s4_a_file_that_drips_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pace, "_SLOWEST", 1e15)
    async with Server(lambda _: drip()) as server, opened(IMPATIENT) as transport:
        with anyio.fail_after(20), pytest.raises(ReplyLost, match="1 KiB per second"):
            async with transport.stream(get(server.url)) as response:
                async for _ in response.pieces():
                    pass
        await server.until_ended(1)


@pytest.mark.parametrize(
    ("pieces", "too_slow"),
    [
        ([(3, 0.9)] * 11, [False] * 11),
        ([(3, 0.9)] * 12, [False] * 11 + [True]),
        ([(1024, 1.0)] * 20, [False] * 20),
        ([(10**9, 0.0), (3, 9.0), (3, 9.0), (0, 10.0)], [False, False, False, True]),
    ],
)
def test_s4_a_file_may_take_long_but_not_come_at_less_than_a_kibibyte_per_second(
    pieces: list[tuple[int, float]], too_slow: list[bool]
) -> None:
    measured = Pace(10.0)
    assert [measured.is_too_slow(size, seconds) for size, seconds in pieces] == too_slow


# Closing -------------------------------------------------------------------------------------------------------------


async def until_closed(transport: Transport, request: HttpRequest, reached: Callable[[], object]) -> Exception:
    """The error of a request during which the transport is closed, once ``reached`` has been awaited."""
    caught: list[Exception] = []

    async def send() -> None:
        try:
            await transport.send(request)
        except Exception as error:  # noqa: BLE001 - it is what the test looks at
            caught.append(error)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(send)
        await reached()  # type: ignore[misc] # a coroutine function
        await transport.aclose()
    return caught[0]


@pytest.mark.parametrize("make", [get, post])
async def test_w7_closing_ends_a_request_whose_response_is_awaited(make: Callable[[str], HttpRequest]) -> None:
    async with Server(lambda _: Fate.STALL) as server, opened() as transport:
        with anyio.fail_after(10):
            error = await until_closed(transport, make(server.url), lambda: server.until_seen(1))
        assert (type(error), "the transport was closed" in str(error)) == (ReplyLost, True)
    assert len(server.arrivals) == 1


async def test_w7_closing_ends_a_request_that_is_not_connected() -> None:
    with server_that_never_reads() as address:
        async with opened() as transport:
            request = post(f"https://{address}")
            with anyio.fail_after(10):
                error = await until_closed(transport, request, anyio.wait_all_tasks_blocked)
    assert (type(error), "the transport was closed" in str(error)) == (ConnectionFailed, True)


async def test_w7_a_closed_transport_sends_nothing() -> None:
    async with Server() as server, opened() as transport:
        await transport.aclose()
        with pytest.raises(ConnectionFailed, match="the transport was closed"):
            await transport.send(post(server.url))
        with pytest.raises(ConnectionFailed, match="the transport was closed"):
            async with transport.stream(get(server.url)):
                pass
    assert server.arrivals == []


async def test_w7_closing_ends_a_file_that_is_being_read() -> None:
    async with Server(lambda _: drip()) as server, opened() as transport:
        with anyio.fail_after(10), pytest.raises(ReplyLost, match="the transport was closed"):
            async with transport.stream(get(server.url)) as response:
                async for _ in response.pieces():
                    await transport.aclose()
