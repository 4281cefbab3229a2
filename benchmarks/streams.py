"""CPU per row of a typed list stream, beside a bare httpx loop that only decodes.

A separate process serves prepared responses of 500 rows with a ``continue``, so that only the client is measured. The
two clients take turns within one run. Compare the ratios, of each turn and their median: absolute times depend on the
machine.
"""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import statistics
import time
from collections.abc import Awaitable, Callable
from multiprocessing.connection import Connection

import httpx

from mwclient_async import Site

ROWS, RESPONSES, TURNS = 500, 40, 9
USER_AGENT = "mwclient-async-benchmarks/1.0 (benchmarks@example.org)"


def body(number: int) -> bytes:
    """One response to ``list=allpages``; the last one has no ``continue``."""
    rows = [{"pageid": 500 * number + n, "ns": 0, "title": f"Page {number} {n}"} for n in range(ROWS)]
    response: dict[str, object] = {"batchcomplete": True, "query": {"allpages": rows}}
    if number + 1 < RESPONSES:
        response["continue"] = {"apcontinue": str(number + 1), "continue": "-||"}
    return json.dumps(response).encode()


ACCOUNT = json.dumps({"query": {"userinfo": {"id": 0, "name": "192.0.2.1", "anon": True, "rights": []}}}).encode()


def serve(pipe: Connection) -> None:
    """Answer every request with its response, over kept connections."""
    responses = {str(number): body(number) for number in range(RESPONSES)}

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while head := (await reader.readline()).decode():
            await reader.readuntil(b"\r\n\r\n")
            target = head.split(" ", 2)[1]
            number = target.partition("apcontinue=")[2].partition("&")[0] or "0"
            content = ACCOUNT if "userinfo" in target else responses[number]
            lines = f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {len(content)}\r\n\r\n"
            writer.write(lines.encode() + content)

    async def main() -> None:
        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        pipe.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(main())


async def ours(address: str) -> int:
    """Count the typed rows of a stream."""
    async with Site(f"{address}/api.php", user_agent=USER_AGENT) as site:
        return len([row.title async for row in site.list("allpages")])


async def bare(address: str) -> int:
    """Count the rows of a loop with the HTTP library and nothing else."""
    params = {"action": "query", "list": "allpages", "aplimit": "500", "format": "json", "formatversion": "2"}
    count = 0
    continuation: dict[str, str] = {}
    async with httpx.AsyncClient() as client:
        while True:
            response = (await client.get(f"{address}/api.php", params={**params, **continuation})).json()
            count += len([row["title"] for row in response["query"]["allpages"]])
            if "continue" not in response:
                return count
            continuation = response["continue"]


def cpu(client: Callable[[str], Awaitable[int]], address: str) -> float:
    """Microseconds of CPU per row of one pass."""

    async def main() -> float:
        before = time.process_time()
        count = await client(address)
        assert count == ROWS * RESPONSES, f"{client.__name__} got {count} rows of {ROWS * RESPONSES}"
        return (time.process_time() - before) / count * 1e6

    return asyncio.run(main())


if __name__ == "__main__":
    here, there = multiprocessing.Pipe()
    server = multiprocessing.Process(target=serve, args=(there,), daemon=True)
    server.start()
    address = f"http://127.0.0.1:{here.recv()}"
    turns = [(cpu(ours, address), cpu(bare, address)) for _ in range(TURNS + 1)][1:]  # the first one loads the modules
    ratios = sorted(mine / theirs for mine, theirs in turns)
    print(f"{ROWS * RESPONSES} rows of list=allpages, {TURNS} turns each, CPU per row in microseconds (median):")
    print(f"  mwclient_async, typed rows   {statistics.median(mine for mine, _ in turns):6.2f}")
    print(f"  httpx and json, dicts        {statistics.median(theirs for _, theirs in turns):6.2f}")
    print(f"  ratio                        {statistics.median(ratios):6.2f}   ({ratios[0]:.2f} to {ratios[-1]:.2f})")
    server.terminate()
