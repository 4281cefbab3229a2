"""Once a request has begun, every failure is a lost reply, whatever the class that the HTTP library raises."""

from __future__ import annotations

import asyncio
import socket
import ssl
import struct
from collections.abc import Callable
from typing import Any

import anyio
import h2.exceptions
import h11
import httpcore
import httpx
import pytest
from anyio.abc import SocketAttribute, SocketStream
from attrs import evolve

from mwclient_async._http.messages import MultipartBody
from mwclient_async.errors import ConnectionFailed, ReplyLost
from mwclient_async.models.options import HttpOptions
from tests.support.http_server import Listener, ServerResponse, read_request
from tests.support.transport_servers import Authority, Server, fetch, get, opened, post, upload

pytestmark = pytest.mark.usefixtures("http_backend")

LOCATIONS = (
    "javascript:1",
    "http://[",
    "//",
    "http://user:\x7f@x",
    "https://x:99999999/",
    "ftp://x",
    "mailto:a@b",
    "?",
)
BROKEN = {
    "no HTTP": b"SSH-2.0-OpenSSH_9.2\r\n\r\n",
    "a status in letters": b"HTTP/1.1 OK\r\n\r\n",
    "a status below 100": b"HTTP/1.1 099 Early\r\nContent-Length: 0\r\n\r\n",
    "a status that is not final": b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: upgrade\r\n\r\n",
    "a status of four digits": b"HTTP/1.1 2000 OK\r\nContent-Length: 0\r\n\r\n",
    "a header without a colon": b"HTTP/1.1 200 OK\r\nContent-Length 0\r\n\r\n",
    "a NUL in a header": b"HTTP/1.1 200 OK\r\nSet-Cookie: session=geheim\x00\r\nContent-Length: 0\r\n\r\n",
    "two lengths": b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{} ",
    "a length below zero": b"HTTP/1.1 200 OK\r\nContent-Length: -2\r\n\r\n{}",
    "an unknown transfer coding": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n{}",
    "a chunk size in letters": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
    "a body that was cut": b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{",
    "headers without an end": b"HTTP/1.1 200 OK\r\nContent-Type: app",
    "a header of 300 KB": b"HTTP/1.1 200 OK\r\nX: " + bytes(300_000),
    "only an interim response": b"HTTP/1.1 103 Early Hints\r\n\r\n",
}


@pytest.mark.parametrize("location", LOCATIONS)
async def test_w2_the_address_of_a_redirect_is_not_looked_at(location: str) -> None:
    moved = ServerResponse(status=302, headers=(("location", location), ("content-type", "text/html")), body=b"x")
    async with Server(lambda _: moved) as server:
        response = await fetch(post(server.url))
    assert (response.status, response.header("location"), response.body) == (302, location, b"x")


@pytest.mark.parametrize("answer", BROKEN.values(), ids=BROKEN)
async def test_w2_a_reply_that_is_not_http_is_lost(answer: bytes) -> None:
    async with Server(lambda _: [answer]) as server:
        for request in (post(server.url), get(server.url)):
            with pytest.raises(ReplyLost, match="no whole response"):
                await fetch(request)
        async with opened() as transport:
            with pytest.raises(ReplyLost):
                async with transport.stream(get(server.url)) as response:
                    assert [piece async for piece in response.pieces()]
    assert len(server.arrivals) == 3


async def test_a_reset_is_not_the_end_of_a_body_without_length() -> None:
    received = anyio.Event()

    async def serve(stream: SocketStream) -> None:
        await read_request(stream.receive)
        await stream.send(b"HTTP/1.0 200 OK\r\n\r\nhalf")
        await received.wait()
        linger = struct.pack("ii", 1, 0)
        stream.extra(SocketAttribute.raw_socket).setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)

    async with Listener(serve) as server, opened() as transport:
        with pytest.raises(ReplyLost):
            async with transport.stream(get(f"http://{server.address}")) as response:
                async for piece in response.pieces():
                    assert piece == b"half"
                    received.set()


async def test_a_response_may_have_hundreds_of_headers() -> None:
    cookies = tuple(("set-cookie", f"c{number}=1") for number in range(300))
    async with Server(lambda _: ServerResponse(headers=cookies)) as server:
        response = await fetch(get(server.url))
    assert sum(name == "set-cookie" for name, _ in response.headers) == 300


async def test_s1_a_header_that_cannot_be_parsed_is_not_shown() -> None:
    async with Server(lambda _: [BROKEN["a NUL in a header"]]) as server:
        with pytest.raises(ReplyLost, match=r"no whole response came from \S+: \w") as caught:
            await fetch(post(server.url))
    assert (caught.value.__cause__, "geheim" in str(caught.value)) == (None, False)


async def test_s8_a_cookie_that_cannot_be_parsed_does_no_harm() -> None:
    strange = ('a="', "=;;=", "x=1; Max-Age=" + "9" * 999, "x=1; Expires=0000", "x; domain=..; version=9")
    answer = ServerResponse(headers=tuple(("set-cookie", value) for value in strange))
    async with Server(lambda _: answer) as server:
        response = await fetch(get(server.url))
    assert [value for name, value in response.headers if name == "set-cookie"] == list(strange)


