"""site.loader: what many tasks ask for becomes few requests, and no task harms another.

The wiki is played by a transport: a real one cannot be made to hold its responses, or to fail for one request of many.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import anyio
import anyio.lowlevel
import pytest
from anyio import wait_all_tasks_blocked

from mwclient_async import Limits, Loader, Page, RetryPolicy, Site
from mwclient_async.errors import (
    ApiError,
    ConnectionFailed,
    InvalidTitle,
    NotRequested,
    PageMissing,
    PermissionDenied,
    ProtocolError,
    ReplyTooLarge,
    SiteClosed,
)
from mwclient_async.testing.scripted import ScriptedClock
from tests.conftest import USER_AGENT
from tests.support.corpus import LONG, Corpus
from tests.support.lossy_transport import CountingTransport
from tests.support.prepared_pages import Outcomes, PreparedPages, load_all

API = "https://wiki.example.org/w/api.php"
REFUSED = {"errors": [{"code": "readapidenied", "text": "You may not read."}]}
TEXTS: dict[str, Any] = {"prop": "revisions", "rvprop": ["ids", "content"]}


def site_of(wiki: PreparedPages, **options: Any) -> Site:
    return Site(API, user_agent=USER_AGENT, transport=wiki, retry=RetryPolicy(attempts=1), **options)


@asynccontextmanager
async def opened(wiki: PreparedPages, clock: ScriptedClock | None = None, **options: Any) -> AsyncIterator[Loader]:
    async with site_of(wiki, clock=clock) as site, site.loader(**options) as loader:
        yield loader


# How many requests ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("rights", "requests"), [((), 20), (("apihighlimits",), 3)])
async def test_1000_loads_at_the_same_moment_take_the_fewest_requests(rights: tuple[str, ...], requests: int) -> None:
    wiki = PreparedPages(*rights)
    titles = [tuple(f"T{n}" for n in range(start, start + 100)) for start in range(0, 1000, 100)]
    async with opened(wiki, prop="info") as loader:
        outcomes = await load_all(loader.load_many, titles)
    assert {wanted: tuple(page.title for page in pages) for wanted, pages in outcomes.values.items()} == {
        wanted: wanted for wanted in titles
    }
    assert len(wiki.asked) == requests


async def test_1000_loads_of_an_account_with_high_limits_that_is_known_take_two_requests() -> None:
    wiki = PreparedPages("apihighlimits")
    async with opened(wiki) as loader:
        await loader.load("First")
        await loader.load_many(f"T{n}" for n in range(1000))
    assert [len(values) for values in wiki.asked] == [1, 500, 500]


@pytest.mark.parametrize("concurrency", [1, 4])
async def test_w6_as_many_requests_are_in_flight_as_the_limit_allows(concurrency: int) -> None:
    wiki = PreparedPages()
    async with site_of(wiki, limits=Limits(concurrency=concurrency)) as site, site.loader() as loader:
        await loader.load("First")
        wiki.hold()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(loader.load_many, [f"T{n}" for n in range(500)])
            await wait_all_tasks_blocked()
            wiki.release.set()
    assert (len(wiki.asked), wiki.most) == (11, concurrency)


async def test_tasks_that_a_task_has_just_started_share_its_request() -> None:
    wiki = PreparedPages()

    async def first() -> None:
        for number in range(10):
            tasks.start_soon(loader.load, f"T{number}")
        await loader.load("First")

    async with opened(wiki) as loader, anyio.create_task_group() as tasks:
        tasks.start_soon(first)
    assert [len(values) for values in wiki.asked] == [11]


async def test_equal_titles_have_one_place_in_the_request() -> None:
    wiki = PreparedPages()
    async with opened(wiki) as loader:
        outcomes = await load_all(loader.load_many, [("Earth", "Mars"), ("Mars",), ("Earth", "Earth")])
    assert [sorted(values) for values in wiki.asked] == [["Earth", "Mars"]]
    assert all(tuple(page.title for page in pages) == wanted for wanted, pages in outcomes.values.items())


async def test_what_is_asked_while_all_requests_are_in_flight_is_collected() -> None:
    wiki = PreparedPages()
    async with site_of(wiki, limits=Limits(concurrency=1)) as site, site.loader() as loader:
        await loader.load("First")
        wiki.hold()
        async with anyio.create_task_group() as tasks:
            for title in ("A", "B", "C", "B"):
                tasks.start_soon(loader.load, title)
                await wait_all_tasks_blocked()
            wiki.release.set()
    assert wiki.asked == [["First"], ["A"], ["B", "C"]]


async def test_titles_page_ids_and_revision_ids_have_requests_of_their_own() -> None:
    wiki = PreparedPages()
    async with opened(wiki) as loader:
        outcomes = Outcomes({})
        async with anyio.create_task_group() as tasks:
            for number in (7, 9, 7):
                tasks.start_soon(outcomes.record, f"revid {number}", partial(loader.load, revid=number))
                tasks.start_soon(outcomes.record, f"pageid {number}", partial(loader.load, pageid=number))
            tasks.start_soon(outcomes.record, "title", partial(loader.load, "7"))
    assert sorted(map(sorted, wiki.asked)) == [["7"], ["7", "9"], ["7", "9"]]
    assert {name: (page.asked, page.raw["title"]) for name, page in outcomes.values.items()} == {
        **{f"revid {number}": (number, str(number)) for number in (7, 9)},
        **{f"pageid {number}": (number, str(number)) for number in (7, 9)},
        "title": ("7", "7"),
    }


async def test_many_pages_come_in_the_order_of_the_inputs() -> None:
    wiki = PreparedPages()
    async with opened(wiki) as loader:
        pages = await loader.load_many(["C", Page(title="A"), {"title": "B"}, "C"])
        assert [page.asked for page in pages] == ["C", "A", "B", "C"]
        assert [page.pageid for page in await loader.load_many(pageids=[9, 3])] == [9, 3]
        assert await loader.load_many([]) == []
        with pytest.raises(InvalidTitle, match="'<b>'"):
            await loader.load_many(["A", "<b>"])
    assert wiki.asked == [["C", "A", "B"], ["9", "3"], ["A", "<b>"]]


# One task and the others ---------------------------------------------------------------------------------------------


async def test_a_bad_title_fails_only_its_own_task() -> None:
    wiki = PreparedPages()
    async with opened(wiki) as loader:
        outcomes = await load_all(loader.load, ["A", "<b>", "No page", "", "B\x1fC"])
    found = outcomes.values
    assert (found["A"].title, found["No page"].status.value) == ("A", "missing")
    assert {name: type(error) for name, error in outcomes.errors().items()} == dict.fromkeys(
        ["<b>", "", "B\x1fC"], InvalidTitle
    )
    assert "'<b>' cannot be the title of a page: It is not valid." in str(found["<b>"])


async def test_c10_a_page_that_the_wiki_does_not_send_fails_only_its_own_task() -> None:
    wiki = PreparedPages()
    wiki.faults[1] = {"batchcomplete": True, "query": {"pages": [{"pageid": 1, "ns": 0, "title": "A"}]}}
    async with opened(wiki) as loader:
        outcomes = await load_all(loader.load_many, [("B", "A"), ("A",)])
    assert [page.title for page in outcomes.values["A",]] == ["A"]
    assert type(outcomes.values["B", "A"]) is ProtocolError


async def test_wrong_arguments_fail_before_any_request() -> None:
    wiki = PreparedPages()
    async with opened(wiki) as loader:
        wrong: list[tuple[type[Exception], dict[str, Any]]] = [
            (ValueError, {}),
            (ValueError, {"pageid": 1, "revid": 2}),
            (TypeError, {"pageid": "9"}),
            (TypeError, {"revid": True}),
        ]
        for error, arguments in wrong:
            with pytest.raises(error):
                await loader.load(**arguments)
        with pytest.raises(TypeError, match="each of them must be text"):
            await loader.load(9)  # type: ignore[call-overload]  # the mistake of this test
        with pytest.raises(ValueError, match="exactly one"):
            await loader.load_many(["A"], pageids=[1])  # type: ignore[call-overload]  # the same
    assert wiki.asked == []


@pytest.mark.parametrize("cancelled", [0, 1, 2])
async def test_w7_a_cancelled_task_harms_no_other(cancelled: int) -> None:
    """The first task is the one whose call makes the request."""
    wiki = PreparedPages()
    wiki.hold()
    outcomes, scopes = Outcomes({}), [anyio.CancelScope() for _ in range(3)]

    async def load(number: int) -> None:
        with scopes[number]:
            await outcomes.record(number, partial(loader.load, f"T{number}"))

    async with opened(wiki) as loader, anyio.create_task_group() as tasks:
        for number in range(3):
            tasks.start_soon(load, number)
        await wait_all_tasks_blocked()
        scopes[cancelled].cancel()
        await wait_all_tasks_blocked()
        wiki.release.set()
    assert {number: page.title for number, page in outcomes.values.items()} == {
        number: f"T{number}" for number in range(3) if number != cancelled
    }
    assert len(wiki.asked) == wiki.ended == 1


async def test_w7_a_request_for_which_no_task_waits_is_dropped_and_others_are_not() -> None:
    wiki = PreparedPages()
    wiki.hold()
    async with opened(wiki, ScriptedClock(), window=5.0) as loader:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(loader.load_many, ["A", "B"])
            await wait_all_tasks_blocked()
            tasks.cancel_scope.cancel()
        wiki.release.set()
        assert [page.title for page in await loader.load_many(["B", "C"])] == ["B", "C"]
    assert wiki.asked == [["A", "B"], ["B", "C"]]
    assert wiki.ended == 1


async def test_w7_a_load_right_after_a_cancelled_one_does_not_join_the_dropped_request() -> None:
    wiki = PreparedPages()
    wiki.hold()
    outcomes = Outcomes({})

    async def load_twice() -> None:
        with scope:
            await loader.load("A")
        await outcomes.record("A", partial(loader.load, "A"))

    scope = anyio.CancelScope()
    async with opened(wiki, ScriptedClock(), window=5.0) as loader, anyio.create_task_group() as tasks:
        tasks.start_soon(load_twice)
        await wait_all_tasks_blocked()
        scope.cancel()
        await wait_all_tasks_blocked()
        wiki.release.set()
    assert outcomes.values["A"].title == "A"
    assert wiki.asked == [["A"], ["A"]]


async def test_w7_what_is_cancelled_before_its_request_is_not_requested() -> None:
    wiki = PreparedPages()
    async with opened(wiki) as loader, anyio.create_task_group() as tasks:
        await loader.load("First")
        wiki.hold()
        with anyio.CancelScope() as scope:
            scope.cancel()
            await loader.load("A")
        tasks.start_soon(loader.load, "B")
        await wait_all_tasks_blocked()
        wiki.release.set()
    assert wiki.asked == [["First"], ["B"]]


@pytest.mark.parametrize(
    ("fault", "expected"), [(ConnectionFailed("refused"), ConnectionFailed), (REFUSED, PermissionDenied)]
)
async def test_the_error_of_a_request_reaches_the_tasks_of_its_pages_only(fault: Any, expected: object) -> None:
    wiki = PreparedPages()
    wiki.faults[2] = fault
    async with opened(wiki) as loader:
        await loader.load("First")
        outcomes = await load_all(loader.load, [f"T{n}" for n in range(100)])
        again = await loader.load("T0")
    errors = outcomes.errors().values()
    assert {type(error) for error in errors} == {expected}
    assert len(errors) == len({id(error) for error in errors}) == 50  # tasks that raise one error mix their tracebacks
    assert again.title == "T0"


async def test_an_error_before_the_request_reaches_all_tasks() -> None:
    wiki = PreparedPages()
    async with opened(wiki, prop="unknown") as loader:  # the wiki is asked for the module
        for _ in range(2):
            outcomes = await load_all(loader.load, ["A", "B"])
            assert [type(error) for error in outcomes.errors().values()] == [ConnectionFailed] * 2
    assert wiki.asked == []


async def test_pages_that_are_too_large_together_are_requested_apart() -> None:
    wiki = PreparedPages()
    wiki.faults[1] = wiki.faults[2] = wiki.faults[4] = ReplyTooLarge("too large")
    async with opened(wiki) as loader:
        outcomes = await load_all(loader.load, ["A", "B", "C", "D"])
    assert sorted(map(len, wiki.asked)) == [1, 1, 2, 2, 4]
    assert [type(error) for error in outcomes.errors().values()] == [ReplyTooLarge]
    assert len(outcomes.values) == 4


# Its life ------------------------------------------------------------------------------------------------------------


async def test_leaving_the_block_waits_for_what_is_asked() -> None:
    wiki = PreparedPages()
    wiki.hold()
    outcomes = Outcomes({})
    async with site_of(wiki) as site, anyio.create_task_group() as tasks, site.loader(window=60.0) as loader:
        tasks.start_soon(outcomes.record, "A", partial(loader.load, "A"))
        await wait_all_tasks_blocked()
        tasks.start_soon(_release_when_asked, wiki)
    assert outcomes.values["A"].title == "A"


async def _release_when_asked(wiki: PreparedPages) -> None:
    await wait_all_tasks_blocked()
    assert wiki.asked == [["A"]]  # the rest of the window is not waited for
    wiki.release.set()


@pytest.mark.parametrize("window", [0.0, 60.0])
async def test_w7_leaving_the_block_by_an_error_ends_every_call(window: float) -> None:
    """One load is in flight and one waits for its request; with the window, both wait for its end."""
    wiki = PreparedPages()
    wiki.hold()
    outcomes = Outcomes({})
    async with site_of(wiki, limits=Limits(concurrency=1)) as site, anyio.create_task_group() as tasks:
        with pytest.raises(ZeroDivisionError):
            async with site.loader(window=window) as loader:
                for title in ("A", "B"):
                    tasks.start_soon(outcomes.record, title, partial(loader.load, title))
                    await wait_all_tasks_blocked()
                raise ZeroDivisionError
        await wait_all_tasks_blocked()
        assert {name: type(error) for name, error in outcomes.values.items()} == dict.fromkeys("AB", RuntimeError)
        with pytest.raises(RuntimeError, match="this loader is closed"):
            await loader.load("C")
        assert wiki.ended == 0


async def test_w7_cancelling_the_block_ends_every_call() -> None:
    wiki = PreparedPages()
    wiki.hold()
    outcomes = Outcomes({})
    async with site_of(wiki) as site, anyio.create_task_group() as tasks:
        with anyio.CancelScope() as scope:
            async with site.loader() as loader:
                tasks.start_soon(outcomes.record, "A", partial(loader.load, "A"))
                await wait_all_tasks_blocked()
                scope.cancel()
                tasks.start_soon(outcomes.record, "B", partial(loader.load, "B"))
                with anyio.CancelScope(shield=True):  # a block may take its time to end
                    await wait_all_tasks_blocked()
                    assert len(outcomes.values) == 2
        assert {name: type(error) for name, error in outcomes.values.items()} == {"A": RuntimeError, "B": RuntimeError}


async def test_a_loader_is_used_inside_its_block_only() -> None:
    wiki = PreparedPages()
    async with site_of(wiki) as site:
        loader = site.loader()
        with pytest.raises(RuntimeError, match="this loader is not open"):
            await loader.load("A")
        async with loader:
            with pytest.raises(RuntimeError, match="opened before"):
                await loader.__aenter__()
        with pytest.raises(RuntimeError, match="this loader is closed"):
            await loader.load_many(["A"])
    assert wiki.asked == []


async def test_another_event_loop_is_refused() -> None:
    wiki = PreparedPages()
    async with opened(wiki) as loader:
        with pytest.raises(RuntimeError, match="opened in another event loop"):
            await anyio.to_thread.run_sync(lambda: anyio.run(loader.load, "A"))
    assert wiki.asked == []


async def test_closing_the_site_ends_every_call() -> None:
    wiki = PreparedPages()
    wiki.hold()
    outcomes = Outcomes({})
    async with anyio.create_task_group() as tasks:
        site = site_of(wiki)
        async with site:
            loader = await site.loader().__aenter__()
            tasks.start_soon(outcomes.record, "A", partial(loader.load, "A"))
            await wait_all_tasks_blocked()
        tasks.start_soon(outcomes.record, "B", partial(loader.load, "B"))
        wiki.release.set()
        await loader.__aexit__(None, None, None)
    assert type(outcomes.values["B"]) in {SiteClosed, RuntimeError}
    assert len(outcomes.values) == 2


# The window ----------------------------------------------------------------------------------------------------------


class HeldClock(ScriptedClock):
    """A clock whose sleeps end when the test says so."""

    def __init__(self) -> None:
        super().__init__()
        self.end = anyio.Event()

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        await self.end.wait()
        self.pass_by(seconds)


async def test_without_a_window_a_page_is_read_after_it_was_asked_for() -> None:
    wiki = PreparedPages()
    wiki.hold()
    async with opened(wiki) as loader, anyio.create_task_group() as tasks:
        for _ in range(2):
            tasks.start_soon(loader.load, "A")
            await wait_all_tasks_blocked()
        wiki.release.set()
    assert wiki.asked == [["A"], ["A"]]


async def test_a_window_collects_loads_until_it_is_over() -> None:
    wiki, clock = PreparedPages(), HeldClock()
    async with opened(wiki, clock, window=0.5) as loader, anyio.create_task_group() as tasks:
        for title in ("A", "B", "A"):
            tasks.start_soon(loader.load, title)
            await wait_all_tasks_blocked()
        assert (wiki.asked, clock.slept) == ([], [0.5])
        clock.end.set()
    assert wiki.asked == [["A", "B"]]


async def test_a_full_request_does_not_wait_for_the_end_of_the_window() -> None:
    wiki, clock = PreparedPages(), HeldClock()
    async with opened(wiki, clock, window=0.5) as loader, anyio.create_task_group() as tasks:
        for count, requests in ((49, 0), (1, 1)):
            for number in range(count):
                tasks.start_soon(loader.load, f"T{requests}{number}")
            await wait_all_tasks_blocked()
            assert len(wiki.asked) == requests


async def test_a_page_is_kept_for_the_time_of_the_window_and_not_longer() -> None:
    wiki, clock = PreparedPages(), ScriptedClock()
    async with opened(wiki, clock, window=0.5) as loader:
        first = await loader.load("A")
        clock.pass_by(0.25)
        assert await loader.load("A") is first
        clock.pass_by(0.25)
        assert await loader.load("A") is not first
    assert wiki.asked == [["A"], ["A"]]


async def test_with_a_window_a_page_in_flight_is_not_asked_for_again() -> None:
    wiki = PreparedPages()
    wiki.hold()
    async with opened(wiki, ScriptedClock(), window=0.5) as loader, anyio.create_task_group() as tasks:
        for _ in range(2):
            tasks.start_soon(loader.load, "A")
            await wait_all_tasks_blocked()
        wiki.release.set()
    assert wiki.asked == [["A"]]


async def test_w7_a_task_that_joins_a_request_in_flight_keeps_it() -> None:
    wiki = PreparedPages()
    wiki.hold()
    outcomes, scope = Outcomes({}), anyio.CancelScope()

    async def load_first() -> None:
        with scope:
            await loader.load("A")

    async with opened(wiki, ScriptedClock(), window=0.5) as loader, anyio.create_task_group() as tasks:
        tasks.start_soon(load_first)
        await wait_all_tasks_blocked()
        tasks.start_soon(outcomes.record, "A", partial(loader.load, "A"))
        await wait_all_tasks_blocked()
        scope.cancel()
        await wait_all_tasks_blocked()
        wiki.release.set()
    assert outcomes.values["A"].title == "A"
    assert wiki.asked == [["A"]]


async def test_a_failure_is_not_kept() -> None:
    wiki = PreparedPages()
    wiki.faults[1] = REFUSED
    async with opened(wiki, ScriptedClock(), window=5.0) as loader:
        with pytest.raises(ApiError):
            await loader.load("A")
        assert (await loader.load("A")).title == "A"


# Options -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "message", "options"),
    [
        (ValueError, "0 or more", {"window": -1}),
        (ValueError, "0 or more", {"window": float("nan")}),
        (ValueError, "number of seconds", {"window": "1"}),
        (ValueError, "number of seconds", {"window": True}),
        (TypeError, "'windw', did you mean 'window'", {"windw": 0.5}),
        (TypeError, "'props', did you mean 'prop'", {"props": "info"}),
        (TypeError, r"'titles'.*load\(\) is given", {"titles": ["A"]}),
        (TypeError, r"'generator'", {"params": {"generator": "allpages"}}),
        (TypeError, r"'limit'", {"limit": 5}),
        (ValueError, r"one page a request.*\.revisions\(\)", {**TEXTS, "rvlimit": 5}),
        (ValueError, r"one page a request.*\.revisions\(\)", {**TEXTS, "rvdir": "newer"}),
        (ValueError, "set by the library", {"format": "json"}),
        (ValueError, "cllimit", {"prop": "categories", "cllimit": "x"}),
    ],
)
async def test_s6_options_are_checked_before_any_request(
    error: type[Exception], message: str, options: dict[str, Any]
) -> None:
    async with site_of(PreparedPages()) as site:
        with pytest.raises(error, match=message):
            site.loader(**options)


async def test_the_parameters_of_modules_are_not_taken_for_misspelt_options() -> None:
    options: dict[str, Any] = {
        "prop": ["coordinates", "pageprops"],
        "coprop": "type",
        "ppprop": "x",
        "piprop": "name",
        "rvparse": True,
    }
    async with site_of(PreparedPages()) as site:
        assert isinstance(site.loader(**options), Loader)


# The handle of a page ------------------------------------------------------------------------------------------------


async def test_pages_and_texts_of_handles_share_requests() -> None:
    wiki = PreparedPages()
    async with site_of(wiki) as site, site.loader(**TEXTS) as loader:
        texts = await load_all(lambda title: site.page(title).text(loader=loader), [f"T{n}" for n in range(50)])
        pages = await load_all(lambda title: site.page(title).get(loader=loader), ["A", "No page", "<b>"])
    assert texts.values == {f"T{n}": f"Text of T{n}" for n in range(50)}
    assert {title: page.status.value for title, page in pages.values.items()} == {
        "A": "ok",
        "No page": "missing",
        "<b>": "invalid",
    }
    assert len(wiki.asked) == 2


async def test_a_text_that_the_loader_cannot_give_is_the_error_of_its_own_task() -> None:
    wiki = PreparedPages()
    async with site_of(wiki) as site, site.loader(**TEXTS) as loader:
        outcomes = await load_all(lambda title: site.page(title).text(loader=loader), ["A", "No page", "<b>"])
    assert {name: type(error) for name, error in outcomes.errors().items()} == {
        "No page": PageMissing,
        "<b>": InvalidTitle,
    }


@pytest.mark.parametrize(
    ("error", "message", "options"),
    [
        (NotRequested, "does not ask for the text.*rvprop", {"prop": "info"}),
        (NotRequested, "does not ask for the text.*rvprop", {"prop": "revisions", "rvprop": "ids"}),
        (NotRequested, "does not ask for the text.*rvprop", {"prop": "revisions", "rvprop": "content"}),
        (NotRequested, "the slot 'main'", {**TEXTS, "rvslots": "extra"}),
        (ValueError, "follows redirects", {**TEXTS, "redirects": True}),
        (ValueError, "follows converttitles", {**TEXTS, "converttitles": True}),
        (ValueError, "rvsection", {**TEXTS, "rvsection": 1}),
        (ValueError, "rvparse", {**TEXTS, "rvparse": True}),
    ],
)
async def test_a_loader_of_other_texts_is_refused_before_any_request(
    error: type[Exception], message: str, options: dict[str, Any]
) -> None:
    wiki = PreparedPages()
    async with site_of(wiki) as site, site.loader(**options) as loader:
        with pytest.raises(error, match=message):
            await site.page("A").text(loader=loader)
    assert wiki.asked == []


async def test_a_loader_with_other_properties_or_of_another_site_is_refused_before_any_request() -> None:
    wiki = PreparedPages()
    async with site_of(wiki) as site, site_of(wiki) as other, site.loader(prop="categories", cllimit=5) as loader:
        page = site.page("A")
        with pytest.raises(NotRequested, match="add it to site"):
            await page.get("info", loader=loader)
        with pytest.raises(ValueError, match="clshow"):
            await page.get("categories", clshow="hidden", loader=loader)
        with pytest.raises(ValueError, match="another site"):
            await other.page("A").get(loader=loader)
        with pytest.raises(TypeError, match=r"site\.loader"):
            await page.get(loader=True)  # type: ignore[arg-type]  # the mistake of this test
        assert wiki.asked == []
        assert (await page.get("categories", cllimit=5, loader=loader)).title == "A"


# On a wiki -----------------------------------------------------------------------------------------------------------


@pytest.mark.everywhere
async def test_each_of_1000_tasks_gets_what_site_pages_gives(corpus: Corpus) -> None:
    unusual = [
        "page_001", "No such page", "Special:Version", "A/B?c&d=e", "U\u0308ni\u0308co\u0308de\u0301 + plus", "صفحة",
        "Emoji 🪐", "wikipedia:Earth", "Page 001#History", "Page\u200e 001",
    ]  # fmt: skip
    invalid = ["<bad>", "A|B", "", "Talk:"]
    titles = [*unusual, *invalid, *corpus.categories, *(f"No page {n}" for n in range(685))]
    transport = CountingTransport()
    async with Site(corpus.wiki.api_url, user_agent=USER_AGENT, transport=transport) as site:
        async with site.loader(prop=["info", "categories"]) as loader:
            outcomes = await load_all(loader.load, titles)
        requests = {request.url for request in transport.requests if "clcontinue" not in request.url}
        expected = {page.asked: page async for page in site.pages(titles=titles, prop=["info", "categories"])}
    assert len(titles) == 1000
    assert {*outcomes.errors()} == {*invalid}
    assert all(isinstance(error, InvalidTitle) for error in outcomes.errors().values())
    found = {title: page for title, page in outcomes.values.items() if title not in invalid}
    assert {title: (page.title, page.status, page.categories) for title, page in found.items()} == {
        title: (page.title, page.status, page.categories) for title, page in expected.items() if title not in invalid
    }
    assert {page.title: {c.title for c in page.categories} for page in found.values()}[LONG] == set()
    assert len(requests) == 20
