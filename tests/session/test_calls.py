"""Events of calls: which attempts, retries and pauses belong together, who needs a call, bytes and waits."""

from __future__ import annotations

import hashlib
import io
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import anyio
import pytest
from attrs import frozen

from mwclient_async import (
    CallFinished,
    CallStarted,
    ConnectionFailed,
    Event,
    HttpError,
    HttpRequest,
    HttpResponse,
    Paused,
    RequestFinished,
    Retrying,
    RetryPolicy,
    Site,
)
from mwclient_async._session.calls import current_call, report_call
from mwclient_async._session.observers import Observers
from mwclient_async._upload.download import Downloader, Sink
from mwclient_async._upload.download_requests import DownloadSource
from mwclient_async.testing.scripted import ScriptedClock, ScriptedTransport, json_response, sent
from tests.conftest import USER_AGENT

ACTIONS = ["compare", "parse", "query"]
API = "https://wiki.example/api.php"
BUSY = json_response({}, status=503)


def site(*replies: Any, transport: Any = None, clock: ScriptedClock | None = None, **options: Any) -> Site:
    return Site(
        API,
        user_agent=USER_AGENT,
        transport=transport or ScriptedTransport(replies),
        clock=clock or ScriptedClock(draw=0.5),
        **options,
    )


def of_kind(events: list[Event], kind: type[Any]) -> list[Any]:
    return [event for event in events if isinstance(event, kind)]


async def test_all_attempts_of_a_call_have_its_number() -> None:
    events: list[Event] = []
    async with site(ConnectionFailed("gone"), BUSY, json_response({"a": 1}), on_event=events.append) as opened:
        await opened.call("paraminfo", modules="main")
    (started,) = of_kind(events, CallStarted)
    (finished,) = of_kind(events, CallFinished)
    requests, retries = of_kind(events, RequestFinished), of_kind(events, Retrying)
    assert started.call > 0
    assert {event.call for event in [finished, *requests, *retries]} == {started.call}
    assert (started.label, finished.label, finished.failure) == ("action=paraminfo", "action=paraminfo", "")
    assert [(event.attempt, event.status, event.failure) for event in requests] == [
        (1, None, "ConnectionFailed"),
        (2, 503, ""),
        (3, 200, ""),
    ]
    assert finished.seconds == sum(event.after for event in retries) > 0
    assert events[0] is started
    assert events[-1] is finished


async def test_a_call_that_fails_says_with_which_error() -> None:
    events: list[Event] = []
    refused = json_response({"error": {"code": "badvalue", "info": "No."}})
    async with site(refused, on_event=events.append) as opened:
        with pytest.raises(Exception, match="No"):
            await opened.call("paraminfo", modules="main")
    assert of_kind(events, CallFinished)[0].failure.endswith(" badvalue")


async def test_lengths_of_the_bodies_are_reported() -> None:
    events: list[Event] = []
    reply = json_response({"text": "ü" * 100})
    transport = ScriptedTransport([reply, reply])
    async with site(transport=transport, on_event=events.append) as opened:
        await opened.call("paraminfo", modules="main")
        await opened.call("paraminfo", modules="m" * 9_000)  # too long for a URL
    read, posted = of_kind(events, RequestFinished)
    assert (read.sent, read.received) == (0, len(reply.body))
    body = transport.requests[1].body
    assert isinstance(body, bytes)
    assert (posted.sent, posted.received) == (len(body), len(reply.body))
    assert posted.sent > 9_000


async def test_a_pause_is_of_the_call_that_was_refused_and_the_next_one_waits() -> None:
    events: list[Event] = []
    refused = json_response({}, status=429, headers=[("retry-after", "7")])
    retry = RetryPolicy(attempts=1)
    async with site(refused, json_response({}), on_event=events.append, retry=retry) as opened:
        with pytest.raises(HttpError):
            await opened.call("paraminfo", modules="main")
        await opened.call("paraminfo", modules="main")
    (pause,), (first, second) = of_kind(events, Paused), of_kind(events, RequestFinished)
    assert pause.call == first.call != second.call
    assert (first.waited, second.waited) == (0, 7)
    assert [event.parent for event in of_kind(events, CallStarted)] == [0, 0]
    assert [event.seconds for event in of_kind(events, CallFinished)] == [0, 7]


