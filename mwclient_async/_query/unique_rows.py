"""A list with equal rows, of which each is given once: what ``unique`` means where the wiki itself cannot do it."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import evolve, frozen

from mwclient_async._http.conversion import Row
from mwclient_async._http.flow import Flow
from mwclient_async._query.continuation import Continuation, FetchedBatch, Query
from mwclient_async._query.loop_guard import LoopGuard
from mwclient_async._query.merge import list_row_key

_LAST_ROW = "lastrow"  # where a continuation holds the key of the row before it


@frozen(kw_only=True)
class UniqueRows:
    """A list as a BatchSource that gives equal rows once. They follow each other, also from batch to batch."""

    query: Query

    def row_key(self, row: Row) -> str:
        return self.query.row_key(row)

    def as_fragments(self) -> UniqueRows:
        return self

    def limits(self, *, wanted: int | None, sent: Mapping[str, int]) -> Mapping[str, int]:  # noqa: ARG002 - rows are dropped
        return self.query.limits(wanted=None, sent=sent)

    def batch(self, start: Continuation, limits: Mapping[str, int], guard: LoopGuard) -> Flow[FetchedBatch]:
        last = start.get(_LAST_ROW)
        position = {name: value for name, value in start.items() if name != _LAST_ROW}
        fetched = yield from self.query.batch(position, limits, guard)
        fresh: list[Row] = []
        for row in fetched.rows:
            key = list_row_key(row)
            if key != last:
                fresh.append(row)
            last = key
        next_continue = fetched.next_continue
        if next_continue is not None and last is not None:
            next_continue = {**next_continue, _LAST_ROW: last}
        lists = dict.fromkeys(fetched.lists, tuple(fresh))
        return evolve(fetched, rows=fresh, lists=lists, next_continue=next_continue)
