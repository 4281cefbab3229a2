"""The transport: compression, time-outs, TLS, proxies, HTTP/2, kept connections, and secrets in the log."""

from __future__ import annotations

import gzip
import logging
import socket
import ssl
import subprocess
import sys
import tracemalloc
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from functools import cache
from typing import Any

import anyio
import brotli  # type: ignore[import-untyped]  # it has no types
import httpcore
import pytest
import zstandard
from anyio.abc import SocketStream
from attrs import evolve

from mwclient_async import Site
from mwclient_async._http import pooled_transport as transport_module
from mwclient_async._http.httpx_transport import usual_certificates
from mwclient_async._http.messages import HttpRequest, MultipartBody
from mwclient_async.errors import ConnectionFailed, ProtocolError, ReplyLost, ReplyTooLarge
from mwclient_async.models.options import HttpOptions
from tests.conftest import USER_AGENT
from tests.support.http_server import Listener, ServerResponse, read_request
from tests.support.transport_servers import (
    MEGABYTE,
    NAME,
    Arrival,
    Authority,
    Fate,
    ForwardProxy,
    Reaction,
    Server,
    fetch,
    get,
    opened,
    post,
    refusing_certificates,
    server_that_never_reads,
    upload,
)

pytestmark = pytest.mark.usefixtures("http_backend")

COMPRESSORS: Mapping[str, Callable[[bytes], bytes]] = {
    "gzip": lambda data: gzip.compress(data, 1),
    "br": lambda data: brotli.compress(data, quality=1),
    "zstd": zstandard.ZstdCompressor().compress,
}


def compressed(encoding: str, body: bytes) -> Reaction:
    return lambda _: ServerResponse(headers=(("content-encoding", encoding),), body=body)


# Compression ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", COMPRESSORS)
async def test_gzip_brotli_and_zstd_are_accepted_and_decompressed(encoding: str) -> None:
    text = b'{"title": "Caf\xc3\xa9"}' * 20_000
    async with Server(compressed(encoding, COMPRESSORS[encoding](text))) as server:
        assert (await fetch(get(server.url))).body == text
    assert server.arrivals[0].seen.header("accept-encoding") == "gzip, br, zstd"


@cache
def bomb(encoding: str) -> bytes:
    return COMPRESSORS[encoding](bytes(100 * MEGABYTE))


@pytest.mark.parametrize("encoding", COMPRESSORS)
async def test_s4_a_decompression_bomb_is_not_decompressed(encoding: str) -> None:
    async with Server(compressed(encoding, bomb(encoding))) as server, opened() as transport:
        tracemalloc.start()
        try:
            with pytest.raises(ReplyTooLarge, match=f"{MEGABYTE} bytes"):
                await transport.send(get(server.url))
            assert tracemalloc.get_traced_memory()[1] < 8 * MEGABYTE
        finally:
            tracemalloc.stop()


@pytest.mark.parametrize("protocol", ["http/1.1", "h2"])
async def test_s4_the_transport_is_usable_after_a_response_that_was_too_large(
    authority: Authority, protocol: str
) -> None:
    responses = iter([ServerResponse(body=bytes(2 * MEGABYTE)), ServerResponse(body=b"[]")])
    options = HttpOptions(verify=authority.client(), http2=True)
    async with (
        Server(lambda _: next(responses), tls=authority.server(protocol)) as server,
        opened(options) as transport,
    ):
        with pytest.raises(ReplyTooLarge):
            await transport.send(get(server.url))
        assert (await transport.send(get(server.url))).body == b"[]"


async def test_s4_the_connection_of_a_response_that_never_ends_is_closed() -> None:
    async with Server(lambda _: Fate.ENDLESS) as server:
        with anyio.fail_after(10), pytest.raises(ReplyTooLarge):
            await fetch(get(server.url))
        await server.until_ended(1)


@pytest.mark.parametrize("encoding", ["gzip", "zstd"])
async def test_s4_a_body_of_empty_parts_that_never_ends_is_given_up(encoding: str) -> None:
    def answer() -> Iterator[bytes]:
        yield b"HTTP/1.1 200 OK\r\nContent-Encoding: %s\r\nContent-Length: 999999999999\r\n\r\n" % encoding.encode()
        some = COMPRESSORS[encoding](b"") * 10
        while True:
            yield some

    async with Server(lambda _: answer()) as server:
        with anyio.fail_after(20), pytest.raises(ReplyLost, match="more than 1000"):
            await fetch(get(server.url))
        await server.until_ended(1)


