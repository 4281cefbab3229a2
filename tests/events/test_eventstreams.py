"""The events of many wikis, from a real server of events that drops, repeats, reorders and stalls."""

from __future__ import annotations

import gc
import json
import math
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any, Literal

import anyio
import anyio.lowlevel
import pytest

from mwclient_async import (
    BrokenReply,
    Cursor,
    CursorMismatch,
    EventsMissed,
    HttpError,
    HttpOptions,
    Limits,
    ProtocolError,
    ReplyLost,
    ReplyTooLarge,
    RetryPolicy,
    Stream,
    StreamEvent,
    UnreadableEvent,
    eventstreams,
)
from mwclient_async._http import transport
from mwclient_async._http.transport import StreamingTransport, own_transport
from mwclient_async.testing.scripted import ScriptedClock
from tests.conftest import USER_AGENT
from tests.support.event_server import BEGINNING, TOPICS, Connection, EventServer, canary, change

SINCE = "2026-01-01T00:00:00Z"
HOUR = 3600


@pytest.fixture
async def server() -> AsyncIterator[EventServer]:
    async with EventServer() as started:
        yield started


def followed(server: EventServer, **options: Any) -> Stream[StreamEvent]:
    defaults = {"user_agent": USER_AGENT, "url": server.url, "clock": ScriptedClock(), "since": SINCE}
    return eventstreams("recentchange", **{**defaults, **options})


def fill(server: EventServer, *numbers: int, topic: str = TOPICS[0], **fields: Any) -> None:
    for number in numbers:
        server.add(change(number, **fields), time=BEGINNING + 1000 * number, topic=topic)


async def numbers(stream: Stream[StreamEvent], count: int) -> list[int]:
    """The ids of the next changes."""
    async with stream.open() as run:
        return [(await anext(run)).data["id"] for _ in range(count)]


async def position_after(stream: Stream[StreamEvent], count: int) -> Cursor:
    """The cursor after so many events."""
    async with stream.open() as run:
        for _ in range(count):
            await anext(run)
        return run.cursor


async def test_events_come_typed_and_as_they_were_sent(server: EventServer) -> None:
    fill(server, 1)
    async with followed(server).open() as run:
        event = await anext(run)
    assert (event.wiki, event.schema) == ("testwiki", "/mediawiki/recentchange/1.0.0")
    assert (event.meta.id, event.meta.topic, event.meta.offset) == ("testwiki-1", TOPICS[0], 0)
    assert event.change is not None
    assert (event.change.rcid, event.change.revid, event.change.oldlen, event.change.user) == (1, 1, 1, "Bot")
    assert event.data["server_name"] == "testwiki.example"
    assert json.dumps(event.to_dict())


async def test_an_event_of_another_schema_is_its_data(server: EventServer) -> None:
    sent = {"$schema": "/mediawiki/page/1.0", "meta": {"id": "a", "dt": SINCE}, "database": "testwiki", "page_id": 5}
    server.add(sent, time=BEGINNING + 1)
    async with followed(server).open() as run:
        event = await anext(run)
    assert (event.change, event.wiki, event.data["page_id"]) == (None, "testwiki", 5)
    assert event.meta.dt == datetime(2026, 1, 1, tzinfo=UTC)


# Connections ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "plan",
    [
        Connection(ends_after=3),
        Connection(ends_after=3, cut=True),
        Connection(line_end=b"\r", begins_with=b"\xef\xbb\xbf:ok\r\r", ends_after=3),
        Connection(line_end=b"\r\n", piece=50, ends_after=3),
    ],
    ids=["ends", "is cut", "CR and mark", "CRLF in small pieces"],
)
@pytest.mark.parametrize("backend", ["httpx", "aiohttp"])
async def test_each_event_comes_once_whatever_becomes_of_the_connections(
    server: EventServer, plan: Connection, backend: Literal["httpx", "aiohttp"], anyio_backend_name: str
) -> None:
    if (backend, anyio_backend_name) == ("aiohttp", "trio"):
        return
    server.then(plan, plan, Connection(status=503), Connection(status=429, headers={"Retry-After": "7"}), plan)
    fill(server, *range(1, 6))
    clock = ScriptedClock()
    stream = followed(server, clock=clock, http=HttpOptions(backend=backend), overlap=1)
    assert await numbers(stream, 5) == [1, 2, 3, 4, 5]
    assert 7 in clock.slept
    await server.until_closed()


