"""The properties of a page: one class per ``prop``.

A field that the wiki leaves out, or that needs a parameter which was not sent, is None or empty.
Times are aware datetimes, sizes are in bytes, widths and heights in pixels. Expiry times are text as the wiki writes
it, an ISO 8601 time or ``"infinity"``. Values to which extensions add (types, levels, models) are text. What an
administrator hid is None, and a ``...hidden`` flag says so; an account that may see it gets both.

The manual's pages are https://www.mediawiki.org/wiki/API:Properties and those it links to.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from attrs import field, frozen

from mwclient_async.errors import NotRequested

_NO_TEXT = "the wiki sent no text of this revision: add rvprop=content (a page that the account may not read has none)"


@frozen(kw_only=True)
class PageLink:
    """Another page, as ``prop`` links, templates and images name it.

    See https://www.mediawiki.org/wiki/API:Links.
    """

    ns: int
    title: str


@frozen(kw_only=True)
class LinkingPage:
    """A page that links here, as ``prop`` linkshere, transcludedin, fileusage and redirects name it.

    ``redirect`` says whether it is a redirect, None if that was not asked for; ``fragment`` is the section that a
    redirect leads to.

    See https://www.mediawiki.org/wiki/API:Linkshere and https://www.mediawiki.org/wiki/API:Redirects.
    """

    title: str = ""
    ns: int | None = None
    pageid: int | None = None
    redirect: bool | None = None
    fragment: str | None = None


# Info ----------------------------------------------------------------------------------------------------------------


@frozen(kw_only=True)
class Protection:
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


@frozen(kw_only=True)
class PreloadedContent:
    """The text that an edit form of this page begins with.

    See https://www.mediawiki.org/wiki/API:Info.
    """

    contentmodel: str = ""
    contentformat: str = ""
    content: str | None = None


@frozen(kw_only=True)
class PageInfo:
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


# Categories ----------------------------------------------------------------------------------------------------------


@frozen(kw_only=True)
class PageCategory:
    """``prop=categories``: a category that the page is in.

    ``sortkey`` (in hex), ``sortkeyprefix``, ``hidden`` and ``timestamp``, the time when the page was added to the
    category, need ``clprop``.

    See https://www.mediawiki.org/wiki/API:Categories.
    """

    ns: int
    title: str
    sortkey: str | None = None
    sortkeyprefix: str | None = None
    timestamp: datetime | None = None
    hidden: bool | None = None


@frozen(kw_only=True)
class CategoryInfo:
    """``prop=categoryinfo``: the number of members of a category (``size``), in all and by kind.

    See https://www.mediawiki.org/wiki/API:Categoryinfo.
    """

    size: int = 0
    pages: int = 0
    files: int = 0
    subcats: int = 0
    hidden: bool = False


# Revisions -----------------------------------------------------------------------------------------------------------


@frozen(kw_only=True)
class Slot:
    """One slot of a revision.

    ``size`` is in bytes, ``sha1`` in hex.

    See https://www.mediawiki.org/wiki/Multi-Content_Revisions.
    """

    contentmodel: str = ""
    contentformat: str = ""
    _content: str | None = field(default=None, alias="content", repr=False)
    size: int | None = None
    sha1: str | None = None
    missing: bool = False
    nosuchsection: bool = False
    badcontentformat: bool = False
    texthidden: bool = False
    textmissing: bool = False
    sha1hidden: bool = False

    @property
    def content(self) -> str | None:
        """The text; None if an administrator hid it, or if the wiki does not have it; the flags say which.

        Raises:
            NotRequested: the wiki sent no text.
        """
        without_text = self.texthidden or self.textmissing or self.missing or self.nosuchsection
        if self._content is None and not (without_text or self.badcontentformat):
            raise NotRequested(_NO_TEXT)
        return self._content


@frozen(kw_only=True)
class Revision:
    """``prop=revisions`` and ``prop=deletedrevisions``: one revision, with the fields that ``rvprop`` names.

    ``size`` is in bytes, ``sha1`` in hex, both of all slots together. ``user``, ``comment`` and ``content`` are None if
    an administrator hid them; the ``...hidden`` flags say so. ``anon`` says that ``user`` is an IP address, ``temp``
    that it is a temporary account.

    See https://www.mediawiki.org/wiki/API:Revisions.
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
    contentformat: str | None = None
    tags: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    slots: Mapping[str, Slot] = field(default={}, hash=False)
    slotsmissing: bool = False
    userhidden: bool = False
    commenthidden: bool = False
    sha1hidden: bool = False
    texthidden: bool = False
    textmissing: bool = False
    badcontentformat: bool = False
    suppressed: bool = False
    _text: str | None = field(default=None, alias="text", repr=False)

    @property
    def content(self) -> str | None:
        """The text of the main slot; None if an administrator hid it, or if the wiki does not have it.

        Raises:
            NotRequested: the wiki sent no text: the query did not ask for ``rvprop=content``, or ``rvslots`` names
                other slots only.
        """
        if (main := self.slots.get("main")) is not None:
            return main.content
        without_text = self.texthidden or self.textmissing or self.slotsmissing or self.badcontentformat
        if self._text is None and not without_text:
            raise NotRequested(_NO_TEXT)
        return self._text


