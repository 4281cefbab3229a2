"""All sections of the manual's page on queries, and all warnings that it names, on a real wiki.

The page is https://www.mediawiki.org/wiki/API:Query. The headings below are those of the page.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import TYPE_CHECKING, Any

import pytest
from attrs import frozen

from mwclient_async import ApiWarning, Batch, Page, PageStatus, Site
from mwclient_async.errors import ApiError, TooManyValues, UnrecognizedParameters
from mwclient_async.testing.scripted import sent
from tests.conftest import USER_AGENT
from tests.query.campaign.wiki import CampaignWiki, get_campaign_wiki
from tests.support.lossy_transport import LossyTransport

if TYPE_CHECKING:
    from mwclient_async.testing.factory import WikiFactory


@frozen
class ObservedSite:
    """A site, its requests and its warnings."""

    site: Site
    transport: LossyTransport
    warnings: list[ApiWarning]

    @property
    def queries(self) -> list[dict[str, str]]:
        """The requests so far."""
        return [sent(request) for request in self.transport.requests]


@pytest.fixture(scope="session")
def campaign_wiki(mediawiki_factory: WikiFactory, mediawiki_version: str) -> CampaignWiki:
    return get_campaign_wiki(mediawiki_factory, mediawiki_version)


@pytest.fixture
async def observed(campaign_wiki: CampaignWiki) -> AsyncIterator[ObservedSite]:
    transport = LossyTransport(lambda *_: None)
    warnings: list[ApiWarning] = []
    api = campaign_wiki.wiki.api_url
    async with Site(api, user_agent=USER_AGENT, transport=transport, on_warning=warnings.append) as site:
        yield ObservedSite(site, transport, warnings)


@pytest.fixture
async def bot(campaign_wiki: CampaignWiki) -> AsyncIterator[Site]:
    async with Site(campaign_wiki.wiki.api_url, user_agent=USER_AGENT, auth=campaign_wiki.bot) as site:
        yield site


async def batch_of(site: Site, **query: Any) -> Batch[Page]:
    """The only batch of a query."""
    (batch,) = [batch async for batch in site.query(**query).batches()]
    return batch


async def titles_of(site: Site, **query: Any) -> list[str]:
    return [page.title for page in await site.query(**query).collect()]


# Introduction and guidelines -----------------------------------------------------------------------------------------


@pytest.mark.everywhere
async def test_introduction_six_modules_in_one_request(observed: ObservedSite) -> None:
    lists = ["backlinks", "embeddedin", "allimages"]
    batch = await batch_of(
        observed.site,
        titles="Types",
        prop=["info", "revisions"],
        list=lists,
        meta="userinfo",
        bltitle="Types",
        eititle="Template:Types template",
    )
    (page,) = batch.items
    assert page.info is not None
    assert len(page.revisions) == 1
    assert [row["title"] for row in batch.lists["backlinks"]] == ["Back"]
    assert [row["title"] for row in batch.lists["embeddedin"]] == ["Types"]
    assert [row["name"] for row in batch.lists["allimages"]] == [f"Campaign_{number}.png" for number in range(7)]
    assert batch.meta["userinfo"]["anon"] is True
    assert len(observed.queries) == 2  # the first one asks what the account may, because this query asks for it, too


async def test_introduction_many_pages_in_one_request(observed: ObservedSite) -> None:
    titles = [f"Many {number:02}" for number in range(50)]
    assert len(await observed.site.query(titles=titles, prop="info").collect()) == 50
    assert len(observed.queries) == 1


async def test_introduction_generator_instead_of_a_second_query(observed: ObservedSite) -> None:
    listed = [row.title async for row in observed.site.list("categorymembers", title="Category:Types")]
    assert await titles_of(observed.site, generator="categorymembers", gcmtitle="Category:Types") == listed
    assert listed == ["Back", "Bark", "Types"]


# Sample query --------------------------------------------------------------------------------------------------------


@pytest.mark.everywhere
async def test_sample_query_the_markup_of_a_page(observed: ObservedSite) -> None:
    query: dict[str, Any] = {"prop": "revisions", "rvprop": "content", "rvslots": "main"}
    (page,) = await observed.site.query(titles="Red", **query).collect()
    assert page.raw["revisions"][0]["slots"]["main"]["content"] == "Red text"


# Specifying pages ----------------------------------------------------------------------------------------------------


@pytest.mark.everywhere
async def test_specifying_pages_by_titles_pageids_revids_or_a_generator(observed: ObservedSite) -> None:
    (page,) = await observed.site.query(titles="Ref", prop="info").collect()
    revid = page.raw["lastrevid"]
    for source in (
        {"pageids": page.pageid},
        {"revids": revid},
        {"generator": "allpages", "gapprefix": "Ref"},
        {"titles": ["Ref"]},
    ):
        (same,) = await observed.site.query(**source, prop="info").collect()
        assert (same.pageid, same.title) == (page.pageid, "Ref")


async def test_specifying_pages_only_revisions_uses_the_revision_id_itself(observed: ObservedSite) -> None:
    (whole,) = await observed.site.query(titles="Page 25", prop="revisions", rvlimit="max", rvprop="ids").collect()
    ids = [revision.revid for revision in whole.revisions]
    assert len(ids) == 6
    (page,) = await observed.site.query(revids=ids[-1], prop=["revisions", "info"], rvprop="ids").collect()
    assert [revision.revid for revision in page.revisions] == [ids[-1]]
    assert page.raw["lastrevid"] == ids[0]  # info is about the page


async def test_specifying_pages_fifty_at_most(observed: ObservedSite, bot: Site) -> None:
    with pytest.raises(TooManyValues) as caught:
        await observed.site.query(titles=[f"Many {number}" for number in range(51)], prop="info").collect()
    assert caught.value.data["limit"] == 50
    with pytest.raises(TooManyValues):
        await observed.site.query(pageids=list(range(1, 52))).collect()
    assert len(await observed.site.pages(titles=[f"Many {number:02}" for number in range(51)]).collect()) == 51


async def test_specifying_pages_500_with_apihighlimits(bot: Site) -> None:
    assert len(await bot.query(titles=[f"None {number}" for number in range(500)]).collect()) == 500
    with pytest.raises(TooManyValues) as caught:
        await bot.query(titles=[f"None {number}" for number in range(501)]).collect()
    assert caught.value.data["limit"] == 500


async def test_specifying_pages_in_one_way_only(observed: ObservedSite) -> None:
    with pytest.raises(ValueError, match="exclude each other"):
        observed.site.query(titles="Red", pageids=1)


# Title normalization -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("red", "Red"),
        ("main_Page", "Main Page"),
        ("  Red  ", "Red"),
        ("Project:Manual of Style", "LocalWiki:Manual of Style"),
        ("project:manual_of Style", "LocalWiki:Manual of Style"),
        ("CATEGORY:types", "Category:Types"),
        ("Image:Campaign 0.png", "File:Campaign 0.png"),
    ],
)
async def test_title_normalization(observed: ObservedSite, text: str, title: str) -> None:
    (page,) = await observed.site.pages(titles=text, prop="info").collect()
    assert (page.title, page.asked, page.status) == (title, text, PageStatus.OK)
    batch = await batch_of(observed.site, titles=text, prop="info")
    assert [page.title for page in batch.items] == [title]
    if text != text.strip():
        return  # the wiki strips the title before it normalizes it
    assert batch.normalized == {text: title}


@pytest.mark.everywhere
async def test_title_normalization_does_not_strip_line_breaks(observed: ObservedSite) -> None:
    """The manual names this odd behaviour: such a title is invalid, and has the status INVALID."""
    pages = await observed.site.pages(titles=["Red\n", "Red"], prop="info").collect()
    assert [(page.asked, page.status) for page in pages] == [("Red\n", PageStatus.INVALID), ("Red", PageStatus.OK)]


# Missing and invalid titles ------------------------------------------------------------------------------------------


@pytest.mark.everywhere
async def test_missing_and_invalid_titles_appear(observed: ObservedSite) -> None:
    pages = await observed.site.query(titles=["Doesntexist", "Red", "Talk:", "a[b"], prop=["info", "links"]).collect()
    assert {page.title: page.status for page in pages} == {
        "Red": PageStatus.OK,
        "Doesntexist": PageStatus.MISSING,
        "Talk:": PageStatus.INVALID,
        "a[b": PageStatus.INVALID,
    }
    assert pages[0].title == "Red"
    assert all(page.invalidreason for page in pages if page.status is PageStatus.INVALID)
    assert all(page.pageid is None and page.links == () for page in pages[1:])


async def test_missing_and_invalid_page_and_revision_ids(observed: ObservedSite) -> None:
    (page,) = await observed.site.query(pageids=999_999, prop="info").collect()
    assert page.status is PageStatus.MISSING
    batch = await batch_of(observed.site, revids=999_999, prop="info")
    assert batch.items == ()
    assert list(batch.body["query"]["badrevids"]) == ["999999"]


@pytest.mark.parametrize("title", ["Special:Version", "Special:No such thing", "Media:Campaign 0.png"])
async def test_special_and_media_titles_have_no_properties(observed: ObservedSite, title: str) -> None:
    pages = await observed.site.query(titles=[title, "Red"], prop=["info", "revisions"]).collect()
    assert [page.title for page in pages] == ["Red", title]
    assert pages[1].pageid is None
    assert pages[1].revisions == ()
    assert pages[1].status is PageStatus.SPECIAL
    assert pages[1].raw.get("missing", False) is (title == "Special:No such thing")


# Resolving redirects -------------------------------------------------------------------------------------------------


@pytest.mark.everywhere
async def test_redirects_are_resolved_and_named(observed: ObservedSite) -> None:
    batch = await batch_of(observed.site, titles="main_page", redirects=True, prop="info")
    assert [page.title for page in batch.items] == ["Main Page"]
    assert batch.normalized == {"main_page": "Main page"}
    assert batch.redirects == {"Main page": "Main Page"}


async def test_redirects_stay_without_the_parameter_and_info_marks_them(observed: ObservedSite) -> None:
    batch = await batch_of(observed.site, titles=["Main page", "Main Page"], prop="info")
    assert [(page.title, page.raw.get("redirect", False)) for page in batch.items] == [
        ("Main Page", False),
        ("Main page", True),
    ]
    assert batch.redirects == {}


@pytest.mark.everywhere
async def test_redirects_double_to_their_end(observed: ObservedSite) -> None:
    batch = await batch_of(observed.site, titles="Double", redirects=True, prop="info")
    assert [page.title for page in batch.items] == ["Main Page"]
    assert batch.redirects == {"Double": "Main page", "Main page": "Main Page"}


async def test_redirects_to_a_section(observed: ObservedSite) -> None:
    batch = await batch_of(observed.site, titles="Project:!--", redirects=True, prop="info")
    assert [page.title for page in batch.items] == ["LocalWiki:Manual of Style"]
    assert batch.body["query"]["redirects"] == [
        {"from": "LocalWiki:!--", "to": "LocalWiki:Manual of Style", "tofragment": "Invisible comments"}
    ]


@pytest.mark.everywhere
async def test_redirects_in_a_circle_leave_no_page(observed: ObservedSite) -> None:
    batch = await batch_of(observed.site, titles="page1", redirects=True, prop="info")
    assert batch.items == ()
    assert batch.normalized == {"page1": "Page1"}
    assert batch.redirects == {"Page1": "Page2", "Page2": "Page3", "Page3": "Page1"}
    (page,) = await observed.site.pages(titles="page1", redirects=True).collect()
    assert page.status is PageStatus.CIRCULAR


@pytest.mark.parametrize(
    ("title", "target", "status"),
    [
        ("Self", "Self", PageStatus.CIRCULAR),
        ("To nothing", "Nothing there", PageStatus.MISSING),
        ("To elsewhere", "meta:Elsewhere", PageStatus.INTERWIKI),
        ("To title", "Title", PageStatus.OK),
    ],
)
async def test_redirects_of_other_kinds(observed: ObservedSite, title: str, target: str, status: PageStatus) -> None:
    (page,) = await observed.site.pages(titles=title, redirects=True).collect()
    assert (page.title, page.status) == (target, status)


@pytest.mark.everywhere
async def test_possible_warnings_redirects_together_with_revids(observed: ObservedSite) -> None:
    (page,) = await observed.site.query(titles="Main page", prop="info").collect()
    batch = await batch_of(observed.site, revids=page.raw["lastrevid"], redirects=True, prop="info")
    assert [page.title for page in batch.items] == ["Main page"]
    assert [warning.code for warning in observed.warnings] == ["redirectsandrevids"]
    assert "revids" in observed.warnings[0].text
    assert list(batch.warnings) == observed.warnings


@pytest.mark.everywhere
async def test_possible_warnings_a_generator_of_revids_resolves_redirects(observed: ObservedSite) -> None:
    """The manual says that it does not, with a warning. Wikis since 1.39 resolve them, without a warning."""
    batch = await batch_of(observed.site, generator="allrevisions", garvnamespace=4, redirects=True, prop="info")
    assert "LocalWiki:Manual of Style" in [page.title for page in batch.items]
    assert not any(page.raw.get("redirect") for page in batch.items)
    assert batch.redirects["LocalWiki:!--"] == "LocalWiki:Manual of Style"
    assert observed.warnings == []


async def test_possible_warnings_special_pages(observed: ObservedSite) -> None:
    """Wikis do not send the manual's warning: since 1.20 they send a page that is ``special``."""
    (page,) = await observed.site.query(titles="Special:Recentchanges", prop="info").collect()
    assert page.status is PageStatus.SPECIAL
    assert observed.warnings == []


