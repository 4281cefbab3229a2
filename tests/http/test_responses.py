"""Parsing responses: those that MediaWiki 1.39 and 1.43 sent, and those of servers and proxies in their place."""

from __future__ import annotations

import json
from typing import Any

import pytest
from attrs import evolve

from mwclient_async._http.messages import ApiResponse, HttpResponse
from mwclient_async._http.responses import parse_response, retry_after
from mwclient_async._session.retry import outcome_is_unknown
from mwclient_async._values.warnings import ApiWarning
from mwclient_async.errors import (
    ApiError,
    BadRequest,
    BadToken,
    BrokenReply,
    ChunkRefused,
    EditConflict,
    FileRefused,
    HttpError,
    InternalError,
    InvalidParameter,
    MaxlagExceeded,
    MediaWikiError,
    MissingParameter,
    Protected,
    ProtocolError,
    RateLimited,
    ReadOnly,
    StashError,
    TooManyValues,
    UploadError,
    UrlRefused,
)

JSON = ("content-type", "application/json; charset=utf-8")
HTML = ("content-type", "text/html; charset=UTF-8")
NOW = "Sat, 21 Nov 2026 08:00:00 GMT"


def json_response(body: Any, *headers: tuple[str, str], status: int = 200) -> HttpResponse:
    return HttpResponse(status=status, headers=(JSON, *headers), body=json.dumps(body).encode())


def html_response(text: str, *headers: tuple[str, str], status: int = 200) -> HttpResponse:
    return HttpResponse(status=status, headers=(HTML, *headers), body=text.encode())


def error_body(code: str, text: str = "", module: str = "upload", **data: Any) -> dict[str, Any]:
    return {"errors": [{"code": code, "text": text, "data": data, "module": module}], "docref": "See ..."}


# Responses -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        {"batchcomplete": True},
        {"upload": {"result": "Continue", "offset": 4000, "filekey": "1d3o92ilvvpw.2zeaf1.1.png"}},
        {"upload": {"result": "Warning", "warnings": {"exists": "W.png"}, "filekey": "K2", "sessionkey": "K2"}},
        {"edit": {"result": "Success", "pageid": 2003, "title": "T", "contentmodel": "wikitext", "nochange": True}},
        {"edit": {"captcha": {"type": "simple", "id": "1", "question": "57−8"}, "result": "Failure"}},
        {"login": {"result": "Failed", "reason": {"code": "wrongpassword", "text": "Incorrect ..."}}},
        {"continue": {"rvcontinue": "1|1", "continue": "||"}, "query": {"pages": [{"pageid": 1, "revisions": []}]}},
        {"errors": []},
    ],
    ids=lambda body: next(iter(body)),
)
def test_a_body_without_an_error_is_an_api_response(body: Any) -> None:
    assert parse_response(json_response(body)) == ApiResponse(body=body)


def test_an_empty_php_array_is_an_empty_result() -> None:
    assert parse_response(json_response([])).body == {}


def test_a_response_has_the_request_id() -> None:
    assert parse_response(json_response({}, ("x-request-id", "abc"))).request_id == "abc"


def test_warnings_are_read_from_the_body() -> None:
    warnings = [{"code": "unrecognizedparams", "text": "Unrecognized parameter: x.", "module": "main"}, {}]
    assert parse_response(json_response({"warnings": warnings})).warnings == (
        ApiWarning(code="unrecognizedparams", text="Unrecognized parameter: x.", module="main"),
        ApiWarning(code="", text=""),
    )


@pytest.mark.parametrize("kind", ["application/json", "Application/JSON; charset=utf-8", "application/problem+json"])
def test_json_is_recognised_by_its_content_type(kind: str) -> None:
    assert parse_response(HttpResponse(status=200, headers=(("content-type", kind),), body=b'{"a": 1}')).body == {
        "a": 1
    }


# Errors --------------------------------------------------------------------------------------------------------------

