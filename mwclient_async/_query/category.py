"""``site.category(name)``: the members of a category, and the categories below it.

The manual's page is https://www.mediawiki.org/wiki/API:Categorymembers.
"""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from functools import partial
from typing import Any, Self

import anyio

from mwclient_async import models
from mwclient_async._http.params import checked_title, is_count
from mwclient_async._http.titled import TitleLike
from mwclient_async._query.asynchronous import AsynchronousIterable
from mwclient_async._query.category_tree import CategoryTree
from mwclient_async._query.queries import Queries
from mwclient_async._query.stream import Stream
from mwclient_async._query.title_reader import title_reader
from mwclient_async.errors import MediaWikiError

CATEGORY = 14
_PREFIX = "Category:"  # every wiki knows it, whatever its language
_OTHER_PAGES = frozenset({"titles", "pageids", "revids", "generator", "gcmtitle", "gcmpageid"})


class CategoryHandle:
    """``site.category(name)``: one category. Making a handle sends no request.

    See https://www.mediawiki.org/wiki/Help:Categories.
    """

    def __init__(self, queries: Queries, category: TitleLike) -> None:
        self._queries = queries
        self._given = checked_title(category, queries.wiki)
        number = category.get("ns") if isinstance(category, Mapping) else getattr(category, "ns", None)
        if number not in {None, CATEGORY}:
            raise ValueError(f"{self._given!r} is not a category: it is in namespace {number}")
        self._is_read = number == CATEGORY  # then the title is in the wiki's own form

    def __repr__(self) -> str:
        return f"<category {self._given!r}>"

    def members(self, *, limit: int | None = None, **parameters: Any) -> Stream[models.lists.CategoryMember]:
        """The pages, files and subcategories of the category: ``members(type="file")`` are the files.

        Returns a Stream of CategoryMember. ``limit`` is the greatest number of rows; further arguments are parameters
        of ``list=categorymembers``, without their prefix.

        See https://www.mediawiki.org/wiki/API:Categorymembers.
        """
        return self._queries.list_rows(
            "categorymembers",
            limit=limit,
            batch_size=None,
            keywords={"title": self._given, **parameters},
            complete=partial(self._with_prefix, "title"),
        )

    def pages(
        self,
        *,
        type: str | Iterable[str] | None = None,  # noqa: A002 - the manual's name
        namespace: int | Iterable[int] | None = None,
        limit: int | None = None,
        **parameters: Any,
    ) -> Stream[models.page.Page]:
        """The members with their properties: ``category.pages(type="file", prop="imageinfo", iiprop="sha1")``.

        Returns a Stream of Page. Members and properties come with the same requests: 500 pages a request, or 50 with
        their texts. Give it to ``site.edit_many`` with ``prop="revisions", rvprop=["ids", "size", "content"]``.

        Arguments:
            type: ``"page"``, ``"subcat"`` or ``"file"``, or several of them.
            namespace: the number of the members' namespace, or several of them.
            limit: the largest number of pages.
            parameters: parameters of the query, with their prefixes, as for ``site.query``. Those of the list of
                members begin with ``gcm``.

        Raises:
            ValueError: a parameter names other pages, or a value cannot be sent; before any request.
            MediaWikiError: while iterating; ``cursor`` is the place to resume from.

        See https://www.mediawiki.org/wiki/API:Categorymembers.
        """
        if clash := _OTHER_PAGES & {*parameters}:
            raise ValueError(f"{min(clash)} has no place in the pages of a category: use site.query")
        chosen = {"gcmtype": type, "gcmnamespace": namespace}
        return self._queries.query(
            limit=limit,
            batch_size=None,
            params=None,
            keywords={
                "generator": "categorymembers",
                "gcmtitle": self._given,
                **{name: value for name, value in chosen.items() if value is not None},
                **parameters,
            },
            complete=partial(self._with_prefix, "gcmtitle"),
        )

    def subcategories(self, *, depth: int | None = None, trust_counts: bool = True) -> Subcategories:
        """The categories below this one, level by level, each once: also if there are loops, or several ways to it.

        Returns Subcategories, to be read with ``async for``. A category with subcategories costs one request (one per
        500 of them, or 5,000 with ``apihighlimits``), any other none. Up to ``Limits.concurrency`` are asked at a time.

        Arguments:
            depth: the number of levels; None is all, 1 is the direct subcategories.
            trust_counts: whether a category in which the wiki counts no subcategories is not asked for any. The counts
                of a wiki can be wrong; with False, each category costs a request.

        Raises:
            ValueError: ``depth`` is not a number from 0 up.

        See https://www.mediawiki.org/wiki/API:Categorymembers.
        """
        if depth is not None and not is_count(depth, least=0):
            raise ValueError(f"depth={depth!r}: give a number of levels, from 0 up, or None for all")

        async def begin() -> CategoryTree:
            return CategoryTree(await self._title(), depth, trust_counts)

        return Subcategories(self._queries, begin, name=self._given)

    async def info(self) -> models.props.CategoryInfo:
        """The wiki's numbers of members, in all and by kind.

        Returns a CategoryInfo, with zeros if there are none.

        Raises:
            InvalidTitle: the title is not that of a category.

        See https://www.mediawiki.org/wiki/API:Categoryinfo.
        """
        found = self._queries.pages(
            {"titles": await self._category_title(self._given)},
            limit=None,
            params=None,
            keywords={"prop": "categoryinfo"},
        )
        page = await found.first()
        return (page and page.categoryinfo) or models.props.CategoryInfo()

    async def _with_prefix(self, name: str, parameters: Mapping[str, str]) -> Mapping[str, str]:
        return {**parameters, name: await self._category_title(parameters[name])}

    async def _category_title(self, given: str) -> str:
        """The title with the prefix of the namespace. The wiki is asked for its names only if that depends on them."""
        if self._is_read or given.lower().startswith(_PREFIX.lower()):
            return given
        return f"{_PREFIX}{given}" if ":" not in given else await self._title()

    async def _title(self) -> str:
        """The title in its normal form. Raises InvalidTitle, or ValueError if it is not that of a category."""
        if self._is_read:
            return self._given
        title = await (await title_reader(self._queries)).read(self._given, namespace=CATEGORY)
        if title.ns != CATEGORY or title.interwiki:
            raise ValueError(f"{self._given!r} is not a category of this wiki, but {title.title!r}")
        return title.title


