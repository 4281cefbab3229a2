"""The HTTP requests that RequestBuilder builds: method, URL, headers, body."""

from __future__ import annotations

import email
import unicodedata
from collections.abc import Mapping
from email import policy
from typing import Any
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

import pytest
from attrs import evolve
from hypothesis import given, settings, strategies as st

from mwclient_async._http.messages import ApiRequest, FilePart, HttpRequest, MultipartBody
from mwclient_async._http.request_builder import RequestBuilder, RequestCredentials
from mwclient_async._http.urls import checked_url, form_encoded, path_segment, rest_url_beside
from mwclient_async._http.user_agent import full_user_agent
from mwclient_async.models.options import Limits

API, REST = "https://wiki.example/w/api.php", "https://wiki.example/w/rest.php"
BUILDER = RequestBuilder(api_url=API, rest_url=REST, user_agent="Bot (a@b.example)", maxlag=5, limits=Limits())
ALWAYS = {"format": "json", "formatversion": "2", "errorformat": "plaintext", "errorlang": "en", "maxlag": "5"}
QUERY = ApiRequest(params={"action": "query", "titles": "Ä&B"})
EDIT = ApiRequest(params={"action": "edit", "text": "a+b=c\n"}, post=True, token="csrf", write=True)
TOKEN = "0123abcd+\\"


def url_params(request: HttpRequest) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(request.url).query, keep_blank_values=True, strict_parsing=True))


def body_params(request: HttpRequest) -> list[tuple[str, str]]:
    assert isinstance(request.body, bytes)
    return parse_qsl(request.body.decode("ascii"), keep_blank_values=True) if request.body else []


@pytest.mark.parametrize(
    ("api_request", "token", "method"),
    [
        pytest.param(QUERY, None, "GET", id="read"),
        pytest.param(evolve(QUERY, post=True), None, "POST", id="a module that must be posted"),
        pytest.param(EDIT, TOKEN, "POST", id="write with a token"),
        pytest.param(QUERY, TOKEN, "POST", id="a token is never in a URL"),
        pytest.param(evolve(QUERY, params={"action": "query", "wltoken": "x"}), None, "POST", id="a secret of a list"),
        pytest.param(
            ApiRequest(params={"action": "query", "titles": "x" * 6000}), None, "POST", id="too long for a URL"
        ),
        pytest.param(ApiRequest(path="/v1/page/A/history", params={"filter": "bot"}), None, "GET", id="rest"),
    ],
)
def test_which_requests_are_get_and_which_are_post(api_request: ApiRequest, token: str | None, method: str) -> None:
    request = BUILDER.build(api_request, RequestCredentials(token=token))
    assert request.method == method
    assert (request.body == b"") is (method == "GET")


def test_a_read_has_everything_in_its_url() -> None:
    request = BUILDER.build(QUERY)
    assert request.url.startswith(f"{API}?")
    assert url_params(request) == {"action": "query", "titles": "Ä&B", **ALWAYS}


@given(st.dictionaries(st.text(st.characters(codec="utf-8")), st.text(st.characters(codec="utf-8"))))
@settings(deadline=None)
def test_parameters_are_encoded_as_in_a_form(params: dict[str, str]) -> None:
    for each in (params, {"titles": "Ä b/c-d_e.f~g*h+i|j", "empty": "", "a b": "plain"}):
        assert form_encoded(each) == urlencode(each)


def test_a_url_may_be_as_long_as_the_limit_and_no_longer() -> None:
    length = len(BUILDER.build(QUERY).url)
    at_limit = evolve(BUILDER, limits=Limits(url_length=max(500, length)))
    padded = evolve(QUERY, params={**QUERY.params, "titles": "Ä&B" + "x" * (500 - length)})
    longer = evolve(padded, params={**padded.params, "titles": padded.params["titles"] + "x"})
    assert len(at_limit.build(padded).url) == 500
    assert [at_limit.build(each).method for each in (padded, longer)] == ["GET", "POST"]


