"""What edits return; conflicts; pages that are there, and pages that are not."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial

import pytest

from mwclient_async import BotPassword, EditOutcome, EditResult, Site
from mwclient_async.errors import EditConflict, MediaWikiError, PageExists, PageMissing
from mwclient_async.models.page import Page
from mwclient_async.testing import LocalWiki
from tests.support.edits import latest
from tests.support.logins import Told, editors, fifty, fresh, make_tag, site as site_of

TEXT = "One.\n\nTwo.\n\nThree.\n\nFour."


# What an edit returns ------------------------------------------------------------------------------------------------


@pytest.mark.everywhere
async def test_the_result_says_what_an_edit_did(mine: Site) -> None:
    title = fresh("Result")
    page = mine.page(title)
    made = await page.create("One.", summary="first")
    assert (made.title, made.outcome, made.oldrevid) == (title, EditOutcome.CREATED, 0)
    steps: list[tuple[Callable[[], Awaitable[EditResult]], str]] = [
        (partial(page.save, "Two.", summary="a"), "Two."),
        (partial(page.append, "\n* end", summary="b"), "Two.\n* end"),
        (partial(page.prepend, "Top.\n", summary="c"), "Top.\nTwo.\n* end"),
        (partial(page.new_section, "A", "a", summary="d"), "Top.\nTwo.\n* end\n\n== A ==\n\na"),
        (partial(mine.page(title.replace(" ", "_")).append, "!", summary="e"), "Top.\nTwo.\n* end\n\n== A ==\n\na!"),
    ]
    before = made
    for (step, text), summary in zip(steps, "abcde", strict=True):
        result, now = await step(), await latest(mine, title)
        assert (result.outcome, result.oldrevid, result.pageid) == (EditOutcome.SAVED, before.revid, made.pageid)
        assert (now.revid, now.content, now.comment, result.verified) == (result.revid, text, summary, False)
        before = result
    await page.text()
    same = await page.save("Top.\nTwo.\n* end\n\n== A ==\n\na!")
    assert (same.outcome, same.revid, same.timestamp) == (EditOutcome.UNCHANGED, before.revid, None)


async def test_options_are_those_of_the_wiki(mine: Site, keeper: Site) -> None:
    title, tag = fresh("Options"), fresh("tag")
    await make_tag(keeper, tag)
    await keeper.page(title).create("x", bot=True, watchlist="watch", summary="made")
    await keeper.page(title).append("y", minor=True, tags=[tag], params={"watchlistexpiry": "infinity"})
    changes = await keeper.list("recentchanges", title=title, prop=["flags", "tags"]).collect()
    assert [(change.minor, change.bot, tag in change.tags) for change in changes] == [
        (True, False, True),
        (False, True, False),
    ]
    watched = await keeper.query(titles=title, prop="info", inprop="watched").first()
    assert watched is not None
    assert watched.raw["watched"] is True


# Conflicts -----------------------------------------------------------------------------------------------------------


@pytest.mark.everywhere
async def test_the_wiki_joins_edits_of_different_lines_and_refuses_those_of_the_same(mine: Site, site: Site) -> None:
    title = fresh("Merge")
    await site.page(title).create(TEXT)
    page, late = mine.page(title), mine.page(title)
    assert await page.text() == await late.text() == TEXT
    theirs = await site.page(title).save(TEXT.replace("One", "1"))
    merged = await page.save(TEXT.replace("Four", "4"))
    assert (merged.outcome, merged.oldrevid) == (EditOutcome.MERGED, theirs.revid)
    assert (await latest(mine, title)).content == "1.\n\nTwo.\n\nThree.\n\n4."
    with pytest.raises(EditConflict):  # from ourselves, too
        await late.save(TEXT.replace("Four", "vier"))
    assert (await latest(mine, title)).revid == merged.revid
    await late.save((await late.text()).replace("4", "vier"))
    assert (await latest(mine, title)).content == "1.\n\nTwo.\n\nThree.\n\nvier."


async def test_an_edit_is_based_on_what_the_page_was_made_from(mine: Site, site: Site) -> None:
    async def by_info(title: str) -> Page | None:
        return await mine.query(titles=title, prop="info").first()

    async def by_revision(title: str) -> Page | None:
        return await mine.query(titles=title, prop="revisions", rvprop="ids|content", rvslots="main").first()

    async def by_old_revision(title: str) -> Page | None:
        revid = (await latest(mine, title)).revid
        await site.page(title).append("\n\nFive.")
        return await mine.query(revids=revid, prop=["info", "revisions"], rvprop="ids").first()

    for read in (by_info, by_revision, by_old_revision):
        title = fresh("Based")
        await site.page(title).create("One.")
        page = await read(title)
        assert page is not None
        await site.page(title).save("Two.")
        with pytest.raises(EditConflict):
            await mine.page(page).save("Three.")
    replaced = await mine.page(title).save("Three.")  # a handle that has read nothing
    assert (replaced.outcome, (await latest(mine, title)).content) == (EditOutcome.SAVED, "Three.")


async def test_who_saw_that_there_is_no_page_does_not_replace_the_one_that_came_meanwhile(
    mine: Site, site: Site
) -> None:
    for way in ("text", "page"):
        title = fresh("Not there")
        handle = mine.page(title)
        if way == "text":
            with pytest.raises(PageMissing):
                await handle.text()
        else:
            (nothing,) = await mine.pages(titles=[title], prop="info").collect()
            handle = mine.page(nothing)
        await site.page(title).create("Of another.")
        with pytest.raises(PageExists):
            await handle.save("Mine.", missing="create")
        assert (await latest(mine, title)).content == "Of another."


async def test_w2_appends_come_after_whatever_others_did_in_between(mine: Site, site: Site) -> None:
    title = fresh("Between")
    page = mine.page(title)
    await page.append("* 1", missing="create")
    await site.page(title).append("\n* 2")
    await page.append("\n* 3")  # on a base that is old by now
    await site.page(title).save("Other.")
    await page.append("\n* 4")
    await mine.call("edit", title=title, appendtext="\n* 5")  # of ours, past the handle
    await page.append("\n* 6")
    await page.prepend("0\n")
    await site.page(title).append("\n* 7")
    await page.new_section("S", "s")
    assert (await latest(mine, title)).content == "0\nOther.\n* 4\n* 5\n* 6\n* 7\n\n== S ==\n\ns"


async def test_two_programs_that_append_to_one_page_lose_nothing(wiki: LocalWiki, mine: Site, site: Site) -> None:
    title = fresh("Two")
    await mine.page(title).create("Start.")

    async def append(n: int) -> None:
        await (mine, site)[n % 2].page(title).append(f"\n* {n}", summary="more")

    assert await fifty(append, number=12) == []
    lines = (await latest(mine, title)).content.splitlines()
    assert sorted(lines) == sorted(["Start.", *(f"* {n}" for n in range(12))])


# What is there, and what is not --------------------------------------------------------------------------------------


async def test_missing_says_what_to_do_about_a_page_that_is_not_there(wiki: LocalWiki, editor: BotPassword) -> None:
    told = Told()
    async with site_of(wiki, auth=editor, on_event=told.append) as mine:
        without: tuple[Callable[[str], Awaitable[EditResult]], ...] = (
            mine.page(fresh("No")).save,
            mine.page(fresh("No")).append,
            mine.page(fresh("No")).prepend,
            partial(mine.page(fresh("No")).new_section, "A", missing="raise"),
        )
        for act in without:
            with pytest.raises(PageMissing):
                await act("x")
        there = mine.page("Main Page")
        for act in (there.create, partial(there.save, missing="only"), partial(there.append, missing="only")):
            with pytest.raises(PageExists):
                await act("x")
        assert told.requests("action=edit") == 0
        for act in (
            partial(mine.page(fresh("Yes")).save, missing="create"),
            partial(mine.page(fresh("Yes")).append, missing="only"),
            partial(mine.page(fresh("Yes")).new_section, "A"),
        ):
            assert (await act("x")).outcome is EditOutcome.CREATED


@pytest.mark.everywhere
async def test_a_page_that_was_deleted_meanwhile_is_not_made_again_unasked(
    wiki: LocalWiki, mine: Site, keeper: Site
) -> None:
    title = fresh("Deleted")
    page = mine.page(title)
    await page.append("x", missing="create")
    await page.text()
    await keeper.call("delete", title=title)
    for act in (page.save, page.append, partial(page.new_section, "A", missing="raise")):
        with pytest.raises(PageMissing):
            await act("y")
    assert await editors(mine, title) == {""}
    await keeper.page(title).create("Another beginning.")
    reader = mine.page(title)
    await reader.text()
    await keeper.call("delete", title=title)
    await keeper.page(title).create("A third one.")
    with pytest.raises(MediaWikiError) as caught:
        await reader.save("y")
    assert isinstance(caught.value, EditConflict | PageMissing)
    assert (await latest(mine, title)).content == "A third one."
