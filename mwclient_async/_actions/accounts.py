"""Make accounts, link them to others, change their credentials.

What a wiki wants to know for that depends on the wiki: ``meta=authmanagerinfo`` tells. The manual's page is
https://www.mediawiki.org/wiki/API:Account_creation.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mwclient_async._actions.arguments import Texts, a_name, flags, texts
from mwclient_async._actions.call import ActionGroup
from mwclient_async._http.conversion import structurer
from mwclient_async._http.params import checked_text
from mwclient_async.errors import ApiErrorItem, class_for
from mwclient_async.models.actions_users import AuthStep

_ANYWHERE = "https://localhost/"  # where a browser would go back to; the wiki wants an address in any case


class Accounts(ActionGroup):
    """Accounts and what proves them."""

    async def createaccount(
        self,
        username: str | None = None,
        *,
        password: str | None = None,
        email: str | None = None,
        realname: str | None = None,
        reason: str | None = None,
        fields: Mapping[str, str] | None = None,
        requests: Texts | None = None,
        returnurl: str = _ANYWHERE,
        continue_: bool = False,
        preservestate: bool = False,
    ) -> AuthStep:
        """Make an account.

        ``fields`` are further ones that this wiki wants (``captchaWord``). A step whose ``status`` is not ``"PASS"``
        wants more: call this again with ``continue_=True`` and its fields. ``requests`` limits the ways to those ids.

        Raises ValueError where the wiki's address is on plain http (``HttpOptions(plain_http=True)`` allows it);
        CaptchaRequired, PermissionDenied, or an ApiError with the wiki's code where it refuses (``userexists``,
        ``invaliduser``, ``passwordtooshort``); OutcomeUnknown where the answer was lost. See
        https://www.mediawiki.org/wiki/API:Account_creation.
        """
        self._session.check_safe()
        own = {
            "username": None if username is None else a_name("username", username),
            "password": password,
            "retype": password,
            "email": email,
            "realname": realname,
            "reason": reason,
        }
        going_on = _going_on("create", requests, returnurl, continue_=continue_)
        preserving = {"createpreservestate": flags(preservestate=preservestate)["preservestate"]}
        return await self._step("createaccount", {**_fields(fields, own), **going_on, **preserving})

    async def linkaccount(
        self,
        *,
        fields: Mapping[str, str] | None = None,
        requests: Texts | None = None,
        returnurl: str = _ANYWHERE,
        continue_: bool = False,
    ) -> AuthStep:
        """Link this account to one of another provider; steps and errors are as of ``createaccount``.

        Raises ApiError where the wiki has no such provider (``userlogin-cannot-link``); NotLoggedIn; OutcomeUnknown.
        See https://www.mediawiki.org/wiki/API:Linkaccount.
        """
        self._session.check_safe()
        going_on = _going_on("link", requests, returnurl, continue_=continue_)
        return await self._step("linkaccount", {**_fields(fields, {}), **going_on})

    async def unlinkaccount(self, request: str) -> None:
        """Undo a link to an account of another provider; ``request`` is its id in ``meta=authmanagerinfo``.

        Raises ApiError where there is no such link (``badrequest``); NotLoggedIn. See
        https://www.mediawiki.org/wiki/API:Unlinkaccount.
        """
        await self._said("unlinkaccount", {"request": a_name("request", request)})

    async def changeauthenticationdata(self, request: str, *, fields: Mapping[str, str]) -> None:
        """Change the account's own credentials: its password, for one.

        ``request`` is an id in ``meta=authmanagerinfo`` with ``amirequestsfor=change``, ``fields`` what that wants
        (``password`` and ``retype``). The site's ``auth`` is not changed: log in with the new one.

        Raises ApiError where there is no such thing to change (``badrequest``), where the wiki does not take the new
        one (``passwordtooshort``), or wants a fresh login first (``reauthenticate``); NotLoggedIn; OutcomeUnknown. See
        https://www.mediawiki.org/wiki/API:Changeauthenticationdata.
        """
        self._session.check_safe()
        if not fields:
            raise ValueError("fields is empty: say what the new credentials are")
        given = {"changeauthrequest": a_name("request", request), **_fields(fields, {})}
        await self._said("changeauthenticationdata", given)

    async def removeauthenticationdata(self, request: str) -> None:
        """Remove one of the account's credentials; ``request`` is its id in ``meta=authmanagerinfo``.

        Raises ApiError where there is no such thing (``badrequest``); NotLoggedIn. See
        https://www.mediawiki.org/wiki/API:Removeauthenticationdata.
        """
        await self._said("removeauthenticationdata", {"request": a_name("request", request)})

    async def _step(self, action: str, given: Mapping[str, Any]) -> AuthStep:
        said = await self._said(action, given)
        if said.get("status") == "FAIL":
            code, text = str(said.get("messagecode") or "failed"), str(said.get("message", ""))
            raise class_for(code)((ApiErrorItem(code=code, text=text, module=action, data=said),))
        requests = [{**request, "fields": _listed(request.get("fields"))} for request in said.get("requests") or ()]
        return structurer(AuthStep)({**said, "requests": requests, "raw": said})


def _going_on(prefix: str, requests: Texts | None, returnurl: str, *, continue_: bool) -> dict[str, Any]:
    flags(continue_=continue_)
    way = {"continue": True} if continue_ else {"returnurl": a_name("returnurl", returnurl)}
    return {f"{prefix}{name}": value for name, value in {**way, "requests": texts("requests", requests)}.items()}


def _fields(fields: Mapping[str, str] | None, own: Mapping[str, str | None]) -> dict[str, str]:
    found = {name: value for name, value in own.items() if value is not None}
    if both := found.keys() & (fields or {}).keys():
        raise ValueError(f"{min(both)!r} is given twice")
    return {name: checked_text(name, value) for name, value in {**found, **(fields or {})}.items()}


def _listed(fields: Mapping[str, Mapping[str, Any]] | None) -> list[dict[str, Any]]:
    return [{"name": name, **field} for name, field in (fields or {}).items()]
