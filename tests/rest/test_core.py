"""CoreRest: the methods of ``site.rest`` through a gateway that maps paths and checks tokens."""

from __future__ import annotations

import inspect
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import anyio
import pytest

from mwclient_async import CoreRest, OAuth2Token, Site
from mwclient_async._http.messages import HttpResponse
from mwclient_async._rest.core_rest import BASE_URL
from mwclient_async._rest.rest import Rest
from mwclient_async.errors import (
    AuthorizationRefused,
    BeyondLimit,
    CursorMismatch,
    EditConflict,
    MediaWikiError,
    OutcomeUnknown,
    PageExists,
    PageMissing,
    PermissionDenied,
    ProtocolError,
)
from mwclient_async.models.events import Event, LoggedIn
from mwclient_async.models.options import HttpOptions
from mwclient_async.testing import LocalWiki, SeedPage, SeedRevision, WikiFactory
from mwclient_async.testing.scripted import ScriptedClock, ScriptedTransport, json_response
from tests.conftest import USER_AGENT, once
from tests.support.fault_proxy import DROP_AFTER, TRUNCATE, Fault, matching, scripted as faults, too_many
from tests.support.oauth_wiki import TokenDesk
from tests.support.rest_gateway import SETTINGS, Gateway, refusal

TOKEN = "a-token-of-the-core-api"
PAGE = {
    "id": 1,
    "key": "Earth",
    "title": "Earth",
    "latest": {"id": 7, "timestamp": "2024-01-01T00:00:00Z"},
    "content_model": "wikitext",
    "license": {"url": "", "title": ""},
    "source": "x",
}
EDITS = 45
RATE_LIMITED = refusal(429, "Too Many Requests", ("retry-after", "0"))


@pytest.fixture(scope="module")
def wiki(mediawiki_factory: WikiFactory, mediawiki_version: str) -> LocalWiki:
    made = mediawiki_factory(version=mediawiki_version, settings=SETTINGS)
    once("core", mediawiki_version, lambda: anyio.run(fill, made))
    return made


async def fill(wiki: LocalWiki) -> None:
    history = [
        SeedRevision(f"Earth, {n}.\n\n== A ==\n\nfar", comment=f"edit {n}", minor=n % 2 == 0) for n in range(EDITS)
    ]
    files = "".join(f"[[File:Picture {n}.png]]" for n in range(101))
    pages = [SeedPage("Core Earth", revisions=history), SeedPage("Core files", files), SeedPage("Core/A?b%", "odd")]
    secret = [SeedRevision("a secret"), SeedRevision("not for all readers")]
    await wiki.seed([*pages, SeedPage("Core guarded", revisions=secret)])
    await wiki.create_user("Core user")
    await wiki.create_user("Core sysop", groups=["sysop"])
    token = TokenDesk(wiki).issue("Core sysop")
    async with Site(wiki.api_url, user_agent=USER_AGENT, auth=OAuth2Token(token=token)) as site:
        await site.call("protect", title="Core guarded", protections="edit=sysop")
        secrets = await site.rest.history("Core guarded").collect()
        hidden = secrets[-1].id
        await site.call("revisiondelete", type="revision", ids=[hidden], hide=["content"])


@pytest.fixture(scope="module")
def token(wiki: LocalWiki) -> str:
    return TokenDesk(wiki).issue("Core user")


@pytest.fixture
async def gateway(wiki: LocalWiki, token: str) -> AsyncIterator[Gateway]:
    async with Gateway(wiki, tokens=[token]) as opened:
        yield opened


def core(gateway: Gateway, *project: str, **options: Any) -> CoreRest:
    return CoreRest(*(project or ("wikipedia", "en")), user_agent=USER_AGENT, base_url=gateway.base_url, **options)


