"""Logins, tokens, the form of requests, and errors that say what to do."""

from __future__ import annotations

import logging
import socket
from collections.abc import AsyncIterator

import anyio
import pytest

from mwclient_async import ApiWarning, BotPassword, HttpOptions, Limits, RetryPolicy, Site
from mwclient_async._http.messages import HttpResponse
from mwclient_async.errors import (
    ApiError,
    AssertFailed,
    ConnectionFailed,
    HttpError,
    InvalidTitle,
    LoginFailed,
    MaxlagExceeded,
    OutcomeUnknown,
    ProtocolError,
    ReplyTooLarge,
    UnrecognizedParameters,
)
from mwclient_async.testing import LocalWiki
from mwclient_async.testing.scripted import Scripted, ScriptedTransport, json_response, sent
from tests.conftest import USER_AGENT
from tests.support.lossy_transport import LossyTransport

API = "https://wiki.example.org/w/api.php"
QUICK = RetryPolicy(first_delay=0.001)
HTML = HttpResponse(
    status=503, headers=(("content-type", "text/html"), ("retry-after", "0")), body=b"<html>Busy</html>"
)


@pytest.fixture(scope="session")
def editor(wiki: LocalWiki) -> BotPassword:
    async def make() -> BotPassword:
        await wiki.create_user("Editor", groups=["bot"])
        return await wiki.create_bot_password("Editor")

    return anyio.run(make)


@pytest.fixture
async def bot(wiki: LocalWiki, editor: BotPassword) -> AsyncIterator[Site]:
    async with Site(wiki.api_url, user_agent=USER_AGENT, auth=editor) as site:
        yield site


@pytest.mark.everywhere
async def test_a_bot_logs_in_and_edits(bot: Site) -> None:
    found = await bot.call("query", meta="userinfo")
    assert found["query"]["userinfo"]["name"] == "Editor"
    saved = await bot.call("edit", title="Sandbox: a/b?", text="[[Café]] & 🪐", summary="+ |", createonly=False)
    assert saved["edit"]["result"] == "Success"
    (page,) = await bot.query(
        titles="Sandbox: a/b?", prop="revisions", rvprop="content|comment", rvslots="main"
    ).collect()
    assert (page.revisions[0].content, page.revisions[0].comment) == ("[[Café]] & 🪐", "+ |")


@pytest.mark.everywhere
async def test_a_wrong_password_raises_login_failed_with_advice(wiki: LocalWiki, editor: BotPassword) -> None:
    wrong = BotPassword(name=editor.name, password="x" * 32)
    with pytest.raises(LoginFailed, match=r"'Editor@tests' could not log in.*Account@application") as caught:
        async with Site(wiki.api_url, user_agent=USER_AGENT, auth=wrong):
            pass
    assert "x" * 32 not in f"{caught.value!r} {caught.value} {wrong!r}"


@pytest.mark.everywhere
async def test_a_refused_token_is_fetched_again_once(bot: Site) -> None:
    tokens = bot._session._auth_state.tokens
    tokens["csrf"] = "0123456789abcdef0123456789abcdef00000000+\\"
    saved = await bot.call("edit", title="Token", text="kept")
    assert saved["edit"]["result"] == "Success"
    assert bot._session._auth_state.tokens["csrf"] != "0123456789abcdef0123456789abcdef00000000+\\"


@pytest.mark.everywhere
async def test_w4_a_lost_session_logs_in_again_and_never_edits_as_an_ip(bot: Site) -> None:
    bot._session._auth_state.cookies.discard_session()
    await bot.call("edit", title="Never", text="by an IP")
    (page,) = await bot.query(titles="Never", prop="revisions", rvprop="user").collect()
    assert {revision.user for revision in page.revisions} == {"Editor"}
    assert bot._session._auth_state.login_generation == 2


async def test_w4_a_lost_session_without_auth_raises(bot: Site) -> None:
    bot._session._auth_state.cookies.discard_session()
    bot._session._authenticator.auth = None
    with pytest.raises(AssertFailed, match="nothing was done"):
        await bot.call("edit", title="Never ever", text="by an IP")


