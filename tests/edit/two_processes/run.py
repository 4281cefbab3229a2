"""Two processes with one account append the same lines to the same pages, each through a proxy that injects faults."""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import anyio
from anyio.abc import Process
from anyio.streams.buffered import BufferedByteReceiveStream
from attrs import Factory, define, frozen

import tests
from mwclient_async import BotPassword, Site
from mwclient_async.testing import LocalWiki
from tests.conftest import USER_AGENT
from tests.support.fault_proxy import ALL, REFUSE, FaultProxy, Seeded

KINDS = tuple(kind for kind in ALL if kind is not REFUSE)  # the workers cannot tell the proxy to accept again
PAGES, RATE = 5, 0.2


@define
class Tally:
    """What was reported to the processes of their appends, and the lines on the pages at the end."""

    done: Counter[str] = Factory(Counter)
    unknown: Counter[str] = Factory(Counter)
    errors: list[str] = Factory(list)
    lines: Counter[str] = Factory(Counter)
    faults: Counter[str] = Factory(Counter)

    @property
    def wrong(self) -> dict[str, int]:
        """The lines of which there are fewer than were reported done, or more than may have been saved."""
        return {
            line: self.lines[line]
            for line in {*self.done, *self.unknown, *self.lines}
            if not self.done[line] <= self.lines[line] <= self.done[line] + self.unknown[line]
        }

    def __str__(self) -> str:
        return (
            f"{self.done.total()} appends reported saved, {self.unknown.total()} unknown, {len(self.errors)} errors; "
            f"{self.lines.total()} lines on the pages, {len(self.wrong)} of them wrong; {self.faults.total()} faults: "
            f"{dict(sorted(self.faults.items()))}"
        )


@frozen
class Worker:
    """A process of the campaign, and its lines."""

    process: Process
    lines: BufferedByteReceiveStream

    async def hear(self) -> str:
        return (await self.lines.receive_until(b"\n", 10_000_000)).decode()

    async def say(self, line: str) -> None:
        assert self.process.stdin is not None
        await self.process.stdin.send(f"{line}\n".encode())


async def run_campaign(
    wiki: LocalWiki, auth: BotPassword, *, appends: int, mark: bool, seed: int, prefix: str
) -> Tally:
    """Let both processes do half of the appends each. Then count the lines on the wiki."""
    tally, titles = Tally(), [f"{prefix} {number}" for number in range(PAGES)]
    orders = {"name": auth.name, "password": auth.password, "prefix": prefix, "pages": PAGES, "mark": mark}
    async with Site(wiki.api_url, user_agent=USER_AGENT) as site:
        for title in titles:
            await site.page(title).create("Start.")
        async with FaultProxy(wiki.url) as one, FaultProxy(wiki.url) as two:
            proxies = (one, two)
            workers = [
                await _start({**orders, "appends": appends // 2}, number, proxy) for number, proxy in enumerate(proxies)
            ]
            for word in ("begun", "seen"):
                assert [(await worker.hear()).strip() for worker in workers] == [word] * len(workers)
                for number, proxy in enumerate(proxies if word == "seen" else ()):
                    proxy.plan = Seeded(seed + number, rate=RATE, kinds=KINDS, least=1)
                for worker in workers:
                    await worker.say("continue")
            for worker in workers:
                _count(tally, json.loads(await worker.hear()))
                await worker.process.aclose()
            tally.faults = one.counts + two.counts
        async for page in site.pages(titles=titles, prop="revisions", rvprop="content"):
            tally.lines.update((page.revisions[0].content or "").splitlines()[1:])
    return tally


async def _start(orders: dict[str, Any], number: int, proxy: FaultProxy) -> Worker:
    directory = Path(tests.__file__).parents[1]
    command = [sys.executable, "-m", "tests.edit.two_processes.worker"]
    process = await anyio.open_process(command, cwd=directory, stderr=None)
    assert process.stdout is not None
    worker = Worker(process, BufferedByteReceiveStream(process.stdout))
    await worker.say(json.dumps({**orders, "number": number, "api_url": f"{proxy.url}/api.php"}))
    return worker


def _count(tally: Tally, reported: dict[str, list[str]]) -> None:
    tally.done.update(reported["done"])
    tally.unknown.update(reported["unknown"])
    tally.errors += reported["error"]