def test_a_post_has_the_response_format_in_its_url_and_the_rest_in_its_body() -> None:
    request = BUILDER.build(EDIT, RequestCredentials(token=TOKEN, assertions={"assert": "user"}))
    assert url_params(request) == {"action": "edit", "assert": "user", **ALWAYS}
    assert body_params(request) == [("text", "a+b=c\n"), ("token", TOKEN)]
    assert request.headers["content-type"] == "application/x-www-form-urlencoded"


def test_the_token_is_the_last_field_of_the_body_and_not_in_the_url() -> None:
    request = BUILDER.build(
        evolve(EDIT, params={"action": "edit", "zzz": "1", "aaa": "2"}), RequestCredentials(token=TOKEN)
    )
    assert body_params(request)[-1] == ("token", TOKEN)
    assert "token" not in request.url


def test_a_read_that_is_posted_promises_not_to_write() -> None:
    long = evolve(QUERY, params={**QUERY.params, "titles": "x" * 7000})
    read = BUILDER.build(long)
    write = BUILDER.build(EDIT, RequestCredentials(token=TOKEN))
    login = BUILDER.build(ApiRequest(params={"action": "login"}, post=True, login=True))
    purge = BUILDER.build(
        ApiRequest(params={"action": "purge"}, post=True)
    )  # it changes no page, but for the wiki it is a write
    has_promise = ["promise-non-write-api-action" in request.headers for request in (read, write, login, purge)]
    assert read.method == "POST"
    assert has_promise == [True, False, False, False]


@pytest.mark.parametrize(
    ("own", "assertion", "login", "expected"),
    [
        pytest.param({}, None, False, {"maxlag": "5"}, id="anonymous"),
        pytest.param({}, "user", False, {"maxlag": "5", "assert": "user"}, id="logged in"),
        pytest.param({}, "user", True, {}, id="the login itself"),
        pytest.param(
            {"maxlag": "1", "assert": "bot"}, "user", False, {"maxlag": "1", "assert": "bot"}, id="the caller's"
        ),
    ],
)
def test_w4_every_request_asserts_the_login_but_the_login_itself(
    own: Mapping[str, str], assertion: str | None, *, login: bool, expected: Mapping[str, str]
) -> None:
    request = ApiRequest(params={"action": "query", **own}, login=login)
    credentials = RequestCredentials(assertions={"assert": assertion} if assertion else {})
    sent = url_params(BUILDER.build(request, credentials))
    assert {name: sent[name] for name in ("maxlag", "assert") if name in sent} == expected


def test_maxlag_can_be_turned_off() -> None:
    assert "maxlag=5" in BUILDER.build(QUERY).url
    assert "maxlag" not in evolve(BUILDER, maxlag=None).build(QUERY).url


def test_a_caller_cannot_change_the_response_format() -> None:
    sent = url_params(BUILDER.build(ApiRequest(params={"action": "query", "format": "xml", "errorlang": "de"})))
    assert (sent["format"], sent["errorlang"]) == ("json", "en")


def test_rest_requests_have_no_parameters_of_the_action_api() -> None:
    request = BUILDER.build(
        ApiRequest(path="/v1/page/A%2FB/history", params={"older_than": "5"}),
        RequestCredentials(assertions={"assert": "user"}),
    )
    assert request.url == f"{REST}/v1/page/A%2FB/history?older_than=5"
    assert BUILDER.build(ApiRequest(path="/v1/page/A")).url == f"{REST}/v1/page/A"


@pytest.mark.parametrize("api_request", [QUERY, EDIT, ApiRequest(path="/v1/page/A")], ids=["get", "post", "rest"])
def test_every_request_has_the_user_agent(api_request: ApiRequest) -> None:
    headers = BUILDER.build(api_request, RequestCredentials(token=TOKEN if api_request.token else None)).headers
    assert headers["user-agent"] == "Bot (a@b.example)"
    assert all(name == name.lower() for name in headers)


def test_s1_the_repr_of_a_request_shows_neither_body_nor_headers() -> None:
    request = BUILDER.build(EDIT, RequestCredentials(token=TOKEN))
    assert TOKEN[:8] not in repr(request)
    assert "a@b.example" not in repr(request)


