"""A wiki farm with limits, in a process of its own: ``python -m benchmarks.crawls.farm LATENCY PER_MINUTE``.

It answers queries for page ids with prepared pages, after LATENCY seconds. A request beyond PER_MINUTE (0: as many as
come) is refused with HTTP 429 and the seconds until the next minute. It counts what comes, by its own clock.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from contextlib import suppress
from math import ceil
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from attrs import define

CATEGORIES = 3  # of each page
_ACCOUNT = {"id": 0, "name": "127.0.0.1", "anon": True, "groups": ["*"], "rights": ["read"]}
_PAGE = {
    "ns": 0,
    "contentmodel": "wikitext",
    "pagelanguage": "en",
    "pagelanguagehtmlcode": "en",
    "pagelanguagedir": "ltr",
    "touched": "2026-06-01T00:00:00Z",
    "length": 2048,
    "categories": [{"ns": 14, "title": f"Category:Articles of kind {number}"} for number in range(CATEGORIES)],
}


@define
class Farm:
    """The limits, and what has come. ``busy`` is the sum of the times that requests were in flight, in seconds."""

    latency: float
    per_minute: int
    requests: int = 0
    in_flight: int = 0
    most: int = 0
    busy: float = 0.0
    refused: int = 0
    during_pause: int = 0
    _minute: float = 0.0
    _in_minute: int = 0
    _paused_until: float = 0.0

    async def answer(self, target: str) -> tuple[int, str, bytes]:
        """Status, further headers and body of the response."""
        if target == "/counts":
            return 200, "", json.dumps(self.counts()).encode()
        began = time.monotonic()
        self.in_flight += 1
        self.most = max(self.most, self.in_flight)
        try:
            if wait := self._wait(began):
                return 429, f"retry-after: {wait}\r\n", b"Too many requests"
            body = json.dumps(_pages(dict(parse_qsl(urlsplit(target).query)))).encode()
            await asyncio.sleep(self.latency)
            return 200, "", body
        finally:
            self.in_flight -= 1
            self.busy += time.monotonic() - began

    def counts(self) -> dict[str, Any]:
        """What has come so far."""
        names = ("requests", "most", "busy", "refused", "during_pause")
        return {name: getattr(self, name) for name in names}

    def _wait(self, now: float) -> int:
        """The seconds to wait, as ``Retry-After`` names them; 0 if the request is allowed."""
        self.during_pause += now < self._paused_until
        if now - self._minute >= 60:  # seconds
            self._minute, self._in_minute = now, 0
        self._in_minute += 1
        if not self.per_minute or self._in_minute <= self.per_minute:
            self.requests += 1
            return 0
        self.refused += 1
        wait = ceil(self._minute + 60 - now)
        self._paused_until = now + wait
        return wait


def _pages(params: dict[str, str]) -> dict[str, Any]:
    numbers = [int(number) for number in params.get("pageids", "").split("|") if number]
    pages = [{"pageid": number, "title": f"Page {number}", "lastrevid": number, **_PAGE} for number in numbers]
    query: dict[str, Any] = {"pages": pages}
    if "userinfo" in params.get("meta", ""):
        query["userinfo"] = _ACCOUNT
    return {"batchcomplete": True, "query": query}


async def serve(farm: Farm, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer the requests of one connection."""
    with suppress(asyncio.IncompleteReadError, ConnectionError):
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            status, headers, body = await farm.answer(head.split(b" ", 2)[1].decode())
            kind = "application/json" if status == 200 else "text/html"
            first = f"HTTP/1.1 {status} X\r\ncontent-type: {kind}; charset=utf-8\r\n"
            writer.write(f"{first}{headers}content-length: {len(body)}\r\n\r\n".encode() + body)
    writer.close()


async def main() -> None:
    farm = Farm(latency=float(sys.argv[1]), per_minute=int(sys.argv[2]))
    server = await asyncio.start_server(lambda reader, writer: serve(farm, reader, writer), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
