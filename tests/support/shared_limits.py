"""Limits that the Sites of one process share as if each were in a process of its own."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from itertools import count

import anyio
import anyio.lowlevel
from attrs import define, field

from mwclient_async import Limits, LimitsAnswer, LimitsCoordinator, PauseKey, SharedPause
from mwclient_async._session.clock import Clock

Interrupt = Callable[[], Awaitable[None]]


@define
class InMemoryLimits:
    """A ``SharedLimits``. ``calls`` are the names of all calls so far; a call whose name is in ``broken`` fails."""

    clock: Clock
    coordinator: LimitsCoordinator = field(factory=LimitsCoordinator)
    calls: list[str] = field(factory=list)
    broken: set[str] = field(factory=set)
    answers: dict[tuple[str, int], LimitsAnswer] = field(factory=dict)
    answered: dict[tuple[str, int], anyio.Event] = field(factory=dict)
    on_answer: Interrupt = anyio.lowlevel.checkpoint
    _holders: count[int] = field(factory=count)

    async def connect(self, limits: Limits) -> InMemoryConnection:
        await self.call("connect")
        holder = f"process {next(self._holders)}"
        self.coordinator.join(holder, limits.concurrency)
        return InMemoryConnection(self, holder)

    async def call(self, name: str) -> None:
        """The way to the coordinator."""
        self.calls.append(name)
        await anyio.lowlevel.checkpoint()
        if name in self.broken:
            raise OSError("no one listens")

    def deliver(self, answers: Iterable[LimitsAnswer]) -> None:
        for answer in answers:
            self.answers[answer.holder, answer.number] = answer
            self.answered[answer.holder, answer.number].set()


@define
class InMemoryConnection:
    """One Site's connection."""

    limits: InMemoryLimits
    holder: str
    taken: list[int] = field(factory=list)
    _numbers: count[int] = field(factory=count)

    async def acquire(self, keys: Sequence[PauseKey]) -> Sequence[SharedPause]:
        coordinator, number = self.limits.coordinator, next(self._numbers)
        self.limits.answered[self.holder, number] = answered = anyio.Event()
        try:
            await self.limits.call("acquire")
            self.limits.deliver(coordinator.ask(self.holder, number, keys, self.limits.clock.now()))
            await answered.wait()
            await self.limits.on_answer()
        except BaseException:
            self.limits.deliver(coordinator.free(self.holder, number, self.limits.clock.now()))
            raise
        pauses = self.limits.answers[self.holder, number].pauses
        if not pauses:
            self.taken.append(number)
        return pauses

    async def release(self) -> None:
        await self.limits.call("release")
        now = self.limits.clock.now()
        self.limits.deliver(self.limits.coordinator.free(self.holder, self.taken.pop(), now))

    async def begin_pause(self, pause: SharedPause) -> None:
        await self.limits.call("begin_pause")
        self.limits.deliver(self.limits.coordinator.begin_pause(pause, self.limits.clock.now()))

    async def next_turn(self, key: PauseKey, interval: float) -> float:
        await self.limits.call("next_turn")
        return self.limits.coordinator.next_turn(key, interval, self.limits.clock.now())

    async def begin_turn(self, key: PauseKey, interval: float) -> float:
        await self.limits.call("begin_turn")
        return self.limits.coordinator.begin_turn(key, interval, self.limits.clock.now())

    async def aclose(self) -> None:
        await self.limits.call("aclose")
        self.limits.deliver(self.limits.coordinator.leave(self.holder, self.limits.clock.now()))
