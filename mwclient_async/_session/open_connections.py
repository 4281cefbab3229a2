"""Connections that last longer than one request: each belongs to a run over a stream of events."""

from __future__ import annotations

from contextlib import suppress
from typing import Protocol
from weakref import ref


class Closable(Protocol):
    """What is closed at the end."""

    async def aclose(self) -> None:
        """Close it."""
        ...


class OpenConnections:
    """The connections that are open, and their owners.

    A run that is iterated by a plain ``async for`` is not told when the loop is left. So a connection whose owner is
    gone is closed when the next one is opened, or at the end.
    """

    def __init__(self) -> None:
        self._owners: dict[Closable, ref[object]] = {}

    def add(self, connection: Closable, owner: object) -> None:
        """Keep a connection until it is discarded, or its owner is gone."""
        self._owners[connection] = ref(owner)

    def discard(self, connection: Closable) -> None:
        """Forget a connection, which its owner closes."""
        self._owners.pop(connection, None)

    async def close_abandoned(self) -> None:
        """Close the connections whose owner is gone."""
        for connection in [connection for connection, owner in self._owners.items() if owner() is None]:
            self.discard(connection)
            with suppress(Exception):  # it may belong to an event loop that has ended
                await connection.aclose()

    async def aclose(self) -> None:
        """Close all connections."""
        for connection in list(self._owners):
            self.discard(connection)
            await connection.aclose()
