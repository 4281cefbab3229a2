"""The turns of writes: those of one key begin at least an interval after each other.

A write reserves its turn before it waits for a slot. One that has got its slot late begins later than it reserved, and
the next one must not begin right after it. So a turn is begun, too, and that counts from then on.
"""

from __future__ import annotations

from mwclient_async import models

EARLY = 0.001
"""Seconds by which a turn may begin too early: clocks and sleeps are not exact."""


class WriteTurns:
    """The turns by key. ``now`` is the time in seconds by one clock, as ``interval`` is."""

    def __init__(self) -> None:
        self._next: dict[models.shared_limits.PauseKey, float] = {}
        self._began: dict[models.shared_limits.PauseKey, float] = {}

    def reserve(self, key: models.shared_limits.PauseKey, interval: float, now: float) -> float:
        """Reserve the next turn. Returns the seconds until then."""
        turn = max(now, self._next.get(key, now))
        self._next[key] = turn + interval
        return turn - now

    def begin(self, key: models.shared_limits.PauseKey, interval: float, now: float) -> float:
        """Begin a turn. Returns 0, or the seconds until it may begin, because one that waited for a slot was late."""
        left = self._began.get(key, now - interval) + interval - now
        if left > EARLY:
            return left
        self._began[key] = now
        self._next[key] = max(self._next.get(key, now), now + interval)
        return 0.0
