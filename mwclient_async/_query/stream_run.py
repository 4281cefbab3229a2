"""One iteration over a stream: its items, its batches, its position.

A plain ``async for`` starts no task; ``open(read_ahead=1)`` owns a task group in which the next batch is fetched while
the consumer works on the current one.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from operator import length_hint
from types import TracebackType
from typing import TYPE_CHECKING, Generic, NoReturn, Self, TypeVar

import anyio
from attrs import evolve

from mwclient_async import _query
from mwclient_async._query.asynchronous import AsynchronousIterable
from mwclient_async._query.batches import BatchSequence, FetchBatch, LoadedBatch
from mwclient_async._session.openable import AsynchronousContext
from mwclient_async._session.shared_resources import Owner
from mwclient_async._values.cursor import Cursor
from mwclient_async.errors import MediaWikiError
from mwclient_async.models.batch import Batch

if TYPE_CHECKING:
    from anyio.abc import TaskGroup
    from anyio.streams.memory import MemoryObjectReceiveStream

T = TypeVar("T")


class StreamRun(AsynchronousIterable, AsyncIterator[T]):
    """One iteration over a stream, as ``aiter(stream)`` or ``stream.open()`` begin it.

    Several tasks may iterate one run: each item goes to one of them. After an error, the run raises the same error
    again; ``stream.resume(error.cursor)`` continues. A step that is cancelled loses no item.
    """

    def __init__(self, batches: BatchSequence[T], start: Cursor, *, total: int | None) -> None:
        self._batches = batches
        self._start = start
        self._fetch: FetchBatch[T] | None = None
        self._inbox: MemoryObjectReceiveStream[_query.read_ahead.Slot[T]] | None = None
        self._slot: _query.read_ahead.Slot[T] | None = None
        self._loaded: LoadedBatch[T] | None = None
        self._rest: Iterator[T] = iter(())  # the items of that batch that were not given yet
        self._given_before = start.count
        self._total = total
        self._failed: Exception | None = None
        self._loading = anyio.Lock(fast_acquire=True)  # a request follows, which lets other tasks run
        self._owner: Owner | None = None  # of the tasks that read ahead

    def __repr__(self) -> str:
        return f"<run of a stream on {self._start.wiki}>"

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> T:
        """The next item, in the order of the wiki.

        Raises:
            StopAsyncIteration: there are no more items.
            MediaWikiError: a request failed. ``error.cursor`` is the position after the last item given.
            ContinuationLoop: the wiki sends the same ``continue`` again and again.
            CursorMismatch: the inputs of ``site.pages`` are not those of the cursor.
            RuntimeError: the run was opened with ``read_ahead``, and its ``async with`` has ended; or the inputs of
                ``site.pages`` come from an iterator that was read already.
            TypeError: an input of ``site.pages`` has the wrong type.
        """
        while True:
            for item in self._rest:
                return item
            if not await self._load(self._loaded):
                raise StopAsyncIteration

    def _take(self) -> T:
        """The next item that has come. Raises IndexError if none has: ``_wait`` for it.

        The blocking form calls this in the caller's thread, so that an interrupt cannot come between an item that
        counts as given, and its receiver.
        """
        for item in self._rest:
            return item
        raise IndexError

    async def _wait(self) -> bool:
        """Wait until there is an item to take, or a batch without one. Returns False at the end."""
        return length_hint(self._rest) > 0 or await self._load(self._loaded)

    @property
    def _at(self) -> int:
        """The number of items of the current batch that were given."""
        return 0 if self._loaded is None else len(self._loaded.items) - length_hint(self._rest)

    @property
    def cursor(self) -> Cursor:
        """The position after the last item given, as a Cursor.

        Store ``str(run.cursor)``; ``stream.resume`` gives the rest.
        """
        return self._start if self._loaded is None else evolve(self._loaded.cursor_at(self._at), count=self.done)

    @property
    def done(self) -> int:
        """The number of items given so far. A resumed run counts those of the earlier runs, too."""
        return self._given_before + self._at

    @property
    def total(self) -> int | None:
        """How many items there will be in all.

        The number of inputs of ``site.pages`` if it is known, at most the limit of the stream, else None. At the end,
        it is the number of items that came.
        """
        return self._total

    async def next_batch(self) -> Batch[T] | None:
        """Fetch the next batch.

        Returns a Batch with the items of the current batch that were not given yet, or else with all items of the next
        one; None at the end. A batch can be empty.

        Raises:
            MediaWikiError: a request failed. ``error.cursor`` is the position after the last item given.
            ContinuationLoop: the wiki sends the same ``continue`` again and again.
            RuntimeError: the run was opened with ``read_ahead``, and its ``async with`` has ended.

        See https://www.mediawiki.org/wiki/API:Query.
        """
        return self._take_batch() if await self._wait() else None

    def _take_batch(self) -> Batch[T]:
        """The batch that has come, without the items that were given. If this is interrupted, they are not given."""
        loaded = self._loaded
        assert loaded is not None
        fetched = loaded.fetched
        items: tuple[T, ...] = ()
        try:
            items = tuple(self._rest)
            return Batch(
                items=items,
                cursor=self.cursor,
                body=fetched.body,
                lists=fetched.lists,
                meta=fetched.meta,
                warnings=fetched.warnings,
            )
        except BaseException:
            self._rest = iter(items)
            raise

    async def _load(self, current: LoadedBatch[T] | None) -> bool:
        """Load the batch after the current one. Returns False at the end.

        If tasks share a run, one of them loads and the others wait for it.
        """
        if self._owner is not None:
            self._owner.check()
        async with self._loading:
            if self._loaded is not current:
                return True  # another task has loaded it
            if self._failed is not None:
                raise self._failed
            try:
                loaded = await (self._fetch_next() if self._inbox is None else self._receive(self._inbox))
            except Exception as error:
                if isinstance(error, MediaWikiError):
                    error.cursor = self.cursor
                self._failed = error
                raise
            if loaded is None:
                self._total = self.done
                return False
            self._given_before += self._at
            self._loaded, self._rest = loaded, iter(loaded.items)
            return True

    async def _fetch_next(self) -> LoadedBatch[T] | None:
        # A fetch is kept until it has succeeded: if it is cancelled, it runs again.
        self._fetch = self._fetch or await self._batches.next_fetch()
        if self._fetch is None:
            return None
        loaded = await self._fetch(None)
        self._fetch = None
        return loaded

    async def _receive(self, inbox: MemoryObjectReceiveStream[_query.read_ahead.Slot[T]]) -> LoadedBatch[T] | None:
        """Wait for the next batch that was read ahead."""
        try:
            self._slot = slot = self._slot or await inbox.receive()
        except anyio.EndOfStream:
            return None
        except anyio.ClosedResourceError:
            raise RuntimeError("this run was left: iterate it inside its `async with stream.open() as run:`") from None
        loaded = await slot.wait()
        self._slot = None
        return loaded


class OpenStream(AsynchronousContext, Generic[T]):
    """An async context manager around one run, as ``stream.open()`` returns it.

    ``async with`` gives a StreamRun. With read-ahead, its task group lives until the block ends.
    """

    def __init__(self, run: StreamRun[T], *, begins_now: bool, read_ahead: int) -> None:
        self._run = run
        self._begins_now = begins_now
        self._read_ahead = read_ahead
        self._tasks: TaskGroup | None = None

    def __repr__(self) -> str:
        return f"<open() of a stream on {self._run._start.wiki}: use async with>"  # noqa: SLF001 - the same file

    if not TYPE_CHECKING:  # a type checker reports this by itself

        def __aiter__(self) -> NoReturn:
            raise TypeError("open() gives a run: `async with stream.open() as run:`, then `async for item in run`")

    async def __aenter__(self) -> StreamRun[T]:
        """Start the read-ahead, if any, and give the run.

        Raises:
            RuntimeError: this context was entered before. Call ``stream.open()`` for each run.
            MediaWikiError: the stream follows a list from now on, and the wiki could not be asked for its time.
        """
        if self._tasks is not None:
            raise RuntimeError("this run was opened before: call stream.open() for each run")
        if self._begins_now:
            await self._run.next_batch()
        if self._read_ahead:
            # The task that waits to send a slot holds one; the buffer holds the others.
            outbox, inbox = anyio.create_memory_object_stream[_query.read_ahead.Slot[T]](self._read_ahead - 1)
            self._run._inbox = inbox  # noqa: SLF001 - OpenStream and StreamRun work together
            self._run._owner = Owner("this run", "open the stream")  # noqa: SLF001 - as above
            self._tasks = await anyio.create_task_group().__aenter__()
            self._tasks.start_soon(_query.read_ahead.start_fetches, self._run._batches, outbox, self._tasks)  # noqa: SLF001 - as above
        return self._run

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Cancel the requests that were sent ahead, wait until they have ended, and close what the run keeps open."""
        try:
            await self._end_tasks()
        finally:  # the wait for the tasks is cancelled if the block is
            await self._run._batches.aclose()  # noqa: SLF001 - as above

    async def _end_tasks(self) -> None:
        if self._tasks is None:
            return
        if self._run._owner is not None:  # noqa: SLF001 - as above
            self._run._owner.check()  # noqa: SLF001
        # The consumer's own error is not passed to the task group, which would wrap it in an ExceptionGroup.
        self._tasks.cancel_scope.cancel()
        if self._run._inbox is not None:  # noqa: SLF001 - as above
            self._run._inbox.close()  # noqa: SLF001
        await self._tasks.__aexit__(None, None, None)


class BatchIterator(AsynchronousIterable, AsyncIterator[Batch[T]]):
    """The batches of one run, as ``stream.batches()`` returns them, in order."""

    def __init__(self, run: StreamRun[T]) -> None:
        self._run = run

    def __repr__(self) -> str:
        return f"<batches of a stream on {self._run._start.wiki}>"  # noqa: SLF001 - the same file

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Batch[T]:
        """The next batch. It can be empty.

        Raises:
            StopAsyncIteration: there are no more batches.
            MediaWikiError: a request failed. ``error.cursor`` is the position after the last batch given.
            ContinuationLoop: the wiki sends the same ``continue`` again and again.
        """
        batch = await self._run.next_batch()
        if batch is None:
            raise StopAsyncIteration
        return batch
