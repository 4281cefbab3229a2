"""Every way to log in, to stay logged in and to log out, on real wikis."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from attrs import evolve

from mwclient_async import (
    BotPassword,
    ClientLogin,
    HttpOptions,
    LoginQuestion,
    OAuth2ClientCredentials,
    OAuth2Token,
    Site,
)
from mwclient_async._http.messages import HttpRequest, HttpResponse
from mwclient_async.errors import AuthorizationRefused, LoginFailed, LoginThrottled
from mwclient_async.models.events import LoggedIn, LoggedOut, RequestFinished, TokensFetched
from mwclient_async.testing import LocalWiki, WikiFactory
from mwclient_async.testing.scripted import ScriptedClock, ScriptedTransport
from tests.conftest import USER_AGENT
from tests.support import guarded_wiki as guarded
from tests.support.logins import (
    TOKEN,
    EventLog,
    RecordingTransport,
    asserted_user,
    bot,
    editors,
    fresh,
    password,
    site,
    whoami,
)
from tests.support.oauth_wiki import TokenDesk
from tests.support.totp import Authenticator

WRONG = "0" * 32  # looks like a bot password, so that it is not tried as the account's own, too
ANONYMOUS = "127.0.0.1"


@pytest.fixture(scope="module")
def wiki(mediawiki_factory: WikiFactory, mediawiki_version: str) -> LocalWiki:
    return guarded.guarded_wiki(mediawiki_factory, mediawiki_version)


@pytest.fixture(scope="module")
def robot(wiki: LocalWiki) -> BotPassword:
    return bot(wiki, "Robot")


@pytest.fixture(scope="module")
def other(wiki: LocalWiki) -> BotPassword:
    return bot(wiki, "Other robot")


@pytest.fixture(scope="module")
def owner(wiki: LocalWiki) -> ClientLogin:
    return ClientLogin(username="Owner", password=password(wiki, "Owner"))


@pytest.fixture(scope="module")
def careful(wiki: LocalWiki) -> tuple[str, Authenticator]:
    return password(wiki, "Careful robot"), guarded.require_second_factor(wiki, "Careful robot")


@pytest.fixture(scope="module")
def desk(wiki: LocalWiki, owner: ClientLogin) -> TokenDesk:
    return TokenDesk(wiki)


class Person:
    """Answers the wiki's questions in order; ``asked`` are the questions."""

    def __init__(self, *answers: Mapping[str, str]) -> None:
        self._answers = list(answers)
        self.asked: list[LoginQuestion] = []

    async def __call__(self, question: LoginQuestion) -> Mapping[str, str]:
        self.asked.append(question)
        return self._answers.pop(0)


class Altered(RecordingTransport):
    """Replaces some bytes in every response. Fails if a test sends too many requests."""

    def __init__(self, old: bytes, new: bytes) -> None:
        super().__init__()
        self._old, self._new = old, new

    async def send(self, request: HttpRequest) -> HttpResponse:
        assert len(self.requests) < 20, "too many requests"
        response = await super().send(request)
        return evolve(response, body=response.body.replace(self._old, self._new))


class TokenFunction:
    """Returns a new access token at each call, or always the same one."""

    def __init__(self, desk: TokenDesk, *, token: str = "") -> None:
        self._desk = desk
        self._token = token
        self.times = 0

    async def __call__(self) -> str:
        self.times += 1
        return self._token or self._desk.issue("Owner")


# Ways to log in ------------------------------------------------------------------------------------------------------


@pytest.mark.everywhere
@pytest.mark.parametrize("way", ["bot password", "password", "token", "function", "client"])
async def test_w4_after_each_way_to_log_in_both_apis_read_and_write_as_the_account(
    wiki: LocalWiki, robot: BotPassword, owner: ClientLogin, desk: TokenDesk, way: str
) -> None:
    client = desk.register("Owner")
    auth, name, by_name = {
        "bot password": (robot, "Robot", "Robot"),
        "password": (owner, "Owner", "Owner"),
        "token": (OAuth2Token(token=desk.issue("Owner")), "Owner", ""),
        "function": (OAuth2Token(token=TokenFunction(desk)), "Owner", ""),
        "client": (OAuth2ClientCredentials(client_id=client.id, client_secret=client.secret), "Owner", ""),
    }[way]
    transport, events, titles = RecordingTransport(), EventLog(), (fresh("Action"), fresh("Rest"))
    async with site(wiki, auth=auth, transport=transport, on_event=events.append) as opened:
        of_login = len(transport.requests)
        assert await whoami(opened) == name
        await opened.call("edit", title=titles[0], text="x")
        page = await opened.rest.create_page(titles[1], source="x")
        await opened.rest.update_page(titles[1], source="y", latest=page.latest.id)
        assert await editors(opened, *titles) == {name}
    assert {asserted_user(request) for request in transport.requests[:of_login]} <= {""}
    actions = [request for request in transport.requests[of_login:] if "/rest.php" not in request.url]
    assert {asserted_user(request) for request in actions} == {by_name or "user"}
    bodies = [request.body for request in transport.requests if "/v1/page" in request.url]
    assert [b'"token":' in body for body in bodies if isinstance(body, bytes)] == [bool(by_name)] * 2
    assert events.of(LoggedIn) == [LoggedIn(account=by_name, login_generation=1)]


