"""Who may send now: pauses that the wiki asked for, the pace of writes, and the door that a login closes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import anyio
from attrs import field, frozen

from mwclient_async._session.clock import Clock
from mwclient_async._session.retry import again
from mwclient_async.errors import MediaWikiError
from mwclient_async.models.options import Limits

if TYPE_CHECKING:
    from mwclient_async._http.httpx_transport import Transport

Gate = tuple[str, ...]
"""What a pause is for: ``("farm",)``, ``("wiki", api_url)``, ``("action", api_url, name)``."""


@frozen
class _Closed:
    until: float
    error: MediaWikiError


class Gates:
    """The pauses of one site and its siblings. A gate that was closed opens by the clock."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._closed: dict[Gate, _Closed] = {}
        self._next: dict[Gate, float] = {}

    def close(self, gate: Gate, seconds: float, error: MediaWikiError) -> bool:
        """Close a gate for so long, or for longer than it is; whether it was open."""
        until = self._clock.now() + seconds
        now = self._closed.get(gate)
        if seconds <= 0 or (now is not None and now.until >= until):
            return False
        self._closed[gate] = _Closed(until, error)
        return now is None or now.until <= self._clock.now()

    def open(self, gate: Gate) -> None:
        """Open a gate before its time."""
        self._closed.pop(gate, None)

    def are_closed(self, gates: Iterable[Gate]) -> bool:
        """Whether any of them is."""
        return self._longest(gates) is not None

    async def wait(self, gates: Iterable[Gate], *, patience: float) -> None:
        """Wait until they are open; raise what closed them where that takes more than ``patience`` seconds."""
        gates = tuple(gates)
        while (closed := self._longest(gates)) is not None:
            left = closed.until - self._clock.now()
            if left > patience:
                raise again(closed.error, after=left) from closed.error
            patience -= left
            await self._clock.sleep(left)

    async def keep_pace(self, gate: Gate, interval: float) -> None:
        """Wait for one's turn where each turn comes ``interval`` seconds after the one before."""
        if interval > 0:
            now = self._clock.now()
            turn = max(now, self._next.get(gate, now))
            self._next[gate] = turn + interval
            if turn > now:
                await self._clock.sleep(turn - now)

    def _longest(self, gates: Iterable[Gate]) -> _Closed | None:
        now = self._clock.now()
        for gate in [gate for gate, closed in self._closed.items() if closed.until <= now]:
            del self._closed[gate]
        closed = [self._closed[gate] for gate in gates if gate in self._closed]
        return max(closed, key=lambda one: one.until, default=None)


class Door:
    """Requests go through it; a login closes it, once nobody is inside.

    Answers that are still on their way would otherwise bring cookies of the old session into the new one.
    """

    def __init__(self) -> None:
        self._inside = 0
        self._opened: anyio.Event | None = None
        self._emptied: anyio.Event | None = None
        self._lock = anyio.Lock(fast_acquire=True)  # without letting others in meanwhile

    @property
    def closing(self) -> bool:
        """Whether somebody is in it alone, or waits for the others to leave."""
        return self._opened is not None

    @asynccontextmanager
    async def passing(self) -> AsyncIterator[None]:
        """Be inside, as many as like."""
        while self._opened is not None:
            await self._opened.wait()
        self._inside += 1
        try:
            yield
        finally:
            self._inside -= 1
            if self._inside == 0 and self._emptied is not None:
                self._emptied.set()

    @asynccontextmanager
    async def closed(self) -> AsyncIterator[None]:
        """Be the only one inside."""
        async with self._lock:
            self._opened = opened = anyio.Event()
            try:
                while self._inside:
                    self._emptied = anyio.Event()
                    await self._emptied.wait()
                yield
            finally:
                self._opened = self._emptied = None
                opened.set()


@frozen
class Farm:
    """What a site shares with its siblings: connections, slots, pauses and the clock."""

    transport: Transport
    limits: Limits
    clock: Clock
    slots: anyio.Semaphore = field(init=False)
    gates: Gates = field(init=False)

    @slots.default
    def _slots(self) -> anyio.Semaphore:
        return anyio.Semaphore(self.limits.concurrency)

    @gates.default
    def _gates(self) -> Gates:
        return Gates(self.clock)
