"""The rules of discovery: how a wiki's api.php and rest.php are found from the address of any of its pages.

This module decides; ``discover.py`` sends the requests.

Every page of a MediaWiki names the api.php in its head, ``<link rel="EditURI" href="//host/w/api.php?action=rsd">``
(https://www.mediawiki.org/wiki/API:Main_page). If a page does not, the usual paths on its host are tried. An address is
accepted as the api.php if it answers ``meta=siteinfo`` as MediaWiki does. Its response also says where rest.php should
be.

*Which addresses are trusted?* No credentials are sent during the search, so redirects may lead to any host. They must
not lead from https to plain http, where anyone on the network could change what follows. If credentials will be sent to
the wiki afterwards, every address must be on a trusted host: the host of the given page (with or without ``www.``), a
host below it, or the host that such a page names in its head. A redirect to another host does not make that host
trusted, because any wiki redirects a link such as ``/wiki/google:Earth``. For the same reason credentials are not sent
to a rest.php on another host.

The search is a generator. It yields HttpRequests and is sent HttpResponses; TransportErrors are thrown into it.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from contextlib import suppress
from html.parser import HTMLParser
from typing import Any
from urllib.parse import SplitResult, quote, urlencode, urljoin, urlsplit

from attrs import frozen

from mwclient_async._http.messages import HttpRequest, HttpResponse
from mwclient_async._http.responses import parse_response
from mwclient_async._http.urls import MAX_REDIRECTS, REDIRECTS, check_safe_for_credentials, rest_url_beside
from mwclient_async.errors import ApiError, MediaWikiError, ProtocolError, TransportError

_API = "/api.php"
_MAX_HEAD_BYTES = 512 * 1024  # the part of a page that is parsed
_HEAD_TAGS = frozenset({"html", "head", "title", "meta", "link", "script", "style", "base", "noscript", "template"})
_USUAL_PATHS = ("/w/api.php", "/api.php", "/wiki/api.php")
_UNENCODED = "%/:=&?~+!$,;'@()*[]"  # kept in an address; other characters are percent-encoded
_SITEINFO = urlencode(
    {
        "action": "query",
        "meta": "siteinfo",
        "siprop": "general",
        "format": "json",
        "formatversion": "2",
        "errorformat": "plaintext",
    }
)


@frozen(kw_only=True)
class Addresses:
    """The addresses of a wiki's api.php and rest.php."""

    api_url: str
    rest_url: str


