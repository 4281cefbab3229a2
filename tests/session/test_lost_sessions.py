"""W3 and W4: sessions and tokens that a wiki no longer knows, and logins that are stored."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing, nullcontext
from typing import Any

import anyio
import pytest
from attrs import evolve

from mwclient_async import BotPassword, ClientLogin, Limits, LoginState, OAuth2Token, RetryPolicy, Site
from mwclient_async._http.messages import ApiRequest, HttpRequest, HttpResponse
from mwclient_async.errors import AssertFailed, BadToken, HttpError, LoginFailed, LoginThrottled, PermissionDenied
from mwclient_async.models.events import LoggedIn, LoggedOut, TokensFetched
from mwclient_async.testing import LocalWiki, WikiFactory
from mwclient_async.testing.scripted import ScriptedClock, json_response
from tests.conftest import USER_AGENT
from tests.support import guarded_wiki as guarded
from tests.support.logins import (
    TOKEN,
    EventLog,
    RecordingTransport,
    ScriptedLoginWiki,
    bot,
    editors,
    fresh,
    password,
    run_concurrently,
    site,
    whoami,
)
from tests.support.oauth_wiki import TokenDesk

API = "https://wiki.example.org/w/api.php"
ROBOT = BotPassword(name="Robot@tests", password="right")
REST_WRITE = ApiRequest(path="/v1/page", json={"title": "X"}, method="POST", token="csrf", write=True)


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
def desk(wiki: LocalWiki, owner: ClientLogin) -> TokenDesk:
    return TokenDesk(wiki)


@pytest.fixture(scope="module")
def owner(wiki: LocalWiki) -> ClientLogin:
    return ClientLogin(username="Owner", password=password(wiki, "Owner"))


# On real wikis -------------------------------------------------------------------------------------------------------


async def test_w3_fifty_edits_with_a_refused_token_cost_one_token_request(wiki: LocalWiki, robot: BotPassword) -> None:
    titles, events = [fresh("Refused") for _ in range(50)], EventLog()
    async with site(wiki, auth=robot, on_event=events.append) as opened:
        await opened.call("edit", title=fresh("Before"), text="x")
        guarded.refuse_tokens(wiki)
        events.clear()
        assert await run_concurrently(lambda n: opened.call("edit", title=titles[n], text="x")) == []
        (fetched,) = events.of(TokensFetched)
        assert {"csrf", "patrol", "rollback", "userrights", "watch"} <= set(fetched.kinds)
        assert (events.requests("action=query"), events.of(LoggedIn)) == (1, [])
        assert events.requests("action=edit") > 50  # some were refused
        assert await editors(opened, *titles) == {"Robot"}


@pytest.mark.everywhere
async def test_w4_fifty_edits_with_a_lost_session_cost_one_login(wiki: LocalWiki, robot: BotPassword) -> None:
    titles, events = [fresh("Lost") for _ in range(50)], EventLog()
    async with site(wiki, auth=robot, on_event=events.append) as opened:
        await opened.call("edit", title=fresh("Before"), text="x")
        guarded.lose_sessions(wiki)
        events.clear()
        assert await run_concurrently(lambda n: opened.call("edit", title=titles[n], text="x")) == []
        assert events.of(LoggedIn) == [LoggedIn(account="Robot", login_generation=2)]
        assert (events.requests("action=login"), len(events.of(TokensFetched))) == (1, 1)
        assert events.requests("action=edit") <= 53  # those that waited for a slot were not sent with the lost session
        assert await editors(opened, *titles) == {"Robot"}


@pytest.mark.everywhere
@pytest.mark.parametrize("kind", ["bot password", "password"])
async def test_w4_after_a_session_is_lost_no_edit_is_made_as_an_ip(
    wiki: LocalWiki, robot: BotPassword, owner: ClientLogin, kind: str
) -> None:
    """The session and all tokens are lost between the read of the page and the write, by either API."""
    auth, name = (robot, "Robot") if kind == "bot password" else (owner, "Owner")
    titles, transport = [fresh(word) for word in ("Edited", "Created", "Called")], RecordingTransport()
    async with site(wiki, auth=auth, transport=transport) as opened:
        transport.before = Once(wiki, lambda request: "action=edit" in request.url)
        await opened.page(titles[0]).save("x", missing="create")
        transport.before = Once(wiki, lambda request: request.method == "POST" and "/v1/page" in request.url)
        page = await opened.rest.create_page(titles[1], source="x")
        transport.before = Once(wiki, lambda request: request.method == "PUT")
        await opened.rest.update_page(titles[1], source="y", latest=page.latest.id)
        transport.before = Once(wiki, lambda request: "action=edit" in request.url)
        await opened.call("edit", title=titles[2], text="x")
        for title, revisions in zip(titles, (1, 2, 1), strict=True):
            history = await opened.rest.history(title).collect()
            assert [revision.user and revision.user.name for revision in history] == [name] * revisions
        assert transport.before.done


class Once:
    """Makes the wiki lose all sessions and tokens when the first request of that kind comes."""

    def __init__(self, wiki: LocalWiki, kind: Callable[[HttpRequest], bool]) -> None:
        self._wiki = wiki
        self._kind = kind
        self.done = False

    def __call__(self, request: HttpRequest) -> None:
        if not self.done and self._kind(request):
            self.done = True
            guarded.lose_sessions(self._wiki)
            guarded.refuse_tokens(self._wiki)


async def test_w4_ten_tasks_that_lose_session_and_tokens_at_once_cost_one_login(
    wiki: LocalWiki, robot: BotPassword
) -> None:
    titles, events = [fresh("Both") for _ in range(10)], EventLog()
    async with site(wiki, auth=robot, on_event=events.append) as opened:
        await opened.call("edit", title=fresh("Before"), text="x")
        for _ in range(2):
            guarded.lose_sessions(wiki)
            guarded.refuse_tokens(wiki)
            errors = await run_concurrently(lambda n: opened.page(titles[n]).append("x", missing="create"), number=10)
            assert errors == []
        assert [event.login_generation for event in events.of(LoggedIn)] == [1, 2, 3]
        pages = await opened.pages(titles=titles, prop="revisions", rvprop="content|user", rvslots="main").collect()
        assert {(page.revisions[0].content, page.revisions[0].user) for page in pages} == {("xx", "Robot")}


async def test_w4_a_refused_login_is_tried_once_for_all_waiting_tasks(wiki: LocalWiki) -> None:
    """The bot password was revoked. Each task gets an error of its own."""
    await wiki.create_user("Dismissed robot")
    auth, events = await wiki.create_bot_password("Dismissed robot"), EventLog()
    async with site(wiki, auth=auth, on_event=events.append) as opened:
        with closing(guarded.database_of(wiki)) as database, database:
            database.execute("DELETE FROM bot_passwords WHERE bp_user = (SELECT max(user_id) FROM user)")
        guarded.lose_sessions(wiki)
        events.clear()
        errors = await run_concurrently(lambda _: opened.call("query", meta="userinfo"))
        assert ({type(error) for error in errors}, len({id(error) for error in errors})) == ({LoginFailed}, 50)
        assert (events.requests("action=login"), events.of(LoggedIn)) == (1, [])


# Stored logins -------------------------------------------------------------------------------------------------------


@pytest.mark.everywhere
async def test_a_stored_login_is_used_without_logging_in(wiki: LocalWiki, robot: BotPassword) -> None:
    events, title = EventLog(), fresh("Stored")
    async with site(wiki, auth=robot) as opened:
        await opened.call("edit", title=fresh("Before"), text="x")
        text = opened.login_state().to_text()
    assert robot.password not in text
    async with site(wiki, login_state=LoginState.parse(text), on_event=events.append) as opened:
        await opened.call("edit", title=title, text="x")
        assert await editors(opened, title) == {"Robot"}
    assert (events.requests("action=edit"), events.of(LoggedIn), events.of(TokensFetched)) == (1, [], [])


async def test_a_stored_login_that_is_lost_is_renewed_if_there_is_auth(wiki: LocalWiki, robot: BotPassword) -> None:
    async with site(wiki, auth=robot) as opened:
        await opened.call("edit", title=fresh("Before"), text="x")
        state = opened.login_state()
    guarded.lose_sessions(wiki)
    events, titles = EventLog(), (fresh("Renewed"), fresh("Not renewed"))
    async with site(wiki, login_state=state, auth=robot, on_event=events.append) as opened:
        await opened.call("edit", title=titles[0], text="x")
        assert await editors(opened, titles[0]) == {"Robot"}
    assert len(events.of(LoggedIn)) == 1
    async with site(wiki, login_state=state) as opened:
        with pytest.raises(AssertFailed):
            await opened.call("edit", title=titles[1], text="x")
    async with site(wiki) as opened:
        assert await editors(opened, titles[1]) == {""}


async def test_w4_a_stored_anonymous_session_does_not_replace_the_login_of_a_site_with_auth(
    wiki: LocalWiki, robot: BotPassword, desk: TokenDesk
) -> None:
    token = OAuth2Token(token=desk.issue("Owner"))
    for stored_by, auth, name in ((None, robot, "Robot"), (token, token, "Owner"), (None, token, "Owner")):
        async with site(wiki, auth=stored_by) as opened:
            await opened.call("query", meta="tokens")
            state = opened.login_state()
        assert not state.logged_in
        title = fresh("Stored by an anonymous user")
        async with site(wiki, auth=auth, login_state=state) as opened:
            await opened.call("edit", title=title, text="x")
            assert await editors(opened, title) == {name}


async def test_a_stored_login_of_another_wiki_or_account_is_refused(
    wiki: LocalWiki, robot: BotPassword, other: BotPassword, owner: ClientLogin
) -> None:
    async with site(wiki, auth=other) as opened:
        state = opened.login_state()
    for auth in (robot, owner):
        with pytest.raises(ValueError, match="'Other robot'"):
            async with site(wiki, auth=auth, login_state=state):
                pytest.fail("the state was accepted")
    with pytest.raises(ValueError, match=r"is of 'http://127\.0\.0\.2/api\.php'"):
        async with site(wiki, login_state=evolve(state, wiki="http://127.0.0.2/api.php")):
            pytest.fail("the state was accepted")
    same = BotPassword(name="other_robot@tests", password=other.password)  # as the wiki reads names
    async with site(wiki, auth=same, login_state=state) as opened:
        assert await whoami(opened) == "Other robot"


@pytest.mark.parametrize("cookie", [{"name": "no more"}, {}, "text", 5])
def test_a_stored_login_that_was_tampered_with_is_refused(cookie: Any) -> None:
    with pytest.raises(ValueError, match="this LoginState holds a damaged cookie"):
        LoginState(wiki=API, account="", logged_in=True, cookies=[cookie], tokens={})


# With a scripted wiki ------------------------------------------------------------------------------------------------


@asynccontextmanager
async def visiting(
    scripted_wiki: ScriptedLoginWiki, *, clock: ScriptedClock | None = None, **options: Any
) -> AsyncIterator[Site]:
    clock = clock or ScriptedClock()
    async with Site(API, user_agent=USER_AGENT, auth=ROBOT, transport=scripted_wiki, clock=clock, **options) as opened:
        await opened.call("edit")
        scripted_wiki.come.clear()
        yield opened


async def test_w4_a_new_login_waits_for_the_requests_in_flight() -> None:
    """Their responses could bring cookies of the old session."""
    scripted_wiki = ScriptedLoginWiki()
    async with visiting(scripted_wiki) as opened, anyio.create_task_group() as tasks:
        scripted_wiki.hold("parse")
        tasks.start_soon(opened.call, "parse")
        await anyio.wait_all_tasks_blocked()
        scripted_wiki.lose_session()
        tasks.start_soon(opened.call, "edit")
        await anyio.wait_all_tasks_blocked()
        assert scripted_wiki.come == {"parse": 1, "edit": 1}
        scripted_wiki.release("parse")
    assert scripted_wiki.come == {"parse": 2, "edit": 2, "login": 2, "*": 1}


async def test_w4_requests_that_wait_for_a_slot_are_not_sent_with_a_lost_session() -> None:
    scripted_wiki = ScriptedLoginWiki()
    async with visiting(scripted_wiki) as opened:
        scripted_wiki.lose_session()
        assert await run_concurrently(lambda _: opened.call("query", meta="userinfo")) == []
    assert (scripted_wiki.come["query"], scripted_wiki.come["login"]) == (53, 2)


async def test_w3_requests_that_wait_for_a_slot_are_not_sent_with_a_refused_token() -> None:
    scripted_wiki = ScriptedLoginWiki()
    async with visiting(scripted_wiki) as opened:
        scripted_wiki.refuse_tokens()
        assert await run_concurrently(lambda _: opened.call("edit")) == []
    assert (scripted_wiki.come["edit"], scripted_wiki.come["*"]) == (53, 1)


async def test_w3_a_refusal_of_an_older_token_costs_no_token_request() -> None:
    scripted_wiki = ScriptedLoginWiki()
    async with visiting(scripted_wiki) as opened, anyio.create_task_group() as tasks:
        scripted_wiki.hold("Slow")
        tasks.start_soon(lambda: opened.call("edit", title="Slow"))
        await anyio.wait_all_tasks_blocked()
        scripted_wiki.refuse_tokens()
        await opened.call("edit", title="Quick")
        scripted_wiki.release("Slow")
    assert scripted_wiki.come == {"edit": 4, "*": 1}


async def test_w3_a_fresh_token_that_is_refused_is_fetched_again_when_no_other_request_is_in_flight() -> None:
    scripted_wiki = ScriptedLoginWiki()
    async with visiting(scripted_wiki) as opened, anyio.create_task_group() as tasks:
        scripted_wiki.hold("query")
        tasks.start_soon(lambda: opened.call("query", meta="userinfo"))
        await anyio.wait_all_tasks_blocked()
        scripted_wiki.refused_edits = 2
        tasks.start_soon(opened.call, "edit")
        await anyio.wait_all_tasks_blocked()
        assert scripted_wiki.come == {"edit": 2, "*": 1, "query": 1}
        scripted_wiki.release("query")
    assert scripted_wiki.come == {"edit": 3, "*": 2, "query": 1}


@pytest.mark.parametrize(("refused_edits", "logins"), [(2, 0), (3, 1), (4, 1)])
async def test_w3_fresh_tokens_that_are_refused_make_a_new_session_once(refused_edits: int, logins: int) -> None:
    scripted_wiki, events = ScriptedLoginWiki(), EventLog()
    async with visiting(scripted_wiki, on_event=events.append) as opened:
        events.clear()
        scripted_wiki.refused_edits = refused_edits
        with nullcontext() if refused_edits < 4 else pytest.raises(BadToken):
            await opened.call("edit")
    assert (len(events.of(LoggedIn)), scripted_wiki.come["edit"]) == (logins, min(4, refused_edits + 1))


async def test_w4_if_rest_refuses_a_read_the_action_api_is_asked_whether_the_login_is_lost() -> None:
    """The REST API does not report a lost login."""
    scripted_wiki = ScriptedLoginWiki()
    path = "https://wiki.example.org/w/rest.php/v1/page/X/history"
    scripted_wiki.answers[path] = json_response({"errorKey": "rest-read-denied"}, status=403)
    async with visiting(scripted_wiki) as opened:
        scripted_wiki.lose_session()
        with pytest.raises(PermissionDenied):
            await opened.rest.history("X").collect()
    assert (scripted_wiki.come["query"], scripted_wiki.come["login"], scripted_wiki.come[path]) == (2, 2, 2)


@pytest.mark.parametrize(("result", "sent"), [("valid", 1), ("invalid", 4)])
async def test_w3_a_write_that_rest_refuses_is_sent_again_only_if_its_token_is_void(result: str, sent: int) -> None:
    """MediaWiki 1.39 refuses a token and an account with the same words."""
    scripted_wiki = ScriptedLoginWiki()
    path = "https://wiki.example.org/w/rest.php/v1/page"
    scripted_wiki.answers[path] = json_response({"httpCode": 403, "httpReason": "Forbidden"}, status=403)
    scripted_wiki.answers["csrf"] = {"checktoken": {"result": result}}
    async with visiting(scripted_wiki) as opened:
        with pytest.raises(PermissionDenied):
            await opened._session.send(REST_WRITE)
    assert (scripted_wiki.come[path], scripted_wiki.come["csrf"]) == (sent, sent)


async def test_w4_a_request_that_fails_after_another_task_has_logged_in_needs_no_login() -> None:
    scripted_wiki, events = ScriptedLoginWiki(), EventLog()
    async with visiting(scripted_wiki, on_event=events.append) as opened, anyio.create_task_group() as tasks:
        scripted_wiki.hold("edit")
        tasks.start_soon(opened.call, "edit")
        await anyio.wait_all_tasks_blocked()
        scripted_wiki.lose_session()
        tasks.start_soon(opened.login, ROBOT)
        await anyio.wait_all_tasks_blocked()
        scripted_wiki.release("edit")
    assert ([event.login_generation for event in events.of(LoggedIn)], scripted_wiki.come["edit"]) == ([1, 2], 2)


async def test_w4_a_refused_login_is_tried_once_by_fifty_tasks_and_again_after_a_pause() -> None:
    """Wikis count wrong passwords. An explicit login is possible during the pause."""
    scripted_wiki, clock = ScriptedLoginWiki(), ScriptedClock()
    async with visiting(scripted_wiki, clock=clock) as opened:
        scripted_wiki.lose_session()
        scripted_wiki.password = "another"
        errors = await run_concurrently(lambda _: opened.call("query", meta="userinfo"))
        assert ([type(error) for error in errors], len(set(map(id, errors)))) == ([LoginFailed] * 50, 50)
        assert (scripted_wiki.come["login"], scripted_wiki.come["query"]) == (
            2,
            3,
        )  # requests that had not been sent yet were not sent
        scripted_wiki.password = "right"
        with pytest.raises(LoginFailed, match="Incorrect"):
            await opened.call("edit")
        assert scripted_wiki.come["login"] == 2
        clock.pass_by(60)
        await opened.call("edit")
        assert scripted_wiki.come["login"] == 4


@pytest.mark.parametrize("asked", ["2 days", f"{'9' * 400} weeks"])
async def test_w4_a_throttled_login_is_tried_again_after_the_longest_pause(asked: str) -> None:
    wiki, clock = ScriptedLoginWiki(), ScriptedClock()
    throttled = {"code": "login-throttled", "text": f"Please wait {asked} before trying again."}
    policy = RetryPolicy(longest_pause=120)
    async with Site(API, user_agent=USER_AGENT, auth=ROBOT, transport=wiki, clock=clock, retry=policy) as site:
        wiki.lose_session()
        wiki.answers["login"] = {
            "query": {"tokens": {"logintoken": TOKEN}},
            "login": {"result": "Failed", "reason": throttled},
        }
        with pytest.raises(LoginThrottled):
            await site.call("query")
        del wiki.answers["login"]
        clock.pass_by(119)
        with pytest.raises(LoginThrottled):
            await site.call("query")
        clock.pass_by(1)
        await site.call("query")


async def test_w4_a_successful_explicit_login_ends_the_pause_after_a_refused_one() -> None:
    scripted_wiki = ScriptedLoginWiki()
    async with visiting(scripted_wiki) as opened:
        scripted_wiki.lose_session()
        scripted_wiki.password = "new"
        with pytest.raises(LoginFailed, match="Incorrect"):
            await opened.call("edit")
        await opened.login(BotPassword(name="Robot@tests", password="new"))
        scripted_wiki.lose_session()
        await opened.call("edit")


@pytest.mark.parametrize("how", ["another session", "another account", "cancelled"])
async def test_w4_a_login_that_fails_leaves_the_session_before_in_use(how: str) -> None:
    """Scripted, because the login must be refused after it was accepted once."""
    scripted_wiki, events = ScriptedLoginWiki(), EventLog()
    async with visiting(scripted_wiki, on_event=events.append) as opened:
        await opened.call("edit")
        scripted_wiki.password = "another"
        if how == "cancelled":
            scripted_wiki.hold("login")
            with anyio.move_on_after(0.01) as scope:
                await opened.login(ROBOT)
            assert scope.cancelled_caught
            scripted_wiki.release("login")
        else:
            with pytest.raises(LoginFailed, match="Incorrect"):
                await (opened._session.start_session() if how == "another session" else opened.login(ROBOT))
        await opened.call("edit")
    assert (scripted_wiki.come["edit"], len(events.of(TokensFetched)), len(events.of(LoggedIn))) == (2, 1, 1)


@pytest.mark.parametrize("moment", ["token", "logout", "other requests"])
async def test_w4_a_logout_that_is_cancelled_leaves_the_site_logged_out(moment: str) -> None:
    """Also if a response on its way brings a cookie of the old session."""
    scripted_wiki, events = ScriptedLoginWiki(), EventLog()
    async with visiting(scripted_wiki, on_event=events.append) as opened, anyio.create_task_group() as tasks:
        scripted_wiki.answers["logout"] = {}
        cookie = (("content-type", "application/json"), ("set-cookie", "wiki_session=0; path=/"))
        scripted_wiki.answers["parse"] = HttpResponse(status=200, url=API, headers=cookie, body=b"{}")
        scripted_wiki.hold("parse")
        tasks.start_soon(opened.call, "parse")
        if moment == "token":
            opened._session._auth_state.drop_tokens()
        held = {"token": "*", "logout": "logout"}.get(moment)
        if held is not None:
            scripted_wiki.hold(held)
        async with anyio.create_task_group() as logging_out:
            logging_out.start_soon(opened.logout)
            await anyio.wait_all_tasks_blocked()
            logging_out.cancel_scope.cancel()
        scripted_wiki.release("parse")
        await anyio.wait_all_tasks_blocked()
        assert (opened.login_state().cookies, opened.login_state().account) == ((), "")
        await opened.call("query", meta="siteinfo")  # asserts no account
    assert (scripted_wiki.come["login"], len(events.of(LoggedOut))) == (0, 1)


@pytest.mark.parametrize(("label", "requests"), [("login", 3), ("*", 2)])
async def test_w7_if_the_task_that_logs_in_or_fetches_tokens_is_cancelled_another_one_does_it(
    label: str, requests: int
) -> None:
    scripted_wiki, events = ScriptedLoginWiki(), EventLog()
    async with visiting(scripted_wiki, on_event=events.append) as opened:
        scripted_wiki.lose_session()
        scripted_wiki.hold(label)
        first = anyio.CancelScope()

        async def edit(scope: anyio.CancelScope) -> None:
            with scope:
                await opened.call("edit")

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(edit, first)
            await anyio.wait_all_tasks_blocked()
            for _ in range(5):
                tasks.start_soon(edit, anyio.CancelScope())
            await anyio.wait_all_tasks_blocked()
            first.cancel()
            await anyio.wait_all_tasks_blocked()
            scripted_wiki.release(label)
    assert first.cancelled_caught
    assert (len(events.of(LoggedIn)), scripted_wiki.come[label]) == (2, requests)


async def test_w3_tokens_that_a_login_has_invalidated_are_fetched_again() -> None:
    """The login comes between the response with the tokens and the tasks that wait for it."""
    scripted_wiki, events = ScriptedLoginWiki(), EventLog()
    async with visiting(scripted_wiki, on_event=events.append) as opened, anyio.create_task_group() as tasks:
        opened._session._auth_state.drop_tokens()
        scripted_wiki.hold("*")
        for _ in range(3):
            tasks.start_soon(opened.call, "edit")
        await anyio.wait_all_tasks_blocked()
        tasks.start_soon(opened.login, ROBOT)
        await anyio.wait_all_tasks_blocked()
        scripted_wiki.release("*")
    assert (scripted_wiki.come["edit"], len(events.of(LoggedIn))) == (3, 2)


async def test_w6_requests_of_a_login_take_slots_like_any_other() -> None:
    scripted_wiki = ScriptedLoginWiki()
    async with (
        visiting(scripted_wiki, limits=Limits(concurrency=2)) as opened,
        opened.sibling("https://other.example.org/w/api.php") as sibling,
        anyio.create_task_group() as tasks,
    ):
        scripted_wiki.hold("parse")
        for _ in range(2):
            tasks.start_soon(sibling.call, "parse")
        await anyio.wait_all_tasks_blocked()
        tasks.start_soon(opened.login, ROBOT)
        await anyio.wait_all_tasks_blocked()
        assert scripted_wiki.come == {"parse": 2}
        scripted_wiki.release("parse")
    assert (scripted_wiki.come["login"], scripted_wiki.most) == (2, 2)


@pytest.mark.parametrize("label", ["login", "*"])
async def test_w1_a_login_and_a_request_for_tokens_have_as_many_tries_as_any_request(label: str) -> None:
    """The tries of the request that needs them do not multiply theirs. The error does not say that it was sent."""
    scripted_wiki = ScriptedLoginWiki()
    async with visiting(scripted_wiki, retry=RetryPolicy(attempts=3)) as opened:
        scripted_wiki.lose_session()
        scripted_wiki.answers[label] = HttpResponse(status=503, body=b"Busy")
        with pytest.raises(HttpError, match="HTTP 503"):
            await opened.call("edit")
    assert (scripted_wiki.come[label], scripted_wiki.come["edit"]) == (3, 1)
