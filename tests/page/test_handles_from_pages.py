"""Handles that are made from a Page: its text is not read again, and changes since then are never lost."""

from __future__ import annotations

from typing import Any

import pytest

from mwclient_async import BotPassword, EditOutcome, ListedPage, Page, Site
from mwclient_async.errors import EditConflict, PageExists, PageMissing
from mwclient_async.testing import LocalWiki
from mwclient_async.testing.scripted import ScriptedTransport
from tests.conftest import USER_AGENT
from tests.support.logins import EventLog, fresh, site as site_of
from tests.support.transforms import AddLine, create_page, text_of

WHOLE = ("ids", "size", "content")


async def read_page(site: Site, title: str, *props: str, **parameters: Any) -> Page:
    page = await site.query(titles=title, prop="revisions", rvprop=props or WHOLE, **parameters).first()
    assert page is not None
    return page


async def test_a_page_with_its_text_is_edited_without_a_read_the_first_time(
    wiki: LocalWiki, user_auth: BotPassword
) -> None:
    events = EventLog()
    async with site_of(wiki, auth=user_auth, on_event=events.append) as user_site:
        title = await create_page(user_site, "Brought")
        page_with_text, page_without_size = (
            await read_page(user_site, title),
            await read_page(user_site, title, "ids", "content"),
        )
        events.clear()
        page = user_site.page(page_with_text)
        await page.edit(AddLine("* first"))
        assert (events.requests("action=query"), events.requests("action=edit")) == (0, 1)
        await page.edit(AddLine("* second"))
        assert (events.requests("action=query"), events.requests("action=edit")) == (1, 2)
        failed = user_site.page(await read_page(user_site, title))
        with pytest.raises(ZeroDivisionError):
            await failed.edit(lambda text: text[: 1 // 0])
        events.clear()
        await failed.edit(lambda _: None)  # the text of the Page is used once only
        assert events.requests("action=query") == 1
        events.clear()
        await user_site.page(page_without_size).edit(AddLine("* third"))  # without the size, the text may be incomplete
        assert events.requests("action=query") == 1
        assert await text_of(user_site, title) == "Start.\n* first\n* second\n* third"


async def test_a_text_of_a_loader_is_what_a_later_save_is_based_on(user_site: Site, admin_site: Site) -> None:
    title, new = await create_page(user_site, "Loaded"), fresh("Loaded")
    page, absent = user_site.page(title), user_site.page(new)
    async with user_site.loader(prop="revisions", rvprop=["ids", "content"]) as loader:
        assert await page.text(loader=loader) == "Start."
        with pytest.raises(PageMissing):
            await absent.text(loader=loader)
    await admin_site.page(title).save("Theirs.")
    await admin_site.page(new).create("Theirs.")
    with pytest.raises(EditConflict):
        await page.save("Ours.")
    with pytest.raises((EditConflict, PageExists)):
        await absent.save("Ours.")


async def test_a_page_that_has_changed_since_is_read_again(user_site: Site, admin_site: Site) -> None:
    title = await create_page(user_site, "Stale")
    stale = await read_page(user_site, title)
    await admin_site.page(title).append("\n* theirs")
    adder = AddLine()
    result = await user_site.page(stale).edit(adder)
    assert (adder.texts, result.outcome) == (["Start.", "Start.\n* theirs"], EditOutcome.SAVED)
    assert await text_of(user_site, title) == "Start.\n* theirs\n* mine"


async def test_an_old_revision_never_replaces_later_changes(user_site: Site) -> None:
    title = await create_page(user_site, "Old", "One.\n\nTwo.\n\nThree.")
    first = (await user_site.page(title).get()).revisions[0].revid or 0
    await user_site.page(title).edit(lambda text: text.replace("One", "1"))
    (old,) = await user_site.pages(revids=[first], prop="revisions", rvprop=WHOLE).collect()
    result = await user_site.page(old).edit(AddLine())
    assert result.outcome is EditOutcome.MERGED
    assert await text_of(user_site, title) == "1.\n\nTwo.\n\nThree.\n* mine"


async def test_a_part_of_a_text_or_its_expanded_form_is_not_taken_for_the_text(user_site: Site) -> None:
    await user_site.page("Template:Hello").save("Hello, dear reader", missing="create")  # 18 bytes, too
    for text, parameters in (
        ("Lead.\n== A ==\na\n== B ==\nb", {"rvsection": 1}),
        ("Lead.\n== A ==\na\n== B ==\nb", {"rvsection": 0}),
        ("{{Template:Hello}}", {"rvexpandtemplates": True}),
        ("{{Template:Hello}}x", {"rvparse": True}),
        ("x\n* y", {"rvslots": "*"}),
    ):
        title = await create_page(user_site, "Part", text)
        part = await read_page(user_site, title, **parameters)
        await user_site.page(part).edit(AddLine())
        assert await text_of(user_site, title) == f"{text}\n* mine"


async def test_anything_with_a_title_names_a_page_or_a_file() -> None:
    row = {"ns": 6, "title": "File:A & B?.png"}
    things: list[Any] = [row["title"], row, ListedPage(ns=6, title="File:A & B?.png"), Page(title="File:A & B?.png")]
    async with Site("https://wiki.example/w/api.php", user_agent=USER_AGENT, transport=ScriptedTransport([])) as site:
        assert {repr(site.page(thing)) for thing in things} == {"<page 'File:A & B?.png'>"}
        assert {repr(site.file(thing)) for thing in things} == {"<File:A & B?.png>"}
        wrong: Any
        for wrong in (7, None, {"name": "x"}, {"title": 3}):
            with pytest.raises(TypeError):
                site.page(wrong)
            with pytest.raises(TypeError):
                site.file(wrong)
