"""How far a stream, edits of many pages, an upload or a download have come: ``done`` and ``total``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from mwclient_async import (
    Cursor,
    DownloadProgress,
    EditOutcome,
    EditResult,
    ManyEdits,
    Page,
    Progress,
    Site,
    UploadProgress,
    UploadStage,
)
from mwclient_async.testing.scripted import Scripted, ScriptedTransport
from tests.conftest import USER_AGENT

API = "https://wiki.example.org/w/api.php"


def scripted_site(*script: Scripted) -> Site:
    return Site(API, user_agent=USER_AGENT, transport=ScriptedTransport(script))


def rows(*titles: str, next_title: str | None = None) -> dict[str, Any]:
    listed = [{"pageid": 1, "ns": 0, "title": title} for title in titles]
    body: dict[str, Any] = {"batchcomplete": True, "query": {"allpages": listed}}
    return body if next_title is None else {**body, "continue": {"apcontinue": next_title, "continue": "-||"}}


def pages(*titles: str) -> dict[str, Any]:
    found = [{"pageid": number, "ns": 0, "title": title} for number, title in enumerate(titles, 1)]
    return {"batchcomplete": True, "query": {"pages": found}}


async def test_a_run_counts_its_items_over_all_batches_and_knows_the_total_at_the_end() -> None:
    async with scripted_site(rows("A", "B", next_title="C"), rows("C")) as site:
        run = aiter(site.list("allpages"))
        counts = [(run.done, run.total) async for _ in run]
    assert counts == [(1, None), (2, None), (3, None)]
    assert (run.done, run.total) == (3, 3)


async def test_whole_batches_are_counted_too() -> None:
    async with scripted_site(rows("A", "B", next_title="C"), rows("C")) as site:
        run = aiter(site.list("allpages"))
        await anext(run)
        counts = []
        while (batch := await run.next_batch()) is not None:
            counts.append((run.done, batch.cursor.count))
    assert counts == [(2, 2), (3, 3)]


async def test_c7_a_run_that_is_resumed_from_a_text_continues_to_count_and_its_limit_begins_there() -> None:
    async with scripted_site(rows("A", "B", next_title="C")) as site:
        run = aiter(site.list("allpages"))
        await anext(run)
        text = str(run.cursor)
    async with scripted_site(rows("A", "B", next_title="C"), rows("C", "D")) as site:
        run = aiter(site.list("allpages", limit=2).resume(text))
        assert (run.done, run.total) == (1, 3)
        assert [(row.title, run.done) async for row in run] == [("B", 2), ("C", 3)]


def test_c7_two_cursors_of_one_position_are_equal_whatever_was_counted() -> None:
    plain = Cursor(wiki=API, fingerprint={})
    counted = Cursor(wiki=API, fingerprint={}, count=7)
    assert (plain, hash(plain)) == (counted, hash(counted))
    assert Cursor.parse(str(counted)).count == 7


async def test_a_limit_is_the_total_until_the_items_end_before_it() -> None:
    async with scripted_site(rows("A", "B")) as site:
        run = aiter(site.list("allpages", limit=5))
        await anext(run)
        assert run.total == 5
        assert [row.title async for row in run] == ["B"]
    assert run.total == 2


def several() -> Iterator[str]:
    yield from ("A", "B", "C")


@pytest.mark.parametrize(("titles", "limit", "total"), [("A", None, 1), (["A", "B", "C"], None, 3), ("A", 4, 1)])
async def test_the_total_of_named_pages_is_their_number(titles: Any, limit: int | None, total: int) -> None:
    async with scripted_site() as site:
        assert aiter(site.pages(titles=titles, limit=limit)).total == total


async def test_the_total_of_an_iterator_of_titles_is_known_when_it_has_ended() -> None:
    async with scripted_site(pages("A", "B", "C")) as site:
        run = aiter(site.pages(titles=several()))
        totals = [run.total async for _ in run]
    assert totals == [None, None, None]
    assert (run.done, run.total) == (3, 3)


async def save(page: Page | str) -> EditResult:
    return EditResult(title=str(page), pageid=1, outcome=EditOutcome.SAVED, revid=2, oldrevid=1)


async def test_edits_count_the_results_given_out_and_continue_after_a_resume() -> None:
    titles = ["A", "B", "C"]
    async with (
        scripted_site(pages(*titles)) as site,
        ManyEdits(site.pages(titles=titles), save, concurrency=1) as edits,
    ):
        assert edits.total == 3
        await anext(edits)
        assert (edits.done, edits.cursor.count) == (1, 1)
    later = scripted_site(pages("B", "C"))
    async with later as site:
        stream = site.pages(titles=titles).resume(str(edits.cursor))
        async with ManyEdits(stream, save, concurrency=1) as edits:
            assert [(edit.title, edits.done, edits.total) async for edit in edits] == [("B", 2, 3), ("C", 3, 3)]


async def test_streams_edits_uploads_and_downloads_share_one_protocol() -> None:
    async with scripted_site() as site:
        stream = site.list("allpages")
        several: list[Progress] = [
            aiter(stream),
            ManyEdits(stream, save, concurrency=1),
            UploadProgress(stage=UploadStage.SENDING, sent=4, total=5),
            DownloadProgress(done=4),
        ]
    assert [isinstance(one, Progress) for one in several] == [True] * 4
    assert [(one.done, one.total) for one in several] == [(0, None), (0, None), (4, 5), (4, None)]