ERRORS = [
    (error_body("stashfailed", "Invalid chunk offset", offset="4000"), StashError),
    (error_body("stashfailed", "No chunked upload session with this key."), StashError),
    (error_body("stashfailed", "Chunked upload is already completed, check status for details."), StashError),
    (error_body("stashfailed", "This file did not pass file verification."), StashError),
    (error_body("uploadstash-file-not-found", 'Key "…" not found in stash.'), StashError),
    (error_body("chunk-too-small", "Minimum chunk size is 1,024 bytes for non-final chunks."), ChunkRefused),
    (error_body("invalid-chunk", "Offset plus current chunk is greater than claimed file size."), ChunkRefused),
    (error_body("badupload", "The uploaded file exceeds the server's maximum of 2 MB.", size=2097152), ChunkRefused),
    (error_body("missingresult", "No result in status data."), UploadError),
    (error_body("publishfailed", "Upload from stash already in progress."), UploadError),
    (error_body("fileexists-no-change", "…", stasherrors=[{"code": "uploadstash-exception"}]), FileRefused),
    (error_body("protectedpage", "…", filekey="K", sessionkey="K", invalidparameter="filename"), Protected),
    (error_body("maxlag", "Waiting for a database server.", "main", host="", lag=-1, type="db"), MaxlagExceeded),
    (error_body("readonly", "The wiki is currently in read-only mode.", "main", readonlyreason="maint"), ReadOnly),
    (error_body("toomanyvalues", "The limit is 50.", "query", limit=50, lowlimit=50, highlimit=500), TooManyValues),
    (error_body("badtoken", "Invalid CSRF token.", "edit"), BadToken),
    (error_body("badvalue", 'Unrecognized value for parameter "action".', "main"), InvalidParameter),
    (error_body("missingparam", 'The "token" parameter must be set.', "main"), MissingParameter),
    (error_body("mustbeposted", "The edit module requires a POST request.", "main"), BadRequest),
    (error_body("internal_api_error_DBQueryError", "[id] Caught exception", "main"), InternalError),
    (error_body("internal_api_error_Wikimedia\\Rdbms\\DBTransactionStateError", "…", "main"), InternalError),
    (error_body("some-extensions-own-code", "…", "main"), ApiError),
]


@pytest.mark.parametrize(
    ("body", "cls"), ERRORS, ids=lambda value: value["errors"][0]["code"] if isinstance(value, dict) else ""
)
def test_an_error_has_the_class_of_its_code_and_all_that_the_wiki_sent(body: Any, cls: type[ApiError]) -> None:
    with pytest.raises(ApiError) as caught:
        parse_response(json_response(body, ("x-request-id", "abc")))
    sent, error = body["errors"][0], caught.value
    assert type(error) is cls
    assert (error.code, error.text, error.data) == (sent["code"], sent["text"], sent["data"])
    assert (error.errors[0].module, error.status, error.request_id) == (sent["module"], 200, "abc")


def test_u1_the_offset_of_a_stash_error_is_a_number_although_the_wiki_sends_text() -> None:
    with pytest.raises(StashError) as caught:
        parse_response(json_response(error_body("stashfailed", "Invalid chunk offset", offset="4000")))
    assert caught.value.offset == 4000


def test_all_errors_and_the_warnings_beside_them_are_kept() -> None:
    body = {
        "errors": [{"code": "http-curl-error", "text": "A."}, {"code": "http-bad-status", "data": []}],
        "warnings": [{"code": "w", "text": "W.", "module": "main"}],
    }
    with pytest.raises(ApiError, match=r"^http-curl-error: A\.; http-bad-status \(") as caught:
        parse_response(json_response(body))
    assert [error.code for error in caught.value.errors] == ["http-curl-error", "http-bad-status"]
    assert type(caught.value) is UrlRefused  # the class of the first error
    assert caught.value.warnings == (ApiWarning(code="w", text="W.", module="main"),)
    assert caught.value.errors[1].data == {}


def test_the_old_format_of_an_error_is_understood() -> None:
    body = {"error": {"code": "stashfailed", "info": "Invalid chunk offset", "offset": "4000", "docref": "…"}}
    with pytest.raises(StashError, match="Invalid chunk offset") as caught:
        parse_response(json_response(body))
    assert caught.value.data == {"offset": "4000"}


def test_an_error_with_an_http_error_status_is_the_wikis_error() -> None:
    with pytest.raises(RateLimited) as caught:
        parse_response(json_response(error_body("ratelimited"), ("retry-after", "7"), status=429))
    assert (caught.value.status, caught.value.retry_after) == (429, 7.0)


def test_w1_maxlag_carries_the_wait_that_the_wiki_asks_for() -> None:
    with pytest.raises(MaxlagExceeded) as caught:
        parse_response(
            json_response(error_body("maxlag", lag=-1, type="db"), ("retry-after", "5"), ("x-database-lag", "-1"))
        )
    assert caught.value.retry_after == 5.0


# Other servers -------------------------------------------------------------------------------------------------------

HTML_PAGE = "<!DOCTYPE html>\n<html>  <head><title>MediaWiki API help</title></head>" + "x" * 1000


