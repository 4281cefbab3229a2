"""Ten tasks append lines to fifty pages and read them, through a proxy that injects faults."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator

import anyio
from attrs import Factory, define, frozen

from mwclient_async import BotPassword, HttpOptions, RetryPolicy, Site
from mwclient_async.errors import OutcomeUnknown
from mwclient_async.models.events import Event, LoggedIn, Retrying, TokensFetched
from mwclient_async.testing import LocalWiki
from tests.conftest import USER_AGENT
from tests.support import guarded_wiki as guarded
from tests.support.fault_proxy import ALL, FaultProxy, Plan, Seeded

HTTP = HttpOptions(read_timeout=2, commit_timeout=3)
RETRY = RetryPolicy(attempts=12, first_delay=0.01, longest_delay=0.3)


@frozen(kw_only=True)
class Size:
    """The size of a run: numbers of jobs, pages and tasks, the rate of faults, and the least number of each kind."""

    appends: int
    reads: int
    pages: int
    tasks: int = 10
    rate: float = 0.2
    least: int = 1


@define
class Tally:
    """The results of a run. ``lines`` are the lines on the pages at the end."""

    done_on: defaultdict[str, set[str]] = Factory(lambda: defaultdict(set))
    verified: int = 0
    unknown: dict[str, str] = Factory(dict)
    errors: list[str] = Factory(list)
    correct_reads: int = 0
    wrong_reads: list[str] = Factory(list)
    lines: Counter[str] = Factory(Counter)
    logins: int = 0
    tokens: int = 0
    retries: Counter[str] = Factory(Counter)
    faults: Counter[str] = Factory(Counter)
    requests: int = 0

    def record(self, event: Event) -> None:
        self.logins += isinstance(event, LoggedIn)
        self.tokens += isinstance(event, TokensFetched)
        if isinstance(event, Retrying):
            self.retries[event.cause] += 1

    @property
    def done(self) -> set[str]:
        """All lines that were reported saved."""
        return set().union(*self.done_on.values())

    @property
    def saved_unknown(self) -> int:
        """How many appends with an unknown outcome were saved."""
        return sum(self.lines[line] for line in self.unknown)

    def __str__(self) -> str:
        return (
            f"{len(self.done)} appends reported saved ({self.verified} found in the history), {len(self.unknown)} "
            f"unknown ({self.saved_unknown} of them saved), {len(self.errors)} errors; {sum(self.lines.values())} "
            f"lines on the pages; {self.correct_reads} reads correct, {len(self.wrong_reads)} wrong; {self.requests} "
            f"requests, {self.logins} logins, {self.tokens} token requests; faults: {dict(sorted(self.faults.items()))}"
        )


async def run_endurance(
    wiki: LocalWiki, auth: BotPassword, *, size: Size, seed: int, prefix: str, plan: Plan | None = None
) -> Tally:
    """Do all jobs; halfway, the wiki loses the session and refuses all tokens. Then count the lines on the wiki.

    The faults are random, unless a ``plan`` is given.
    """
    tally, titles = Tally(), [f"{prefix} {number}/a?b&c" for number in range(size.pages)]
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
            proxy.plan = plan or Seeded(seed, rate=size.rate, kinds=ALL, least=size.least)
            jobs = iter(_jobs(size, seed, titles))
            halfway = _MidwayFaults((size.appends + size.reads) // 2, wiki)
            async with anyio.create_task_group() as tasks:
                for _ in range(size.tasks):
                    tasks.start_soon(_do_jobs, site, jobs, tally, halfway.count_job)
        tally.faults, tally.requests = proxy.counts, len(proxy.seen)
    async with Site(wiki.api_url, user_agent=USER_AGENT) as direct_site:
        async for page in direct_site.pages(titles=titles, prop="revisions", rvprop="content", rvslots="main"):
            tally.lines.update(line for line in (page.revisions[0].content or "").splitlines() if line.startswith("* "))
    return tally


@define
class _MidwayFaults:
    left: int
    wiki: LocalWiki

    def count_job(self) -> None:
        self.left -= 1
        if self.left == 0:
            guarded.lose_sessions(self.wiki)
            guarded.refuse_tokens(self.wiki)


def _jobs(size: Size, seed: int, titles: list[str]) -> list[tuple[str, str | None]]:
    """Titles, each with a line to append, or None to read the page, in an order that depends on the seed."""
    chance = random.Random(seed)
    appends = [(chance.choice(titles), f"* line {number} of {seed}") for number in range(size.appends)]
    reads = [(chance.choice(titles), None) for _ in range(size.reads)]
    jobs: list[tuple[str, str | None]] = [*appends, *reads]
    chance.shuffle(jobs)
    return jobs


async def _do_jobs(
    site: Site, jobs: Iterator[tuple[str, str | None]], tally: Tally, count_job: Callable[[], None]
) -> None:
    for title, line in jobs:
        if line is None:
            await _read(site, title, tally)
        else:
            await _append(site, title, line, tally)
        count_job()


async def _append(site: Site, title: str, line: str, tally: Tally) -> None:
    try:
        result = await site.page(title).append(f"\n{line}", summary=f"adds {line}")
    except OutcomeUnknown as error:
        tally.unknown[line] = str(error)
    except Exception as error:  # noqa: BLE001 - counted; none is expected
        tally.errors.append(repr(error))
    else:
        tally.done_on[title].add(line)
        tally.verified += result.verified


async def _read(site: Site, title: str, tally: Tally) -> None:
    """Read a page. The read is correct if it has every line that was reported saved before it was sent."""
    before = set(tally.done_on[title])
    try:
        (page,) = await site.query(titles=title, prop="revisions", rvprop="content", rvslots="main").collect()
        lines = (page.revisions[0].content or "").splitlines()
    except Exception as error:  # noqa: BLE001 - counted; none is expected
        tally.wrong_reads.append(repr(error))
        return
    if page.title == title and before <= set(lines):
        tally.correct_reads += 1
    else:
        tally.wrong_reads.append(f"{title!r} lacks {before - set(lines)}")