@pytest.mark.everywhere
async def test_actions_that_are_posted_but_change_no_page(bot: Site) -> None:
    assert (await bot.call("purge", titles="Main Page"))["purge"][0]["purged"]
    tokens = await bot.call("query", meta="tokens")
    token = tokens["query"]["tokens"]["csrftoken"]
    assert (await bot.call("checktoken", type="csrf", token=token))["checktoken"]["result"] == "valid"
    assert (await bot.call("opensearch", search="Main"))["opensearch"][1] == ["Main Page"]
    with pytest.raises(ValueError, match="a document, not JSON"):
        await bot.call("feedrecentchanges")


@pytest.mark.everywhere
async def test_tokens_have_the_name_that_the_module_gives_them(
    wiki: LocalWiki, site: Site, anyio_backend_name: str
) -> None:
    """The module's prefix is added to its token parameter, too."""
    password = "geheim-und-lang"
    response = await site.call(
        "createaccount",
        createreturnurl=wiki.url,
        username=f"New one on {anyio_backend_name}",
        password=password,
        retype=password,
    )
    assert response["createaccount"]["status"] == "PASS"


@pytest.mark.everywhere
async def test_s1_no_secret_is_logged_or_shown(
    wiki: LocalWiki, editor: BotPassword, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        async with Site(wiki.api_url, user_agent=USER_AGENT, auth=editor) as site:
            await site.call("edit", title="Logged", text="x")
            session, auth_state = site._session, site._session._auth_state
            cookies = [cookie["value"] for cookie in auth_state.cookies.to_values()]
            secrets = [editor.password, *auth_state.tokens.values(), *filter(None, cookies)]
    shown = "\n".join(record.getMessage() for record in caplog.records) + repr(site) + repr(editor) + repr(session)
    assert len(caplog.records) > 20
    assert [secret for secret in secrets if secret in shown] == []
    assert len(secrets) >= 4


async def test_s1_a_header_that_cannot_be_sent_is_refused_without_being_shown() -> None:
    with pytest.raises(ValueError, match="header 'Authorization'") as caught:
        HttpOptions(headers=(("Authorization", "Bearer geheim\n"),))
    assert "geheim" not in str(caught.value)


@pytest.mark.parametrize("name", ["Content-Length", "transfer-encoding"])
def test_a_header_that_would_change_the_body_of_each_request_is_refused(name: str) -> None:
    """With a wrong length, every write would end in an unknown outcome."""
    with pytest.raises(ValueError, match=f"header '{name}' belongs to the body"):
        HttpOptions(headers=((name, "5"),))


async def test_a_wiki_on_this_machine_is_reached_without_the_proxy(
    wiki: LocalWiki, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    async with Site(wiki.api_url, user_agent=USER_AGENT, retry=RetryPolicy(attempts=1)) as site:
        assert "query" in await site.call("query", meta="siteinfo")


async def test_an_unknown_host_is_given_up_after_a_few_tries_with_advice() -> None:
    retry = RetryPolicy(first_delay=0.001)
    async with Site("http://nohost.invalid/api.php", user_agent=USER_AGENT, retry=retry) as site:
        with pytest.raises(ConnectionFailed, match=r"check the address, the network, the proxy") as caught:
            await site.call("query", meta="siteinfo")
    assert caught.value.lasting


async def test_a_query_too_long_for_an_url_is_posted(wiki: LocalWiki) -> None:
    transport = LossyTransport(lambda *_: None)
    titles = [f"{number:02} {'長い題名' * 10}" for number in range(50)]
    async with Site(wiki.api_url, user_agent=USER_AGENT, transport=transport) as site:
        pages = await site.query(titles=titles, prop="info").collect()
        await site.query(titles=titles[:2], prop="info").collect()
    assert {page.title for page in pages} == set(titles)
    assert [request.method for request in transport.requests] == ["POST", "GET"]


async def test_values_with_a_pipe_are_kept_whole(site: Site) -> None:
    response = await site.call("query", meta="allmessages", ammessages=["jan", "a|b"])
    assert [message["name"] for message in response["query"]["allmessages"]] == ["jan", "a|b"]


@pytest.mark.everywhere
async def test_s6_a_misspelt_parameter_or_value_raises_and_names_the_nearest(site: Site) -> None:
    with pytest.raises(UnrecognizedParameters, match="'prefx', did you mean 'prefix'"):
        await site.list("allpages", prefx="A").collect()
    with pytest.raises(UnrecognizedParameters, match="'gapprefx', did you mean 'gapprefix'"):
        await site.query(generator="allpages", gapprefx="A").collect()
    with pytest.raises(UnrecognizedParameters, match="'categoris', did you mean 'categories'"):
        await site.call("query", prop="categoris", titles="A")
    with pytest.raises(UnrecognizedParameters, match="'urll', did you mean 'url'"):
        await site.query(titles="A", prop="imageinfo", iiprop=["urll", "sha1"]).collect()
    with pytest.raises(ValueError, match="no list, prop, meta or generator 'alpages', did you mean 'allpages'"):
        await site.list("alpages").collect()
    with pytest.raises(ValueError, match="no list, prop, meta or generator 'nosuch': is an extension missing"):
        await site.list("nosuch").collect()
    with pytest.raises(ValueError, match="no action 'pasre', did you mean 'parse'"):
        await site.call("pasre")


async def test_a_wrong_title_is_a_typed_error(site: Site) -> None:
    with pytest.raises(InvalidTitle, match="titles are 1 to 255 bytes long"):
        await site.call("parse", page="<bad>")
    (page,) = await site.query(titles="<bad>").collect()
    assert (page.status.value, "invalid characters" in (page.invalidreason or "")) == ("invalid", True)


async def test_a_warning_goes_to_the_caller(wiki: LocalWiki) -> None:
    warned: list[ApiWarning] = []
    async with Site(wiki.api_url, user_agent=USER_AGENT, on_warning=warned.append) as site:
        await site.call("query", prop="revisions", titles="Main Page", rvprop="content")
    assert {warning.module for warning in warned} >= {"query+revisions"}


async def test_maxlag_is_sent_and_waited_for(wiki: LocalWiki) -> None:
    """A single database has no lag, so any limit below it is exceeded."""
    async with Site(wiki.api_url, user_agent=USER_AGENT, maxlag=-2, retry=RetryPolicy(attempts=1)) as site:
        with pytest.raises(MaxlagExceeded, match="try again later") as caught:
            await site.call("query", meta="siteinfo")
    assert caught.value.retry_after == 5


async def test_an_unreachable_host_is_a_typed_error() -> None:
    with socket.socket() as taken:  # bound and not listening
        taken.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{taken.getsockname()[1]}/api.php"
        async with Site(address, user_agent=USER_AGENT, retry=RetryPolicy(attempts=2, first_delay=0.001)) as site:
            with pytest.raises(ConnectionFailed, match=r"could not connect to http://127\.0\.0\.1"):
                await site.call("query", meta="siteinfo")


@pytest.mark.everywhere
async def test_a_page_that_is_not_an_api_is_a_typed_error(wiki: LocalWiki) -> None:
    for address in (f"{wiki.url}/nowhere/api.php", f"{wiki.url}/index.php/api.php"):
        async with Site(address, user_agent=USER_AGENT) as site:
            with pytest.raises(ProtocolError, match=r"HTTP \d+, text/html.*Special:Version names"):
                await site.call("query", meta="siteinfo")


async def test_s4_a_response_that_is_too_large_is_not_read_to_its_end(wiki: LocalWiki) -> None:
    async with Site(wiki.api_url, user_agent=USER_AGENT, limits=Limits(max_reply_bytes=2000)) as site:
        with pytest.raises(ReplyTooLarge, match="2000 bytes"):
            await site.call("query", meta="siteinfo", siprop="namespaces")


async def test_a_broken_address_or_user_agent_is_refused_at_once() -> None:
    with pytest.raises(ValueError, match="User-Agent policy"):
        Site(API, user_agent="python-httpx/0.28")
    with pytest.raises(ValueError, match=r"does not end in /api\.php"):
        Site("https://en.wikipedia.org/wiki/Earth", user_agent=USER_AGENT)
    with pytest.raises(ValueError, match="whole address"):
        Site("en.wikipedia.org/w/api.php", user_agent=USER_AGENT)


async def test_s3_no_password_goes_over_plain_http_to_another_machine() -> None:
    auth = BotPassword(name="A@b", password="geheim")
    for url in ("http://wiki.example.org/api.php", "http://10.0.0.1/api.php"):
        with pytest.raises(ValueError, match="plain http"):
            Site(url, user_agent=USER_AGENT, auth=auth)
        Site(url, user_agent=USER_AGENT, auth=auth, http=HttpOptions(plain_http=True))
        Site(url, user_agent=USER_AGENT)
    for url in ("http://127.0.0.1:8080/api.php", "http://[::1]/api.php", "http://localhost/api.php"):
        Site(url, user_agent=USER_AGENT, auth=auth)


async def run(*script: Scripted, action: str = "query", retry: RetryPolicy = QUICK) -> tuple[object, ScriptedTransport]:
    transport = ScriptedTransport(script)
    async with Site(API, user_agent=USER_AGENT, transport=transport, retry=retry) as site:
        try:
            return await site.call(action), transport
        except (ApiError, HttpError, OutcomeUnknown) as error:
            return error, transport


async def test_w1_a_read_is_sent_again_and_a_write_is_not() -> None:
    response, transport = await run(HTML, HTML, {"query": {}})
    assert (response, len(transport.requests)) == ({"query": {}}, 3)
    token = {"query": {"tokens": {"csrftoken": "abc+\\"}}}
    outcome, transport = await run(token, HTML, action="edit")
    assert isinstance(outcome, OutcomeUnknown)
    assert len(transport.requests) == 2


async def test_w1_attempts_are_counted() -> None:
    error, transport = await run(HTML, HTML, HTML, retry=RetryPolicy(attempts=3, first_delay=0.001))
    assert isinstance(error, HttpError)
    assert (error.status, len(transport.requests)) == (503, 3)


async def test_w3_a_token_refused_again_and_again_raises() -> None:
    token: Scripted = lambda _: {"query": {"tokens": {"csrftoken": "abc+\\"}}}  # noqa: E731 - one step of a script
    refused = {"errors": [{"code": "badtoken", "text": "Invalid CSRF token.", "module": "edit"}]}
    error, transport = await run(*[token, refused] * 3, action="edit")
    assert isinstance(error, ApiError)
    assert (error.code, len(transport.requests)) == ("badtoken", 6)


async def test_w3_fifty_tasks_share_one_token_request() -> None:
    transport = ScriptedTransport([{"query": {"tokens": {"csrftoken": "abc+\\"}}}, *[{"edit": {}} for _ in range(50)]])
    async with Site(API, user_agent=USER_AGENT, transport=transport) as site, anyio.create_task_group() as tasks:
        for _ in range(50):
            tasks.start_soon(site.call, "edit")
    transport.assert_done()


async def test_w6_no_more_requests_are_in_flight_than_allowed() -> None:
    in_flight, most = 0, 0

    class Counting(ScriptedTransport):
        async def send(self, request: object) -> HttpResponse:  # noqa: ARG002 - any request
            nonlocal in_flight, most
            in_flight += 1
            most = max(most, in_flight)
            await anyio.lowlevel.checkpoint()
            in_flight -= 1
            return json_response({"query": {}})

    site = Site(API, user_agent=USER_AGENT, transport=Counting(), limits=Limits(concurrency=4))
    async with site, anyio.create_task_group() as tasks:
        for _ in range(40):
            tasks.start_soon(site.call, "query")
    assert most == 4


async def test_a_post_has_its_form_in_the_url_and_its_token_last() -> None:
    _, transport = await run({"query": {"tokens": {"csrftoken": "abc+\\"}}}, {"edit": {}}, action="edit")
    edit = transport.requests[-1]
    assert edit.method == "POST"
    for name in ("action=edit", "format=json", "formatversion=2", "errorformat=plaintext", "maxlag=5"):
        assert name in edit.url
    assert list(sent(edit))[-1] == "token"
    assert "token" not in edit.url


async def test_w7_a_cancelled_request_leaves_the_site_usable(site: Site) -> None:
    for _ in range(10):
        with anyio.CancelScope() as scope:
            async with anyio.create_task_group() as tasks:
                for _ in range(6):
                    tasks.start_soon(lambda: site.call("query", meta="siteinfo"))
                await anyio.lowlevel.checkpoint()
                scope.cancel()
    assert "general" in (await site.call("query", meta="siteinfo"))["query"]


async def test_s1_options_hide_what_could_be_secret() -> None:
    shown = repr(BotPassword(name="A@b", password="geheim")) + repr(
        HttpOptions(proxy="http://u:geheim@h", headers=(("x", "geheim"),))
    )
    assert "geheim" not in shown
