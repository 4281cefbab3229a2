"""S1 to S3: no output holds a secret, and secrets are sent only to where they belong."""

from __future__ import annotations

import json
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from mwclient_async import (
    BotPassword,
    ClientLogin,
    HttpOptions,
    LoginQuestion,
    LoginState,
    OAuth1,
    OAuth2ClientCredentials,
    OAuth2Token,
    RetryPolicy,
    Site,
)
from mwclient_async._http.messages import ApiRequest
from mwclient_async.errors import LoginFailed, MediaWikiError, OutcomeUnknown, ProtocolError
from mwclient_async.testing import LocalWiki, WikiFactory
from mwclient_async.testing.scripted import ScriptedClock, ScriptedTransport
from tests.conftest import USER_AGENT
from tests.support import guarded_wiki as guarded
from tests.support.http_server import ReceivedRequest, ServerResponse
from tests.support.image_files import png
from tests.support.logins import TOKEN, LeakCheck, ScriptedLoginWiki, bot, fresh, password
from tests.support.oauth_wiki import TokenDesk
from tests.support.recording_server import RecordingServer

WRONG = "0f" * 16  # looks like a bot password, so that it is not tried as the account's own, too
ONCE = RetryPolicy(attempts=1)

# S1 ------------------------------------------------------------------------------------------------------------------


@pytest.fixture
def exposed(caplog: pytest.LogCaptureFixture) -> LeakCheck:
    return LeakCheck(caplog)


@pytest.fixture(scope="module")
def wiki(mediawiki_factory: WikiFactory, mediawiki_version: str) -> LocalWiki:
    return guarded.guarded_wiki(mediawiki_factory, mediawiki_version)


@pytest.fixture(scope="module")
def robot(wiki: LocalWiki) -> BotPassword:
    return bot(wiki, "Discreet robot")


@pytest.fixture(scope="module")
def desk(wiki: LocalWiki) -> TokenDesk:
    password(wiki, "Owner")
    return TokenDesk(wiki)


async def test_s1_no_secret_of_a_bot_password_is_exposed(
    wiki: LocalWiki, robot: BotPassword, exposed: LeakCheck, tmp_path: Path
) -> None:
    async with exposed.visit(wiki, auth=robot, retry=ONCE) as (opened, recorder):
        page = await opened.rest.create_page(fresh("Discreet"), source="x")
        stream = opened.query(titles=page.title, prop="revisions", meta="tokens", rvprop="user")
        async for batch in stream.batches():
            exposed.show(stream, batch, batch.cursor, opened.page(page.title))
        exposed.show(await opened._session.send(ApiRequest(params={"action": "query", "meta": "tokens"})))
        edited = await opened.page(page.title).append("y")
        exposed.show(await opened.actions.checktoken(), edited)
        file = png(tmp_path / "discreet.png", 3000)
        exposed.show(await opened.upload(file, filename=f"{page.title}.png", on_progress=exposed.show))
        guarded.lose_sessions(wiki)
        await opened.rest.update_page(page.title, source="z", latest=edited.revid)
        exposed.show(opened.login_state())
        recorder.dropped = "action=edit"
        await exposed.refused(lambda: opened.call("edit", title=page.title, text="lost"), OutcomeUnknown)
        recorder.dropped = "nothing"
        writes: tuple[Callable[[], Awaitable[object]], ...] = (
            lambda: opened.page(fresh("Missing")).append("x"),
            lambda: opened.actions.move(fresh("Missing"), to=fresh("Discreet")),
            lambda: opened.rest.create_page(page.title, source="x"),
            lambda: opened.rest.update_page(page.title, source="x", latest=1),
            lambda: opened.upload(file, filename=f"{page.title}.png"),
            lambda: opened.actions.createaccount("A<", password=WRONG),
        )
        exposed.know(WRONG)
        for write in writes:
            await exposed.refused(write)
        recorder.cut, recorder.dropped = "meta=tokens", "nothing"
        guarded.refuse_tokens(wiki)
        await exposed.refused(lambda: opened.call("edit", title=page.title, text="cut"), ProtocolError)
    await exposed.shut_out(wiki, evolve(robot, password=WRONG))
    for cut in ("type=login", "action=login"):
        await exposed.shut_out(wiki, robot, ProtocolError, cut=cut)
    exposed.check(at_least=12)


