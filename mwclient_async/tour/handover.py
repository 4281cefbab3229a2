"""Stop 2: a stream is dropped in the midst, and another process goes on from its cursor."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Collection

import anyio
from attrs import evolve, frozen

from mwclient_async import Cursor, Site
from mwclient_async.tour.errors import TourError
from mwclient_async.tour.sample import Sample
from mwclient_async.tour.screen import Screen
from mwclient_async.tour.visit import Visit

_SHOWN = 48  # characters of the cursor


@frozen(kw_only=True)
class Share:
    """What one process read: its id, the titles in order, and how many requests that took."""

    process: int
    titles: list[str]
    requests: int


async def show(screen: Screen, visit: Visit, sample: Sample, *, titles: Collection[str]) -> Share:
    """Read some of the pages here and the rest in another process; returns what that one read."""
    screen.heading("2  A cursor, handed to a second process")
    enough = len(titles) * 9 // 20  # falls in the midst of a batch
    screen.say(f"The same stream, dropped after {enough:,} pages. Its position is a line of text:")
    screen.code("async with stream.open() as run: ...; text = str(run.cursor)")
    before = visit.requests
    with screen.counting("Pages"):
        first, cursor = await read_some(visit.site, sample, enough)
    ours = Share(process=os.getpid(), titles=first, requests=visit.requests - before)
    text = str(cursor)
    screen.say(f"{text[:_SHOWN]}... ({len(text):,} characters)")
    screen.say("A second process gets the text and reads the rest:")
    screen.code("async for page in stream.resume(text): ...")
    rest = sample if sample.limit is None else evolve(sample, limit=sample.limit - enough)
    with screen.counting("Pages for the second process"):
        theirs = await send_errand(visit, rest, text)

    screen.table(
        ["", "process", "requests", "pages"],
        [
            ["the first", str(ours.process), ours.requests, len(ours.titles)],
            ["the second", str(theirs.process), theirs.requests, len(theirs.titles)],
        ],
    )
    together = ours.titles + theirs.titles
    screen.check(f"together they read all {len(titles):,} pages", held=set(together) == set(titles))
    screen.check("and none of them twice", held=len(together) == len(set(together)))
    return theirs


async def read_some(site: Site, sample: Sample, enough: int) -> tuple[list[str], Cursor]:
    """The titles of the first pages, and the place after the last of them."""
    titles: list[str] = []
    async with sample.stream(site).open() as run:
        async for page in run:
            titles.append(page.title)
            if len(titles) == enough:
                break
        return titles, run.cursor


async def send_errand(visit: Visit, sample: Sample, cursor: str) -> Share:
    """Have a new process read the sample from the cursor on. What it needs to know goes to its standard input."""
    errand = {
        "api_url": visit.api_url,
        "user_agent": visit.user_agent,
        "query": sample.query,
        "limit": sample.limit,
        "cursor": cursor,
    }
    program = [sys.executable, "-m", "mwclient_async.tour.errand"]
    ended = await anyio.run_process(program, input=json.dumps(errand).encode(), check=False)
    if ended.returncode:
        said = ended.stderr.decode(errors="replace").strip().rpartition("\n")[2]
        raise TourError(f"The second process ended with status {ended.returncode}: {said}")
    return Share(**json.loads(ended.stdout))
