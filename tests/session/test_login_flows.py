"""The flows of a login, with scripted responses."""

from __future__ import annotations

import json
from typing import Any

import pytest
from attrs import evolve

from mwclient_async._http.messages import ApiRequest
from mwclient_async._session.login import (
    ANONYMOUS_TOKEN,
    Account,
    fetch_access_token,
    fetch_account,
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


def login_result(**fields: Any) -> dict[str, Any]:
    return {"login": fields}


def test_w3_a_login_is_two_requests_one_after_the_other() -> None:
    script = Script(TOKENS, login_result(result="Success", lguserid=5, lgusername="Demo"))
    assert script.run(log_in(AUTH)) == "Demo"
    assert script.requests == [
        ApiRequest(params={"action": "query", "meta": "tokens", "type": "login"}, login=True),
        ApiRequest(
            params={"action": "login", "lgname": "Demo@bot", "lgpassword": "hunter2", "lgtoken": "abc+\\"},
            post=True,
            write=True,
            login=True,
        ),
    ]


def test_s1_the_password_and_the_token_are_posted() -> None:
    script = Script(TOKENS, login_result(result="Success"))
    assert script.run(log_in(AUTH)) == "Demo"
    assert [call.post for call in script.requests] == [False, True]
    assert script.requests[1].label == "action=login"


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
    pytest.param({}, LoginFailed, "failed", "None", id="empty result"),
]


@pytest.mark.parametrize(("fields", "cls", "code", "text"), REFUSED)
def test_a_refused_login_says_why_and_hides_the_password(
    fields: Any, cls: type[LoginFailed], code: str, text: str
) -> None:
    with pytest.raises(LoginFailed, match=text) as caught:
        Script(TOKENS, login_result(**fields)).run(log_in(AUTH))
    assert type(caught.value) is cls
    assert caught.value.code == code
    assert "'Demo@bot' could not log in" in str(caught.value)
    assert "hunter2" not in f"{caught.value!s} {caught.value!r}"


def test_a_throttled_login_says_how_long_to_wait() -> None:
    with pytest.raises(LoginThrottled) as caught:
        Script(TOKENS, login_result(result="Failed", reason={"code": "login-throttled"})).run(log_in(AUTH))
    assert caught.value.wait >= 300


@pytest.mark.parametrize(
    "body", [{}, {"query": {}}, {"query": {"tokens": {}}}, {"query": {"tokens": []}}, {"query": []}]
)
def test_a_response_without_a_login_token_is_a_protocol_error_that_mentions_cookies(body: Any) -> None:
    with pytest.raises(ProtocolError, match=r"no login token.*cookies"):
        Script(body).run(log_in(AUTH))


@pytest.mark.parametrize("responses", [(refusal("readonly"),), (TOKENS, refusal("readonly"))], ids=["token", "login"])
def test_an_error_during_a_login_is_raised_unchanged(responses: Any) -> None:
    with pytest.raises(MediaWikiError) as caught:
        Script(*responses).run(log_in(AUTH))
    assert caught.value is responses[-1]


# Tokens --------------------------------------------------------------------------------------------------------------


def token_reply(kind: str, token: str) -> dict[str, Any]:
    return {"query": {"tokens": {f"{kind}token": token}}}


def test_w3_all_tokens_are_fetched_in_one_request() -> None:
    tokens = {"csrftoken": "1+\\", "patroltoken": "2+\\", "rollbacktoken": "3+\\"}
    script = Script({"query": {"tokens": tokens}})
    assert script.run(fetch_tokens(logged_in=True)) == ({"csrf": "1+\\", "patrol": "2+\\", "rollback": "3+\\"}, "")
    params = {"action": "query", "meta": "tokens", "type": "*", "curtimestamp": "1"}
    assert script.requests == [ApiRequest(params=params)]


def test_w4_the_anonymous_token_on_a_logged_in_site_means_that_the_login_is_lost() -> None:
    with pytest.raises(AssertFailed) as caught:
        Script(token_reply("csrf", ANONYMOUS_TOKEN)).run(fetch_tokens(logged_in=True))
    assert isinstance(caught.value, AuthError)
    assert caught.value.code == "assertuserfailed"


def test_a_site_that_never_logged_in_has_the_anonymous_token() -> None:
    assert Script(token_reply("csrf", ANONYMOUS_TOKEN)).run(fetch_tokens(logged_in=False)) == ({"csrf": "+\\"}, "")


