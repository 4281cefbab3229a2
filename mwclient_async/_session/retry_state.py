"""How long one call is tried: the shell around the decisions of ``retry.py``."""

from __future__ import annotations

from attrs import define

from mwclient_async._session.clock import Clock
from mwclient_async._session.observers import Observers, describe_error
from mwclient_async._session.retry import decide_retry, is_likely_permanent
from mwclient_async.errors import MediaWikiError
from mwclient_async.models.events import Retrying
from mwclient_async.models.options import RetryPolicy


@define(kw_only=True)
class RetryState:
    """What is left of a policy for one call, its recoveries included. ``since`` is the moment of the first try."""

    policy: RetryPolicy
    clock: Clock
    observers: Observers
    label: str
    since: float | None = None
    attempt: int = 1
    permanent_failures: int = 0

    def start(self) -> None:
        """The first try goes out; later ones change nothing."""
        if self.since is None:
            self.since = self.clock.now()

    @property
    def left(self) -> float:
        """The seconds until the deadline."""
        return self.policy.deadline - self._elapsed

    async def wait_before_retry(self, error: MediaWikiError, *, resend: bool) -> bool:
        """Whether another try is made after this error; returns when it is time for it."""
        self.start()
        self.permanent_failures += is_likely_permanent(error)
        decision = decide_retry(
            error,
            policy=self.policy,
            attempt=self.attempt,
            permanent_failures=self.permanent_failures,
            elapsed=self._elapsed,
            rand=self.clock.draw(),
            resend=resend,
        )
        if decision is None:
            return False
        self.observers.notify_event(
            Retrying(label=self.label, attempt=self.attempt, after=decision.after, cause=describe_error(error))
        )
        await self.clock.sleep(decision.after)
        self.attempt += 1
        return True

    @property
    def _elapsed(self) -> float:
        return self.clock.now() - self.since if self.since is not None else 0.0
