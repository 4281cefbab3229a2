"""The comparison: what the library received, and what the oracle says that it should have received."""

from __future__ import annotations

import itertools
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from attrs import define, field, frozen

from mwclient_async import Page, Site, Stream
from tests.query.campaign.oracle import DIRECT, ID_ORDER, INDEXED, Oracle, cut, db_key
from tests.query.campaign.questions import PREFIXES, PROP_GENERATORS, Question
from tests.support.lossy_transport import LossyTransport

_ROW_PROPS: Mapping[str, str] = {"recentchanges": "title", "exturlusage": "title"}
_VOLATILE = frozenset({"time", "servedby"})  # they differ from response to response


@frozen
class Difference:
    """A result that is not the expected one, in the query of that seed."""

    seed: int
    text: str

    def __str__(self) -> str:
        return f"seed {self.seed}: {self.text}"


@define
class Campaign:
    """Sends queries to one wiki and counts everything that was compared."""

    site: Site
    transport: LossyTransport
    oracle: Oracle
    differences: list[Difference] = field(factory=list)
    counts: Counter[str] = field(factory=Counter)
    generators: Counter[str] = field(factory=Counter)
    sources_with_pages: Counter[str] = field(factory=Counter)
    props: Counter[str] = field(factory=Counter)
    with_rows: Counter[str] = field(factory=Counter)

    async def ask(self, question: Question) -> None:
        """Send one query and compare its results. Each difference is stored with the seed that repeats it."""
        before = len(self.differences)
        sent = len(self.transport.requests)
        sent_by_oracle = self.oracle.requests
        try:
            await self._compare(question)
        except Exception as error:  # noqa: BLE001 - an error is a difference, too; the campaign continues
            self._add_difference(question, f"{type(error).__name__}: {error}")
        self.counts["queries"] += 1
        self.counts["requests"] += len(self.transport.requests) - sent - (self.oracle.requests - sent_by_oracle)
        self.counts["succeeded"] += len(self.differences) == before
        self.generators[question.generator or next(iter(question.source))] += 1
        self.props.update(question.props.keys())

    async def _compare(self, question: Question) -> None:
        stream = self.site.query(limit=question.limit, batch_size=question.batch_size, **question.query)
        if question.distinct:
            stream = stream.distinct()
        if question.stop_after is not None:
            pages, sizes = await self._resume(question, stream)
        elif question.lists or question.metas:
            pages, sizes = await self._read_lists(question, stream), itertools.repeat(self._size(question))
        else:
            async with stream.open(read_ahead=question.read_ahead) as run:
                pages = [page async for page in run]
            sizes = itertools.repeat(self._size(question))
        expected = await self._expected(question, sizes)
        if question.distinct:
            expected = list(dict.fromkeys(expected))
        got = [_name(page) for page in pages]
        if got != expected:
            self._add_difference(question, f"pages and their order: got {got}, expected {expected}")
        await self._compare_pages(question, pages)
        if pages:
            self.sources_with_pages[question.generator or next(iter(question.source))] += 1
        self.counts["pages"] += len(pages)

    async def _resume(self, question: Question, stream: Stream[Page]) -> tuple[list[Page], Iterator[int]]:
        head: list[Page] = []
        async with stream.open(read_ahead=question.read_ahead) as run:
            while len(head) < (question.stop_after or 0):
                page = await anext(run, None)
                if page is None:
                    break
                head.append(page)
            text = str(run.cursor)
        resumed = self.site.query(batch_size=question.resumed_size, **question.query).resume(text)
        async with resumed.open(read_ahead=question.read_ahead) as run:
            tail = [page async for page in run]
        self.counts["resumes"] += 1
        return [*head, *tail], await self._sizes(question, len(head))

    async def _sizes(self, question: Question, resumed_after: int) -> Iterator[int]:
        """The sizes of the generator's batches, if a run is resumed after that many pages."""
        rows, order = await self._rows(question)
        first, then = self._size(question), self._size(question, resumed=True)
        taken = 0
        count = 0
        for piece in cut(rows, itertools.repeat(first)):
            if taken >= resumed_after:
                break
            taken += len(await self.oracle.batch(self.site, piece, order=order, redirects=question.redirects))
            count += 1
        return itertools.chain(itertools.repeat(first, count), itertools.repeat(then))

    async def _read_lists(self, question: Question, stream: Stream[Page]) -> list[Page]:
        pages: list[Page] = []
        lists: dict[str, list[Any]] = {name: [] for name in question.lists}
        metas: dict[str, Any] = {}
        async for batch in stream.batches():
            pages.extend(batch.items)
            names = [_name(page) for page in batch.items]
            if len(set(names)) != len(names):
                self._add_difference(question, f"a page is twice in one batch: {names}")
            for name in question.lists:
                lists[name].extend(batch.lists.get(name, ()))
            metas.update(batch.meta)
        for name, params in question.lists.items():
            expected = await self.oracle.rows(self.site, name, {**params, f"{PREFIXES[name]}limit": "max"})
            self._check_equal(question, f"list={name}", lists[name], expected)
            self.with_rows[f"list={name}"] += bool(expected)
            self.counts["rows"] += len(expected)
        for name in question.metas:
            meta = await self.oracle.meta(self.site, name, {})
            self._check_equal(question, f"meta={name}", {n: _stable(metas.get(n)) for n in meta}, _stable(meta))
            self.with_rows[f"meta={name}"] += bool(meta)
        return pages

    # What is expected --------------------------------------------------------------------------------------------

    def _size(self, question: Question, *, resumed: bool = False) -> int:
        """How many rows of the generator a request brings."""
        own = question.limits.get(f"g{PREFIXES.get(question.generator or '', '')}limit")
        with_text = "content" in question.props.get("revisions", {}).get("rvprop", "")
        room = own if isinstance(own, int) else 50 if with_text else 500
        return min(room, (question.resumed_size if resumed else question.batch_size) or room)

    async def _expected(self, question: Question, sizes: Iterator[int]) -> list[str]:
        if not question.generator:
            return (await self._source(question))[: question.limit]
        rows, order = await self._rows(question)
        expected: list[str] = []
        at = 0
        for size in sizes:
            wanted = size if question.limit is None else min(size, question.limit - len(expected))
            if at >= len(rows) or wanted <= 0:
                break
            pages = await self.oracle.batch(
                self.site, rows[at : at + wanted], order=order, redirects=question.redirects
            )
            expected += pages
            at += wanted
        return expected

    async def _source(self, question: Question) -> list[str]:
        """The pages that the query names, in the order of the wiki."""
        ((kind, values),) = question.source.items()
        if kind == "titles":
            normal = [(await self.oracle.page(self.site, value, None, {}))["title"] for value in values]
            return await self.oracle.batch(self.site, normal, order="table", redirects=question.redirects)
        params = question.props.get("revisions", {})
        if kind == "revids":
            ids = {(await self.oracle.revision(self.site, value, params))["pageid"] for value in values}
        else:
            ids = {value for value in values if value != 999_999}
        titles = [await self.oracle.title_of(self.site, pageid) for pageid in sorted(ids)]
        pages = await self.oracle.batch(self.site, titles, order="id", redirects=question.redirects)
        gone = [title for title in pages if await self.oracle.pageid(self.site, title) is None]
        # Ids without a page come after the missing targets of redirects.
        unknown = ["#999999"] if kind == "pageids" else []
        return [*(title for title in pages if title not in gone), *gone, *unknown]

    async def _rows(self, question: Question) -> tuple[list[str], str]:
        """The titles of all rows of the generator, and the order in which the wiki sends the pages of a batch."""
        name = question.generator
        assert name is not None
        if name in PROP_GENERATORS:
            return await self._prop_rows(question, name), "table"
        by_id = name in ID_ORDER and f"{PREFIXES[name]}unique" not in question.generator_params
        params = {**question.generator_params, f"{PREFIXES[name]}limit": "max"}
        if by_id:
            params[f"{PREFIXES[name]}prop"] = "ids"
        elif name in _ROW_PROPS:
            params[f"{PREFIXES[name]}prop"] = _ROW_PROPS[name]
        rows = await self.oracle.rows(self.site, name, params)
        if by_id:
            return [await self.oracle.title_of(self.site, row["fromid"]) for row in rows], "id"
        if name == "allcategories":
            return [f"Category:{row['category']}" for row in rows], "table"
        order = "direct" if name in DIRECT else "index" if name in INDEXED else "table"
        return [row["title"] for row in rows], order

    async def _prop_rows(self, question: Question, name: str) -> list[str]:
        """The wiki sorts forward links by the id of their page, backward links by its title."""
        source = await self._source(question)
        stubs = [await self.oracle.page(self.site, title, None, {}) for title in source]
        forward = name in {"categories", "images", "links", "templates"}
        if forward:
            backwards = question.generator_params.get(f"{PREFIXES[name]}dir") == "descending"
            stubs = sorted((s for s in stubs if "pageid" in s), key=lambda s: s["pageid"], reverse=backwards)
        else:
            stubs.sort(key=lambda stub: (stub["ns"], db_key(stub)))
        params = {**question.generator_params, f"{PREFIXES[name]}limit": "max"}
        rows = []
        for stub in stubs:
            page = await self.oracle.page(self.site, stub["title"], name, params)
            rows += [row["title"] for row in page.get(name, ())]
        return rows

    async def _compare_pages(self, question: Question, pages: Sequence[Page]) -> None:
        await self.oracle.prefetch(*(partial(self._expected_page, question, page) for page in pages))
        for page in pages:
            expected = await self._expected_page(question, page)
            got = {name: value for name, value in page.raw.items() if name != "index"}
            self._check_equal(question, _name(page), got, expected)
            for prop in question.props:
                rows = expected.get(prop)
                self.with_rows[f"prop={prop}"] += bool(rows) or (prop == "info" and "touched" in expected)
                self.counts["rows"] += len(rows) if isinstance(rows, list) else bool(rows)

    async def _expected_page(self, question: Question, page: Page) -> dict[str, Any]:
        """The page with all its properties, each requested alone."""
        if not page.title:
            return {"pageid": 999_999, "missing": True}
        whole: dict[str, Any] = {}
        for prop, params in question.props.items():
            if prop == "revisions" and "revids" in question.source:
                whole |= await self._revisions(question, page, params)
                continue
            prefix = PREFIXES.get(prop)
            limit = {f"{prefix}limit": "max"} if prefix else {}
            whole |= await self.oracle.page(self.site, page.title, prop, {**params, **limit})
        return whole

    async def _revisions(self, question: Question, page: Page, params: Mapping[str, Any]) -> dict[str, Any]:
        found = [await self.oracle.revision(self.site, revid, params) for revid in sorted(question.source["revids"])]
        same_page = [one for one in found if one["pageid"] == page.pageid]
        return {**same_page[0], "revisions": [revision for one in same_page for revision in one["revisions"]]}

    # Differences -------------------------------------------------------------------------------------------------

    def _check_equal(self, question: Question, what: str, got: Any, expected: Any) -> None:
        if got == expected:
            return
        if isinstance(got, Mapping) and isinstance(expected, Mapping):
            names = sorted(n for n in {*got, *expected} if got.get(n) != expected.get(n))
            for name in names:
                self._add_difference(
                    question, f"{what}, {name}: got {_short(got.get(name))}, expected {_short(expected.get(name))}"
                )
        else:
            self._add_difference(question, f"{what}: got {_short(got)}, expected {_short(expected)}")

    def _add_difference(self, question: Question, what: str) -> None:
        text = (
            f"{what}\n  site.query(limit={question.limit}, batch_size={question.batch_size}, "
            f"**{question.query}), distinct={question.distinct}, read_ahead={question.read_ahead}, "
            f"stop_after={question.stop_after}, resumed with batch_size={question.resumed_size}"
        )
        self.differences.append(Difference(question.seed, text))


def _name(page: Page) -> str:
    return page.title or f"#{page.raw.get('pageid')}"


def _stable(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _stable(inner) for name, inner in value.items() if name not in _VOLATILE}
    return value


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, sort_keys=True)
    return text if len(text) < 600 else f"{text[:300]} ... {text[-300:]} ({len(value)})"
