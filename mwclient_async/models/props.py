"""What a query says of a page: one class per ``prop``. Fields that a wiki or a parameter leaves out are None or empty.

The manual's pages are https://www.mediawiki.org/wiki/API:Properties and those it links to.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from attrs import frozen


@frozen(kw_only=True)
class PageLink:
    """Another page, as links, templates, images and categories name it."""

    ns: int
    title: str


@frozen(kw_only=True)
class PageInfo:
    """``prop=info``. ``length`` is in bytes; ``lastrevid`` is 0 and ``touched`` None where the page does not exist."""

    contentmodel: str = "wikitext"
    pagelanguage: str = ""
    touched: datetime | None = None
    lastrevid: int = 0
    length: int = 0
    redirect: bool = False
    new: bool = False
    talkid: int | None = None
    displaytitle: str | None = None
    fullurl: str | None = None
    watchers: int | None = None


@frozen(kw_only=True)
class PageCategory:
    """``prop=categories``.

    A category that the page is in. ``sortkey`` needs ``clprop=sortkey``, ``hidden`` ``clprop=hidden``.
    """

    ns: int
    title: str
    sortkey: str | None = None
    sortkeyprefix: str | None = None
    timestamp: datetime | None = None
    hidden: bool | None = None


@frozen(kw_only=True)
class CategoryInfo:
    """``prop=categoryinfo``: how many members a category has."""

    size: int = 0
    pages: int = 0
    files: int = 0
    subcats: int = 0
    hidden: bool = False


@frozen(kw_only=True)
class Slot:
    """One slot of a revision. ``content`` needs ``rvprop=content``; it is None where it is hidden or missing."""

    contentmodel: str = ""
    contentformat: str = ""
    content: str | None = None
    size: int | None = None
    sha1: str | None = None
    missing: bool = False
    texthidden: bool = False


@frozen(kw_only=True)
class Revision:
    """``prop=revisions``: one revision, with the fields that ``rvprop`` names. ``size`` is in bytes, ``sha1`` in hex.

    ``user``, ``comment`` and ``content`` are None where an administrator hid them; the ``...hidden`` flags tell.
    """

    revid: int | None = None
    parentid: int | None = None
    timestamp: datetime | None = None
    user: str | None = None
    userid: int | None = None
    anon: bool = False
    temp: bool = False
    minor: bool | None = None
    comment: str | None = None
    parsedcomment: str | None = None
    size: int | None = None
    sha1: str | None = None
    contentmodel: str | None = None
    tags: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    slots: Mapping[str, Slot] = {}
    userhidden: bool = False
    commenthidden: bool = False
    sha1hidden: bool = False
    suppressed: bool = False

    @property
    def content(self) -> str | None:
        """The text of the main slot, where ``rvprop=content`` asked for it."""
        main = self.slots.get("main")
        return main.content if main is not None else None


@frozen(kw_only=True)
class ImageInfo:
    """``prop=imageinfo``.

    One version of a file, with the fields that ``iiprop`` names. ``size`` in bytes, ``sha1`` in hex.
    """

    timestamp: datetime | None = None
    user: str | None = None
    userid: int | None = None
    anon: bool = False
    size: int | None = None
    width: int | None = None
    height: int | None = None
    duration: float | None = None
    comment: str | None = None
    url: str | None = None
    descriptionurl: str | None = None
    sha1: str | None = None
    mime: str | None = None
    mediatype: str | None = None
    bitdepth: int | None = None
    archivename: str | None = None
    filemissing: bool = False
    metadata: Any = None


@frozen(kw_only=True)
class LangLink:
    """``prop=langlinks``: the page in another language. ``url`` needs ``llprop=url``."""

    lang: str
    title: str = ""
    url: str | None = None
    langname: str | None = None
    autonym: str | None = None


@frozen(kw_only=True)
class ExtLink:
    """``prop=extlinks``: an address outside the wiki."""

    url: str