@pytest.mark.parametrize("status", [200, 400, 403, 404, 413])
@pytest.mark.parametrize("rest", [False, True], ids=["action", "rest"])
def test_s5_a_page_of_html_is_a_protocol_error_with_status_type_and_a_short_excerpt(status: int, *, rest: bool) -> None:
    with pytest.raises(ProtocolError) as caught:
        parse_response(html_response(HTML_PAGE, status=status), rest=rest)
    message = str(caught.value)
    assert (
        f"HTTP {status}, text/html; charset=UTF-8: '<!DOCTYPE html> <html> <head><title>MediaWiki API help" in message
    )
    assert len(message) < 500


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
@pytest.mark.parametrize("rest", [False, True], ids=["action", "rest"])
def test_w1_html_of_an_overloaded_server_is_an_http_error_with_retry_after(status: int, *, rest: bool) -> None:
    with pytest.raises(HttpError, match=f"HTTP {status}, text/html") as caught:
        parse_response(html_response("<h1>Sorry</h1>", ("retry-after", "3"), status=status), rest=rest)
    assert (caught.value.status, caught.value.retry_after) == (status, 3.0)


@pytest.mark.parametrize("body", [b"", b"{", b'{"a": 1', b'{"a": 1}x', b"\xff\xfe\xfa", b"<html>"], ids=ascii)
@pytest.mark.parametrize("rest", [False, True], ids=["action", "rest"])
def test_s5_broken_json_is_a_protocol_error(body: bytes, *, rest: bool) -> None:
    with pytest.raises(ProtocolError, match=r"broken JSON .* in HTTP 200, application/json"):
        parse_response(HttpResponse(status=200, headers=(JSON,), body=body), rest=rest)


@pytest.mark.parametrize(("status", "cls"), [(404, ProtocolError), (429, HttpError), (503, HttpError)])
def test_broken_json_with_an_http_error_is_judged_by_its_status(status: int, cls: type[MediaWikiError]) -> None:
    with pytest.raises(cls, match=f"HTTP {status}"):
        parse_response(HttpResponse(status=status, headers=(JSON,), body=b"{"))


@pytest.mark.parametrize("body", [None, 5, "text", True], ids=repr)
def test_json_that_is_not_an_object_is_a_protocol_error(body: Any) -> None:
    with pytest.raises(ProtocolError, match="not a response of the Action API"):
        parse_response(json_response(body))


def test_a_list_is_a_response_because_opensearch_sends_one() -> None:
    assert parse_response(json_response(["a", ["A"]])).body == ["a", ["A"]]


@pytest.mark.parametrize(
    "body", [{"error": "upstream timeout"}, {"error": {"code": 504}}, {"errors": [{"status": "504"}]}, {"message": "x"}]
)
def test_w2_the_error_of_a_gateway_is_not_the_wikis_error(body: Any) -> None:
    with pytest.raises(HttpError):
        parse_response(HttpResponse(status=504, headers=(JSON,), body=json.dumps(body).encode()))


def test_an_error_of_the_wiki_with_an_error_status_is_its_error() -> None:
    body = {"errors": [{"code": "ratelimited", "text": "Slow down."}]}
    with pytest.raises(RateLimited):
        parse_response(HttpResponse(status=429, headers=(JSON,), body=json.dumps(body).encode()))


@pytest.mark.parametrize(
    "body",
    [
        pytest.param({}, id="empty"),
        pytest.param({"message": "upstream"}, id="object"),
        pytest.param(None, id="null"),
        pytest.param("Service Unavailable", id="text"),
        pytest.param(["down"], id="list"),
    ],
)
@pytest.mark.parametrize("status", [429, 502, 503])
def test_w1_json_of_a_proxy_that_is_overloaded_is_an_http_error(body: Any, status: int) -> None:
    with pytest.raises(HttpError) as caught:
        parse_response(json_response(body, ("retry-after", "2"), status=status))
    assert caught.value.retry_after == 2.0


THROTTLED, NO_REASON = {"name": "actionthrottledtext"}, {"name": "wikibase-api-failed-save"}


@pytest.mark.parametrize(
    ("messages", "cls"),
    [
        ([NO_REASON, THROTTLED], RateLimited),
        ({"0": NO_REASON, "1": THROTTLED, "html": "..."}, RateLimited),
        ([NO_REASON, {"name": "readonlytext"}], ReadOnly),
        ([NO_REASON], ApiError),
        ([{"name": 5}, {"name": None}, "actionthrottledtext", None], ApiError),
        ("actionthrottledtext", ApiError),
        (None, ApiError),
    ],
)
def test_the_messages_of_a_general_code_decide_the_class(messages: Any, cls: type[ApiError]) -> None:
    with pytest.raises(ApiError) as caught:
        parse_response(json_response(error_body("failed-save", "The save has failed.", messages=messages)))
    assert (type(caught.value), caught.value.code) == (cls, "failed-save")


