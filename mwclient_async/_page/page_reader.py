"""What can be read of one page: its text and properties, its history, and its links in both directions.

See https://www.mediawiki.org/wiki/API:Properties and https://www.mediawiki.org/wiki/API:Lists.
"""

from __future__ import annotations

from typing import Any

from mwclient_async import _rest, models
from mwclient_async._edit.edits import Edit
from mwclient_async._edit.read_base import page_missing, read_text, text_of
from mwclient_async._edit.sections import find_section
from mwclient_async._http.json_values import text_at
from mwclient_async._http.messages import ApiRequest
from mwclient_async._http.params import is_count
from mwclient_async._page.page_from_loader import check_text, load_page
from mwclient_async._page.page_services import PageServices
from mwclient_async._query.loader import Loader
from mwclient_async._query.stream import Stream
from mwclient_async._session.known_revisions import BaseRevision
from mwclient_async._session.title_locks import page_lock_key, title_lock_key
from mwclient_async.errors import ProtocolError
from mwclient_async.models.page import Page

_FILE_PROPS = ("timestamp", "user", "url", "size", "sha1", "mime", "mediatype")
_DEFAULT_PROPS = ("info", "revisions")
_DEFAULT_REVISION_PROPS = ("ids", "timestamp", "flags", "comment", "user", "size", "sha1", "content")


