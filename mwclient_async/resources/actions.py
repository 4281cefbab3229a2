"""The actions of the wiki: any, by its name, and typed ones. The manual's page is https://www.mediawiki.org/wiki/API:Main_page."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from mwclient_async.models.accounts import TokenCheck
from mwclient_async.sansio import params as wire_params
from mwclient_async.sansio.convert import structurer
from mwclient_async.sansio.locking import write_keys
from mwclient_async.sansio.params import checked_text
from mwclient_async.sansio.wire import Call
from mwclient_async.session import Session

_TOKEN = frozenset({"token"})
_NOT_JSON = frozenset({"feedcontributions", "feedrecentchanges", "feedwatchlist", "help", "rsd"})


async def call(session: Session, action: str, params: Mapping[str, str]) -> dict[str, Any]:
    """The decoded answer of an action, posted and with a token where its module needs them."""
    if not re.fullmatch(r"[\w-]+", action):
        raise ValueError(f"call({action!r}): give the name of one action, for example 'parse'")
    if action in _NOT_JSON and not (action == "help" and "wrap" in params):
        raise ValueError(f"action={action} answers with a document that is no JSON: fetch it with an HTTP client")
    module = (await session.modules([action]))[action]
    request = Call(
        params={"action": action, **params},
        post=module.post or "token" in params,
        token=module.token,
        token_name=f"{module.prefix}token",
        write=module.write,
    )
    async with session.exclusively(write_keys(request.params) if module.write else ()):
        reply = await session.send(request)
    return dict(reply.body) if isinstance(reply.body, Mapping) else {action: reply.body}


class Actions:
    """``site.actions``: actions with typed parameters and results."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def checktoken(
        self,
        *,
        type: str = "csrf",  # noqa: A002 - the manual's name
        token: str | None = None,
        maxtokenage: int | None = None,
    ) -> TokenCheck:
        """Whether the wiki takes a token of that type: the one that this Site holds, where none is given.

        ``maxtokenage`` is how old it may be, in seconds. See https://www.mediawiki.org/wiki/API:Checktoken.
        """
        checked = await self._session.token(type) if token is None else checked_text("token", token)
        params = wire_params.encode({"type": type, "token": checked, "maxtokenage": maxtokenage}, allowed=_TOKEN)
        answer = await call(self._session, "checktoken", params)
        return structurer(TokenCheck)(answer["checktoken"])
