"""The clock and the random numbers of a Site, in one place that a test can replace."""

from __future__ import annotations

import random
import time
from typing import Protocol

import anyio


class Clock(Protocol):
    """The time as a Site sees it. For tests there is ``testing.scripted.ScriptedClock``, which never waits."""

    def now(self) -> float:
        """Seconds since an arbitrary moment; they never decrease."""
        ...

    def draw(self) -> float:
        """A random number in [0, 1), for the jitter of waits."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait this many seconds."""
        ...


class SystemClock:
    """The clock of a Site by default: monotonic time and real waits."""

    def now(self) -> float:
        return time.monotonic()

    def draw(self) -> float:
        return random.random()  # noqa: S311 - jitter, not a secret

    async def sleep(self, seconds: float) -> None:
        await anyio.sleep(seconds)
