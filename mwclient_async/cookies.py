"""The cookies of one site, kept by the standard library's rules for domains, paths and expiry."""

from __future__ import annotations

from collections.abc import Iterable
from email.message import Message
from http.cookiejar import CookieJar
from urllib.request import Request


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

    def clear(self) -> None:
        """Forget all of them."""
        self._jar.clear()
