"""How a Site proves who it is: values whose repr hides the secret.

Each can be given to ``Site(auth=...)`` and ``site.login(...)``.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any, Self

from attrs import Attribute, asdict, field, frozen, validators

_STATE_VERSION = 1


def _secret(name: str) -> Callable[[object, Attribute[Any], Any], None]:
    def check(_self: object, _attribute: Attribute[Any], value: object) -> None:
        if not isinstance(value, str) or not value:  # the value is not shown
            raise ValueError(f"{name} is empty or no text: is the variable that holds it set?")

    return check


def _sendable(name: str) -> Callable[[object, Attribute[Any], Any], None]:
    def check(_self: object, _attribute: Attribute[Any], value: object) -> None:
        if isinstance(value, str):
            checked_token(name, value)
        elif not callable(value):
            raise TypeError(
                f"{name} is of type {type(value).__name__}: give a text, or an async function without arguments"
            )

    return check


def checked_token(name: str, value: object) -> str:
    """The token, if it can stand in a header. The ValueError does not show it."""
    if not isinstance(value, str) or not value:
        raise ValueError(f"{name} is empty or no text: is the variable that holds it set?")
    if not value.isascii() or not value.isprintable() or " " in value:
        raise ValueError(f"{name} has a line break, a space or a strange character in it")
    return value


@frozen(kw_only=True)
class BotPassword:
    """A bot password of the account, made on the wiki's page Special:BotPasswords.

    ``name`` is the full login name, account and application: ``"DemoBot@uploads"``. A bot password logs in without
    further steps (no second factor), carries only the grants that were ticked when it was made, and can be withdrawn
    without touching the account. See https://www.mediawiki.org/wiki/Manual:Bot_passwords.
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
    """One thing that the wiki wants to know at login.

    ``type`` is the wiki's own word for it: ``string``, ``password``, ``checkbox``, ``select``, ``button``, ``hidden``
    and so on; ``options`` are the values of a choice and what they mean.
    """

    name: str
    type: str = "string"
    label: str = ""
    help: str = ""
    optional: bool = False
    sensitive: bool = False
    options: Mapping[str, str] = field(factory=dict)
    value: str | None = field(default=None, repr=False)


@frozen(kw_only=True)
class LoginQuestion:
    """What the wiki asks in the midst of a login.

    ``status`` is ``UI`` (fill in the fields), ``REDIRECT`` (go to ``redirect``, and answer with the parameters that
    come back to ``ClientLogin.return_url``) or ``RESTART`` (another way to log in is wanted first). ``code`` and
    ``message`` are what the wiki says, in English.
    """

    status: str
    code: str = ""
    message: str = ""
    fields: tuple[LoginField, ...] = ()
    redirect: str = ""


Answerer = Callable[[LoginQuestion], Awaitable[Mapping[str, str]]]
"""An async function that answers a question with values for its fields."""


@frozen(kw_only=True)
class ClientLogin:
    """Name and password of an account itself, with whatever else the wiki asks: a second factor, for example.

    ``answer`` is an async function that is given each LoginQuestion and returns values for its fields, for example
    ``{"OATHToken": "123456"}``; without one a question is a LoginFailed. It is asked again when a lost session is
    logged in again; the site sends nothing else meanwhile, so it must not wait for an answer of that same site. For
    programs a BotPassword or OAuth is the better way: they carry fewer rights and need no second factor. See
    https://www.mediawiki.org/wiki/API:Login#Method_2._clientlogin.
    """

    username: str = field(validator=validators.instance_of(str))
    password: str = field(repr=False, validator=_secret("ClientLogin password"))
    answer: Answerer | None = field(default=None, repr=False)
    return_url: str = "https://localhost/"


@frozen(kw_only=True)
class OAuth2Token:
    """An OAuth 2 access token, sent with every request to the wiki and to nowhere else.

    ``token`` is the token, or an async function without arguments that returns one: it is called when the site opens,
    and again when the wiki refuses the token, as it does when that has expired. The site sends nothing meanwhile, so
    the function must not wait for an answer of that same site. See
    https://www.mediawiki.org/wiki/OAuth/For_Developers.
    """

    token: str | Callable[[], Awaitable[str]] = field(repr=False, validator=_sendable("OAuth2Token token"))


@frozen(kw_only=True)
class OAuth2ClientCredentials:
    """An OAuth 2 consumer of your own account: fetches its access token and renews it before it expires.

    ``client_id`` and ``client_secret`` are what Special:OAuthConsumerRegistration shows for an owner-only consumer.
    ``token_url`` is where tokens are given, where that is not the ``/oauth2/access_token`` of the wiki's own rest.php:
    ``"https://meta.wikimedia.org/w/rest.php/oauth2/access_token"`` for Wikimedia. See
    https://www.mediawiki.org/wiki/OAuth/For_Developers#OAuth_2.
    """

    client_id: str = field(validator=validators.instance_of(str))
    client_secret: str = field(repr=False, validator=_secret("OAuth2ClientCredentials client_secret"))
    token_url: str | None = None


Auth = BotPassword | ClientLogin | OAuth2Token | OAuth2ClientCredentials
"""Any of the ways to log in."""


def _as_tuple(values: Iterable[Mapping[str, Any]]) -> tuple[Mapping[str, Any], ...]:
    return tuple(values)


@frozen(kw_only=True)
class LoginState:
    """A login, for another process of the same account: cookies and tokens, never the password.

    ``state.to_text()`` is a text to store, ``LoginState.parse(text)`` reads it, ``Site(login_state=...)`` goes on with
    it, without a request. Whoever has the text can act as the account until the session ends: keep it like a password.
    """

    wiki: str = field(validator=validators.instance_of(str))
    account: str = field(validator=validators.instance_of(str))
    logged_in: bool = field(validator=validators.instance_of(bool))
    cookies: tuple[Mapping[str, Any], ...] = field(repr=False, converter=_as_tuple)
    tokens: Mapping[str, str] = field(repr=False, validator=validators.instance_of(dict))

    def to_text(self) -> str:
        """The state as JSON, in one line."""
        return json.dumps({"version": _STATE_VERSION, **asdict(self)}, separators=(",", ":"))

    @classmethod
    def parse(cls, text: str) -> Self:
        """The state of that text. Raises ValueError, which does not show it, for any other text."""
        try:
            told = json.loads(text)
            version = told.pop("version")
            if version == _STATE_VERSION:
                return cls(**told)
        except (ValueError, TypeError, AttributeError, KeyError):
            raise ValueError("this is no text of a LoginState, or not the whole of it") from None
        raise ValueError(f"this LoginState is of version {version!r}, not {_STATE_VERSION}: log in anew")
