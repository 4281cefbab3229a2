"""site.pages: one page for each input, in the order of the inputs, for all kinds of inputs."""

from __future__ import annotations

import itertools
import secrets
import tracemalloc
from collections.abc import AsyncIterator

import anyio
import pytest

from mwclient_async import Limits, PageStatus, Site
from mwclient_async._http.messages import HttpRequest, HttpResponse
from mwclient_async.errors import CursorMismatch
from mwclient_async.testing import LocalWiki, SeedPage
from mwclient_async.testing.factory import WikiFactory
from mwclient_async.testing.scripted import json_response, sent
from tests.conftest import USER_AGENT
from tests.support.corpus import LONG, Corpus
from tests.support.lossy_transport import LossyTransport
from tests.support.prepared_pages import load_all

UNUSUAL = [
    "Page 001", "page_001", " Page  001 ", "Page 001", "No such page", "<bad>", "", "Special:Version", "Media:X",
    "A/B?c&d=e", "Ünïcödé + plus", "U\u0308ni\u0308co\u0308de\u0301 + plus", "صفحة", "Emoji 🪐", "A|B",
    "#frag", "Talk:", ":Page 001",
    "wikipedia:Earth", "Page 001#History", "a" * 300, "Page\u200e 001", "MediaWiki:Jan",
]  # fmt: skip


async def test_one_page_for_each_input_in_order(reader: Site) -> None:
    pages = await reader.pages(titles=UNUSUAL, prop="info").collect()
    assert [page.asked for page in pages] == UNUSUAL
    titles = {str(page.asked): (page.title, page.status.value) for page in pages}
    assert titles["page_001"] == titles[" Page  001 "] == titles[":Page 001"] == ("Page 001", "ok")
    assert titles["No such page"] == ("No such page", "missing")
    assert [titles[bad][1] for bad in ("<bad>", "", "A|B", "a" * 300, "Talk:")] == ["invalid"] * 5
    assert titles["Special:Version"] == ("Special:Version", "special")
    assert titles["U\u0308ni\u0308co\u0308de\u0301 + plus"] == ("Ünïcödé + plus", "ok")
    assert titles["wikipedia:Earth"][1] == "interwiki"


@pytest.mark.everywhere
async def test_unusual_titles_have_the_same_page_together_as_alone(reader: Site) -> None:
    together = await reader.pages(titles=UNUSUAL, prop="info").collect()
    alone = [page for title in UNUSUAL async for page in reader.pages(titles=title, prop="info")]
    assert [(page.title, page.status, page.pageid) for page in together] == [
        (page.title, page.status, page.pageid) for page in alone
    ]


@pytest.mark.everywhere
async def test_redirects_are_resolved_to_their_end_and_circles_are_marked(wiki: LocalWiki, site: Site) -> None:
    chain = [
        ("R1", "R2"),
        ("R2", "Target#Part"),
        ("Circle A", "Circle B"),
        ("Circle B", "Circle A"),
        ("Out", "wikipedia:X"),
    ]
    await wiki.seed(
        [SeedPage(name, f"#REDIRECT [[{target}]]") for name, target in chain] + [SeedPage("Target", "Here")]
    )
    stream = site.pages(titles=["r1", "Target", "Circle A", "R2", "Out"], prop="info", redirects=True)
    assert [(page.title, page.status.value) for page in await stream.collect()] == [
        ("Target", "ok"),
        ("Target", "ok"),
        ("Circle A", "circular"),
        ("Target", "ok"),
        ("wikipedia:X", "interwiki"),
    ]
    async with site.loader(prop="info", redirects=True) as loader:
        pages = await load_all(loader.load, ["r1", "Target", "Circle A", "R2", "Out"])
    assert {title: page.title for title, page in pages.values.items()} == {
        **dict.fromkeys(["r1", "Target", "R2"], "Target"),
        "Circle A": "Circle A",
        "Out": "wikipedia:X",
    }


async def test_a_revid_gives_its_own_revision(reader: Site) -> None:
    history = await reader.rest.history(LONG, limit=60).collect()
    wanted = [history[3].id, 999_999_999, history[50].id, history[3].id]
    pages = await reader.pages(revids=wanted, prop="revisions", rvprop="comment").collect()
    assert [page.status for page in pages] == [PageStatus.OK, PageStatus.BADREVID, PageStatus.OK, PageStatus.OK]
    assert [[revision.revid for revision in page.revisions] for page in pages if page.exists] == [
        [wanted[0]], [wanted[2]], [wanted[3]],
    ]  # fmt: skip
    assert pages[0].revisions[0].comment == history[3].comment
    plain = await reader.pages(revids=wanted[:1], prop="info").collect()
    assert plain[0].title == LONG


