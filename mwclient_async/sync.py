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
from collections import deque
from collections.abc import AsyncIterator, Callable, Hashable, Iterable, Iterator
from contextlib import AbstractAsyncContextManager, closing, contextmanager
from functools import cache, partial, wraps
from types import TracebackType
from typing import Any, Generic, Protocol, Self, TypeVar, Unpack, cast

import mwclient_async
from mwclient_async import SiteOptions, Stream, StreamEvent
from mwclient_async._loop_thread import Entered, LoopThread, check_no_event_loop, without_waiting

__all__ = ["Blocking", "Site", "eventstreams"]

T = TypeVar("T")


class Blocking(Generic[T]):
    """A Site, handle, stream or run whose methods block: they return what the asynchronous ones give when awaited.

    What a method returns is again a Blocking if it has something to wait for, else the value itself. Functions that are
    passed (``transform``, ``on_progress``) are called in the thread of the event loop. Threads can share it.
    """

    def __init__(self, target: T, loop: LoopThread | None) -> None:
        self._target = target
        self._loop = loop
        self._entered: Entered | None = None
        self._items: _Items | None = None

    def __repr__(self) -> str:
        return f"<blocking {self._target!r}>"

    def __dir__(self) -> list[str]:
        names = {name for name in dir(self._target) if not name.startswith("_")}
        return sorted({"close" if name == "aclose" else name for name in names})

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        if name == "close" and hasattr(self._target, "aclose"):
            name = "aclose"
        if not inspect.isfunction(inspect.getattr_static(type(self._target), name, None)):
            return self._call(getattr, self._target, name)
        method = getattr(self._target, name)

        @wraps(method)
        def call(*args: Any, **keywords: Any) -> Any:
            if name == "next_batch":  # in two steps, as __next__ is
                return self._target._take_batch() if self._call(self._target._wait) else None  # type: ignore[attr-defined]  # noqa: SLF001
            return self._call(method, *args, **keywords)

        return call

    def __iter__(self) -> Iterator[Any]:
        items = self if hasattr(self._target, "__anext__") else self._call(aiter, self._target)
        return cast(Iterator[Any], items)

    def __next__(self) -> Any:
        if not hasattr(self._target, "__anext__"):
            raise TypeError(f"{self!r} is not an iterator: write `for item in ...`")
        if self._items is None:
            self._items = _items(self._target)
        while True:
            try:
                return self._items._take()  # noqa: SLF001 - the blocking form of it
            except IndexError:
                if not self._call(self._items._wait):  # noqa: SLF001
                    raise StopIteration from None

    def __enter__(self) -> Any:
        if not hasattr(self._target, "__aenter__"):
            raise TypeError(f"{self!r} is not a context manager")
        entered = Entered(cast(AbstractAsyncContextManager[Any], self._target), self._open_loop())
        opened = entered.enter()
        self._entered = entered
        return self._shown(opened)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool | None:
        entered, self._entered = self._entered, None
        return None if entered is None else entered.leave(kind, error, trace)

    def _call(self, function: Callable[..., Any], *args: Any, **keywords: Any) -> Any:
        """Call the function in the thread of the event loop; if its result is to be awaited, do so there."""
        loop = self._open_loop()
        call = partial(function, *map(_target, args), **{name: _target(value) for name, value in keywords.items()})
        return self._shown(without_waiting(call) if loop.is_running_here else loop.wait(loop.start(call)))

    def _open_loop(self) -> LoopThread:
        if self._loop is None:
            raise RuntimeError(f"{self!r} is not open: use it inside `with Site(...) as site:`, or call open()")
        if not self._loop.is_running_here:
            check_no_event_loop()
        return self._loop

    def _shown(self, value: Any) -> Any:
        return Blocking(value, self._loop) if _has_to_wait(cast(Hashable, type(value))) else value


