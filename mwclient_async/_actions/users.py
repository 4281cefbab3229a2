"""Actions on user accounts: groups, preferences, email, passwords."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from operator import attrgetter
from typing import Any, Literal

from mwclient_async._actions.arguments import (
    Expiry,
    Texts,
    checked_choice,
    checked_choices,
    checked_flags,
    checked_nonempty,
    checked_texts,
    expiry_value,
    reject_empty,
)
from mwclient_async._actions.call import ActionGroup, send_action
from mwclient_async._http import params as wire_params
from mwclient_async._http.conversion import structurer
from mwclient_async._http.json_values import object_at, texts_at
from mwclient_async._http.params import checked_text
from mwclient_async.errors import ApiErrorItem, Refused
from mwclient_async.models.actions_users import EmailResult, UserRightsResult

ResetKind = Literal[
    "all", "registered", "registered-checkmatrix", "registered-multiselect", "special", "unused", "userjs"
]
OptionValue = str | int | bool | None
"""The value of a preference. True and False are sent as ``1`` and ``0``; None resets it to its default."""


class UserActions(ActionGroup):
    """Actions on user accounts."""

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
        """Add an account to groups, and remove it from others.

        Returns a UserRightsResult: the groups added and removed. The wiki does not report a group that this account
        may not change: the result's ``unchanged`` lists it.

        Arguments:
            add: groups, or a mapping of each group to its expiry: ``add={"bot": "2 weeks"}``.
            expiry: one expiry for all groups in ``add``.

        Raises:
            ValueError: there is no group to add or remove, or an expiry is in the past.
            UnrecognizedParameters: this wiki does not have a group, or is too old for ``watchuser``; nothing was sent.
            ApiError: there is no such user (``nosuchuser``), or the expiry is invalid (``invalidexpiry``).
            OutcomeUnknown: the response was lost.

        See https://www.mediawiki.org/wiki/API:User_group_membership.
        """
        now = datetime.now(UTC)
        added, expiries = _groups(add, expiry, now=now)
        removed = checked_texts("remove", remove)
        if not added and not removed:
            raise ValueError("say which groups to add or to remove")
        if watchlistexpiry is not None and not watchuser:
            raise ValueError("watchlistexpiry needs a watched page: add watchuser=True")
        params = {
            "user": checked_nonempty("user", user),
            "add": added,
            "expiry": expiries,
            "remove": removed,
            "reason": checked_text("reason", reason),
            **checked_flags(watchuser=watchuser),
            "watchlistexpiry": expiry_value("watchlistexpiry", watchlistexpiry, now=now),
            "tags": checked_texts("tags", tags),
        }
        wanted = dict.fromkeys((*(added or ()), *(removed or ())))

        def read(result: Any) -> UserRightsResult:
            changed = {*texts_at(result, "added"), *texts_at(result, "removed")}
            unchanged = [group for group in wanted if group not in changed]
            return structurer(UserRightsResult)({**object_at(result), "unchanged": unchanged})

        return await self._read_result("userrights", params, read)

    async def options(
        self,
        changes: Mapping[str, OptionValue] | None = None,
        *,
        reset: bool = False,
        resetkinds: ResetKind | Iterable[ResetKind] | None = None,
        global_: Literal["ignore", "update", "override"] | None = None,
    ) -> None:
        """Change the account's preferences: ``options({"language": "de", "nickname": None})``.

        Arguments:
            changes: the new value of each preference; None resets it to its default.
            reset: first reset all preferences, or those of the ``resetkinds``.
            global_: what to do with global preferences. It needs a newer wiki.

        Raises:
            ValueError: there is nothing to change.
            TypeError: a value is not a text, a number, a bool or None.
            NotLoggedIn: an anonymous user has no preferences.
            PermissionDenied: the account may not change its preferences.
            Refused: some preferences do not exist, or do not accept their value. ``errors`` names them; the others were
                changed.
            UnrecognizedParameters: this wiki is too old for ``global_``; nothing was sent.
            OutcomeUnknown: the response was lost.

        See https://www.mediawiki.org/wiki/API:Options.
        """
        if not changes and not reset:
            raise ValueError("say which preferences to change, or reset=True")
        if resetkinds is not None and not reset:
            raise ValueError("resetkinds needs a reset: add reset=True")
        params = {
            "change": [_change(name, value) for name, value in (changes or {}).items()] or None,
            **checked_flags(reset=reset),
            "resetkinds": reject_empty("resetkinds", resetkinds, checked_choices("resetkinds", resetkinds, ResetKind)),
            "global": checked_choice("global", global_, Literal["ignore", "update", "override"]),
        }
        warnings = await send_action(self._session, "options", wire_params.encode(params), attrgetter("warnings"))
        refused = [warning for warning in warnings if warning.code.startswith("validationfailed")]
        if refused:
            raise Refused(tuple(ApiErrorItem(code=w.code, text=w.text, module=w.module, data=w.data) for w in refused))

    async def emailuser(self, target: str, *, subject: str, text: str, ccme: bool = False) -> EmailResult:
        """Have the wiki send an email to a user, from this account's address; with ``ccme``, a copy to that address.

        Returns an EmailResult: the result, and the warnings.

        Raises:
            ValueError: ``target``, ``subject`` or ``text`` is empty.
            ApiError: there is no such user (``notarget``), the user cannot or does not want to get email
                (``emailnotarget``, ``noemail``, ``nowikiemail``), or this account has no address (``cantsend``).
            Blocked: the account may not send email.
            OutcomeUnknown: the response was lost.

        See https://www.mediawiki.org/wiki/API:Emailuser.
        """
        params = {
            "target": checked_nonempty("target", target),
            "subject": checked_nonempty("subject", subject),
            "text": checked_nonempty("text", text),
            **checked_flags(ccme=ccme),
        }
        return await self._result("emailuser", params, EmailResult)

    async def clearhasmsg(self) -> None:
        """Clear the notice that there are new messages on the account's talk page.

        Raises:
            ApiError: the wiki refused.

        See https://www.mediawiki.org/wiki/API:Clearhasmsg.
        """
        await self._read_result("clearhasmsg", {}, _ignore)

    async def resetpassword(self, user: str | None = None, *, email: str | None = None) -> None:
        """Have the wiki email a temporary password to the account with that name, or to all with that address.

        The wiki does not say whether there is such an account.

        Raises:
            ValueError: neither ``user`` nor ``email`` was given.
            UnrecognizedParameters: this wiki does not reset passwords by name, or by address.
            ApiError: this wiki does not reset passwords, or not for this account.
            OutcomeUnknown: the response was lost.

        See https://www.mediawiki.org/wiki/API:Resetpassword.
        """
        if user is None and email is None:
            raise ValueError("give user, email, or both")
        params = {
            "user": None if user is None else checked_nonempty("user", user),
            "email": None if email is None else checked_nonempty("email", email),
        }
        await self._read_result("resetpassword", params, object_at)


def _ignore(_result: object) -> None:
    """The result of an action that says nothing but that it was done."""


def _groups(
    add: Texts | Mapping[str, Expiry] | None, expiry: Expiry | None, *, now: datetime
) -> tuple[tuple[str, ...] | None, list[str | None] | str | None]:
    """The groups to add, and their expiry: one for all, or one per group."""
    if not isinstance(add, Mapping):
        if expiry is not None and not add:
            raise ValueError("expiry is for groups in add")
        return checked_texts("add", add), expiry_value("expiry", expiry, now=now)
    if expiry is not None:
        raise ValueError("add has an expiry for each group: leave out expiry")
    return checked_texts("add", add), [expiry_value("expiry", each, now=now) for each in add.values()] or None


def _change(name: str, value: OptionValue) -> str:
    """One change of a preference, as the wiki reads it."""
    if "=" in checked_nonempty("changes", name):
        raise ValueError(f"changes: {name!r} is not the name of a preference")
    if value is None:
        return name
    if not isinstance(value, str | int):
        raise TypeError(f"changes: {name!r} has a value of type {type(value).__name__}: give text, a number or a bool")
    return f"{name}={int(value) if isinstance(value, bool) else value}"
