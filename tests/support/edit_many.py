"""Helpers for the tests of ``site.edit_many``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from mwclient_async import Site
from mwclient_async.testing import LocalWiki, SeedPage
from tests.support.logins import fresh

LINE = "* once"


async def seed_pages(wiki: LocalWiki, word: str, number: int) -> list[str]:
    """Create this number of pages. Returns their titles."""
    name = fresh(word)
    titles = [f"{name} {count:03}" for count in range(number)]
    await wiki.seed(SeedPage(title, "Start.") for title in titles)
    return titles


def add_line_once(text: str) -> str:
    """Add a line, unless the text has it. So a page that is edited again after a resume does not change."""
    return text if LINE in text.splitlines() else f"{text}\n{LINE}"


def add_line(text: str) -> str:
    """Add a line each time."""
    return f"{text}\n{LINE}"


async def count_lines(site: Site, titles: Iterable[str]) -> Counter[int]:
    """For each number of occurrences of the line: how many pages have it that often."""
    pages = site.pages(titles=titles, prop="revisions", rvprop="content")
    return Counter([(page.revisions[0].content or "").splitlines().count(LINE) async for page in pages])
