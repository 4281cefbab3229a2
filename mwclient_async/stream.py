"""Streams: a query or a history as an async iterator, for both APIs.

A :class:`Stream` is a value: it says what to fetch and can be iterated any number of times. A :class:`Run` is one walk
over it and knows where it stands. A plain ``async for`` starts no task; ``open(read_ahead=1)`` owns a task group in
which the next batch is fetched while the consumer works on this one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from types import TracebackType
from typing import Any, Generic, Self, TypeVar

import anyio
from anyio.abc import TaskGroup
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream
from attrs import evolve, field, frozen

from mwclient_async.driving import Send, drive
from mwclient_async.errors import ContinuationLoop, CursorMismatch, MediaWikiError
from mwclient_async.models.batch import Batch
from mwclient_async.models.values import Cursor, fingerprint
from mwclient_async.sansio.continuing import Fetched, LoopGuard, Pager, Repeated, Row

T = TypeVar("T")


@frozen(kw_only=True)
class Stream(Generic[T]):
    """Items of a wiki, fetched as they are asked for. Immutable; iterate it with ``async for``.

    Memory is one batch (and the read-ahead, where one was opened), however long the stream is. Every error raised while
    streaming carries ``.cursor``, the place to resume from.
    """

    _prepare: Callable[[], Awaitable[Pager]] = field(repr=False)
    _convert: Callable[[], Callable[[Row], T]] = field(repr=False)
    _send: Send = field(repr=False)
    _wiki: str
    _fingerprinted: Mapping[str, str]
    _limit: int | None = None
    _start: Cursor | None = None
    _not_iterable: str | None = None

    def __aiter__(self) -> Run[T]:
        if self._not_iterable is not None:
            raise ValueError(self._not_iterable)
        return Run(self)

    def open(self, *, read_ahead: int = 0) -> OpenRun[T]:
        """One walk as an async context manager: ``async with stream.open(read_ahead=1) as run``.

        The run is iterated like the stream and has ``run.cursor``, the position after the last item given. With
        ``read_ahead=n`` up to n further batches are fetched while the consumer works.
        """
        if read_ahead < 0:
            raise ValueError(f"read_ahead={read_ahead}: a number of batches, 0 or more")
        return OpenRun(self.__aiter__(), read_ahead)

    def batches(self) -> Batches[T]:
        """Whole batches, empty ones too, with the lists, the meta data and the cursor of each."""
        return Batches(Run(self))

    def resume(self, cursor: Cursor | str) -> Stream[T]:
        """The same stream from a stored cursor on. A ``limit`` counts from there.

        On an unchanged wiki exactly the rest comes; on a changed one nothing that stayed is missed. Raises
        CursorMismatch for a cursor of another wiki or query, naming what differs, and ValueError for a text that is no
        cursor.
        """
        start = Cursor.parse(cursor) if isinstance(cursor, str) else cursor
        if start.wiki != self._wiki:
            raise CursorMismatch(f"the cursor is of {start.wiki}, this stream of {self._wiki}")
        ours = fingerprint(self._fingerprinted)
        differing = sorted(n for n in {*ours, *start.fingerprint} if ours.get(n) != start.fingerprint.get(n))
        if differing:
            raise CursorMismatch(
                f"the cursor is of another query: {', '.join(differing)} differ{'s' * (len(differing) == 1)}"
            )
        return evolve(self, start=start)

    def mappings(self) -> Stream[Mapping[str, Any]]:
        """The same items as the wiki sent them, not converted."""
        raw: Any = self
        return evolve(raw, convert=lambda: _as_it_is)

    async def first(self) -> T | None:
        """The first item, or None when there is none; no more than one is asked for."""
        async for item in evolve(self, limit=1):
            return item
        return None

    async def collect(self) -> list[T]:
        """All items, in order."""
        return [item async for item in self]


def _as_it_is(row: Row) -> Mapping[str, Any]:
    return row


@frozen(kw_only=True)
class _Loaded(Generic[T]):
    """A batch in hand: its rows, of which the first ``skip`` were handed out before the stream was resumed."""

    start: Mapping[str, str]
    limits: Mapping[str, int]
    rows: list[Row]
    items: list[T]
    skip: int
    carried: tuple[str, ...]
    fetched: Fetched


class _Feed(Generic[T]):
    """Fetches batch after batch; knows where the next one starts and how many items are still wanted."""

    def __init__(self, stream: Stream[T]) -> None:
        self._stream = stream
        start = stream._start or Cursor(wiki=stream._wiki, fingerprint={})  # noqa: SLF001 - two halves of one concept
        self._next = start.continuation
        self._sent = start.limits
        self._given = Counter(start.given)
        self._reach = max(start.limits.values(), default=0)  # how many rows the batch of the cursor may have had
        self._want = stream._limit  # noqa: SLF001
        self._guard = LoopGuard()
        self.pager: Pager | None = None
        self._convert: Callable[[Row], T] | None = None

    async def fetch(self) -> _Loaded[T] | None:
        """The next batch, or None at the end."""
        start = self._next
        if start is None or self._want == 0:
            return None
        stream = self._stream
        if self.pager is None or self._convert is None:
            self.pager = await stream._prepare()  # noqa: SLF001
            self._convert = stream._convert()  # noqa: SLF001
        limits = self.pager.limits(want=self._want, sent=self._sent)
        try:
            fetched = await drive(self.pager.batch(start, limits, self._guard), stream._send)  # noqa: SLF001
        except Repeated:
            raise ContinuationLoop(
                "the wiki repeats its `continue` and would answer the same for ever; often one row is larger than its "
                "$wgAPIMaxResultSize: ask for less of each row"
            ) from None
        rows, skip = self._without_given(fetched.rows)
        kept = rows if self._want is None else rows[: skip + self._want]
        loaded = _Loaded(
            start=start,
            limits=limits,
            rows=kept,
            items=[self._convert(row) for row in kept[skip:]],
            skip=skip,
            carried=tuple(self._given.elements()),
            fetched=fetched,
        )
        if self._want is not None:
            self._want -= len(kept) - skip
        self._sent = {}
        # Rows beyond the limit were fetched and not given: the cursor must still be in this batch, so this is the end.
        self._next = fetched.following if len(kept) == len(rows) else None
        return loaded

    def _without_given(self, rows: list[Row]) -> tuple[list[Row], int]:
        """The rows with those that were handed out before in front, and how many those are."""
        if not self._given or self.pager is None:
            return rows, 0
        before, after = [], []
        for row in rows:
            key = self.pager.key(row)
            if self._given[key] > 0:
                self._given[key] -= 1
                before.append(row)
            else:
                after.append(row)
        self._given = +self._given
        self._reach -= len(rows)
        if self._reach <= 0:  # the cursor's batch has been seen in full: what is left of it is gone from the wiki
            self._given.clear()
        return before + after, len(before)


class Run(AsyncIterator[T]):
    """One walk over a stream. ``cursor`` is the position after the last item given."""

    def __init__(self, stream: Stream[T]) -> None:
        self._stream = stream
        self._feed = _Feed(stream)
        self._next_batch: Callable[[], Awaitable[_Loaded[T] | None]] = self._feed.fetch
        self._loaded: _Loaded[T] | None = None
        self._at = 0
        self._failed: MediaWikiError | None = None

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> T:
        while self._loaded is None or self._at >= len(self._loaded.items):
            if not await self._load():
                raise StopAsyncIteration
            assert self._loaded is not None
        self._at += 1
        return self._loaded.items[self._at - 1]

    @property
    def cursor(self) -> Cursor:
        """The position after the last item given: store it, and ``stream.resume`` gives the rest."""
        stream, loaded = self._stream, self._loaded
        here = Cursor(wiki=stream._wiki, fingerprint=fingerprint(stream._fingerprinted))  # noqa: SLF001
        if loaded is None:
            return here if stream._start is None else stream._start  # noqa: SLF001
        whole = loaded.skip + len(loaded.items) == len(loaded.rows) == len(loaded.fetched.rows)
        if whole and self._at >= len(loaded.items):
            return evolve(here, continuation=loaded.fetched.following, given=loaded.carried)
        assert self._feed.pager is not None
        keys = tuple(map(self._feed.pager.key, loaded.rows[: loaded.skip + self._at]))
        return evolve(here, continuation=loaded.start, limits=loaded.limits, given=keys + loaded.carried)

    async def next_batch(self) -> Batch[T] | None:
        """The rest of the current batch, or the whole next one; None at the end."""
        if (self._loaded is None or self._at >= len(self._loaded.items)) and not await self._load():
            return None
        loaded = self._loaded
        assert loaded is not None
        items = tuple(loaded.items[self._at :])
        self._at = len(loaded.items)
        fetched = loaded.fetched
        return Batch(
            items=items,
            cursor=self.cursor,
            body=fetched.body,
            lists=fetched.lists,
            meta=fetched.meta,
            warnings=fetched.warnings,
        )

    async def _load(self) -> bool:
        try:
            loaded = await self._next_batch()
        except MediaWikiError as error:
            error.cursor = self.cursor
            raise
        if loaded is None:
            return False
        self._loaded, self._at = loaded, 0
        return True

    async def _read_ahead(self, outbox: MemoryObjectSendStream[_Loaded[T] | MediaWikiError | ValueError]) -> None:
        """Fetch batches into the outbox until the end; an error is the last thing in it."""
        async with outbox:
            try:
                while (loaded := await self._feed.fetch()) is not None:
                    await outbox.send(loaded)
            except (MediaWikiError, ValueError) as error:
                await outbox.send(error)

    def _receive_from(self, inbox: MemoryObjectReceiveStream[_Loaded[T] | MediaWikiError | ValueError]) -> None:
        async def receive() -> _Loaded[T] | None:
            try:
                got = await inbox.receive()
            except anyio.EndOfStream:
                return None
            if isinstance(got, Exception):
                raise got
            return got

        self._next_batch = receive


class OpenRun(Generic[T]):
    """What ``stream.open()`` gives: an async context manager around one run."""

    def __init__(self, run: Run[T], read_ahead: int) -> None:
        self._run = run
        self._depth = read_ahead
        self._tasks: TaskGroup | None = None

    async def __aenter__(self) -> Run[T]:
        if self._depth:
            # One batch is in the hand of the sender that waits; the buffer holds the others.
            outbox, inbox = anyio.create_memory_object_stream[Any](self._depth - 1)
            self._inbox = inbox
            self._run._receive_from(inbox)  # noqa: SLF001 - the other half of one concept
            self._tasks = await anyio.create_task_group().__aenter__()
            self._tasks.start_soon(self._run._read_ahead, outbox)  # noqa: SLF001
        return self._run

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._tasks is not None:
            # The task group is not told of the consumer's own error, which it would wrap in an ExceptionGroup.
            self._tasks.cancel_scope.cancel()
            self._inbox.close()
            await self._tasks.__aexit__(None, None, None)


class Batches(AsyncIterator[Batch[T]]):
    """The batches of one run."""

    def __init__(self, run: Run[T]) -> None:
        self._run = run

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Batch[T]:
        batch = await self._run.next_batch()
        if batch is None:
            raise StopAsyncIteration
        return batch