class Site(Blocking[mwclient_async.Site]):
    """One wiki, for programs that are not asynchronous: ``with Site(api_url, user_agent=...) as site``.

    Arguments, methods and errors are those of ``mwclient_async.Site``. At a prompt, ``site = Site(...).open()`` and
    ``site.close()`` do the same as ``with``.
    """

    def __init__(self, api_url: str, *, user_agent: str, **options: Unpack[SiteOptions]) -> None:
        super().__init__(mwclient_async.Site(api_url, user_agent=user_agent, **options), None)

    @classmethod
    @contextmanager
    def discover(
        cls, page_url: str, *, user_agent: str, **options: Unpack[SiteOptions]
    ) -> Iterator[Blocking[mwclient_async.Site]]:
        """The wiki that a page belongs to: ``with Site.discover(url, user_agent=...) as site``.

        Arguments and errors are those of ``mwclient_async.Site.discover``.

        See https://www.mediawiki.org/wiki/API:Main_page.
        """
        found = mwclient_async.Site.discover(page_url, user_agent=user_agent, **options)
        with closing(LoopThread()) as loop, Blocking(found, loop) as site:
            yield site

    def open(self) -> Self:
        """Start the event loop in its thread, open the site, and log in if it has ``auth``.

        Returns the site itself.

        Raises:
            LoginFailed: the wiki refused the login.
            RuntimeError: the site is open already.

        See https://www.mediawiki.org/wiki/API:Main_page.
        """
        if self._loop is not None:
            raise RuntimeError(f"{self!r} is open already")
        self._loop = LoopThread()
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
        loop = self._loop
        if loop is None:
            return
        try:
            if not loop.has_ended:
                loop.wait(loop.start(self._target.aclose))
        finally:
            if not loop.is_running_here:
                self._loop = None
                loop.close()

    aclose = close  # its name in the asynchronous Site

    def __enter__(self) -> Self:
        return self.open()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


@contextmanager
def eventstreams(
    streams: str | Iterable[str], *, user_agent: str, **options: Any
) -> Iterator[Blocking[Stream[StreamEvent]]]:
    """Follow the events of EventStreams, of all wikis, without a Site.

    ``with eventstreams("recentchange", user_agent=...) as stream`` gives a stream that ``for event in stream``
    reads, without an end. Leaving the block closes its connections. Arguments and errors are those of
    ``mwclient_async.eventstreams``.

    See https://wikitech.wikimedia.org/wiki/Event_Platform/EventStreams_HTTP_Service.
    """
    stream = mwclient_async.eventstreams(streams, user_agent=user_agent, **options)
    with closing(LoopThread()) as loop:
        yield Blocking(stream, loop)


def _target(value: Any) -> Any:
    """What the library itself takes: the asynchronous object behind a Blocking."""
    return value._target if isinstance(value, Blocking) else value  # noqa: SLF001 - the same file


class _Items(Protocol):
    """An asynchronous iterator in two steps: wait in the event loop, and take in the thread that wants the item.

    A call of the loop can be interrupted when it has a result already, which then is lost. So no call gives an item.
    """

    def _take(self) -> Any: ...

    async def _wait(self) -> bool: ...


class _KeptItems:
    """The two steps for an iterator that has only one."""

    def __init__(self, items: AsyncIterator[Any]) -> None:
        self._source = items
        self._came: deque[Any] = deque()

    def _take(self) -> Any:
        return self._came.popleft()

    async def _wait(self) -> bool:
        try:
            self._came.append(await anext(self._source))
        except StopAsyncIteration:
            return False
        return True


def _items(items: Any) -> _Items:
    return items if hasattr(items, "_take") else _KeptItems(items)


@cache
def _has_to_wait(kind: Hashable) -> bool:
    """Whether objects of this class have methods to await, or are iterated or entered asynchronously."""
    if not isinstance(kind, type) or not kind.__module__.startswith("mwclient_async."):
        return False
    members = [inspect.getattr_static(kind, name) for name in dir(kind) if not name.startswith("_")]
    is_used = hasattr(kind, "__anext__") or hasattr(kind, "__aiter__") or hasattr(kind, "__aenter__")
    return is_used or any(map(inspect.iscoroutinefunction, members))
