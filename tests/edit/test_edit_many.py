"""``site.edit_many``: its results, its number of requests, its sources of pages, and its options."""

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
from mwclient_async.testing.scripted import ScriptedTransport, sent
from tests.conftest import USER_AGENT
from tests.support.edit_many import LINE, add_line, add_line_once, count_lines, seed_pages
from tests.support.logins import EventLog, RecordingTransport, fresh, make_tag, site as site_of


async def outcomes(site: Site, pages: Any, **options: Any) -> list[object]:
    async with site.edit_many(pages, add_line_once, **options) as edits:
        return [type(edit.error) if edit.error else edit.result.outcome async for edit in edits]


@pytest.mark.everywhere
async def test_each_page_has_a_result_or_an_error(wiki: LocalWiki, user_site: Site, admin_site: Site) -> None:
    first, second, third = await seed_pages(wiki, "Each", 3)
    await admin_site.call("protect", title=second, protections="edit=sysop")
    await user_site.page(third).edit(add_line_once)
    absent, invalid = fresh("Absent"), "a|b"
    titles = [first, second, absent, third, invalid, "Special:Version"]
    async with user_site.edit_many(titles, add_line_once, summary="adds", concurrency=2) as edits:
        found = {edit.title: edit async for edit in edits}
        assert await anext(edits, None) is None
    assert found.keys() == {*titles}
    assert {title: edit.result.outcome for title, edit in found.items() if edit.error is None} == {
        first: EditOutcome.SAVED,
        third: EditOutcome.UNCHANGED,
    }
    assert {title: type(edit.error) for title, edit in found.items() if edit.error is not None} == {
        second: Protected,
        absent: PageMissing,
        invalid: InvalidTitle,
        "Special:Version": InvalidTitle,
    }
    assert "special pages have no text" in str(found["Special:Version"].error)
    assert isinstance(found[first], PageEdit)
    assert await outcomes(user_site, [absent], missing="create") == [EditOutcome.CREATED]


