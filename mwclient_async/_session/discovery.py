"""From the address of any page of a wiki to those of its api.php and rest.php.

Every page of a MediaWiki names the api.php in its head, ``<link rel="EditURI" href="//host/w/api.php?action=rsd">``
(https://www.mediawiki.org/wiki/API:Main_page). Where a page does not, the usual places beside it are tried. What
answers ``meta=siteinfo`` as MediaWiki does is the api.php; it also tells where rest.php should be.

*Whose word counts?* Nothing secret is sent on the way, so redirects may lead anywhere, though never from https to plain
http, where anybody could have written the rest. Where credentials will follow, the way must not leave hosts that the
given address stands for: itself (with or without ``www.``), what is below it, and the host that its own page, or that
of a host below it, names in its head. A redirect to a stranger is not such a word: any wiki redirects a link such as
``/wiki/google:Earth``. Nor does a wiki, once found, send its credentials to a rest.php elsewhere.

The conversation yields Requests and is sent Responses; TransportErrors are thrown into it.
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
from mwclient_async._http.urls import is_safe_for_credentials, rest_url_beside
from mwclient_async.errors import ApiError, MediaWikiError, ProtocolError, TransportError

_API = "/api.php"
_HEAD = 512 * 1024  # bytes of a page that are looked at
_OF_A_HEAD = frozenset({"html", "head", "title", "meta", "link", "script", "style", "base", "noscript", "template"})
_MOST_REDIRECTS = 5
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_USUAL = ("/w/api.php", "/api.php", "/wiki/api.php")
_PRINTED = "%/:=&?~+!$,;'@()*[]"  # what stands for itself in an address; the rest is percent-encoded
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
    """Where a wiki's two APIs are."""

    api_url: str
    rest_url: str


class Discovery:
    """One search. ``guarded`` says that credentials will follow, ``plain_http`` that they may do so over http."""

    def __init__(self, page_url: str, *, user_agent: str, guarded: bool = False, plain_http: bool = False) -> None:
        """Raises ValueError for what is no address of a page, or not safe for credentials."""
        self._page = checked_page(page_url)
        self._headers = {"user-agent": user_agent, "accept": "*/*"}
        self._guarded = guarded
        self._houses = [self._page]
        self._tried: list[str] = []
        if guarded and not plain_http and not is_safe_for_credentials(self._page):
            raise ValueError(
                f"page_url={page_url!r} is plain http: everybody on the way could say where the credentials go. Use "
                "https, or say http=HttpOptions(plain_http=True)"
            )

    def run(self, *, rest_url: str | None = None) -> Generator[HttpRequest, HttpResponse, Addresses]:
        """The conversation; ``rest_url`` is not looked for where it is given.

        Raises ProtocolError where there is no api.php, or none that may be used.
        """
        if urlsplit(self._page).path.endswith(_API):
            found = yield from self._ask(self._page)
        else:
            found = yield from self._look_around()
        if found is None:
            raise ProtocolError(
                f"{self._page} leads to no api.php: tried {', '.join(self._tried)}. Is it a page of a MediaWiki? Its "
                "page Special:Version names the address of the api.php"
            )
        api_url, general = found
        return Addresses(api_url=api_url, rest_url=rest_url or (yield from self._rest(api_url, general)))

    def _look_around(self) -> Generator[HttpRequest, HttpResponse, tuple[str, Mapping[str, Any]] | None]:
        place, page = yield from self._follow(self._page)
        self._tried.append(f"{place} ({_seen(page)}, names none)")
        named = next(_named(page.body, place), None)
        if named is not None:
            self._tried.pop()
            self._check_scheme(place, named)
            self._houses.append(named)
            found = yield from self._ask(named)
            if found is not None:
                return found
        for guess in _guesses(urlsplit(place)):
            try:
                found = yield from self._ask(guess)
            except (TransportError, ProtocolError) as error:
                self._tried.append(f"{guess} ({error})")
                continue
            if found is not None:
                return found
        return None

    def _ask(self, url: str) -> Generator[HttpRequest, HttpResponse, tuple[str, Mapping[str, Any]] | None]:
        """The address and what it says of the wiki, if that is an api.php."""
        place, answer = yield from self._follow(f"{_bare(url)}?{_SITEINFO}")
        general = _general(answer) if urlsplit(place).path.endswith(_API) else None
        if general is None:
            self._tried.append(f"{_bare(url)} ({_seen(answer)})")
            return None
        return _bare(place), general

    def _rest(self, api_url: str, general: Mapping[str, Any]) -> Generator[HttpRequest, HttpResponse, str]:
        """Where the wiki says that its rest.php should be, if it is there; else beside api.php."""
        beside = rest_url_beside(api_url)
        for url in dict.fromkeys((*_told(api_url, general), beside)):
            try:
                self._check(api_url, url)
                answer = yield self._request(f"{url}/v1/")
            except (TransportError, ProtocolError):
                continue
            if _is_rest(answer):
                return url
        return beside

    def _follow(self, url: str) -> Generator[HttpRequest, HttpResponse, tuple[str, HttpResponse]]:
        for _ in range(_MOST_REDIRECTS + 1):
            answer = yield self._request(url)
            target = _redirected(url, answer)
            if target is None:
                return url, answer
            self._check(url, target)
            url = target
        raise ProtocolError(f"{self._page} redirects more than {_MOST_REDIRECTS} times, at last to {_bare(url)}")

    def _request(self, url: str) -> HttpRequest:
        return HttpRequest(method="GET", url=url, headers=self._headers)

    def _check(self, place: str, target: str) -> None:
        self._check_scheme(place, target)
        if self._guarded and not any(_belongs(target, house) for house in self._houses):
            raise ProtocolError(
                f"{_bare(place)} leads to another host, {_bare(target)}: credentials do not follow. If it is the wiki "
                "that you mean, give that address"
            )

    def _check_scheme(self, place: str, target: str) -> None:
        if urlsplit(place).scheme == "https" and urlsplit(target).scheme != "https":
            raise ProtocolError(
                f"{_bare(place)} leads from https to plain http, {_bare(target)}, where everybody on the way could "
                "read and change what is sent. If you want that, give that address"
            )


