"""What keeps the shared limits on the scheduler of a Dask cluster. ``limits.py`` talks to it.

It is a plugin of the scheduler, because that is the one place that every worker is connected with and that learns first
when a worker has died. Then it frees the slots of that worker. The pauses and turns have one clock, that of the
scheduler. See https://distributed.dask.org/en/stable/plugins.html#scheduler-plugins.
"""

from __future__ import annotations

import asyncio
import pickle
import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from distributed import Scheduler, SchedulerPlugin

from mwclient_async import LimitsAnswer, LimitsCoordinator, PauseKey, SharedPause

NAME = "mwclient_async-limits"
"""The name of the plugin on the scheduler."""


def holder_of(peer: str, connection: str) -> str:
    """The name of a connection of a peer: of the worker with that address, or the client with that id."""
    return f"{peer} {connection}"


def peer_of(holder: str) -> str:
    """The address of the worker, or the id of the client."""
    return holder.partition(" ")[0]


class LimitsPlugin(SchedulerPlugin):
    """One LimitsCoordinator for each farm, and the calls of the workers."""

    idempotent = True

    def __init__(self) -> None:
        self._farms: dict[str, LimitsCoordinator] = defaultdict(LimitsCoordinator)
        self._waiting: dict[tuple[str, str, int], asyncio.Future[LimitsAnswer | None]] = {}

    def start(self, scheduler: Scheduler) -> None:  # type: ignore[override]  # so two that come at once cannot both start
        """Answer the calls from now on."""
        self._scheduler = scheduler
        scheduler.handlers.update(
            {
                "mwclient_async_join": self.join,
                "mwclient_async_acquire": self.acquire,
                "mwclient_async_free": self.free,
                "mwclient_async_begin_pause": self.begin_pause,
                "mwclient_async_next_turn": self.next_turn,
                "mwclient_async_begin_turn": self.begin_turn,
                "mwclient_async_leave": self.leave,
            }
        )

    def remove_worker(self, scheduler: Scheduler, worker: str, **_: Any) -> None:  # noqa: ARG002 - called by name
        """Free the slots of a worker that has died or left."""
        self._remove(worker)

    def remove_client(self, scheduler: Scheduler, client: str) -> None:  # noqa: ARG002
        """Free the slots of a client that has left."""
        self._remove(client)

    # The calls -------------------------------------------------------------------------------------------------------

    def join(self, *, farm: str, holder: str, concurrency: int, taken: Sequence[int]) -> None:
        """Let a connection ask for slots. ``taken`` are those that it has, if the scheduler was restarted."""
        peer = peer_of(holder)
        if peer not in self._scheduler.workers and peer not in self._scheduler.clients:
            raise RuntimeError(f"the scheduler does not know {peer} any longer")
        self._farms[farm].join(holder, concurrency, taken)

    async def acquire(self, *, farm: str, holder: str, number: int, keys: Sequence[PauseKey]) -> bool | bytes:
        """Wait for a slot. Returns True, or the pauses as a pickle; False if the connection is not known."""
        if not self._farms[farm].has_joined(holder):
            return False
        waiting = self._waiting[farm, holder, number] = asyncio.get_running_loop().create_future()
        try:
            self._deliver(farm, self._farms[farm].ask(holder, number, [tuple(key) for key in keys], time.monotonic()))
            answer = await waiting
        finally:
            del self._waiting[farm, holder, number]
        if answer is None:
            return False
        return pickle.dumps(answer.pauses) if answer.pauses else True

    def free(self, *, farm: str, holder: str, number: int) -> None:
        """Give a slot back, or end the wait for it."""
        self._deliver(farm, self._farms[farm].free(holder, number, time.monotonic()))
        if (waiting := self._waiting.get((farm, holder, number))) is not None and not waiting.done():
            waiting.set_result(LimitsAnswer(holder, number))  # its caller has given up, and frees it again

    def begin_pause(self, *, farm: str, pause: bytes) -> None:
        """Begin a pause, which is given as a pickle."""
        begun: SharedPause = pickle.loads(pause)  # noqa: S301 - of this cluster, as all messages of Dask
        self._deliver(farm, self._farms[farm].begin_pause(begun, time.monotonic()))

    def next_turn(self, *, farm: str, key: PauseKey, interval: float) -> float:
        """The seconds until the next turn to write."""
        return self._farms[farm].next_turn(tuple(key), interval, time.monotonic())

    def begin_turn(self, *, farm: str, key: PauseKey, interval: float) -> float:
        """Begin a turn to write: 0, or the seconds until it may begin."""
        return self._farms[farm].begin_turn(tuple(key), interval, time.monotonic())

    def leave(self, *, farm: str, holder: str) -> None:
        """Forget a connection."""
        self._forget(farm, holder)

    def _remove(self, peer: str) -> None:
        for farm, coordinator in self._farms.items():
            for holder in [holder for holder in coordinator.holders if peer_of(holder) == peer]:
                self._forget(farm, holder)

    def _forget(self, farm: str, holder: str) -> None:
        answers = self._farms[farm].leave(holder, time.monotonic())
        for (of_farm, waits, _), waiting in self._waiting.items():
            if (of_farm, waits) == (farm, holder) and not waiting.done():
                waiting.set_result(None)
        self._deliver(farm, answers)

    def _deliver(self, farm: str, answers: Iterable[LimitsAnswer]) -> None:
        for answer in answers:
            if not (waiting := self._waiting[farm, answer.holder, answer.number]).done():
                waiting.set_result(answer)
