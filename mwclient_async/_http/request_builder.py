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
from urllib.parse import unquote, urlencode, urlsplit

from attrs import field, frozen

from mwclient_async._http.messages import ApiRequest, HttpRequest, MultipartBody, ReadAt
from mwclient_async._http.urls import DOT_SEGMENTS, PAGE_PATH, origin
from mwclient_async.models.options import Limits

_FORM = {"format": "json", "formatversion": "2", "errorformat": "plaintext", "errorlang": "en"}
_SECRET = frozenset(f"{lead}{name}" for lead in ("", "g") for name in ("wltoken", "wrtoken"))  # of a watchlist
_IN_URL = frozenset({"action", *_FORM, "maxlag", "assert", "assertuser"})
_ROUTES = re.compile(r"/v1(?=/)")


@frozen(kw_only=True)
class RequestCredentials:
    """What a request shows of who we are: ``headers`` with a token or cookies, ``asserting`` what must be true."""

    headers: Mapping[str, str] = field(factory=dict, repr=False)
    assertions: Mapping[str, str] = field(factory=dict)
    token: str | None = field(default=None, repr=False)


NO_CREDENTIALS = RequestCredentials()


@frozen(kw_only=True)
class RequestBuilder:
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

    def is_own_origin(self, url: str) -> bool:
        """Whether an address is on the wiki's own server, so that it may be shown who we are."""
        return origin(url) in {origin(self.api_url), origin(self.rest_url)}

    def build(
        self,
        request: ApiRequest,
        credentials: RequestCredentials = NO_CREDENTIALS,
        *,
        boundary: str = "",
        read: ReadAt | None = None,
    ) -> HttpRequest:
        """The Request for a call."""
        basic = {"user-agent": self.user_agent, "accept": "*/*" if request.documents else "application/json"}
        if request.address:
            return _form(request.address, request.params, basic, patient=True)
        headers = {name.lower(): value for name, value in self.headers} | basic | dict(credentials.headers)
        if request.path:
            return self._rest(request, credentials, headers)
        return self._action(request, credentials, headers, boundary=boundary, read=read)

    def _rest(self, call: ApiRequest, dress: RequestCredentials, headers: dict[str, str]) -> HttpRequest:
        url, headers = self._address(call.path), headers | dict(call.headers)
        if call.json is not None:
            body = {**call.json} if dress.token is None else {**call.json, "token": dress.token}
            headers["content-type"] = "application/json"
            encoded = json.dumps(body, ensure_ascii=False).encode()
            return HttpRequest(method=call.method, url=url, headers=headers, body=encoded, waits_for_commit=call.write)
        if call.post:
            return _form(url, call.params, headers, patient=True)
        return HttpRequest(method="GET", url=url + _query(call.params), headers=headers)

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
        if not found or not url.startswith(f"{ours}/") or not DOT_SEGMENTS.isdisjoint(unquote(path).split("/")):
            return None
        asked, title = PAGE_PATH.match(url, len(ours)), PAGE_PATH.search(f"/{path}")
        if "{" in unquote(path) and asked and title:  # no title has that in it
            target = url[: asked.start(1)] + title[1] + url[asked.end(1) :]
        else:
            target = f"{ours}/" + path.removeprefix(self.project.lstrip("/")).lstrip("/")
            target += f"?{parts.query}" if parts.query else ""
        return target if target != url else None

    def _action(
        self,
        call: ApiRequest,
        dress: RequestCredentials,
        headers: dict[str, str],
        *,
        boundary: str,
        read: ReadAt | None,
    ) -> HttpRequest:
        params = {**call.params, **_FORM}
        if not call.login:
            usual = {"maxlag": self.maxlag, "uselang": self.uselang}
            params = {
                **{name: str(value) for name, value in usual.items() if value is not None},
                **dress.assertions,
                **params,
            }
        url = self.api_url + _query(params)
        plain = not call.post and dress.token is None and call.part is None and _SECRET.isdisjoint(params)
        if plain and len(url) <= self.limits.url_length:
            return HttpRequest(method="GET", url=url, headers=headers)
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
        return HttpRequest(method="POST", url=url, headers=headers, body=body, waits_for_commit=True)


def _form(url: str, fields: Mapping[str, str], headers: Mapping[str, str], *, patient: bool) -> HttpRequest:
    kind = {"content-type": "application/x-www-form-urlencoded"}
    body = urlencode(fields).encode("ascii")
    return HttpRequest(method="POST", url=url, headers={**headers, **kind}, body=body, waits_for_commit=patient)


def _query(params: Mapping[str, str]) -> str:
    return f"?{urlencode(params)}" if params else ""


def _multipart(fields: Iterable[tuple[str, str]], call: ApiRequest, boundary: str, read: ReadAt) -> MultipartBody:
    assert call.part is not None
    *before, last = list(fields)
    head = "".join(_field(boundary, name, value) for name, value in before)
    # The wiki takes a file part only with a file name; the name itself means nothing.
    head += (
        f'--{boundary}\r\nContent-Disposition: form-data; name="{call.part.name}"; filename="chunk.bin"\r\n'
        "Content-Type: application/octet-stream\r\n\r\n"
    )
    tail = "\r\n" + _field(boundary, *last) + f"--{boundary}--\r\n"
    return MultipartBody(head=head.encode(), part=call.part, tail=tail.encode(), read=read)


def _field(boundary: str, name: str, value: str) -> str:
    return f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
