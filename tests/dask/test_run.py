"""The run of a crawl: shards that fail, that are slow, and a scheduler that dies. Its cluster is in this process."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from functools import partial
from itertools import count
from typing import Any, NoReturn

import anyio
import fsspec
import pytest
from anyio import to_thread
from attrs import evolve, frozen
from distributed import Client, Future, LocalCluster, Worker, get_worker

from mwclient_async import ApiErrorItem, BadRequest, ConnectionFailed, RetryPolicy, SiteOptions
from mwclient_async.dask import (
    Callback,
    Crawl,
    CrawlError,
    CrawlFailed,
    CrawlProgress,
    CrawlResult,
    CrawlRun,
    Inputs,
    JsonLines,
    Pages,
    Part,
    SinkMismatch,
    TitleRanges,
    Wiki,
    committed_parts,
    limits_plugin,
    run,
    run as run_module,
    shard_run,
    worker,
)
from mwclient_async.dask.shards import title_shards
from mwclient_async.dask.worker import CrawlJob, CrawlPlugin, ask_to_share
from tests.dask.title_wiki import AGENT, API, TitleWiki
from tests.support.dask_cluster import local_cluster

TITLES = [f"Page {number:03}" for number in range(100)]
HOOK: list[Callable[[Mapping[str, str]], object]] = [lambda _request: None]
PARTS: list[Part] = []
FILES = fsspec.filesystem("memory")
NUMBERS = count()


def keep(part: Part) -> None:
    PARTS.append(part)


def hook(request: Mapping[str, str]) -> object:
    return HOOK[0](request)


def refuse() -> NoReturn:
    raise BadRequest((ApiErrorItem(code="badvalue", text="No such value"),))


def options() -> SiteOptions:
    return {"transport": WIKI}


WIKI = TitleWiki(TITLES, before=hook)


@pytest.fixture(autouse=True)
def quiet_wiki() -> Iterator[None]:
    """The wiki has no request yet."""
    WIKI.requests.clear()
    PARTS.clear()
    HOOK[0] = lambda _params: None
    yield
    HOOK[0] = lambda _params: None


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    """Without asyncio's debug mode, in which Dask is slow."""
    return "asyncio"


@pytest.fixture(scope="module")
async def cluster() -> AsyncIterator[LocalCluster]:
    async with local_cluster(workers=1, threads=3, processes=False) as cluster:
        yield cluster


@pytest.fixture
def url() -> str:
    return f"memory://crawl-of-test-run-{next(NUMBERS)}"


def crawl_of(url: str, **changes: Any) -> Crawl:
    wiki = Wiki(api_url=API, user_agent=AGENT, options=options, retry=RetryPolicy(attempts=1))
    query = Pages(generator="allpages", batch_size=5)
    sink = JsonLines(url, rows_per_part=1)
    return Crawl(**{"wikis": wiki, "query": query, "plan": TitleRanges(shards=4), "sink": sink, **changes})


def titles(url: str) -> Counter[str]:
    texts = [FILES.cat_file(part).decode() for part in committed_parts(url)]
    return Counter(json.loads(line)["title"] for text in texts for line in text.splitlines())


async def test_two_wikis_are_crawled_with_the_plan_of_each(client: Client, url: str) -> None:
    wiki = crawl_of(url).wikis[0]
    result = await crawl_of(url, wikis=[wiki, evolve(wiki, name="other")]).run(client)
    assert titles(url) == Counter(TITLES * 2)
    assert {part.split("/wiki=")[1].split("/")[0] for part in result.parts} == {"wiki.example", "other"}
    assert (result.plan_requests, result.requests, len(WIKI.requests)) == (4, 40, 44)


async def test_parts_are_bounded_in_bytes_received(client: Client, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shard_run, "_LARGEST", 1)
    result = await crawl_of(url, sink=JsonLines(url, rows_per_part=1000)).run(client)
    assert len(result.parts) == 20  # one for each response


async def test_an_async_function_is_told_the_progress(client: Client, url: str) -> None:
    told: list[CrawlProgress] = []

    async def tell(progress: CrawlProgress) -> None:
        told.append(progress)

    await crawl_of(url).run(client, on_progress=tell)
    assert told[-1].done == len(TITLES)


async def test_namespaces_have_shards_of_their_own(client: Client, url: str) -> None:
    await crawl_of(url, plan=TitleRanges(shards=2, namespaces="all")).run(client)
    asked = {request["gapnamespace"] for request in WIKI.requests if "gapnamespace" in request}
    assert asked == {"0", "4"}


