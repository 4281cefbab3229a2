"""``edit_many`` that ends early, by the consumer, an error or a cancellation, and is resumed by another Site."""

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
from tests.support.edit_many import add_line_once, count_lines, seed_pages
from tests.support.edits import site_behind
from tests.support.fault_proxy import STALL_AFTER, STALL_BEFORE, Fault, FaultProxy, matching
from tests.support.logins import site as site_of


class Enough(Exception):
    """The exception that a consumer raises in these tests."""


async def take(edits: ManyEdits, number: int, ending: str) -> list[str]:
    """Take this number of results, and end in that way. Returns the titles of the results."""
    received: list[str] = []
    with anyio.CancelScope() as scope:
        try:
            async with edits:
                async for edit in edits:
                    received.append(edit.title)
                    if len(received) < number:
                        continue
                    if ending == "break":
                        break
                    if ending == "error":
                        raise Enough
                    scope.cancel()
                    await anyio.lowlevel.checkpoint()
        except Enough:
            assert ending == "error"
    return received


@pytest.mark.everywhere
async def test_c7_edits_that_end_at_any_point_are_resumed_without_leaving_out_a_page(
    wiki: LocalWiki, user_auth: BotPassword, anyio_backend_name: str
) -> None:
    chance = random.Random(anyio_backend_name)
    titles = await seed_pages(wiki, "Killed", 12)
    chance.shuffle(titles)
    cursor, received, endings = None, set[str](), ["break", "error", "cancel"]
    while endings:
        async with site_of(wiki, auth=user_auth) as site:
            edits = site.edit_many(titles, add_line_once, concurrency=4, resume=cursor)
            received |= {*await take(edits, chance.randrange(1, 5), endings.pop())}
            cursor = str(edits.cursor)
            continuation = Cursor.parse(cursor).continuation or {}
            assert {*titles[: int(continuation.get("inputs", 0))]} <= received
    async with site_of(wiki, auth=user_auth) as site:
        async with site.edit_many(titles, add_line_once, resume=cursor) as edits:
            rest = await edits.collect()
        assert [edit.error for edit in rest] == [None] * len(rest)
        assert received | {edit.title for edit in rest} == {*titles}
        assert await count_lines(site, titles) == {1: 12}
        with pytest.raises(CursorMismatch):
            async with site.edit_many([*reversed(titles)], add_line_once, resume=edits.cursor) as wrong:
                await wrong.collect()


async def test_c7_edits_of_a_stream_of_pages_are_resumed_too(wiki: LocalWiki, user_site: Site) -> None:
    titles = await seed_pages(wiki, "Streamed", 15)

    def stream() -> Stream[Page]:
        name = titles[0].rpartition(" ")[0]
        props = ["ids", "size", "content"]
        return user_site.query(generator="allpages", gapprefix=name, batch_size=4, prop="revisions", rvprop=props)

    cursor, received = None, set[str]()
    for number in (1, 5, 3):
        edits = user_site.edit_many(stream(), add_line_once, concurrency=3, resume=cursor)
        received |= {*await take(edits, number, "break")}
        cursor = str(edits.cursor)
    async with user_site.edit_many(stream(), add_line_once, resume=cursor) as edits:
        received |= {edit.title async for edit in edits}
    assert (received, await count_lines(user_site, titles)) == ({*titles}, {1: 15})


async def test_c7_a_slow_page_holds_back_the_cursor_but_no_other_page(wiki: LocalWiki, user_site: Site) -> None:
    titles, release = await seed_pages(wiki, "Slow", 8), anyio.Event()

    async def change(text: str) -> str:
        if text == "Slow.":
            await release.wait()
        return add_line_once(text)

    await user_site.page(titles[0]).save("Slow.")
    async with user_site.edit_many(titles, change, concurrency=2) as edits:
        start = edits.cursor
        for _ in range(7):
            assert (await anext(edits)).title != titles[0]
            assert edits.cursor == start
        release.set()
        assert (await anext(edits)).title == titles[0]
        assert await anext(edits, None) is None
    async with user_site.edit_many(titles, add_line_once, resume=edits.cursor) as rest:
        assert await rest.collect() == []