@pytest.mark.parametrize("encoding", COMPRESSORS)
async def test_a_compressed_body_that_was_cut_or_broken_is_a_lost_reply(encoding: str) -> None:
    whole = COMPRESSORS[encoding](b'{"query": {}}')
    for body in (whole[:-3], b"\x00" + whole):
        async with Server(compressed(encoding, body)) as server:
            with pytest.raises(ReplyLost, match="no whole response"):
                await fetch(get(server.url))


@pytest.mark.parametrize("encoding", ["gzip, gzip", "deflate"])
async def test_an_encoding_that_was_not_asked_for_is_a_protocol_error(encoding: str) -> None:
    async with Server(compressed(encoding, b"x")) as server:
        with pytest.raises(ProtocolError, match=f"content encoding '{encoding}'"):
            await fetch(get(server.url))


# Time-outs -----------------------------------------------------------------------------------------------------------

STALLING: Reaction = lambda _: Fate.STALL  # noqa: E731 - a value


async def test_a_read_times_out_after_read_timeout_and_a_write_waits_longer() -> None:
    may_answer = anyio.Event()

    def react(arrival: Arrival) -> ServerResponse | Fate | anyio.Event:
        return Fate.STALL if arrival.seen.method == "GET" else may_answer

    async def write() -> None:
        assert (await transport.send(post(server.url))).status == 200

    async with (
        Server(react) as server,
        opened(HttpOptions(read_timeout=0.05)) as transport,
        anyio.create_task_group() as tasks,
    ):
        tasks.start_soon(write)
        await server.until_seen(1)
        with pytest.raises(ReplyLost, match="ReadTimeout"):  # it starts after the write and ends before it
            await transport.send(get(server.url))
        may_answer.set()


async def test_a_write_times_out_after_commit_timeout() -> None:
    async with Server(STALLING) as server:
        with pytest.raises(ReplyLost, match="ReadTimeout"):
            await fetch(post(server.url), HttpOptions(commit_timeout=0.05))


async def test_a_body_that_the_server_does_not_read_times_out_after_send_timeout() -> None:
    with server_that_never_reads() as address, pytest.raises(ReplyLost, match="WriteTimeout"):
        await fetch(upload(f"http://{address}", 100 * MEGABYTE), HttpOptions(send_timeout=0.05))


async def test_w7_a_response_before_the_end_of_a_body_is_returned_and_the_transport_stays_usable() -> None:
    """The server refuses the body from its headers, and closes the connection."""
    refused = b"HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"
    requested = 0

    async def serve(stream: SocketStream) -> None:
        nonlocal requested
        requested += 1
        while b"\r\n\r\n" not in await stream.receive():
            pass
        await stream.send(refused)
        with suppress(anyio.BrokenResourceError, anyio.EndOfStream):
            while True:
                await stream.receive()

    async with Listener(serve) as listener, opened() as transport:
        request = upload(f"http://{listener.address}", 20 * MEGABYTE)
        with anyio.fail_after(20):
            assert (await transport.send(request)).status == 413
            assert (await transport.send(evolve(request, body=b"x"))).status == 413
    assert requested == 2


async def test_w7_a_request_that_is_cancelled_leaves_the_transport_usable() -> None:
    stalled = iter([Fate.STALL, Fate.STALL, Fate.STALL])
    async with Server(lambda _: next(stalled, ServerResponse())) as server, opened() as transport:
        for number, request in enumerate([get(server.url), post(server.url), upload(server.url, 3 * MEGABYTE)], 1):
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(transport.send, request)
                await server.until_seen(number)
                tasks.cancel_scope.cancel()
        for request in (get(server.url), post(server.url), upload(server.url, 3 * MEGABYTE)):
            assert (await transport.send(request)).status == 200


async def test_a_file_that_is_shorter_than_declared_ends_the_request() -> None:
    async def read(offset: int, length: int) -> bytes:
        return bytes(min(length, 10 - offset))

    async with Server() as server:
        request = upload(server.url, 300)
        assert isinstance(request.body, MultipartBody)
        with anyio.fail_after(10), pytest.raises(ValueError, match="ended 290 bytes before"):
            await fetch(evolve(request, body=evolve(request.body, read=read)))
    assert server.arrivals == []


