"""Followed lists: each new event comes once, even if it becomes visible late within the overlap."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from mwclient_async import Site
from mwclient_async.errors import ReplyLost
from mwclient_async.models.options import RetryPolicy
from mwclient_async.testing.scripted import Scripted, ScriptedClock, ScriptedTransport, sent
from mwclient_async.testing.wiki import LocalWiki
from tests.conftest import USER_AGENT
from tests.support.logins import fresh

API = "https://wiki.example.org/w/api.php"
NOW = {"curtimestamp": "2026-11-21T12:00:00Z", "batchcomplete": True}
LATER = {"curtimestamp": "2026-11-21T13:00:00Z", "batchcomplete": True}


def changes(*rows: tuple[int, str], rccontinue: str | None = None) -> dict[str, Any]:
    """Changes with these ids, and the minutes and seconds of their times."""
    listed = [{"type": "edit", "rcid": rcid, "timestamp": f"2026-11-21T12:{time}Z"} for rcid, time in rows]
    next_continue = {} if rccontinue is None else {"continue": {"rccontinue": rccontinue, "continue": "-||"}}
    return {**LATER, "query": {"recentchanges": listed}, **next_continue}


@pytest.fixture
async def writer(wiki: LocalWiki) -> AsyncIterator[Site]:
    name = fresh("Follower")
    await wiki.create_user(name)
    auth = await wiki.create_bot_password(name)
    async with Site(wiki.api_url, user_agent=USER_AGENT, auth=auth, clock=ScriptedClock()) as site:
        yield site


async def next_title(run: AsyncIterator[Any], titles: list[str]) -> str | None:
    """The title of the next event of these pages. A run may begin in the second of another test."""
    event = await anext(run)
    while event.title not in titles:
        event = await anext(run)
    return event.title


@pytest.mark.everywhere
async def test_each_new_event_comes_once_and_in_order(writer: Site) -> None:
    titles = [fresh("Followed") for _ in range(7)]
    given: list[str | None] = []
    stream = writer.list("recentchanges", batch_size=2, prop=["title"], type="new").follow(every=10, overlap=3600)
    async with stream.open() as run:
        for made in titles:
            await writer.page(made).create("x")
            given.append(await next_title(run, titles))
    assert given == titles


async def test_c7_a_cursor_resumes_in_another_process(writer: Site) -> None:
    titles = [fresh("Handed over") for _ in range(6)]
    stream = writer.list("recentchanges", batch_size=4, type="new").follow(overlap=3600)
    async with stream.open() as run:
        for title in titles:
            await writer.page(title).create("x")
        first = [await next_title(run, titles) for _ in range(3)]
        cursor = str(run.cursor)
    async with stream.resume(cursor).open() as run:
        rest = [await next_title(run, titles) for _ in range(3)]
    assert first + rest == titles


async def until(run: AsyncIterator[Any], revid: int) -> AsyncIterator[Any]:
    """The events up to the one of that revision. Others of the same second may come first."""
    async for event in run:
        yield event
        if event.revid == revid:
            return


async def followed(script: list[Scripted], number: int, **options: float) -> tuple[list[int | None], ScriptedTransport]:
    transport = ScriptedTransport([NOW, *script])
    clock = ScriptedClock()
    async with Site(API, user_agent=USER_AGENT, transport=transport, clock=clock) as site:
        run = aiter(site.list("recentchanges").follow(**options))
        return [(await anext(run)).rcid for _ in range(number)], transport


async def test_an_event_that_becomes_visible_late_is_given_and_none_twice() -> None:
    polls: list[Scripted] = [
        changes((5, "00:10"), (7, "00:12")),
        changes((5, "00:10"), (6, "00:11"), (7, "00:12"), (9, "00:30")),  # 6 was written earlier, and is seen now
        changes((6, "00:11"), (7, "00:12"), (8, "00:29"), (9, "00:30")),
    ]
    given, transport = await followed(polls, 5, every=10, overlap=20)
    assert given == [5, 7, 6, 9, 8]
    assert [sent(request)["rcstart"] for request in transport.requests[1:]] == [
        "2026-11-21T12:00:00Z",  # the wiki's clock, not ours
        "2026-11-21T12:00:00Z",
        "2026-11-21T12:00:10Z",
    ]


async def test_it_waits_between_polls_only() -> None:
    polls: list[Scripted] = [
        changes((1, "00:01"), (2, "00:02"), rccontinue="3"),
        changes((3, "00:03")),
        changes((3, "00:03"), (4, "00:04")),
    ]
    clock = ScriptedClock()
    transport = ScriptedTransport([NOW, *polls])
    async with Site(API, user_agent=USER_AGENT, transport=transport, clock=clock) as site:
        run = aiter(site.list("recentchanges").follow(every=7))
        assert [(await anext(run)).rcid for _ in range(4)] == [1, 2, 3, 4]
    assert clock.slept == [7]
    assert [sent(request).get("rccontinue") for request in transport.requests[1:]] == [None, "3", None]


async def test_after_a_failure_the_cursor_resumes_at_its_position() -> None:
    broken = ReplyLost("cut")
    transport = ScriptedTransport([NOW, broken, changes((1, "00:01"))])
    site = Site(API, user_agent=USER_AGENT, transport=transport, clock=ScriptedClock(), retry=RetryPolicy(attempts=1))
    async with site:
        stream = site.list("recentchanges").follow()
        with pytest.raises(ReplyLost) as caught:
            await anext(aiter(stream))
        assert caught.value.cursor is not None
        assert (await anext(aiter(stream.resume(caught.value.cursor)))).rcid == 1
    assert sent(transport.requests[-1])["rcstart"] == "2026-11-21T12:00:00Z"  # no event between is lost


@pytest.mark.parametrize("read_ahead", [0, 1])
async def test_c7_a_cursor_before_the_first_event_has_the_time_of_the_beginning(read_ahead: int) -> None:
    """A program that is killed before the first event must not begin at a later time when it is started again."""
    transport = ScriptedTransport([NOW, *([changes()] * read_ahead)])
    async with (
        Site(API, user_agent=USER_AGENT, transport=transport, clock=ScriptedClock()) as site,
        site.list("recentchanges").follow().open(read_ahead=read_ahead) as run,
    ):
        stored = str(run.cursor)
    transport = ScriptedTransport([changes((1, "00:01"))])  # another process
    async with Site(API, user_agent=USER_AGENT, transport=transport, clock=ScriptedClock()) as site:
        assert (await anext(aiter(site.list("recentchanges").follow().resume(stored)))).rcid == 1
    assert [sent(request)["rcstart"] for request in transport.requests] == ["2026-11-21T12:00:00Z"]


async def test_a_stored_position_precedes_a_start_of_this_run() -> None:
    """A program that begins an hour ago gives another ``start`` in each run, and then resumes."""
    transport = ScriptedTransport([changes((1, "00:01")), changes((2, "00:02"))])
    async with Site(API, user_agent=USER_AGENT, transport=transport, clock=ScriptedClock()) as site:
        first = site.list("recentchanges", start="2026-11-21T12:00:00Z").follow(overlap=0)
        later = site.list("recentchanges", start="2026-11-21T18:00:00Z").follow(overlap=0)
        begun = aiter(first)
        for position in (str(begun.cursor), str(begun.cursor)):
            await anext(aiter(later.resume(position)))
    assert {sent(request)["rcstart"] for request in transport.requests} == {"2026-11-21T12:00:00Z"}


async def test_the_state_in_a_cursor_does_not_grow() -> None:
    polls: list[Scripted] = [
        changes(*((100 * minute + n, f"{minute:02}:{n:02}") for n in range(50))) for minute in range(20)
    ]
    transport = ScriptedTransport([NOW, *polls])
    async with Site(API, user_agent=USER_AGENT, transport=transport, clock=ScriptedClock()) as site:
        run = aiter(site.list("recentchanges").follow(overlap=5))
        sizes = []
        for _ in range(20):
            for _ in range(50):
                await anext(run)
            sizes.append(len(str(run.cursor)))
    assert max(sizes) < 2 * min(sizes)


def categorized(category: str) -> dict[str, Any]:
    """The row of a watchlist for an edit, or for a category that its page entered by it: both have one revision."""
    common = {"pageid": 7, "revid": 5, "old_revid": 4, "timestamp": "2026-11-21T12:00:10Z"}
    return {**common, "type": "categorize" if category else "edit", "ns": 14, "title": category or "Earth"}


async def test_a_category_change_of_a_watched_revision_is_a_separate_event() -> None:
    """A job adds the category events after the edit, with its time: late. A wiki without jobs adds them at once."""
    first = [categorized("")]
    polls: list[Scripted] = [
        {**LATER, "query": {"watchlist": rows}}
        for rows in (first, [*first, categorized("Category:A")], [*first, *map(categorized, ("Category:A", "B"))])
    ]
    transport = ScriptedTransport([NOW, *polls])
    async with Site(API, user_agent=USER_AGENT, transport=transport, clock=ScriptedClock()) as site:
        run = aiter(site.list("watchlist", prop="ids").follow())
        assert [(await anext(run)).title for _ in range(3)] == ["Earth", "Category:A", "B"]
    assert sent(transport.requests[1])["wlprop"] == "ids|timestamp|title|loginfo"


@pytest.mark.everywhere
async def test_a_watchlist_can_be_followed_without_further_parameters(writer: Site) -> None:
    """By default a watchlist has neither the time of an event nor the id of a log entry."""
    page = writer.page("Main Page")
    await page.watch()
    run = aiter(writer.list("watchlist", allrev=True).follow(overlap=3600))
    await run.next_batch()  # it begins now
    made = [(await page.append(text)).revid for text in "ab"]
    found = [event.revid async for event in until(run, made[-1])]
    assert found[-2:] == made
    assert len({*found}) == len(found)


async def test_an_event_of_the_future_does_not_hide_those_of_now() -> None:
    """The test wikis have no event of the future. It comes from a wrong clock or an imported history."""
    at = {"curtimestamp": "2026-11-21T12:00:20Z"}
    polls: list[Scripted] = [
        {**changes((5, "00:10"), (6, "59:00")), **at},
        {**changes((5, "00:10"), (7, "00:15"), (6, "59:00")), **at},
    ]
    given, transport = await followed(polls, 3, every=10, overlap=10)
    assert given == [5, 6, 7]
    assert sent(transport.requests[2])["rcstart"] == "2026-11-21T12:00:10Z"


async def test_an_event_that_became_visible_during_a_long_poll_is_given() -> None:
    """A poll of several requests: 6 is earlier than 7, and became visible after that time had been read."""
    polls: list[Scripted] = [
        {**changes((5, "00:10"), rccontinue="7"), "curtimestamp": "2026-11-21T12:00:10Z"},
        {**changes((7, "05:00")), "curtimestamp": "2026-11-21T12:05:00Z"},
        {**changes((5, "00:10"), (6, "00:09"), (7, "05:00")), "curtimestamp": "2026-11-21T12:05:10Z"},
    ]
    given, transport = await followed(polls, 3, every=10, overlap=5)
    assert given == [5, 7, 6]
    assert sent(transport.requests[3])["rcstart"] == "2026-11-21T12:00:05Z"


@pytest.mark.parametrize("start", ["2026-11-21T14:00:00+02:00", "20261121T120000Z", "2026-11-21T12:00:00"])
async def test_a_start_in_any_format_gives_each_event_once(start: str) -> None:
    polls: list[Scripted] = [changes((1, "00:01")), changes((1, "00:01")), changes((1, "00:01"), (2, "00:02"))]
    transport = ScriptedTransport([*polls])
    async with Site(API, user_agent=USER_AGENT, transport=transport, clock=ScriptedClock()) as site:
        run = aiter(site.list("recentchanges", start=start).follow(overlap=5))
        assert [(await anext(run)).rcid for _ in range(2)] == [1, 2]
    assert {sent(request)["rcstart"] for request in transport.requests} == {"2026-11-21T12:00:00Z"}


async def test_a_small_limit_does_not_make_many_requests() -> None:
    polls: list[Scripted] = [changes((1, "00:01"), (2, "00:02")), changes((1, "00:01"), (2, "00:02"), (3, "00:03"))]
    transport = ScriptedTransport([NOW, *polls])
    async with Site(API, user_agent=USER_AGENT, transport=transport, clock=ScriptedClock()) as site:
        assert len(await site.list("recentchanges", limit=3).follow().collect()) == 3
    assert [sent(request)["rclimit"] for request in transport.requests[1:]] == [
        "3",
        "3",
    ]  # two of the three are known already


async def test_a_cursor_of_the_list_itself_is_refused() -> None:
    async with Site(API, user_agent=USER_AGENT, transport=ScriptedTransport([changes((1, "00:01"))])) as site:
        stream = site.list("recentchanges")
        run = aiter(stream)
        await anext(run)
        with pytest.raises(ValueError, match=r"follow\(\)\.resume"):
            stream.resume(run.cursor).follow()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"start": "yesterday"}, "start='yesterday'"),
        ({"overlap": float("inf")}, "overlap=inf"),
        ({"dir": "older"}, "older to newer"),
        ({"end": "2026-01-01T00:00:00Z"}, "older to newer"),
        ({"every": -1.0}, "every=-1.0"),
        ({"overlap": float("nan")}, "overlap=nan"),
    ],
)
async def test_contradictions_are_refused_before_any_request(arguments: dict[str, Any], message: str) -> None:
    options = {name: arguments[name] for name in ("every", "overlap") if name in arguments}
    arguments = {name: value for name, value in arguments.items() if name not in options}
    async with Site(API, user_agent=USER_AGENT, transport=ScriptedTransport()) as site:
        with pytest.raises(ValueError, match=message):
            site.list("recentchanges", **arguments).follow(**options)


async def test_only_lists_of_events_can_be_followed() -> None:
    async with Site(API, user_agent=USER_AGENT, transport=ScriptedTransport()) as site:
        with pytest.raises(ValueError, match="allpages cannot be followed"):
            site.list("allpages").follow()
        with pytest.raises(ValueError, match="only lists of events"):
            site.query(titles="Earth").follow()
