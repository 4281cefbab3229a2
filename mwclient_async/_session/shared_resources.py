"""What a site shares with its siblings: the other wikis that were opened through it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import anyio
from attrs import field, frozen

from mwclient_async._http.closing import Closing
from mwclient_async._session.clock import Clock, ClosableClock
from mwclient_async._session.rate_limits import Pauses
from mwclient_async.errors import SiteClosed
from mwclient_async.models.options import Limits

if TYPE_CHECKING:
    from mwclient_async._http.transport import Transport


@frozen
class SharedResources:
    """Connections, the slots of requests in flight, pauses, limits and the clock, until they are closed."""

    transport: Transport
    limits: Limits
    _given_clock: Clock
    _closing: Closing = field(init=False, factory=Closing)
    clock: Clock = field(init=False)
    slots: anyio.Semaphore = field(init=False)
    pauses: Pauses = field(init=False)

    @clock.default
    def _closable_clock(self) -> Clock:
        return ClosableClock(self._given_clock, self._closing)

    @slots.default
    def _slots(self) -> anyio.Semaphore:
        return anyio.Semaphore(self.limits.concurrency)

    @pauses.default
    def _pauses(self) -> Pauses:
        return Pauses(self.clock)

    @property
    def is_closed(self) -> bool:
        """Whether nothing is sent any more."""
        return self._closing.is_closed

    def check_open(self) -> None:
        """Raise SiteClosed if nothing is sent any more."""
        if self.is_closed:
            raise SiteClosed

    async def aclose(self) -> None:
        """End all waits and close all connections, even if the calling task is being cancelled."""
        with anyio.CancelScope(shield=True):
            await self._closing.aclose()
            await self.transport.aclose()
