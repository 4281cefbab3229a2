"""When requests may be sent: the pauses that a wiki asks for, and the pace of writes.

A refusal that says "not now" (HTTP 429, maxlag, readonly, ratelimited) concerns more than the request that it answers.
All requests of the same scope wait until the pause is over: those of the site and its siblings, of one wiki, or of one
action of a wiki. See https://www.mediawiki.org/wiki/API:Etiquette.
"""

from __future__ import annotations

from collections.abc import Iterable

from attrs import frozen

from mwclient_async._http.messages import ApiRequest
from mwclient_async._session.clock import Clock
from mwclient_async._session.observers import Observers, describe_error
from mwclient_async._session.retry import Scope, pause_for, still_paused
from mwclient_async.errors import MediaWikiError
from mwclient_async.models.events import Paused
from mwclient_async.models.options import RetryPolicy

PauseKey = tuple[str, ...]
"""What a pause is for: ``ALL_WIKIS``, ``("wiki", api_url)`` or ``("action", api_url, name)``."""

ALL_WIKIS: PauseKey = ("farm",)
"""The key of a pause of a site and all its siblings."""


@frozen
class _Pause:
    until: float
    error: MediaWikiError


class Pauses:
    """The pauses of one site and its siblings. A pause ends by the clock."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._active: dict[PauseKey, _Pause] = {}
        self._next_turn: dict[PauseKey, float] = {}

    def begin(self, key: PauseKey, seconds: float, error: MediaWikiError) -> bool:
        """Begin a pause, or extend the active one. Returns whether there was none before."""
        until = self._clock.now() + seconds
        active = self._active.get(key)
        if seconds <= 0 or (active is not None and active.until >= until):
            return False
        self._active[key] = _Pause(until, error)
        return active is None or active.until <= self._clock.now()

    def end(self, key: PauseKey) -> None:
        """End a pause before its time."""
        self._active.pop(key, None)

    def is_any_active(self, keys: Iterable[PauseKey]) -> bool:
        """Whether at least one of these pauses is active."""
        return self._longest(keys) is not None

    async def wait(self, keys: Iterable[PauseKey], *, max_wait: float) -> None:
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

    async def wait_for_turn(self, key: PauseKey, interval: float) -> None:
        """Wait until ``interval`` seconds have passed since the turn before."""
        if interval > 0:
            now = self._clock.now()
            turn = max(now, self._next_turn.get(key, now))
            self._next_turn[key] = turn + interval
            if turn > now:
                await self._clock.sleep(turn - now)

    def _longest(self, keys: Iterable[PauseKey]) -> _Pause | None:
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

    ``policy`` says how long a pause may be.
    """

    pauses: Pauses
    wiki: str
    policy: RetryPolicy
    observers: Observers

    def begin_after(self, error: MediaWikiError, request: ApiRequest) -> None:
        """Begin the pause that this error asks for, if it asks for one, and report it."""
        pause = pause_for(error, self.policy)
        if pause is None:
            return
        all_wikis, wiki, action = self.keys_for(request)
        key = {Scope.FARM: all_wikis, Scope.WIKI: wiki, Scope.ACTION: action}[pause.scope]
        if self.pauses.begin(key, pause.seconds, error):
            self.observers.notify_event(
                Paused(scope=pause.scope.value, name=key[-1], seconds=pause.seconds, cause=describe_error(error))
            )

    async def wait(self, request: ApiRequest, *, max_wait: float) -> None:
        """Wait for the pauses that concern this request. Raises as :meth:`Pauses.wait` does."""
        await self.pauses.wait(self.keys_for(request), max_wait=max_wait)

    async def wait_for_write(self, interval: float) -> None:
        """Wait until this wiki's last write began ``interval`` seconds ago."""
        await self.pauses.wait_for_turn(("wiki", self.wiki), interval)

    def is_any_active(self, request: ApiRequest) -> bool:
        """Whether a pause concerns this request now."""
        return self.pauses.is_any_active(self.keys_for(request))

    def keys_for(self, request: ApiRequest) -> tuple[PauseKey, PauseKey, PauseKey]:
        """The keys of the pauses that concern this request: of all wikis, of this wiki, of this action."""
        return ALL_WIKIS, ("wiki", self.wiki), ("action", self.wiki, request.rate_limit_action)