# Multipart -----------------------------------------------------------------------------------------------------------


async def read_nothing(_offset: int, _length: int) -> bytes:
    raise AssertionError("building the body must not read the file")


def chunk(params: Mapping[str, str], data: bytes) -> tuple[HttpRequest, MultipartBody, Any]:
    """The request of a chunk, its body, and the body as the standard library parses it."""
    api_request = ApiRequest(
        params={"action": "upload", **params},
        post=True,
        write=True,
        part=FilePart(name="chunk", offset=7, length=len(data)),
    )
    request = BUILDER.build(api_request, RequestCredentials(token=TOKEN), boundary="b0b0b0", read=read_nothing)
    body = request.body
    assert isinstance(body, MultipartBody)
    whole = body.head + data + body.tail
    assert body.length == len(whole)
    header = f"Content-Type: {request.headers['content-type']}\r\n\r\n".encode()
    return request, body, email.message_from_bytes(header + whole, policy=policy.HTTP)


def test_a_chunk_is_a_multipart_body_that_the_standard_library_can_parse() -> None:
    data = bytes(range(256)) + b"\r\n--b0b0b"
    _, body, message = chunk({"filename": 'Ä "x".png', "offset": "7"}, data)
    parts = [
        (part.get_param("name", header="content-disposition"), part.get_payload(decode=True))
        for part in message.iter_parts()
    ]
    assert parts == [
        ("filename", 'Ä "x".png'.encode()),
        ("offset", b"7"),
        ("chunk", data),
        ("token", TOKEN.encode()),
    ]
    assert not message.defects
    assert body.part == FilePart(name="chunk", offset=7, length=len(data))


def test_only_the_file_part_has_a_file_name() -> None:
    _, _, message = chunk({"offset": "0"}, b"x")
    names = [part.get_filename() for part in message.iter_parts()]
    assert names == [None, "chunk.bin", None]


def test_the_url_of_a_chunk_has_the_response_format_and_no_field() -> None:
    request, _, _ = chunk({"filename": "A.png", "offset": "0"}, b"x")
    assert request.method == "POST"
    assert url_params(request) == {"action": "upload", **ALWAYS}


# REST paths ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("title", "segment"),
    [
        ("Earth", "Earth"),
        ("Main Page", "Main_Page"),
        ("  Main Page ", "Main_Page"),
        ("A/B", "A%2FB"),
        ("C++", "C%2B%2B"),
        ("What?", "What%3F"),
        ("50% off", "50%25_off"),
        ("A&B=C;D", "A%26B%3DC%3BD"),
        ("A#B", "A%23B"),
        ("Talk:Earth", "Talk%3AEarth"),
        ("Dots...", "Dots..."),
        ("..secret/x", "..secret%2Fx"),
        ("Ünï", "%C3%9Cn%C3%AF"),
        ("🪐", "%F0%9F%AA%90"),
        ('"quoted"', "%22quoted%22"),
        ("A\\B", "A%5CB"),
    ],
)
def test_a_title_is_one_segment_of_a_rest_path(title: str, segment: str) -> None:
    assert path_segment(title) == segment


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
@settings(deadline=None)
def test_any_title_can_be_read_back_from_its_segment(title: str) -> None:
    if {".", ".."} & set(unicodedata.normalize("NFC", title).strip().split("/")):
        with pytest.raises(ValueError, match="relative path"):
            path_segment(title)
        return
    segment = path_segment(title)
    assert unquote(segment) == unicodedata.normalize("NFC", title).strip().replace(" ", "_")
    assert segment.isascii()
    assert not set(segment) & set("/?#&+ \r\n")


# User agents ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "user_agent",
    [
        "DemoBot/1.0 (https://example.org/demobot; demobot@example.org)",
        "DemoBot http://example.org",
        "DemoBot demo@example.org",
        "DemoBot (User:Demo)",
        "  DemoBot (User:Demo)  ",
    ],
)
def test_a_user_agent_with_a_contact_is_followed_by_the_name_of_the_library(user_agent: str) -> None:
    own, _, library = full_user_agent(user_agent).rpartition(" ")
    assert own == user_agent.strip()
    assert library.startswith("mwclient_async/")


