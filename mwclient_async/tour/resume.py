"""Part 2: one process stops in the middle of a stream, and another one resumes it from its cursor."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Collection

import anyio
from attrs import evolve, frozen

from mwclient_async import Cursor, Site
from mwclient_async.tour.counted_site import CountedSite
from mwclient_async.tour.errors import TourError
from mwclient_async.tour.sample import Sample
from mwclient_async.tour.screen import Screen

_SHOWN = 48  # characters of the cursor


@frozen(kw_only=True)
class PagesRead:
    """What one process read: its process id, the titles in order, and the number of requests."""

    process: int
    titles: list[str]
    requests: int


async def show(screen: Screen, counted: CountedSite, sample: Sample, *, titles: Collection[str]) -> PagesRead:
    """Read some of the pages here and the rest in another process; return what the other process read."""
    screen.heading("2  A cursor, resumed by a second process")
    enough = len(titles) * 9 // 20  # in the middle of a batch
    screen.say(f"The same stream, left after {enough:,} pages. Its position is a line of text:")
    screen.code("async with stream.open() as run: ...; text = str(run.cursor)")
    before = counted.requests
    with screen.counting("Pages"):
        first, cursor = await read_some(counted.site, sample, enough)
    ours = PagesRead(process=os.getpid(), titles=first, requests=counted.requests - before)
    text = str(cursor)
    screen.say(f"{text[:_SHOWN]}... ({len(text):,} characters)")
    screen.say("A second process receives the text and reads the rest:")
    screen.code("async for page in stream.resume(text): ...")
    rest = sample if sample.limit is None else evolve(sample, limit=sample.limit - enough)
    with screen.counting("Pages for the second process"):
        theirs = await run_second_process(counted, rest, text)

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
    """Return the titles of the first pages, and the cursor after the last of them."""
    titles: list[str] = []
    async with sample.stream(site).open() as run:
        async for page in run:
            titles.append(page.title)
            if len(titles) == enough:
                break
        return titles, run.cursor


async def run_second_process(counted: CountedSite, sample: Sample, cursor: str) -> PagesRead:
    """Let a new process read the rest of the sample from the cursor; return what it read."""
    job = {
        "api_url": counted.api_url,
        "user_agent": counted.user_agent,
        "query": sample.query,
        "limit": sample.limit,
        "cursor": cursor,
    }
    program = [sys.executable, "-m", "mwclient_async.tour.second_process"]
    finished = await anyio.run_process(program, input=json.dumps(job).encode(), check=False)
    if finished.returncode:
        error = finished.stderr.decode(errors="replace").strip().rpartition("\n")[2]
        raise TourError(f"The second process ended with status {finished.returncode}: {error}")
    return PagesRead(**json.loads(finished.stdout))
