"""W3 and W4: sessions and tokens that a wiki does not know any more, and sessions that outlive a process."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from typing import Any

import anyio
import pytest
from attrs import evolve

from mwclient_async import BotPassword, ClientLogin, Limits, LoginState, OAuth2Token, RetryPolicy, Site
from mwclient_async._http.messages import HttpRequest, HttpResponse
from mwclient_async.errors import AssertFailed, HttpError, LoginFailed, PermissionDenied
from mwclient_async.models.events import LoggedIn, TokensFetched
from mwclient_async.testing import LocalWiki, WikiFactory
from mwclient_async.testing.scripted import ScriptedClock, ScriptedTransport, json_response
from tests.conftest import USER_AGENT
from tests.support import guarded_wiki as guarded
from tests.support.logins import Porter, Told, Watched, bot, editors, fifty, fresh, password, site, whoami
from tests.support.oauth_wiki import TokenDesk

API = "https://wiki.example.org/w/api.php"
ROBOT = BotPassword(name="Robot@tests", password="right")


@pytest.fixture(scope="module")
def wiki(mediawiki_factory: WikiFactory, mediawiki_version: str) -> LocalWiki:
    return guarded.guarded(mediawiki_factory, mediawiki_version)


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


async def test_w3_fifty_edits_that_meet_a_refused_token_cost_one_token_request(
    wiki: LocalWiki, robot: BotPassword
) -> None:
    titles, told = [fresh("Refused") for _ in range(50)], Told()
    async with site(wiki, auth=robot, on_event=told.append) as opened:
        await opened.call("edit", title=fresh("Before"), text="x")
        guarded.refuse_tokens(wiki)
        told.clear()
        assert await fifty(lambda n: opened.call("edit", title=titles[n], text="x")) == []
        (fetched,) = told.of(TokensFetched)
        assert {"csrf", "patrol", "rollback", "userrights", "watch"} <= set(fetched.kinds)
        assert (told.requests("action=query"), told.of(LoggedIn)) == (1, [])
        assert told.requests("action=edit") > 50  # some were refused
        assert await editors(opened, *titles) == {"Robot"}


@pytest.mark.everywhere
async def test_w4_fifty_edits_that_meet_a_lost_session_cost_one_login(wiki: LocalWiki, robot: BotPassword) -> None:
    titles, told = [fresh("Lost") for _ in range(50)], Told()
    async with site(wiki, auth=robot, on_event=told.append) as opened:
        await opened.call("edit", title=fresh("Before"), text="x")
        guarded.lose_sessions(wiki)
        told.clear()
        assert await fifty(lambda n: opened.call("edit", title=titles[n], text="x")) == []
        assert told.of(LoggedIn) == [LoggedIn(account="Robot", login_generation=2)]
        assert (told.requests("action=login"), len(told.of(TokensFetched))) == (1, 1)
        assert told.requests("action=edit") <= 53  # those that still waited for their turn did not try in vain
        assert await editors(opened, *titles) == {"Robot"}


@pytest.mark.everywhere
@pytest.mark.parametrize("kind", ["bot password", "password"])
async def test_w4_a_session_that_is_lost_on_the_way_never_edits_as_an_ip(
    wiki: LocalWiki, robot: BotPassword, owner: ClientLogin, kind: str
) -> None:
    """It is lost between looking at the page and writing to it, with all tokens, by either API."""
    auth, name = (robot, "Robot") if kind == "bot password" else (owner, "Owner")
    titles, transport = [fresh(word) for word in ("Edited", "Created", "Called")], Watched()
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
    """Takes session and tokens from everybody when a request of that kind comes, once."""

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
    titles, told = [fresh("Both") for _ in range(10)], Told()
    async with site(wiki, auth=robot, on_event=told.append) as opened:
        await opened.call("edit", title=fresh("Before"), text="x")
        for _ in range(2):
            guarded.lose_sessions(wiki)
            guarded.refuse_tokens(wiki)
            errors = await fifty(lambda n: opened.page(titles[n]).append("x", missing="create"), number=10)
            assert errors == []
        assert [event.login_generation for event in told.of(LoggedIn)] == [1, 2, 3]
        pages = await opened.pages(titles=titles, prop="revisions", rvprop="content|user", rvslots="main").collect()
        assert {(page.revisions[0].content, page.revisions[0].user) for page in pages} == {("xx", "Robot")}


async def test_w4_a_login_that_is_refused_is_tried_once_for_all_who_wait(wiki: LocalWiki) -> None:
    """A bot password that was withdrawn; the tasks get an error each, of their own."""
    await wiki.create_user("Dismissed robot")
    auth, told = await wiki.create_bot_password("Dismissed robot"), Told()
    async with site(wiki, auth=auth, on_event=told.append) as opened:
        with closing(guarded._database(wiki)) as database, database:
            database.execute("DELETE FROM bot_passwords WHERE bp_user = (SELECT max(user_id) FROM user)")
        guarded.lose_sessions(wiki)
        told.clear()
        errors = await fifty(lambda _: opened.call("query", meta="userinfo"))
        assert ({type(error) for error in errors}, len({id(error) for error in errors})) == ({LoginFailed}, 50)
        assert (told.requests("action=login"), told.of(LoggedIn)) == (1, [])


# Stored logins -------------------------------------------------------------------------------------------------------


@pytest.mark.everywhere
async def test_a_login_is_stored_as_text_and_used_without_logging_in(wiki: LocalWiki, robot: BotPassword) -> None:
    told, title = Told(), fresh("Stored")
    async with site(wiki, auth=robot) as opened:
        await opened.call("edit", title=fresh("Before"), text="x")
        text = opened.login_state().to_text()
    assert robot.password not in text
    async with site(wiki, login_state=LoginState.parse(text), on_event=told.append) as opened:
        await opened.call("edit", title=title, text="x")
        assert await editors(opened, title) == {"Robot"}
    assert (told.requests("action=edit"), told.of(LoggedIn), told.of(TokensFetched)) == (1, [], [])


async def test_a_stored_login_that_is_lost_is_renewed_if_there_is_a_way(wiki: LocalWiki, robot: BotPassword) -> None:
    async with site(wiki, auth=robot) as opened:
        await opened.call("edit", title=fresh("Before"), text="x")
        state = opened.login_state()
    guarded.lose_sessions(wiki)
    told, titles = Told(), (fresh("Renewed"), fresh("Not renewed"))
    async with site(wiki, login_state=state, auth=robot, on_event=told.append) as opened:
        await opened.call("edit", title=titles[0], text="x")
        assert await editors(opened, titles[0]) == {"Robot"}
    assert len(told.of(LoggedIn)) == 1
    async with site(wiki, login_state=state) as opened:
        with pytest.raises(AssertFailed):
            await opened.call("edit", title=titles[1], text="x")
    async with site(wiki) as opened:
        assert await editors(opened, titles[1]) == {""}


async def test_w4_what_was_stored_by_nobody_is_no_login_of_a_site_with_auth(
    wiki: LocalWiki, robot: BotPassword, desk: TokenDesk
) -> None:
    token = OAuth2Token(token=desk.issue("Owner"))
    for stored_by, auth, name in ((None, robot, "Robot"), (token, token, "Owner"), (None, token, "Owner")):
        async with site(wiki, auth=stored_by) as opened:
            await opened.call("query", meta="tokens")
            state = opened.login_state()
        assert not state.logged_in
        title = fresh("Stored by nobody")
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
                pytest.fail("it was taken")
    with pytest.raises(ValueError, match=r"is of 'http://127\.0\.0\.2/api\.php'"):
        async with site(wiki, login_state=evolve(state, wiki="http://127.0.0.2/api.php")):
            pytest.fail("it was taken")
    same = BotPassword(name="other_robot@tests", password=other.password)  # as the wiki reads names
    async with site(wiki, auth=same, login_state=state) as opened:
        assert await whoami(opened) == "Other robot"


@pytest.mark.parametrize("cookie", [{"name": "no more"}, {}, "text", 5])
async def test_a_stored_login_that_was_tampered_with_is_refused(cookie: Any) -> None:
    state = LoginState(wiki=API, account="", logged_in=True, cookies=[cookie], tokens={})
    with pytest.raises(ValueError, match="this LoginState has a cookie that is none"):
        async with Site(API, user_agent=USER_AGENT, login_state=state, transport=ScriptedTransport()):
            pytest.fail("it was taken")


# Step by step, with a scripted wiki ----------------------------------------------------------------------------------


@asynccontextmanager
async def visiting(porter: Porter, *, clock: ScriptedClock | None = None, **options: Any) -> AsyncIterator[Site]:
    clock = clock or ScriptedClock()
    async with Site(API, user_agent=USER_AGENT, auth=ROBOT, transport=porter, clock=clock, **options) as opened:
        await opened.call("edit")
        porter.come.clear()
        yield opened


async def test_w4_a_new_login_waits_for_the_requests_in_flight() -> None:
    """Their answers could bring cookies of the old session."""
    porter = Porter()
    async with visiting(porter) as opened, anyio.create_task_group() as tasks:
        porter.hold("parse")
        tasks.start_soon(opened.call, "parse")
        await anyio.wait_all_tasks_blocked()
        porter.lose_session()
        tasks.start_soon(opened.call, "edit")
        await anyio.wait_all_tasks_blocked()
        assert porter.come == {"parse": 1, "edit": 1}
        porter.release("parse")
    assert porter.come == {"parse": 2, "edit": 2, "login": 2, "*": 1}


async def test_w4_requests_that_wait_for_their_turn_are_not_sent_with_a_session_that_is_lost() -> None:
    porter = Porter()
    async with visiting(porter) as opened:
        porter.lose_session()
        assert await fifty(lambda _: opened.call("query", meta="userinfo")) == []
    assert (porter.come["query"], porter.come["login"]) == (53, 2)


async def test_w3_requests_that_wait_for_their_turn_are_not_sent_with_a_token_that_was_refused() -> None:
    porter = Porter()
    async with visiting(porter) as opened:
        porter.refuse_tokens()
        assert await fifty(lambda _: opened.call("edit")) == []
    assert (porter.come["edit"], porter.come["*"]) == (53, 1)


async def test_w3_a_refusal_of_an_older_token_costs_no_token_request() -> None:
    porter = Porter()
    async with visiting(porter) as opened, anyio.create_task_group() as tasks:
        porter.hold("Slow")
        tasks.start_soon(lambda: opened.call("edit", title="Slow"))
        await anyio.wait_all_tasks_blocked()
        porter.refuse_tokens()
        await opened.call("edit", title="Quick")
        porter.release("Slow")
    assert porter.come == {"edit": 4, "*": 1}


async def test_w4_a_read_of_a_private_wiki_that_is_refused_by_rest_asks_whether_the_login_is_lost() -> None:
    """The REST API does not say so."""
    porter = Porter()
    path = "https://wiki.example.org/w/rest.php/v1/page/X/history"
    porter.answers[path] = json_response({"errorKey": "rest-read-denied"}, status=403)
    async with visiting(porter) as opened:
        porter.lose_session()
        with pytest.raises(PermissionDenied):
            await opened.rest.history("X").collect()
    assert (porter.come["query"], porter.come["login"], porter.come[path]) == (2, 2, 2)


async def test_w4_a_failure_that_was_seen_before_a_login_of_somebody_else_needs_no_other() -> None:
    porter, told = Porter(), Told()
    async with visiting(porter, on_event=told.append) as opened, anyio.create_task_group() as tasks:
        porter.hold("edit")
        tasks.start_soon(opened.call, "edit")
        await anyio.wait_all_tasks_blocked()
        porter.lose_session()
        tasks.start_soon(opened.login, ROBOT)
        await anyio.wait_all_tasks_blocked()
        porter.release("edit")
    assert ([event.login_generation for event in told.of(LoggedIn)], porter.come["edit"]) == ([1, 2], 2)


async def test_w4_a_login_that_is_refused_is_tried_once_by_fifty_tasks_and_later_again() -> None:
    """Wikis count wrong passwords; who logs in himself is not kept from it."""
    porter, clock = Porter(), ScriptedClock()
    async with visiting(porter, clock=clock) as opened:
        porter.lose_session()
        porter.password = "another"
        errors = await fifty(lambda _: opened.call("query", meta="userinfo"))
        assert ([type(error) for error in errors], len(set(map(id, errors)))) == ([LoginFailed] * 50, 50)
        assert (porter.come["login"], porter.come["query"]) == (2, 3)  # who had not been sent yet, was not sent in vain
        porter.password = "right"
        with pytest.raises(LoginFailed, match="Incorrect"):
            await opened.call("edit")
        assert porter.come["login"] == 2
        clock.pass_by(60)
        await opened.call("edit")
        assert porter.come["login"] == 4


async def test_w4_a_login_of_ones_own_that_succeeds_makes_up_for_one_that_was_refused() -> None:
    porter = Porter()
    async with visiting(porter) as opened:
        porter.lose_session()
        porter.password = "new"
        with pytest.raises(LoginFailed, match="Incorrect"):
            await opened.call("edit")
        await opened.login(BotPassword(name="Robot@tests", password="new"))
        porter.lose_session()
        await opened.call("edit")


@pytest.mark.parametrize(("label", "requests"), [("login", 3), ("*", 2)])
async def test_w7_who_is_cancelled_while_he_logs_in_or_fetches_tokens_leaves_it_to_the_others(
    label: str, requests: int
) -> None:
    porter, told = Porter(), Told()
    async with visiting(porter, on_event=told.append) as opened:
        porter.lose_session()
        porter.hold(label)
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
            porter.release(label)
    assert first.cancelled_caught
    assert (len(told.of(LoggedIn)), porter.come[label]) == (2, requests)


async def test_w3_tokens_that_a_login_made_worthless_are_fetched_again() -> None:
    """The login comes between the answer with the tokens and those who wait for it."""
    porter, told = Porter(), Told()
    async with visiting(porter, on_event=told.append) as opened, anyio.create_task_group() as tasks:
        opened._session._auth_state.drop_tokens()
        porter.hold("*")
        for _ in range(3):
            tasks.start_soon(opened.call, "edit")
        await anyio.wait_all_tasks_blocked()
        tasks.start_soon(opened.login, ROBOT)
        await anyio.wait_all_tasks_blocked()
        porter.release("*")
    assert (porter.come["edit"], len(told.of(LoggedIn))) == (3, 2)


async def test_w6_requests_of_a_login_are_in_flight_like_any_other() -> None:
    porter = Porter()
    async with (
        visiting(porter, limits=Limits(concurrency=2)) as opened,
        opened.sibling("https://other.example.org/w/api.php") as sibling,
        anyio.create_task_group() as tasks,
    ):
        porter.hold("parse")
        for _ in range(2):
            tasks.start_soon(sibling.call, "parse")
        await anyio.wait_all_tasks_blocked()
        tasks.start_soon(opened.login, ROBOT)
        await anyio.wait_all_tasks_blocked()
        assert porter.come == {"parse": 2}
        porter.release("parse")
    assert (porter.come["login"], porter.most) == (2, 2)


@pytest.mark.parametrize("label", ["login", "*"])
async def test_w1_a_login_and_a_request_for_tokens_have_as_many_tries_as_any_call(label: str) -> None:
    """They are not multiplied by the tries of the call that needs them, which is not said to have been sent."""
    porter = Porter()
    async with visiting(porter, retry=RetryPolicy(attempts=3)) as opened:
        porter.lose_session()
        porter.answers[label] = HttpResponse(status=503, body=b"Busy")
        with pytest.raises(HttpError, match="HTTP 503"):
            await opened.call("edit")
    assert (porter.come[label], porter.come["edit"]) == (3, 1)