@pytest.mark.parametrize("token", ["", None, 5])
def test_a_response_without_the_token_is_a_protocol_error(token: Any) -> None:
    with pytest.raises(ProtocolError, match="no csrf token"):
        Script(token_reply("csrf", token)).run(fetch_tokens(logged_in=False))


def test_w4_a_logout_asserts_the_account() -> None:
    script = Script({})
    script.run(log_out())
    assert [(call.token, call.login, call.post) for call in script.requests] == [("csrf", False, True)]


# Logins with questions -----------------------------------------------------------------------------------------------


async def refuse_to_answer(question: LoginQuestion) -> dict[str, str]:
    raise AssertionError(question)


CLIENT_LOGIN = ClientLogin(username="Demo", password="hunter2", answer=refuse_to_answer)
CODE = {"OATHToken": {"type": "string", "label": "Code", "help": "Six digits", "sensitive": True}}


def step(status: str, **fields: Any) -> dict[str, Any]:
    return {"clientlogin": {"status": status, **fields}}


def run_login(*responses: Any, answer: dict[str, str], auth: ClientLogin = CLIENT_LOGIN) -> tuple[str, Script]:
    script = Script(TOKENS, *responses, reply=answer)
    return script.run(log_in(auth)), script


def test_a_second_factor_is_asked_for_and_sent_with_the_same_login_token() -> None:
    ui = step("UI", message="Enter the code.", messagecode="oathauth-auth-ui", requests=[{"fields": CODE}])
    name, script = run_login(ui, step("PASS", username="Demo"), answer={"OATHToken": "123456"})
    assert name == "Demo"
    (question,) = script.questions
    assert (question.status, question.code, question.message) == ("UI", "oathauth-auth-ui", "Enter the code.")
    assert [(field.name, field.label, field.sensitive) for field in question.fields] == [("OATHToken", "Code", True)]
    first, second = (dict(call.params) for call in script.requests[1:])
    assert (first["username"], first["password"], first["rememberMe"]) == ("Demo", "hunter2", "1")
    assert first["loginreturnurl"] == CLIENT_LOGIN.return_url
    assert second == {"action": "clientlogin", "logintoken": "abc+\\", "logincontinue": "1", "OATHToken": "123456"}


def test_a_redirect_is_answered_with_the_parameters_of_the_return_url() -> None:
    redirect = step("REDIRECT", redirecttarget="https://sso.example.org/?x=1")
    _, script = run_login(redirect, step("PASS"), answer={"code": "fromsso"})
    assert (script.questions[0].status, script.questions[0].redirect) == ("REDIRECT", "https://sso.example.org/?x=1")
    assert (script.requests[-1].params["code"], script.requests[-1].params["logincontinue"]) == ("fromsso", "1")


def test_a_restart_begins_again_and_preserves_the_state() -> None:
    _, script = run_login(step("RESTART", message="Log in."), step("PASS"), answer={"username": "A", "password": "b"})
    sent = script.requests[-1].params
    assert (sent["loginpreservestate"], sent["loginreturnurl"]) == ("1", CLIENT_LOGIN.return_url)
    assert "logincontinue" not in sent


def test_a_failed_client_login_is_a_typed_error() -> None:
    with pytest.raises(LoginFailed, match="'Demo' could not log in: Incorrect"):
        run_login(step("FAIL", messagecode="wrongpassword", message="Incorrect username."), answer={})
    with pytest.raises(LoginThrottled) as caught:
        run_login(step("FAIL", messagecode="login-throttled", message="Please wait 2 minutes."), answer={})
    assert caught.value.wait == 120


def test_a_question_without_an_answer_function_raises_and_names_the_fields() -> None:
    with pytest.raises(LoginFailed, match=r"asks for more \(OATHToken: Code\?\); give ClientLogin an answer="):
        run_login(
            step("UI", message="Code?", requests=[{"fields": CODE}]),
            answer={},
            auth=ClientLogin(username="Demo", password="hunter2"),
        )


def test_a_login_with_too_many_questions_is_given_up() -> None:
    with pytest.raises(LoginFailed, match="not done after 20 questions"):
        run_login(*[step("UI") for _ in range(20)], answer={})


# OAuth ---------------------------------------------------------------------------------------------------------------

CONSUMER = OAuth2ClientCredentials(client_id="abc", client_secret="geheim")
ELSEWHERE = OAuth2ClientCredentials(client_id="abc", client_secret="geheim", token_url="https://meta.example/token")


