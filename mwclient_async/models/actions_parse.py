"""Results of parsing and comparing wikitext: HTML, expanded templates, differences.

A field that was not asked for is None or empty.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from attrs import field, frozen

from mwclient_async._values.value import Value
from mwclient_async.models.props import InterwikiLink, LangLink


@frozen(kw_only=True, repr=False)
class ParsedLink(Value):
    """A link or a template in a parsed text, and whether its page exists."""

    title: str
    ns: int
    exists: bool = False


@frozen(kw_only=True, repr=False)
class ParsedCategory(Value):
    """A category of a parsed text, with underscores for spaces; ``missing`` if it has no page."""

    category: str
    sortkey: str = ""
    hidden: bool = False
    missing: bool = False
    known: bool = False


@frozen(kw_only=True, repr=False)
class ParsedSection(Value):
    """A heading of a parsed text. ``index`` names the section, for ``section=``; ``T-1`` is a section of a template.

    ``level`` is the heading's level (2 for ``==``), ``number`` its number in the table of contents (``"1.2"``),
    ``byteoffset`` the position of the section in the wikitext in bytes of UTF-8, None if it is in a template.
    """

    line: str
    anchor: str = ""
    level: int = 0
    toclevel: int = 0
    number: str = ""
    index: str = ""
    fromtitle: str | None = None
    byteoffset: int | None = None


@frozen(kw_only=True, repr=False)
class ParseResult(Value):
    """A parsed text, with the parts that ``prop`` named; ``text`` is HTML.

    ``title`` and ``pageid`` are those of the page that it was parsed as, ``revid`` is the revision that was parsed.
    ``psttext`` is the wikitext as it would be saved; with ``onlypst`` that is ``text``. ``redirects`` are the redirects
    that were followed. ``raw`` is the whole response.

    See https://www.mediawiki.org/wiki/API:Parsing_wikitext.
    """

    title: str = ""
    pageid: int = 0
    revid: int | None = None
    text: str | None = None
    wikitext: str | None = None
    psttext: str | None = None
    parsetree: str | None = None
    parsedsummary: str | None = None
    displaytitle: str | None = None
    subtitle: str | None = None
    headhtml: str | None = None
    categorieshtml: str | None = None
    limitreporthtml: str | None = None
    encodedjsconfigvars: str | None = None
    showtoc: bool | None = None
    textdeleted: bool = False
    textsuppressed: bool = False
    categories: tuple[ParsedCategory, ...] = ()
    links: tuple[ParsedLink, ...] = ()
    templates: tuple[ParsedLink, ...] = ()
    sections: tuple[ParsedSection, ...] = ()
    langlinks: tuple[LangLink, ...] = ()
    iwlinks: tuple[InterwikiLink, ...] = ()
    images: tuple[str, ...] = ()
    externallinks: tuple[str, ...] = ()
    modules: tuple[str, ...] = ()
    modulestyles: tuple[str, ...] = ()
    parsewarnings: tuple[str, ...] = ()
    parsewarningshtml: tuple[str, ...] = ()
    properties: Mapping[str, Any] = field(default={}, hash=False)
    indicators: Mapping[str, str] = field(default={}, hash=False)
    jsconfigvars: Mapping[str, Any] = field(default={}, hash=False)
    tocdata: Mapping[str, Any] = field(default={}, hash=False)
    limitreportdata: tuple[Mapping[str, Any], ...] = field(default=(), hash=False)
    headitems: tuple[Mapping[str, Any], ...] = field(default=(), hash=False)
    redirects: tuple[Mapping[str, Any], ...] = field(default=(), hash=False)
    raw: Mapping[str, Any] = field(default={}, hash=False, repr=False)


@frozen(kw_only=True, repr=False)
class ExpandResult(Value):
    """A text with its templates expanded, with the parts that ``prop`` named.

    ``categories`` are those that are no longer in ``wikitext``. ``ttl`` is the number of seconds after which the result
    may have changed.

    See https://www.mediawiki.org/wiki/API:Expandtemplates.
    """

    wikitext: str | None = None
    parsetree: str | None = None
    volatile: bool | None = None
    ttl: int | None = None
    encodedjsconfigvars: str | None = None
    categories: tuple[ParsedCategory, ...] = ()
    modules: tuple[str, ...] = ()
    modulestyles: tuple[str, ...] = ()
    properties: Mapping[str, Any] = field(default={}, hash=False)
    jsconfigvars: Mapping[str, Any] = field(default={}, hash=False)


@frozen(kw_only=True, repr=False)
class ComparedRevision(Value):
    """One side of a comparison. ``id`` is the page's id, ``size`` is in bytes. All is None for a text of the caller."""

    id: int | None = None
    revid: int | None = None
    ns: int | None = None
    title: str | None = None
    size: int | None = None
    timestamp: datetime | None = None
    user: str | None = None
    userid: int | None = None
    comment: str | None = None
    parsedcomment: str | None = None
    texthidden: bool = False
    userhidden: bool = False
    commenthidden: bool = False
    suppressed: bool = False
    archive: bool = False


@frozen(kw_only=True, repr=False)
class CompareResult(Value):
    """The difference between two texts.

    ``body`` is HTML: rows of a table, empty if there is no difference. With ``slots``, ``bodies`` has one for each slot
    instead. ``diffsize`` is in bytes. ``prev`` and ``next`` are the ids of the revisions before and after.

    See https://www.mediawiki.org/wiki/API:Compare.
    """

    from_: ComparedRevision = ComparedRevision()
    to: ComparedRevision = ComparedRevision()
    body: str | None = None
    bodies: Mapping[str, str] = field(default={}, hash=False)
    diffsize: int | None = None
    prev: int | None = None
    next: int | None = None
