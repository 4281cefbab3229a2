"""Stop 1: all categories of all pages, from a query that spans many replies.

The wiki sends a batch of pages, and then their categories a few at a time: ``continue`` says what to add to the
*original* parameters of the query for the next reply. See https://www.mediawiki.org/wiki/API:Continue.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping

from mwclient_async import Page, Site
from mwclient_async.tour.errors import TourError
from mwclient_async.tour.sample import Sample, category_titles
from mwclient_async.tour.screen import Screen
from mwclient_async.tour.visit import Visit

Categories = Mapping[str, Collection[str]]
"""Title of a page -> titles of its categories."""

_MOST_IDS = 50  # the number of page ids that a wiki takes in one request


async def show(screen: Screen, visit: Visit, sample: Sample, *, seeded: Categories | None = None) -> Categories:
    """Read the sample, and compare it with what was seeded, or else with a second reading in other batches."""
    screen.heading("1  Every category of every page")
    screen.say("One query, many replies; each page comes once, and comes complete:")
    screen.code(str(sample))
    before = visit.requests
    with screen.counting("Pages") as count:
        pages = await read(visit.site, sample, count)
    between = visit.requests
    with screen.counting("Categories, with a loop that accumulates") as count:
        loop = await accumulate(visit.site, sample, count)
    after = visit.requests
    complete = {page.title: category_titles(page) for page in pages}
    truth = await read_again(visit.site, pages) if seeded is None else seeded

    screen.table(
        ["", "requests", "pages", "categories"],
        [
            ["read again by page id" if seeded is None else "seeded", "", len(truth), total(truth)],
            ["mwclient_async", between - before, len(pages), total(complete)],
            ["a loop that accumulates", after - between, len(loop), total(loop)],
        ],
    )
    screen.say("The loop adds each `continue` to those before it, as popular clients do. " + _outcome(loop, truth))
    screen.check(f"{len(truth):,} pages came, each of them once", held=len(pages) == len(complete) == len(truth))
    screen.check(f"all {total(truth):,} categories are on their pages", held=complete == truth)
    return truth


async def read(site: Site, sample: Sample, count: Callable[[int], None]) -> list[Page]:
    """The pages of the sample."""
    pages: list[Page] = []
    async for page in sample.stream(site):
        pages.append(page)
        count(len(pages))
    if not pages:
        raise TourError("There are no pages to read: choose a category that has some with --category TITLE")
    return pages


async def accumulate(site: Site, sample: Sample, count: Callable[[int], None]) -> Categories:
    """Read the same pages with the loop that loses data: this is how not to do it."""
    found = defaultdict[str, set[str]](set)
    params = dict(sample.query)
    while True:
        reply = await site.call("query", params=params)
        for page in reply.get("query", {}).get("pages", ()):
            found[page["title"]].update(category["title"] for category in page.get("categories", ()))
        count(total(found))
        enough = sample.limit is not None and len(found) >= sample.limit and reply.get("batchcomplete")
        if enough or "continue" not in reply:
            return found
        # The mistake: `clcontinue` of a batch that is finished stays in the parameters of all further ones, and makes
        # the wiki leave out the categories of every page before that place.
        params.update(reply["continue"])


async def read_again(site: Site, pages: list[Page]) -> Categories:
    """The categories of these pages, by the pages' ids and with the largest limits: other batches, the same content."""
    ids = [page.pageid for page in pages]
    found = {}
    for start in range(0, len(ids), _MOST_IDS):
        async for page in site.query(pageids=ids[start : start + _MOST_IDS], prop=["categories"]):
            found[page.title] = category_titles(page)
    return found


def total(categories: Categories) -> int:
    """How many categories there are on all pages together."""
    return sum(map(len, categories.values()))


def _outcome(loop: Categories, truth: Categories) -> str:
    lost = total(truth) - total(loop)
    return f"It lost {lost:,} of {total(truth):,} categories, and had no error." if lost else "Here it lost nothing."