@pytest.mark.everywhere
async def test_a_header_of_http_options_is_a_way_to_log_in(wiki: LocalWiki, desk: TokenDesk) -> None:
    headers = (("Authorization", f"Bearer {desk.issue('Owner')}"),)
    titles = fresh("Header"), fresh("Header by REST")
    async with site(wiki, http=HttpOptions(headers=headers)) as opened:
        assert await whoami(opened) == "Owner"
        await opened.call("edit", title=titles[0], text="x")
        await opened.rest.create_page(titles[1], source="x")
        assert await editors(opened, *titles) == {"Owner"}


async def test_a_cookie_of_http_options_is_sent_beside_those_of_the_wiki(wiki: LocalWiki, robot: BotPassword) -> None:
    transport = RecordingTransport()
    async with site(
        wiki, auth=robot, http=HttpOptions(headers=(("Cookie", "proxy=open"),)), transport=transport
    ) as opened:
        assert await whoami(opened) == "Robot"
    assert all("proxy=open" in request.headers["cookie"].split("; ") for request in transport.requests)


async def test_a_second_login_changes_the_account(wiki: LocalWiki, robot: BotPassword, other: BotPassword) -> None:
    """With the cookies of a bot password's session, the wiki would refuse the second login."""
    title = fresh("Second")
    async with site(wiki, auth=robot) as opened:
        await opened.call("edit", title=fresh("First"), text="x")
        for auth, name in ((other, "Other robot"), (other, "Other robot"), (robot, "Robot"), (other, "Other robot")):
            await opened.login(auth)
            assert await whoami(opened) == name
        guarded.lose_sessions(wiki)
        await opened.call("edit", title=title, text="x")
        assert await editors(opened, title) == {"Other robot"}


# Passwords -----------------------------------------------------------------------------------------------------------


async def test_a_throttled_login_says_how_long_to_wait_and_is_not_retried(wiki: LocalWiki) -> None:
    await wiki.create_user("Hasty robot")
    auth, events = BotPassword(name="Hasty robot@tests", password=WRONG), EventLog()
    await wiki.create_bot_password("Hasty robot")
    async with site(wiki, on_event=events.append) as opened:
        for _ in range(guarded.ATTEMPTS):
            with pytest.raises(LoginFailed):
                await opened.login(auth)
        with pytest.raises(LoginThrottled, match="wait that long") as caught:
            await opened.login(auth)
        assert (caught.value.code, caught.value.wait) == ("login-throttled", 300)
        assert events.requests("action=login") == guarded.ATTEMPTS + 1
        assert await whoami(opened) == ANONYMOUS


async def test_a_wrong_password_fails_without_a_retry(wiki: LocalWiki, owner: ClientLogin) -> None:
    events = EventLog()
    for auth in (BotPassword(name="Robot@tests", password=WRONG), ClientLogin(username="Owner", password="wrong")):
        with pytest.raises(LoginFailed, match="could not log in: Incorrect") as caught:
            async with site(wiki, auth=auth, on_event=events.append):
                pytest.fail("the login succeeded")
        assert caught.value.code == "wrongpassword"
    assert (events.requests("action=login"), events.requests("action=clientlogin"), events.of(LoggedIn)) == (1, 1, [])


async def test_a_login_that_fails_keeps_the_account_before(
    wiki: LocalWiki, desk: TokenDesk, other: BotPassword
) -> None:
    for auth, name in ((other, "Other robot"), (OAuth2Token(token=desk.issue("Owner")), "Owner")):
        async with site(wiki, auth=auth) as opened:
            with pytest.raises(LoginFailed, match="could not log in"):
                await opened.login(BotPassword(name="Unknown@tests", password=WRONG))
            assert await whoami(opened) == name


