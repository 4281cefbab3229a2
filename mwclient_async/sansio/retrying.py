"""Whether to send a call again: a pure decision; the shell only sleeps.

==========================================  =================  ==================================================
what happened                               was it done?       a read                a write
==========================================  =================  ==================================================
never connected, maxlag, readonly, 429      no                 again                 again
a lost reply, 5xx, a broken answer, an      unknown            again, if it may      OutcomeUnknown, unless the
internal error                                                 pass                  wiki refuses it a second time
any other answer                            no                 raised                raised
==========================================  =================  ==================================================
"""

from __future__ import annotations

from attrs import frozen

from mwclient_async.errors import (
    BrokenReply,
    ConnectionFailed,
    HttpError,
    InternalError,
    MaxlagExceeded,
    MediaWikiError,
    ProtocolError,
    RateLimited,
    ReadOnly,
    ReplyLost,
)
from mwclient_async.models.options import RetryPolicy

_TOO_MANY = 429
_NOT_EXECUTED = frozenset({301, 302, 303, 307, 308, 404, 405, 413, 414, 415})  # no script of the wiki has run
_FEW = 3  # attempts where it may as well be the wrong address: an answer that is no API's, an unknown host
_STEEPEST = 60  # doublings; beyond that every policy's longest delay is reached
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
    if isinstance(error, HttpError):
        return error.status != _TOO_MANY
    if isinstance(error, ProtocolError):
        return error.status not in _NOT_EXECUTED
    return isinstance(error, ReplyLost | InternalError)


def passing(error: MediaWikiError) -> bool:
    """Whether what happened may pass, so that asking the same again is of use."""
    if isinstance(error, InternalError):  # a database that is locked or gone; other exceptions come again
        return "DB" in error.code or "Rdbms" in error.code
    return not isinstance(error, ProtocolError) or isinstance(error, BrokenReply)


def decide(
    error: MediaWikiError, *, policy: RetryPolicy, attempt: int, elapsed: float, rand: float, resend: bool
) -> Retry | None:
    """Retry, or None to give up.

    ``attempt`` counts from 1, ``rand`` is in [0, 1), ``resend`` allows ambiguous cases.
    """
    if not (certainly_not_done(error) or (resend and ambiguous(error) and passing(error))):
        return None
    doubtful = isinstance(error, BrokenReply) or (isinstance(error, ConnectionFailed) and error.lasting)
    if attempt >= (min(policy.attempts, _FEW) if doubtful else policy.attempts):
        return None
    jitter = rand * min(policy.longest_delay, policy.first_delay * 2.0 ** min(attempt - 1, _STEEPEST))
    asked = getattr(error, "retry_after", None) or 0.0
    least = max(asked, next((wait for cls, wait in _LEAST_WAIT.items() if isinstance(error, cls)), 0.0))
    after = least + jitter
    return Retry(after) if elapsed + after <= policy.deadline else None