@pytest.mark.parametrize(
    "user_agent",
    ["", "   ", "DemoBot", "DemoBot/1.0", "python-requests/2.31", "me@localhost", "@example.org", "https://", "User:"],
)
def test_a_user_agent_without_a_contact_is_refused(user_agent: str) -> None:
    with pytest.raises(ValueError, match="User-Agent_policy"):
        full_user_agent(user_agent)


@pytest.mark.parametrize("given", [None, b"https://a.example/api.php"])
def test_an_address_or_a_user_agent_of_another_type_is_named(given: Any) -> None:
    """Such as None, of a variable of the environment that is not set."""
    with pytest.raises(TypeError, match=r"user_agent is of type (NoneType|bytes): give a text"):
        full_user_agent(given)
    with pytest.raises(TypeError, match=r"api_url is of type (NoneType|bytes): give a text"):
        checked_url("api_url", given)


@pytest.mark.parametrize(
    "user_agent",
    [
        "Bot (a@b.example)\r\nX-Evil: 1",
        "Bot (a@b.example)\nX",
        "Bot\x00 (a@b.example)",
        "Bot\x7f (a@b.example)",
        "Böt (a@b.example)",
        "Bot\u2028(a@b.example)",
    ],
    ids=ascii,
)
def test_a_user_agent_cannot_inject_a_header(user_agent: str) -> None:
    with pytest.raises(ValueError, match="printable ASCII"):
        full_user_agent(user_agent)


# URLs ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        (API, API),
        ("http://127.0.0.1:8080/api.php", "http://127.0.0.1:8080/api.php"),
        ("http://[::1]:8080/api.php", "http://[::1]:8080/api.php"),
        ("https://wiki.example/w/rest.php/", "https://wiki.example/w/rest.php"),
    ],
)
def test_a_valid_url_is_kept(url: str, kept: str) -> None:
    assert checked_url("api_url", url) == kept


@pytest.mark.parametrize(
    "url",
    [
        "",
        "wiki.example/w/api.php",
        "//wiki.example/w/api.php",
        "ftp://wiki.example/api.php",
        "file:///w/api.php",
        "https:///w/api.php",
        "https://wiki.example/w/api.php?action=query",
        "https://wiki.example/w/api.php#x",
        "https://user:secret@wiki.example/w/api.php",
        "https://user@wiki.example/w/api.php",
        "http://[::1/api.php",
    ],
)
def test_an_invalid_url_is_a_value_error(url: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the message is the standard library's for a broken IPv6 address
        checked_url("api_url", url)


def test_s1_a_url_with_a_password_is_refused_without_showing_it() -> None:
    with pytest.raises(ValueError, match="credentials") as caught:
        checked_url("api_url", "https://user:hunter2@wiki.example/w/api.php")
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        "https://wiki.example:abc/w/api.php",
        "https://wiki.example:99999/w/api.php",
        "https://wiki.example/w/api.php\n",
        "https://wiki.example/w/a\npi.php",
        "https://wiki.example/w/api.php?",
        "https://wiki.example/w/api.php#",
    ],
    ids=ascii,
)
def test_a_url_that_no_request_can_be_sent_to_is_a_value_error(url: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        checked_url("api_url", url)


@pytest.mark.parametrize(
    ("api_url", "rest_url"), [(API, REST), ("http://127.0.0.1:8080/api.php", "http://127.0.0.1:8080/rest.php")]
)
def test_rest_php_is_beside_api_php(api_url: str, rest_url: str) -> None:
    assert rest_url_beside(api_url) == rest_url


@pytest.mark.parametrize(
    "url", ["https://wiki.example/wiki/Earth", "https://wiki.example", "https://wiki.example/xapi.php"]
)
def test_the_url_of_a_page_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"api\.php"):
        rest_url_beside(url)