async def test_a_new_connection_asks_for_the_time_before_the_latest_event_of_each_topic(server: EventServer) -> None:
    server.then(Connection(ends_after=1))
    fill(server, 20, 25)
    assert await numbers(followed(server, overlap=10), 2) == [20, 25]
    assert server.since == ["2026-01-01T00:00:00.000Z", None]
    assert server.ids[1] == [
        {"topic": TOPICS[0], "partition": 0, "timestamp": BEGINNING + 10_000},
        {"topic": TOPICS[1], "partition": 0, "timestamp": BEGINNING},  # of which nothing has come
    ]


async def test_events_of_one_millisecond_are_not_lost_between_two_connections(server: EventServer) -> None:
    server.then(Connection(ends_after=1))
    for number in (1, 2, 3):
        server.add(change(number), time=BEGINNING + 5)
    assert await numbers(followed(server), 3) == [1, 2, 3]


async def test_what_another_data_centre_sends_between_two_connections_is_not_lost(server: EventServer) -> None:
    server.then(Connection(ends_after=1))
    fill(server, 1)
    async with followed(server).open() as run:
        assert (await anext(run)).data["id"] == 1
        fill(server, 2, topic=TOPICS[1])  # of which no event was ever seen
        assert (await anext(run)).data["id"] == 2


async def test_repeated_and_late_events_come_once_each(server: EventServer) -> None:
    server.then(Connection(together=7))
    fill(server, 3, 3, 1, 2, 3, 2, 4)
    assert await numbers(followed(server), 4) == [3, 1, 2, 4]


async def test_without_since_it_begins_now_by_the_clock_of_the_server(server: EventServer) -> None:
    fill(server, 1)
    async with followed(server, since=None).open() as run:
        cursor = run.cursor
    fill(server, 2)
    assert await numbers(followed(server, since=None).resume(str(cursor)), 2) == [1, 2]  # of the second of its start
    assert server.since == [None, "2026-01-01T00:00:00.000Z"]


async def test_a_silent_connection_is_replaced(server: EventServer) -> None:
    server.then(Connection(stalls_after=1))
    fill(server, 1, 2)
    assert await numbers(followed(server, http=HttpOptions(read_timeout=0.05)), 2) == [1, 2]


