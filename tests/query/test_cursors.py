"""C7 across accounts and changes: another account resumes a cursor, on a wiki that has changed.

On an unchanged wiki exactly the rest comes. On a changed one no page that stayed is missed, deleted pages do not come,
and only pages that were moved may come twice.
"""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Callable, Iterable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import anyio
import pytest
from attrs import frozen

from mwclient_async import BotPassword, PageStatus, Site, Stream
from mwclient_async.errors import PageMissing
from mwclient_async.testing import LocalWiki, SeedPage, SeedRevision
from mwclient_async.testing.scripted import sent
from mwclient_async.testing.seeding import EPOCH
from tests.conftest import USER_AGENT
from tests.support.lossy_transport import CountingTransport

if TYPE_CHECKING:
    from mwclient_async.testing.factory import WikiFactory

BIG = 620  # pages: more than one request of an ordinary account brings, fewer than one of a bot
_numbers = itertools.count()


@frozen(kw_only=True)
class BigWiki:
    """A wiki with 620 small pages. ``bot`` has the right ``apihighlimits``."""

    wiki: LocalWiki
    bot: BotPassword


@frozen(kw_only=True)
class Accounts:
    """The same wiki, seen by two accounts."""

    ordinary: Site
    bot: Site


@pytest.fixture(scope="session")
def big_wiki(mediawiki_factory: WikiFactory, mediawiki_version: str) -> BigWiki:
    wiki = mediawiki_factory(version=mediawiki_version, settings="# cursors")
    return anyio.run(_fill, wiki)


async def _fill(wiki: LocalWiki) -> BigWiki:
    await wiki.seed([SeedPage(f"Big {number:03}", f"Text {number}") for number in range(BIG)], links=False)
    await wiki.create_user("Mover", groups=["sysop", "bot"])
    return BigWiki(wiki=wiki, bot=await wiki.create_bot_password("Mover"))


@pytest.fixture
async def accounts(big_wiki: BigWiki) -> AsyncIterator[Accounts]:
    api = big_wiki.wiki.api_url
    async with (
        Site(api, user_agent=USER_AGENT) as ordinary,
        Site(api, user_agent=USER_AGENT, auth=big_wiki.bot) as bot,
    ):
        yield Accounts(ordinary=ordinary, bot=bot)


def in_turn(accounts: Accounts, *, bot_first: bool) -> tuple[Site, Site]:
    return (accounts.bot, accounts.ordinary) if bot_first else (accounts.ordinary, accounts.bot)


async def head_of(stream: Stream[Any], count: int) -> tuple[list[Any], str]:
    """The first items, and the cursor after them as text."""
    async with stream.open() as run:
        return [await anext(run) for _ in range(count)], str(run.cursor)


def titles_of(items: Iterable[Any]) -> list[str]:
    return [item.title for item in items]


# The limits of a resumed stream --------------------------------------------------------------------------------------


async def test_c7_a_resumed_stream_learns_what_its_account_may_have(big_wiki: BigWiki) -> None:
    """The wiki's `continue` says that the question for the account was answered. A new Site must ask it again."""
    api, transport = big_wiki.wiki.api_url, CountingTransport()
    async with Site(api, user_agent=USER_AGENT, auth=big_wiki.bot) as before:
        head, text = await head_of(before.list("allpages", prefix="Big", batch_size=10), 10)
    async with Site(api, user_agent=USER_AGENT, auth=big_wiki.bot, transport=transport) as after:
        tail = await after.list("allpages", prefix="Big").resume(text).collect()
    assert len(set(titles_of([*head, *tail]))) == len(head) + len(tail) == BIG
    assert [limit for request in transport.requests if (limit := sent(request).get("aplimit"))] == ["500", "5000"]


async def test_c7_a_cursor_within_a_batch_is_resumed_with_the_limits_of_the_batch(big_wiki: BigWiki) -> None:
    """Also by a Site that does not know its account yet: with another limit the batch would begin anew after 500."""

    def fragments(site: Site) -> Stream[Any]:
        query = site.query(generator="allpages", gapprefix="Big", prop="contributors", pclimit=100)
        return query.fragments().mappings()

    api = big_wiki.wiki.api_url
    async with Site(api, user_agent=USER_AGENT, auth=big_wiki.bot) as before:
        await before.list("allpages", limit=1).collect()  # now it knows its account
        _, text = await head_of(fragments(before), BIG)
        rest = await fragments(before).resume(text).collect()
    async with Site(api, user_agent=USER_AGENT, auth=big_wiki.bot) as after:
        assert await fragments(after).resume(text).collect() == rest


