"""A page is edited by a function from its text to the new one: which, how often, and what comes in between."""

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
from tests.support.logins import Told, fresh, site as site_of
from tests.support.transforms import Adder, made, text_of

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
async def test_any_function_will_do_and_costs_one_read_and_one_write(wiki: LocalWiki, editor: BotPassword) -> None:
    told, plus = Told(), Plus("b")
    async with site_of(wiki, auth=editor, on_event=told.append) as mine:
        page = mine.page(await made(mine, "Functions", ""))
        await page.exists()
        told.clear()
        for change in (
            lambda text: text + "a",
            plus,
            functools.partial(plus.later, sign="c"),
            lambda text: plus.later(text, "d"),
            Adder("e"),
        ):
            result = await page.edit(change, summary="adds")
            assert result.outcome is EditOutcome.SAVED
        assert (await page.text(), result.oldrevid < result.revid) == ("abcd\ne", True)
    assert (told.requests("action=query"), told.requests("action=edit")) == (6, 5)


async def test_nothing_is_sent_where_nothing_would_change(wiki: LocalWiki, editor: BotPassword) -> None:
    told, title = Told(), fresh("Unchanged")
    async with site_of(wiki, auth=editor, on_event=told.append) as mine:
        await mine.page(title).create("Café\nzwei")
        told.clear()
        unchanged: tuple[Callable[[str], str | None], ...] = (
            lambda _: None,
            lambda text: text,
            lambda text: text + " \t\n\n",
            lambda text: text.replace("é", "e\u0301"),
            lambda text: text.replace("\n", "\r\n"),
        )
        for change in unchanged:
            result = await mine.page(title).edit(change)
            assert (result.outcome, result.timestamp, result.revid) == (
                EditOutcome.UNCHANGED,
                None,
                result.oldrevid,
            )
        missing = await mine.page(fresh("Nothing")).edit(lambda text: text, missing="create")
        assert (missing.outcome, missing.revid) == (EditOutcome.UNCHANGED, 0)
    assert (told.requests("action=query"), told.requests("action=edit")) == (6, 0)


async def test_what_a_function_returns_must_be_a_text_that_can_be_sent(mine: Site) -> None:
    page = mine.page(await made(mine, "Returned"))
    for value, error in ((5, TypeError), (b"x", TypeError), (["x"], TypeError), ("\ud800", ValueError)):
        change: Any = lambda _, value=value: value  # noqa: E731 - of no type that is allowed
        with pytest.raises(error, match="transform"):
            await page.edit(change)
    for wrong in ({"conflicts": -1}, {"section": True}, {"missing": "maybe"}, {"params": {"text": "x"}}):
        arguments: Any = wrong
        with pytest.raises(ValueError, match=next(iter(wrong)) if "params" not in wrong else "'text'"):
            await page.edit(lambda text: text + "!", **arguments)
    assert await page.text() == "Start."


# Somebody else, meanwhile --------------------------------------------------------------------------------------------


@pytest.mark.everywhere
async def test_after_a_conflict_the_page_is_read_and_transformed_again(mine: Site, keeper: Site) -> None:
    title = await made(mine, "Conflict")
    adder = Adder(first=lambda: keeper.page(title).append("\n* theirs"))
    result = await mine.page(title).edit(adder, summary="adds mine")
    assert adder.seen == ["Start.", "Start.\n* theirs"]
    assert result.outcome is EditOutcome.SAVED
    assert await text_of(mine, title) == "Start.\n* theirs\n* mine"


async def test_conflicts_are_bounded(mine: Site, keeper: Site) -> None:
    title, calls = await made(mine, "Contested"), 0

    async def late(text: str) -> str:
        nonlocal calls
        calls += 1
        await keeper.page(title).save(f"Version {calls}.")
        return text + " mine"

    for conflicts, expected in ((0, 1), (2, 4)):
        with pytest.raises(EditConflict):
            await mine.page(title).edit(late, conflicts=conflicts)
        assert (calls, await text_of(mine, title)) == (expected, f"Version {expected}.")


async def test_what_the_wiki_joined_is_told_apart(mine: Site, keeper: Site) -> None:
    title, calls = await made(mine, "Merged", TEXT), 0

    async def change(text: str) -> str:
        nonlocal calls
        calls += 1
        await keeper.page(title).edit(lambda text: text.replace("One", "1"))
        return text.replace("Four", "4")

    result = await mine.page(title).edit(change)
    assert (result.outcome, calls) == (EditOutcome.MERGED, 1)
    assert await text_of(mine, title) == "1.\n\nTwo.\n\nThree.\n\n4."


async def test_a_page_that_is_deleted_meanwhile_is_missing_or_made_anew(mine: Site, keeper: Site) -> None:
    title = await made(mine, "Deleted")
    adder = Adder(first=lambda: keeper.call("delete", title=title))
    with pytest.raises(PageMissing):
        await mine.page(title).edit(adder)
    assert (adder.seen, await mine.page(title).exists()) == (["Start."], False)
    await mine.page(title).create("Again.")
    adder = Adder(first=lambda: keeper.call("delete", title=title))
    result = await mine.page(title).edit(adder, missing="create")
    assert (adder.seen, result.outcome) == (["Again.", ""], EditOutcome.CREATED)


