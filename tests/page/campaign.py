"""Ten tasks edit the same ten pages by a function that adds a numbered line, through a proxy that injects faults."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

import anyio
import anyio.lowlevel
from attrs import define

from mwclient_async import BotPassword, Site
from mwclient_async._edit.editor import Transform
from mwclient_async.errors import OutcomeUnknown
from mwclient_async.models.events import Event
from mwclient_async.testing import LocalWiki
from tests.conftest import USER_AGENT
from tests.edit.endurance.run import HTTP, RETRY, Tally
from tests.support.fault_proxy import ALL, FaultProxy, Seeded

TASKS, PAGES, RATE = 10, 10, 0.2


@define
class EditTally(Tally):
    """The results of a run. ``transform_calls`` counts the calls of the functions, ``merged`` the merged edits."""

    transform_calls: int = 0
    merged: int = 0

    @property
    def conflicts(self) -> int:
        """How often a page was read and transformed again."""
        return self.transform_calls - len(self.done) - len(self.unknown) - len(self.errors)

    def __str__(self) -> str:
        return (
            f"{len(self.done)} edits reported saved ({self.verified} found in the history, {self.merged} merged), "
            f"{len(self.unknown)} unknown, {len(self.errors)} errors; {sum(self.lines.values())} lines on the pages; "
            f"{self.conflicts} conflicts; {self.requests} requests, {self.faults.total()} faults: "
            f"{dict(sorted(self.faults.items()))}"
        )


async def run_campaign(wiki: LocalWiki, auth: BotPassword, *, edits: int, seed: int, prefix: str) -> EditTally:
    """Do all edits. Then count the lines on the wiki."""
    tally, titles = EditTally(), [f"{prefix} {number}" for number in range(PAGES)]
    chance = random.Random(seed)
    jobs = iter([(chance.choice(titles), f"* line {number}") for number in range(edits)])
    async with FaultProxy(wiki.url) as proxy:

        def record_event(event: Event) -> None:
            tally.record(event)
            proxy.reopen()

        site = Site(
            f"{proxy.url}/api.php", user_agent=USER_AGENT, auth=auth, http=HTTP, retry=RETRY, on_event=record_event
        )
        async with site:
            for title in titles:
                await site.page(title).create("Start.")
            proxy.plan = Seeded(seed, rate=RATE, kinds=ALL, least=1)
            async with anyio.create_task_group() as tasks:
                for number in range(TASKS):
                    tasks.start_soon(
                        _do_jobs, site, jobs, tally, _plain_transform if number % 2 else _coroutine_transform
                    )
        tally.faults, tally.requests = proxy.counts, len(proxy.seen)
    async with Site(wiki.api_url, user_agent=USER_AGENT) as direct_site:
        async for page in direct_site.pages(titles=titles, prop="revisions", rvprop="content"):
            tally.lines.update((page.revisions[0].content or "").splitlines()[1:])
    return tally


def _plain_transform(line: str, tally: EditTally) -> Transform:
    def change(text: str) -> str:
        tally.transform_calls += 1
        return f"{text}\n{line}"

    return change


def _coroutine_transform(line: str, tally: EditTally) -> Transform:
    """A transform that lets other tasks run before it returns."""

    async def change(text: str) -> str:
        tally.transform_calls += 1
        await anyio.lowlevel.checkpoint()
        return f"{text}\n{line}"

    return change


async def _do_jobs(
    site: Site, jobs: Iterator[tuple[str, str]], tally: EditTally, make: Callable[[str, EditTally], Transform]
) -> None:
    for title, line in jobs:
        try:
            result = await site.page(title).edit(make(line, tally), summary=f"adds {line}")
        except OutcomeUnknown as error:
            tally.unknown[line] = str(error)
        except Exception as error:  # noqa: BLE001 - counted; none is expected
            tally.errors.append(repr(error))
        else:
            tally.done_on[title].add(line)
            tally.verified += result.verified
            tally.merged += result.outcome.name == "MERGED"
