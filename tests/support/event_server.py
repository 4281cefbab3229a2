"""A server of events with the rules of EventStreams: logs of topics, ids with times, ``since``, chunked responses.

It does what KafkaSSE does (https://github.com/wikimedia/KafkaSSE, lib/KafkaSSE.js): a client gets the events of each
topic from the first one on that is not older than the time asked for, and the ones that are added. An id has one entry
for each topic. What is older than ``oldest`` is not in the log any more, and the client is not told.

The faults of each connection are ``Connection`` values, which a test queues.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import AsyncGenerator, Iterable, Iterator, Mapping
from contextlib import aclosing, suppress
from datetime import datetime
from typing import Any

import anyio
from anyio.abc import SocketStream
from attrs import define, field, frozen

from tests.support.http_server import DISCONNECTED, ListeningServer, ReceivedRequest, read_request

DATE = "Thu, 01 Jan 2026 00:00:00 GMT"
BEGINNING = 1_767_225_600_000  # ms: the same moment
TOPICS = ("eqiad.mediawiki.recentchange", "codfw.mediawiki.recentchange")
_KIND = "text/event-stream; charset=utf-8"
_END = b"0\r\n\r\n"


@frozen(kw_only=True)
class Connection:
    """What happens to one connection.

    - ``ends_after``: it ends after so many events; ``cut``: in the middle of the next one, without the end of the body.
    - ``stalls_after``: nothing comes after so many events, and the connection stays open.
    - ``status``: the response is this one, and no stream. ``headers`` are added to it.
    - ``begins_with``: bytes before the first event.
    - ``line_end``: the end of each line.
    - ``piece``: the body comes in pieces of so many bytes.
    - ``together``: so many events come in one piece.
    """

    ends_after: int | None = None
    cut: bool = False
    stalls_after: int | None = None
    status: int = 200
    kind: str = _KIND
    headers: Mapping[str, str] = field(factory=dict)
    begins_with: bytes = b":ok\n\n"
    line_end: bytes = b"\n"
    piece: int | None = None
    together: int = 1


@define
class Entry:
    """An event in the log of a topic. ``time`` is in ms; ``text`` is its data, ``kind`` its type."""

    topic: str
    time: int
    text: str
    kind: str = "message"


class EventServer(ListeningServer):
    """The server. ``log`` are the events of all topics, in the order in which they were added."""

    def __init__(self, *connections: Connection) -> None:
        super().__init__()
        self.log: list[Entry] = []
        self.requests: list[ReceivedRequest] = []
        self.oldest: int = 0
        self.date: str = DATE
        self.open_now: int = 0
        self._connections = deque(connections)

    @property
    def url(self) -> str:
        """The address of its streams."""
        return f"{super().url}/v2/stream"

    @property
    def since(self) -> list[str | None]:
        """The parameter ``since`` of each request."""
        return [request.params.get("since") for request in self.requests]

    @property
    def ids(self) -> list[Any]:
        """The Last-Event-ID of each request, decoded."""
        return [json.loads(request.header("last-event-id") or "null") for request in self.requests]

    def then(self, *connections: Connection) -> None:
        """Queue what happens to the next connections."""
        self._connections.extend(connections)

    def add(self, data: Any, *, time: int, topic: str = TOPICS[0], kind: str = "message") -> None:
        """Add an event. ``data`` is its JSON value, or its text as it is."""
        if isinstance(data, dict):
            offset = sum(entry.topic == topic for entry in self.log)
            data = {**data, "meta": {**data.get("meta", {}), "topic": topic, "partition": 0, "offset": offset}}
        text = data if isinstance(data, str) else json.dumps(data)
        self.log.append(Entry(topic=topic, time=time, text=text, kind=kind))
        self._tell()

    async def until_requests(self, number: int) -> None:
        """Wait until so many requests have come."""
        await self._until(lambda: len(self.requests) >= number)

    async def until_closed(self) -> None:
        """Wait until no connection is open."""
        await self._until(lambda: not self.open_now)

    async def serve(self, stream: SocketStream) -> None:
        request = await read_request(stream.receive)
        plan = self._connections.popleft() if self._connections else Connection()
        self.requests.append(request)
        self.open_now += 1
        self._tell()
        try:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(self._until_hung_up, stream, tasks.cancel_scope)
                with suppress(*DISCONNECTED):
                    await self._answer(stream, request, plan)
                tasks.cancel_scope.cancel()
        finally:
            self.open_now -= 1
            self._tell()

    @staticmethod
    async def _until_hung_up(stream: SocketStream, scope: anyio.CancelScope) -> None:
        try:
            await stream.receive()
        except (anyio.EndOfStream, anyio.BrokenResourceError, anyio.ClosedResourceError):
            scope.cancel()

    async def _answer(self, stream: SocketStream, request: ReceivedRequest, plan: Connection) -> None:
        headers = {"Content-Type": plan.kind, "Date": self.date, "Connection": "close", **plan.headers}
        head = f"HTTP/1.1 {plan.status} Something\r\n" + "".join(
            f"{name}: {text}\r\n" for name, text in headers.items()
        )
        if plan.status != 200 or plan.kind != _KIND:
            await stream.send(f"{head}Content-Length: 5\r\n\r\n<oh?>".encode())
            return
        await stream.send(f"{head}Transfer-Encoding: chunked\r\n\r\n".encode())
        await _send(stream, plan.begins_with, plan)
        sent, held = 0, b""
        async with aclosing(self._events(request)) as events:
            async for text in events:
                if sent == plan.stalls_after:
                    await anyio.sleep_forever()
                if sent == plan.ends_after:
                    await (_send(stream, text.encode()[: len(text) // 2], plan) if plan.cut else stream.send(_END))
                    return
                sent, held = sent + 1, held + text.encode().replace(b"\n", plan.line_end)
                if sent % plan.together == 0:
                    await _send(stream, held, plan)
                    held = b""

    async def _events(self, request: ReceivedRequest) -> AsyncGenerator[str, None]:
        asked = list(_asked(request, self.log, self.oldest))
        start = {entry["topic"]: entry["from"] for entry in asked}
        latest = {entry["topic"]: entry for entry in asked}
        at = 0
        while True:
            while at < len(self.log):
                entry = self.log[at]
                if at >= start.get(entry.topic, len(self.log)) and entry.time >= self.oldest:
                    latest[entry.topic] = {"topic": entry.topic, "partition": 0, "timestamp": entry.time + 1}
                    shown = [{key: one[key] for key in one if key != "from"} for one in latest.values()]
                    yield f"event: {entry.kind}\nid: {json.dumps(shown)}\ndata: {entry.text}\n\n"
                at += 1
            if not asked:
                return
            await self._happened.wait()


def _asked(request: ReceivedRequest, log: list[Entry], oldest: int) -> Iterator[dict[str, Any]]:
    """For each topic: its offset in the log, as the service finds it; and ``from``, the first event of the log to send.

    If there is no event after the time, the offset is -1. A topic that a Last-Event-ID does not name is not sent.
    """
    entries: list[dict[str, Any]] = json.loads(request.header("last-event-id") or "[]")
    since = request.params.get("since")
    for topic in TOPICS:
        found = [one for one in entries if one["topic"] == topic]
        if entries and not found:
            continue
        time = found[0].get("timestamp") if found else None if since is None else _milliseconds(since)
        places = [at for at, one in enumerate(log) if one.topic == topic]
        later = [] if time is None else [at for at in places if log[at].time >= max(time, oldest)]
        offset = places.index(later[0]) if later else -1
        yield {"topic": topic, "partition": 0, "offset": offset, "from": later[0] if later else len(log)}


def _milliseconds(since: str) -> int:
    return round(datetime.fromisoformat(since).timestamp() * 1000)


async def _send(stream: SocketStream, data: bytes, plan: Connection) -> None:
    for piece in _pieces(data, plan.piece or len(data)):
        await stream.send(b"%x\r\n%s\r\n" % (len(piece), piece))


def _pieces(data: bytes, size: int) -> Iterable[bytes]:
    return (data[at : at + size] for at in range(0, len(data), size)) if data else ()


def change(number: int, *, wiki: str = "testwiki", time: int | None = None, **fields: Any) -> dict[str, Any]:
    """The event of an edit with this id, as the wiki and the service make it; ``time`` is in ms."""
    moment = (BEGINNING + 1000 * number if time is None else time) // 1000
    return {
        "$schema": "/mediawiki/recentchange/1.0.0",
        "meta": {"id": f"{wiki}-{number}", "domain": f"{wiki}.example", "stream": "mediawiki.recentchange"},
        "id": number,
        "type": "edit",
        "namespace": 0,
        "title": f"Page {number}",
        "comment": "",
        "timestamp": moment,
        "user": "Bot",
        "bot": False,
        "minor": True,
        "length": {"old": 1, "new": 2},
        "revision": {"old": number - 1, "new": number},
        "server_name": f"{wiki}.example",
        "wiki": wiki,
        **fields,
    }


def canary(number: int) -> dict[str, Any]:
    """An artificial event of the service."""
    return {
        "$schema": "/mediawiki/recentchange/1.0.0",
        "meta": {"id": f"canary-{number}", "domain": "canary", "stream": "mediawiki.recentchange"},
        "type": "edit",
    }