# Limits --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("gaplimit", "sent_limit"), [(None, "500"), ("max", "500"), (9_999, "500"), (7, "7")])
async def test_limits_are_never_more_than_the_account_may(
    observed: ObservedSite, gaplimit: Any, sent_limit: str
) -> None:
    page = await anext(aiter(observed.site.query(generator="allpages", prop="info", gaplimit=gaplimit)))
    assert page.exists
    assert observed.queries[-1]["gaplimit"] == sent_limit
    assert observed.warnings == []


# Continuing queries --------------------------------------------------------------------------------------------------


@pytest.mark.everywhere
async def test_continuing_queries_the_manuals_own_loop_gives_the_same_links(observed: ObservedSite) -> None:
    query: dict[str, Any] = {"generator": "allpages", "prop": "links", "gaplimit": 30, "pllimit": 50}
    links: dict[str, set[str]] = {}
    next_continue: Mapping[str, Any] = {"continue": ""}
    while next_continue:
        body = await observed.site.call("query", params={**query, **next_continue})
        for page in body["query"]["pages"]:
            links.setdefault(page["title"], set()).update(link["title"] for link in page.get("links", ()))
        next_continue = body.get("continue", {})
    got = {page.title: [link.title for link in page.links] async for page in observed.site.query(**query)}
    assert {title: set(names) for title, names in got.items()} == links
    assert all(len(set(names)) == len(names) for names in got.values())
    assert max(map(len, got.values())) == 60


