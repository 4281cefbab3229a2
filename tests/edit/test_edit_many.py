"""The same edit of many pages: what comes back, what it costs, and which sources of pages there are."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Callable
from typing import Any

import anyio.lowlevel
import pytest

from mwclient_async import BotPassword, ClientLogin, EditOutcome, PageEdit, Site
from mwclient_async._http.messages import HttpRequest, HttpResponse
from mwclient_async.errors import CursorMismatch, InvalidTitle, PageMissing, Protected
from mwclient_async.testing import LocalWiki
from mwclient_async.testing.scripted import sent
from tests.support.edit_many import LINE, always, lines_of, once, seeded
from tests.support.logins import Told, Watched, fresh, make_tag, site as site_of


async def outcomes(site: Site, pages: Any, **options: Any) -> list[object]:
    async with site.edit_many(pages, once, **options) as edits:
        return [edit.result.outcome if edit.result else type(edit.error) async for edit in edits]


@pytest.mark.everywhere
async def test_each_page_comes_with_its_result_or_its_error(wiki: LocalWiki, mine: Site, keeper: Site) -> None:
    first, second, third = await seeded(wiki, "Each", 3)
    await keeper.call("protect", title=second, protections="edit=sysop")
    await mine.page(third).edit(once)
    absent, invalid = fresh("Absent"), "a|b"
    titles = [first, second, absent, third, invalid, "Special:Version"]
    async with mine.edit_many(titles, once, summary="adds", concurrency=2) as edits:
        found = {edit.title: edit async for edit in edits}
        assert await anext(edits, None) is None
    assert found.keys() == {*titles}
    assert {title: edit.result.outcome for title, edit in found.items() if edit.result is not None} == {
        first: EditOutcome.SAVED,
        third: EditOutcome.UNCHANGED,
    }
    assert {title: type(edit.error) for title, edit in found.items() if edit.error is not None} == {
        second: Protected,
        absent: PageMissing,
        invalid: InvalidTitle,
        "Special:Version": InvalidTitle,
    }
    assert isinstance(found[first], PageEdit)
    assert await outcomes(mine, [absent], missing="create") == [EditOutcome.CREATED]


@pytest.mark.parametrize("number", [100, pytest.param(500, marks=pytest.mark.soak)], ids=["two reads", "ten reads"])
async def test_edits_without_conflict_cost_one_read_for_fifty_and_one_write_each(
    wiki: LocalWiki, editor: BotPassword, number: int
) -> None:
    titles, told = await seeded(wiki, "Costs", number), Told()
    async with site_of(wiki, auth=editor, on_event=told.append) as mine:
        await mine.page(fresh("Warm")).create("x")  # a token, and the rights of the account, are asked for once
        await mine.list("allpages", limit=1).collect()
        told.clear()
        assert Counter(await outcomes(mine, titles, concurrency=8)) == {EditOutcome.SAVED: number}
        reads, writes = told.requests("action=query"), told.requests("action=edit")
        assert await lines_of(mine, titles) == {1: number}
    assert (reads, writes) == (number // 50, number)


class Crowd(Watched):
    """How many edits are under way at once, at most."""

    def __init__(self) -> None:
        super().__init__()
        self.now = self.most = 0

    async def send(self, request: HttpRequest) -> HttpResponse:
        edit = sent(request).get("action") == "edit"
        self.now += edit
        self.most = max(self.most, self.now)
        try:
            return await super().send(request)
        finally:
            self.now -= edit


@pytest.mark.parametrize("concurrency", [1, 2, 3])
async def test_no_more_pages_are_under_way_than_allowed(wiki: LocalWiki, editor: BotPassword, concurrency: int) -> None:
    titles, crowd, begun, given = await seeded(wiki, "Crowd", 12), Crowd(), 0, 0

    async def slow(text: str) -> str:
        nonlocal begun
        begun += 1
        assert begun <= given + concurrency + 1  # however slow the consumer is: one may be on its way to him
        await anyio.lowlevel.checkpoint()
        return always(text)

    async with site_of(wiki, auth=editor, transport=crowd) as mine:
        edits = mine.edit_many(titles, slow, concurrency=concurrency)
        async with edits:
            async for edit in edits:
                given += 1
                assert edit.error is None
                await mine.page(titles[0]).exists()
    assert (begun, given, crowd.most) == (12, 12, concurrency)


def adding(number: int) -> Callable[[str], str]:
    return lambda text: f"{text}\n{number}"


# Sources -------------------------------------------------------------------------------------------------------------


async def test_titles_come_from_anywhere_and_pages_from_any_stream(wiki: LocalWiki, editor: BotPassword) -> None:
    titles, told = await seeded(wiki, "Sources", 6), Told()

    async def later() -> AsyncIterator[str]:
        for title in titles:
            await anyio.lowlevel.checkpoint()
            yield title

    def every(mine: Site, **more: Any) -> Any:
        name, _, _ = titles[0].rpartition(" ")
        return mine.query(generator="allpages", gapprefix=name, **more)

    async with site_of(wiki, auth=editor, on_event=told.append) as mine:
        await mine.page(fresh("Warm")).create("x")
        for number, (source, reads) in enumerate(
            (
                (later(), 1),
                (iter(titles), 1),
                (mine.list("allpages", prefix=titles[0].rpartition(" ")[0]), 7),
                (every(mine, prop="revisions", rvprop=["ids", "size", "content"]), 1),
                (every(mine, prop="revisions", rvprop=["ids", "content"]), 7),
                (every(mine, prop="info"), 7),
                (mine.pages(titles=titles, prop="info"), 7),
            )
        ):
            await mine.list("allpages", limit=1).collect()
            told.clear()
            async with mine.edit_many(source, adding(number)) as edits:
                assert [edit.error for edit in await edits.collect()] == [None] * 6
            assert (number, told.requests("action=query")) == (number, reads)
        for title in titles:
            assert await mine.page(title).text() == "\n".join(["Start.", *map(str, range(7))])


async def test_titles_that_come_twice_and_pages_that_changed_since_are_read_again(
    wiki: LocalWiki, mine: Site, keeper: Site
) -> None:
    titles = await seeded(wiki, "Twice", 3)
    found = await outcomes(mine, [*titles, titles[0], titles[0].replace(" ", "_")])
    assert Counter(found) == {EditOutcome.SAVED: 3, EditOutcome.UNCHANGED: 2}
    assert await lines_of(mine, titles) == {1: 3}
    changed = await seeded(wiki, "Changed", 3)
    async with mine.edit_many(changed, once, concurrency=1) as edits:
        first = await anext(edits)
        for title in changed:
            await keeper.page(title).append("\n* theirs")
        await edits.collect()
    assert first.error is None
    assert await lines_of(mine, changed) == {1: 3}
    assert ["* theirs" in await mine.page(title).text() for title in changed] == [True] * 3


async def test_pages_that_are_named_by_ids_nobody_has_are_missing(mine: Site) -> None:
    stream = mine.pages(pageids=[99_999_999], prop="revisions", rvprop=["ids", "size", "content"])
    assert await outcomes(mine, stream, missing="create") == [PageMissing]
    assert await outcomes(mine, []) == []


# Options -------------------------------------------------------------------------------------------------------------


async def test_options_hold_for_every_page_and_are_looked_at_before_the_first(
    wiki: LocalWiki, sysop: ClientLogin, keeper: Site
) -> None:
    titles, told = await seeded(wiki, "Tagged", 3), Told()
    await make_tag(keeper, "of many")
    assert set(await outcomes(keeper, titles, tags=iter(["of many"]), minor=True)) == {EditOutcome.SAVED}
    for title in titles:
        (change, *_) = await keeper.list("recentchanges", title=title, prop=["flags", "tags"]).collect()
        assert (change.minor, "of many" in change.tags) == (True, True)
    async with site_of(wiki, auth=sysop, on_event=told.append) as site:
        told.clear()
        for wrong in (
            {"concurrency": 0},
            {"concurrency": True},
            {"missing": "maybe"},
            {"params": {"text": "x"}},
            {"resume": "mwc1.x"},
            {"summary": "\ud800"},
        ):
            arguments: Any = wrong
            with pytest.raises(ValueError, match=r"."):
                site.edit_many(titles, once, **arguments)
        async with site.edit_many(titles, once) as edits:
            cursor = edits.cursor
        with pytest.raises(CursorMismatch):
            site.edit_many(site.query(titles=titles, prop="info"), once, resume=cursor)
        with pytest.raises(ValueError, match=r"site\.list"):
            async with site.edit_many(site.query(list="allpages"), once):
                pass
    assert told.requests("action=edit") == 0


async def test_edits_are_iterated_inside_and_begun_once(wiki: LocalWiki, mine: Site) -> None:
    titles = await seeded(wiki, "Inside", 2)
    edits = mine.edit_many(titles, once)
    with pytest.raises(RuntimeError, match="async with"):
        await anext(edits)
    with pytest.raises(RuntimeError, match="async with"):
        str(edits.cursor)
    async with edits:
        pass
    with pytest.raises(RuntimeError, match="async with"):
        await anext(edits)
    with pytest.raises(RuntimeError, match="each run"):
        await edits.__aenter__()
    async with mine.edit_many(titles, once, resume=str(edits.cursor)) as again:
        assert len(await again.collect()) == 2
    assert LINE in await mine.page(titles[0]).text()
