"""Wikitext: parse it, expand its templates."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from mwclient_async._actions.arguments import an_id, at_most_one, flags, texts
from mwclient_async._actions.call import ActionGroup
from mwclient_async._http.conversion import structurer
from mwclient_async._http.params import checked_text, checked_title
from mwclient_async.models.actions_parse import ExpandResult, ParseResult

ParseProp = Literal[
    "categories",
    "categorieshtml",
    "displaytitle",
    "encodedjsconfigvars",
    "externallinks",
    "headhtml",
    "images",
    "indicators",
    "iwlinks",
    "jsconfigvars",
    "langlinks",
    "limitreportdata",
    "limitreporthtml",
    "links",
    "modules",
    "parsetree",
    "parsewarnings",
    "parsewarningshtml",
    "properties",
    "revid",
    "sections",
    "subtitle",
    "templates",
    "text",
    "tocdata",
    "wikitext",
]
ExpandProp = Literal[
    "categories",
    "encodedjsconfigvars",
    "jsconfigvars",
    "modules",
    "parsetree",
    "properties",
    "ttl",
    "volatile",
    "wikitext",
]


class Parsing(ActionGroup):
    """What the wiki makes of wikitext."""

    async def parse(
        self,
        page: str | None = None,
        *,
        pageid: int | None = None,
        oldid: int | None = None,
        text: str | None = None,
        title: str | None = None,
        revid: int | None = None,
        prop: ParseProp | Iterable[ParseProp] | None = None,
        summary: str | None = None,
        section: int | str | None = None,
        sectiontitle: str | None = None,
        redirects: bool = False,
        pst: bool = False,
        onlypst: bool = False,
        preview: bool = False,
        sectionpreview: bool = False,
        disablelimitreport: bool = False,
        disableeditsection: bool = False,
        disablestylededuplication: bool = False,
        disabletoc: bool = False,
        showstrategykeys: bool = False,
        parsoid: bool = False,
        wrapoutputclass: str | None = None,
        useskin: str | None = None,
        contentmodel: str | None = None,
        contentformat: str | None = None,
    ) -> ParseResult:
        """Parse a page, one of its revisions (``oldid``), or a ``text`` as if it stood at ``title`` or ``revid``.

        ``summary`` alone is parsed, too. ``prop`` are the parts that are wanted; without it, the wiki's own choice.
        ``pst`` applies what saving does (signatures, ``subst:``), ``onlypst`` does nothing else. ``parsoid`` is of
        newer wikis.

        Raises ValueError for contradictions; PageMissing where there is no such page, revision or section;
        PermissionDenied for a revision whose text was hidden; UnrecognizedParameters for what this wiki does not know.
        See https://www.mediawiki.org/wiki/API:Parsing_wikitext.
        """
        source = at_most_one(page=page, pageid=an_id("pageid", pageid), oldid=an_id("oldid", oldid), text=text)
        if {"page", "pageid", "oldid"} & source.keys() and (title is not None or revid is not None):
            raise ValueError("title and revid say what a text is parsed as: a page or an oldid says so itself")
        if not source and summary is None:
            raise ValueError("give one of page, pageid, oldid and text, or a summary")
        as_wikitext = text is not None and title is None and contentmodel is None
        given = {
            **source,
            "page": None if page is None else checked_title(page),
            "title": None if title is None else checked_title(title),
            "revid": an_id("revid", revid),
            "prop": "" if not source and prop is None else texts("prop", prop),
            "summary": summary,
            "section": section,
            "sectiontitle": sectiontitle,
            "wrapoutputclass": wrapoutputclass,
            "useskin": useskin,
            "contentmodel": "wikitext" if as_wikitext else contentmodel,
            "contentformat": contentformat,
            **flags(redirects=redirects, pst=pst, onlypst=onlypst, preview=preview, sectionpreview=sectionpreview),
            **flags(disablelimitreport=disablelimitreport, disableeditsection=disableeditsection),
            **flags(disablestylededuplication=disablestylededuplication, disabletoc=disabletoc),
            **flags(showstrategykeys=showstrategykeys, parsoid=parsoid),
        }
        said = await self._said("parse", given)
        return structurer(ParseResult)({**said, "raw": said})

    async def expandtemplates(
        self,
        text: str,
        *,
        title: str | None = None,
        revid: int | None = None,
        prop: ExpandProp | Iterable[ExpandProp] = "wikitext",
        includecomments: bool = False,
        showstrategykeys: bool = False,
    ) -> ExpandResult:
        """Expand the templates in a text, as if it stood at that title or was that revision.

        Raises PageMissing for a revision that is not there, InvalidTitle. See
        https://www.mediawiki.org/wiki/API:Expandtemplates.
        """
        given = {
            "text": checked_text("text", text),
            "title": None if title is None else checked_title(title),
            "revid": an_id("revid", revid),
            "prop": texts("prop", prop) or "wikitext",
            **flags(includecomments=includecomments, showstrategykeys=showstrategykeys),
        }
        return await self._act("expandtemplates", given, ExpandResult)
