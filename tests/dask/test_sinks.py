"""Sinks: what a part holds."""

from __future__ import annotations

import errno
import io
import json
import os
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mwclient_async import Cursor, ListedPage, LogEvent, Page, RecentChange, Site
from mwclient_async.dask import Callback, JsonLines, Parquet, Part, Shard
from mwclient_async.dask.store import Location, Store
from mwclient_async.testing.scripted import ScriptedTransport
from tests.dask.title_wiki import AGENT, API

PAGES = [
    {"pageid": 1, "ns": 0, "title": "Élan", "categories": [{"ns": 14, "title": "Category:A", "sortkey": "E"}]},
    {"pageid": 2, "ns": 0, "title": "Mars"},
]
INFO = {
    "contentmodel": "wikitext",
    "pagelanguage": "en",
    "pagelanguagehtmlcode": "en",
    "pagelanguagedir": "ltr",
    "touched": "2026-01-02T03:04:05Z",
    "lastrevid": 7,
    "length": 12,
}


async def pages(*mappings: dict[str, Any], prop: str) -> list[Page]:
    script = {"batchcomplete": True, "query": {"pages": list(mappings)}}
    async with Site(API, user_agent=AGENT, transport=ScriptedTransport([script])) as site:
        return await site.query(generator="allpages", prop=prop).collect()


def part(rows: list[Any]) -> Part:
    return Part(name="p", wiki="w", shard="s", number=1, rows=rows, cursor=Cursor(wiki=API, fingerprint={}))


def table(sink: Parquet, rows: list[Any]) -> pa.Table:
    return pq.read_table(io.BytesIO(sink.encode(part(rows))))


async def test_json_lines_have_a_line_for_each_row() -> None:
    lines = JsonLines("out").encode(part(await pages(*PAGES, prop="categories"))).decode().splitlines()
    assert [json.loads(line)["title"] for line in lines] == ["Élan", "Mars"]
    assert "Élan" in lines[0]


async def test_columns_have_the_types_of_the_class() -> None:
    found = table(Parquet("out"), await pages({**PAGES[0], **INFO}, prop="categories|info")).to_pylist()[0]
    assert (found["title"], found["pageid"]) == ("Élan", 1)
    assert found["categories"][0]["title"] == "Category:A"
    assert found["info"]["touched"] == datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


async def test_all_parts_have_the_same_columns_whatever_their_rows_have() -> None:
    full, bare = await pages(PAGES[0], prop="categories"), await pages(PAGES[1], prop="categories")
    assert table(Parquet("out"), full).schema == table(Parquet("out"), bare).schema


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (ListedPage(title="A", ns=0), ListedPage(title="A", ns=0, pageid=3, redirect=True)),
        (LogEvent(logid=1, type="move"), LogEvent(logid=2, type="block", params={"a": 1})),
        (RecentChange(rcid=1, type="edit"), RecentChange(rcid=2, type="log", tags=("t",))),
    ],
    ids=["allpages", "logevents", "recentchanges"],
)
def test_rows_of_lists_have_the_columns_of_their_class(one: Any, other: Any) -> None:
    found = table(Parquet("out"), [one, other])
    assert found.schema == table(Parquet("out"), [other]).schema
    assert set(found.column_names) == set(one.to_dict())


def test_what_has_no_fixed_form_is_text_in_json() -> None:
    found = table(Parquet("out"), [LogEvent(logid=2, type="block", params={"a": [1, None]})])
    assert json.loads(found["params"][0].as_py()) == {"a": [1, None]}


def test_a_schema_chooses_the_columns() -> None:
    schema = pa.schema([("pageid", pa.int32()), ("title", pa.string())])
    found = table(Parquet("out", schema=schema), [{"title": "A", "ns": 0, "pageid": 3}])
    assert (found.schema, found.to_pylist()) == (schema, [{"pageid": 3, "title": "A"}])


def test_rows_without_a_class_need_a_schema() -> None:
    with pytest.raises(TypeError, match=r"give Parquet\(schema=\.\.\.\)"):
        Parquet("out").encode(part([{"title": "A"}]))


def test_a_callback_is_given_the_part() -> None:
    seen: list[Part] = []
    assert Callback(seen.append, "state").encode(part(["row"])) is None  # type: ignore[func-returns-value]
    assert [(one.name, one.rows) for one in seen] == [("p", ["row"])]


async def _store_later(_part: Part) -> None: ...


class _LaterStore:
    async def __call__(self, _part: Part) -> None: ...


@pytest.mark.parametrize("function", [_store_later, _LaterStore(), partial(_store_later)])
def test_an_async_function_is_refused(function: Any) -> None:
    with pytest.raises(TypeError, match="is async: give a plain one"):
        Callback(function, "state")


