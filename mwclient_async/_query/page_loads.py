"""Page loads: what many tasks ask for at about the same moment becomes few requests.

A load waits in the queue of its kind (``titles``, ``pageids`` or ``revids``) until a request takes it. Each queue has
at most one dispatcher, a task that collects loads and starts the fetches. All these tasks belong to the task group of
the loader and none to a caller, so that a caller that is cancelled takes nothing away from the others.

A load is *waiting* until its request begins, then *in flight*, then done. Any caller can join a waiting load, because
its page will be read after that. With a ``window``, callers accept pages that are older, and can join the others, too.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable, Mapping
from copy import copy
from typing import Any

import anyio
import anyio.lowlevel
from anyio.abc import TaskGroup
from attrs import Factory, define

from mwclient_async._query.page_set import FoundPages, Input, PageSet
from mwclient_async._session.session import Session
from mwclient_async.errors import ProtocolError, ReplyTooLarge
from mwclient_async.models.page import Page

LEFT = "the `async with` block of this loader was left while this call was under way"


@define(eq=False)
class _Load:
    """One input that tasks wait for. ``callers`` is the number of these tasks."""

    value: Input
    callers: int = 0
    batch: _Batch | None = None  # from the moment when its request begins
    page: Page | None = None
    error: Exception | None = None
    arrived: float = 0.0
    done: anyio.Event = Factory(anyio.Event)

    def fail(self, error: Exception) -> None:
        if not self.done.is_set():
            self.error = error
            self.done.set()

    def result(self) -> Page:
        """The page. Raises a copy of the error: each task adds its own notes, and its part of the traceback."""
        if self.error is not None:
            raise _copy_of(self.error).with_traceback(self.error.__traceback__)
        assert self.page is not None
        return self.page


@define(eq=False)
class _Batch:
    """The loads of one request. Its fetch is cancelled when no task waits for any of them."""

    loads: list[_Load]
    callers: int
    finished: bool = False
    scope: anyio.CancelScope = Factory(anyio.CancelScope)


@define(eq=False)
class _Queue:
    """The loads of one kind."""

    kind: str
    waiting: OrderedDict[Input, _Load] = Factory(OrderedDict)
    in_flight: dict[Input, _Load] = Factory(dict)  # only with a window, like the next one
    kept: OrderedDict[Input, _Load] = Factory(OrderedDict)  # in the order in which they arrived
    collecting: anyio.CancelScope | None = None
    room: int = 0  # how many different inputs one request takes, as far as it is known
    is_dispatched: bool = False

    def find(self, value: Input) -> _Load | None:
        """The load of this input that another caller can join."""
        return self.waiting.get(value) or self.in_flight.get(value) or self.kept.get(value)

    def drop_kept(self, before: float) -> None:
        """Drop the pages that arrived before this moment."""
        while self.kept and next(iter(self.kept.values())).arrived <= before:
            self.kept.popitem(last=False)

    def take(self) -> _Batch:
        """The loads that have waited longest, as many as one request takes."""
        loads = [self.waiting.popitem(last=False)[1] for _ in range(min(self.room, len(self.waiting)))]
        batch = _Batch(loads, callers=sum(load.callers for load in loads))
        for load in loads:
            load.batch = batch
        return batch

    def fail_waiting(self, error: Exception) -> None:
        """End all loads that have not begun."""
        while self.waiting:
            self.waiting.popitem(last=False)[1].fail(error)

    def stop_collecting(self) -> None:
        """Let the dispatcher send what has been collected."""
        if self.collecting is not None:
            self.collecting.cancel()


class PageLoads:
    """The loads of one loader, from ``open`` to ``aclose``.

    ``params`` are the parameters of its queries, ``make_pages`` makes the page set of a kind, ``convert`` makes a Page
    of a row. ``window`` is how many seconds a load waits for others, and a page is kept.
    """

    def __init__(
        self,
        session: Session,
        params: Mapping[str, str],
        make_pages: Callable[[str], Awaitable[PageSet]],
        convert: Callable[[Mapping[str, Any]], Page],
        *,
        window: float,
    ) -> None:
        self.session = session
        self.params = params
        self._make_pages = make_pages
        self._convert = convert
        self._window = window
        self._queues = {kind: _Queue(kind) for kind in ("titles", "pageids", "revids")}
        self._tasks: TaskGroup | None = None
        self._closed = False

    # Its life --------------------------------------------------------------------------------------------------------

    async def open(self) -> None:
        """Begin. Raises RuntimeError if it was opened before."""
        self.session.shared.owner.check()
        if self._tasks is not None:
            raise RuntimeError("this loader was opened before: call site.loader() for each `async with` block")
        self._slots = anyio.Semaphore(self.session.shared.limits.concurrency)
        self._idle = anyio.CancelScope()
        self._tasks = await anyio.create_task_group().__aenter__()
        self._tasks.start_soon(self._watch)

    async def _watch(self) -> None:
        """Refuse further loads as soon as the tasks of this loader are cancelled: none can be started any more."""
        try:
            with self._idle:
                await anyio.sleep_forever()
        finally:
            self._closed = True

    async def aclose(self, *, cancel: bool) -> None:
        """Wait for all loads, or cancel them. No task waits for one afterwards."""
        assert self._tasks is not None
        self._closed = True
        self._idle.cancel()
        for queue in self._queues.values():
            queue.stop_collecting()
        if cancel:
            self._tasks.cancel_scope.cancel()
        try:
            # The error of the block is not passed to the task group, which would wrap it in an ExceptionGroup.
            await self._tasks.__aexit__(None, None, None)
        finally:
            for queue in self._queues.values():
                queue.fail_waiting(RuntimeError(LEFT))
                queue.kept.clear()

    # What callers do -------------------------------------------------------------------------------------------------

    async def load(self, kind: str, values: Iterable[Input]) -> list[Page]:
        """The pages of these inputs, in this order. Raises the error of the first input that has one."""
        tasks = self._open_tasks()
        queue = self._queues[kind]
        loads = [self._join(queue, value, tasks) for value in values]
        pages = []
        try:
            for load in loads:
                await load.done.wait()
                pages.append(load.result())
        finally:
            for load in loads:
                self._leave(queue, load)
        return pages

    def _open_tasks(self) -> TaskGroup:
        self.session.shared.owner.check()
        if self._tasks is None:
            raise RuntimeError("this loader is not open: use it inside `async with site.loader(...) as loader:`")
        if self._closed:
            raise RuntimeError(
                "this loader is closed: use it inside its block, `async with site.loader(...) as loader:`"
            )
        return self._tasks

    def _join(self, queue: _Queue, value: Input, tasks: TaskGroup) -> _Load:
        """Count one more caller of an input's load; of a new one if there is none."""
        if queue.kept:
            queue.drop_kept(self.session.clock.now() - self._window)
        load = queue.find(value)
        if load is None:
            load = queue.waiting[value] = _Load(value)
            if not queue.is_dispatched:
                queue.is_dispatched = True
                tasks.start_soon(self._dispatch, queue, tasks)
            elif len(queue.waiting) >= queue.room:
                queue.stop_collecting()
        load.callers += 1
        if load.batch is not None:
            load.batch.callers += 1
        return load

    def _leave(self, queue: _Queue, load: _Load) -> None:
        """Count one caller less. What no caller waits for is not requested."""
        load.callers -= 1
        batch = load.batch
        if batch is not None:
            batch.callers -= 1
            if not batch.callers and not batch.finished:
                self._forget_in_flight(queue, batch)
                batch.scope.cancel()
        elif not load.callers and queue.waiting.get(load.value) is load:
            del queue.waiting[load.value]

    # What the loader's own tasks do ----------------------------------------------------------------------------------

    async def _dispatch(self, queue: _Queue, tasks: TaskGroup) -> None:
        """Collect loads and start their fetches until no load waits.

        While all slots are taken, further loads join the requests that have not begun.
        """
        try:
            pages = await self._make_pages(queue.kind)
            queue.room = pages.room
            await self._collect(queue)
            while queue.waiting:
                await self._slots.acquire()
                queue.room = pages.room
                batch = self._begin(queue)
                if pages.knows_account:
                    tasks.start_soon(self._fetch, queue, pages, batch)
                else:  # the response says how many pages the account may ask for at a time
                    await self._fetch(queue, pages, batch)
        except Exception as error:  # noqa: BLE001 - raised in the tasks that wait
            queue.fail_waiting(error)
        finally:
            queue.is_dispatched = False
            queue.fail_waiting(RuntimeError(LEFT))  # none is left unless this task was cancelled

    async def _collect(self, queue: _Queue) -> None:
        """Wait until the window is over, or a request is full. Without a window, let all tasks run that are ready."""
        if not self._window or self._closed or len(queue.waiting) >= queue.room:
            await anyio.lowlevel.checkpoint()
            return
        with anyio.CancelScope() as queue.collecting:
            await self.session.clock.sleep(self._window)
        queue.collecting = None

    def _begin(self, queue: _Queue) -> _Batch:
        batch = queue.take()
        if self._window:
            queue.in_flight.update((load.value, load) for load in batch.loads)
        return batch

    async def _fetch(self, queue: _Queue, pages: PageSet, batch: _Batch) -> None:
        """Fetch the pages of a batch, and give each load its page or its error."""
        try:
            with batch.scope:
                await self._fetch_loads(queue, pages, batch.loads)
        except Exception as error:  # noqa: BLE001 - raised in the tasks that wait
            for load in batch.loads:
                load.fail(error)
        finally:
            self._slots.release()
            batch.finished = True
            self._forget_in_flight(queue, batch)
            for load in batch.loads:  # none is left unless this task was cancelled
                load.fail(RuntimeError(LEFT))
            batch.loads = []  # the loads name their batch: nothing should live longer because of that

    async def _fetch_loads(self, queue: _Queue, pages: PageSet, loads: list[_Load]) -> None:
        """Fetch the pages of these loads, in smaller groups if they are too large together."""
        groups = [loads]
        while groups:
            group = groups.pop()
            try:
                found = await self.session.run_flow(pages.find([load.value for load in group]))
            except ReplyTooLarge as error:
                if len(group) == 1:
                    group[0].fail(error)
                else:
                    half = len(group) // 2
                    groups += [group[half:], group[:half]]
            else:
                for load in group:
                    self._finish(queue, load, found)

    def _finish(self, queue: _Queue, load: _Load, found: FoundPages) -> None:
        try:
            load.page = self._convert(found.row(load.value))
        except ProtocolError as error:  # of this input alone
            load.error = error
        else:
            if self._window and not self._closed:
                load.arrived = self.session.clock.now()
                queue.kept[load.value] = load
        load.done.set()

    def _forget_in_flight(self, queue: _Queue, batch: _Batch) -> None:
        for load in batch.loads:
            if queue.in_flight.get(load.value) is load:
                del queue.in_flight[load.value]


def _copy_of(error: Exception) -> Exception:
    try:
        return copy(error)
    except Exception:  # noqa: BLE001 - an error of others, whose constructor has other arguments than its message
        return error
