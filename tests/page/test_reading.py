"""What a page handle reads: properties, texts, and streams that need several requests."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from functools import partial
from typing import Any

import anyio
import pytest

from mwclient_async import ClientLogin, PageStatus, Site
from mwclient_async._page.page_handle import PageHandle
from mwclient_async._query.stream import Stream
from mwclient_async.errors import InvalidTitle, MediaWikiError, PageMissing
from mwclient_async.testing import LocalWiki, SeedPage, SeedRevision, WikiFactory
from mwclient_async.testing.scripted import sent
from tests.conftest import once
from tests.support.logins import EventLog, RecordingTransport, fresh, site as site_of

MANY = 505  # more rows than one request gives
SETTINGS = """
$wgHooks['MediaWikiServices'][] = static function ( $services ) {
	$services->addServiceManipulator( 'SlotRoleRegistry', static function ( $registry ) {
		$registry->defineRoleWithModel( 'extra', CONTENT_MODEL_WIKITEXT );
	} );
};
$wgHooks['InterwikiLoadPrefix'][] = static function ( $prefix, &$data ) {
	if ( preg_match( '/^(x-)?[a-z]{2}$/', $prefix ) ) {
		$data = [ 'iw_prefix' => $prefix, 'iw_url' => "https://$prefix.example/$1", 'iw_api' => '', 'iw_wikiid' => '',
			'iw_local' => 1, 'iw_trans' => 0 ];
		return false;
	}
};
"""
RICH = "Rich"
TEXT = "".join(
    f"[[L{n:03}]]{{{{T{n:03}}}}}[[Category:K{n:03}]][[File:I{n:03}.png]]\n[[Rich members {n:03}]]" for n in range(MANY)
)


@pytest.fixture(scope="session")
def rich(mediawiki_factory: WikiFactory, mediawiki_version: str) -> LocalWiki:
    """A wiki with a page that has many links, templates, categories, files, backlinks and revisions."""
    wiki = mediawiki_factory(version=mediawiki_version, settings=SETTINGS)

    async def fill() -> LocalWiki:
        linking = [SeedPage(f"Rich members {n:03}", f"[[{RICH}]][[Category:{RICH}]]") for n in range(MANY)]
        history = [SeedRevision(f"Revision {n}.") for n in range(120)]
        await wiki.seed([*linking, SeedPage(RICH, revisions=[*history, SeedRevision(TEXT)])])
        return wiki

    return once("rich", mediawiki_version, lambda: anyio.run(fill))


@pytest.fixture
async def reader(rich: LocalWiki) -> AsyncIterator[tuple[Site, EventLog]]:
    events = EventLog()
    async with site_of(rich, on_event=events.append) as site:
        yield site, events


def titles(rows: list[Any]) -> list[str]:
    return [row.title for row in rows]


STREAMS: list[tuple[str, Callable[[PageHandle], Stream[Any]], int, Callable[[Any], str]]] = [
    ("links", lambda page: page.links(), 3 * MANY, lambda row: row.title),  # with missing templates
    ("templates", lambda page: page.templates(), MANY, lambda row: row.title),
    ("categories", lambda page: page.categories(), MANY + 1, lambda row: row.title),  # with the one for broken files
    ("media", lambda page: page.media(), MANY, lambda row: row.title),
    ("backlinks", lambda page: page.backlinks(), MANY, lambda row: row.title),
    ("texts", lambda page: page.revisions(prop=["ids", "content"]), 121, lambda row: str(row.revid)),
    ("history", lambda page: page.history(), 121, lambda row: str(row.id)),
]


@pytest.mark.parametrize(("name", "stream", "number", "key"), STREAMS, ids=[row[0] for row in STREAMS])
async def test_c4_streams_give_all_rows_once_and_are_resumed_from_any_cursor(
    reader: tuple[Site, EventLog],
    name: str,
    stream: Callable[[PageHandle], Stream[Any]],
    number: int,
    key: Callable[[Any], str],
) -> None:
    site, events = reader
    page = site.page(RICH)
    events.clear()
    rows = [key(row) async for row in stream(page)]
    assert len(events) > 1, name  # more than one request
    assert (len(rows), len({*rows})) == (number, number)
    for stop in (1, number // 2, number - 1):
        async with stream(page).open() as run:
            first = [key(await anext(run)) for _ in range(stop)]
        rest = [key(row) async for row in stream(page).resume(str(run.cursor))]
        assert first + rest == rows


async def test_limits_and_parameters_are_those_of_the_module(rich: LocalWiki, reader: tuple[Site, EventLog]) -> None:
    site, _ = reader
    page = site.page(RICH)
    assert len(await page.media(limit=2).collect()) == 2
    assert titles(await page.links(limit=3, namespace=0, dir="descending").collect()) == [
        f"Rich members {n}" for n in (MANY - 1, MANY - 2, MANY - 3)
    ]
    oldest = await page.revisions(limit=2, dir="newer", prop="content").collect()
    assert [row.content for row in oldest] == ["Revision 0.", "Revision 1."]
    assert titles(await site.page(f"Category:{RICH}").members(limit=2, type="page").collect()) == [
        "Rich members 000",
        "Rich members 001",
    ]
    assert len(await site.page(f"Category:{RICH}").members().collect()) == MANY
    transport = RecordingTransport()
    async with site_of(rich, transport=transport) as thrifty:
        assert len(await thrifty.page(RICH).categories(limit=2).collect()) == 2
    assert sent(transport.requests[-1])["cllimit"] == "2"
    for wrong in ({"limit": -1}, {"limit": True}, {"continue_": "x"}):
        arguments: Any = wrong
        with pytest.raises(ValueError, match=r"limit|continue"):
            page.links(**arguments)
    with pytest.raises(MediaWikiError, match="nonsense"):
        await page.links(nonsense=1).collect()


async def test_the_log_the_language_links_and_the_protection(rich: LocalWiki) -> None:
    title, auth = fresh("Logged"), ClientLogin(username=rich.admin_name, password=rich.admin_password)
    async with site_of(rich, auth=auth) as site:
        page = site.page(title)
        await page.create("[[de:Eins]] [[fr:Un]]")
        await site.call("protect", title=title, protections="edit=sysop", expiry="infinite")
        assert [(row.type, row.action) async for row in page.log()] == [("protect", "protect"), ("create", "create")]
        assert [row.lang async for row in page.languages()] == ["de", "fr"]
        assert [(one.type, one.level) for one in await page.protection()] == [("edit", "sysop")]


@pytest.mark.everywhere
async def test_missing_pages_and_invalid_titles(wiki: LocalWiki, site: Site) -> None:
    absent, invalid, special = site.page(fresh("Absent")), site.page("a|b"), site.page("Special:Version")
    for page, error, reason in (
        (absent, PageMissing, "check the title"),
        (invalid, InvalidTitle, "hold none of"),
        (special, InvalidTitle, "special pages have no text"),
    ):
        streams: list[Stream[Any]] = [page.revisions(), page.links(), page.templates(), page.categories()]
        streams.append(page.languages())
        for stream in streams:
            with pytest.raises(error, match=reason):
                await stream.collect()
        with pytest.raises(error, match=reason):
            await page.text()
        assert await page.exists() is False
    for missing in (absent.html, absent.history().collect, invalid.html):
        with pytest.raises((PageMissing, InvalidTitle)):
            await missing()
    for act in (special.html, partial(special.append, "x"), partial(special.save, "x")):
        with pytest.raises(InvalidTitle, match="special pages have no text"):
            await act()
    assert (await absent.get()).status is PageStatus.MISSING
    for empty in (absent.media(), absent.backlinks(), absent.log()):
        assert await empty.collect() == []
    assert await absent.protection() == ()
    with pytest.raises(ValueError, match="title is empty"):
        site.page(" _ ")


@pytest.mark.everywhere
async def test_a_category_or_file_without_its_namespace_is_told(site: Site) -> None:
    category, file = "begins with its namespace: 'Category:", "begins with its namespace: 'File:"
    reads: tuple[tuple[Stream[Any], str], ...] = (
        (site.list("categorymembers", title="Planets"), category),
        (site.query(generator="categorymembers", gcmtitle="Planets"), category),
        (site.page("Planets").members(), category),
        (site.list("imageusage", title="Earth.png"), file),
        (site.query(generator="imageusage", giutitle="Earth.png"), file),
    )
    for stream, advice in reads:
        with pytest.raises(InvalidTitle, match=advice):
            await stream.collect()


async def test_get_reads_the_given_properties_and_follows_redirects_on_demand(site: Site) -> None:
    title, other = fresh("Target"), fresh("Redirect")
    await site.page(title).create("Some '''text'''. [[Category:A]]")
    await site.page(other).create(f"#REDIRECT [[{title}]]")
    page = await site.page(other).get()
    assert (page.title, page.info.redirect, page.revisions[0].content) == (other, True, f"#REDIRECT [[{title}]]")
    page = await site.page(other).get("categories", redirects=True, cllimit=5)
    assert (page.title, titles(list(page.categories))) == (title, ["Category:A"])
    assert "<b>text</b>" in await site.page(title).html()


async def test_the_text_of_another_slot_and_of_a_section(reader: tuple[Site, EventLog]) -> None:
    site, _ = reader
    page = site.page(fresh("Slots"))
    await page.create("x\n== A ==\na")
    with pytest.raises(PageMissing):  # the wiki has this slot, the page does not
        await page.text(slot="extra")
    with pytest.raises(ValueError, match="main slot"):
        await page.text(slot="extra", section=1)
    assert await page.text(slot="main", section=1) == "== A ==\na"
    with pytest.raises(MediaWikiError):
        await page.text(slot="nonsense")
    for wrong in (-1, True, "1"):
        section: Any = wrong
        with pytest.raises(ValueError, match="section"):
            await page.text(section=section)


async def test_c6_a_long_history_is_read_one_batch_at_a_time(reader: tuple[Site, EventLog]) -> None:
    site, events = reader
    stream = site.page(RICH).revisions(prop=["ids", "content"], limit=120)
    assert [len(batch.items) async for batch in stream.batches()] == [50, 50, 20]
    events.clear()
    number = 0
    async for revision in stream:
        number += 1
        assert revision.content is not None
        assert events.requests("action=query") == (number - 1) // 50 + 1  # no batch is fetched before it is needed
    assert number == 120
