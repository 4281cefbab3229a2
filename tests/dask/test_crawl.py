"""A crawl as a value: what it refuses, and what it tells."""

from __future__ import annotations

import multiprocessing
import pickle
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import pyarrow as pa
import pytest
from attrs import evolve
from typer.testing import CliRunner

import mwclient_async.dask
from mwclient_async import BotPassword, ListedPage, Site, SiteOptions
from mwclient_async.cli.commands import app
from mwclient_async.dask import (
    Callback,
    Crawl,
    CrawlError,
    CrawlFailed,
    CrawlProgress,
    CrawlResult,
    EnvironmentLogin,
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
    cluster,
    committed_parts,
)
from mwclient_async.dask.plans import Plan
from mwclient_async.dask.store import Store
from mwclient_async.dask.streams import stream_of
from mwclient_async.testing.scripted import ScriptedTransport, sent
from tests.dask.title_wiki import AGENT, API
from tests.query.test_title import title

EARLY, LATE = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC)
NAIVE = datetime(2026, 1, 1)  # noqa: DTZ001 - it is refused
NOW = "2150-01-01T00:00:06Z"  # by the wiki's clock
WIKI = Wiki(api_url=API, user_agent=AGENT)
ALL_PAGES = Pages(generator="allpages", prop=["info"])


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return JsonLines(tmp_path).location.open()


def crawl(tmp_path: Path, **changes: Any) -> Crawl:
    return Crawl(**{"wikis": WIKI, "query": ALL_PAGES, "plan": TitleRanges(), "sink": JsonLines(tmp_path), **changes})


# Its parts -----------------------------------------------------------------------------------------------------------


def test_a_crawl_can_be_sent_to_workers_and_shows_no_secret(tmp_path: Path) -> None:
    whole = crawl(tmp_path, wikis=evolve(WIKI, options=EnvironmentLogin()), sink=Parquet(tmp_path))
    sent = pickle.loads(pickle.dumps(whole))
    assert (sent.wikis, sent.sink, sent.query) == (whole.wikis, whole.sink, whole.query)
    assert repr(whole.query) == "Pages(generator='allpages', prop=['info'])"


def _options(_password: str) -> SiteOptions:
    return {}


def test_what_shows_a_crawl_shows_no_password() -> None:
    wiki = evolve(WIKI, options=partial(_options, "S3cret"))
    for sink in (
        JsonLines("sftp://bot:S3cret@host/out"),
        Parquet("ftp://bot:S3cret@host"),
        Callback(print, "s3://a:S3cret@b"),
        Callback(partial(print, "S3cret"), "abfs://a/b?sig=S3cret"),
    ):
        whole = Crawl(wikis=wiki, query=ALL_PAGES, plan=TitleRanges(), sink=sink)
        assert "S3cret" not in f"{whole!r} {whole.sink.location!r}"
    with pytest.raises(CrawlError) as caught:
        committed_parts("memory://bot:S3cret@nothing")
    assert "S3cret" not in str(caught.value)


def test_credentials_are_not_taken_as_a_value() -> None:
    with pytest.raises(TypeError, match="give a function that returns the options on the worker") as caught:
        Wiki(api_url=API, user_agent=AGENT, options=BotPassword(name="Bot@x", password="S3cret"))  # type: ignore[arg-type]
    assert "S3cret" not in str(caught.value)


def test_a_login_comes_from_the_environment_of_the_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("A_NAME", "Bot@x")
    monkeypatch.delenv("A_PASSWORD", raising=False)
    login = EnvironmentLogin("A_NAME", "A_PASSWORD")
    with pytest.raises(CrawlError, match="environment has no A_PASSWORD"):
        login()
    monkeypatch.setenv("A_PASSWORD", "S3cret")
    assert login() == {"auth": BotPassword(name="Bot@x", password="S3cret")}
    assert "S3cret" not in repr(login)


