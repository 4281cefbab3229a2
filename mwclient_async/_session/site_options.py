"""The options of a Site, and the check of their types.

See https://www.mediawiki.org/wiki/API:Main_page.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec
from typing import Any, TypedDict

from mwclient_async import _http, _session
from mwclient_async._session.observers import OnEvent, OnWarning
from mwclient_async.models.auth import Auth, LoginState, OAuth1
from mwclient_async.models.edit_defaults import EditDefaults
from mwclient_async.models.options import HttpOptions, Limits, RetryPolicy


class SiteOptions(TypedDict, total=False):
    """Everything that a Site takes beside its address and the User-Agent."""

    auth: Auth | None
    login_state: LoginState | None
    rest_url: str | None
    retry: RetryPolicy
    limits: Limits
    maxlag: int | None
    uselang: str | None
    assert_bot: bool
    http: HttpOptions
    defaults: EditDefaults
    shared_limits: _session.shared_limits.SharedLimits | None
    on_warning: OnWarning | None
    on_event: OnEvent | None
    transport: _http.transport.Transport | None
    clock: _session.clock.Clock | None


_TYPES: Mapping[str, tuple[Any, str]] = {
    "auth": (
        Auth,
        (
            "BotPassword(name=..., password=...), ClientLogin(...), OAuth2Token(...), OAuth2ClientCredentials(...) or "
            "OAuth1(...)"
        ),
    ),
    "login_state": (LoginState, "a LoginState; LoginState.parse(text) makes one of its text"),
    "retry": (RetryPolicy, "RetryPolicy(...)"),
    "limits": (Limits, "Limits(...)"),
    "http": (HttpOptions, "HttpOptions(...)"),
    "defaults": (EditDefaults, "EditDefaults(...)"),
}


_MAY_BE_NONE = frozenset({"auth", "login_state"})


def check_option_types(options: Mapping[str, Any]) -> None:
    """Check the options of a Site that are values of this package.

    Raises TypeError for another type; it does not show the value, which may be a password. Raises ValueError for a
    value that needs an extra which is not installed.
    """
    for name, value in options.items():
        kind, instead = _TYPES.get(name, (object, ""))
        if not isinstance(value, kind) and not (value is None and name in _MAY_BE_NONE):
            raise TypeError(f"{name} is of type {type(value).__name__}: give {instead}")
    if isinstance(options.get("auth"), OAuth1) and find_spec("oauthlib") is None:
        raise ValueError("auth=OAuth1(...) needs another library: pip install mwclient_async[oauth1]")
