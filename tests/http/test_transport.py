"""The wire: compression, TLS, proxies, HTTP/2, time-outs, connections that are kept, and what is not logged."""

from __future__ import annotations

import gzip
import logging
import socket
import ssl
import sys
import tracemalloc
from collections.abc import Callable, Iterator, Mapping
from functools import cache

import anyio
import brotli  # type: ignore[import-untyped]  # it has no types
import pytest
import zstandard
from attrs import evolve

from mwclient_async import Site
from mwclient_async._http import httpx_transport as transport_module
from mwclient_async._http.messages import MultipartBody
from mwclient_async.errors import ConnectionFailed, ProtocolError, ReplyLost, ReplyTooLarge
from mwclient_async.models.options import HttpOptions
from tests.conftest import USER_AGENT
from tests.support.http_server import Answer
from tests.support.transport_servers import (
    MEGABYTE,
    NAME,
    Arrival,
    Authority,
    Fate,
    ForwardProxy,
    Reaction,
    Server,
    deaf_server,
    fetch,
    get,
    opened,
    post,
    refusing_certificates,
    upload,
)

COMPRESSORS: Mapping[str, Callable[[bytes], bytes]] = {
    "gzip": lambda data: gzip.compress(data, 1),
    "br": lambda data: brotli.compress(data, quality=1),
    "zstd": zstandard.ZstdCompressor().compress,
}


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority()


def packed(encoding: str, body: bytes) -> Reaction:
    return lambda _: Answer(headers=(("content-encoding", encoding),), body=body)


# Compression ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", COMPRESSORS)
async def test_gzip_brotli_and_zstd_are_offered_and_unpacked(encoding: str) -> None:
    text = b'{"title": "Caf\xc3\xa9"}' * 20_000
    async with Server(packed(encoding, COMPRESSORS[encoding](text))) as server:
        assert (await fetch(get(server.url))).body == text
    assert server.arrivals[0].seen.header("accept-encoding") == "gzip, br, zstd"


@cache
def bomb(encoding: str) -> bytes:
    return COMPRESSORS[encoding](bytes(100 * MEGABYTE))


@pytest.mark.parametrize("encoding", COMPRESSORS)
async def test_s4_a_decompression_bomb_is_never_unpacked(encoding: str) -> None:
    async with Server(packed(encoding, bomb(encoding))) as server, opened() as transport:
        tracemalloc.start()
        try:
            with pytest.raises(ReplyTooLarge, match=f"{MEGABYTE} bytes"):
                await transport.send(get(server.url))
            assert tracemalloc.get_traced_memory()[1] < 8 * MEGABYTE
        finally:
            tracemalloc.stop()


@pytest.mark.parametrize("protocol", ["http/1.1", "h2"])
async def test_s4_the_transport_is_usable_after_an_answer_that_was_too_large(
    authority: Authority, protocol: str
) -> None:
    answers = iter([Answer(body=bytes(2 * MEGABYTE)), Answer(body=b"[]")])
    options = HttpOptions(verify=authority.client(), http2=True)
    async with Server(lambda _: next(answers), tls=authority.server(protocol)) as server, opened(options) as transport:
        with pytest.raises(ReplyTooLarge):
            await transport.send(get(server.url))
        assert (await transport.send(get(server.url))).body == b"[]"


async def test_s4_the_connection_of_an_answer_that_never_ends_is_given_up() -> None:
    async with Server(lambda _: Fate.ENDLESS) as server:
        with anyio.fail_after(10), pytest.raises(ReplyTooLarge):
            await fetch(get(server.url))
        await server.until_ended(1)


@pytest.mark.parametrize("encoding", COMPRESSORS)
async def test_a_packed_body_that_was_cut_or_broken_is_a_lost_reply(encoding: str) -> None:
    whole = COMPRESSORS[encoding](b'{"query": {}}')
    for body in (whole[:-3], b"\x00" + whole):
        async with Server(packed(encoding, body)) as server:
            with pytest.raises(ReplyLost, match="no whole answer"):
                await fetch(get(server.url))


@pytest.mark.parametrize("encoding", ["gzip, gzip", "deflate"])
async def test_an_encoding_that_was_not_asked_for_is_a_typed_error(encoding: str) -> None:
    async with Server(packed(encoding, b"x")) as server:
        with pytest.raises(ProtocolError, match=f"packed as '{encoding}'"):
            await fetch(get(server.url))