async def test_a_handshake_that_stalls_times_out_after_connect_timeout() -> None:
    with server_that_never_reads() as address, pytest.raises(ConnectionFailed, match="ConnectTimeout"):
        await fetch(post(f"https://{address}"), HttpOptions(connect_timeout=0.05))


# TLS -----------------------------------------------------------------------------------------------------------------


async def test_certificates_are_loaded_once_in_a_process_and_only_for_https(monkeypatch: pytest.MonkeyPatch) -> None:
    loaded: list[ssl.SSLContext] = []
    load = ssl.SSLContext.load_verify_locations

    def count(context: ssl.SSLContext, *args: Any) -> None:
        loaded.append(context)
        load(context, *args)

    async def try_to_connect(scheme: str) -> None:
        async with opened() as transport:
            for request in (get, post):
                with pytest.raises(ConnectionFailed):  # no server listens there
                    await transport.send(request(f"{scheme}://127.0.0.1:1"))

    monkeypatch.setattr(ssl.SSLContext, "load_verify_locations", count)
    usual_certificates.cache_clear()
    await try_to_connect("http")
    assert loaded == []
    await try_to_connect("https")
    await try_to_connect("https")
    assert len(loaded) == 1


async def test_a_private_authority_is_trusted_if_its_certificate_is_given(authority: Authority) -> None:
    async with Server(tls=authority.server()) as server:
        assert (await fetch(get(server.url), HttpOptions(verify=authority.client()))).status == 200
        assert (await fetch(get(server.url), HttpOptions(verify=False))).status == 200


async def test_an_unknown_authority_is_a_lasting_connection_failure(authority: Authority) -> None:
    async with Server(tls=authority.server()) as server:
        with pytest.raises(ConnectionFailed, match="certificate verify failed") as caught:
            await fetch(get(server.url))
    assert caught.value.lasting
    assert server.arrivals == []


async def test_a_client_can_show_a_certificate(authority: Authority) -> None:
    async with Server(tls=authority.server(client=True)) as server:
        options = HttpOptions(verify=authority.client(certificate=True))
        assert (await fetch(get(server.url), options)).status == 200


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
async def test_a_client_without_a_required_certificate_was_not_connected(
    authority: Authority, version: ssl.TLSVersion
) -> None:
    """With TLS 1.3 the client learns of it after it has sent its request, which the server has not read."""
    context = authority.server(client=True)
    context.minimum_version = context.maximum_version = version
    async with refusing_certificates(context) as address:
        with pytest.raises(ConnectionFailed) as caught:
            await fetch(get(f"https://{address}"), HttpOptions(verify=authority.client()))
    assert caught.value.lasting


# Proxies -------------------------------------------------------------------------------------------------------------


async def test_http_and_https_go_through_the_proxy(authority: Authority) -> None:
    sent: list[str] = []
    async with Server() as plain, ForwardProxy(plain.address) as proxy:
        options = HttpOptions(proxy=proxy.url)
        assert (await fetch(get("http://wiki.test"), options)).status == 200
    assert proxy.targets == ["GET http://wiki.test/api.php?x=1"]
    async with Server(tls=authority.server()) as safe, ForwardProxy(safe.address) as proxy:
        request = evolve(post(f"https://{NAME}"), on_sent=lambda: sent.append("once"))
        await fetch(request, HttpOptions(proxy=proxy.url, verify=authority.client()))
    assert proxy.targets == [f"CONNECT {NAME}:443"]
    assert (safe.arrivals[0].seen.body, sent) == (b"token=geheim", ["once"])


async def test_the_proxy_of_the_environment_is_used_except_for_loopback_hosts(monkeypatch: pytest.MonkeyPatch) -> None:
    async with Server() as server, ForwardProxy(server.address) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        for url in (server.url, server.url.replace("127.0.0.1", "localhost"), "http://wiki.test"):
            await fetch(get(url))
    assert proxy.targets == ["GET http://wiki.test/api.php?x=1"]


@pytest.mark.parametrize(("status", "lasting"), [(407, True), (403, True), (502, False)])
async def test_a_proxy_that_refuses_to_connect_is_a_connection_failure(status: int, lasting: bool) -> None:  # noqa: FBT001
    async with ForwardProxy("127.0.0.1:1", refusal=ServerResponse(status=status)) as proxy:
        with pytest.raises(ConnectionFailed, match=rf"{status}.*the proxy \(HTTPS_PROXY\)") as caught:
            await fetch(post(f"https://{NAME}"), HttpOptions(proxy=proxy.url))
    assert caught.value.lasting == lasting


