"""``prop=info``: what a page is, and how it is protected.

The manual's page is https://www.mediawiki.org/wiki/API:Info. ``props.py`` says how fields are written.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from attrs import field, frozen

from mwclient_async._values.value import Value


@frozen(kw_only=True, repr=False)
class Protection(Value):
    """Who may do what to a page: ``type`` is the action, ``level`` the group or right that it needs.

    ``expiry`` is text, ``"infinity"`` without an end. ``source`` is the title of the page that this protection cascades
    from.

    See https://www.mediawiki.org/wiki/Manual:Protection.
    """

    type: str = ""
    level: str = ""
    expiry: str | None = None
    cascade: bool = False
    source: str | None = None


@frozen(kw_only=True, repr=False)
class PreloadedContent(Value):
    """The text that an edit form of this page begins with.

    See https://www.mediawiki.org/wiki/API:Info.
    """

    contentmodel: str = ""
    contentformat: str = ""
    content: str | None = None


@frozen(kw_only=True, repr=False)
class PageInfo(Value):
    """``prop=info``: the fields that always come, and those that ``inprop`` asks for, by the names of the manual.

    ``length`` is in bytes; ``lastrevid`` is 0 and ``touched`` is None if the page does not exist.
    ``notificationtimestamp`` is the time of the first change that the account has not seen, None if it has seen all.
    ``watchlistexpiry`` is text. ``displaytitle`` and the ``varianttitles`` by language are HTML, ``editintro`` is HTML
    by the message's name. ``actions`` has for each of ``intestactions`` whether it is allowed, or with
    ``intestactionsdetail`` the list of errors that prevent it.

    See https://www.mediawiki.org/wiki/API:Info.
    """

    contentmodel: str = "wikitext"
    pagelanguage: str = ""
    pagelanguagehtmlcode: str | None = None
    pagelanguagedir: str | None = None
    touched: datetime | None = None
    lastrevid: int = 0
    length: int = 0
    redirect: bool = False
    new: bool = False
    protection: tuple[Protection, ...] = ()
    restrictiontypes: tuple[str, ...] = ()
    watched: bool | None = None
    watchlistexpiry: str | None = None
    watchers: int | None = None
    visitingwatchers: int | None = None
    notificationtimestamp: datetime | None = None
    talkid: int | None = None
    subjectid: int | None = None
    associatedpage: str | None = None
    fullurl: str | None = None
    editurl: str | None = None
    canonicalurl: str | None = None
    readable: bool | None = None
    preload: str | None = None
    preloadcontent: PreloadedContent | None = None
    preloadisdefault: bool | None = None
    editintro: Mapping[str, str] = field(default={}, hash=False)
    displaytitle: str | None = None
    varianttitles: Mapping[str, str] = field(default={}, hash=False)
    linkclasses: tuple[str, ...] = ()
    actions: Mapping[str, Any] = field(default={}, hash=False)
    wouldautocreate: Mapping[str, bool] = field(default={}, hash=False)
