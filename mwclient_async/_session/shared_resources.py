"""What a site shares with its siblings, the other wikis that were opened through it; and who may use it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import anyio
from anyio.lowlevel import RunVar
from attrs import field, frozen

from mwclient_async import _session
from mwclient_async._http.closing import Closing
from mwclient_async._session.clock import Clock, ClosableClock
from mwclient_async._session.open_connections import OpenConnections
from mwclient_async._session.rate_limits import Pauses
from mwclient_async._session.request_slots import RequestSlots
from mwclient_async.errors import SiteClosed
from mwclient_async.models.options import Limits

if TYPE_CHECKING:
    from mwclient_async._http.transport import Transport


_LOOP: RunVar[object] = RunVar("mwclient_async.loop")


class Owner:
    """The process and the event loop that opened a Site, or a run with tasks of its own, and so may use it.

    Connections, locks and events belong to their event loop. A task of another loop would wait for events that never
    come, and a forked process would share the sockets of its parent. ``name`` is what was opened, ``advice`` what to
    open instead.
    """

    def __init__(self, name: str = "this site", advice: str = "open a Site") -> None:
        self._name = name
        self._advice = advice
        self._process = os.getpid()
        self._loop = _running_loop()

    def check(self) -> None:
        """Raise RuntimeError in another process or another running event loop."""
        if os.getpid() != self._process:
            raise RuntimeError(
                f"{self._name} was opened in another process, and a forked process must not use its connections: "
                f"{self._advice} in each process"
            )
        if _running_loop() not in {self._loop, None}:
            raise RuntimeError(
                f"{self._name} was opened in another event loop (asyncio.run makes a new one each time, and each "
                f"thread has its own): {self._advice} in each event loop"
            )


def _running_loop() -> object | None:
    """An object that stands for the running event loop; None if there is none."""
    try:
        found = _LOOP.get(None)
        if found is None:
            _LOOP.set(found := object())
    except RuntimeError:  # AnyIO's error for "no event loop is running"
        return None
    return found


@frozen
class SharedResources:
    """Connections, the slots of requests in flight, pauses, limits and the clock, until they are closed.

    Only ``owner`` may use them. ``connection`` leads to the other processes that share the limits, if any do.
    ``event_connections`` are those of streams of events, which last longer than one request.
    """

    transport: Transport
    limits: Limits
    _given_clock: Clock
    _limits_connection: _session.shared_limits.LimitsConnection | None = None
    owner: Owner = field(init=False, factory=Owner)
    _closing: Closing = field(init=False, factory=Closing)
    clock: Clock = field(init=False)
    slots: RequestSlots = field(init=False)
    pauses: Pauses = field(init=False)
    connection: _session.shared_limits.CheckedConnection | None = field(init=False)
    event_connections: OpenConnections = field(init=False, factory=OpenConnections)

    @clock.default
    def _closable_clock(self) -> Clock:
        return ClosableClock(self._given_clock, self._closing)

    @slots.default
    def _slots(self) -> RequestSlots:
        return RequestSlots(self.limits.concurrency)

    @pauses.default
    def _pauses(self) -> Pauses:
        return Pauses(self.clock)

    @connection.default
    def _checked_connection(self) -> _session.shared_limits.CheckedConnection | None:
        given = self._limits_connection
        return None if given is None else _session.shared_limits.CheckedConnection(given, self._closing)

    @property
    def is_closed(self) -> bool:
        """Whether nothing is sent any more."""
        return self._closing.is_closed

    def check_open(self) -> None:
        """Raise SiteClosed if nothing is sent any more."""
        if self.is_closed:
            raise SiteClosed("the site was closed; if it is open again, take handles and streams from it anew")

    async def aclose(self) -> None:
        """End all waits and close all connections, even if the calling task is being cancelled."""
        with anyio.CancelScope(shield=True):
            await self._closing.aclose()
            await self.event_connections.aclose()
            await self.transport.aclose()
            if self.connection is not None:
                await self.connection.aclose()
