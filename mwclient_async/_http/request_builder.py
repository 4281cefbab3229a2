"""An ApiRequest -> the HttpRequest that carries it.

This file decides what every request of a site has in common: GET or POST, what goes into the URL, and the place of the
token.

The parameters that decide the *format* of the response (action, format, formatversion, errorformat) are in the URL even
of a POST: if PHP discards a body because it is too large, the wiki still sends its error as JSON. The token is the last
field of the body, so that a body that was cut has no valid token. See https://www.mediawiki.org/wiki/API:Main_page and
https://foundation.wikimedia.org/wiki/Policy:User-Agent_policy.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from urllib.parse import unquote, urlsplit

from attrs import field, frozen

from mwclient_async import _http
from mwclient_async._http.messages import ApiRequest, FilePart, HttpRequest, MultipartBody, ReadAt
from mwclient_async._http.urls import DOT_SEGMENTS, PAGE_PATH, form_encoded, origin
from mwclient_async.models.options import Limits

_RESPONSE_FORMAT = {"format": "json", "formatversion": "2", "errorformat": "plaintext", "errorlang": "en"}
_SECRET_PARAMS = frozenset(f"{lead}{name}" for lead in ("", "g") for name in ("wltoken", "wrtoken"))  # of a watchlist
_URL_PARAMS = frozenset({"action", *_RESPONSE_FORMAT, "maxlag", "assert", "assertuser"})
_VERSION_SEGMENT = re.compile(r"/v1(?=/)")


@frozen(kw_only=True)
class RequestCredentials:
    """What a request proves about the account.

    - ``headers``: headers with cookies or a token of OAuth.
    - ``assertions``: the parameters ``assert`` and ``assertuser``: what must be true about the session.
    - ``token``: the token of the wiki that protects a write.
    """

    headers: Mapping[str, str] = field(factory=dict, repr=False)
    assertions: Mapping[str, str] = field(factory=dict)
    token: str | None = field(default=None, repr=False)


NO_CREDENTIALS = RequestCredentials()


@frozen(kw_only=True)
class RequestBuilder:
    """Builds the HTTP requests of one site.

    - ``api_url``, ``rest_url``: the URLs of api.php and rest.php.
    - ``user_agent``: the whole User-Agent header.
    - ``maxlag``: the maxlag parameter in seconds, or None to send none.
    - ``limits``: the limits of the site; ``url_length`` decides between GET and POST.
    - ``headers``: the headers of HttpOptions, which may contain a credential.
    - ``project``: if one REST API serves many wikis, the path between ``/v1`` and the path of an endpoint.
    - ``uselang``: the language of messages.
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
        """The headers that every request has, whatever its server."""
        return {"user-agent": self.user_agent}

    @property
    def has_session_cookie(self) -> bool:
        """Whether the headers of HttpOptions have a cookie that identifies a session."""
        return any(name.lower() == "cookie" and _http.cookies.names_session(text) for name, text in self.headers)

    def is_own_origin(self, url: str) -> bool:
        """Whether a URL is on the wiki's own server, so that credentials may be sent to it."""
        return origin(url) in {origin(self.api_url), origin(self.rest_url)}

    def build(
        self,
        request: ApiRequest,
        credentials: RequestCredentials = NO_CREDENTIALS,
        *,
        boundary: str = "",
        read: ReadAt | None = None,
    ) -> HttpRequest:
        """Build the HttpRequest for an ApiRequest.

        ``boundary`` separates the fields of a multipart body, and ``read`` reads the file: both are for uploads only.
        """
        basic_headers = {"user-agent": self.user_agent, "accept": "*/*" if request.documents else "application/json"}
        if request.address:
            return _form_request(request.address, request.params, basic_headers, waits_for_commit=True)
        headers = {name.lower(): value for name, value in self.headers} | basic_headers | dict(credentials.headers)
        if request.path:
            return self._rest_request(request, credentials, headers)
        return self._action_request(request, credentials, headers, boundary=boundary, read=read)

    def _rest_request(
        self, request: ApiRequest, credentials: RequestCredentials, headers: dict[str, str]
    ) -> HttpRequest:
        url, headers = self._endpoint_url(request.path), headers | dict(request.headers)
        if request.json is not None:
            body = {**request.json} if credentials.token is None else {**request.json, "token": credentials.token}
            headers["content-type"] = "application/json"
            return HttpRequest(
                method=request.method,
                url=url,
                headers=headers,
                body=json.dumps(body, ensure_ascii=False).encode(),
                waits_for_commit=request.write,
            )
        if request.post:
            return _form_request(url, request.params, headers, waits_for_commit=True)
        return HttpRequest(method="GET", url=url + _query_string(request.params), headers=headers)

    def _endpoint_url(self, path: str) -> str:
        if self.project:
            path = _VERSION_SEGMENT.sub(f"/v1{self.project}", path, count=1)
        return self.rest_url + path

    def redirected(self, url: str, location: str) -> str | None:
        """The URL, at *our* address of the REST API, to which a Location header redirects. None if it is unusable.

        Newer wikis redirect to the normalized title, and from a redirect page to its target. They write the address
        that they have configured for themselves, but a proxy may have another one. So only the part after ``/v1`` is
        used. MediaWiki 1.43 leaves a variable in some paths (``/history/counts/{type}``): then only the title is used.
        """
        try:
            parts = urlsplit(location)
        except ValueError:  # not a URL
            return None
        _, found, path = parts.path.rpartition("/v1/")
        base = f"{self.rest_url}/v1{self.project}"
        if not found or not url.startswith(f"{base}/") or not DOT_SEGMENTS.isdisjoint(unquote(path).split("/")):
            return None
        requested, title = PAGE_PATH.match(url, len(base)), PAGE_PATH.search(f"/{path}")
        if "{" in unquote(path) and requested and title:  # no title contains a brace
            target = url[: requested.start(1)] + title[1] + url[requested.end(1) :]
        else:
            target = f"{base}/" + path.removeprefix(self.project.lstrip("/")).lstrip("/")
            target += f"?{parts.query}" if parts.query else ""
        return target if target != url else None

    def _action_request(
        self,
        request: ApiRequest,
        credentials: RequestCredentials,
        headers: dict[str, str],
        *,
        boundary: str,
        read: ReadAt | None,
    ) -> HttpRequest:
        params = self._action_params(request, credentials)
        if _may_be_get(request, credentials, params):
            url = self.api_url + _query_string(params)
            if len(url) <= self.limits.url_length:
                return HttpRequest(method="GET", url=url, headers=headers)
        if not request.post:
            headers["promise-non-write-api-action"] = "true"  # the nearest data centre may handle a read
        url = self.api_url + _query_string({name: value for name, value in params.items() if name in _URL_PARAMS})
        fields = {name: value for name, value in params.items() if name not in _URL_PARAMS}
        if credentials.token is not None:
            fields |= dict.fromkeys(request.token_names, credentials.token)
        if request.part is None:
            return _form_request(url, fields, headers, waits_for_commit=request.write)
        assert read is not None, "a request with a file part needs a function that reads the file"
        headers["content-type"] = f"multipart/form-data; boundary={boundary}"
        body = _multipart_body(fields.items(), request.part, boundary, read)
        return HttpRequest(method="POST", url=url, headers=headers, body=body, waits_for_commit=True)

    def _action_params(self, request: ApiRequest, credentials: RequestCredentials) -> dict[str, str]:
        """The parameters of the request, with those that the library adds. A login has no maxlag and no assertions."""
        params = {**request.params, **_RESPONSE_FORMAT}
        if request.asks_account:
            params |= {"meta": "|".join(filter(None, [params.get("meta"), "userinfo"])), "uiprop": "rights"}
        if request.login:
            return params
        of_site = {"maxlag": self.maxlag, "uselang": self.uselang}
        defaults = {name: str(value) for name, value in of_site.items() if value is not None}
        return {**defaults, **credentials.assertions, **params}