def checked_page(page_url: str) -> str:
    """The address of a page, without its fragment, as it can be sent; ValueError for anything else."""
    text = page_url.strip().partition("#")[0]
    hint = "write the whole address, as in 'https://en.wikipedia.org/wiki/Earth'"
    try:
        parts = urlsplit(text)
        fine = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
        (parts.hostname or "").encode("idna")
    except ValueError as error:
        raise ValueError(f"page_url={page_url!r}: {error}; {hint}") from None
    if "@" in parts.netloc:  # not shown: it may hold a password
        raise ValueError("page_url has credentials in it: leave them out, and give the Site its auth")
    if not fine or any(char.isspace() or not char.isprintable() for char in parts.netloc):
        raise ValueError(f"page_url={page_url!r}: {hint}")
    query = f"?{quote(parts.query, safe=_PRINTED)}" if parts.query else ""
    return f"{parts.scheme}://{parts.netloc}{quote(parts.path or '/', safe=_PRINTED)}{query}"


class _HeadOverError(Exception):
    """Everything of interest was read."""


class _Head(HTMLParser):
    """Collects the EditURI links of a page's head; in its body, anybody could have written one."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in _OF_A_HEAD:
            raise _HeadOverError
        said = dict(attrs)
        if tag == "link" and "edituri" in (said.get("rel") or "").lower().split() and said.get("href"):
            self.links.append(said["href"] or "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "head":
            raise _HeadOverError


def _named(body: bytes, place: str) -> Iterator[str]:
    """The addresses of an api.php that a page names. Other software names other things in the same way."""
    head = _Head()
    with suppress(_HeadOverError, AssertionError):  # the latter is the parser's, for a declaration without sense
        head.feed(body[:_HEAD].decode("utf-8", "replace"))
    for link in head.links:
        target = _joined(place, link)
        if target is not None and urlsplit(target).path.endswith(_API):
            yield _bare(target)


def _guesses(page: SplitResult) -> Iterator[str]:
    before, index, _ = page.path.partition("/index.php")
    folder = before if index else page.path.rpartition("/")[0]
    paths = (folder + _API, *_USUAL) if index else (*_USUAL, folder + _API)
    yield from (f"{page.scheme}://{page.netloc}{path}" for path in dict.fromkeys(paths))


def _general(answer: HttpResponse) -> Mapping[str, Any] | None:
    """What an api.php says of its wiki; None if it is none. A wiki that only its members may read says nothing."""
    try:
        body = parse_response(answer).body
    except ApiError:
        return {} if answer.header("mediawiki-api-error") else None
    except MediaWikiError:
        return None
    query = body.get("query") if isinstance(body, Mapping) else None
    general = query.get("general") if isinstance(query, Mapping) else None
    is_wiki = isinstance(general, Mapping) and str(general.get("generator")).startswith("MediaWiki")
    return general if is_wiki else None


def _told(api_url: str, general: Mapping[str, Any]) -> Iterator[str]:
    server, path = general.get("server"), general.get("scriptpath")
    if isinstance(server, str) and isinstance(path, str):
        target = _joined(api_url, server)  # which may begin with two slashes
        if target is not None:
            yield f"{target.rstrip('/')}{path}/rest.php"


def _is_rest(answer: HttpResponse) -> bool:
    """Whether this is what MediaWiki's REST API says of a path that it does not know, or does not show."""
    try:
        parse_response(answer, rest=True)
    except ApiError as error:
        return isinstance(error.data.get("httpCode"), int)
    except MediaWikiError:
        pass
    return False


def _redirected(url: str, answer: HttpResponse) -> str | None:
    location = answer.header("location")
    if answer.status not in _REDIRECTS or not location:
        return None
    target = _joined(url, location)
    if target is None:
        raise ProtocolError(f"{_bare(url)} redirects to what is no web address")
    return target


def _joined(place: str, target: str) -> str | None:
    """An address that stands on a page; None if it is no web address, or has credentials in it."""
    try:
        return checked_page(urljoin(place, target))
    except ValueError:
        return None


def _belongs(url: str, house: str) -> bool:
    """Whether the address is that host's, or below it: who has a domain says what is below it."""
    own, other = urlsplit(house), urlsplit(url)
    name, asked = (own.hostname or "").removeprefix("www."), other.hostname or ""
    return _port(own) == _port(other) and (asked == name or asked.endswith(f".{name}"))


def _port(parts: SplitResult) -> int:
    return 443 if parts.port in {None, 80, 443} else parts.port or 0


def _bare(url: str) -> str:
    return url.partition("?")[0]


def _seen(answer: HttpResponse) -> str:
    kind = answer.header("content-type").partition(";")[0] or "no content type"
    return f"HTTP {answer.status}, {kind}"
