"""Values of the REST API. The manual's page is https://www.mediawiki.org/wiki/API:REST_API/Reference.

The fields are named as there. Sizes are in bytes, times are aware datetimes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Self, TypeVar

from attrs import field, frozen

from mwclient_async._values.value import Value

T = TypeVar("T")


@frozen(kw_only=True, repr=False)
class Validator(Value):
    """The version of a response: its ETag and Last-Modified headers, empty if it had none.

    ``of`` is the wiki and the request that it belongs to. Pass a value with a validator as ``previous`` to the same
    method of ``site.rest``: the request is then conditional, and an unchanged value is not sent again.

    See https://developer.mozilla.org/en-US/docs/Web/HTTP/Guides/Conditional_requests.
    """

    etag: str = ""
    last_modified: str = ""
    of: str = ""

    def __bool__(self) -> bool:
        return bool(self.etag or self.last_modified)


@frozen(kw_only=True, repr=False)
class Validated(Value):
    """A value that a later request can name as ``previous``, to get it again only if it has changed."""

    validator: Validator = field(default=Validator(), eq=False, repr=False)


class RestList(tuple[T, ...]):  # noqa: SLOT001 - a subclass of tuple cannot have slots
    """A tuple with the Validator of the response that it came in."""

    validator: Validator

    def __new__(cls, items: Iterable[T] = (), *, validator: Validator = Validator()) -> Self:
        made = super().__new__(cls, tuple(items))
        made.validator = validator
        return made


@frozen(kw_only=True, repr=False)
class RestUser(Value):
    """Who made a revision. ``id`` is None for an anonymous user, and for the name in an imported revision."""

    name: str | None = None
    id: int | None = None


@frozen(kw_only=True, repr=False)
class License(Value):
    """The license of a wiki's texts."""

    url: str = ""
    title: str = ""


# Pages ---------------------------------------------------------------------------------------------------------------


@frozen(kw_only=True, repr=False)
class LatestRevision(Value):
    """The latest revision of a page."""

    id: int
    timestamp: datetime


@frozen(kw_only=True, repr=False)
class _PageFacts(Validated):
    id: int
    key: str
    title: str
    content_model: str = "wikitext"
    license: License = License()
    redirect_target: str | None = None


@frozen(kw_only=True, repr=False)
class BarePage(_PageFacts):
    """A page without its text. ``key`` is the title with underscores, as URLs have it.

    ``redirect_target`` is the title that a redirect leads to; it is None on wikis before MediaWiki 1.41, which do not
    send it. ``html_url`` is the address of the page's HTML.
    """

    latest: LatestRevision
    html_url: str = ""


@frozen(kw_only=True, repr=False)
class RestPage(_PageFacts):
    """A page with its text, ``source``, as users edit it: wikitext, or what ``content_model`` says."""

    latest: LatestRevision
    source: str = field(default="", repr=False)


@frozen(kw_only=True, repr=False)
class HtmlPage(_PageFacts):
    """A page with its text as a whole HTML document, ``html``.

    ``latest`` is None and ``id`` is 0 for a text that MediaWiki itself has and no page replaces
    (``MediaWiki:Mainpage``).
    """

    latest: LatestRevision | None = None
    html: str = field(default="", repr=False)


@frozen(kw_only=True, repr=False)
class Html(Validated):
    """A page as a whole HTML document. ``revid`` is the revision that it shows, None if the wiki did not send it."""

    text: str = field(repr=False)
    revid: int | None = None

    def __str__(self) -> str:
        return self.text


# Revisions -----------------------------------------------------------------------------------------------------------


@frozen(kw_only=True, repr=False)
class HistoryRevision(Value):
    """One revision of a page's history.

    ``size`` is in bytes, ``delta`` the change of the size since the revision before (None if it is not known).
    ``comment`` and ``user`` are None if an administrator hid them.

    See https://www.mediawiki.org/wiki/API:REST_API/Reference#Get_page_history.
    """

    id: int
    timestamp: datetime
    minor: bool = False
    size: int | None = None
    comment: str | None = None
    user: RestUser | None = None
    delta: int | None = None


@frozen(kw_only=True, repr=False)
class HistoryCount(Validated):
    """A count of a page's history. ``limit`` says that there are more: the wiki stopped counting there.

    See https://www.mediawiki.org/wiki/API:REST_API/Reference#Get_page_history_counts.
    """

    count: int
    limit: bool = False