# Time-outs -----------------------------------------------------------------------------------------------------------

STALLING: Reaction = lambda _: Fate.STALL  # noqa: E731 - a value


async def test_a_read_is_given_up_after_the_read_timeout_and_a_write_is_waited_for() -> None:
    answered = anyio.Event()

    def react(arrival: Arrival) -> Answer | Fate | anyio.Event:
        return Fate.STALL if arrival.seen.method == "GET" else answered

    async def write() -> None:
        assert (await transport.send(post(server.url))).status == 200

    async with (
        Server(react) as server,
        opened(HttpOptions(read_timeout=0.05)) as transport,
        anyio.create_task_group() as tasks,
    ):
        tasks.start_soon(write)
        await server.until_seen(1)
        with pytest.raises(ReplyLost, match="ReadTimeout"):  # begun after the write, and over before it
            await transport.send(get(server.url))
        answered.set()


async def test_a_write_is_given_up_after_the_commit_timeout() -> None:
    async with Server(STALLING) as server:
        with pytest.raises(ReplyLost, match="ReadTimeout"):
            await fetch(post(server.url), HttpOptions(commit_timeout=0.05))


async def test_a_body_that_nobody_takes_is_given_up_after_the_send_timeout() -> None:
    with deaf_server() as address, pytest.raises(ReplyLost, match="WriteTimeout"):
        await fetch(upload(f"http://{address}", 100 * MEGABYTE), HttpOptions(send_timeout=0.05))


async def test_a_source_that_is_shorter_than_it_said_ends_the_request() -> None:
    async def read(offset: int, length: int) -> bytes:
        return bytes(min(length, 10 - offset))

    async with Server() as server:
        request = upload(server.url, 300)
        assert isinstance(request.body, MultipartBody)
        with anyio.fail_after(10), pytest.raises(ValueError, match="ended 290 bytes before"):
            await fetch(evolve(request, body=evolve(request.body, read=read)))
    assert server.arrivals == []


async def test_a_handshake_that_stalls_is_given_up_after_the_connect_timeout() -> None:
    with deaf_server() as address, pytest.raises(ConnectionFailed, match="ConnectTimeout"):
        await fetch(post(f"https://{address}"), HttpOptions(connect_timeout=0.05))


# TLS -----------------------------------------------------------------------------------------------------------------


async def test_a_private_authority_is_trusted_where_its_certificate_is_given(authority: Authority) -> None:
    async with Server(tls=authority.server()) as server:
        assert (await fetch(get(server.url), HttpOptions(verify=authority.client()))).status == 200
        assert (await fetch(get(server.url), HttpOptions(verify=False))).status == 200


async def test_an_unknown_authority_is_refused_and_that_lasts(authority: Authority) -> None:
    async with Server(tls=authority.server()) as server:
        with pytest.raises(ConnectionFailed, match="certificate verify failed") as caught:
            await fetch(get(server.url))
    assert caught.value.lasting
    assert server.arrivals == []


async def test_a_client_proves_itself_with_a_certificate(authority: Authority) -> None:
    async with Server(tls=authority.server(client=True)) as server:
        known = HttpOptions(verify=authority.client(certificate=True))
        assert (await fetch(get(server.url), known)).status == 200


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
async def test_a_client_without_the_certificate_that_is_wanted_was_never_let_in(
    authority: Authority, version: ssl.TLSVersion
) -> None:
    """By TLS 1.3 the client hears of it after it has sent its request, which nobody has read."""
    wanting = authority.server(client=True)
    wanting.minimum_version = wanting.maximum_version = version
    async with refusing_certificates(wanting) as address:
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


async def test_the_environments_proxy_is_used_but_for_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    async with Server() as server, ForwardProxy(server.address) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        for url in (server.url, server.url.replace("127.0.0.1", "localhost"), "http://wiki.test"):
            await fetch(get(url))
    assert proxy.targets == ["GET http://wiki.test/api.php?x=1"]


