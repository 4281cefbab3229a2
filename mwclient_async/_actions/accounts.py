"""Actions that create accounts, link them to accounts of other providers, and change their credentials.

Which fields a wiki wants depends on the wiki: ``meta=authmanagerinfo`` lists them. The manual's page is
https://www.mediawiki.org/wiki/API:Account_creation.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mwclient_async._actions.arguments import Texts, checked_flags, checked_nonempty, checked_texts
from mwclient_async._actions.call import ActionGroup
from mwclient_async._http.conversion import structurer
from mwclient_async._http.json_values import object_at, rows_at, text_at
from mwclient_async._http.params import checked_text
from mwclient_async._http.secret_text import hidden
from mwclient_async.models.actions_users import AuthStep, PasswordValidity

_RETURN_URL = "https://localhost/"  # where a browser would return to; the wiki always requires an address


class AccountActions(ActionGroup):
    """Actions on accounts and their credentials."""

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
        returnurl: str = _RETURN_URL,
        continue_: bool = False,
        preservestate: bool = False,
    ) -> AuthStep:
        """Create an account.

        Returns an AuthStep. If its ``status`` is not ``"PASS"``, the wiki wants more: call this again with
        ``continue_=True`` and the fields that the step lists.

        Arguments:
            fields: further fields that this wiki wants (``captchaWord``).
            requests: use only the authentication requests with these ids.

        Raises:
            ValueError: an argument is empty or is given twice, or the wiki's address is plain http
                (``HttpOptions(plain_http=True)`` allows it).
            CaptchaRequired: the wiki wants a captcha solved.
            PermissionDenied: the account may not create accounts.
            ApiError: the wiki refused (``userexists``, ``invaliduser``, ``passwordtooshort``).
            OutcomeUnknown: the response was lost.

        See https://www.mediawiki.org/wiki/API:Account_creation.
        """
        password = hidden(password)
        fields = None if fields is None else {name: hidden(value) for name, value in fields.items()}
        self._session.check_safe_for_credentials()
        own = {
            "username": None if username is None else checked_nonempty("username", username),
            "password": password,
            "retype": password,
            "email": email,
            "realname": realname,
            "reason": reason,
        }
        step_params = _step_params("create", requests, returnurl, continue_=continue_)
        preserve = {"createpreservestate": checked_flags(preservestate=preservestate)["preservestate"]}
        return await self._auth_step("createaccount", {**_fields(fields, own), **step_params, **preserve})

    async def linkaccount(
        self,
        *,
        fields: Mapping[str, str] | None = None,
        requests: Texts | None = None,
        returnurl: str = _RETURN_URL,
        continue_: bool = False,
    ) -> AuthStep:
        """Link this account to an account of another provider.

        Returns an AuthStep, as ``createaccount`` does; its arguments are those of ``createaccount``.

        Raises:
            ValueError: the wiki's address is plain http.
            NotLoggedIn: there is no account to link.
            ApiError: the wiki has no such provider (``userlogin-cannot-link``).
            OutcomeUnknown: the response was lost.

        See https://www.mediawiki.org/wiki/API:Linkaccount.
        """
        fields = None if fields is None else {name: hidden(value) for name, value in fields.items()}
        self._session.check_safe_for_credentials()
        step_params = _step_params("link", requests, returnurl, continue_=continue_)
        return await self._auth_step("linkaccount", {**_fields(fields, {}), **step_params})

    async def unlinkaccount(self, request: str) -> None:
        """Remove a link to an account of another provider; ``request`` is its id in ``meta=authmanagerinfo``.

        Raises:
            NotLoggedIn: there is no account.
            ApiError: there is no such link (``badrequest``).

        See https://www.mediawiki.org/wiki/API:Unlinkaccount.
        """
        await self._read_result("unlinkaccount", {"request": checked_nonempty("request", request)}, object_at)

    async def changeauthenticationdata(self, request: str, *, fields: Mapping[str, str]) -> None:
        """Change the account's own credentials, for example its password.

        The site's ``auth`` does not change: log in again with the new credentials.

        Arguments:
            request: an id in ``meta=authmanagerinfo`` with ``amirequestsfor=change``.
            fields: the fields that this request wants (``password`` and ``retype``).

        Raises:
            ValueError: ``fields`` is empty, or the wiki's address is plain http.
            NotLoggedIn: there is no account.
            ApiError: there are no such credentials (``badrequest``), the wiki does not accept the new ones
                (``passwordtooshort``), or it wants a new login first (``reauthenticate``).
            OutcomeUnknown: the response was lost.

        See https://www.mediawiki.org/wiki/API:Changeauthenticationdata.
        """
        fields = {name: hidden(value) for name, value in fields.items()}
        self._session.check_safe_for_credentials()
        if not fields:
            raise ValueError("fields is empty: give the new credentials")
        params = {"changeauthrequest": checked_nonempty("request", request), **_fields(fields, {})}
        await self._read_result("changeauthenticationdata", params, object_at)

    async def removeauthenticationdata(self, request: str) -> None:
        """Remove one of the account's credentials; ``request`` is its id in ``meta=authmanagerinfo``.

        Raises:
            NotLoggedIn: there is no account.
            ApiError: there are no such credentials (``badrequest``).

        See https://www.mediawiki.org/wiki/API:Removeauthenticationdata.
        """
        params = {"request": checked_nonempty("request", request)}
        await self._read_result("removeauthenticationdata", params, object_at)

    async def validatepassword(
        self, password: str, *, user: str | None = None, email: str | None = None, realname: str | None = None
    ) -> PasswordValidity:
        """Check a password by the wiki's rules, for this account or for a new account ``user``. Nothing changes.

        Returns a PasswordValidity: whether the password is good, and the rules that it breaks.

        Raises:
            ValueError: an argument is empty, or the wiki's address is plain http.
            ApiError: the account exists already (``userexists``), or its name is not valid (``baduser_user``).

        See https://www.mediawiki.org/wiki/API:Validatepassword.
        """
        password = hidden(password)
        self._session.check_safe_for_credentials()
        params = {
            "password": checked_nonempty("password", password),
            "user": None if user is None else checked_nonempty("user", user),
            "email": email,
            "realname": realname,
        }
        return await self._result("validatepassword", params, PasswordValidity)

    async def acquiretempusername(self) -> str:
        """Reserve the name of the temporary account that the next edit of this anonymous session will make.

        Returns the name. The same session gets the same name each time. MediaWiki 1.39 does not have this action.

        Raises:
            ValueError: the wiki does not have this action.
            ApiError: the wiki has no temporary accounts (``tempuserdisabled``), or the site is logged in
                (``alreadyregistered``).
            RateLimited: this address has reserved too many names.
            OutcomeUnknown: the response was lost.

        See https://www.mediawiki.org/wiki/Special:MyLanguage/Help:Temporary_accounts.
        """
        return await self._read_result("acquiretempusername", {}, text_at)

    async def _auth_step(self, action: str, params: Mapping[str, Any]) -> AuthStep:
        return await self._read_result(action, params, _read_auth_step)


def _read_auth_step(raw: Any) -> AuthStep:
    result = object_at(raw)
    requests = [{**request, "fields": _field_rows(request)} for request in rows_at(result, "requests")]
    return structurer(AuthStep)({**result, "requests": requests, "raw": result})


def _step_params(prefix: str, requests: Texts | None, returnurl: str, *, continue_: bool) -> dict[str, Any]:
    """The parameters that begin or continue a process of several steps."""
    checked_flags(continue_=continue_)
    first = {"continue": True} if continue_ else {"returnurl": checked_nonempty("returnurl", returnurl)}
    return {
        f"{prefix}{name}": value for name, value in {**first, "requests": checked_texts("requests", requests)}.items()
    }


def _fields(fields: Mapping[str, str] | None, own: Mapping[str, str | None]) -> dict[str, str]:
    """The given arguments and the further fields, as parameters. ValueError for a name that is in both."""
    found = {name: value for name, value in own.items() if value is not None}
    if both := found.keys() & (fields or {}).keys():
        raise ValueError(f"{min(both)!r} is given twice")
    return {name: checked_text(name, value) for name, value in {**found, **(fields or {})}.items()}


def _field_rows(request: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The wiki's mapping of names to fields, as a list of fields with their names."""
    return [{"name": name, **object_at(field)} for name, field in object_at(request, "fields").items()]
