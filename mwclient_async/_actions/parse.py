"""Actions on wikitext: parse it, expand its templates."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from mwclient_async._actions.arguments import at_most_one, checked_flags, checked_id, checked_texts
from mwclient_async._actions.call import ActionGroup
from mwclient_async._http.conversion import structurer
from mwclient_async._http.json_values import object_at
from mwclient_async._http.params import checked_text, checked_title
from mwclient_async._http.titled import TitleLike
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


class ParseActions(ActionGroup):
    """Actions that parse wikitext."""

    async def parse(
        self,
        page: TitleLike | None = None,
        *,
        pageid: int | None = None,
        oldid: int | None = None,
        text: str | None = None,
        title: TitleLike | None = None,
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
        """Parse a page, a revision, a text or a summary into HTML and its parts.

        Returns a ParseResult: the parts that ``prop`` names, or the wiki's own choice without it.

        Arguments:
            page, pageid, oldid, text: what is parsed; give one of them, or only ``summary``.
            title, revid: parse ``text`` as if it were on this page, or were this revision.
            pst: apply the pre-save transform (signatures, ``subst:``); ``onlypst`` does nothing else.
            parsoid: use Parsoid. It needs a newer wiki.

        Raises:
            ValueError: arguments contradict each other, or there is nothing to parse.
            PageMissing: there is no such page, revision or section.
            PermissionDenied: the text of the revision is hidden.
            InvalidTitle: ``title`` is not a valid title.
            UnrecognizedParameters: this wiki does not know a parameter or a ``prop``.

        See https://www.mediawiki.org/wiki/API:Parsing_wikitext.
        """
        source = at_most_one(
            page=page, pageid=checked_id("pageid", pageid), oldid=checked_id("oldid", oldid), text=text
        )
        if {"page", "pageid", "oldid"} & source.keys() and (title is not None or revid is not None):
            raise ValueError(
                "title and revid say what a text is parsed as: leave them out for a page, a pageid or an oldid"
            )
        if not source and summary is None:
            raise ValueError("give one of page, pageid, oldid and text, or a summary")
        as_wikitext = text is not None and title is None and contentmodel is None
        params = {
            **source,
            "page": None if page is None else checked_title(page, self._session.wiki),
            "title": None if title is None else checked_title(title, self._session.wiki),
            "revid": checked_id("revid", revid),
            "prop": "" if not source and prop is None else checked_texts("prop", prop),
            "summary": summary,
            "section": section,
            "sectiontitle": sectiontitle,
            "wrapoutputclass": wrapoutputclass,
            "useskin": useskin,
            "contentmodel": "wikitext" if as_wikitext else contentmodel,
            "contentformat": contentformat,
            **checked_flags(
                redirects=redirects, pst=pst, onlypst=onlypst, preview=preview, sectionpreview=sectionpreview
            ),
            **checked_flags(disablelimitreport=disablelimitreport, disableeditsection=disableeditsection),
            **checked_flags(disablestylededuplication=disablestylededuplication, disabletoc=disabletoc),
            **checked_flags(showstrategykeys=showstrategykeys, parsoid=parsoid),
        }
        structure = structurer(ParseResult)
        return await self._read_result("parse", params, lambda raw: structure({**object_at(raw), "raw": raw}))

    async def expandtemplates(
        self,
        text: str,
        *,
        title: TitleLike | None = None,
        revid: int | None = None,
        prop: ExpandProp | Iterable[ExpandProp] = "wikitext",
        includecomments: bool = False,
        showstrategykeys: bool = False,
    ) -> ExpandResult:
        """Expand the templates in a text, as if it were on the page ``title`` or were the revision ``revid``.

        Returns an ExpandResult: the parts that ``prop`` names.

        Raises:
            PageMissing: there is no such revision.
            InvalidTitle: ``title`` is not a valid title.

        See https://www.mediawiki.org/wiki/API:Expandtemplates.
        """
        params = {
            "text": checked_text("text", text),
            "title": None if title is None else checked_title(title, self._session.wiki),
            "revid": checked_id("revid", revid),
            "prop": checked_texts("prop", prop) or "wikitext",
            **checked_flags(includecomments=includecomments, showstrategykeys=showstrategykeys),
        }
        return await self._result("expandtemplates", params, ExpandResult)