@pytest.mark.parametrize(
    "name",
    ["", "a/b", "..", "a=b", "a:b", "a\nb", "a\0", "表" * 34],
    ids=["empty", "slash", "parent", "equals", "colon", "line", "nul", "long"],
)
def test_the_name_of_a_wiki_is_that_of_a_directory(name: str) -> None:
    with pytest.raises(ValueError, match=r"cannot be the name of a directory|too long for the names of files"):
        Wiki(api_url=API, user_agent=AGENT, name=name)


def test_two_wikis_have_two_names(tmp_path: Path) -> None:
    assert WIKI.name == "wiki.example"
    with pytest.raises(ValueError, match="two wikis have the same name"):
        crawl(tmp_path, wikis=[WIKI, WIKI])
    with pytest.raises(ValueError, match="two wikis have the same name"):
        crawl(tmp_path, wikis=[evolve(WIKI, name="en"), evolve(WIKI, name="En")])


@pytest.mark.parametrize("parameter", ["limit", "continue", "titles", "pageids", "revids"])
def test_what_the_plan_says_is_no_parameter_of_the_query(parameter: str) -> None:
    for make in (Pages, lambda **params: Rows("allpages", **params)):
        with pytest.raises(ValueError, match=f"{parameter} has no place in the query of a crawl"):
            make(**{parameter: 1})


@pytest.mark.parametrize(
    "api_url", ["https://me:S3cret@wiki.example/w/api.php", "wiki.example/w/api.php"], ids=["credentials", "no scheme"]
)
def test_an_address_that_a_site_refuses_is_refused_before_it_is_stored(api_url: str) -> None:
    with pytest.raises(ValueError, match="api_url") as caught:
        Wiki(api_url=api_url, user_agent=AGENT)
    assert "S3cret" not in str(caught.value)


def test_workers_are_not_sent_the_inputs(tmp_path: Path) -> None:
    whole = crawl(tmp_path, query=Pages(), plan=Inputs(titles=(f"Secret {one}" for one in range(3))))
    assert b"Secret" not in pickle.dumps(whole.for_workers())


@pytest.mark.parametrize("name", ["limit", "titles"])
def test_what_the_plan_says_is_no_parameter_under_another_spelling(name: str) -> None:
    for given in ({f"{name}_": 1}, {"params": {name: 1}}):
        with pytest.raises(ValueError, match=f"{name} has no place in the query of a crawl"):
            Pages(**given)


# The sink knows its crawl --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "difference"),
    [
        ({"query": Pages(generator="allpages", prop=["links"])}, "query"),
        ({"query": Rows("allpages")}, "query"),
        ({"plan": TitleRanges(namespaces=(4,))}, "plan"),
        ({"wikis": Wiki(api_url="https://other.example/w/api.php", user_agent=AGENT)}, "wikis"),
    ],
    ids=["props", "list", "plan", "wiki"],
)
def test_a_sink_of_another_crawl_is_refused(
    tmp_path: Path, store: Store, changes: dict[str, Any], difference: str
) -> None:
    crawl(tmp_path).claim(store)
    with pytest.raises(SinkMismatch, match=f"{tmp_path}. has another crawl: its {difference} (is|are) .*: nothing was"):
        crawl(tmp_path, **changes).claim(store)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"query": Pages(prop=("info",), generator="allpages", batch_size=7)},
        {"sink": JsonLines("elsewhere", rows_per_part=1)},
        {"straggler_after": 1.0},
    ],
    ids=["same", "batch size", "size of parts", "stragglers"],
)
def test_what_does_not_change_the_rows_may_change(tmp_path: Path, store: Store, changes: dict[str, Any]) -> None:
    crawl(tmp_path).claim(store)
    crawl(tmp_path, **changes).claim(store)


@pytest.mark.parametrize(
    "other",
    [Inputs(titles=["A", "C"]), Inputs(titles=["A"]), Inputs(pageids=[1, 2]), Inputs(titles=["B", "A"])],
    ids=["another title", "fewer", "ids", "another order"],
)
def test_a_sink_of_other_inputs_is_refused(tmp_path: Path, store: Store, other: Inputs) -> None:
    crawl(tmp_path, query=Pages(), plan=Inputs(titles=["A", "B"])).claim(store)
    with pytest.raises(SinkMismatch, match=r"has another crawl: its (plan is|inputs are)"):
        crawl(tmp_path, query=Pages(), plan=other).claim(store)


