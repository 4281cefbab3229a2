"""The fault proxy and the recording server: each fault, seen by the client and by the server."""

from __future__ import annotations

import socket
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import anyio
import httpx
import pytest
from anyio.abc import SocketAttribute, SocketStream
from attrs import evolve

from mwclient_async import Site
from mwclient_async.testing import LocalWiki
from tests.conftest import USER_AGENT
from tests.support import fault_proxy as faults
from tests.support.fault_proxy import (
    ALL,
    DROP_AFTER,
    REFUSE,
    STALL_AFTER,
    TRUNCATE,
    Fault,
    FaultProxy,
    Plan,
    Seeded,
    matching,
    rewrite_request,
    rewrite_response,
    scripted,
    too_many,
    with_header,
    without_headers,
)
from tests.support.http_server import ReceivedRequest, ServerResponse
from tests.support.recording_server import RecordingServer

BODY = b'{"query": {"pages": []}}'
COOKIES = (("content-type", "application/json"), ("set-cookie", "a=1; path=/"), ("set-cookie", "b=2; path=/"))
ANSWER = ServerResponse(headers=COOKIES, body=BODY)
FORM = {"action": "edit", "text": "[[Café]] & 🪐", "empty": ""}


@asynccontextmanager
async def line(
    plan: Plan = lambda _: None, *, answer: ServerResponse | Callable[[ReceivedRequest], ServerResponse] = ANSWER
) -> AsyncIterator[tuple[httpx.AsyncClient, FaultProxy, RecordingServer]]:
    """A client, the proxy it talks to, and the recording server behind the proxy."""
    async with RecordingServer(answer) as recorder, FaultProxy(recorder.url, plan) as proxy:
        async with httpx.AsyncClient(base_url=proxy.url, verify=False, trust_env=False, timeout=60) as client:
            yield client, proxy, recorder
        assert proxy.upstream_errors == []


# Without a fault -----------------------------------------------------------------------------------------------------


async def test_without_a_fault_both_sides_receive_what_the_other_sent() -> None:
    async with line() as (client, proxy, recorder):
        answer = await client.post("/api.php?action=query&format=json", data=FORM, headers={b"X-Mine": "ü".encode()})
    (sent,), (came,) = proxy.seen, recorder.requests
    assert (answer.status_code, answer.content, answer.headers.get_list("set-cookie")) == (
        200,
        BODY,
        ["a=1; path=/", "b=2; path=/"],
    )
    assert (came.method, came.target, came.body) == (sent.method, sent.target, sent.body)
    assert came.params == {"action": "edit", "format": "json", "text": FORM["text"], "empty": ""}
    assert (came.header("host"), came.header("x-mine")) == (proxy.url.removeprefix("http://"), "Ã¼")
    assert (recorder.header_values("connection"), answer.headers.get_list("connection")) == (["close"], ["close"])
    assert (proxy.forwarded, proxy.counts) == (1, Counter())


async def test_bodies_of_every_framing_and_size_get_through() -> None:
    large = b"0123456789abcdef" * 300_000

    async def pieces() -> AsyncIterator[bytes]:
        for at in range(0, len(large), 1_000_003):
            yield large[at : at + 1_000_003]

    async with line(answer=lambda seen: ServerResponse(body=seen.body)) as (client, _, recorder):
        for content in (large, pieces(), b""):
            answer = await client.post("/", content=content)
            assert answer.content == recorder.requests[-1].body
    assert [len(seen.body) for seen in recorder.requests] == [len(large), len(large), 0]


@pytest.mark.parametrize(("method", "status"), [("HEAD", 200), ("GET", 204), ("GET", 304)])
async def test_a_response_without_a_body_ends(method: str, status: int) -> None:
    async with line(answer=ServerResponse(status=status, headers=(("etag", '"1"'),))) as (client, _, recorder):
        answer = await client.request(method, "/rest.php/v1/page/Earth")
    assert (answer.status_code, answer.content, answer.headers["etag"]) == (status, b"", '"1"')
    assert (recorder.requests[0].method, recorder.requests[0].action) == (method, "/v1/page/Earth")


async def test_a_response_that_ends_with_the_connection_is_read_whole() -> None:
    async def serve(stream: SocketStream) -> None:
        async with stream:
            await stream.receive()
            await stream.send(b"HTTP/1.0 200 OK\r\n\r\n" + BODY)

    listener = await anyio.create_tcp_listener(local_host="127.0.0.1")
    port = listener.extra(SocketAttribute.local_port)
    async with listener, anyio.create_task_group() as tasks, FaultProxy(f"http://127.0.0.1:{port}") as proxy:
        tasks.start_soon(listener.serve, serve)
        async with httpx.AsyncClient(verify=False) as client:
            assert (await client.get(proxy.url)).content == BODY
        tasks.cancel_scope.cancel()


