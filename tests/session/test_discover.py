"""Site.discover: from a page to an open Site, on real wikis, and which host gets what."""

from __future__ import annotations

import inspect
from contextlib import AbstractAsyncContextManager

import pytest

from mwclient_async import BotPassword, HttpOptions, Limits, OAuth2ClientCredentials, Site
from mwclient_async._http.messages import HttpResponse
from mwclient_async._session.site_options import SiteOptions
from mwclient_async.errors import HttpError, LoginFailed, ProtocolError, ReplyLost, ReplyTooLarge
from mwclient_async.models.events import RequestFinished, Retrying
from mwclient_async.testing import LocalWiki
from mwclient_async.testing.scripted import Scripted, ScriptedClock, ScriptedTransport, json_response
from tests.conftest import USER_AGENT
from tests.support.http_server import ServerResponse
from tests.support.recording_server import RecordingServer

EARTH = "https://wiki.example.org/wiki/Earth"
PAGE = HttpResponse(
    status=200,
    headers=(("content-type", "text/html"),),
    body=b'<head><link rel="EditURI" href="//wiki.example.org/w/api.php?action=rsd"></head>',
)
BUSY = HttpResponse(status=503, headers=(("content-type", "text/html"), ("retry-after", "7")), body=b"Busy")
GENERAL: Scripted = {
    "query": {"general": {"generator": "MediaWiki 1.43.1", "server": "//main.example.org", "scriptpath": "/w"}}
}
UNSAFE = OAuth2ClientCredentials(client_id="a", client_secret="b", token_url="http://a.example/")
NO_HANDLER = json_response({"httpCode": 404, "httpReason": "Not Found"}, status=404)


def found(site: Site) -> tuple[str, str]:
    return site._request_builder.api_url, site._request_builder.rest_url


@pytest.mark.everywhere
async def test_any_page_of_a_wiki_leads_to_its_apis(wiki: LocalWiki) -> None:
    for page in (
        "",
        "/index.php",
        "/index.php/Main_Page",
        '/index.php/Talk:C++ & (ö) 100%25_"@"/?x=1#top',
        "/index.php?title=Special:RecentChanges&days=3",
        "/index.php/Special:NoSuchSpecialPage",
        "/load.php",
        "/api.php?action=help",
    ):
        async with Site.discover(wiki.url + page, user_agent=USER_AGENT) as site:
            assert found(site) == (wiki.api_url, f"{wiki.url}/rest.php")
    async with Site.discover(wiki.url, user_agent=USER_AGENT, maxlag=None) as site:
        assert "general" in (await site.call("query", meta="siteinfo"))["query"]
        assert site._request_builder.maxlag is None


async def test_if_no_wiki_is_found_the_error_lists_what_was_tried() -> None:
    async with RecordingServer(
        ServerResponse(status=404, headers=(("content-type", "text/plain"),), body=b"no")
    ) as server:
        with pytest.raises(ProtocolError, match=rf"tried {server.url}/wiki/Earth \(HTTP 404, text/plain, names none\)"):
            async with Site.discover(f"{server.url}/wiki/Earth", user_agent=USER_AGENT):
                pass
    assert [seen.target.partition("?")[0] for seen in server.requests] == [
        "/wiki/Earth", "/w/api.php", "/api.php", "/wiki/api.php",
    ]  # fmt: skip


async def test_s2_a_host_that_names_the_wiki_gets_no_credentials(wiki: LocalWiki) -> None:
    await wiki.create_user("Finder")
    auth = await wiki.create_bot_password("Finder")
    page = f'<head><link rel="EditURI" href="{wiki.api_url}?action=rsd"></head>'.encode()
    http = HttpOptions(headers=(("x-secret", "geheim"),))
    async with (
        RecordingServer(
            ServerResponse(headers=(("content-type", "text/html"), ("set-cookie", "a=b")), body=page)
        ) as page_host,
        Site.discover(f"{page_host.url}/Earth", user_agent=USER_AGENT, auth=auth, http=http) as site,
    ):
        assert (await site.call("query", meta="userinfo"))["query"]["userinfo"]["name"] == "Finder"
    assert len(page_host.requests) == 1
    assert not [secret for secret in (auth.password, "geheim") if secret in page_host.text()]