def _may_be_get(request: ApiRequest, credentials: RequestCredentials, params: Mapping[str, str]) -> bool:
    """Whether nothing demands a POST: neither the module, nor a file, nor a secret that must not be in a URL."""
    has_secret = credentials.token is not None or not _SECRET_PARAMS.isdisjoint(params)
    return not request.post and not has_secret and request.part is None


def _form_request(
    url: str, fields: Mapping[str, str], headers: Mapping[str, str], *, waits_for_commit: bool
) -> HttpRequest:
    return HttpRequest(
        method="POST",
        url=url,
        headers={**headers, "content-type": "application/x-www-form-urlencoded"},
        body=form_encoded(fields).encode("ascii"),
        waits_for_commit=waits_for_commit,
    )


def _query_string(params: Mapping[str, str]) -> str:
    return f"?{form_encoded(params)}" if params else ""


def _multipart_body(fields: Iterable[tuple[str, str]], part: FilePart, boundary: str, read: ReadAt) -> MultipartBody:
    """A body with all fields, the last one (the token) after the file."""
    *before, last = list(fields)
    head = "".join(_multipart_field(boundary, name, value) for name, value in before)
    # The wiki accepts a file part only with a file name; the name itself has no meaning.
    head += (
        f'--{boundary}\r\nContent-Disposition: form-data; name="{part.name}"; filename="chunk.bin"\r\n'
        "Content-Type: application/octet-stream\r\n\r\n"
    )
    tail = "\r\n" + _multipart_field(boundary, *last) + f"--{boundary}--\r\n"
    return MultipartBody(head=head.encode(), part=part, tail=tail.encode(), read=read)


def _multipart_field(boundary: str, name: str, value: str) -> str:
    return f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
