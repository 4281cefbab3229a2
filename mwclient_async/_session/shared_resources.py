"""What a site shares with its siblings: the other wikis that were opened through it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import anyio
from attrs import field, frozen

from mwclient_async._session.clock import Clock
from mwclient_async._session.rate_limits import Pauses
from mwclient_async.models.options import Limits

if TYPE_CHECKING:
    from mwclient_async._http.transport import Transport


@frozen
class SharedResources:
    """Connections, the slots of requests in flight, pauses, limits and the clock."""

    transport: Transport
    limits: Limits
    clock: Clock
    slots: anyio.Semaphore = field(init=False)
    pauses: Pauses = field(init=False)

    @slots.default
    def _slots(self) -> anyio.Semaphore:
        return anyio.Semaphore(self.limits.concurrency)

    @pauses.default
    def _pauses(self) -> Pauses:
        return Pauses(self.clock)

    async def aclose(self) -> None:
        """Close all connections, even if the calling task is being cancelled."""
        with anyio.CancelScope(shield=True):
            await self.transport.aclose()
