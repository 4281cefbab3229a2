"""The connection between an upload and the wiki, and its faults.

Each kind of request has faults of its own, drawn from a seed. Requests that carry a part of a file are also cut in the
middle of it, or answered 413, or find that the wiki has lost the chunks.
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
from tests.support.http_server import ReceivedRequest, ServerResponse
from tests.upload.campaign.byte_counts import ByteCounts
from tests.upload.campaign.upload_requests import RequestKind, UploadRequest

CUT = "CUT"
"""The fault of a request that is cut in the middle of its file's bytes; the wiki does not see the request."""

FORGOTTEN = "FORGOTTEN"
"""The fault that is counted when the wiki has lost the chunks that it had."""

TOO_LARGE = Fault(
    kind="TOO_LARGE",
    acted=False,
    answer=lambda _: ServerResponse(status=413, headers=(("content-type", "text/html"),), body=b"<h1>Too large</h1>"),
)
NOT_API_RESPONSES = (HTML_200_BEFORE, HTML_200_AFTER, BROKEN_JSON)
_MAX_UNANSWERED = 2
_MIN_REFUSED_SIZE = 16 * 1024  # bytes: smaller chunks are not refused, because the wiki takes none below 1024


def _rate(kind: RequestKind, rate: float) -> float:
    """The requests that come once in an upload are lost twice as often."""
    return 2 * rate if kind in {RequestKind.DIRECT, RequestKind.LAST, RequestKind.PUBLISH} else rate


@define
class FaultPlan:
    """The faults of all proxies of one run, and the counts of what passed.

    ``forgetful`` maps names of files to offsets: the wiki loses the chunks of such a file once, just before it gets a
    chunk at that offset or after it, or the last chunk.
    """

    seed: int
    rate: float
    database: Path
    least: int = 1
    kinds: tuple[Fault, ...] = ALL
    forgetful: dict[str, int] = field(factory=dict)
    byte_counts: ByteCounts = field(factory=ByteCounts)
    requests: Counter[RequestKind] = field(factory=Counter)
    faults: Counter[tuple[RequestKind, str]] = field(factory=Counter)
    has_jobs: anyio.Event = field(factory=anyio.Event)
    _plans: dict[RequestKind, Seeded] = field(init=False)
    _refusing: Seeded = field(init=False)
    _cutting: random.Random = field(init=False)
    _unanswered: Counter[str] = field(init=False, factory=Counter)

    def __attrs_post_init__(self) -> None:
        self._plans = {
            kind: Seeded(100 * self.seed + number, rate=_rate(kind, self.rate), kinds=self.kinds, least=self.least)
            for number, kind in enumerate(RequestKind)
        }
        self._refusing = Seeded(100 * self.seed + 50, rate=0.03, kinds=(TOO_LARGE,))
        self._cutting = random.Random(100 * self.seed + 51)

    def __call__(self, seen: ReceivedRequest) -> Fault | None:
        request = UploadRequest.parse(seen)
        self.requests[request.kind] += 1
        if request.kind is RequestKind.STATUS or "async" in request.fields:
            self.has_jobs.set()
        if request.kind in {RequestKind.CHUNK, RequestKind.LAST} and "filekey" in request.fields:
            self._forget_chunks(request, request.fields["filename"])
        fault = self._refusing(seen) if request.length > _MIN_REFUSED_SIZE else None
        fault = fault or self._plans[request.kind](seen)
        if fault in NOT_API_RESPONSES and not self._may_lose_response(request):
            return None
        if fault is not None:
            self.faults[request.kind, fault.kind] += 1
        return fault

    def _may_lose_response(self, request: UploadRequest) -> bool:
        """Whether the request may get one more response that is not from an API: after three, a client gives up."""
        key = json.dumps([request.kind.value, {**request.fields, "token": "", "lgtoken": ""}])
        self._unanswered[key] += 1
        return self._unanswered[key] <= _MAX_UNANSWERED

    def bytes_before_cut(self, length: int) -> int | None:
        """After how many bytes of a body of that length the connection is cut, or None."""
        share = 2 * self.rate / len(self.kinds)
        return self._cutting.randrange(length) if self._cutting.random() < share else None

    def _forget_chunks(self, request: UploadRequest, name: str) -> None:
        if name not in self.forgetful or (
            request.kind is RequestKind.CHUNK and int(request.fields["offset"]) < self.forgetful[name]
        ):
            return
        del self.forgetful[name]
        with closing(sqlite3.connect(self.database, timeout=60)) as database, database:
            database.execute("DELETE FROM uploadstash WHERE us_key = ?", (request.fields["filekey"],))
        self.faults[request.kind, FORGOTTEN] += 1
        self.byte_counts.count_forgotten(request)


class UnreliableProxy(FaultProxy):
    """A FaultProxy that also cuts requests in the middle. ``plan`` is for one upload, ``shared_plan`` for all."""

    def __init__(self, upstream_url: str, shared_plan: FaultPlan, plan: Plan | None = None) -> None:
        super().__init__(upstream_url, plan or shared_plan)
        self._shared_plan = shared_plan

    async def serve(self, stream: SocketStream) -> None:
        await super().serve(cast("SocketStream", _Cutting(stream, self._shared_plan, self._count_cut)))
        self.seen.clear()  # their bodies are large

    async def _answer(self, seen: ReceivedRequest, fault: Fault | None) -> ServerResponse | None:
        if fault is not None and not fault.acted:
            self._shared_plan.byte_counts.count_lost(UploadRequest.parse(seen).length)
        return await super()._answer(seen, fault)

    async def _forward(self, request: ReceivedRequest) -> ServerResponse | None:
        answer = await super()._forward(request)
        self._shared_plan.byte_counts.count_response(UploadRequest.parse(request), answer)
        return answer

    def _count_cut(self, lost: int) -> None:
        self._shared_plan.byte_counts.count_lost(lost)
        self._count(CUT)


@define
class _Cutting:
    """A connection that may end while the body of an upload is being received."""

    _stream: SocketStream
    _shared_plan: FaultPlan
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
            self._body, self._end = len(rest), self._shared_plan.bytes_before_cut(int(length[1]))
