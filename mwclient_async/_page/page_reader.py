"""What one page says, and what leads there and away. The manual's page is https://www.mediawiki.org/wiki/API:Properties."""

from __future__ import annotations

from typing import Any

from attrs import frozen

from mwclient_async._actions import Actions
from mwclient_async._edit.editor import Editor
from mwclient_async._edit.edits import Edit, page_missing, read_text
from mwclient_async._edit.sections import find_section
from mwclient_async._http.messages import ApiRequest
from mwclient_async._http.params import is_count
from mwclient_async._query.queries import Queries
from mwclient_async._query.stream import Stream
from mwclient_async._rest.history import HistoryFilter
from mwclient_async._rest.rest import Rest
from mwclient_async._session.known_revisions import BaseRevision
from mwclient_async._session.lock_keys import page_lock_key, title_lock_key
from mwclient_async._session.session import Session
from mwclient_async.errors import ProtocolError
from mwclient_async.models.lists import CategoryMember, ListedPage, LogEvent
from mwclient_async.models.page import Page
from mwclient_async.models.props import LangLink, PageCategory, PageLink, Protection, Revision
from mwclient_async.models.rest import HistoryRevision

_OF_FILES = ("timestamp", "user", "url", "size", "sha1", "mime", "mediatype")
_USUAL = ("info", "revisions")
_OF_REVISIONS = ("ids", "timestamp", "flags", "comment", "user", "size", "sha1", "content")


@frozen
class Tools:
    """What the handle of a page works with."""

    session: Session
    queries: Queries
    rest: Rest
    actions: Actions
    editor: Editor


