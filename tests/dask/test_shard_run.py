"""The run of a shard: interrupted anywhere, or run twice at the same time, it brings each row once."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import anyio
import pytest
from attrs import evolve

from mwclient_async import HttpRequest, HttpResponse, Site
from mwclient_async.dask import JsonLines, Pages, Shard
from mwclient_async.dask.results import read_result, write_result
from mwclient_async.dask.shard_run import ShardEnd, ShardRun
from mwclient_async.dask.store import Location, Store
from tests.dask.title_wiki import AGENT, API, TitleWiki

TITLES = [f"Page {number:02}" for number in range(20)]
WHOLE = Shard(key="s", wiki="w", kind="titles", namespace=0, marks=("Page_05", "Page_10", "Page_15"))
SINK = JsonLines("memory://unused", rows_per_part=1)  # each batch is a part
QUERY = Pages(generator="allpages", batch_size=3)

_numbers = count()


class Crash(Exception):
    """The worker has died."""


class CrashingStore(Store):
    """A store whose worker dies at one of its writes, before or after it is done."""

    def crash_at(self, write: int, *, done: bool) -> None:
        vars(type(self))["left"][0] = write, done

    def put(self, name: str, content: bytes) -> None:
        write, done = vars(type(self))["left"][0]
        vars(type(self))["left"][0] = write - 1, done
        if write == 0 and not done:
            raise Crash
        super().put(name, content)
        if write == 0:
            raise Crash

    left = [(-1, False)]  # noqa: RUF012 - the worker's only one


@pytest.fixture
def store() -> Iterator[Store]:
    store = Location(f"memory://crawl{next(_numbers)}").open()
    yield store
    store._files.rm(store._root, recursive=True)


def run_of(store: Store, shard: Shard = WHOLE, **options: Callable[..., object]) -> ShardRun:
    return ShardRun(shard=shard, query=QUERY, sink=SINK, store=store, count_requests=lambda: 0, **options)  # type: ignore[arg-type]


async def finished(store: Store, wiki: TitleWiki, shard: Shard = WHOLE, **options: Callable[..., object]) -> ShardEnd:
    async with Site(API, user_agent=AGENT, transport=wiki) as site:
        return await run_of(store, shard, **options).run(site)


def rows(store: Store, *ends: tuple[Shard, ShardEnd]) -> list[str]:
    """The titles in the parts that count; all other parts are removed."""
    by_key = {shard.key: end for shard, end in ends}
    result = write_result(store, SINK, [shard for shard, _ in ends], by_key, plan_requests=0)
    assert set(store.names("data")) == set(result.parts)
    assert read_result(store) == result
    texts = [store.get(part) or b"" for part in result.parts]
    titles = [json.loads(line)["title"] for text in texts for line in text.splitlines()]
    assert len(titles) == result.rows
    return titles


async def test_a_shard_brings_its_rows_in_order(store: Store) -> None:
    end = await finished(store, TitleWiki(TITLES))
    assert rows(store, (WHOLE, end)) == TITLES
    assert (end.rows, end.rest) == (20, None)


@pytest.mark.parametrize("done", [False, True])
@pytest.mark.parametrize("write", range(14))
async def test_a_shard_that_died_at_any_write_continues_after_its_last_commit(
    store: Store, write: int, *, done: bool
) -> None:
    broken, wiki = CrashingStore(store._files, store._root, is_local=False), TitleWiki(TITLES)
    broken.crash_at(write, done=done)
    with pytest.raises(Crash):
        await finished(broken, wiki)
    committed = len(store.names("commits"))
    before = len(wiki.requests)
    end = await finished(store, wiki)
    assert rows(store, (WHOLE, end)) == TITLES
    assert len(wiki.requests) - before == 7 - committed


async def test_a_part_of_large_rows_has_fewer(store: Store) -> None:
    """Each response has 20 MiB; two of them are more than a part may have."""
    wiki = TitleWiki(TITLES)
    async with Site(API, user_agent=AGENT, transport=wiki) as site:
        run = evolve(
            run_of(store),
            sink=JsonLines("memory://unused", rows_per_part=1000),
            count_bytes=lambda: len(wiki.requests) * 20 * 2**20,
        )
        end = await run.run(site)
    assert rows(store, (WHOLE, end)) == TITLES
    assert sorted(int(name.split(".")[-2]) for name in store.names("commits")) == [2, 6, 6, 6]


async def test_a_shard_that_is_complete_sends_no_request(store: Store) -> None:
    end, wiki = await finished(store, TitleWiki(TITLES)), TitleWiki(TITLES)
    assert await finished(store, wiki) == end
    assert wiki.requests == []


class ChangingWiki(TitleWiki):
    """A wiki in which other requests come between, and in which a title vanishes: parts end elsewhere then."""

    async def send(self, request: HttpRequest) -> HttpResponse:
        for _ in range(random.Random(len(self.requests)).randrange(4)):
            await anyio.lowlevel.checkpoint()
        return await super().send(request)


@pytest.mark.parametrize("seed", range(5))
async def test_two_runs_at_the_same_time_double_nothing(store: Store, seed: int) -> None:
    rng, ends = random.Random(seed), list[ShardEnd]()

    async def work(size: int) -> None:
        for _ in range(rng.randrange(5)):
            await anyio.lowlevel.checkpoint()
        async with Site(API, user_agent=AGENT, transport=ChangingWiki(TITLES)) as site:
            run = evolve(run_of(store), query=Pages(generator="allpages", batch_size=size))
            ends.append(await run.run(site))

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(work, 3)
        tasks.start_soon(work, 4)
        tasks.start_soon(work, 3)
    chain = store.chain("s")
    assert chain is not None
    assert ShardEnd.of(WHOLE, chain) in ends  # one of them counts; any of them would do
    assert rows(store, (WHOLE, ends[seed % 3])) == TITLES


async def test_the_result_of_the_program_that_ended_first_counts(store: Store) -> None:
    """Both programs have complete runs of the shard, and each one would remove the parts of the other one."""
    ends: list[ShardEnd] = []

    async def work() -> None:
        ends.append(await finished(store, ChangingWiki(TITLES)))

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(work)
        tasks.start_soon(work)
    assert ends[0].leaf.attempt != ends[1].leaf.attempt
    first, second = (write_result(store, SINK, [WHOLE], {"s": end}, plan_requests=0) for end in ends)
    assert second == first == read_result(store)
    assert rows(store, (WHOLE, ends[1])) == TITLES


async def test_a_result_that_was_not_written_to_its_end_is_written_again(store: Store) -> None:
    end = await finished(store, TitleWiki(TITLES))
    assert rows(store, (WHOLE, end)) == TITLES
    store.put("result.json", b'{"rows"')
    assert read_result(store) is None
    assert rows(store, (WHOLE, end)) == TITLES


async def test_only_what_is_left_of_a_crawl_is_removed_from_its_directory(tmp_path: Path) -> None:
    store = Location(str(tmp_path)).open()
    end = await finished(store, TitleWiki(TITLES))
    overtaken = tmp_path / "data" / "wiki=w" / "s.000001.0123abcd.jsonl"
    unfinished = tmp_path / "commits" / "s" / ".000001.0123abcd.-.5.json.9876fedc"
    mine = tmp_path / "data" / "notes.jsonl"
    for file in (overtaken, unfinished, mine):
        file.write_text("{}")
    write_result(store, SINK, [WHOLE], {"s": end}, plan_requests=0)
    assert [file.name for file in (overtaken, unfinished, mine) if file.exists()] == ["notes.jsonl"]


async def test_a_slow_shard_leaves_its_rest_to_others(store: Store) -> None:
    wiki, batches = TitleWiki(TITLES), count()
    end = await finished(store, wiki, wants_split=lambda: next(batches) == 1)
    assert end.rest is not None
    assert (end.rows, end.rest.start, end.rest.stop) == (6, "Page_06", None)
    rest = evolve(end.rest, key="r")
    assert rows(store, (WHOLE, end), (rest, await finished(store, wiki, rest))) == TITLES
    assert await finished(store, wiki) == end  # run again, it knows that it has ended


async def test_a_shard_without_a_mark_in_its_rest_is_not_split(store: Store) -> None:
    end = await finished(store, TitleWiki(TITLES), evolve(WHOLE, marks=("Page_01",)), wants_split=lambda: True)
    assert (end.rows, end.rest) == (20, None)


async def test_a_range_of_ids_leaves_out_the_ids_that_no_page_has(store: Store) -> None:
    shard = Shard(key="i", wiki="w", kind="pageids", start="15", stop="60")
    async with Site(API, user_agent=AGENT, transport=TitleWiki(TITLES)) as site:
        end = await evolve(run_of(store, shard), query=Pages()).run(site)
    assert rows(store, (shard, end)) == TITLES[14:]


async def test_the_rest_of_a_range_of_ids_begins_after_the_ids_that_were_asked_for(store: Store) -> None:
    wiki, shard = TitleWiki(TITLES), Shard(key="i", wiki="w", kind="pageids", start="2", stop="2000")
    async with Site(API, user_agent=AGENT, transport=wiki) as site:
        run = evolve(run_of(store, shard, wants_split=lambda: True), query=Pages())
        end = await run.run(site)
    assert end.rest is not None
    assert (end.rest.start, end.rest.stop) == ("52", "2000")
    assert rows(store, (shard, end)) == TITLES[1:]


async def test_inputs_come_from_the_sink_and_each_gives_a_row(store: Store) -> None:
    store.put("inputs/w-0.json", json.dumps([3, 99, 1, 3]).encode())
    shard = Shard(key="n", wiki="w", kind="inputs", start="0", stop="3", source="inputs/w-0.json", input_kind="pageids")
    async with Site(API, user_agent=AGENT, transport=TitleWiki(TITLES)) as site:
        end = await evolve(run_of(store, shard), query=Pages()).run(site)
    assert end.rows == 4
    part = next(iter(store.names("data")))
    asked = [json.loads(line) for line in (store.get(part) or b"").splitlines()]
    assert Counter(row["asked"] for row in asked) == {3: 2, 99: 1, 1: 1}
    assert [row["status"] for row in asked] == ["ok", "missing", "ok", "ok"]