async def test_continuing_queries_a_list(observed: ObservedSite) -> None:
    expected = [f"Many {number:02}" for number in range(60)]
    rows = await observed.site.list("allpages", prefix="Many ", batch_size=7).collect()
    assert [row.title for row in rows] == expected
    assert len(observed.queries) == 9
    assert observed.queries[0]["continue"] == ""


# batchcomplete --------------------------------------------------------------------------------------------------------


@pytest.mark.everywhere
async def test_batchcomplete_ends_a_batch_whose_pages_are_complete(observed: ObservedSite) -> None:
    stream = observed.site.query(
        generator="allpages", gapfrom="Ta", gapprefix="T", gaplimit=3, prop=["links", "info"], pllimit=1
    )
    batches = [batch async for batch in stream.batches()]
    assert [len(batch.items) for batch in batches] == [3, 3, 3]
    links = {page.title: [link.title for link in page.links] for batch in batches for page in batch.items}
    assert links["Title"] == ["TitleA", "TitleB"]
    assert links["TitleA"] == ["TitleA1", "TitleA2", "TitleA3"]
    assert len(observed.queries) > 2 * len(batches)


# Getting a list of page IDs ------------------------------------------------------------------------------------------


async def test_getting_a_list_of_page_ids_it_decides_the_order(observed: ObservedSite) -> None:
    """Pages come in the order of ``indexpageids``, whether the caller requested it or not."""
    query: dict[str, Any] = {"generator": "allpages", "gapprefix": "Title", "prop": "info"}
    assert await titles_of(observed.site, **query, indexpageids=True) == ["Title", "TitleA", "TitleB", "TitleC"]
    assert await titles_of(observed.site, **query) == ["Title", "TitleA", "TitleB", "TitleC"]
    assert all(request["indexpageids"] == "1" for request in observed.queries)