class PageReader:
    """The part of ``site.page(title)`` that reads.

    Methods with ``async`` return one value. The others return a Stream, to be read with ``async for``. ``limit`` is the
    greatest number of rows of a stream. Further arguments are parameters of the module, without its prefix.

    Reading the content of a page raises PageMissing if the page does not exist, and InvalidTitle if its title cannot be
    that of a page. Streams raise these when they are read.
    """

    def __init__(self, services: PageServices, *, title: str = "", pageid: int = 0) -> None:
        self._services = services
        self._title = title
        self._pageid = pageid
        self._base: BaseRevision | None = None

    def __repr__(self) -> str:
        return f"<page {self._title or self._pageid!r}>"

    @property
    def _lock_key(self) -> str:
        return title_lock_key(self._title) if self._title else page_lock_key(self._pageid)

    @property
    def _page_selector(self) -> dict[str, Any]:
        return {"titles": [self._title]} if self._title else {"pageids": [self._pageid]}

    async def get(self, *props: str, loader: Loader | None = None, **parameters: Any) -> Page:
        """Read the page with these properties. Without any, read its info and its latest revision with the text.

        Returns a Page. If the page does not exist, its ``status`` is MISSING. ``parameters`` are those of the query,
        with their prefixes (``redirects=True``, ``cllimit=5``). With a ``loader`` (``site.loader``), the page shares
        requests with those of other tasks, and has the properties that the loader asks for.

        Raises:
            UnrecognizedParameters: the wiki does not know a parameter.
            NotRequested: the loader does not ask for one of these properties; before any request.
            ValueError: the loader asks with other parameters, or is of another site; before any request.

        See https://www.mediawiki.org/wiki/API:Query.
        """
        if loader is not None:
            return await load_page(loader, self._services.session, self._page_selector, props, parameters)
        defaults = {} if props else {"rvprop": _DEFAULT_REVISION_PROPS}
        keywords = {"prop": props or _DEFAULT_PROPS, **defaults, **parameters}
        page = await self._services.queries.pages(
            self._page_selector, limit=None, params=None, keywords=keywords
        ).first()
        if page is None:
            raise ProtocolError(f"the wiki's response does not contain {self!r}")
        return page

    async def exists(self) -> bool:
        """Ask the wiki whether the page exists.

        Returns True if it does; False if it does not, or if its title cannot be that of a page.

        Raises:
            MediaWikiError: the request failed.

        See https://www.mediawiki.org/wiki/API:Pageprops.
        """
        return (await self.get("pageprops", ppprop="displaytitle")).exists

    async def text(self, *, slot: str = "main", section: int | None = None, loader: Loader | None = None) -> str:
        """Read the text of the latest revision. A later ``save`` is based on that revision.

        Returns the wikitext, or whatever the page's content model is. ``slot`` is the slot to read, ``main`` by
        default. ``section`` is the number of a section; 0 is the text before the first heading. With a ``loader`` of
        texts (``site.loader(prop="revisions", rvprop=["ids", "content"])``), the page shares requests with those of
        other tasks; a ``section`` needs one more request of its own.

        Raises:
            PageMissing: the page, the slot or the section does not exist.
            InvalidTitle: the title cannot be that of a page.
            ValueError: ``section`` is not a number from 0 up, or is combined with another slot; or the loader gives
                other texts, or is of another site.
            NotRequested: the loader does not ask for texts; before any request.
            ProtocolError: the wiki does not show the text.

        See https://www.mediawiki.org/wiki/API:Revisions.
        """
        if section is not None and not is_count(section, least=0):
            raise ValueError(f"section={section!r}: give the number of a section, from 0 up")
        if section is not None and slot != "main":
            raise ValueError(
                f"section={section!r} and slot={slot!r}: the wiki counts the sections of the main slot only"
            )
        page = Edit(title=self._title, pageid=self._pageid)
        if loader is None:
            text, base = await self._services.session.run_flow(read_text(page, slot))
        else:
            check_text(loader, self._services.session, slot)
            text, base = text_of(page, await load_page(loader, self._services.session, self._page_selector), slot)
        if slot == "main":
            self._base = base
        if text is None:
            raise page_missing(page)
        if section is None:
            return text
        return text[await self._services.session.run_flow(find_section(text, section, base.revid))]

    async def html(self) -> str:
        """Read the page as HTML: the content only, without the skin around it.

        Returns the HTML as a string, made from the latest revision. ``site.rest.page_html`` gives the HTML of Parsoid,
        which can be converted back to wikitext.

        Raises:
            PageMissing: the page does not exist.
            InvalidTitle: the title cannot be that of a page.

        See https://www.mediawiki.org/wiki/API:Parse.
        """
        page = {"page": self._title} if self._title else {"pageid": str(self._pageid)}
        request = ApiRequest(params={"action": "parse", **page, "prop": "text", "disablelimitreport": "1"})
        return text_at((await self._services.session.send(request)).body, "parse", "text")

    async def protection(self) -> tuple[models.props_info.Protection, ...]:
        """Read the page's protections: for each action, the level that it needs and the expiry.

        Returns a tuple, empty for a page without protection. A page that does not exist can be protected, too.

        Raises:
            MediaWikiError: the request failed.

        See https://www.mediawiki.org/wiki/API:Info.
        """
        return (await self.get("info", inprop="protection")).info.protection

    # Streams ---------------------------------------------------------------------------------------------------------

    def revisions(self, *, limit: int | None = None, **parameters: Any) -> Stream[models.props_revisions.Revision]:
        """The revisions, newest first: ``page.revisions(prop=["ids", "content"], user="Alice", dir="newer")``.

        Returns a Stream of Revision. One request gives up to 500 of them, or 50 with their text.

        See https://www.mediawiki.org/wiki/API:Revisions.
        """
        return self._prop_rows("revisions", limit, parameters)

    def history(
        self,
        *,
        filter: _rest.history.HistoryFilter | None = None,  # noqa: A002 - the manual's name
        limit: int | None = None,
    ) -> Stream[models.rest.HistoryRevision]:
        """The revisions, newest first, by the REST API. They can be filtered by kind, such as ``filter="bot"``.

        Returns a Stream of HistoryRevision. One request gives 20 of them.

        See https://www.mediawiki.org/wiki/API:REST_API/Reference#Get_page_history.
        """
        return self._services.rest().history(self._title, filter=filter, limit=limit)

    def links(self, *, limit: int | None = None, **parameters: Any) -> Stream[models.props.PageLink]:
        """The pages that this page links to.

        Returns a Stream of PageLink.

        See https://www.mediawiki.org/wiki/API:Links.
        """
        return self._prop_rows("links", limit, parameters)

    def templates(self, *, limit: int | None = None, **parameters: Any) -> Stream[models.props.PageLink]:
        """The pages that this page transcludes.

        Returns a Stream of PageLink.

        See https://www.mediawiki.org/wiki/API:Templates.
        """
        return self._prop_rows("templates", limit, parameters)

    def categories(self, *, limit: int | None = None, **parameters: Any) -> Stream[models.props.PageCategory]:
        """The categories that this page is in.

        Returns a Stream of PageCategory.

        See https://www.mediawiki.org/wiki/API:Categories.
        """
        return self._prop_rows("categories", limit, parameters)

    def languages(self, *, limit: int | None = None, **parameters: Any) -> Stream[models.props.LangLink]:
        """The links to this page in other languages.

        Returns a Stream of LangLink.

        See https://www.mediawiki.org/wiki/API:Langlinks.
        """
        return self._prop_rows("langlinks", limit, parameters)

    def media(self, *, limit: int | None = None) -> Stream[Page]:
        """The files that the page shows, also those that do not exist. A page that does not exist shows none.

        Returns a Stream of Page, with ``imageinfo``.

        See https://www.mediawiki.org/wiki/API:Images.
        """
        keywords = {**self._page_selector, "generator": "images", "prop": "imageinfo", "iiprop": _FILE_PROPS}
        return self._services.queries.query(limit=limit, batch_size=None, params=None, keywords=keywords)

    def backlinks(self, *, limit: int | None = None, **parameters: Any) -> Stream[models.lists.ListedPage]:
        """The pages that link to this page, also if this page does not exist.

        Returns a Stream of ListedPage.

        See https://www.mediawiki.org/wiki/API:Backlinks.
        """
        return self._list_rows("backlinks", limit, parameters)

    def members(self, *, limit: int | None = None, **parameters: Any) -> Stream[models.lists.CategoryMember]:
        """The pages, files and subcategories of this category.

        Returns a Stream of CategoryMember.

        See https://www.mediawiki.org/wiki/API:Categorymembers.
        """
        return self._list_rows("categorymembers", limit, parameters)

    def log(self, *, limit: int | None = None, **parameters: Any) -> Stream[models.lists.LogEvent]:
        """The log entries of this page, newest first.

        Returns a Stream of LogEvent.

        Raises:
            ValueError: the handle has no title.

        See https://www.mediawiki.org/wiki/API:Logevents.
        """
        if not self._title:
            raise ValueError("the log needs a title: make the handle from a title")
        keywords = {"title": self._title, **parameters}
        return self._services.queries.list_rows("logevents", limit=limit, batch_size=None, keywords=keywords)

    def _list_rows(self, module: str, limit: int | None, parameters: dict[str, Any]) -> Stream[Any]:
        page = {"title": self._title} if self._title else {"pageid": self._pageid}
        return self._services.queries.list_rows(module, limit=limit, batch_size=None, keywords={**page, **parameters})

    def _prop_rows(self, prop: str, limit: int | None, parameters: dict[str, Any]) -> Stream[Any]:
        return self._services.queries.page_prop_rows(prop, self._page_selector, limit=limit, keywords=parameters)
