"""Streams: a query, a history or a list of titles as an async iterator, for both APIs.

A :class:`Stream` is a value: it says what to fetch and can be iterated any number of times. A :class:`Run` is one
walk over it and knows where it stands. A plain ``async for`` starts no task; ``open(read_ahead=1)`` owns a task group
in which the next batch is fetched while the consumer works on this one.
"""

from __future__ import annotations

import math
from collections.abc import AsyncIterator, Callable, Mapping
from types import TracebackType
from typing import Any, Generic, Self, TypeVar

import anyio
from anyio.abc import TaskGroup
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream
from attrs import define, evolve, field, frozen

from mwclient_async._query.batches import BatchSequence, FetchBatch, LoadedBatch, StreamSpec
from mwclient_async._values.cursor import Cursor, fingerprint
from mwclient_async.errors import CursorMismatch, MediaWikiError
from mwclient_async.models.batch import Batch

T = TypeVar("T")

_HANDOVER = 0.05  # seconds that a consumer waits at most for the next request to be on the wire


@frozen(kw_only=True)
class Stream(Generic[T]):
    """Items of a wiki, fetched as they are asked for. Immutable; iterate it with ``async for``.

    Memory is one batch (and the read-ahead, where one was opened), however long the stream is. Every error raised while
    streaming carries ``.cursor``, the place to resume from.
    """

    _feed: Callable[[StreamSpec], BatchSequence[T]] = field(repr=False)
    _plan: StreamSpec
    _not_iterable: str | None = None
    _followed: Callable[[float, float], Stream[T]] | None = field(default=None, repr=False)

    @classmethod
    def over(
        cls,
        feed: Callable[[StreamSpec], BatchSequence[T]],
        *,
        wiki: str,
        fingerprinted: Mapping[str, str],
        limit: int | None = None,
        not_iterable: str | None = None,
        followed: Callable[[float, float], Stream[T]] | None = None,
    ) -> Self:
        """The stream of a feed; ``fingerprinted`` are the parameters that a cursor of it must share."""
        start = Cursor(wiki=wiki, fingerprint=fingerprint(fingerprinted))
        return cls(feed=feed, plan=StreamSpec(start=start, limit=limit), not_iterable=not_iterable, followed=followed)

    def __aiter__(self) -> StreamRun[T]:
        if self._not_iterable is not None:
            raise ValueError(self._not_iterable)
        return StreamRun(self._feed(self._plan), self._plan.start)

    def open(self, *, read_ahead: int = 0) -> OpenStream[T]:
        """One walk as an async context manager: ``async with stream.open(read_ahead=1) as run``.

        The run is iterated like the stream and has ``run.cursor``, the position after the last item given. With
        ``read_ahead=n`` up to n further batches are fetched while the consumer works; their requests are on the wire
        before it gets an item.
        """
        if read_ahead < 0:
            raise ValueError(f"read_ahead={read_ahead}: a number of batches, 0 or more")
        return OpenStream(self, read_ahead)

    def batches(self) -> BatchIterator[T]:
        """Whole batches, empty ones too, with the lists, the meta data and the cursor of each."""
        return BatchIterator(StreamRun(self._feed(self._plan), self._plan.start))

    def resume(self, cursor: Cursor | str) -> Self:
        """The same stream from a stored cursor on. A ``limit`` counts from there.

        On an unchanged wiki exactly the rest comes; on a changed one nothing that stayed is missed. Raises
        CursorMismatch for a cursor of another wiki or query, naming what differs, and ValueError for a text that is no
        cursor.
        """
        start = Cursor.parse(cursor) if isinstance(cursor, str) else cursor
        ours, theirs = self._plan.start, start
        if theirs.wiki != ours.wiki:
            raise CursorMismatch(f"the cursor is of {theirs.wiki}, this stream of {ours.wiki}")
        names = {*ours.fingerprint, *theirs.fingerprint}
        differing = sorted(name for name in names if ours.fingerprint.get(name) != theirs.fingerprint.get(name))
        if differing:
            raise CursorMismatch(f"the cursor is of another query, which differs in: {', '.join(differing)}")
        return evolve(self, plan=evolve(self._plan, start=start))

    def mappings(self) -> Stream[Mapping[str, Any]]:
        """The same items as the wiki sent them, not converted."""
        return self._planned(raw=True)

    def fragments(self) -> Self:
        """The same query reply by reply, unmerged: for pages whose rows (links, revisions) are too many for memory.

        A page comes as often as replies name it, each time with the part of its properties that the reply has.
        """
        return self._planned(merged=False)

    def follow(self, *, every: float = 10.0, overlap: float = 60.0) -> Stream[T]:
        """The same list without an end: what is new, as it comes, oldest first, each event once.

        For ``site.list`` of recentchanges, logevents, usercontribs and watchlist. It begins at the list's ``start``,
        or now, and asks again ``every`` so many seconds, going back ``overlap`` seconds each time for events that
        became visible late; an event that is later than that is missed. ``run.cursor`` and ``error.cursor`` go on
        where it was, in another process, too: ``stream.follow().resume(cursor)``.

        Raises ValueError for a stream that cannot be followed. See https://www.mediawiki.org/wiki/API:RecentChanges.
        """
        if self._followed is None:
            raise ValueError("only lists of events can be followed: site.list('recentchanges').follow(), for example")
        if not 0 <= every < math.inf or not 0 <= overlap < math.inf:
            raise ValueError(f"every={every!r}, overlap={overlap!r}: give numbers of seconds, 0 or more")
        if self._plan.start.continuation != {}:
            raise ValueError("the cursor of a list is none of what follows it: say stream.follow().resume(cursor)")
        stream = self._followed(every, overlap)
        return evolve(stream, plan=evolve(stream._plan, limit=self._plan.limit, raw=self._plan.raw))  # noqa: SLF001

    def distinct(self) -> Self:
        """Each item once, where a generator or a list names it again.

        Remembers a key of every item given; a resumed stream begins to remember anew.
        """
        return self._planned(distinct=True)

    async def first(self) -> T | None:
        """The first item, or None when there is none; no more than one is asked for."""
        one: Stream[T] = self._planned(limit=1 if self._plan.limit is None else min(1, self._plan.limit))
        async for item in one:
            return item
        return None

    async def collect(self) -> list[T]:
        """All items, in order."""
        return [item async for item in self]

    def _planned(self, **changes: Any) -> Any:
        return evolve(self, plan=evolve(self._plan, **changes))


