"""OAuth 1.0a: the examples of RFC 5849, what a signature covers, and that each request has one of its own."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import sys
from urllib.parse import quote, unquote

import httpx
import pytest

from mwclient_async import BotPassword, OAuth1, Site
from mwclient_async._http.messages import ApiRequest, FilePart, HttpRequest, MultipartBody
from mwclient_async._http.oauth1 import authorization, signature_base
from mwclient_async._http.responses import parse_response
from mwclient_async.errors import AuthorizationRefused, OutcomeUnknown, ReplyLost
from mwclient_async.testing.scripted import Scripted, ScriptedClock, ScriptedTransport, json_response
from tests.conftest import USER_AGENT

API = "https://wiki.example.org/w/api.php"
AUTH = OAuth1(consumer_token="ck", consumer_secret="c&s", access_token="at", access_secret="a+s")
PRINTER = OAuth1(
    consumer_token="dpf43f3p2l4k3l03",
    consumer_secret="kd94hf93k423kf44",
    access_token="nnch734d00sl2jdk",
    access_secret="pfkkdhi9sl3r4s00",
)
FORM = {"content-type": "application/x-www-form-urlencoded"}
BEGINNING = 1_767_225_600
WHO = {"query": {"userinfo": {"name": "Robot", "rights": []}}}


def protocol(request: HttpRequest) -> dict[str, str]:
    """The parameters of the Authorization header."""
    found = re.findall(r'(\w+)="([^"]*)"', request.headers["authorization"])
    return {name: unquote(value) for name, value in found}


def site(*script: Scripted, clock: ScriptedClock | None = None) -> tuple[Site, ScriptedTransport]:
    transport = ScriptedTransport(script)
    return Site(API, user_agent=USER_AGENT, auth=AUTH, transport=transport, clock=clock or ScriptedClock()), transport


def refusal(text: str, code: str = "mwoauth-invalid-authorization") -> dict[str, object]:
    return {"errors": [{"code": code, "text": f"The authorization headers in your request are not valid: {text}"}]}


def test_a_request_is_signed_as_in_the_example_of_rfc_5849_section_1_2() -> None:
    request = HttpRequest(method="GET", url="http://photos.example.net/photos?file=vacation.jpg&size=original")
    header = authorization(request, PRINTER, nonce="chapoH", timestamp=137131202)
    assert header.startswith("OAuth ")
    signed = protocol(HttpRequest(method="GET", url="", headers={"authorization": header}))
    assert signed == {
        "oauth_consumer_key": "dpf43f3p2l4k3l03",
        "oauth_token": "nnch734d00sl2jdk",
        "oauth_signature_method": "HMAC-SHA1",
        "oauth_timestamp": "137131202",
        "oauth_nonce": "chapoH",
        "oauth_signature": "MdpQcU8iPSUjWoN/UDMsK2sui9I=",
    }


def test_the_base_string_is_that_of_rfc_5849_section_3_4_1_1() -> None:
    request = HttpRequest(
        method="POST",
        url="http://EXAMPLE.COM:80/request?b5=%3D%253D&a3=a&c%40=&a2=r%20b",
        headers=FORM,
        body=b"c2&a3=2+q",
    )
    of_header = [
        ("oauth_consumer_key", "9djdj82h48djs9d2"),
        ("oauth_token", "kkk9d7dh3k39sjv7"),
        ("oauth_signature_method", "HMAC-SHA1"),
        ("oauth_timestamp", "137131201"),
        ("oauth_nonce", "7d8f3e4a"),
    ]
    assert signature_base(request, of_header) == (
        "POST&http%3A%2F%2Fexample.com%2Frequest&a2%3Dr%2520b%26a3%3D2%2520q%26a3%3Da%26b5%3D%253D%25253D%26c%2540%3D"
        "%26c2%3D%26oauth_consumer_key%3D9djdj82h48djs9d2%26oauth_nonce%3D7d8f3e4a%26oauth_signature_method%3D"
        "HMAC-SHA1%26oauth_timestamp%3D137131201%26oauth_token%3Dkkk9d7dh3k39sjv7"
    )


async def _read(_offset: int, _length: int) -> bytes:
    return b"a=b"


@pytest.mark.parametrize(
    ("request_", "base"),
    [
        (HttpRequest(method="PUT", url="https://w.org:443/r?x=1", body=b'{"a": "b"}'), "PUT&https://w.org/r&x=1"),
        (
            HttpRequest(method="POST", url="https://w.org:8443/r", headers=FORM, body=b"b=%2B+&a="),
            "POST&https://w.org:8443/r&a=&b=%2B%20",
        ),
        (
            HttpRequest(
                method="POST",
                url="https://w.org/r?action=upload",
                headers={"content-type": "multipart/form-data; boundary=b"},
                body=MultipartBody(head=b"a=b", part=FilePart(name="chunk", offset=0, length=3), tail=b"", read=_read),
            ),
            "POST&https://w.org/r&action=upload",
        ),
        (
            HttpRequest(method="GET", url="https://w.org/A%2FB%7C%F0%9F%8C%8D~"),
            "GET&https://w.org/A%2FB%7C%F0%9F%8C%8D~&",
        ),
        (HttpRequest(method="GET", url="https://w.org/ä b'(c)?q=é"), "GET&https://w.org/%C3%A4%20b'(c)&q=%C3%A9"),
        (HttpRequest(method="POST", url="https://w.org/r?x=1", headers=FORM, body=b""), "POST&https://w.org/r&x=1"),
        (HttpRequest(method="GET", url="https://BÜCHER.example:8443/r"), "GET&https://xn--bcher-kva.example:8443/r&"),
    ],
    ids=["json", "form", "multipart", "encoded path", "path to encode", "empty form", "host of other letters"],
)
def test_a_signature_covers_the_query_and_a_form_and_no_other_body(request_: HttpRequest, base: str) -> None:
    assert signature_base(request_, []) == "&".join(quote(part, safe="~") for part in base.split("&", 2))


def test_the_path_is_signed_as_it_is_sent() -> None:
    url = f"https://wiki.example.org/{''.join(map(chr, range(32, 127)))}äé🌍".replace("?", "").replace("#", "")
    sent = httpx.URL(url).raw_path.decode()
    assert signature_base(HttpRequest(method="GET", url=url), []).endswith(f"org{quote(sent, safe='~')}&")


async def test_a_sibling_that_shares_the_login_signs_for_its_own_address() -> None:
    opened, transport = site(WHO, WHO)
    async with opened, opened.sibling(API.replace("wiki.", "commons."), share_oauth=True) as sibling:
        for each in (opened, sibling):
            await each.call("query", meta="userinfo")
    for request in transport.requests:
        nonce, timestamp = protocol(request)["oauth_nonce"], int(protocol(request)["oauth_timestamp"])
        assert request.headers["authorization"] == authorization(request, AUTH, nonce=nonce, timestamp=timestamp)
    assert len({request.url.partition("api.php")[0] for request in transport.requests}) == 2


def test_secrets_are_encoded_in_the_key() -> None:
    request = HttpRequest(method="GET", url=API)
    header = authorization(request, AUTH, nonce="n", timestamp=1)
    signed = protocol(HttpRequest(method="GET", url="", headers={"authorization": header}))
    signature = signed.pop("oauth_signature")
    base = signature_base(request, signed.items()).encode()
    assert signature == base64.b64encode(hmac.digest(b"c%26s&a%2Bs", base, hashlib.sha1)).decode()


async def test_each_attempt_has_a_new_nonce_and_the_time_at_which_it_is_sent() -> None:
    clock = ScriptedClock(draw=0.9)
    opened, transport = site(*[ReplyLost("lost")] * 3, WHO, clock=clock)
    async with opened:
        await opened.call("query", meta="userinfo")
    signed = [protocol(request) for request in transport.requests]
    assert len({parameters["oauth_nonce"] for parameters in signed}) == len(signed) == 4
    assert [int(signed[at]["oauth_timestamp"]) - BEGINNING for at in (0, 3)] == [0, int(sum(clock.slept))]
    assert sum(clock.slept) > 1


async def test_a_redirect_of_the_rest_api_is_signed_for_its_own_address() -> None:
    moved = json_response({}, status=301, headers=[("location", "/w/rest.php/v1/page/B/bare")])
    page = {"id": 1, "key": "B", "title": "B", "latest": {"id": 1, "timestamp": "2026-01-01T00:00:00Z"}}
    page |= {"content_model": "wikitext", "license": {"url": "", "title": ""}, "html_url": ""}
    opened, transport = site(moved, page)
    async with opened:
        await opened.rest.page("A")
    signed = [protocol(request) for request in transport.requests]
    for request, parameters in zip(transport.requests, signed, strict=True):
        nonce, timestamp = parameters["oauth_nonce"], int(parameters["oauth_timestamp"])
        assert request.headers["authorization"] == authorization(request, AUTH, nonce=nonce, timestamp=timestamp)
    assert signed[0]["oauth_signature"] != signed[1]["oauth_signature"]


async def test_another_login_ends_the_signatures() -> None:
    """A login by password carries none of its own, and neither do the requests after it."""
    login_token = {"query": {"tokens": {"logintoken": "t"}}}
    success = {"login": {"result": "Success", "lgusername": "Robot"}}
    opened, transport = site(WHO, login_token, success, WHO)
    async with opened:
        await opened.call("query", meta="userinfo")
        await opened.login(BotPassword(name="Robot@tests", password="p"))
        await opened.call("query", meta="userinfo")
    assert ["authorization" in request.headers for request in transport.requests] == [True, False, False, False]


async def test_a_request_that_the_wiki_received_twice_is_read_again_and_a_write_is_not() -> None:
    """Scripted: a proxy repeats a request, and hands on the second response."""
    twice = refusal("Nonce already used: 123")
    opened, transport = site(twice, WHO, twice)
    async with opened:
        await opened.call("query", meta="userinfo")
        with pytest.raises(OutcomeUnknown, match="received this request twice"):
            await opened._session.send(ApiRequest(params={"action": "protect"}, post=True, write=True))
    transport.assert_done()


@pytest.mark.parametrize(
    ("text", "code", "advice"),
    [
        (
            "Expired timestamp, yours 1000, ours 4662",
            "",
            "this machine's clock is 1 h 1 min 2 s behind the wiki's: set it; or the",
        ),
        (
            "Expired timestamp, yours 86710, ours 9",
            "",
            "this machine's clock is 1 d 5 min 1 s ahead of the wiki's: set it",
        ),
        (
            "Expired timestamp, yours 4662, ours 1000",
            "mwoauth-oauth-exception",
            "this machine's clock is 1 h 1 min 2 s ahead",
        ),
        ("Invalid signature", "", "a secret is wrong"),
        ("Invalid consumer", "", "the wiki does not know the consumer token"),
        ("No approved grant was found for that authorization token.", "", "the access token is not of this consumer"),
        ("The request came from an invalid IP address.", "", "the consumer may be used from other IP addresses only"),
        ("enwiki", "mwoauth-invalid-authorization-wrong-wiki", "the consumer or its grant is for another wiki"),
        ("", "mwoauth-invalid-authorization-invalid-user", "the account does not exist on this wiki"),
        ("", "mwoauth-invalid-authorization-blocked-user", "stop: the account is blocked"),
        ("Demo", "mwoauth-invalid-authorization-not-approved", "the consumer is disabled"),
        ("anything else", "", "get a new OAuth token"),
    ],
)
def test_a_refusal_says_what_to_do(text: str, code: str, advice: str) -> None:
    with pytest.raises(AuthorizationRefused) as caught:
        parse_response(json_response(refusal(text, code or "mwoauth-invalid-authorization")))
    assert f"(nothing was done; {advice}" in str(caught.value)
    assert not caught.value.received_twice


async def test_a_refused_signature_is_not_tried_again() -> None:
    opened, transport = site(refusal("Invalid signature"))
    async with opened:
        with pytest.raises(AuthorizationRefused):
            await opened.call("query")
    transport.assert_done()


def test_without_oauthlib_the_site_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "oauthlib", None)
    with pytest.raises(ValueError, match=r"pip install mwclient_async\[oauth1\]"):
        Site(API, user_agent=USER_AGENT, auth=AUTH)


@pytest.mark.parametrize("name", ["consumer_token", "consumer_secret", "access_token", "access_secret"])
@pytest.mark.parametrize("wrong", ["", "0f0f0f0f\n", "0f 0f0f0f"])
def test_a_text_that_was_not_copied_whole_is_refused_and_not_shown(name: str, wrong: str) -> None:
    texts = dict.fromkeys(["consumer_token", "consumer_secret", "access_token", "access_secret"], "x") | {name: wrong}
    with pytest.raises(ValueError, match=name) as caught:
        OAuth1(**texts)
    assert "0f0f" not in str(caught.value)