async def test_a_server_that_is_not_a_proxy_did_not_get_the_request() -> None:
    with socket.socket() as bound:  # it does not listen
        bound.bind(("127.0.0.1", 0))
        with pytest.raises(ConnectionFailed):
            await fetch(post("http://wiki.test"), HttpOptions(proxy=f"http://127.0.0.1:{bound.getsockname()[1]}"))
    for fate in (Fate.HANG_UP, Fate.STALL):
        async with Server(lambda _, fate=fate: fate) as server:  # type: ignore[misc] # the parameter has no type
            with pytest.raises(ConnectionFailed):
                await fetch(
                    post(f"https://{NAME}"),
                    HttpOptions(proxy=server.url, read_timeout=1, commit_timeout=0.05, connect_timeout=0.5),
                )
        assert [arrival.seen.method for arrival in server.arrivals] == ["CONNECT"]


@pytest.mark.httpx
@pytest.mark.parametrize("proxy", ["user:geheim@proxy:8080", "ftp://user:geheim@proxy"])
def test_s1_an_invalid_proxy_url_is_refused_at_once_and_not_shown(proxy: str) -> None:
    with pytest.raises(ValueError, match="the proxy is no") as caught:
        HttpOptions(proxy=proxy)
    assert "geheim" not in str(caught.value)


# HTTP/2 --------------------------------------------------------------------------------------------------------------


@pytest.mark.httpx
async def test_reads_use_http2_and_writes_and_uploads_use_http1(authority: Authority) -> None:
    options = HttpOptions(verify=authority.client(), http2=True)
    async with Server(tls=authority.server("h2", "http/1.1")) as server, opened(options) as transport:
        for request in (get(server.url), post(server.url), upload(server.url, 300_000), get(server.url)):
            await transport.send(request)
    assert server.protocols == ["HTTP/2", "HTTP/1.1", "HTTP/1.1", "HTTP/2"]
    assert [len(arrival.seen.body) for arrival in server.arrivals] == [0, 12, 300_002, 0]


@pytest.mark.httpx
async def test_http2_is_used_only_if_we_and_the_server_want_it(authority: Authority) -> None:
    for http2, offered in ((False, "h2"), (True, "http/1.1")):
        async with Server(tls=authority.server(offered, "http/1.1")) as server:
            await fetch(get(server.url), HttpOptions(verify=authority.client(), http2=http2))
        assert server.protocols == ["HTTP/1.1"]


@pytest.mark.httpx
async def test_an_http2_connection_that_ends_during_a_response_is_a_lost_reply(authority: Authority) -> None:
    """httpx does not convert the error of httpcore in this case."""
    responses: Iterator[ServerResponse | Fate] = iter([ServerResponse(), Fate.GO_AWAY])
    options = HttpOptions(verify=authority.client(), http2=True)
    async with Server(lambda _: next(responses), tls=authority.server("h2")) as server, opened(options) as transport:
        await transport.send(get(server.url))
        with pytest.raises(ReplyLost):
            await transport.send(get(server.url))
    assert len(server.arrivals) == 2


@pytest.mark.httpx
async def test_http2_without_its_library_is_a_value_error_that_names_the_extra(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "h2", None)
    monkeypatch.setitem(sys.modules, "h2.exceptions", None)
    site = Site("https://wiki.test/api.php", user_agent=USER_AGENT, http=HttpOptions(http2=True))
    with pytest.raises(ValueError, match=r"pip install mwclient_async\[http2\]"):
        async with site:
            pass


