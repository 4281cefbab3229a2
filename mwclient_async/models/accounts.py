"""Accounts: their names, groups, rights, limits and blocks.

The manual's pages are https://www.mediawiki.org/wiki/API:Users and https://www.mediawiki.org/wiki/API:Blocks.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from attrs import field, frozen

from mwclient_async import models
from mwclient_async._values.value import Value


@frozen(kw_only=True, repr=False)
class GroupMembership(Value):
    """An account's membership of a group. ``expiry`` is an ISO 8601 time or ``"infinity"``, as text.

    See https://www.mediawiki.org/wiki/API:Users.
    """

    group: str = ""
    expiry: str | None = None


@frozen(kw_only=True, repr=False)
class BlockDetails(Value):
    """The block of an account, if it has one; without one, all of this is None.

    ``blockid`` is None for a block that MediaWiki itself sets, whose kind is ``systemblocktype``. ``blockexpiry`` is an
    ISO 8601 time or ``"infinite"``, as text; the ``...formatted`` and ``...relative`` forms are for people.
    ``blockcomponents`` are the blocks that a composite block consists of.

    See https://www.mediawiki.org/wiki/API:Users.
    """

    blockid: int | None = None
    blockedby: str | None = None
    blockedbyid: int | None = None
    blockreason: str | None = None
    blockedtimestamp: datetime | None = None
    blockedtimestampformatted: str | None = None
    blockexpiry: str | None = None
    blockexpiryformatted: str | None = None
    blockexpiryrelative: str | None = None
    blockpartial: bool | None = None
    blocknocreate: bool | None = None
    blockanononly: bool | None = None
    blockemail: bool | None = None
    blockowntalk: bool | None = None
    systemblocktype: str | None = None
    blockcomponents: tuple[Mapping[str, Any], ...] = field(default=(), hash=False)

    @property
    def blocked(self) -> bool:
        """Whether the account is blocked; always False if ``blockinfo`` was not asked for."""
        return self.blockedby is not None


@frozen(kw_only=True, repr=False)
class User(BlockDetails):
    """``list=users`` and ``list=allusers``: one account, with the fields that ``prop`` names.

    ``missing`` says that the account does not exist, ``invalid`` that it cannot exist: an IP address is not an account.
    ``registration`` is None for accounts older than the wiki's record of registrations. Only few users can see
    ``hidden`` accounts. ``recentactions`` is the number of recent actions of an active user (``list=allusers`` with
    ``activeusers``). ``cancreate`` says whether the missing account can be created, ``cancreateerror`` why not.
    ``centralids``, ``attachedlocal`` and ``attachedwiki`` are by provider.

    See https://www.mediawiki.org/wiki/API:Users and https://www.mediawiki.org/wiki/API:Allusers.
    """

    userid: int | None = None
    name: str = ""
    missing: bool = False
    invalid: bool = False
    interwiki: bool = False
    hidden: bool = False
    systemuser: bool = False
    editcount: int | None = None
    recentactions: int | None = None
    registration: datetime | None = None
    groups: tuple[str, ...] = ()
    implicitgroups: tuple[str, ...] = ()
    groupmemberships: tuple[GroupMembership, ...] = ()
    rights: tuple[str, ...] = ()
    emailable: bool | None = None
    gender: str | None = None
    cancreate: bool | None = None
    cancreateerror: tuple[Mapping[str, Any], ...] = field(default=(), hash=False)
    centralids: Mapping[str, int] = field(default={}, hash=False)
    attachedlocal: Mapping[str, bool] = field(default={}, hash=False)
    attachedwiki: Mapping[str, bool] = field(default={}, hash=False)


@frozen(kw_only=True, repr=False)
class BlockRestrictions(Value):
    """What a partial block forbids: to edit these pages and namespaces (by number), and these actions.

    See https://www.mediawiki.org/wiki/API:Blocks.
    """

    pages: tuple[models.lists.ListedPage, ...] = ()
    namespaces: tuple[int, ...] = ()
    actions: tuple[str, ...] = ()


@frozen(kw_only=True, repr=False)
class Block(Value):
    """``list=blocks``: one block, with the fields that ``prop`` names.

    ``user`` is a name, an IP address or a range; None for an automatic block, whose address is secret. ``expiry`` is an
    ISO 8601 time or ``"infinity"``, as text. The flags are None if ``prop=flags`` was not asked for; ``restrictions``
    are empty for a block of the whole wiki.

    See https://www.mediawiki.org/wiki/API:Blocks.
    """

    id: int | None = None
    user: str | None = None
    userid: int | None = None
    by: str | None = None
    byid: int | None = None
    timestamp: datetime | None = None
    expiry: str | None = None
    reason: str | None = None
    rangestart: str | None = None
    rangeend: str | None = None
    automatic: bool | None = None
    anononly: bool | None = None
    nocreate: bool | None = None
    autoblock: bool | None = None
    noemail: bool | None = None
    hidden: bool | None = None
    allowusertalk: bool | None = None
    partial: bool | None = None
    restrictions: BlockRestrictions = BlockRestrictions()


# The account that is logged in ---------------------------------------------------------------------------------------


@frozen(kw_only=True, repr=False)
class RateLimit(Value):
    """At most ``hits`` actions in ``seconds`` seconds."""

    hits: int = 0
    seconds: int = 0


@frozen(kw_only=True, repr=False)
class ChangeableGroups(Value):
    """The groups that an account can add other accounts to and remove them from, and itself (``..._self``)."""

    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()
    add_self: tuple[str, ...] = ()
    remove_self: tuple[str, ...] = ()


@frozen(kw_only=True, repr=False)
class AcceptedLanguage(Value):
    """A language of the request's ``Accept-Language`` header; ``q`` is its weight, from 0 to 1."""

    code: str = ""
    q: float = 1.0


