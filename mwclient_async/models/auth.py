"""The ways to log in, as values whose repr hides the secret, and the state of a login.

The ways to log in are for ``Site(auth=...)`` and ``site.login(...)``. The manual's page is
https://www.mediawiki.org/wiki/API:Login.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterable, Mapping
from types import NoneType
from typing import Any, Self

from attrs import Attribute, asdict, field, frozen, validators

from mwclient_async._values.json_text import decode_json

_STATE_VERSION = 1
COOKIE_FIELDS: Mapping[str, tuple[type, ...]] = {
    "version": (int, NoneType),
    "name": (str,),
    "value": (str, NoneType),
    "port": (str, NoneType),
    "domain": (str,),
    "path": (str,),
    "secure": (bool,),
    "expires": (int, NoneType),
    "discard": (bool,),
}
"""What is stored of a cookie, and the types of each value."""


def _secret(name: str) -> Callable[[object, Attribute[Any], Any], None]:
    def check(_self: object, _attribute: Attribute[Any], value: object) -> None:
        if not isinstance(value, str) or not value:  # the value is not shown
            raise ValueError(f"{name} is empty or not a str: is the variable that holds it set?")

    return check


def _sendable(name: str) -> Callable[[object, Attribute[Any], Any], None]:
    def check(_self: object, _attribute: Attribute[Any], value: object) -> None:
        if isinstance(value, str):
            checked_token(name, value)
        elif not callable(value):
            raise TypeError(f"{name} is of type {type(value).__name__}: give a str, or a function without arguments")

    return check


def checked_token(name: str, value: object) -> str:
    """The token, checked: ValueError if it cannot be sent in a header. The message does not show it."""
    if isinstance(value, str) and value and value.isascii() and value.isprintable() and " " not in value:
        return value
    is_text = isinstance(value, str) and bool(value)
    del value  # so that no traceback shows it
    if not is_text:
        raise ValueError(f"{name} is empty or not a str: is the variable that holds it set?")
    raise ValueError(f"{name} contains a line break, a space or another character that a header cannot have")


def _token(name: str) -> Callable[[object, Attribute[Any], Any], None]:
    def check(_self: object, _attribute: Attribute[Any], value: object) -> None:
        checked_token(name, value)

    return check


@frozen(kw_only=True)
class BotPassword:
    """A bot password of the account, created on the wiki's page Special:BotPasswords.

    ``name`` is the full login name, account and application: ``"DemoBot@uploads"``. A bot password logs in without
    further steps (no second factor), has only the grants that were selected when it was created, and can be revoked
    without a change of the account.

    Raises:
        ValueError: the name has no application, or the password is empty.

    See https://www.mediawiki.org/wiki/Manual:Bot_passwords.
    """

    name: str = field(validator=validators.instance_of(str))
    password: str = field(repr=False, validator=_secret("BotPassword password"))

    @name.validator
    def _has_application(self, _attribute: object, value: str) -> None:
        account, at, application = value.rpartition("@")
        if not (account and at and application):
            raise ValueError(
                f"BotPassword name {value!r} has no application: write it as 'Account@application', "
                "both as shown on the wiki's page Special:BotPasswords"
            )

    @property
    def account(self) -> str:
        """The account's own name, without the application."""
        return self.name.rpartition("@")[0]


@frozen(kw_only=True)
class LoginField:
    """One field that the wiki wants filled in, at login or when an account is created.

    ``type`` is the wiki's own word: ``string``, ``password``, ``checkbox``, ``select``, ``button``, ``hidden`` and so
    on; ``options`` are the values of a choice and what they mean. ``label`` and ``help`` are for people, ``value`` is
    the default. The value of a ``sensitive`` field is secret.

    See https://www.mediawiki.org/wiki/API:Authmanagerinfo.
    """

    name: str
    type: str = "string"
    label: str = ""
    help: str = ""
    optional: bool = False
    sensitive: bool = False
    options: Mapping[str, str] = field(factory=dict, hash=False)
    value: str | None = field(default=None, repr=False)


@frozen(kw_only=True)
class LoginQuestion:
    """What the wiki asks during a login.

    ``status`` is ``UI`` (fill in the fields), ``REDIRECT`` (open ``redirect``, and answer with the parameters that come
    back to ``ClientLogin.return_url``) or ``RESTART`` (the wiki wants another way to log in first). ``code`` and
    ``message`` are the wiki's own, in English.

    See https://www.mediawiki.org/wiki/API:Login#Method_2._clientlogin.
    """

    status: str
    code: str = ""
    message: str = ""
    fields: tuple[LoginField, ...] = ()
    redirect: str = ""


Answerer = Callable[[LoginQuestion], Awaitable[Mapping[str, str]] | Mapping[str, str]]
"""A function that answers a question with values for its fields. It may be an async function."""


@frozen(kw_only=True)
class ClientLogin:
    """Name and password of the account itself, and answers to what else the wiki asks: a second factor, for example.

    ``answer`` is a function that takes each LoginQuestion and returns values for its fields, for example
    ``{"OATHToken": "123456"}``; without one a question raises LoginFailed. It is called again when the site logs in
    again after a lost session. If it waits, make it an async function: a plain one stops the event loop. The site sends
    nothing else until it returns, so it must not wait for a response of that same site. For programs a BotPassword or
    OAuth is better: they have fewer rights and need no second factor.

    Raises:
        ValueError: the password is empty.

    See https://www.mediawiki.org/wiki/API:Login#Method_2._clientlogin.
    """

    username: str = field(validator=validators.instance_of(str))
    password: str = field(repr=False, validator=_secret("ClientLogin password"))
    answer: Answerer | None = field(default=None, repr=False)
    return_url: str = "https://localhost/"


