"""CPU per page object, beside two other Python clients and a bare loop, on a real MediaWiki.

A LocalWiki has some thousand pages. Each client reads them all as its page objects, with its default properties or the
nearest that it offers (ours: ``generator=allpages`` with ``prop=info``). Only the client's CPU counts, not the wiki's.
The clients take turns within one run; each ratio compares a client's turn with ours.
"""

from __future__ import annotations

import contextlib
import os
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

import anyio
import httpx

from mwclient_async import Site
from mwclient_async.testing import LocalWiki, SeedPage

PAGES, TURNS = 5000, 7
USER_AGENT = "mwclient-async-benchmarks/1.0 (benchmarks@example.org)"


async def ours(api_url: str) -> int:
    """Typed pages of a query."""
    async with Site(api_url, user_agent=USER_AGENT) as site:
        return len([page.title async for page in site.query(generator="allpages", prop="info")])


async def ours_listed(api_url: str) -> int:
    """Typed rows of the list, which is what most callers need."""
    async with Site(api_url, user_agent=USER_AGENT) as site:
        return len([row.title async for row in site.list("allpages")])


async def bare_list(api_url: str) -> int:
    """A loop with the HTTP library and nothing else, which only decodes the list to dicts."""
    params = {"action": "query", "list": "allpages", "aplimit": "500", "format": "json", "formatversion": "2"}
    count = 0
    continuation: dict[str, str] = {}
    async with httpx.AsyncClient(verify=False) as client:  # loading certificates is not part of the comparison
        while True:
            response = (await client.get(api_url, params={**params, **continuation})).json()
            count += len([row["title"] for row in response["query"]["allpages"]])
            if "continue" not in response:
                return count
            continuation = response["continue"]


async def mwclient_pages(api_url: str) -> int:
    """Page objects of this client."""
    import mwclient

    site = mwclient.Site(urlsplit(api_url).netloc, scheme="http", path="/", clients_useragent=USER_AGENT)
    return len([page.name for page in site.allpages(namespace="0")])


async def pywikibot_pages(api_url: str) -> int:
    """Page objects of this client, with the largest batches."""
    import pywikibot
    from pywikibot import config

    config.put_throttle = config.minthrottle = config.maxthrottle = 0
    site = pywikibot.Site(url=api_url)
    return len([page.title() for page in site.allpages(namespace=0)])


async def turn(client: Callable[[str], Awaitable[int]], api_url: str) -> float:
    """Microseconds of CPU per page."""
    before = time.process_time()
    count = await client(api_url)
    assert count == PAGES + 1, f"{client.__name__} got {count} of {PAGES + 1} pages"
    return (time.process_time() - before) / count * 1e6


async def main() -> None:
    """Seed, let each client warm up once, and take the turns."""
    clients = [ours, ours_listed, bare_list, mwclient_pages, pywikibot_pages]
    async with LocalWiki(runs_jobs=False) as wiki:
        await wiki.seed([SeedPage(f"Page {number:05}", "Text") for number in range(PAGES)], links=False)
        for client in clients:
            await turn(client, wiki.api_url)
        turns = [[await turn(client, wiki.api_url) for client in clients] for _ in range(TURNS)]
    print(f"{PAGES} pages of a real wiki, {TURNS} turns each, CPU per page in microseconds (median), and as a ratio:")
    for column, client in enumerate(clients):
        ratios = sorted(times[column] / times[0] for times in turns)
        print(
            f"  {client.__name__:16} {statistics.median(times[column] for times in turns):8.1f}"
            f"   x {statistics.median(ratios):5.2f}   ({ratios[0]:.2f} to {ratios[-1]:.2f})"
        )


if __name__ == "__main__":
    os.environ["PYWIKIBOT_NO_USER_CONFIG"] = "2"
    with (
        tempfile.TemporaryDirectory() as directory,
        contextlib.chdir(directory),
    ):  # for pywikibot's files
        anyio.run(main)
