"""Accounts of others and of our own: groups, preferences, mail, passwords."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

from mwclient_async._actions.arguments import (
    Expiry,
    Texts,
    a_name,
    chosen,
    flags,
    some_of,
    texts,
    unless_empty,
    until,
)
from mwclient_async._actions.call import ActionGroup, ask, refused
from mwclient_async._http import params as wire_params
from mwclient_async._http.conversion import structurer
from mwclient_async._http.params import checked_text
from mwclient_async.errors import ApiErrorItem, Refused
from mwclient_async.models.actions_users import EmailResult, UserRightsResult

ResetKind = Literal[
    "all", "registered", "registered-checkmatrix", "registered-multiselect", "special", "unused", "userjs"
]
OptionValue = str | int | bool | None
"""The value of a preference: True and False as the wiki has them, ``1`` and ``0``; None for its default."""


class Users(ActionGroup):
    """What is done to accounts."""

    async def userrights(
        self,
        user: str,
        *,
        add: Texts | Mapping[str, Expiry] | None = None,
        remove: Texts | None = None,
        expiry: Expiry | None = None,
        reason: str = "",
        watchuser: bool = False,
        watchlistexpiry: Expiry | None = None,
        tags: Texts | None = None,
    ) -> UserRightsResult:
        """Put an account into groups, and take it out of others.

        ``expiry`` is for all groups in ``add``; for one of each, give a mapping: ``add={"bot": "2 weeks"}``. A group
        that one may not change is no error of the wiki's: look at the result's ``unchanged``.

        Raises ValueError where there is nothing to do; UnrecognizedParameters for a group that this wiki does not have,
        and for ``watchuser`` on an older one, before anything is sent; ApiError for an unknown user (``nosuchuser``).
        See https://www.mediawiki.org/wiki/API:User_group_membership.
        """
        groups, ends = _groups(add, expiry)
        leaving = texts("remove", remove)
        if not groups and not leaving:
            raise ValueError("say which groups to add or to remove")
        if watchlistexpiry is not None and not watchuser:
            raise ValueError("watchlistexpiry is for what is watched: say watchuser=True, too")
        given = {
            "user": a_name("user", user),
            "add": groups,
            "expiry": ends,
            "remove": leaving,
            "reason": checked_text("reason", reason),
            **flags(watchuser=watchuser),
            "watchlistexpiry": until("watchlistexpiry", watchlistexpiry),
            "tags": texts("tags", tags),
        }
        said = await self._said("userrights", given)
        changed = {*(said.get("added") or ()), *(said.get("removed") or ())}
        asked = dict.fromkeys((*(groups or ()), *(leaving or ())))
        return structurer(UserRightsResult)({**said, "unchanged": [group for group in asked if group not in changed]})

    async def options(
        self,
        changes: Mapping[str, OptionValue] | None = None,
        *,
        reset: bool = False,
        resetkinds: ResetKind | Iterable[ResetKind] | None = None,
        global_: Literal["ignore", "update", "override"] | None = None,
    ) -> None:
        """Change the account's preferences: ``options({"language": "de", "nickname": None})``, None for the default.

        ``reset`` sets all of them, or those of ``resetkinds``, to their defaults first. ``global_`` is of newer wikis.

        Raises ValueError where there is nothing to do; NotLoggedIn; PermissionDenied; Refused for preferences that
        there are not, or that do not take the value: ``errors`` names them, and the others were changed. See
        https://www.mediawiki.org/wiki/API:Options.
        """
        if not changes and not reset:
            raise ValueError("say which preferences to change, or reset=True")
        if resetkinds is not None and not reset:
            raise ValueError("resetkinds is for a reset: say reset=True, too")
        given = {
            "change": [_change(name, value) for name, value in (changes or {}).items()] or None,
            **flags(reset=reset),
            "resetkinds": unless_empty("resetkinds", resetkinds, some_of("resetkinds", resetkinds, ResetKind)),
            "global": chosen("global", global_, Literal["ignore", "update", "override"]),
        }
        reply = await ask(self._session, "options", wire_params.encode(given))
        wrong = [warning for warning in reply.warnings if warning.code.startswith("validationfailed")]
        if wrong:
            raise Refused(tuple(ApiErrorItem(code=w.code, text=w.text, module=w.module, data=w.data) for w in wrong))

    async def emailuser(self, target: str, *, subject: str, text: str, ccme: bool = False) -> EmailResult:
        """Have the wiki send a mail to a user, from this account's address; with ``ccme`` a copy to that.

        Raises ApiError for a user that there is not, or who has no address or wants no mail (``notarget``,
        ``emailnotarget``, ``noemail``, ``nowikiemail``), or without an address of our own (``cantsend``); Blocked;
        OutcomeUnknown where the answer was lost. See https://www.mediawiki.org/wiki/API:Emailuser.
        """
        given = {
            "target": a_name("target", target),
            "subject": a_name("subject", subject),
            "text": a_name("text", text),
            **flags(ccme=ccme),
        }
        said = await self._said("emailuser", given)
        if said.get("result") not in {"Success", "Warnings"}:
            raise refused("emailuser", said)
        return structurer(EmailResult)(said)

    async def clearhasmsg(self) -> None:
        """Forget that there are new messages on the account's talk page.

        See https://www.mediawiki.org/wiki/API:Clearhasmsg.
        """
        await self._said("clearhasmsg", {})

    async def resetpassword(self, user: str | None = None, *, email: str | None = None) -> None:
        """Have the wiki send a temporary password to the account of that name, or to all with that address.

        The wiki does not tell whether there is such an account. Raises ValueError without any of them;
        UnrecognizedParameters for a way that this wiki does not offer; ApiError where it offers none, or not to this
        account. See https://www.mediawiki.org/wiki/API:Resetpassword.
        """
        if user is None and email is None:
            raise ValueError("give user, email, or both")
        given = {
            "user": None if user is None else a_name("user", user),
            "email": None if email is None else a_name("email", email),
        }
        await self._said("resetpassword", given)


def _groups(
    add: Texts | Mapping[str, Expiry] | None, expiry: Expiry | None
) -> tuple[tuple[str, ...] | None, list[str | None] | str | None]:
    if not isinstance(add, Mapping):
        if expiry is not None and not add:
            raise ValueError("expiry is for groups in add")
        return texts("add", add), until("expiry", expiry)
    if expiry is not None:
        raise ValueError("add has an expiry for each group: leave out expiry")
    return texts("add", add), [until("expiry", end) for end in add.values()] or None


def _change(name: str, value: OptionValue) -> str:
    if "=" in a_name("changes", name):
        raise ValueError(f"changes: {name!r} is no name of a preference")
    if value is None:
        return name
    if not isinstance(value, str | int):
        raise TypeError(f"changes: {name!r} has a value of type {type(value).__name__}: give text, a number or a flag")
    return f"{name}={int(value) if isinstance(value, bool) else value}"
