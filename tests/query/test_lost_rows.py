"""Lists of which a version of MediaWiki loses rows: read without loss, or an error that says what to ask instead."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from mwclient_async import ApiWarning, Site
from mwclient_async._query.lost_rows import loses_rows, mediawiki_version
from mwclient_async._session.module_table import core_module
from mwclient_async.errors import ApiError, RowsLost
from tests.conftest import USER_AGENT
from tests.query.campaign.oracle import Oracle
from tests.query.campaign.wiki import CampaignWiki, get_campaign_wiki
from tests.support.lossy_transport import CountingTransport
from tests.support.scripted_flow import Script

if TYPE_CHECKING:
    from mwclient_async.testing.factory import WikiFactory

KIN = {"alllinks": "al", "alltransclusions": "at", "allfileusages": "af", "allredirects": "ar"}


@pytest.fixture(scope="session")
def campaign_wiki(mediawiki_factory: WikiFactory, mediawiki_version: str) -> CampaignWiki:
    return get_campaign_wiki(mediawiki_factory, mediawiki_version)


async def expected_titles(site: Site, module: str) -> list[str]:
    """The titles of all rows, in one response of a plain request in ascending order, which no version cuts wrongly."""
    rows = await Oracle().rows(site, module, {f"{KIN[module]}limit": "max"})
    return [row["title"] for row in rows]


def is_affected(module: str, version: str) -> bool:
    return version != "1.39" and module in {"alllinks", "alltransclusions"}


@pytest.mark.everywhere
@pytest.mark.parametrize("module", KIN)
@pytest.mark.parametrize("direction", ["ascending", "descending"])
@pytest.mark.parametrize("batch_size", [3, 50, None])
async def test_no_unique_row_is_lost(
    campaign_wiki: CampaignWiki, module: str, direction: str, batch_size: int | None
) -> None:
    async with Site(campaign_wiki.wiki.api_url, user_agent=USER_AGENT) as site:
        expected = set(await expected_titles(site, module))
        stream = site.list(module, unique=True, dir=direction, batch_size=batch_size)
        titles = [row["title"] async for row in stream.mappings()]
    assert len(titles) == len(set(titles))
    assert set(titles) == expected


@pytest.mark.everywhere
@pytest.mark.parametrize("module", KIN)
async def test_no_row_of_a_descending_list_is_lost_and_a_warning_says_if_it_ascends(
    campaign_wiki: CampaignWiki, module: str, mediawiki_version: str
) -> None:
    warnings: list[ApiWarning] = []
    async with Site(campaign_wiki.wiki.api_url, user_agent=USER_AGENT, on_warning=warnings.append) as site:
        expected = await expected_titles(site, module)
        stream = site.list(module, dir="descending", batch_size=30)
        titles = [row["title"] async for row in stream.mappings()]
    assert sorted(titles) == sorted(expected)
    affected = is_affected(module, mediawiki_version)
    assert [(w.code, w.module) for w in warnings] == [("otherorder", f"query+{module}")] * affected
    assert (titles == expected) is affected


@pytest.mark.everywhere
async def test_c5_c7_a_unique_list_is_limited_and_resumed_anywhere(campaign_wiki: CampaignWiki) -> None:
    async with Site(campaign_wiki.wiki.api_url, user_agent=USER_AGENT) as site:
        stream = site.list("alllinks", unique=True, namespace=1, batch_size=3)
        everything = [row.title async for row in stream]
        limited = site.list("alllinks", unique=True, namespace=1, limit=8)
        assert [row.title async for row in limited] == everything[:8]
        run, cursors = aiter(stream), []
        for _ in everything:
            cursors.append(str(run.cursor))  # the position before each row
            await anext(run)
        for count in (0, 1, 2, 3, 4, 10, len(everything) - 1):
            rest = [row.title async for row in stream.resume(cursors[count])]
            assert rest == everything[count:]


@pytest.mark.everywhere
@pytest.mark.parametrize("module", KIN)
async def test_a_unique_generator_is_whole_or_raises_before_it_would_lose_rows(
    campaign_wiki: CampaignWiki, module: str, mediawiki_version: str
) -> None:
    async with Site(campaign_wiki.wiki.api_url, user_agent=USER_AGENT) as site:
        expected = set(await expected_titles(site, module))
        unique: dict[str, Any] = {f"g{KIN[module]}unique": True}
        stream = site.query(generator=module, prop="info", batch_size=4, **unique)
        if not is_affected(module, mediawiki_version):
            assert {page.title async for page in stream} == expected
            return
        got = []
        with pytest.raises(RowsLost, match=rf"site\.pages\(titles=site\.list\('{module}', unique=True\)") as caught:
            async for page in stream:
                got.append(page.title)  # noqa: PERF401 - what came before the error counts
        assert len(set(got)) == 4
        assert caught.value.cursor is not None
        instead = site.pages(titles=site.list(module, unique=True), prop="info")  # as the message says
        assert {page.title async for page in instead} == expected
        everything = site.query(generator=module, prop="info", **unique)  # one response is whole
        assert len(expected) > 500 or {page.title async for page in everything} == expected


@pytest.mark.everywhere
async def test_a_descending_generator_is_whole(campaign_wiki: CampaignWiki) -> None:
    async with Site(campaign_wiki.wiki.api_url, user_agent=USER_AGENT) as site:
        up = {page.pageid async for page in site.query(generator="alllinks", batch_size=20)}
        down = {page.pageid async for page in site.query(generator="alllinks", galdir="descending", batch_size=20)}
    assert down == up


async def test_lists_of_one_query_and_actions_raise_before_rows_are_lost(mediawiki_factory: WikiFactory) -> None:
    wiki = get_campaign_wiki(mediawiki_factory, "1.43").wiki
    async with Site(wiki.api_url, user_agent=USER_AGENT) as site:
        batches = site.query(list=["alllinks", "allcategories"], alunique=True, allimit=5).batches()
        assert len((await anext(batches)).lists["alllinks"]) == 5
        with pytest.raises(RowsLost):
            await anext(batches)
        with pytest.raises(RowsLost):
            await site.actions.purge(generator="alllinks", galunique=True, gallimit=3)


@pytest.mark.everywhere
async def test_a_warning_says_that_rows_before_from_come_too(
    campaign_wiki: CampaignWiki, mediawiki_version: str
) -> None:
    warnings: list[ApiWarning] = []
    async with Site(campaign_wiki.wiki.api_url, user_agent=USER_AGENT, on_warning=warnings.append) as site:
        expected = [title.replace(" ", "_") for title in await expected_titles(site, "alllinks")]
        middle = sorted(expected)[len(expected) // 2]
        rows = await site.list("alllinks", from_=middle, batch_size=2).mappings().collect()
        await site.query(generator="alllinks", galfrom=middle, limit=1).collect()
    titles = {row["title"].replace(" ", "_") for row in rows}
    affected = is_affected("alllinks", mediawiki_version)
    assert titles >= {title for title in expected if title >= middle}
    assert (min(titles) < middle) is affected
    assert [warning.code for warning in warnings] == ["otherrange", "otherrange"] * affected


@pytest.mark.everywhere
async def test_unique_is_never_left_out_of_rows_that_the_wiki_refuses_to_make_unique(
    campaign_wiki: CampaignWiki,
) -> None:
    async with Site(campaign_wiki.wiki.api_url, user_agent=USER_AGENT) as site:
        with pytest.raises(ApiError, match="prop=ids"):
            await site.list("alllinks", unique=True, prop=["ids", "title"]).collect()


@pytest.mark.everywhere
async def test_the_version_is_asked_for_once_and_only_if_rows_are_at_risk(campaign_wiki: CampaignWiki) -> None:
    transport = CountingTransport()
    async with Site(campaign_wiki.wiki.api_url, user_agent=USER_AGENT, transport=transport) as site:
        await site.list("alllinks", limit=3).collect()
        plain = transport.count
        for _ in range(3):
            await site.list("alllinks", unique=True, limit=3).collect()
    assert transport.count == plain + 3 + 1


@pytest.mark.parametrize(
    ("generator", "version"),
    [
        ("MediaWiki 1.39.17", (1, 39)),
        ("MediaWiki 1.43.0-wmf.5", (1, 43)),
        ("MediaWiki 1.45-alpha", (1, 45)),
        ("Semantic wiki", (999, 0)),
        (None, (999, 0)),
    ],
)
def test_the_version_is_read_from_the_generator(generator: str | None, version: tuple[int, int]) -> None:
    assert Script({"query": {"general": {"generator": generator}}}).run(mediawiki_version()) == version


def test_allfileusages_is_sorted_by_target_later_than_the_others() -> None:
    modules = {name: core_module(f"query+{name}") for name in KIN}
    assert [name for name, module in modules.items() if module and loses_rows(module, (1, 44))] == [
        "alllinks",
        "alltransclusions",
    ]
    assert [name for name, module in modules.items() if module and loses_rows(module, (1, 39))] == []
