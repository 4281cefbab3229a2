"""A readers-writer lock: requests share it, a login takes it exclusively."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio


class LoginLock:
    """Requests go through it; a login closes it, once nobody is inside.

    Answers that are still on their way would otherwise bring cookies of the old session into the new one.
    """

    def __init__(self) -> None:
        self._inside = 0
        self._opened: anyio.Event | None = None
        self._emptied: anyio.Event | None = None
        self._lock = anyio.Lock(fast_acquire=True)  # without letting others in meanwhile

    @property
    def is_exclusive(self) -> bool:
        """Whether somebody is in it alone, or waits for the others to leave."""
        return self._opened is not None

    @asynccontextmanager
    async def shared(self) -> AsyncIterator[None]:
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
    async def exclusive(self) -> AsyncIterator[None]:
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