@pytest.mark.everywhere
async def test_w7_no_task_is_left_and_the_site_stays_usable_however_it_ends(
    wiki: LocalWiki, user_auth: BotPassword
) -> None:
    titles = await seed_pages(wiki, "Ended", 6)
    async with site_of(wiki, auth=user_auth) as site:
        for number, ending in ((1, "break"), (1, "error"), (2, "cancel"), (3, "break"), (3, "error")):
            before = {task.id for task in anyio.get_running_tasks()}
            received = await take(site.edit_many(titles, add_line_once, concurrency=3), number, ending)
            assert {task.id for task in anyio.get_running_tasks()} <= before
            assert (ending, len(received)) == (ending, number)
        with anyio.fail_after(60):  # a lock that is still held would block this forever
            async with site.edit_many(titles, add_line_once) as edits:
                await edits.collect()
        assert await count_lines(site, titles) == {1: 6}


@pytest.mark.everywhere
async def test_w7_a_run_that_is_left_before_its_first_result_ends_at_once(wiki: LocalWiki, user_site: Site) -> None:
    titles = await seed_pages(wiki, "Untouched", 3)
    async with user_site.edit_many(titles, add_line_once):
        pass
    with pytest.raises(Enough):
        async with user_site.edit_many(titles, add_line_once):
            raise Enough
    with anyio.CancelScope() as scope:
        scope.cancel()
        async with user_site.edit_many(titles, add_line_once) as edits:
            await edits.collect()
    assert scope.cancelled_caught
    assert (await count_lines(user_site, titles))[0] >= 2


async def test_w7_edits_that_are_under_way_at_a_break_are_finished(wiki: LocalWiki, user_auth: BotPassword) -> None:
    titles = await seed_pages(wiki, "Finished", 3)
    async with FaultProxy(wiki.url) as proxy, site_behind(proxy, auth=user_auth) as site:
        async with site.edit_many(titles, add_line_once, concurrency=3) as edits:
            await anext(edits)
        assert await count_lines(site, titles) == {1: 3}
        assert [seen.action for seen in proxy.seen].count("edit") == 3


@pytest.mark.everywhere
@pytest.mark.parametrize("stall", [STALL_BEFORE, STALL_AFTER], ids=["before", "after"])
async def test_w7_a_cancelled_run_ends_at_once_and_its_edits_are_saved_at_most_once(
    wiki: LocalWiki, user_auth: BotPassword, stall: Fault
) -> None:
    titles = await seed_pages(wiki, "Hanging", 3)
    async with FaultProxy(wiki.url) as proxy, site_behind(proxy, auth=user_auth) as site:
        proxy.plan = matching("edit", stall, stall)
        edits = site.edit_many(titles, add_line_once, concurrency=2)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(take, edits, 9, "break")
            await proxy.until(stall.kind, times=2)
            tasks.cancel_scope.cancel()
        with anyio.fail_after(60):
            async with site.edit_many(titles, add_line_once, resume=str(edits.cursor)) as rest:
                assert len(await rest.collect()) == 3
        assert await count_lines(site, titles) == {1: 3}


async def test_w7_an_error_of_the_consumer_does_not_wait_for_an_edit_that_hangs(
    wiki: LocalWiki, user_auth: BotPassword
) -> None:
    titles = await seed_pages(wiki, "Impatient", 3)
    async with (
        FaultProxy(wiki.url, matching("edit", None, STALL_BEFORE)) as proxy,
        site_behind(proxy, auth=user_auth) as site,
    ):
        edits = site.edit_many(titles, add_line_once, concurrency=2)
        with anyio.fail_after(25), pytest.raises(Enough):  # much sooner than a request times out
            async with edits:
                await anext(edits)
                await proxy.until("STALL_BEFORE")
                raise Enough
        async with site.edit_many(titles, add_line_once, resume=edits.cursor) as rest:
            await rest.collect()
        assert await count_lines(site, titles) == {1: 3}


async def test_w7_a_task_of_asyncio_may_be_cancelled_too(wiki: LocalWiki, user_site: Site) -> None:
    titles, started = await seed_pages(wiki, "Native", 6), asyncio.Event()

    async def run(edits: ManyEdits) -> None:
        async with edits:
            async for _ in edits:
                started.set()

    edits = user_site.edit_many(titles, add_line_once, concurrency=2)
    task = asyncio.ensure_future(run(edits))
    await started.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with asyncio.timeout(60):
        async with user_site.edit_many(titles, add_line_once, resume=edits.cursor) as rest:
            found = [edit.result.outcome for edit in await rest.collect()]
    assert EditOutcome.SAVED in found
    assert await count_lines(user_site, titles) == {1: 6}