@frozen(kw_only=True, repr=False)
class PageOfRevision(Value):
    """The page that a revision belongs to."""

    id: int
    title: str
    key: str = ""


@frozen(kw_only=True, repr=False)
class RevisionFacts(Validated):
    """The fields of a revision in all forms; they are as those of HistoryRevision, and the page that it belongs to."""

    id: int
    page: PageOfRevision
    timestamp: datetime
    minor: bool = False
    size: int | None = None
    comment: str | None = None
    user: RestUser | None = None
    delta: int | None = None
    content_model: str = "wikitext"
    license: License = License()


@frozen(kw_only=True, repr=False)
class BareRevision(RevisionFacts):
    """A revision without its text. ``html_url`` is the address of its HTML."""

    html_url: str = ""


@frozen(kw_only=True, repr=False)
class RestRevision(RevisionFacts):
    """A revision with its text, ``source``, as users edit it."""

    source: str = field(default="", repr=False)


@frozen(kw_only=True, repr=False)
class HtmlRevision(RevisionFacts):
    """A revision with its text as a whole HTML document, ``html``."""

    html: str = field(default="", repr=False)


# Search, languages, files --------------------------------------------------------------------------------------------


@frozen(kw_only=True, repr=False)
class Thumbnail(Value):
    """A picture of a page. ``size`` is in bytes, ``width`` and ``height`` in pixels, ``duration`` in seconds."""

    url: str
    mimetype: str = ""
    size: int | None = None
    width: int | None = None
    height: int | None = None
    duration: float | None = None


@frozen(kw_only=True, repr=False)
class SearchHit(Value):
    """One page that a search found.

    ``excerpt`` is HTML in which the words that were searched for are marked (``<span class="searchmatch">``); in a
    search of titles it is the title. ``matched_title`` is the redirect that led to the page. ``id`` is 0 for a page of
    another wiki. ``description`` and ``thumbnail`` are None if the wiki has none.

    See https://www.mediawiki.org/wiki/API:REST_API/Reference#Search_pages.
    """

    id: int
    key: str
    title: str
    excerpt: str = ""
    matched_title: str | None = None
    anchor: str | None = None
    description: str | None = None
    thumbnail: Thumbnail | None = None


@frozen(kw_only=True, repr=False)
class PageLanguage(Value):
    """The page in another language: the language's code and name, and the title of the page there."""

    code: str
    name: str
    key: str
    title: str


@frozen(kw_only=True, repr=False)
class FileRevision(Value):
    """The time of a file's last change, and the user who made it (None if that is hidden)."""

    timestamp: datetime
    user: RestUser | None = None


@frozen(kw_only=True, repr=False)
class FileFormat(Value):
    """One form of a file. ``size`` is in bytes, ``width`` and ``height`` in pixels, ``duration`` in seconds.

    ``mediatype`` is BITMAP, DRAWING, AUDIO, VIDEO, MULTIMEDIA, UNKNOWN, OFFICE, TEXT, EXECUTABLE, ARCHIVE or 3D.
    """

    mediatype: str
    url: str
    size: int | None = None
    width: int | None = None
    height: int | None = None
    duration: float | None = None


@frozen(kw_only=True, repr=False)
class PageFile(Validated):
    """A file that a page shows: as it was uploaded (``original``), and as a preview (``preferred``).

    ``title`` has no namespace.
    """

    title: str
    file_description_url: str
    latest: FileRevision | None = None
    preferred: FileFormat | None = None
    original: FileFormat | None = None


@frozen(kw_only=True, repr=False)
class RestFile(PageFile):
    """A file, with a thumbnail as well."""

    thumbnail: FileFormat | None = None


@frozen(kw_only=True, repr=False)
class Lint(Value):
    """A mistake in a wikitext. ``dsr`` are offsets into it: start, end, and the widths of the tags.

    See https://www.mediawiki.org/wiki/Extension:Linter.
    """

    type: str
    dsr: tuple[int | None, ...] = ()
    params: Mapping[str, Any] = field(factory=dict, hash=False)
    template_info: Mapping[str, Any] = field(factory=dict, hash=False)
