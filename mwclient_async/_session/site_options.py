"""The options of a Site, and the check of their types.

See https://www.mediawiki.org/wiki/API:Main_page.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib.util import find_spec
from typing import Any, TypedDict

from mwclient_async import _http, _session, models
from mwclient_async._session.observers import OnWarning
from mwclient_async.models.edit_defaults import EditDefaults
from mwclient_async.models.options import HttpOptions, Limits, RetryPolicy


class SiteOptions(TypedDict, total=False):
    """Everything that a Site takes beside its address and the User-Agent."""

    auth: models.auth.Auth | None
    login_state: models.auth.LoginState | None
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
    on_event: models.events.OnEvent | None
    transport: _http.transport.Transport | None
    clock: _session.clock.Clock | None


_TYPES: Mapping[str, tuple[Callable[[], Any], str]] = {  # functions, because logins load when they are first used
    "auth": (
        lambda: models.auth.Auth,
        (
            "BotPassword(name=..., password=...), ClientLogin(...), OAuth2Token(...), OAuth2ClientCredentials(...) or "
            "OAuth1(...)"
        ),
    ),
    "login_state": (lambda: models.auth.LoginState, "a LoginState; LoginState.parse(text) makes one of its text"),
    "retry": (lambda: RetryPolicy, "RetryPolicy(...)"),
    "limits": (lambda: Limits, "Limits(...)"),
    "http": (lambda: HttpOptions, "HttpOptions(...)"),
    "defaults": (lambda: EditDefaults, "EditDefaults(...)"),
}


_MAY_BE_NONE = frozenset({"auth", "login_state"})


def check_option_types(options: Mapping[str, Any]) -> None:
    """Check the options of a Site that are values of this package.

    Raises TypeError for another type; it does not show the value, which may be a password. Raises ValueError for a
    value that needs an extra which is not installed.
    """
    for name, value in options.items():
        if name not in _TYPES or (value is None and name in _MAY_BE_NONE):
            continue
        kind, instead = _TYPES[name]
        if not isinstance(value, kind()):
            raise TypeError(f"{name} is of type {type(value).__name__}: give {instead}")
    auth = options.get("auth")
    if auth is not None and isinstance(auth, models.auth.OAuth1) and find_spec("oauthlib") is None:
        raise ValueError("auth=OAuth1(...) needs another library: pip install mwclient_async[oauth1]")