def test_a_file_of_titles_that_has_changed_is_refused_and_one_that_is_gone_is_not(tmp_path: Path, store: Store) -> None:
    titles = tmp_path / "titles.txt"
    titles.write_text("Earth\n", encoding="utf-8")
    whole = crawl(tmp_path, query=Pages(), plan=Inputs(file=titles))
    whole.claim(store)
    titles.write_text("Earth\nMars\n", encoding="utf-8")
    with pytest.raises(SinkMismatch, match="its inputs are"):
        whole.claim(store)
    titles.unlink()
    whole.claim(store)


def test_inputs_that_are_read_once_are_not_compared(tmp_path: Path, store: Store) -> None:
    for titles in (["A"], iter(["A"]), lambda: ["A", "B"]):
        crawl(tmp_path, query=Pages(), plan=Inputs(titles=titles)).claim(store)


def test_another_type_of_a_column_is_another_sink(tmp_path: Path, store: Store) -> None:
    def of(kind: pa.DataType) -> Crawl:
        return crawl(tmp_path, sink=Parquet(tmp_path, schema=pa.schema([("pageid", kind)])))

    of(pa.int32()).claim(store)
    with pytest.raises(SinkMismatch, match="its sink is"):
        of(pa.int64()).claim(store)


def test_for_mwa_a_sink_of_another_crawl_is_a_usage_error(tmp_path: Path, store: Store) -> None:
    crawl(tmp_path).claim(store)
    result = CliRunner().invoke(app, ["crawl", str(tmp_path), "generator=allpages", "-w", API, "--user-agent", AGENT])
    assert result.exit_code == 2
    assert "has another crawl: its query is" in result.stderr


@pytest.mark.parametrize(
    "words",
    [
        ["list=backlinks", "title=Earth"],
        ["generator=allpages", "gapfrom=M"],
        ["generator=allpages", "gapnamespace=0", "gapnamespace=4"],
        ["generator=allpages", "--namespaces", "all", "--namespaces", "4"],
        ["generator=allpages", "--namespaces", "-1"],
        ["list=recentchanges", "--namespaces", "4"],
        ["--file", "titles.txt", "--namespaces", "4"],
        ["list=allimages", "--namespaces", "4"],
    ],
)
def test_for_mwa_a_list_that_cannot_be_divided_is_a_usage_error(tmp_path: Path, words: list[str]) -> None:
    result = CliRunner().invoke(app, ["crawl", str(tmp_path / "new"), *words, "-w", API, "--user-agent", AGENT])
    assert result.exit_code == 2
    assert not (tmp_path / "new").exists()


def test_a_directory_that_has_data_of_something_else_is_refused(tmp_path: Path, store: Store) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "mine.csv").write_text("1")
    with pytest.raises(SinkMismatch, match=r"there is no crawl at the address .*data/mine\.csv: give another address"):
        crawl(tmp_path).claim(store)


