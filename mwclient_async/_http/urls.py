"""URLs: which are valid, which share an origin, and how a title becomes a path segment of the REST API."""

from __future__ import annotations

import re
from collections.abc import Mapping
from ipaddress import ip_address
from string import ascii_letters, digits
from unicodedata import normalize
from urllib.parse import quote, unquote, urlsplit

from mwclient_async._http.params import checked_text

PAGE_PATH = re.compile(r"/page/([^/?]+)")
DOT_SEGMENTS = frozenset({".", ".."})
REDIRECTS = frozenset({301, 302, 303, 307, 308})
"""The statuses of a redirect, which a GET follows up to MAX_REDIRECTS times."""
MAX_REDIRECTS = 5
_is_unreserved = re.compile(r"[A-Za-z0-9_.~-]*").fullmatch
_UNRESERVED = (ascii_letters + digits + "-._~").encode()
_ENCODED_APART = b"% "


def form_encoded(params: Mapping[str, str]) -> str:
    """The parameters as in a query or a form, as ``urlencode`` does it; most of them have nothing to encode."""
    return "&".join([f"{_form_quoted(name)}={_form_quoted(value)}" for name, value in params.items()])


def _form_quoted(text: str) -> str:
    """The text, percent-encoded. Even a long text has few different bytes to encode, so each is replaced everywhere."""
    if _is_unreserved(text):
        return text
    raw = text.encode()
    encoded = raw.replace(b"%", b"%25")
    for byte in set(raw.translate(None, _UNRESERVED + _ENCODED_APART)):
        encoded = encoded.replace(bytes((byte,)), b"%%%02X" % byte)
    return encoded.replace(b" ", b"+").decode()


def origin(url: str) -> tuple[str, str, int | None]:
    """Scheme, host and port of a URL."""
    parts = urlsplit(url)
    port = parts.port or {"http": 80, "https": 443}.get(parts.scheme)
    return parts.scheme, (parts.hostname or "").lower(), port


def path_segment(title: str) -> str:
    """A title as one segment of a REST path. Spaces become underscores; all else is percent-encoded, slashes too.

    The title is normalized to NFC, because MediaWiki 1.39 does not normalize titles in paths.

    Raises ValueError if the title has a relative path in it (``.`` or ``..``): servers and HTTP libraries decode dots
    and would change the path.
    """
    text = normalize("NFC", title).strip().replace(" ", "_")
    if not DOT_SEGMENTS.isdisjoint(text.split("/")):
        raise ValueError(f"{title!r} is not a title: it has a relative path ('.' or '..') in it")
    return quote(text, safe="")


def title_of(url: str) -> str:
    """The title in the URL of a REST page endpoint, decoded; the URL itself if it has no title."""
    found = PAGE_PATH.search(urlsplit(url).path)
    return unquote(found[1]).replace("_", " ") if found else url


def checked_url(name: str, url: str) -> str:
    """The URL, if it is an absolute http(s) URL without query, fragment and credentials. Raises ValueError if not.

    Raises TypeError if it is not a text.
    """
    if "@" in checked_text(name, url):  # the URL is not shown, because it may hold a password
        raise ValueError(f"{name} has credentials in it: leave them out, and give the Site its auth")
    hint = "write the whole address, as in 'https://en.wikipedia.org/w/api.php'"
    try:
        parts = urlsplit(url)
        is_valid = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
        (parts.hostname or "").encode("idna")
    except ValueError as error:
        raise ValueError(f"{name}={url!r}: {error}; {hint}") from error
    if not is_valid or any(char.isspace() or not char.isprintable() for char in url):
        raise ValueError(f"{name}={url!r}: {hint}")
    if "?" in url or "#" in url:
        raise ValueError(f"{name}={url!r} has a query or a fragment in it: leave them out")
    return url.rstrip("/")


def is_safe_for_credentials(url: str) -> bool:
    """Whether a password may be sent to this URL: it is https, or the host is this machine."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    try:
        is_loopback = ip_address(host).is_loopback
    except ValueError:
        is_loopback = host == "localhost" or host.endswith(".localhost")
    return parts.scheme == "https" or is_loopback


def check_safe_for_credentials(url: str, *, plain_http: bool) -> None:
    """Raise ValueError if credentials for this URL could be read on the network. ``plain_http`` allows it by name."""
    if not plain_http and not is_safe_for_credentials(url):
        raise ValueError(
            f"{url!r} is plain http: anyone on the network could read or redirect the credentials. Use https, or allow "
            "it with http=HttpOptions(plain_http=True)"
        )


def rest_url_beside(api_url: str) -> str:
    """The URL of ``rest.php``, which nearly every wiki has beside ``api.php``.

    Raises ValueError if ``api_url`` does not end in ``/api.php``.
    """
    base, slash, last = api_url.rpartition("/")
    if last != "api.php":
        raise ValueError(
            f"api_url={api_url!r} does not end in /api.php: is it the address of a page? "
            "The wiki's page Special:Version names its api.php"
        )
    return f"{base}{slash}rest.php"
