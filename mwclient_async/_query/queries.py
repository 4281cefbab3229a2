"""Queries, lists and pages as streams. The manual's page is https://www.mediawiki.org/wiki/API:Query."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from attrs import evolve, frozen

from mwclient_async._http import params as wire_params
from mwclient_async._http.conversion import convert_to
from mwclient_async._query.batches import BatchSequence, ContinuedBatches, StreamSpec, TitleBatches
from mwclient_async._query.continuation import BatchSource, Query, only_rows_of, pages_of, row_key
from mwclient_async._query.export import Export
from mwclient_async._query.follow import FollowedList, follow_params
from mwclient_async._query.merge import page_identity
from mwclient_async._query.page_inputs import InputReader, Inputs, PageInputs
from mwclient_async._query.page_set import PageSet
from mwclient_async._query.row_converters import MANY, page_converter, row_converter, rows_of_page
from mwclient_async._query.stream import Stream
from mwclient_async._session.login import Account
from mwclient_async._session.module_table import PER_PAGE_LIMITS
from mwclient_async._session.session import Session
from mwclient_async.models.page import Page

ANYBODY = Account(name="", anonymous=True, rights=frozenset())
"""The account of a query without limits, for which it makes no difference whose it is."""

_OF_THE_PAST = frozenset({"rvslots", "rvexpandtemplates", "rvgeneratexml", "rvparse", "rvdiffto", "rvdifftotext"})
_PREFIXED = frozenset({"action", "token"})  # of logevents and watchlist, where they have the list's prefix
_SOURCES = ("titles", "pageids", "revids", "generator")


@frozen
class Queries:
    """The streams of one site."""

    _session: Session
    _wiki: str

    def query(
        self,
        *,
        limit: int | None,
        batch_size: int | None,
        params: Mapping[str, Any] | None,
        keywords: Mapping[str, Any],
    ) -> Stream[Page]:
        """The pages of an ``action=query``."""
        encoded = wire_params.encode(params, keywords)
        _check_counts(limit=limit, batch_size=batch_size)
        _check_query(encoded)
        props = wire_params.values(encoded.get("prop", ""))
        has_source = any(name in encoded for name in _SOURCES)
        if not has_source and (limit is not None or batch_size is not None):
            raise ValueError(
                "limit and batch_size count pages, and this query has none: use site.list, or the list's own limit"
            )

        async def prepare() -> BatchSource:
            return await self._prepared(encoded, paged=has_source, batch_size=batch_size)

        return Stream.over(
            lambda plan: ContinuedBatches(
                plan,
                self._session.send,
                prepare,
                lambda: convert_to(None, raw=True) if plan.raw else page_converter(props),
            ),
            wiki=self._wiki,
            fingerprinted=_without_limits(encoded),
            limit=limit,
            not_iterable=_why_not_iterable(encoded),
        )

    def rows(
        self, module: str, *, limit: int | None, batch_size: int | None, keywords: Mapping[str, Any]
    ) -> Stream[Any]:
        """The rows of one list; the parameters of ``keywords`` are without the list's prefix."""
        if not re.fullmatch(r"\w+", module):
            raise ValueError(f"list({module!r}): give the name of one list, for example 'allpages'")
        encoded = wire_params.encode(None, keywords, allowed=_PREFIXED)
        _check_continue(encoded)
        _check_counts(limit=limit, batch_size=batch_size)

        return Stream.over(
            self._rows_feed(module, encoded, batch_size),
            wiki=self._wiki,
            fingerprinted={"list": module, **encoded},
            limit=limit,
            followed=lambda every, overlap: self._followed(module, encoded, batch_size, every, overlap),
        )

    def _followed(
        self, module: str, encoded: Mapping[str, str], batch_size: int | None, every: float, overlap: float
    ) -> Stream[Any]:
        params = follow_params(module, encoded)
        return Stream.over(
            self._rows_feed(
                module, params, batch_size, lambda query: FollowedList(query=query, every=every, overlap=overlap)
            ),
            wiki=self._wiki,
            fingerprinted={"followed": module, **params},
        )

    def _rows_feed(
        self,
        module: str,
        encoded: Mapping[str, str],
        batch_size: int | None,
        walk: Callable[[Query], BatchSource] = lambda query: query,
    ) -> Callable[[StreamSpec], BatchSequence[Any]]:
        async def prepare() -> BatchSource:
            found = (await self._session.modules([f"query+{module}"]))[f"query+{module}"]
            prefixed = {f"{found.prefix}{name}": value for name, value in encoded.items()}
            query = Query(
                params={"action": "query", "list": module, **wire_params.encode(prefixed)},
                modules=(found,),
                account=await self._session.account(),
                batch_size=batch_size,
                source=f"{found.prefix}limit" if found.limits else None,
                paged=False,
                rows=lambda body: only_rows_of(module, body),
                row_key_of=row_key,
            )
            return walk(query)

        return lambda plan: ContinuedBatches(
            plan,
            self._session.send,
            prepare,
            lambda: row_converter(module, raw=plan.raw),
            sleep=self._session.clock.sleep,
        )

    def of_page(
        self, prop: str, page: Mapping[str, Any], *, limit: int | None, keywords: Mapping[str, Any]
    ) -> Stream[Any]:
        """The rows of one property of one page, each as it comes; ``keywords`` are without the property's prefix."""
        encoded, named = wire_params.encode(None, keywords), wire_params.encode(page)
        _check_continue(encoded)
        _check_counts(limit=limit)

        async def prepare() -> BatchSource:
            found = (await self._session.modules([f"query+{prop}"]))[f"query+{prop}"]
            prefixed = {f"{found.prefix}{name}": value for name, value in encoded.items()}
            params = {"action": "query", "prop": prop, **named, **prefixed}
            return Query(
                params={**_slots(params), **params},
                modules=(evolve(found, limit_is_per_page=False),),  # its limit is the size of a batch here
                account=await self._session.account(),
                source=f"{found.prefix}limit",
                paged=False,
                rows=lambda body: rows_of_page(prop, body),
                row_key_of=row_key,
            )

        return Stream.over(
            lambda plan: ContinuedBatches(
                plan, self._session.send, prepare, lambda: convert_to(None if plan.raw else MANY[prop], raw=plan.raw)
            ),
            wiki=self._wiki,
            fingerprinted={"prop": prop, **named, **encoded},
            limit=limit,
        )

    def pages(
        self,
        sources: Mapping[str, Inputs | None],
        *,
        limit: int | None,
        params: Mapping[str, Any] | None,
        keywords: Mapping[str, Any],
    ) -> Stream[Page]:
        """One answer for each title or id of the one source that is given."""
        given = {kind: source for kind, source in sources.items() if source is not None}
        if len(given) != 1:
            raise ValueError("give pages() exactly one of titles, pageids and revids")
        ((kind, source),) = given.items()
        encoded = wire_params.encode(params, keywords)
        _check_counts(limit=limit)
        _check_query(encoded)
        if clash := [name for name in (*_SOURCES, "list") if name in encoded]:
            raise ValueError(f"{clash[0]} has no place beside the pages that are given: use site.query")
        asked = wire_params.values(encoded.get("prop", ""))
        if kind == "revids":  # which revision belongs to which page is told by the revisions
            encoded = _with_revision_ids(encoded)

        async def prepare() -> PageSet:
            return PageSet(query=await self._prepared(encoded, paged=True, batch_size=None), kind=kind)

        read = PageInputs(kind, source)

        def feed(plan: StreamSpec) -> BatchSequence[Any]:
            return TitleBatches(
                plan,
                self._session.send,
                InputReader(read),
                prepare,
                lambda: convert_to(None, raw=True) if plan.raw else page_converter(asked),
            )

        return Stream.over(
            feed, wiki=self._wiki, fingerprinted={"pages": kind, **_without_limits(encoded)}, limit=limit
        )

    def export(
        self, sources: Mapping[str, Inputs | None], *, params: Mapping[str, Any] | None, keywords: Mapping[str, Any]
    ) -> Export:
        """The pages of a query as one XML document."""
        wanted = {**(params or {}), "export": True}
        if clash := {"prop", "list", "meta", "exportnowrap"} & {*wanted, *keywords}:
            raise ValueError(f"{min(clash)} has no place in an export, which is the bare XML of whole pages")
        if any(source is not None for source in sources.values()):
            return Export(self.pages(sources, limit=None, params=wanted, keywords=keywords).batches())
        if not {"generator"} & {*wanted, *keywords}:
            raise ValueError("say which pages to export: titles, pageids, revids or generator")
        return Export(self.query(limit=None, batch_size=None, params=wanted, keywords=keywords).batches())

    async def _prepared(self, encoded: Mapping[str, str], *, paged: bool, batch_size: int | None) -> Query:
        names = [
            f"query+{name}"
            for key in ("prop", "list", "meta")
            for name in dict.fromkeys(wire_params.values(encoded.get(key, "")))
        ]
        feeding = [f"query+{name}" for name in wire_params.values(encoded.get("generator", ""))]
        modules = await self._session.modules([*names, *feeding])
        generator = modules[feeding[0]] if feeding else None
        limited = paged or any(module.group == "list" for module in modules.values())
        return Query(
            params={"action": "query", **({"indexpageids": "1"} if paged else {}), **_slots(encoded), **encoded},
            modules=tuple(modules[name] for name in names),
            generator=generator,
            account=await self._session.account() if limited else ANYBODY,
            batch_size=batch_size,
            source=f"g{generator.prefix}limit" if generator is not None and generator.limits else None,
            paged=paged,
            rows=pages_of,
            row_key_of=page_identity,
        )


