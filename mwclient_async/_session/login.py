r"""Who we are, in conversations: log in and out, fetch tokens, ask for the account.

- *A login makes a session*, which its cookies name; the tokens of one session are worth nothing in another. So whoever
  runs :func:`log_in` forgets the cookies and tokens of the old session first: with those of a bot password's session
  the wiki even refuses a second login.
- *A lost answer means to begin anew*, with a fresh token: the old one may have been used up.
- *Everybody who is not logged in has the same token*, ``+\``. A client that had a login and is given that token has
  lost its session, and would edit as its IP address: that is an AssertFailed, never a token.

See https://www.mediawiki.org/wiki/API:Login and https://www.mediawiki.org/wiki/API:Tokens.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import field, frozen

from mwclient_async._http.flow import Ask, Flow
from mwclient_async._http.messages import ApiRequest
from mwclient_async.errors import (
    ApiError,
    ApiErrorItem,
    AssertFailed,
    BadToken,
    InternalError,
    LoginFailed,
    LoginThrottled,
    ProtocolError,
    Unavailable,
    class_for,
)
from mwclient_async.models.auth import (
    Auth,
    BotPassword,
    ClientLogin,
    LoginField,
    LoginQuestion,
    OAuth2ClientCredentials,
    checked_token,
)

ANONYMOUS_TOKEN = "+\\"  # noqa: S105 - what every wiki gives everybody who is not logged in
_STALE = frozenset({"wrongtoken", "sessionlost", "needtoken", "badtoken"})  # of the login token: begin anew
_MOST_QUESTIONS = 20
_TOKEN_PATH = "/oauth2/access_token"  # noqa: S105 - a path


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


@frozen(kw_only=True)
class Grant:
    """An OAuth access token, good for so many seconds (None: unknown)."""

    token: str = field(repr=False)
    expires_in: float | None = None


def log_in(auth: BotPassword | ClientLogin) -> Flow[str]:
    """Log in; returns the account's name. Raises LoginFailed or LoginThrottled."""
    reply = yield ApiRequest(params={"action": "query", "meta": "tokens", "type": "login"}, login=True)
    token = _text(_part(reply.body, "query", "tokens").get("logintoken"), "login token")
    if isinstance(auth, BotPassword):
        return (yield from _with_bot_password(auth, token))
    return (yield from _step_by_step(auth, token))


def may_be_of(auth: Auth | None, account: str) -> bool:
    """Whether that may be the account that ``auth`` logs in to. A name with an @ in it is not an account's own."""
    if isinstance(auth, BotPassword):
        return _canonical(auth.account) == account
    return not isinstance(auth, ClientLogin) or "@" in auth.username or _canonical(auth.username) == account


def is_stale(error: LoginFailed) -> bool:
    """Whether only the login token was refused, so that a new login may succeed."""
    return error.code in _STALE


def log_out() -> Flow[None]:
    """End the session, on the wiki."""
    yield ApiRequest(params={"action": "logout"}, post=True, token="csrf")  # noqa: S106 - a kind


def fetch_grant(auth: OAuth2ClientCredentials) -> Flow[Grant]:
    """An access token for a consumer. Raises LoginFailed when the wiki does not know it, or the secret is wrong."""
    form = {"grant_type": "client_credentials", "client_id": auth.client_id, "client_secret": auth.client_secret}
    path = "" if auth.token_url else _TOKEN_PATH
    try:
        reply = yield ApiRequest(params=form, post=True, login=True, path=path, address=auth.token_url or "")
    except ApiError as error:
        if isinstance(error, Unavailable | InternalError):
            raise
        text = f"the consumer {auth.client_id!r} was given no access token: {_said(error)}"
        raise LoginFailed((ApiErrorItem(code=error.code, text=text, data=error.data),)) from error
    body = _part(reply.body)
    lasting = body.get("expires_in")
    return Grant(
        token=checked_token("the access token that the wiki gave", body.get("access_token")),
        expires_in=float(lasting) if isinstance(lasting, int | float) else None,
    )


def fetch_tokens(*, logged_in: bool) -> Flow[dict[str, str]]:
    """All tokens of the session, by kind, in one request. For a login that the wiki no longer knows: AssertFailed."""
    reply = yield ApiRequest(params={"action": "query", "meta": "tokens", "type": "*"})
    told = _part(reply.body, "query", "tokens")
    tokens = {name.removesuffix("token"): value for name, value in told.items() if isinstance(value, str)}
    if logged_in and tokens.get("csrf") == ANONYMOUS_TOKEN:
        text = "The wiki gave the token of somebody not logged in."
        raise AssertFailed((ApiErrorItem(code="assertuserfailed", text=text),))
    _text(tokens.get("csrf"), "csrf token")
    return tokens


