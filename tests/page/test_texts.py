"""Unusual texts and titles, edited by a function."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from mwclient_async import BotPassword, EditOutcome, Site
from mwclient_async._edit.edits import Edit
from mwclient_async._edit.read_base import read_text
from mwclient_async._http.text_normalization import stored_form
from mwclient_async.errors import PageMissing, ProtocolError
from mwclient_async.testing import LocalWiki, SeedPage
from tests.support.edits import site_behind
from tests.support.fault_proxy import DROP_AFTER, FaultProxy, matching
from tests.support.logins import fresh
from tests.support.scripted_flow import Script
from tests.support.transforms import AddLine, create_page, text_of

ODD = (
    " leading",
    "A/B?c&d=e",
    "Ünïcödé + plus",
    "صفحة",
    "Emoji 🪐",
    "50% \"quoted\" 'title'",
    "under_score",
    "e\u0301cole",
)
TEXTS = (
    "One\r\nTwo\rThree\r\n",
    "Cafe\u0301 \u1e9b\u0323 \u2126",
    "Ends with space \t \n\n\n",
    "\n\n Begins with it",
    "Bell\x07 and null\x00 and \x1f separator",
    "No-break at the end\xa0",
    "<!-- a comment --> {{Missing|template}} [[Link|label]]",
)


async def test_odd_titles(user_site: Site) -> None:
    mark = fresh("")
    for odd in ODD:
        page = user_site.page(f"{odd}{mark}")
        assert (await page.edit(AddLine("* a"), missing="create")).outcome is EditOutcome.CREATED
        assert (await page.edit(AddLine("* b"))).outcome is EditOutcome.SAVED
        assert await user_site.page(f"{odd}{mark}").text() == "\n* a\n* b"


async def test_a_text_that_the_wiki_stores_in_another_form_is_not_sent_twice(user_site: Site) -> None:
    title = await create_page(user_site, "Forms")
    for text in TEXTS:
        result = await user_site.page(title).edit(lambda _, text=text: text)  # type: ignore[misc]  # a lambda has no types
        assert result.outcome is EditOutcome.SAVED
        assert await text_of(user_site, title) == stored_form(text)
        assert (await user_site.page(title).edit(lambda _, text=text: text)).outcome is EditOutcome.UNCHANGED  # type: ignore[misc]


async def test_an_imported_text_with_trailing_line_breaks_is_unchanged_too(wiki: LocalWiki, user_site: Site) -> None:
    title = fresh("Imported")
    await wiki.seed([SeedPage(title, "Ends with lines.\n\n")])
    assert (await text_of(user_site, title)).endswith("\n\n")
    assert (await user_site.page(title).edit(lambda text: text)).outcome is EditOutcome.UNCHANGED


async def test_w2_a_text_that_the_wiki_transforms_is_found_after_a_lost_reply(
    wiki: LocalWiki, user_auth: BotPassword
) -> None:
    async with FaultProxy(wiki.url) as proxy, site_behind(proxy, auth=user_auth) as user_site:
        title, calls = await create_page(user_site, "Signed"), 0
        for text in ("\n* signed ~~~~", "\n* {{subst:PAGENAME}}", "\n* [[A (b)|]]"):
            proxy.plan = matching("edit", DROP_AFTER)

            def add(before: str, text: str = text) -> str:
                nonlocal calls
                calls += 1
                return before + text

            assert (await user_site.page(title).edit(add, summary="signs")).verified
        lines = (await text_of(user_site, title)).splitlines()
    assert calls == 3
    assert [line.split()[1] for line in lines[1:]] == ["signed", "Signed", "[[A"]
    assert "[[User:Page editor" in lines[1]


async def test_a_text_of_a_megabyte(user_site: Site) -> None:
    title = await create_page(user_site, "Large", "x")
    line = "é" * 99 + "\n"
    result = await user_site.page(title).edit(lambda text: line * 5_000 + text)
    again = await user_site.page(title).edit(AddLine())
    assert (result.outcome, again.outcome) == (EditOutcome.SAVED, EditOutcome.SAVED)
    assert await text_of(user_site, title) == line * 5_000 + "x\n* mine"


async def test_pages_with_other_content_models(admin_site: Site) -> None:
    for suffix, first, then in ((".css", "a { }", "a { }\n/* b */"), (".json", '{"a": 1}', '{"a": 1, "b": [2]}')):
        title = f"User:Page admin/{fresh('page')}{suffix}"
        page = admin_site.page(title)
        await page.create(first)
        changed = await page.edit(lambda _, then=then: then)  # type: ignore[misc]  # a lambda has no types
        assert changed.outcome is EditOutcome.SAVED
        stored = await page.text()
        assert "".join(stored.split()) == "".join(then.split())  # JSON is stored indented
        assert (await page.edit(lambda _, then=then: then)).outcome is EditOutcome.UNCHANGED  # type: ignore[misc]
        with pytest.raises(PageMissing, match="section"):
            await page.edit(lambda text: text + "!", section=1)


async def test_a_hidden_text_is_never_taken_for_an_empty_text(wiki: LocalWiki, user_site: Site) -> None:
    title = await create_page(user_site, "Hidden")
    first = (await user_site.page(title).get()).revisions[0].revid or 0
    await user_site.page(title).append("\n* more")
    with closing(sqlite3.connect(wiki.directory / "data" / "wiki.sqlite", timeout=60)) as database, database:
        database.execute("UPDATE revision SET rev_deleted = 1 WHERE rev_id = ?", (first,))
    (hidden,) = await user_site.pages(revids=[first], prop="revisions", rvprop=["ids", "size", "content"]).collect()
    assert hidden.revisions[0].content is None
    adder = AddLine()
    await user_site.page(hidden).edit(adder, missing="create")
    assert (adder.texts, await text_of(user_site, title)) == (["Start.\n* more"], "Start.\n* more\n* mine")


def test_a_hidden_latest_text_is_an_error() -> None:
    slots = {"main": {"texthidden": True}}
    page = {"pageid": 1, "title": "Earth", "revisions": [{"revid": 7, "slots": slots}]}
    with pytest.raises(ProtocolError, match="does not show the text of 'Earth'"):
        Script({"query": {"pages": [page]}}).run(read_text(Edit(title="Earth")))
