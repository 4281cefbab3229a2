"""Ten tasks append lines to fifty pages and read them, through a proxy that loses what it can."""

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
from tests.support.fault_proxy import ALL, FaultProxy, Seeded

HTTP = HttpOptions(read_timeout=2, commit_timeout=3)
RETRY = RetryPolicy(attempts=12, first_delay=0.01, longest_delay=0.3)


@frozen(kw_only=True)
class Size:
    """How long it goes on."""

    appends: int
    reads: int
    pages: int
    tasks: int = 10
    rate: float = 0.2
    least: int = 1


@define
class Tally:
    """What became of it. ``lines`` are those on the pages in the end."""

    done_on: defaultdict[str, set[str]] = Factory(lambda: defaultdict(set))
    verified: int = 0
    unknown: dict[str, str] = Factory(dict)
    raised: list[str] = Factory(list)
    right: int = 0
    wrong: list[str] = Factory(list)
    lines: Counter[str] = Factory(Counter)
    logins: int = 0
    tokens: int = 0
    retries: Counter[str] = Factory(Counter)
    faults: Counter[str] = Factory(Counter)
    requests: int = 0

    def heard(self, event: Event) -> None:
        self.logins += isinstance(event, LoggedIn)
        self.tokens += isinstance(event, TokensFetched)
        if isinstance(event, Retrying):
            self.retries[event.cause] += 1

    @property
    def done(self) -> set[str]:
        """All lines that were reported done."""
        return set().union(*self.done_on.values())

    @property
    def landed(self) -> int:
        """How many of the unknown ones are there after all."""
        return sum(self.lines[line] for line in self.unknown)

    def __str__(self) -> str:
        return (
            f"{len(self.done)} appends reported done ({self.verified} found in the history), {len(self.unknown)} "
            f"unknown ({self.landed} of them landed), {len(self.raised)} raised; {sum(self.lines.values())} lines on "
            f"the pages; {self.right} reads right, {len(self.wrong)} wrong; {self.requests} requests, {self.logins} "
            f"logins, {self.tokens} token requests; faults: {dict(sorted(self.faults.items()))}"
        )


async def endure(wiki: LocalWiki, auth: BotPassword, *, size: Size, seed: int, prefix: str) -> Tally:
    """Do it, with the session thrown away and all tokens refused midway; count what is on the wiki in the end."""
    tally, titles = Tally(), [f"{prefix} {number}/a?b&c" for number in range(size.pages)]
    async with FaultProxy(wiki.url) as proxy:

        def heard(event: Event) -> None:
            tally.heard(event)
            proxy.reopen()

        site = Site(f"{proxy.url}/api.php", user_agent=USER_AGENT, auth=auth, http=HTTP, retry=RETRY, on_event=heard)
        async with site:
            for title in titles:
                await site.page(title).create("Start.")
            proxy.plan = Seeded(seed, rate=size.rate, kinds=ALL, least=size.least)
            work = iter(_work(size, seed, titles))
            halfway = _Halfway((size.appends + size.reads) // 2, wiki)
            async with anyio.create_task_group() as tasks:
                for _ in range(size.tasks):
                    tasks.start_soon(_labour, site, work, tally, halfway.passed)
        tally.faults, tally.requests = proxy.counts, len(proxy.seen)
    async with Site(wiki.api_url, user_agent=USER_AGENT) as calm:
        async for page in calm.pages(titles=titles, prop="revisions", rvprop="content", rvslots="main"):
            tally.lines.update(line for line in (page.revisions[0].content or "").splitlines() if line.startswith("* "))
    return tally


@define
class _Halfway:
    left: int
    wiki: LocalWiki

    def passed(self) -> None:
        self.left -= 1
        if self.left == 0:
            guarded.lose_sessions(self.wiki)
            guarded.refuse_tokens(self.wiki)


def _work(size: Size, seed: int, titles: list[str]) -> list[tuple[str, str | None]]:
    """Titles with a line to append, or None to read them, in an order that the seed decides."""
    chance = random.Random(seed)
    appends = [(chance.choice(titles), f"* line {number} of {seed}") for number in range(size.appends)]
    reads = [(chance.choice(titles), None) for _ in range(size.reads)]
    mixed: list[tuple[str, str | None]] = [*appends, *reads]
    chance.shuffle(mixed)
    return mixed


async def _labour(site: Site, work: Iterator[tuple[str, str | None]], tally: Tally, passed: Callable[[], None]) -> None:
    for title, line in work:
        if line is None:
            await _read(site, title, tally)
        else:
            await _append(site, title, line, tally)
        passed()


async def _append(site: Site, title: str, line: str, tally: Tally) -> None:
    try:
        result = await site.page(title).append(f"\n{line}", summary=f"adds {line}")
    except OutcomeUnknown as error:
        tally.unknown[line] = str(error)
    except Exception as error:  # noqa: BLE001 - counted, and none is expected
        tally.raised.append(repr(error))
    else:
        tally.done_on[title].add(line)
        tally.verified += result.verified


async def _read(site: Site, title: str, tally: Tally) -> None:
    """A read is right when it has every line that was reported done on that page before it was sent."""
    before = set(tally.done_on[title])
    try:
        (page,) = await site.query(titles=title, prop="revisions", rvprop="content", rvslots="main").collect()
        lines = (page.revisions[0].content or "").splitlines()
    except Exception as error:  # noqa: BLE001 - counted, and none is expected
        tally.wrong.append(repr(error))
        return
    if page.title == title and before <= set(lines):
        tally.right += 1
    else:
        tally.wrong.append(f"{title!r} lacks {before - set(lines)}")