@pytest.mark.everywhere
async def test_a_second_factor_is_asked_for_until_it_is_right(
    wiki: LocalWiki, careful: tuple[str, Authenticator]
) -> None:
    word, codes = careful
    code = codes.code()
    person = Person({"OATHToken": f"{(int(code) + 500_000) % 1_000_000:06}"}, {"OATHToken": code})
    async with site(wiki, auth=ClientLogin(username="Careful robot", password=word, answer=person)) as opened:
        assert await whoami(opened) == "Careful robot"
    first, second = person.asked
    assert (first.status, [(item.name, bool(item.label)) for item in first.fields]) == ("UI", [("OATHToken", True)])
    assert (first.code, second.code) == ("oathauth-auth-ui", "oathauth-login-failed")


async def test_a_question_without_an_answer_function_is_a_failed_login(
    wiki: LocalWiki, careful: tuple[str, Authenticator]
) -> None:
    auth = ClientLogin(username="Careful robot", password=careful[0])
    with pytest.raises(LoginFailed, match=r"asks for more \(OATHToken: .*answer=") as caught:
        async with site(wiki, auth=auth):
            pytest.fail("the login succeeded")
    assert caught.value.code == "login-question"


async def test_a_throttled_second_factor_is_not_asked_for_again() -> None:
    """The wiki reports it in the form of another question."""
    asked = [{"fields": {"OATHToken": {"type": "string"}}}]
    ui = {"status": "UI", "requests": asked, "message": "Enter it", "messagecode": "oathauth-auth-ui"}
    late = {
        **ui,
        "message": "Too many verification attempts! Please wait 1 minute.",
        "messagecode": "oathauth-throttled",
    }
    tokens = {"query": {"tokens": {"logintoken": TOKEN}}}
    transport, person = (
        ScriptedTransport([tokens, {"clientlogin": ui}, {"clientlogin": late}]),
        Person({"OATHToken": "1"}),
    )
    auth = ClientLogin(username="Careful robot", password="x", answer=person)
    with pytest.raises(LoginThrottled, match="Too many verification attempts") as caught:
        async with Site("https://wiki.example.org/api.php", user_agent=USER_AGENT, transport=transport, auth=auth):
            pytest.fail("the login succeeded")
    assert (caught.value.wait, len(person.asked)) == (60, 1)


# OAuth ---------------------------------------------------------------------------------------------------------------


@pytest.mark.everywhere
async def test_a_token_function_is_called_again_after_a_refusal(wiki: LocalWiki, desk: TokenDesk) -> None:
    token_function, titles = TokenFunction(desk), (fresh("By Action API"), fresh("By REST"))
    async with site(wiki, auth=OAuth2Token(token=token_function)) as opened:
        await opened.call("edit", title=titles[0], text="x")
        desk.expire_all()
        await opened.call("edit", title=titles[0], text="y")
        page = await opened.rest.create_page(titles[1], source="x")
        desk.expire_all()
        await opened.rest.update_page(titles[1], source="y", latest=page.latest.id)
        assert (token_function.times, await editors(opened, *titles)) == (3, {"Owner"})


async def test_a_token_that_is_refused_again_raises(wiki: LocalWiki, desk: TokenDesk) -> None:
    title = fresh("Refused")
    for token_function, times in ((TokenFunction(desk, token=desk.issue("Owner")), 2), (None, 1)):
        events, token = EventLog(), desk.issue("Owner")
        async with site(wiki, auth=OAuth2Token(token=token_function or token), on_event=events.append) as opened:
            page = await opened.rest.create_page(fresh("Accepted"), source="x")
            desk.expire_all()
            events.clear()
            with pytest.raises(AuthorizationRefused, match="get a new OAuth token"):
                await opened.call("edit", title=title, text="x")
            assert len(events.of(RequestFinished)) == times
            with pytest.raises(AuthorizationRefused, match="get a new OAuth token"):
                await opened.rest.update_page(page.title, source="y", latest=page.latest.id)
    async with site(wiki) as opened:
        assert await editors(opened, title) == {""}


async def test_a_client_renews_its_token_before_it_expires_and_after_a_refusal(
    wiki: LocalWiki, desk: TokenDesk
) -> None:
    client, clock, events = desk.register("Owner", lifetime=3600), ScriptedClock(), EventLog()
    auth = OAuth2ClientCredentials(client_id=client.id, client_secret=client.secret)
    async with site(wiki, auth=auth, clock=clock, on_event=events.append) as opened:
        for passed, issued in ((0.0, 1), (3500.0, 1), (50.0, 2), (3500.0, 2)):
            clock.pass_by(passed)
            assert (await whoami(opened), desk.issued(client)) == ("Owner", issued)
        assert events.requests("action=query") == 4  # no request was refused: the token was renewed before
        desk.expire_all()
        assert (await whoami(opened), desk.issued(client)) == ("Owner", 3)
    assert not any(request.authorized for request in desk.requests if request.client_id == client.id)


