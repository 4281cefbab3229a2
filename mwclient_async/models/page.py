"""A page, as a query tells of it."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Any

from attrs import field, frozen

from mwclient_async.errors import NotRequested
from mwclient_async.models.props import (
    CategoryInfo,
    ExtLink,
    ImageInfo,
    LangLink,
    PageCategory,
    PageInfo,
    PageLink,
    Revision,
)


class PageStatus(Enum):
    """What a title or id turned out to be.

    ``INTERWIKI`` is a title of another wiki, ``CIRCULAR`` a redirect that leads back to itself, ``BADREVID`` the id
    of no revision (or of a deleted one). A special page exists and has no properties.
    """

    OK = "ok"
    MISSING = "missing"
    INVALID = "invalid"
    SPECIAL = "special"
    INTERWIKI = "interwiki"
    CIRCULAR = "circular"
    BADREVID = "badrevid"


@frozen(kw_only=True)
class Page:
    """One page with the properties that its query asked for, complete.

    ``pageid`` is None where the page does not exist. ``asked`` is the title or id that ``site.pages`` was given. A
    property that the query did not ask for raises NotRequested; one that was asked for and is not there is ``()`` or
    None. ``raw`` is the merged mapping as the wiki sent it, for everything that has no attribute here. See
    https://www.mediawiki.org/wiki/API:Query.
    """

    title: str
    ns: int | None = None
    pageid: int | None = None
    asked: str | int | None = None
    status: PageStatus = PageStatus.OK
    invalidreason: str | None = None
    raw: Mapping[str, Any] = field(factory=dict, repr=False, eq=False)
    _props: Mapping[str, Any] = field(factory=dict, repr=False, alias="props")

    def __str__(self) -> str:
        return self.title

    @property
    def exists(self) -> bool:
        """Whether the wiki has this page."""
        return self.status is PageStatus.OK

    @property
    def info(self) -> PageInfo:
        """``prop=info``."""
        return self._asked("info")

    @property
    def categories(self) -> tuple[PageCategory, ...]:
        """``prop=categories``, in the wiki's order."""
        return self._asked("categories")

    @property
    def categoryinfo(self) -> CategoryInfo | None:
        """``prop=categoryinfo``; None for a page that is no category, or one without members."""
        return self._asked("categoryinfo")

    @property
    def revisions(self) -> tuple[Revision, ...]:
        """``prop=revisions``.

        The latest one, or all that ``rvlimit``, ``rvstart`` and the like ask for, newest first.
        """
        return self._asked("revisions")

    @property
    def links(self) -> tuple[PageLink, ...]:
        """``prop=links``: the pages that this one links to."""
        return self._asked("links")

    @property
    def templates(self) -> tuple[PageLink, ...]:
        """``prop=templates``: the pages that this one transcludes."""
        return self._asked("templates")

    @property
    def images(self) -> tuple[PageLink, ...]:
        """``prop=images``: the files that this page shows."""
        return self._asked("images")

    @property
    def imageinfo(self) -> tuple[ImageInfo, ...]:
        """``prop=imageinfo``: the file's current version, or its history as far as ``iilimit`` asks, newest first."""
        return self._asked("imageinfo")

    @property
    def langlinks(self) -> tuple[LangLink, ...]:
        """``prop=langlinks``."""
        return self._asked("langlinks")

    @property
    def extlinks(self) -> tuple[ExtLink, ...]:
        """``prop=extlinks``."""
        return self._asked("extlinks")

    @property
    def pageprops(self) -> Mapping[str, str]:
        """``prop=pageprops``: what the parser noted of the page."""
        return self._asked("pageprops")

    def _asked(self, prop: str) -> Any:
        try:
            return self._props[prop]
        except KeyError:
            raise NotRequested(f"the query of {self.title!r} did not ask for this: add prop={prop}") from None
