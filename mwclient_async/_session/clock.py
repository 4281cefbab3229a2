"""Time and chance, in one place that a test can replace."""

from __future__ import annotations

import random
import time
from typing import Protocol

import anyio


class Clock(Protocol):
    """What a Site knows of time. Give it another one, for tests: ``testing.scripted.ScriptedClock`` never waits."""

    def now(self) -> float:
        """Seconds since some moment; they never run backwards."""
        ...

    def draw(self) -> float:
        """A number in [0, 1), for the jitter of waits."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait so many seconds."""
        ...


class SystemClock:
    """The clock of every Site that is not given another one."""

    def now(self) -> float:
        return time.monotonic()

    def draw(self) -> float:
        return random.random()  # noqa: S311 - jitter, not a secret

    async def sleep(self, seconds: float) -> None:
        await anyio.sleep(seconds)