def test_of_two_crawls_that_begin_at_once_one_is_refused(
    tmp_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    put, other = Store.put_once, crawl(tmp_path, query=Rows("allpages"))

    def late(self: Store, name: str, content: bytes, **options: Any) -> bytes:
        monkeypatch.setattr(Store, "put_once", put)
        other.claim(store)
        return put(self, name, content, **options)

    monkeypatch.setattr(Store, "put_once", late)
    with pytest.raises(SinkMismatch, match="its query is"):
        crawl(tmp_path).claim(store)


def test_a_manifest_that_was_not_written_to_its_end_is_written_again(tmp_path: Path, store: Store) -> None:
    whole = crawl(tmp_path)
    whole.claim(store)
    content = store.get("crawl.json") or b""
    store.put("crawl.json", content[:20])
    whole.claim(store)
    assert store.get("crawl.json") == content
    store.put("crawl.json", b"mine")
    with pytest.raises(SinkMismatch):
        whole.claim(store)


def test_a_sink_that_is_not_complete_has_no_parts_to_read(tmp_path: Path) -> None:
    with pytest.raises(CrawlError, match="has no complete crawl"):
        committed_parts(str(tmp_path))


# Plans ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("plan", "query", "message"),
    [
        (TitleRanges(), Rows("recentchanges"), "TitleRanges is for allcategories, .*a query of recentchanges"),
        (TitleRanges(), Rows("alllinks", unique=True), "TitleRanges is for allcategories"),
        (TitleRanges(), Pages(prop="info"), "a query of no list"),
        (IdRanges(last=5), ALL_PAGES, "without a generator"),
        (IdRanges(last=5), Rows("allpages"), "without a generator"),
        (TimeWindows(), Pages(generator="recentchanges"), "TimeWindows is for Rows"),
        (TimeWindows(), Rows("allpages"), "TimeWindows is for allrevisions"),
        (TitleRanges(), Pages(generator="allpages", gapdir="descending"), "dir='descending' does not work"),
        (TitleRanges(), Pages(generator="allpages", params={"gapdir": "descending"}), "dir='descending' does not work"),
        (TitleRanges(), Rows("allcategories", dir="descending"), "dir='descending' does not work"),
        (TitleRanges(), Rows("allimages", sort="timestamp"), "sort='timestamp' does not work"),
        (TitleRanges(), Pages(generator="allpages", gapfrom="M"), "from has no place"),
        (TitleRanges(), Rows("allpages", from_="M"), "from has no place"),
        (TitleRanges(), Rows("allpages", to="M"), "to has no place"),
        (TitleRanges(), Rows("allpages", namespace=[0, 4]), r"give several to the plan, as TitleRanges\(namespaces="),
        (TitleRanges(namespaces=(4,)), Pages(generator="allpages", gapnamespace=0), "namespace=0 has no place in the"),
        (TitleRanges(namespaces=(4,)), Rows("allimages"), "allimages is a list of namespace 6 only"),
        (TimeWindows(), Rows("recentchanges", start="2026-01-01T00:00:00Z"), "start has no place"),
        (TimeWindows(), Rows("recentchanges", dir="older"), "dir='older' does not work"),
        (Inputs(titles=["A"]), ALL_PAGES, "Inputs names the pages itself"),
        (TimeWindows(start=LATE, end=EARLY), Rows("recentchanges"), "begin at 2026-02-01 .* which is not later"),
    ],
)
def test_a_plan_that_does_not_fit_the_query_is_refused_before_a_cluster_is_started(
    tmp_path: Path, plan: Plan, query: Pages | Rows, message: str
) -> None:
    with pytest.raises(CrawlError, match=message):
        crawl(tmp_path, plan=plan, query=query)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"wikis": API}, f"'{API}' is of type str: write Wiki"),
        ({"query": {"generator": "allpages"}}, "query is of type dict: give one of Pages, Rows"),
        ({"plan": 16}, "plan is of type int: give one of TitleRanges, IdRanges, TimeWindows, Inputs"),
        ({"sink": "pages"}, "sink is of type str: give one of JsonLines, Parquet, Callback"),
    ],
    ids=["wiki", "query", "plan", "sink"],
)
def test_a_value_of_another_type_is_refused_at_once(tmp_path: Path, changes: dict[str, Any], message: str) -> None:
    with pytest.raises(TypeError, match=message):
        crawl(tmp_path, **changes)


async def test_a_database_that_may_sort_by_language_is_refused() -> None:
    script = {"batchcomplete": True, "query": {"general": {"dbtype": "postgres"}, "namespaces": {}}}
    async with Site(API, user_agent=AGENT, transport=ScriptedTransport([script])) as site:
        with pytest.raises(CrawlError, match=r"a database \(postgres\) that may sort titles .*: use IdRanges"):
            await TitleRanges().plan(site, ALL_PAGES, "w")