class StreamRun(AsyncIterator[T]):
    """One walk over a stream. ``cursor`` is the position after the last item given.

    A run that has failed stays failed: it raises the same error again, and ``stream.resume(error.cursor)`` goes on.
    """

    def __init__(self, feed: BatchSequence[T], start: Cursor) -> None:
        self._feed = feed
        self._start = start
        self._job: FetchBatch[T] | None = None
        self._inbox: MemoryObjectReceiveStream[_Slot[T]] | None = None
        self._slot: _Slot[T] | None = None
        self._loaded: LoadedBatch[T] | None = None
        self._at = 0
        self._failed: Exception | None = None
        self._loading = anyio.Lock()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> T:
        while self._loaded is None or self._at >= len(self._loaded.items):
            if not await self._load(self._loaded):
                raise StopAsyncIteration
        self._at += 1
        return self._loaded.items[self._at - 1]

    @property
    def cursor(self) -> Cursor:
        """The position after the last item given: store it, and ``stream.resume`` gives the rest."""
        return self._start if self._loaded is None else self._loaded.cursor_at(self._at)

    async def next_batch(self) -> Batch[T] | None:
        """The rest of the current batch, or the whole next one; None at the end."""
        done = self._loaded
        if (done is None or self._at >= len(done.items)) and not await self._load(done):
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

    async def _load(self, done: LoadedBatch[T] | None) -> bool:
        """Load the batch after the one that is done with.

        False at the end. Tasks that share a run wait for one another.
        """
        async with self._loading:
            if self._loaded is not done:
                return True  # another task has loaded it
            if self._failed is not None:
                raise self._failed
            try:
                loaded = await (self._fetch() if self._inbox is None else self._receive(self._inbox))
            except Exception as error:
                if isinstance(error, MediaWikiError):
                    error.cursor = self.cursor
                self._failed = error
                raise
            if loaded is not None:
                self._loaded, self._at = loaded, 0
            return loaded is not None

    async def _fetch(self) -> LoadedBatch[T] | None:
        # A job stays at hand until it is done: one that is cancelled runs again.
        self._job = self._job or await self._feed.next_fetch()
        if self._job is None:
            return None
        loaded = await self._job(None)
        self._job = None
        return loaded

    async def _receive(self, inbox: MemoryObjectReceiveStream[_Slot[T]]) -> LoadedBatch[T] | None:
        try:
            self._slot = slot = self._slot or await inbox.receive()
        except anyio.EndOfStream:
            return None
        except anyio.ClosedResourceError:
            raise RuntimeError("this run was left: iterate it inside its `async with stream.open() as run:`") from None
        await slot.done.wait()
        if slot.error is not None:
            raise slot.error
        with anyio.move_on_after(_HANDOVER):
            await slot.followed.wait()  # a consumer that blocks the loop must not keep the next request from the wire
        self._slot = None
        return slot.loaded


