"""Part 3: the history of a page, read in both directions through the REST API.

Each response has 20 revisions and a link to the next ones; the stream follows the links. See
https://www.mediawiki.org/wiki/API:REST_API/Reference#Get_page_history.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from mwclient_async import Site, Stream
from mwclient_async.models.rest import HistoryRevision
from mwclient_async.tour.counted_site import CountedSite
from mwclient_async.tour.errors import TourError
from mwclient_async.tour.screen import Screen

Revisions = list[HistoryRevision]


async def show(
    screen: Screen, counted: CountedSite, title: str, *, limit: int | None = None, seeded: Sequence[str] | None = None
) -> None:
    """Read the history in both directions; ``seeded`` holds the comments of all its revisions, oldest first."""
    screen.heading("3  A history, in both directions")
    screen.say(f"Revisions of {title!r}, at most {limit} each way:" if limit else f"All revisions of {title!r}:")
    first = await first_revision(counted.site, title)
    start = counted.requests
    screen.code(f"site.rest.history({title!r})")
    with screen.counting("Revisions, newest first") as count:
        older = await read_all(counted.site.rest.history(title, limit=limit), count)
    middle = counted.requests
    screen.code(f"site.rest.history({title!r}, newer_than={first})")
    with screen.counting("Revisions, oldest first") as count:
        newer = await read_all(counted.site.rest.history(title, newer_than=first, limit=limit), count)
    end = counted.requests

    screen.table(
        ["", "requests", "revisions", "from", "to"],
        [
            ["newest first", middle - start, len(older), *_ends(older)],
            ["oldest first", end - middle, len(newer), *_ends(newer)],
        ],
    )
    if seeded is None:
        _check_sample(screen, older, newer)
    else:
        screen.check(f"all {len(seeded):,} revisions, newest first", held=_comments(older) == list(reversed(seeded)))
        screen.check(f"the other {len(seeded) - 1:,}, oldest first", held=_comments(newer) == list(seeded[1:]))


async def read_all(stream: Stream[HistoryRevision], count: Callable[[int], None]) -> Revisions:
    """Return all revisions of the stream."""
    revisions = []
    async for revision in stream:
        revisions.append(revision)
        count(len(revisions))
    return revisions


async def first_revision(site: Site, title: str) -> int:
    """Return the id of the first revision of a page, with one request."""
    response = await site.call("query", titles=title, prop="revisions", rvprop="ids", rvdir="newer", rvlimit=1)
    page = response["query"]["pages"][0] if "pages" in response["query"] else {}
    if not page.get("revisions"):
        raise TourError(f"There is no history of {title!r} on this wiki. Choose another page with --page TITLE")
    return page["revisions"][0]["revid"]


def _check_sample(screen: Screen, older: Revisions, newer: Revisions) -> None:
    screen.check("no revision came twice", held=all(len({r.id for r in some}) == len(some) for some in (older, newer)))
    times = [[revision.timestamp for revision in some] for some in (older[::-1], newer)]
    screen.check("each direction is in the order of time", held=all(some == sorted(some) for some in times))


def _comments(revisions: Revisions) -> list[str | None]:
    return [revision.comment for revision in revisions]


def _ends(revisions: Revisions) -> tuple[str, str]:
    if not revisions:
        return "", ""
    return f"{revisions[0].timestamp:%Y-%m-%d %H:%M}", f"{revisions[-1].timestamp:%Y-%m-%d %H:%M}"
