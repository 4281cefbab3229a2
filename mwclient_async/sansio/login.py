"""Who we are, in conversations: log in, fetch tokens, ask for the account's limits.

See https://www.mediawiki.org/wiki/API:Login and https://www.mediawiki.org/wiki/API:Tokens.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import frozen

from mwclient_async.errors import ApiErrorItem, AssertFailed, LoginFailed, LoginThrottled, ProtocolError
from mwclient_async.models.auth import BotPassword
from mwclient_async.sansio.wire import Call, Conversation

ANONYMOUS_TOKEN = "+\\"  # noqa: S105 - what every wiki gives everybody who is not logged in


@frozen(kw_only=True)
class Account:
    """Who the wiki takes us for. ``high_limits`` is the right ``apihighlimits``."""

    name: str
    anonymous: bool
    rights: frozenset[str]

    @property
    def high_limits(self) -> bool:
        """Whether lists bring 5,000 rows a request instead of 500, and 500 values instead of 50."""
        return "apihighlimits" in self.rights


def log_in(auth: BotPassword) -> Conversation[str]:
    """Log in with a bot password; returns the account's name. Raises LoginFailed or LoginThrottled."""
    reply = yield Call(params={"action": "query", "meta": "tokens", "type": "login"}, login=True)
    token = _token(reply.body, "login")
    reply = yield Call(
        params={"action": "login", "lgname": auth.name, "lgpassword": auth.password, "lgtoken": token},
        post=True,
        login=True,
    )
    result = reply.body.get("login", {})
    if result.get("result") == "Success":
        return str(result.get("lgusername", auth.account))
    raise _refused(auth, result)


def fetch_token(kind: str, *, logged_in: bool) -> Conversation[str]:
    """A token of that kind. On a site that logged in, the token of everybody is an AssertFailed: the login is lost."""
    reply = yield Call(params={"action": "query", "meta": "tokens", "type": kind}, login=kind == "login")
    token = _token(reply.body, kind)
    if logged_in and token == ANONYMOUS_TOKEN:
        raise AssertFailed(
            (ApiErrorItem(code="assertuserfailed", text="The wiki gave the token of somebody not logged in."),)
        )
    return token


def fetch_account() -> Conversation[Account]:
    """Who the wiki takes us for, and with which rights."""
    reply = yield Call(params={"action": "query", "meta": "userinfo", "uiprop": "rights"})
    info = _part(reply.body, "query", "userinfo")
    if "name" not in info:
        raise ProtocolError("the wiki did not say who it takes this client for")
    return Account(
        name=str(info.get("name", "")),
        anonymous=bool(info.get("anon")),
        rights=frozenset(info.get("rights", ())),
    )


def _refused(auth: BotPassword, result: Mapping[str, Any]) -> LoginFailed:
    reason = result.get("reason")
    told = reason if isinstance(reason, Mapping) else {"code": "", "text": reason}
    code = str(told.get("code") or result.get("result", "Failed"))
    cls = LoginThrottled if code == "login-throttled" else LoginFailed
    text = f"{auth.name!r} could not log in: {told.get('text') or result.get('result')}"
    return cls((ApiErrorItem(code=code, text=text, module="login"),))


def _token(body: Any, kind: str) -> str:
    token = _part(body, "query", "tokens").get(f"{kind}token")
    if not isinstance(token, str) or not token:
        raise ProtocolError(f"the wiki gave no {kind} token; does something on the way drop cookies?")
    return token


def _part(body: Any, *keys: str) -> Mapping[str, Any]:
    for key in keys:
        body = body.get(key) if isinstance(body, Mapping) else None
    return body if isinstance(body, Mapping) else {}
