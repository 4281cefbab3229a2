"""Takes requests that were cancelled, or failed, out of the pool of httpcore.

httpcore shields its own clean-up from the cancellation of AnyIO's scopes, but not from ``Task.cancel()``, which
``asyncio.wait_for``, ``asyncio.timeout`` and ``asyncio.TaskGroup`` use. A request that is cancelled at certain moments
then keeps its place in the pool, and its connection. The connection of a handshake that fails behind a proxy keeps its
place, too. As many of them as the pool has places, and every later request waits forever.
"""

# ruff: noqa: SLF001 - httpcore has no public way to do this

from __future__ import annotations

from contextlib import suppress
from typing import Any

from anyio import CancelScope


async def free_slot(transport: Any, trace: object) -> None:
    """Take the request with this trace out of the transport's pool, and close connections without a request."""
    with CancelScope(shield=True), suppress(Exception):  # httpcore may store this in another way one day
        await _free_slot(transport._pool, trace)


async def _free_slot(pool: Any, trace: object) -> None:
    pool._requests[:] = [one for one in pool._requests if one.request.extensions.get("trace") is not trace]
    used = [one.connection for one in pool._requests]
    left = [one for one in pool.connections if not (one in used or one.is_idle() or one.is_closed())]
    for connection in left:
        pool._connections.remove(connection)
    await pool._close_connections([*left, *pool._assign_requests_to_connections()])
