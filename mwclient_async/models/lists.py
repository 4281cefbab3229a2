"""The items of lists: one class per list, with the fields that the list's ``prop`` parameter names.

The manual's pages are https://www.mediawiki.org/wiki/API:Lists and those it links to.
"""

from __future__ import annotations

from datetime import datetime

from attrs import frozen


@frozen(kw_only=True)
class ListedPage:
    """A page in a list: allpages, backlinks, embeddedin, imageusage, random and the like."""

    title: str
    ns: int
    pageid: int | None = None
    redirect: bool = False


@frozen(kw_only=True)
class CategoryMember:
    """``list=categorymembers``. ``type`` is ``page``, ``subcat`` or ``file``; it and ``timestamp`` need ``prop``."""

    title: str = ""
    ns: int = 0
    pageid: int | None = None
    type: str | None = None
    timestamp: datetime | None = None
    sortkey: str | None = None
    sortkeyprefix: str | None = None


@frozen(kw_only=True)
class ListedCategory:
    """``list=allcategories``; the counts need ``prop=size``."""

    category: str
    size: int | None = None
    pages: int | None = None
    files: int | None = None
    subcats: int | None = None
    hidden: bool | None = None


@frozen(kw_only=True)
class RecentChange:
    """``list=recentchanges``.

    ``type`` is ``edit``, ``new``, ``log``, ``categorize`` or ``external``; lengths in bytes.
    """

    type: str = ""
    ns: int | None = None
    title: str | None = None
    pageid: int | None = None
    revid: int | None = None
    old_revid: int | None = None
    rcid: int | None = None
    timestamp: datetime | None = None
    user: str | None = None
    userid: int | None = None
    anon: bool = False
    bot: bool | None = None
    new: bool | None = None
    minor: bool | None = None
    comment: str | None = None
    oldlen: int | None = None
    newlen: int | None = None
    tags: tuple[str, ...] = ()
    logid: int | None = None
    logtype: str | None = None
    logaction: str | None = None


@frozen(kw_only=True)
class SearchResult:
    """``list=search``. ``size`` is in bytes; ``snippet`` is HTML."""

    title: str
    ns: int
    pageid: int | None = None
    size: int | None = None
    wordcount: int | None = None
    snippet: str | None = None
    timestamp: datetime | None = None
