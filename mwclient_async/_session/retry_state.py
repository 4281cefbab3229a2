"""How far the retries of one request or flow have come: the shell around the decisions of ``retry.py``."""

from __future__ import annotations

from attrs import Factory, define

from mwclient_async import models
from mwclient_async._session.calls import current_call
from mwclient_async._session.clock import Clock
from mwclient_async._session.observers import Observers, describe_error
from mwclient_async._session.retry import Retry, decide_retry, is_likely_permanent, next_try, requested_wait
from mwclient_async.errors import MediaWikiError
from mwclient_async.models.options import RetryPolicy


@define(kw_only=True)
class RetryState:
    """What is left of a retry policy.

    ``since`` is the moment on the clock at which the deadline began: the first try, or earlier if several requests
    share one deadline. ``attempt`` counts from 1. ``label`` names the request in events. ``waits_since`` is since when
    the next try could be sent.
    """

    policy: RetryPolicy
    clock: Clock
    observers: Observers
    label: str
    since: float | None = None
    attempt: int = 1
    permanent_failures: int = 0
    waits_since: float = Factory(lambda self: self.clock.now(), takes_self=True)

    def start(self) -> None:
        """Begin the deadline, unless it has begun."""
        if self.since is None:
            self.since = self.clock.now()

    @property
    def left(self) -> float:
        """The seconds until the deadline."""
        return self.policy.deadline - self._elapsed

    async def wait_before_retry(self, error: MediaWikiError, *, resend: bool) -> bool:
        """Decide whether the request is sent again after this error, and wait until then.

        ``resend`` allows to send again what may have been executed. Returns False without a wait if it is not sent
        again.
        """
        self.start()
        permanent_failures = self.permanent_failures + is_likely_permanent(error)
        decision = decide_retry(
            error,
            policy=self.policy,
            attempt=self.attempt,
            permanent_failures=permanent_failures,
            elapsed=self._elapsed,
            rand=self.clock.draw(),
            resend=resend,
        )
        if decision is not None:  # a login that is begun again asks twice about one failure
            self.permanent_failures = permanent_failures
        return await self._wait(decision, error)

    async def wait_for_next_try(self, error: MediaWikiError, *, least_wait: float = 0.0) -> bool:
        """Wait for the next try of a flow that knows that it may try again; False if the policy allows none."""
        self.start()
        decision = next_try(
            policy=self.policy,
            attempt=self.attempt,
            elapsed=self._elapsed,
            rand=self.clock.draw(),
            least_wait=max(least_wait, requested_wait(error, self.policy)),
        )
        return await self._wait(decision, error)

    async def _wait(self, decision: Retry | None, error: MediaWikiError) -> bool:
        if decision is None:
            return False
        self.observers.notify_event(
            models.events.Retrying(
                label=self.label,
                attempt=self.attempt,
                after=decision.after,
                cause=describe_error(error),
                call=current_call(),
            )
        )
        await self.clock.sleep(decision.after)
        self.attempt += 1
        self.waits_since = self.clock.now()
        return True

    @property
    def _elapsed(self) -> float:
        return self.clock.now() - self.since if self.since is not None else 0.0
