"""Who we are: conversations driven by hand."""

from __future__ import annotations

from typing import Any

import pytest

from mwclient_async.errors import AssertFailed, AuthError, LoginFailed, LoginThrottled, MediaWikiError, ProtocolError
from mwclient_async.models.auth import BotPassword
from mwclient_async.sansio.login import ANONYMOUS_TOKEN, Account, fetch_account, fetch_token, log_in
from mwclient_async.sansio.wire import Call
from tests.sansio.conversing import Script, refusal

AUTH = BotPassword(name="Demo@bot", password="hunter2")
TOKENS = {"batchcomplete": True, "query": {"tokens": {"logintoken": "abc+\\"}}}


def result(**said: Any) -> dict[str, Any]:
    return {"login": said}


def test_w3_a_login_is_two_requests_one_after_the_other() -> None:
    script = Script(TOKENS, result(result="Success", lguserid=5, lgusername="Demo"))
    assert script.run(log_in(AUTH)) == "Demo"
    assert script.calls == [
        Call(params={"action": "query", "meta": "tokens", "type": "login"}, login=True),
        Call(
            params={"action": "login", "lgname": "Demo@bot", "lgpassword": "hunter2", "lgtoken": "abc+\\"},
            post=True,
            login=True,
        ),
    ]


def test_s1_the_password_and_the_token_are_posted() -> None:
    script = Script(TOKENS, result(result="Success"))
    assert script.run(log_in(AUTH)) == "Demo"
    assert [call.post for call in script.calls] == [False, True]
    assert script.calls[1].label == "action=login"


REFUSED = [
    pytest.param(
        {"result": "Failed", "reason": {"code": "wrongpassword", "text": "Incorrect username or password entered."}},
        *(LoginFailed, "wrongpassword", "Incorrect username"),
        id="wrong password",
    ),
    pytest.param(
        {"result": "Failed", "reason": {"code": "login-throttled", "text": "You have made too many attempts."}},
        *(LoginThrottled, "login-throttled", "too many"),
        id="throttled",
    ),
    pytest.param(
        {"result": "Failed", "reason": {"code": "sessionlost", "text": "Session lost."}},
        *(LoginFailed, "sessionlost", "Session lost"),
        id="session lost",
    ),
    pytest.param(
        {"result": "Aborted", "reason": "Cannot log in when using BotPasswordSessionProvider sessions."},
        *(LoginFailed, "Aborted", "Cannot log in"),
        id="logged in already",
    ),
    pytest.param({"result": "WrongToken"}, LoginFailed, "WrongToken", "WrongToken", id="wrong token"),
    pytest.param({"result": "NeedToken", "token": "abc"}, LoginFailed, "NeedToken", "NeedToken", id="no token"),
    pytest.param(
        {"result": "Failed", "reason": {"code": "x", "html": "<b>"}}, LoginFailed, "x", "Failed", id="no text"
    ),
    pytest.param({}, LoginFailed, "Failed", "None", id="nothing said"),
]


@pytest.mark.parametrize(("said", "cls", "code", "text"), REFUSED)
def test_a_refused_login_says_why_and_never_with_what(said: Any, cls: type[LoginFailed], code: str, text: str) -> None:
    with pytest.raises(LoginFailed, match=text) as caught:
        Script(TOKENS, result(**said)).run(log_in(AUTH))
    assert type(caught.value) is cls
    assert caught.value.code == code
    assert "'Demo@bot' could not log in" in str(caught.value)
    assert "hunter2" not in f"{caught.value!s} {caught.value!r}"


def test_a_throttled_login_names_the_wait() -> None:
    with pytest.raises(LoginThrottled) as caught:
        Script(TOKENS, result(result="Failed", reason={"code": "login-throttled"})).run(log_in(AUTH))
    assert caught.value.wait >= 300


@pytest.mark.parametrize(
    "body", [{}, {"query": {}}, {"query": {"tokens": {}}}, {"query": {"tokens": []}}, {"query": []}]
)
def test_no_login_token_is_a_protocol_error_that_names_cookies(body: Any) -> None:
    with pytest.raises(ProtocolError, match=r"no login token.*cookies"):
        Script(body).run(log_in(AUTH))