async def test_an_error_stops_the_crawl_and_keeps_what_was_committed(client: Client, url: str) -> None:
    def look(params: Mapping[str, str]) -> None:
        if params.get("gapcontinue") == "Page_060":
            refuse()

    HOOK[0] = look
    with pytest.raises(CrawlFailed, match=r"shard wiki\.example-00000\d failed: BadRequest: .*No such value") as caught:
        await crawl_of(url).run(client)
    assert isinstance(caught.value.__cause__, BadRequest)
    kept = sum(int(path.split(".")[-2]) for path in FILES.find(f"{url}/commits"))
    HOOK[0], before = lambda _params: None, len(WIKI.requests)
    await crawl_of(url).run(client)
    assert titles(url) == Counter(TITLES)
    assert len(WIKI.requests) - before == (100 - kept) / 5


async def test_a_shard_is_tried_again_if_the_wiki_could_not_be_reached(client: Client, url: str) -> None:
    left = [2]

    def fail(params: Mapping[str, str]) -> None:
        if params.get("gapcontinue") == "Page_010" and left[0]:
            left[0] -= 1
            raise ConnectionFailed("No route")

    HOOK[0] = fail
    await crawl_of(url).run(client)
    assert titles(url) == Counter(TITLES)
    assert left == [0]


async def test_a_wiki_that_cannot_be_reached_for_long_stops_the_crawl(client: Client, url: str) -> None:
    def fail(params: Mapping[str, str]) -> None:
        if "gaplimit" in params:
            raise ConnectionFailed("No route")

    HOOK[0] = fail
    with pytest.raises(CrawlFailed, match="No route"):
        await crawl_of(url, query=Pages(generator="allpages", batch_size=100), attempts=2).run(client)
    assert [name.rpartition("/")[2] for name in FILES.find(url)] == ["crawl.json", "plan.jsonl"]  # it may be run again


async def test_the_rest_of_a_slow_shard_is_divided_among_the_free_workers(client: Client, url: str) -> None:
    def ask(request: Mapping[str, str]) -> None:
        if request.get("gapcontinue") == "Page_020":
            (name,) = (name for name in get_worker().plugins if name.startswith("mwclient_async-"))
            ask_to_share(name, 0, get_worker())

    HOOK[0] = ask
    crawl = crawl_of(url, plan=TitleRanges(shards=1))
    result = await crawl.run(client)
    assert titles(url) == Counter(TITLES)
    assert (
        result.shards == len(FILES.cat_file(*FILES.find(f"{url}/splits")).splitlines()) > 2
    )  # its last line is their number
    assert len(WIKI.requests) == 22  # two for the plan: its 20 batches end at the new borders


async def test_shards_that_a_slow_one_was_divided_into_are_known_after_a_restart(client: Client, url: str) -> None:
    def ask(request: Mapping[str, str]) -> None:
        if request.get("gapcontinue") == "Page_020":
            (name,) = (name for name in get_worker().plugins if name.startswith("mwclient_async-"))
            ask_to_share(name, 0, get_worker())
        if request.get("gapcontinue") == "Page_070":
            refuse()

    HOOK[0] = ask
    crawl = crawl_of(url, plan=TitleRanges(shards=1))
    with pytest.raises(CrawlFailed):
        await crawl.run(client)
    parts = FILES.find(f"{url}/splits")
    HOOK[0] = lambda _request: None
    await crawl.run(client)
    assert titles(url) == Counter(TITLES)
    assert FILES.find(f"{url}/splits") == parts


async def test_an_iterator_of_inputs_stays_with_the_client(client: Client, url: str) -> None:
    result = await crawl_of(url, query=Pages(), plan=Inputs(pageids=(number for number in range(1, 101)))).run(client)
    assert result.rows == 100
    assert titles(url) == Counter(TITLES)


async def test_shards_that_were_cancelled_are_given_to_the_workers_again(client: Client, url: str) -> None:
    """As if the workers of the cluster were restarted."""
    async with crawl_of(url, sink=Callback(keep_later, url)).start(client) as run:
        await to_thread.run_sync(BEGUN.wait)
        given: list[Future[Any]] = [Future(key, client=client) for key in client.futures if key.startswith("crawl-")]
        await client.cancel(given, force=True)
        MAY_END.set()
        result = await run.result()
    assert result.rows == len(TITLES)