@frozen(kw_only=True)
class OAuth2Token:
    """An OAuth 2 access token, sent with every request to the wiki and to no other server.

    ``token`` is the token, or a function without arguments that returns one, which may be an async function. The
    function is called when the site opens, and again when the wiki refuses the token because it has expired. The site
    sends nothing else until it returns, so it must not wait for a response of that same site.

    Raises:
        ValueError: the token is empty, or cannot be sent in a header.
        TypeError: ``token`` is neither a str nor a function.

    See https://www.mediawiki.org/wiki/OAuth/For_Developers.
    """

    token: str | Callable[[], Awaitable[str] | str] = field(repr=False, validator=_sendable("OAuth2Token token"))


@frozen(kw_only=True)
class OAuth2ClientCredentials:
    """An OAuth 2 consumer of your own account: the site fetches its access token and renews it before it expires.

    ``client_id`` and ``client_secret`` are what Special:OAuthConsumerRegistration shows for an owner-only consumer.
    ``token_url`` is the address that issues tokens; None for ``/oauth2/access_token`` of the wiki's own rest.php. For
    Wikimedia it is ``"https://meta.wikimedia.org/w/rest.php/oauth2/access_token"``.

    Raises:
        ValueError: the client secret is empty.

    See https://www.mediawiki.org/wiki/OAuth/For_Developers#OAuth_2.
    """

    client_id: str = field(validator=validators.instance_of(str))
    client_secret: str = field(repr=False, validator=_secret("OAuth2ClientCredentials client_secret"))
    token_url: str | None = None


@frozen(kw_only=True)
class OAuth1:
    """An owner-only consumer of OAuth 1.0a. It signs each request to the wiki, and none to another server.

    The four texts are those that the wiki's page Special:OAuthConsumerRegistration shows once, when it creates the
    consumer. The secrets are not sent. The wiki accepts a signature for five minutes, so the clock of this machine must
    be right. It needs the extra ``oauth1``: ``pip install mwclient_async[oauth1]``.

    Raises:
        ValueError: one of the four is empty, or has a space or a line break in it.

    See https://www.mediawiki.org/wiki/OAuth/Owner-only_consumers.
    """

    consumer_token: str = field(validator=_token("OAuth1 consumer_token"))
    consumer_secret: str = field(repr=False, validator=_token("OAuth1 consumer_secret"))
    access_token: str = field(repr=False, validator=_token("OAuth1 access_token"))
    access_secret: str = field(repr=False, validator=_token("OAuth1 access_secret"))


Auth = BotPassword | ClientLogin | OAuth2Token | OAuth2ClientCredentials | OAuth1
"""Any of the ways to log in."""


def _check_cookies(_self: object, _attribute: Attribute[Any], cookies: tuple[Any, ...]) -> None:
    if not all(isinstance(cookie, Mapping) and _is_cookie(cookie) for cookie in cookies):  # a value may be a secret
        raise ValueError("this LoginState holds a damaged cookie: log in again")


def _is_cookie(cookie: Mapping[str, Any]) -> bool:
    values = [cookie.get(name) for name in COOKIE_FIELDS]
    has_types = all(type(value) in types for value, types in zip(values, COOKIE_FIELDS.values(), strict=True))
    texts = [value for value in values if isinstance(value, str)]
    return has_types and all(text.isascii() and text.isprintable() for text in texts)


def _check_tokens(_self: object, _attribute: Attribute[Any], tokens: object) -> None:
    is_valid = isinstance(tokens, dict) and all(type(text) is str for pair in tokens.items() for text in pair)
    if not is_valid:
        raise TypeError("the tokens of a LoginState are a dict of texts")


def _as_tuple(values: Iterable[Mapping[str, Any]]) -> tuple[Mapping[str, Any], ...]:
    return tuple(values)


@frozen(kw_only=True)
class LoginState:
    """A login, for another process of the same account: cookies and tokens, never the password.

    ``state.to_text()`` is a text to store, ``LoginState.parse(text)`` reads it, ``Site(login_state=...)`` continues the
    login without a request. Anyone who has the text can act as the account until the session ends: store it as safely
    as a password. ``wiki`` is the address of the wiki's api.php.
    """

    wiki: str = field(validator=validators.instance_of(str))
    account: str = field(validator=validators.instance_of(str))
    logged_in: bool = field(validator=validators.instance_of(bool))
    cookies: tuple[Mapping[str, Any], ...] = field(
        repr=False, converter=_as_tuple, validator=_check_cookies, hash=False
    )
    tokens: Mapping[str, str] = field(repr=False, validator=_check_tokens, hash=False)

    def to_text(self) -> str:
        """The state as JSON, in one line."""
        return json.dumps({"version": _STATE_VERSION, **asdict(self)}, separators=(",", ":"))

    @classmethod
    def parse(cls, text: str) -> Self:
        """The state that ``to_text()`` wrote.

        Raises:
            ValueError: the text is not one of ``to_text()``, or of another version. The message does not show it.
        """
        try:
            state = decode_json(text.encode())
            version = state.pop("version")
            if version == _STATE_VERSION:
                return cls(**state)
        except (ValueError, TypeError, AttributeError, KeyError):
            raise ValueError("this is not the text of a LoginState, or not the whole text") from None
        raise ValueError(f"this LoginState is of version {version!r}, not {_STATE_VERSION}: log in again")
