"""What became of an account: its groups, its mail, its credentials."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import field, frozen

from mwclient_async.errors import ApiErrorItem
from mwclient_async.models.auth import LoginField


@frozen(kw_only=True)
class UserRightsResult:
    """The groups that an account was put into and taken out of.

    ``unchanged`` are those that were asked for and left as they are: because that is so already, or because one may not
    change them. The wiki does not say which. See
    https://www.mediawiki.org/wiki/API:User_group_membership.
    """

    user: str
    userid: int = 0
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    unchanged: tuple[str, ...] = ()
    watchuser: bool = False
    watchlistexpiry: str | None = None


@frozen(kw_only=True)
class EmailResult:
    """A mail that the wiki has sent. ``result`` is ``"Success"`` or ``"Warnings"``.

    See https://www.mediawiki.org/wiki/API:Emailuser.
    """

    result: str
    warnings: tuple[ApiErrorItem, ...] = ()


@frozen(kw_only=True)
class AuthRequest:
    """One way to go on, and the ``fields`` that it wants filled in.

    ``id`` names it, for ``requests=``. ``required`` is ``"optional"``, ``"required"``, or ``"primary-required"``: one
    of these is needed. See https://www.mediawiki.org/wiki/API:Authmanagerinfo.
    """

    id: str
    required: str = ""
    provider: str = ""
    account: str = ""
    fields: tuple[LoginField, ...] = ()
    metadata: Mapping[str, Any] = {}


@frozen(kw_only=True)
class AuthStep:
    """Where the making or linking of an account stands.

    ``status`` is ``"PASS"`` (it is done, for ``username``), ``"UI"`` (fill in ``requests`` and go on), ``"REDIRECT"``
    (go to ``redirecttarget``, and go on with what comes back) or ``"RESTART"``. ``raw`` is the whole answer. See
    https://www.mediawiki.org/wiki/API:Account_creation.
    """

    status: str
    username: str | None = None
    message: str = ""
    messagecode: str = ""
    redirecttarget: str | None = None
    redirectdata: Any = None
    canpreservestate: bool = False
    requests: tuple[AuthRequest, ...] = ()
    raw: Mapping[str, Any] = field(factory=dict, repr=False)
