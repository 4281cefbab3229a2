"""An event loop in a thread of its own, for programs that are not asynchronous (anyio's blocking portal)."""

from __future__ import annotations

import inspect
import os
import sys
from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from contextlib import AbstractAsyncContextManager
from threading import Lock, Thread, get_ident
from typing import Any

import anyio
from anyio.from_thread import BlockingPortal
from anyio.lowlevel import current_token

from mwclient_async import PageResults, SiteClosed

_NOT_HERE = (
    "a function, or an iterator, that is passed to the library is called in the thread of the event loop, where "
    "nothing can be waited for: fetch what it needs before, as a list for example"
)

_HAS_EVENT_LOOP = (
    "this thread runs an event loop, which a blocking call would stop: use mwclient_async.Site here, with await; or "
    "make the call in another thread, as asyncio.to_thread does"
)


class LoopThread:
    """An event loop in a thread of its own, and the calls that other threads make there."""

    def __init__(self) -> None:
        check_no_event_loop()
        self._process = os.getpid()
        self._starting = Lock()  # a call that is started when the loop ends would never return
        self._closed = False
        self._held: set[Future[Any]] = set()
        started: Future[BlockingPortal] = Future()
        self._thread = Thread(target=self._run, args=(started,), name="mwclient_async", daemon=True)
        self._thread.start()
        self._portal = started.result()

    def _run(self, started: Future[BlockingPortal]) -> None:
        async def run_portal() -> None:
            async with BlockingPortal() as portal:
                started.set_result(portal)
                await portal.sleep_until_stopped()

        try:
            anyio.run(run_portal)
        except BaseException as error:
            if started.done():
                raise
            started.set_exception(error)

    @property
    def is_mine(self) -> bool:
        """Whether it is of this process: a fork has no threads but the one that forked."""
        return os.getpid() == self._process

    @property
    def has_ended(self) -> bool:
        """Whether its thread runs no more: it is of another process, or Python ends. No result would ever come."""
        return not self.is_mine or sys.is_finalizing()

    @property
    def is_running_here(self) -> bool:
        """Whether this code runs in the thread of the loop, as functions do that were passed to the library."""
        return self.is_mine and get_ident() == self._thread.ident

    def start(self, function: Callable[..., Any], *args: Any) -> Future[Any]:
        """Start a call; ``wait`` gives its result.

        Raises RuntimeError in the thread of the loop and in another process, and SiteClosed after ``close`` and when
        Python ends.
        """
        if self.is_running_here:
            raise RuntimeError(_NOT_HERE)
        if not self.is_mine:
            raise RuntimeError("this site was opened in another process: open a Site in each process")
        if self.has_ended:
            raise SiteClosed("the program ends")
        with self._starting:
            if self._closed:
                raise SiteClosed("the site is closed")
            call = _Call(function, args)
            try:
                return self._portal.start_task_soon(call.make)
            except BaseException:  # an interrupt, when the call has perhaps begun
                call.is_cancelled = True
                self._portal.start_task_soon(call.cancel)
                raise

    def wait(self, future: Future[Any]) -> Any:
        """Wait for the result of a call. An interrupt cancels the call."""
        try:
            value, error = future.result()
        except CancelledError:
            raise SiteClosed from None
        except BaseException:
            future.cancel()
            raise
        if error is not None:
            raise error
        return value

    def hold(self, future: Future[Any]) -> None:
        """Cancel this call when the loop is closed."""
        self._held.add(future)
        future.add_done_callback(self._held.discard)

    def close(self) -> None:
        """End the loop and its thread, after the calls that are under way."""
        if self.has_ended or self._closed:
            return
        with self._starting:
            self._closed = True
        for future in list(self._held):
            future.cancel()
        self._portal.call(self._portal.stop)
        self._thread.join()


class Entered:
    """An asynchronous context manager that is entered. One task enters and leaves it, as cancel scopes demand."""

    def __init__(self, manager: AbstractAsyncContextManager[Any], loop: LoopThread) -> None:
        self._manager = manager
        self._loop = loop
        self._opened: Future[Any] = Future()
        self._error: tuple[Any, Any, Any] = (None, None, None)

    def enter(self) -> Any:
        """Enter it in the loop, and return what ``async with`` gives."""
        self._task = self._loop.start(self._enter_and_leave)
        self._loop.hold(self._task)
        try:
            return self._opened.result()
        except BaseException:  # an interrupt, too: the task leaves it
            self._task.cancel()
            raise

    def leave(self, *error: Any) -> bool | None:
        """Leave it in the loop. ``error`` and the result are those of ``__exit__``."""
        if self._task.cancelled() or self._loop.has_ended:  # the loop was closed inside the block
            return None
        self._error = error
        self._loop.wait(self._loop.start(self._leaving.set))
        left: bool | None = self._loop.wait(self._task)
        return left

    async def _enter_and_leave(self) -> bool | None:
        self._leaving = anyio.Event()
        try:
            opened = await self._manager.__aenter__()
        except BaseException as error:
            self._opened.set_exception(error if isinstance(error, Exception) else SiteClosed())
            raise
        self._opened.set_result(opened)
        try:
            await self._leaving.wait()
        except BaseException as error:  # a cancellation
            self._error = (type(error), error, error.__traceback__)
            raise
        finally:
            left = await self._manager.__aexit__(*self._error)
        return left


class _Call:
    """A call of a function in the loop. It can be cancelled from the moment when it is made."""

    def __init__(self, function: Callable[..., Any], args: tuple[Any, ...]) -> None:
        self._function = function
        self._args = args
        self._scope: anyio.CancelScope | None = None
        self.is_cancelled = False

    async def make(self) -> tuple[Any, BaseException | None]:
        """What the function gives when it is awaited, or the error that would end the event loop."""
        with anyio.CancelScope() as self._scope:
            if self.is_cancelled:
                self._scope.cancel()
            try:
                value = self._function(*self._args)
                return await value if _is_awaited(value) else value, None
            except (KeyboardInterrupt, SystemExit) as error:  # of a function that was passed
                return None, error
        return None, SiteClosed()

    def cancel(self) -> None:
        if self._scope is not None:
            self._scope.cancel()


def check_no_event_loop() -> None:
    """Raise RuntimeError if this thread runs an event loop, which would stand still while it waits."""
    try:
        current_token()
    except RuntimeError:  # AnyIO's error for "no event loop is running"
        return
    raise RuntimeError(_HAS_EVENT_LOOP)


def without_waiting(call: Callable[[], Any]) -> Any:
    """What the call gives, in the thread of the loop. Raises RuntimeError if it would have to be awaited."""
    value = call()
    if not _is_awaited(value):
        return value
    if inspect.iscoroutine(value):
        value.close()
    raise RuntimeError(_NOT_HERE)


def _is_awaited(value: Any) -> bool:
    return inspect.iscoroutine(value) or isinstance(value, PageResults)