async def test_s1_no_secret_of_a_second_factor_is_exposed(wiki: LocalWiki, exposed: LeakCheck) -> None:
    word, codes = await wiki.create_user("Secretive"), guarded.require_second_factor(wiki, "Secretive")
    answers = [codes.code(), "not a code " + WRONG, codes.code()]
    exposed.know(codes.secret)

    async def answer(question: LoginQuestion) -> Mapping[str, str]:
        exposed.show(question)
        return {"OATHToken": answers.pop()}

    auth = ClientLogin(username="Secretive", password=word, answer=answer)
    async with exposed.visit(wiki, auth=auth) as (opened, _):
        await opened.call("edit", title=fresh("Secretive"), text="x")
    await exposed.shut_out(wiki, evolve(auth, answer=None))
    await exposed.shut_out(wiki, evolve(auth, password=WRONG[::-1]))
    exposed.check(at_least=8)


async def test_s1_no_secret_of_oauth_is_exposed(wiki: LocalWiki, desk: TokenDesk, exposed: LeakCheck) -> None:
    client = desk.register("Owner")
    by_client = OAuth2ClientCredentials(client_id=client.id, client_secret=client.secret)

    async def issue() -> str:
        return desk.issue("Owner")

    for auth in (by_client, OAuth2Token(token=issue)):
        async with exposed.visit(wiki, auth=auth, retry=ONCE) as (opened, _):
            await opened.call("edit", title=fresh("Discreet"), text="x")
            desk.expire_all()
            await opened.rest.create_page(fresh("Discreet"), source="x")
    async with exposed.visit(wiki, auth=OAuth2Token(token=await issue())) as (opened, _):
        await opened.call("edit", title=fresh("Discreet"), text="x")
        desk.expire_all()
        await exposed.refused(lambda: opened.call("query"))
        await exposed.refused(lambda: opened.rest.update_page("Main Page", source="x", latest=1))
    await exposed.shut_out(wiki, evolve(by_client, client_secret=WRONG))
    await exposed.shut_out(wiki, by_client, ProtocolError, cut="access_token")
    exposed.check(at_least=8)


async def test_s1_an_invalid_secret_is_not_shown(wiki: LocalWiki, robot: BotPassword, exposed: LeakCheck) -> None:
    async def broken() -> str:
        return f"{WRONG}\n"

    exposed.know(WRONG)
    await exposed.shut_out(wiki, OAuth2Token(token=broken), ValueError)
    proxy = HttpOptions(proxy=f"http://user:{WRONG}@127.0.0.1:9", headers=(("Authorization", f"Basic {WRONG}"),))
    exposed.show(proxy)
    for wrong in (
        lambda: OAuth2Token(token=f"{WRONG} "),
        lambda: HttpOptions(headers=(("Authorization", f"{WRONG}\n"),)),
        lambda: Site(f"https://user:{WRONG}@wiki.example.org/api.php", user_agent=USER_AGENT),
        lambda: LoginState.parse(f'{{"version": 1, "tokens": "{WRONG}"}}'),
        lambda: LoginState.parse(f'{{"version": 1, "cookies": ["{WRONG}"'),
    ):
        with pytest.raises(ValueError, match=r"\w") as caught:
            wrong()
        exposed.fail(caught.value, local_variables=False)  # the secret is an argument that the caller wrote
    async with Site(wiki.api_url, user_agent=USER_AGENT, http=proxy, retry=ONCE) as opened:
        await exposed.refused(lambda: opened.call("query"))
    async with exposed.visit(wiki, auth=robot, http=evolve(proxy, proxy=None)):
        pass
    exposed.check(at_least=4)


# S2: recording servers in place of wikis -----------------------------------------------------------------------------

ROBOT = BotPassword(name="Robot@tests", password=WRONG)
CLIENT = OAuth2ClientCredentials(client_id="client", client_secret=WRONG)
SIGNER = OAuth1(consumer_token="consumer", consumer_secret=WRONG, access_token=WRONG[::-1], access_secret=WRONG)
BASIC = HttpOptions(headers=(("Authorization", f"Basic {WRONG}"),))


def answering(body: object, status: int = 200) -> ServerResponse:
    return ServerResponse(status=status, body=json.dumps(body).encode())


def stored(recorder: RecordingServer) -> dict[str, Any]:
    """A stored login with cookies and tokens, as an option of Site."""
    cookie: dict[str, object] = {"name": "wiki_session", "value": WRONG, "domain": "127.0.0.1", "path": "/"}
    cookie |= {"version": 0, "port": None, "secure": False, "expires": None, "discard": True}
    wiki = f"{recorder.url}/api.php"
    return {"login_state": LoginState(wiki=wiki, account="R", logged_in=True, cookies=[cookie], tokens={"csrf": TOKEN})}


def site_at(recorder: RecordingServer, **options: Any) -> Site:
    return Site(f"{recorder.url}/api.php", user_agent=USER_AGENT, retry=ONCE, **options)


@pytest.fixture
async def home() -> AsyncIterator[RecordingServer]:
    async with RecordingServer(answering({"query": {}})) as recorder:
        yield recorder


