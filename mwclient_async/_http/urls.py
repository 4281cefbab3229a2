"""Addresses: which are valid, which share an origin, and a title as a path segment of the REST API."""

from __future__ import annotations

import re
from ipaddress import ip_address
from unicodedata import normalize
from urllib.parse import quote, unquote, urlsplit

PAGE_PATH = re.compile(r"/page/([^/?]+)")
DOT_SEGMENTS = frozenset({".", ".."})


def origin(url: str) -> tuple[str, str, int | None]:
    """Scheme, host and port of an address."""
    parts = urlsplit(url)
    port = parts.port or {"http": 80, "https": 443}.get(parts.scheme)
    return parts.scheme, (parts.hostname or "").lower(), port


def path_segment(title: str) -> str:
    """A title as one segment of a REST path: underscores for spaces, and everything else encoded, slashes too.

    It is in the form NFC, which MediaWiki 1.39 does not give it there.

    Raises ValueError for dots that would lead to another path: servers and HTTP libraries undo what encodes them.
    """
    text = normalize("NFC", title).strip().replace(" ", "_")
    if not DOT_SEGMENTS.isdisjoint(text.split("/")):
        raise ValueError(f"{title!r} is no title: it has a relative path ('.' or '..') in it")
    return quote(text, safe="")


def title_of(address: str) -> str:
    """The title in the address of a page of the REST API, as it is read; the address itself where there is none."""
    named = PAGE_PATH.search(urlsplit(address).path)
    return unquote(named[1]).replace("_", " ") if named else address


def checked_url(name: str, url: str) -> str:
    """An absolute http(s) URL without query, fragment and credentials; ValueError otherwise."""
    if "@" in url:  # not shown: it may hold a password
        raise ValueError(f"{name} has credentials in it: leave them out, and give the Site its auth")
    hint = "write the whole address, as in 'https://en.wikipedia.org/w/api.php'"
    try:
        parts = urlsplit(url)
        fine = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
        (parts.hostname or "").encode("idna")
    except ValueError as error:
        raise ValueError(f"{name}={url!r}: {error}; {hint}") from error
    if not fine or any(char.isspace() or not char.isprintable() for char in url):
        raise ValueError(f"{name}={url!r}: {hint}")
    if "?" in url or "#" in url:
        raise ValueError(f"{name}={url!r} has a query or a fragment in it: leave them out")
    return url.rstrip("/")


def is_safe_for_credentials(url: str) -> bool:
    """Whether a password may be sent there: over https, or to this machine."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    try:
        here = ip_address(host).is_loopback
    except ValueError:
        here = host == "localhost" or host.endswith(".localhost")
    return parts.scheme == "https" or here


def rest_url_beside(api_url: str) -> str:
    """``rest.php`` where it stands on nearly every wiki: beside ``api.php``."""
    base, slash, last = api_url.rpartition("/")
    if last != "api.php":
        raise ValueError(
            f"api_url={api_url!r} does not end in /api.php: is it the address of a page? Special:Version names it"
        )
    return f"{base}{slash}rest.php"
