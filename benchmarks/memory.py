"""Peak memory of a stream for different numbers of items: it must not grow.

Each count runs in a separate process, with a transport that generates its responses, so that only the stream is
measured. The peak is the operating system's (maximum resident set), minus what the process uses after the imports.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys

import anyio

from mwclient_async import Site
from mwclient_async._http.messages import HttpRequest, HttpResponse
from mwclient_async.testing.scripted import json_response

ROWS = 500
COUNTS = (10_000, 100_000, 1_000_000)
ACCOUNT = {"query": {"userinfo": {"id": 0, "name": "192.0.2.1", "anon": True, "rights": []}}}


class Endless:
    """Responds to ``list=allpages`` until it has sent so many rows."""

    def __init__(self, count: int) -> None:
        self._left = count

    async def send(self, request: HttpRequest) -> HttpResponse:
        """Return the next response."""
        if "userinfo" in request.url:
            return json_response(ACCOUNT)
        self._left -= ROWS
        rows = [{"pageid": self._left + n + 1, "ns": 0, "title": f"Page {self._left} {n}"} for n in range(ROWS)]
        body: dict[str, object] = {"batchcomplete": True, "query": {"allpages": rows}}
        if self._left > 0:
            body["continue"] = {"apcontinue": str(self._left), "continue": "-||"}
        return json_response(body)

    async def aclose(self) -> None:
        """Do nothing: there is nothing to close."""


def peak() -> int:
    """The peak memory of this process, in KiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


async def stream(count: int, read_ahead: int) -> None:
    """Print how much the peak grows, in KiB, while so many rows are read."""
    transport = Endless(ROWS + count)
    async with Site(
        "https://wiki.example.org/w/api.php", user_agent="B/1 (b@example.org)", transport=transport
    ) as site:
        await site.list("allpages").first()  # imports, the account, and one batch
        before, seen = peak(), 0
        async with site.list("allpages", limit=count).open(read_ahead=read_ahead) as run:
            async for _row in run:
                seen += 1
        assert seen == count, f"{seen} rows came instead of {count}"
        print(peak() - before)


def measured(count: int, read_ahead: int) -> int:
    """How much the peak grows in a new process."""
    command = [sys.executable, __file__, json.dumps([count, read_ahead])]
    return int(subprocess.run(command, capture_output=True, check=True, text=True).stdout)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        anyio.run(stream, *json.loads(sys.argv[1]))
    else:
        print("growth of the peak memory while a list streams by, in MiB (three processes each):")
        for read_ahead in (0, 1):
            for count in COUNTS:
                growths = sorted(measured(count, read_ahead) / 1024 for _ in range(3))
                print(
                    f"  read_ahead={read_ahead}  {count:>9,} rows   "
                    + "  ".join(f"{growth:5.2f}" for growth in growths)
                )