@pytest.fixture
async def foreign() -> AsyncIterator[RecordingServer]:
    async with RecordingServer(answering({"query": {}}), host="127.0.0.2") as recorder:
        yield recorder


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_s2_a_redirect_to_another_server_is_not_followed(
    home: RecordingServer, foreign: RecordingServer, status: int
) -> None:
    page = answering({"query": {"pages": [{"pageid": 1, "ns": 0, "title": "X", "lastrevid": 1}]}})

    def answer(seen: ReceivedRequest) -> ServerResponse:
        if "prop=info" in seen.target:  # an update looks up its page first
            return page
        return ServerResponse(status=status, headers=(("location", foreign.url + seen.target),), body=b"")

    home.answer = answer
    for options in ({"auth": OAuth2Token(token=WRONG)}, {"auth": SIGNER}, {"http": BASIC}, stored(home)):
        async with site_at(home, **options) as opened:
            for attempt in (
                lambda: opened.call("query"),
                lambda: opened.call("edit", title="x", text="x"),
                lambda: opened.rest.history("x").collect(),
                lambda: opened.rest.update_page("x", source="x", latest=1),
                lambda: opened.login(ROBOT),
                lambda: opened.login(CLIENT),
            ):
                with pytest.raises(MediaWikiError):
                    await attempt()
    assert (foreign.requests, foreign.text().strip()) == ([], "")
    assert {"GET", "POST", "PUT"} == {seen.method for seen in home.requests}
    sent = home.header_values("authorization")
    assert {f"Bearer {WRONG}", f"Basic {WRONG}"} == {header for header in sent if not header.startswith("OAuth ")}
    assert any("oauth_signature=" in header for header in sent)
    assert f"wiki_session={WRONG}" in home.header_values("cookie")


async def test_s2_a_redirect_within_the_wiki_is_followed_with_credentials(home: RecordingServer) -> None:
    """Newer wikis redirect to the normal form of a title."""

    def answer(seen: ReceivedRequest) -> ServerResponse:
        if seen.target.endswith("/history"):
            return ServerResponse(status=301, headers=(("location", "/rest.php/v1/page/X/history?a=b"),), body=b"")
        return answering({"revisions": [], "latest": ""})

    home.answer = answer
    async with site_at(home, auth=OAuth2Token(token=WRONG)) as opened:
        assert await opened.rest.history("x").collect() == []
    assert home.header_values("authorization") == [f"Bearer {WRONG}"] * 2


async def test_s2_h3_a_link_to_another_server_is_requested_from_the_own_server(
    home: RecordingServer, foreign: RecordingServer
) -> None:
    revision = {"id": 1, "timestamp": "2026-11-21T12:00:00Z", "minor": False, "size": 1, "comment": "", "delta": None}
    older = {"older": f"{foreign.url}/rest.php/v1/page/X/history?older_than=5"}

    def answer(seen: ReceivedRequest) -> ServerResponse:
        return answering({"revisions": [revision | {"user": {"name": "A"}}], **({} if "?" in seen.target else older)})

    home.answer = answer
    for options in ({"auth": OAuth2Token(token=WRONG)}, stored(home)):
        async with site_at(home, **options) as opened:
            assert len(await opened.rest.history("X").collect()) == 2
    assert (foreign.text().strip(), home.requests[1].target) == ("", "/rest.php/v1/page/X/history?older_than=5")
    assert (len(home.header_values("authorization")), len(home.header_values("cookie"))) == (2, 2)


async def test_s2_a_token_url_gets_the_client_secret_and_no_other_credentials(home: RecordingServer) -> None:
    """Even on the same machine. The wiki does not get the client secret. A cookie of the token URL is not kept."""
    home.answer = evolve(
        answering({"query": {}}), headers=(*ServerResponse().headers, ("set-cookie", "ours=1; path=/"))
    )
    given = {"access_token": "given", "expires_in": 3600}
    token_server = RecordingServer(
        evolve(answering(given), headers=(*ServerResponse().headers, ("set-cookie", "theirs=1; path=/")))
    )
    http, clock = HttpOptions(headers=(("X-Own", "own"),)), ScriptedClock()
    async with (
        token_server,
        site_at(home, auth=evolve(CLIENT, token_url=f"{token_server.url}/token"), http=http, clock=clock) as opened,
    ):
        for _ in range(2):
            await opened.call("query")
            clock.pass_by(3600)
    assert [seen.params["client_secret"] for seen in token_server.requests] == [WRONG] * 2
    assert {name for seen in token_server.requests for name, _ in seen.headers} & {
        "authorization",
        "cookie",
        "x-own",
    } == set()
    assert (WRONG in home.text(), home.header_values("cookie")) == (False, ["ours=1"])
    assert (home.header_values("authorization"), home.header_values("x-own")) == (["Bearer given"] * 2, ["own"] * 2)


