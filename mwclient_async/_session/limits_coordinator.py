"""Who holds the slots that several processes share, who waits for one, and which pauses are active: without I/O.

What keeps shared limits is a shell around a :class:`LimitsCoordinator`: it brings the calls of the processes, the time
and the answers. Requests are answered in the order in which they came, as far as there are slots.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from attrs import evolve, frozen

from mwclient_async._session.write_turns import WriteTurns
from mwclient_async.models.shared_limits import PauseKey, SharedPause


@frozen
class LimitsAnswer:
    """The answer to a request for a slot: it has one, or the pauses for which it has none.

    ``holder`` and ``number`` are those of :meth:`LimitsCoordinator.ask`.
    """

    holder: str
    number: int
    pauses: tuple[SharedPause, ...] = ()


@frozen
class _ActivePause:
    until: float
    pause: SharedPause


class LimitsCoordinator:
    """The state of the limits that several holders share: connections of processes, each with a name of its own.

    ``now`` is the time in seconds by one clock that never goes back. A method that can make slots free returns the
    answers to those that waited for them, in their order.
    """

    def __init__(self) -> None:
        self._concurrency: dict[str, int] = {}
        self._allowed = 0
        self._taken: set[tuple[str, int]] = set()
        self._waiting: dict[tuple[str, int], tuple[PauseKey, ...]] = {}
        self._pauses: dict[PauseKey, _ActivePause] = {}
        self._turns = WriteTurns()

    @property
    def concurrency(self) -> int:
        """The smallest number of requests in flight that one of the holders allows; 0 without any holder."""
        return self._allowed

    @property
    def in_flight(self) -> int:
        """How many slots are taken."""
        return len(self._taken)

    @property
    def holders(self) -> frozenset[str]:
        """Who has joined, and has not left."""
        return frozenset(self._concurrency)

    def has_joined(self, holder: str) -> bool:
        """Whether this holder may ask for slots."""
        return holder in self._concurrency

    def join(self, holder: str, concurrency: int, taken: Iterable[int] = ()) -> None:
        """Let a holder ask for slots. It allows ``concurrency`` requests in flight, over all holders.

        ``taken`` are the slots that it has already, if the coordinator was restarted.
        """
        self._concurrency[holder] = concurrency
        self._allowed = min(self._concurrency.values())
        self._taken.update((holder, number) for number in taken)

    def leave(self, holder: str, now: float) -> list[LimitsAnswer]:
        """Free all slots of a holder that has ended, and forget what it waits for."""
        self._concurrency.pop(holder, None)
        self._allowed = min(self._concurrency.values(), default=0)
        self._taken = {slot for slot in self._taken if slot[0] != holder}
        self._waiting = {slot: keys for slot, keys in self._waiting.items() if slot[0] != holder}
        return self._answer(now)

    def ask(self, holder: str, number: int, keys: Sequence[PauseKey], now: float) -> list[LimitsAnswer]:
        """Ask for a slot for a request that these pauses concern. ``number`` is the holder's own for this request.

        Raises KeyError if the holder has not joined, or has left.
        """
        if holder not in self._concurrency:
            raise KeyError(holder)
        if pauses := self._active(keys, now):
            return [LimitsAnswer(holder, number, pauses)]
        self._waiting[holder, number] = tuple(keys)
        return self._answer(now)

    def free(self, holder: str, number: int, now: float) -> list[LimitsAnswer]:
        """Give back the slot of a request, or end its wait for one."""
        self._taken.discard((holder, number))
        self._waiting.pop((holder, number), None)
        return self._answer(now)

    def begin_pause(self, pause: SharedPause, now: float) -> list[LimitsAnswer]:
        """Begin a pause, or extend the active one. Those that it concerns wait no longer for slots."""
        if pause.seconds <= 0:
            return []
        until = now + pause.seconds
        active = self._pauses.get(pause.key)
        if active is None or active.until < until:
            self._pauses[pause.key] = _ActivePause(until, pause)
        paused = [slot for slot, keys in self._waiting.items() if pause.key in keys]
        return [LimitsAnswer(*slot, self._active(self._waiting.pop(slot), now)) for slot in paused]

    def next_turn(self, key: PauseKey, interval: float, now: float) -> float:
        """Reserve the next turn to write. Returns the seconds until then."""
        return self._turns.reserve(key, interval, now)

    def begin_turn(self, key: PauseKey, interval: float, now: float) -> float:
        """Begin a turn to write. Returns 0, or the seconds until it may begin: one that waited for a slot was late."""
        return self._turns.begin(key, interval, now)

    def _answer(self, now: float) -> list[LimitsAnswer]:
        """The answers to those that wait, as far as there are slots."""
        answers = []
        while self._waiting and len(self._taken) < self._allowed:
            slot = next(iter(self._waiting))
            if not (pauses := self._active(self._waiting.pop(slot), now)):
                self._taken.add(slot)
            answers.append(LimitsAnswer(*slot, pauses))
        return answers

    def _active(self, keys: Sequence[PauseKey], now: float) -> tuple[SharedPause, ...]:
        found = []
        for key in keys:
            active = self._pauses.get(key)
            if active is not None and active.until <= now:
                del self._pauses[key]
            elif active is not None:
                found.append(evolve(active.pause, seconds=active.until - now))
        return tuple(found)
