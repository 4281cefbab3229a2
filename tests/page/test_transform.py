"""``page.edit(transform)``: which functions it takes, how often it calls them, and edits by other users."""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable
from typing import Any

import anyio
import anyio.lowlevel
import pytest

from mwclient_async import BotPassword, EditOutcome, Site
from mwclient_async.errors import ApiErrorItem, EditConflict, MediaWikiError, PageExists, PageMissing
from mwclient_async.testing import LocalWiki
from tests.support.logins import EventLog, fresh, site as site_of
from tests.support.transforms import AddLine, create_page, text_of

TEXT = "One.\n\nTwo.\n\nThree.\n\nFour."


class Plus:
    """A callable object."""

    def __init__(self, sign: str) -> None:
        self.sign = sign

    def __call__(self, text: str) -> str:
        return text + self.sign

    async def later(self, text: str, sign: str) -> str:
        await anyio.lowlevel.checkpoint()
        return text + sign


@pytest.mark.everywhere
async def test_any_kind_of_function_costs_one_read_and_one_write(wiki: LocalWiki, user_auth: BotPassword) -> None:
    events, plus = EventLog(), Plus("b")
    async with site_of(wiki, auth=user_auth, on_event=events.append) as user_site:
        page = user_site.page(await create_page(user_site, "Functions", ""))
        await page.exists()
        events.clear()
        for change in (
            lambda text: text + "a",
            plus,
            functools.partial(plus.later, sign="c"),
            lambda text: plus.later(text, "d"),
            AddLine("e"),
        ):
            result = await page.edit(change, summary="adds")
            assert result.outcome is EditOutcome.SAVED
        assert (await page.text(), result.oldrevid < result.revid) == ("abcd\ne", True)
    assert (events.requests("action=query"), events.requests("action=edit")) == (6, 5)


async def test_nothing_is_sent_if_the_text_would_not_change(wiki: LocalWiki, user_auth: BotPassword) -> None:
    events, title = EventLog(), fresh("Unchanged")
    async with site_of(wiki, auth=user_auth, on_event=events.append) as user_site:
        await user_site.page(title).create("Café\nzwei")
        events.clear()
        unchanged: tuple[Callable[[str], str | None], ...] = (
            lambda _: None,
            lambda text: text,
            lambda text: text + " \t\n\n",
            lambda text: text.replace("é", "e\u0301"),
            lambda text: text.replace("\n", "\r\n"),
        )
        for change in unchanged:
            result = await user_site.page(title).edit(change)
            assert (result.outcome, result.timestamp, result.revid) == (
                EditOutcome.UNCHANGED,
                None,
                result.oldrevid,
            )
        missing = await user_site.page(fresh("Nothing")).edit(lambda text: text, missing="create")
        assert (missing.outcome, missing.revid) == (EditOutcome.UNCHANGED, 0)
    assert (events.requests("action=query"), events.requests("action=edit")) == (6, 0)


async def test_a_function_must_return_a_text_that_can_be_sent(user_site: Site) -> None:
    page = user_site.page(await create_page(user_site, "Returned"))
    for value, error in ((5, TypeError), (b"x", TypeError), (["x"], TypeError), ("\ud800", ValueError)):
        change: Any = lambda _, value=value: value  # noqa: E731 - it returns a wrong type
        with pytest.raises(error, match="transform"):
            await page.edit(change)
    for wrong in ({"conflicts": -1}, {"section": True}, {"missing": "maybe"}, {"params": {"text": "x"}}):
        arguments: Any = wrong
        with pytest.raises(ValueError, match=next(iter(wrong)) if "params" not in wrong else "'text'"):
            await page.edit(lambda text: text + "!", **arguments)
    assert await page.text() == "Start."


# Edits by other users ------------------------------------------------------------------------------------------------


@pytest.mark.everywhere
async def test_after_a_conflict_the_page_is_read_and_transformed_again(user_site: Site, admin_site: Site) -> None:
    title = await create_page(user_site, "Conflict")
    adder = AddLine(before_first=lambda: admin_site.page(title).append("\n* theirs"))
    result = await user_site.page(title).edit(adder, summary="adds mine")
    assert adder.texts == ["Start.", "Start.\n* theirs"]
    assert result.outcome is EditOutcome.SAVED
    assert await text_of(user_site, title) == "Start.\n* theirs\n* mine"