async def test_s2_a_token_url_cannot_redirect_the_client_secret(
    home: RecordingServer, foreign: RecordingServer
) -> None:
    home.answer = lambda seen: ServerResponse(status=307, headers=(("location", foreign.url + seen.target),), body=b"")
    for auth in (evolve(CLIENT, token_url=f"{home.url}/v1/token"), CLIENT):
        with pytest.raises(MediaWikiError):
            async with site_at(home, auth=auth):
                pytest.fail("the login succeeded")
    assert (foreign.text().strip(), WRONG in home.text()) == ("", True)


async def test_s2_a_sibling_gets_no_credentials_of_the_first_site(
    home: RecordingServer, foreign: RecordingServer
) -> None:
    for options in ({"auth": OAuth2Token(token=WRONG)}, {"auth": SIGNER}, {"http": BASIC}, stored(home)):
        async with site_at(home, **options) as opened, opened.sibling(f"{foreign.url}/api.php") as sibling:
            for visited in (opened, sibling):
                await visited.call("query")
                await visited.call("parse", page="x")
    assert (WRONG in home.text(), WRONG in foreign.text(), len(foreign.requests)) == (True, False, 8)
    assert "assert" not in foreign.text()


# S3 ------------------------------------------------------------------------------------------------------------------

FAR = "http://wiki.example.org/api.php"
NEAR = "https://wiki.example.org/api.php"
STATE = LoginState(wiki=FAR, account="R", logged_in=True, cookies=[], tokens={})
CREDENTIALS: list[dict[str, Any]] = [
    {"auth": ROBOT},
    {"auth": ClientLogin(username="Owner", password=WRONG)},
    {"auth": OAuth2Token(token=WRONG)},
    {"auth": CLIENT},
    {"auth": SIGNER},
    {"login_state": STATE},
    {"http": BASIC},
    {"http": HttpOptions(headers=(("cookie", WRONG),))},
]


@pytest.mark.parametrize("options", CREDENTIALS)
async def test_s3_credentials_do_not_go_over_plain_http_unless_that_is_allowed(options: dict[str, Any]) -> None:
    for api_url, rest_url in ((FAR, None), (NEAR, FAR.replace("api", "rest"))):
        with pytest.raises(ValueError, match="is plain http") as caught:
            Site(api_url, rest_url=rest_url, user_agent=USER_AGENT, **options)
        assert WRONG not in str(caught.value)
        allowed = evolve(options.get("http", HttpOptions()), plain_http=True)
        Site(api_url, rest_url=rest_url, user_agent=USER_AGENT, **{**options, "http": allowed})
    Site(NEAR, user_agent=USER_AGENT, **options)
    Site("http://127.0.0.2/api.php", user_agent=USER_AGENT, **options)


async def test_s3_credentials_of_a_later_login_or_of_a_sibling_are_checked_too() -> None:
    transport = ScriptedTransport()
    async with Site(FAR, user_agent=USER_AGENT, transport=transport) as opened:
        for options in CREDENTIALS[:5]:
            with pytest.raises(ValueError, match="is plain http"):
                await opened.login(options["auth"])
    async with Site(NEAR, user_agent=USER_AGENT, transport=transport, auth=OAuth2Token(token=WRONG)) as opened:
        with pytest.raises(ValueError, match="is plain http"):
            opened.sibling(FAR, share_oauth=True)
        with pytest.raises(ValueError, match="is plain http"):
            opened.sibling(FAR, auth=ROBOT)
        opened.sibling(FAR)
        by_http = evolve(CLIENT, token_url="http://meta.example.org/w/rest.php/oauth2/access_token")
        with pytest.raises(ValueError, match=r"'http://meta\.example.*is plain http"):
            await opened.login(by_http)
        with pytest.raises(ValueError, match="is plain http"):
            Site(NEAR, user_agent=USER_AGENT, auth=by_http)
        Site(NEAR, user_agent=USER_AGENT, auth=by_http, http=HttpOptions(plain_http=True))
    assert transport.requests == []


async def test_s1_a_session_that_cannot_be_begun_shows_no_header_in_its_traceback() -> None:
    """Scripted, because the login must be refused after it was accepted once."""
    header = "ab" * 16
    wiki, http = ScriptedLoginWiki(), HttpOptions(headers=(("Authorization", f"Basic {header}"),))
    wiki.password = WRONG
    async with Site(NEAR, user_agent=USER_AGENT, transport=wiki, http=http, auth=ROBOT) as opened:
        wiki.password = "another"
        with pytest.raises(LoginFailed) as caught:
            await opened._session.start_session()
    shown = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    assert not [frame for frame in shown.stack if "mwclient_async/" in frame.filename and header in str(frame.locals)]
