"""Renews the token or the login of a request that the wiki refused, so that the request can be sent again.

- *A refused token*: fresh tokens are fetched.
- *A fresh token that is refused, too*: MediaWiki reads the whole session when a request begins, and writes all of it
  when a request that has changed it ends. The secret of all tokens is in it, so a request that is still at work can
  make fresh tokens void. They are fetched again when no other request of the site is in flight. If that does not help,
  it may be a request whose reply was lost, and there is no way to wait for that. So the client logs in again: the new
  session is out of its reach.
- *A refused login*: the client logs in again.
- *A REST API that says "permission denied"*: this is how it reports a lost login, and before MediaWiki 1.41 a refused
  token. The Action API is asked which it is.

For each request, a login is renewed once, and a token three times.
"""

from __future__ import annotations

from collections.abc import Mapping

from attrs import define, frozen

from mwclient_async._http.messages import ApiRequest
from mwclient_async._session.auth_state import AuthState
from mwclient_async._session.authenticator import Authenticator, SendSince
from mwclient_async._session.retry import Recovery, recovery_for
from mwclient_async.errors import MediaWikiError

_USERINFO = ApiRequest(params={"action": "query", "meta": "userinfo"})
_TOKENS = 2  # fetches of fresh tokens for one request in the same session


@define
class Renewals:
    """How often something was renewed for one request so far."""

    tokens: int = 0
    logins: int = 0
    login_checks: int = 0


@frozen(kw_only=True)
class Refused:
    """A request that the wiki refused, and what it was sent with. ``since`` is when its deadline began."""

    request: ApiRequest
    token: str | None
    login_generation: int
    since: float | None


@frozen(kw_only=True)
class Recoverer:
    """Renews tokens and logins. ``has_action_api`` is False for a REST API without the wiki's Action API."""

    auth_state: AuthState
    authenticator: Authenticator
    send: SendSince
    has_action_api: bool

    async def recover(self, error: MediaWikiError, refused: Refused, renewals: Renewals) -> bool:
        """Renew what was refused. Returns whether the request can be sent again."""
        needed = recovery_for(error, refused.request) if not refused.request.login else None
        if needed is Recovery.LOGIN:
            return await self._log_in(refused, renewals)
        if needed is None or not self.has_action_api:
            return False
        if refused.token is None:
            return await self._check_login(refused, renewals)
        if needed is Recovery.CHECK and await self._is_valid(refused.token, refused):
            return False
        return await self._renew_token(refused.token, refused, renewals)

    async def _renew_token(self, token: str, refused: Refused, renewals: Renewals) -> bool:
        renewals.tokens += 1
        if renewals.tokens > _TOKENS:
            return renewals.tokens == _TOKENS + 1 and await self._log_in(refused, renewals)
        await self.authenticator.discard_token(refused.request.token or "", token, wait=renewals.tokens > 1)
        return True

    async def _log_in(self, refused: Refused, renewals: Renewals) -> bool:
        renewals.logins += 1
        return renewals.logins == 1 and await self.authenticator.relogin(refused.login_generation)

    async def _check_login(self, refused: Refused, renewals: Renewals) -> bool:
        """Let the Action API report a lost login, which is then renewed."""
        renewals.login_checks += 1
        if renewals.login_checks > 1 or not self.auth_state.logged_in:
            return False
        await self.send(_USERINFO, since=refused.since)
        return True

    async def _is_valid(self, token: str, refused: Refused) -> bool:
        """Whether the wiki accepts the token, so that it has refused something else."""
        params = {"action": "checktoken", "type": refused.request.token or "", "token": token}
        response = await self.send(ApiRequest(params=params, post=True), since=refused.since)
        result = response.body.get("checktoken") if isinstance(response.body, Mapping) else None
        return isinstance(result, Mapping) and result.get("result") == "valid"