async def test_page_ids_with_and_without_a_page(reader: Site) -> None:
    (known,) = await reader.query(titles=LONG, prop="info").collect()
    assert known.pageid is not None
    pages = await reader.pages(pageids=[999_999, known.pageid, 0], prop="info").collect()
    assert [(page.asked, page.status.value) for page in pages] == [
        (999_999, "missing"),
        (known.pageid, "ok"),
        (0, "missing"),
    ]


@pytest.mark.parametrize("read_ahead", [0, 2])
async def test_any_number_of_titles_50_a_request(corpus: Corpus, read_ahead: int) -> None:
    transport = LossyTransport(lambda *_: None)
    titles = [title for title in corpus.categories for _ in range(2)]
    async with Site(corpus.wiki.api_url, user_agent=USER_AGENT, transport=transport) as site:
        stream = site.pages(titles=iter(titles), prop="categories")
        async with stream.open(read_ahead=read_ahead) as run:
            pages = [page async for page in run]
    assert [page.asked for page in pages] == titles
    assert {page.title: {c.title for c in page.categories} for page in pages} == corpus.categories
    assert len(transport.requests) == 7  # 301 titles, 50 at a time


@pytest.mark.parametrize("read_ahead", [0, 3])
async def test_c7_the_rest_of_the_inputs_after_any_page(corpus: Corpus, reader: Site, read_ahead: int) -> None:
    titles = list(corpus.categories)[:120]
    stream = reader.pages(titles=titles)
    for count in (0, 1, 49, 50, 51, 119, 120):
        async with stream.open(read_ahead=read_ahead) as run:
            head = [(await anext(run)).title for _ in range(count)]
            text = str(run.cursor)
        assert head + [page.title async for page in stream.resume(text)] == titles


async def test_c7_other_inputs_are_refused(reader: Site) -> None:
    run = aiter(reader.pages(titles=["Page 001", "Page 002", "Page 003"]))
    await anext(run)
    await anext(run)
    with pytest.raises(CursorMismatch, match="first 2 inputs are not those"):
        await reader.pages(titles=["Page 001", "Page 004", "Page 003"]).resume(run.cursor).collect()
    with pytest.raises(CursorMismatch, match="only 1"):
        await reader.pages(titles=["Page 001"]).resume(run.cursor).collect()
    with pytest.raises(CursorMismatch, match="pages"):
        reader.pages(pageids=[1, 2, 3]).resume(run.cursor)


async def test_inputs_may_be_asynchronous_but_an_iterator_is_read_once(reader: Site) -> None:
    async def source() -> AsyncIterator[str]:
        for number in range(3):
            yield f"Page 00{number}"

    stream = reader.pages(titles=source())
    assert [page.title async for page in stream] == ["Page 000", "Page 001", "Page 002"]
    with pytest.raises(RuntimeError, match="read already"):
        await stream.collect()
    twice = reader.pages(titles=["Page 000"])
    assert [await twice.collect() for _ in range(2)] == [await twice.collect()] * 2


async def test_without_inputs_no_request_is_sent(corpus: Corpus) -> None:
    transport = LossyTransport(lambda *_: None)
    async with Site(corpus.wiki.api_url, user_agent=USER_AGENT, transport=transport, limits=Limits()) as site:
        assert await site.pages(titles=[]).collect() == []
        assert await site.pages(titles=["A"], limit=0).collect() == []
    assert transport.requests == []


async def test_bad_inputs_are_refused(reader: Site) -> None:
    with pytest.raises(ValueError, match="exactly one"):
        reader.pages(titles=["A"], pageids=[1])
    with pytest.raises(ValueError, match="exactly one"):
        reader.pages()
    with pytest.raises(ValueError, match=r"site\.query"):
        reader.pages(titles=["A"], generator="allpages")
    with pytest.raises(ValueError, match=r"list has no place.*site\.query"):
        reader.pages(titles=["A"], list="allpages")
    with pytest.raises(ValueError, match="one page for each input"):
        aiter(reader.pages(titles=["A"]).distinct())
    with pytest.raises(TypeError, match="each of them must be text"):
        await reader.pages(titles=["A", 7]).collect()
    with pytest.raises(TypeError, match="each of them must be a whole number"):
        await reader.pages(pageids=["A"]).collect()


@pytest.mark.parametrize("limit", [0.0, 0.02, 0.05])
async def test_a_cancelled_step_loses_no_input(corpus: Corpus, reader: Site, limit: float) -> None:
    class SlowTitles:
        """An iterator that a cancellation does not end, unlike a generator."""

        def __init__(self) -> None:
            self._titles = iter(titles)
            self._turns = 0

        def __aiter__(self) -> SlowTitles:
            return self

        async def __anext__(self) -> str:
            self._turns += 1
            for _ in range(self._turns % 3):
                await anyio.lowlevel.checkpoint()
            try:
                return next(self._titles)
            except StopIteration:
                raise StopAsyncIteration from None

    titles = list(corpus.categories)[:70]
    run = aiter(reader.pages(titles=SlowTitles()))
    got: list[str] = []
    for turn in itertools.count():
        with anyio.move_on_after(limit + turn / 1000):
            async for page in run:
                got.append(page.title)  # noqa: PERF401 - what came before the cancellation counts
            break
    assert got == titles


