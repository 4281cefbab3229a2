"""Crawls of a real wiki on a cluster of two processes."""

from __future__ import annotations

import json
import os
import signal
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from pathlib import Path
from typing import Any

import anyio
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from distributed import Client, LocalCluster

from mwclient_async import UnrecognizedParameters
from mwclient_async.dask import (
    Crawl,
    CrawlProgress,
    CrawlRun,
    IdRanges,
    Inputs,
    JsonLines,
    Pages,
    Parquet,
    Rows,
    SinkMismatch,
    TimeWindows,
    TitleRanges,
    Wiki,
    committed_parts,
)
from tests.conftest import USER_AGENT
from tests.support.corpus import Corpus
from tests.support.dask_cluster import local_cluster

CATEGORIES = Pages(generator="allpages", prop=["categories"], batch_size=25)


@pytest.fixture(scope="module")
async def cluster() -> AsyncIterator[LocalCluster]:
    async with local_cluster(workers=2, threads=2, processes=True) as cluster:
        yield cluster


def crawl_of(corpus: Corpus, sink: Any, **options: Any) -> Crawl:
    wiki = Wiki(api_url=corpus.wiki.api_url, user_agent=USER_AGENT, name="corpus")
    return Crawl(**{"wikis": wiki, "query": CATEGORIES, "plan": TitleRanges(shards=5), "sink": sink, **options})


def rows_of(url: Path) -> list[dict[str, Any]]:
    return rows_of_parts(committed_parts(str(url)))


def rows_of_parts(parts: Iterable[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for part in parts for line in Path(part).read_text().splitlines()]


async def until_rows(run: CrawlRun, rows: int) -> None:
    while run.progress.done < rows:  # noqa: ASYNC110 - a value to poll
        await anyio.sleep(0.02)


def times_of_parts(url: Path) -> dict[str, int]:
    return {str(path): path.stat().st_mtime_ns for path in url.glob("data/*/*.jsonl")}


async def test_each_page_comes_once_with_its_categories(corpus: Corpus, client: Client, tmp_path: Path) -> None:
    seen: list[CrawlProgress] = []
    crawl = crawl_of(corpus, JsonLines(tmp_path, rows_per_part=25))
    async with crawl.start(client) as run:
        result = await run.result(on_progress=seen.append)
    rows = rows_of(tmp_path)
    assert Counter(row["title"] for row in rows) == Counter([*corpus.categories, "Main Page"])
    found = {row["title"]: {category["title"] for category in row["categories"]} for row in rows}
    assert found == {**corpus.categories, "Main Page": set()}
    assert (seen[-1].done, seen[-1].shards_left) == (len(rows), 0)
    assert (result.rows, result.shards, result.plan_requests) == (len(rows), 5, 2)
    assert await crawl.run() == result  # complete: neither a cluster nor a request


async def test_a_worker_that_is_killed_loses_and_doubles_nothing(
    corpus: Corpus, client: Client, tmp_path: Path
) -> None:
    async with crawl_of(corpus, JsonLines(tmp_path, rows_per_part=25)).start(client) as run:
        await until_rows(run, 50)
        pids = await client.run(os.getpid)
        os.kill(next(iter(pids.values())), signal.SIGKILL)
        await run.result()
    assert Counter(row["title"] for row in rows_of(tmp_path)) == Counter([*corpus.categories, "Main Page"])


async def test_a_crawl_that_was_left_continues_from_its_sink(corpus: Corpus, client: Client, tmp_path: Path) -> None:
    crawl = crawl_of(corpus, JsonLines(tmp_path, rows_per_part=25))
    async with crawl.start(client) as run:
        await until_rows(run, 50)
    parts = times_of_parts(tmp_path)
    async with crawl.start(client) as run:
        result = await run.result()
    kept = parts.keys() & set(result.parts)
    assert len(rows_of_parts(kept)) >= 50
    assert parts.items() >= {path: times_of_parts(tmp_path)[path] for path in kept}.items()
    assert Counter(row["title"] for row in rows_of(tmp_path)) == Counter([*corpus.categories, "Main Page"])


async def test_parquet_files_have_the_types_of_the_class(corpus: Corpus, client: Client, tmp_path: Path) -> None:
    query = Rows("allrevisions", user="Seeder", prop=["ids", "timestamp", "comment"])
    plan = TimeWindows(shards=3)
    schema = pa.schema(
        [("pageid", "int64"), ("title", "string"), ("revisions", pa.list_(pa.struct([("revid", "int64")])))]
    )
    result = await crawl_of(corpus, Parquet(tmp_path / "r", schema=schema), query=query, plan=plan).run(client)
    revisions = [one["revid"] for row in pq.read_table(tmp_path / "r" / "data").to_pylist() for one in row["revisions"]]
    assert len(revisions) == len(set(revisions)) == 2300
    assert result.plan_requests == 1


async def test_ids_and_inputs_need_no_generator(corpus: Corpus, client: Client, tmp_path: Path) -> None:
    titles = [*corpus.categories, "No such page"]
    query = Pages(prop=["info"])
    by_title = crawl_of(corpus, Parquet(tmp_path / "t"), query=query, plan=Inputs(titles=iter(titles), per_shard=100))
    by_id = crawl_of(corpus, Parquet(tmp_path / "i"), query=query, plan=IdRanges(size=120))
    await by_title.run(client)
    assert client.scheduler is not None
    await by_id.run(client.scheduler.address)
    table = pq.read_table(tmp_path / "t" / "data")
    assert sorted(table["title"].to_pylist()) == sorted(titles)
    by_ids = pq.read_table(tmp_path / "i" / "data")
    assert sorted(by_ids["title"].to_pylist()) == sorted([*corpus.categories, "Main Page"])
    assert str(by_ids.schema.field("info").type.field("touched").type) == "timestamp[us, tz=UTC]"


async def test_a_sink_of_another_crawl_is_refused(corpus: Corpus, tmp_path: Path) -> None:
    crawl_of(corpus, JsonLines(tmp_path)).claim(JsonLines(tmp_path).location.open())
    other = crawl_of(corpus, JsonLines(tmp_path), query=Pages(generator="allpages", prop=["info"]))
    with pytest.raises(SinkMismatch, match=r"its query is .*categories.*and not .*info"):
        await other.run()


async def test_an_error_of_the_plan_reaches_the_caller(corpus: Corpus, client: Client, tmp_path: Path) -> None:
    crawl = crawl_of(corpus, JsonLines(tmp_path), plan=TitleRanges(namespaces=(98,)))
    with pytest.raises(UnrecognizedParameters, match="98"):
        await crawl.run(client)
