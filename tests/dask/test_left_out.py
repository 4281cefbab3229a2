"""Values that are larger than a response of the wiki may be: a crawl continues without them, and says so."""

from __future__ import annotations

import io
import json
from collections.abc import AsyncIterator
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq
import pytest
from attrs import evolve
from typer.testing import CliRunner

from mwclient_async import Cursor, Page, ResultTooLarge, Site
from mwclient_async.cli.commands import app
from mwclient_async.dask import CrawlError, CrawlResult, JsonLines, LeftOut, Pages, Parquet, Part, Rows, Shard
from mwclient_async.dask.results import read_result, write_result
from mwclient_async.dask.shard_run import ShardEnd, ShardRun
from mwclient_async.dask.store import Location, Store
from mwclient_async.testing.scripted import ScriptedTransport
from tests.conftest import USER_AGENT
from tests.dask.title_wiki import AGENT, API, TitleWiki
from tests.query.campaign.wiki import CampaignWiki, get_campaign_wiki
from tests.support.lossy_transport import CountingTransport

if TYPE_CHECKING:
    from mwclient_async.testing.factory import WikiFactory

SINK = JsonLines("memory://unused", rows_per_part=3)
HEAVIEST = LeftOut(wiki="w", shard="s", title="Heaviest", module="revisions")
NUMBERS = count()


@pytest.fixture
def store() -> Store:
    return Location(f"memory://left-out{next(NUMBERS)}").open()


@pytest.fixture(scope="session")
def campaign_wiki(mediawiki_factory: WikiFactory, mediawiki_version: str) -> CampaignWiki:
    return get_campaign_wiki(mediawiki_factory, mediawiki_version)


@pytest.fixture
async def site(campaign_wiki: CampaignWiki) -> AsyncIterator[Site]:
    """Of a wiki whose responses have at most 20,000 bytes. The page "Heaviest" has a text of 63,000."""
    transport = CountingTransport(("x-reply-size", "20000"))
    async with Site(campaign_wiki.wiki.api_url, user_agent=USER_AGENT, transport=transport) as site:
        yield site


async def crawled(store: Store, site: Site, query: Pages | Rows, shard: Shard) -> tuple[CrawlResult, list[Any]]:
    end = await ShardRun(shard=shard, query=query, sink=SINK, store=store, count_requests=lambda: 0).run(site)
    result = write_result(store, SINK, [shard], {shard.key: end}, plan_requests=0)
    rows = [json.loads(line) for part in result.parts for line in (store.get(part) or b"").splitlines()]
    assert read_result(store) == result
    return result, rows


async def test_a_property_that_is_too_large_is_none_and_the_crawl_continues(store: Store, site: Site) -> None:
    shard = Shard(key="s", wiki="w", kind="titles", namespace=0, start="Heav")
    query = Pages(generator="allpages", prop=["revisions", "links"], rvprop="content", rvslots="main", batch_size=2)
    result, rows = await crawled(store, site, query, shard)
    assert result.left_out == (HEAVIEST,)
    assert [row["title"] for row in rows][:3] == ["Heavier", "Heaviest", "Heavily"]
    assert [row["title"] for row in rows if row["revisions"] is None] == ["Heaviest"]
    assert all(row["revisions"] for row in rows if row["title"] != "Heaviest")
    assert [len(row["links"]) for row in rows[:3]] == [0, 0, 1]


async def test_a_row_of_a_list_that_is_too_large_is_left_out_and_the_next_ones_come(store: Store, site: Site) -> None:
    shard = Shard(key="s", wiki="w", kind="times", start="2001-01-01T00:00:00Z", stop="2100-01-01T00:00:00Z")
    result, rows = await crawled(store, site, Rows("allrevisions", prop="ids|content", slots="main"), shard)
    (left_out,) = result.left_out
    assert (left_out.title, left_out.module) == ("Heaviest", "allrevisions")
    heaviest = await site.page("Heaviest").revisions(prop=["ids"]).collect()
    assert left_out.position.endswith(f"|{heaviest[0].revid}")
    small = site.list("allrevisions", prop="ids", dir="newer").mappings()
    every = [one["revid"] async for row in small for one in row["revisions"]]
    found = [one["revid"] for row in rows for one in row["revisions"]]
    assert sorted([*found, heaviest[0].revid]) == sorted(every)


