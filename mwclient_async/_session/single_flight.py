"""Single flight: what many tasks want at once is done by one of them, and all get its outcome."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
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
    """One at a time, shared by all who come while it is under way.

    An error of the wiki is shared, too: fifty tasks must not try a wrong password fifty times. A task that is
    cancelled in its midst, or fails otherwise, leaves the work to the next one that waits.
    """

    def __init__(self) -> None:
        self._flight: _SharedCall[T] | None = None

    async def run(self, work: Callable[[], Awaitable[T]]) -> T:
        """The result of ``work``, ours or that of the task that was first."""
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
        """Wait for what is under way, if anything is. Raises what that raised."""
        await self._join_running()

    async def _join_running(self) -> list[T]:
        while (flight := self._flight) is not None:
            await flight.finished.wait()
            if flight.error is not None:
                raise twin(flight.error)
            if flight.results:
                return flight.results
        return []


def twin(error: MediaWikiError) -> MediaWikiError:
    """The same error for another task: each adds its own cursor, notes and traceback."""
    other = type(error).__new__(type(error), *error.args)
    other.__dict__.update(error.__dict__)
    other.__cause__ = error.__cause__
    return other
