"""A Call -> the Request that carries it: what every request of a site has, GET or POST, where the token goes.

Whatever decides the *form* of the answer (action, format, formatversion, errorformat) stands in the URL even of a POST:
when PHP throws a body away as too large, the wiki still answers with a JSON error. The token is the last field of its
body, so that a body that was cut has no valid token. See https://www.mediawiki.org/wiki/API:Main_page and
https://foundation.wikimedia.org/wiki/Policy:User-Agent_policy.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from importlib import metadata
from ipaddress import ip_address
from unicodedata import normalize
from urllib.parse import quote, unquote, urlencode, urlsplit

from attrs import field, frozen

from mwclient_async._http.messages import Call, Multipart, ReadAt, Request
from mwclient_async.models.options import Limits

_FORM = {"format": "json", "formatversion": "2", "errorformat": "plaintext", "errorlang": "en"}
_SECRET = frozenset(f"{lead}{name}" for lead in ("", "g") for name in ("wltoken", "wrtoken"))  # of a watchlist
_IN_URL = frozenset({"action", *_FORM, "maxlag", "assert", "assertuser"})
_PAGE_PATH = re.compile(r"/page/([^/?]+)")
_ROUTES = re.compile(r"/v1(?=/)")
_DOTS = frozenset({".", ".."})
_CONTACT = re.compile(r"https?://\S|[^@\s]+@[^@\s]+\.\w|\b[Uu]ser:\S")


@frozen(kw_only=True)
class Dress:
    """What a request shows of who we are: ``headers`` with a token or cookies, ``asserting`` what must be true."""

    headers: Mapping[str, str] = field(factory=dict, repr=False)
    asserting: Mapping[str, str] = field(factory=dict)
    token: str | None = field(default=None, repr=False)


NOBODY = Dress()


@frozen(kw_only=True)
class Envelope:
    """What one site puts around every call.

    ``headers`` are those of HttpOptions, which may hold a credential. ``project`` is what stands between ``/v1`` and an
    endpoint's own path, where one REST API serves many wikis.
    """

    api_url: str
    rest_url: str
    user_agent: str
    maxlag: int | None
    limits: Limits
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    project: str = ""
    uselang: str | None = None

    @property
    def plain_headers(self) -> Mapping[str, str]:
        """What every request says, to whomever it goes."""
        return {"user-agent": self.user_agent}

    def is_ours(self, url: str) -> bool:
        """Whether an address is on the wiki's own server, so that it may be shown who we are."""
        return origin(url) in {origin(self.api_url), origin(self.rest_url)}

    def seal(self, call: Call, dress: Dress = NOBODY, *, boundary: str = "", read: ReadAt | None = None) -> Request:
        """The Request for a call."""
        basic = {"user-agent": self.user_agent, "accept": "*/*" if call.documents else "application/json"}
        if call.address:
            return _form(call.address, call.params, basic, patient=True)
        headers = {name.lower(): value for name, value in self.headers} | basic | dict(dress.headers)
        if call.path:
            return self._rest(call, dress, headers)
        return self._action(call, dress, headers, boundary=boundary, read=read)

    def _rest(self, call: Call, dress: Dress, headers: dict[str, str]) -> Request:
        url, headers = self._address(call.path), headers | dict(call.headers)
        if call.json is not None:
            body = {**call.json} if dress.token is None else {**call.json, "token": dress.token}
            headers["content-type"] = "application/json"
            encoded = json.dumps(body, ensure_ascii=False).encode()
            return Request(method=call.method, url=url, headers=headers, body=encoded, patient=call.write)
        if call.post:
            return _form(url, call.params, headers, patient=True)
        return Request(method="GET", url=url + _query(call.params), headers=headers)

    def _address(self, path: str) -> str:
        return self.rest_url + (_ROUTES.sub(f"/v1{self.project}", path, count=1) if self.project else path)

    def redirected(self, url: str, location: str) -> str | None:
        """Where a request of the REST API goes on: what a Location names, at *our* address; None for nothing.

        Newer wikis redirect to the normal form of a title, and from a redirect to its target, with the address that
        they know themselves by, which a proxy may have changed. Only the part after ``/v1`` is followed; and only the
        title, where MediaWiki 1.43 left a variable of the path as it is (``/history/counts/{type}``).
        """
        try:
            parts = urlsplit(location)
        except ValueError:  # no address at all
            return None
        _, found, path = parts.path.rpartition("/v1/")
        ours = f"{self.rest_url}/v1{self.project}"
        if not found or not url.startswith(f"{ours}/") or not _DOTS.isdisjoint(unquote(path).split("/")):
            return None
        asked, title = _PAGE_PATH.match(url, len(ours)), _PAGE_PATH.search(f"/{path}")
        if "{" in unquote(path) and asked and title:  # no title has that in it
            target = url[: asked.start(1)] + title[1] + url[asked.end(1) :]
        else:
            target = f"{ours}/" + path.removeprefix(self.project.lstrip("/")).lstrip("/")
            target += f"?{parts.query}" if parts.query else ""
        return target if target != url else None

    def _action(
        self, call: Call, dress: Dress, headers: dict[str, str], *, boundary: str, read: ReadAt | None
    ) -> Request:
        params = {**call.params, **_FORM}
        if not call.login:
            usual = {"maxlag": self.maxlag, "uselang": self.uselang}
            params = {
                **{name: str(value) for name, value in usual.items() if value is not None},
                **dress.asserting,
                **params,
            }
        url = self.api_url + _query(params)
        plain = not call.post and dress.token is None and call.part is None and _SECRET.isdisjoint(params)
        if plain and len(url) <= self.limits.url_length:
            return Request(method="GET", url=url, headers=headers)
        if not call.post:
            headers["promise-non-write-api-action"] = "true"  # a read may be answered by the nearest data centre
        url = self.api_url + _query({name: value for name, value in params.items() if name in _IN_URL})
        fields = {name: value for name, value in params.items() if name not in _IN_URL}
        if dress.token is not None:
            fields[call.token_name] = dress.token
        if call.part is None:
            return _form(url, fields, headers, patient=call.write)
        assert read is not None, "a part needs a source to be read from"
        headers["content-type"] = f"multipart/form-data; boundary={boundary}"
        body = _multipart(fields.items(), call, boundary, read)
        return Request(method="POST", url=url, headers=headers, body=body, patient=True)


