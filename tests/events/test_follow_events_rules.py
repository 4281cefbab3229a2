"""The events of one wiki: its place among others, and the list that fills a gap. The wiki's responses are scripted.

A real wiki cannot be made to have lost its oldest changes, to fail between two batches of a list, or to be one of many.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import anyio
import pytest

from mwclient_async import (
    CursorMismatch,
    EventsMissed,
    GapFilled,
    HttpOptions,
    Limits,
    ReplyLost,
    RequestFinished,
    RetryPolicy,
    Site,
    SiteClosed,
)
from mwclient_async._http.messages import HttpRequest, StreamedResponse
from mwclient_async._http.transport import own_transport
from mwclient_async.testing.scripted import Scripted, ScriptedClock, ScriptedTransport, sent
from tests.conftest import USER_AGENT
from tests.support.event_server import BEGINNING, TOPICS, EventServer, canary, change

API = "https://wiki.example.org/w/api.php"
SINCE = "2026-01-01T00:00:00Z"
INFO = {"curtimestamp": SINCE, "query": {"general": {"wikiid": "testwiki"}}, "batchcomplete": True}
NOBODY = {"name": "127.0.0.1", "anon": True, "rights": []}


class OnlyTheWiki(ScriptedTransport):
    """Answers the requests to the wiki by a script. Events come from their server."""

    @asynccontextmanager
    async def stream(self, request: HttpRequest) -> AsyncIterator[StreamedResponse]:
        transport = own_transport(HttpOptions(), Limits())
        try:
            async with transport.stream(request) as response:
                yield response
        finally:
            await transport.aclose()


def rows(*numbers: int, more: str | None = None) -> dict[str, Any]:
    """A response of list=recentchanges with these changes, as ``change`` has them."""
    listed = [
        {"type": "edit", "rcid": number, "title": f"Page {number}", "ns": 0, "timestamp": time_of(number)}
        for number in numbers
    ]
    next_continue = {} if more is None else {"continue": {"rccontinue": more, "continue": "-||"}}
    return {"batchcomplete": True, "query": {"recentchanges": listed, "userinfo": NOBODY}, **next_continue}


def time_of(number: int) -> str:
    return datetime.fromtimestamp(BEGINNING / 1000 + number, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def opened(script: Iterable[Scripted], **options: Any) -> AbstractAsyncContextManager[Site]:
    transport = OnlyTheWiki(script)
    return Site(API, user_agent=USER_AGENT, transport=transport, clock=ScriptedClock(), **options)


def requests(site: Site) -> list[dict[str, str]]:
    """The parameters of the requests to the wiki."""
    assert isinstance(site._transport, OnlyTheWiki)
    return [sent(request) for request in site._transport.requests]


def fill(server: EventServer, *numbers: int, topic: str = TOPICS[0], **fields: Any) -> None:
    for number in numbers:
        server.add(change(number, **fields), time=BEGINNING + 1000 * number, topic=topic)


@pytest.fixture
async def server() -> AsyncIterator[EventServer]:
    async with EventServer() as started:
        yield started


async def test_it_begins_now_by_the_wikis_clock_and_has_its_own_events_only(server: EventServer) -> None:
    fill(server, 1)
    fill(server, 2, wiki="otherwiki")
    server.add(canary(3), time=BEGINNING + 3000)
    fill(server, 4)
    async with opened([INFO]) as site, site.follow_events(url=server.url).open() as run:
        assert [(await anext(run)).rcid for _ in range(2)] == [1, 4]
        assert len(requests(site)) == 1
    assert server.since == ["2026-01-01T00:00:00.000Z"]


async def test_a_gap_is_read_in_batches_and_the_cursor_is_within_it(server: EventServer) -> None:
    """Each batch is asked for by a new stream, as by another process. The last rows come on the stream, too."""
    fill(server, 100)
    events: list[Any] = []
    gap = [rows(90), rows(100, 200, more="c1"), rows(250, more="c2"), rows(300)]
    script = [INFO, INFO, gap[0], gap[1], INFO, gap[2], INFO, gap[3], INFO]
    async with opened(script, on_event=events.append) as site:
        stream = site.follow_events(url=server.url, overlap=10)
        async with stream.open() as run:
            given = [(await anext(run)).rcid]
            cursor = run.cursor
        server.oldest = BEGINNING + 299_000
        fill(server, 300, 301)
        while len(given) < 5:
            async with stream.resume(str(cursor)).open() as run:
                batch = await run.next_batch()
                while batch is not None and not batch.items:
                    batch = await run.next_batch()
                assert batch is not None
                given += [item.rcid for item in batch.items]
                cursor = batch.cursor
        listed = [request for request in requests(site) if request.get("list") == "recentchanges"][1:]
    assert given == [100, 200, 250, 300, 301]
    assert {(request["rcstart"], request["rcend"], request["rcdir"]) for request in listed} == {
        ("2026-01-01T00:01:30Z", "2026-01-01T00:05:10Z", "newer")
    }
    assert [request.get("rccontinue") for request in listed] == [None, "c1", "c2"]
    (filled,) = [event for event in events if isinstance(event, GapFilled)]
    assert filled.until == datetime(2026, 1, 1, 0, 5, 10, tzinfo=UTC)


async def test_what_neither_the_service_nor_the_list_has_is_an_error(server: EventServer) -> None:
    fill(server, 300)
    oldest = rows(200)
    async with opened([INFO, oldest, INFO, oldest, rows(200, 300)]) as site:
        stream = site.follow_events(url=server.url, since=SINCE)
        with pytest.raises(EventsMissed) as caught:
            async with stream.open() as run:
                await anext(run)
        assert (caught.value.since.timestamp(), caught.value.until.timestamp()) == (
            *(BEGINNING / 1000, BEGINNING / 1000 + 200),
        )
        assert caught.value.beyond is not None
        assert requests(site)[-1]["rclimit"] == "1"
        async with stream.resume(caught.value.beyond).open() as run:
            assert [(await anext(run)).rcid for _ in range(2)] == [200, 300]


async def test_a_wiki_that_has_everything_since_its_first_change_misses_nothing(server: EventServer) -> None:
    fill(server, 300)
    async with opened([INFO, rows(1), rows(200, 300)]) as site:
        stream = site.follow_events(url=server.url, since="2025-01-01T00:00:00Z", limit=2)
        assert [one.rcid for one in await stream.collect()] == [200, 300]


async def test_the_list_is_asked_for_what_is_wanted(server: EventServer) -> None:
    fill(server, 300)
    async with opened([INFO, rows(1), rows(200, 250, 300)]) as site:
        wanted: dict[str, Any] = {"namespace": [0, 4], "type": "edit", "where": lambda one: one.rcid != 250}
        async with site.follow_events(url=server.url, since=SINCE, **wanted).open() as run:
            assert [(await anext(run)).rcid for _ in range(2)] == [200, 300]
        assert (requests(site)[-1]["rcnamespace"], requests(site)[-1]["rctype"]) == ("0|4", "edit")


async def test_a_cursor_from_before_the_first_event_can_be_used_much_later(server: EventServer) -> None:
    """The history of the service then begins after it. Within an hour, it does not."""
    async with opened([INFO, INFO, INFO, rows(1), rows(200, 300)]) as site:
        stream = site.follow_events(url=server.url)
        async with stream.open() as run:
            cursor = run.cursor
        fill(server, 300)
        async with stream.resume(str(cursor)).open() as run:
            assert (await anext(run)).rcid == 300
        server.date = "Thu, 01 Jan 2026 01:00:01 GMT"
        async with stream.resume(str(cursor)).open() as run:
            assert [(await anext(run)).rcid for _ in range(2)] == [200, 300]


async def test_an_artificial_event_does_not_hide_that_others_before_it_were_missed(server: EventServer) -> None:
    server.add(canary(1), time=BEGINNING + 250_000, topic=TOPICS[1])
    server.add(canary(2), time=BEGINNING + 280_000)
    fill(server, 300)
    async with (
        opened([INFO, rows(1), rows(200, 300)]) as site,
        site.follow_events(url=server.url, since=SINCE).open() as run,
    ):
        assert [(await anext(run)).rcid for _ in range(2)] == [200, 300]


async def test_a_list_without_any_row_does_not_say_that_nothing_was_missed(server: EventServer) -> None:
    """The wiki removes old rows."""
    fill(server, 300, wiki="otherwiki")
    async with opened([INFO, rows()]) as site:
        with pytest.raises(EventsMissed) as caught:
            async with site.follow_events(url=server.url, since=SINCE).open() as run:
                await anext(run)
    assert caught.value.until.timestamp() > BEGINNING / 1000 + 300


async def test_log_events_of_one_second_without_ids_are_all_given(server: EventServer) -> None:
    hit: dict[str, Any] = {
        "id": None,
        "log_id": 0,
        "type": "log",
        "log_type": "abusefilter",
        "log_action": "hit",
        "title": "Earth",
    }
    for log in (71, 72):
        server.add(change(1, **hit, log_params={"log": log}), time=BEGINNING + 1000)
    fill(server, 2)
    async with opened([INFO]) as site, site.follow_events(url=server.url).open() as run:
        found = [await anext(run) for _ in range(3)]
    assert [one.logparams for one in found] == [{"log": 71}, {"log": 72}, {}]


async def test_an_error_of_the_list_has_the_position_within_the_gap(server: EventServer) -> None:
    fill(server, 300)
    script: list[Scripted] = [INFO, rows(1), rows(100, more="c1"), ReplyLost("cut"), INFO, rows(200, 300)]
    async with opened(script, retry=RetryPolicy(attempts=1)) as site:
        stream = site.follow_events(url=server.url, since=SINCE)
        async with stream.open() as run:
            assert (await anext(run)).rcid == 100
            with pytest.raises(ReplyLost) as caught:
                await anext(run)
        assert caught.value.cursor is not None
        async with stream.resume(caught.value.cursor).open() as run:
            assert [(await anext(run)).rcid for _ in range(2)] == [200, 300]


async def test_one_place_for_requests_is_enough_beside_the_events(server: EventServer) -> None:
    fill(server, 1)
    async with (
        opened([INFO, INFO], limits=Limits(concurrency=1)) as site,
        site.follow_events(url=server.url).open() as run,
    ):
        await anext(run)
        assert (await site.call("query", meta="siteinfo"))["query"]["general"]


async def test_closing_the_site_ends_the_run_and_its_connection(server: EventServer) -> None:
    fill(server, 1)
    async with opened([INFO]) as site:
        run = aiter(site.follow_events(url=server.url))
        await anext(run)

        async def wait() -> None:
            with pytest.raises(SiteClosed):
                await anext(run)

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(wait)
            await anyio.wait_all_tasks_blocked()
            await site.aclose()
    await server.until_closed()


async def test_a_connection_is_an_event_of_the_library_without_anything_secret(server: EventServer) -> None:
    fill(server, 1)
    events: list[Any] = []
    async with opened([INFO], on_event=events.append) as site, site.follow_events(url=server.url).open() as run:
        await anext(run)
    (connected,) = [one for one in events if isinstance(one, RequestFinished) and one.label == "stream=recentchange"]
    assert (connected.method, connected.status, connected.attempt) == ("GET", 200, 1)


async def test_mappings_are_rows_of_the_list(server: EventServer) -> None:
    fill(server, 1, user="127.0.0.1")
    async with opened([INFO]) as site, site.follow_events(url=server.url).mappings().open() as run:
        row = await anext(run)
    assert (row["rcid"], row["timestamp"], row["anon"], row["ns"]) == (1, "2026-01-01T00:00:01Z", True, 0)


async def test_a_cursor_of_a_followed_list_is_refused(server: EventServer) -> None:
    async with opened([INFO]) as site:
        stream = site.list("recentchanges").follow()
        with pytest.raises(CursorMismatch):
            site.follow_events(url=server.url).resume(stream.open()._run.cursor)


@pytest.mark.parametrize("api_url", [API, "http://127.0.0.1/w/api.php", "https://wikipedia.example/w/api.php"])
async def test_a_wiki_that_is_not_of_wikimedia_has_no_events_there(api_url: str) -> None:
    async with Site(api_url, user_agent=USER_AGENT, transport=ScriptedTransport()) as site:
        with pytest.raises(ValueError, match="has no events of"):
            site.follow_events()


@pytest.mark.parametrize("host", ["en.wikipedia.org", "www.wikidata.org", "www.mediawiki.org", "commons.wikimedia.org"])
async def test_a_wiki_of_wikimedia_has_them(host: str) -> None:
    async with Site(f"https://{host}/w/api.php", user_agent=USER_AGENT, transport=ScriptedTransport()) as site:
        assert host in repr(site.follow_events())