class Discovery:
    """One search, which begins at ``page_url``.

    ``with_credentials`` says that credentials will be sent to the wiki afterwards; ``plain_http`` allows http for that.
    """

    def __init__(
        self, page_url: str, *, user_agent: str, with_credentials: bool = False, plain_http: bool = False
    ) -> None:
        """Raises ValueError if ``page_url`` is not the address of a page, or is not safe for credentials."""
        self._page_url = checked_page_url(page_url)
        self._headers = {"user-agent": user_agent, "accept": "*/*"}
        self._with_credentials = with_credentials
        self._trusted_urls = [self._page_url]
        self._tried: list[str] = []
        if with_credentials:
            check_safe_for_credentials(self._page_url, plain_http=plain_http)

    def run(self, *, rest_url: str | None = None) -> Generator[HttpRequest, HttpResponse, Addresses]:
        """Search for the APIs. If ``rest_url`` is given, only api.php is searched for.

        Raises ProtocolError if no api.php is found, or none on a trusted host.
        """
        if urlsplit(self._page_url).path.endswith(_API):
            found = yield from self._probe_api(self._page_url)
        else:
            found = yield from self._search_from_page()
        if found is None:
            raise ProtocolError(
                f"{self._page_url} leads to no api.php: tried {', '.join(self._tried)}. Is it a page of a "
                "MediaWiki? The wiki's page Special:Version names the address of its api.php"
            )
        api_url, general = found
        return Addresses(api_url=api_url, rest_url=rest_url or (yield from self._find_rest_url(api_url, general)))

    def _search_from_page(self) -> Generator[HttpRequest, HttpResponse, tuple[str, Mapping[str, Any]] | None]:
        """Try the api.php that the page names, then the usual addresses."""
        page_url, page = yield from self._fetch(self._page_url)
        named = next(_named_api_urls(page.body, page_url), None)
        if named is None:
            self._tried.append(f"{page_url} ({_describe(page)}, names none)")
        else:
            self._check_scheme(page_url, named)
            self._trusted_urls.append(named)
            found = yield from self._probe_api(named)
            if found is not None:
                return found
        for guess in _usual_api_urls(urlsplit(page_url)):
            try:
                found = yield from self._probe_api(guess)
            except (TransportError, ProtocolError) as error:
                self._tried.append(f"{guess} ({error})")
                continue
            if found is not None:
                return found
        return None

    def _probe_api(self, url: str) -> Generator[HttpRequest, HttpResponse, tuple[str, Mapping[str, Any]] | None]:
        """The address and the wiki's general siteinfo, or None if this is not an api.php."""
        api_url, response = yield from self._fetch(f"{_without_query(url)}?{_SITEINFO}")
        general = _general_siteinfo(response) if urlsplit(api_url).path.endswith(_API) else None
        if general is None:
            self._tried.append(f"{_without_query(url)} ({_describe(response)})")
            return None
        return _without_query(api_url), general

    def _find_rest_url(self, api_url: str, general: Mapping[str, Any]) -> Generator[HttpRequest, HttpResponse, str]:
        """The rest.php that siteinfo names, if it answers. Otherwise, the one beside api.php."""
        beside = rest_url_beside(api_url)
        for url in dict.fromkeys((*_named_rest_urls(api_url, general), beside)):
            try:
                self._check_target(api_url, url)
                response = yield self._request(f"{url}/v1/")
            except (TransportError, ProtocolError):
                continue
            if _is_rest(response):
                return url
        return beside

    def _fetch(self, url: str) -> Generator[HttpRequest, HttpResponse, tuple[str, HttpResponse]]:
        """The address at the end of all redirects, and its response."""
        for _ in range(MAX_REDIRECTS + 1):
            response = yield self._request(url)
            target = _redirect_target(url, response)
            if target is None:
                return url, response
            self._check_target(url, target)
            url = target
        raise ProtocolError(
            f"{self._page_url} redirects more than {MAX_REDIRECTS} times, at last to {_without_query(url)}"
        )

    def _request(self, url: str) -> HttpRequest:
        return HttpRequest(method="GET", url=url, headers=self._headers)

    def _check_target(self, source: str, target: str) -> None:
        self._check_scheme(source, target)
        if self._with_credentials and not any(_is_on_host_of(target, trusted) for trusted in self._trusted_urls):
            raise ProtocolError(
                f"{_without_query(source)} leads to another host, {_without_query(target)}: credentials do not follow. "
                "If it is the wiki that you mean, give that address"
            )

    def _check_scheme(self, source: str, target: str) -> None:
        if urlsplit(source).scheme == "https" and urlsplit(target).scheme != "https":
            raise ProtocolError(
                f"{_without_query(source)} leads from https to plain http, {_without_query(target)}: anyone on the "
                "network could read and change what is sent there. If you want that, give that address"
            )


def checked_page_url(page_url: str) -> str:
    """The address of a page as it can be sent, without its fragment. Raises ValueError for anything else."""
    text = page_url.strip().partition("#")[0]
    hint = "write the whole address, as in 'https://en.wikipedia.org/wiki/Earth'"
    try:
        parts = urlsplit(text)
        is_valid = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
        (parts.hostname or "").encode("idna")
    except ValueError as error:
        raise ValueError(f"page_url={page_url!r}: {error}; {hint}") from None
    if "@" in parts.netloc:  # not shown: it may hold a password
        raise ValueError("page_url has credentials in it: leave them out, and give the Site its auth")
    if not is_valid or any(char.isspace() or not char.isprintable() for char in parts.netloc):
        raise ValueError(f"page_url={page_url!r}: {hint}")
    query = f"?{quote(parts.query, safe=_UNENCODED)}" if parts.query else ""
    return f"{parts.scheme}://{parts.netloc}{quote(parts.path or '/', safe=_UNENCODED)}{query}"


