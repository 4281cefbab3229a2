"""What edits return; edit conflicts; pages that exist, and pages that do not."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial

import pytest

from mwclient_async import BotPassword, EditOutcome, EditResult, Site
from mwclient_async.errors import EditConflict, MediaWikiError, PageExists, PageMissing
from mwclient_async.models.page import Page
from mwclient_async.testing import LocalWiki
from tests.support.edits import latest_revision
from tests.support.logins import EventLog, editors, fresh, make_tag, run_concurrently, site as site_of

TEXT = "One.\n\nTwo.\n\nThree.\n\nFour."


# What an edit returns ------------------------------------------------------------------------------------------------


@pytest.mark.everywhere
async def test_the_result_says_what_an_edit_did(user_site: Site) -> None:
    title = fresh("Result")
    page = user_site.page(title)
    made = await page.create("One.", summary="first")
    assert (made.title, made.outcome, made.oldrevid) == (title, EditOutcome.CREATED, 0)
    steps: list[tuple[Callable[[], Awaitable[EditResult]], str]] = [
        (partial(page.save, "Two.", summary="a"), "Two."),
        (partial(page.append, "\n* end", summary="b"), "Two.\n* end"),
        (partial(page.prepend, "Top.\n", summary="c"), "Top.\nTwo.\n* end"),
        (partial(page.new_section, "A", "a", summary="d"), "Top.\nTwo.\n* end\n\n== A ==\n\na"),
        (
            partial(user_site.page(title.replace(" ", "_")).append, "!", summary="e"),
            "Top.\nTwo.\n* end\n\n== A ==\n\na!",
        ),
    ]
    before = made
    for (step, text), summary in zip(steps, "abcde", strict=True):
        result, now = await step(), await latest_revision(user_site, title)
        assert (result.outcome, result.oldrevid, result.pageid) == (EditOutcome.SAVED, before.revid, made.pageid)
        assert (now.revid, now.content, now.comment, result.verified) == (result.revid, text, summary, False)
        before = result
    await page.text()
    same = await page.save("Top.\nTwo.\n* end\n\n== A ==\n\na!")
    assert (same.outcome, same.revid, same.timestamp) == (EditOutcome.UNCHANGED, before.revid, None)


async def test_options_are_sent_to_the_wiki(user_site: Site, admin_site: Site) -> None:
    title, tag = fresh("Options"), fresh("tag")
    await make_tag(admin_site, tag)
    await admin_site.page(title).create("x", bot=True, watchlist="watch", summary="made")
    await admin_site.page(title).append("y", minor=True, tags=[tag], params={"watchlistexpiry": "infinity"})
    changes = await admin_site.list("recentchanges", title=title, prop=["flags", "tags"]).collect()
    assert [(change.minor, change.bot, tag in change.tags) for change in changes] == [
        (True, False, True),
        (False, True, False),
    ]
    watched = await admin_site.query(titles=title, prop="info", inprop="watched").first()
    assert watched is not None
    assert watched.raw["watched"] is True


# Conflicts -----------------------------------------------------------------------------------------------------------


@pytest.mark.everywhere
async def test_the_wiki_merges_edits_of_different_lines_and_refuses_those_of_the_same(
    user_site: Site, site: Site
) -> None:
    title = fresh("Merge")
    await site.page(title).create(TEXT)
    page, late = user_site.page(title), user_site.page(title)
    assert await page.text() == await late.text() == TEXT
    theirs = await site.page(title).save(TEXT.replace("One", "1"))
    merged = await page.save(TEXT.replace("Four", "4"))
    assert (merged.outcome, merged.oldrevid) == (EditOutcome.MERGED, theirs.revid)
    assert (await latest_revision(user_site, title)).content == "1.\n\nTwo.\n\nThree.\n\n4."
    with pytest.raises(EditConflict):  # with our own edit, too
        await late.save(TEXT.replace("Four", "vier"))
    assert (await latest_revision(user_site, title)).revid == merged.revid
    await late.save((await late.text()).replace("4", "vier"))
    assert (await latest_revision(user_site, title)).content == "1.\n\nTwo.\n\nThree.\n\nvier."


async def test_an_edit_is_based_on_what_the_page_was_made_from(user_site: Site, site: Site) -> None:
    async def by_info(title: str) -> Page | None:
        return await user_site.query(titles=title, prop="info").first()

    async def by_revision(title: str) -> Page | None:
        return await user_site.query(titles=title, prop="revisions", rvprop="ids|content", rvslots="main").first()

    async def by_old_revision(title: str) -> Page | None:
        revid = (await latest_revision(user_site, title)).revid
        await site.page(title).append("\n\nFive.")
        return await user_site.query(revids=revid, prop=["info", "revisions"], rvprop="ids").first()

    for read in (by_info, by_revision, by_old_revision):
        title = fresh("Based")
        await site.page(title).create("One.")
        page = await read(title)
        assert page is not None
        await site.page(title).save("Two.")
        with pytest.raises(EditConflict):
            await user_site.page(page).save("Three.")
    replaced = await user_site.page(title).save("Three.")  # a handle that has read nothing
    assert (replaced.outcome, (await latest_revision(user_site, title)).content) == (EditOutcome.SAVED, "Three.")


async def test_a_handle_that_read_a_missing_page_does_not_replace_a_page_created_since(
    user_site: Site, site: Site
) -> None:
    for read_by in ("text", "page"):
        title = fresh("Not there")
        handle = user_site.page(title)
        if read_by == "text":
            with pytest.raises(PageMissing):
                await handle.text()
        else:
            (nothing,) = await user_site.pages(titles=[title], prop="info").collect()
            handle = user_site.page(nothing)
        await site.page(title).create("Of another.")
        with pytest.raises(PageExists):
            await handle.save("Mine.", missing="create")
        assert (await latest_revision(user_site, title)).content == "Of another."


async def test_w2_appends_come_after_edits_that_others_saved_in_between(user_site: Site, site: Site) -> None:
    title = fresh("Between")
    page = user_site.page(title)
    await page.append("* 1", missing="create")
    await site.page(title).append("\n* 2")
    await page.append("\n* 3")  # on a base that is not the latest revision any more
    await site.page(title).save("Other.")
    await page.append("\n* 4")
    await user_site.call("edit", title=title, appendtext="\n* 5")  # by our account, without the handle
    await page.append("\n* 6")
    await page.prepend("0\n")
    await site.page(title).append("\n* 7")
    await page.new_section("S", "s")
    assert (await latest_revision(user_site, title)).content == "0\nOther.\n* 4\n* 5\n* 6\n* 7\n\n== S ==\n\ns"


async def test_two_programs_that_append_to_one_page_lose_nothing(wiki: LocalWiki, user_site: Site, site: Site) -> None:
    title = fresh("Two")
    await user_site.page(title).create("Start.")

    async def append(n: int) -> None:
        await (user_site, site)[n % 2].page(title).append(f"\n* {n}", summary="more")

    assert await run_concurrently(append, number=12) == []
    lines = (await latest_revision(user_site, title)).content.splitlines()
    assert sorted(lines) == sorted(["Start.", *(f"* {n}" for n in range(12))])


# Pages that exist, and pages that do not -----------------------------------------------------------------------------


async def test_missing_says_what_an_edit_does_if_the_page_does_not_exist(
    wiki: LocalWiki, user_auth: BotPassword
) -> None:
    events = EventLog()
    async with site_of(wiki, auth=user_auth, on_event=events.append) as user_site:
        without: tuple[Callable[[str], Awaitable[EditResult]], ...] = (
            partial(user_site.page(fresh("No")).save, missing="raise"),
            user_site.page(fresh("No")).append,
            user_site.page(fresh("No")).prepend,
            partial(user_site.page(fresh("No")).new_section, "A", missing="raise"),
            lambda text: user_site.page(fresh("No")).edit(lambda _: text),
        )
        for act in without:
            with pytest.raises(PageMissing, match=r"to create it, pass missing='create', or use \.create\(\)"):
                await act("x")
        with pytest.raises(PageMissing, match=r"no page 'No [\w ]+'\. \(check the title or id\)"):
            await user_site.page(fresh("No")).undo(1)
        there = user_site.page("Main Page")
        for act in (there.create, partial(there.save, missing="only"), partial(there.append, missing="only")):
            with pytest.raises(PageExists):
                await act("x")
        assert events.requests("action=edit") == 0
        for act in (
            user_site.page(fresh("Yes")).save,
            partial(user_site.page(fresh("Yes")).append, missing="only"),
            partial(user_site.page(fresh("Yes")).new_section, "A"),
        ):
            assert (await act("x")).outcome is EditOutcome.CREATED


@pytest.mark.everywhere
async def test_a_page_that_was_deleted_since_is_not_created_again(
    wiki: LocalWiki, user_site: Site, admin_site: Site
) -> None:
    title = fresh("Deleted")
    page = user_site.page(title)
    await page.append("x", missing="create")
    await page.text()
    await admin_site.call("delete", title=title)
    for act in (page.save, page.append, partial(page.new_section, "A", missing="raise")):
        with pytest.raises(PageMissing, match=r"\.create\(\)"):
            await act("y")
    assert await editors(user_site, title) == {""}
    await admin_site.page(title).create("Another beginning.")
    reader = user_site.page(title)
    await reader.text()
    await admin_site.call("delete", title=title)
    await admin_site.page(title).create("A third one.")
    with pytest.raises(MediaWikiError) as caught:
        await reader.save("y")
    assert isinstance(caught.value, EditConflict | PageMissing)
    assert (await latest_revision(user_site, title)).content == "A third one."