@asynccontextmanager
async def scripted(*script: Any, **options: Any) -> AsyncIterator[tuple[CoreRest, ScriptedTransport]]:
    transport = ScriptedTransport(script)
    defaults: dict[str, Any] = {"access_token": TOKEN, "clock": ScriptedClock(), "transport": transport, **options}
    async with CoreRest("wikipedia", "en", user_agent=USER_AGENT, **defaults) as opened:
        yield opened, transport


# The same methods ----------------------------------------------------------------------------------------------------

CALLS: dict[str, tuple[Any, ...]] = {
    "search_pages": ("far",),
    "search_titles": ("Core",),
    "search_description": (),
    "page": ("core Earth",),  # newer wikis redirect to the normal form
    "page_bare": ("Core/A?b%",),
    "page_html": ("Core Earth",),
    "page_with_html": ("Core Earth",),
    "languages": ("Core Earth",),
    "media": ("Core files",),
    "file": ("No such file.png",),
    "history_counts": ("core_Earth", "minor"),
    "revision": ("latest",),
    "revision_bare": ("latest",),
    "revision_html": ("latest",),
    "revision_with_html": ("latest",),
    "compare": ("first", "latest"),
    "to_html": ("'''x'''",),
    "to_wikitext": ("<b>x</b>",),
    "lint": ("<center>x",),
    "page_lint": ("Core Earth",),
    "revision_lint": ("latest",),
}
ELSEWHERE = {"history", "create_page", "update_page"}


def test_every_method_is_compared_with_site_rest() -> None:
    public = {name for name, _ in inspect.getmembers(Rest, inspect.isfunction) if not name.startswith("_")}
    assert public == CALLS.keys() | ELSEWHERE


async def outcome(rest: Rest, name: str, arguments: list[Any]) -> Any:
    try:
        value = await getattr(rest, name)(*arguments)
    except MediaWikiError as error:
        return type(error), str(error)
    return value


@pytest.mark.everywhere
async def test_each_method_returns_the_same_as_the_wikis_own_rest_api(
    wiki: LocalWiki, gateway: Gateway, token: str
) -> None:
    async with Site(wiki.api_url, user_agent=USER_AGENT) as site, core(gateway, access_token=token) as opened:
        history = await site.rest.history("Core Earth").collect()
        named = {"first": history[-1].id, "latest": history[0].id}
        for name, arguments in CALLS.items():
            values = [named.get(argument, argument) for argument in arguments]
            assert await outcome(opened, name, values) == await outcome(site.rest, name, values), name
    assert {seen.header("authorization") for seen in gateway.seen} == {f"Bearer {token}"}
    assert all(seen.target.startswith("/core/v1/wikipedia/en/") for seen in gateway.seen)
    followed = "/core/v1/wikipedia/en/page/Core_Earth" in {seen.target for seen in gateway.seen}
    assert followed is not wiki.version.startswith("1.39")


async def test_an_unchanged_value_is_not_sent_again(gateway: Gateway, token: str) -> None:
    async with core(gateway, access_token=token) as opened, core(gateway, "commons") as other:
        page = await opened.page("Core Earth")
        assert await opened.page("Core Earth", previous=page) is page
        elsewhere = await other.page("Core Earth", previous=page)
    assert (elsewhere is page, elsewhere == page) == (False, True)
    assert [seen.header("if-none-match") for seen in gateway.seen] == ["", page.validator.etag, ""]


async def test_too_many_files_are_an_error_that_says_how_to_get_them(gateway: Gateway) -> None:
    async with core(gateway, "commons") as opened:
        with pytest.raises(BeyondLimit, match=r"site\.page\(title\)\.media\(\)"):
            await opened.media("Core files")


@pytest.mark.parametrize(
    ("status", "text", "error"),
    [
        (404, "The specified title does not exist", PageMissing),
        (500, "Too many media links found on title (100 allowed)", BeyondLimit),
    ],
)
async def test_errors_without_a_code_are_known_by_status_and_text(
    status: int, text: str, error: type[MediaWikiError]
) -> None:
    body = {"messageTranslations": {"en": text}, "httpCode": status, "httpReason": "As ever"}
    async with scripted(json_response(body, status=status)) as (opened, transport):
        with pytest.raises(error, match=r"The specified title does not exist|100 allowed"):
            await opened.media("Earth")
    assert len(transport.requests) == 1