BEGUN, MAY_END = threading.Event(), threading.Event()


def keep_later(part: Part) -> None:
    BEGUN.set()
    MAY_END.wait()
    keep(part)


async def test_of_two_programs_that_begin_at_once_both_use_one_plan(client: Client, url: str) -> None:
    """Their random samples would give them other shards of the same names."""
    results: list[CrawlResult] = []

    async def run(shards: int) -> None:
        results.append(await evolve(crawl_of(url), plan=_Shards(shards=shards)).run(client))

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(run, 3)
        tasks.start_soon(run, 4)
    assert results[0].parts == results[1].parts
    assert titles(url) == Counter(TITLES)


class _Shards(TitleRanges):
    """Plans that count as equal, and are not."""

    def __repr__(self) -> str:
        return "TitleRanges()"


async def test_a_worker_that_joins_later_and_cannot_open_the_sink_says_why(client: Client, url: str) -> None:
    """Dask logs the failure of its plugin, and gives it shards."""
    options = StorageThatFails(after=2)  # the program's own, and the first worker's
    crawl = crawl_of(url, plan=TitleRanges(shards=20), sink=Callback(keep_later, url, storage=options))
    BEGUN.clear()
    MAY_END.clear()
    async with crawl.start(client) as run:
        await to_thread.run_sync(BEGUN.wait)
        assert isinstance(client.cluster, LocalCluster)
        client.cluster.scale(2)
        await client.wait_for_workers(2)  # type: ignore[func-returns-value, misc]  # of an asynchronous client
        MAY_END.set()
        with pytest.raises(CrawlFailed, match="no credentials for the sink"):
            await run.result()
    client.cluster.scale(1)


OPENED = count()


@frozen
class StorageThatFails:
    """Options of a file system, as the last workers cannot read them. They share this process."""

    after: int

    def __call__(self) -> dict[str, Any]:
        if next(OPENED) >= self.after:
            raise RuntimeError("no credentials for the sink")
        return {}


async def test_a_worker_with_another_version_is_named_at_the_start(
    client: Client, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_module, "CrawlJob", partial(CrawlJob, version="0.0.9"))
    with pytest.raises(CrawlError, match=r"the worker at inproc:.* has mwclient_async .*, and the program has 0\.0\.9"):
        await crawl_of(url).run(client)
    assert WIKI.requests == []


async def test_a_worker_that_does_not_share_the_sink_is_named_at_the_start(client: Client, url: str) -> None:
    """As on another machine, whose directory of that name is another one."""
    crawl = crawl_of(url, sink=JsonLines("dir://crawl", storage=Elsewhere()))
    with pytest.raises(CrawlError, match=r"the worker at inproc:.* does not see what the program has written"):
        await crawl.run(client)
    assert WIKI.requests == []
    assert await client.run(_plugins) == {worker: [] for worker in await client.nthreads()}


async def test_a_run_that_is_cancelled_leaves_the_workers(client: Client, url: str) -> None:
    """Also if the block is cancelled from outside, in the middle of its shards."""
    with anyio.CancelScope() as scope:
        async with crawl_of(url, plan=TitleRanges(shards=4)).start(client):
            assert any((await client.run(_plugins)).values())
            scope.cancel()
            await anyio.sleep_forever()
    assert scope.cancelled_caught
    assert not any((await client.run(_plugins)).values())


def _plugins(dask_worker: Worker) -> list[str]:
    return [name for name, one in dask_worker.plugins.items() if isinstance(one, CrawlPlugin)]


MACHINES = count()


@frozen
class Elsewhere:
    """Options with which each caller has a directory of its own."""

    def __call__(self) -> dict[str, Any]:
        return {"fs": FILES, "path": f"/machine{next(MACHINES)}"}


@pytest.mark.parametrize("late", [False, True], ids=["before the workers have begun", "meanwhile"])
async def test_two_crawls_that_both_have_claimed_a_bucket_are_not_mixed(
    client: Client, url: str, monkeypatch: pytest.MonkeyPatch, *, late: bool
) -> None:
    """A bucket cannot decide which one of two was first, so that the second one can replace the first one's claim."""

    def replace_claim(*_: object) -> None:
        FILES.pipe_file(f"{url}/crawl.json", b"{}")

    if late:
        HOOK[0] = replace_claim
    else:
        connect = CrawlRun._connect

        async def connect_later(self: CrawlRun) -> None:
            replace_claim()
            await connect(self)

        monkeypatch.setattr(CrawlRun, "_connect", connect_later)
    with pytest.raises(SinkMismatch, match=r"another crawl has (begun|run) at the same time"):
        await crawl_of(url).run(client)
    assert not FILES.exists(f"{url}/result.json")
    assert FILES.cat_file(f"{url}/crawl.json") == b"{}"


