"""The clock and the random numbers of a Site, in one place that a test can replace."""

from __future__ import annotations

import random
import time
from typing import Protocol

import anyio

from mwclient_async._http.closing import Closing
from mwclient_async.errors import SiteClosed


class Clock(Protocol):
    """The time as a Site sees it. For tests there is ``testing.scripted.ScriptedClock``, which never waits."""

    def now(self) -> float:
        """Seconds since an arbitrary moment; they never decrease."""
        ...

    def timestamp(self) -> float:
        """Seconds since 1970, by the clock of this machine."""
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

    def timestamp(self) -> float:
        return time.time()

    def draw(self) -> float:
        return random.random()  # noqa: S311 - jitter, not a secret

    async def sleep(self, seconds: float) -> None:
        await anyio.sleep(seconds)


class ClosableClock:
    """A clock whose waits end with SiteClosed when the site is closed."""

    def __init__(self, clock: Clock, closing: Closing) -> None:
        self._clock = clock
        self._closing = closing

    def now(self) -> float:
        return self._clock.now()

    def timestamp(self) -> float:
        return self._clock.timestamp()

    def draw(self) -> float:
        return self._clock.draw()

    async def sleep(self, seconds: float) -> None:
        with self._closing.until_closed():
            await self._clock.sleep(seconds)
        if self._closing.is_closed:
            raise SiteClosed