# Every class ---------------------------------------------------------------------------------------------------------

RAISED: tuple[Exception, ...] = (
    *(getattr(httpx, name)("x") for name in ("ReadError", "WriteError", "CloseError", "PoolTimeout", "ProxyError")),
    *(httpx.LocalProtocolError("x"), httpx.UnsupportedProtocol("x"), httpx.InvalidURL("x")),
    *(httpx.CookieConflict("x"), httpx.StreamConsumed(), httpx.StreamClosed(), httpx.ConnectError("x")),
    *(httpcore.ReadTimeout(), httpcore.UnsupportedProtocol()),
    *(h11.LocalProtocolError("x"), h11.RemoteProtocolError("x")),
    *(h2.exceptions.ProtocolError(), h2.exceptions.StreamClosedError(1), h2.exceptions.NoAvailableStreamIDError()),
    *(anyio.ClosedResourceError(), anyio.BrokenResourceError(), anyio.BusyResourceError("x"), anyio.EndOfStream()),
    *(ssl.SSLError(1, "x"), ssl.SSLZeroReturnError(6, "x"), ssl.CertificateError("x")),
    *(OSError(104, "reset"), TimeoutError(), EOFError(), asyncio.IncompleteReadError(b"", 1)),
    *(KeyError(1), IndexError(), ValueError("x"), TypeError(), AttributeError(), AssertionError(), RuntimeError("x")),
    *(UnicodeDecodeError("ascii", b"", 0, 1, "x"), RecursionError(), ExceptionGroup("x", [OSError()])),
)  # fmt: skip


def raising(error: Exception, *, when: str) -> Callable[..., Any]:
    """The method of a connection of httpcore that raises this error."""

    async def fail(*_: Any, **__: Any) -> Any:
        raise error

    async def fail_in_body(*_: Any, **__: Any) -> Any:
        raise error
        yield b""

    return fail_in_body if when == "_receive_response_body" else fail


@pytest.mark.httpx
@pytest.mark.parametrize("when", ["_send_request_body", "_receive_response_headers", "_receive_response_body"])
async def test_w2_any_failure_after_the_request_has_begun_is_a_lost_reply(
    when: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The errors are put into httpcore, because no server can cause each of them at each moment."""
    async with Server() as server, opened() as transport:
        for error in RAISED:
            monkeypatch.setattr(f"httpcore._async.http11.AsyncHTTP11Connection.{when}", raising(error, when=when))
            with pytest.raises(ReplyLost, match="no whole response"):
                await transport.send(post(server.url))
            with pytest.raises(ReplyLost, match="no whole response"):
                async with transport.stream(get(server.url)) as response:
                    assert [piece async for piece in response.pieces()]


@pytest.mark.httpx
async def test_any_failure_before_the_request_has_begun_means_that_it_was_not_sent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with Server() as server, opened() as transport:
        for error in RAISED:
            connect = "httpcore._async.connection.AsyncHTTPConnection._connect"
            monkeypatch.setattr(connect, raising(error, when="connect"))
            is_misfit = isinstance(error, httpx.InvalidURL | ValueError) and not isinstance(error, OSError)
            with pytest.raises(ValueError if is_misfit else ConnectionFailed):
                await transport.send(post(server.url))
    assert server.arrivals == []


H2_ERRORS = (h2.exceptions.ProtocolError(), KeyError(1), ValueError("a status"))


@pytest.mark.httpx
@pytest.mark.parametrize(
    ("when", "errors"),
    [
        ("_receive_response", H2_ERRORS),
        ("_receive_response_body", (*H2_ERRORS, httpcore.ConnectionNotAvailable())),
    ],
)
async def test_w2_any_failure_of_http2_is_a_lost_reply(
    when: str, errors: tuple[Exception, ...], monkeypatch: pytest.MonkeyPatch, authority: Authority
) -> None:
    options = HttpOptions(verify=authority.client(), http2=True)
    async with Server(tls=authority.server("h2")) as server:
        for error in errors:
            monkeypatch.setattr(f"httpcore._async.http2.AsyncHTTP2Connection.{when}", raising(error, when=when))
            with pytest.raises(ReplyLost):
                await fetch(get(server.url), options)
            async with opened(options) as transport:
                with pytest.raises(ReplyLost):
                    async with transport.stream(get(server.url)) as response:
                        assert [piece async for piece in response.pieces()]


async def test_an_error_of_the_code_that_reads_a_file_is_raised_as_it_is() -> None:
    async def read(_offset: int, _length: int) -> bytes:
        raise ssl.SSLError("the file is on a server that failed")

    async with Server() as server:
        request = upload(server.url, 300)
        assert isinstance(request.body, MultipartBody)
        with pytest.raises(ssl.SSLError, match="the file is on a server"):
            await fetch(evolve(request, body=evolve(request.body, read=read)))


async def test_a_stream_that_redirects_to_no_address_is_given_as_it_is() -> None:
    moved = ServerResponse(status=302, headers=(("location", "x:"),), body=b"")
    async with Server(lambda _: moved) as server, opened() as transport, transport.stream(get(server.url)) as response:
        assert (response.status, response.headers[0]) == (302, ("location", "x:"))