@pytest.mark.parametrize("answers", [(refusal("readonly"),), (TOKENS, refusal("readonly"))], ids=["token", "login"])
def test_an_error_on_the_way_comes_out_as_it_is(answers: Any) -> None:
    with pytest.raises(MediaWikiError) as caught:
        Script(*answers).run(log_in(AUTH))
    assert caught.value is answers[-1]


# Tokens --------------------------------------------------------------------------------------------------------------


def token_reply(kind: str, token: str) -> dict[str, Any]:
    return {"query": {"tokens": {f"{kind}token": token}}}


@pytest.mark.parametrize("kind", ["csrf", "watch", "patrol", "rollback", "userrights", "createaccount"])
def test_a_token_is_asked_for_by_its_kind(kind: str) -> None:
    script = Script(token_reply(kind, "0123+\\"))
    assert script.run(fetch_token(kind, logged_in=True)) == "0123+\\"
    assert script.calls == [Call(params={"action": "query", "meta": "tokens", "type": kind})]


def test_w4_the_token_of_everybody_on_a_site_that_logged_in_means_that_the_login_is_lost() -> None:
    with pytest.raises(AssertFailed) as caught:
        Script(token_reply("csrf", ANONYMOUS_TOKEN)).run(fetch_token("csrf", logged_in=True))
    assert isinstance(caught.value, AuthError)
    assert caught.value.code == "assertuserfailed"


def test_somebody_who_never_logged_in_has_the_token_of_everybody() -> None:
    assert Script(token_reply("csrf", ANONYMOUS_TOKEN)).run(fetch_token("csrf", logged_in=False)) == "+\\"


@pytest.mark.parametrize("token", ["", None, 5])
def test_an_answer_without_the_token_is_a_protocol_error(token: Any) -> None:
    with pytest.raises(ProtocolError, match="no csrf token"):
        Script(token_reply("csrf", token)).run(fetch_token("csrf", logged_in=False))


def test_w4_only_a_login_token_is_asked_for_without_an_assertion() -> None:
    kinds = {"login": token_reply("login", "t"), "csrf": token_reply("csrf", "t")}
    scripts = {kind: Script(reply) for kind, reply in kinds.items()}
    for kind, script in scripts.items():
        script.run(fetch_token(kind, logged_in=True))
    assert {kind: script.calls[0].login for kind, script in scripts.items()} == {"login": True, "csrf": False}


# The account ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("info", "account", "high"),
    [
        (
            {"id": 5, "name": "Demo", "rights": ["read", "apihighlimits"]},
            Account(name="Demo", anonymous=False, rights=frozenset({"read", "apihighlimits"})),
            True,
        ),
        (
            {"id": 0, "name": "192.0.2.7", "anon": True, "rights": ["read"]},
            Account(name="192.0.2.7", anonymous=True, rights=frozenset({"read"})),
            False,
        ),
        ({"id": 5, "name": "Demo", "rights": []}, Account(name="Demo", anonymous=False, rights=frozenset()), False),
    ],
)
def test_the_account_is_whom_the_wiki_takes_us_for(info: Any, account: Account, *, high: bool) -> None:
    script = Script({"query": {"userinfo": info}})
    assert script.run(fetch_account()) == account
    assert account.high_limits is high
    assert script.calls[0].params == {"action": "query", "meta": "userinfo", "uiprop": "rights"}


@pytest.mark.parametrize("body", [{}, {"query": {}}, {"query": {"userinfo": []}}])
def test_an_answer_without_an_account_is_a_protocol_error(body: Any) -> None:
    with pytest.raises(ProtocolError):
        Script(body).run(fetch_account())


def test_s1_the_repr_of_a_bot_password_hides_it() -> None:
    assert repr(AUTH) == "BotPassword(name='Demo@bot')"


@pytest.mark.parametrize("name", ["Demo", "@bot", "Demo@", ""])
def test_a_bot_password_without_an_application_is_a_value_error(name: str) -> None:
    with pytest.raises(ValueError, match="no application"):
        BotPassword(name=name, password="x")


def test_the_account_of_a_bot_password_may_hold_an_at_sign() -> None:
    assert BotPassword(name="a@b@bot", password="x").account == "a@b"
