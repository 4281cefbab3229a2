"""Helpers for the tests of edits by a function."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from mwclient_async import Site
from tests.support.edits import latest_revision
from tests.support.logins import fresh


class AddLine:
    """A transform that adds one line, unless the text has it. ``texts`` are the texts that it was called with.

    ``before_first`` is awaited in the first call.
    """

    def __init__(self, line: str = "* mine", before_first: Callable[[], Awaitable[object]] | None = None) -> None:
        self.line = line
        self.texts: list[str] = []
        self._before_first = before_first

    async def __call__(self, text: str) -> str:
        self.texts.append(text)
        if self._before_first is not None and len(self.texts) == 1:
            await self._before_first()
        return text if self.line in text.splitlines() else f"{text}\n{self.line}"


async def create_page(site: Site, word: str, text: str = "Start.") -> str:
    """Create a page with this text. Returns its title."""
    title = fresh(word)
    await site.page(title).create(text)
    return title


async def text_of(site: Site, title: str) -> str:
    """The page's text now."""
    return str((await latest_revision(site, title)).content)