async def test_an_unknown_project_is_missing(gateway: Gateway) -> None:
    async with core(gateway, "wikipedia", "xx") as opened:
        with pytest.raises(PageMissing) as caught:
            await opened.page("Core Earth")
    assert (caught.value.status, gateway.forwarded) == (404, 0)


@pytest.mark.parametrize("fault", [too_many("0"), Fault(kind="JSON", acted=False, answer=lambda _: RATE_LIMITED)])
async def test_a_rate_limit_is_waited_for(gateway: Gateway, fault: Fault) -> None:
    gateway.plan = matching("/core/v1/commons/page/*", fault)
    async with core(gateway, "commons") as opened:
        assert (await opened.page("Core Earth")).title == "Core Earth"
    assert len(gateway.seen) == 2


# Histories -----------------------------------------------------------------------------------------------------------


def numbers(revisions: list[Any]) -> list[int]:
    return [int(revision.comment.removeprefix("edit ")) for revision in revisions]


@pytest.mark.everywhere
async def test_h3_a_history_is_read_through_the_gateway_and_resumed_only_there(gateway: Gateway, token: str) -> None:
    async with core(gateway, access_token=token) as opened:
        run = aiter(opened.history("Core Earth"))
        head = [await anext(run) for _ in range(25)]
        newer = await opened.history("Core Earth", newer_than=head[24].id, filter="minor").collect()
    async with core(gateway, "wikipedia", "en") as later, core(gateway, "commons") as other:
        tail = await later.history("Core Earth").resume(str(run.cursor)).collect()
        with pytest.raises(CursorMismatch, match="core/v1/wikipedia/en"):
            other.history("Core Earth").resume(str(run.cursor))
    assert numbers(head + tail) == list(range(EDITS - 1, -1, -1))
    assert numbers(newer) == list(range(22, EDITS, 2))


# Writes --------------------------------------------------------------------------------------------------------------


@pytest.mark.everywhere
async def test_pages_are_created_and_updated_and_each_conflict_has_its_error(
    gateway: Gateway, token: str, request: pytest.FixtureRequest
) -> None:
    title = f"Core write {request.node.callspec.id}"
    async with core(gateway, access_token=token) as opened:
        made = await opened.create_page(title, source="one", comment="c")
        changed = await opened.update_page(title, source="two", latest=made.latest.id)
        assert (changed.source, changed.id, changed.latest.id > made.latest.id) == ("two", made.id, True)
        with pytest.raises(PageExists):
            await opened.create_page(title, source="other")
        with pytest.raises(EditConflict):
            await opened.update_page(title, source="three", latest=made.latest.id)
        with pytest.raises(PageMissing, match=r"use create_page"):
            await opened.update_page(f"{title} not", source="three", latest=made.latest.id)
        assert (await opened.page(title)).source == "two"
    assert not any(b"token" in seen.body for seen in gateway.seen)


def page_and_revision(title: str, latest: int, pageid: int) -> tuple[HttpResponse, HttpResponse]:
    page = {**PAGE, "latest": {"id": 8, "timestamp": "2024-01-01T00:00:00Z"}}
    revision = {"id": latest, "page": {"id": pageid, "title": title}, "timestamp": "2024-01-01T00:00:00Z"}
    return json_response(page), json_response(revision)


