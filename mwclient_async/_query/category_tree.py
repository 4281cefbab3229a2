"""A walk through the categories below a category, level by level. Pure; ``category.py`` sends.

A category can be in several others, and loops exist. So each is given once, at the place
that is found first, and asked for its subcategories once. The memory is that of all titles found.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from itertools import islice

from attrs import define, field

from mwclient_async.models.categories import Subcategory
from mwclient_async.models.page import Page


@define
class CategoryTree:
    """The state of a walk from ``root`` down to ``depth`` levels; None is all levels.

    ``trust_counts`` says that a category of which the wiki counts no subcategories need not be asked.
    """

    root: str
    depth: int | None
    trust_counts: bool
    _above: dict[str, str | None] = field(factory=dict)
    _to_ask: deque[str] = field(factory=deque)

    def __attrs_post_init__(self) -> None:
        self._above[self.root] = None
        if self.depth != 0:
            self._to_ask.append(self.root)

    def next(self, count: int) -> list[str]:
        """The categories to ask next for their subcategories, at most so many, in the order of ``add``."""
        return list(islice(self._to_ask, count))

    def add(self, parent: str, pages: Iterable[Page]) -> list[Subcategory]:
        """Add the subcategories of the category that is the next one. Returns those that are new."""
        assert self._to_ask.popleft() == parent
        path = self._path(parent)
        found = []
        for page in pages:
            if page.title in self._above:
                continue
            self._above[page.title] = parent
            row = _row(page, path)
            if len(path) != self.depth and (row.subcats or not self.trust_counts):
                self._to_ask.append(page.title)
            found.append(row)
        return found

    def _path(self, title: str) -> tuple[str, ...]:
        """The titles from the root down to this one."""
        path = [title]
        while (above := self._above[path[-1]]) is not None:
            path.append(above)
        return tuple(reversed(path))


def _row(page: Page, path: tuple[str, ...]) -> Subcategory:
    title, pageid, depth, info = page.title, page.pageid, len(path), page.categoryinfo
    if info is None:  # without members
        return Subcategory(title=title, pageid=pageid, depth=depth, path=path)
    return Subcategory(
        title=title,
        pageid=pageid,
        depth=depth,
        path=path,
        size=info.size,
        pages=info.pages,
        files=info.files,
        subcats=info.subcats,
    )