# Generators ----------------------------------------------------------------------------------------------------------


@pytest.mark.everywhere
async def test_generators_take_the_place_of_titles(observed: ObservedSite) -> None:
    assert await titles_of(observed.site, generator="backlinks", gbltitle="Title", prop="info") == [
        row.title async for row in observed.site.list("backlinks", title="Title")
    ]


async def test_generators_need_their_parameters_with_a_g(observed: ObservedSite) -> None:
    with pytest.raises(UnrecognizedParameters, match="apprefix"):
        await titles_of(observed.site, generator="allpages", apprefix="T")


async def test_generators_only_one_is_allowed(observed: ObservedSite) -> None:
    with pytest.raises(ApiError) as caught:
        await titles_of(observed.site, generator=["allpages", "backlinks"], gbltitle="Title")
    assert caught.value.code == "badgenerator"


async def test_generators_output_no_information_themselves(observed: ObservedSite) -> None:
    query: dict[str, Any] = {"generator": "categorymembers", "gcmtitle": "Category:Types", "prop": "info"}
    plain = await observed.site.query(**query).collect()
    with_prop = await observed.site.query(**query, gcmprop="ids|title|sortkey|timestamp").collect()
    assert [page.raw for page in with_prop] == [page.raw for page in plain]


async def test_generators_without_results_give_no_page(observed: ObservedSite) -> None:
    assert await titles_of(observed.site, generator="allpages", gapprefix="No such prefix", prop="info") == []