async def test_a_row_whose_successor_is_not_known_ends_the_shard(store: Store) -> None:
    """As of a wiki that does not send the row without its large fields, either."""
    warning = {"warnings": [{"code": "truncatedresult", "text": "This result was truncated"}]}
    stuck = {**warning, "continue": {"lecontinue": "1|1", "continue": "-||"}, "query": {"logevents": []}}
    transport = ScriptedTransport([stuck, stuck, {"query": {"logevents": []}}])
    shard = Shard(key="s", wiki="w", kind="times", start="2001-01-01T00:00:00Z", stop="2100-01-01T00:00:00Z")
    async with Site(API, user_agent=AGENT, transport=transport) as site:
        with pytest.raises(ResultTooLarge):
            await crawled(store, site, Rows("logevents"), shard)


async def test_what_a_run_has_left_out_that_died_before_its_commit_does_not_count(store: Store) -> None:
    shard = Shard(key="s", wiki="w", kind="titles", namespace=0)
    async with Site(API, user_agent=AGENT, transport=TitleWiki(["A", "B"])) as site:
        run = ShardRun(shard=shard, query=Pages(generator="allpages"), sink=SINK, store=store, count_requests=lambda: 0)
        end = await run.run(site)
    note = json.dumps([{"wiki": "w", "shard": "s", "title": "A", "module": "links", "position": ""}]).encode()
    counted = f"left_out/s.000001.{end.leaf.attempt}.json"
    for name in (counted, "left_out/s.000001.0123abcd.json"):
        store.put(name, note)
    result = write_result(store, SINK, [shard], {"s": end}, plan_requests=0)
    assert [one.title for one in result.left_out] == ["A"]
    assert [*store.names("left_out")] == [counted]


async def test_a_note_that_was_not_written_to_its_end_is_an_error(store: Store) -> None:
    shard = Shard(key="s", wiki="w", kind="titles", namespace=0)
    async with Site(API, user_agent=AGENT, transport=TitleWiki(["A", "B"])) as site:
        run = ShardRun(shard=shard, query=Pages(generator="allpages"), sink=SINK, store=store, count_requests=lambda: 0)
        end: ShardEnd = await run.run(site)
    store.put(f"left_out/s.000001.{end.leaf.attempt}.json", b"[{")
    with pytest.raises(CrawlError, match="the sink has lost left_out/s"):
        write_result(store, SINK, [shard], {"s": end}, plan_requests=0)


def test_a_property_that_is_too_large_is_a_null_in_its_column() -> None:
    pages = [Page(title=title, props=frozenset({"categories"}), reader=lambda _prop, _raw: ()) for title in "AB"]
    rows = [evolve(pages[0], raw={"toolarge": {"categories": []}}), pages[1]]
    part = Part(name="p", wiki="w", shard="s", number=1, rows=rows, cursor=Cursor(wiki=API, fingerprint={}))
    table = pq.read_table(io.BytesIO(Parquet("memory://unused").encode(part)))
    assert table["categories"].to_pylist() == [None, []]


def test_a_result_says_how_many_values_are_left_out() -> None:
    result = CrawlResult(rows=2, requests=1, plan_requests=2, shards=1, parts=("a",), left_out=(HEAVIEST,))
    assert str(result).endswith("for the plan; left out as too large: 1")
    assert str(HEAVIEST) == "revisions of 'Heaviest' in w"
    assert isinstance(HEAVIEST.error, ResultTooLarge)
    assert "site.rest.page" in str(HEAVIEST.error)


def test_for_mwa_a_crawl_that_has_left_out_a_value_has_failed(tmp_path: Path) -> None:
    words = ["crawl", str(tmp_path), "generator=allpages", "-w", API, "--user-agent", AGENT]
    (tmp_path / "result.json").write_text(
        '{"rows": 2, "requests": 1, "plan_requests": 2, "shards": 1, "parts": [], "left_out": '
        '[{"wiki": "w", "shard": "s", "title": "Heaviest", "module": "revisions", "position": ""}]}'
    )
    result = CliRunner().invoke(app, words)
    assert result.exit_code == 1
    assert "revisions of 'Heaviest' in w. result.json in the sink has all that is missing" in result.stderr
    assert json.loads(result.stdout)["rows"] == 2