async def test_windows_end_before_the_next_one_begins() -> None:
    plan = TimeWindows(
        start=datetime(2026, 1, 1, tzinfo=UTC), end=datetime(2026, 1, 1, 0, 0, 10, 5, tzinfo=UTC), shards=2
    )
    async with Site(API, user_agent=AGENT, transport=ScriptedTransport()) as site:
        shards = await plan.plan(site, Rows("recentchanges"), "w")
    assert [(shard.start, shard.stop) for shard in shards] == [
        ("2026-01-01T00:00:00Z", "2026-01-01T00:00:04Z"),
        ("2026-01-01T00:00:05Z", "2026-01-01T00:00:09Z"),
    ]


@pytest.mark.parametrize("users", [{"user": ["B", "A"]}, {"user": "B|A"}, {"userprefix": "A"}, {"userids": [1, 2]}])
async def test_contributions_of_several_users_begin_with_the_oldest_revision_of_all(users: dict[str, Any]) -> None:
    """The wiki lists them by user, so that the first one is the oldest of one user only."""
    row = {"pageid": 1, "ns": 0, "title": "T", "revisions": [{"revid": 1, "timestamp": "2001-01-01T00:00:00Z"}]}
    script = [{"curtimestamp": NOW, "batchcomplete": True, "query": {"allrevisions": [row]}}]
    async with Site(API, user_agent=AGENT, transport=ScriptedTransport(script)) as site:
        shards = await TimeWindows(end=EARLY, shards=1).plan(site, Rows("usercontribs", **users), "w")
    assert [(shard.start, shard.stop) for shard in shards] == [("2001-01-01T00:00:00Z", "2025-12-31T23:59:59Z")]


async def test_without_a_row_before_their_end_there_are_no_windows() -> None:
    row = {"userid": 1, "user": "B", "timestamp": "2026-01-01T00:00:00Z"}
    for rows in ([row], []):
        script = [{"curtimestamp": NOW, "batchcomplete": True, "query": {"usercontribs": rows}}]
        async with Site(API, user_agent=AGENT, transport=ScriptedTransport(script)) as site:
            assert await TimeWindows(end=EARLY).plan(site, Rows("usercontribs", user="B"), "w") == []


@pytest.mark.parametrize("start", [None, datetime(2001, 1, 1, tzinfo=UTC)])
async def test_the_last_window_ends_now_by_the_clock_of_the_wiki(start: datetime | None) -> None:
    row = {"timestamp": "2001-01-01T00:00:00Z"}
    script = [{"curtimestamp": NOW, "batchcomplete": True, "query": {"recentchanges": [row]}}]
    transport = ScriptedTransport(script)
    async with Site(API, user_agent=AGENT, transport=transport) as site:
        shards = await TimeWindows(start=start, shards=1).plan(site, Rows("recentchanges"), "w")
    assert [(shard.start, shard.stop) for shard in shards] == [("2001-01-01T00:00:00Z", "2150-01-01T00:00:05Z")]
    assert sent(transport.requests[0])["curtimestamp"] == "1"


async def test_a_start_in_the_future_of_the_wiki_is_refused() -> None:
    script = [{"curtimestamp": "2025-01-01T00:00:06Z", "batchcomplete": True}]
    async with Site(API, user_agent=AGENT, transport=ScriptedTransport(script)) as site:
        with pytest.raises(CrawlError, match=r"begin at 2026-01-01 .* and end at 2025-01-01 .*, which is not later"):
            await TimeWindows(start=EARLY).plan(site, Rows("recentchanges"), "w")


async def test_a_wiki_that_does_not_say_the_time_needs_an_end() -> None:
    async with Site(API, user_agent=AGENT, transport=ScriptedTransport([{"batchcomplete": True}])) as site:
        with pytest.raises(CrawlError, match="give TimeWindows an end"):
            await TimeWindows(start=EARLY).plan(site, Rows("recentchanges"), "w")