@pytest.mark.parametrize("number", [100, pytest.param(500, marks=pytest.mark.soak)], ids=["two reads", "ten reads"])
async def test_edits_without_conflict_cost_one_read_for_fifty_pages_and_one_write_each(
    wiki: LocalWiki, user_auth: BotPassword, number: int
) -> None:
    titles, events = await seed_pages(wiki, "Costs", number), EventLog()
    async with site_of(wiki, auth=user_auth, on_event=events.append) as user_site:
        await user_site.page(fresh("Warm")).create("x")  # the token and the rights of the account are read once
        await user_site.list("allpages", limit=1).collect()
        events.clear()
        assert Counter(await outcomes(user_site, titles, concurrency=8)) == {EditOutcome.SAVED: number}
        reads, writes = events.requests("action=query"), events.requests("action=edit")
        assert await count_lines(user_site, titles) == {1: number}
    assert (reads, writes) == (number // 50, number)


async def test_save_many_gives_each_page_its_own_text_and_sends_nothing_for_those_that_have_it(
    wiki: LocalWiki, user_auth: BotPassword
) -> None:
    first, second = await seed_pages(wiki, "Texts", 2)
    absent, events = fresh("Absent"), EventLog()
    spelling = f"_{second[0].lower()}{second[1:].replace(' ', '_')}"
    texts = {first: "Start.", spelling: "Two.", absent: "New.", "a|b": "Invalid."}
    async with site_of(wiki, auth=user_auth, on_event=events.append) as user_site:
        await user_site.page(fresh("Warm")).create("x")  # the token and the rights of the account are read once
        await user_site.list("allpages", limit=1).collect()
        events.clear()
        async with user_site.save_many(texts, summary="imports") as edits:
            found = {edit.title: edit.error or edit.result.outcome async for edit in edits}
        assert (events.requests("action=query"), events.requests("action=edit")) == (1, 2)
        assert [await user_site.page(title).text() for title in (first, second, absent)] == ["Start.", "Two.", "New."]
        revision = await user_site.page(second).revisions(prop="comment").first()
        async with user_site.save_many(texts, missing="raise") as edits:
            again = Counter(edit.result.outcome for edit in await edits.collect() if edit.error is None)
    assert isinstance(found.pop("a|b"), InvalidTitle)
    assert found == {first: EditOutcome.UNCHANGED, second: EditOutcome.SAVED, absent: EditOutcome.CREATED}
    assert revision is not None
    assert revision.comment == "imports"
    assert again == {EditOutcome.UNCHANGED: 3}


@pytest.mark.parametrize(
    ("texts", "error"),
    [
        (["A"], "mapping"),
        ({"A": None}, "the text of 'A' is of type NoneType"),
        ({3: "text"}, "title is of type int"),
        ({"A": "\ud800"}, "surrogate"),
        ({" ": "text"}, "empty"),
    ],
)
async def test_save_many_checks_its_texts_before_any_request(texts: Any, error: str) -> None:
    async with Site("https://wiki.example/api.php", user_agent=USER_AGENT, transport=ScriptedTransport([])) as opened:
        with pytest.raises((TypeError, ValueError), match=error):
            opened.save_many(texts)
        with pytest.raises(ValueError, match="concurrency"):
            opened.save_many({"A": "text"}, concurrency=0)


class EditCounter(RecordingTransport):
    """Counts how many edits are in flight at most."""

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
async def test_no_more_edits_are_in_flight_than_allowed(
    wiki: LocalWiki, user_auth: BotPassword, concurrency: int
) -> None:
    titles, counter, started, received = await seed_pages(wiki, "Counted", 12), EditCounter(), 0, 0

    async def slow(text: str) -> str:
        nonlocal started
        started += 1
        assert started <= received + concurrency + 1  # one result may be on its way to the consumer
        await anyio.lowlevel.checkpoint()
        return add_line(text)

    async with site_of(wiki, auth=user_auth, transport=counter) as user_site:
        edits = user_site.edit_many(titles, slow, concurrency=concurrency)
        async with edits:
            async for edit in edits:
                received += 1
                assert edit.error is None
                await user_site.page(titles[0]).exists()
    assert (started, received, counter.most) == (12, 12, concurrency)


def adding(number: int) -> Callable[[str], str]:
    return lambda text: f"{text}\n{number}"


# Sources -------------------------------------------------------------------------------------------------------------


async def test_titles_come_from_any_iterable_and_pages_from_any_stream(wiki: LocalWiki, user_auth: BotPassword) -> None:
    titles, events = await seed_pages(wiki, "Sources", 6), EventLog()

    async def later() -> AsyncIterator[str]:
        for title in titles:
            await anyio.lowlevel.checkpoint()
            yield title

    def every(user_site: Site, **more: Any) -> Any:
        name, _, _ = titles[0].rpartition(" ")
        return user_site.query(generator="allpages", gapprefix=name, **more)

    async with site_of(wiki, auth=user_auth, on_event=events.append) as user_site:
        await user_site.page(fresh("Warm")).create("x")
        for number, (source, reads) in enumerate(
            (
                (later(), 1),
                (iter(titles), 1),
                (user_site.list("allpages", prefix=titles[0].rpartition(" ")[0]), 7),
                (every(user_site, prop="revisions", rvprop=["ids", "size", "content"]), 1),
                (every(user_site, prop="revisions", rvprop=["ids", "content"]), 7),
                (every(user_site, prop="info"), 7),
                (user_site.pages(titles=titles, prop="info"), 7),
            )
        ):
            await user_site.list("allpages", limit=1).collect()
            events.clear()
            async with user_site.edit_many(source, adding(number)) as edits:
                assert [edit.error for edit in await edits.collect()] == [None] * 6
            assert (number, events.requests("action=query")) == (number, reads)
        for title in titles:
            assert await user_site.page(title).text() == "\n".join(["Start.", *map(str, range(7))])


async def test_repeated_titles_and_pages_that_changed_since_are_read_again(
    wiki: LocalWiki, user_site: Site, admin_site: Site
) -> None:
    titles = await seed_pages(wiki, "Twice", 3)
    found = await outcomes(user_site, [*titles, titles[0], titles[0].replace(" ", "_")])
    assert Counter(found) == {EditOutcome.SAVED: 3, EditOutcome.UNCHANGED: 2}
    assert await count_lines(user_site, titles) == {1: 3}
    changed = await seed_pages(wiki, "Changed", 3)
    async with user_site.edit_many(changed, add_line_once, concurrency=1) as edits:
        first = await anext(edits)
        for title in changed:
            await admin_site.page(title).append("\n* theirs")
        await edits.collect()
    assert first.error is None
    assert await count_lines(user_site, changed) == {1: 3}
    assert ["* theirs" in await user_site.page(title).text() for title in changed] == [True] * 3


async def test_page_ids_that_do_not_exist_are_missing_pages(user_site: Site) -> None:
    stream = user_site.pages(pageids=[99_999_999], prop="revisions", rvprop=["ids", "size", "content"])
    assert await outcomes(user_site, stream, missing="create") == [PageMissing]
    assert await outcomes(user_site, []) == []


# Options -------------------------------------------------------------------------------------------------------------


async def test_options_count_for_every_page_and_are_checked_before_the_first(
    wiki: LocalWiki, admin_auth: ClientLogin, admin_site: Site
) -> None:
    titles, events = await seed_pages(wiki, "Tagged", 3), EventLog()
    await make_tag(admin_site, "of many")
    assert set(await outcomes(admin_site, titles, tags=iter(["of many"]), minor=True)) == {EditOutcome.SAVED}
    for title in titles:
        (change, *_) = await admin_site.list("recentchanges", title=title, prop=["flags", "tags"]).collect()
        assert (change.minor, "of many" in change.tags) == (True, True)
    async with site_of(wiki, auth=admin_auth, on_event=events.append) as site:
        events.clear()
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
                site.edit_many(titles, add_line_once, **arguments)
        async with site.edit_many(titles, add_line_once) as edits:
            cursor = edits.cursor
        with pytest.raises(CursorMismatch):
            site.edit_many(site.query(titles=titles, prop="info"), add_line_once, resume=cursor)
        with pytest.raises(ValueError, match=r"site\.list"):
            async with site.edit_many(site.query(list="allpages"), add_line_once):
                pass
    assert events.requests("action=edit") == 0


async def test_edits_are_iterated_inside_async_with_and_started_once(wiki: LocalWiki, user_site: Site) -> None:
    titles = await seed_pages(wiki, "Inside", 2)
    edits = user_site.edit_many(titles, add_line_once)
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
    async with user_site.edit_many(titles, add_line_once, resume=str(edits.cursor)) as again:
        assert len(await again.collect()) == 2
    assert LINE in await user_site.page(titles[0]).text()
