"""The line between an upload and the wiki, and where it fails.

A request is at a *point* of its upload. Every point has faults of its own, drawn from a seed, and requests that carry a
part of a file are cut in the middle of it as well, answered 413, or find that the wiki has lost the session of chunks.
"""

from __future__ import annotations

import json
import random
import re
import sqlite3
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import cast

import anyio
from anyio.abc import SocketStream
from attrs import define, field

from tests.support.fault_proxy import ALL, BROKEN_JSON, HTML_200_AFTER, HTML_200_BEFORE, Fault, FaultProxy, Plan, Seeded
from tests.support.http_server import Answer, Seen
from tests.upload.campaign.ledger import Ledger
from tests.upload.campaign.loads import Load, Point

CUT = "CUT"
"""The kind of a request that is cut in the middle of its file's bytes; the wiki does not see it."""

FORGOTTEN = "FORGOTTEN"
"""What is counted when the wiki has lost the chunks that it had."""

TOO_LARGE = Fault(
    kind="TOO_LARGE",
    acted=False,
    answer=lambda _: Answer(status=413, headers=(("content-type", "text/html"),), body=b"<h1>Too large</h1>"),
)
NO_ANSWERS = (HTML_200_BEFORE, HTML_200_AFTER, BROKEN_JSON)
_MOST_UNANSWERED = 2
_WORTH_HALVING = 16 * 1024  # bytes: smaller chunks are not refused, for the wiki takes none below 1024


def _rate(point: Point, rate: float) -> float:
    """Of what comes once in an upload, and matters most, twice as much is lost."""
    return 2 * rate if point in {Point.DIRECT, Point.LAST, Point.PUBLISH} else rate


@define
class Troubles:
    """The plan of every proxy of one run, and the account of what passed.

    ``forgetful`` are names of files and positions in them: the wiki forgets the chunks of such a file once, just before
    it is asked to take one from there on, or the last one.
    """

    seed: int
    rate: float
    database: Path
    least: int = 1
    kinds: tuple[Fault, ...] = ALL
    forgetful: dict[str, int] = field(factory=dict)
    ledger: Ledger = field(factory=Ledger)
    requests: Counter[Point] = field(factory=Counter)
    drawn: Counter[tuple[Point, str]] = field(factory=Counter)
    busy: anyio.Event = field(factory=anyio.Event)
    _bags: dict[Point, Seeded] = field(init=False)
    _refusing: Seeded = field(init=False)
    _cutting: random.Random = field(init=False)
    _unanswered: Counter[str] = field(init=False, factory=Counter)

    def __attrs_post_init__(self) -> None:
        self._bags = {
            point: Seeded(100 * self.seed + number, rate=_rate(point, self.rate), kinds=self.kinds, least=self.least)
            for number, point in enumerate(Point)
        }
        self._refusing = Seeded(100 * self.seed + 50, rate=0.03, kinds=(TOO_LARGE,))
        self._cutting = random.Random(100 * self.seed + 51)

    def __call__(self, seen: Seen) -> Fault | None:
        load = Load.of(seen)
        self.requests[load.point] += 1
        if load.point is Point.STATUS or "async" in load.fields:
            self.busy.set()
        if load.point in {Point.CHUNK, Point.LAST} and "filekey" in load.fields:
            self._forget(load, load.fields["filename"])
        fault = self._refusing(seen) if load.length > _WORTH_HALVING else None
        fault = fault or self._bags[load.point](seen)
        if fault in NO_ANSWERS and not self._bearable(load):
            return None
        if fault is not None:
            self.drawn[load.point, fault.kind] += 1
        return fault

    def _bearable(self, load: Load) -> bool:
        """A call that is answered three times with what is no answer of an API is given up, and rightly so."""
        call = json.dumps([load.point.value, {**load.fields, "token": "", "lgtoken": ""}])
        self._unanswered[call] += 1
        return self._unanswered[call] <= _MOST_UNANSWERED

    def cut(self, length: int) -> int | None:
        """After how many bytes of a body of that length the line is cut, or None."""
        share = 2 * self.rate / len(self.kinds)
        return self._cutting.randrange(length) if self._cutting.random() < share else None

    def _forget(self, load: Load, name: str) -> None:
        if name not in self.forgetful or (
            load.point is Point.CHUNK and int(load.fields["offset"]) < self.forgetful[name]
        ):
            return
        del self.forgetful[name]
        with closing(sqlite3.connect(self.database, timeout=60)) as database, database:
            database.execute("DELETE FROM uploadstash WHERE us_key = ?", (load.fields["filekey"],))
        self.drawn[load.point, FORGOTTEN] += 1
        self.ledger.forgot(load)


class Line(FaultProxy):
    """A FaultProxy that also cuts requests in the middle. ``plan`` may be about one upload, ``troubles`` about all."""

    def __init__(self, upstream_url: str, troubles: Troubles, plan: Plan | None = None) -> None:
        super().__init__(upstream_url, plan or troubles)
        self._troubles = troubles

    async def _serve(self, stream: SocketStream) -> None:
        await super()._serve(cast("SocketStream", _Cutting(stream, self._troubles, self._cut)))
        self.seen.clear()  # files are large

    async def _answer(self, seen: Seen, fault: Fault | None) -> Answer | None:
        if fault is not None and not fault.acted:
            self._troubles.ledger.lost(Load.of(seen).length)
        return await super()._answer(seen, fault)

    async def _forward(self, request: Seen) -> Answer | None:
        answer = await super()._forward(request)
        self._troubles.ledger.answered(Load.of(request), answer)
        return answer

    def _cut(self, lost: int) -> None:
        self._troubles.ledger.lost(lost)
        self._count(CUT)


@define
class _Cutting:
    """A connection that may end while the body of an upload is on its way."""

    _stream: SocketStream
    _troubles: Troubles
    _on_cut: Callable[[int], None]
    _head: bytes = b""
    _body: int = 0
    _decided: bool = False
    _end: int | None = None

    async def receive(self, max_bytes: int = 65536) -> bytes:
        data = await self._stream.receive(max_bytes)
        self._body += len(data)
        if not self._decided:
            self._head += data
            self._decide()
        if self._end is not None and self._body > self._end:
            self._on_cut(self._end)
            raise anyio.EndOfStream
        return data

    async def send(self, item: bytes) -> None:
        await self._stream.send(item)

    def _decide(self) -> None:
        head, end, rest = self._head.partition(b"\r\n\r\n")
        self._decided = bool(end)
        length = re.search(rb"(?im)^content-length: *(\d+)", head)
        if end and length is not None and b"multipart/form-data" in head:
            self._body, self._end = len(rest), self._troubles.cut(int(length[1]))
