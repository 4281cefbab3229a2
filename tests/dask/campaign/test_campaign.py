"""The campaign: 20,000 pages, four workers, processes that are killed, and a line with faults."""

from __future__ import annotations

import json
import os
import random
import signal
import sys
from collections import Counter
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing, suppress
from functools import cache
from pathlib import Path
from subprocess import PIPE
from typing import Any

import anyio
import pytest
from anyio.abc import Process
from anyio.streams.text import TextReceiveStream

from mwclient_async import Limits, Site
from mwclient_async.dask import committed_parts
from mwclient_async.testing.factory import WikiFactory
from tests.dask.campaign.big_wiki import PAGES, BigWiki, make
from tests.dask.campaign.program import AGENT, BATCH
from tests.support import fault_proxy
from tests.support.fault_proxy import FaultProxy, Seeded
from tests.support.http_server import ReceivedRequest, ServerResponse

KINDS = [kind for kind in fault_proxy.ALL if kind is not fault_proxy.REFUSE]
RATE = 0.1
PER_BATCH = 3  # requests, as each has 500 categories at most
FEW, MANY = 8, 400  # shards: one of a few is a task, and many small ones share tasks


class CountingProxy(FaultProxy):
    """Counts the responses that came whole, and the most requests that were at the wiki at one time."""

    most = 0
    _now = 0

    @property
    def whole(self) -> int:
        return len(self.seen) - sum(self.counts.values())

    async def _forward(self, request: ReceivedRequest) -> ServerResponse | None:
        self._now += 1
        self.most = max(self.most, self._now)
        try:
            return await super()._forward(request)
        finally:
            self._now -= 1


@cache
def big_wiki(factory: WikiFactory, version: str) -> BigWiki:
    return make(factory, version)


async def alone(big: BigWiki) -> int:
    """The requests of one process, without faults."""
    async with FaultProxy(big.wiki.url) as proxy:
        async with Site(f"{proxy.url}/api.php", user_agent=AGENT) as site:
            pages = site.query(generator="allpages", prop=["categories"], batch_size=BATCH)
            titles = [page.title async for page in pages]
        assert len(titles) == PAGES
        return len(proxy.seen)


async def lines(process: Process) -> AsyncGenerator[dict[str, Any], None]:
    """What the program prints."""
    assert process.stdout is not None
    rest = ""
    async for text in TextReceiveStream(process.stdout):
        *whole, rest = (rest + text).split("\n")
        for line in whole:
            yield json.loads(line)


async def crawl(
    proxy: FaultProxy, sink: Path, on_line: Callable[[Process, dict[str, Any]], None], *, shards: int = FEW
) -> dict[str, Any]:
    """Run the program. Returns the last line."""
    command = [sys.executable, "-m", "tests.dask.campaign.program", f"{proxy.url}/api.php", str(sink), str(shards)]
    last: dict[str, Any] = {}
    async with await anyio.open_process(command, stdout=PIPE, stderr=None) as process, aclosing(lines(process)) as told:
        async for last in told:
            on_line(process, last)
    return last


def check(big: BigWiki, sink: Path) -> None:
    """Each page once, with exactly its categories."""
    rows = [json.loads(line) for part in committed_parts(str(sink)) for line in Path(part).read_text().splitlines()]
    assert Counter(row["title"] for row in rows) == Counter(list(big.categories))
    wrong = [row for row in rows if {one["title"] for one in row["categories"]} != big.categories[row["title"]]]
    assert wrong == []


def tell(text: str) -> None:
    sys.stdout.write(f"\n{text}\n")


@pytest.mark.soak
@pytest.mark.parametrize("version", ["1.39", "1.43"])
def test_two_workers_are_killed(mediawiki_factory: WikiFactory, version: str, tmp_path: Path) -> None:
    anyio.run(kill_two_workers, big_wiki(mediawiki_factory, version), version, tmp_path)


@pytest.mark.soak
@pytest.mark.parametrize("version", ["1.39", "1.43"])
def test_two_workers_that_run_many_small_shards_are_killed(
    mediawiki_factory: WikiFactory, version: str, tmp_path: Path
) -> None:
    anyio.run(kill_two_workers_with_small_shards, big_wiki(mediawiki_factory, version), version, tmp_path)