async def test_the_duration_of_a_stream_has_no_limit_and_it_gets_no_headers(
    server: EventServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """White box: a stream that is slow enough for the limit of other responses would take seconds."""
    made: list[HttpOptions] = []

    def make(http: HttpOptions, limits: Limits) -> StreamingTransport:
        made.append(http)
        return own_transport(http, limits)

    monkeypatch.setattr(transport, "own_transport", make)
    fill(server, 1)
    secret = HttpOptions(headers=(("X-Secret", "secret"),), response_timeout=7)
    assert await numbers(followed(server, http=secret), 1) == [1]
    assert [(http.response_timeout, http.headers) for http in made] == [(math.inf, ())]


async def test_the_wait_that_the_server_asks_for_is_kept(server: EventServer) -> None:
    server.then(Connection(begins_with=b"retry: 9000\n\n", ends_after=1))
    fill(server, 1, 2)
    clock = ScriptedClock()
    assert await numbers(followed(server, clock=clock), 2) == [1, 2]
    assert 9 in clock.slept


async def test_after_the_last_try_the_error_has_the_position(server: EventServer) -> None:
    server.then(Connection(ends_after=1), Connection(status=503), Connection(status=503))
    fill(server, 1, 2)
    stream = followed(server, retry=RetryPolicy(attempts=3))
    async with stream.open() as run:
        await anext(run)
        with pytest.raises(HttpError, match="503") as caught:
            await anext(run)
    assert caught.value.cursor is not None
    assert await numbers(stream.resume(caught.value.cursor), 1) == [2]


async def test_a_connection_that_brings_nothing_new_counts_as_a_failure(server: EventServer) -> None:
    server.then(*[Connection(ends_after=2)] * 9)
    fill(server, 1, 2, 3)
    with pytest.raises(ReplyLost, match="ended the stream"):
        await numbers(followed(server, retry=RetryPolicy(attempts=3)), 3)
    assert len(server.requests) == 3


async def test_an_error_that_the_service_reports_is_a_reason_to_connect_anew(server: EventServer) -> None:
    server.then(Connection(ends_after=2))
    fill(server, 1)
    server.add('{"message": "no broker"}', time=BEGINNING + 1500, kind="error")
    async with followed(server, overlap=0).open() as run:
        assert (await anext(run)).data["id"] == 1
        server.log.pop()
        fill(server, 2)
        assert (await anext(run)).data["id"] == 2


@pytest.mark.parametrize(
    ("plan", "error", "message"),
    [
        (Connection(status=404), ProtocolError, "HTTP 404"),
        (Connection(status=301, headers={"Location": "https://else.example/"}), ProtocolError, "pass that address"),
        (Connection(kind="text/html"), BrokenReply, "text/html"),
    ],
)
async def test_what_is_not_a_stream_is_an_error(
    server: EventServer, plan: Connection, error: type[ProtocolError], message: str
) -> None:
    server.then(*[plan] * 9)
    with pytest.raises(error, match=message) as caught:
        await numbers(followed(server), 1)
    assert caught.value.status == plan.status


@pytest.mark.parametrize("status", [404, 431])
async def test_an_id_that_the_service_no_longer_accepts_becomes_a_time(server: EventServer, status: int) -> None:
    fill(server, 20, 21)
    cursor = await position_after(followed(server), 1)
    server.then(Connection(status=status))
    assert await numbers(followed(server).resume(cursor), 1) == [21]
    assert server.since[-1] == "2026-01-01T00:00:10.000Z"


# What is missed, and what cannot be read -----------------------------------------------------------------------------


async def test_events_that_the_service_no_longer_has_are_an_error_with_their_interval(server: EventServer) -> None:
    fill(server, 100, 200, 300)
    stream = followed(server)
    cursor = await position_after(stream, 1)
    server.oldest = BEGINNING + 300_000
    with pytest.raises(EventsMissed) as caught:
        await numbers(stream.resume(str(cursor)), 1)
    missed = caught.value
    assert [moment.timestamp() - BEGINNING / 1000 for moment in (missed.since, missed.until)] == [100, 300]
    assert missed.cursor is not None
    assert missed.cursor.continuation == cursor.continuation
    assert missed.beyond is not None
    assert await numbers(stream.resume(missed.beyond), 1) == [300]


async def test_a_topic_that_is_kept_for_less_time_than_another_is_missed(server: EventServer) -> None:
    """No event of either is known. To continue beyond the gap leaves out nothing of the other topic."""
    server.date = "Thu, 01 Jan 2026 03:00:00 GMT"
    fill(server, 1, topic=TOPICS[1])
    fill(server, 3 * HOUR)
    fill(server, 2 * HOUR, topic=TOPICS[1])
    with pytest.raises(EventsMissed) as caught:
        await numbers(followed(server), 2)
    assert caught.value.since == datetime(2026, 1, 1, tzinfo=UTC)
    assert caught.value.beyond is not None
    assert await numbers(followed(server).resume(caught.value.beyond), 2) == [3 * HOUR, 2 * HOUR]


async def test_the_events_of_a_topic_that_is_far_behind_come_once_each(server: EventServer) -> None:
    server.then(*[Connection(ends_after=2)] * 3)
    fill(server, HOUR)
    fill(server, 1, 2, 3, 4, topic=TOPICS[1])
    assert await numbers(followed(server), 5) == [HOUR, 1, 2, 3, 4]


async def test_a_refused_id_loses_nothing_of_a_topic_that_is_behind_and_repeats_nothing(server: EventServer) -> None:
    fill(server, HOUR)
    fill(server, 1, 2, 3, topic=TOPICS[1])
    cursor = await position_after(followed(server), 2)
    server.then(Connection(status=404))
    assert await numbers(followed(server).resume(cursor), 2) == [2, 3]


async def test_events_without_an_id_of_their_own_are_not_taken_for_repeated_ones(server: EventServer) -> None:
    """One edit can have two hits of an abuse filter: these have neither an rcid nor a logid."""
    hit: dict[str, Any] = {
        "id": None,
        "log_id": 0,
        "type": "log",
        "log_type": "abusefilter",
        "log_action": "hit",
        "title": "Earth",
    }
    for number, log in ((1, 71), (2, 72)):
        server.add({**change(1, **hit), "meta": {"id": f"hit-{number}"}, "log_params": {"log": log}}, time=BEGINNING)
    fill(server, 2)
    server.then(Connection(ends_after=2))
    async with followed(server).open() as run:
        found = [await anext(run) for _ in range(3)]
    assert [one.data.get("log_params") for one in found] == [{"log": 71}, {"log": 72}, None]


async def test_missed_events_can_be_reported_to_a_function(server: EventServer) -> None:
    fill(server, 100, 200, 300, 400)
    missed: list[EventsMissed] = []
    stream = followed(server, on_missed=missed.append)
    cursor = await position_after(stream, 1)
    server.then(Connection(together=2))
    server.oldest = BEGINNING + 300_000
    assert await numbers(stream.resume(cursor), 2) == [300, 400]
    assert len(missed) == 1


async def test_a_time_of_the_future_hides_no_event_after_it(server: EventServer) -> None:
    fill(server, 1)
    server.add(change(90), time=BEGINNING + 1000 * 100 * HOUR)
    fill(server, 2)
    cursor = await position_after(followed(server), 3)
    fill(server, 3)
    fill(server, 4, topic=TOPICS[1])
    server.log.pop(1)  # the oldest events of a log are removed by size, too
    assert await numbers(followed(server).resume(cursor), 1) == [3]


async def test_a_first_event_of_the_future_does_not_move_the_beginning(server: EventServer) -> None:
    server.add(change(90), time=BEGINNING + 1000 * 100 * HOUR)
    cursor = await position_after(followed(server), 1)
    fill(server, 1)
    fill(server, 2, topic=TOPICS[1])
    server.log.pop(0)
    assert await numbers(followed(server).resume(cursor), 2) == [1, 2]
    assert server.ids[-1][0]["timestamp"] == BEGINNING


async def test_a_time_of_the_future_is_no_missed_event(server: EventServer) -> None:
    server.then(Connection(ends_after=3))
    fill(server, 1)
    server.add(change(90), time=BEGINNING + 1000 * 100 * HOUR)
    fill(server, 60)
    async with followed(server).open() as run:
        assert [(await anext(run)).data["id"] for _ in range(3)] == [1, 90, 60]
        fill(server, 61)  # the next connection begins with 90: the first one that is late enough
        assert (await anext(run)).data["id"] == 61


async def test_a_quiet_stream_and_late_events_are_no_missed_ones(server: EventServer) -> None:
    server.then(*[Connection(ends_after=3)] * 6)
    server.add(change(2), time=BEGINNING + 9_000)
    server.add(change(1), time=BEGINNING + 1_000)
    server.add(canary(1), time=BEGINNING + 2_000, topic=TOPICS[1])
    server.add(change(3), time=BEGINNING + 3_000_000)
    server.add(canary(2), time=BEGINNING + 4_000_000, topic=TOPICS[1])
    server.add(change(4), time=BEGINNING + 90_000_000)
    assert await numbers(followed(server), 4) == [2, 1, 3, 4]


async def test_a_beginning_without_an_event_for_an_hour_is_missed(server: EventServer) -> None:
    server.date = "Thu, 01 Jan 2026 01:00:00 GMT"
    server.add(canary(1), time=BEGINNING + 1000 * HOUR)
    fill(server, HOUR + 1)
    assert await numbers(followed(server), 1) == [HOUR + 1]
    server.oldest = BEGINNING + 1000 * HOUR + 1
    with pytest.raises(EventsMissed):
        await numbers(followed(server), 1)


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        ('{"id": 1', "message"),
        ("[]", "message"),
        ('{"id": 1}', "message"),
        ('{"meta": {"id": "x"}}', "message"),
        (json.dumps({**change(5), "timestamp": "yesterday"}), "message"),
        (json.dumps({**change(5), "timestamp": 10**30}), "message"),
        (json.dumps({"meta": {"id": "x", "dt": "1900-01-01T00:00:00Z"}}), "message"),
        ("[" * 100_000, "message"),
        (json.dumps({**change(5), "title": ["Earth"]}), "message"),
        (json.dumps(change(5)), "news"),
    ],
)
async def test_an_event_in_an_unknown_form_is_an_error_and_one_can_resume_beyond(
    server: EventServer, data: str, kind: str
) -> None:
    server.then(Connection(together=3))
    fill(server, 1)
    server.add(data, time=BEGINNING + 1000, kind=kind)
    fill(server, 2)
    stream = followed(server)
    run = aiter(stream)
    assert (await anext(run)).data["id"] == 1
    with pytest.raises(UnreadableEvent, match="unknown form") as caught:
        await anext(run)
    await server.until_closed()
    assert caught.value.excerpt == data[:200]
    assert caught.value.cursor is not None
    assert caught.value.beyond is not None
    with pytest.raises(UnreadableEvent):
        await numbers(stream.resume(caught.value.cursor), 1)
    server.then(Connection(together=3))
    assert await numbers(stream.resume(caught.value.beyond), 1) == [2]


