r"""The flows of a login: log in, log out, fetch tokens, fetch the account.

- *A login makes a session*, which its cookies identify. The tokens of one session are not valid in another one. So the
  caller of :func:`log_in` discards the cookies and tokens of the old session first. With the cookies of a bot
  password's session, the wiki even refuses a second login.
- *If a response is lost, the login begins again*, with a new login token, because the old one may have been used up.
- *All anonymous users have the same token*, ``+\``. If a client that is logged in is given that token, its session is
  lost, and it would edit as its IP address. That is an AssertFailed, and the token is not used.

See https://www.mediawiki.org/wiki/API:Login and https://www.mediawiki.org/wiki/API:Tokens.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import field, frozen

from mwclient_async import models
from mwclient_async._http.flow import Ask, Flow
from mwclient_async._http.json_values import object_at, text_at, texts_at
from mwclient_async._http.messages import ApiRequest
from mwclient_async._http.secret_text import SecretText
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

ANONYMOUS_TOKEN = "+\\"  # noqa: S105 - the token of all anonymous users
_STALE_LOGIN_TOKEN = frozenset({"wrongtoken", "sessionlost", "needtoken", "badtoken"})
_MAX_QUESTIONS = 20
_LONGEST_LIFETIME = 1e9  # seconds
_TOKEN_PATH = "/oauth2/access_token"  # noqa: S105 - a path


@frozen(kw_only=True)
class Account:
    """The account that the wiki takes this client for. ``anonymous`` says that it is not logged in."""

    name: str
    anonymous: bool
    rights: frozenset[str]

    @property
    def high_limits(self) -> bool:
        """Whether the account has ``apihighlimits``: 5,000 rows a request instead of 500, 500 values instead of 50."""
        return "apihighlimits" in self.rights


@frozen(kw_only=True)
class AccessToken:
    """An OAuth access token. ``expires_in`` is its lifetime in seconds, or None if the wiki did not give it."""

    token: str = field(repr=False)
    expires_in: float | None = None


def log_in(auth: models.auth.BotPassword | models.auth.ClientLogin) -> Flow[str]:
    """Log in and return the account's name. Raises LoginFailed or LoginThrottled if the wiki refuses."""
    response = yield ApiRequest(params={"action": "query", "meta": "tokens", "type": "login"}, login=True)
    token = _require_text(object_at(response.body, "query", "tokens").get("logintoken"), "login token")
    if isinstance(auth, models.auth.BotPassword):
        return (yield from _log_in_with_bot_password(auth, token))
    return (yield from _log_in_step_by_step(auth, token))


def may_log_in_as(auth: models.auth.Auth | None, account: str) -> bool:
    """Whether ``auth`` may log in to this account. A login name with an @ is not the account's own name, so it may."""
    if isinstance(auth, models.auth.BotPassword):
        return _canonical(auth.account) == account
    return not isinstance(auth, models.auth.ClientLogin) or "@" in auth.username or _canonical(auth.username) == account


def is_stale_login_token(error: LoginFailed) -> bool:
    """Whether only the login token was refused, so that a login with a new token may succeed."""
    return error.code in _STALE_LOGIN_TOKEN


def log_out() -> Flow[None]:
    """End the session on the wiki."""
    yield ApiRequest(params={"action": "logout"}, post=True, token="csrf")  # noqa: S106 - a kind


def fetch_access_token(auth: models.auth.OAuth2ClientCredentials) -> Flow[AccessToken]:
    """An access token for an OAuth consumer. Raises LoginFailed if the wiki refuses its id or secret."""
    secret = SecretText(auth.client_secret)
    form = {"grant_type": "client_credentials", "client_id": auth.client_id, "client_secret": secret}
    path = "" if auth.token_url else _TOKEN_PATH
    try:
        response = yield ApiRequest(params=form, post=True, login=True, path=path, address=auth.token_url or "")
    except ApiError as error:
        if isinstance(error, Unavailable | InternalError):
            raise
        text = f"the consumer {auth.client_id!r} was given no access token: {error.text or error.code}"
        raise LoginFailed((ApiErrorItem(code=error.code, text=text, data=error.data),)) from error
    lifetime = object_at(response.body).get("expires_in")
    try:
        token = models.auth.checked_token(
            "the access token that the wiki gave", object_at(response.body).get("access_token")
        )
    except ValueError as error:
        raise ProtocolError(str(error)) from None
    expires_in = min(lifetime, _LONGEST_LIFETIME) if isinstance(lifetime, int | float) else None
    return AccessToken(token=token, expires_in=expires_in)


def fetch_tokens(*, logged_in: bool) -> Flow[tuple[dict[str, str], str]]:
    """All tokens of the session, by kind, and the wiki's clock, in one request.

    Raises AssertFailed if the wiki no longer knows the login.
    """
    response = yield ApiRequest(params={"action": "query", "meta": "tokens", "type": "*", "curtimestamp": "1"})
    tokens: dict[str, str] = {
        name.removesuffix("token"): SecretText(value)
        for name, value in object_at(response.body, "query", "tokens").items()
        if isinstance(value, str)
    }
    if logged_in and tokens.get("csrf") == ANONYMOUS_TOKEN:
        text = "The wiki gave the token of an anonymous user."
        raise AssertFailed((ApiErrorItem(code="assertuserfailed", text=text),))
    _require_text(tokens.get("csrf"), "csrf token")
    return tokens, text_at(response.body, "curtimestamp", default="")


def fetch_account() -> Flow[Account]:
    """The account that the wiki takes this client for, and its rights."""
    response = yield ApiRequest(params={"action": "query", "meta": "userinfo", "uiprop": "rights"})
    account = account_in(response.body)
    if account is None:
        raise ProtocolError("the wiki did not say which account it takes this client for")
    return account


