"""Accounts: who they are, what they may, and what keeps them from it.

The manual's pages are https://www.mediawiki.org/wiki/API:Users and https://www.mediawiki.org/wiki/API:Blocks.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from attrs import frozen

from mwclient_async.models.lists import ListedPage


@frozen(kw_only=True)
class GroupMembership:
    """An account's membership of a group. ``expiry`` is an ISO 8601 time or ``"infinity"``, as text."""

    group: str = ""
    expiry: str | None = None


@frozen(kw_only=True)
class BlockDetails:
    """The block of an account, where it has one; without one, all of this is None.

    ``blockid`` is None for a block of the system's own, whose kind is ``systemblocktype``. ``blockexpiry`` is an ISO
    8601 time or ``"infinite"``, as text; the ``...formatted`` and ``...relative`` ones are for people.
    ``blockcomponents`` are the blocks that a composite one is made of.
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
    blockcomponents: tuple[Mapping[str, Any], ...] = ()

    @property
    def blocked(self) -> bool:
        """Whether there is a block, as far as ``blockinfo`` was asked for."""
        return self.blockedby is not None


@frozen(kw_only=True)
class User(BlockDetails):
    """``list=users`` and ``list=allusers``: one account, with the fields that ``prop`` names.

    ``missing`` says that there is no such account, ``invalid`` that there cannot be one: an IP address is none.
    ``registration`` is None for accounts older than its recording. ``hidden`` accounts are seen by few.
    ``recentactions`` counts what an active user did lately (``list=allusers`` with ``activeusers``). ``cancreate`` says
    whether the missing account can be made, ``cancreateerror`` why not. ``centralids`` and ``attachedlocal`` are by
    provider. See https://www.mediawiki.org/wiki/API:Users and https://www.mediawiki.org/wiki/API:Allusers.
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
    cancreateerror: tuple[Mapping[str, Any], ...] = ()
    centralids: Mapping[str, int] = {}
    attachedlocal: Mapping[str, bool] = {}
    attachedwiki: Mapping[str, bool] = {}


@frozen(kw_only=True)
class BlockRestrictions:
    """What a partial block is about: pages, namespaces by number, actions."""

    pages: tuple[ListedPage, ...] = ()
    namespaces: tuple[int, ...] = ()
    actions: tuple[str, ...] = ()


@frozen(kw_only=True)
class Block:
    """``list=blocks``: one block, with the fields that ``prop`` names.

    ``user`` is a name, an IP address or a range, None for an automatic block, whose address is secret. ``expiry`` is an
    ISO 8601 time or ``"infinity"``, as text. The flags are None where ``prop=flags`` was not asked for;
    ``restrictions`` are empty for a block that is about everything. See https://www.mediawiki.org/wiki/API:Blocks.
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


# Who we are ----------------------------------------------------------------------------------------------------------


@frozen(kw_only=True)
class RateLimit:
    """At most ``hits`` in so many ``seconds``."""

    hits: int = 0
    seconds: int = 0


@frozen(kw_only=True)
class ChangeableGroups:
    """The groups that an account can add others to and remove them from, and itself."""

    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()
    add_self: tuple[str, ...] = ()
    remove_self: tuple[str, ...] = ()


@frozen(kw_only=True)
class AcceptedLanguage:
    """A language that the request's ``Accept-Language`` named, and its weight from 0 to 1."""

    code: str = ""
    q: float = 1.0


@frozen(kw_only=True)
class UserInfo(BlockDetails):
    """``meta=userinfo``: the account that the wiki takes us for, with all that it says of it.

    ``anon`` is nobody in particular, whose ``name`` is an IP address and ``id`` 0; ``temp`` a temporary account.
    ``hasmsg`` is whether there are new messages; ``unreadcount`` the unread pages of the watchlist, ``"1000+"`` or the
    like, as text, where they are too many to count. ``ratelimits`` are by action and then by what counts (``user``,
    ``ip`` ...), empty for who has the right ``noratelimit``; ``theoreticalratelimits`` would be theirs without it.
    ``email`` is empty without an address, and None where the wiki keeps it from this login. ``registrationdate``
    and ``latestcontrib`` are None where there is none. ``cancreateaccount`` is None on older wikis (1.39), which do
    not tell. See https://www.mediawiki.org/wiki/API:Userinfo.
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
    options: Mapping[str, Any] = {}
    editcount: int | None = None
    ratelimits: Mapping[str, Mapping[str, RateLimit]] = {}
    theoreticalratelimits: Mapping[str, Mapping[str, RateLimit]] = {}
    realname: str | None = None
    email: str | None = None
    emailauthenticated: datetime | None = None
    registrationdate: datetime | None = None
    acceptlang: tuple[AcceptedLanguage, ...] = ()
    unreadcount: int | str | None = None
    centralids: Mapping[str, int] = {}
    attachedlocal: Mapping[str, bool] = {}
    latestcontrib: datetime | None = None
    cancreateaccount: bool | None = None
    cancreateaccounterror: tuple[Mapping[str, Any], ...] = ()


@frozen(kw_only=True)
class TokenCheck:
    """What the wiki thinks of a token: ``result`` is ``valid``, ``invalid`` or ``expired``.

    ``generated`` is when it was made, None where the token does not tell.
    """

    result: str
    generated: datetime | None = None