async def test_w2_a_base_that_is_a_revision_of_another_page_is_refused_before_it_is_sent() -> None:
    """Scripted, because what is counted is requests. Wikis of 1.43 would overwrite the page."""
    async with scripted(*page_and_revision("Mars", 7, 2), *page_and_revision("Earth", 7, 1), json_response(PAGE)) as (
        opened,
        transport,
    ):
        with pytest.raises(EditConflict, match="revision 7 is of the page 'Mars', and not of 'Earth'"):
            await opened.update_page("Earth", source="x", latest=7)
        await opened.update_page("Earth", source="x", latest=7)
    assert [request.method for request in transport.requests] == ["GET", "GET", "GET", "GET", "PUT"]


async def test_an_update_on_a_base_that_this_client_has_made_costs_one_request() -> None:
    async with scripted(json_response(PAGE, status=201), json_response(PAGE)) as (opened, transport):
        made = await opened.create_page("Earth", source="x")
        await opened.update_page("Earth", source="y", latest=made.latest.id)
    assert [request.method for request in transport.requests] == ["POST", "PUT"]


@pytest.mark.everywhere
@pytest.mark.parametrize("fault", [DROP_AFTER, TRUNCATE], ids=lambda fault: fault.kind)
async def test_w2_a_write_whose_reply_is_lost_is_sent_once_and_its_outcome_is_unknown(
    gateway: Gateway, token: str, fault: Fault, request: pytest.FixtureRequest
) -> None:
    title = f"Core lost {request.node.callspec.id}"
    gateway.plan = matching("/core/v1/wikipedia/en/page", fault)
    async with core(gateway, access_token=token) as opened:
        with pytest.raises(OutcomeUnknown):
            await opened.create_page(title, source="once")
        page = await opened.page(title)
        gateway.plan = faults(None, fault)  # the page of the base is looked up first
        with pytest.raises(OutcomeUnknown):
            await opened.update_page(title, source="twice", latest=page.latest.id)
        assert (page.source, (await opened.page(title)).source) == ("once", "twice")
    assert [seen.method for seen in gateway.seen] == ["POST", "GET", "GET", "PUT", "GET"]


@pytest.mark.parametrize("body", [{}, {"title": "Earth"}, [], json_response(PAGE, status=503)])
async def test_w2_a_response_without_the_saved_page_is_an_unknown_outcome(body: Any) -> None:
    response = body if isinstance(body, HttpResponse) else json_response(body)
    async with scripted(response) as (opened, transport):
        with pytest.raises(OutcomeUnknown):
            await opened.create_page("Earth", source="x")
    assert len(transport.requests) == 1


async def test_w1_a_write_that_was_certainly_not_executed_is_sent_again(gateway: Gateway, token: str) -> None:
    gateway.plan = matching("/core/v1/wikipedia/en/page", too_many("0"))
    async with core(gateway, access_token=token) as opened:
        await opened.create_page("Core later", source="x")
    assert (len(gateway.seen), gateway.forwarded) == (2, 1)


@pytest.mark.everywhere
async def test_a_missing_right_is_an_error_without_further_requests(gateway: Gateway, token: str) -> None:
    """Without the Action API, the account cannot be asked for."""
    async with core(gateway, access_token=token) as opened:
        latest, _, hidden = await opened.history("Core guarded").collect()
        with pytest.raises(PermissionDenied):
            await opened.revision(hidden.id)
        with pytest.raises(PermissionDenied):
            await opened.update_page("Core guarded", source="x", latest=latest.id)
    assert [seen.method for seen in gateway.seen] == ["GET", "GET", "GET", "PUT"]


async def test_a_refusal_without_a_reason_is_an_error_without_further_requests() -> None:
    async with scripted(json_response({"httpCode": 403, "httpReason": "Forbidden"}, status=403)) as (opened, transport):
        with pytest.raises(PermissionDenied):
            await opened.create_page("Earth", source="x")
    assert len(transport.requests) == 1


async def test_an_anonymous_user_reads_and_cannot_write() -> None:
    async with scripted(PAGE, access_token=None) as (opened, transport):
        assert (await opened.page("Earth")).source == "x"
        with pytest.raises(ValueError, match="has no access_token"):
            await opened.create_page("Mars", source="x")
    assert "authorization" not in transport.requests[0].headers


