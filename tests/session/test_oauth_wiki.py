"""The wikis of the login tests behave as documented. These tests use HTTP only, without the library."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import anyio
import httpx
import pytest

from mwclient_async import BotPassword
from mwclient_async.testing import LocalWiki, WikiFactory
from tests.support import guarded_wiki as guarded
from tests.support.oauth_wiki import TokenDesk
from tests.support.totp import Authenticator, totp

pytestmark = pytest.mark.everywhere

COMMON = {"format": "json", "formatversion": "2", "errorformat": "plaintext"}
REFUSED = "mwoauth-invalid-authorization"


class Visitor:
    """An HTTP client with cookies, and optionally an access token."""

    def __init__(self, wiki: LocalWiki, token: str = "") -> None:
        self.wiki = wiki
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        self.http = httpx.Client(headers=headers, timeout=60, verify=False)  # no certificates to load: plain HTTP

    def get(self, **parameters: str) -> Any:
        return self.http.get(self.wiki.api_url, params=COMMON | parameters).json()

    def post(self, action: str, **fields: str) -> Any:
        data = {name.rstrip("_"): value for name, value in fields.items()}
        return self.http.post(self.wiki.api_url, params=COMMON | {"action": action}, data=data).json()

    def put(self, title: str, **fields: object) -> httpx.Response:
        """Create a page through the REST API."""
        body = {"source": "text", "comment": ""} | fields
        return self.http.put(f"{self.wiki.rest_url}/v1/page/{title}", json=body)

    def ask_for_token(self, **fields: str) -> httpx.Response:
        return self.http.post(f"{self.wiki.rest_url}/oauth2/access_token", data=fields)

    def token(self, kind: str = "csrf") -> str:
        return str(self.get(action="query", meta="tokens", type=kind)["query"]["tokens"][f"{kind}token"])

    def name(self) -> str:
        return str(self.get(action="query", meta="userinfo")["query"]["userinfo"]["name"])

    def exists(self, title: str) -> bool:
        return "missing" not in self.get(action="query", titles=title)["query"]["pages"][0]

    def log_in(self, auth: BotPassword) -> str:
        fields = {"lgname": auth.name, "lgpassword": auth.password, "lgtoken": self.token("login")}
        response = self.post("login", **fields)["login"]
        return str(response["reason"]["code"] if response["result"] == "Failed" else response["result"])

    def begin(self, user: str, password: str) -> Any:
        fields = {"username": user, "password": password, "loginreturnurl": self.wiki.url}
        return self.post("clientlogin", logintoken=self.token("login"), **fields)["clientlogin"]

    def send_code(self, code: str) -> str:
        fields = {"logincontinue": "1", "OATHToken": code, "logintoken": self.token("login")}
        return str(self.post("clientlogin", **fields)["clientlogin"]["status"])


def edited(response: Any) -> str:
    """The outcome of an edit: the code of the error, or the result."""
    return str(response["errors"][0]["code"] if "errors" in response else response["edit"]["result"])


@pytest.fixture(scope="module")
def wiki(mediawiki_factory: WikiFactory, mediawiki_version: str) -> LocalWiki:
    return guarded.guarded_wiki(mediawiki_factory, mediawiki_version)


@pytest.fixture(scope="module")
def desk(wiki: LocalWiki) -> TokenDesk:
    anyio.run(wiki.create_user, "Bearer")
    return TokenDesk(wiki)


@pytest.fixture(scope="module")
def machine(wiki: LocalWiki) -> BotPassword:
    anyio.run(wiki.create_user, "Machine")
    return anyio.run(wiki.create_bot_password, "Machine")


@pytest.fixture
def visitor(wiki: LocalWiki) -> Iterator[Visitor]:
    visitor = Visitor(wiki)
    with visitor.http:
        yield visitor


def test_an_access_token_logs_in_without_a_cookie(wiki: LocalWiki, desk: TokenDesk) -> None:
    token = desk.issue("Bearer")
    bearer = Visitor(wiki, token)
    assert (token.count("."), len(token) > 600, bearer.name()) == (2, True, "Bearer")
    assert edited(bearer.post("edit", title="By bearer", text="x", token="+\\")) == "badtoken"
    assert edited(bearer.post("edit", title="By bearer", text="x", token=bearer.token())) == "Success"
    assert bearer.put("By bearer on REST").status_code == 201
    del bearer.http.headers["Authorization"]
    assert bearer.name() == "127.0.0.1"
    assert not {name for name in bearer.http.cookies if "session" in name}


def test_a_token_has_only_the_rights_of_its_grants(wiki: LocalWiki, desk: TokenDesk) -> None:
    reader = Visitor(wiki, desk.issue("Bearer", grants=["basic"]))
    assert edited(reader.post("edit", title="Not granted", text="x", token=reader.token())) == "permissiondenied"
    assert reader.put("Not granted").json()["actionModuleErrorCode"] == "permissiondenied"


def test_a_refused_token_has_a_code_of_its_own_and_nothing_is_done(wiki: LocalWiki, desk: TokenDesk) -> None:
    for invalidate in (desk.revoke, desk.expire, lambda _: desk.expire_all()):
        token = desk.issue("Bearer")
        bearer = Visitor(wiki, token)
        csrf = bearer.token()
        invalidate(token)
        assert edited(bearer.post("edit", title="Refused", text="x", token=csrf)) == REFUSED
        assert bearer.put("Refused").status_code == 403
    invalid = Visitor(wiki, "rubbish")
    response = invalid.http.get(wiki.api_url, params=COMMON | {"action": "query"})
    assert (response.status_code, response.headers["MediaWiki-API-Error"]) == (200, REFUSED)
    body = invalid.put("Refused").json()
    assert (body["errorKey"], body["httpCode"], list(body["messageTranslations"])) == (REFUSED, 403, ["en"])
    assert not Visitor(wiki).exists("Refused")


def test_a_client_gets_tokens_for_its_id_and_secret(wiki: LocalWiki, desk: TokenDesk, visitor: Visitor) -> None:
    client = desk.register("Bearer", lifetime=1800)
    form = {"grant_type": "client_credentials", "client_id": client.id, "client_secret": client.secret}
    first, second = (visitor.ask_for_token(**form, unknown="x") for _ in range(2))
    assert (first.status_code, first.json()["token_type"], first.json()["expires_in"]) == (200, "Bearer", 1800)
    bearer = Visitor(wiki, first.json()["access_token"])
    csrf = bearer.token()
    assert edited(bearer.post("edit", title="By a client", text="x", token=csrf)) == "Success"
    bearer.http.headers["Authorization"] = f"Bearer {second.json()['access_token']}"
    assert edited(bearer.post("edit", title="By a client", text="y", token=csrf)) == "badtoken"
    desk.expire_all()
    assert bearer.ask_for_token(**form).json()["errorKey"] == REFUSED
    assert desk.issued(client) == 2


def test_wrong_credentials_get_no_token(desk: TokenDesk, visitor: Visitor) -> None:
    client = desk.register("Bearer")
    form = {"grant_type": "client_credentials", "client_id": client.id, "client_secret": client.secret}
    wrong = visitor.ask_for_token(**form | {"client_secret": "0" * 40})
    assert (wrong.status_code, wrong.json()["error"]) == (401, "invalid_client")
    assert wrong.json()["error_description"]
    other = visitor.ask_for_token(**form | {"grant_type": "password"})
    assert (other.status_code, other.json()["error"]) == (400, "unsupported_grant_type")
    desk.forget(client)
    assert visitor.ask_for_token(**form).status_code == 401
    assert [request.status for request in desk.requests[-3:]] == [401, 400, 401]
    assert desk.issued(client) == 0


def test_only_an_assertion_reveals_a_lost_session(visitor: Visitor, machine: BotPassword) -> None:
    assert (visitor.log_in(machine), visitor.name()) == ("Success", "Machine")
    csrf = visitor.token()
    cookies = dict(visitor.http.cookies)
    guarded.lose_sessions(visitor.wiki)
    assert dict(visitor.http.cookies) == cookies
    assert edited(visitor.post("edit", title="Lost", text="x", token=csrf, assert_="user")) == "assertuserfailed"
    assert visitor.token() == "+\\"
    assert edited(visitor.post("edit", title="Lost", text="x", token="+\\")) == "Success"
    assert (visitor.log_in(machine), len(visitor.token())) == ("Success", 42)


def test_refused_tokens_leave_the_login_intact(visitor: Visitor, machine: BotPassword) -> None:
    visitor.log_in(machine)
    for _ in range(2):
        csrf = visitor.token()
        guarded.refuse_tokens(visitor.wiki)
        response = visitor.post("edit", title="Refused token", text="x", token=csrf, assert_="user")
        assert (edited(response), visitor.put("Refused_token", token=csrf).status_code) == ("badtoken", 403)
        assert edited(visitor.post("edit", title="New token", text="x", token=visitor.token())) == "Success"
    assert not visitor.exists("Refused token")


def test_a_second_factor_accepts_each_code_once(visitor: Visitor) -> None:
    password = anyio.run(visitor.wiki.create_user, "Careful visitor")
    codes = guarded.require_second_factor(visitor.wiki, "Careful visitor")
    first = visitor.begin("Careful visitor", password)
    assert (first["status"], list(first["requests"][0]["fields"])) == ("UI", ["OATHToken"])
    used = codes.code()
    wrong = f"{(int(used) + 500_000) % 1_000_000:06}"
    assert [visitor.send_code(wrong), visitor.send_code(used), visitor.name()] == ["UI", "PASS", "Careful visitor"]
    again = Visitor(visitor.wiki)
    again.begin("Careful visitor", password)
    assert [again.send_code(used), again.send_code(codes.code())] == ["UI", "PASS"]


def test_logins_are_throttled_after_some_attempts(visitor: Visitor) -> None:
    password = anyio.run(visitor.wiki.create_user, "Hasty")
    auth = anyio.run(visitor.wiki.create_bot_password, "Hasty")
    wrong = BotPassword(name=auth.name, password="0" * 32)
    codes = [visitor.log_in(auth) for auth in [wrong] * guarded.ATTEMPTS + [auth]]
    assert codes == ["wrongpassword"] * guarded.ATTEMPTS + ["login-throttled"]
    codes = [visitor.begin("Hasty", word)["messagecode"] for word in ["wrong"] * guarded.ATTEMPTS + [password]]
    assert codes == ["wrongpassword"] * guarded.ATTEMPTS + ["login-throttled"]


def test_an_anonymous_edit_creates_a_temporary_account_on_newer_wikis(visitor: Visitor) -> None:
    response = visitor.post("edit", title="By an anonymous user", text="x", token="+\\")
    temporary = visitor.wiki.version > "1.40"
    assert (edited(response), response["edit"].get("tempusercreated", False)) == ("Success", temporary)
    assert visitor.name().startswith("~" if temporary else "127.")


def test_marked_edits_get_a_warning_a_refusal_or_a_captcha(
    mediawiki_factory: WikiFactory, mediawiki_version: str
) -> None:
    visitor = Visitor(guarded.filtered_wiki(mediawiki_factory, mediawiki_version))
    form = {"action": "edit", "title": "Filtered", "token": "+\\"}
    codes = [edited(visitor.post(**form, text=text)) for text in ["plain", *2 * [guarded.WARNED, guarded.REFUSED]]]
    assert codes == ["Success", "abusefilter-warning", "abusefilter-disallowed", "Success", "abusefilter-disallowed"]
    asked = visitor.post(**form, text=guarded.QUESTIONED)
    captcha = asked["edit"]["captcha"]
    solved = {"captchaid": captcha["id"], "captchaword": str(guarded.solve_captcha(captcha["question"]))}
    assert edited(asked) == "Failure"
    assert edited(visitor.post(**form, text=guarded.QUESTIONED, **solved)) == "Success"


@pytest.mark.parametrize(("seconds", "code"), [(59, "287082"), (1111111109, "081804"), (20000000000, "353130")])
def test_codes_are_those_of_rfc_6238(seconds: int, code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.support.totp.time.time", lambda: float(seconds))
    assert totp("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ") == code


def test_an_authenticator_has_seven_codes_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.support.totp.time.time", lambda: 1111111109.0)
    codes = Authenticator("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ")
    shown = [codes.code() for _ in range(7)]
    assert (shown[3], len(set(shown))) == ("081804", 7)
    with pytest.raises(RuntimeError, match="another"):
        codes.code()
