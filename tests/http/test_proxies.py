"""Connections through proxies that fail: each ends with an error, and none keeps its place in the pool."""

from __future__ import annotations

import sys
import traceback
from base64 import b64encode
from collections.abc import Awaitable, Callable
from contextlib import suppress

import anyio
import pytest
from anyio.abc import SocketStream
from anyio.streams.tls import TLSStream

from mwclient_async import HttpOptions, HttpxTransport, Limits
from mwclient_async.errors import ConnectionFailed
from tests.support.http_server import DISCONNECTED, Listener, ServerResponse, read_request
from tests.support.transport_servers import (
    NAME,
    Authority,
    Fate,
    ForwardProxy,
    Server,
    fetch,
    get,
    opened,
    post,
    pumped,
)

Serve = Callable[[SocketStream], Awaitable[None]]

SENT = b64encode(b"u:geheim").decode()
CONNECTED = b"HTTP/1.1 200 Connected\r\n\r\n"
NO_PASSWORD, WITH_PASSWORD, ACCEPTED = b"\x05\x00", b"\x05\x02", b"\x05\x00\x00\x01" + bytes(6)
ATTEMPTS = 2 * Limits().concurrency + 1  # more than the pool has places


async def fail_often(options: HttpOptions, url: str = f"https://{NAME}") -> list[ConnectionFailed]:
    """Let more requests fail than the pool has places. If they kept their places, the last one would wait forever."""
    errors = []
    async with opened(options) as transport:
        for _ in range(ATTEMPTS):
            with anyio.fail_after(20), pytest.raises(ConnectionFailed) as caught:
                await transport.send(post(url))
            errors.append(caught.value)
    return errors


# A proxy of HTTP -----------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("http_backend")
async def test_a_certificate_that_is_refused_behind_a_proxy_leaves_the_place_free(authority: Authority) -> None:
    async with Server(tls=authority.server()) as server, ForwardProxy(server.address) as proxy:
        errors = await fail_often(HttpOptions(proxy=proxy.url))
    assert [error.lasting for error in errors] == [True] * ATTEMPTS
    assert server.arrivals == []


@pytest.mark.usefixtures("http_backend")
@pytest.mark.parametrize("then", ["silence", "end"])
async def test_a_handshake_behind_a_proxy_that_fails_may_succeed_later(then: str) -> None:
    async def serve(stream: SocketStream) -> None:
        await read_request(stream.receive)
        await stream.send(CONNECTED)
        if then == "silence":
            await until_closed(stream)

    async with Listener(serve) as proxy:
        errors = await fail_often(HttpOptions(proxy=f"http://{proxy.address}", connect_timeout=0.05))
    assert [error.lasting for error in errors] == [False] * ATTEMPTS


@pytest.mark.usefixtures("http_backend")
@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_w2_a_request_that_a_proxy_did_not_pass_on_for_lack_of_a_password_was_not_sent(scheme: str) -> None:
    async with (
        ForwardProxy("127.0.0.1:1", refusal=ServerResponse(status=407)) as proxy,
        opened(HttpOptions(proxy=proxy.url)) as transport,
    ):
        with pytest.raises(ConnectionFailed, match=r"407.*the proxy \(HTTPS_PROXY\)") as sent:
            await transport.send(post(f"{scheme}://{NAME}"))
        with pytest.raises(ConnectionFailed, match="407") as streamed:
            async with transport.stream(get(f"{scheme}://{NAME}")):
                pass
    assert sent.value.lasting
    assert streamed.value.lasting


async def test_a_server_that_answers_like_a_proxy_is_no_proxy() -> None:
    async with Server(lambda _: ServerResponse(status=407)) as server:
        assert (await fetch(post(server.url))).status == 407


@pytest.mark.usefixtures("http_backend")
@pytest.mark.parametrize("status", [408, 425, 429])
async def test_a_proxy_that_refuses_for_now_may_connect_later(status: int) -> None:
    async with ForwardProxy("127.0.0.1:1", refusal=ServerResponse(status=status)) as proxy:
        with pytest.raises(ConnectionFailed, match=str(status)) as caught:
            await fetch(post(f"https://{NAME}"), HttpOptions(proxy=proxy.url))
    assert not caught.value.lasting


@pytest.mark.usefixtures("http_backend")
async def test_the_password_of_a_proxy_is_sent_to_the_proxy_only(authority: Authority) -> None:
    for scheme, tls in (("http", None), ("https", authority.server())):
        async with Server(tls=tls) as server, ForwardProxy(server.address) as proxy:
            options = HttpOptions(proxy=proxy.url.replace("//", "//u:geheim@"), verify=authority.client())
            await fetch(get(f"{scheme}://{NAME}"), options)
        assert [seen.header("proxy-authorization") for seen in proxy.requests] == [f"Basic {SENT}"]
        assert [arrival.seen.header("authorization") for arrival in server.arrivals] == [""]