class Subcategories(AsynchronousIterable):
    """The categories below a category. Nothing is sent before they are read; each iteration begins anew."""

    _whole = "await subcategories.collect()"

    def __init__(self, queries: Queries, begin: Callable[[], Awaitable[CategoryTree]], *, name: str) -> None:
        self._queries = queries
        self._begin = begin
        self._name = name

    def __repr__(self) -> str:
        return f"<subcategories of {self._name!r}>"

    def __aiter__(self) -> SubcategoryIterator:
        return SubcategoryIterator(self._queries, self._begin)

    async def collect(self) -> list[models.categories.Subcategory]:
        """All of them as a list.

        Raises:
            MediaWikiError: a request failed. To keep what came before, iterate.

        See https://www.mediawiki.org/wiki/API:Categorymembers.
        """
        return [row async for row in self]


class SubcategoryIterator(AsynchronousIterable, AsyncIterator["models.categories.Subcategory"]):
    """One walk through the categories. After an error it can be iterated further: nothing is lost or comes twice.

    Tasks may share it. Its place cannot be stored: another process begins anew.
    """

    _whole = "await subcategories.collect()"

    def __init__(self, queries: Queries, begin: Callable[[], Awaitable[CategoryTree]]) -> None:
        self._queries = queries
        self._begin = begin
        self._tree: CategoryTree | None = None
        self._fetched: dict[str, list[models.page.Page]] = {}
        self._buffer: deque[models.categories.Subcategory] = deque()
        self._lock = anyio.Lock()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> models.categories.Subcategory:
        async with self._lock:
            if self._tree is None:
                self._tree = await self._begin()
            while not self._buffer:
                asked = self._tree.next(self._queries.session.shared.limits.concurrency)
                if not asked:
                    raise StopAsyncIteration
                await self._fetch([title for title in asked if title not in self._fetched])
                for title in asked:
                    self._buffer += self._tree.add(title, self._fetched.pop(title))
            return self._buffer.popleft()

    async def _fetch(self, titles: list[str]) -> None:
        """Fetch the subcategories of these categories, at the same time. Those that have come stay, if others fail."""
        errors: list[Exception] = []

        async def fetch(title: str) -> None:
            try:
                self._fetched[title] = await self._subcategories(title)
            except Exception as error:  # noqa: BLE001 - raised below, by itself and not in a group
                errors.append(error)
                tasks.cancel_scope.cancel()

        async with anyio.create_task_group() as tasks:
            for title in titles:
                tasks.start_soon(fetch, title)
        if errors:
            if isinstance(errors[0], MediaWikiError):
                errors[0].cursor = None  # the caller has no stream to resume
            raise errors[0]

    async def _subcategories(self, title: str) -> list[models.page.Page]:
        keywords = {"generator": "categorymembers", "gcmtitle": title, "gcmtype": "subcat", "prop": "categoryinfo"}
        return await self._queries.query(limit=None, batch_size=None, params=None, keywords=keywords).collect()
