"""The result for each page of an action on many pages.

An input that is not an existing page has a value of its own: it is ``missing``, ``invalid`` (with ``invalidreason``),
``special``, or a page of another wiki, whose prefix is ``iw``. An id that no page has comes with that id and no title.
"""

from __future__ import annotations

from datetime import datetime

from attrs import frozen

from mwclient_async._values.value import Value
from mwclient_async.errors import ApiErrorItem


@frozen(kw_only=True, repr=False)
class PageAnswer(Value):
    """The fields that all of these results have.

    ``known`` is a missing page that still has a text, as messages of the wiki's interface have.
    """

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


@frozen(kw_only=True, repr=False)
class PurgedPage(PageAnswer):
    """A page of a purge: ``purged`` says that its cache was cleared, ``linkupdate`` that its links were updated.

    Both are False if the page does not exist, or if the account is over its rate limit: the wiki sends a warning then.

    See https://www.mediawiki.org/wiki/API:Purge.
    """

    purged: bool = False
    linkupdate: bool = False


@frozen(kw_only=True, repr=False)
class WatchedPage(PageAnswer):
    """A page that was added to the watchlist (``watched``) or removed from it (``unwatched``).

    ``expiry`` is an ISO 8601 time or ``"infinity"``, as text, None if none was asked for. A page that cannot be watched
    is not ``watchable``. ``errors`` say why nothing changed.

    See https://www.mediawiki.org/wiki/API:Watch.
    """

    watched: bool = False
    unwatched: bool = False
    watchable: bool = True
    expiry: str | None = None
    errors: tuple[ApiErrorItem, ...] = ()


@frozen(kw_only=True, repr=False)
class NotifiedPage(PageAnswer):
    """A watched page and the time since when it counts as changed: None if the account has seen all changes.

    A page that is ``notwatched`` did not change.

    See https://www.mediawiki.org/wiki/API:Setnotificationtimestamp.
    """

    notwatched: bool = False
    notificationtimestamp: datetime | None = None


@frozen(kw_only=True, repr=False)
class RotatedFile(PageAnswer):
    """A file that was rotated: ``result`` is ``"Success"``, or ``"Failure"``, and ``errors`` say why.

    See https://www.mediawiki.org/wiki/API:Imagerotate.
    """

    result: str = ""
    errors: tuple[ApiErrorItem, ...] = ()