def test_the_first_error_that_has_a_class_decides() -> None:
    """MediaWiki 1.43 adds ``ratelimited`` behind the reason that a hook gave."""
    body = {"errors": [{"code": "of-a-hook"}, {"code": "ratelimited"}, {"code": "blocked"}]}
    with pytest.raises(RateLimited, match="of-a-hook; ratelimited; blocked"):
        parse_response(json_response(body))


@pytest.mark.parametrize(("errors", "text"), [(["boom"], "boom"), ([None], "None")], ids=["text", "null"])
def test_errors_that_are_not_objects_are_still_errors(errors: Any, text: str) -> None:
    with pytest.raises(ApiError, match=text) as caught:
        parse_response(json_response({"errors": errors}))
    assert (caught.value.code, caught.value.data) == ("unknown", {})


def test_a_warning_that_is_not_an_object_is_still_a_warning() -> None:
    assert [warning.text for warning in parse_response(json_response({"warnings": ["beware"]})).warnings] == ["beware"]


def test_json_that_is_nested_too_deeply_is_a_protocol_error() -> None:
    with pytest.raises(ProtocolError):
        parse_response(HttpResponse(status=200, headers=(JSON,), body=b"[" * 200_000))


def test_s1_the_target_of_a_redirect_is_shown_without_its_query() -> None:
    with pytest.raises(ProtocolError, match=r"redirects to 'https://new\.example/w/api\.php': use that"):
        parse_response(html_response("", ("location", "https://new.example/w/api.php?lgtoken=secret"), status=301))


def test_s5_a_wrong_url_gets_advice() -> None:
    with pytest.raises(ProtocolError, match=r"Special:Version names its api\.php"):
        parse_response(html_response("Not found", status=404))
    for rest, script in ((False, r"an api\.php"), (True, r"a rest\.php")):
        with pytest.raises(ProtocolError, match=f"Is this the address of {script}"):
            parse_response(html_response("<html>"), rest=rest)


API, REST = "https://wiki.test/w/api.php?action=query", "https://wiki.test/w/rest.php/v1/page/Earth"


@pytest.mark.parametrize("url", [API, REST, "https://wiki.test/wiki/"])
@pytest.mark.parametrize(
    ("status", "headers", "advised"),
    [
        (401, (("www-authenticate", 'Basic realm="staff"'),), r"HTTP Basic.*HttpOptions\(headers="),
        (401, (("www-authenticate", 'Digest realm="staff"'),), r"HTTP Digest.*HttpOptions\(headers="),
        (401, (("www-authenticate", "Bearer"),), "a guard in front of it"),
        (403, (), "a guard in front of it"),
        (406, (), "a guard in front of it"),
        (451, (), "a guard in front of it"),
    ],
)
def test_s5_a_refusal_by_the_web_server_gets_advice_that_fits(
    url: str, status: int, headers: tuple[tuple[str, str], ...], advised: str
) -> None:
    refused = evolve(html_response("<h1>No</h1>", *headers, status=status), url=url)
    with pytest.raises(ProtocolError, match=advised) as caught:
        parse_response(refused, rest=url == REST)
    assert "Is this the address" not in str(caught.value)


def test_s5_a_body_that_is_too_large_for_the_server_gets_advice() -> None:
    with pytest.raises(ProtocolError, match="choose a smaller chunk_size"):
        parse_response(html_response("<h1>Request Entity Too Large</h1>", status=413))


@pytest.mark.parametrize(("url", "script"), [(API, "api.php"), (REST, "rest.php")])
def test_s5_a_page_at_the_right_address_gets_other_advice_than_one_elsewhere(url: str, script: str) -> None:
    with pytest.raises(BrokenReply, match=f"the login page of a network.*this is not the wiki's {script}"):
        parse_response(evolve(html_response("<html>"), url=url), rest=url == REST)


# MediaWiki's own header ---------------------------------------------------------------------------------------------

DB_ERROR = "internal_api_error_Wikimedia\\Rdbms\\DBTransactionStateError"
CUT = b'{"errors":[{"code":"editconflict","text":"Edit confl'


