"""Measures one client at one job, once: a process of its own, which ``__main__`` starts.

It reads what it is told on standard input, as JSON, and prints one line of JSON. The work is done on a few pages first,
so that loading modules and the first requests are not measured; starting has jobs of its own.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import sys
import traceback
import urllib.request
from pathlib import Path
from typing import Any

from attrs import asdict

from benchmarks.clients.base import Client, Work
from benchmarks.measure import measured

CLIENTS = {
    "mwclient_async": ("ours", "Ours"),
    "mwclient_async[speed]": ("ours", "OursWithSpeed"),
    "httpx": ("bare_httpx", "BareHttpx"),
    "aiohttp": ("bare_aiohttp", "BareAiohttp"),
    "mwclient": ("with_mwclient", "Mwclient"),
    "pywikibot": ("with_pywikibot", "Pywikibot"),
    "mwapi": ("with_mwapi", "Mwapi"),
}


def counts(url: str) -> dict[str, int]:
    """What the server has counted so far."""
    with urllib.request.urlopen(url.removesuffix("/api.php") + "/counts") as response:
        counted: dict[str, int] = json.load(response)
    return counted


async def measure(told: dict[str, Any]) -> dict[str, Any]:
    """Warm up, and do the job once. What the server counted is part of the result."""
    module, name = CLIENTS[told["client"]]
    kind: type[Client] = getattr(importlib.import_module(f"benchmarks.clients.{module}"), name)
    url: str = told["url"]
    small, file = (Path(told[key]) if told[key] else None for key in ("small_file", "file"))
    async with kind(url) as client:
        method = getattr(client, told["method"])
        if told["writes"]:
            await client.log_in()
        await method(Work.small(small))
        work, came, before = Work.whole(told["titles"], file), {}, counts(url)

        async def job() -> None:
            came.update(await method(work))

        usage = await measured(job)
        after = counts(url)
    return {**asdict(usage), "came": came, "counted": {name: after[name] - before[name] for name in after}}


def main() -> None:
    told = json.load(sys.stdin)
    try:
        result = asyncio.run(measure(told))
    except Exception as error:  # noqa: BLE001 - the table says what failed
        traceback.print_exc()
        result = {"failed": f"{type(error).__name__}: {error}"[:200]}
    print("\n" + json.dumps(result))


if __name__ == "__main__":
    main()
