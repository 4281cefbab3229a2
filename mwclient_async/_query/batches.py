"""Batch sequences: the batches of a run, one after the other.

A sequence reserves one batch at a time and returns a function that fetches it (a ``FetchBatch``). In a continued query
each batch begins where the batch before it ended, so that only one fetch can be in flight (``serial``). The batches of
a list of inputs are independent, so that several can be in flight. A sequence changes its state only when a fetch has
succeeded. Otherwise the same fetch can run again: nothing is lost if one is cancelled.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any, Generic, Protocol, TypeVar

import anyio
from attrs import evolve, field, frozen

from mwclient_async._http.conversion import Row, unchanged
from mwclient_async._query.continuation import BatchSource, Continuation, FetchedBatch
from mwclient_async._query.loop_guard import LoopGuard
from mwclient_async._query.page_set import Input, PageSet
from mwclient_async._session.run_flow import Send, run_flow
from mwclient_async._values.cursor import Cursor
from mwclient_async.errors import CursorMismatch

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

OnSent = Callable[[], None]
Sleep = Callable[[float], Awaitable[None]]
ConvertRow = Callable[[Row], T]

_MOST_REPEATS = 20  # an endless source of one title must not be read forever


@frozen(kw_only=True)
class StreamSpec:
    """The start, the limit and the form of a stream: everything except what it requests."""

    start: Cursor
    limit: int | None = None
    raw: bool = False
    merged: bool = True
    distinct: bool = False


@frozen(kw_only=True)
class LoadedBatch(Generic[T_co]):
    """A batch that was fetched and converted. ``cursor_at(n)`` is the position after its first n items."""

    items: list[T_co]
    fetched: FetchedBatch
    cursor_at: Callable[[int], Cursor] = field(repr=False)


FetchBatch = Callable[[OnSent | None], Awaitable[LoadedBatch[T]]]


class BatchSequence(Protocol[T_co]):
    """The batches of one run."""

    @property
    def serial(self) -> bool:
        """Whether a fetch can be reserved only after the one before it has succeeded."""
        ...

    async def next_fetch(self) -> FetchBatch[T_co] | None:
        """The function that fetches the next batch, or None at the end."""
        ...

    async def aclose(self) -> None:
        """Release what is kept from one batch to the next."""
        ...


class ContinuedBatches(Generic[T]):
    """The batches of a query, a list or a history. Each batch has the continuation of the next one."""

    serial = True

    def __init__(
        self,
        spec: StreamSpec,
        send: Send,
        prepare: Callable[[], Awaitable[BatchSource]],
        make_converter: Callable[[], ConvertRow[T]],
        *,
        sleep: Sleep = anyio.sleep,
    ) -> None:
        self._spec = spec
        self._sleep = sleep
        self._send = send
        self._prepare = prepare
        self._make_converter = make_converter
        self._next_continue = spec.start.continuation
        self._sent_limits = spec.start.limits
        self._already_given = Counter(spec.start.given)  # what the cursor says was handed out
        self._wanted = spec.limit
        self._guard = LoopGuard()
        self._seen_keys: set[str] = set()  # for distinct streams
        self._source: BatchSource | None = None

    async def next_fetch(self) -> FetchBatch[T] | None:
        if self._next_continue is None or self._wanted == 0:
            return None
        if self._source is None:
            source = await self._prepare()
            self._source = source if self._spec.merged else source.as_fragments()
            self._convert = self._make_converter()
        return self._fetch

    async def _fetch(self, on_sent: OnSent | None) -> LoadedBatch[T]:
        source, start = self._source, self._next_continue
        assert source is not None
        assert start is not None
        # A distinct stream drops rows, so that the number of wanted items must not make its requests small.
        wanted = None if self._spec.distinct else self._wanted
        limits = source.limits(wanted=wanted, sent=self._sent_limits)
        guard = evolve(self._guard)  # a copy: a fetch that fails or is cancelled does not change it
        fetched = await self._fetch_batch(source, start, limits, guard, on_sent)
        repeated, fresh = self._divide(source, fetched.rows)
        kept = fresh if self._wanted is None else fresh[: self._wanted]
        items: list[Any] = kept if self._convert is unchanged else list(map(self._convert, kept))
        # Nothing below this line can fail.
        self._guard = guard
        self._sent_limits = {} if fetched.complete else limits
        self._settle(source, repeated, kept)
        # If rows beyond the limit were fetched, they are not handed out: the run ends within this batch.
        self._next_continue = fetched.next_continue if len(kept) == len(fresh) else None
        before = self._cursor(start, limits)
        coming_again = tuple(map(source.row_key, fetched.coming_again))
        after = self._cursor(fetched.next_continue, self._sent_limits, coming_again)
        cursor_at = self._cursors(source, (repeated, kept), before, after, ends_at=len(fresh))
        self._already_given.update(coming_again)
        return LoadedBatch(items=items, fetched=fetched, cursor_at=cursor_at)

    def _cursor(
        self, continuation: Continuation | None, limits: Mapping[str, int], given: tuple[str, ...] = ()
    ) -> Cursor:
        start = self._spec.start
        return Cursor(
            wiki=start.wiki, fingerprint=start.fingerprint, continuation=continuation, limits=limits, given=given
        )

    async def _fetch_batch(
        self,
        source: BatchSource,
        start: Continuation,
        limits: Mapping[str, int],
        guard: LoopGuard,
        on_sent: OnSent | None,
    ) -> FetchedBatch:
        return await run_flow(source.batch(start, limits, guard), self._send, on_sent=on_sent, sleep=self._sleep)

    async def aclose(self) -> None:
        """Do nothing: each batch is a request of its own."""

    def _divide(self, source: BatchSource, rows: list[Row]) -> tuple[list[Row], list[Row]]:
        """The rows that were handed out before (see the cursor, or an earlier batch), and the fresh ones."""
        if not self._already_given and not self._spec.distinct:
            return [], rows
        given = self._already_given.copy()
        keys_here: set[str] = set()
        repeated: list[Row] = []
        fresh: list[Row] = []
        for row in rows:
            key = source.row_key(row)
            if given[key] > 0:
                given[key] -= 1
                repeated.append(row)
            elif self._spec.distinct and (key in self._seen_keys or key in keys_here):
                repeated.append(row)
            else:
                fresh.append(row)
            keys_here.add(key)
        return repeated, fresh

    def _settle(self, source: BatchSource, repeated: list[Row], kept: list[Row]) -> None:
        """Count the rows of a batch that is fetched."""
        if self._wanted is not None:
            self._wanted -= len(kept)
        if self._spec.distinct:
            self._seen_keys.update(map(source.row_key, (*repeated, *kept)))
        if self._already_given:
            # New rows may have pushed rows of the cursor's batch far down: their keys are kept until they have come.
            self._already_given = +(self._already_given - Counter(map(source.row_key, repeated)))

    def _cursors(
        self, source: BatchSource, rows: tuple[list[Row], list[Row]], before: Cursor, after: Cursor, *, ends_at: int
    ) -> Callable[[int], Cursor]:
        """The function that gives the cursor after n items of a batch.

        ``rows`` are the repeated and the kept ones; ``before`` and ``after`` are the cursors around the batch, and
        ``ends_at`` is the number of items with which it is finished.
        """
        repeated, kept = rows
        left_over = tuple(self._already_given.elements())
        keys: list[str] = []

        def cursor_at(count: int) -> Cursor:
            if count == ends_at:
                return evolve(after, given=(*after.given, *left_over))
            keys.extend(source.row_key(row) for row in (*repeated, *kept)[len(keys) : len(repeated) + count])
            return evolve(before, given=(*keys[: len(repeated) + count], *left_over))

        return cursor_at


class TitleBatches(Generic[T]):
    """The pages of a list of titles or ids, as many at a time as one request takes, in the order of the inputs.

    The cursor is the number of inputs that have their page and a running hash of these inputs. A resumed run skips that
    many inputs and checks that they are the same.
    """

    def __init__(
        self,
        spec: StreamSpec,
        send: Send,
        inputs: AsyncIterator[Input],
        prepare: Callable[[], Awaitable[PageSet]],
        make_converter: Callable[[], ConvertRow[T]],
    ) -> None:
        self._spec = spec
        self._send = send
        self._inputs = inputs
        self._prepare = prepare
        self._make_converter = make_converter
        self._wanted = spec.limit
        self._pages: PageSet | None = None
        self._count = 0
        self._digest = hashlib.sha256()
        self._taken: list[Input] = []
        self._different: set[Input] = set()
        if spec.distinct or not spec.merged:
            raise ValueError("pages() gives one page for each input: distinct() and fragments() are for queries")

    @property
    def serial(self) -> bool:
        """Whether the first response has to come first: it says how many pages the account may ask for at a time."""
        return self._pages is not None and not self._pages.knows_account

    async def next_fetch(self) -> FetchBatch[T] | None:
        if self._spec.start.continuation is None or self._wanted == 0:
            return None
        if self._pages is None:
            await self._skip(self._spec.start.continuation)
            if not await self._take(1):  # without inputs, no request is sent
                return None
            self._pages = await self._prepare()
            self._convert = self._make_converter()
        await self._take(self._pages.room)
        if not self._taken:
            return None
        taken, self._taken, self._different = self._taken, [], set()
        if self._wanted is not None:
            self._wanted -= len(taken)
        return self._reserve(taken)

    async def aclose(self) -> None:
        """Do nothing: each batch is a request of its own."""

    async def _take(self, room: int) -> bool:
        """Take inputs until one request is full: it has room for so many different inputs.

        Returns whether there are any.
        """
        most = _MOST_REPEATS * room if self._wanted is None else min(self._wanted, _MOST_REPEATS * room)
        while len(self._different) < room and len(self._taken) < most:
            try:
                value = await anext(self._inputs)
            except StopAsyncIteration:
                break
            self._taken.append(value)
            self._different.add(value)
        return bool(self._taken)

    def _reserve(self, taken: list[Input]) -> FetchBatch[T]:
        """The function that fetches the pages of these inputs."""
        pages, convert, begin = self._pages, self._convert, self._count
        assert pages is not None
        digests = [self._digest.hexdigest(), *(self._hash(value) for value in taken)]

        def cursor_at(count: int) -> Cursor:
            position = {"inputs": str(begin + count), "digest": digests[count]}
            return evolve(self._spec.start, continuation=position, limits={}, given=())

        async def fetch(on_sent: OnSent | None) -> LoadedBatch[T]:
            fetched = await run_flow(pages.fetch(taken), self._send, on_sent=on_sent)
            return LoadedBatch(items=[convert(row) for row in fetched.rows], fetched=fetched, cursor_at=cursor_at)

        return fetch

    async def _skip(self, position: Continuation) -> None:
        """Skip the inputs before the cursor. Raises CursorMismatch if they are not those of the cursor."""
        count, digest = position.get("inputs", "0"), position.get("digest", self._digest.hexdigest())
        if not count.isdecimal():
            raise CursorMismatch(f"the cursor's number of inputs is {count!r}, which is not a number")
        while self._count < int(count):
            try:
                self._hash(await anext(self._inputs))
            except StopAsyncIteration:
                raise CursorMismatch(
                    f"the cursor comes after {count} inputs, but the source has only {self._count}"
                ) from None
        if digest != self._digest.hexdigest():
            raise CursorMismatch(
                f"the first {count} inputs are not those of the cursor: pass the same ones, in the same order"
            )

    def _hash(self, value: Input) -> str:
        self._count += 1
        self._digest.update(f"{value!r}\n".encode("utf-8", "surrogatepass"))
        return self._digest.hexdigest()
