"""The throwaway wiki of the tour, and what the tour expects to read from it."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta

from attrs import frozen

from mwclient_async import BotPassword
from mwclient_async.testing import LocalWiki, SeedPage, SeedRevision
from mwclient_async.tour.files import Picture, paint
from mwclient_async.tour.screen import Screen

LONG_HISTORY = "A long history"
BOT = "TourBot"
_MAIN = "Main Page"  # MediaWiki's installer makes it
_PAGES = 300
_REVISIONS = 2_500
_CATEGORIES = 60
_MOST_CATEGORIES = 11  # of one page
_NAMES = ("Page {:03}", "Moons/Titan {:03}", 'C++ & "quotes" {:03}', "🪐 Ringed planet {:03}", "كوكب {:03}")

EXAMPLES = [name.format(number) for number, name in enumerate(_NAMES)]
"""Titles of some pages of the wiki."""


@frozen(kw_only=True)
class DemoWiki:
    """A running wiki: the categories of every page, and the comments of the long history, oldest first."""

    wiki: LocalWiki
    categories: Mapping[str, frozenset[str]]
    comments: list[str]
    bot: BotPassword
    picture: Picture


@asynccontextmanager
async def demo_wiki(screen: Screen) -> AsyncIterator[DemoWiki]:
    """Start a wiki, write its pages, and make what the upload needs; remove all of it at the end."""
    chance = random.Random(1)  # noqa: S311 - the same pages each time, not a secret
    titles = [_NAMES[number % len(_NAMES)].format(number) for number in range(_PAGES)]
    categories = {
        title: frozenset(
            f"Category:C{chance.randrange(_CATEGORIES):02}" for _ in range(chance.randrange(_MOST_CATEGORIES + 1))
        )
        for title in titles
    }
    comments = [f"edit {number}" for number in range(_REVISIONS)]
    async with AsyncExitStack() as stack:
        with screen.step("Starting a throwaway MediaWiki on this machine"):
            wiki = await stack.enter_async_context(LocalWiki(runs_jobs=False))
        with screen.step(f"Writing {len(categories)} pages, and one with {len(comments):,} revisions"):
            await wiki.seed([*map(_page, categories.items()), _long_page(comments)])
        with screen.step(f"Making the bot account {BOT!r} and a picture of 20 MiB"):
            await wiki.create_user(BOT, groups=["bot"])
            bot = await wiki.create_bot_password(BOT)
            picture = await paint(wiki.directory)
        yield DemoWiki(
            wiki=wiki,
            categories={**categories, LONG_HISTORY: frozenset(), _MAIN: frozenset()},
            comments=comments,
            bot=bot,
            picture=picture,
        )


def _page(entry: tuple[str, frozenset[str]]) -> SeedPage:
    title, categories = entry
    return SeedPage(title, "".join(f"[[{name}]]\n" for name in sorted(categories)))


def _long_page(comments: list[str]) -> SeedPage:
    begin = datetime(2020, 1, 1, tzinfo=UTC)
    return SeedPage(
        LONG_HISTORY,
        revisions=[
            SeedRevision(f"Revision {number}", comment=comment, timestamp=begin + timedelta(hours=number // 3))
            for number, comment in enumerate(comments)  # three revisions have the same time
        ],
    )
