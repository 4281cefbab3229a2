"""Feeds: where the batches of a run come from.

A feed reserves one batch at a time and gives a job that fetches it. In a chain each batch begins where the one before
it ended, so the jobs are serial; the batches of a list of inputs are independent, so that several can be on their
way. A feed changes its state only when a job has succeeded, or can run the same job again: nothing is lost when one
is cancelled.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Generic, Protocol, TypeVar

import anyio
from attrs import evolve, field, frozen

from mwclient_async._http.run_flow import Send, run_flow
from mwclient_async._query.continuation import (
    BatchSource,
    Continuation,
    FetchedBatch,
    LoopGuard,
    RepeatedContinueError,
    Row,
)
from mwclient_async._query.page_set import Input, PageSet
from mwclient_async._values.cursor import Cursor
from mwclient_async.errors import ContinuationLoop, CursorMismatch

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

OnSent = Callable[[], None]
Sleep = Callable[[float], Awaitable[None]]
Convert = Callable[[Row], T]


@frozen(kw_only=True)
class StreamSpec:
    """How far and in what form a stream is walked: everything about it but what it asks for."""

    start: Cursor
    limit: int | None = None
    raw: bool = False
    merged: bool = True
    distinct: bool = False


@frozen(kw_only=True)
class LoadedBatch(Generic[T_co]):
    """A batch in hand. ``cursor_at(n)`` is the position after its first n items."""

    items: list[T_co]
    fetched: FetchedBatch
    cursor_at: Callable[[int], Cursor] = field(repr=False)


FetchBatch = Callable[[OnSent | None], Awaitable[LoadedBatch[T]]]


class BatchSequence(Protocol[T_co]):
    """Where the batches of one run come from."""

    @property
    def serial(self) -> bool:
        """Whether a job can be reserved only when the one before it is done."""
        ...

    async def next_fetch(self) -> FetchBatch[T_co] | None:
        """The job that fetches the next batch, or None at the end."""
        ...


class ContinuedBatches(Generic[T]):
    """The batches of a query, a list or a history, each of which names the next."""

    serial = True

    def __init__(
        self,
        plan: StreamSpec,
        send: Send,
        prepare: Callable[[], Awaitable[BatchSource]],
        convert: Callable[[], Convert[T]],
        *,
        sleep: Sleep = anyio.sleep,
    ) -> None:
        self._plan = plan
        self._sleep = sleep
        self._send = send
        self._prepare = prepare
        self._make_convert = convert
        self._next = plan.start.continuation
        self._sent = plan.start.limits
        self._given = Counter(plan.start.given)
        self._want = plan.limit
        self._guard = LoopGuard()
        self._seen: set[str] = set()
        self._source: BatchSource | None = None

    async def next_fetch(self) -> FetchBatch[T] | None:
        if self._next is None or self._want == 0:
            return None
        if self._source is None:
            pager = await self._prepare()
            self._source = pager if self._plan.merged else pager.as_fragments()
            self._convert = self._make_convert()
        return self._fetch

    async def _fetch(self, on_sent: OnSent | None) -> LoadedBatch[T]:
        pager, start = self._source, self._next
        assert pager is not None
        assert start is not None
        # Rows that are given again take no part in the count, so that they must not make the requests small.
        limits = pager.limits(want=None if self._plan.distinct else self._want, sent=self._sent)
        guard = evolve(self._guard)  # a job that fails or is cancelled leaves no trace in it
        try:
            fetched = await run_flow(pager.batch(start, limits, guard), self._send, on_sent=on_sent, sleep=self._sleep)
        except RepeatedContinueError:
            raise ContinuationLoop(
                "the wiki repeats its `continue` and would answer the same for ever; often one row is larger than its "
                "$wgAPIMaxResultSize: ask for less of each row"
            ) from None
        given, fresh = self._divided(pager, fetched.rows)
        kept = fresh if self._want is None else fresh[: self._want]
        items = [self._convert(row) for row in kept]
        # From here on nothing can fail.
        self._guard = guard
        self._sent = {} if fetched.complete else limits
        self._settle(pager, given, kept)
        # Rows beyond the limit were fetched and are not given: the run ends within this batch.
        self._next = fetched.next_continue if len(kept) == len(fresh) else None
        left_over = tuple(self._given.elements())
        here, following, limits_after = self._plan.start, fetched.next_continue, self._sent
        keys: list[str] = []

        def cursor_at(count: int) -> Cursor:
            if count == len(fresh):
                return evolve(here, continuation=following, limits=limits_after, given=left_over)
            keys.extend(pager.key(row) for row in (*given, *kept)[len(keys) : len(given) + count])
            return evolve(here, continuation=start, limits=limits, given=(*keys[: len(given) + count], *left_over))

        return LoadedBatch(items=items, fetched=fetched, cursor_at=cursor_at)

    def _divided(self, pager: BatchSource, rows: list[Row]) -> tuple[list[Row], list[Row]]:
        """The rows that were handed out before, by the cursor or an earlier batch, and the fresh ones."""
        if not self._given and not self._plan.distinct:
            return [], rows
        before = self._given.copy()
        here: set[str] = set()
        given: list[Row] = []
        fresh: list[Row] = []
        for row in rows:
            key = pager.key(row)
            if before[key] > 0:
                before[key] -= 1
                given.append(row)
            elif self._plan.distinct and (key in self._seen or key in here):
                given.append(row)
            else:
                fresh.append(row)
            here.add(key)
        return given, fresh

    def _settle(self, pager: BatchSource, given: list[Row], kept: list[Row]) -> None:
        if self._want is not None:
            self._want -= len(kept)
        if self._plan.distinct:
            self._seen.update(map(pager.key, (*given, *kept)))
        if self._given:
            # Rows of the cursor's batch may have been pushed far down meanwhile: their keys stay until they have come.
            self._given = +(self._given - Counter(map(pager.key, given)))


class TitleBatches(Generic[T]):
    """The pages of a list of titles or ids, as many at a time as one request takes, in the order of the inputs.

    The cursor is the number of inputs that were answered and a running hash of them: a resumed run skips as many and
    checks that they are the same.
    """

    serial = False

    def __init__(
        self,
        plan: StreamSpec,
        send: Send,
        inputs: AsyncIterator[Input],
        prepare: Callable[[], Awaitable[PageSet]],
        convert: Callable[[], Convert[T]],
    ) -> None:
        self._plan = plan
        self._send = send
        self._inputs = inputs
        self._prepare = prepare
        self._make_convert = convert
        self._want = plan.limit
        self._pages: PageSet | None = None
        self._count = 0
        self._digest = hashlib.sha256()
        self._taken: list[Input] = []
        self._different: set[Input] = set()
        if plan.distinct or not plan.merged:
            raise ValueError("pages() gives one answer for each input: distinct() and fragments() are for queries")

    async def next_fetch(self) -> FetchBatch[T] | None:
        if self._plan.start.continuation is None or self._want == 0:
            return None
        if self._pages is None:
            await self._skip(self._plan.start.continuation)
            if not await self._take(1):  # with nothing asked, the wiki is not asked who we are
                return None
            self._pages = await self._prepare()
            self._convert = self._make_convert()
        await self._take(self._pages.room)
        if not self._taken:
            return None
        taken, self._taken, self._different = self._taken, [], set()
        if self._want is not None:
            self._want -= len(taken)
        return self._job(taken)

    async def _take(self, room: int) -> bool:
        """Take inputs for one request, as many different ones as have room in it; whether there are any."""
        most = _MOST_REPEATS * room if self._want is None else min(self._want, _MOST_REPEATS * room)
        while len(self._different) < room and len(self._taken) < most:
            try:
                value = await anext(self._inputs)
            except StopAsyncIteration:
                break
            self._taken.append(value)
            self._different.add(value)
        return bool(self._taken)

    def _job(self, taken: list[Input]) -> FetchBatch[T]:
        pages, convert, begin = self._pages, self._convert, self._count
        assert pages is not None
        digests = [self._digest.hexdigest(), *(self._hash(value) for value in taken)]

        def cursor_at(count: int) -> Cursor:
            place = {"inputs": str(begin + count), "digest": digests[count]}
            return evolve(self._plan.start, continuation=place, limits={}, given=())

        async def run(on_sent: OnSent | None) -> LoadedBatch[T]:
            fetched = await run_flow(pages.fetch(taken), self._send, on_sent=on_sent)
            return LoadedBatch(items=[convert(row) for row in fetched.rows], fetched=fetched, cursor_at=cursor_at)

        return run

    async def _skip(self, place: Continuation) -> None:
        count, digest = place.get("inputs", "0"), place.get("digest", self._digest.hexdigest())
        if not count.isdecimal():
            raise CursorMismatch(f"the cursor stands after {count!r} inputs, which is no number")
        while self._count < int(count):
            try:
                self._hash(await anext(self._inputs))
            except StopAsyncIteration:
                raise CursorMismatch(
                    f"the cursor stands after {count} inputs, but there are only {self._count}"
                ) from None
        if digest != self._digest.hexdigest():
            raise CursorMismatch(
                f"the first {count} inputs are not those of the cursor: give the same ones, in the same order"
            )

    def _hash(self, value: Input) -> str:
        self._count += 1
        self._digest.update(f"{value!r}\n".encode("utf-8", "surrogatepass"))
        return self._digest.hexdigest()


_MOST_REPEATS = 20  # an endless source of one title must not be read for ever