@pytest.mark.parametrize(
    ("generator", "source", "expected"),
    [
        ("links", "Title", ["TitleA", "TitleB"]),
        ("templates", "Types", ["Template:Types template"]),
        ("categories", "Types", ["Category:Types"]),
        ("images", "Types", ["File:Campaign 0.png"]),
        ("linkshere", "TitleC", ["Baz", "TitleB"]),
        ("transcludedin", "Template:Types template", ["Types"]),
        ("redirects", "Title", ["To title"]),
    ],
)
async def test_generators_may_be_props(
    observed: ObservedSite, generator: str, source: str, expected: list[str]
) -> None:
    titles = await titles_of(observed.site, generator=generator, titles=source, prop="info")
    assert sorted(titles) == expected


@pytest.mark.everywhere
async def test_using_list_allpages_as_generator(observed: ObservedSite) -> None:
    pages = await observed.site.query(
        generator="allpages", gapfrom="Bac", limit=3, prop=["links", "categories"]
    ).collect()
    assert [page.title for page in pages] == ["Back", "Bark", "Baz"]
    assert [link.title for link in pages[0].links] == ["Title", "Types"]
    assert [[row.title for row in page.categories] for page in pages] == [
        ["Category:Types"],
        ["Category:Ba", "Category:Types"],
        ["Category:Ba"],
    ]
    assert observed.queries[0]["gaplimit"] == "3"


@pytest.mark.everywhere
@pytest.mark.parametrize("title", ["Title", "To title"])
async def test_generators_and_redirects_in_four_steps(observed: ObservedSite, title: str) -> None:
    batch = await batch_of(observed.site, generator="links", titles=title, redirects=True, prop="links")
    assert {page.title: [link.title for link in page.links] for page in batch.items} == {
        "TitleA": ["TitleA1", "TitleA2", "TitleA3"],
        "TitleC": ["TitleC1", "TitleC2"],
    }
    assert batch.redirects == {"TitleB": "TitleC"}  # the response does not describe the first step