@pytest.mark.parametrize("size", [3_000, 300_000])
async def test_an_event_is_bounded_and_a_stream_is_not(server: EventServer, size: int) -> None:
    fill(server, *range(1, 21))
    server.then(Connection(begins_with=b":" + b"-" * 900 + b"\n\n"), Connection())
    stream = followed(server, limits=Limits(max_reply_bytes=1024))
    assert await numbers(stream, 20) == list(range(1, 21))
    server.add(change(21, comment="x" * size), time=BEGINNING + 21_000)
    with pytest.raises(ReplyTooLarge, match="max_reply_bytes"):
        await numbers(stream, 21)


async def test_a_cursor_of_another_stream_is_refused(server: EventServer) -> None:
    fill(server, 1)
    cursor = await position_after(followed(server), 1)
    with pytest.raises(CursorMismatch):
        followed(server, wiki="enwiki").resume(cursor)
    broken = Cursor(wiki=cursor.wiki, fingerprint=cursor.fingerprint, continuation={"events": "[1]"})
    with pytest.raises(CursorMismatch, match="stream of events"):
        await numbers(followed(server).resume(broken), 1)


# Filters -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "wanted"),
    [
        ({"wiki": "otherwiki"}, [3]),
        ({"domain": ["otherwiki.example", "x.example"]}, [3]),
        ({"namespace": 2}, [4]),
        ({"type": ["log", "new"]}, [5]),
        ({"user": "Ann_Lee", "bot": False}, [6]),
        ({"bot": True}, [7]),
        ({"title": "^Page [12]$"}, [1, 2]),
        ({"where": lambda event: event.change.revid == 2}, [2]),
    ],
)
async def test_filters_leave_out_what_is_not_wanted_and_the_cursor_moves_on(
    server: EventServer, options: dict[str, Any], wanted: list[int]
) -> None:
    fill(server, 1, 2)
    fill(server, 3, wiki="otherwiki")
    fill(server, 4, namespace=2)
    server.add({**change(5), "type": "new"}, time=BEGINNING + 5000)
    fill(server, 6, user="Ann Lee")
    fill(server, 7, bot=True)
    found: list[int] = []
    async with followed(server, **options).open() as run:
        while "1767225607001" not in (run.cursor.continuation or {}).get("events", ""):
            batch = await run.next_batch()
            assert batch is not None
            found += [item.data["id"] for item in batch.items]
    assert found == wanted


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"streams": []}, "names of streams"),
        ({"streams": "a/b"}, "names of streams"),
        ({"since": "yesterday"}, "since"),
        ({"since": datetime(2026, 1, 1)}, "time zone"),  # noqa: DTZ001 - that is the mistake
        ({"overlap": -1}, "overlap"),
        ({"limit": -1}, "limit"),
        ({"title": "("}, "regular expression"),
        ({"namespace": "0"}, "namespace"),
        ({"wiki": [""]}, "not empty"),
        ({"url": "stream.example"}, "url"),
        ({"user_agent": "bot"}, "how to reach you"),
    ],
)
def test_arguments_that_cannot_work_are_refused(options: dict[str, Any], message: str) -> None:
    arguments = {"streams": "recentchange", "user_agent": USER_AGENT, **options}
    with pytest.raises(ValueError, match=message):
        eventstreams(**arguments)