@define(eq=False)
class _Slot(Generic[T]):
    """A batch that is on its way.

    ``followed`` is set when the request for the next one is on the wire, or never will be.
    """

    done: anyio.Event = field(factory=anyio.Event)
    followed: anyio.Event = field(factory=anyio.Event)
    loaded: LoadedBatch[T] | None = None
    error: Exception | None = None


class OpenStream(Generic[T]):
    """What ``stream.open()`` gives: an async context manager around one run."""

    def __init__(self, stream: Stream[T], read_ahead: int) -> None:
        self._run = aiter(stream)
        self._depth = read_ahead
        self._tasks: TaskGroup | None = None

    async def __aenter__(self) -> StreamRun[T]:
        if self._tasks is not None:
            raise RuntimeError("this run was opened before: call stream.open() for each walk")
        if self._depth:
            # One slot is in the hand of the task that waits to put it in; the buffer holds the others.
            outbox, inbox = anyio.create_memory_object_stream[_Slot[T]](self._depth - 1)
            self._run._inbox = inbox  # noqa: SLF001 - the other half of one concept
            self._tasks = await anyio.create_task_group().__aenter__()
            self._tasks.start_soon(self._reserve, self._tasks, outbox)
        return self._run

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._tasks is not None:
            # The task group is not told of the consumer's own error, which it would wrap in an ExceptionGroup.
            self._tasks.cancel_scope.cancel()
            if self._run._inbox is not None:  # noqa: SLF001 - as above
                self._run._inbox.close()  # noqa: SLF001
            await self._tasks.__aexit__(None, None, None)

    async def _reserve(self, tasks: TaskGroup, outbox: MemoryObjectSendStream[_Slot[T]]) -> None:
        """Start the jobs, in order, as far ahead as allowed."""
        feed = self._run._feed  # noqa: SLF001 - as above
        before: _Slot[T] = _Slot()
        before.done.set()
        async with outbox:
            while before.error is None:
                if feed.serial:
                    await before.done.wait()
                slot: _Slot[T] = _Slot()
                try:
                    job = await feed.next_fetch()
                except Exception as error:  # noqa: BLE001 - raised where the consumer gets there
                    slot.error = error
                    slot.done.set()
                    await outbox.send(slot)
                    break
                if job is None:
                    break
                tasks.start_soon(_fill, slot, job, before.followed.set)
                await outbox.send(slot)
                before = slot
            before.followed.set()


async def _fill(slot: _Slot[T], job: FetchBatch[T], on_sent: Callable[[], None]) -> None:
    try:
        slot.loaded = await job(on_sent)
    except Exception as error:  # noqa: BLE001 - raised where the consumer gets there
        slot.error = error
    slot.done.set()
    on_sent()


class BatchIterator(AsyncIterator[Batch[T]]):
    """The batches of one run."""

    def __init__(self, run: StreamRun[T]) -> None:
        self._run = run

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Batch[T]:
        batch = await self._run.next_batch()
        if batch is None:
            raise StopAsyncIteration
        return batch