async def test_a_namespace_under_params_is_that_of_the_query(store: Store) -> None:
    found = {"general": {"dbtype": "sqlite"}, "namespaces": {"0": {}, "4": {}}}
    script = [{"batchcomplete": True, "query": found}, {"batchcomplete": True, "query": {"random": []}}]
    query = Pages(generator="allpages", params={"gapnamespace": 4})
    transport = ScriptedTransport([*script, {"batchcomplete": True, "query": {}}])
    async with Site(API, user_agent=AGENT, transport=transport) as site:
        (shard,) = await TitleRanges().plan(site, query, "w")
        assert await stream_of(site, query, shard, store).collect() == []
    assert sent(transport.requests[-1])["gapnamespace"] == "4"


@pytest.mark.parametrize("namespaces", [(), 4, "0", [-1], (0, "4")])
def test_namespaces_are_numbers(namespaces: Any) -> None:
    with pytest.raises(ValueError, match=r"give numbers, such as \(0, 4\), or 'all'"):
        TitleRanges(namespaces=namespaces)


def test_a_range_of_ids_has_some() -> None:
    with pytest.raises(ValueError, match="last=4 is less than first=5"):
        IdRanges(first=5, last=4)
    assert IdRanges(first=5, last=5).last == 5


def test_a_crawl_on_trio_says_that_dask_needs_asyncio(tmp_path: Path) -> None:
    with pytest.raises(CrawlError, match="on asyncio only"):
        anyio.run(crawl(tmp_path).run, backend="trio")


