"""What is particular to aiohttp: what it does by itself, its errors, and what it cannot do."""

from __future__ import annotations

import asyncio
import socket
import ssl
import sys
import threading
from collections.abc import Callable
from importlib.machinery import ModuleSpec
from pathlib import Path
from typing import Any

import aiohttp
import anyio
import pytest
from aiohttp import http_exceptions
from attrs import evolve

from mwclient_async import AiohttpTransport, HttpOptions, Limits, Site
from mwclient_async._http import aiohttp_transport
from mwclient_async._http.messages import HttpRequest
from mwclient_async.errors import ConnectionFailed, ReplyLost
from tests.conftest import USER_AGENT
from tests.support.http_server import ServerResponse
from tests.support.transport_servers import Arrival, Fate, ForwardProxy, Server, fetch, get, opened, post, upload

AIOHTTP = HttpOptions(backend="aiohttp")


# What aiohttp does by itself -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
async def test_w2_a_write_that_was_cut_off_on_a_kept_connection_is_not_sent_again(method: str) -> None:
    """aiohttp takes PUT and DELETE for methods that may be sent twice."""
    async with Server(lambda arrival: one_of_each(server, arrival)) as server, opened(AIOHTTP) as transport:
        request = evolve(post(server.url), method=method)
        assert (await transport.send(request)).status == 200
        with pytest.raises(ReplyLost, match="ServerDisconnectedError"):
            await transport.send(request)
    assert [arrival.connection for arrival in server.arrivals] == [1, 1]


def one_of_each(server: Server, _: Arrival) -> ServerResponse | Fate:
    return ServerResponse() if len(server.arrivals) == 1 else Fate.HANG_UP


async def test_w2_a_connection_whose_end_the_event_loop_has_not_seen_is_not_used() -> None:
    """The server is a thread, because a coroutine would let the event loop look at the connection."""
    bodies: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve_one() -> None:
            with listening.accept()[0] as connection:
                while not (text := b"".join(bodies[len(done) :])).endswith(b"geheim"):
                    bodies.append(connection.recv(4096))
                assert text.startswith(b"POST")
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
            done.append(len(bodies))

        done: list[int] = []
        async with opened(AIOHTTP) as transport:
            request = post(f"http://127.0.0.1:{listening.getsockname()[1]}")
            for _ in range(2):
                bodies.clear()
                done.clear()
                server = threading.Thread(target=serve_one)
                server.start()
                assert (await transport.send(request)).status == 200
                server.join()


async def test_s2_a_password_of_netrc_is_not_sent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login bot password geheim\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    async with Server() as server:
        await fetch(get(server.url), AIOHTTP)
    assert server.arrivals[0].seen.header("authorization") == ""


async def test_the_headers_of_a_request_are_those_that_were_given() -> None:
    async with Server() as server, opened(AIOHTTP) as transport:
        requests = get(server.url, **{"User-Agent": "x"}), post(server.url), upload(server.url, 5), put(server.url)
        for request in requests:
            await transport.send(request)
    names = [{name for name, _ in arrival.seen.headers} - {"host", "accept-encoding"} for arrival in server.arrivals]
    assert names == [{"user-agent"}, {"content-length"}, {"content-length"}, {"content-length"}]
    assert [arrival.seen.header("accept-encoding") for arrival in server.arrivals] == ["gzip, br, zstd"] * 4


def put(url: str) -> HttpRequest:
    return HttpRequest(method="PUT", url=f"{url}/rest.php/v1/page/A%2FB")


@pytest.mark.parametrize("target", ["/a%2Fb/%7Ec?x=%7C%20+&y", "/?q='(*)';:@$,", "/a//../b"])
async def test_a_url_is_sent_as_it_is(target: str) -> None:
    async with Server() as server:
        await fetch(HttpRequest(method="GET", url=server.url + target), AIOHTTP)
    assert server.arrivals[0].seen.target == target


async def test_a_url_with_characters_that_must_be_quoted_is_quoted() -> None:
    async with Server() as server:
        await fetch(HttpRequest(method="GET", url=f"{server.url}/é a?x=%7C"), AIOHTTP)
    assert server.arrivals[0].seen.target == "/%C3%A9%20a?x=%7C"


# Its errors ----------------------------------------------------------------------------------------------------------

REQUEST_INFO: Any = None
RAISED: tuple[Exception, ...] = (
    *(aiohttp.ClientError("x"), aiohttp.ClientConnectionError("x"), aiohttp.ClientOSError(104, "x")),
    *(aiohttp.ClientConnectionResetError("x"), aiohttp.ServerDisconnectedError("x"), aiohttp.ServerTimeoutError("x")),
    *(aiohttp.SocketTimeoutError("x"), aiohttp.ConnectionTimeoutError("x"), aiohttp.ClientPayloadError("x")),
    *(aiohttp.ClientResponseError(REQUEST_INFO, ()), aiohttp.TooManyRedirects(REQUEST_INFO, ())),
    *(http_exceptions.BadStatusLine("x"), http_exceptions.LineTooLong(b"x", 1), http_exceptions.InvalidHeader(b"x")),
    *(ssl.SSLError(1, "x"), ssl.SSLZeroReturnError(6, "x"), ssl.CertificateError("x")),
    *(OSError(104, "reset"), TimeoutError(), EOFError(), asyncio.IncompleteReadError(b"", 1)),
    *(KeyError(1), IndexError(), TypeError(), AttributeError(), AssertionError(), RuntimeError("x")),
    *(RecursionError(), ExceptionGroup("x", [OSError()])),
)  # fmt: skip
MISFITS = (ValueError("x"), UnicodeDecodeError("ascii", b"", 0, 1, "x"), aiohttp.InvalidURL("x"))


