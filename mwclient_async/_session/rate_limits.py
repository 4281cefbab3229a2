"""When requests may be sent: the pauses that a wiki asks for, and the pace of writes.

A refusal that says "not now" (HTTP 429, maxlag, readonly, ratelimited) concerns more than the request that it answers.
All requests of the same scope wait until the pause is over: those of the site and its siblings, of one wiki, or of one
action of a wiki. See https://www.mediawiki.org/wiki/API:Etiquette.
"""

from __future__ import annotations

from collections.abc import Iterable

from attrs import frozen

from mwclient_async import _session, models
from mwclient_async._http.messages import ApiRequest
from mwclient_async._session.calls import current_call
from mwclient_async._session.clock import Clock
from mwclient_async._session.observers import Observers, describe_error
from mwclient_async._session.retry import Scope, pause_for, still_paused
from mwclient_async._session.write_turns import WriteTurns
from mwclient_async.errors import MediaWikiError
from mwclient_async.models.options import RetryPolicy

ALL_WIKIS: models.shared_limits.PauseKey = ("farm",)
"""The key of a pause of a site and all its siblings."""


@frozen
class _Pause:
    until: float
    error: MediaWikiError


class Pauses:
    """The pauses of one site and its siblings. A pause ends by the clock."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._active: dict[models.shared_limits.PauseKey, _Pause] = {}
        self._turns = WriteTurns()

    def begin(self, key: models.shared_limits.PauseKey, seconds: float, error: MediaWikiError) -> bool:
        """Begin a pause, or extend the active one. Returns whether there was none before."""
        until = self._clock.now() + seconds
        active = self._active.get(key)
        if seconds <= 0 or (active is not None and active.until >= until):
            return False
        self._active[key] = _Pause(until, error)
        return active is None or active.until <= self._clock.now()

    def end(self, key: models.shared_limits.PauseKey) -> None:
        """End a pause before its time."""
        self._active.pop(key, None)

    def is_any_active(self, keys: Iterable[models.shared_limits.PauseKey]) -> bool:
        """Whether at least one of these pauses is active."""
        return self._longest(keys) is not None

    async def wait(self, keys: Iterable[models.shared_limits.PauseKey], *, max_wait: float) -> None:
        """Wait until none of these pauses is active.

        Raises the error that caused the pause if that takes more than ``max_wait`` seconds.
        """
        keys = tuple(keys)
        while (pause := self._longest(keys)) is not None:
            left = pause.until - self._clock.now()
            if left > max_wait:
                raise still_paused(pause.error, after=left) from pause.error
            max_wait -= left
            await self._clock.sleep(left)

    async def wait_for_turn(self, key: models.shared_limits.PauseKey, interval: float) -> None:
        """Wait until ``interval`` seconds have passed since the turn before."""
        if interval > 0 and (left := self._turns.reserve(key, interval, self._clock.now())) > 0:
            await self._clock.sleep(left)

    def begin_turn(self, key: models.shared_limits.PauseKey, interval: float) -> float:
        """Begin a turn: 0, or the seconds until it may begin, because one that waited for its slot has begun late."""
        return self._turns.begin(key, interval, self._clock.now())

    async def sleep(self, seconds: float) -> None:
        """Wait this many seconds by the clock of the pauses."""
        if seconds > 0:
            await self._clock.sleep(seconds)

    def _longest(self, keys: Iterable[models.shared_limits.PauseKey]) -> _Pause | None:
        if not self._active:
            return None
        now = self._clock.now()
        for key in [key for key, pause in self._active.items() if pause.until <= now]:
            del self._active[key]
        pauses = [self._active[key] for key in keys if key in self._active]
        return max(pauses, key=lambda pause: pause.until, default=None)


@frozen
class WikiPauses:
    """The pauses that concern the requests of one site, whose ``wiki`` is the address of its api.php.

    ``policy`` says how long a pause may be. ``connection`` leads to other processes that share the limits, if any do.
    """

    pauses: Pauses
    wiki: str
    policy: RetryPolicy
    observers: Observers
    connection: _session.shared_limits.CheckedConnection | None = None

    def begin_after(self, error: MediaWikiError, request: ApiRequest) -> models.shared_limits.SharedPause | None:
        """Begin the pause that this error asks for, and report it. Returns None if it asks for none."""
        pause = pause_for(error, self.policy)
        if pause is None:
            return None
        all_wikis, wiki, action = self.keys_for(request)
        key = {Scope.FARM: all_wikis, Scope.WIKI: wiki, Scope.ACTION: action}[pause.scope]
        begun = models.shared_limits.SharedPause(key, pause.seconds, error)
        self.begin(begun)
        return begun

    def begin(self, pause: models.shared_limits.SharedPause) -> None:
        """Begin a pause that this process or another one was asked for. It is reported if there was none before."""
        if self.pauses.begin(pause.key, pause.seconds, pause.error):
            self.observers.notify_event(
                models.events.Paused(
                    scope=pause.key[0],
                    name=pause.key[-1],
                    seconds=pause.seconds,
                    cause=describe_error(pause.error),
                    call=current_call(),
                )
            )

    async def wait(self, request: ApiRequest, *, max_wait: float) -> None:
        """Wait for the pauses that concern this request. Raises as :meth:`Pauses.wait` does."""
        await self.pauses.wait(self.keys_for(request), max_wait=max_wait)

    async def begin_write(self, interval: float) -> float:
        """Begin a write to this wiki. Returns 0, or the seconds until it may begin, for which it waits then."""
        key = ("wiki", self.wiki)
        if interval <= 0:
            return 0.0
        if self.connection is None:
            return self.pauses.begin_turn(key, interval)
        return await self.connection.begin_turn(key, interval)

    async def wait_for_write(self, interval: float, *, late: float = 0.0) -> None:
        """Wait for the turn of a write to this wiki; for ``late`` seconds if it had its turn, and could not begin."""
        key = ("wiki", self.wiki)
        if late > 0:
            await self.pauses.sleep(late)
        elif self.connection is None or interval <= 0:
            await self.pauses.wait_for_turn(key, interval)
        else:
            await self.pauses.sleep(await self.connection.next_turn(key, interval))

    def is_any_active(self, request: ApiRequest) -> bool:
        """Whether a pause concerns this request now."""
        return self.pauses.is_any_active(self.keys_for(request))

    def keys_for(
        self, request: ApiRequest
    ) -> tuple[models.shared_limits.PauseKey, models.shared_limits.PauseKey, models.shared_limits.PauseKey]:
        """The keys of the pauses that concern this request: of all wikis, of this wiki, of this action."""
        return ALL_WIKIS, ("wiki", self.wiki), ("action", self.wiki, request.rate_limit_action)