@pytest.mark.parametrize("lifetime", [30, 0])
async def test_a_token_with_a_short_lifetime_is_renewed_once_at_a_time(
    wiki: LocalWiki, desk: TokenDesk, lifetime: int
) -> None:
    client, clock = desk.register("Owner"), ScriptedClock()
    auth = OAuth2ClientCredentials(client_id=client.id, client_secret=client.secret)
    async with site(wiki, auth=auth, clock=clock, transport=Altered(b":3600", b":%d" % lifetime)) as opened:
        assert (await whoami(opened), desk.issued(client)) == ("Owner", 1)
        clock.pass_by(29)
        assert (await whoami(opened), desk.issued(client)) == ("Owner", 2)


async def test_a_client_with_a_wrong_secret_cannot_log_in(wiki: LocalWiki, desk: TokenDesk) -> None:
    client = desk.register("Owner")
    before = len(desk.requests)
    with pytest.raises(LoginFailed, match=f"{client.id}.*given no access token: Client auth") as caught:
        async with site(wiki, auth=OAuth2ClientCredentials(client_id=client.id, client_secret=WRONG)):
            pytest.fail("the login succeeded")
    assert (caught.value.code, len(desk.requests) - before) == ("invalid_client", 1)


# Logging out ---------------------------------------------------------------------------------------------------------


async def test_after_a_logout_requests_are_anonymous(
    wiki: LocalWiki, robot: BotPassword, owner: ClientLogin, desk: TokenDesk
) -> None:
    for auth, logouts in ((robot, 1), (owner, 1), (OAuth2Token(token=desk.issue("Owner")), 0)):
        title, events = fresh("Left"), EventLog()
        async with site(wiki, auth=auth, on_event=events.append) as opened:
            await opened.call("edit", title=fresh("Before"), text="x")
            await opened.logout()
            assert await whoami(opened) == ANONYMOUS
            await opened.call("edit", title=title, text="x")
            assert await editors(opened, title) == {ANONYMOUS}
        assert (events.of(LoggedOut), events.requests("action=logout")) == ([LoggedOut()], logouts)


async def test_a_lost_session_can_be_logged_out(wiki: LocalWiki, robot: BotPassword) -> None:
    async with site(wiki, auth=robot) as opened:
        guarded.lose_sessions(wiki)
        await opened.logout()
        assert await whoami(opened) == ANONYMOUS


# Cookies -------------------------------------------------------------------------------------------------------------


async def test_the_cookies_that_edits_set_are_dropped(wiki: LocalWiki, robot: BotPassword) -> None:
    """Only some ways to edit set them. Here, every response does."""
    transport = SettingCookies()
    async with site(wiki, auth=robot, transport=transport) as opened:
        for _ in range(2):
            await opened.call("edit", title=fresh("Edited"), text="x")
        state = opened.login_state().to_text()
    cookie = transport.requests[-1].headers["cookie"]
    assert ("kept" in cookie, "BPsession" in cookie, "PostEdit" in cookie, "PostEdit" in state) == (
        True,
        True,
        False,
        False,
    )


class SettingCookies(RecordingTransport):
    """Adds two cookies to each response: that of an edit, and another."""

    async def send(self, request: HttpRequest) -> HttpResponse:
        response = await super().send(request)
        marks = (("set-cookie", "mwPostEditRevision12=saved; path=/"), ("set-cookie", "kept=1; path=/"))
        return evolve(response, headers=(*response.headers, *marks))


async def test_anonymous_edits_are_all_of_one_temporary_account(mediawiki_factory: WikiFactory) -> None:
    wiki = guarded.guarded_wiki(mediawiki_factory, "1.43")
    titles, events = [fresh("Temporary") for _ in range(3)], EventLog()
    async with site(wiki, on_event=events.append) as opened:
        await opened.call("edit", title=titles[0], text="x")
        await opened.call("edit", title=titles[1], text="x")
        assert (events.requests("action=edit"), len(events.of(TokensFetched))) == (
            2,
            2,
        )  # the first token is not valid for the new account
        await opened.rest.create_page(titles[2], source="x")
        (name,) = await editors(opened, *titles)
        assert (name[0], await whoami(opened)) == ("~", name)
    async with site(wiki) as opened:
        page = await opened.rest.create_page(fresh("Temporary by REST"), source="x")
        await opened.rest.update_page(page.title, source="y", latest=page.latest.id)
        (revision, first) = await opened.rest.history(page.title).collect()
        assert revision.user == first.user
