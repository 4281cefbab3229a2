"""Inputs: titles or ids from any source, read one by one.

No generator stands between the caller's source and its reader: one that is cancelled is over, and would pass for the
end of the source; and one that is dropped half-way makes trio complain.
"""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Iterable, Iterator
from inspect import isasyncgen
from typing import Any, Protocol, Self

import anyio

from mwclient_async._query.page_set import Input


class Titled(Protocol):
    """Anything with a title: a Page, a row of a list."""

    @property
    def title(self) -> str:
        """The title."""
        ...


Inputs = Input | Iterable[Input | Titled] | AsyncIterable[Input | Titled]


class PageInputs:
    """The titles or ids of one call, which may be readable only once."""

    def __init__(self, kind: str, source: Inputs) -> None:
        self.kind = kind
        self._source = (source,) if isinstance(source, str | int) else source
        self._started = False

    def begin(self) -> Iterator[Any] | AsyncIterator[Any]:
        """The caller's iterator. RuntimeError for the second time, where there is but one."""
        once = isinstance(self._source, Iterator | AsyncIterator)
        if once and self._started:
            raise RuntimeError(
                f"these {self.kind} come from an iterator that was read already: pass a list, or open the stream once"
            )
        self._started = True
        return iter(self._source) if isinstance(self._source, Iterable) else aiter(self._source)


class InputReader(AsyncIterator[Input]):
    """One reading of a source, from its beginning. TypeError for an input of the wrong type."""

    def __init__(self, source: PageInputs) -> None:
        self._source = source
        self._values: Iterator[Any] | AsyncIterator[Any] | None = None
        self._cancelled = False

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Input:
        if self._values is None:
            self._values = self._source.begin()
        if self._cancelled:
            raise RuntimeError(
                f"the generator of the {self._source.kind} was cancelled while it was read, and is over: resume the "
                "stream from run.cursor with a new one"
            )
        return self._checked(await self._next(self._values))

    async def _next(self, values: Iterator[Any] | AsyncIterator[Any]) -> Any:
        if isinstance(values, Iterator):
            try:
                return next(values)
            except StopIteration:
                raise StopAsyncIteration from None
        try:
            return await anext(values)
        except anyio.get_cancelled_exc_class():
            self._cancelled = isasyncgen(values)
            raise

    def _checked(self, value: Any) -> Input:
        titles = self._source.kind == "titles"
        if titles and not isinstance(value, str):
            value = getattr(value, "title", value)
        if not isinstance(value, str if titles else int) or isinstance(value, bool):
            wanted = "text, or has a title" if titles else "a whole number"
            raise TypeError(f"{value!r} among the {self._source.kind}: each of them is {wanted}")
        return value
