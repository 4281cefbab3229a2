"""The methods of Site that query the wiki: pages, lists, exports, and what the wiki and the account are.

The manual's page is https://www.mediawiki.org/wiki/API:Query.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, Literal, overload

from mwclient_async import _query, models
from mwclient_async._http.titled import TitleLike
from mwclient_async.models.page import Page

_Count = int | None
_PageLists = Literal["allpages", "backlinks", "embeddedin", "imageusage", "prefixsearch", "random"]
_BacklinkLists = Literal["iwbacklinks", "langbacklinks"]
_UserLists = Literal["allusers", "users"]


class QueryMethods(ABC):
    """The part of Site that queries the wiki."""

    @property
    @abstractmethod
    def _queries(self) -> _query.queries.Queries:
        """The queries of the open site. RuntimeError if it is not open."""

    def query(
        self,
        *,
        limit: int | None = None,
        batch_size: int | None = None,
        params: Mapping[str, Any] | None = None,
        **parameters: Any,
    ) -> _query.stream.Stream[Page]:
        """Pages with their properties: ``async for page in site.query(generator=..., prop=[...])``.

        Returns a stream of Page. Each page comes once per batch, complete, in the generator's order; missing pages come
        last. The pages come from ``titles``, ``pageids``, ``revids`` or ``generator``. A query with none of these is
        read with ``.batches()``, which also has the lists and the meta data of any query.

        Arguments:
            limit: the largest number of pages in all.
            batch_size: the number of pages per request. Limits that are left out are the largest that the account may
                have.
            params: parameters with any name.
            parameters: parameters of the query, with their prefixes.

        Raises:
            ValueError: the parameters contradict each other; before any request.
            MediaWikiError: while iterating; ``cursor`` is the place to resume from.

        See https://www.mediawiki.org/wiki/API:Query.
        """
        return self._queries.query(limit=limit, batch_size=batch_size, params=params, keywords=parameters)

    def pages(
        self,
        *,
        titles: _query.page_inputs.Inputs | None = None,
        pageids: _query.page_inputs.Inputs | None = None,
        revids: _query.page_inputs.Inputs | None = None,
        limit: int | None = None,
        params: Mapping[str, Any] | None = None,
        **parameters: Any,
    ) -> _query.stream.Stream[Page]:
        """One Page for each title or id, in the order of the inputs: any number of them, from any iterable.

        Returns a stream of Page, in the order of the inputs. The iterable may be asynchronous. Each request asks for as
        many pages as this account may (50, or 500 with ``apihighlimits``). ``page.asked`` is the input, ``page.status``
        says whether it is a page: one that does not exist has a Page, too, and an input that comes twice has two. For a
        revision id, the Page has just that revision. ``open(read_ahead=n)`` sends n further requests ahead, within
        ``Limits.concurrency``. ``limit`` is the largest number of pages.

        Raises:
            ValueError: there is not exactly one of ``titles``, ``pageids`` and ``revids``.
            TypeError: an input has the wrong type.
            RuntimeError: the inputs are an iterator, and it is read a second time.
            CursorMismatch: the stream is resumed with other inputs.
            MediaWikiError: while iterating; ``cursor`` is the place to resume from.

        See https://www.mediawiki.org/wiki/API:Query#Specifying_pages.
        """
        sources = {"titles": titles, "pageids": pageids, "revids": revids}
        return self._queries.pages(sources, limit=limit, params=params, keywords=parameters)

    def loader(
        self, *, window: float = 0.0, params: Mapping[str, Any] | None = None, **parameters: Any
    ) -> _query.loader.Loader:
        """Load single pages in many tasks with few requests: ``async with site.loader(prop="info") as loader``.

        Returns a Loader. In its block, any number of tasks call ``await loader.load(title)``, or give the loader to
        ``page.get(loader=loader)`` and ``page.text(loader=loader)``. 1,000 tasks that each load one page at the same
        moment cost 20 requests, or 2 with ``apihighlimits`` (3 if the site does not know the account yet: the first
        request, of 50 pages, asks for it).

        Arguments:
            window: how long a load may wait for others, and how long its page is kept, in seconds. With 0, the loads of
                one turn of the event loop share requests, and nothing is kept: each page is read after it was asked
                for. With more, the first load begins a window, and requests are sent when it is over, or when one is
                full; for so many seconds after a page has come, loads of the same title or id get it, too.
            params: parameters with any name.
            parameters: parameters of the query, with their prefixes, as for ``site.pages``.

        Raises:
            ValueError: a value cannot be sent, or ``window`` is not a number of seconds; before any request.
            TypeError: an option is unknown; before any request.

        See https://www.mediawiki.org/wiki/API:Query#Specifying_pages.
        """
        return self._queries.loader(window=window, params=params, keywords=parameters)

    def export(
        self,
        *,
        titles: _query.page_inputs.Inputs | None = None,
        pageids: _query.page_inputs.Inputs | None = None,
        revids: _query.page_inputs.Inputs | None = None,
        params: Mapping[str, Any] | None = None,
        **parameters: Any,
    ) -> _query.export.Export:
        """Pages as one XML document, as Special:Export writes it: ``async for piece in site.export(titles=...)``.

        Returns an Export, an async iterator of bytes (UTF-8). Each piece has the pages of one batch, in the wiki's
        order. The pages come from any number of titles or ids, or from a ``generator`` with its parameters;
        ``exportschema`` chooses the version of the format. If iterating raises, the pieces so far are not a whole
        document: start again.

        Raises:
            ValueError: there is no source of pages, or a parameter that an export cannot have.
            MediaWikiError: while iterating.

        See https://www.mediawiki.org/wiki/API:Query#Exporting_pages.
        """
        sources = {"titles": titles, "pageids": pageids, "revids": revids}
        return self._queries.export(sources, params=params, keywords=parameters)

    @overload
    def list(
        self, module: _PageLists, /, *, limit: _Count = ..., batch_size: _Count = ..., **parameters: Any
    ) -> _query.stream.Stream[models.lists.ListedPage]: ...
    @overload
    def list(
        self, module: Literal["allcategories"], /, *, limit: _Count = ..., batch_size: _Count = ..., **parameters: Any
    ) -> _query.stream.Stream[models.lists.ListedCategory]: ...
    @overload
    def list(
        self, module: Literal["allimages"], /, *, limit: _Count = ..., batch_size: _Count = ..., **parameters: Any
    ) -> _query.stream.Stream[models.lists.ListedFile]: ...
    @overload
    def list(
        self, module: Literal["alllinks"], /, *, limit: _Count = ..., batch_size: _Count = ..., **parameters: Any
    ) -> _query.stream.Stream[models.lists.LinkedTitle]: ...
    @overload
    def list(
        self, module: _UserLists, /, *, limit: _Count = ..., batch_size: _Count = ..., **parameters: Any
    ) -> _query.stream.Stream[models.accounts.User]: ...
    @overload
    def list(
        self, module: Literal["blocks"], /, *, limit: _Count = ..., batch_size: _Count = ..., **parameters: Any
    ) -> _query.stream.Stream[models.accounts.Block]: ...
    @overload
    def list(
        self, module: Literal["categorymembers"], /, *, limit: _Count = ..., batch_size: _Count = ..., **parameters: Any
    ) -> _query.stream.Stream[models.lists.CategoryMember]: ...
    @overload
    def list(
        self, module: Literal["exturlusage"], /, *, limit: _Count = ..., batch_size: _Count = ..., **parameters: Any
    ) -> _query.stream.Stream[models.lists.ExternalUse]: ...
    @overload
    def list(
        self, module: Literal["filearchive"], /, *, limit: _Count = ..., batch_size: _Count = ..., **parameters: Any
    ) -> _query.stream.Stream[models.lists.ArchivedFile]: ...
    @overload
    def list(
        self, module: _BacklinkLists, /, *, limit: _Count = ..., batch_size: _Count = ..., **parameters: Any
    ) -> _query.stream.Stream[models.lists.InterwikiBacklink]: ...
    @overload
    def list(
        self, module: Literal["logevents"], /, *, limit: _Count = ..., batch_size: _Count = ..., **parameters: Any
    ) -> _query.stream.Stream[models.lists.LogEvent]: ...
    @overload
    def list(
        self, module: Literal["mystashedfiles"], /, *, limit: _Count = ..., batch_size: _Count = ..., **parameters: Any
    ) -> _query.stream.Stream[models.lists.StashEntry]: ...
    @overload
    def list(
        self, module: Literal["protectedtitles"], /, *, limit: _Count = ..., batch_size: _Count = ..., **parameters: Any
    ) -> _query.stream.Stream[models.lists.ProtectedTitle]: ...
    @overload
    def list(
        self, module: Literal["querypage"], /, *, limit: _Count = ..., batch_size: _Count = ..., **parameters: Any
    ) -> _query.stream.Stream[models.lists.SpecialPageRow]: ...
    @overload
    def list(
        self, module: Literal["recentchanges"], /, *, limit: _Count = ..., batch_size: _Count = ..., **parameters: Any
    ) -> _query.stream.Stream[models.lists.RecentChange]: ...
    @overload
    def list(
        self, module: Literal["search"], /, *, limit: _Count = ..., batch_size: _Count = ..., **parameters: Any
    ) -> _query.stream.Stream[models.lists.SearchResult]: ...
    @overload
    def list(
        self, module: Literal["tags"], /, *, limit: _Count = ..., batch_size: _Count = ..., **parameters: Any
    ) -> _query.stream.Stream[models.lists.Tag]: ...
    @overload
    def list(
        self, module: Literal["usercontribs"], /, *, limit: _Count = ..., batch_size: _Count = ..., **parameters: Any
    ) -> _query.stream.Stream[models.lists.Contribution]: ...
    @overload
    def list(
        self, module: Literal["watchlist"], /, *, limit: _Count = ..., batch_size: _Count = ..., **parameters: Any
    ) -> _query.stream.Stream[models.lists.WatchedChange]: ...
    @overload
    def list(
        self, module: str, /, *, limit: _Count = ..., batch_size: _Count = ..., **parameters: Any
    ) -> _query.stream.Stream[Mapping[str, Any]]: ...

    def list(
        self, module: str, /, *, limit: int | None = None, batch_size: int | None = None, **parameters: Any
    ) -> _query.stream.Stream[Any]:
        """The rows of one list: ``site.list("recentchanges", type="edit", limit=100)``.

        Returns a stream. Parameters are written without the list's prefix. The rows of a list that has a class in
        ``mwclient_async.models.lists`` are typed. The rows of every other list module of the wiki, also those of
        extensions, are mappings as the wiki sent them. ``limit`` is the largest number of rows in all, ``batch_size``
        the number of rows per request.

        Raises:
            ValueError: a value cannot be sent; before any request. Or the wiki does not have the list; at the first
                item.
            UnrecognizedParameters: the wiki does not know a parameter; at the first item.
            MediaWikiError: while iterating; ``cursor`` is the place to resume from.

        See https://www.mediawiki.org/wiki/API:Lists.
        """
        return self._queries.list_rows(module, limit=limit, batch_size=batch_size, keywords=parameters)

    async def info(self, *props: str, **parameters: Any) -> models.info.SiteInfo:
        """What the wiki reports about itself: ``(await site.info()).general.sitename``.

        Returns a SiteInfo. ``props`` are the parts, by the names of ``siprop``; without any: general, namespaces with
        their aliases, statistics, fileextensions and rightsinfo, in one request. A part that was not asked for raises
        NotRequested when it is read. Further parameters are written without the prefix:
        ``site.info("usergroups", numberingroup=True)``.

        Raises:
            UnrecognizedParameters: this wiki does not know a part.

        See https://www.mediawiki.org/wiki/API:Siteinfo.
        """
        return await _query.fetch_site_info.fetch_site_info(self._queries, props, parameters)

    async def title(self, title: TitleLike, *, namespace: int = 0) -> _query.title.Title:
        """A title as the wiki reads it: ``await site.title("talk:foo_bar#History")`` is ``Talk:Foo bar#History``.

        Returns a Title: its namespace and text, its talk page, its subpages, and so on. ``title`` is a text, or a row
        or Page that has a title. ``namespace`` is the number of the namespace of a text without a prefix.

        The first call sends one request for the wiki's namespaces and interwiki prefixes. Later calls send none, except
        one for the first title whose first letter has another capital on other wikis, such as ``ß``.

        Raises:
            InvalidTitle: the wiki would refuse such a title; ``data["reason"]`` is the key of its message.
            TypeError: it is not a title, and has none.
            ValueError: the wiki does not have the namespace, or the text has half of a surrogate pair.

        See https://www.mediawiki.org/wiki/Manual:Page_title.
        """
        return await (await _query.title_reader.title_reader(self._queries)).read(title, namespace=namespace)

    def category(self, category: TitleLike) -> _query.category.CategoryHandle:
        """The handle of one category: ``async for row in site.category("Planets").subcategories()``.

        Returns a CategoryHandle. It sends no request by itself. ``category`` is its name, with or without the prefix
        ``Category:`` in English or in the wiki's language, or a Title, Page or row that has it as its title.

        Raises:
            ValueError: the title is empty, or of another namespace.
            TypeError: it is not a title, and has none.

        See https://www.mediawiki.org/wiki/Help:Categories.
        """
        return _query.category.CategoryHandle(self._queries, category)

    async def userinfo(self) -> models.accounts.UserInfo:
        """The account that the site is logged in with: name, groups, rights, options, rate limits, block and so on.

        Returns a UserInfo. Each call sends one request. Fields that an older wiki does not know keep their defaults.

        Raises:
            ApiError: the wiki refused.

        See https://www.mediawiki.org/wiki/API:Userinfo.
        """
        return await self._queries.user_info()