# An unchanged wiki: exactly the rest ---------------------------------------------------------------------------------

Streams = dict[str, Callable[[Site, int | None], Stream[Any]]]

BIG_STREAMS: Streams = {
    "query": lambda site, size: site.query(generator="allpages", gapprefix="Big", prop=["info"], batch_size=size),
    "query with text": lambda site, size: site.query(
        generator="allpages", gapprefix="Big 0", prop="revisions", rvprop="ids|content", rvslots="main", batch_size=size
    ),
    "list": lambda site, size: site.list("allpages", prefix="Big", batch_size=size),
    "list with equal rows": lambda site, size: site.list(
        "usercontribs", user="Seeder", prop="comment", batch_size=size
    ),
    "explicit limit": lambda site, size: site.query(
        generator="allpages", gapprefix="Big", gaplimit=550, prop=["info"], batch_size=size
    ),
}


@pytest.mark.parametrize("bot_first", [False, True])
@pytest.mark.parametrize("kind", BIG_STREAMS)
async def test_c7_exactly_the_rest_for_the_other_account(accounts: Accounts, kind: str, bot_first: bool) -> None:  # noqa: FBT001
    one, other = in_turn(accounts, bot_first=bot_first)
    everything = await BIG_STREAMS[kind](one, None).mappings().collect()
    places = {1, 50, 51, 500, 501, len(everything) - 1}
    for count in sorted(place for place in places if place <= len(everything)):
        head, text = await head_of(BIG_STREAMS[kind](one, None).mappings(), count)
        tail = await BIG_STREAMS[kind](other, (None, 70)[count % 2]).mappings().resume(text).collect()
        assert [*head, *tail] == everything, f"after {count} items"


@pytest.mark.parametrize("bot_first", [False, True])
async def test_c7_small_batches_of_another_size(accounts: Accounts, bot_first: bool) -> None:  # noqa: FBT001
    one, other = in_turn(accounts, bot_first=bot_first)

    def stream(site: Site, size: int) -> Stream[Any]:
        return site.query(generator="allpages", gapprefix="Big 00", prop=["info"], batch_size=size)

    everything = titles_of(await stream(one, 4).collect())
    for count, size in [(0, 1), (1, 3), (2, 50), (3, 1), (4, 3), (5, 50), (7, 1), (8, 2), (9, 3), (10, 1)]:
        head, text = await head_of(stream(one, 4), count)
        assert titles_of([*head, *await stream(other, size).resume(text).collect()]) == everything


# A wiki that changes -------------------------------------------------------------------------------------------------


class PageSeries:
    """Twenty-four pages of one category, ``01`` to ``24``. The order of their ids is not that of their titles."""

    def __init__(self, big_wiki: BigWiki, accounts: Accounts) -> None:
        self.name = f"Series {next(_numbers)}"
        self._big_wiki = big_wiki
        self._site = accounts.bot
        self.stayed = {f"{number:02}" for number in range(1, 25)}
        self.deleted: set[str] = set()
        self.moved: set[str] = set()
        self.added: set[str] = set()

    async def seed(self) -> None:
        await self._big_wiki.wiki.seed([SeedPage(f"{self.name} {n}", self._text(n)) for n in sorted(self.stayed)])

    def _text(self, name: str) -> str:
        return "".join(f"[[Category:{self.name} {letter}| {name}]]" for letter in "abc")

    async def delete(self, *names: str) -> None:
        for name in names:
            await self._site.call("delete", title=f"{self.name} {name}")
        self.deleted.update(names)
        self.stayed.difference_update(names)

    async def move(self, name: str, to: str) -> None:
        await self._site.call("move", from_=f"{self.name} {name}", to=f"{self.name} {to}", noredirect=True)
        self.moved.update((name, to))
        self.stayed.discard(name)

    async def add(self, *names: str) -> None:
        for name in names:
            await self._site.call("edit", title=f"{self.name} {name}", text=self._text(name), createonly=True)
        self.added.update(names)

    def names(self, items: Iterable[Any]) -> list[str]:
        return [title.removeprefix(f"{self.name} ") for title in titles_of(items)]

    def check(self, kind: str, head: list[str], tail: list[str], *, at: str) -> None:
        """Check what C7 promises. ``at`` is the last item that was given; pages added after it must come, too."""
        both = [*head, *tail]
        assert self.stayed <= set(both), f"{kind}, missed: {sorted(self.stayed - set(both))}"
        assert not self.deleted & set(tail), kind
        assert {name for name in self.added if name > at} <= set(tail), kind
        twice = {name for name in both if both.count(name) > 1}
        assert twice <= self.moved, f"{kind}, twice: {sorted(twice)}"
        kept = [name for name in tail if name not in self.moved]  # a page that is moved keeps its place in a category
        assert kept == sorted(kept), kind