# Tokens --------------------------------------------------------------------------------------------------------------


@pytest.mark.everywhere
@pytest.mark.parametrize("expiring", ["at the gateway", "at the wiki"])
async def test_w3_an_expired_token_is_renewed_once_for_all_waiting_tasks(
    wiki: LocalWiki, gateway: Gateway, expiring: str, request: pytest.FixtureRequest
) -> None:
    desk, issued = TokenDesk(wiki), list[str]()

    async def fresh() -> str:
        issued.append(desk.issue("Core user"))
        gateway.tokens = {*issued}
        return issued[-1]

    async with core(gateway, access_token=fresh) as opened:
        await opened.page("Core Earth")
        gateway.tokens = set() if expiring == "at the gateway" else gateway.tokens
        desk.expire(issued[0])
        async with anyio.create_task_group() as tasks:
            for _ in range(5):
                tasks.start_soon(opened.page, "Core Earth")
        gateway.tokens = set() if expiring == "at the gateway" else gateway.tokens
        desk.expire(issued[1])
        await opened.create_page(f"Core renewed {request.node.callspec.id}", source="x")
    assert len(issued) == 3


async def test_s1_a_refused_token_is_not_shown(caplog: pytest.LogCaptureFixture) -> None:
    events: list[Event] = []
    refused = json_response({"httpCode": 401, "httpReason": "Jwt is expired"}, status=401)
    with caplog.at_level(logging.DEBUG):
        async with scripted(refused, on_event=events.append) as (opened, transport):
            with pytest.raises(AuthorizationRefused, match="Jwt is expired") as caught:
                await opened.page("Earth")
    assert transport.requests[0].headers["authorization"] == f"Bearer {TOKEN}"
    assert any(isinstance(event, LoggedIn) for event in events)
    shown = [repr(opened), repr(vars(opened)), str(caught.value), repr(caught.value), repr(events), caplog.text]
    assert not [text for text in shown if TOKEN in text]


@pytest.mark.parametrize(
    "location",
    [
        "/w/rest.php/v1/page/Earth",
        "https://evil.example/rest.php/v1/page/Earth",
        "//evil.example/core/v1/wikipedia/en/page/Earth",
        "http://api.wikimedia.org/core/v1/wikipedia/en/page/Earth",
    ],
)
@pytest.mark.parametrize("status", [301, 303])
async def test_s2_a_redirect_is_followed_on_our_own_host_whatever_host_it_names(location: str, status: int) -> None:
    moved = HttpResponse(status=status, headers=(("location", location), ("content-type", "text/html")), body=b"")
    async with scripted(moved, PAGE) as (opened, transport):
        assert (await opened.page("earth")).key == "Earth"
    assert [request.url for request in transport.requests] == [
        f"{BASE_URL}/v1/wikipedia/en/page/earth",
        f"{BASE_URL}/v1/wikipedia/en/page/Earth",
    ]


@pytest.mark.parametrize("status", [301, 308])
async def test_s2_an_endpoint_that_moved_to_its_wiki_is_an_error_and_the_wiki_gets_no_token(status: int) -> None:
    new = "https://en.wikipedia.org/w/rest.php/v1/page/Earth"
    moved = HttpResponse(
        status=status, headers=(("location", new), ("content-type", "text/html")), body=b"<p>Moved</p>"
    )
    async with scripted(moved, moved) as (opened, transport):
        read, write = partial(opened.page, "Earth"), partial(opened.create_page, "Earth", source="x")
        for use in (read, write):
            with pytest.raises(ProtocolError, match=f"It redirects to '{new}': use that address"):
                await use()
    assert [request.url.removeprefix(BASE_URL) for request in transport.requests] == [
        "/v1/wikipedia/en/page/Earth",
        "/v1/wikipedia/en/page",
    ]


