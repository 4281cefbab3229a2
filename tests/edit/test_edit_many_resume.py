"""Many edits that end before their end: by the consumer, by an error, by cancellation, and go on elsewhere."""

from __future__ import annotations

import asyncio
import random

import anyio
import anyio.lowlevel
import pytest

from mwclient_async import BotPassword, Cursor, EditOutcome, Page, Site
from mwclient_async._edit.edit_many import ManyEdits
from mwclient_async._query.stream import Stream
from mwclient_async.errors import CursorMismatch
from mwclient_async.testing import LocalWiki
from tests.support.edit_many import lines_of, once, seeded
from tests.support.edits import through
from tests.support.fault_proxy import STALL_AFTER, STALL_BEFORE, Fault, FaultProxy, matching
from tests.support.logins import site as site_of


class Enough(Exception):
    """What a consumer raises, for the test."""


async def some(edits: ManyEdits, number: int, way: str) -> list[str]:
    """Take so many results, and end in that way; the titles that were given."""
    given: list[str] = []
    with anyio.CancelScope() as scope:
        try:
            async with edits:
                async for edit in edits:
                    given.append(edit.title)
                    if len(given) < number:
                        continue
                    if way == "break":
                        break
                    if way == "error":
                        raise Enough
                    scope.cancel()
                    await anyio.lowlevel.checkpoint()
        except Enough:
            assert way == "error"
    return given


@pytest.mark.everywhere
async def test_c7_edits_that_are_killed_at_any_point_are_resumed_with_none_left_out(
    wiki: LocalWiki, editor: BotPassword, anyio_backend_name: str
) -> None:
    chance = random.Random(anyio_backend_name)
    titles = await seeded(wiki, "Killed", 12)
    chance.shuffle(titles)
    cursor, given, ways = None, set[str](), ["break", "error", "cancel"]
    while ways:
        async with site_of(wiki, auth=editor) as site:
            edits = site.edit_many(titles, once, concurrency=4, resume=cursor)
            given |= {*await some(edits, chance.randrange(1, 5), ways.pop())}
            cursor = str(edits.cursor)
            place = Cursor.parse(cursor).continuation or {}
            assert {*titles[: int(place.get("inputs", 0))]} <= given
    async with site_of(wiki, auth=editor) as site:
        async with site.edit_many(titles, once, resume=cursor) as edits:
            rest = await edits.collect()
        assert [edit.error for edit in rest] == [None] * len(rest)
        assert given | {edit.title for edit in rest} == {*titles}
        assert await lines_of(site, titles) == {1: 12}
        with pytest.raises(CursorMismatch):
            async with site.edit_many([*reversed(titles)], once, resume=edits.cursor) as wrong:
                await wrong.collect()


async def test_c7_so_are_those_of_a_stream_of_pages(wiki: LocalWiki, mine: Site) -> None:
    titles = await seeded(wiki, "Streamed", 15)

    def stream() -> Stream[Page]:
        name = titles[0].rpartition(" ")[0]
        props = ["ids", "size", "content"]
        return mine.query(generator="allpages", gapprefix=name, batch_size=4, prop="revisions", rvprop=props)

    cursor, given = None, set[str]()
    for number in (1, 5, 3):
        edits = mine.edit_many(stream(), once, concurrency=3, resume=cursor)
        given |= {*await some(edits, number, "break")}
        cursor = str(edits.cursor)
    async with mine.edit_many(stream(), once, resume=cursor) as edits:
        given |= {edit.title async for edit in edits}
    assert (given, await lines_of(mine, titles)) == ({*titles}, {1: 15})


async def test_c7_a_page_that_takes_long_holds_the_cursor_back_and_no_other_page(wiki: LocalWiki, mine: Site) -> None:
    titles, release = await seeded(wiki, "Slow", 8), anyio.Event()

    async def change(text: str) -> str:
        if text == "Slow.":
            await release.wait()
        return once(text)

    await mine.page(titles[0]).save("Slow.")
    async with mine.edit_many(titles, change, concurrency=2) as edits:
        start = edits.cursor
        for _ in range(7):
            assert (await anext(edits)).title != titles[0]
            assert edits.cursor == start
        release.set()
        assert (await anext(edits)).title == titles[0]
        assert await anext(edits, None) is None
    async with mine.edit_many(titles, once, resume=edits.cursor) as rest:
        assert await rest.collect() == []