def account_in(body: Any) -> Account | None:
    """The account in the response to a query that asked for it, or None if the response does not name it."""
    info = object_at(body, "query", "userinfo")
    if not info:
        return None
    return Account(
        name=text_at(info, "name"),
        anonymous=bool(info.get("anon")),
        rights=frozenset(texts_at(info, "rights")),
    )


def without_account(body: Mapping[str, Any]) -> dict[str, Any]:
    """The body of a response without the account, as if the query had not asked for it.

    The ``continue`` block must not say that this question is answered: a request that asks again would get no answer.
    """
    query = {name: value for name, value in object_at(body, "query").items() if name != "userinfo"}
    rest = {name: value for name, value in body.items() if name != "query"}
    if "continue" in object_at(body, "continue"):
        generator, bars, finished = str(body["continue"]["continue"]).partition("||")
        names = "|".join(name for name in finished.split("|") if name != "userinfo")
        rest["continue"] = {**body["continue"], "continue": f"{generator}{bars}{names}"}
    return {**rest, "query": query} if query else rest


def _log_in_with_bot_password(auth: models.auth.BotPassword, token: str) -> Flow[str]:
    response = yield ApiRequest(
        params={"action": "login", "lgname": auth.name, "lgpassword": auth.password, "lgtoken": token},
        post=True,
        write=True,
        login=True,
    )
    result = object_at(response.body, "login")
    if result.get("result") == "Success":
        return text_at(result, "lgusername", default=auth.account)
    reason = result.get("reason")
    details = reason if isinstance(reason, Mapping) else {"text": reason}
    code = str(details.get("code") or result.get("result", "Failed"))
    raise _login_failed(auth.name, code.lower(), str(details.get("text") or result.get("result")))


def _log_in_step_by_step(auth: models.auth.ClientLogin, token: str) -> Flow[str]:
    """A login in which the wiki may ask questions: https://www.mediawiki.org/wiki/API:Login#Method_2._clientlogin."""
    answers = {"username": auth.username, "password": SecretText(auth.password), "rememberMe": "1"}
    step_params = {"loginreturnurl": auth.return_url}
    for _ in range(_MAX_QUESTIONS):
        form = {**answers, "action": "clientlogin", "logintoken": token, **step_params}
        try:
            response = yield ApiRequest(params=form, post=True, write=True, login=True)
        except BadToken as error:
            raise _login_failed(auth.username, error.code, error.text or error.code) from error
        result = object_at(response.body, "clientlogin")
        status = str(result.get("status", ""))
        if status == "PASS":
            return text_at(result, "username", default=auth.username)
        question = _question(status, result)
        _check_question(auth, question)
        answers = {name: SecretText(value) for name, value in (yield Ask(question)).body.items()}
        step_params = {"loginreturnurl": auth.return_url, "loginpreservestate": "1"}
        if status != "RESTART":
            step_params = {"logincontinue": "1"}
    raise _login_failed(auth.username, "login-failed", f"the wiki was not done after {_MAX_QUESTIONS} questions")


def _check_question(auth: models.auth.ClientLogin, question: models.auth.LoginQuestion) -> None:
    """Raise LoginFailed if this is a refusal, or if there is no function that answers it."""
    throttled = issubclass(class_for(question.code), LoginThrottled)  # has the form of a question
    if throttled or question.status not in {"UI", "REDIRECT", "RESTART"}:
        raise _login_failed(auth.username, question.code or "login-failed", question.message or question.status)
    if auth.answer is None:
        wanted = ", ".join(item.name for item in question.fields) or question.redirect
        raise _login_failed(
            auth.username,
            "login-question",
            f"the wiki asks for more ({wanted}: {question.message}); give ClientLogin an answer=",
        )


def _question(status: str, result: Mapping[str, Any]) -> models.auth.LoginQuestion:
    requests = result.get("requests")
    fields = [
        _field(name, description)
        for request in (requests if isinstance(requests, list) else ())
        for name, description in object_at(request, "fields").items()
        if isinstance(description, Mapping)
    ]
    return models.auth.LoginQuestion(
        status=status,
        code=str(result.get("messagecode", "")),
        message=str(result.get("message", "")),
        fields=tuple({item.name: item for item in fields}.values()),
        redirect=str(result.get("redirecttarget", "")),
    )


def _field(name: str, description: Mapping[str, Any]) -> models.auth.LoginField:
    value = description.get("value")
    return models.auth.LoginField(
        name=name,
        type=str(description.get("type", "string")),
        label=str(description.get("label", "")),
        help=str(description.get("help", "")),
        optional=bool(description.get("optional")),
        sensitive=bool(description.get("sensitive")),
        options={str(key): str(text) for key, text in object_at(description, "options").items()},
        value=value if isinstance(value, str) else None,
    )


def _login_failed(name: str, code: str, text: str) -> LoginFailed:
    known = class_for(code)
    cls = LoginThrottled if issubclass(known, LoginThrottled) else LoginFailed
    return cls((ApiErrorItem(code=code, text=f"{name!r} could not log in: {text}", module="login"),))


def _canonical(name: str) -> str:
    """The name of an account in the form that the wiki writes it."""
    name = " ".join(name.replace("_", " ").split())
    return name[:1].upper() + name[1:]


def _require_text(value: object, name: str) -> SecretText:
    if not isinstance(value, str) or not value:
        raise ProtocolError(f"the wiki gave no {name}; does a proxy drop cookies?")
    return SecretText(value)
