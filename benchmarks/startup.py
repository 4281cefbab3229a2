"""What a short script pays: the import, and the time from the start of the process to the first page.

Each measurement is a fresh interpreter; the scripts take turns. A server in this process gives one prepared response
and counts the requests. Compare the ratios, not the times of two runs. The bytecode is cached, as it is after the first
run of an installed package.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

NOTHING = "pass"
LIBRARIES = "import httpx, attrs, cattrs, anyio"
SITE = "from mwclient_async import Site"

BARE_SCRIPT = """
import asyncio, sys, httpx

async def main(address):
    async with httpx.AsyncClient(headers={"user-agent": "Benchmark/1.0 (benchmarks@example.org)"}) as client:
        params = {"action": "query", "titles": "Earth", "prop": "info", "format": "json", "formatversion": "2"}
        response = (await client.get(address, params=params)).json()
        print(response["query"]["pages"][0]["length"])

asyncio.run(main(sys.argv[1]))
"""

OUR_SCRIPT = """
import asyncio, sys
from mwclient_async import Site

async def main(address):
    async with Site(address, user_agent="Benchmark/1.0 (benchmarks@example.org)") as site:
        async for page in site.pages(titles=["Earth"], prop="info"):
            print(page.info.length)

asyncio.run(main(sys.argv[1]))
"""

PAGE = {"pageid": 1, "ns": 0, "title": "Earth", "contentmodel": "wikitext", "pagelanguage": "en", "lastrevid": 2}
PAGE |= {"pagelanguagehtmlcode": "en", "pagelanguagedir": "ltr", "touched": "2026-01-01T00:00:00Z", "length": 1234}
ACCOUNT = {"id": 0, "name": "192.0.2.1", "anon": True, "rights": ["read"]}
RESPONSE = json.dumps({"batchcomplete": True, "query": {"pages": [PAGE], "userinfo": ACCOUNT}}).encode()


class Wiki(BaseHTTPRequestHandler):
    """Gives the same response to every request, over kept connections."""

    protocol_version = "HTTP/1.1"
    requests = 0

    def do_GET(self) -> None:
        """Answer one request."""
        Wiki.requests += 1
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(RESPONSE)))
        self.end_headers()
        self.wfile.write(RESPONSE)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name of the base class
        """Write nothing."""


@contextmanager
def wiki() -> Iterator[str]:
    """The address of api.php of a server on this machine."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Wiki) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/api.php"
        server.shutdown()


def measure(python: str, script: str, address: str) -> tuple[float, float]:
    """Milliseconds of CPU and of wall time of a fresh interpreter."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    before, began = _cpu_of_children(), time.perf_counter()
    subprocess.run([python, "-c", script, address], check=True, stdout=subprocess.DEVNULL, env=environment)
    return 1000 * (_cpu_of_children() - before), 1000 * (time.perf_counter() - began)


def _cpu_of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def run(python: str, turns: int) -> None:
    """Print the table: medians in milliseconds, and the ratio of each pair with its quartiles."""
    scripts = {"nothing": NOTHING, "libraries": LIBRARIES, "Site": SITE, "bare": BARE_SCRIPT, "ours": OUR_SCRIPT}
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in scripts}
    with wiki() as address:
        for script in scripts.values():
            measure(python, script, address)  # writes the bytecode
        before = Wiki.requests
        for turn in range(turns):
            for name in list(scripts)[:: 1 if turn % 2 else -1]:
                taken[name].append(measure(python, scripts[name], address))
        requests = (Wiki.requests - before) / turns - 1
    for number, kind in enumerate(("CPU", "wall")):
        ms = {name: [one[number] for one in found] for name, found in taken.items()}
        print(f"{kind}, ms: " + ", ".join(f"{name} {statistics.median(found):.0f}" for name, found in ms.items()))
        base = statistics.median(ms["nothing"])
        print(f"  import of Site / of the libraries: {_ratio(ms['Site'], ms['libraries'], base)}")
        print(f"  one title, process start to end / bare httpx: {_ratio(ms['ours'], ms['bare'], 0.0)}")
    print(f"requests of the script: {requests:g}")


def _ratio(these: list[float], those: list[float], base: float) -> str:
    ratios = [(this - base) / (that - base) for this, that in zip(these, those, strict=True)]
    low, middle, high = statistics.quantiles(ratios, n=4)
    return f"{middle:.2f} ({low:.2f} to {high:.2f})"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--turns", type=int, default=15)
    parser.add_argument("--python", default=sys.executable, help="the interpreter of the environment to measure")
    arguments = parser.parse_args()
    run(arguments.python, arguments.turns)
