"""Ten tasks edit the same ten pages by a function that adds a numbered line, through a proxy that loses what it can."""

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
    """What became of it. ``calls`` are those of the functions, ``merged`` the edits that the wiki joined."""

    calls: int = 0
    merged: int = 0

    @property
    def conflicts(self) -> int:
        """How often a page was read and transformed once more."""
        return self.calls - len(self.done) - len(self.unknown) - len(self.raised)

    def __str__(self) -> str:
        return (
            f"{len(self.done)} edits reported done ({self.verified} found in the history, {self.merged} merged), "
            f"{len(self.unknown)} unknown, {len(self.raised)} raised; {sum(self.lines.values())} lines on the pages; "
            f"{self.conflicts} conflicts; {self.requests} requests, {self.faults.total()} faults: "
            f"{dict(sorted(self.faults.items()))}"
        )


async def campaign(wiki: LocalWiki, auth: BotPassword, *, edits: int, seed: int, prefix: str) -> EditTally:
    """Do it, and count what is on the wiki in the end."""
    tally, titles = EditTally(), [f"{prefix} {number}" for number in range(PAGES)]
    chance = random.Random(seed)
    work = iter([(chance.choice(titles), f"* line {number}") for number in range(edits)])
    async with FaultProxy(wiki.url) as proxy:

        def heard(event: Event) -> None:
            tally.heard(event)
            proxy.reopen()

        site = Site(f"{proxy.url}/api.php", user_agent=USER_AGENT, auth=auth, http=HTTP, retry=RETRY, on_event=heard)
        async with site:
            for title in titles:
                await site.page(title).create("Start.")
            proxy.plan = Seeded(seed, rate=RATE, kinds=ALL, least=1)
            async with anyio.create_task_group() as tasks:
                for number in range(TASKS):
                    tasks.start_soon(_labour, site, work, tally, _plain if number % 2 else _slow)
        tally.faults, tally.requests = proxy.counts, len(proxy.seen)
    async with Site(wiki.api_url, user_agent=USER_AGENT) as calm:
        async for page in calm.pages(titles=titles, prop="revisions", rvprop="content"):
            tally.lines.update((page.revisions[0].content or "").splitlines()[1:])
    return tally


def _plain(line: str, tally: EditTally) -> Transform:
    def change(text: str) -> str:
        tally.calls += 1
        return f"{text}\n{line}"

    return change


def _slow(line: str, tally: EditTally) -> Transform:
    """Lets other tasks come in between."""

    async def change(text: str) -> str:
        tally.calls += 1
        await anyio.lowlevel.checkpoint()
        return f"{text}\n{line}"

    return change


async def _labour(
    site: Site, work: Iterator[tuple[str, str]], tally: EditTally, make: Callable[[str, EditTally], Transform]
) -> None:
    for title, line in work:
        try:
            result = await site.page(title).edit(make(line, tally), summary=f"adds {line}")
        except OutcomeUnknown as error:
            tally.unknown[line] = str(error)
        except Exception as error:  # noqa: BLE001 - counted, and none is expected
            tally.raised.append(repr(error))
        else:
            tally.done_on[title].add(line)
            tally.verified += result.verified
            tally.merged += result.outcome.name == "MERGED"
