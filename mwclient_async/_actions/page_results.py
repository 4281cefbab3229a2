"""An action on many pages: each request names as many pages as the account may name, and each page has one result.

The pages are those of a list of titles or ids, or those of a generator. A generator is followed by its ``continue``
until there is none.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Generator, Mapping
from typing import Any, Generic, Protocol, Self, TypeVar

import anyio
from attrs import define, field, frozen

from mwclient_async import _http
from mwclient_async._actions.arguments import checked_id
from mwclient_async._http import params as wire_params
from mwclient_async._http.params import checked_title, wire_value
from mwclient_async._query.asynchronous import AsynchronousIterable
from mwclient_async._query.loop_guard import LoopGuard
from mwclient_async._query.lost_rows import check_for_loss
from mwclient_async._query.page_inputs import InputReader, Inputs, PageInputs
from mwclient_async._query.page_set import to_nfc
from mwclient_async._session.module_table import Module
from mwclient_async.errors import MediaWikiError

T = TypeVar("T")

SendBatch = Callable[[Mapping[str, str]], Awaitable[tuple[list[T], Mapping[str, str]]]]
"""Send the action with these further parameters. Returns the results, and the ``continue`` of the response."""


class PageBatches(Protocol[T]):
    """The requests of one pass over the pages, one after the other."""

    async def next(self) -> list[T] | None:
        """The results of the next request, or None at the end."""
        ...


@frozen
class PageSelection:
    """Which pages an action is done to: those of one source of titles or ids, or those of a generator.

    ``generator_params`` are the generator's parameters; ``limit`` is how many of its pages at most.
    """

    kind: str
    source: PageInputs | None = None
    generator_params: Mapping[str, str] = field(factory=dict)
    limit: int | None = None


def select_pages(
    wiki: str, generator: str | None, limit: int | None, parameters: Mapping[str, Any], **sources: Inputs | None
) -> PageSelection:
    """The pages that these arguments select; ``parameters`` are the generator's.

    ValueError unless there is exactly one source of pages; TypeError for parameters that are not a generator's.
    """
    encoded = wire_params.encode(None, parameters, wiki=wiki)
    given = {name: source for name, source in sources.items() if source is not None}
    if unexpected := [name for name in encoded if generator is None or not name.startswith("g")]:
        nearest = _http.keywords.did_you_mean(unexpected[0], [*sources, "generator", "limit"])
        raise TypeError(
            f"unexpected argument {unexpected[0]!r}{nearest or ': further arguments are for a generator, begin with g'}"
        )
    if len(given) + (generator is not None) != 1:
        raise ValueError("give exactly one of titles, pageids, revids and generator")
    if generator is not None:
        if limit is not None and limit < 1:
            raise ValueError(f"limit={limit}: give a number of pages, 1 or more")
        return PageSelection("generator", generator_params={"generator": generator, **encoded}, limit=limit)
    if limit is not None:
        raise ValueError("limit is for a generator: give fewer titles or ids instead")
    ((kind, source),) = given.items()
    return PageSelection(kind, PageInputs(kind, source, wiki))


class PageResults(AsynchronousIterable, Generic[T]):
    """The results of an action on many pages, one per page: ``await`` it for a tuple of all, or use ``async for``.

    Nothing is sent before that. Each request names as many pages as the account may name (50, or 500 with the right
    ``apihighlimits``). An error does not undo the requests before it; a note on the error says how many results came
    before it. To have those results, iterate. Each iteration starts again from the first page.
    """

    _whole = "await results"

    def __init__(self, begin: Callable[[], Awaitable[PageBatches[T]]]) -> None:
        self._begin = begin

    def __repr__(self) -> str:
        return "<results of an action on pages: await or iterate them>"

    def __aiter__(self) -> PageResultIterator[T]:
        return PageResultIterator(self._begin)

    def __await__(self) -> Generator[Any, Any, tuple[T, ...]]:
        return self._collect().__await__()

    async def _collect(self) -> tuple[T, ...]:
        return tuple([result async for result in self])


class PageResultIterator(AsynchronousIterable, AsyncIterator[T]):
    """One iteration over the results. Tasks may share it. After an error it raises that error again."""

    def __init__(self, begin: Callable[[], Awaitable[PageBatches[T]]]) -> None:
        self._begin = begin
        self._batches: PageBatches[T] | None = None
        self._buffer: list[T] = []  # in reverse order
        self._returned = 0
        self._error: Exception | None = None
        self._lock = anyio.Lock()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> T:
        async with self._lock:
            while not self._buffer:
                results = await self._next_batch()
                if results is None:
                    raise StopAsyncIteration
                self._buffer = results[::-1]
            self._returned += 1
            return self._buffer.pop()

    async def _next_batch(self) -> list[T] | None:
        if self._error is not None:
            raise self._error
        try:
            self._batches = self._batches or await self._begin()
            return await self._batches.next()
        except Exception as error:
            self._error = error
            if isinstance(error, MediaWikiError):
                error.add_note(f"Results that came before this: {self._returned}.")
            raise
        except BaseException:
            self._error = RuntimeError(
                "this iteration was cancelled during a request, so it is not known what that request did: start again"
            )
            raise


@define
class InputBatches(Generic[T]):
    """The requests for a list of titles or ids; each names up to ``batch_size`` of them."""

    _reader: InputReader
    _kind: str
    _send: SendBatch[T]
    _batch_size: int

    async def next(self) -> list[T] | None:
        batch: dict[str, None] = {}
        while len(batch) < self._batch_size:
            try:
                value = await anext(self._reader)
            except StopAsyncIteration:
                break
            batch[_checked(self._kind, value)] = None
        if not batch:
            return None
        results, _ = await self._send({self._kind: wire_value(self._kind, list(batch)) or ""})
        return results


@define
class GeneratorBatches(Generic[T]):
    """The requests for the pages of a generator; each asks for up to ``batch_size`` pages."""

    _pages: PageSelection
    _module: Module
    _send: SendBatch[T]
    _batch_size: int
    _lossy: Mapping[str, str] = field(factory=dict)
    _next_continue: Mapping[str, str] | None = field(factory=dict)
    _returned: int = 0
    _guard: LoopGuard = field(factory=LoopGuard)

    async def next(self) -> list[T] | None:
        wanted = None if self._pages.limit is None else self._pages.limit - self._returned
        if self._next_continue is None or (wanted is not None and wanted <= 0):
            return None
        check_for_loss(self._lossy, self._next_continue)
        sent = {**self._pages.generator_params, **self._limit_param(wanted), **self._next_continue}
        results, next_continue = await self._send(sent)
        self._next_continue = next_continue or None
        if self._next_continue is not None:
            self._guard.check(self._next_continue)
        self._returned += len(results)
        return results

    def _limit_param(self, wanted: int | None) -> dict[str, str]:
        """The generator's own limit: the caller's, or the largest allowed, and never more than is still wanted."""
        name = f"g{self._module.prefix}limit"
        own = self._pages.generator_params.get(name)
        if wanted is not None and own is not None and own.isdecimal():
            return {name: str(min(int(own), wanted))}
        if self._module.limits is not None and (own is None or wanted is not None):
            return {name: str(self._batch_size if wanted is None else min(self._batch_size, wanted))}
        return {}


def _checked(kind: str, value: str | int) -> str:
    if isinstance(value, int):
        return str(checked_id(kind, value))
    if "\x1f" in value:
        raise ValueError(f"the title {value!r} has the control character U+001F in it, which no title has")
    return to_nfc(checked_title(value, ""))
