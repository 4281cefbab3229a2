"""The inputs of a call: titles or ids from any iterable, read one by one.

The reader is a class and not an async generator. A generator that is cancelled is finished, which would look like the
end of the inputs; and a generator that is not read to its end makes trio complain.
"""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Iterable, Iterator, Sized
from inspect import isasyncgen
from typing import Any, Self

import anyio

from mwclient_async._http.titled import TitleLike, title_of, title_on
from mwclient_async._query.page_set import Input

_OneInput = Input | TitleLike

Inputs = _OneInput | Iterable[_OneInput] | AsyncIterable[_OneInput]
"""The pages that a call is about: one Input, or an iterable of them. Objects with a title count as titles."""


class PageInputs:
    """The titles or ids of one call to this wiki. If they come from an iterator, they can be read only once."""

    def __init__(self, kind: str, source: Inputs, wiki: str) -> None:
        self.kind = kind
        self.wiki = wiki
        _check_source(kind, source)
        self._source: Any = (source,) if _is_one(kind, source) else source
        self._started = False

    @property
    def count(self) -> int | None:
        """The number of inputs; None if only reading them all would show it."""
        return len(self._source) if isinstance(self._source, Sized) else None

    def begin(self) -> Iterator[Any] | AsyncIterator[Any]:
        """Begin to iterate. Raises RuntimeError for the second time if the caller passed an iterator."""
        once = isinstance(self._source, Iterator | AsyncIterator)
        if once and self._started:
            raise RuntimeError(
                f"these {self.kind} come from an iterator that was read already: pass a list, or open the stream once"
            )
        self._started = True
        return iter(self._source) if isinstance(self._source, Iterable) else aiter(self._source)


def _is_one(kind: str, source: Any) -> bool:
    """Whether this is one input: an id, a title, or an object with a title, and not an iterable of them."""
    return isinstance(source, str | int) or (kind == "titles" and isinstance(title_of(source), str))


def _check_source(kind: str, source: object) -> None:
    """Raise TypeError for what cannot be one input or several, before any request."""
    one = "title" if kind == "titles" else "id"
    advice = f"give a {one}, or a list of them".replace("a id", "an id")
    if isinstance(source, str) and kind != "titles":
        raise TypeError(f"{kind}={source!r}: {advice}; an id is a whole number")
    if isinstance(source, int) and kind == "titles":
        raise TypeError(f"titles={source!r}: {advice}; a title is a text, and pageids={source!r} is for an id")
    if isinstance(source, bytes) or not (_is_one(kind, source) or isinstance(source, Iterable | AsyncIterable)):
        raise TypeError(f"{kind} is of type {type(source).__name__}: {advice}")


class InputReader(AsyncIterator[Input]):
    """Reads the inputs from their beginning. Raises TypeError for an input of the wrong type."""

    def __init__(self, inputs: PageInputs) -> None:
        self._inputs = inputs
        self._values: Iterator[Any] | AsyncIterator[Any] | None = None
        self._cancelled = False

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Input:
        if self._values is None:
            self._values = self._inputs.begin()
        if self._cancelled:
            raise RuntimeError(
                f"the generator of the {self._inputs.kind} was cancelled while it was read, and is finished: resume "
                "the stream from run.cursor with a new generator"
            )
        return checked_input(self._inputs.kind, self._inputs.wiki, await self._next(self._values))

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


def checked_input(kind: str, wiki: str, value: Any) -> Input:
    """The title of an input, or the id. Raises TypeError for the wrong type, ValueError for another wiki's Title."""
    titles = kind == "titles"
    if titles:
        value = title_on(wiki, value)
    if not isinstance(value, str if titles else int) or isinstance(value, bool):
        expected = "text, or an object with a title" if titles else "a whole number"
        raise TypeError(f"{value!r} among the {kind}: each of them must be {expected}")
    return value
