"""Work that would block the event loop, in a worker thread: files, hashing, the decoding of a large response."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import anyio
import anyio.to_thread

T = TypeVar("T")


async def run_in_thread(work: Callable[[], T]) -> T:
    """What the function returns or raises, called in a worker thread.

    It does not take one of the program's threads (anyio's default limiter): a program whose threads all wait for the
    library would wait forever.
    """
    return await anyio.to_thread.run_sync(work, limiter=anyio.CapacityLimiter(1))