def fetch_account() -> Flow[Account]:
    """Who the wiki takes us for, and with which rights."""
    reply = yield ApiRequest(params={"action": "query", "meta": "userinfo", "uiprop": "rights"})
    info = _part(reply.body, "query", "userinfo")
    if "name" not in info:
        raise ProtocolError("the wiki did not say who it takes this client for")
    return Account(
        name=str(info.get("name", "")),
        anonymous=bool(info.get("anon")),
        rights=frozenset(info.get("rights", ())),
    )


def _with_bot_password(auth: BotPassword, token: str) -> Flow[str]:
    reply = yield ApiRequest(
        params={"action": "login", "lgname": auth.name, "lgpassword": auth.password, "lgtoken": token},
        post=True,
        write=True,
        login=True,
    )
    result = _part(reply.body, "login")
    if result.get("result") == "Success":
        return str(result.get("lgusername", auth.account))
    reason = result.get("reason")
    told = reason if isinstance(reason, Mapping) else {"text": reason}
    code = str(told.get("code") or result.get("result", "Failed"))
    raise _refused(auth.name, code.lower(), str(told.get("text") or result.get("result")))


def _step_by_step(auth: ClientLogin, token: str) -> Flow[str]:
    """The login that asks: https://www.mediawiki.org/wiki/API:Login#Method_2._clientlogin."""
    answers: Mapping[str, str] = {"username": auth.username, "password": auth.password, "rememberMe": "1"}
    going_on = {"loginreturnurl": auth.return_url}
    for _ in range(_MOST_QUESTIONS):
        form = {**answers, "action": "clientlogin", "logintoken": token, **going_on}
        try:
            reply = yield ApiRequest(params=form, post=True, write=True, login=True)
        except BadToken as error:
            raise _refused(auth.username, error.code, _said(error)) from error
        result = _part(reply.body, "clientlogin")
        status = str(result.get("status", ""))
        if status == "PASS":
            return str(result.get("username", auth.username))
        question = _question(status, result)
        throttled = issubclass(class_for(question.code), LoginThrottled)  # which may come as one more question
        if throttled or status not in {"UI", "REDIRECT", "RESTART"}:
            raise _refused(auth.username, question.code or "login-failed", question.message or status)
        if auth.answer is None:
            asked = ", ".join(item.name for item in question.fields) or question.redirect
            raise _refused(
                auth.username,
                "login-question",
                f"the wiki asks for more ({asked}: {question.message}); give ClientLogin an answer=",
            )
        answers = (yield Ask(question)).body
        going_on = {"loginreturnurl": auth.return_url, "loginpreservestate": "1"}
        if status != "RESTART":
            going_on = {"logincontinue": "1"}
    raise _refused(auth.username, "login-failed", f"the wiki was not done after {_MOST_QUESTIONS} questions")


def _question(status: str, result: Mapping[str, Any]) -> LoginQuestion:
    requests = result.get("requests")
    fields = [
        _field(name, about)
        for request in (requests if isinstance(requests, list) else ())
        for name, about in _part(request, "fields").items()
        if isinstance(about, Mapping)
    ]
    return LoginQuestion(
        status=status,
        code=str(result.get("messagecode", "")),
        message=str(result.get("message", "")),
        fields=tuple({item.name: item for item in fields}.values()),
        redirect=str(result.get("redirecttarget", "")),
    )


def _field(name: str, about: Mapping[str, Any]) -> LoginField:
    value = about.get("value")
    return LoginField(
        name=name,
        type=str(about.get("type", "string")),
        label=str(about.get("label", "")),
        help=str(about.get("help", "")),
        optional=bool(about.get("optional")),
        sensitive=bool(about.get("sensitive")),
        options={str(key): str(text) for key, text in _part(about, "options").items()},
        value=value if isinstance(value, str) else None,
    )


def _refused(name: str, code: str, text: str) -> LoginFailed:
    known = class_for(code)
    cls = LoginThrottled if issubclass(known, LoginThrottled) else LoginFailed
    return cls((ApiErrorItem(code=code, text=f"{name!r} could not log in: {text}", module="login"),))


def _canonical(name: str) -> str:
    """The name of an account as the wiki writes it."""
    name = " ".join(name.replace("_", " ").split())
    return name[:1].upper() + name[1:]


def _said(error: ApiError) -> str:
    return error.text or error.code


def _text(value: object, name: str) -> str:
    if not isinstance(value, str) or not value:
        raise ProtocolError(f"the wiki gave no {name}; does something on the way drop cookies?")
    return value


def _part(body: Any, *keys: str) -> Mapping[str, Any]:
    for key in keys:
        body = body.get(key) if isinstance(body, Mapping) else None
    return body if isinstance(body, Mapping) else {}