async def test_a_cancelled_generator_is_not_the_end_of_the_inputs(reader: Site) -> None:
    async def source() -> AsyncIterator[str]:
        yield "Page 001"
        scope.cancel()
        await anyio.sleep_forever()

    run = aiter(reader.pages(titles=source()))
    with anyio.CancelScope() as scope:
        await anext(run)
    with pytest.raises(RuntimeError, match="was cancelled while it was read"):
        await anext(run)


async def test_inputs_that_the_wiki_cannot_read_have_a_page_with_a_status(reader: Site) -> None:
    pages = await reader.pages(titles=["Page 001", "B\x1fC", "B\ud800C", "Page 002"]).collect()
    assert [page.status.value for page in pages] == ["ok", "invalid", "invalid", "ok"]
    ids = await reader.pages(pageids=[2**63, -(2**70)]).collect()
    assert [page.status.value for page in ids] == ["missing", "missing"]
    assert [page.status.value for page in await reader.pages(revids=[2**63]).collect()] == ["badrevid"]


async def test_any_object_with_a_title_is_an_input(reader: Site) -> None:
    rows = reader.list("allpages", prefix="Page 00")
    assert [page.title async for page in reader.pages(titles=rows)] == [f"Page 00{number}" for number in range(10)]


async def test_variants_of_redirect_targets_are_found(mediawiki_factory: WikiFactory) -> None:
    wiki = mediawiki_factory(version="1.39", settings="$wgLanguageCode = 'zh';")
    await wiki.seed([SeedPage("電腦", "x"), SeedPage("轉向", "#REDIRECT [[电脑]]")])
    async with Site(wiki.api_url, user_agent=USER_AGENT) as site:
        stream = site.pages(titles=["转向", "轉向", "电脑"], redirects=True, converttitles=True)
        assert [page.title for page in await stream.collect()] == ["電腦"] * 3


async def test_a_deleted_revision_is_a_bad_revid_even_if_the_account_may_see_it(wiki: LocalWiki) -> None:
    await wiki.seed([SeedPage("To be deleted", "x"), SeedPage("To stay", "y")])
    await wiki.create_user("Sysop", groups=["sysop", "bot"])
    auth = await wiki.create_bot_password("Sysop", secrets.token_hex(4))
    async with Site(wiki.api_url, user_agent=USER_AGENT, auth=auth) as site:
        gone, here = await site.pages(titles=["To be deleted", "To stay"], prop="revisions").collect()
        await site.call("delete", title="To be deleted")
        revids = [page.revisions[0].revid or 0 for page in (gone, here)]
        assert [page.status.value for page in await site.pages(revids=revids).collect()] == ["badrevid", "ok"]


class EmptyWiki:
    """A wiki without pages, for an account with or without ``apihighlimits``."""

    def __init__(self, *rights: str) -> None:
        self.requests = 0
        self._account = {"userinfo": {"name": "B", "rights": list(rights)}}

    async def send(self, request: HttpRequest) -> HttpResponse:
        self.requests += 1
        params = sent(request)
        pages = [{"ns": 0, "title": title, "missing": True} for title in params["titles"].split("|")]
        account = self._account if params.get("meta") == "userinfo" else {}
        return json_response({"batchcomplete": True, "query": {"pages": pages, **account}})

    async def aclose(self) -> None:
        pass


@pytest.mark.parametrize(("rights", "requests"), [((), 100), (("apihighlimits",), 11)])
async def test_5000_titles_take_the_fewest_requests(rights: tuple[str, ...], requests: int) -> None:
    transport = EmptyWiki(*rights)
    site = Site("https://wiki.example.org/w/api.php", user_agent=USER_AGENT, transport=transport)
    async with site, site.pages(titles=(f"Title {n}" for n in range(5_000))).open(read_ahead=2) as run:
        count = len([None async for _page in run])
    assert count == 5_000
    assert transport.requests == requests


def test_c6_10000_titles_take_the_memory_of_a_few_batches() -> None:
    """On one event loop: the pages are not the loop's. Tracing memory takes a second."""
    assert anyio.run(_peak_of_10000_titles) < 3 * 1024 * 1024  # all pages together take 5 MiB


async def _peak_of_10000_titles() -> int:
    site = Site("https://wiki.example.org/w/api.php", user_agent=USER_AGENT, transport=EmptyWiki("apihighlimits"))
    async with site, site.pages(titles=(f"Title {n}" for n in range(10_000))).open(read_ahead=2) as run:
        await anext(run)
        tracemalloc.start()
        count = 1 + len([None async for _page in run])
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert count == 10_000
    return peak
