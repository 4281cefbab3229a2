"""Queries, lists and pages as streams: the parameters of a call are checked, and become a Stream.

The manual's page is https://www.mediawiki.org/wiki/API:Query.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from attrs import evolve, frozen

from mwclient_async import _query, models
from mwclient_async._http import params as wire_params
from mwclient_async._http.conversion import convert_to
from mwclient_async._query.batches import BatchSequence, ContinuedBatches, StreamSpec, TitleBatches
from mwclient_async._query.continuation import BatchSource, Query
from mwclient_async._query.export import Export
from mwclient_async._query.lists_by_time import with_times
from mwclient_async._query.merge import list_row_key, page_key, pages_of, rows_of_only_list
from mwclient_async._query.page_inputs import InputReader, Inputs, PageInputs
from mwclient_async._query.page_set import PageSet
from mwclient_async._query.query_checks import (
    SOURCES,
    check_continue,
    check_counts,
    check_query,
    misspelt_source,
    only_source,
    why_not_iterable,
)
from mwclient_async._query.stream import Stream
from mwclient_async._query.unique_rows import UniqueRows
from mwclient_async._query.without_loss import without_loss
from mwclient_async._session.login import Account
from mwclient_async._session.module_table import PER_PAGE_LIMITS
from mwclient_async._session.query_request import generator_path, query_module_paths
from mwclient_async._session.session import Session
from mwclient_async.models.page import Page

CompleteParams = Callable[[Mapping[str, str]], Awaitable[Mapping[str, str]]]

ANY_ACCOUNT = Account(name="", anonymous=True, rights=frozenset())
"""The account of a query without limits, which is the same for all accounts."""

_EXCLUDES_MAIN_SLOT = frozenset(
    {"rvslots", "rvexpandtemplates", "rvgeneratexml", "rvparse", "rvdiffto", "rvdifftotext"}
)
_PREFIXED = frozenset({"action", "token"})  # parameters of logevents and watchlist, which have the list's prefix
_CACHED = frozenset({"maxage", "smaxage"})


@frozen
class Queries:
    """The streams of one site."""

    session: Session
    wiki: str

    def query(
        self,
        *,
        limit: int | None,
        batch_size: int | None,
        params: Mapping[str, Any] | None,
        keywords: Mapping[str, Any],
        complete: CompleteParams | None = None,
    ) -> Stream[Page]:
        """The pages of an ``action=query``; its batches also have the rows of lists and the meta data.

        ``complete`` makes the parameters that are sent of these, and may ask the wiki.
        """
        encoded = wire_params.encode(params, keywords, wiki=self.wiki)
        check_counts(limit=limit, batch_size=batch_size)
        check_query(encoded)
        props = wire_params.split_values(encoded.get("prop", ""))
        has_source = any(name in encoded for name in SOURCES)
        if not has_source and (limit is not None or batch_size is not None):
            raise ValueError(
                misspelt_source(encoded)
                or "limit and batch_size count pages, and this query has none: use site.list, or the list's own limit"
            )

        async def prepare() -> BatchSource:
            completed = encoded if complete is None else {**await complete(encoded)}
            return await self._build_query(completed, has_pages=has_source, batch_size=batch_size)

        return Stream.over(
            lambda spec: ContinuedBatches(
                spec,
                self.session.send,
                prepare,
                lambda: convert_to(None, raw=True) if spec.raw else _query.row_converters.page_converter(props),
            ),
            wiki=self.wiki,
            fingerprinted=_without_limits(encoded),
            limit=limit,
            not_iterable=why_not_iterable(encoded),
        )

    def list_rows(
        self,
        module: str,
        *,
        limit: int | None,
        batch_size: int | None,
        keywords: Mapping[str, Any],
        complete: CompleteParams | None = None,
    ) -> Stream[Any]:
        """The rows of one list. The parameters in ``keywords`` come without the list's prefix.

        ``complete`` makes the parameters that are sent of them, and may ask the wiki.
        """
        if not re.fullmatch(r"\w+", module):
            raise ValueError(f"list({module!r}): give the name of one list, for example 'allpages'")
        encoded = wire_params.encode(None, keywords, allowed=_PREFIXED, wiki=self.wiki)
        check_continue(encoded)
        check_counts(limit=limit, batch_size=batch_size)

        return Stream.over(
            self._list_batches(module, encoded, batch_size, complete=complete),
            wiki=self.wiki,
            fingerprinted={"list": module, **encoded},
            limit=limit,
            follow=lambda every, overlap: self._followed_list(module, encoded, batch_size, every, overlap),
        )

    def _followed_list(
        self, module: str, encoded: Mapping[str, str], batch_size: int | None, every: float, overlap: float
    ) -> Stream[Any]:
        params = _query.follow.follow_params(module, encoded)
        return Stream.over(
            self._list_batches(
                module,
                params,
                batch_size,
                lambda query: _query.follow.FollowedList(query=query, every=every, overlap=overlap),
            ),
            wiki=self.wiki,
            fingerprinted={"followed": module, **{name: params[name] for name in params if name != "start"}},
            begin=_query.follow.begin_of(params),
        )

    def _list_batches(
        self,
        module: str,
        encoded: Mapping[str, str],
        batch_size: int | None,
        make_source: Callable[[Query], BatchSource] = lambda query: query,
        *,
        complete: CompleteParams | None = None,
    ) -> Callable[[StreamSpec], BatchSequence[Any]]:
        async def prepare() -> BatchSource:
            found = (await self.session.modules([f"query+{module}"]))[f"query+{module}"]
            completed = encoded if complete is None else await complete(encoded)
            prefixed = wire_params.encode({f"{found.prefix}{name}": value for name, value in completed.items()})
            whole = await without_loss(self.session, found, prefixed, may_drop_unique=True)
            query = Query(
                params={"action": "query", "list": module, **with_times([found], whole.params)},
                modules=(found,),
                account=lambda: self.session.known_account,
                batch_size=batch_size,
                item_limit_name=f"{found.prefix}limit" if found.limits else None,
                has_pages=False,
                gives_rows=True,
                prefix=found.prefix,
                pick_rows=lambda body: rows_of_only_list(module, body),
                row_key_of=list_row_key,
            )
            return UniqueRows(query=query) if whole.is_unique else make_source(query)

        return lambda spec: ContinuedBatches(
            spec,
            self.session.send,
            prepare,
            lambda: _query.list_rows.row_converter(module, raw=spec.raw),
            sleep=self.session.clock.sleep,
        )

    def page_prop_rows(
        self, prop: str, page: Mapping[str, Any], *, limit: int | None, keywords: Mapping[str, Any]
    ) -> Stream[Any]:
        """The rows of one property of one page, before the page is complete.

        The parameters in ``keywords`` come without the property's prefix.
        """
        encoded, named = wire_params.encode(None, keywords, wiki=self.wiki), wire_params.encode(page)
        check_continue(encoded)
        check_counts(limit=limit)

        async def prepare() -> BatchSource:
            return await self._build_page_prop_query(prop, named, encoded)

        return Stream.over(
            lambda spec: ContinuedBatches(
                spec,
                self.session.send,
                prepare,
                lambda: convert_to(None if spec.raw else _query.row_converters.PROP_ROW_CLASSES[prop](), raw=spec.raw),
            ),
            wiki=self.wiki,
            fingerprinted={"prop": prop, **named, **encoded},
            limit=limit,
        )

    async def _build_page_prop_query(self, prop: str, named: Mapping[str, str], encoded: Mapping[str, str]) -> Query:
        found = (await self.session.modules([f"query+{prop}"]))[f"query+{prop}"]
        prefixed = {f"{found.prefix}{name}": value for name, value in encoded.items()}
        params = {"action": "query", "prop": prop, **named, **prefixed}
        return Query(
            params={**_main_slot(params), **params},
            modules=(evolve(found, limit_is_per_page=False),),  # here its limit is the size of a batch
            account=lambda: self.session.known_account,
            item_limit_name=f"{found.prefix}limit",
            has_pages=False,
            gives_rows=True,
            prefix=found.prefix,
            pick_rows=lambda body: _query.row_converters.rows_of_page(prop, body),
            row_key_of=list_row_key,
        )

    def pages(
        self,
        sources: Mapping[str, Inputs | None],
        *,
        limit: int | None,
        params: Mapping[str, Any] | None,
        keywords: Mapping[str, Any],
    ) -> Stream[Page]:
        """One page for each title or id, in the order of the inputs. Exactly one of the sources must be given."""
        encoded = wire_params.encode(params, keywords, wiki=self.wiki)
        chosen: tuple[str, Inputs] = only_source(sources, encoded)
        kind, source = chosen
        check_counts(limit=limit)
        check_query(encoded)
        if clash := [name for name in (*SOURCES, "list") if name in encoded]:
            raise ValueError(f"{clash[0]} has no place in pages(), which has its pages already: use site.query")
        props = wire_params.split_values(encoded.get("prop", ""))
        inputs = PageInputs(kind, source, self.wiki)

        def make_batches(spec: StreamSpec) -> BatchSequence[Any]:
            return TitleBatches(
                spec,
                self.session.send,
                InputReader(inputs),
                lambda: self._page_set(kind, encoded),
                lambda: convert_to(None, raw=True) if spec.raw else _query.row_converters.page_converter(props),
            )

        return Stream.over(
            make_batches,
            wiki=self.wiki,
            fingerprinted={"pages": kind, **_without_limits(_of_kind(kind, encoded))},
            limit=limit,
            total=inputs.count,
        )

    def loader(
        self, *, window: float, params: Mapping[str, Any] | None, keywords: Mapping[str, Any]
    ) -> _query.loader.Loader:
        """A loader of single pages with these properties."""
        encoded = wire_params.encode(params, keywords, wiki=self.wiki)
        _query.loader.check_loader_options(window, encoded)
        check_query(encoded)
        props = wire_params.split_values(encoded.get("prop", ""))
        loads = _query.page_loads.PageLoads(
            self.session,
            encoded,
            lambda kind: self._page_set(kind, encoded),
            _query.row_converters.page_converter(props),
            window=window,
        )
        return _query.loader.Loader(loads)

    async def _page_set(self, kind: str, encoded: Mapping[str, str]) -> PageSet:
        query = await self._build_query(_of_kind(kind, encoded), has_pages=True, batch_size=None)
        return PageSet(query=query, kind=kind)

    def export(
        self, sources: Mapping[str, Inputs | None], *, params: Mapping[str, Any] | None, keywords: Mapping[str, Any]
    ) -> Export:
        """The pages of a query as one XML document."""
        wanted = {**(params or {}), "export": True}
        if clash := {"prop", "list", "meta", "exportnowrap"} & {*wanted, *keywords}:
            raise ValueError(f"{min(clash)} has no place in an export, which contains only the XML of whole pages")
        if any(source is not None for source in sources.values()):
            return Export(self.pages(sources, limit=None, params=wanted, keywords=keywords).batches())
        if not {"generator"} & {*wanted, *keywords}:
            raise ValueError(
                misspelt_source([*wanted, *keywords])
                or "say which pages to export: titles, pageids, revids or generator"
            )
        return Export(self.query(limit=None, batch_size=None, params=wanted, keywords=keywords).batches())

    async def user_info(self) -> models.accounts.UserInfo:
        """The current account."""
        return await self.session.run_flow(_query.site_info.user_info_flow())

    async def _build_query(self, encoded: Mapping[str, str], *, has_pages: bool, batch_size: int | None) -> Query:
        names, generators = query_module_paths(encoded), generator_path(encoded)
        modules = await self.session.modules([*names, *generators])
        generator = modules[generators[0]] if generators else None
        lossy: dict[str, str] = {}
        for lead, module in (*(("", modules[name]) for name in names), *(("g", modules[name]) for name in generators)):
            whole = await without_loss(self.session, module, encoded, lead=lead)
            encoded, lossy = whole.params, {**lossy, **whole.lossy}
        has_limits = has_pages or any(module.group == "list" for module in modules.values())
        may_ask_account = _may_ask_account(encoded)
        if has_limits and not may_ask_account:
            await self.session.account()
        return Query(
            params={
                "action": "query",
                **({"indexpageids": "1"} if has_pages else {}),
                **_main_slot(encoded),
                **with_times(modules.values(), encoded),
            },
            modules=tuple(modules[name] for name in names),
            generator=generator,
            account=lambda: self.session.known_account if has_limits else ANY_ACCOUNT,
            may_ask_account=may_ask_account,
            batch_size=batch_size,
            item_limit_name=f"g{generator.prefix}limit" if generator is not None and generator.limits else None,
            max_bytes=self.session.shared.limits.max_batch_bytes,
            lossy=lossy,
            has_pages=has_pages,
            pick_rows=pages_of,
            row_key_of=page_key,
        )


def _may_ask_account(params: Mapping[str, str]) -> bool:
    """Whether a query may ask for the account beside what the caller wants.

    It may not if the caller asks for the account, too, or for a response that caches share between accounts.
    """
    asks_account = "userinfo" in wire_params.split_values(params.get("meta", "")) or "uiprop" in params
    return not asks_account and _CACHED.isdisjoint(params)


def _main_slot(params: Mapping[str, str]) -> dict[str, str]:
    """``rvslots=main`` if text is requested and no slot is named.

    Without it the wiki uses the old format, from before it had slots.
    """
    reads_text = "content" in wire_params.split_values(params.get("rvprop", ""))
    return {"rvslots": "main"} if reads_text and _EXCLUDES_MAIN_SLOT.isdisjoint(params) else {}


def _of_kind(kind: str, params: Mapping[str, str]) -> Mapping[str, str]:
    """The parameters. For revision ids, each page comes with its revisions: they say which input it belongs to."""
    if kind != "revids":
        return params
    props = dict.fromkeys([*wire_params.split_values(params.get("prop", "")), "revisions"])
    wanted = wire_params.split_values(params.get("rvprop", "ids"))
    return {**params, "prop": "|".join(props), "rvprop": "|".join(dict.fromkeys(["ids", *wanted]))}


def _without_limits(params: Mapping[str, str]) -> dict[str, str]:
    """The parameters that decide what a query brings: all except limits. A limit per page belongs to them, too."""
    return {name: value for name, value in params.items() if not name.endswith("limit") or name in PER_PAGE_LIMITS}
