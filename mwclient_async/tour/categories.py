"""Part 1: all categories of all pages, from a query of many responses.

The wiki sends a batch of pages and then their categories, a few in each response. The ``continue`` block of a response
holds what the client adds to the *original* parameters of the query for the next request. See
https://www.mediawiki.org/wiki/API:Continue.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping

from mwclient_async import Page, Site
from mwclient_async.tour.counted_site import CountedSite
from mwclient_async.tour.errors import TourError
from mwclient_async.tour.sample import Sample, category_titles
from mwclient_async.tour.screen import Screen

Categories = Mapping[str, Collection[str]]
"""Title of a page -> titles of its categories."""

_MOST_IDS = 50  # the number of page ids that a wiki takes in one request


async def show(screen: Screen, counted: CountedSite, sample: Sample, *, seeded: Categories | None = None) -> Categories:
    """Read the sample; compare it with what was seeded, or if nothing was, with a second reading in other batches."""
    screen.heading("1  Every category of every page")
    screen.say("One query, many responses; each page comes once and complete:")
    screen.code(str(sample))
    before = counted.requests
    with screen.counting("Pages") as count:
        pages = await read(counted.site, sample, count)
    between = counted.requests
    with screen.counting("Categories, with a loop that accumulates") as count:
        loop = await accumulate(counted.site, sample, count)
    after = counted.requests
    complete = {page.title: category_titles(page) for page in pages}
    truth = await read_again(counted.site, pages) if seeded is None else seeded

    screen.table(
        ["", "requests", "pages", "categories"],
        [
            ["read again by page id" if seeded is None else "seeded", "", len(truth), total(truth)],
            ["mwclient_async", between - before, len(pages), total(complete)],
            ["a loop that accumulates", after - between, len(loop), total(loop)],
        ],
    )
    screen.say("The loop adds each `continue` block to those before it, as many clients do. " + _outcome(loop, truth))
    screen.check(f"{len(truth):,} pages came, each once", held=len(pages) == len(complete) == len(truth))
    screen.check(f"all {total(truth):,} categories are on their pages", held=complete == truth)
    return truth


async def read(site: Site, sample: Sample, count: Callable[[int], None]) -> list[Page]:
    """Return the pages of the sample."""
    pages: list[Page] = []
    async for page in sample.stream(site):
        pages.append(page)
        count(len(pages))
    if not pages:
        raise TourError("There are no pages to read. Choose a category that has pages with --category TITLE")
    return pages


async def accumulate(site: Site, sample: Sample, count: Callable[[int], None]) -> Categories:
    """Read the same pages with the loop that loses data; do not copy this one."""
    found = defaultdict[str, set[str]](set)
    params = dict(sample.query)
    while True:
        response = await site.call("query", params=params)
        for page in response.get("query", {}).get("pages", ()):
            found[page["title"]].update(category["title"] for category in page.get("categories", ()))
        count(total(found))
        enough = sample.limit is not None and len(found) >= sample.limit and response.get("batchcomplete")
        if enough or "continue" not in response:
            return found
        # The mistake: the `clcontinue` of a finished batch stays in the parameters of all later requests. The wiki then
        # leaves out the categories of every page before that position.
        params.update(response["continue"])


async def read_again(site: Site, pages: list[Page]) -> Categories:
    """Return the categories of these pages, read by page id with the largest limits: in other batches."""
    ids = [page.pageid for page in pages]
    found = {}
    for start in range(0, len(ids), _MOST_IDS):
        async for page in site.query(pageids=ids[start : start + _MOST_IDS], prop=["categories"]):
            found[page.title] = category_titles(page)
    return found


def total(categories: Categories) -> int:
    """Return the number of categories of all pages together."""
    return sum(map(len, categories.values()))


def _outcome(loop: Categories, truth: Categories) -> str:
    lost = total(truth) - total(loop)
    return f"It lost {lost:,} of {total(truth):,} categories without an error." if lost else "Here it lost nothing."
