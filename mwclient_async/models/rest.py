"""What the REST API sends. The manual's page is https://www.mediawiki.org/wiki/API:REST_API/Reference."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Self, TypeVar

from attrs import field, frozen

T = TypeVar("T")


@frozen(kw_only=True)
class Validator:
    """Which version of something an answer was: its ETag and Last-Modified headers, empty where there were none.

    ``of`` is the wiki and the request that it is the answer to. It goes with the value, and the next request for the
    same thing sends it: see ``previous`` of ``site.rest``.
    """

    etag: str = ""
    last_modified: str = ""
    of: str = ""

    def __bool__(self) -> bool:
        return bool(self.etag or self.last_modified)


@frozen(kw_only=True)
class Validated:
    """Something that can be asked for again on the condition that it has changed: give it as ``previous``."""

    validator: Validator = field(default=Validator(), eq=False, repr=False)


class RestList(tuple[T, ...]):  # noqa: SLOT001 - a tuple cannot have slots that hold something
    """A tuple with the Validator of the answer that it came in."""

    validator: Validator

    def __new__(cls, items: Iterable[T] = (), *, validator: Validator = Validator()) -> Self:
        made = super().__new__(cls, tuple(items))
        made.validator = validator
        return made


@frozen(kw_only=True)
class RestUser:
    """Who made a revision. ``id`` is None for somebody who was not logged in, or an imported name."""

    name: str | None = None
    id: int | None = None


@frozen(kw_only=True)
class License:
    """The licence of a wiki's texts."""

    url: str = ""
    title: str = ""


# Pages ---------------------------------------------------------------------------------------------------------------


@frozen(kw_only=True)
class LatestRevision:
    """The latest revision of a page."""

    id: int
    timestamp: datetime


@frozen(kw_only=True)
class _PageFacts(Validated):
    id: int
    key: str
    title: str
    content_model: str = "wikitext"
    license: License = License()
    redirect_target: str | None = None


@frozen(kw_only=True)
class BarePage(_PageFacts):
    """A page without its text. ``key`` is the title with underscores, as it stands in addresses.

    ``redirect_target`` is the title that a redirect leads to; wikis before MediaWiki 1.41 do not tell, and it is None.
    ``html_url`` is where the wiki says that the page's HTML is.
    """

    latest: LatestRevision
    html_url: str = ""


@frozen(kw_only=True)
class RestPage(_PageFacts):
    """A page with its text, ``source``, as it is edited: wikitext, or what ``content_model`` says."""

    latest: LatestRevision
    source: str = field(default="", repr=False)


@frozen(kw_only=True)
class HtmlPage(_PageFacts):
    """A page with its text as a whole HTML document, ``html``.

    ``latest`` is None, and ``id`` 0, for a text of the software's own that no page replaces (``MediaWiki:Mainpage``).
    """

    latest: LatestRevision | None = None
    html: str = field(default="", repr=False)


@frozen(kw_only=True)
class Html(Validated):
    """A page as a whole HTML document. ``revid`` is the revision that it shows, None where the wiki did not say."""

    text: str = field(repr=False)
    revid: int | None = None

    def __str__(self) -> str:
        return self.text


# Revisions -----------------------------------------------------------------------------------------------------------


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
class HistoryCount(Validated):
    """A number out of a page's history. ``limit`` says that there are more: the wiki stopped counting there."""

    count: int
    limit: bool = False


@frozen(kw_only=True)
class PageOfRevision:
    """The page that a revision is of."""

    id: int
    title: str
    key: str = ""


@frozen(kw_only=True)
class RevisionFacts(Validated):
    """What is said of a revision whatever form it comes in."""

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


@frozen(kw_only=True)
class BareRevision(RevisionFacts):
    """A revision without its text; the fields are those of HistoryRevision, and the page that it is of."""

    html_url: str = ""


@frozen(kw_only=True)
class RestRevision(RevisionFacts):
    """A revision with its text, ``source``, as it is edited."""

    source: str = field(default="", repr=False)


@frozen(kw_only=True)
class HtmlRevision(RevisionFacts):
    """A revision with its text as a whole HTML document, ``html``."""

    html: str = field(default="", repr=False)


# Search, languages, files --------------------------------------------------------------------------------------------


@frozen(kw_only=True)
class Thumbnail:
    """A picture of a page. ``size`` is in bytes, ``width`` and ``height`` in pixels, ``duration`` in seconds."""

    url: str
    mimetype: str = ""
    size: int | None = None
    width: int | None = None
    height: int | None = None
    duration: float | None = None


@frozen(kw_only=True)
class SearchHit:
    """One page that a search found.

    ``excerpt`` is HTML, with the words that were searched for marked (``<span class="searchmatch">``); for titles, it
    is the title. ``matched_title`` is the redirect that led to the page. ``id`` is 0 for a page of another wiki.
    ``description`` and ``thumbnail`` are None where the wiki has none.
    """

    id: int
    key: str
    title: str
    excerpt: str = ""
    matched_title: str | None = None
    anchor: str | None = None
    description: str | None = None
    thumbnail: Thumbnail | None = None


@frozen(kw_only=True)
class PageLanguage:
    """The same topic in another language: the language's code and name, and the page's title there."""

    code: str
    name: str
    key: str
    title: str


@frozen(kw_only=True)
class FileRevision:
    """When a file was last changed, and by whom (None where that is hidden)."""

    timestamp: datetime
    user: RestUser | None = None


@frozen(kw_only=True)
class FileFormat:
    """One form of a file. ``size`` is in bytes, ``width`` and ``height`` in pixels, ``duration`` in seconds.

    ``mediatype`` is BITMAP, DRAWING, AUDIO, VIDEO, MULTIMEDIA, UNKNOWN, OFFICE, TEXT, EXECUTABLE, ARCHIVE or 3D.
    """

    mediatype: str
    url: str
    size: int | None = None
    width: int | None = None
    height: int | None = None
    duration: float | None = None


@frozen(kw_only=True)
class PageFile(Validated):
    """A file that a page shows: as it was uploaded (``original``), and as a preview. ``title`` has no namespace."""

    title: str
    file_description_url: str
    latest: FileRevision | None = None
    preferred: FileFormat | None = None
    original: FileFormat | None = None


@frozen(kw_only=True)
class RestFile(PageFile):
    """A file, with a thumbnail, too."""

    thumbnail: FileFormat | None = None


@frozen(kw_only=True)
class Lint:
    """Something wrong in a wikitext. ``dsr`` are offsets into it: start, end, and the widths of the tags."""

    type: str
    dsr: tuple[int | None, ...] = ()
    params: Mapping[str, Any] = field(factory=dict)
    template_info: Mapping[str, Any] = field(factory=dict)
