"""Who may send now: pauses that the wiki asked for, the pace of writes, and the door that a login closes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from attrs import frozen

from mwclient_async._session.clock import Clock
from mwclient_async._session.retry import still_paused
from mwclient_async.errors import MediaWikiError

if TYPE_CHECKING:
    pass

PauseKey = tuple[str, ...]
"""What a pause is for: ``("farm",)``, ``("wiki", api_url)``, ``("action", api_url, name)``."""


@frozen
class _Pause:
    until: float
    error: MediaWikiError


class Pauses:
    """The pauses of one site and its siblings. A gate that was closed opens by the clock."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._closed: dict[PauseKey, _Pause] = {}
        self._next: dict[PauseKey, float] = {}

    def begin(self, gate: PauseKey, seconds: float, error: MediaWikiError) -> bool:
        """Close a gate for so long, or for longer than it is; whether it was open."""
        until = self._clock.now() + seconds
        now = self._closed.get(gate)
        if seconds <= 0 or (now is not None and now.until >= until):
            return False
        self._closed[gate] = _Pause(until, error)
        return now is None or now.until <= self._clock.now()

    def end(self, gate: PauseKey) -> None:
        """Open a gate before its time."""
        self._closed.pop(gate, None)

    def is_any_active(self, gates: Iterable[PauseKey]) -> bool:
        """Whether any of them is."""
        return self._longest(gates) is not None

    async def wait(self, gates: Iterable[PauseKey], *, max_wait: float) -> None:
        """Wait until they are open; raise what closed them where that takes more than ``patience`` seconds."""
        gates = tuple(gates)
        while (closed := self._longest(gates)) is not None:
            left = closed.until - self._clock.now()
            if left > max_wait:
                raise still_paused(closed.error, after=left) from closed.error
            max_wait -= left
            await self._clock.sleep(left)

    async def wait_for_turn(self, gate: PauseKey, interval: float) -> None:
        """Wait for one's turn where each turn comes ``interval`` seconds after the one before."""
        if interval > 0:
            now = self._clock.now()
            turn = max(now, self._next.get(gate, now))
            self._next[gate] = turn + interval
            if turn > now:
                await self._clock.sleep(turn - now)

    def _longest(self, gates: Iterable[PauseKey]) -> _Pause | None:
        now = self._clock.now()
        for gate in [gate for gate, closed in self._closed.items() if closed.until <= now]:
            del self._closed[gate]
        closed = [self._closed[gate] for gate in gates if gate in self._closed]
        return max(closed, key=lambda one: one.until, default=None)
