"""Unusual titles and texts, large texts, and new sections."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import pytest

from mwclient_async import BotPassword, Site
from mwclient_async._http.text_normalization import sha1_of, stored_form
from mwclient_async.errors import InvalidTitle, MediaWikiError, Refused
from mwclient_async.testing import LocalWiki, WikiFactory
from tests.support.edits import latest_revision, site_behind
from tests.support.fault_proxy import DROP_AFTER, FaultProxy, matching
from tests.support.logins import fresh, site as site_of

TITLES = (
    "What? 100 & more/b.c{}", "Talk:e\u0301{}#section", "1+1=2; _x_{}", "Émile’s{}", "🪐 Saturn{}", "דף \u200fעברי{}",
    ":Colon{}", "User talk:Me/x{}",
)  # fmt: skip
INVALID_TITLES = ("A|B", "|", "<x>", "a//../b", "Talk:", "Special:Version", "mw:API", "x" * 256, "%41", "~~~~")


async def edit_and_lose_replies(wiki: LocalWiki, user_auth: BotPassword, titles: Sequence[str]) -> None:
    """Replies are lost, so that the page's history is also read by this title."""
    async with FaultProxy(wiki.url) as proxy, site_behind(proxy, auth=user_auth) as user_site:
        for odd in titles:
            title = odd.format(fresh(""))
            proxy.plan = matching("edit", DROP_AFTER)
            made = await user_site.page(title).create("One.")
            assert made.verified
            await user_site.page(title).append(" Two.")
            assert await user_site.page(title).text() == "One. Two."
            proxy.plan = matching("/v1/page/*", DROP_AFTER)
            revid = (await latest_revision(user_site, title)).revid
            page = await user_site.rest.update_page(title, source="Three.", latest=revid)
            assert (page.title, page.source, page.id) == (made.title, "Three.", made.pageid)


@pytest.mark.everywhere
async def test_w2_odd_titles_are_edited_and_found_again_by_both_apis(wiki: LocalWiki, user_auth: BotPassword) -> None:
    await edit_and_lose_replies(wiki, user_auth, TITLES[:2])


async def test_w2_more_odd_titles_are_edited_and_found_again(wiki: LocalWiki, user_auth: BotPassword) -> None:
    await edit_and_lose_replies(wiki, user_auth, TITLES[2:])


async def test_an_invalid_title_is_a_typed_error_and_never_another_page(user_site: Site) -> None:
    for title in ("A", "B"):
        await user_site.page(title).save("x", missing="create")
    for title in INVALID_TITLES:
        page = user_site.page(title)
        for act in (page.text, partial(page.save, "y", missing="create"), partial(page.append, "y", missing="create")):
            with pytest.raises(InvalidTitle):
                await act()
        with pytest.raises(MediaWikiError):
            await user_site.rest.create_page(title, source="y")
    assert (await latest_revision(user_site, "A")).content == (await latest_revision(user_site, "B")).content == "x"


TEXTS = (
    "", "x", " lead\n\nand trail \t\n\n", "a\r\nb\rc\n", "nul \0 bell \x07 del \x7f", "\ufeffmark",
    "e\u0301 \u212b \u1e9b\u0323", "한글 각", "\u2028\u2029\x85 lines", "👩‍🚀 🇦🇶 \U0010ffff", "no\u00a0break\u3000",
    "\ufffe\uffff", "100% +1 a=b&c ;", "{{{", "[[|]] [[A|]", "~~ ~", "<nowiki>~~~~</nowiki> <!-- [[A (b)|]] -->",
    "<pre>{{subst:Nothing}}</pre>",
)  # fmt: skip


async def check_stored_form(site: Site, texts: Sequence[str]) -> None:
    page = site.page(fresh("Texts"))
    await page.create("")
    for text in texts:
        await page.save(text, summary="x")
        latest = await latest_revision(site, page._title)
        assert latest.content == await page.text() == stored_form(text), text
        assert latest.sha1 == sha1_of(text)


async def test_texts_are_stored_as_predicted_and_their_checksums_are_accepted(user_site: Site) -> None:
    await check_stored_form(user_site, TEXTS)


@pytest.mark.everywhere
async def test_all_of_these_texts_in_one_are_stored_as_predicted(user_site: Site) -> None:
    await check_stored_form(user_site, ["\n".join(TEXTS)])


async def test_a_large_text_is_saved_once_and_a_too_large_text_is_refused(wiki: LocalWiki, user_site: Site) -> None:
    title, line = fresh("Large"), "Plain text of a long page, without anything to look up.\n"
    text = (line * (2_000_000 // len(line))).strip()
    async with FaultProxy(wiki.url, matching("edit", DROP_AFTER)) as proxy, site_behind(proxy) as faulty_site:
        made = await faulty_site.page(title).create(text)
    assert (made.verified, (await latest_revision(user_site, title)).sha1) == (True, sha1_of(text))
    with pytest.raises(Refused, match="contenttoobig"):
        await user_site.page(title).append(text)


HEADINGS = ("What? [[User:Me|I]] & ''so'' '''on'''", "a | b", "[[:Category:C]] #1", "  wide  ", "100 % =")


async def check_same_as_section_new(site: Site, title: str, headings: Sequence[str]) -> None:
    """New sections of the library have the same texts and summaries as those of ``section=new``."""
    ours, theirs = site.page(fresh(title)), fresh(title)
    for heading in headings:
        await ours.new_section(heading, "Text.")
        await site.call("edit", title=theirs, section="new", sectiontitle=heading, text="Text.")
        one, other = await latest_revision(site, ours._title), await latest_revision(site, theirs)
        assert (one.content, one.comment) == (other.content, other.comment)


@pytest.mark.everywhere
async def test_a_new_section_is_the_same_as_with_section_new(user_site: Site) -> None:
    title = fresh("Section")
    await check_same_as_section_new(user_site, title, HEADINGS[:2])
    await user_site.page(title).new_section("B", "Text. ~~~~", summary="why")
    latest = await latest_revision(user_site, title)
    assert latest.comment == "why"
    assert latest.content.startswith("== B ==\n\nText. [[User:Page editor|")


async def test_the_summary_of_a_section_is_in_the_language_of_the_wiki(
    mediawiki_factory: WikiFactory, mediawiki_version: str
) -> None:
    wiki = mediawiki_factory(version=mediawiki_version, settings="$wgLanguageCode = 'de';")
    async with site_of(wiki) as site:
        await check_same_as_section_new(site, "Abschnitt", HEADINGS)
        made = await site.page("Neu").new_section("Über uns", "x")
        assert (await latest_revision(site, made.title)).comment == "Neuer Abschnitt /* Über uns */"
