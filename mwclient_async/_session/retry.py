"""What to do when a call failed: pure decisions; the shell only sleeps.

Three questions, each answered from the error alone: may it be sent again (:func:`decide`), who else has to wait
(:func:`pause`), and is it the login or a token that has to be mended first (:func:`remedy`).

==========================================  =================  ==================================================
what happened                               was it done?       a read                a write
==========================================  =================  ==================================================
never connected, maxlag, readonly, 429      no                 again                 again
a lost reply, 5xx, a broken answer, an      unknown            again, if it may      OutcomeUnknown, unless the
internal error                                                 pass                  wiki refuses it a second time
a token refused, a failed assertion, a      no                 again, when that is   again, when that is
login that the wiki no longer knows                            mended, once          mended, once
any other answer                            no                 raised                raised
==========================================  =================  ==================================================
"""

from __future__ import annotations

from enum import Enum

from attrs import frozen

from mwclient_async._http.messages import ApiRequest
from mwclient_async.errors import (
    ApiError,
    AssertFailed,
    AuthorizationRefused,
    BadToken,
    BrokenReply,
    ConnectionFailed,
    HttpError,
    InternalError,
    MaxlagExceeded,
    MediaWikiError,
    PermissionDenied,
    ProtocolError,
    RateLimited,
    ReadOnly,
    ReplyLost,
)
from mwclient_async.models.options import RetryPolicy

_TOO_MANY = 429
_NOT_EXECUTED = frozenset({301, 302, 303, 307, 308, 404, 405, 413, 414, 415})  # no script of the wiki has run
_FEW = 3  # failures that may as well mean the wrong address: an answer that is no API's, an unknown host
_STEEPEST = 60  # doublings; beyond that every policy's longest delay is reached
_LEAST_WAIT = 5.0  # seconds, where the wiki says "not now" and names no wait


@frozen
class Retry:
    """Send it again after so many seconds."""

    after: float


class Scope(Enum):
    """Whose requests wait: those of this site and its siblings, of its wiki, or of one action there."""

    FARM = "farm"
    WIKI = "wiki"
    ACTION = "action"


@frozen
class Pause:
    """Send nothing of that scope for so many seconds."""

    scope: Scope
    seconds: float


class Recovery(Enum):
    """What to mend before a call is sent again: fetch tokens anew, or log in again."""

    TOKEN = "token"  # noqa: S105 - a word
    LOGIN = "login"


def certainly_not_executed(error: MediaWikiError) -> bool:
    """Whether the wiki certainly did nothing, so that even a write may be sent again."""
    if isinstance(error, HttpError):
        return error.status == _TOO_MANY
    return isinstance(error, ConnectionFailed | MaxlagExceeded | ReadOnly | RateLimited)


def outcome_is_unknown(error: MediaWikiError) -> bool:
    """Whether the wiki may or may not have done what it was asked."""
    if isinstance(error, HttpError):
        return error.status != _TOO_MANY
    if isinstance(error, ProtocolError):
        return error.status not in _NOT_EXECUTED
    return isinstance(error, ReplyLost | InternalError)


def is_transient(error: MediaWikiError) -> bool:
    """Whether what happened may pass, so that asking the same again is of use."""
    if isinstance(error, InternalError):  # a database that is locked or gone; other exceptions come again
        return "DB" in error.code or "Rdbms" in error.code
    return not isinstance(error, ProtocolError) or isinstance(error, BrokenReply)


def is_likely_permanent(error: MediaWikiError) -> bool:
    """Whether it may as well be the wrong address: a few such failures of one call are enough."""
    return isinstance(error, BrokenReply) or (isinstance(error, ConnectionFailed) and error.lasting)


def decide_retry(
    error: MediaWikiError,
    *,
    policy: RetryPolicy,
    attempt: int,
    elapsed: float,
    rand: float,
    resend: bool,
    permanent_failures: int = 0,
) -> Retry | None:
    """Retry, or None to give up.

    ``attempt`` counts from 1, ``vain`` those of the tries that were ``futile``; ``rand`` is in [0, 1), ``resend``
    allows ambiguous cases.
    """
    if not (certainly_not_executed(error) or (resend and outcome_is_unknown(error) and is_transient(error))):
        return None
    if attempt >= policy.attempts or permanent_failures >= _FEW:
        return None
    jitter = rand * min(policy.longest_delay, policy.first_delay * 2.0 ** min(attempt - 1, _STEEPEST))
    after = _requested_wait(error) + jitter
    return Retry(after) if elapsed + after <= policy.deadline else None


def pause_for(error: MediaWikiError) -> Pause | None:
    """Who else waits, and how long: the wiki's refusal is not meant for one request alone."""
    if isinstance(error, HttpError):
        return Pause(Scope.FARM, _requested_wait(error)) if error.status == _TOO_MANY else None
    if isinstance(error, RateLimited):  # with that status it may as well be a gateway's
        return Pause(Scope.FARM if error.status == _TOO_MANY else Scope.ACTION, _requested_wait(error))
    if isinstance(error, MaxlagExceeded | ReadOnly):
        return Pause(Scope.WIKI, _requested_wait(error))
    return None


def recovery_for(error: MediaWikiError, call: ApiRequest) -> Recovery | None:
    """What has to be mended before this call can succeed, where that may be all that is wrong."""
    if isinstance(error, BadToken):
        return Recovery.TOKEN if call.token is not None else None
    if isinstance(error, AuthorizationRefused):
        return Recovery.LOGIN
    if isinstance(error, AssertFailed):
        return Recovery.LOGIN if error.code != "assertanonfailed" else None
    if call.path and type(error) is PermissionDenied:  # REST has no assertions: a lost login looks like this
        return Recovery.TOKEN
    return None


def still_paused(error: MediaWikiError, *, after: float) -> MediaWikiError:
    """The error for a call that was not sent because the wiki refused another, with the wait that is left."""
    if isinstance(error, ApiError):
        return type(error)(error.errors, status=error.status, retry_after=after, request_id=error.request_id)
    status = error.status if isinstance(error, HttpError) else _TOO_MANY
    return HttpError(f"not sent, for {after:.0f} s more: {error}", status=status, retry_after=after)


def _requested_wait(error: MediaWikiError) -> float:
    """The wait that the wiki asks for, in seconds; some where it says "not now" without naming one."""
    asked: float | None = getattr(error, "retry_after", None)
    if asked is not None:
        return asked
    return _LEAST_WAIT if certainly_not_executed(error) and not isinstance(error, ConnectionFailed) else 0.0
