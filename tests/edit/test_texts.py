"""Odd titles, odd texts, large ones, and sections."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import pytest

from mwclient_async import BotPassword, Site
from mwclient_async._http.text_normalization import sha1_of, stored_form
from mwclient_async.errors import InvalidTitle, MediaWikiError, Refused
from mwclient_async.testing import LocalWiki, WikiFactory
from tests.support.edits import latest, through
from tests.support.fault_proxy import DROP_AFTER, FaultProxy, matching
from tests.support.logins import fresh, site as site_of

TITLES = (
    "What? 100 & more/b.c{}", "Talk:e\u0301{}#section", "1+1=2; _x_{}", "Émile’s{}", "🪐 Saturn{}", "דף \u200fעברי{}",
    ":Colon{}", "User talk:Me/x{}",
)  # fmt: skip
NO_TITLES = ("A|B", "|", "<x>", "a//../b", "Talk:", "Special:Version", "mw:API", "x" * 256, "%41", "~~~~")


async def edited_and_found(wiki: LocalWiki, editor: BotPassword, titles: Sequence[str]) -> None:
    """Answers are lost, so that the page's history is asked for under its title, too."""
    async with FaultProxy(wiki.url) as proxy, through(proxy, auth=editor) as mine:
        for odd in titles:
            title = odd.format(fresh(""))
            proxy.plan = matching("edit", DROP_AFTER)
            made = await mine.page(title).create("One.")
            assert made.verified
            await mine.page(title).append(" Two.")
            assert await mine.page(title).text() == "One. Two."
            proxy.plan = matching("/v1/page/*", DROP_AFTER)
            revid = (await latest(mine, title)).revid
            page = await mine.rest.update_page(title, source="Three.", latest=revid)
            assert (page.title, page.source, page.id) == (made.title, "Three.", made.pageid)


@pytest.mark.everywhere
async def test_w2_odd_titles_are_edited_and_found_again_by_both_apis(wiki: LocalWiki, editor: BotPassword) -> None:
    await edited_and_found(wiki, editor, TITLES[:2])


async def test_w2_so_are_more_odd_titles(wiki: LocalWiki, editor: BotPassword) -> None:
    await edited_and_found(wiki, editor, TITLES[2:])


async def test_what_is_no_title_of_a_page_is_a_typed_error_and_never_another_page(mine: Site) -> None:
    for title in ("A", "B"):
        await mine.page(title).save("x", missing="create")
    for title in NO_TITLES:
        page = mine.page(title)
        for act in (page.text, partial(page.save, "y", missing="create"), partial(page.append, "y", missing="create")):
            with pytest.raises(InvalidTitle):
                await act()
        with pytest.raises(MediaWikiError):
            await mine.rest.create_page(title, source="y")
    assert (await latest(mine, "A")).content == (await latest(mine, "B")).content == "x"


TEXTS = (
    "", "x", " lead\n\nand trail \t\n\n", "a\r\nb\rc\n", "nul \0 bell \x07 del \x7f", "\ufeffmark",
    "e\u0301 \u212b \u1e9b\u0323", "한글 각", "\u2028\u2029\x85 lines", "👩‍🚀 🇦🇶 \U0010ffff", "no\u00a0break\u3000",
    "\ufffe\uffff", "100% +1 a=b&c ;", "{{{", "[[|]] [[A|]", "~~ ~", "<nowiki>~~~~</nowiki> <!-- [[A (b)|]] -->",
    "<pre>{{subst:Nothing}}</pre>",
)  # fmt: skip


async def stored_as_foretold(site: Site, texts: Sequence[str]) -> None:
    page = site.page(fresh("Texts"))
    await page.create("")
    for text in texts:
        await page.save(text, summary="x")
        now = await latest(site, page._title)
        assert now.content == await page.text() == stored_form(text), text
        assert now.sha1 == sha1_of(text)


async def test_texts_are_stored_as_foretold_and_their_sums_are_accepted(mine: Site) -> None:
    await stored_as_foretold(mine, TEXTS)


@pytest.mark.everywhere
async def test_so_are_all_of_them_in_one(mine: Site) -> None:
    await stored_as_foretold(mine, ["\n".join(TEXTS)])


async def test_a_large_text_is_saved_once_and_one_that_is_too_large_is_refused(wiki: LocalWiki, mine: Site) -> None:
    title, line = fresh("Large"), "Plain text of a long page, without anything to look up.\n"
    text = (line * (2_000_000 // len(line))).strip()
    async with FaultProxy(wiki.url, matching("edit", DROP_AFTER)) as proxy, through(proxy) as lossy:
        made = await lossy.page(title).create(text)
    assert (made.verified, (await latest(mine, title)).sha1) == (True, sha1_of(text))
    with pytest.raises(Refused, match="contenttoobig"):
        await mine.page(title).append(text)


HEADINGS = ("What? [[User:Me|I]] & ''so'' '''on'''", "a | b", "[[:Category:C]] #1", "  wide  ", "100 % =")


async def same_as_the_wikis_own(site: Site, title: str, headings: Sequence[str]) -> None:
    """Sections with the wiki's own ``section=new`` beside those of the library: equal texts, equal summaries."""
    ours, theirs = site.page(fresh(title)), fresh(title)
    for heading in headings:
        await ours.new_section(heading, "Text.")
        await site.call("edit", title=theirs, section="new", sectiontitle=heading, text="Text.")
        one, other = await latest(site, ours._title), await latest(site, theirs)
        assert (one.content, one.comment) == (other.content, other.comment)


@pytest.mark.everywhere
async def test_a_new_section_is_what_the_wiki_itself_makes_of_it(mine: Site) -> None:
    title = fresh("Section")
    await same_as_the_wikis_own(mine, title, HEADINGS[:2])
    await mine.page(title).new_section("B", "Text. ~~~~", summary="why")
    now = await latest(mine, title)
    assert now.comment == "why"
    assert now.content.startswith("== B ==\n\nText. [[User:Page editor|")


async def test_the_summary_of_a_section_is_in_the_language_of_the_wiki(
    mediawiki_factory: WikiFactory, mediawiki_version: str
) -> None:
    wiki = mediawiki_factory(version=mediawiki_version, settings="$wgLanguageCode = 'de';")
    async with site_of(wiki) as site:
        await same_as_the_wikis_own(site, "Abschnitt", HEADINGS)
        made = await site.page("Neu").new_section("Über uns", "x")
        assert (await latest(site, made.title)).comment == "Neuer Abschnitt /* Über uns */"