def test_without_the_library_the_error_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "httpx_sse", None)
    monkeypatch.setattr("mwclient_async._events.event_streams.find_spec", lambda _: None)
    with pytest.raises(ImportError, match=r"mwclient_async\[eventstreams\]"):
        eventstreams("recentchange", user_agent=USER_AGENT)


# One run -------------------------------------------------------------------------------------------------------------


async def test_a_step_that_is_cancelled_loses_nothing(server: EventServer) -> None:
    fill(server, 1)
    async with followed(server).open() as run:
        assert (await anext(run)).data["id"] == 1
        with anyio.move_on_after(0.01):
            await anext(run)
        fill(server, 2)
        assert (await anext(run)).data["id"] == 2


async def test_with_read_ahead_a_cancelled_step_keeps_the_connection(server: EventServer) -> None:
    fill(server, 1)
    async with followed(server).open(read_ahead=1) as run:
        assert (await anext(run)).data["id"] == 1
        with anyio.move_on_after(0.01):
            await anext(run)
        fill(server, 2)
        assert (await anext(run)).data["id"] == 2
    assert len(server.requests) == 1
    await server.until_closed()


async def test_a_run_that_reads_ahead_closes_its_connection_when_it_is_cancelled(server: EventServer) -> None:
    """Also if nothing is being read just then: the next batch waits for the consumer."""
    fill(server, 1, 2, 3)
    with anyio.CancelScope() as scope:
        async with followed(server).open(read_ahead=1) as run:
            await anext(run)
            await anyio.wait_all_tasks_blocked()
            scope.cancel()
            await anyio.lowlevel.checkpoint()
    assert scope.cancelled_caught
    with anyio.fail_after(5):
        await server.until_closed()