class _EndOfHeadError(Exception):
    """The head of the page has been read."""


class _HeadParser(HTMLParser):
    """Collects the EditURI links in the head of a page. Its body is ignored, because any editor could put one there."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in _HEAD_TAGS:
            raise _EndOfHeadError
        values = dict(attrs)
        if tag == "link" and "edituri" in (values.get("rel") or "").lower().split() and values.get("href"):
            self.links.append(values["href"] or "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "head":
            raise _EndOfHeadError


def _named_api_urls(body: bytes, page_url: str) -> Iterator[str]:
    """The addresses of an api.php that a page names. Links of other software have the same form, and are left out."""
    parser = _HeadParser()
    with suppress(_EndOfHeadError, AssertionError):  # the parser raises AssertionError for a malformed declaration
        parser.feed(body[:_MAX_HEAD_BYTES].decode("utf-8", "replace"))
    for link in parser.links:
        target = _joined(page_url, link)
        if target is not None and urlsplit(target).path.endswith(_API):
            yield _without_query(target)


def _usual_api_urls(page: SplitResult) -> Iterator[str]:
    before, index, _ = page.path.partition("/index.php")
    folder = before if index else page.path.rpartition("/")[0]
    paths = (folder + _API, *_USUAL_PATHS) if index else (*_USUAL_PATHS, folder + _API)
    yield from (f"{page.scheme}://{page.netloc}{path}" for path in dict.fromkeys(paths))


def _general_siteinfo(response: HttpResponse) -> Mapping[str, Any] | None:
    """The general siteinfo of an api.php, or None if it is not one. It is empty if the wiki lets only members read."""
    try:
        body = parse_response(response).body
    except ApiError:
        return {} if response.header("mediawiki-api-error") else None
    except MediaWikiError:
        return None
    query = body.get("query") if isinstance(body, Mapping) else None
    general = query.get("general") if isinstance(query, Mapping) else None
    is_mediawiki = isinstance(general, Mapping) and str(general.get("generator")).startswith("MediaWiki")
    return general if is_mediawiki else None


def _named_rest_urls(api_url: str, general: Mapping[str, Any]) -> Iterator[str]:
    """The address of rest.php by the wiki's siteinfo, if it is a valid one."""
    server, path = general.get("server"), general.get("scriptpath")
    if isinstance(server, str) and isinstance(path, str):
        target = _joined(api_url, server)  # which may begin with two slashes
        if target is not None:
            yield f"{target.rstrip('/')}{path}/rest.php"


def _is_rest(response: HttpResponse) -> bool:
    """Whether this is the response of MediaWiki's REST API for a path that it does not know, or may not show."""
    try:
        parse_response(response, rest=True)
    except ApiError as error:
        return isinstance(error.data.get("httpCode"), int)
    except MediaWikiError:
        pass
    return False


def _redirect_target(url: str, response: HttpResponse) -> str | None:
    location = response.header("location")
    if response.status not in REDIRECTS or not location:
        return None
    target = _joined(url, location)
    if target is None:
        raise ProtocolError(f"{_without_query(url)} redirects to something that is not a web address")
    return target


def _joined(base: str, link: str) -> str | None:
    """The address that a link leads to, or None if it is not a web address, or has credentials in it."""
    try:
        return checked_page_url(urljoin(base, link))
    except ValueError:
        return None


def _is_on_host_of(url: str, trusted: str) -> bool:
    """Whether ``url`` is on the host of ``trusted``, or on a host below it: both have the same owner."""
    trusted_parts, parts = urlsplit(trusted), urlsplit(url)
    name, host = (trusted_parts.hostname or "").removeprefix("www."), parts.hostname or ""
    return _port(trusted_parts) == _port(parts) and (host == name or host.endswith(f".{name}"))


def _port(parts: SplitResult) -> int:
    """The port, where the default ports of http and https count as the same."""
    return 443 if parts.port in {None, 80, 443} else parts.port or 0


def _without_query(url: str) -> str:
    return url.partition("?")[0]


def _describe(response: HttpResponse) -> str:
    kind = response.header("content-type").partition(";")[0] or "no content type"
    return f"HTTP {response.status}, {kind}"
