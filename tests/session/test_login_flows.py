"""Who we are: conversations driven by hand."""

from __future__ import annotations

from typing import Any

import pytest

from mwclient_async._http.messages import ApiRequest
from mwclient_async._session.login import (
    ANONYMOUS_TOKEN,
    Account,
    fetch_account,
    fetch_grant,
    fetch_tokens,
    log_in,
    log_out,
)
from mwclient_async.errors import AssertFailed, AuthError, LoginFailed, LoginThrottled, MediaWikiError, ProtocolError
from mwclient_async.models.auth import (
    BotPassword,
    ClientLogin,
    LoginQuestion,
    LoginState,
    OAuth2ClientCredentials,
    OAuth2Token,
)
from tests.support.scripted_flow import Script, refusal

AUTH = BotPassword(name="Demo@bot", password="hunter2")
TOKENS = {"batchcomplete": True, "query": {"tokens": {"logintoken": "abc+\\"}}}


def result(**said: Any) -> dict[str, Any]:
    return {"login": said}


def test_w3_a_login_is_two_requests_one_after_the_other() -> None:
    script = Script(TOKENS, result(result="Success", lguserid=5, lgusername="Demo"))
    assert script.run(log_in(AUTH)) == "Demo"
    assert script.calls == [
        ApiRequest(params={"action": "query", "meta": "tokens", "type": "login"}, login=True),
        ApiRequest(
            params={"action": "login", "lgname": "Demo@bot", "lgpassword": "hunter2", "lgtoken": "abc+\\"},
            post=True,
            write=True,
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
        *(LoginFailed, "aborted", "Cannot log in"),
        id="logged in already",
    ),
    pytest.param({"result": "WrongToken"}, LoginFailed, "wrongtoken", "WrongToken", id="wrong token"),
    pytest.param({"result": "NeedToken", "token": "abc"}, LoginFailed, "needtoken", "NeedToken", id="no token"),
    pytest.param(
        {"result": "Failed", "reason": {"code": "x", "html": "<b>"}}, LoginFailed, "x", "Failed", id="no text"
    ),
    pytest.param({}, LoginFailed, "failed", "None", id="nothing said"),
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


def test_w3_all_tokens_are_asked_for_at_once() -> None:
    told = {"csrftoken": "1+\\", "patroltoken": "2+\\", "rollbacktoken": "3+\\"}
    script = Script({"query": {"tokens": told}})
    assert script.run(fetch_tokens(logged_in=True)) == {"csrf": "1+\\", "patrol": "2+\\", "rollback": "3+\\"}
    assert script.calls == [ApiRequest(params={"action": "query", "meta": "tokens", "type": "*"})]


def test_w4_the_token_of_everybody_on_a_site_that_logged_in_means_that_the_login_is_lost() -> None:
    with pytest.raises(AssertFailed) as caught:
        Script(token_reply("csrf", ANONYMOUS_TOKEN)).run(fetch_tokens(logged_in=True))
    assert isinstance(caught.value, AuthError)
    assert caught.value.code == "assertuserfailed"


def test_somebody_who_never_logged_in_has_the_token_of_everybody() -> None:
    assert Script(token_reply("csrf", ANONYMOUS_TOKEN)).run(fetch_tokens(logged_in=False)) == {"csrf": "+\\"}


@pytest.mark.parametrize("token", ["", None, 5])
def test_an_answer_without_the_token_is_a_protocol_error(token: Any) -> None:
    with pytest.raises(ProtocolError, match="no csrf token"):
        Script(token_reply("csrf", token)).run(fetch_tokens(logged_in=False))


def test_w4_logging_out_asserts_who_it_is() -> None:
    script = Script({})
    script.run(log_out())
    assert [(call.token, call.login, call.post) for call in script.calls] == [("csrf", False, True)]


# The login that asks -------------------------------------------------------------------------------------------------


async def nobody(question: LoginQuestion) -> dict[str, str]:
    raise AssertionError(question)


PERSON = ClientLogin(username="Demo", password="hunter2", answer=nobody)
CODE = {"OATHToken": {"type": "string", "label": "Code", "help": "Six digits", "sensitive": True}}


def step(status: str, **said: Any) -> dict[str, Any]:
    return {"clientlogin": {"status": status, **said}}


def asked(*answers: Any, reply: dict[str, str], auth: ClientLogin = PERSON) -> tuple[str, Script]:
    script = Script(TOKENS, *answers, reply=reply)
    return script.run(log_in(auth)), script


def test_a_second_factor_is_asked_for_and_sent_with_the_same_token() -> None:
    ui = step("UI", message="Enter the code.", messagecode="oathauth-auth-ui", requests=[{"fields": CODE}])
    name, script = asked(ui, step("PASS", username="Demo"), reply={"OATHToken": "123456"})
    assert name == "Demo"
    (question,) = script.questions
    assert (question.status, question.code, question.message) == ("UI", "oathauth-auth-ui", "Enter the code.")
    assert [(field.name, field.label, field.sensitive) for field in question.fields] == [("OATHToken", "Code", True)]
    first, second = (dict(call.params) for call in script.calls[1:])
    assert (first["username"], first["password"], first["rememberMe"]) == ("Demo", "hunter2", "1")
    assert first["loginreturnurl"] == PERSON.return_url
    assert second == {"action": "clientlogin", "logintoken": "abc+\\", "logincontinue": "1", "OATHToken": "123456"}


def test_a_redirect_is_answered_with_what_comes_back() -> None:
    redirect = step("REDIRECT", redirecttarget="https://sso.example.org/?x=1")
    _, script = asked(redirect, step("PASS"), reply={"code": "fromsso"})
    assert (script.questions[0].status, script.questions[0].redirect) == ("REDIRECT", "https://sso.example.org/?x=1")
    assert (script.calls[-1].params["code"], script.calls[-1].params["logincontinue"]) == ("fromsso", "1")


def test_a_restart_begins_again_and_keeps_what_was_done() -> None:
    _, script = asked(step("RESTART", message="Log in."), step("PASS"), reply={"username": "A", "password": "b"})
    sent = script.calls[-1].params
    assert (sent["loginpreservestate"], sent["loginreturnurl"]) == ("1", PERSON.return_url)
    assert "logincontinue" not in sent


def test_a_failed_login_step_by_step_is_typed() -> None:
    with pytest.raises(LoginFailed, match="'Demo' could not log in: Incorrect"):
        asked(step("FAIL", messagecode="wrongpassword", message="Incorrect username."), reply={})
    with pytest.raises(LoginThrottled) as caught:
        asked(step("FAIL", messagecode="login-throttled", message="Please wait 2 minutes."), reply={})
    assert caught.value.wait == 120


def test_a_question_that_nobody_answers_says_what_was_asked() -> None:
    with pytest.raises(LoginFailed, match=r"asks for more \(OATHToken: Code\?\); give ClientLogin an answer="):
        asked(
            step("UI", message="Code?", requests=[{"fields": CODE}]),
            reply={},
            auth=ClientLogin(username="Demo", password="hunter2"),
        )


def test_questions_without_end_are_given_up() -> None:
    with pytest.raises(LoginFailed, match="not done after 20 questions"):
        asked(*[step("UI") for _ in range(20)], reply={})


# OAuth ---------------------------------------------------------------------------------------------------------------

CONSUMER = OAuth2ClientCredentials(client_id="abc", client_secret="geheim")
ELSEWHERE = OAuth2ClientCredentials(client_id="abc", client_secret="geheim", token_url="https://meta.example/token")


@pytest.mark.parametrize(
    ("auth", "where"), [(CONSUMER, ("/oauth2/access_token", "")), (ELSEWHERE, ("", ELSEWHERE.token_url))]
)
def test_a_consumer_is_given_a_token_that_expires(auth: OAuth2ClientCredentials, where: tuple[str, str]) -> None:
    script = Script({"token_type": "Bearer", "expires_in": 3600, "access_token": "ey.J"})
    grant = script.run(fetch_grant(auth))
    assert (grant.token, grant.expires_in) == ("ey.J", 3600)
    assert (script.calls[0].path, script.calls[0].address) == where
    assert script.calls[0].params["grant_type"] == "client_credentials"
    assert "ey.J" not in repr(grant)


def test_a_consumer_that_the_wiki_does_not_know_cannot_log_in() -> None:
    with pytest.raises(LoginFailed, match="the consumer 'abc' was given no access token") as caught:
        Script(refusal("invalid_client")).run(fetch_grant(CONSUMER))
    assert "geheim" not in f"{caught.value!r}{CONSUMER!r}"
    with pytest.raises(MediaWikiError) as caught_readonly:
        Script(refusal("readonly")).run(fetch_grant(CONSUMER))
    assert not isinstance(caught_readonly.value, LoginFailed)


@pytest.mark.parametrize("token", ["", "with space", "zwei\nzeilen", "schlüssel", None])
def test_a_token_that_no_header_takes_is_refused_and_not_shown(token: Any) -> None:
    with pytest.raises((ValueError, TypeError)) as caught:
        OAuth2Token(token=token)
    assert not token or token not in str(caught.value)


# States --------------------------------------------------------------------------------------------------------------

STATE = LoginState(wiki="https://w/api.php", account="Demo", logged_in=True, cookies=[], tokens={"csrf": "t0k3n"})


def test_a_login_state_survives_as_text_and_hides_its_secrets() -> None:
    assert LoginState.parse(STATE.to_text()) == STATE
    assert "t0k3n" not in f"{STATE} {STATE!r}"


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", "5", STATE.to_text()[:-5], STATE.to_text().replace('"logged_in":true', '"logged_in":5')]
)
def test_another_text_is_no_login_state_and_is_not_shown(text: str) -> None:
    with pytest.raises(ValueError, match="no text of a LoginState") as caught:
        LoginState.parse(text)
    assert "t0k3n" not in str(caught.value)
    with pytest.raises(ValueError, match="version 7"):
        LoginState.parse(STATE.to_text().replace('"version":1', '"version":7'))


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