async def test_a_run_that_was_left_has_no_result(client: Client, url: str) -> None:
    BEGUN.clear()
    MAY_END.clear()
    async with crawl_of(url, sink=Callback(keep_later, url)).start(client) as run:
        await to_thread.run_sync(BEGUN.wait)
        MAY_END.set()
    with pytest.raises(CrawlError, match="was left before its end"):
        await run.result()


async def test_a_worker_closes_the_sites_of_a_program_that_was_killed(
    client: Client, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The number of requests in flight that it allowed would count for all crawls after it."""
    monkeypatch.setattr(CrawlRun, "_leave_workers", _leave_nothing)
    monkeypatch.setattr(worker, "_REPORT_EVERY", 0.01)
    monkeypatch.setattr(worker, "_IDLE", 0.0)
    crawl = crawl_of(url)
    await evolve(crawl, wikis=evolve(crawl.wikis[0], farm=url)).run(client)
    scheduler: Any = client.cluster.scheduler  # type: ignore[union-attr]  # the cluster of this file
    limits = scheduler.plugins[limits_plugin.NAME]
    with anyio.fail_after(20):
        while limits._farms[url].holders:  # noqa: ASYNC110 - of the scheduler
            await anyio.sleep(0.01)
    await client.unregister_worker_plugin(plugin_name(await client.run(_plugins)))


async def _leave_nothing(_run: CrawlRun, _plugin: str) -> None:
    """As a program that is killed leaves the workers."""


def plugin_name(plugins: Mapping[str, list[str]]) -> str:
    return next(iter(plugins.values()))[-1]


# Bundles: of 24 shards, each of three threads gets two at first

SMALL = TitleRanges(shards=24)
STOPS = [part["stop"] for part in title_shards([title.replace(" ", "_") for title in TITLES], 24)]


def shard_of(request: Mapping[str, str]) -> int | None:
    """The number of the shard that a request is for; None if it is for the plan."""
    return STOPS.index(request.get("gapto")) if "gaplimit" in request else None


def plugin() -> CrawlPlugin:
    """That of the crawl that sends a request now."""
    (found,) = (one for one in get_worker().plugins.values() if isinstance(one, CrawlPlugin))
    return found


async def test_an_error_in_a_bundle_has_the_name_of_its_shard(client: Client, url: str) -> None:
    def look(request: Mapping[str, str]) -> None:
        if shard_of(request) == 1:
            refuse()

    HOOK[0] = look
    with pytest.raises(CrawlFailed, match="No such value") as caught:
        await crawl_of(url, plan=SMALL).run(client)
    assert caught.value.shard == "wiki.example-000001"
    HOOK[0] = lambda _request: None
    await crawl_of(url, plan=SMALL).run(client)
    assert titles(url) == Counter(TITLES)


async def test_a_bundle_whose_wiki_could_not_be_reached_is_run_again_without_what_it_had(
    client: Client, url: str
) -> None:
    left = [1]

    def fail(request: Mapping[str, str]) -> None:
        if shard_of(request) == 1 and left[0]:
            left[0] -= 1
            raise ConnectionFailed("No route")

    HOOK[0] = fail
    await crawl_of(url, plan=SMALL).run(client)
    assert titles(url) == Counter(TITLES)
    assert len(WIKI.requests) == 24 + 2 + 1


async def test_what_a_slow_bundle_has_not_begun_goes_to_free_threads(
    client: Client, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "_EVERY", 0.01)
    monkeypatch.setattr(worker, "_REPORT_EVERY", 0.01)
    others, all_began = set(range(1, 24)), anyio.Event()

    def hold_the_first(request: Mapping[str, str]) -> Awaitable[object] | None:
        others.discard(-1 if (shard := shard_of(request)) is None else shard)
        if not others:
            all_began.set()
        return all_began.wait() if shard == 0 else None

    HOOK[0] = hold_the_first
    with anyio.fail_after(20):
        await crawl_of(url, plan=SMALL, straggler_after=0).run(client)
    assert titles(url) == Counter(TITLES)
    assert len(WIKI.requests) == 24 + 2


async def test_shards_whose_way_back_was_lost_run_after_their_bundle(client: Client, url: str) -> None:
    taken: list[str] = []

    def ask(request: Mapping[str, str]) -> None:
        if shard_of(request) == 0:
            taken.extend(ask_to_share(plugin().name, 0, get_worker()))
            assert not plugin().bundles[0].waiting

    HOOK[0] = ask
    with anyio.fail_after(20):
        await crawl_of(url, plan=SMALL).run(client)
    assert taken == ["wiki.example-000001"]
    assert titles(url) == Counter(TITLES)


@pytest.mark.parametrize(("seconds", "most"), [(0.0, 1), (60.0, 2)])
async def test_small_shards_share_a_task_for_a_time(
    client: Client, url: str, monkeypatch: pytest.MonkeyPatch, seconds: float, most: int
) -> None:
    monkeypatch.setattr(worker, "LONGEST", seconds)
    shards = dict[int, int]()

    def note(request: Mapping[str, str]) -> None:
        if shard_of(request) is not None:
            shards.update((number, len(bundle.ends) + 1) for number, bundle in plugin().bundles.items())

    HOOK[0] = note
    await crawl_of(url, plan=SMALL).run(client)
    assert max(shards.values()) == most
    assert titles(url) == Counter(TITLES)


async def test_rows_go_to_a_function(client: Client, url: str) -> None:
    result = await crawl_of(url, sink=Callback(keep, url)).run(client)
    parts = {part.name: part for part in PARTS}
    assert Counter(row.title for name in result.parts for row in parts[name].rows) == Counter(TITLES)


async def test_an_error_of_the_function_stops_the_crawl(client: Client, url: str) -> None:
    with pytest.raises(CrawlFailed, match="ZeroDivisionError"):
        await crawl_of(url, sink=Callback(_fail, url)).run(client)


def _fail(_part: Part) -> None:
    raise ZeroDivisionError


async def test_a_plan_that_fails_leaves_the_cluster_usable(client: Client, url: str) -> None:
    HOOK[0] = lambda request: refuse() if request.get("list") == "random" else None
    with pytest.raises(BadRequest, match="No such value"):
        await crawl_of(url).run(client)
    HOOK[0] = lambda _request: None
    await crawl_of(url).run(client)
    assert titles(url) == Counter(TITLES)


async def test_after_a_mistake_that_only_the_wiki_knows_the_sink_is_free_for_the_crawl_without_it(
    client: Client, url: str
) -> None:
    def look(request: Mapping[str, str]) -> None:
        if request.get("inprop") == "wrong":
            refuse()

    HOOK[0] = look
    with pytest.raises(CrawlFailed, match="No such value"):
        await crawl_of(url, query=Pages(generator="allpages", prop=["info"], inprop="wrong")).run(client)
    assert FILES.find(url) == []
    await crawl_of(url).run(client)
    assert titles(url) == Counter(TITLES)


async def test_if_the_scheduler_is_lost_the_sink_stays(
    client: Client, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its workers may live, and may commit what they have."""
    count_threads, counted = CrawlRun._count_threads, count()

    async def fail(self: CrawlRun) -> None:
        if next(counted):
            raise OSError("connection closed")
        await count_threads(self)

    monkeypatch.setattr(CrawlRun, "_count_threads", fail)
    HOOK[0] = lambda request: anyio.sleep_forever() if "gaplimit" in request else None
    with pytest.raises(CrawlError, match="the scheduler cannot be reached"):
        await crawl_of(url).run(client)
    assert FILES.exists(f"{url}/crawl.json")


async def test_after_a_failure_the_sink_stays_with_what_was_committed(client: Client, url: str) -> None:
    def look(request: Mapping[str, str]) -> None:
        if request.get("gapcontinue") == "Page_010":
            refuse()

    HOOK[0] = look
    with pytest.raises(CrawlFailed, match="No such value"):
        await crawl_of(url, plan=TitleRanges(shards=1)).run(client)
    with pytest.raises(SinkMismatch, match="its plan is"):
        await crawl_of(url, plan=TitleRanges(shards=2)).run(client)
    HOOK[0] = lambda _request: None
    await crawl_of(url, plan=TitleRanges(shards=1)).run(client)
    assert titles(url) == Counter(TITLES)
