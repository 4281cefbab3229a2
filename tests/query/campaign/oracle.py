"""The oracle: knows every page and every property from requests so plain that they cannot be merged wrongly.

It asks for one page and one property at a time, or for one list, with the largest limits, follows ``continue`` by the
textbook rule within that one module, and remembers the answer. What a query should bring is then worked out here.
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
"""Lists that feed a query by the ids of the linking pages, unless each target is wanted once."""

DIRECT = frozenset(
    {"allpages", "backlinks", "categorymembers", "embeddedin", "exturlusage", "imageusage", "pageswithprop"}
)
"""Lists whose rows are pages already: the wiki keeps their order."""

INDEXED = frozenset({"prefixsearch", "search"})
"""Lists that number their pages."""


@define
class Oracle:
    """What one wiki holds. ``requests`` is how often it was asked."""

    known: dict[str, Any] = field(factory=dict)
    requests: int = 0

    async def rows(self, site: Site, module: str, params: Params) -> list[Row]:
        """All rows of one list; ``params`` have its prefix."""
        body = await self._asked(site, {"list": module, **params})
        return body.get(module, [])

    async def page(self, site: Site, title: str, prop: str | None, params: Params) -> dict[str, Any]:
        """One page with one property, or with none."""
        body = await self._asked(site, {"titles": title, **({"prop": prop} if prop else {}), **params})
        (page,) = body["pages"]
        return page

    async def revision(self, site: Site, revid: int, params: Params) -> dict[str, Any]:
        """The page of a revision, with that revision."""
        body = await self._asked(site, {"revids": revid, "prop": "revisions", **params})
        (page,) = body["pages"]
        return page

    async def meta(self, site: Site, module: str, params: Params) -> Mapping[str, Any]:
        """One meta module's answer."""
        return await self._asked(site, {"meta": module, **params})

    async def pageid(self, site: Site, title: str) -> int | None:
        """The id of a page, None for a missing one."""
        return (await self.page(site, title, None, {})).get("pageid")

    async def title_of(self, site: Site, pageid: int) -> str:
        """The title of a page that exists."""
        body = await self._asked(site, {"pageids": pageid})
        return body["pages"][0]["title"]

    async def target(self, site: Site, title: str) -> str | None:
        """Where a redirect leads, one step; "" for another wiki; None for a page that is no redirect."""
        if not (await self.page(site, title, "info", {})).get("redirect"):
            return None
        body = await self._asked(site, {"titles": title, "redirects": 1})
        (entry,) = [entry for entry in body["redirects"] if entry["from"] == title]
        return "" if "tointerwiki" in entry else entry["to"]

    async def prepare(self, *questions: Callable[[], Coroutine[Any, Any, object]]) -> None:
        """Ask several at a time what will be needed soon: each is still a request, or several, of its own."""
        async with anyio.create_task_group() as tasks:
            for question in questions:
                tasks.start_soon(question)

    async def _asked(self, site: Site, params: Params) -> dict[str, Any]:
        key = json.dumps(params, sort_keys=True)
        if key not in self.known:
            self.known[key] = await self._walk(site, params)
        return self.known[key]

    async def _walk(self, site: Site, params: Params) -> dict[str, Any]:
        whole: dict[str, Any] = {}
        following: Params = {}
        while True:
            body = await site.call("query", params={**params, **following})
            self.requests += 1
            append(whole, body.get("query", {}))
            if "continue" not in body:
                return whole
            following = body["continue"]

    async def batch(self, site: Site, rows: Sequence[str], *, order: str, redirects: bool) -> list[str]:
        """The titles of one batch of a generator, in the wiki's order.

        The wiki reads its pages from a table: by title, namespace after namespace as they first appear, or by id. With
        ``redirects`` the targets come after the pages that are none, level by level. Missing pages come last.
        """
        seen: dict[str, bool] = {}
        pages: list[str] = []
        missing: list[str] = []
        level, how = list(rows), order
        while level:
            level = await self._read(site, [title for title in level if title not in seen], how)
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
            level, how = [], "table"
            for title in sorted(pending, key=ids.__getitem__):
                target = await self.target(site, title)
                if target:
                    level.append(target)
        if order == "index":
            ranks = await self._merged_ranks(site, rows, redirects=redirects)
            pages.sort(key=ranks.__getitem__)
        return pages + missing

    async def _read(self, site: Site, titles: Sequence[str], how: str) -> list[str]:
        """The order in which the wiki reads these pages; missing ones last."""
        await self.prepare(*(partial(self.page, site, title, None, {}) for title in titles))
        stubs = {title: await self.page(site, title, None, {}) for title in dict.fromkeys(titles)}
        there = [title for title, stub in stubs.items() if "pageid" in stub]
        namespaces = list(dict.fromkeys(stub["ns"] for stub in stubs.values()))
        if how == "id":
            there.sort(key=lambda title: stubs[title]["pageid"])
        elif how in {"table", "index"}:
            there.sort(key=lambda title: (namespaces.index(stubs[title]["ns"]), db_key(stubs[title])))
        gone = [title for title in stubs if title not in there]
        gone.sort(key=lambda title: namespaces.index(stubs[title]["ns"]))
        return there + gone

    async def _merged_ranks(self, site: Site, rows: Sequence[str], *, redirects: bool) -> dict[str, int]:
        """The number of each page; a target has the lowest of those that lead to it."""
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
    """The title as the page table sorts it."""
    title = stub["title"] if stub["ns"] == 0 else stub["title"].partition(":")[2]
    return title.replace(" ", "_").encode()


def append(whole: dict[str, Any], part: Mapping[str, Any]) -> None:
    """The textbook rule, for one page and one module."""
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