SERIES_STREAMS: dict[str, Callable[[Site, str, int], Stream[Any]]] = {
    "query": lambda site, name, size: site.query(
        generator="allpages", gapprefix=f"{name} ", prop=["categories"], cllimit=4, batch_size=size
    ),
    "members": lambda site, name, size: site.query(
        generator="categorymembers", gcmtitle=f"Category:{name} a", prop=["categories", "info"], batch_size=size
    ),
    "list": lambda site, name, size: site.list("allpages", prefix=f"{name} ", batch_size=size),
    "list of members": lambda site, name, size: site.list(
        "categorymembers", title=f"Category:{name} b", batch_size=size
    ),
}


async def heads_of(site: Site, series: PageSeries, count: int) -> dict[str, tuple[list[str], str]]:
    """The first items of all streams, in batches of six, and the cursors after them."""
    heads = {kind: await head_of(stream(site, series.name, 6), count) for kind, stream in SERIES_STREAMS.items()}
    return {kind: (series.names(items), text) for kind, (items, text) in heads.items()}


@pytest.mark.parametrize(("count", "size", "bot_first"), [(9, 2, False), (9, 50, True), (12, 7, False), (1, 3, True)])
async def test_c7_pages_deleted_moved_and_added_before_the_resume(
    big_wiki: BigWiki,
    accounts: Accounts,
    count: int,
    size: int,
    bot_first: bool,  # noqa: FBT001
) -> None:
    """If nine items of batches of six were given, the current batch is 07 to 12."""
    one, other = in_turn(accounts, bot_first=bot_first)
    series = PageSeries(big_wiki, accounts)
    await series.seed()
    heads = await heads_of(one, series, count)
    await series.delete("01", "07", "11", "16")
    await series.add("00", "08x", "10x", "13w", "19x")
    await series.move("20", "02x")
    await series.move("12", "13x")
    await series.move("03", "21x")
    for kind, (head, text) in heads.items():
        tail = await SERIES_STREAMS[kind](other, series.name, size).resume(text).collect()
        series.check(kind, head, series.names(tail), at=head[-1])
        if kind in {"query", "members"}:
            assert [len(page.categories) for page in tail] == [3] * len(tail)


async def test_c7_the_whole_of_the_current_batch_deleted(big_wiki: BigWiki, accounts: Accounts) -> None:
    series = PageSeries(big_wiki, accounts)
    await series.seed()
    heads = await heads_of(accounts.ordinary, series, 8)
    await series.delete(*(f"{number:02}" for number in range(7, 14)))
    for kind, (head, text) in heads.items():
        tail = await SERIES_STREAMS[kind](accounts.bot, series.name, 4).resume(text).collect()
        assert series.names(tail) == [f"{number:02}" for number in range(14, 25)], kind
        series.check(kind, head, series.names(tail), at="13")


@pytest.mark.parametrize("bot_first", [False, True])
async def test_c7_more_pages_entered_the_current_batch_than_it_holds(
    big_wiki: BigWiki,
    accounts: Accounts,
    bot_first: bool,  # noqa: FBT001
) -> None:
    """The items that were given come in later batches of the resumed run, which must recognize them, too."""
    one, other = in_turn(accounts, bot_first=bot_first)
    series = PageSeries(big_wiki, accounts)
    await series.seed()
    heads = await heads_of(one, series, 9)
    await series.add(*(f"07{letter}" for letter in "abcdefgh"))
    for kind, (head, text) in heads.items():
        tail = await SERIES_STREAMS[kind](other, series.name, 6).resume(text).collect()
        series.check(kind, head, series.names(tail), at="09")


# Pages by name -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("bot_first", [False, True])
async def test_c7_each_input_has_its_page_once_when_another_account_resumes(
    accounts: Accounts,
    bot_first: bool,  # noqa: FBT001
) -> None:
    one, other = in_turn(accounts, bot_first=bot_first)
    titles = [f"Big {number:03}" for number in range(BIG - 1, 0, -3)]
    for count in (0, 1, 49, 50, 120, len(titles)):
        head, text = await head_of(one.pages(titles=titles), count)
        tail = await other.pages(titles=titles).resume(text).collect()
        assert [page.asked for page in (*head, *tail)] == titles
        assert [page.title for page in (*head, *tail)] == titles