@pytest.mark.parametrize(("status", "lasting"), [(407, True), (403, True), (502, False)])
async def test_a_proxy_that_will_not_connect_is_no_connection(status: int, lasting: bool) -> None:  # noqa: FBT001
    async with ForwardProxy("127.0.0.1:1", refusal=Answer(status=status)) as proxy:
        with pytest.raises(ConnectionFailed, match=rf"{status}.*the proxy \(HTTPS_PROXY\)") as caught:
            await fetch(post(f"https://{NAME}"), HttpOptions(proxy=proxy.url))
    assert caught.value.lasting == lasting


async def test_what_is_no_proxy_never_had_the_request() -> None:
    with socket.socket() as taken:  # bound and not listening
        taken.bind(("127.0.0.1", 0))
        with pytest.raises(ConnectionFailed):
            await fetch(post("http://wiki.test"), HttpOptions(proxy=f"http://127.0.0.1:{taken.getsockname()[1]}"))
    for fate in (Fate.HANG_UP, Fate.STALL):
        async with Server(lambda _, fate=fate: fate) as server:  # type: ignore[misc] # no type for that parameter
            with pytest.raises(ConnectionFailed):
                await fetch(post(f"https://{NAME}"), HttpOptions(proxy=server.url, read_timeout=1, commit_timeout=0.05))
        assert [arrival.seen.method for arrival in server.arrivals] == ["CONNECT"]


@pytest.mark.parametrize("proxy", ["user:geheim@proxy:8080", "ftp://user:geheim@proxy"])
def test_a_proxy_that_is_no_address_is_refused_at_once_and_not_shown(proxy: str) -> None:
    with pytest.raises(ValueError, match="the proxy is no URL") as caught:
        HttpOptions(proxy=proxy)
    assert "geheim" not in str(caught.value)


# HTTP/2 --------------------------------------------------------------------------------------------------------------


async def test_reads_go_over_http2_and_writes_and_uploads_over_http1(authority: Authority) -> None:
    options = HttpOptions(verify=authority.client(), http2=True)
    async with Server(tls=authority.server("h2", "http/1.1")) as server, opened(options) as transport:
        for request in (get(server.url), post(server.url), upload(server.url, 300_000), get(server.url)):
            await transport.send(request)
    assert server.protocols == ["HTTP/2", "HTTP/1.1", "HTTP/1.1", "HTTP/2"]
    assert [len(arrival.seen.body) for arrival in server.arrivals] == [0, 12, 300_002, 0]


async def test_http2_is_used_only_where_it_is_wanted_and_offered(authority: Authority) -> None:
    for http2, offered in ((False, "h2"), (True, "http/1.1")):
        async with Server(tls=authority.server(offered, "http/1.1")) as server:
            await fetch(get(server.url), HttpOptions(verify=authority.client(), http2=http2))
        assert server.protocols == ["HTTP/1.1"]


async def test_an_http2_connection_that_ends_under_an_answer_is_a_lost_reply(authority: Authority) -> None:
    """The HTTP library has no error of its own for that."""
    answers: Iterator[Answer | Fate] = iter([Answer(), Fate.GO_AWAY])
    options = HttpOptions(verify=authority.client(), http2=True)
    async with Server(lambda _: next(answers), tls=authority.server("h2")) as server, opened(options) as transport:
        await transport.send(get(server.url))
        with pytest.raises(ReplyLost):
            await transport.send(get(server.url))
    assert len(server.arrivals) == 2


async def test_http2_without_its_library_is_a_value_error_that_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "h2", None)
    monkeypatch.setitem(sys.modules, "h2.exceptions", None)
    site = Site("https://wiki.test/api.php", user_agent=USER_AGENT, http=HttpOptions(http2=True))
    with pytest.raises(ValueError, match=r"pip install mwclient_async\[http2\]"):
        async with site:
            pass


# Connections that are kept -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("protocol", ["http/1.1", "h2"])
async def test_a_kept_connection_that_the_server_closed_does_no_harm(authority: Authority, protocol: str) -> None:
    options = HttpOptions(verify=authority.client(), http2=True)
    async with Server(tls=authority.server(protocol, "http/1.1"), keep=False) as server, opened(options) as transport:
        for number, request in enumerate([get(server.url), get(server.url), post(server.url), post(server.url)], 1):
            assert (await transport.send(request)).status == 200
            await server.until_ended(number)
    assert [arrival.seen.method for arrival in server.arrivals] == ["GET", "GET", "POST", "POST"]