def _slots(params: Mapping[str, str]) -> dict[str, str]:
    """The main slot, where text is asked for and no slot is named: else the wiki answers in a form of its past."""
    if "content" not in wire_params.values(params.get("rvprop", "")) or not _OF_THE_PAST.isdisjoint(params):
        return {}
    return {"rvslots": "main"}


def _with_revision_ids(params: Mapping[str, str]) -> dict[str, str]:
    props = dict.fromkeys([*wire_params.values(params.get("prop", "")), "revisions"])
    wanted = wire_params.values(params.get("rvprop", "ids"))
    return {**params, "prop": "|".join(props), "rvprop": "|".join(dict.fromkeys(["ids", *wanted]))}


def _without_limits(params: Mapping[str, str]) -> dict[str, str]:
    """The parameters that make a query what it is: limits only size its batches, unless they are a question."""
    return {name: value for name, value in params.items() if not name.endswith("limit") or name in PER_PAGE_LIMITS}


def _check_counts(*, limit: int | None, batch_size: int | None = None) -> None:
    for name, value, least in (("limit", limit, 0), ("batch_size", batch_size, 1)):
        if value is not None and not wire_params.is_count(value, least=least):
            raise ValueError(f"{name}={value!r}: give a whole number from {least} up, or None for all there is")


def _check_continue(params: Mapping[str, str]) -> None:
    if "continue" in params:
        raise ValueError("continue is the stream's own business: store run.cursor and use stream.resume(cursor)")


def _check_query(params: Mapping[str, str]) -> None:
    _check_continue(params)
    given = [name for name in ("titles", "pageids", "revids") if name in params]
    if len(given) > 1:
        raise ValueError(f"{' and '.join(given)} exclude each other: give one of them")
    for name, value in params.items():
        if name.endswith("limit") and value != "max" and not (value.isdecimal() and int(value) >= 1):
            raise ValueError(
                f"{name}={value!r}: give a whole number from 1 up; leave it out to get all in the fewest requests"
            )


def _why_not_iterable(params: Mapping[str, str]) -> str | None:
    if "rawcontinue" in params:
        return "a query with rawcontinue is read through .batches()"
    if any(name in params for name in _SOURCES):
        return None
    lists = params.get("list", "allpages").partition("|")[0]
    return (
        "this query has no source of pages (titles, pageids, revids or generator), so it has no pages to iterate: "
        f"use .batches() for its lists and meta data, or site.list({lists!r}) for the rows of one list"
    )