@pytest.mark.parametrize("status", [200, 500, 503])
def test_w2_a_page_of_html_with_the_codes_in_mediawikis_header_is_mediawikis_error(status: int) -> None:
    with pytest.raises(InternalError) as caught:
        parse_response(
            html_response(
                "<p>Internal error</p>", ("mediawiki-api-error", DB_ERROR), ("retry-after", "4"), status=status
            )
        )
    assert (caught.value.code, caught.value.status, caught.value.retry_after) == (DB_ERROR, status, 4.0)
    assert f"HTTP {status}, text/html; charset=UTF-8: '<p>Internal error</p>'" in str(caught.value)
    assert outcome_is_unknown(caught.value)


@pytest.mark.parametrize("body", [CUT, CUT[:1], b"", b'{"errors":[]}<br />Warning: ...'], ids=len)
def test_w2_a_refusal_whose_body_was_cut_is_still_a_refusal(body: bytes) -> None:
    header = ("mediawiki-api-error", "editconflict, , http-bad-status,")
    with pytest.raises(EditConflict) as caught:
        parse_response(HttpResponse(status=200, headers=(JSON, header), body=body))
    assert [error.code for error in caught.value.errors] == ["editconflict", "http-bad-status"]


@pytest.mark.parametrize("code", ["stashfailed", "badupload", "toomanyvalues"])
def test_u3_a_cut_error_whose_data_is_needed_is_a_broken_reply(code: str) -> None:
    with pytest.raises(BrokenReply):
        parse_response(HttpResponse(status=200, headers=(JSON, ("mediawiki-api-error", code)), body=CUT))
    with pytest.raises(HttpError, match=f"MediaWiki says {code}; HTTP 500"):
        parse_response(html_response("<p>Sorry</p>", ("mediawiki-api-error", code), status=500))


@pytest.mark.parametrize("status", [502, 504])
@pytest.mark.parametrize(
    "sent",
    [html_response("<h1>Bad gateway</h1>"), json_response({"error": "upstream"}), json_response(None)],
    ids=["html", "object", "null"],
)
def test_w2_an_error_of_a_gateway_itself_is_not_the_wikis_refusal_whatever_its_headers(
    sent: HttpResponse, status: int
) -> None:
    header = ("mediawiki-api-error", "badtoken")
    with pytest.raises(HttpError):
        parse_response(evolve(sent, status=status, headers=(*sent.headers, header)))


@pytest.mark.parametrize("body", [{"message": "x"}, {"error": {"code": 503}}, ["down"], None], ids=str)
def test_the_header_counts_if_the_body_names_no_code(body: Any) -> None:
    with pytest.raises(ReadOnly):
        parse_response(json_response(body, ("mediawiki-api-error", "readonly"), status=503))


def test_a_header_of_another_name_proves_nothing() -> None:
    with pytest.raises(HttpError):
        parse_response(
            html_response("<p>Sorry</p>", ("x-api-error", "readonly"), ("api-error", "readonly"), status=503)
        )


def test_a_whole_body_counts_more_than_the_header() -> None:
    header = ("mediawiki-api-error", "badtoken")
    with pytest.raises(Protected):
        parse_response(json_response(error_body("protectedpage"), header))
    assert parse_response(json_response({"edit": {"result": "Success"}}, header)).body == {
        "edit": {"result": "Success"}
    }


# Retry-After ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": ""}, None),
        ({"retry-after": "0"}, 0.0),
        ({"retry-after": " 120 "}, 120.0),
        ({"retry-after": "-1"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "Sat, 21 Nov 2026 08:00:30 GMT", "date": NOW}, 30.0),
        ({"retry-after": "Sat, 21 Nov 2026 07:00:00 GMT", "date": NOW}, 0.0),
        ({"retry-after": "Saturday, 21-Nov-26 08:01:00 GMT", "date": NOW}, 60.0),
        ({"retry-after": "Sat, 21 Nov 2026 10:00:30 +0200", "date": NOW}, 30.0),
        ({"retry-after": "Sat, 21 Nov 2026 08:00:30 -0000", "date": NOW}, None),
        ({"retry-after": "Sat, 21 Nov 2026 08:00:30 GMT"}, None),
        ({"retry-after": "Sat, 21 Nov 2026 08:00:30 GMT", "date": "now"}, None),
        ({"retry-after": "Sat, 99 Nov 2026 08:00:30 GMT", "date": NOW}, None),
    ],
    ids=lambda value: value.get("retry-after", "none") if isinstance(value, dict) else "",
)
def test_w1_retry_after_is_read_in_seconds_and_as_a_date_by_the_servers_clock(
    headers: dict[str, str], seconds: float | None
) -> None:
    assert retry_after(HttpResponse(status=503, headers=tuple(headers.items()))) == seconds
