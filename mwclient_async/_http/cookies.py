"""The cookies of one site.

The cookie jar of the standard library applies the rules for domains, paths and expiry.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from email.message import Message
from http.cookiejar import Cookie, CookieJar
from typing import Any
from urllib.request import Request

from mwclient_async import models
from mwclient_async._http.secret_text import SecretText

_LARGEST = 4096  # characters, attributes included: https://www.rfc-editor.org/rfc/rfc6265#section-6.1
_SESSION_COOKIE = re.compile(r"(session|userid|username|token|_user|loggedout)$", re.IGNORECASE)
_ACCOUNT_COOKIE = re.compile(r"(username|_user)$", re.IGNORECASE)


class _JarResponse:
    """The part of a response that the cookie jar reads."""

    def __init__(self, name: str, value: str) -> None:
        self._message = Message()
        self._message[name] = value

    def info(self) -> Message:
        return self._message


class Cookies:
    """Stores the cookies of ``Set-Cookie`` headers and writes the ``Cookie`` header for a URL."""

    def __init__(self) -> None:
        self._jar = CookieJar()
        self._latest: tuple[str, SecretText | None] | None = None  # the header for the latest URL, until they change

    def copy(self) -> Cookies:
        """The same cookies, which change apart from these."""
        copied = Cookies()
        for cookie in self._jar:
            copied._jar.set_cookie(cookie)
        return copied

    def store(self, url: str, headers: Iterable[tuple[str, str]]) -> None:
        """Store the cookies that a response from this URL sets.

        These are dropped: a cookie with a character that cannot be sent back, one that is larger than browsers accept,
        and one that the jar cannot parse. A wiki also sets one ``PostEditRevision...`` cookie per edit, and a bot that
        kept them would soon send a header that proxies refuse.
        """
        for name, value in headers:
            if name != "set-cookie" or "PostEditRevision" in value or not _can_be_sent_back(value):
                continue
            with suppress(Exception):  # one by one, because the jar loses the others beside one that it cannot parse
                self._jar.extract_cookies(_JarResponse(name, value), Request(url))  # type: ignore[arg-type]  # duck-typed
            self._latest = None

    def header_for(self, url: str) -> SecretText | None:
        """The ``Cookie`` header for a request to this URL, or None."""
        address = url.partition("?")[0]  # the rules know no query
        if self._latest is None or self._latest[0] != address or any(cookie.is_expired() for cookie in self._jar):
            request = Request(address)
            self._jar.add_cookie_header(request)
            header = request.get_header("Cookie")
            self._latest = address, None if header is None else SecretText(header)
        return self._latest[1]

    @property
    def name_account(self) -> bool:
        """Whether a cookie names an account, which may be a temporary one."""
        return any(_ACCOUNT_COOKIE.search(cookie.name) for cookie in self._jar)

    def discard_session(self) -> None:
        """Discard the cookies that identify the account. Cookies of load balancers and the like stay."""
        self._latest = None
        for cookie in list(self._jar):
            if _SESSION_COOKIE.search(cookie.name):
                self._jar.clear(cookie.domain, cookie.path, cookie.name)

    def to_values(self) -> list[dict[str, Any]]:
        """All cookies, as plain values."""
        return [{name: getattr(cookie, name) for name in models.auth.COOKIE_FIELDS} for cookie in self._jar]

    def restore(self, values: Iterable[Mapping[str, Any]]) -> None:
        """Replace all cookies by those that :meth:`to_values` returned."""
        self._latest = None
        self._jar.clear()
        for value in values:
            self._jar.set_cookie(_cookie(value))


def _can_be_sent_back(value: str) -> bool:
    return value.isascii() and value.isprintable() and len(value) <= _LARGEST


def _cookie(value: Mapping[str, Any]) -> Cookie:
    domain, path = value["domain"], value["path"]
    return Cookie(
        **{name: value[name] for name in models.auth.COOKIE_FIELDS},
        port_specified=value["port"] is not None,
        domain_specified=domain.startswith("."),
        domain_initial_dot=domain.startswith("."),
        path_specified=path != "/",
        comment=None,
        comment_url=None,
        rest={},
    )


def names_session(header: str) -> bool:
    """Whether a Cookie header has a cookie that identifies a session or an account."""
    return any(_SESSION_COOKIE.search(pair.partition("=")[0].strip()) for pair in header.split(";"))
