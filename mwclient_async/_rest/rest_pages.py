"""The REST methods that search and read pages and files."""

from __future__ import annotations

from mwclient_async._http.params import checked_text, checked_title, is_count
from mwclient_async._http.titled import TitleLike
from mwclient_async._rest import endpoints
from mwclient_async._rest.rest_group import RestGroup
from mwclient_async.models.rest import (
    BarePage,
    Html,
    HtmlPage,
    PageFile,
    PageLanguage,
    RestFile,
    RestList,
    RestPage,
    SearchHit,
)

_MAX_HITS = 100


class PageMethods(RestGroup):
    """Search for pages, and read pages and files."""

    async def search_pages(self, query: str, *, limit: int = 50) -> RestList[SearchHit]:
        """Find pages whose title or text contains these words.

        Returns up to ``limit`` SearchHits, best first; ``limit`` is 1 to 100. The REST API has no way to get further
        hits: ``site.list("search", search=...)`` returns all.

        Raises:
            ValueError: the query is empty, or ``limit`` is not from 1 to 100.

        See https://www.mediawiki.org/wiki/API:REST_API/Reference#Search_pages.
        """
        return await self._fetch(endpoints.search_page, params=_search_params(query, limit))

    async def search_titles(self, query: str, *, limit: int = 50) -> RestList[SearchHit]:
        """Find pages whose title begins with this text.

        Returns up to ``limit`` SearchHits, best first; ``limit`` is 1 to 100. ``site.list("allpages", prefix=...)``
        returns all.

        Raises:
            ValueError: the query is empty, or ``limit`` is not from 1 to 100.

        See https://www.mediawiki.org/wiki/API:REST_API/Reference#Autocomplete_page_title.
        """
        return await self._fetch(endpoints.search_title, params=_search_params(query, limit))

    async def search_description(self) -> str:
        """Get the wiki's OpenSearch description.

        Returns an XML document, as a string.

        Raises:
            Unsupported: the wiki is older than MediaWiki 1.41.

        See https://www.mediawiki.org/wiki/API:REST_API/Reference.
        """
        return await self._fetch(endpoints.search_description)

    async def page(self, title: TitleLike, *, previous: RestPage | None = None) -> RestPage:
        """Get a page with its source.

        Returns a RestPage. For a redirect, it is the redirect itself, and names its target if the wiki does.

        Raises:
            PageMissing: there is no such page.
            PermissionDenied: the account may not read it.

        See https://www.mediawiki.org/wiki/API:REST_API/Reference#Get_page_source.
        """
        return await self._fetch_unless_unchanged(
            endpoints.page, previous, {"title": checked_title(title, self._title_wiki)}
        )

    async def page_bare(self, title: TitleLike, *, previous: BarePage | None = None) -> BarePage:
        """Get a page without its text.

        Returns a BarePage: its facts, and the address of its HTML.

        Raises:
            PageMissing: there is no such page.
            PermissionDenied: the account may not read it.

        See https://www.mediawiki.org/wiki/API:REST_API/Reference#Get_page.
        """
        return await self._fetch_unless_unchanged(
            endpoints.page_bare, previous, {"title": checked_title(title, self._title_wiki)}
        )

    async def page_html(self, title: TitleLike, *, redirect: bool = True, previous: Html | None = None) -> Html:
        """Get a page as a complete HTML document, made by Parsoid.

        Returns an Html: the text, and its revision. MediaWiki 1.41 and newer follow a redirect to its target, unless
        ``redirect=False``; older wikis return the redirect's own HTML.

        Raises:
            PageMissing: there is no such page.
            PermissionDenied: the account may not read it.
            Refused: the page is too large to render.
            Unsupported: Parsoid does not work on this wiki.

        See https://www.mediawiki.org/wiki/API:REST_API/Reference#Get_HTML.
        """
        return await self._fetch_unless_unchanged(
            endpoints.page_html,
            previous,
            {"title": checked_title(title, self._title_wiki)},
            _redirect_params(redirect=redirect),
        )

    async def page_with_html(
        self, title: TitleLike, *, redirect: bool = True, previous: HtmlPage | None = None
    ) -> HtmlPage:
        """Get a page with its HTML.

        Returns an HtmlPage: its facts, and the HTML that ``page_html`` returns. Redirects are followed as there.

        Raises:
            PageMissing: there is no such page.
            PermissionDenied: the account may not read it.
            Refused: the page is too large to render.
            Unsupported: Parsoid does not work on this wiki.

        See https://www.mediawiki.org/wiki/API:REST_API/Reference#Get_page_offline.
        """
        return await self._fetch_unless_unchanged(
            endpoints.page_with_html,
            previous,
            {"title": checked_title(title, self._title_wiki)},
            _redirect_params(redirect=redirect),
        )

    async def languages(
        self, title: TitleLike, *, previous: RestList[PageLanguage] | None = None
    ) -> RestList[PageLanguage]:
        """List the pages about the same topic in other languages.

        Returns a RestList of PageLanguage.

        Raises:
            PageMissing: there is no such page.
            PermissionDenied: the account may not read it.

        See https://www.mediawiki.org/wiki/API:REST_API/Reference#Get_languages.
        """
        return await self._fetch_unless_unchanged(
            endpoints.languages, previous, {"title": checked_title(title, self._title_wiki)}
        )

    async def media(self, title: TitleLike, *, previous: RestList[PageFile] | None = None) -> RestList[PageFile]:
        """List the files that a page shows.

        Returns a RestList of PageFile.

        Raises:
            PageMissing: there is no such page.
            PermissionDenied: the account may not read it.
            BeyondLimit: the page shows more than 100 files. ``site.page(title).media()`` returns all.

        See https://www.mediawiki.org/wiki/API:REST_API/Reference#Get_files_on_page.
        """
        return await self._fetch_unless_unchanged(
            endpoints.media, previous, {"title": checked_title(title, self._title_wiki)}
        )

    async def file(self, title: TitleLike, *, previous: RestFile | None = None) -> RestFile:
        """Get a file's addresses: the original, a preview and a thumbnail. The title may be without ``File:``.

        Returns a RestFile. ``site.file(title).download(to)`` downloads the file.

        Raises:
            PageMissing: there is no such file.
            PermissionDenied: the account may not read it.

        See https://www.mediawiki.org/wiki/API:REST_API/Reference#Get_file.
        """
        return await self._fetch_unless_unchanged(
            endpoints.file, previous, {"title": checked_title(title, self._title_wiki)}
        )


def _search_params(query: str, limit: int) -> dict[str, str]:
    if not checked_text("query", query).strip():
        raise ValueError("the query is empty: give what to search for")
    if not is_count(limit, least=1) or limit > _MAX_HITS:
        raise ValueError(f"limit={limit!r}: give a number from 1 to {_MAX_HITS}")
    return {"q": query, "limit": str(limit)}


def _redirect_params(*, redirect: bool) -> dict[str, str]:
    return {} if redirect else {"redirect": "no"}
