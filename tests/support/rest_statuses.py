"""For each status in the table of endpoints, a request to which the wiki responds with it.

If the library would send the request, one of its methods is used; if not, the request is sent past the checks of the
library.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from attrs import evolve, field, frozen

from mwclient_async import Site
from mwclient_async._rest.endpoints import ENDPOINTS
from mwclient_async.errors import (
    ApiError,
    BadRequest,
    BeyondLimit,
    CaptchaRequired,
    EditConflict,
    InternalError,
    InvalidParameter,
    MissingParameter,
    PageExists,
    PageMissing,
    PermissionDenied,
    Protected,
    RateLimited,
    Refused,
    Unsupported,
)
from tests.support.logins import fresh
from tests.support.rest_wikis import VERSIONS, PreparedWiki

Ask = Callable[[Site, PreparedWiki], Awaitable[object]]
FAR = 10**6  # no revision has that id


@frozen(kw_only=True)
class Case:
    """One status of one endpoint: the request, the switch of the wiki that it needs, and the error that it raises."""

    endpoint: str
    status: int
    ask: Ask = field(repr=False)
    error: type[ApiError] | None = None
    switch: str = ""
    sysop: bool = False
    versions: tuple[str, ...] = VERSIONS
    kind: str = ""


def case(endpoint: str, status: int, ask: Ask, error: type[ApiError] | None = None, **more: Any) -> Case:
    return Case(endpoint=endpoint, status=status, ask=ask, error=error, **more)


def unchecked(endpoint: str, *, params: dict[str, str] | None = None, body: Any = None, **segments: str | int) -> Ask:
    """A request that is sent past the checks of the library."""

    async def ask(site: Site, _: PreparedWiki) -> object:
        request = ENDPOINTS[endpoint].request(segments, json=body)
        return await site._session.send(evolve(request, params=params or {}))

    return ask


def without_token(endpoint: str, body: dict[str, Any], **segments: str | int) -> Ask:
    async def ask(site: Site, _: PreparedWiki) -> object:
        return await site._session.send(evolve(ENDPOINTS[endpoint].request(segments, json=body), token=None))

    return ask


async def create(site: Site, _: PreparedWiki) -> object:
    return await site.rest.create_page(fresh("New"), source="x")


async def update(site: Site, prepared: PreparedWiki) -> object:
    return await site.rest.update_page("Earth", source="x", latest=prepared.new)


async def conflict(site: Site, _: PreparedWiki) -> object:
    page = await site.rest.create_page(fresh("Conflict"), source="One.")
    await site.rest.update_page(page.title, source="Two.", latest=page.latest.id)
    return await site.rest.update_page(page.title, source="Three.", latest=page.latest.id)


async def changed(site: Site, **options: Any) -> object:
    page = await site.rest.create_page(fresh("Changed"), source="{}")
    return await site.rest.update_page(page.title, source='{"a": 1}', latest=page.latest.id, **options)


def made(endpoint: str, body: Any = None, *, accept: str = "", **other: str) -> Ask:
    """A transform whose address or body the library would not send."""
    words = {"source": "wikitext", "target": "html", "title": "Earth", "revision": "1", **other}
    if body is None:
        body = {"wikitext": "x"}

    async def ask(site: Site, _: PreparedWiki) -> object:
        request = ENDPOINTS[endpoint].request({name: words[name] for name in words}, json=body)
        return await site._session.send(evolve(request, headers={"accept": accept or "*/*"}))

    return ask


def titled(method: str) -> list[Case]:
    """The statuses that all methods for a page have in common."""

    def ask(title: str) -> Ask:
        return lambda site, _: getattr(site.rest, method)(title)

    return [
        case(method, 200, ask("Earth")),
        case(method, 403, ask("Earth"), PermissionDenied, switch="private"),
        case(method, 404, ask("Not there"), PageMissing),
    ]


def normalised(method: str) -> list[Case]:
    return [case(method, 301, lambda site, _: getattr(site.rest, method)("earth"), versions=("1.43",))]


def again(method: str, *arguments: object) -> Case:
    """A read of something that has not changed since the first read."""

    async def ask(site: Site, prepared: PreparedWiki) -> object:
        values = [prepared.new if argument is NEW else argument for argument in arguments]
        first = await getattr(site.rest, method)(*values)
        assert await getattr(site.rest, method)(*values, previous=first) is first
        return first

    return case(method, 304, ask)


NEW = object()


def revisional(method: str) -> list[Case]:
    """The statuses that all methods for a revision have in common."""

    def read(choose: Callable[[PreparedWiki], int]) -> Ask:
        return lambda site, prepared: getattr(site.rest, method)(choose(prepared))

    hidden = read(lambda prepared: prepared.hidden)
    return [
        case(method, 200, read(lambda prepared: prepared.new)),
        case(method, 400, read(lambda _: 10**30), InvalidParameter),
        case(method, 403, read(lambda prepared: prepared.new), PermissionDenied, switch="private"),
        case(method, 404, read(lambda _: FAR), PageMissing),
        *([case(method, 403, hidden, PermissionDenied)] if method == "revision" else ()),
        *([case(method, 403, hidden, PermissionDenied, versions=NEWER)] if "html" in method else ()),
        *([case(method, 500, hidden, InternalError, versions=OLDER)] if "html" in method else ()),
    ]


def rendered(method: str, *, title: bool) -> list[Case]:
    """The statuses of what Parsoid makes."""

    async def ask(site: Site, _: PreparedWiki) -> object:
        page = await site.rest.page("Large")
        return await getattr(site.rest, method)(page.title if title else page.latest.id)

    async def without_parsoid(site: Site, _: PreparedWiki) -> object:
        page = await site.rest.page("MediaWiki:Own.css")
        return await getattr(site.rest, method)(page.title if title else page.latest.id)

    return [
        case(method, 413, ask, Refused, switch="small"),
        case(method, 500, without_parsoid, InternalError, versions=OLDER),  # its Parsoid knows only wikitext and JSON
    ]


LARGE = {"wikitext": "word " * 400}
WRITE = {"source": "x", "comment": "x"}
SEARCHES = ("search_page", "search_title")
METHODS = {"search_page": "search_pages", "search_title": "search_titles"}
MADE = ("transform", "transform_of_page", "transform_of_revision", "lint", "lint_of_page")
NEWER, OLDER = ("1.43",), ("1.39",)

CASES = [
    *(case(name, 200, lambda s, _, n=METHODS[name]: getattr(s.rest, n)("Earth")) for name in SEARCHES),  # type: ignore[misc]
    *(case(name, 400, unchecked(name, params={"q": ""}), MissingParameter) for name in SEARCHES),
    *(case(name, 400, unchecked(name, params={"q": "x", "limit": "101"}), InvalidParameter) for name in SEARCHES),
    *(case(name, 403, unchecked(name, params={"q": "x"}), PermissionDenied, switch="private") for name in SEARCHES),
    case("search_page", 500, lambda s, _: s.rest.search_pages("x"), InternalError, switch="without search"),
    case("search_description", 200, lambda s, _: s.rest.search_description(), versions=NEWER),
    case(
        "search_description", 403, unchecked("search_description"), PermissionDenied, switch="private", versions=NEWER
    ),
    case("search_description", 404, lambda s, _: s.rest.search_description(), Unsupported, versions=OLDER),
    # Pages
    *titled("page"),
    *normalised("page"),
    again("page", "Earth"),
    *titled("page_bare"),
    *normalised("page_bare"),
    again("page_bare", "Earth"),
    *titled("page_html"),
    *normalised("page_html"),
    again("page_html", "Earth"),
    *rendered("page_html", title=True),
    case("page_html", 307, lambda s, _: s.rest.page_html("To Earth"), versions=NEWER),
    *titled("page_with_html"),
    *normalised("page_with_html"),
    again("page_with_html", "Earth"),
    *rendered("page_with_html", title=True),
    case("page_with_html", 307, lambda s, _: s.rest.page_with_html("To Earth"), versions=NEWER),
    *titled("languages"),
    *normalised("languages"),
    again("languages", "Earth"),
    *titled("media"),
    case("media", 500, lambda s, _: s.rest.media("Many files"), BeyondLimit, versions=OLDER),
    case("media", 400, lambda s, _: s.rest.media("Many files"), BeyondLimit, versions=NEWER),
    case("file", 200, lambda s, _: s.rest.file("Dot.png")),
    case("file", 403, lambda s, _: s.rest.file("Dot.png"), PermissionDenied, switch="private"),
    case("file", 404, lambda s, _: s.rest.file("Nothing.png"), PageMissing),
    # History
    case("history", 200, lambda s, _: s.rest.history("Earth").collect()),
    case("history", 301, lambda s, _: s.rest.history("earth").collect(), versions=NEWER),
    case("history", 400, unchecked("history", title="Earth", params={"older_than": "0"}), InvalidParameter),
    case(
        "history", 400, unchecked("history", title="Earth", params={"older_than": "2", "newer_than": "1"}), BadRequest
    ),
    case("history", 400, unchecked("history", title="Earth", params={"filter": "x"}), BadRequest),
    case("history", 403, lambda s, _: s.rest.history("Earth").collect(), PermissionDenied, switch="private"),
    case("history", 404, lambda s, _: s.rest.history("Not there").collect(), PageMissing),
    case("history", 404, lambda s, _: s.rest.history("Earth", older_than=FAR).collect(), PageMissing),
    case("history_counts", 200, lambda s, g: s.rest.history_counts("Earth", "edits", from_=g.old, to=g.new)),
    case("history_counts", 301, lambda s, _: s.rest.history_counts("earth", "edits"), versions=NEWER),
    again("history_counts", "Earth", "edits"),
    case("history_counts", 400, unchecked("history_counts", title="Earth", type="x"), InvalidParameter),
    case("history_counts", 200, lambda s, _: s.rest.history_counts("Earth", "temporary"), versions=NEWER),
    case(
        "history_counts",
        400,
        lambda s, _: s.rest.history_counts("Earth", "temporary"),
        InvalidParameter,
        versions=OLDER,
    ),
    case(
        "history_counts",
        400,
        unchecked("history_counts", title="Earth", type="edits", params={"from": "1"}),
        BadRequest,
    ),
    case("history_counts", 403, lambda s, _: s.rest.history_counts("Earth", "bot"), PermissionDenied, switch="private"),
    case("history_counts", 404, lambda s, _: s.rest.history_counts("Not there", "bot"), PageMissing),
    case("history_counts", 404, lambda s, g: s.rest.history_counts("Earth", "edits", from_=g.old, to=FAR), PageMissing),
    case("history_counts", 500, lambda s, _: s.rest.history_counts("Many edits", "minor"), BeyondLimit),
    # Revisions
    *revisional("revision"),
    again("revision", NEW),
    *revisional("revision_bare"),
    *revisional("revision_html"),
    again("revision_html", NEW),
    *rendered("revision_html", title=False),
    *revisional("revision_with_html"),
    again("revision_with_html", NEW),
    *rendered("revision_with_html", title=False),
    case("compare", 200, lambda s, g: s.rest.compare(g.old, g.new)),
    case("compare", 400, lambda s, g: s.rest.compare(1, g.new), BadRequest),
    case("compare", 403, lambda s, g: s.rest.compare(g.hidden, g.hidden + 1), PermissionDenied),
    case("compare", 404, lambda s, g: s.rest.compare(g.old, FAR), PageMissing),
    # Transforms of newer wikis
    case("transform", 200, lambda s, _: s.rest.to_html("''x''"), versions=NEWER),
    case("transform_of_page", 200, lambda s, _: s.rest.to_wikitext("<b>x</b>", title="Earth"), versions=NEWER),
    case(
        "transform_of_revision",
        200,
        lambda s, g: s.rest.to_wikitext("<b>x</b>", title="Earth", revision=g.new),
        versions=NEWER,
    ),
    case("lint", 200, lambda s, _: s.rest.lint("<b>x"), versions=NEWER),
    case("lint_of_page", 200, lambda s, _: s.rest.lint("<b>x", title="Earth"), versions=NEWER),
    case("lint", 400, made("lint", {}), BadRequest, versions=NEWER),
    *(
        case(name, 400, made(name, {}, source="html", target="wikitext"), BadRequest, versions=NEWER)
        for name in MADE
        if "lint" not in name
    ),
    *(case(name, 403, made(name), PermissionDenied, switch="private", versions=NEWER) for name in MADE),
    *(case(name, 404, made(name, target="x"), ApiError, versions=NEWER) for name in MADE if "lint" not in name),
    *(case(name, 406, made(name, accept="application/json"), ApiError, versions=NEWER) for name in MADE),
    *(case(name, 413, made(name, LARGE), Refused, switch="small", versions=NEWER) for name in MADE),
    *(case(name, 415, made(name), BadRequest, kind="text/plain", versions=NEWER) for name in MADE),
    *(case(name, 500, made(name, title="A|B"), InternalError, versions=NEWER) for name in MADE if "_" in name),
    # Writing
    case("create_page", 201, create),
    case("create_page", 400, lambda s, _: s.rest.create_page(fresh("New"), source="x", content_model="x"), BadRequest),
    case("create_page", 400, without_token("create_page", {**WRITE, "title": "New"}), BadRequest, versions=OLDER),
    case("create_page", 403, lambda s, _: s.rest.create_page("Not to be created", source="x"), Protected),
    case("create_page", 409, unchecked("create_page", body={**WRITE, "title": "Earth"}), PageExists),
    case("create_page", 409, create, CaptchaRequired, switch="captcha"),
    case("create_page", 415, create, BadRequest, kind="text/plain"),
    case("create_page", 429, create, RateLimited, switch="busy"),
    case("update_page", 200, lambda s, _: changed(s)),
    case("update_page", 201, unchecked("update_page", title=fresh("Put"), body=WRITE)),
    case("update_page", 400, lambda s, _: changed(s, content_model="json"), PermissionDenied),
    case("update_page", 400, lambda s, _: changed(s, content_model="x"), BadRequest),
    case("update_page", 403, lambda s, _: s.rest.update_page("Protected", source="y", latest=99_999_999), Protected),
    case("update_page", 404, lambda s, _: s.rest.update_page("Not there", source="y", latest=5), PageMissing),
    case("update_page", 409, conflict, EditConflict),
    case("update_page", 409, unchecked("update_page", title="Earth", body=WRITE), Refused),
    case("update_page", 409, update, CaptchaRequired, switch="captcha"),
    case("update_page", 415, update, BadRequest, kind="text/plain"),
    case("update_page", 429, update, RateLimited, switch="busy"),
]
