"""What the wiki makes of wikitext: HTML, expanded templates, differences.

What was not asked for is None or empty.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from attrs import frozen

from mwclient_async.models.props import InterwikiLink, LangLink


@frozen(kw_only=True)
class ParsedLink:
    """A link or a template in a parsed text, and whether its page exists."""

    title: str
    ns: int
    exists: bool = False


@frozen(kw_only=True)
class ParsedCategory:
    """A category of a parsed text, with underscores for spaces; ``missing`` where it has no page."""

    category: str
    sortkey: str = ""
    hidden: bool = False
    missing: bool = False
    known: bool = False


@frozen(kw_only=True)
class ParsedSection:
    """A heading of a parsed text. ``index`` names the section, for ``section=``; ``T-1`` is one of a template.

    ``level`` is that of the heading (2 for ``==``), ``number`` that of the table of contents (``"1.2"``),
    ``byteoffset`` where the section begins in the wikitext, None where that is in a template.
    """

    line: str
    anchor: str = ""
    level: int = 0
    toclevel: int = 0
    number: str = ""
    index: str = ""
    fromtitle: str | None = None
    byteoffset: int | None = None


@frozen(kw_only=True)
class ParseResult:
    """A parsed text, with the parts that ``prop`` named; ``text`` is HTML.

    ``title`` and ``pageid`` are those of the page that it was parsed as, ``revid`` the revision that was parsed.
    ``psttext`` is the wikitext as it would be saved; with ``onlypst`` that is ``text``. ``redirects`` are the redirects
    that were followed. ``raw`` is the whole answer. See https://www.mediawiki.org/wiki/API:Parsing_wikitext.
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
    properties: Mapping[str, Any] = {}
    indicators: Mapping[str, str] = {}
    jsconfigvars: Mapping[str, Any] = {}
    tocdata: Mapping[str, Any] = {}
    limitreportdata: tuple[Mapping[str, Any], ...] = ()
    headitems: tuple[Mapping[str, Any], ...] = ()
    redirects: tuple[Mapping[str, Any], ...] = ()
    raw: Mapping[str, Any] = {}


@frozen(kw_only=True)
class ExpandResult:
    """A text with its templates expanded, with the parts that ``prop`` named.

    ``categories`` are those that are not in ``wikitext`` any more. ``ttl`` is after how many seconds it may have
    changed. See https://www.mediawiki.org/wiki/API:Expandtemplates.
    """

    wikitext: str | None = None
    parsetree: str | None = None
    volatile: bool | None = None
    ttl: int | None = None
    encodedjsconfigvars: str | None = None
    categories: tuple[ParsedCategory, ...] = ()
    modules: tuple[str, ...] = ()
    modulestyles: tuple[str, ...] = ()
    properties: Mapping[str, Any] = {}
    jsconfigvars: Mapping[str, Any] = {}


@frozen(kw_only=True)
class ComparedRevision:
    """One side of a comparison: ``id`` is that of the page. All of it is None for a text that was given."""

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


@frozen(kw_only=True)
class CompareResult:
    """The difference between two texts.

    ``body`` is HTML: rows of a table, empty where there is no difference. With ``slots``, there is one in ``bodies``
    for each slot, instead. ``prev`` and ``next`` are the revisions before and after. See
    https://www.mediawiki.org/wiki/API:Compare.
    """

    from_: ComparedRevision = ComparedRevision()
    to: ComparedRevision = ComparedRevision()
    body: str | None = None
    bodies: Mapping[str, str] = {}
    diffsize: int | None = None
    prev: int | None = None
    next: int | None = None
