"""The items of lists: one class per shape, with the fields that the list's ``prop`` parameter names.

A field that every row has, if ``prop`` asks for it, is never None: if it was not asked for, to read it raises
NotRequested. Any other field that was not asked for, or that the wiki leaves out, is None or empty. Times are aware
datetimes, sizes are in bytes. Expiry times are text, because they can be "infinity". What an administrator hid is None
and has a ``...hidden`` flag; an account that may see it gets both. The page of a recent change or a log entry can be
hidden, too.

The manual's pages are https://www.mediawiki.org/wiki/API:Lists and those it links to.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar

from attrs import field, frozen

from mwclient_async._values.value import Value
from mwclient_async.models.props_files import ImageInfo
from mwclient_async.models.requested import Requested

# Pages ---------------------------------------------------------------------------------------------------------------


@frozen(kw_only=True, repr=False)
class ListedPage(Value):
    """A page in a list: allpages, backlinks, embeddedin, imageusage, prefixsearch, random.

    ``redirlinks`` are the pages that link through this redirect (backlinks and imageusage, with ``redirect=True``).

    See https://www.mediawiki.org/wiki/API:Lists.
    """

    title: str
    ns: int
    pageid: int | None = None
    redirect: bool = False
    redirlinks: tuple[ListedPage, ...] = ()


@frozen(kw_only=True, repr=False)
class InterwikiBacklink(Value):
    """``list=iwbacklinks`` and ``list=langbacklinks``: a page that links to another wiki.

    ``iwprefix`` and ``iwtitle``, or ``lllang`` and ``lltitle``, are what it links to; they need ``prop``.

    See https://www.mediawiki.org/wiki/API:Iwbacklinks and https://www.mediawiki.org/wiki/API:Langbacklinks.
    """

    title: str
    ns: int
    pageid: int | None = None
    redirect: bool = False
    iwprefix: str | None = None
    iwtitle: str | None = None
    lllang: str | None = None
    lltitle: str | None = None


@frozen(kw_only=True, repr=False)
class LinkedTitle(Value):
    """``list=alllinks``: a title that a page links to, whether it exists or not.

    ``fromid`` is the id of the page with the link, and needs ``prop=ids``.

    See https://www.mediawiki.org/wiki/API:Alllinks.
    """

    title: str = ""
    ns: int | None = None
    fromid: int | None = None


@frozen(kw_only=True, repr=False)
class ExternalUse(Value):
    """``list=exturlusage``: a page and a URL that it links to.

    See https://www.mediawiki.org/wiki/API:Exturlusage.
    """

    title: str = ""
    ns: int | None = None
    pageid: int | None = None
    url: str | None = None


@frozen(kw_only=True, repr=False)
class CategoryMember(Value):
    """``list=categorymembers``: a page of a category.

    ``type`` is ``page``, ``subcat`` or ``file``, ``timestamp`` the time when the page was added to the category; both
    need ``prop``. ``sortkey`` is in hex, ``sortkeyprefix`` as the page's text has it.

    See https://www.mediawiki.org/wiki/API:Categorymembers.
    """

    pageid: ClassVar[Requested[int]] = Requested("prop=ids")

    title: str = ""
    ns: int = 0
    _pageid: int | None = None
    type: str | None = None
    timestamp: datetime | None = None
    sortkey: str | None = None
    sortkeyprefix: str | None = None


@frozen(kw_only=True, repr=False)
class ListedCategory(Value):
    """``list=allcategories``: a category by its name, without ``Category:``; the counts need ``prop=size``.

    See https://www.mediawiki.org/wiki/API:Allcategories.
    """

    category: str
    size: int | None = None
    pages: int | None = None
    files: int | None = None
    subcats: int | None = None
    hidden: bool | None = None


@frozen(kw_only=True, repr=False)
class ProtectedTitle(Value):
    """``list=protectedtitles``: a title that may not be created.

    ``level`` is the group or right that may still create it, ``expiry`` an ISO 8601 time or ``"infinity"``, as text.

    See https://www.mediawiki.org/wiki/API:Protectedtitles.
    """

    title: str
    ns: int
    timestamp: datetime | None = None
    user: str | None = None
    userid: int | None = None
    comment: str | None = None
    parsedcomment: str | None = None
    expiry: str | None = None
    level: str | None = None


@frozen(kw_only=True, repr=False)
class SearchResult(Value):
    """``list=search``: a page that the search found. ``size`` is in bytes; the snippets are HTML.

    ``redirecttitle`` and ``sectiontitle`` are the redirect and the section that matched, if not the page itself did;
    ``extensiondata`` is what the wiki's search engine adds.

    See https://www.mediawiki.org/wiki/API:Search.
    """

    title: str
    ns: int
    pageid: int | None = None
    size: int | None = None
    wordcount: int | None = None
    snippet: str | None = None
    timestamp: datetime | None = None
    titlesnippet: str | None = None
    redirecttitle: str | None = None
    redirectsnippet: str | None = None
    sectiontitle: str | None = None
    sectionsnippet: str | None = None
    categorysnippet: str | None = None
    isfilematch: bool | None = None
    extensiondata: Mapping[str, Any] = field(default={}, hash=False)


@frozen(kw_only=True, repr=False)
class SpecialPageRow(Value):
    """``list=querypage``: a row of a special page such as Wantedpages.

    ``value`` is what that page sorts by, a count or a size, as text; ``timestamp`` has it if it is a time.
    ``database_result`` has the fields that only this special page has.

    See https://www.mediawiki.org/wiki/API:Querypage.
    """

    title: str
    ns: int
    value: str | None = None
    timestamp: datetime | None = None
    database_result: Mapping[str, Any] = field(default={}, hash=False)


# Changes -------------------------------------------------------------------------------------------------------------


@frozen(kw_only=True, repr=False)
class RecentChange(Value):
    """``list=recentchanges``: one change.

    ``type`` is ``edit``, ``new``, ``log``, ``categorize`` or ``external``. Lengths are in bytes, ``sha1`` is in hex.
    ``logparams`` depend on the type of the log entry. ``anon`` says that ``user`` is an IP address, ``temp`` that it is
    a temporary account.

    See https://www.mediawiki.org/wiki/API:RecentChanges.
    """

    timestamp: ClassVar[Requested[datetime]] = Requested("prop=timestamp")

    type: str = ""
    ns: int | None = None
    title: str | None = None
    pageid: int | None = None
    revid: int | None = None
    old_revid: int | None = None
    rcid: int | None = None
    _timestamp: datetime | None = None
    user: str | None = None
    userid: int | None = None
    anon: bool = False
    temp: bool = False
    bot: bool | None = None
    new: bool | None = None
    minor: bool | None = None
    comment: str | None = None
    parsedcomment: str | None = None
    oldlen: int | None = None
    newlen: int | None = None
    redirect: bool | None = None
    patrolled: bool | None = None
    unpatrolled: bool | None = None
    autopatrolled: bool | None = None
    sha1: str | None = None
    tags: tuple[str, ...] = ()
    logid: int | None = None
    logtype: str | None = None
    logaction: str | None = None
    logparams: Mapping[str, Any] = field(default={}, hash=False)
    actionhidden: bool = False
    userhidden: bool = False
    commenthidden: bool = False
    sha1hidden: bool = False
    suppressed: bool = False


@frozen(kw_only=True, repr=False)
class WatchedChange(RecentChange):
    """``list=watchlist``: a change of a page that the account watches.

    ``notificationtimestamp`` is the time of the first change that the account has not seen, None if it has seen all.
    ``expiry`` is the time, as text, until which it watches the page, None if that has no end. ``logdisplay`` is a log
    entry as HTML.

    See https://www.mediawiki.org/wiki/API:Watchlist.
    """

    notificationtimestamp: datetime | None = None
    expiry: str | None = None
    logdisplay: str | None = None


@frozen(kw_only=True, repr=False)
class Contribution(Value):
    """``list=usercontribs``: an edit of the users that were asked for.

    ``size`` and ``sizediff`` are in bytes; ``top`` says whether it is the page's latest revision.

    See https://www.mediawiki.org/wiki/API:Usercontribs.
    """

    revid: ClassVar[Requested[int]] = Requested("prop=ids")
    pageid: ClassVar[Requested[int]] = Requested("prop=ids")
    ns: ClassVar[Requested[int]] = Requested("prop=title")
    if TYPE_CHECKING:  # for pyright, only a property is what site.page() takes

        @property
        def title(self) -> str: ...
    else:
        title: ClassVar[Requested[str]] = Requested("prop=title")
    timestamp: ClassVar[Requested[datetime]] = Requested("prop=timestamp")
    new: ClassVar[Requested[bool]] = Requested("prop=flags")
    minor: ClassVar[Requested[bool]] = Requested("prop=flags")
    top: ClassVar[Requested[bool]] = Requested("prop=flags")

    _revid: int | None = None
    parentid: int | None = None
    _pageid: int | None = None
    _ns: int | None = None
    _title: str | None = None
    user: str
    userid: int
    _timestamp: datetime | None = None
    comment: str | None = None
    parsedcomment: str | None = None
    _new: bool | None = None
    _minor: bool | None = None
    _top: bool | None = None
    patrolled: bool | None = None
    autopatrolled: bool | None = None
    size: int | None = None
    sizediff: int | None = None
    tags: tuple[str, ...] = ()
    texthidden: bool = False
    userhidden: bool = False
    commenthidden: bool = False
    suppressed: bool = False


@frozen(kw_only=True, repr=False)
class LogEvent(Value):
    """``list=logevents``: one entry of the wiki's logs.

    ``type`` and ``action`` are text, because extensions add to them; ``params`` depend on both. ``logpage`` is the
    page's id at the time of the entry, ``pageid`` its id now (0 if it does not exist). ``actionhidden`` says that an
    administrator hid the action and the page.

    See https://www.mediawiki.org/wiki/API:Logevents.
    """

    logid: ClassVar[Requested[int]] = Requested("prop=ids")
    type: ClassVar[Requested[str]] = Requested("prop=type")
    action: ClassVar[Requested[str]] = Requested("prop=type")
    timestamp: ClassVar[Requested[datetime]] = Requested("prop=timestamp")

    _logid: int | None = None
    _type: str | None = None
    _action: str | None = None
    ns: int | None = None
    title: str | None = None
    pageid: int | None = None
    logpage: int | None = None
    revid: int | None = None
    params: Mapping[str, Any] = field(default={}, hash=False)
    user: str | None = None
    userid: int | None = None
    anon: bool = False
    temp: bool = False
    _timestamp: datetime | None = None
    comment: str | None = None
    parsedcomment: str | None = None
    tags: tuple[str, ...] = ()
    actionhidden: bool = False
    userhidden: bool = False
    commenthidden: bool = False
    suppressed: bool = False


@frozen(kw_only=True, repr=False)
class Tag(Value):
    """``list=tags``: a change tag. ``displayname`` and ``description`` are what readers see, None if it is hidden.

    ``source`` has any of ``software``, ``extension`` and ``manual``; ``hitcount`` is the number of tagged changes.

    See https://www.mediawiki.org/wiki/API:Tags.
    """

    name: str
    displayname: str | None = None
    description: str | None = None
    hitcount: int | None = None
    defined: bool | None = None
    active: bool | None = None
    source: tuple[str, ...] = ()


# Files ---------------------------------------------------------------------------------------------------------------


@frozen(kw_only=True, repr=False)
class ListedFile(ImageInfo):
    """``list=allimages``: a file and its current version, with the fields that ``prop`` names.

    ``name`` is the title without ``File:`` and with underscores.

    See https://www.mediawiki.org/wiki/API:Allimages.
    """

    name: str = ""
    title: str = ""
    ns: int = 6


@frozen(kw_only=True, repr=False)
class ArchivedFile(Value):
    """``list=filearchive``: a deleted version of a file, with the fields that ``prop`` names.

    ``size`` is in bytes, ``sha1`` in hex, ``width`` and ``height`` are in pixels. ``metadata`` is as in ImageInfo.

    See https://www.mediawiki.org/wiki/API:Filearchive.
    """

    id: int | None = None
    name: str = ""
    title: str = ""
    ns: int = 6
    user: str | None = None
    userid: int | None = None
    timestamp: datetime | None = None
    description: str | None = None
    parseddescription: str | None = None
    size: int | None = None
    width: int | None = None
    height: int | None = None
    pagecount: int | None = None
    sha1: str | None = None
    mime: str | None = None
    mediatype: str | None = None
    bitdepth: int | None = None
    metadata: Any = field(default=None, hash=False)
    archivename: str | None = None
    filemissing: bool = False
    filehidden: bool = False
    commenthidden: bool = False
    userhidden: bool = False
    suppressed: bool = False


@frozen(kw_only=True, repr=False)
class StashEntry(Value):
    """``list=mystashedfiles``: a file in the account's stash, or the part of a file that has arrived so far.

    ``status`` is ``finished`` for a whole file, which ``site.upload(StashedFile(filekey), ...)`` publishes, and
    ``chunks`` for one of which only a part has arrived: its ``size`` is the number of bytes that the wiki has.
    ``size``, ``width``, ``height`` and ``bits`` need ``prop=size``, ``mimetype`` and ``mediatype`` need ``prop=type``.

    See https://www.mediawiki.org/wiki/API:Mystashedfiles.
    """

    filekey: str
    status: str | None = None
    size: int | None = None
    width: int | None = None
    height: int | None = None
    bits: int | None = None
    mimetype: str | None = None
    mediatype: str | None = None