@pytest.mark.parametrize("bot_first", [False, True])
@pytest.mark.parametrize("by", ["titles", "pageids"])
async def test_c7_inputs_whose_pages_changed(big_wiki: BigWiki, accounts: Accounts, by: str, bot_first: bool) -> None:  # noqa: FBT001
    one, other = in_turn(accounts, bot_first=bot_first)
    series = PageSeries(big_wiki, accounts)
    await series.seed()
    existing = await one.list("allpages", prefix=f"{series.name} ").collect()
    inputs = [page.title for page in existing] if by == "titles" else [page.pageid for page in existing]
    source: dict[str, Any] = {by: [*inputs, *inputs]}
    head, text = await head_of(one.pages(**source, prop="info"), 9)
    await series.delete("03", "11")
    await series.move("12", "02x")
    tail = await other.pages(**source, prop="info").resume(text).collect()
    assert [page.asked for page in (*head, *tail)] == [*inputs, *inputs]
    statuses = {page.asked: page.status for page in tail}
    gone = {inputs[2], inputs[10]} | ({inputs[11]} if by == "titles" else set())
    assert {asked for asked, status in statuses.items() if status is PageStatus.MISSING} == gone
    if by == "pageids":
        assert {page.title for page in tail if page.asked == inputs[11]} == {f"{series.name} 02x"}


# REST history --------------------------------------------------------------------------------------------------------


async def history_of(big_wiki: BigWiki, revisions: int) -> str:
    name = f"History {next(_numbers)}"
    await big_wiki.wiki.seed([SeedPage(name, revisions=[SeedRevision(f"Text {n}") for n in range(revisions)])])
    return name


async def edit(big_wiki: BigWiki, name: str, times: int) -> None:
    later = EPOCH + timedelta(days=1)
    await big_wiki.wiki.seed(
        [SeedPage(name, revisions=[SeedRevision(f"New {number}", timestamp=later) for number in range(times)])]
    )


@pytest.mark.parametrize("bot_first", [False, True])
@pytest.mark.parametrize("direction", ["older", "newer"])
async def test_c7_exactly_the_rest_of_a_history(
    big_wiki: BigWiki,
    accounts: Accounts,
    direction: str,
    bot_first: bool,  # noqa: FBT001
) -> None:
    one, other = in_turn(accounts, bot_first=bot_first)
    name = await history_of(big_wiki, 47)
    ids = [revision.id for revision in await one.rest.history(name).collect()]
    anchor: dict[str, Any] = {"newer_than": ids[-1]} if direction == "newer" else {}
    everything = [revision.id for revision in await one.rest.history(name, **anchor).collect()]
    assert everything == (ids[:-1][::-1] if anchor else ids)
    for count in (0, 1, 20, 21, len(everything)):
        head, text = await head_of(one.rest.history(name, **anchor), count)
        tail = await other.rest.history(name, **anchor).resume(text).collect()
        assert [revision.id for revision in (*head, *tail)] == everything


@pytest.mark.parametrize(("count", "new"), [(5, 3), (5, 25), (20, 25), (23, 1)])
async def test_c7_a_history_that_grew_at_its_new_end(
    big_wiki: BigWiki, accounts: Accounts, count: int, new: int
) -> None:
    """From newer to older, the old revisions come once; from older to newer, the new revisions come as well."""
    name = await history_of(big_wiki, 30)
    ids = [revision.id for revision in await accounts.ordinary.rest.history(name).collect()]
    older, below = await head_of(accounts.ordinary.rest.history(name), count)
    newer, above = await head_of(accounts.ordinary.rest.history(name, newer_than=ids[-1]), count)
    await edit(big_wiki, name, new)
    rest = [revision.id for revision in await accounts.bot.rest.history(name).resume(below).collect()]
    both = [*(revision.id for revision in older), *rest]
    assert set(ids) <= set(both)
    assert len(both) == len(set(both)), f"twice: {sorted({one for one in both if both.count(one) > 1})}"
    rest = [
        revision.id for revision in await accounts.bot.rest.history(name, newer_than=ids[-1]).resume(above).collect()
    ]
    both = [*(revision.id for revision in newer), *rest]
    assert both[: len(ids) - 1] == ids[:-1][::-1]
    assert len(both) == len(set(both)) == len(ids) - 1 + new


async def test_c7_a_history_whose_page_was_deleted_raises_an_error_with_the_cursor(
    big_wiki: BigWiki, accounts: Accounts
) -> None:
    name = await history_of(big_wiki, 30)
    stream = accounts.ordinary.rest.history(name)
    _, text = await head_of(stream, 20)
    await accounts.bot.call("delete", title=name)
    with pytest.raises(PageMissing) as caught:
        await stream.resume(text).collect()
    assert str(caught.value.cursor) == text
