"""How the cells are tried, some at a time, and how it is found out what came of them."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path
from secrets import token_hex
from typing import Any
from urllib.parse import urlsplit

import anyio
from attrs import frozen

from mwclient_async import HttpOptions, Limits, RetryPolicy, Site
from mwclient_async._http.httpx_transport import HttpxTransport
from mwclient_async._http.messages import HttpRequest, HttpResponse, MultipartBody
from mwclient_async.errors import MediaWikiError
from mwclient_async.models.events import Event, Retrying
from mwclient_async.testing.seeding import SeedPage
from tests.conftest import USER_AGENT
from tests.session.fault_table.operations import START, Bot, Cell, Operation
from tests.session.fault_table.table import Outcome, expected
from tests.support.fault_proxy import STALL_AFTER, STALL_BEFORE, Delivery, Fault, FaultProxy
from tests.support.http_server import Seen, ask

STALLS = (STALL_BEFORE, STALL_AFTER)
SLOW = Fault(kind="SLOW", acted=False, delivery=Delivery.NOTHING)
"""As DROP_BEFORE; but the request reaches the wiki after all, just before it is sent again."""
SLOWER = Fault(kind="SLOWER", acted=False, delivery=Delivery.NOTHING)
"""The same, when everything is over."""

_QUICK = RetryPolicy(first_delay=0.01)
_AT_ONCE = 4  # so many the wiki serves
_SOON = HttpOptions(read_timeout=3, commit_timeout=3)


class _Transport:
    """The transport of one cell.

    It gives up soon on a request that is to stall, and lets another cell go on meanwhile; for all others it has time,
    so that what becomes of them does not depend on the machine's speed.
    """

    def __init__(self, cell: Cell, proxy: FaultProxy, turn: anyio.Semaphore) -> None:
        self._cell, self._proxy, self._turn = cell, proxy, turn
        self._patient = HttpxTransport(HttpOptions(), Limits())
        self._hasty = HttpxTransport(_SOON, Limits())

    async def send(self, request: HttpRequest) -> HttpResponse:
        fault, hit = self._cell.fault, self._cell.operation.hits(_seen(request))
        happened = self._proxy.counts[fault.kind]
        if hit and fault is SLOW and happened:
            await self.arrive()
        if not hit or fault not in STALLS or happened:
            return await self._patient.send(request)
        self._turn.release()
        try:
            return await self._hasty.send(request)
        finally:
            with anyio.CancelScope(shield=True):
                await self._turn.acquire()

    async def arrive(self) -> None:
        """Let the wiki have the request that the fault hit."""
        hit = [seen for seen in self._proxy.seen if self._cell.operation.hits(seen)]
        wiki = urlsplit(self._cell.bot.wiki.url)
        await ask(hit[len(self._cell.operation.prior)], host=str(wiki.hostname), port=wiki.port or 80)

    async def aclose(self) -> None:
        await self._patient.aclose()
        await self._hasty.aclose()


def _seen(request: HttpRequest) -> Seen:
    body = request.body.head if isinstance(request.body, MultipartBody) else request.body
    target = urlsplit(request.url)._replace(scheme="", netloc="").geturl()
    return Seen(method=request.method, target=target, headers=tuple(request.headers.items()), body=body)


@frozen
class Said:
    """What the library said, the revision that it named, and how often it sent the request."""

    answer: str
    revid: int | None
    sent: int


async def wrong(
    bot: Bot, operations: Iterable[Operation], faults: Sequence[Fault], *, files: Path
) -> dict[str, tuple[Outcome, Outcome]]:
    """Every cell of these rows and columns that does not end as the table says: how it ended, and how it should."""
    run = f"Run {token_hex(4)}"
    cells = [
        Cell(bot, operation, fault, run, number, files)
        for number, (operation, fault) in enumerate(product(operations, faults))
    ]
    await bot.wiki.seed([SeedPage(cell.title, START) for cell in cells if not cell.operation.creates], links=False)
    since, said = datetime.now(UTC) - timedelta(seconds=2), dict[Cell, Said]()
    turn = anyio.Semaphore(_AT_ONCE)
    async with anyio.create_task_group() as tasks:
        for cell in sorted(cells, key=lambda cell: cell.fault not in STALLS):
            tasks.start_soon(_try, cell, turn, said)
    traces = await _traces(bot, since)
    ended = {cell: _outcome(cell, said[cell], traces) for cell in cells}
    wanted = {cell: expected(cell.operation, cell.fault) for cell in cells}
    return {str(cell): (ended[cell], wanted[cell]) for cell in cells if ended[cell] != wanted[cell]}


async def _try(cell: Cell, turn: anyio.Semaphore, said: dict[Cell, Said]) -> None:
    async with turn, FaultProxy(cell.bot.wiki.url, cell.plan()) as proxy:

        def heard(event: Event) -> None:
            if isinstance(event, Retrying):  # not before: a connection was refused
                proxy.reopen()

        api_url, revid = f"{proxy.url}/api.php", None
        options = cell.operation.arrives(cell.bot, api_url)
        way = _Transport(cell, proxy, turn)
        try:
            async with Site(
                api_url, user_agent=USER_AGENT, retry=_QUICK, transport=way, on_event=heard, **options
            ) as site:
                revid = await cell.operation.act(site, cell)
        except MediaWikiError as error:
            answer = type(error).__name__
        except Exception as error:  # noqa: BLE001 - a wrong answer, as a rule
            answer = repr(error)
        else:
            answer = "done"
        assert proxy.counts[cell.fault.kind] == cell.faults.count(cell.fault), f"{cell} met no fault"
        sent = sum(cell.operation.hits(seen) for seen in proxy.seen)
        if cell.fault is SLOWER:
            await way.arrive()
        said[cell] = Said(answer, revid, sent)


def _outcome(cell: Cell, said: Said, traces: Mapping[str, list[Mapping[str, Any]]]) -> Outcome:
    """What the library said, amended where the wiki knows better."""
    found, answer = traces.get(cell.trace, ()), said.answer
    for trace in found:
        text = trace.get("slots", {}).get("main", {}).get("content", "")
        if not re.fullmatch(cell.operation.shown, text):
            answer += f", but the page says {text!r}"
    if answer == "done" and said.revid is not None and said.revid not in [trace["revid"] for trace in found]:
        answer += f", but as revision {said.revid}"
    return Outcome(answer, len(found), said.sent)


async def _traces(bot: Bot, since: datetime) -> Mapping[str, list[Mapping[str, Any]]]:
    """What the account has done, as the wiki itself says: revisions by title, other things by log and title."""
    found: defaultdict[str, list[Mapping[str, Any]]] = defaultdict(list)
    whose: dict[str, Any] = {"user": bot.name, "start": since, "dir": "newer"}
    async with Site(bot.wiki.api_url, user_agent=USER_AGENT) as site:
        async for page in site.list("allrevisions", prop="ids|content", slots="main", **whose):
            found[page["title"]] += page["revisions"]
        async for entry in site.list("logevents", prop="title|type", **whose).mappings():
            found[f"{entry['type']}: {entry['title']}"].append(entry)
    return found