def killing(moments: list[int], rng: random.Random) -> Callable[[Process, dict[str, Any]], None]:
    """Kill one of the workers at each of these numbers of rows."""

    def kill(_process: Process, line: dict[str, Any]) -> None:
        if moments and line["pids"] and line["done"] >= moments[0]:
            moments.pop(0)
            with suppress(ProcessLookupError):
                os.kill(rng.choice(line["pids"]), signal.SIGKILL)

    return kill


async def kill_two_workers_with_small_shards(big: BigWiki, version: str, sink: Path) -> None:
    rng = random.Random(4)
    moments = sorted(rng.randrange(1000, PAGES - 4000) for _ in range(2))
    async with CountingProxy(big.wiki.url, Seeded(7, rate=RATE, kinds=KINDS)) as proxy:
        last = await crawl(proxy, sink, killing(moments, rng), shards=MANY)
        sent, faults, most = [one.target for one in proxy.seen], sum(proxy.counts.values()), proxy.most
    check(big, sink)
    again = len(sent) - len(set(sent)) - faults
    tell(
        f"MediaWiki {version}: two of four workers killed in {last['shards']} small shards: {len(sent)} requests, "
        f"{faults} faults, {again} sent again without a fault, at most {most} at a time"
    )
    assert not moments
    assert most <= Limits().concurrency + 2
    assert last["shards"] >= MANY / 2
    assert again <= 2 * PER_BATCH  # of each bundle of a killed worker, a batch is lost and no shard that was complete


async def kill_two_workers(big: BigWiki, version: str, sink: Path) -> None:
    single, rng = await alone(big), random.Random(3)
    moments = sorted(rng.randrange(1000, PAGES - 4000) for _ in range(2))
    async with CountingProxy(big.wiki.url, Seeded(5, rate=RATE, kinds=KINDS)) as proxy:
        last = await crawl(proxy, sink, killing(moments, rng))
        whole, faults, most = proxy.whole, sum(proxy.counts.values()), proxy.most
    check(big, sink)
    tell(
        f"MediaWiki {version}: one process {single} requests; four workers, two killed: {whole} answered "
        f"({whole / single - 1:+.1%}, {last['plan']} for the plan), {faults} faults, {last['shards']} shards, "
        f"at most {most} at a time"
    )
    assert not moments
    assert most <= Limits().concurrency + 2  # the request of a killed worker stays at the wiki for a moment
    assert faults > 0.05 * whole
    assert whole <= 1.03 * single


@pytest.mark.soak
@pytest.mark.parametrize("version", ["1.39", "1.43"])
def test_the_scheduler_is_killed(mediawiki_factory: WikiFactory, version: str, tmp_path: Path) -> None:
    anyio.run(kill_the_scheduler, big_wiki(mediawiki_factory, version), version, tmp_path)


async def kill_the_scheduler(big: BigWiki, version: str, sink: Path) -> None:
    single = await alone(big)

    def kill(process: Process, line: dict[str, Any]) -> None:
        if line["done"] >= PAGES // 2:
            process.kill()

    async with CountingProxy(big.wiki.url, Seeded(6, rate=RATE, kinds=KINDS)) as proxy:
        await crawl(proxy, sink, kill)
        first = proxy.whole
        kept = committed(sink)
        last = await crawl(proxy, sink, lambda _process, _line: None)
        second = proxy.whole - first
    check(big, sink)
    tell(
        f"MediaWiki {version}: the scheduler killed after {sum(kept.values())} rows and {first} requests; "
        f"then {second} requests for the other {PAGES - sum(kept.values())}: {first + second} in all "
        f"({(first + second) / single - 1:+.1%})"
    )
    assert sum(kept.values()) >= PAGES // 2
    assert kept.items() <= committed(sink).items()
    # What is committed is not requested again, but for the part of a batch at each cut.
    assert second <= PER_BATCH * ((PAGES - sum(kept.values())) / BATCH + last["shards"])


def committed(sink: Path) -> dict[str, int]:
    """The commits that a crawl can continue from, and their numbers of rows."""
    return {path.name: int(path.name.split(".")[3]) for path in sink.glob("commits/*/*.json")}
