"""Check tokens. The manual's page is https://www.mediawiki.org/wiki/API:Tokens."""

from __future__ import annotations

from typing import Literal

from mwclient_async._actions.call import ActionGroup, call_action
from mwclient_async._http import params as wire_params
from mwclient_async._http.conversion import structurer
from mwclient_async._http.json_values import object_at
from mwclient_async._http.params import checked_text
from mwclient_async.models.accounts import TokenCheck

_TOKEN = frozenset({"token"})
TokenType = Literal["createaccount", "csrf", "login", "patrol", "rollback", "userrights", "watch"]


class TokenActions(ActionGroup):
    """Actions on tokens."""

    async def checktoken(
        self,
        *,
        type: TokenType | str = "csrf",  # noqa: A002 - the manual's name; extensions have further types
        token: str | None = None,
        maxtokenage: int | None = None,
    ) -> TokenCheck:
        """Check whether the wiki accepts a token of a type: this Site's own, if no ``token`` is given.

        Returns a TokenCheck: the result, and when the token was made. ``maxtokenage`` is how old it may be, in seconds.

        Raises:
            InvalidParameter: the wiki does not know the type.

        See https://www.mediawiki.org/wiki/API:Checktoken.
        """
        checked = await self._session.token(type) if token is None else checked_text("token", token)
        params = wire_params.encode({"type": type, "token": checked, "maxtokenage": maxtokenage}, allowed=_TOKEN)
        body = await call_action(self._session, "checktoken", params)
        return structurer(TokenCheck)(object_at(body, "checktoken"))