class PageReader:
    """The reading half of a page's handle. What the page itself says raises PageMissing or InvalidTitle without one.

    Streams are read with ``async for``; what they are given by name are parameters of their module, without its prefix.
    """

    def __init__(self, tools: Tools, *, title: str = "", pageid: int = 0) -> None:
        self._tools = tools
        self._title = title
        self._pageid = pageid
        self._base: BaseRevision | None = None

    def __repr__(self) -> str:
        return f"<page {self._title or self._pageid!r}>"

    @property
    def _key(self) -> str:
        return title_lock_key(self._title) if self._title else page_lock_key(self._pageid)

    @property
    def _named(self) -> dict[str, Any]:
        return {"titles": [self._title]} if self._title else {"pageids": [self._pageid]}

    async def get(self, *props: str, **parameters: Any) -> Page:
        """The page with these properties: its info and its latest revision with the text, where none are named.

        ``parameters`` are those of the query, with their prefixes (``redirects=True``, ``cllimit=5``). A page that is
        not there comes with ``status`` MISSING. See https://www.mediawiki.org/wiki/API:Query.
        """
        usual = {} if props else {"rvprop": _OF_REVISIONS}
        keywords = {"prop": props or _USUAL, **usual, **parameters}
        page = await self._tools.queries.pages(self._named, limit=None, params=None, keywords=keywords).first()
        if page is None:
            raise ProtocolError(f"the wiki said nothing of {self!r}")
        return page

    async def exists(self) -> bool:
        """Whether the wiki has this page."""
        return (await self.get("pageprops", ppprop="displaytitle")).exists

    async def text(self, *, slot: str = "main", section: int | None = None) -> str:
        """The text of the latest revision; a ``save`` that follows is based on it.

        ``slot`` is another part of the page than its main one, ``section`` the number of a section, 0 for what stands
        before the first heading. Raises PageMissing for a slot or a section that is not there, too.
        """
        if section is not None and not is_count(section, least=0):
            raise ValueError(f"section={section!r}: give the number of a section, from 0 up")
        if section is not None and slot != "main":
            raise ValueError(
                f"section={section!r} and slot={slot!r}: the wiki counts the sections of the main slot only"
            )
        page = Edit(title=self._title, pageid=self._pageid)
        text, base = await self._tools.session.run_flow(read_text(page, slot))
        if slot == "main":
            self._base = base
        if text is None:
            raise page_missing(page)
        if section is None:
            return text
        return text[await self._tools.session.run_flow(find_section(text, section, base.revid))]

    async def html(self) -> str:
        """The page as readers see it: the HTML of its content, without what is around it.

        ``site.rest.page_html`` has Parsoid's, which can be turned into wikitext again. See
        https://www.mediawiki.org/wiki/API:Parse.
        """
        page = {"page": self._title} if self._title else {"pageid": str(self._pageid)}
        call = ApiRequest(params={"action": "parse", **page, "prop": "text", "disablelimitreport": "1"})
        return str((await self._tools.session.send(call)).body["parse"]["text"])

    async def protection(self) -> tuple[Protection, ...]:
        """What the page is protected against, by which level, and until when. A missing page can be, too."""
        return (await self.get("info", inprop="protection")).info.protection

    # Streams ---------------------------------------------------------------------------------------------------------

    def revisions(self, *, limit: int | None = None, **parameters: Any) -> Stream[Revision]:
        """The revisions, newest first: ``page.revisions(prop=["ids", "content"], user="Alice", dir="newer")``.

        500 come in one request, 50 with their text. See https://www.mediawiki.org/wiki/API:Revisions.
        """
        return self._rows("revisions", limit, parameters)

    def history(
        self,
        *,
        filter: HistoryFilter | None = None,  # noqa: A002 - the manual's name
        limit: int | None = None,
    ) -> Stream[HistoryRevision]:
        """The revisions as ``site.rest.history`` has them, which can be filtered by kind; 20 come in one request."""
        return self._tools.rest.history(self._title, filter=filter, limit=limit)

    def links(self, *, limit: int | None = None, **parameters: Any) -> Stream[PageLink]:
        """The pages that this one links to. See https://www.mediawiki.org/wiki/API:Links."""
        return self._rows("links", limit, parameters)

    def templates(self, *, limit: int | None = None, **parameters: Any) -> Stream[PageLink]:
        """The pages that this one transcludes. See https://www.mediawiki.org/wiki/API:Templates."""
        return self._rows("templates", limit, parameters)

    def categories(self, *, limit: int | None = None, **parameters: Any) -> Stream[PageCategory]:
        """The categories that this page is in. See https://www.mediawiki.org/wiki/API:Categories."""
        return self._rows("categories", limit, parameters)

    def languages(self, *, limit: int | None = None, **parameters: Any) -> Stream[LangLink]:
        """The same in other languages. See https://www.mediawiki.org/wiki/API:Langlinks."""
        return self._rows("langlinks", limit, parameters)

    def media(self, *, limit: int | None = None) -> Stream[Page]:
        """The files that the page shows, as pages with ``imageinfo``; missing ones, too. A missing page shows none.

        See https://www.mediawiki.org/wiki/API:Images.
        """
        keywords = {**self._named, "generator": "images", "prop": "imageinfo", "iiprop": _OF_FILES}
        return self._tools.queries.query(limit=limit, batch_size=None, params=None, keywords=keywords)

    def backlinks(self, *, limit: int | None = None, **parameters: Any) -> Stream[ListedPage]:
        """The pages that link here; of a missing page, too. See https://www.mediawiki.org/wiki/API:Backlinks."""
        return self._list("backlinks", limit, parameters)

    def members(self, *, limit: int | None = None, **parameters: Any) -> Stream[CategoryMember]:
        """The pages, files and subcategories of this category. See https://www.mediawiki.org/wiki/API:Categorymembers."""
        return self._list("categorymembers", limit, parameters)

    def log(self, *, limit: int | None = None, **parameters: Any) -> Stream[LogEvent]:
        """What was logged of this page, newest first. See https://www.mediawiki.org/wiki/API:Logevents."""
        if not self._title:
            raise ValueError("the log is kept by title: make the handle from one")
        keywords = {"title": self._title, **parameters}
        return self._tools.queries.rows("logevents", limit=limit, batch_size=None, keywords=keywords)

    def _list(self, module: str, limit: int | None, parameters: dict[str, Any]) -> Stream[Any]:
        page = {"title": self._title} if self._title else {"pageid": self._pageid}
        return self._tools.queries.rows(module, limit=limit, batch_size=None, keywords={**page, **parameters})

    def _rows(self, prop: str, limit: int | None, parameters: dict[str, Any]) -> Stream[Any]:
        return self._tools.queries.of_page(prop, self._named, limit=limit, keywords=parameters)