@pytest.mark.httpx
async def test_a_key_error_of_the_http2_library_is_a_lost_reply(
    authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    """httpcore raises it when it closes a stream that its connection does not know any more."""

    async def lose_streams(connection: Any, _request: object) -> None:
        connection._events.clear()
        raise httpcore.RemoteProtocolError("the connection ended")

    monkeypatch.setattr("httpcore._async.http2.AsyncHTTP2Connection._read_incoming_data", lose_streams)
    options = HttpOptions(verify=authority.client(), http2=True)
    async with Server(tls=authority.server("h2")) as server:
        with pytest.raises(ReplyLost) as caught:
            await fetch(get(server.url), options)
    assert type(caught.value.__cause__) is KeyError


class Unreadable:
    """A file whose reader has a bug."""

    async def read(self, _offset: int, _length: int) -> bytes:
        raise KeyError("a bug of the caller")


async def test_a_key_error_of_the_code_that_reads_a_file_is_not_a_lost_reply(authority: Authority) -> None:
    """Even if HTTP/2 is on, a KeyError of code that httpcore calls is raised unchanged."""
    options = HttpOptions(verify=authority.client(), http2=True)
    async with Server(tls=authority.server("h2", "http/1.1")) as server:
        request = upload(server.url, 300)
        assert isinstance(request.body, MultipartBody)
        with pytest.raises(KeyError, match="a bug of the caller"):
            await fetch(evolve(request, body=evolve(request.body, read=Unreadable().read)), options)


# Kept connections ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("protocol", ["http/1.1", "h2"])
async def test_a_kept_connection_that_the_server_closed_is_not_used(authority: Authority, protocol: str) -> None:
    options = HttpOptions(verify=authority.client(), http2=True)
    async with Server(tls=authority.server(protocol, "http/1.1"), keep=False) as server, opened(options) as transport:
        for number, request in enumerate([get(server.url), get(server.url), post(server.url), post(server.url)], 1):
            assert (await transport.send(request)).status == 200
            await server.until_ended(number)
    assert [arrival.seen.method for arrival in server.arrivals] == ["GET", "GET", "POST", "POST"]


def one_response_per_connection() -> Reaction:
    served: set[int] = set()

    def react(arrival: Arrival) -> ServerResponse | Fate:
        if arrival.connection in served:
            return Fate.HANG_UP
        served.add(arrival.connection)
        return ServerResponse()

    return react


@pytest.mark.parametrize("protocol", ["http/1.1", "h2"])
async def test_a_read_that_was_cut_off_on_a_kept_connection_is_sent_once_more(
    authority: Authority, protocol: str
) -> None:
    options = HttpOptions(verify=authority.client(), http2=True)
    async with (
        Server(one_response_per_connection(), tls=authority.server(protocol)) as server,
        opened(options) as transport,
    ):
        assert [(await transport.send(get(server.url))).status for _ in range(2)] == [200, 200]
    assert [arrival.connection for arrival in server.arrivals] == [1, 1, 2]


async def test_w2_a_write_that_was_cut_off_is_a_lost_reply_and_not_sent_again() -> None:
    async with Server(one_response_per_connection()) as server, opened() as transport:
        await transport.send(post(server.url))
        with pytest.raises(ReplyLost):
            await transport.send(post(server.url))
    assert [arrival.connection for arrival in server.arrivals] == [1, 1]


@pytest.mark.parametrize("fate", [Fate.HANG_UP, Fate.STALL])
async def test_a_read_is_not_sent_again_if_a_kept_connection_is_not_the_cause(fate: Fate) -> None:
    """It was cut off on a new connection, or it timed out on a kept one."""
    responses: Iterator[ServerResponse | Fate] = iter([ServerResponse(), fate] if fate is Fate.STALL else [fate])
    async with Server(lambda _: next(responses)) as server, opened(HttpOptions(read_timeout=0.05)) as transport:
        with pytest.raises(ReplyLost):
            for _ in range(2):
                await transport.send(get(server.url))
    assert len(server.arrivals) == (2 if fate is Fate.STALL else 1)


async def test_a_write_does_not_use_a_connection_that_was_idle_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport_module, "_WRITE_KEEPALIVE", 0.0)
    async with Server() as server, opened() as transport:
        for request in (get(server.url), get(server.url), post(server.url), post(server.url)):
            await transport.send(request)
    assert [arrival.connection for arrival in server.arrivals] == [1, 1, 2, 3]