@frozen(kw_only=True)
class Contributor:
    """An account that edited a page.

    See https://www.mediawiki.org/wiki/API:Contributors.
    """

    userid: int | None = None
    name: str = ""


@frozen(kw_only=True)
class Contributors:
    """``prop=contributors``: the ``users`` who edited a page, and the number of ``anonymous`` ones.

    See https://www.mediawiki.org/wiki/API:Contributors.
    """

    users: tuple[Contributor, ...] = ()
    anonymous: int = 0


# Files ---------------------------------------------------------------------------------------------------------------


@frozen(kw_only=True)
class ExtMetadata:
    """One entry of a file's ``extmetadata``.

    ``value`` is mostly HTML, ``source`` is where it comes from, ``hidden`` says that readers do not see it.

    See https://www.mediawiki.org/wiki/API:Imageinfo.
    """

    value: Any = field(default=None, hash=False)
    source: str = ""
    hidden: bool = False


@frozen(kw_only=True)
class ImageInfo:
    """``prop=imageinfo``: one version of a file, with the fields that ``iiprop`` names.

    ``size`` is in bytes, ``sha1`` in hex, ``duration`` in seconds; ``width``, ``height``, ``thumbwidth`` and
    ``thumbheight`` are in pixels. ``responsive_urls`` are thumbnails for screens of higher density, by density;
    ``thumberror`` says why there is no thumbnail. ``metadata`` and ``commonmetadata`` are pairs of name and value,
    nested as the file has them. ``html`` is the warning that ``iiprop=uploadwarning`` asks for. ``archivename`` is the
    name of an old version.

    See https://www.mediawiki.org/wiki/API:Imageinfo.
    """

    timestamp: datetime | None = None
    user: str | None = None
    userid: int | None = None
    anon: bool = False
    temp: bool = False
    size: int | None = None
    width: int | None = None
    height: int | None = None
    pagecount: int | None = None
    duration: float | None = None
    comment: str | None = None
    parsedcomment: str | None = None
    canonicaltitle: str | None = None
    url: str | None = None
    descriptionurl: str | None = None
    descriptionshorturl: str | None = None
    thumburl: str | None = None
    thumbwidth: int | None = None
    thumbheight: int | None = None
    thumbmime: str | None = None
    thumberror: str | None = None
    responsive_urls: Mapping[str, str] = field(default={}, hash=False)
    sha1: str | None = None
    mime: str | None = None
    mediatype: str | None = None
    bitdepth: int | None = None
    archivename: str | None = None
    metadata: Any = field(default=None, hash=False)
    commonmetadata: Any = field(default=None, hash=False)
    extmetadata: Mapping[str, ExtMetadata] = field(default={}, hash=False)
    html: str | None = None
    filemissing: bool = False
    filehidden: bool = False
    userhidden: bool = False
    commenthidden: bool = False
    suppressed: bool = False


@frozen(kw_only=True)
class DuplicateFile:
    """``prop=duplicatefiles``: a file with the same contents.

    ``name`` is the title without ``File:`` and with underscores; ``shared`` says that it is in another repository.

    See https://www.mediawiki.org/wiki/API:Duplicatefiles.
    """

    name: str = ""
    user: str | None = None
    timestamp: datetime | None = None
    shared: bool = False


# Links to other sites ------------------------------------------------------------------------------------------------


@frozen(kw_only=True)
class LangLink:
    """``prop=langlinks``: the page in another language. All but ``lang`` and ``title`` need ``llprop``.

    See https://www.mediawiki.org/wiki/API:Langlinks.
    """

    lang: str
    title: str = ""
    url: str | None = None
    langname: str | None = None
    autonym: str | None = None


@frozen(kw_only=True)
class InterwikiLink:
    """``prop=iwlinks``: a page of another wiki. ``url`` needs ``iwprop=url``.

    See https://www.mediawiki.org/wiki/API:Iwlinks.
    """

    prefix: str
    title: str = ""
    url: str | None = None


@frozen(kw_only=True)
class ExtLink:
    """``prop=extlinks``: a URL outside the wiki.

    See https://www.mediawiki.org/wiki/API:Extlinks.
    """

    url: str
