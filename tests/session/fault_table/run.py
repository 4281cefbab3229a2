"""Runs the cells, several at a time, and finds out how each of them ended."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path
from secrets import token_hex
from typing import Any, Literal
from urllib.parse import urlsplit

import anyio
from attrs import evolve, frozen

from mwclient_async import HttpOptions, Limits, RetryPolicy, Site
from mwclient_async._http.messages import HttpRequest, HttpResponse, MultipartBody
from mwclient_async._http.transport import own_transport
from mwclient_async.errors import MediaWikiError
from mwclient_async.models.events import Event, Retrying
from mwclient_async.testing.seeding import SeedPage
from tests.conftest import USER_AGENT
from tests.session.fault_table.operations import START, Bot, Cell, Operation
from tests.session.fault_table.table import Outcome, expected
from tests.support.fault_proxy import STALL_AFTER, STALL_BEFORE, Delivery, Fault, FaultProxy
from tests.support.http_server import ReceivedRequest, ask

STALLS = (STALL_BEFORE, STALL_AFTER)
SLOW = Fault(kind="SLOW", acted=False, delivery=Delivery.NOTHING)
"""Like DROP_BEFORE, but the request reaches the wiki late, just before it is sent again."""
SLOWER = Fault(kind="SLOWER", acted=False, delivery=Delivery.NOTHING)
"""Like SLOW, but the request reaches the wiki after the operation has ended."""

Backend = Literal["httpx", "aiohttp"]

_QUICK = RetryPolicy(first_delay=0.01)
_CONCURRENCY = 4  # as many as the wiki serves
_SHORT_TIMEOUTS = HttpOptions(read_timeout=3, commit_timeout=3)


class _Turns:
    """Lets ``_CONCURRENCY`` cells run at once.

    A cell that resumes after a stall waits for at most one cell that begins. If it waited for all of them, the account
    would have made hundreds of edits before it looks for its own, and it looks at the latest 500 only.
    """

    def __init__(self) -> None:
        self._entrance = anyio.Lock()
        self._running = anyio.Semaphore(_CONCURRENCY)

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[None]:
        """A block for a whole cell."""
        async with self._entrance:
            await self._running.acquire()
        try:
            yield
        finally:
            self._running.release()

    @asynccontextmanager
    async def left(self) -> AsyncIterator[None]:
        """A block, in that of a cell, during which another cell runs."""
        self._running.release()
        try:
            yield
        finally:
            with anyio.CancelScope(shield=True):
                await self._running.acquire()


class _Transport:
    """The transport of one cell.

    A request that stalls has short timeouts, and another cell runs during that time. All other requests have the usual
    timeouts, so that the outcome does not depend on the machine's speed.
    """

    def __init__(self, cell: Cell, proxy: FaultProxy, turns: _Turns, backend: Backend) -> None:
        self._cell, self._proxy, self._turns = cell, proxy, turns
        self._usual = own_transport(HttpOptions(backend=backend), Limits())
        self._short = own_transport(evolve(_SHORT_TIMEOUTS, backend=backend), Limits())

    async def send(self, request: HttpRequest) -> HttpResponse:
        fault, hit = self._cell.fault, self._cell.operation.hits(_seen(request))
        happened = self._proxy.counts[fault.kind]
        if hit and fault is SLOW and happened:
            await self.deliver()
        if not hit or fault not in STALLS or happened:
            return await self._usual.send(request)
        async with self._turns.left():
            return await self._short.send(request)

    async def deliver(self) -> None:
        """Send the request that the fault hit to the wiki."""
        hit = [seen for seen in self._proxy.seen if self._cell.operation.hits(seen)]
        wiki = urlsplit(self._cell.bot.wiki.url)
        await ask(hit[len(self._cell.operation.prior)], host=str(wiki.hostname), port=wiki.port or 80)

    async def aclose(self) -> None:
        await self._usual.aclose()
        await self._short.aclose()


def _seen(request: HttpRequest) -> ReceivedRequest:
    body = request.body.head if isinstance(request.body, MultipartBody) else request.body
    target = urlsplit(request.url)._replace(scheme="", netloc="").geturl()
    return ReceivedRequest(method=request.method, target=target, headers=tuple(request.headers.items()), body=body)


@frozen
class Result:
    """The library's result or error, the revision id in it, and how often the request was sent."""

    result: str
    revid: int | None
    sent: int


