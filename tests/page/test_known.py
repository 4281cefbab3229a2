"""Handles that are made from a Page: what it brings is not read again, and what it lacks is never lost."""

from __future__ import annotations

from typing import Any

import pytest

from mwclient_async import BotPassword, EditOutcome, Page, Site
from mwclient_async.testing import LocalWiki
from tests.support.logins import Told, site as site_of
from tests.support.transforms import Adder, made, text_of

WHOLE = ("ids", "size", "content")


async def page_of(site: Site, title: str, *props: str, **parameters: Any) -> Page:
    page = await site.query(titles=title, prop="revisions", rvprop=props or WHOLE, **parameters).first()
    assert page is not None
    return page


async def test_a_page_with_its_text_is_edited_without_reading_it_and_the_second_time_read(
    wiki: LocalWiki, editor: BotPassword
) -> None:
    told = Told()
    async with site_of(wiki, auth=editor, on_event=told.append) as mine:
        title = await made(mine, "Brought")
        brought, bare = await page_of(mine, title), await page_of(mine, title, "ids", "content")
        told.clear()
        page = mine.page(brought)
        await page.edit(Adder("* first"))
        assert (told.requests("action=query"), told.requests("action=edit")) == (0, 1)
        await page.edit(Adder("* second"))
        assert (told.requests("action=query"), told.requests("action=edit")) == (1, 2)
        failed = mine.page(await page_of(mine, title))
        with pytest.raises(ZeroDivisionError):
            await failed.edit(lambda text: text[: 1 // 0])
        told.clear()
        await failed.edit(lambda _: None)  # what was brought is old by then
        assert told.requests("action=query") == 1
        told.clear()
        await mine.page(bare).edit(Adder("* third"))  # without its size, nothing proves that the text is whole
        assert told.requests("action=query") == 1
        assert await text_of(mine, title) == "Start.\n* first\n* second\n* third"


async def test_a_page_that_is_old_by_now_is_read_again(mine: Site, keeper: Site) -> None:
    title = await made(mine, "Stale")
    stale = await page_of(mine, title)
    await keeper.page(title).append("\n* theirs")
    adder = Adder()
    result = await mine.page(stale).edit(adder)
    assert (adder.seen, result.outcome) == (["Start.", "Start.\n* theirs"], EditOutcome.SAVED)
    assert await text_of(mine, title) == "Start.\n* theirs\n* mine"


async def test_an_old_revision_never_replaces_what_came_after_it(mine: Site) -> None:
    title = await made(mine, "Old", "One.\n\nTwo.\n\nThree.")
    first = (await mine.page(title).get()).revisions[0].revid or 0
    await mine.page(title).edit(lambda text: text.replace("One", "1"))
    (old,) = await mine.pages(revids=[first], prop="revisions", rvprop=WHOLE).collect()
    result = await mine.page(old).edit(Adder())
    assert result.outcome is EditOutcome.MERGED
    assert await text_of(mine, title) == "1.\n\nTwo.\n\nThree.\n* mine"


async def test_a_part_of_a_text_or_what_became_of_it_is_not_taken_for_the_text(mine: Site) -> None:
    await mine.page("Template:Hello").save("Hello, everybody !", missing="create")  # 18 bytes, too
    for text, parameters in (
        ("Lead.\n== A ==\na\n== B ==\nb", {"rvsection": 1}),
        ("Lead.\n== A ==\na\n== B ==\nb", {"rvsection": 0}),
        ("{{Template:Hello}}", {"rvexpandtemplates": True}),
        ("{{Template:Hello}}x", {"rvparse": True}),
        ("x\n* y", {"rvslots": "*"}),
    ):
        title = await made(mine, "Part", text)
        part = await page_of(mine, title, **parameters)
        await mine.page(part).edit(Adder())
        assert await text_of(mine, title) == f"{text}\n* mine"
