"""The results of actions on accounts: groups, mail, credentials."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import field, frozen

from mwclient_async._values.value import Value
from mwclient_async.errors import ApiErrorItem
from mwclient_async.models.auth import LoginField


@frozen(kw_only=True, repr=False)
class UserRightsResult(Value):
    """The groups that an account was added to and removed from.

    ``unchanged`` are groups that were asked for and did not change: the membership was so already, or this login may
    not change it. The wiki does not say which.

    ``verified`` says that the response was lost, and that the wiki's log shows that it was done.

    See https://www.mediawiki.org/wiki/API:User_group_membership.
    """

    user: str
    userid: int = 0
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    unchanged: tuple[str, ...] = ()
    watchuser: bool = False
    watchlistexpiry: str | None = None
    verified: bool = False


@frozen(kw_only=True, repr=False)
class EmailResult(Value):
    """A mail that the wiki sent. ``result`` is ``"Success"`` or ``"Warnings"``.

    See https://www.mediawiki.org/wiki/API:Emailuser.
    """

    result: str
    warnings: tuple[ApiErrorItem, ...] = ()


@frozen(kw_only=True, repr=False)
class AuthRequest(Value):
    """One way to continue a login or an account creation, and the ``fields`` to fill in.

    ``id`` names it, for ``requests=``. ``required`` is ``"optional"``, ``"required"``, or ``"primary-required"``: one
    of the requests with this value is needed.

    See https://www.mediawiki.org/wiki/API:Authmanagerinfo.
    """

    id: str
    required: str = ""
    provider: str = ""
    account: str = ""
    fields: tuple[LoginField, ...] = ()
    metadata: Mapping[str, Any] = field(default={}, hash=False)


@frozen(kw_only=True, repr=False)
class AuthStep(Value):
    """The state of creating or linking an account, after one step.

    ``status`` is ``"PASS"`` (it is done, for ``username``), ``"UI"`` (fill in ``requests`` and continue),
    ``"REDIRECT"`` (open ``redirecttarget``, and continue with the parameters that come back) or ``"RESTART"``.
    ``message`` is in the wiki's language, ``raw`` the whole response.

    See https://www.mediawiki.org/wiki/API:Account_creation.
    """

    status: str
    username: str | None = None
    message: str = ""
    messagecode: str = ""
    redirecttarget: str | None = None
    redirectdata: Any = field(default=None, hash=False)
    canpreservestate: bool = False
    requests: tuple[AuthRequest, ...] = ()
    raw: Mapping[str, Any] = field(factory=dict, repr=False, hash=False)


@frozen(kw_only=True, repr=False)
class PasswordValidity(Value):
    """Whether a wiki accepts a password, and the rules that it breaks.

    ``validity`` is ``"Good"``; ``"Change"``, if the password is accepted and has to be changed at the next login; or
    ``"Invalid"``.

    See https://www.mediawiki.org/wiki/API:Validatepassword.
    """

    validity: str
    validitymessages: tuple[ApiErrorItem, ...] = ()
