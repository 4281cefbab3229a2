"""What a Site does, as it happens: values for ``Site(on_event=...)``. None of them holds a secret.

``label`` names a request as the log does: ``"action=edit"``, or a path of the REST API. Times are in seconds.

A *call* is one request of the API with all its attempts, a login with all its steps, or a download. ``call`` is its
number, which no other call of this process has; 0 means that the event belongs to no call.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from attrs import frozen

from mwclient_async._values.value import Value


@frozen(kw_only=True, repr=False)
class CallStarted(Value):
    """A call has begun. ``parent`` is the call that needs it: an edit that needs a token, for example; 0 if none does.

    The callback runs in the task that makes the call, so it sees that task's context variables.
    """

    call: int
    parent: int
    label: str


@frozen(kw_only=True, repr=False)
class CallFinished(Value):
    """A call has ended, ``seconds`` after it began. ``failure`` is the class of its error, empty if it succeeded.

    The seconds include all attempts, and the waits before and between them.
    """

    call: int
    label: str
    seconds: float
    failure: str = ""


@frozen(kw_only=True, repr=False)
class RequestFinished(Value):
    """One HTTP request has ended. ``status`` is None if no response came, and ``failure`` says why.

    ``attempt`` counts from 1 and goes up with each retry. ``seconds`` is how long this attempt took, ``request_id``
    what the wiki's operators can find it by. ``waited`` is how long it waited before it was sent: for a pause, for a
    login or a token, for its turn, or until fewer requests were in flight. ``sent`` and ``received`` are the lengths
    of the two bodies in bytes; that of the response is its length after decompression.
    """

    label: str
    method: str
    attempt: int
    seconds: float
    status: int | None = None
    failure: str = ""
    request_id: str = ""
    call: int = 0
    waited: float = 0.0
    sent: int = 0
    received: int = 0


@frozen(kw_only=True, repr=False)
class Retrying(Value):
    """A request will be sent again in ``after`` seconds. ``cause`` is why attempt number ``attempt`` failed."""

    label: str
    attempt: int
    after: float
    cause: str
    call: int = 0


@frozen(kw_only=True, repr=False)
class Paused(Value):
    """Nothing of that ``scope`` is sent for ``seconds`` seconds.

    ``scope`` is ``"farm"`` (this site and its siblings), ``"wiki"``, or ``"action"`` (the action that ``name`` names).
    ``cause`` is what the wiki reported: to a request of ``call``, or to another process that shares the limits.
    """

    scope: str
    name: str
    seconds: float
    cause: str
    call: int = 0


@frozen(kw_only=True, repr=False)
class LoggedIn(Value):
    """A login succeeded, or an OAuth token is in use from now on. ``account`` may be empty.

    ``login_generation`` counts the logins of this site.
    """

    account: str
    login_generation: int


@frozen(kw_only=True, repr=False)
class LoggedOut(Value):
    """The site is not logged in any longer."""


@frozen(kw_only=True, repr=False)
class TokensFetched(Value):
    """The wiki sent new tokens; these are their kinds (``"csrf"``), never the tokens."""

    kinds: tuple[str, ...]


@frozen(kw_only=True, repr=False)
class ChunkSent(Value):
    """The wiki accepted a chunk of a file: ``length`` bytes from ``offset``."""

    offset: int
    length: int


@frozen(kw_only=True, repr=False)
class WaitingForJob(Value):
    """An upload waits for a job of the wiki, and has waited for ``waited`` seconds.

    ``stage`` is what the wiki says of the job. ``"queued"`` means that no job has begun with the file: the wiki's job
    queue may not run. This is reported after a minute, and then each time that the time has doubled.
    See https://www.mediawiki.org/wiki/Manual:Job_queue.
    """

    filename: str
    stage: str
    waited: float


@frozen(kw_only=True, repr=False)
class Downloaded(Value):
    """A file of ``size`` bytes was downloaded.

    ``check`` is what it was compared with: ``"sha1"``, ``"size"`` if the wiki names no SHA-1 or the caller chose that,
    or ``"none"``.
    """

    size: int
    check: str


@frozen(kw_only=True, repr=False)
class GapFilled(Value):
    """A stream of events begins later than its position: its events are read from ``list=recentchanges`` instead.

    The rows from ``since`` to ``until`` (aware datetimes) come from the list. This is reported before the first row.
    """

    since: datetime
    until: datetime


Event = (
    CallStarted
    | RequestFinished
    | Retrying
    | Paused
    | CallFinished
    | LoggedIn
    | LoggedOut
    | TokensFetched
    | ChunkSent
    | WaitingForJob
    | Downloaded
    | GapFilled
)

OnEvent = Callable[[Event], None]
