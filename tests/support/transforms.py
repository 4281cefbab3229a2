"""What the tests of edits by function share."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from mwclient_async import Site
from tests.support.edits import latest
from tests.support.logins import fresh


class Adder:
    """A function from text to text that adds one line, unless it is there; ``seen`` is what it was given.

    ``first`` is done before that, the first time that it is called.
    """

    def __init__(self, line: str = "* mine", first: Callable[[], Awaitable[object]] | None = None) -> None:
        self.line = line
        self.seen: list[str] = []
        self._first = first

    async def __call__(self, text: str) -> str:
        self.seen.append(text)
        if self._first is not None and len(self.seen) == 1:
            await self._first()
        return text if self.line in text.splitlines() else f"{text}\n{self.line}"


async def made(site: Site, word: str, text: str = "Start.") -> str:
    """The title of a new page with that text."""
    title = fresh(word)
    await site.page(title).create(text)
    return title


async def text_of(site: Site, title: str) -> str:
    """What the page says now."""
    return str((await latest(site, title)).content)