@pytest.mark.everywhere
async def test_generators_and_redirects_in_the_order_of_the_search(observed: ObservedSite) -> None:
    """A target is at the position of the first title that leads to it."""
    found = [row.title async for row in observed.site.list("prefixsearch", search="R")]
    ends = [page async for page in observed.site.pages(titles=found, redirects=True)]
    expected = list(dict.fromkeys(page.title for page in ends if page.exists))
    assert len(found) > len(expected) > 8
    pages = await observed.site.query(generator="prefixsearch", gpssearch="R", redirects=True, prop="info").collect()
    assert [page.title for page in pages if page.exists] == expected


@pytest.mark.everywhere
async def test_generators_and_continuation(observed: ObservedSite) -> None:
    query: dict[str, Any] = {"generator": "links", "titles": "Many", "prop": ["linkshere", "info"]}
    whole = await observed.site.query(**query).collect()
    pieces = await observed.site.query(**query, gpllimit=7, lhlimit=2).collect()
    assert [page.raw for page in pieces] == [page.raw for page in whole]
    assert [page.title for page in whole] == [f"Many {number:02}" for number in range(60)]
    assert all("Many" in {row["title"] for row in page.raw["linkshere"]} for page in whole)


async def test_more_generator_examples(observed: ObservedSite) -> None:
    pages = await observed.site.query(generator="allpages", gapfrom="T", limit=4, prop="info").collect()
    assert len(pages) == 4
    assert all(page.title >= "T" and page.raw["length"] for page in pages)
    pages = await observed.site.query(
        generator="allpages",
        gapfrom="Re",
        gapfilterredir="nonredirects",
        limit=2,
        prop="revisions",
        rvprop="content",
        rvslots="main",
    ).collect()
    assert [page.raw["revisions"][0]["slots"]["main"]["content"] for page in pages] == ["Red text", "Ref text"]


# Page types ----------------------------------------------------------------------------------------------------------


@frozen
class PageType:
    """One row of the manual's table: prop, list of the pages that use it, list of all in the wiki."""

    prop: str
    used: Mapping[str, Any]
    having: str
    having_params: Mapping[str, Any]
    everything: str
    listed: Mapping[str, Any]


PAGE_TYPES = {
    "Page link": PageType(
        "links", {"title": "Types target"}, "backlinks", {"title": "Types target"},
        "alllinks", {"title": "Types target"},
    ),
    "Template transclusion": PageType(
        "templates", {"title": "Template:Types template"}, "embeddedin", {"title": "Template:Types template"},
        "alltransclusions", {"title": "Template:Types template"},
    ),
    "Categories": PageType(
        "categories", {"title": "Category:Types"}, "categorymembers", {"title": "Category:Types"},
        "allcategories", {"category": "Types"},
    ),
    "Images": PageType(
        "images", {"title": "File:Campaign 0.png"}, "imageusage", {"title": "File:Campaign 0.png"},
        "allimages", {"name": "Campaign_0.png"},
    ),
    "Language links": PageType(
        "langlinks", {"lang": "ru", "title": "Типы"}, "langbacklinks", {"lang": "ru", "title": "Типы"}, "", {},
    ),
    "Interwiki links": PageType(
        "iwlinks", {"prefix": "meta", "title": "Types"}, "iwbacklinks", {"prefix": "meta", "title": "Types"}, "", {},
    ),
    "URLs": PageType(
        "extlinks", {"url": "https://mediawiki.org/types"},
        "exturlusage", {"query": "mediawiki.org", "protocol": "https"}, "", {},
    ),
}  # fmt: skip


@pytest.mark.everywhere
@pytest.mark.parametrize("kind", PAGE_TYPES)
async def test_page_types(observed: ObservedSite, kind: str) -> None:
    row = PAGE_TYPES[kind]
    (page,) = await observed.site.query(titles="Types", prop=row.prop).collect()
    assert any(row.used.items() <= found.items() for found in page.raw[row.prop])
    pages = observed.site.list(row.having, batch_size=3, **row.having_params).mappings()
    assert "Types" in [found["title"] async for found in pages]
    if row.everything:
        everything = await observed.site.list(row.everything, batch_size=40).mappings().collect()
        assert any(row.listed.items() <= found.items() for found in everything)
    assert observed.warnings == []