# Every fault ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "acted"), [("DROP_BEFORE", 0), ("DROP_AFTER", 1), ("TRUNCATE", 1)])
async def test_a_lost_or_truncated_response_is_an_error_whether_the_wiki_acted_or_not(kind: str, acted: int) -> None:
    fault: Fault = getattr(faults, kind)
    async with line(scripted(fault)) as (client, proxy, recorder):
        with pytest.raises(httpx.RemoteProtocolError):
            await client.post("/api.php", data=FORM)
        assert (fault.acted, proxy.counts) == (bool(acted), {kind: 1})
        assert proxy.forwarded == len(recorder.requests) == acted
        assert (await client.get("/api.php")).content == BODY


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_a_truncated_response_has_the_full_length_and_half_of_the_body(method: str) -> None:
    async with line(scripted(TRUNCATE)) as (_, proxy, _):
        host, _, port = proxy.url.removeprefix("http://").partition(":")
        received = b""
        async with await anyio.connect_tcp(host, int(port)) as stream:
            await stream.send(f"{method} / HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
            async for piece in stream:
                received += piece
    head, end, body = received.partition(b"\r\n\r\n")
    if method == "GET":
        assert (f"content-length: {len(BODY)}".encode() in head, body) == (True, BODY[: len(BODY) // 2])
    else:
        assert head.startswith(b"HTTP/1.1 200 OK\r\n")
        assert not end


@pytest.mark.parametrize(("kind", "acted"), [("STALL_BEFORE", 0), ("STALL_AFTER", 1)])
async def test_a_stall_lasts_until_the_client_times_out(kind: str, acted: int) -> None:
    async with line(scripted(getattr(faults, kind))) as (client, proxy, recorder):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(client.get, "/api.php")
            await proxy.until(kind)
            assert len(recorder.requests) == proxy.forwarded == acted
            assert (await client.get("/api.php")).content == BODY  # others are not held back
            tasks.cancel_scope.cancel()
        assert proxy.counts == {kind: 1}


async def test_a_stall_ends_with_the_proxy() -> None:
    outcome: list[Exception] = []

    async def get(client: httpx.AsyncClient, url: str) -> None:
        try:
            await client.get(url)
        except httpx.TransportError as error:
            outcome.append(error)

    async with (
        httpx.AsyncClient(verify=False, timeout=60) as client,
        anyio.create_task_group() as tasks,
        RecordingServer() as recorder,
        FaultProxy(recorder.url, scripted(STALL_AFTER)) as proxy,
    ):
        tasks.start_soon(get, client, proxy.url)
        await proxy.until("STALL_AFTER")
    assert len(outcome) == 1


@pytest.mark.parametrize(
    ("kind", "status", "start", "acted"),
    [
        ("TOO_MANY", 429, "<!DOCTYPE html>", 0),
        ("UNAVAILABLE_BEFORE", 503, "<!DOCTYPE html>", 0),
        ("UNAVAILABLE_AFTER", 503, "<!DOCTYPE html>", 1),
        ("BAD_GATEWAY_BEFORE", 502, "<!DOCTYPE html>", 0),
        ("BAD_GATEWAY_AFTER", 502, "<!DOCTYPE html>", 1),
        ("HTML_200_BEFORE", 200, "<!DOCTYPE html>", 0),
        ("HTML_200_AFTER", 200, "<!DOCTYPE html>", 1),
        ("BROKEN_JSON", 200, '{"query": {"', 1),
    ],
)
async def test_a_replaced_response_is_whole_and_not_from_the_wiki(
    kind: str, status: int, start: str, acted: int
) -> None:
    fault = getattr(faults, kind)
    async with line(scripted(fault)) as (client, proxy, recorder):
        answer = await client.post("/api.php", data=FORM)
    assert (fault.kind, fault.acted, proxy.counts) == (kind, bool(acted), {kind: 1})
    assert (answer.status_code, answer.text[: len(start)]) == (status, start)
    assert len(recorder.requests) == proxy.forwarded == acted
    assert answer.headers["content-type"].split(";")[0] == ("application/json" if "JSON" in kind else "text/html")
    assert answer.headers.get("retry-after") == ("0" if status in {429, 503} else None)
    with pytest.raises(ValueError, match=r"Expecting|Unterminated"):
        answer.json()


async def test_a_test_chooses_the_wait_of_a_429() -> None:
    async with line(scripted(too_many("7"))) as (client, proxy, _):
        assert (await client.get("/")).headers["retry-after"] == "7"
    assert proxy.counts == {"TOO_MANY": 1}


async def test_refuse_responds_and_then_refuses_connections_until_it_is_reopened() -> None:
    async with line(scripted(REFUSE, None, REFUSE)) as (client, proxy, recorder):
        for _ in range(2):
            assert (await client.get("/api.php")).content == BODY
            with pytest.raises(httpx.ConnectError):
                await client.get("/api.php")
            with pytest.raises(OSError, match="in use"):
                socket.create_server(("127.0.0.1", httpx.URL(proxy.url).port or 0))
            proxy.reopen()
            proxy.reopen()
            assert (await client.get("/api.php")).content == BODY
    assert (proxy.counts, len(recorder.requests)) == ({"REFUSE": 2}, 4)


async def test_refuse_keeps_existing_connections() -> None:
    early: list[socket.socket] = []

    def connect(answer: ServerResponse) -> ServerResponse:
        """Connect at the last moment, when only the code that closes the port can still accept the connection."""
        early.append(socket.create_connection(("127.0.0.1", int(proxy.url.rpartition(":")[2]))))
        return answer

    async with line(scripted(evolve(REFUSE, answer=connect))) as (client, proxy, recorder):
        assert (await client.get("/api.php")).content == BODY
        async with await SocketStream.from_socket(early[0]) as stream:
            await stream.send(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            assert (await stream.receive()).startswith(b"HTTP/1.1 200 OK\r\n")
    assert (proxy.counts, len(recorder.requests)) == ({"REFUSE": 1}, 2)


async def test_headers_are_rewritten_in_both_directions() -> None:
    plan = scripted(
        rewrite_request(without_headers("cookie")),
        rewrite_response(without_headers("set-cookie")),
        rewrite_response(with_header("content-type", "text/plain")),
    )
    async with line(plan) as (client, proxy, recorder):
        first, second, third = [await client.get("/", headers={"Cookie": "a=1"}) for _ in range(3)]
    assert [seen.header("cookie") for seen in recorder.requests] == ["", "a=1", "a=1"]
    assert ["set-cookie" in answer.headers for answer in (first, second, third)] == [True, False, True]
    assert third.headers.get_list("content-type") == ["text/plain"]
    assert proxy.counts == {"REWRITE_REQUEST": 1, "REWRITE_RESPONSE": 2}


# Who else can fail ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sent", [b"", b"GET / HT", b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nabc"])
async def test_an_incomplete_request_is_not_recorded(sent: bytes) -> None:
    async with line(lambda _: DROP_AFTER) as (_, proxy, recorder):
        url = httpx.URL(proxy.url)
        async with await anyio.connect_tcp(url.host, url.port or 0) as stream:
            if sent:
                await stream.send(sent)
            await stream.send_eof()
            with pytest.raises(anyio.EndOfStream):
                await stream.receive()
    assert (proxy.seen, proxy.counts, recorder.requests) == ([], Counter(), [])


async def test_a_client_that_disconnects_stops_neither_the_wiki_nor_the_proxy() -> None:
    acting, gone = anyio.Event(), anyio.Event()

    async def serve(stream: SocketStream) -> None:
        async with stream:
            await stream.receive()
            acting.set()
            await gone.wait()
            await stream.send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")

    listener = await anyio.create_tcp_listener(local_host="127.0.0.1")
    port = listener.extra(SocketAttribute.local_port)
    plan = scripted(DROP_AFTER)
    async with listener, anyio.create_task_group() as tasks, FaultProxy(f"http://127.0.0.1:{port}", plan) as proxy:
        tasks.start_soon(listener.serve, serve)
        async with httpx.AsyncClient(verify=False, base_url=proxy.url) as client:
            async with anyio.create_task_group() as asking:
                asking.start_soon(client.get, "/")
                await acting.wait()
                asking.cancel_scope.cancel()
            gone.set()
            await proxy.until("DROP_AFTER")
            assert (await client.get("/")).json() == {}
        tasks.cancel_scope.cancel()
    assert (proxy.forwarded, proxy.upstream_errors) == (2, [])


async def test_a_wiki_that_is_down_is_not_counted_as_a_fault() -> None:
    async with RecordingServer() as recorder:
        nowhere = recorder.url
    async with FaultProxy(nowhere, lambda _: DROP_AFTER) as proxy, httpx.AsyncClient(verify=False) as client:
        with pytest.raises(httpx.RemoteProtocolError):
            await client.get(proxy.url)
    assert (proxy.counts, len(proxy.upstream_errors)) == (Counter(), 1)
    with pytest.raises(ValueError, match="plain HTTP"):
        FaultProxy("https://wiki.example.org")


async def test_an_error_in_a_plan_reaches_the_test() -> None:
    def plan(_: ReceivedRequest) -> None:
        raise LookupError("a mistake in the plan")

    with pytest.raises(LookupError, match="a mistake in the plan"):
        async with line(plan) as (client, _, _):
            with pytest.raises(httpx.RemoteProtocolError):
                await client.get("/")
    with pytest.raises(KeyError):  # and the test's own error comes out as itself
        async with line():
            raise KeyError


# Plans ---------------------------------------------------------------------------------------------------------------


def asked(action: str, *, number: int = 1) -> ReceivedRequest:
    return ReceivedRequest(number=number, method="GET", target=f"/api.php?action={action}")


def test_only_matching_requests_count() -> None:
    plan = matching("edit", None, DROP_AFTER)
    assert [plan(asked(action)) for action in ("query", "edit", "query", "edit", "edit")] == [
        None,
        None,
        None,
        DROP_AFTER,
        None,
    ]
    history = ReceivedRequest(method="GET", target="/w/rest.php/v1/page/Earth%2FMoon/history?filter=bot")
    assert matching("/v1/page/*/history", TRUNCATE)(history) is TRUNCATE


def test_a_seed_repeats_its_faults_and_draws_each_kind_equally_often() -> None:
    def only(seen: ReceivedRequest) -> bool:
        return seen.action != "login"

    first, second = (Seeded(7, rate=0.25, least=20, only=only) for _ in range(2))
    one = [first(asked("edit")) for _ in range(2000)]
    other = [fault for _ in range(2000) for fault in (second(asked("login")), second(asked("edit")))]
    assert one == other[1::2]
    assert set(other[::2]) == {None}
    assert (len(first.drawn), max(first.drawn.values()) - min(first.drawn.values())) == (len(ALL), 1)
    assert sum(first.drawn.values()) == pytest.approx(500, abs=80)
    assert first.short == {}
    assert Seeded(7, kinds=[REFUSE], least=3).short == {"REFUSE": 3}
    assert [Seeded(8, rate=0.25)(asked("edit")) for _ in range(2000)] != one


# The recorder --------------------------------------------------------------------------------------------------------


async def test_everything_received_can_be_searched() -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for piece in (b"in-", b"pieces"):
            yield piece

    async with (
        RecordingServer(ServerResponse(status=404, body=b"no")) as recorder,
        httpx.AsyncClient(verify=False) as client,
    ):
        headers = {"Authorization": "Bearer geheim"}
        answer = await client.post(recorder.url + "/a", data={"password": "süß und +\\"}, headers=headers)
        await client.post(recorder.url + "/b", content=pieces())
    assert (answer.status_code, answer.text) == (404, "no")
    assert [seen.number for seen in recorder.requests] == [1, 2]
    assert recorder.header_values("Authorization") == ["Bearer geheim"]
    for found in ("geheim", "süß und +\\", "POST /a HTTP/1.1", "in-pieces"):
        assert found in recorder.text()
    assert "lautlos" not in recorder.text()


async def test_a_recorder_can_be_a_foreign_host() -> None:
    async with RecordingServer(host="127.0.0.2") as recorder, httpx.AsyncClient(verify=False) as client:
        assert (await client.get(recorder.url)).json() == {}
    assert recorder.url.startswith("http://127.0.0.2:")


# A real wiki ---------------------------------------------------------------------------------------------------------


async def test_a_bot_logs_in_and_edits_through_the_proxy(wiki: LocalWiki) -> None:
    await wiki.create_user("Proxied", groups=["bot"])
    auth = await wiki.create_bot_password("Proxied")
    async with (
        FaultProxy(wiki.url) as proxy,
        Site(f"{proxy.url}/api.php", user_agent=USER_AGENT, auth=auth) as site,
    ):
        saved = await site.call("edit", title="Proxied", text="[[Café]] & 🪐")
        who = await site.call("query", meta="userinfo")
    assert (saved["edit"]["result"], who["query"]["userinfo"]["name"]) == ("Success", "Proxied")
    assert {"login", "edit"} <= {seen.action for seen in proxy.seen}
    assert (proxy.forwarded, proxy.counts, proxy.upstream_errors) == (len(proxy.seen), Counter(), [])