async def test_the_connection_is_closed_at_the_limit(server: EventServer) -> None:
    fill(server, 1, 2, 3)
    assert [event.data["id"] async for event in followed(server, limit=2)] == [1, 2]
    first = await followed(server).first()
    assert first is not None
    await server.until_closed()


async def test_a_cursor_within_a_batch_resumes_there(server: EventServer) -> None:
    server.then(Connection(together=3))
    fill(server, 1, 2, 3)
    cursor = await position_after(followed(server), 2)
    assert len(cursor.given) == 2
    assert await numbers(followed(server).resume(str(cursor)), 1) == [3]


async def test_the_connection_of_a_loop_that_was_left_is_closed_by_the_next_one(server: EventServer) -> None:
    fill(server, 1)
    stream = followed(server)
    for _ in range(2):
        async for _ in stream:
            break
    gc.collect()
    await numbers(stream, 1)
    await server.until_closed()


async def test_the_position_does_not_grow(server: EventServer) -> None:
    fill(server, *range(1, 101))
    sizes = []
    async with followed(server, overlap=3).open() as run:
        for _ in range(100):
            await anext(run)
            sizes.append(len((run.cursor.continuation or {}).get("events", "")))
    assert max(sizes[50:]) < 2 * max(sizes[20:40])


async def test_nothing_but_the_request_is_sent_to_the_service(server: EventServer) -> None:
    fill(server, 1)
    secret = HttpOptions(headers=(("Authorization", "Bearer secret"), ("Cookie", "session=secret")))
    await numbers(followed(server, http=secret), 1)
    assert {name for name, _ in server.requests[0].headers} == {
        *("host", "accept", "accept-encoding", "connection", "user-agent", "cache-control"),
    }
