"""Whether to send a call again: a pure decision; the shell only sleeps.

==========================================  =================  ==================================================
what happened                               was it done?       a read                a write
==========================================  =================  ==================================================
never connected, maxlag, readonly, 429      no                 again                 again
a lost reply, 5xx, an internal error        unknown            again                 OutcomeUnknown, unless the
                                                                                     wiki refuses it a second time
any other answer                            no                 raised                raised
==========================================  =================  ==================================================
"""

from __future__ import annotations

from attrs import frozen

from mwclient_async.errors import (
    ConnectionFailed,
    HttpError,
    InternalError,
    MaxlagExceeded,
    MediaWikiError,
    RateLimited,
    ReadOnly,
    ReplyLost,
)
from mwclient_async.models.options import RetryPolicy

_TOO_MANY = 429
_LEAST_WAIT: dict[type[MediaWikiError], float] = {MaxlagExceeded: 5.0, ReadOnly: 5.0, RateLimited: 5.0}


@frozen
class Retry:
    """Send it again after so many seconds."""

    after: float


def certainly_not_done(error: MediaWikiError) -> bool:
    """Whether the wiki certainly did nothing, so that even a write may be sent again."""
    if isinstance(error, HttpError):
        return error.status == _TOO_MANY
    return isinstance(error, ConnectionFailed | MaxlagExceeded | ReadOnly | RateLimited)


def ambiguous(error: MediaWikiError) -> bool:
    """Whether the wiki may or may not have done what it was asked."""
    return isinstance(error, ReplyLost | InternalError) or (isinstance(error, HttpError) and error.status != _TOO_MANY)


def decide(
    error: MediaWikiError, *, policy: RetryPolicy, attempt: int, elapsed: float, rand: float, resend: bool
) -> Retry | None:
    """Retry, or None to give up.

    ``attempt`` counts from 1, ``rand`` is in [0, 1), ``resend`` allows ambiguous cases.
    """
    if not (certainly_not_done(error) or (resend and ambiguous(error))):
        return None
    if attempt >= policy.attempts:
        return None
    jitter = rand * min(policy.longest_delay, policy.first_delay * 2 ** (attempt - 1))
    asked = getattr(error, "retry_after", None) or 0.0
    least = max(asked, next((wait for cls, wait in _LEAST_WAIT.items() if isinstance(error, cls)), 0.0))
    after = least + jitter
    return Retry(after) if elapsed + after <= policy.deadline else None