def raising(error: Exception) -> Callable[..., Any]:
    def fail(*_: Any, **__: Any) -> Any:
        raise error

    return fail


@pytest.mark.parametrize(
    "where",
    [
        "aiohttp.http_writer.StreamWriter._write",
        "aiohttp.client_reqrep.ClientResponse.start",
        "aiohttp.streams.StreamReader.readany",
    ],
)
async def test_w2_any_failure_after_the_request_has_begun_is_a_lost_reply(
    where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The errors are put into aiohttp, because no server can cause each of them at each moment."""
    async with Server() as server, opened(AIOHTTP) as transport:
        for error in (*RAISED, *MISFITS):
            monkeypatch.setattr(where, raising(error))
            if where.endswith("_write"):
                monkeypatch.setattr("aiohttp.http_writer.StreamWriter._writelines", raising(error))
            with pytest.raises(ReplyLost, match="no whole response"):
                await transport.send(post(server.url))
            with pytest.raises(ReplyLost, match="no whole response"):
                async with transport.stream(get(server.url)) as response:
                    assert [piece async for piece in response.pieces()]


async def test_any_failure_before_the_request_has_begun_means_that_it_was_not_sent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with Server() as server, opened(AIOHTTP) as transport:
        for error in (*RAISED, *MISFITS):
            monkeypatch.setattr("aiohttp.connector.TCPConnector._create_connection", raising(error))
            with pytest.raises(ValueError if error in MISFITS else ConnectionFailed):
                await transport.send(post(server.url))
    assert server.arrivals == []


async def test_s1_the_password_of_a_proxy_is_not_shown() -> None:
    async with ForwardProxy("127.0.0.1:1", refusal=ServerResponse(status=407)) as proxy:
        options = evolve(AIOHTTP, proxy=proxy.url.replace("//", "//u:geheim@"))
        with pytest.raises(ConnectionFailed, match="407") as caught:
            await fetch(post("https://wiki.test"), options)
    assert (caught.value.__cause__, caught.value.__context__) == (None, None)
    assert "geheim" not in str(caught.value)


async def test_s1_the_cause_of_an_error_is_never_one_of_aiohttp() -> None:
    """Those hold the headers of the request, and the URL of the proxy."""
    async with Server(lambda _: Fate.HANG_UP) as server, opened(AIOHTTP) as transport:
        with pytest.raises(ReplyLost) as lost:
            await transport.send(post(server.url))
    with pytest.raises(ConnectionFailed) as refused:
        await fetch(post(server.url), AIOHTTP)
    assert (lost.value.__cause__, lost.value.__context__) == (None, None)
    assert type(refused.value.__cause__) is ConnectionRefusedError


# What it cannot do ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"http2": True}, "no HTTP/2"),
        ({"proxy": "socks5://proxy"}, "SOCKS proxy"),
        ({"backend": "requests"}, "must be in"),
    ],
)
def test_an_option_that_the_backend_does_not_have_is_refused_at_once(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        HttpOptions(**{"backend": "aiohttp", **options})


async def test_a_socks_proxy_of_the_environment_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", "socks5://127.0.0.1:1")
    with pytest.raises(ValueError, match="the environment names a SOCKS proxy"):
        AiohttpTransport(AIOHTTP, Limits())


async def test_a_site_without_the_library_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    def find(name: str) -> ModuleSpec | None:
        return None if name == "aiohttp" else sys.modules[name].__spec__

    monkeypatch.setattr(aiohttp_transport, "find_spec", find)
    with pytest.raises(ValueError, match=r"pip install mwclient-async\[speed\]"):
        async with Site("https://wiki.test/api.php", user_agent=USER_AGENT, http=AIOHTTP):
            pass


def test_another_event_loop_than_that_of_asyncio_is_refused() -> None:
    async def make() -> None:
        AiohttpTransport(AIOHTTP, Limits())

    with pytest.raises(ValueError, match="works on asyncio only"):
        anyio.run(make, backend="trio")
    with pytest.raises(ValueError, match="works on asyncio only"):
        AiohttpTransport(AIOHTTP, Limits())


async def test_a_site_uses_the_backend_of_its_options() -> None:
    async with Server() as server, Site(f"{server.url}/api.php", user_agent=USER_AGENT, http=AIOHTTP) as site:
        assert isinstance(site._session.shared.transport, AiohttpTransport)
