"""Read-ahead: the next batches are fetched while the consumer works on the current one.

Each batch that is being fetched has a :class:`Slot`. One task starts the fetches in order, each in a task of its own,
and sends their slots to the consumer through a channel. The size of the channel's buffer bounds how far it reads ahead.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Generic, TypeVar

import anyio
from attrs import define, field

from mwclient_async._query.batches import BatchSequence, FetchBatch, LoadedBatch

if TYPE_CHECKING:
    from anyio.abc import TaskGroup
    from anyio.streams.memory import MemoryObjectSendStream

T = TypeVar("T")

_HANDOVER = 0.05  # seconds that a consumer waits at most until the next request is sent


@define(eq=False)
class Slot(Generic[T]):
    """A batch that is being fetched.

    ``next_sent`` is set when the request for the following batch is on the wire, or if it will never be sent.
    """

    done: anyio.Event = field(factory=anyio.Event)
    next_sent: anyio.Event = field(factory=anyio.Event)
    loaded: LoadedBatch[T] | None = None
    error: Exception | None = None

    async def wait(self) -> LoadedBatch[T] | None:
        """Wait for the batch, and a short time for the next request. Raises the error of the fetch."""
        await self.done.wait()
        if self.error is not None:
            raise self.error
        with anyio.move_on_after(_HANDOVER):
            await self.next_sent.wait()  # a consumer that blocks the event loop must not delay the next request
        return self.loaded


async def start_fetches(batches: BatchSequence[T], outbox: MemoryObjectSendStream[Slot[T]], tasks: TaskGroup) -> None:
    """Start the fetches of a run, in order, as far ahead as the channel has room."""
    before: Slot[T] = Slot()
    before.done.set()
    async with outbox:
        while before.error is None:
            if batches.serial:
                await before.done.wait()
            slot: Slot[T] = Slot()
            try:
                fetch = await batches.next_fetch()
            except Exception as error:  # noqa: BLE001 - raised when the consumer reaches this batch
                slot.error = error
                slot.done.set()
                await outbox.send(slot)
                break
            if fetch is None:
                break
            tasks.start_soon(_fill, slot, fetch, before.next_sent.set)
            await outbox.send(slot)
            before = slot
        before.next_sent.set()


async def _fill(slot: Slot[T], fetch: FetchBatch[T], on_sent: Callable[[], None]) -> None:
    try:
        slot.loaded = await fetch(on_sent)
    except Exception as error:  # noqa: BLE001 - raised when the consumer reaches this batch
        slot.error = error
    slot.done.set()
    on_sent()
