"""What a Site does, told as it happens: values for ``Site(on_event=...)``. None of them holds a secret.

``label`` names a call as the log does: ``"action=edit"``, or a path of the REST API.
"""

from __future__ import annotations

from attrs import frozen


@frozen(kw_only=True)
class RequestFinished:
    """One HTTP request is over. ``status`` is None where no answer came, and ``failure`` says why.

    ``attempt`` counts from 1 within its call, ``seconds`` is how long it took, ``request_id`` what the wiki's
    operators find it by.
    """

    label: str
    method: str
    attempt: int
    seconds: float
    status: int | None = None
    failure: str = ""
    request_id: str = ""


@frozen(kw_only=True)
class Retrying:
    """A call is sent again in ``after`` seconds: ``cause`` is what happened to its ``attempt``-th try."""

    label: str
    attempt: int
    after: float
    cause: str


@frozen(kw_only=True)
class Paused:
    """Nothing of that ``scope`` is sent for so many seconds.

    ``scope`` is ``"farm"`` (this site and its siblings), ``"wiki"``, or ``"action"``, which ``name`` then names.
    """

    scope: str
    name: str
    seconds: float
    cause: str


@frozen(kw_only=True)
class LoggedIn:
    """A login succeeded, or an OAuth token was taken up: the ``number``-th of this site. ``account`` may be empty."""

    account: str
    login_generation: int


@frozen(kw_only=True)
class LoggedOut:
    """The site is nobody in particular from now on."""


@frozen(kw_only=True)
class TokensFetched:
    """The wiki gave new tokens; these are their kinds (``"csrf"``), never the tokens."""

    kinds: tuple[str, ...]


@frozen(kw_only=True)
class ChunkSent:
    """The wiki took a stretch of a file: ``length`` bytes from ``offset``."""

    offset: int
    length: int


Event = RequestFinished | Retrying | Paused | LoggedIn | LoggedOut | TokensFetched | ChunkSent