def test_a_function_that_returns_a_coroutine_stores_nothing() -> None:
    def store_soon(part: Part) -> Any:
        return _store_later(part)

    with pytest.raises(TypeError, match="is async: give a plain one"):
        Callback(store_soon, "state").encode(part(["row"]))


@pytest.mark.parametrize("url", ["memory://store-of-tests", "DIRECTORY"])
def test_a_store_keeps_objects(url: str, tmp_path: Path) -> None:
    store: Store = Location(url.replace("DIRECTORY", str(tmp_path / "new"))).open()
    assert store.get("a/b.json") is None
    assert store.names("a") == {}
    store.put("a/b.json", b"one")
    store.put("a/b.json", b"three")
    store.put("a/c/d.json", b"")
    assert store.get("a/b.json") == b"three"
    assert store.names("a") == {"a/b.json": 5, "a/c/d.json": 0}
    store.remove(["a/b.json"])
    assert store.names("a") == {"a/c/d.json": 0}


def test_a_file_that_was_not_written_to_its_end_is_no_object(tmp_path: Path) -> None:
    store = Location(str(tmp_path)).open()
    store.put("a/b.json", b"one")
    (tmp_path / "a" / ".b.json.0a1b").write_bytes(b"on")
    assert store.names("a") == {"a/b.json": 3}


def test_a_file_that_could_not_be_written_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    store = Location(str(tmp_path)).open()
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        store.put("a/b.json", b"one")
    assert list((tmp_path / "a").iterdir()) == []


@pytest.mark.parametrize("url", ["memory://store-of-two-programs", "DIRECTORY"])
def test_the_first_of_two_programs_writes_an_object(url: str, tmp_path: Path) -> None:
    store = Location(url.replace("DIRECTORY", str(tmp_path))).open()
    assert store.put_once("plan", b"first.", is_whole=_is_sentence) == b"first."
    assert store.put_once("plan", b"second.", is_whole=_is_sentence) == b"first."
    store.put("plan", b"fir")
    assert store.put_once("plan", b"second.", is_whole=_is_sentence) == b"second." == store.get("plan")


def test_of_two_programs_at_once_one_writes_an_object(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store, get = Location(str(tmp_path)).open(), Store.get

    def late(self: Store, name: str) -> bytes | None:
        monkeypatch.setattr(Store, "get", get)
        other.put_once(name, b"other.", is_whole=_is_sentence)
        return None  # this is what was there when it looked

    other = Location(str(tmp_path)).open()
    monkeypatch.setattr(Store, "get", late)
    assert store.put_once("plan", b"ours.", is_whole=_is_sentence) == b"other."


def test_a_file_system_without_links_has_no_first_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_source: object, _target: object) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    store = Location(str(tmp_path)).open()
    assert store.put_once("plan", b"first.", is_whole=_is_sentence) == b"first." == store.get("plan")


def _is_sentence(content: bytes) -> bool:
    return content.endswith(b".")


@pytest.mark.parametrize("count", [0, 1, 3])
def test_shards_that_were_not_written_to_their_end_are_none(tmp_path: Path, count: int) -> None:
    store = Location(str(tmp_path)).open()
    shards = [Shard(key=f"w-{number}", wiki="w", kind="pageids", start="1", stop="2") for number in range(count)]
    assert store.put_shards("plan.jsonl", shards) == shards == store.shards("plan.jsonl")
    content = store.get("plan.jsonl") or b""
    for length in range(len(content)):
        store.put("half.jsonl", content[:length])
        assert store.shards("half.jsonl") is None


def test_a_relative_path_is_that_of_the_program(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    assert (JsonLines("out").url, JsonLines("s3://b/out").url) == (str(tmp_path / "out"), "s3://b/out")


def test_options_of_a_file_system_are_not_shown_and_may_come_from_the_worker() -> None:
    sink = JsonLines("memory://x", storage={"secret": "S3cret"})
    assert "S3cret" not in f"{sink} {sink.location}"
    asked: list[bool] = []

    def options() -> dict[str, str]:
        asked.append(True)
        return {}

    Location("memory://x", options).open()
    assert asked == [True]


def test_a_sink_that_is_released_has_only_what_is_not_of_the_crawl(tmp_path: Path) -> None:
    store = Location(str(tmp_path)).open()
    ours = ("crawl.json", "plan.jsonl", "inputs/w-0.json", "data/wiki=w/s.000001.0123abcd.jsonl", "left_out/s.json")
    for name in (*ours, "data/mine.jsonl"):
        store.put(name, b"{}")
    store.release(b"another crawl")
    assert len(store.names("")) == len(ours) + 1
    store.put("commits/s/000001.0123abcd.-.5.json", b"{}")
    store.release(b"{}")
    assert len(store.names("")) == len(ours) + 2
    store.remove(["commits/s/000001.0123abcd.-.5.json"])
    store.release(b"{}")
    assert [*store.names("")] == ["data/mine.jsonl"]
