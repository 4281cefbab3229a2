"""Continuation: how one query becomes many requests, and how their responses become batches.

A response says in ``continue`` which parameters to add to the *original* ones for the next request. Four rules follow
from the server's code. Other clients lose data because they break one of them:

- *Replace, never accumulate.* The next request consists of the base parameters and the latest ``continue``, nothing
  older. A key that has vanished belongs to a module that has finished. If it is sent again, that module skips rows of
  the next batch.
- *The end is a missing ``continue``*, never an empty response. A module may filter all of its rows away, and a
  generator that has finished sends no pages: such an empty response can have a ``continue``.
- *A generator supplies the pages in batches.* Until ``batchcomplete``, each response repeats all pages of the batch as
  stubs and holds a part of their properties; ``"revisions": []`` may be filled by the next response. The fragments are
  merged until ``batchcomplete``, and only then is a page complete (``merge.py``).
- *The same ``continue`` twice is a loop.* The server would send the same response forever, for example because one row
  is larger than ``$wgAPIMaxResultSize`` (``oversized.py``).

The manual's pages are https://www.mediawiki.org/wiki/API:Continue and
https://www.mediawiki.org/wiki/API:Query.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from attrs import evolve, field, frozen

from mwclient_async._http.conversion import Row
from mwclient_async._http.flow import Flow
from mwclient_async._http.messages import ApiResponse
from mwclient_async._http.params import split_values
from mwclient_async._http.response_shape import TITLE_MAPS, is_batch_complete
from mwclient_async._query.lists_by_time import rows_coming_again, without_rows_coming_again
from mwclient_async._query.loop_guard import LoopGuard
from mwclient_async._query.lost_rows import check_for_loss
from mwclient_async._query.merge import MergedBatch, pages_of, rows_of_list
from mwclient_async._query.oversized import Group, groups_of, position_of, stuck_modules, without_modules
from mwclient_async._query.raw_continuation import raw_continuation
from mwclient_async._query.row_limits import PerPageLimit, per_page_limits, without_finished_modules
from mwclient_async._session.login import Account
from mwclient_async._session.module_table import CONTENT_LIMITS, Module
from mwclient_async._session.query_request import query_request
from mwclient_async._values.warnings import ApiWarning
from mwclient_async.errors import ContinuationLoop, CursorMismatch, ResultTooLarge
from mwclient_async.models.options import Limits

_PAGE_SOURCES = frozenset({"titles", "pageids", "generator", "redirects", "converttitles"})
_WITHOUT_PREFIX = frozenset({"type"})  # how meta=tokens continues, MediaWiki's only query module without a prefix
_NOT_META = frozenset({"pages", *TITLE_MAPS, "badrevids", "badpageids", "export"})

Continuation = Mapping[str, str]


@frozen(kw_only=True)
class FetchedBatch:
    """One complete batch. ``next_continue`` is the ``continue`` of the next batch, None at the end.

    ``complete`` says whether the server's batch ends here, too. If it does not, the next batch must be requested with
    the same limits. ``coming_again`` are rows of this batch that the next one has again.
    """

    rows: list[Row]
    next_continue: Continuation | None
    body: Mapping[str, Any]
    lists: Mapping[str, tuple[Row, ...]] = field(factory=dict)
    meta: Mapping[str, Any] = field(factory=dict)
    warnings: tuple[ApiWarning, ...] = ()
    complete: bool = True
    coming_again: list[Row] = field(factory=list)


class BatchSource(Protocol):
    """What a stream reads batch by batch: a query of the Action API, or a history of the REST API."""

    def limits(self, *, wanted: int | None, sent: Mapping[str, int]) -> Mapping[str, int]:
        """The numeric limits of the next batch.

        ``wanted`` is how many items the caller still wants, None for all. ``sent`` are the limits in a cursor that was
        stored within a batch.
        """
        ...

    def batch(self, start: Continuation, limits: Mapping[str, int], guard: LoopGuard) -> Flow[FetchedBatch]:
        """Fetch one complete batch."""
        ...

    def row_key(self, row: Row) -> str:
        """What identifies a row within its batch."""
        ...

    def as_fragments(self) -> BatchSource:
        """The same source, in which each response is a batch."""
        ...


@frozen(kw_only=True)
class Query:
    """One ``action=query`` as a BatchSource.

    ``params`` are all parameters except the limits that the caller left open. ``modules`` are the modules of prop, list
    and meta; ``generator`` is the module that supplies their pages. ``pick_rows`` takes the items out of a merged body,
    and ``row_key_of`` identifies one. ``item_limit_name`` is the limit parameter that decides how many items a request
    brings, if there is one. ``has_pages`` says whether the query has pages, whose fragments make a batch; without
    pages, each response is a batch. ``gives_rows`` says that the items are rows of its only module. ``prefix`` is the
    prefix that the library put before the caller's parameters.
    ``divides_pages`` says that a page with a row too large for a response is requested apart from the other pages.
    ``max_bytes`` bounds the responses of one batch in all. ``lossy`` are the names in a ``continue`` after which the
    wiki would lose rows, with what to ask instead.

    ``account`` returns the account, or None as long as it is not known. Then the number of items is that of an ordinary
    account, and the request asks for the account, too, if the query ``may_ask_account``.
    """

    params: Mapping[str, str]
    modules: tuple[Module, ...] = ()
    generator: Module | None = None
    account: Callable[[], Account | None]
    may_ask_account: bool = True
    batch_size: int | None = None
    item_limit_name: str | None = None
    has_pages: bool
    merges_fragments: bool = True
    divides_pages: bool = True
    max_bytes: int = Limits().max_batch_bytes
    lossy: Mapping[str, str] = field(factory=dict)
    prefix: str = ""
    gives_rows: bool = False
    pick_rows: Callable[[Mapping[str, Any]], list[Row]]
    row_key_of: Callable[[Row], str]

    def row_key(self, row: Row) -> str:
        return self.row_key_of(row)

    def as_fragments(self) -> Query:
        return evolve(self, merges_fragments=False)

    def limits(self, *, wanted: int | None, sent: Mapping[str, int]) -> dict[str, int]:
        largest = self._largest_limits(high=self.high_limits)
        limits = {}
        for name, number in largest.items():
            requested = self.params.get(name, "")
            if requested.isdecimal():
                limits[name] = min(number, int(requested))
            elif self.account() is not None or name == self.item_limit_name:
                limits[name] = number
        if self.item_limit_name in limits:
            room = limits[self.item_limit_name]
            if not self.params.get(self.item_limit_name or "", "").isdecimal() and self._reads_text:
                room = min(room, CONTENT_LIMITS[self.high_limits])
            limits[self.item_limit_name] = min(bound for bound in (room, self.batch_size, wanted) if bound is not None)
        # If a cursor has the limits of its batch, they are sent again, as far as this account may use them. While the
        # account is not known, the wiki decides that.
        bounds = largest if self.account() is not None else self._largest_limits(high=True)
        return {name: max(1, min(sent.get(name, number), bounds[name])) for name, number in limits.items()}

    @property
    def high_limits(self) -> bool:
        """Whether the account is known to have ``apihighlimits``."""
        account = self.account()
        return account is not None and account.high_limits

    def _largest_limits(self, *, high: bool) -> dict[str, int]:
        """The largest value of each limit of this query, for an account with ``apihighlimits`` or without."""
        largest = {
            f"{module.prefix}limit": number
            for module in self.modules
            if (number := module.max_limit(self.params, high=high))
            and (not module.limit_is_per_page or module.enumerates(self.params))
        }
        if self.generator is not None:
            number = self.generator.max_limit(self.params, high=high, generating=True)
            has_limit = not self.generator.limit_is_per_page or self.generator.enumerates(self.params, generating=True)
            if number is not None and has_limit:
                largest[f"{self._generator_prefix}limit"] = number
        return largest

    @property
    def _reads_text(self) -> bool:
        """Whether the pages come with their text. One request brings fewer of such pages."""
        return "export" in self.params or any(
            module.group == "prop" and module.max_limit(self.params, high=False) == CONTENT_LIMITS[False]
            for module in self.modules
        )

    @property
    def _generator_prefix(self) -> str | None:
        """The prefix of the generator's parameters, None without a generator."""
        return None if self.generator is None else f"g{self.generator.prefix}"

    # One batch -------------------------------------------------------------------------------------------------------

    def batch(self, start: Continuation, limits: Mapping[str, int], guard: LoopGuard) -> Flow[FetchedBatch]:
        """Fetch one batch: merge its fragments, cut the rows of each page, and complete the pages that came late."""
        self._check_start(start)
        open_limits = dict.fromkeys(self._largest_limits(high=False), "max")
        base = {**open_limits, **self.params, **{name: str(number) for name, number in limits.items()}}
        merges = self.has_pages and self.merges_fragments
        row_limits = per_page_limits(self.modules, self.params) if merges else ()
        merged = MergedBatch()
        try:
            next_continue, complete = yield from self._fetch_fragments(merged, base, start, guard, row_limits)
        except ContinuationLoop as loop:
            return (yield from self.batch(start, self._larger_limits(limits, loop), guard))
        if merged.too_large:
            yield from self._read_apart(merged, base)
        for page in merged.pages:
            for row_limit in row_limits:
                row_limit.truncate(page)
        if merges and "revids" not in base:
            yield from self._complete_late_pages(merged, base)
        return self._fetched_batch(merged, next_continue, complete=complete)

    def _check_start(self, start: Continuation) -> None:
        """Refuse a ``continue`` that does more than continue this query.

        A cursor may have been stored in a place where others can write.
        """
        prefixes = {module.prefix for module in self.modules} | {self._generator_prefix}
        left_out = {"prop", "list", "meta"} if "rawcontinue" in self.params else set()
        own = {name for module in self.modules if not module.prefix for name in module.parameters or _WITHOUT_PREFIX}
        for name, value in start.items():
            has_prefix = any(prefix and name.startswith(prefix) for prefix in prefixes)
            continues = name == "continue" or has_prefix or name in own
            leaves_out = name in left_out and set(split_values(value)) <= set(split_values(self.params.get(name, "")))
            if not continues and not leaves_out:
                raise CursorMismatch(f"the cursor would set {name!r}, which is not part of this query's continuation")

    def _fetch_fragments(
        self,
        merged: MergedBatch,
        base: Mapping[str, str],
        start: Continuation,
        guard: LoopGuard,
        row_limits: tuple[PerPageLimit, ...],
    ) -> Flow[tuple[Continuation | None, bool]]:
        """Send requests until the batch is complete, or one request if fragments are not merged.

        Returns the ``continue`` of the next batch, and whether the server's batch is complete.
        """
        continuation = start
        while True:
            check_for_loss(self.lossy, continuation)
            response = yield from self._fetch_fragment(merged, base, continuation)
            next_continue, complete = self._next_continue(response.body, continuation)
            if next_continue is not None and not complete:
                next_continue = without_finished_modules(
                    next_continue, row_limits, merged.pages, has_generator=self.generator is not None
                )
            if response.is_truncated and next_continue == continuation:
                next_continue = self._after_stuck_modules(merged, continuation)
                complete = next_continue is None
            if next_continue is not None:
                guard.check(next_continue)
            if next_continue is None or complete or not (self.has_pages and self.merges_fragments):
                return next_continue, complete
            merged.count(response.size, most=self.max_bytes)
            continuation = next_continue

    def _larger_limits(self, limits: Mapping[str, int], loop: ContinuationLoop) -> dict[str, int]:
        """The largest limits of these lists, if one repeats its ``continue`` with a smaller one.

        Some lists (abuselog) continue by time alone: all rows of one second must fit into one response. Raises the
        error of the loop if no limit can be larger.
        """
        largest = self._largest_limits(high=self.high_limits)
        larger = {name: largest[name] for name in limits if limits[name] < largest.get(name, 0)}
        if isinstance(loop, ResultTooLarge) or self.has_pages or not limits:
            raise loop
        if not larger:
            raise ContinuationLoop(
                f"{loop}; perhaps more than {max(limits.values())} rows, which is all that this account may request at "
                "once, have the same time: request less, for example the rows of one user or title"
            ) from None
        return {**limits, **larger}

    def _fetch_fragment(
        self, merged: MergedBatch, base: Mapping[str, str], continuation: Continuation
    ) -> Flow[ApiResponse]:
        """Send one request and merge its response."""
        # With rawcontinue, finished modules are left out, so that the wiki does not know their parameters.
        is_raw = "rawcontinue" in base
        form = {} if is_raw else {"continue": ""}  # without it, wikis before 1.26 continue in the old form
        asks_account = self.may_ask_account and self.account() is None
        params = {**base, **form, **continuation}
        response = yield query_request(
            params,
            self.modules,
            self.generator,
            prefix=self.prefix,
            partial=is_raw and bool(continuation),
            continues=True,
            asks_account=asks_account,
        )
        body = response.body if self.gives_rows else without_rows_coming_again(self.modules, response.body)
        merged.add(body, response.warnings)
        return response

    def _next_continue(self, body: Mapping[str, Any], sent: Continuation) -> tuple[Continuation | None, bool]:
        """What to add to the next request (None at the end), and whether the pages of this batch are complete."""
        if "rawcontinue" in self.params:
            return raw_continuation(body, self.params, sent, generator_prefix=self._generator_prefix)
        return _continue_of(body), is_batch_complete(body)

    def _complete_late_pages(self, merged: MergedBatch, base: Mapping[str, str]) -> Flow[None]:
        """Request again, by id or title, the pages that entered the batch after its first response."""
        for group in groups_of({}, merged.late_pages(), CONTENT_LIMITS[self.high_limits]):
            fetched = yield from self._query_of(group, base).batch({}, {}, LoopGuard())
            merged.replace(fetched.rows)

    def _query_of(self, group: Group, base: Mapping[str, str]) -> Query:
        """The same query of other pages."""
        generator = self._generator_prefix or "generator"
        kept = {n: v for n, v in base.items() if n not in _PAGE_SOURCES and not n.startswith(generator)}
        params = {**kept, group.parameter: "|".join(group.values)}
        return evolve(self, params=params, generator=None, pick_rows=pages_of)

    # A row that is too large -----------------------------------------------------------------------------------------

    def _after_stuck_modules(self, merged: MergedBatch, continuation: Continuation) -> Continuation | None:
        """The ``continue`` after the modules that have a row too large for any response.

        Raises ResultTooLarge if they cannot be left out.
        """
        stuck = stuck_modules(self.modules, continuation)
        is_merged = self.has_pages and self.merges_fragments and "rawcontinue" not in self.params
        divides = self.divides_pages and is_merged
        if not divides or any(module.group != "prop" for module in stuck):
            titles = [str(page.get("title", "")) for page in merged.pages]
            raise ResultTooLarge(
                title=titles[0] if len(titles) == 1 else "",
                module=stuck[0].name if stuck else "",
                position=position_of(continuation),
            )
        merged.too_large[position_of(continuation)] = stuck
        return without_modules(continuation, stuck, has_generator=self.generator is not None)

    def _read_apart(self, merged: MergedBatch, base: Mapping[str, str]) -> Flow[None]:
        """Request the rows of these modules again, in smaller groups of pages, until the page in question is alone."""
        stuck = {module.name for modules in merged.too_large.values() for module in modules}
        others = "|".join(module.name for module in self.modules if module.name not in stuck)
        room, position = CONTENT_LIMITS[self.high_limits], next(iter(merged.too_large))
        groups = groups_of(base, merged.pages, room)
        pending = [part for group in groups for part in group.divided(position)]
        merged.drop_rows(stuck)
        while pending:
            group = pending.pop()
            query = evolve(self._query_of(group, base), divides_pages=False)
            try:
                fetched = yield from query.batch({"continue": f"||{others}"}, {}, LoopGuard())
            except ResultTooLarge as error:
                if len(group.values) > 1:
                    pending.extend(group.halves())
                elif not merged.mark_too_large(error.title, stuck, group):
                    raise
            else:
                merged.put_rows(fetched.rows, stuck)

    def _fetched_batch(
        self, merged: MergedBatch, next_continue: Continuation | None, *, complete: bool
    ) -> FetchedBatch:
        body = merged.finished()
        lists = {m.name: rows_of_list(m.name, body) for m in self.modules if m.group == "list"}
        rows = self.pick_rows(body)
        return FetchedBatch(
            rows=rows,
            coming_again=rows_coming_again(self.modules[0], rows, next_continue) if self.gives_rows else [],
            next_continue=next_continue,
            body=body,
            lists={name: tuple(rows) for name, rows in lists.items()},
            meta={n: value for n, value in body["query"].items() if n not in lists and n not in _NOT_META},
            warnings=tuple(merged.warnings),
            complete=complete or next_continue is None or not self.has_pages,
        )


def _continue_of(body: Mapping[str, Any]) -> Continuation | None:
    block = body.get("continue")
    # The wiki's values are opaque, and some are numbers.
    return {str(name): str(value) for name, value in block.items()} if block else None
