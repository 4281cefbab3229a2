"""C8 and C3 on a wiki whose responses are small: no row is lost, and a row that can never fit raises an error.

``$wgAPIMaxResultSize`` limits the size of one response. A header sets it for one request, so that results from large
and from small responses of the same wiki can be compared page by page.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest
from attrs import frozen

from mwclient_async import ApiWarning, Page, Site, Stream
from mwclient_async.errors import ApiError, ContinuationLoop, ResultTooLarge
from tests.conftest import USER_AGENT
from tests.query.campaign.wiki import CampaignWiki, get_campaign_wiki
from tests.support.lossy_transport import CountingTransport
from tests.support.prepared_pages import load_all

if TYPE_CHECKING:
    from mwclient_async.testing.factory import WikiFactory

CONTENT: dict[str, Any] = {
    "generator": "allpages",
    "gapfrom": "I",
    "prop": ["revisions", "categories", "links", "templates", "linkshere", "contributors", "langlinks", "info"],
    "rvprop": "ids|content|comment",
    "rvslots": "main",
}
HEAVY: dict[str, Any] = {
    "generator": "allpages",
    "gapprefix": "Heav",
    "prop": ["revisions", "info"],
    "rvprop": "content",
    "rvslots": "main",
}
LONGEST = "Page 25"  # six revisions
TITLES = [f"Page {number:02}" for number in range(38)]


@frozen
class ObservedSite:
    """A site, its transport and its warnings."""

    site: Site
    transport: CountingTransport
    warnings: list[ApiWarning]


@pytest.fixture(scope="session")
def campaign_wiki(mediawiki_factory: WikiFactory, mediawiki_version: str) -> CampaignWiki:
    return get_campaign_wiki(mediawiki_factory, mediawiki_version)


@asynccontextmanager
async def observed_site(campaign_wiki: CampaignWiki, size: int | None) -> AsyncIterator[ObservedSite]:
    transport = CountingTransport(*(() if size is None else (("x-reply-size", str(size)),)))
    warnings: list[ApiWarning] = []
    api = campaign_wiki.wiki.api_url
    async with Site(api, user_agent=USER_AGENT, transport=transport, on_warning=warnings.append) as site:
        yield ObservedSite(site, transport, warnings)


async def raw(stream: Stream[Any], read_ahead: int = 0) -> list[Any]:
    async with stream.mappings().open(read_ahead=read_ahead) as run:
        return [item async for item in run]


@frozen
class Case:
    """A stream, and sizes of responses that divide it."""

    stream: Callable[[Site], Stream[Any]]
    sizes: tuple[int, ...]


REVISIONS: dict[str, Any] = {"prop": ["revisions", "links"], "rvprop": "content|ids", "rvslots": "main"}

CASES: dict[str, Case] = {
    "pages with text and seven other props": Case(lambda site: site.query(**CONTENT), (4_000, 10_000)),
    "limits and sizes": Case(
        lambda site: site.query(**{**CONTENT, "gapfrom": "R"}, gaplimit=9, pllimit=9, cllimit=7, lhlimit=20), (1_500,)
    ),
    "the latest three revisions": Case(lambda site: site.query(titles=LONGEST, rvlimit=3, **REVISIONS), (900,)),
    "a whole history": Case(lambda site: site.query(titles=LONGEST, rvlimit="max", **REVISIONS), (900, 2_000)),
    "pages by name": Case(
        lambda site: site.pages(titles=[*TITLES, "No page", *TITLES[:3]], **REVISIONS), (3_000, 10_000)
    ),
    "a list": Case(
        lambda site: site.list("recentchanges", prop="title|ids|sizes|user|comment|timestamp|flags"), (4_000, 10_000)
    ),
    "a search": Case(
        lambda site: site.query(generator="search", gsrsearch="orbit", gsrwhat="text", **REVISIONS), (10_000,)
    ),
}


@pytest.mark.everywhere
@pytest.mark.parametrize("name", CASES)
async def test_c8_small_responses_bring_the_same_items(campaign_wiki: CampaignWiki, name: str) -> None:
    case = CASES[name]
    async with observed_site(campaign_wiki, None) as whole:
        expected = await raw(case.stream(whole.site))
    assert expected
    for number, size in enumerate(case.sizes):
        async with observed_site(campaign_wiki, size) as small:
            assert await raw(case.stream(small.site), number) == expected
        assert small.warnings == []
        assert small.transport.count > whole.transport.count, "no response was cut"


async def test_c4_fragments_bring_all_rows_from_small_responses(campaign_wiki: CampaignWiki) -> None:
    async with observed_site(campaign_wiki, None) as whole:
        expected = await raw(whole.site.query(**CONTENT))
    rows: dict[str, list[Any]] = {page["title"]: [] for page in expected}
    async with observed_site(campaign_wiki, 5_000) as small:
        async for page in small.site.query(**CONTENT).fragments():
            rows[page.title] += [("links", row) for row in page.raw.get("links", ())]
            rows[page.title] += [("revisions", row) for row in page.raw.get("revisions", ())]
    for page in expected:
        own = [(name, row) for name in ("links", "revisions") for row in page.get(name, ())]
        assert sorted(rows[page["title"]], key=repr) == sorted(own, key=repr)


async def test_c8_lists_beside_pages_are_complete_from_small_responses(campaign_wiki: CampaignWiki) -> None:
    query: dict[str, Any] = {**CONTENT, "list": ["allcategories", "recentchanges"], "rcprop": "title|comment|ids"}

    async def lists(site: Site) -> dict[str, list[Any]]:
        found: dict[str, list[Any]] = {"allcategories": [], "recentchanges": [], "pages": []}
        async for batch in site.query(**query).batches():
            found["pages"] += [page.raw for page in batch.items]
            for name, rows in batch.lists.items():
                found[name] += rows
        return found

    async with observed_site(campaign_wiki, None) as whole:
        expected = await lists(whole.site)
    async with observed_site(campaign_wiki, 4_000) as small:
        assert await lists(small.site) == expected
    assert small.transport.count > whole.transport.count


async def test_c7_a_cursor_from_small_responses_fits_large_ones_and_the_reverse(campaign_wiki: CampaignWiki) -> None:
    async with observed_site(campaign_wiki, None) as whole, observed_site(campaign_wiki, 6_000) as small:
        expected = await raw(whole.site.query(**CONTENT))
        for count in (30, 77):
            for one, other in ((whole.site, small.site), (small.site, whole.site)):
                async with one.query(**CONTENT).mappings().open() as run:
                    head = [await anext(run) for _ in range(count)]
                    text = str(run.cursor)
                assert [*head, *await raw(other.query(**CONTENT).resume(text))] == expected


# A row that never fits ---------------------------------------------------------------------------------------------

TOO_LARGE = r"revisions of 'Heaviest' .*wgAPIMaxResultSize.*site\.rest\.page"
"""What an error says of the page whose text is larger than 20,000 bytes."""


def content_of(page: Page) -> str | None:
    """The text of a page, None if it is too large. Its other properties can be read."""
    if "toolarge" not in page.raw:
        return page.revisions[0].content
    with pytest.raises(ResultTooLarge, match=TOO_LARGE) as caught:
        _ = page.revisions
    assert (caught.value.title, caught.value.module) == (page.title, "revisions")
    return None


@pytest.mark.everywhere
@pytest.mark.parametrize("batch_size", [None, 1, 2])
async def test_c3_a_page_with_a_text_larger_than_a_response_has_an_error_and_the_others_are_whole(
    campaign_wiki: CampaignWiki, batch_size: int | None
) -> None:
    query = {**HEAVY, "gapprefix": "", "gapfrom": "Heav", "prop": ["revisions", "links"], "gaplimit": batch_size or 30}
    async with observed_site(campaign_wiki, None) as whole:
        expected = {page.title: page async for page in whole.site.query(**query, limit=40)}
    async with observed_site(campaign_wiki, 20_000) as small:
        found = {page.title: page async for page in small.site.query(**query, limit=40)}
    assert list(found) == list(expected)
    texts = {title: content_of(page) for title, page in found.items()}
    assert texts.pop("Heaviest") is None
    assert texts == {title: page.revisions[0].content for title, page in expected.items() if title != "Heaviest"}
    assert [page.links for page in found.values()] == [page.links for page in expected.values()]


@pytest.mark.everywhere
@pytest.mark.parametrize("kind", ["titles", "pageids", "revids"])
async def test_c3_pages_gives_the_page_that_is_too_large_with_its_error(campaign_wiki: CampaignWiki, kind: str) -> None:
    titles = [*TITLES[:20], "Heaviest", "No page", *TITLES[20:], "Heavily"]
    async with observed_site(campaign_wiki, None) as whole:
        pages = [page async for page in whole.site.pages(titles=titles, prop="info") if page.exists]
    ids = {"titles": titles, "pageids": [p.pageid for p in pages], "revids": [p.info.lastrevid for p in pages]}
    inputs: Any = {kind: ids[kind]}
    async with observed_site(campaign_wiki, None) as whole:
        expected = await whole.site.pages(**inputs, **REVISIONS).collect()
    async with observed_site(campaign_wiki, 20_000) as small:
        found = await small.site.pages(**inputs, **REVISIONS).collect()
    assert [page.title for page in found] == [page.title for page in expected]
    for page, whole_page in zip(found, expected, strict=True):
        if page.title == "Heaviest":
            assert content_of(page) is None
            assert "revisions" in page.raw["toolarge"]
        else:
            assert page == whole_page
    assert small.transport.count < 14


async def test_c3_a_text_that_is_too_large_fails_only_the_task_that_loads_it(campaign_wiki: CampaignWiki) -> None:
    titles = [*TITLES[:5], "Heaviest", "Heavily"]

    async def text(title: str) -> str:
        return await small.site.page(title).text(loader=loader)

    texts = {"prop": "revisions", "rvprop": ["ids", "content"]}
    async with observed_site(campaign_wiki, 20_000) as small, small.site.loader(params=texts) as loader:
        outcomes = await load_all(text, titles)
    assert {title: type(value) for title, value in outcomes.values.items()} == {
        **dict.fromkeys(titles, str),
        "Heaviest": ResultTooLarge,
    }


async def test_c3_two_pages_that_are_too_large_are_both_found(campaign_wiki: CampaignWiki) -> None:
    light = ["Red", "Ref", "Page 00", "Types template"]
    async with observed_site(campaign_wiki, 550) as small:
        pages = await small.site.pages(titles=["Heaviest", *light[:2], "Heavily", *light[2:]], **REVISIONS).collect()
    assert [page.title for page in pages if "toolarge" in page.raw] == ["Heaviest", "Heavily"]
    assert [page.revisions[0].content for page in pages if page.title in {"Red", "Ref"}] == ["Red text", "Ref text"]


ONE_PAGE: dict[str, Callable[[Site], Any]] = {
    "its fragments": lambda site: site.query(titles="Heaviest", **REVISIONS).fragments().collect(),
    "its revisions": lambda site: site.page("Heaviest").revisions(prop=["content"], slots="main").collect(),
    "its text": lambda site: site.page("Heaviest").text(),
    "an edit of it": lambda site: site.page("Heaviest").edit(str.upper),
    "its HTML": lambda site: site.page("Heaviest").html(),
    "an action": lambda site: site.call("parse", page="Heaviest", prop="wikitext"),
}


@pytest.mark.everywhere
@pytest.mark.parametrize("name", ONE_PAGE)
async def test_c3_a_text_larger_than_a_response_is_an_error_that_names_the_page(
    campaign_wiki: CampaignWiki, name: str
) -> None:
    async with observed_site(campaign_wiki, 20_000) as small:
        with pytest.raises(ResultTooLarge, match="wgAPIMaxResultSize") as caught:
            await ONE_PAGE[name](small.site)
        assert caught.value.title == "Heaviest"
        assert small.transport.count < 10
        assert len((await small.site.rest.page("Heaviest")).source) > 60_000  # as the message says


async def test_c3_fragments_before_the_row_come_and_the_cursor_resumes(campaign_wiki: CampaignWiki) -> None:
    got = []
    async with observed_site(campaign_wiki, 20_000) as small:
        stream = small.site.query(**HEAVY, batch_size=1).fragments()
        with pytest.raises(ContinuationLoop, match="wgAPIMaxResultSize") as caught:
            async for page in stream:
                got += [page.title] if page.revisions else []
    async with observed_site(campaign_wiki, None) as whole:
        rest = await whole.site.query(**HEAVY).fragments().resume(str(caught.value.cursor)).collect()
    assert [*got, *(page.title for page in rest)] == ["Heavier", "Heaviest", "Heavily"]


async def test_c3_one_row_of_a_list_larger_than_a_response(campaign_wiki: CampaignWiki) -> None:
    query: dict[str, Any] = {"prop": "ids|content", "slots": "main", "dir": "newer"}
    got = []
    async with observed_site(campaign_wiki, 20_000) as small:
        with pytest.raises(ResultTooLarge, match=r"a row of allrevisions .*arvcontinue=") as caught:
            async for row in small.site.list("allrevisions", **query).mappings():
                got.append(row)  # noqa: PERF401 - what came before the error counts
    async with observed_site(campaign_wiki, None) as whole:
        everything = await raw(whole.site.list("allrevisions", **query))
        rest = await raw(whole.site.list("allrevisions", **query).resume(str(caught.value.cursor)))
    ids = [[entry["revid"] for row in rows for entry in row["revisions"]] for rows in ([*got, *rest], everything)]
    assert sorted(ids[0]) == sorted(ids[1])  # the wiki groups the revisions by page, in each response anew
    assert rest[0]["title"] == "Heaviest"


async def test_a_response_too_small_for_the_stubs_of_a_batch_is_badconfig_and_smaller_batches_fit(
    campaign_wiki: CampaignWiki,
) -> None:
    """The wiki refuses with badconfig if not even the titles fit. The cursor is the position of that batch."""
    async with observed_site(campaign_wiki, None) as whole:
        expected = await raw(whole.site.query(generator="allpages", prop=["categories"]))
    async with observed_site(campaign_wiki, 1_500) as small:
        with pytest.raises(ApiError) as caught:
            await small.site.query(generator="allpages", prop=["categories"]).collect()
        assert caught.value.code == "badconfig"
        assert caught.value.cursor is not None
        resumed = small.site.query(generator="allpages", prop=["categories"], batch_size=10).resume(caught.value.cursor)
        assert await raw(resumed) == expected


@pytest.mark.everywhere
async def test_c3_what_is_cut_and_never_continued_raises_an_error(campaign_wiki: CampaignWiki) -> None:
    """Some modules (authmanagerinfo) have no continuation: what does not fit is left out with a warning."""
    asked: dict[str, Any] = {"meta": "authmanagerinfo", "amirequestsfor": "login"}
    async with observed_site(campaign_wiki, 300) as observed:
        with pytest.raises(ResultTooLarge, match="a row of authmanagerinfo"):
            await anext(observed.site.query(**asked).batches())
        with pytest.raises(ResultTooLarge, match="a row of authmanagerinfo"):
            await observed.site.call("query", **asked)


@pytest.mark.everywhere
async def test_c3_what_is_cut_beside_a_list_that_continues_raises_an_error(campaign_wiki: CampaignWiki) -> None:
    """The list comes first and fills the response. It is continued, and so is siteinfo, but authmanagerinfo is not."""
    listed: dict[str, Any] = {"list": "recentchanges", "rcprop": "title|ids|comment"}
    asked: dict[str, Any] = {"meta": "authmanagerinfo", "amirequestsfor": "login"}
    async with observed_site(campaign_wiki, 4_000) as observed:
        with pytest.raises(ResultTooLarge, match="authmanagerinfo in a query of its own"):
            await anext(observed.site.query(**listed, **asked).batches())
        with pytest.raises(ResultTooLarge, match="authmanagerinfo in a query of its own"):
            await observed.site.call("query", **listed, rclimit=500, **asked)
        batches = observed.site.query(**listed, meta=["siteinfo", "tokens"], siprop="general").batches()
        found = {name for batch in [batch async for batch in batches] for name in batch.meta}
    assert found == {"general", "tokens"}