@pytest.mark.parametrize(
    ("auth", "where"), [(CONSUMER, ("/oauth2/access_token", "")), (ELSEWHERE, ("", ELSEWHERE.token_url))]
)
def test_a_consumer_gets_a_token_that_expires(auth: OAuth2ClientCredentials, where: tuple[str, str]) -> None:
    script = Script({"token_type": "Bearer", "expires_in": 3600, "access_token": "ey.J"})
    access_token = script.run(fetch_access_token(auth))
    assert (access_token.token, access_token.expires_in) == ("ey.J", 3600)
    assert (script.requests[0].path, script.requests[0].address) == where
    assert script.requests[0].params["grant_type"] == "client_credentials"
    assert "ey.J" not in repr(access_token)


def test_a_consumer_that_the_wiki_does_not_know_cannot_log_in() -> None:
    with pytest.raises(LoginFailed, match="the consumer 'abc' was given no access token") as caught:
        Script(refusal("invalid_client")).run(fetch_access_token(CONSUMER))
    assert "geheim" not in f"{caught.value!r}{CONSUMER!r}"
    with pytest.raises(MediaWikiError) as caught_readonly:
        Script(refusal("readonly")).run(fetch_access_token(CONSUMER))
    assert not isinstance(caught_readonly.value, LoginFailed)


@pytest.mark.parametrize("token", ["", "with space", "zwei\nzeilen", "schlüssel", None])
def test_a_token_that_cannot_be_in_a_header_is_refused_and_not_shown(token: Any) -> None:
    with pytest.raises((ValueError, TypeError)) as caught:
        OAuth2Token(token=token)
    assert not token or token not in str(caught.value)


# States --------------------------------------------------------------------------------------------------------------

STATE = LoginState(wiki="https://w/api.php", account="Demo", logged_in=True, cookies=[], tokens={"csrf": "t0k3n"})


def test_a_login_state_is_stored_as_text_and_its_repr_hides_secrets() -> None:
    assert LoginState.parse(STATE.to_text()) == STATE
    assert LoginState.parse(state_with(cookies=[COOKIE])) == evolve(STATE, cookies=[COOKIE])
    assert "t0k3n" not in f"{STATE} {STATE!r}"


NO_TOKENS: tuple[Any, ...] = (None, [], "x", {"csrf": 5}, {"csrf": None}, {"csrf": ["t0k3n"]})
NO_COOKIES: tuple[Any, ...] = (None, 5, "x", {"a": 1}, [None], [[]], [{}])
COOKIE = {
    "version": 0,
    "name": "wikiSession",
    "value": "v",
    "port": None,
    "domain": "w.local",
    "path": "/",
    "secure": False,
    "expires": None,
    "discard": True,
}


def state_with(**fields: Any) -> str:
    """The text of a state with these fields, whatever their types."""
    return json.dumps({**json.loads(STATE.to_text()), **fields})


@pytest.mark.parametrize(
    "text",
    [
        *("", "{}", "[]", "5", STATE.to_text()[:-5], "[" * 100_000, '{"a":' * 5000, "\ud800", '"\\ud800"'),
        *(state_with(logged_in=5), state_with(wiki=None), state_with(account=["Demo"]), state_with(other=1)),
        *(state_with(account="Demo \ud800"), state_with(tokens={"csrf": "t0k3n\ud800"})),
        *(state_with(tokens=tokens) for tokens in NO_TOKENS),
        *(state_with(cookies=cookies) for cookies in NO_COOKIES),
        *(state_with(cookies=[{**COOKIE, name: []}]) for name in COOKIE),
        *(
            state_with(cookies=[{k: v for k, v in COOKIE.items() if k != name}])
            for name in ("name", "domain", "secure")
        ),
        *(state_with(cookies=[{**COOKIE, "value": value}]) for value in ("a\r\nb: c", "schlüssel", "\0", 5)),
    ],
)
def test_any_other_text_is_refused_as_a_login_state_and_not_shown(text: str) -> None:
    with pytest.raises(ValueError, match="not the text of a LoginState") as caught:
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
def test_the_account_is_read_from_userinfo(info: Any, account: Account, *, high: bool) -> None:
    script = Script({"query": {"userinfo": info}})
    assert script.run(fetch_account()) == account
    assert account.high_limits is high
    assert script.requests[0].params == {"action": "query", "meta": "userinfo", "uiprop": "rights"}


@pytest.mark.parametrize("body", [{}, {"query": {}}, {"query": {"userinfo": []}}])
def test_a_response_without_an_account_is_a_protocol_error(body: Any) -> None:
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