async def test_s2_credentials_do_not_follow_a_redirect_to_another_host(wiki: LocalWiki) -> None:
    secret = BotPassword(name="Finder@tests", password="x" * 32)
    moved = ServerResponse(status=301, headers=(("location", f"{wiki.url}/index.php/Main_Page"),))
    async with RecordingServer(moved, host="127.0.0.2") as other_host:
        async with Site.discover(other_host.url, user_agent=USER_AGENT) as site:
            assert found(site)[0] == wiki.api_url
        for options in (SiteOptions(auth=secret), SiteOptions(http=HttpOptions(headers=(("x-secret", "geheim"),)))):
            with pytest.raises(ProtocolError, match="credentials do not follow"):
                async with Site.discover(other_host.url, user_agent=USER_AGENT, **options):
                    pass


async def test_s4_a_page_that_is_too_large_is_not_read_to_its_end(wiki: LocalWiki) -> None:
    with pytest.raises(ReplyTooLarge, match="2000 bytes"):
        async with Site.discover(wiki.url, user_agent=USER_AGENT, limits=Limits(max_reply_bytes=2000)):
            pass


# Scripted ------------------------------------------------------------------------------------------------------------


async def test_w1_a_transient_failure_is_retried_and_reported() -> None:
    events: list[object] = []
    clock = ScriptedClock()
    transport = ScriptedTransport([ReplyLost("cut"), BUSY, PAGE, GENERAL, NO_HANDLER])
    discovering = Site.discover(EARTH, user_agent=USER_AGENT, transport=transport, clock=clock, on_event=events.append)
    async with discovering as site:
        assert found(site) == ("https://wiki.example.org/w/api.php", "https://main.example.org/w/rest.php")
        transport.assert_done()
        assert not transport.closed
    assert transport.closed
    assert clock.slept == [0, 7]
    assert [event.cause for event in events if isinstance(event, Retrying)] == ["ReplyLost", "HttpError"]
    finished = [event for event in events if isinstance(event, RequestFinished)]
    assert [event.failure or event.status for event in finished] == ["ReplyLost", 503, 200, 200, 404]


async def test_w1_a_lasting_failure_is_raised() -> None:
    transport = ScriptedTransport([BUSY] * 8)
    with pytest.raises(HttpError, match=f"HTTP 503 from {EARTH}") as caught:
        async with Site.discover(f"{EARTH}?x=1", user_agent=USER_AGENT, transport=transport, clock=ScriptedClock()):
            pass
    assert caught.value.retry_after == 7
    assert transport.closed


async def test_the_transport_is_closed_if_the_site_cannot_be_opened() -> None:
    failed = json_response({"login": {"result": "Failed", "reason": {"code": "wrongpassword", "text": "No."}}})
    token = {"query": {"tokens": {"logintoken": "abc+\\"}}}
    steps: list[tuple[SiteOptions, list[Scripted], type[Exception]]] = [
        (SiteOptions(auth=BotPassword(name="A@b", password="x")), [token, failed], LoginFailed),
        (SiteOptions(auth=UNSAFE), [], ValueError),
    ]
    for options, more, error in steps:
        transport = options["transport"] = ScriptedTransport([PAGE, GENERAL, NO_HANDLER, *more])
        with pytest.raises(error):
            async with Site.discover(EARTH, user_agent=USER_AGENT, **options):
                pass
        assert transport.closed


@pytest.mark.parametrize(
    ("page", "user_agent", "match"),
    [
        (EARTH, "python-httpx", "User-Agent policy"),
        ("wiki.example.org", USER_AGENT, "write the whole address"),
        ("http://wiki.example.org/", USER_AGENT, "plain http"),
    ],
)
async def test_invalid_arguments_are_refused_before_any_request(page: str, user_agent: str, match: str) -> None:
    transport = ScriptedTransport()
    auth = BotPassword(name="A@b", password="geheim")
    with pytest.raises(ValueError, match=match) as caught:
        async with Site.discover(page, user_agent=user_agent, auth=auth, transport=transport):
            pass
    assert transport.requests == []
    assert "geheim" not in str(caught.value)


async def test_a_subclass_of_site_discovers_itself() -> None:
    class Mine(Site):
        pass

    discovering: AbstractAsyncContextManager[Mine] = Mine.discover(
        EARTH,
        user_agent=USER_AGENT,
        transport=ScriptedTransport([PAGE, GENERAL]),
        rest_url="https://b.example/rest.php",
    )
    async with discovering as site:
        assert type(site) is Mine
        assert found(site)[1] == "https://b.example/rest.php"


def test_discover_takes_every_option_of_a_site() -> None:
    options = {name: parameter.annotation for name, parameter in inspect.signature(Site).parameters.items()}
    del options["api_url"], options["user_agent"]
    assert SiteOptions.__annotations__.keys() == options.keys()
    assert {name: hint.__forward_arg__ for name, hint in SiteOptions.__annotations__.items()} == options
