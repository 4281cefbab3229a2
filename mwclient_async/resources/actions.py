"""Any action of the wiki. The manual's page is https://www.mediawiki.org/wiki/API:Main_page."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from mwclient_async.sansio.wire import Call
from mwclient_async.session import Session

_NOT_JSON = frozenset({"feedcontributions", "feedrecentchanges", "feedwatchlist", "help", "rsd"})


async def call(session: Session, action: str, params: Mapping[str, str]) -> dict[str, Any]:
    """The decoded answer of an action, posted and with a token where its module needs them."""
    if not re.fullmatch(r"[\w-]+", action):
        raise ValueError(f"call({action!r}): give the name of one action, for example 'parse'")
    if action in _NOT_JSON and not (action == "help" and "wrap" in params):
        raise ValueError(f"action={action} answers with a document that is no JSON: fetch it with an HTTP client")
    module = (await session.modules([action]))[action]
    reply = await session.send(
        Call(
            params={"action": action, **params},
            post=module.post or "token" in params,
            token=module.token,
            token_name=f"{module.prefix}token",
            write=module.write,
        )
    )
    return dict(reply.body) if isinstance(reply.body, Mapping) else {action: reply.body}