@pytest.mark.usefixtures("http_backend")
async def test_s1_no_local_variable_of_a_request_that_is_cancelled_is_a_secret() -> None:
    """The HTTP libraries have the password of the proxy in their variables."""
    errors: list[BaseException] = []

    async def send() -> None:
        try:
            await transport.send(post(f"https://{NAME}"))
        except BaseException as error:
            errors.append(error)
            raise

    async with (
        Server(lambda _: Fate.STALL) as proxy,
        opened(HttpOptions(proxy=proxy.url.replace("//", "//u:geheim@"))) as transport,
        anyio.create_task_group() as tasks,
    ):
        tasks.start_soon(send)
        await proxy.until_seen(1)
        tasks.cancel_scope.cancel()
    (cancelled,) = errors
    shown = traceback.TracebackException.from_exception(cancelled, capture_locals=True)
    texts = {f"{frame.name}.{name}": text for frame in shown.stack for name, text in (frame.locals or {}).items()}
    assert "send.self" in texts
    assert [name for name, text in texts.items() if "geheim" in text or SENT in text] == []


@pytest.mark.httpx
async def test_the_certificate_of_a_proxy_is_checked_as_that_of_the_wiki(authority: Authority) -> None:
    async with Server() as server:
        forward = ForwardProxy(server.address)

        async def serve(raw: SocketStream) -> None:
            stream = await TLSStream.wrap(raw, ssl_context=authority.server(), standard_compatible=False)
            await forward.serve(stream)

        async with Listener(serve) as proxy:
            url = f"https://{proxy.address}"
            for verify in (authority.client(), False):
                options = HttpOptions(proxy=url, verify=verify)
                assert (await fetch(get("http://wiki.test"), options)).status == 200
    assert len(server.arrivals) == 2


# A SOCKS proxy -------------------------------------------------------------------------------------------------------


def replying(*replies: bytes, upstream: str = "") -> Serve:
    """A SOCKS proxy that sends these replies, and then connects to this server, or waits."""

    async def serve(stream: SocketStream) -> None:
        for reply in replies:
            await stream.receive()
            await stream.send(reply)
        await (pumped(stream, upstream) if upstream else until_closed(stream))

    return serve


@pytest.fixture
def _socks() -> None:
    pytest.importorskip("socksio")


@pytest.mark.usefixtures("_socks")
@pytest.mark.parametrize("replies", [(NO_PASSWORD, ACCEPTED), (WITH_PASSWORD, b"\x01\x00", ACCEPTED)])
async def test_a_socks_proxy_is_used_with_and_without_a_password(replies: tuple[bytes, ...]) -> None:
    user = "user:word@" if len(replies) > 2 else ""
    async with Server() as server, Listener(replying(*replies, upstream=server.address)) as proxy:
        options = HttpOptions(proxy=f"socks5://{user}{proxy.address}")
        assert (await fetch(get("http://wiki.test"), options)).status == 200


@pytest.mark.usefixtures("_socks")
@pytest.mark.parametrize("replies", [(), (NO_PASSWORD,), (NO_PASSWORD, ACCEPTED)])
async def test_a_socks_proxy_that_falls_silent_is_given_up_after_connect_timeout(replies: tuple[bytes, ...]) -> None:
    async with Listener(replying(*replies)) as proxy:
        options = HttpOptions(proxy=f"socks5://{proxy.address}", connect_timeout=0.05)
        errors = await fail_often(options)
    assert {("ConnectTimeout" in str(error), error.lasting) for error in errors} == {(True, False)}


@pytest.mark.usefixtures("_socks")
@pytest.mark.parametrize(
    ("replies", "text", "lasting"),
    [
        ((b"\x05\xff",), "NO ACCEPTABLE METHODS", True),
        ((WITH_PASSWORD, b"\x01\x01"), "Invalid username/password", True),
        ((WITH_PASSWORD, b"\x01\x00", b"\x05\x02" + ACCEPTED[2:]), "not allowed", True),
        ((WITH_PASSWORD, b"\x01\x00", b"\x05\x05" + ACCEPTED[2:]), "Connection refused", False),
        ((b"HTTP/1.1 400 Bad Request\r\n\r\n",), "", False),
    ],
)
async def test_a_socks_proxy_that_refuses_is_a_connection_failure_and_its_connection_is_closed(
    replies: tuple[bytes, ...], text: str, *, lasting: bool
) -> None:
    """A connection that is left open would be a warning, which fails this test."""
    async with Listener(replying(*replies)) as proxy:
        errors = await fail_often(HttpOptions(proxy=f"socks5://user:geheim@{proxy.address}"), "http://wiki.test")
    assert {(text in str(error), "geheim" in str(error), error.lasting) for error in errors} == {(True, False, lasting)}


def test_a_socks_proxy_without_its_library_is_a_value_error_that_names_the_extra(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "socksio", None)
    with pytest.raises(ValueError, match=r"pip install mwclient_async\[socks\]"):
        HttpxTransport(HttpOptions(proxy="socks5://user:geheim@proxy.test"), Limits())


async def until_closed(stream: SocketStream) -> None:
    with suppress(*DISCONNECTED):
        while True:
            await stream.receive()