async def test_s2_a_redirect_to_another_path_is_not_followed() -> None:
    moved = HttpResponse(status=302, headers=(("location", "https://evil.example/login"),), body=b"")
    async with scripted(moved) as (opened, transport):
        with pytest.raises(MediaWikiError):
            await opened.page("Earth")
    assert len(transport.requests) == 1


COOKIE = HttpOptions(headers=(("Cookie", "session=1"),))


@pytest.mark.parametrize("options", [{"access_token": TOKEN}, {"http": COOKIE}])
def test_s3_credentials_are_not_sent_over_plain_http(options: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="is plain http"):
        CoreRest("commons", user_agent=USER_AGENT, base_url="http://api.example.org/core", **options)


@pytest.mark.parametrize(
    ("base_url", "options"),
    [
        ("http://api.example.org/core", {}),
        ("http://localhost:8080/core", {"access_token": TOKEN}),
        ("http://api.example.org/core", {"access_token": TOKEN, "http": HttpOptions(plain_http=True)}),
    ],
)
def test_s3_plain_http_is_allowed_on_this_machine_and_on_demand(base_url: str, options: Any) -> None:
    assert "commons" in repr(CoreRest("commons", user_agent=USER_AGENT, base_url=base_url, **options))


# Address and lifetime ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("project", "path"),
    [
        (("wikipedia", "en"), "wikipedia/en"),
        (("wiktionary", "zh-min-nan"), "wiktionary/zh-min-nan"),
        (("commons",), "commons"),
        (("wikidata", None), "wikidata"),
        (("new-project", "en"), "new-project/en"),
        (("new-project",), "new-project"),
    ],
)
def test_project_and_language_make_the_address(project: Any, path: str) -> None:
    assert repr(CoreRest(*project, user_agent=USER_AGENT)) == f"CoreRest('{BASE_URL}/v1/{path}')"


@pytest.mark.parametrize(
    ("project", "message"),
    [
        (("commons", "en"), "one wiki for all languages"),
        (("wikidata", "de"), "one wiki for all languages"),
        (("species", "la"), "one wiki for all languages"),
        (("wikipedia",), "say which one"),
        (("wikipedia", ""), "language=''"),
        (("wikipedia", "en/../de"), "give a word"),
        (("Wikipedia", "en"), "project='Wikipedia'"),
        (("", "en"), "project=''"),
    ],
)
def test_a_project_and_a_language_that_do_not_fit_are_a_value_error(project: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        CoreRest(*project, user_agent=USER_AGENT)


@pytest.mark.parametrize("options", [{"access_token": ""}, {"base_url": "api.wikimedia.org"}, {"user_agent": "bot"}])
def test_an_option_that_cannot_work_is_a_value_error_before_any_request(options: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"."):
        CoreRest("commons", **{"user_agent": USER_AGENT, **options})


async def test_it_must_be_open_and_cannot_be_opened_twice() -> None:
    transport = ScriptedTransport([{"revisions": []}])
    core = CoreRest("commons", user_agent=USER_AGENT, transport=transport)
    stream = core.history("Earth")  # sends nothing yet
    uses: list[Callable[[], Any]] = [lambda: core.page("Earth"), stream.collect]
    for use in uses:
        with pytest.raises(RuntimeError, match="is not open: use it inside"):
            await use()
    async with core:
        assert await stream.collect() == []
        with pytest.raises(RuntimeError, match="is open already"):
            await core.__aenter__()
    assert transport.closed
    for use in uses:
        with pytest.raises(RuntimeError, match="is not open"):
            await use()


async def test_it_is_closed_if_opening_fails() -> None:
    async def fail() -> str:
        raise LookupError("no token today")

    transport = ScriptedTransport()
    core = CoreRest("commons", user_agent=USER_AGENT, transport=transport, access_token=fail)
    with pytest.raises(LookupError):
        await core.__aenter__()
    assert transport.closed
    with pytest.raises(RuntimeError, match="is not open"):
        await core.page("Earth")