async def test_a_page_that_is_created_meanwhile_is_what_the_function_gets_then(mine: Site, keeper: Site) -> None:
    title = fresh("Created")
    adder = Adder(first=lambda: keeper.page(title).create("Theirs."))
    result = await mine.page(title).edit(adder, missing="create")
    assert (adder.seen, result.outcome) == (["", "Theirs."], EditOutcome.SAVED)
    only = Adder(first=lambda: keeper.page(f"{title} 2").create("Theirs."))
    with pytest.raises(PageExists):
        await mine.page(f"{title} 2").edit(only, missing="only")
    assert (only.seen, await text_of(mine, f"{title} 2")) == ([""], "Theirs.")
    with pytest.raises(PageExists):  # and where it was there before, the function is not asked
        await mine.page(title).edit(only, missing="only")
    assert len(only.seen) == 1


@pytest.mark.everywhere
@pytest.mark.parametrize("left", ["a redirect", "another page"])
async def test_what_stands_in_the_place_of_a_page_that_was_moved_is_not_edited(
    mine: Site, keeper: Site, left: str
) -> None:
    title = await made(mine, "Moved")

    async def move() -> None:
        await keeper.call("move", from_=title, to=f"{title} on", noredirect=left != "a redirect")
        if left != "a redirect":
            await keeper.page(title).create("Something else.")

    adder = Adder(first=move)
    with pytest.raises(EditConflict, match="moved or deleted"):
        await mine.page(title).edit(adder, missing="create")
    texts = [await text_of(mine, name) for name in (title, f"{title} on")]
    assert texts == [f"#REDIRECT [[{title} on]]" if left == "a redirect" else "Something else.", "Start."]
    assert adder.seen == ["Start."]


# A function that does more -------------------------------------------------------------------------------------------


@pytest.mark.everywhere
async def test_a_function_that_fails_leaves_the_page_free_and_its_error_as_it_is(mine: Site) -> None:
    title, calls = await made(mine, "Failing"), 0
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
                await mine.page(title).edit(change, missing="create")
            assert caught.value is error
    assert calls == 6  # no error of the function is taken for a conflict of ours
    with anyio.fail_after(60):
        await mine.page(title).edit(Adder())


@pytest.mark.everywhere
async def test_a_function_may_edit_other_pages_and_even_the_same_one(mine: Site) -> None:
    title, other = await made(mine, "Nested"), fresh("Nested other")

    async def both(text: str) -> str:
        await mine.page(other).append("x", missing="create")
        await mine.page(title).edit(Adder("* inner"))
        return f"{text}\n* outer"

    async def crossed(name: str, beside: str) -> None:
        async def change(text: str) -> str:
            await mine.page(beside).edit(Adder(f"* from {name}"))
            return f"{text}\n* crossed"

        await mine.page(name).edit(change)

    with anyio.fail_after(60):  # a lock that is waited for in a circle would be waited for without end
        await mine.page(title).edit(both)
        assert await text_of(mine, title) == "Start.\n* inner\n* outer"
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(crossed, title, other)
            tasks.start_soon(crossed, other, title)
    lines = [(await text_of(mine, name)).splitlines() for name in (title, other)]
    assert [(found.count("* crossed"), sum("from" in line for line in found)) for found in lines] == [(1, 1), (1, 1)]


async def test_a_function_that_cannot_end_with_its_own_edit_is_a_conflict_in_the_end(mine: Site) -> None:
    title = await made(mine, "Restless")

    async def restless(text: str) -> str:
        await mine.page(title).append("\n* again")
        return f"{text}\n* outer"

    with pytest.raises(EditConflict):
        await mine.page(title).edit(restless, conflicts=2)
    assert await text_of(mine, title) == "Start." + 3 * "\n* again"


async def test_ten_tasks_with_plain_functions_never_disturb_one_another(wiki: LocalWiki, editor: BotPassword) -> None:
    told, calls = Told(), 0
    async with site_of(wiki, auth=editor, on_event=told.append) as mine:
        title = await made(mine, "Ten", "")
        told.clear()

        async def add(number: int) -> None:
            def change(text: str) -> str:
                nonlocal calls
                calls += 1
                return f"{text}\n* {number}"

            await mine.page(title).edit(change)

        async with anyio.create_task_group() as tasks:
            for number in range(10):
                tasks.start_soon(add, number)
        lines = (await text_of(mine, title)).split("\n")
    assert (sorted(lines[1:]), calls, told.requests("action=edit")) == ([f"* {number}" for number in range(10)], 10, 10)


# What a later save is based on ---------------------------------------------------------------------------------------


async def test_a_save_is_based_on_what_was_read_however_many_edits_come_between(mine: Site, keeper: Site) -> None:
    title = await made(mine, "Bases")

    async def theirs() -> None:
        await keeper.page(title).edit(lambda text: text + " theirs")

    steps: list[Callable[[Any], Awaitable[object]]] = [
        lambda page: page.append("\n* mine"),
        lambda page: page.edit(lambda _: None),
        lambda page: page.edit(Adder("* line")),
    ]
    for step in steps:
        page = mine.page(title)
        await page.text()
        await theirs()
        await step(page)
        with pytest.raises(EditConflict):
            await page.save("All of it.")
        assert "theirs" in await text_of(mine, title)
    page = mine.page(title)
    await page.text()
    undone = (await page.append("\n* undone")).revid
    await page.undo(undone)
    await page.append("\n* on")  # nobody was in between
    assert (await page.save("All of it.")).outcome is EditOutcome.SAVED


async def test_errors_of_the_wiki_end_it_at_once(mine: Site, keeper: Site) -> None:
    title = await made(mine, "Protected")
    await keeper.call("protect", title=title, protections="edit=sysop")
    adder = Adder()
    with pytest.raises(MediaWikiError, match="protected"):
        await mine.page(title).edit(adder)
    assert len(adder.seen) == 1
