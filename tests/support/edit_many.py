"""What the tests of many edits share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from mwclient_async import Site
from mwclient_async.testing import LocalWiki, SeedPage
from tests.support.logins import fresh

LINE = "* once"


async def seeded(wiki: LocalWiki, word: str, number: int) -> list[str]:
    """The titles of so many new pages."""
    name = fresh(word)
    titles = [f"{name} {count:03}" for count in range(number)]
    await wiki.seed(SeedPage(title, "Start.") for title in titles)
    return titles


def once(text: str) -> str:
    """Adds a line, unless it is there: what may be offered again must be done so that it does not matter."""
    return text if LINE in text.splitlines() else f"{text}\n{LINE}"


def always(text: str) -> str:
    """Adds a line each time."""
    return f"{text}\n{LINE}"


async def lines_of(site: Site, titles: Iterable[str]) -> Counter[int]:
    """How many pages have the line how often."""
    pages = site.pages(titles=titles, prop="revisions", rvprop="content")
    return Counter([(page.revisions[0].content or "").splitlines().count(LINE) async for page in pages])