def _form(url: str, fields: Mapping[str, str], headers: Mapping[str, str], *, patient: bool) -> Request:
    kind = {"content-type": "application/x-www-form-urlencoded"}
    body = urlencode(fields).encode("ascii")
    return Request(method="POST", url=url, headers={**headers, **kind}, body=body, patient=patient)


def _query(params: Mapping[str, str]) -> str:
    return f"?{urlencode(params)}" if params else ""


def _multipart(fields: Iterable[tuple[str, str]], call: Call, boundary: str, read: ReadAt) -> Multipart:
    assert call.part is not None
    *before, last = list(fields)
    head = "".join(_field(boundary, name, value) for name, value in before)
    # The wiki takes a file part only with a file name; the name itself means nothing.
    head += (
        f'--{boundary}\r\nContent-Disposition: form-data; name="{call.part.name}"; filename="chunk.bin"\r\n'
        "Content-Type: application/octet-stream\r\n\r\n"
    )
    tail = "\r\n" + _field(boundary, *last) + f"--{boundary}--\r\n"
    return Multipart(head=head.encode(), part=call.part, tail=tail.encode(), read=read)


def _field(boundary: str, name: str, value: str) -> str:
    return f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'


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
    if not _DOTS.isdisjoint(text.split("/")):
        raise ValueError(f"{title!r} is no title: it has a relative path ('.' or '..') in it")
    return quote(text, safe="")


def title_of(address: str) -> str:
    """The title in the address of a page of the REST API, as it is read; the address itself where there is none."""
    named = _PAGE_PATH.search(urlsplit(address).path)
    return unquote(named[1]).replace("_", " ") if named else address


def full_user_agent(user_agent: str) -> str:
    """The User-Agent header: the caller's own, and this library's name after it.

    Raises ValueError when it does not say who runs the program and how to reach them, or holds a control character.
    """
    text = user_agent.strip()
    if any(ord(char) < 32 or ord(char) == 127 for char in text) or not text.isascii():  # noqa: PLR2004 - ASCII
        raise ValueError(f"user_agent={user_agent!r}: a header holds printable ASCII only")
    if not _CONTACT.search(text):
        raise ValueError(
            f"user_agent={user_agent!r} does not say how to reach you. Wikimedia's User-Agent policy "
            "(https://foundation.wikimedia.org/wiki/Policy:User-Agent_policy) wants the program's name and a "
            "contact, and refuses or throttles requests without one: for example "
            "'DemoBot/1.0 (https://example.org/demobot; demobot@example.org)'"
        )
    return f"{text} mwclient_async/{_version()}"


def _version() -> str:
    try:
        return metadata.version("mwclient_async")
    except metadata.PackageNotFoundError:  # a checkout that was never installed
        return "0"


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
