"""Continuation: how one query becomes many requests, and their fragments one batch.

A reply says in ``continue`` what to add to the *original* parameters for the next request. Four rules follow from the
server's own code, and other clients lose data where they break them:

- *Replace, never accumulate.* The next request is the base parameters and the latest ``continue``, nothing older: a key
  that has vanished belongs to a module that has finished, and would make it skip rows of the next batch.
- *The end is a missing ``continue``*, never an empty reply: filters and dry runs answer with nothing and go on.
- *A generator feeds batches.* While ``batchcomplete`` is absent, each reply repeats all pages of the batch as stubs and
  holds a part of their properties; ``"revisions": []`` may be filled by the next one. The fragments are merged until
  ``batchcomplete`` and only then is a page whole (``merge.py``).
- *The same ``continue`` twice is a loop*: the server would answer the same for ever, for example because one row is
  larger than ``$wgAPIMaxResultSize``.

The manual's pages are https://www.mediawiki.org/wiki/API:Continue and
https://www.mediawiki.org/wiki/API:Query.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from attrs import define, evolve, field, frozen

from mwclient_async._http.flow import Flow
from mwclient_async._http.messages import ApiRequest
from mwclient_async._http.params import values
from mwclient_async._query.merge import TITLE_MAPS, MergedBatch
from mwclient_async._query.raw_continuation import raw_continuation
from mwclient_async._query.row_limits import per_page_limits, without_finished_modules
from mwclient_async._session.login import Account
from mwclient_async._session.module_table import CONTENT_LIMITS, Module
from mwclient_async._values.warnings import ApiWarning
from mwclient_async.errors import CursorMismatch, ProtocolError

_PAGE_SOURCES = frozenset({"titles", "pageids", "generator", "redirects", "converttitles"})

Continuation = Mapping[str, str]
Row = Mapping[str, Any]


class RepeatedContinueError(Exception):
    """The server sent a ``continue`` that it has sent before."""


@define
class LoopGuard:
    """Brent's cycle detection over the ``continue`` blocks of one run: constant memory, whatever the length.

    The remembered block moves forward after 1, 2, 4, 8 ... steps, so that a cycle of any length is found; the same
    block twice in a row is found at once.
    """

    _previous: Continuation | None = None
    _remembered: Continuation | None = None
    _steps: int = 0
    _reach: int = 1

    def check(self, continuation: Continuation) -> None:
        """Raise Repeated when this block was seen before; call it once per ``continue`` that will be followed."""
        if continuation in (self._remembered, self._previous):
            raise RepeatedContinueError
        self._previous = continuation
        self._steps += 1
        if self._steps == self._reach:
            self._remembered, self._steps, self._reach = continuation, 0, 2 * self._reach


@frozen(kw_only=True)
class FetchedBatch:
    """One whole batch. ``following`` is the ``continue`` of the next one, None at the end.

    ``complete`` is whether the server's batch ends here, too: while it does not, its limits must stay as they are.
    """

    rows: list[Row]
    next_continue: Continuation | None
    body: Mapping[str, Any]
    lists: Mapping[str, tuple[Row, ...]] = field(factory=dict)
    meta: Mapping[str, Any] = field(factory=dict)
    warnings: tuple[ApiWarning, ...] = ()
    complete: bool = True


class BatchSource(Protocol):
    """What a stream walks over: the Action API's continuation, or the REST API's segments."""

    def limits(self, *, want: int | None, sent: Mapping[str, int]) -> Mapping[str, int]:
        """The numeric limits of the next batch; ``sent`` are those of a cursor in the midst of a batch."""
        ...

    def batch(self, start: Continuation, limits: Mapping[str, int], guard: LoopGuard) -> Flow[FetchedBatch]:
        """Fetch one whole batch."""
        ...

    def key(self, row: Row) -> str:
        """What identifies a row within its batch."""
        ...

    def as_fragments(self) -> BatchSource:
        """The same, with each reply as a batch of its own."""
        ...


@frozen(kw_only=True)
class Query:
    """One ``action=query`` as a pager.

    ``params`` are all parameters but the limits that were left open, ``modules`` the modules that answer, ``generator``
    the one that feeds them pages. ``rows`` picks the items out of a merged body, ``keyed`` names one. ``source`` is the
    limit that decides how many items a request brings, where one does. ``paged`` is whether there are pages, whose
    fragments make a batch; without pages, each reply is a batch.
    """

    params: Mapping[str, str]
    modules: tuple[Module, ...] = ()
    generator: Module | None = None
    account: Account
    batch_size: int | None = None
    source: str | None = None
    paged: bool
    merging: bool = True
    rows: Callable[[Mapping[str, Any]], list[Row]]
    row_key_of: Callable[[Row], str]

    def key(self, row: Row) -> str:
        return self.row_key_of(row)

    def as_fragments(self) -> Query:
        return evolve(self, merging=False)

    def limits(self, *, want: int | None, sent: Mapping[str, int]) -> dict[str, int]:
        most = self._most
        limits = {}
        for name, number in most.items():
            asked = self.params.get(name, "")
            limits[name] = min(number, int(asked)) if asked.isdecimal() else number
        if self.source in limits:
            room = limits[self.source]
            if not self.params.get(self.source or "", "").isdecimal() and self._reads_text:
                room = min(room, CONTENT_LIMITS[self.account.high_limits])
            limits[self.source] = min(bound for bound in (room, self.batch_size, want) if bound is not None)
        # A batch that was begun with other limits is fetched again with those, as far as this account may.
        return {name: max(1, min(sent.get(name, number), most[name])) for name, number in limits.items()}

    @property
    def _most(self) -> dict[str, int]:
        """What each limit of this query may be for this account."""
        high = self.account.high_limits
        most = {
            f"{module.prefix}limit": number
            for module in self.modules
            if (number := module.most(self.params, high=high))
            and (not module.limit_is_per_page or module.enumerates(self.params))
        }
        if self.generator is not None:
            number = self.generator.most(self.params, high=high, generating=True)
            asks = not self.generator.limit_is_per_page or self.generator.enumerates(self.params, generating=True)
            if number is not None and asks:
                most[f"g{self.generator.prefix}limit"] = number
        return most

    @property
    def _reads_text(self) -> bool:
        """Whether pages come with their text, of which one request brings fewer."""
        return "export" in self.params or any(
            module.group == "prop" and module.most(self.params, high=False) == CONTENT_LIMITS[False]
            for module in self.modules
        )

    def batch(self, start: Continuation, limits: Mapping[str, int], guard: LoopGuard) -> Flow[FetchedBatch]:
        self._check(start)
        base = {**self.params, **{name: str(number) for name, number in limits.items()}}
        merged = MergedBatch()
        merging = self.paged and self.merging
        caps = per_page_limits(self.modules, self.params) if merging else ()
        continuation = start
        while True:
            left_out = "rawcontinue" in base and bool(continuation)
            reply = yield ApiRequest(params={**base, **continuation}, partial=left_out)
            merged.add(reply.body, reply.warnings)
            following, complete = self._following(reply.body, continuation)
            if following is not None and not complete:
                following = without_finished_modules(
                    following, caps, merged.pages, has_generator=self.generator is not None
                )
            if following is not None:
                guard.check(following)
            if following is None or complete or not merging:
                break
            continuation = following
        for page in merged.pages:
            for cap in caps:
                cap.truncate(page)
        if merging and "revids" not in base:
            yield from self._complete(merged, base)
        body = merged.finished()
        lists = {m.name: tuple(rows_of(m.name, body)) for m in self.modules if m.group == "list"}
        ours = {"pages", *TITLE_MAPS, "badrevids", "badpageids", "export"}
        return FetchedBatch(
            rows=self.rows(body),
            next_continue=following,
            body=body,
            lists=lists,
            meta={name: value for name, value in body["query"].items() if name not in lists and name not in ours},
            warnings=tuple(merged.warnings),
            complete=complete or following is None or not self.paged,
        )

    def _check(self, start: Continuation) -> None:
        """A cursor may have been stored where others can write: it moves this query, and changes nothing else of it."""
        prefixes = {module.prefix for module in self.modules} | (
            {f"g{self.generator.prefix}"} if self.generator else set()
        )
        roles = {"prop", "list", "meta"} if "rawcontinue" in self.params else set()
        for name, value in start.items():
            moves = name == "continue" or any(prefix and name.startswith(prefix) for prefix in prefixes)
            leaves_out = name in roles and set(values(value)) <= set(values(self.params.get(name, "")))
            if not moves and not leaves_out:
                raise CursorMismatch(f"the cursor would set {name!r}, which has no part in this query's continuation")

    def _following(self, body: Mapping[str, Any], sent: Continuation) -> tuple[Continuation | None, bool]:
        """What to add for the next request, and whether the pages of this batch are complete."""
        if "rawcontinue" in self.params:
            generating = None if self.generator is None else f"g{self.generator.prefix}"
            return raw_continuation(body, self.params, sent, generating=generating)
        return _continuation(body), bool(body.get("batchcomplete"))

    def _complete(self, merged: MergedBatch, base: Mapping[str, str]) -> Flow[None]:
        """Ask again, by id, for the pages that came into the batch when it had begun."""
        late = merged.late_pages()
        generating = f"g{self.generator.prefix}" if self.generator is not None else "generator"
        kept = {n: v for n, v in base.items() if n not in _PAGE_SOURCES and not n.startswith(generating)}
        room = CONTENT_LIMITS[self.account.high_limits]
        for name, identity in (("pageids", "pageid"), ("titles", "title")):
            wanted = [str(page[identity]) for page in late if ("pageid" in page) == (name == "pageids")]
            for at in range(0, len(wanted), room):
                params = {**kept, name: "|".join(wanted[at : at + room])}
                query = evolve(self, params=params, generator=None, rows=pages_of)
                fetched = yield from query.batch({}, {}, LoopGuard())
                merged.replace(fetched.rows)


def pages_of(body: Mapping[str, Any]) -> list[Row]:
    """The pages of a merged body."""
    return body["query"].get("pages", [])


def rows_of(module: str, body: Mapping[str, Any]) -> list[Row]:
    """The rows of one list in a merged body."""
    if module == "watchlistraw":  # the one list that stands outside `query`
        return body.get(module, [])
    rows = body["query"].get(module, [])
    return rows.get("results", []) if isinstance(rows, Mapping) else rows  # querypage wraps its rows


def only_rows_of(module: str, body: Mapping[str, Any]) -> list[Row]:
    """The rows of the only list of a query. ProtocolError where they are not to be found under its name."""
    rows = body["query"].get(module)
    if isinstance(rows, Mapping) and module != "querypage":
        lists = [value for value in rows.values() if isinstance(value, list)]
        if len(lists) == 1:
            return lists[0]
    elif rows is not None or module in body or not body["query"]:
        return rows_of(module, body)
    raise ProtocolError(
        f"list={module} answers in a form of its own ({', '.join(body['query'])}): read it through "
        f"site.query(list={module!r}).batches()"
    )


def row_key(row: Row) -> str:
    """What identifies a row of a list: the id of the event it tells of, or all of it, since lists have no common id."""
    for name in ("rcid", "logid"):
        if name in row:
            return f"{name}{row[name]}"
    text = json.dumps(row, sort_keys=True, separators=(",", ":"))
    return base64.urlsafe_b64encode(hashlib.blake2b(text.encode(), digest_size=9).digest()).decode()


def _continuation(body: Mapping[str, Any]) -> Continuation | None:
    block = body.get("continue")
    # The wiki's values are opaque, and some are numbers.
    return {str(name): str(value) for name, value in block.items()} if isinstance(block, Mapping) else None
