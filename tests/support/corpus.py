"""The seeded wiki, and what it holds: the data that streams are compared with."""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import anyio
from attrs import frozen

from mwclient_async.testing import LocalWiki, SeedPage, SeedRevision

LONG = "Long history"
REVISIONS = 2500

_ODD = ("A/B?c&d=e", "Ünïcödé + plus", "صفحة", "Emoji 🪐", "50% \"quoted\" 'title'", "Dots...", "C++", "Pg 1!*(x)")


@frozen(kw_only=True)
class Corpus:
    """A seeded wiki, and the categories of each of its 300 pages."""

    wiki: LocalWiki
    categories: Mapping[str, frozenset[str]]


def seed(wiki: LocalWiki) -> Corpus:
    """Fill a wiki with 300 pages of 0 to 11 categories each, in shuffled order, and with one long history."""
    rng = random.Random(7)
    titles = [*_ODD, *(f"Page {number:03}" for number in range(300 - len(_ODD)))]
    categories = {
        title: frozenset(f"Category:C{rng.randrange(60):02}" for _ in range(rng.randrange(12))) for title in titles
    }
    pages = [
        SeedPage(title, "orbit " * (number % 9) + "".join(f"[[{name}]]\n" for name in sorted(names)))
        for number, (title, names) in enumerate(categories.items())
    ]
    anyio.run(_write, wiki, [*pages, _long_history()])
    return Corpus(wiki=wiki, categories={**categories, LONG: frozenset()})


async def _write(wiki: LocalWiki, pages: list[SeedPage]) -> None:
    await wiki.seed(pages)


def _long_history() -> SeedPage:
    start = datetime(2020, 1, 1, tzinfo=UTC)
    return SeedPage(
        LONG,
        revisions=[
            SeedRevision(
                f"Revision {number}",
                user="192.0.2.7" if number % 5 == 0 else "Seeder",
                timestamp=start + timedelta(seconds=number // 3),  # three revisions share each second
                comment=f"edit {number}",
                minor=number % 2 == 0,
            )
            for number in range(REVISIONS)
        ],
    )