class OneWiki:
    """Gives tokens, and answers other requests when all of ``most`` are in flight."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.waiting = 0
        self.full = anyio.Event()
        self.on_request: Callable[[], None] = lambda: None

    async def send(self, request: HttpRequest) -> HttpResponse:
        params = sent(request)
        if params.get("meta") == "tokens":
            return json_response({"query": {"tokens": {"csrftoken": "t+\\"}}})
        self.on_request()
        self.waiting += 1
        if self.waiting == self.most:
            self.full.set()
        await self.full.wait()
        return json_response({params["action"]: {"result": "Success"}})

    async def aclose(self) -> None:
        pass


async def test_calls_in_flight_at_once_are_not_confused() -> None:
    events: list[Event] = []
    async with site(transport=OneWiki(3), on_event=events.append) as opened, anyio.create_task_group() as tasks:
        for action in ACTIONS:
            tasks.start_soon(opened.call, action)
    started = {event.call: event.label for event in of_kind(events, CallStarted)}
    assert sorted(started.values()) == [f"action={action}" for action in ACTIONS]
    assert {event.call: event.label for event in of_kind(events, RequestFinished)} == started
    assert {event.parent for event in of_kind(events, CallStarted)} == {0}


async def test_a_token_is_fetched_for_the_call_that_needs_it() -> None:
    events: list[Event] = []
    async with site(transport=OneWiki(1), on_event=events.append) as opened:
        await opened.call("edit")
    calls = {event.label: event for event in of_kind(events, CallStarted)}
    assert calls["action=query"].parent == calls["action=edit"].call
    requests = [(event.call, event.label) for event in of_kind(events, RequestFinished)]
    assert requests == [(calls[label].call, label) for label in ("action=query", "action=edit")]


async def test_a_download_is_one_call_with_all_its_requests() -> None:
    data, events = b"0123456789", list[Event]()

    @frozen
    class Response:
        status: int
        headers: tuple[tuple[str, str], ...]
        body: bytes

        async def pieces(self) -> AsyncIterator[bytes]:
            yield self.body

    replies = [
        Response(200, (), data[:4]),
        Response(503, (), b""),
        Response(206, (("content-range", "bytes 4-9/10"),), data[4:]),
    ]

    @asynccontextmanager
    async def fetch(_url: str, _headers: dict[str, str]) -> AsyncIterator[Response]:
        yield replies.pop(0)

    observers = Observers(on_event=events.append)
    downloader = Downloader(fetch=fetch, clock=ScriptedClock(), policy=RetryPolicy(), observers=observers)
    source = DownloadSource(url="https://e.org/x", size=10, sha1=hashlib.sha1(data).hexdigest())
    await downloader.download(source, Sink(io.BytesIO()), None)
    requests = of_kind(events, RequestFinished)
    assert [(event.status, event.failure, event.received) for event in requests] == [
        (200, "ReplyLost", 4),
        (503, "", 0),
        (206, "", 6),
    ]
    (started,), (finished,) = of_kind(events, CallStarted), of_kind(events, CallFinished)
    assert {event.call for event in [*requests, *of_kind(events, Retrying), finished]} == {started.call}


async def _observe(_event: object) -> None: ...


class _Observer:
    async def __call__(self, _event: object) -> None: ...


@pytest.mark.parametrize("name", ["on_event", "on_warning"])
@pytest.mark.parametrize("callback", [_observe, _Observer(), partial(_observe)])
def test_an_async_callback_is_refused(name: str, callback: Any) -> None:
    with pytest.raises(TypeError, match=f"{name} is async, .*: give a plain function"):
        site(**{name: callback})


async def test_a_callback_that_returns_a_coroutine_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    def observe(event: object) -> Any:
        return _observe(event)

    async with site(json_response({"a": 1}), on_event=observe) as opened:
        await opened.call("paraminfo", modules="main")
    assert "on_event has returned a coroutine" in caplog.text


async def test_a_call_that_is_cancelled_ends() -> None:
    events: list[Event] = []
    transport = OneWiki(2)
    async with site(transport=transport, on_event=events.append) as opened:
        with anyio.CancelScope() as scope:
            transport.on_request = scope.cancel
            await opened.call("parse")
    assert of_kind(events, CallFinished)[0].failure in {"CancelledError", "Cancelled"}


async def test_nothing_is_made_if_nothing_listens() -> None:
    async def work() -> int:
        return current_call()

    assert await report_call(work(), label="a", observers=Observers(), clock=ScriptedClock()) == 0
