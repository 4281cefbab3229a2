"""The cookies of one site, kept by the standard library's rules for domains, paths and expiry."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from email.message import Message
from http.cookiejar import Cookie, CookieJar
from typing import Any
from urllib.request import Request

_OF_A_SESSION = re.compile(r"(session|userid|username|token|_user|loggedout)$", re.IGNORECASE)
_KEPT = ("version", "name", "value", "port", "domain", "path", "secure", "expires", "discard")


class _Answer:
    """As much of a response as the cookie jar looks at."""

    def __init__(self, headers: Iterable[tuple[str, str]]) -> None:
        self._message = Message()
        for name, value in headers:
            self._message[name] = value

    def info(self) -> Message:
        return self._message


class Cookies:
    """Takes in ``Set-Cookie`` headers and gives the ``Cookie`` header for an address."""

    def __init__(self) -> None:
        self._jar = CookieJar()

    def store(self, url: str, headers: Iterable[tuple[str, str]]) -> None:
        """Take in what a response from that address sets. The marks that every edit leaves are dropped.

        One that is not ASCII could not be sent back. A wiki sets one ``PostEditRevision...`` cookie per edit; a bot
        that kept them would soon send a header that proxies refuse.
        """
        setting = [
            (name, value)
            for name, value in headers
            if name == "set-cookie" and "PostEditRevision" not in value and value.isascii()
        ]
        if setting:
            self._jar.extract_cookies(_Answer(setting), Request(url))  # type: ignore[arg-type]  # duck-typed by the jar

    def header(self, url: str) -> str | None:
        """The ``Cookie`` header for a request to that address, or None."""
        request = Request(url)
        self._jar.add_cookie_header(request)
        return request.get_header("Cookie")

    def drop_session(self) -> None:
        """Forget those that say who we are; what the wiki's servers keep for themselves stays."""
        for cookie in list(self._jar):
            if _OF_A_SESSION.search(cookie.name):
                self._jar.clear(cookie.domain, cookie.path, cookie.name)

    def to_values(self) -> list[dict[str, Any]]:
        """All of them, as plain values."""
        return [{name: getattr(cookie, name) for name in _KEPT} for cookie in self._jar]

    def restore(self, values: Iterable[Mapping[str, Any]]) -> None:
        """Have those that :meth:`to_values` gave, and no others. Raises ValueError for what it did not give."""
        self._jar.clear()
        try:
            for value in values:
                self._jar.set_cookie(_cookie(value))
        except (KeyError, TypeError):  # not shown: it may be a secret
            raise ValueError("this LoginState has a cookie that is none") from None


def _cookie(value: Mapping[str, Any]) -> Cookie:
    domain, path = str(value["domain"]), str(value["path"])
    return Cookie(
        **{name: value[name] for name in _KEPT},
        port_specified=value["port"] is not None,
        domain_specified=domain.startswith("."),
        domain_initial_dot=domain.startswith("."),
        path_specified=path != "/",
        comment=None,
        comment_url=None,
        rest={},
    )
