"""The oracle: it reads each page and each property with requests so plain that they cannot be merged wrongly.

It requests one page and one property at a time, or one list, with the largest limits. It continues by the manual's rule
within that one module, and stores the result. From these results it computes what a query should bring.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

import anyio
from attrs import define, field

from mwclient_async import Site

Row = Mapping[str, Any]
Params = Mapping[str, Any]

ID_ORDER = ("allfileusages", "alllinks", "allredirects", "alltransclusions")
"""Generators that name pages by the ids of the linking pages, unless ``unique`` is set."""

DIRECT = frozenset(
    {"allpages", "backlinks", "categorymembers", "embeddedin", "exturlusage", "imageusage", "pageswithprop"}
)
"""Generators whose rows are rows of the page table: the wiki keeps their order."""

INDEXED = frozenset({"prefixsearch", "search"})
"""Generators that number their pages in ``index``."""


@define
class Oracle:
    """What one wiki contains. ``requests`` is the number of requests that were sent."""

    known: dict[str, Any] = field(factory=dict)
    requests: int = 0

    async def rows(self, site: Site, module: str, params: Params) -> list[Row]:
        """All rows of one list. ``params`` have its prefix."""
        body = await self._cached(site, {"list": module, **params})
        return body.get(module, [])

    async def page(self, site: Site, title: str, prop: str | None, params: Params) -> dict[str, Any]:
        """One page with one property, or without properties."""
        body = await self._cached(site, {"titles": title, **({"prop": prop} if prop else {}), **params})
        (page,) = body["pages"]
        return page

    async def revision(self, site: Site, revid: int, params: Params) -> dict[str, Any]:
        """The page of a revision, with that revision."""
        body = await self._cached(site, {"revids": revid, "prop": "revisions", **params})
        (page,) = body["pages"]
        return page

    async def meta(self, site: Site, module: str, params: Params) -> Mapping[str, Any]:
        """The meta data of one module."""
        return await self._cached(site, {"meta": module, **params})

    async def pageid(self, site: Site, title: str) -> int | None:
        """The id of a page, None for a missing one."""
        return (await self.page(site, title, None, {})).get("pageid")

    async def title_of(self, site: Site, pageid: int) -> str:
        """The title of a page that exists."""
        body = await self._cached(site, {"pageids": pageid})
        return body["pages"][0]["title"]

    async def target(self, site: Site, title: str) -> str | None:
        """The target of a redirect (one step), "" for another wiki, None for a page that is not a redirect."""
        if not (await self.page(site, title, "info", {})).get("redirect"):
            return None
        body = await self._cached(site, {"titles": title, "redirects": 1})
        (entry,) = [entry for entry in body["redirects"] if entry["from"] == title]
        return "" if "tointerwiki" in entry else entry["to"]

    async def prefetch(self, *questions: Callable[[], Coroutine[Any, Any, object]]) -> None:
        """Run several questions concurrently, so that their results are stored. Each sends its own requests."""
        async with anyio.create_task_group() as tasks:
            for question in questions:
                tasks.start_soon(question)

    async def _cached(self, site: Site, params: Params) -> dict[str, Any]:
        key = json.dumps(params, sort_keys=True)
        if key not in self.known:
            self.known[key] = await self._fetch(site, params)
        return self.known[key]

    async def _fetch(self, site: Site, params: Params) -> dict[str, Any]:
        whole: dict[str, Any] = {}
        next_continue: Params = {}
        while True:
            body = await site.call("query", params={**params, **next_continue})
            self.requests += 1
            append(whole, body.get("query", {}))
            if "continue" not in body:
                return whole
            next_continue = body["continue"]

    async def batch(self, site: Site, rows: Sequence[str], *, order: str, redirects: bool) -> list[str]:
        """The titles of one batch of a generator, in the wiki's order.

        The wiki reads the pages from its page table, ordered by title or by id. If by title, namespaces come in the
        order in which they first appear. With ``redirects``, the targets come after the pages that are not redirects,
        level by level. Missing pages come last.
        """
        seen: dict[str, bool] = {}
        pages: list[str] = []
        missing: list[str] = []
        level, read_order = list(rows), order
        while level:
            level = await self._read(site, [title for title in level if title not in seen], read_order)
            pending: list[str] = []
            for title in level:
                seen[title] = True
                if await self.pageid(site, title) is None:
                    missing.append(title)
                elif redirects and await self.target(site, title) is not None:
                    pending.append(title)
                else:
                    pages.append(title)
            ids = {title: await self.pageid(site, title) or 0 for title in pending}
            level, read_order = [], "table"
            for title in sorted(pending, key=ids.__getitem__):
                target = await self.target(site, title)
                if target:
                    level.append(target)
        if order == "index":
            ranks = await self._merged_ranks(site, rows, redirects=redirects)
            pages.sort(key=ranks.__getitem__)
        return pages + missing

    async def _read(self, site: Site, titles: Sequence[str], order: str) -> list[str]:
        """These pages in the order in which the wiki reads them, missing pages last."""
        await self.prefetch(*(partial(self.page, site, title, None, {}) for title in titles))
        stubs = {title: await self.page(site, title, None, {}) for title in dict.fromkeys(titles)}
        existing = [title for title, stub in stubs.items() if "pageid" in stub]
        namespaces = list(dict.fromkeys(stub["ns"] for stub in stubs.values()))
        if order == "id":
            existing.sort(key=lambda title: stubs[title]["pageid"])
        elif order in {"table", "index"}:
            existing.sort(key=lambda title: (namespaces.index(stubs[title]["ns"]), db_key(stubs[title])))
        gone = [title for title in stubs if title not in existing]
        gone.sort(key=lambda title: namespaces.index(stubs[title]["ns"]))
        return existing + gone

    async def _merged_ranks(self, site: Site, rows: Sequence[str], *, redirects: bool) -> dict[str, int]:
        """The number of each page. A target of redirects has the lowest number of the titles that lead to it."""
        ranks: dict[str, int] = {}
        for number, row in enumerate(rows):
            title: str | None = row
            seen = set()
            while redirects and title and title not in seen and (target := await self.target(site, title)) is not None:
                seen.add(title)
                title = target
            if title:
                ranks.setdefault(title, number)
        return ranks


def db_key(stub: Row) -> bytes:
    """The title in the form by which the page table sorts it."""
    title = stub["title"] if stub["ns"] == 0 else stub["title"].partition(":")[2]
    return title.replace(" ", "_").encode()


def append(whole: dict[str, Any], part: Mapping[str, Any]) -> None:
    """Merge by the manual's rule, for one page and one module."""
    for name, value in part.items():
        if name == "pages" and name in whole:
            for page, more in zip(whole[name], value, strict=True):
                append(page, more)
        elif isinstance(value, list) and name in whole and name != "redirects":
            whole[name] = [*whole[name], *value]
        elif isinstance(value, dict) and name in whole:
            whole[name] = {**whole[name], **value}
        else:
            whole[name] = value


def cut(rows: Sequence[str], sizes: Iterable[int]) -> Iterable[Sequence[str]]:
    """The rows in pieces of these sizes."""
    at = 0
    for size in sizes:
        if at >= len(rows):
            return
        yield rows[at : at + size]
        at += size
