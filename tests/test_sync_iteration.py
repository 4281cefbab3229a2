"""Iterating blocking streams, runs and edits: no interrupt loses an item, and a failure does not look like the end."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from mwclient_async import HttpRequest, HttpResponse, PermissionDenied
from mwclient_async._loop_thread import LoopThread
from mwclient_async.sync import Site
from mwclient_async.testing.scripted import Scripted, ScriptedTransport, json_response
from tests.conftest import USER_AGENT


def site(*steps: Scripted) -> Site:
    return Site("https://wiki.example/w/api.php", user_agent=USER_AGENT, transport=ScriptedTransport(steps))


def answer(*titles: str, **more: object) -> dict[str, object]:
    rows = [{"pageid": number, "ns": 0, "title": title} for number, title in enumerate(titles, 1)]
    return {"batchcomplete": True, "query": {"allpages": rows}, **more}


CONTINUED = answer("A", "B", **{"continue": {"apcontinue": "C", "continue": "-||"}})


@pytest.fixture
def interrupt_late(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Interrupt the next call at the worst moment: it is done, and the caller does not have its result yet."""
    wait = LoopThread.wait

    def begin() -> None:
        def interrupted(loop: LoopThread, future: Future[Any]) -> Any:
            monkeypatch.setattr(LoopThread, "wait", wait)
            wait(loop, future)
            raise KeyboardInterrupt

        monkeypatch.setattr(LoopThread, "wait", interrupted)

    return begin


def test_an_interrupt_loses_no_item_of_a_run(interrupt_late: Callable[[], None]) -> None:
    with site(CONTINUED, answer("C")) as opened, opened.list("allpages").open() as run:
        found: list[str] = []
        for rest in (["A", "B"], ["C"]):
            interrupt_late()
            with pytest.raises(KeyboardInterrupt):
                next(run)
            assert run.cursor.count == len(found)
            found += [next(run).title for _ in rest]
        assert (found, list(run), run.cursor.count) == (["A", "B", "C"], [], 3)


def test_an_interrupt_loses_no_batch_of_a_run(interrupt_late: Callable[[], None]) -> None:
    with site(CONTINUED, answer("C")) as opened, opened.list("allpages").open() as run:
        assert next(run).title == "A"
        found = []
        for count in (1, 2):
            interrupt_late()
            with pytest.raises(KeyboardInterrupt):
                run.next_batch()
            assert run.cursor.count == count
            found.append(run.next_batch())
        assert [row.title for batch in found for row in batch.items] == ["B", "C"]
        assert ([batch.cursor.count for batch in found], run.next_batch()) == ([2, 3], None)


def unchanged(request: HttpRequest) -> HttpResponse:
    """The pages that the request asks for, whose texts the edits of a test do not change."""
    titles, time = parse_qs(urlsplit(request.url).query)["titles"][0], "2026-01-01T00:00:00Z"
    text = {"contentmodel": "wikitext", "contentformat": "text/x-wiki", "content": "text"}
    revision = {"revid": 1, "parentid": 0, "timestamp": time, "slots": {"main": text}}
    pages = [{"pageid": ord(title), "ns": 0, "title": title, "revisions": [revision]} for title in titles.split("|")]
    return json_response({"batchcomplete": True, "curtimestamp": time, "query": {"pages": pages}})


def test_an_interrupt_loses_no_result_of_edit_many(interrupt_late: Callable[[], None]) -> None:
    with (
        site(*[unchanged] * 4) as opened,
        opened.edit_many(["A", "B", "C"], lambda text: text, concurrency=1) as edits,
    ):
        found: list[str] = []
        for _ in "ABC":
            interrupt_late()
            with pytest.raises(KeyboardInterrupt):
                next(edits)
            assert (edits.cursor.count, edits.done) == (len(found), len(found))
            found.append(next(edits).title)
        assert (found, edits.done, edits.cursor.count) == (["A", "B", "C"], 3, 3)


def test_an_interrupted_iteration_continues_with_what_had_come(interrupt_late: Callable[[], None]) -> None:
    with site(CONTINUED, answer("C")) as opened:
        batches = iter(opened.list("allpages").batches())
        interrupt_late()
        with pytest.raises(KeyboardInterrupt):
            next(batches)
        assert [row.title for batch in batches for row in batch.items] == ["A", "B", "C"]


def test_an_iteration_that_failed_does_not_look_complete() -> None:
    with site(CONTINUED, {"errors": [{"code": "readapidenied", "text": "no"}]}) as opened:
        rows = iter(opened.list("allpages"))
        assert [next(rows).title for _ in "AB"] == ["A", "B"]
        for _ in "12":
            with pytest.raises(PermissionDenied):
                next(rows)


def test_only_an_iterator_has_a_next_item() -> None:
    with site() as opened, pytest.raises(TypeError, match="for item in"):
        next(opened.list("allpages"))
