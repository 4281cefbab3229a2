"""What the REST API sends. The manual's page is https://www.mediawiki.org/wiki/API:REST_API/Reference."""

from __future__ import annotations

from datetime import datetime

from attrs import field, frozen


@frozen(kw_only=True)
class RestUser:
    """Who made a revision. ``id`` is None for somebody who was not logged in, or an imported name."""

    name: str | None = None
    id: int | None = None


@frozen(kw_only=True)
class HistoryRevision:
    """One revision of a page's history.

    ``size`` is in bytes, ``delta`` the bytes added or removed since the revision before (None where that is not known).
    ``comment`` and ``user`` are None where an administrator hid them.
    """

    id: int
    timestamp: datetime
    minor: bool = False
    size: int | None = None
    comment: str | None = None
    user: RestUser | None = None
    delta: int | None = None


@frozen(kw_only=True)
class RestRevision:
    """The latest revision of a page."""

    id: int
    timestamp: datetime


@frozen(kw_only=True)
class License:
    """The licence of a wiki's texts."""

    url: str = ""
    title: str = ""


@frozen(kw_only=True)
class RestPage:
    """A page with its wikitext. ``key`` is the title with underscores, as it stands in addresses."""

    id: int
    key: str
    title: str
    latest: RestRevision
    content_model: str = "wikitext"
    license: License = License()
    source: str = field(default="", repr=False)
