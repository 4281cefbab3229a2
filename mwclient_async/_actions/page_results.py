"""An action on many pages: as many at a time as one request takes, one result for each."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Generator, Mapping
from typing import Any, Generic, Protocol, Self, TypeVar

import anyio
from attrs import define, field, frozen

from mwclient_async._actions.arguments import an_id
from mwclient_async._http.params import checked_title, wire_value
from mwclient_async._query.continuation import LoopGuard, RepeatedContinueError
from mwclient_async._query.page_inputs import InputReader, Inputs, PageInputs
from mwclient_async._query.page_set import normal
from mwclient_async._session.module_table import Module
from mwclient_async.errors import ContinuationLoop, MediaWikiError

T = TypeVar("T")

Send = Callable[[Mapping[str, str]], Awaitable[tuple[list[T], Mapping[str, Any]]]]
"""Do it once more, with these further parameters: the results, and the ``continue`` of the answer."""


class Steps(Protocol[T]):
    """One walk over the pages, request by request."""

    async def next(self) -> list[T] | None:
        """The results of the next request, None at the end."""
        ...


@frozen
class Pages:
    """Which pages: those of one source of titles or ids, or those of a generator.

    ``generating`` are the generator's parameters, and ``limit`` how many pages of it at most.
    """

    kind: str
    source: PageInputs | None = None
    generating: Mapping[str, str] = field(factory=dict)
    limit: int | None = None


def pages_from(
    generator: str | None, *, limit: int | None, parameters: Mapping[str, str], **sources: Inputs | None
) -> Pages:
    """The pages that these arguments name. ValueError unless there is one source; TypeError for further parameters."""
    given = {name: source for name, source in sources.items() if source is not None}
    if len(given) + (generator is not None) != 1:
        raise ValueError("give exactly one of titles, pageids, revids and generator")
    if odd := [name for name in parameters if generator is None or not name.startswith("g")]:
        raise TypeError(f"unexpected argument {odd[0]!r}: further ones are those of a generator, and begin with a g")
    if generator is not None:
        if limit is not None and limit < 1:
            raise ValueError(f"limit={limit}: a number of pages, 1 or more")
        return Pages("generator", generating={"generator": generator, **parameters}, limit=limit)
    if limit is not None:
        raise ValueError("limit is for a generator: give as many titles or ids as there should be")
    ((kind, source),) = given.items()
    return Pages(kind, PageInputs(kind, source))


class PageResults(Generic[T]):
    """One result for each page: ``await`` it for all of them, or iterate it with ``async for`` as they come.

    Nothing is done before. Pages are taken as many at a time as the account may name in one request (50, or 500 with
    ``apihighlimits``). An error on the way leaves done what was done, and a note on it says how many results there were
    before: iterate, to have these. Each walk begins anew.
    """

    def __init__(self, begin: Callable[[], Awaitable[Steps[T]]]) -> None:
        self._begin = begin

    def __aiter__(self) -> Walk[T]:
        return Walk(self._begin)

    def __await__(self) -> Generator[Any, Any, tuple[T, ...]]:
        return self._all().__await__()

    async def _all(self) -> tuple[T, ...]:
        return tuple([result async for result in self])


class Walk(AsyncIterator[T]):
    """One walk over the results. It may be shared by tasks. One that has failed stays failed."""

    def __init__(self, begin: Callable[[], Awaitable[Steps[T]]]) -> None:
        self._begin = begin
        self._steps: Steps[T] | None = None
        self._ready: list[T] = []
        self._given = 0
        self._failed: Exception | None = None
        self._walking = anyio.Lock()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> T:
        async with self._walking:
            while not self._ready:
                found = await self._next()
                if found is None:
                    raise StopAsyncIteration
                self._ready = found[::-1]
            self._given += 1
            return self._ready.pop()

    async def _next(self) -> list[T] | None:
        if self._failed is not None:
            raise self._failed
        try:
            self._steps = self._steps or await self._begin()
            return await self._steps.next()
        except Exception as error:
            self._failed = error
            if isinstance(error, MediaWikiError):
                error.add_note(f"{self._given} results came before this.")
            raise
        except BaseException:
            self._failed = RuntimeError(
                "this walk was cancelled in the midst of a request, and what was done of that is not known: begin anew"
            )
            raise


@define
class InputSteps(Generic[T]):
    """The pages of a list of titles or ids; ``room`` of them in one request."""

    _reading: InputReader
    _kind: str
    _send: Send[T]
    _room: int

    async def next(self) -> list[T] | None:
        taken: dict[str, None] = {}
        while len(taken) < self._room:
            try:
                value = await anext(self._reading)
            except StopAsyncIteration:
                break
            taken[_checked(self._kind, value)] = None
        if not taken:
            return None
        found, _ = await self._send({self._kind: wire_value(self._kind, list(taken)) or ""})
        return found


@define
class GeneratorSteps(Generic[T]):
    """The pages of a generator, followed to its end."""

    _pages: Pages
    _module: Module
    _send: Send[T]
    _room: int
    _next: Mapping[str, str] | None = field(factory=dict)
    _given: int = 0
    _guard: LoopGuard = field(factory=LoopGuard)

    async def next(self) -> list[T] | None:
        want = None if self._pages.limit is None else self._pages.limit - self._given
        if self._next is None or (want is not None and want <= 0):
            return None
        sizing = {}
        name = f"g{self._module.prefix}limit"
        asked = self._pages.generating.get(name)
        if want is not None and asked is not None and asked.isdecimal():
            sizing = {name: str(min(int(asked), want))}
        elif self._module.limits is not None and (asked is None or want is not None):
            sizing = {name: str(self._room if want is None else min(self._room, want))}
        found, following = await self._send({**self._pages.generating, **sizing, **self._next})
        self._next = {str(key): str(value) for key, value in following.items()} or None
        try:
            if self._next is not None:
                self._guard.check(self._next)
        except RepeatedContinueError:
            raise ContinuationLoop("the wiki repeats its `continue` and would answer the same for ever") from None
        self._given += len(found)
        return found


def _checked(kind: str, value: str | int) -> str:
    if isinstance(value, int):
        return str(an_id(kind, value))
    if "\x1f" in value:
        raise ValueError(f"{value!r} among the titles holds the control character U+001F, which no title has")
    return normal(checked_title(value))
