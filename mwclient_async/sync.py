"""The library for programs that are not asynchronous: ``from mwclient_async.sync import Site``.

There is no second implementation. An event loop runs in a thread of its own, and every call is made there and waited
for (anyio's blocking portal). What ``await`` gives is what a call gives; ``async for`` is ``for``, ``async with`` is
``with``. All names, parameters and errors are those of ``mwclient_async``.

    with Site("https://en.wikipedia.org/w/api.php", user_agent=AGENT) as site:
        for page in site.query(titles="Earth", prop=["info"]):
            print(page.title, page.info.length)
        print(site.page("Earth").text())

A web server or a notebook has an event loop already: use ``mwclient_async`` itself there.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Hashable, Iterator
from contextlib import AbstractAsyncContextManager, AbstractContextManager, ExitStack, contextmanager
from functools import cache, partial, wraps
from types import TracebackType
from typing import Any, Generic, Self, TypeVar, Unpack, cast

from anyio.from_thread import BlockingPortal, start_blocking_portal

import mwclient_async
from mwclient_async import SiteOptions, Stream

__all__ = ["Blocking", "Site"]

T = TypeVar("T")
_END = object()


class Blocking(Generic[T]):
    """A Site, handle, stream or run whose methods block: they return what the asynchronous ones give when awaited.

    What a method returns is again a Blocking if it has something to wait for, else the value itself. Functions that are
    passed (``transform``, ``on_progress``) are called in the thread of the event loop. Threads can share it.
    """

    def __init__(self, target: T, portal: BlockingPortal | None) -> None:
        self._target = target
        self._portal = portal
        self._entered: AbstractContextManager[Any] | None = None

    def __repr__(self) -> str:
        return f"<blocking {self._target!r}>"

    def __dir__(self) -> list[str]:
        return [name for name in dir(self._target) if not name.startswith("_")]

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        function = inspect.getattr_static(type(self._target), name, None)
        if inspect.isfunction(function):
            return wraps(function)(partial(self._call, getattr(self._target, name)))
        return self._call(getattr, self._target, name)

    def __iter__(self) -> Iterator[Any]:
        items = self._call(aiter, self._target)
        if isinstance(self._target, Stream):  # one call for each batch
            return (item for batch in self._call(self._target.batches) for item in batch.items)
        return iter(partial(self._call, _next, items), _END)

    def __enter__(self) -> Any:
        if not hasattr(self._target, "__aenter__"):
            raise TypeError(f"{self!r} is not a context manager")
        asynchronous = cast(AbstractAsyncContextManager[Any], self._target)
        entered = self._running_portal().wrap_async_context_manager(asynchronous)
        opened = entered.__enter__()
        self._entered = entered
        return self._shown(opened)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool | None:
        entered, self._entered = self._entered, None
        return None if entered is None else entered.__exit__(kind, error, trace)

    def _call(self, function: Callable[..., Any], *args: Any, **keywords: Any) -> Any:
        """Call the function in the thread of the event loop; if it returns a coroutine, wait for its result."""
        args = tuple(map(_target, args))
        keywords = {name: _target(value) for name, value in keywords.items()}
        future = self._running_portal().start_task_soon(_result, partial(function, *args, **keywords))
        try:
            return self._shown(future.result())
        except BaseException:  # an interrupt, too: what is under way ends
            future.cancel()
            raise

    def _running_portal(self) -> BlockingPortal:
        if self._portal is None:
            raise RuntimeError(f"{self!r} is not open: use it inside `with Site(...) as site:`, or call open()")
        return self._portal

    def _shown(self, value: Any) -> Any:
        return Blocking(value, self._portal) if _has_to_wait(cast(Hashable, type(value))) else value


class Site(Blocking[mwclient_async.Site]):
    """One wiki, for programs that are not asynchronous: ``with Site(api_url, user_agent=...) as site``.

    Arguments, methods and errors are those of ``mwclient_async.Site``. At a prompt, ``site = Site(...).open()`` and
    ``site.close()`` do the same as ``with``.
    """

    def __init__(self, api_url: str, *, user_agent: str, **options: Unpack[SiteOptions]) -> None:
        super().__init__(mwclient_async.Site(api_url, user_agent=user_agent, **options), None)
        self._thread = ExitStack()

    @classmethod
    @contextmanager
    def discover(
        cls, page_url: str, *, user_agent: str, **options: Unpack[SiteOptions]
    ) -> Iterator[Blocking[mwclient_async.Site]]:
        """The wiki that a page belongs to: ``with Site.discover(url, user_agent=...) as site``.

        Arguments and errors are those of ``mwclient_async.Site.discover``.

        See https://www.mediawiki.org/wiki/API:Main_page.
        """
        with start_blocking_portal() as portal:
            found = mwclient_async.Site.discover(page_url, user_agent=user_agent, **options)
            with portal.wrap_async_context_manager(found) as site:
                yield Blocking(site, portal)

    def open(self) -> Self:
        """Start the event loop in its thread, open the site, and log in if it has ``auth``.

        Returns the site itself.

        Raises:
            LoginFailed: the wiki refused the login.
            RuntimeError: the site is open already.

        See https://www.mediawiki.org/wiki/API:Main_page.
        """
        if self._portal is not None:
            raise RuntimeError(f"{self!r} is open already")
        self._portal = self._thread.enter_context(start_blocking_portal())
        try:
            self._call(self._target.open)
        except BaseException:
            self.close()
            raise
        return self

    def close(self) -> None:
        """Close the site, and end the thread. Closing it twice does nothing.

        See https://www.mediawiki.org/wiki/API:Main_page.
        """
        if self._portal is None:
            return
        try:
            self._call(self._target.aclose)
        finally:
            self._portal = None
            self._thread.close()

    def __enter__(self) -> Self:
        return self.open()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _target(value: Any) -> Any:
    """What the library itself takes: the asynchronous object behind a Blocking."""
    return value._target if isinstance(value, Blocking) else value  # noqa: SLF001 - the same file


async def _result(call: Callable[[], Any]) -> Any:
    value = call()
    return await value if inspect.iscoroutine(value) else value


async def _next(items: Any) -> Any:
    return await anext(items, _END)


@cache
def _has_to_wait(kind: Hashable) -> bool:
    """Whether objects of this class have methods to await, or are iterated or entered asynchronously."""
    if not isinstance(kind, type) or not kind.__module__.startswith("mwclient_async."):
        return False
    members = [inspect.getattr_static(kind, name) for name in dir(kind) if not name.startswith("_")]
    is_used = hasattr(kind, "__anext__") or hasattr(kind, "__aiter__") or hasattr(kind, "__aenter__")
    return is_used or any(map(inspect.iscoroutinefunction, members))