async def test_conflicts_are_bounded(user_site: Site, admin_site: Site) -> None:
    title, calls = await create_page(user_site, "Contested"), 0

    async def late(text: str) -> str:
        nonlocal calls
        calls += 1
        await admin_site.page(title).save(f"Version {calls}.")
        return text + " mine"

    for conflicts, expected in ((0, 1), (2, 4)):
        with pytest.raises(EditConflict):
            await user_site.page(title).edit(late, conflicts=conflicts)
        assert (calls, await text_of(user_site, title)) == (expected, f"Version {expected}.")


async def test_an_edit_that_the_wiki_merged_has_its_own_outcome(user_site: Site, admin_site: Site) -> None:
    title, calls = await create_page(user_site, "Merged", TEXT), 0

    async def change(text: str) -> str:
        nonlocal calls
        calls += 1
        await admin_site.page(title).edit(lambda text: text.replace("One", "1"))
        return text.replace("Four", "4")

    result = await user_site.page(title).edit(change)
    assert (result.outcome, calls) == (EditOutcome.MERGED, 1)
    assert await text_of(user_site, title) == "1.\n\nTwo.\n\nThree.\n\n4."


async def test_a_page_that_is_deleted_in_between_is_missing_or_created_again(user_site: Site, admin_site: Site) -> None:
    title = await create_page(user_site, "Deleted")
    adder = AddLine(before_first=lambda: admin_site.call("delete", title=title))
    with pytest.raises(PageMissing):
        await user_site.page(title).edit(adder)
    assert (adder.texts, await user_site.page(title).exists()) == (["Start."], False)
    await user_site.page(title).create("Again.")
    adder = AddLine(before_first=lambda: admin_site.call("delete", title=title))
    result = await user_site.page(title).edit(adder, missing="create")
    assert (adder.texts, result.outcome) == (["Again.", ""], EditOutcome.CREATED)


async def test_a_page_that_is_created_in_between_is_read_and_transformed(user_site: Site, admin_site: Site) -> None:
    title = fresh("Created")
    adder = AddLine(before_first=lambda: admin_site.page(title).create("Theirs."))
    result = await user_site.page(title).edit(adder, missing="create")
    assert (adder.texts, result.outcome) == (["", "Theirs."], EditOutcome.SAVED)
    page = await user_site.page(f"{title} 1").get("info")  # says that it does not exist: it is not read again
    adder = AddLine(before_first=lambda: admin_site.page(f"{title} 1").create("Theirs."))
    result = await user_site.page(page).edit(adder, missing="create")
    assert (adder.texts, result.outcome) == (["", "Theirs."], EditOutcome.SAVED)
    only = AddLine(before_first=lambda: admin_site.page(f"{title} 2").create("Theirs."))
    with pytest.raises(PageExists):
        await user_site.page(f"{title} 2").edit(only, missing="only")
    assert (only.texts, await text_of(user_site, f"{title} 2")) == ([""], "Theirs.")
    with pytest.raises(PageExists):  # if the page existed before, the function is not called
        await user_site.page(title).edit(only, missing="only")
    assert len(only.texts) == 1


@pytest.mark.everywhere
@pytest.mark.parametrize("left", ["a redirect", "another page"])
async def test_a_page_that_has_taken_the_title_of_a_moved_page_is_not_edited(
    user_site: Site, admin_site: Site, left: str
) -> None:
    title = await create_page(user_site, "Moved")

    async def move() -> None:
        await admin_site.call("move", from_=title, to=f"{title} on", noredirect=left != "a redirect")
        if left != "a redirect":
            await admin_site.page(title).create("Something else.")

    adder = AddLine(before_first=move)
    with pytest.raises(EditConflict, match="moved or deleted"):
        await user_site.page(title).edit(adder, missing="create")
    texts = [await text_of(user_site, name) for name in (title, f"{title} on")]
    assert texts == [f"#REDIRECT [[{title} on]]" if left == "a redirect" else "Something else.", "Start."]
    assert adder.texts == ["Start."]


# Functions that fail or edit pages themselves ------------------------------------------------------------------------