def once_for_each_connection() -> Reaction:
    served: set[int] = set()

    def react(arrival: Arrival) -> Answer | Fate:
        if arrival.connection in served:
            return Fate.HANG_UP
        served.add(arrival.connection)
        return Answer()

    return react


@pytest.mark.parametrize("protocol", ["http/1.1", "h2"])
async def test_a_read_that_was_cut_off_on_a_kept_connection_is_sent_once_more(
    authority: Authority, protocol: str
) -> None:
    options = HttpOptions(verify=authority.client(), http2=True)
    async with (
        Server(once_for_each_connection(), tls=authority.server(protocol)) as server,
        opened(options) as transport,
    ):
        assert [(await transport.send(get(server.url))).status for _ in range(2)] == [200, 200]
    assert [arrival.connection for arrival in server.arrivals] == [1, 1, 2]


async def test_w2_a_write_that_was_cut_off_is_in_doubt_and_not_sent_again() -> None:
    async with Server(once_for_each_connection()) as server, opened() as transport:
        await transport.send(post(server.url))
        with pytest.raises(ReplyLost):
            await transport.send(post(server.url))
    assert [arrival.connection for arrival in server.arrivals] == [1, 1]


@pytest.mark.parametrize("fate", [Fate.HANG_UP, Fate.STALL])
async def test_a_read_is_not_sent_again_where_the_connection_is_not_to_blame(fate: Fate) -> None:
    """Cut off on a new connection; or timed out on a kept one."""
    answers: Iterator[Answer | Fate] = iter([Answer(), fate] if fate is Fate.STALL else [fate])
    async with Server(lambda _: next(answers)) as server, opened(HttpOptions(read_timeout=0.05)) as transport:
        with pytest.raises(ReplyLost):
            for _ in range(2):
                await transport.send(get(server.url))
    assert len(server.arrivals) == (2 if fate is Fate.STALL else 1)


async def test_a_write_never_uses_a_connection_that_was_idle_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport_module, "_A_MOMENT", 0.0)
    async with Server() as server, opened() as transport:
        for request in (get(server.url), get(server.url), post(server.url), post(server.url)):
            await transport.send(request)
    assert [arrival.connection for arrival in server.arrivals] == [1, 1, 2, 3]


# Secrets -------------------------------------------------------------------------------------------------------------


async def test_s2_cookies_are_left_to_the_session() -> None:
    setting = Answer(headers=(("set-cookie", "wiki_session=geheim"),))
    async with Server(lambda _: setting) as server, opened() as transport:
        for request in (get(server.url), get(server.url), post(server.url), post(server.url)):
            answer = await transport.send(request)
    assert answer.header("set-cookie") == "wiki_session=geheim"
    assert [arrival.seen.header("cookie") for arrival in server.arrivals] == ["", "", "", ""]


@pytest.mark.parametrize("protocol", ["http/1.1", "h2"])
async def test_s1_the_http_librarys_own_log_holds_no_secret(
    authority: Authority, protocol: str, caplog: pytest.LogCaptureFixture
) -> None:
    secrets = {"authorization": "Bearer geheim", "cookie": "wiki_session=geheim"}
    async with (
        Server(lambda _: Answer(headers=(("set-cookie", "x=geheim"),)), tls=authority.server(protocol)) as server,
        ForwardProxy(server.address) as proxy,
        opened(
            HttpOptions(verify=authority.client(), http2=True, proxy=proxy.url.replace("//", "//u:geheim@"))
        ) as wire,
    ):
        with caplog.at_level(logging.DEBUG):
            for _ in range(2):
                await wire.send(get(f"https://{NAME}", **secrets))
    logs = [record for record in caplog.records if record.name.startswith(("http", "hpack", "h2"))]
    assert len(logs) > 20
    assert [record for record in logs if "geheim" in record.getMessage()] == []
    assert server.arrivals[0].seen.header("cookie") == "wiki_session=geheim"


async def test_s1_a_header_that_cannot_be_sent_is_not_shown(caplog: pytest.LogCaptureFixture) -> None:
    async with Server() as server:
        with caplog.at_level(logging.DEBUG), pytest.raises(ValueError, match="cannot be sent") as caught:
            await fetch(get(server.url, authorization="Bearer geheim\n"))
    assert caught.value.__cause__ is None
    assert "geheim" not in caplog.text + str(caught.value)
    assert server.arrivals == []
