"""Single flight: coalesces concurrent calls, so that all callers share one result."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from copy import copy
from typing import Generic, TypeVar

import anyio
from attrs import Factory, define

from mwclient_async.errors import MediaWikiError

T = TypeVar("T")


@define(eq=False)
class _SharedCall(Generic[T]):
    finished: anyio.Event = Factory(anyio.Event)
    results: list[T] = Factory(list)
    error: MediaWikiError | None = None


class SingleFlight(Generic[T]):
    """Runs one call at a time. A caller that comes while it runs waits for its result.

    An error of the wiki is shared, too, so that fifty tasks do not try a wrong password fifty times. If the task that
    runs the call is cancelled, or fails in another way, the next waiting task runs it.
    """

    def __init__(self) -> None:
        self._flight: _SharedCall[T] | None = None

    async def run(self, work: Callable[[], Awaitable[T]]) -> T:
        """The result of ``work``, or of the call that is running already."""
        for result in await self._join_running():
            return result
        flight: _SharedCall[T] = _SharedCall()
        self._flight = flight
        try:
            result = await work()
        except MediaWikiError as error:
            flight.error = error
            raise
        else:
            flight.results.append(result)
            return result
        finally:
            self._flight = None
            flight.finished.set()

    async def join(self) -> None:
        """Wait for the running call, if there is one. Raises the error of the wiki that it raised."""
        await self._join_running()

    async def _join_running(self) -> list[T]:
        while (flight := self._flight) is not None:
            await flight.finished.wait()
            if flight.error is not None:
                raise copy(flight.error)  # each task adds its own cursor, notes and traceback
            if flight.results:
                return flight.results
        return []
