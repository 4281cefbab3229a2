"""What to do after a request failed: pure decisions. The shell only sleeps.

Three questions are answered from the error alone. May the request be sent again (:func:`decide_retry`)? Which other
requests have to pause (:func:`pause_for`)? Must the login or a token be renewed first (:func:`recovery_for`)?

==========================================  =================  ==================================================
what happened                               was it executed?   a read                a write
==========================================  =================  ==================================================
no connection, maxlag, readonly, 429        no                 sent again            sent again
lost reply, 5xx, broken response,           unknown            sent again, if the    OutcomeUnknown, unless the
internal error, OAuth nonce used before                        error may pass        wiki refuses it a second time
refused token, failed assertion,            no                 sent again after      sent again after
login that the wiki has forgotten                              recovery, once        recovery, once
any other error                             no                 raised                raised
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
_NOT_EXECUTED = frozenset(
    {301, 307, 308, 404, 405, 413, 414, 415}  # no code of the wiki has run; it may send 302 and 303 after it has acted
)
_FEW = 3  # tries with failures that may mean a wrong address: a response that is not of an API, an unknown host
_PASSING_EXCEPTIONS = (  # parts of their names: a locked or lost database, and a file store that does not answer
    "DB",
    "Rdbms",
    "UploadChunkFileException",  # includes/upload/exception, thrown by UploadFromChunks.php (outputChunk)
    "UploadStashFileException",  # includes/upload/exception, thrown by UploadStash.php (stashFile)
    "FileBackendError",  # includes/libs/filebackend, thrown by SwiftFileBackend.php and FSFileBackendList.php
    "LocalFileLockError",  # includes/filerepo/file
)
_STEEPEST = 60  # doublings; beyond that every policy's longest delay is reached
_LEAST_WAIT = 5.0  # seconds, if the wiki says "not now" and names no wait


@frozen
class Retry:
    """Send the request again after ``after`` seconds."""

    after: float


class Scope(Enum):
    """The requests that pause: those of this site and its siblings (the wiki farm), of one wiki, or of one action."""

    FARM = "farm"
    WIKI = "wiki"
    ACTION = "action"


@frozen
class Pause:
    """Send no request of that scope for ``seconds``."""

    scope: Scope
    seconds: float


class Recovery(Enum):
    """What to do before a request is sent again: fetch new tokens, log in again, or check which of the two it needs."""

    TOKEN = "token"  # noqa: S105 - a word
    LOGIN = "login"
    CHECK = "check"


def certainly_not_executed(error: MediaWikiError) -> bool:
    """Whether the wiki certainly executed nothing, so that even a write may be sent again."""
    if isinstance(error, HttpError):
        return error.status == _TOO_MANY
    return isinstance(error, ConnectionFailed | MaxlagExceeded | ReadOnly | RateLimited)


def outcome_is_unknown(error: MediaWikiError) -> bool:
    """Whether the request may have been executed, or not."""
    if isinstance(error, HttpError):
        return error.status != _TOO_MANY
    if isinstance(error, ProtocolError):
        return error.status not in _NOT_EXECUTED
    if isinstance(error, AuthorizationRefused):
        return error.received_twice
    return isinstance(error, ReplyLost | InternalError)


def is_transient(error: MediaWikiError) -> bool:
    """Whether the error may pass, so that the same request may succeed later."""
    if isinstance(error, InternalError):  # other exceptions come again
        return any(name in error.code for name in _PASSING_EXCEPTIONS)
    return not isinstance(error, ProtocolError) or isinstance(error, BrokenReply)


def is_likely_permanent(error: MediaWikiError) -> bool:
    """Whether the address may be wrong: after a few such failures a request is given up."""
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
    """Whether and when a request is sent again after this error; None to give up.

    ``attempt`` counts from 1. ``permanent_failures`` counts the tries that :func:`is_likely_permanent` was true for.
    ``rand`` is in [0, 1). ``resend`` allows to send again what may have been executed.
    """
    if not (certainly_not_executed(error) or (resend and outcome_is_unknown(error) and is_transient(error))):
        return None
    if permanent_failures >= _FEW:
        return None
    return next_try(
        policy=policy, attempt=attempt, elapsed=elapsed, rand=rand, least_wait=requested_wait(error, policy)
    )


def next_try(
    *, policy: RetryPolicy, attempt: int, elapsed: float, rand: float, least_wait: float = 0.0
) -> Retry | None:
    """When the policy allows the next try: full jitter on top of ``least_wait`` seconds; None to give up."""
    if attempt >= policy.attempts:
        return None
    jitter = rand * min(policy.longest_delay, policy.first_delay * 2.0 ** min(attempt - 1, _STEEPEST))
    after = least_wait + jitter
    return Retry(after) if elapsed + after <= policy.deadline else None


def pause_for(error: MediaWikiError, policy: RetryPolicy) -> Pause | None:
    """Which requests pause, and how long: the wiki's refusal concerns more than one request."""
    wait = requested_wait(error, policy)
    if isinstance(error, HttpError):
        return Pause(Scope.FARM, wait) if error.status == _TOO_MANY else None
    if isinstance(error, RateLimited):  # with status 429 it may come from a gateway
        return Pause(Scope.FARM if error.status == _TOO_MANY else Scope.ACTION, wait)
    if isinstance(error, MaxlagExceeded | ReadOnly):
        return Pause(Scope.WIKI, wait)
    return None


def recovery_for(error: MediaWikiError, request: ApiRequest) -> Recovery | None:
    """What may make this request succeed: new tokens or a new login; None if neither can."""
    if isinstance(error, BadToken):
        return Recovery.TOKEN if request.token is not None else None
    if isinstance(error, AuthorizationRefused):
        return Recovery.LOGIN
    if isinstance(error, AssertFailed):
        return Recovery.LOGIN if error.code != "assertanonfailed" else None
    if request.path and type(error) is PermissionDenied:  # so a lost login shows over REST
        return Recovery.CHECK
    return None


def still_paused(error: MediaWikiError, *, after: float) -> MediaWikiError:
    """The error for a request that was not sent because of a pause, with the seconds that are left of it."""
    if isinstance(error, ApiError):
        return type(error)(error.errors, status=error.status, retry_after=after, request_id=error.request_id)
    status = error.status if isinstance(error, HttpError) else _TOO_MANY
    return HttpError(f"not sent, because of a pause of {after:.0f} s more: {error}", status=status, retry_after=after)


def requested_wait(error: MediaWikiError, policy: RetryPolicy) -> float:
    """The seconds that the wiki asks to wait, as far as the policy allows; a default if it only says "not now"."""
    asked: float | None = getattr(error, "retry_after", None)
    if asked is None:
        says_not_now = certainly_not_executed(error) and not isinstance(error, ConnectionFailed)
        asked = _LEAST_WAIT if says_not_now else 0.0
    return min(asked, policy.longest_pause)
