"""A flow: a protocol of several steps, as a generator without I/O.

A flow yields an :class:`ApiRequest` and is sent the :class:`ApiResponse`. It yields a :class:`Wait` to pause, a
:class:`Report` to report progress, and an :class:`Ask` to ask the caller a question. Errors of this package are thrown
*into* it, so that it can recover. It returns its result. ``run_flow.py`` runs every flow.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any, TypeVar

from attrs import frozen

from mwclient_async._http.messages import ApiRequest, ApiResponse
from mwclient_async.errors import MediaWikiError

T = TypeVar("T")


NO_RESPONSE = ApiResponse(body={})
"""What a flow is sent after a Wait or a Report. After an Ask, the body of the ApiResponse is the answer."""


@frozen
class Wait:
    """Pause for this number of seconds."""

    seconds: float


@frozen
class Report:
    """Report progress; ``event`` is a value that the flow defines."""

    event: Any


@frozen
class Ask:
    """Ask the caller a question; ``question`` is a value that the flow defines."""

    question: Any


@frozen
class TryAgain:
    """Ask the retry policy for another try after ``error``, and wait until then, at least ``least_wait`` seconds.

    The flow is sent an ApiResponse. Its body is True after the wait, or False if the policy allows no further try. All
    tries of an operation share one deadline, which begins with its first TryAgain.
    """

    error: MediaWikiError
    least_wait: float = 0.0


@frozen
class ResetRetries:
    """Begin a new operation: from now on, tries and their deadline are counted anew."""


@frozen
class NewSession:
    """Begin another session on the wiki, with the same account.

    The flow is sent an ApiResponse. Its body is whether that was possible without the user's help.
    """


FlowStep = ApiRequest | Wait | Report | Ask | TryAgain | ResetRetries | NewSession
Flow = Generator[FlowStep, ApiResponse, T]


def may_try_again(error: MediaWikiError, *, least_wait: float = 0.0) -> Flow[bool]:
    """Wait for the next try after this error; False if the retry policy allows none."""
    return bool((yield TryAgain(error, least_wait)).body)