@pytest.mark.everywhere
async def test_an_error_of_the_function_is_raised_as_it_is_and_releases_the_lock(user_site: Site) -> None:
    title, calls = await create_page(user_site, "Failing"), 0
    errors = [ZeroDivisionError("x"), PageMissing((ApiErrorItem(code="missingtitle", text="not ours"),))]
    errors.append(EditConflict((ApiErrorItem(code="editconflict", text="not ours"),)))
    for error in errors:

        def fail(_: str, error: Exception = error) -> str:
            nonlocal calls
            calls += 1
            raise error

        async def fail_later(text: str, fail: Callable[[str], str] = fail) -> str:
            await anyio.lowlevel.checkpoint()
            return fail(text)

        for change in (fail, fail_later):
            with pytest.raises(type(error)) as caught:
                await user_site.page(title).edit(change, missing="create")
            assert caught.value is error
    assert calls == 6  # an error of the function is not taken for an edit conflict
    with anyio.fail_after(60):
        await user_site.page(title).edit(AddLine())


@pytest.mark.everywhere
async def test_a_function_may_edit_other_pages_and_even_the_same_one(user_site: Site) -> None:
    title, other = await create_page(user_site, "Nested"), fresh("Nested other")

    async def both(text: str) -> str:
        await user_site.page(other).append("x", missing="create")
        await user_site.page(title).edit(AddLine("* inner"))
        return f"{text}\n* outer"

    async def crossed(name: str, beside: str) -> None:
        async def change(text: str) -> str:
            await user_site.page(beside).edit(AddLine(f"* from {name}"))
            return f"{text}\n* crossed"

        await user_site.page(name).edit(change)

    with anyio.fail_after(60):  # a deadlock would block this forever
        await user_site.page(title).edit(both)
        assert await text_of(user_site, title) == "Start.\n* inner\n* outer"
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(crossed, title, other)
            tasks.start_soon(crossed, other, title)
    lines = [(await text_of(user_site, name)).splitlines() for name in (title, other)]
    assert [(found.count("* crossed"), sum("from" in line for line in found)) for found in lines] == [(1, 1), (1, 1)]


async def test_a_function_that_always_edits_its_own_page_ends_in_a_conflict(user_site: Site) -> None:
    title = await create_page(user_site, "Restless")

    async def restless(text: str) -> str:
        await user_site.page(title).append("\n* again")
        return f"{text}\n* outer"

    with pytest.raises(EditConflict):
        await user_site.page(title).edit(restless, conflicts=2)
    assert await text_of(user_site, title) == "Start." + 3 * "\n* again"


async def test_ten_tasks_with_plain_functions_cause_no_conflicts(wiki: LocalWiki, user_auth: BotPassword) -> None:
    events, calls = EventLog(), 0
    async with site_of(wiki, auth=user_auth, on_event=events.append) as user_site:
        title = await create_page(user_site, "Ten", "")
        events.clear()

        async def add(number: int) -> None:
            def change(text: str) -> str:
                nonlocal calls
                calls += 1
                return f"{text}\n* {number}"

            await user_site.page(title).edit(change)

        async with anyio.create_task_group() as tasks:
            for number in range(10):
                tasks.start_soon(add, number)
        lines = (await text_of(user_site, title)).split("\n")
    assert (sorted(lines[1:]), calls, events.requests("action=edit")) == (
        [f"* {number}" for number in range(10)],
        10,
        10,
    )


# The base of a later save --------------------------------------------------------------------------------------------


async def test_a_save_is_based_on_the_text_that_was_read_even_after_other_edits(
    user_site: Site, admin_site: Site
) -> None:
    title = await create_page(user_site, "Bases")

    async def theirs() -> None:
        await admin_site.page(title).edit(lambda text: text + " theirs")

    steps: list[Callable[[Any], Awaitable[object]]] = [
        lambda page: page.append("\n* mine"),
        lambda page: page.edit(lambda _: None),
        lambda page: page.edit(AddLine("* line")),
    ]
    for step in steps:
        page = user_site.page(title)
        await page.text()
        await theirs()
        await step(page)
        with pytest.raises(EditConflict):
            await page.save("All of it.")
        assert "theirs" in await text_of(user_site, title)
    page = user_site.page(title)
    await page.text()
    undone = (await page.append("\n* undone")).revid
    await page.undo(undone)
    await page.append("\n* on")  # no other user edited in between
    assert (await page.save("All of it.")).outcome is EditOutcome.SAVED


async def test_a_refusal_of_the_wiki_is_raised_at_once(user_site: Site, admin_site: Site) -> None:
    title = await create_page(user_site, "Protected")
    await admin_site.call("protect", title=title, protections="edit=sysop")
    adder = AddLine()
    with pytest.raises(MediaWikiError, match="protected"):
        await user_site.page(title).edit(adder)
    assert len(adder.texts) == 1
