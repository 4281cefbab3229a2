"""Converters of lists: the rows of a list become values.

A table holds the class of each list's rows. The manual's page is https://www.mediawiki.org/wiki/API:Lists.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from mwclient_async._http.conversion import Row, convert_to, with_pageid
from mwclient_async.models.accounts import Block, User
from mwclient_async.models.lists import (
    ArchivedFile,
    CategoryMember,
    Contribution,
    ExternalUse,
    InterwikiBacklink,
    LinkedTitle,
    ListedCategory,
    ListedFile,
    ListedPage,
    LogEvent,
    ProtectedTitle,
    RecentChange,
    SearchResult,
    SpecialPageRow,
    StashEntry,
    Tag,
    WatchedChange,
)

LIST_ROW_CLASSES: Mapping[str, type[Any]] = {
    "allcategories": ListedCategory,
    "allimages": ListedFile,
    "alllinks": LinkedTitle,
    "allpages": ListedPage,
    "allusers": User,
    "backlinks": ListedPage,
    "blocks": Block,
    "categorymembers": CategoryMember,
    "embeddedin": ListedPage,
    "exturlusage": ExternalUse,
    "filearchive": ArchivedFile,
    "imageusage": ListedPage,
    "iwbacklinks": InterwikiBacklink,
    "langbacklinks": InterwikiBacklink,
    "logevents": LogEvent,
    "mystashedfiles": StashEntry,
    "prefixsearch": ListedPage,
    "protectedtitles": ProtectedTitle,
    "querypage": SpecialPageRow,
    "random": ListedPage,
    "recentchanges": RecentChange,
    "search": SearchResult,
    "tags": Tag,
    "usercontribs": Contribution,
    "users": User,
    "watchlist": WatchedChange,
}
"""The class of each list's rows. Rows of other lists stay mappings."""


def row_converter(module: str, *, raw: bool) -> Callable[[Row], Any]:
    """The function that converts a row of this list. If ``raw``, it returns the row unchanged."""
    convert = convert_to(LIST_ROW_CLASSES.get(module), raw=raw)
    if module == "random" and not raw:  # the only list that sends a page's id as `id`
        return lambda row: convert(with_pageid(row))
    return convert