async def test_a_program_that_its_workers_run_again_is_told_what_it_lacks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Multiprocessing marks a process as long as it imports the program that has started it."""
    monkeypatch.setattr(multiprocessing.current_process(), "_inheriting", True, raising=False)
    with pytest.raises(RuntimeError, match="before the"):
        multiprocessing.get_context("spawn").Process(target=print).start()
    with pytest.raises(CrawlError, match=r'a worker cannot start a crawl: .* if __name__ == "__main__":'):
        await crawl(tmp_path).run()


async def test_workers_that_do_not_start_are_reported_with_a_likely_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(**_options: Any) -> None:
        raise RuntimeError("Nanny failed to start.")

    monkeypatch.setattr(cluster, "LocalCluster", fail)
    with pytest.raises(CrawlError, match=r"did not start: Nanny failed to start\. If this is a file, write crawl\.run"):
        await crawl(tmp_path).run()


@pytest.mark.parametrize("plan", [TimeWindows(start=NAIVE), TimeWindows(end=NAIVE)], ids=["start", "end"])
def test_a_time_without_a_zone_is_refused(plan: TimeWindows) -> None:
    with pytest.raises(ValueError, match="has no time zone"):
        plan.check(Rows("recentchanges"))


async def test_the_highest_id_is_looked_for_above_that_of_the_newest_revisions() -> None:
    assert await _planned(newest=7, made=0, last=30) == [("1", "20"), ("21", "30")]


async def test_the_highest_id_is_found_above_many_ids_of_deleted_pages() -> None:
    """Old pages were edited last, and fifty new ones were deleted: no page is within reach of the newest revisions."""
    assert await _planned(newest=7, made=70, last=70) == [("1", "20"), ("21", "40"), ("41", "60"), ("61", "70")]


async def _planned(*, newest: int, made: int, last: int) -> list[tuple[str | None, str | None]]:
    """The shards on a wiki whose newest revision, newest entry of the log and newest page have these ids."""
    row = {"pageid": newest, "ns": 0, "title": "A", "revisions": [{"revid": 90}]}
    events = [{"logid": 5, "type": "create", "pageid": 0, "logpage": made}] if made else []
    account = {"id": 0, "name": "192.0.2.1", "anon": True, "rights": []}
    transport = ScriptedTransport(
        [
            {"batchcomplete": True, "query": {"userinfo": account, "allrevisions": [row]}},
            {"batchcomplete": True, "query": {"logevents": events}},
            *[lambda request: _existing(sent(request)["pageids"], last)] * (2 if last > max(newest, made) else 1),
        ]
    )
    async with Site(API, user_agent=AGENT, transport=transport) as site:
        shards = await IdRanges(size=20).plan(site, Pages(prop="info"), "w")
    return [(shard.start, shard.stop) for shard in shards]


def _existing(pageids: str, last: int) -> dict[str, Any]:
    pages = [{"pageid": int(one), "ns": 0, "title": f"T{one}"} for one in pageids.split("|") if int(one) <= last]
    missing = [{"pageid": int(one), "missing": True} for one in pageids.split("|") if int(one) > last]
    return {"batchcomplete": True, "query": {"pages": [*pages, *missing]}}


# Inputs --------------------------------------------------------------------------------------------------------------


def test_inputs_are_read_part_by_part(store: Store) -> None:
    read: list[int] = []

    def titles() -> Iterator[str]:
        for number in range(7):
            read.append(number)
            yield f"T{number}"

    shards = Inputs(titles=titles(), per_shard=3).write(store, "w")
    assert next(shards).stop == "2"
    assert read == [0, 1, 2]
    assert [shard.stop for shard in shards] == ["2", "0"]
    assert store.get("inputs/w-000001.json") == b'["T3", "T4", "T5"]'


def test_inputs_of_a_file_are_its_lines(store: Store, tmp_path: Path) -> None:
    (tmp_path / "titles.txt").write_text("Earth\n\n Élan \nMars", encoding="utf-8")
    (shard,) = Inputs(file=tmp_path / "titles.txt").write(store, "w")
    assert shard.input_kind == "titles"
    assert store.get(shard.source or "") == '["Earth", "Élan", "Mars"]'.encode()


def test_a_file_of_titles_may_begin_with_a_byte_order_mark(store: Store, tmp_path: Path) -> None:
    (tmp_path / "titles.txt").write_bytes(b"\xef\xbb\xbfEarth\r\nMars\r\n")
    (shard,) = Inputs(file=tmp_path / "titles.txt").write(store, "w")
    assert store.get(shard.source or "") == b'["Earth", "Mars"]'


def test_rows_with_a_title_are_inputs(store: Store) -> None:
    (shard,) = Inputs(titles=[ListedPage(title="A", ns=0), {"title": "B"}, "C"]).write(store, "w")
    assert store.get(shard.source or "") == b'["A", "B", "C"]'


def test_a_title_of_another_wiki_is_no_input(store: Store, tmp_path: Path) -> None:
    of_wiki, foreign = (evolve(title("File:A"), wiki=wiki) for wiki in (API, "https://other.example/w/api.php"))
    (shard,) = Inputs(titles=[of_wiki]).write(store, "w", f"{API}/")
    assert store.get(shard.source or "") == b'["Datei:A"]'
    with pytest.raises(CrawlError, match="is a Title of https://other"):
        list(Inputs(titles=iter([foreign])).write(store, "w", API))
    with pytest.raises(CrawlError, match="is a Title of https://other"):  # before anything is stored
        crawl(tmp_path, query=Pages(), plan=Inputs(titles=[foreign])).claim(store)


def test_a_title_that_is_only_a_section_is_no_input(store: Store) -> None:
    section = evolve(title("#History"), wiki=API)
    with pytest.raises(CrawlError, match="is of type Title: titles are"):
        list(Inputs(titles=[section]).write(store, "w", API))


@pytest.mark.parametrize("given", [{"titles": [5]}, {"titles": [None]}, {"pageids": ["5"]}, {"revids": [True]}])
def test_inputs_of_another_type_are_refused(store: Store, given: dict[str, Any]) -> None:
    with pytest.raises(CrawlError, match=r"is of type .*: (titles|pageids|revids) are "):
        list(Inputs(**given).write(store, "w"))


def test_half_of_a_surrogate_pair_is_no_title(store: Store) -> None:
    with pytest.raises(CrawlError, match="half of a surrogate pair"):
        list(Inputs(titles=["A", "B\ud800"]).write(store, "w"))


def test_one_text_is_no_list_of_titles() -> None:
    with pytest.raises(TypeError, match="titles is of type str: give a list"):
        Inputs(titles="Earth")


def test_an_iterator_is_not_read_on_where_a_failed_run_has_left_it(store: Store) -> None:
    plan = Inputs(titles=iter(["A", "B", "C"]), per_shard=1)
    next(plan.write(store, "w"))
    with pytest.raises(CrawlError, match="an iterator that was read before"):
        next(plan.write(store, "w"))


def test_inputs_that_can_be_read_once_are_for_one_wiki(tmp_path: Path) -> None:
    wikis = (WIKI, evolve(WIKI, name="other"))
    with pytest.raises(CrawlError, match="can be read for one wiki only"):
        crawl(tmp_path, wikis=wikis, query=Pages(), plan=Inputs(pageids=iter([1])))
    for pageids in ([1], lambda: iter([1])):
        crawl(tmp_path, wikis=wikis, query=Pages(), plan=Inputs(pageids=pageids))


@pytest.mark.parametrize("given", [{}, {"titles": ["A"], "pageids": [1]}])
def test_one_kind_of_inputs_is_given(given: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="give one of titles, pageids, revids and file"):
        Inputs(**given)


def test_inputs_are_not_shown() -> None:
    plans: list[Plan] = [Inputs(titles=["Secret title"]), TitleRanges()]
    assert "Secret title" not in repr(plans)


# What it tells -------------------------------------------------------------------------------------------------------


def test_progress_is_one_line() -> None:
    progress = CrawlProgress(done=1500, total=4500, requests=40, shards_done=1, shards_left=2, seconds=10, rate=150)
    assert str(progress) == "1,500 of about 4,500 rows, 1 of 3 shards, 40 requests, 150 rows/s, 20 s left"
    assert str(CrawlProgress(done=1500, total=1500, requests=40, shards_done=3)) == "1,500 rows, 3 shards, 40 requests"
    assert str(CrawlProgress(done=1, requests=1, shards_done=1)) == "1 row, 1 shard, 1 request"
    assert str(CrawlProgress(shards_left=1)) == "0 rows, 0 of 1 shard, 0 requests, 0 rows/s"
    assert CrawlProgress().seconds_left is None


def test_a_result_is_one_line_however_many_parts_there_are() -> None:
    result = CrawlResult(rows=1500, requests=40, plan_requests=2, shards=3, parts=("a",) * 3000)
    assert str(result) == "1,500 rows in 3,000 parts, 3 shards, 40 requests and 2 for the plan"
    assert str(evolve(result, rows=1, requests=1, shards=1, parts=("a",))).startswith(
        "1 row in 1 part, 1 shard, 1 request"
    )


def test_errors_can_be_sent_from_workers() -> None:
    for error in (CrawlError("a"), SinkMismatch("b"), CrawlFailed("w-1", "it broke")):
        copy = pickle.loads(pickle.dumps(error))
        assert (type(copy), str(copy)) == (type(error), str(error))
    assert str(CrawlFailed("w-1", "it broke")) == "shard w-1 failed: it broke"


# The package ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", mwclient_async.dask.__all__)
def test_each_public_name_is_there_and_documented(name: str) -> None:
    assert getattr(mwclient_async.dask, name).__doc__


def test_what_is_no_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'Crawler'"):
        getattr(mwclient_async.dask, "Crawler")  # noqa: B009 - type checkers refuse the plain form


def test_without_its_libraries_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mwclient_async.dask, "find_spec", lambda library: None if library == "pyarrow" else library)
    with pytest.raises(ModuleNotFoundError, match=r"needs pyarrow: pip install 'mwclient_async\[dask\]'"):
        _ = mwclient_async.dask.Crawl


def test_importing_the_package_loads_no_library() -> None:
    program = (
        "import sys, mwclient_async.dask; print([name for name in ('dask', 'pyarrow', 'attrs') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
