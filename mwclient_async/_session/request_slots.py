"""The slots of requests in flight, and how a download lends its own.

A download keeps its slot while the file comes in, and calls functions of the user: the one that takes the bytes, and
the one that is told the progress. If such a function sends a request, perhaps no slot is free until the download goes
on, which waits for the function. So these requests go in the slot of the download, beside it, one at a time. If such a
request is a download itself, its own functions can send none: each would need one more connection.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from contextvars import ContextVar

import anyio
from attrs import define, field

_lent: ContextVar[Mapping[int, _LentSlot]] = ContextVar("mwclient_async_lent_slots")


@define
class _LentSlot:
    """For the requests of the task that downloads, and of tasks that it starts, until the download has ended."""

    is_lent: bool = True
    within_another: bool = False
    turns: anyio.Semaphore = field(factory=lambda: anyio.Semaphore(1, fast_acquire=True))


class RequestSlots:
    """So many requests may be in flight at a time."""

    def __init__(self, count: int) -> None:
        self._slots = anyio.Semaphore(count, fast_acquire=True)  # a request follows

    @property
    def are_lent(self) -> bool:
        """Whether this task is inside a download, which lends it a slot."""
        return self._lent_slot is not None

    @asynccontextmanager
    async def take(self) -> AsyncIterator[None]:
        """Wait for a slot, and keep it in the ``async with`` block, while the request is in flight.

        Raises RuntimeError in a download within another one.
        """
        lent = self._lent_slot
        if lent is not None and lent.within_another:
            raise RuntimeError(
                "a function of a download began this download, whose own functions cannot send requests: download the "
                "second file after the first one"
            )
        async with self._slots if lent is None else lent.turns:
            yield

    @property
    def _lent_slot(self) -> _LentSlot | None:
        lent = _lent.get({}).get(id(self))
        return lent if lent is not None and lent.is_lent else None

    @contextmanager
    def lend(self) -> Iterator[None]:
        """Lend a slot that is taken to the requests that this task sends in the ``with`` block."""
        slot = _LentSlot(within_another=self.are_lent)
        outer = _lent.set({**_lent.get({}), id(self): slot})
        try:
            yield
        finally:
            slot.is_lent = False
            with suppress(ValueError):  # a task that was abandoned is ended in another context
                _lent.reset(outer)