@pytest.mark.everywhere
async def test_w7_however_it_ends_no_task_is_left_and_the_site_goes_on(wiki: LocalWiki, editor: BotPassword) -> None:
    titles = await seeded(wiki, "Ended", 6)
    async with site_of(wiki, auth=editor) as site:
        for number, way in ((1, "break"), (1, "error"), (2, "cancel"), (3, "break"), (3, "error")):
            before = {task.id for task in anyio.get_running_tasks()}
            given = await some(site.edit_many(titles, once, concurrency=3), number, way)
            assert {task.id for task in anyio.get_running_tasks()} <= before
            assert (way, len(given)) == (way, number)
        with anyio.fail_after(60):  # a lock that is still held would be waited for without end
            async with site.edit_many(titles, once) as edits:
                await edits.collect()
        assert await lines_of(site, titles) == {1: 6}


@pytest.mark.everywhere
async def test_w7_left_before_anything_was_asked_for_it_ends_at_once(wiki: LocalWiki, mine: Site) -> None:
    titles = await seeded(wiki, "Untouched", 3)
    async with mine.edit_many(titles, once):
        pass
    with pytest.raises(Enough):
        async with mine.edit_many(titles, once):
            raise Enough
    with anyio.CancelScope() as scope:
        scope.cancel()
        async with mine.edit_many(titles, once) as edits:
            await edits.collect()
    assert scope.cancelled_caught
    assert (await lines_of(mine, titles))[0] >= 2


async def test_w7_what_is_under_way_at_a_break_is_finished(wiki: LocalWiki, editor: BotPassword) -> None:
    titles = await seeded(wiki, "Finished", 3)
    async with FaultProxy(wiki.url) as proxy, through(proxy, auth=editor) as site:
        async with site.edit_many(titles, once, concurrency=3) as edits:
            await anext(edits)
        assert await lines_of(site, titles) == {1: 3}
        assert [seen.action for seen in proxy.seen].count("edit") == 3


@pytest.mark.everywhere
@pytest.mark.parametrize("stall", [STALL_BEFORE, STALL_AFTER], ids=["before", "after"])
async def test_w7_cancelled_while_edits_hang_it_ends_at_once_and_is_done_at_most_once(
    wiki: LocalWiki, editor: BotPassword, stall: Fault
) -> None:
    titles = await seeded(wiki, "Hanging", 3)
    async with FaultProxy(wiki.url) as proxy, through(proxy, auth=editor) as site:
        proxy.plan = matching("edit", stall, stall)
        edits = site.edit_many(titles, once, concurrency=2)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(some, edits, 9, "break")
            await proxy.until(stall.kind, times=2)
            tasks.cancel_scope.cancel()
        with anyio.fail_after(60):
            async with site.edit_many(titles, once, resume=str(edits.cursor)) as rest:
                assert len(await rest.collect()) == 3
        assert await lines_of(site, titles) == {1: 3}


async def test_w7_an_error_of_the_consumer_does_not_wait_for_an_edit_that_hangs(
    wiki: LocalWiki, editor: BotPassword
) -> None:
    titles = await seeded(wiki, "Impatient", 3)
    async with FaultProxy(wiki.url, matching("edit", None, STALL_BEFORE)) as proxy, through(proxy, auth=editor) as site:
        edits = site.edit_many(titles, once, concurrency=2)
        with anyio.fail_after(25), pytest.raises(Enough):  # much sooner than a request is given up
            async with edits:
                await anext(edits)
                await proxy.until("STALL_BEFORE")
                raise Enough
        async with site.edit_many(titles, once, resume=edits.cursor) as rest:
            await rest.collect()
        assert await lines_of(site, titles) == {1: 3}


async def test_w7_a_task_of_asyncio_may_be_cancelled_too(wiki: LocalWiki, mine: Site) -> None:
    titles, begun = await seeded(wiki, "Native", 6), asyncio.Event()

    async def run(edits: ManyEdits) -> None:
        async with edits:
            async for _ in edits:
                begun.set()

    edits = mine.edit_many(titles, once, concurrency=2)
    task = asyncio.ensure_future(run(edits))
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with asyncio.timeout(60):
        async with mine.edit_many(titles, once, resume=edits.cursor) as rest:
            found = [edit.result.outcome for edit in await rest.collect() if edit.result]
    assert EditOutcome.SAVED in found
    assert await lines_of(mine, titles) == {1: 6}
