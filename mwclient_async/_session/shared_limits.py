"""Limits that several processes share: the protocol between a Site and what keeps them.

A wiki counts all processes of an account, or of an address, as one client. A Site by itself knows only its own
requests. ``Site(shared_limits=...)`` takes an object that connects it with the others. Before each request the site
asks for a slot. The answer is given at one place, for all processes, so that

- no more requests are in flight than ``Limits.concurrency`` allows, over all of them together;
- no slot is given out while a pause concerns the request, whichever process the wiki has asked for that pause.

A site that is refused with a pause tells it before it gives its slot back. So no other process can be given a slot in
between. The limits of the site itself hold as well.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol, TypeVar

from anyio import CancelScope, move_on_after
from attrs import frozen

from mwclient_async._http.closing import Closing
from mwclient_async._session.observers import log
from mwclient_async.errors import LimitsUnavailable, MediaWikiError, SiteClosed
from mwclient_async.models.options import Limits
from mwclient_async.models.shared_limits import PauseKey, SharedPause

T = TypeVar("T")
_LONGEST_RELEASE = 5.0  # seconds


class SharedLimits(Protocol):
    """Connects a Site with the other processes that share its limits: ``Site(shared_limits=...)``.

    It is best a small value that can be pickled, so that it can be sent to the processes that open the Sites.
    """

    async def connect(self, limits: Limits) -> LimitsConnection:
        """Join the processes that share these limits, when the Site opens. If their limits differ, the smallest hold.

        It raises ValueError if it cannot work here; any other exception becomes LimitsUnavailable.
        """
        ...


class LimitsConnection(Protocol):
    """One Site's connection to the limits that it shares. Any exception of a method becomes LimitsUnavailable.

    If the process dies, or the connection is lost, its slots must become free.
    """

    async def acquire(self, keys: Sequence[PauseKey]) -> Sequence[SharedPause]:
        """Wait for a slot for one request, and take it. Returns nothing if there is a slot.

        If a pause with one of the keys is active, or begins while this waits, no slot is taken, and the pauses are
        returned. If it is cancelled, no slot is taken.
        """
        ...

    async def release(self) -> None:
        """Give one of the slots back. It is called once for each slot, also if the request was cancelled."""
        ...

    async def begin_pause(self, pause: SharedPause) -> None:
        """Begin a pause for all processes, or extend it. No slot for its key is given out after this has returned."""
        ...

    async def next_turn(self, key: PauseKey, interval: float) -> float:
        """Reserve the next turn to write. Returns the seconds until then, which may be 0.

        Turns with the same key are at least ``interval`` seconds apart.
        """
        ...

    async def begin_turn(self, key: PauseKey, interval: float) -> float:
        """Begin a turn now: the write has its slot. Returns 0, or the seconds until it may begin, as none has then.

        A write that waited for its slot after its turn would come too close to the one that has begun before it.
        """
        ...

    async def aclose(self) -> None:
        """Leave, when the Site is closed. All slots of the connection become free."""
        ...


async def connect(shared_limits: SharedLimits, limits: Limits) -> LimitsConnection:
    """Join the processes that share these limits. Raises LimitsUnavailable, or ValueError if that cannot work here."""
    return await _checked(shared_limits.connect(limits), passing=(ValueError,))


@frozen
class CheckedConnection:
    """A connection whose waits end when the site is closed, and whose failures are errors of this package."""

    connection: LimitsConnection
    closing: Closing

    async def acquire(self, keys: Sequence[PauseKey]) -> Sequence[SharedPause]:
        """Take a slot, or return the pauses for which there is none."""
        return await self._until_closed(lambda: self.connection.acquire(keys))

    async def next_turn(self, key: PauseKey, interval: float) -> float:
        """The seconds until the next turn to write."""
        return await self._until_closed(lambda: self.connection.next_turn(key, interval))

    async def begin_turn(self, key: PauseKey, interval: float) -> float:
        """Begin a turn: 0, or the seconds until it may begin."""
        return await self._until_closed(lambda: self.connection.begin_turn(key, interval))

    async def begin_pause(self, pause: SharedPause) -> None:
        """Begin a pause for all processes, also if the request that was refused is cancelled now."""
        await self._at_all_events(lambda: self.connection.begin_pause(pause), "the pause was not shared")

    async def release(self) -> None:
        """Give a slot back, also if the request is cancelled."""
        await self._at_all_events(self.connection.release, "a slot was not given back")

    async def aclose(self) -> None:
        """Leave the others."""
        await self._at_all_events(self.connection.aclose, "the connection was not closed")

    async def _until_closed(self, call: Callable[[], Awaitable[T]]) -> T:
        with self.closing.until_closed():
            return await _checked(call())
        raise SiteClosed

    async def _at_all_events(self, call: Callable[[], Awaitable[None]], failure: str) -> None:
        """Make a call that a cancelled task must make, too. A request that has its response does not fail by it."""
        try:
            with CancelScope(shield=True), move_on_after(_LONGEST_RELEASE) as scope:
                await _checked(call())
        except MediaWikiError as error:
            log.warning("shared limits: %s: %s", failure, error)
        else:
            if scope.cancelled_caught:
                log.warning("shared limits: %s in %.0f s", failure, _LONGEST_RELEASE)


async def _checked(call: Awaitable[T], *, passing: tuple[type[Exception], ...] = ()) -> T:
    try:
        return await call
    except (MediaWikiError, *passing):  # type: ignore[misc]  # mypy does not follow the star
        raise
    except Exception as error:
        raise LimitsUnavailable(
            f"nothing was sent, because the limits that this site shares with other processes could not be asked: "
            f"{type(error).__name__}: {error}"
        ) from error
