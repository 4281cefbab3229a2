"""What became of each page of many.

What was named and is no page has its own value: ``missing``, ``invalid`` (and ``invalidreason``), ``special``, or of
another wiki, whose prefix is ``iw``. What was named by an id that there is not has that id and no title.
"""

from __future__ import annotations

from datetime import datetime

from attrs import frozen

from mwclient_async.errors import ApiErrorItem


@frozen(kw_only=True)
class PageAnswer:
    """What all of them tell. ``known`` is a missing page that has a text all the same, as messages of the wiki have."""

    title: str = ""
    ns: int | None = None
    pageid: int | None = None
    revid: int | None = None
    missing: bool = False
    known: bool = False
    special: bool = False
    invalid: bool = False
    invalidreason: ApiErrorItem | None = None
    iw: str | None = None


@frozen(kw_only=True)
class PurgedPage(PageAnswer):
    """A page whose cache was cleared, where ``purged`` says so; ``linkupdate``: whose links were put in order, too.

    Neither is true of a page that is none, or where the account has done too much of it: the wiki warns of that. See
    https://www.mediawiki.org/wiki/API:Purge.
    """

    purged: bool = False
    linkupdate: bool = False


@frozen(kw_only=True)
class WatchedPage(PageAnswer):
    """A page that went onto the watchlist (``watched``) or off it (``unwatched``).

    ``expiry`` is an ISO 8601 time or ``"infinity"``, as text, None where none was asked for. A page that cannot be
    watched is not ``watchable``. ``errors`` say why it is as it was. See https://www.mediawiki.org/wiki/API:Watch.
    """

    watched: bool = False
    unwatched: bool = False
    watchable: bool = True
    expiry: str | None = None
    errors: tuple[ApiErrorItem, ...] = ()


@frozen(kw_only=True)
class NotifiedPage(PageAnswer):
    """A watched page, and since when it counts as changed: None where all of it was seen.

    A page that is ``notwatched`` is as it was. See https://www.mediawiki.org/wiki/API:Setnotificationtimestamp.
    """

    notwatched: bool = False
    notificationtimestamp: datetime | None = None


@frozen(kw_only=True)
class RotatedFile(PageAnswer):
    """A file that was turned: ``result`` is ``"Success"``, or ``"Failure"``, and ``errors`` say why.

    See https://www.mediawiki.org/wiki/API:Imagerotate.
    """

    result: str = ""
    errors: tuple[ApiErrorItem, ...] = ()