async def wrong(
    bot: Bot, operations: Iterable[Operation], faults: Sequence[Fault], *, files: Path, backend: Backend = "httpx"
) -> dict[str, tuple[Outcome, Outcome]]:
    """The cells of these rows and columns that do not end as the table says: how each ended, and how it should."""
    run = f"Run {token_hex(4)}"
    cells = [
        Cell(bot, operation, fault, run, number, files)
        for number, (operation, fault) in enumerate(product(operations, faults))
    ]
    await bot.wiki.seed([SeedPage(cell.title, START) for cell in cells if not cell.operation.creates], links=False)
    since, results = datetime.now(UTC) - timedelta(seconds=2), dict[Cell, Result]()
    turns = _Turns()
    async with anyio.create_task_group() as tasks:
        for cell in sorted(cells, key=lambda cell: cell.fault not in STALLS):
            tasks.start_soon(_try, cell, turns, results, backend)
    traces = await _traces(bot, since)
    ended = {cell: _outcome(cell, results[cell], traces) for cell in cells}
    wanted = {cell: expected(cell.operation, cell.fault) for cell in cells}
    return {str(cell): (ended[cell], wanted[cell]) for cell in cells if ended[cell] != wanted[cell]}


async def _try(cell: Cell, turns: _Turns, results: dict[Cell, Result], backend: Backend) -> None:
    async with turns.begin(), FaultProxy(cell.bot.wiki.url, cell.plan()) as proxy:

        def on_event(event: Event) -> None:
            if isinstance(event, Retrying):  # until then, connections are refused
                proxy.reopen()

        api_url, revid = f"{proxy.url}/api.php", None
        options = cell.operation.login_options(cell.bot, api_url)
        transport = _Transport(cell, proxy, turns, backend)
        try:
            async with Site(
                api_url, user_agent=USER_AGENT, retry=_QUICK, transport=transport, on_event=on_event, **options
            ) as site:
                revid = await cell.operation.act(site, cell)
        except MediaWikiError as error:
            result = type(error).__name__
        except Exception as error:  # noqa: BLE001 - usually a wrong result
            result = repr(error)
        else:
            result = "done"
        assert proxy.counts[cell.fault.kind] == cell.faults.count(cell.fault), f"{cell} met no fault"
        sent = sum(cell.operation.hits(seen) for seen in proxy.seen)
        if cell.fault is SLOWER:
            await transport.deliver()
        results[cell] = Result(result, revid, sent)


def _outcome(cell: Cell, result: Result, traces: Mapping[str, list[Mapping[str, Any]]]) -> Outcome:
    """The result of the library, with a remark if the wiki contradicts it."""
    found, text_of_result = traces.get(cell.trace, ()), result.result
    for trace in found:
        text = trace.get("slots", {}).get("main", {}).get("content", "")
        if not re.fullmatch(cell.operation.shown, text):
            text_of_result += f", but the page says {text!r}"
    if text_of_result == "done" and result.revid is not None and result.revid not in [row["revid"] for row in found]:
        text_of_result += f", but as revision {result.revid}"
    return Outcome(text_of_result, len(found), result.sent)


async def _traces(bot: Bot, since: datetime) -> Mapping[str, list[Mapping[str, Any]]]:
    """What the account has done, by the wiki: revisions by title, other operations by log and title."""
    found: defaultdict[str, list[Mapping[str, Any]]] = defaultdict(list)
    by_account: dict[str, Any] = {"user": bot.name, "start": since, "dir": "newer"}
    async with Site(bot.wiki.api_url, user_agent=USER_AGENT) as site:
        async for page in site.list("allrevisions", prop="ids|content", slots="main", **by_account):
            found[page["title"]] += page["revisions"]
        async for entry in site.list("logevents", prop="title|type", **by_account).mappings():
            found[f"{entry['type']}: {entry['title']}"].append(entry)
    return found
