"""One of the processes of the campaign: appends lines to pages, and reports the outcome of each.

It reads its orders, one line of JSON, from its standard input. Then it makes itself known to the other process: it
edits a page of its own, until both are known. At the end it writes what became of its appends.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from typing import Any

import anyio
import anyio.to_thread

from mwclient_async import BotPassword, EditDefaults, Site
from mwclient_async.errors import OutcomeUnknown
from tests.conftest import USER_AGENT
from tests.edit.endurance.run import HTTP, RETRY


async def work(orders: Mapping[str, Any]) -> dict[str, list[str]]:
    """Do all appends. Returns the lines by what was reported: ``done``, ``unknown`` or ``error``."""
    auth = BotPassword(name=orders["name"], password=orders["password"])
    defaults = EditDefaults(summary_mark=orders["mark"])
    reported: dict[str, list[str]] = {"done": [], "unknown": [], "error": []}
    async with Site(
        orders["api_url"], user_agent=USER_AGENT, auth=auth, http=HTTP, retry=RETRY, defaults=defaults
    ) as site:
        await _be_seen(site, f"Process {orders['number']} of {orders['prefix']}")
        for number in range(orders["appends"]):
            title, line = f"{orders['prefix']} {number % orders['pages']}", f"* line {number}"
            try:
                await site.page(title).append(f"\n{line}", summary=f"adds {line}")
            except OutcomeUnknown:
                reported["unknown"].append(line)
            except Exception as error:  # noqa: BLE001 - counted; none is expected
                reported["error"].append(repr(error))
            else:
                reported["done"].append(line)
    return reported


async def _be_seen(site: Site, title: str) -> None:
    """Edit a page until the wiki's clock has advanced since both processes began."""
    await site.page(title).append("Begun.", missing="create")
    await _say("begun")
    first = await site.page(title).append("\nBoth have begun.")
    while (await site.page(title).append("\nAgain.")).timestamp == first.timestamp:
        pass
    await _say("seen")


async def _say(word: str) -> None:
    """Say a word, and wait for the answer."""
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()
    await anyio.to_thread.run_sync(sys.stdin.readline)


if __name__ == "__main__":
    result = anyio.run(work, json.loads(sys.stdin.readline()))
    sys.stdout.write(f"{json.dumps(result)}\n")
