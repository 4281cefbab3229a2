"""The properties of a page: one class per ``prop``. Three have files of their own: info, revisions and imageinfo.

A field that the wiki leaves out, or that needs a parameter which was not sent, is None or empty.
Times are aware datetimes, sizes are in bytes, widths and heights in pixels. Expiry times are text as the wiki writes
it, an ISO 8601 time or ``"infinity"``. Values to which extensions add (types, levels, models) are text. What an
administrator hid is None, and a ``...hidden`` flag says so; an account that may see it gets both.

The manual's pages are https://www.mediawiki.org/wiki/API:Properties and those it links to.
"""

from __future__ import annotations

from datetime import datetime

from attrs import frozen

from mwclient_async._values.value import Value


@frozen(kw_only=True, repr=False)
class PageLink(Value):
    """Another page, as ``prop`` links, templates and images name it.

    See https://www.mediawiki.org/wiki/API:Links.
    """

    ns: int
    title: str


@frozen(kw_only=True, repr=False)
class LinkingPage(Value):
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


# Categories ----------------------------------------------------------------------------------------------------------


@frozen(kw_only=True, repr=False)
class PageCategory(Value):
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


@frozen(kw_only=True, repr=False)
class CategoryInfo(Value):
    """``prop=categoryinfo``: the number of members of a category (``size``), in all and by kind.

    See https://www.mediawiki.org/wiki/API:Categoryinfo.
    """

    size: int = 0
    pages: int = 0
    files: int = 0
    subcats: int = 0
    hidden: bool = False


@frozen(kw_only=True, repr=False)
class Contributor(Value):
    """An account that edited a page.

    See https://www.mediawiki.org/wiki/API:Contributors.
    """

    userid: int | None = None
    name: str = ""


@frozen(kw_only=True, repr=False)
class Contributors(Value):
    """``prop=contributors``: the ``users`` who edited a page, and the number of ``anonymous`` ones.

    See https://www.mediawiki.org/wiki/API:Contributors.
    """

    users: tuple[Contributor, ...] = ()
    anonymous: int = 0


# Links to other sites ------------------------------------------------------------------------------------------------


@frozen(kw_only=True, repr=False)
class LangLink(Value):
    """``prop=langlinks``: the page in another language. All but ``lang`` and ``title`` need ``llprop``.

    See https://www.mediawiki.org/wiki/API:Langlinks.
    """

    lang: str
    title: str = ""
    url: str | None = None
    langname: str | None = None
    autonym: str | None = None


@frozen(kw_only=True, repr=False)
class InterwikiLink(Value):
    """``prop=iwlinks``: a page of another wiki. ``url`` needs ``iwprop=url``.

    See https://www.mediawiki.org/wiki/API:Iwlinks.
    """

    prefix: str
    title: str = ""
    url: str | None = None


@frozen(kw_only=True, repr=False)
class ExtLink(Value):
    """``prop=extlinks``: a URL outside the wiki.

    See https://www.mediawiki.org/wiki/API:Extlinks.
    """

    url: str
