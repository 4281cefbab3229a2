"""A response that comes before the end of the body: the rest of the body is not sent, and the response is not lost."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import anyio
import httpcore
import pytest
from anyio.abc import SocketStream
from anyio.streams.tls import TLSStream

from mwclient_async._http.early_responses import EarlyReadingBackend
from mwclient_async.models.options import HttpOptions
from tests.support.http_server import Listener, ServerResponse, encode_response
from tests.support.transport_servers import MEGABYTE, Authority, fetch, upload

HEAD, BODY = encode_response(ServerResponse(status=413), method="POST")
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
LARGE = 20 * MEGABYTE  # more than a socket buffers if no one reads


@asynccontextmanager
async def server(serve: Callable[[Any], Any], authority: Authority | None) -> AsyncIterator[str]:
    """The URL of a server that gives each connection to ``serve``, with TLS if there is an authority."""

    async def accept(raw: SocketStream) -> None:
        if authority is None:
            await serve(raw)
        else:
            context = authority.server()
            await serve(await TLSStream.wrap(raw, ssl_context=context, standard_compatible=False))

    async with Listener(accept) as listener:
        yield f"{'http' if authority is None else 'https'}://{listener.address}"


async def read_head(stream: Any) -> int:
    """Read the headers of a request; return how many bytes of its body came with them."""
    text = b""
    while b"\r\n\r\n" not in text:
        text += await stream.receive()
    return len(text.partition(b"\r\n\r\n")[2])


@pytest.mark.usefixtures("http_backend")
@pytest.mark.parametrize("tls", [False, True], ids=["http", "https"])
async def test_the_response_of_a_server_that_reads_no_further_is_returned(authority: Authority, *, tls: bool) -> None:
    async def serve(stream: Any) -> None:
        await read_head(stream)
        await stream.send(HEAD)  # with TLS, this is a record of its own
        await stream.send(BODY)
        await anyio.sleep_forever()

    async with server(serve, authority if tls else None) as url:
        options = HttpOptions(verify=authority.client(), send_timeout=5)
        with anyio.fail_after(20):
            response = await fetch(upload(url, LARGE), options)
    assert (response.status, response.body) == (413, BODY)


@pytest.mark.usefixtures("http_backend")
@pytest.mark.parametrize("tls", [False, True], ids=["http", "https"])
async def test_a_body_is_sent_whole_if_the_server_asks_for_the_rest(authority: Authority, *, tls: bool) -> None:
    received = 0

    async def serve(stream: Any) -> None:
        nonlocal received
        received = await read_head(stream)
        await stream.send(CONTINUE)
        while received < LARGE + 2:  # upload() puts the file between two bytes
            received += len(await stream.receive(MEGABYTE))
        await stream.send(HEAD.replace(b"413", b"200") + BODY)

    async with server(serve, authority if tls else None) as url:
        assert (await fetch(upload(url, LARGE), HttpOptions(verify=authority.client()))).status == 200
    assert received == LARGE + 2


# A connection that is reset ------------------------------------------------------------------------------------------


class ResetStream(httpcore.AsyncNetworkStream):
    """A connection that ends while a body is sent, after these bytes have arrived.

    It is scripted, because a real one may be reset before the client has begun to send.
    """

    def __init__(self, *arrived: bytes) -> None:
        self._arrived = list(arrived)
        self._is_reset = anyio.Event()

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109, ARG002 - httpcore's
        await self._is_reset.wait()
        if not self._arrived:
            raise httpcore.ReadError
        return self._arrived.pop(0)

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109, ARG002 - httpcore's
        self._is_reset.set()
        raise httpcore.WriteError("reset")

    def get_extra_info(self, info: str) -> Any:
        return {"is_readable": False}.get(info)


class ResetBackend(httpcore.AsyncNetworkBackend):
    def __init__(self, *arrived: bytes) -> None:
        self._stream = ResetStream(*arrived)

    async def connect_tcp(self, *_: Any, **__: Any) -> httpcore.AsyncNetworkStream:
        return self._stream


async def opened(*arrived: bytes) -> httpcore.AsyncNetworkStream:
    return await EarlyReadingBackend(ResetBackend(*arrived)).connect_tcp("wiki.test", 80)


@pytest.mark.parametrize("cut", [4, 14, len(HEAD)])
async def test_a_response_that_arrived_before_the_connection_was_reset_is_read(cut: int) -> None:
    stream = await opened(HEAD[:cut], HEAD[cut:])
    with pytest.raises(httpcore.WriteError):
        await stream.write(bytes(LARGE))
    received = b""
    while len(received) < len(HEAD):
        assert stream.get_extra_info("is_readable") or len(received) >= cut
        received += await stream.read(7)
    assert received == HEAD
    assert not stream.get_extra_info("is_readable")


@pytest.mark.parametrize("arrived", [(), (CONTINUE,)])
async def test_a_connection_that_is_reset_without_a_response_is_an_error(arrived: tuple[bytes, ...]) -> None:
    stream = await opened(*arrived)
    with pytest.raises(httpcore.WriteError, match="reset"):
        await stream.write(bytes(LARGE))
    for piece in arrived:
        assert await stream.read(100) == piece
    with pytest.raises(httpcore.ReadError):
        await stream.read(100)