@frozen(kw_only=True, repr=False)
class UserInfo(BlockDetails):
    """``meta=userinfo``: the account that the request was made with.

    ``anon`` is an anonymous user, whose ``name`` is an IP address and whose ``id`` is 0; ``temp`` is a temporary
    account. ``hasmsg`` says whether the account has new messages. ``unreadcount`` is the number of unread pages of the
    watchlist, or text such as ``"1000+"`` if there are too many to count. ``ratelimits`` are by action and then by what
    is counted (``user``, ``ip`` ...). They are empty for an account with the right ``noratelimit``;
    ``theoreticalratelimits`` are the ones that it would have without that right. ``email`` is empty if the account has
    no address, and None if the wiki does not show it to this login. ``registrationdate`` and ``latestcontrib`` are None
    if there is none. ``cancreateaccount`` is None on older wikis (1.39), which do not send it.

    See https://www.mediawiki.org/wiki/API:Userinfo.
    """

    id: int = 0
    name: str = ""
    anon: bool = False
    temp: bool = False
    hasmsg: bool | None = None
    groups: tuple[str, ...] = ()
    implicitgroups: tuple[str, ...] = ()
    groupmemberships: tuple[GroupMembership, ...] = ()
    rights: frozenset[str] = frozenset()
    changeablegroups: ChangeableGroups = ChangeableGroups()
    options: Mapping[str, Any] = field(default={}, hash=False)
    editcount: int | None = None
    ratelimits: Mapping[str, Mapping[str, RateLimit]] = field(default={}, hash=False)
    theoreticalratelimits: Mapping[str, Mapping[str, RateLimit]] = field(default={}, hash=False)
    realname: str | None = None
    email: str | None = None
    emailauthenticated: datetime | None = None
    registrationdate: datetime | None = None
    acceptlang: tuple[AcceptedLanguage, ...] = ()
    unreadcount: int | str | None = None
    centralids: Mapping[str, int] = field(default={}, hash=False)
    attachedlocal: Mapping[str, bool] = field(default={}, hash=False)
    latestcontrib: datetime | None = None
    cancreateaccount: bool | None = None
    cancreateaccounterror: tuple[Mapping[str, Any], ...] = field(default=(), hash=False)


@frozen(kw_only=True, repr=False)
class TokenCheck(Value):
    """Whether the wiki accepts a token: ``result`` is ``valid``, ``invalid`` or ``expired``.

    ``generated`` is when the token was made, None if the token has no time in it.

    See https://www.mediawiki.org/wiki/API:Checktoken.
    """

    result: str
    generated: datetime | None = None