@pytest.mark.parametrize("delay", ["at once", "late"])
@pytest.mark.parametrize("make", [get, post])
async def test_w2_bytes_after_a_response_are_not_the_response_to_the_next_request(
    make: Callable[[str], HttpRequest], delay: str
) -> None:
    """A write would seem to be done that the wiki has not even received."""
    first, stray = (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n" + body for body in (b"first", b"stray"))
    returned, sent = anyio.Event(), anyio.Event()

    async def serve(stream: SocketStream) -> None:
        await read_request(stream.receive)
        if delay == "late":
            await stream.send(first)
            await returned.wait()
            await stream.send(stray)
        else:
            await stream.send(first + stray)
        sent.set()
        await read_request(stream.receive)
        await stream.send(first)

    async with Listener(serve) as server, opened() as transport:
        bodies = [(await transport.send(make(f"http://{server.address}"))).body]
        returned.set()
        await sent.wait()
        await anyio.wait_all_tasks_blocked()  # the event loop has read it
        returned.set()
        bodies.append((await transport.send(make(f"http://{server.address}"))).body)
    assert bodies == [b"first", b"first"]


# Secrets -------------------------------------------------------------------------------------------------------------


async def test_s2_the_transport_stores_no_cookies() -> None:
    sets_cookie = ServerResponse(headers=(("set-cookie", "wiki_session=geheim"),))
    async with Server(lambda _: sets_cookie) as server, opened() as transport:
        for request in (get(server.url), get(server.url), post(server.url), post(server.url)):
            response = await transport.send(request)
    assert response.header("set-cookie") == "wiki_session=geheim"
    assert [arrival.seen.header("cookie") for arrival in server.arrivals] == ["", "", "", ""]


@pytest.mark.httpx
@pytest.mark.parametrize("protocol", ["http/1.1", "h2"])
async def test_s1_the_log_of_the_http_library_holds_no_secret(
    authority: Authority, protocol: str, caplog: pytest.LogCaptureFixture
) -> None:
    secrets = {"authorization": "Bearer geheim", "cookie": "wiki_session=geheim"}
    async with (
        Server(
            lambda _: ServerResponse(headers=(("set-cookie", "x=geheim"),)), tls=authority.server(protocol)
        ) as server,
        ForwardProxy(server.address) as proxy,
        opened(
            HttpOptions(verify=authority.client(), http2=True, proxy=proxy.url.replace("//", "//u:geheim@"))
        ) as transport,
    ):
        with caplog.at_level(logging.DEBUG):
            for _ in range(2):
                await transport.send(get(f"https://{NAME}", **secrets))
    records = [record for record in caplog.records if record.name.startswith(("http", "hpack", "h2"))]
    assert len(records) > 20
    assert [record for record in records if "geheim" in record.getMessage()] == []
    assert server.arrivals[0].seen.header("cookie") == "wiki_session=geheim"


async def test_s1_a_header_that_cannot_be_sent_is_not_shown(caplog: pytest.LogCaptureFixture) -> None:
    async with Server() as server:
        with caplog.at_level(logging.DEBUG), pytest.raises(ValueError, match="cannot be sent") as caught:
            await fetch(get(server.url, authorization="Bearer geheim\n"))
    assert caught.value.__cause__ is None
    assert "geheim" not in caplog.text + str(caught.value)
    assert server.arrivals == []


LIBRARIES = ("httpx", "httpcore", "h2", "hpack")


def library_filters() -> list[str]:
    """The names of all loggers of the HTTP libraries that have a filter."""
    loggers = {name: logging.getLogger(name) for name in logging.root.manager.loggerDict if name.startswith(LIBRARIES)}
    return [name for name, logger in loggers.items() if logger.filters]


@pytest.mark.httpx
async def test_s1_the_log_is_filtered_only_while_a_request_is_under_way() -> None:
    during: list[list[str]] = []

    def react(_: Arrival) -> ServerResponse:
        during.append(library_filters())
        return ServerResponse()

    async with Server(react) as server, opened() as transport:
        before = library_filters()
        await transport.send(get(server.url))
        with pytest.raises(ValueError, match="cannot be sent"):
            await transport.send(get(server.url, authorization="geheim\n"))
        async with transport.stream(get(server.url)) as response:
            during.append(library_filters())
            assert [piece async for piece in response.pieces()] == [ServerResponse().body]
    assert (before, library_filters()) == ([], [])
    assert ["httpcore.http11" in names for names in during] == [True] * 3


@pytest.mark.httpx
def test_s1_importing_the_transport_changes_no_logger() -> None:
    """An interpreter of its own imports the HTTP libraries, then this package."""
    program = """
import logging, httpx, httpcore, h2.connection, hpack

def state():
    loggers = {"root": logging.root} | logging.root.manager.loggerDict
    return {
        name: (list(logger.filters), list(logger.handlers), logger.level, logger.propagate, logger.disabled)
        for name, logger in loggers.items()
        if isinstance(logger, logging.Logger)
    }

before = state()
import mwclient_async._http.httpx_transport
after = state()
print({name for name in before if after[name] != before[name]})
"""
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "set()"
