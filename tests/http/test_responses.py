"""What came back: answers as MediaWiki 1.39 and 1.43 sent them, and what servers and proxies put in their place."""

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


def answer(body: Any, *headers: tuple[str, str], status: int = 200) -> HttpResponse:
    return HttpResponse(status=status, headers=(JSON, *headers), body=json.dumps(body).encode())


def page(text: str, *headers: tuple[str, str], status: int = 200) -> HttpResponse:
    return HttpResponse(status=status, headers=(HTML, *headers), body=text.encode())


def refused(code: str, text: str = "", module: str = "upload", **data: Any) -> dict[str, Any]:
    return {"errors": [{"code": code, "text": text, "data": data, "module": module}], "docref": "See ..."}


# Answers -------------------------------------------------------------------------------------------------------------


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
def test_an_answer_without_an_error_is_a_reply(body: Any) -> None:
    assert parse_response(answer(body)) == ApiResponse(body=body)


def test_an_empty_php_array_is_an_answer_with_nothing_in_it() -> None:
    assert parse_response(answer([])).body == {}


def test_a_reply_has_the_request_id() -> None:
    assert parse_response(answer({}, ("x-request-id", "abc"))).request_id == "abc"


def test_warnings_come_beside_the_body() -> None:
    listed = [{"code": "unrecognizedparams", "text": "Unrecognized parameter: x.", "module": "main"}, {}]
    assert parse_response(answer({"warnings": listed})).warnings == (
        ApiWarning(code="unrecognizedparams", text="Unrecognized parameter: x.", module="main"),
        ApiWarning(code="", text=""),
    )


@pytest.mark.parametrize("kind", ["application/json", "Application/JSON; charset=utf-8", "application/problem+json"])
def test_json_is_known_by_its_content_type(kind: str) -> None:
    assert parse_response(HttpResponse(status=200, headers=(("content-type", kind),), body=b'{"a": 1}')).body == {
        "a": 1
    }


# Refusals ------------------------------------------------------------------------------------------------------------

REFUSALS = [
    (refused("stashfailed", "Invalid chunk offset", offset="4000"), StashError),
    (refused("stashfailed", "No chunked upload session with this key."), StashError),
    (refused("stashfailed", "Chunked upload is already completed, check status for details."), StashError),
    (refused("stashfailed", "This file did not pass file verification."), StashError),
    (refused("uploadstash-file-not-found", 'Key "…" not found in stash.'), StashError),
    (refused("chunk-too-small", "Minimum chunk size is 1,024 bytes for non-final chunks."), ChunkRefused),
    (refused("invalid-chunk", "Offset plus current chunk is greater than claimed file size."), ChunkRefused),
    (refused("badupload", "The uploaded file exceeds the server's maximum of 2 MB.", size=2097152), ChunkRefused),
    (refused("missingresult", "No result in status data."), UploadError),
    (refused("publishfailed", "Upload from stash already in progress."), UploadError),
    (refused("fileexists-no-change", "…", stasherrors=[{"code": "uploadstash-exception"}]), FileRefused),
    (refused("protectedpage", "…", filekey="K", sessionkey="K", invalidparameter="filename"), Protected),
    (refused("maxlag", "Waiting for a database server.", "main", host="", lag=-1, type="db"), MaxlagExceeded),
    (refused("readonly", "The wiki is currently in read-only mode.", "main", readonlyreason="maint"), ReadOnly),
    (refused("toomanyvalues", "The limit is 50.", "query", limit=50, lowlimit=50, highlimit=500), TooManyValues),
    (refused("badtoken", "Invalid CSRF token.", "edit"), BadToken),
    (refused("badvalue", 'Unrecognized value for parameter "action".', "main"), InvalidParameter),
    (refused("missingparam", 'The "token" parameter must be set.', "main"), MissingParameter),
    (refused("mustbeposted", "The edit module requires a POST request.", "main"), BadRequest),
    (refused("internal_api_error_DBQueryError", "[id] Caught exception", "main"), InternalError),
    (refused("internal_api_error_Wikimedia\\Rdbms\\DBTransactionStateError", "…", "main"), InternalError),
    (refused("some-extensions-own-code", "…", "main"), ApiError),
]


@pytest.mark.parametrize(
    ("body", "cls"), REFUSALS, ids=lambda value: value["errors"][0]["code"] if isinstance(value, dict) else ""
)
def test_an_error_has_the_class_of_its_code_and_all_that_the_wiki_said(body: Any, cls: type[ApiError]) -> None:
    with pytest.raises(ApiError) as caught:
        parse_response(answer(body, ("x-request-id", "abc")))
    said, error = body["errors"][0], caught.value
    assert type(error) is cls
    assert (error.code, error.text, error.data) == (said["code"], said["text"], said["data"])
    assert (error.errors[0].module, error.status, error.request_id) == (said["module"], 200, "abc")


def test_u1_the_offset_of_a_stash_error_is_a_number_though_the_wiki_sends_text() -> None:
    with pytest.raises(StashError) as caught:
        parse_response(answer(refused("stashfailed", "Invalid chunk offset", offset="4000")))
    assert caught.value.offset == 4000


def test_all_errors_and_the_warnings_beside_them_are_kept() -> None:
    body = {
        "errors": [{"code": "http-curl-error", "text": "A."}, {"code": "http-bad-status", "data": []}],
        "warnings": [{"code": "w", "text": "W.", "module": "main"}],
    }
    with pytest.raises(ApiError, match=r"^http-curl-error: A\.; http-bad-status \(") as caught:
        parse_response(answer(body))
    assert [error.code for error in caught.value.errors] == ["http-curl-error", "http-bad-status"]
    assert type(caught.value) is UrlRefused  # that of the first
    assert caught.value.warnings == (ApiWarning(code="w", text="W.", module="main"),)
    assert caught.value.errors[1].data == {}


def test_the_old_form_of_an_error_is_understood() -> None:
    body = {"error": {"code": "stashfailed", "info": "Invalid chunk offset", "offset": "4000", "docref": "…"}}
    with pytest.raises(StashError, match="Invalid chunk offset") as caught:
        parse_response(answer(body))
    assert caught.value.data == {"offset": "4000"}


def test_an_error_with_an_http_status_of_its_own_is_the_wikis_error() -> None:
    with pytest.raises(RateLimited) as caught:
        parse_response(answer(refused("ratelimited"), ("retry-after", "7"), status=429))
    assert (caught.value.status, caught.value.retry_after) == (429, 7.0)


def test_w1_maxlag_carries_the_wait_that_the_wiki_asks_for() -> None:
    with pytest.raises(MaxlagExceeded) as caught:
        parse_response(answer(refused("maxlag", lag=-1, type="db"), ("retry-after", "5"), ("x-database-lag", "-1")))
    assert caught.value.retry_after == 5.0


# Not the wiki --------------------------------------------------------------------------------------------------------

HTML_PAGE = "<!DOCTYPE html>\n<html>  <head><title>MediaWiki API help</title></head>" + "x" * 1000


@pytest.mark.parametrize("status", [200, 400, 403, 404, 413])
@pytest.mark.parametrize("rest", [False, True], ids=["action", "rest"])
def test_s5_a_page_of_html_is_a_protocol_error_with_status_type_and_a_short_excerpt(status: int, *, rest: bool) -> None:
    with pytest.raises(ProtocolError) as caught:
        parse_response(page(HTML_PAGE, status=status), rest=rest)
    said = str(caught.value)
    assert f"HTTP {status}, text/html; charset=UTF-8: '<!DOCTYPE html> <html> <head><title>MediaWiki API help" in said
    assert len(said) < 500


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
@pytest.mark.parametrize("rest", [False, True], ids=["action", "rest"])
def test_w1_html_of_an_overloaded_server_is_an_http_error_with_its_wait(status: int, *, rest: bool) -> None:
    with pytest.raises(HttpError, match=f"HTTP {status}, text/html") as caught:
        parse_response(page("<h1>Sorry</h1>", ("retry-after", "3"), status=status), rest=rest)
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
def test_json_that_is_no_object_is_no_answer_of_the_action_api(body: Any) -> None:
    with pytest.raises(ProtocolError, match="not an answer of the Action API"):
        parse_response(answer(body))


def test_a_list_is_an_answer_as_opensearch_gives_it() -> None:
    assert parse_response(answer(["a", ["A"]])).body == ["a", ["A"]]


@pytest.mark.parametrize(
    "body", [{"error": "upstream timeout"}, {"error": {"code": 504}}, {"errors": [{"status": "504"}]}, {"message": "x"}]
)
def test_w2_the_error_of_a_gateway_is_not_the_wikis_word(body: Any) -> None:
    with pytest.raises(HttpError):
        parse_response(HttpResponse(status=504, headers=(JSON,), body=json.dumps(body).encode()))


def test_an_error_of_the_wikis_own_beside_a_bad_status_is_its_word() -> None:
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
        parse_response(answer(body, ("retry-after", "2"), status=status))
    assert caught.value.retry_after == 2.0


@pytest.mark.parametrize(("listed", "text"), [(["boom"], "boom"), ([None], "None")], ids=["text", "null"])
def test_errors_that_are_no_objects_are_errors_all_the_same(listed: Any, text: str) -> None:
    with pytest.raises(ApiError, match=text) as caught:
        parse_response(answer({"errors": listed}))
    assert (caught.value.code, caught.value.data) == ("unknown", {})


def test_a_warning_that_is_no_object_is_told_all_the_same() -> None:
    assert [warning.text for warning in parse_response(answer({"warnings": ["beware"]})).warnings] == ["beware"]


def test_nesting_without_end_is_a_protocol_error() -> None:
    with pytest.raises(ProtocolError):
        parse_response(HttpResponse(status=200, headers=(JSON,), body=b"[" * 200_000))


def test_a_redirect_is_advised_without_its_query() -> None:
    with pytest.raises(ProtocolError, match=r"redirects to 'https://new\.example/w/api\.php': use that"):
        parse_response(page("", ("location", "https://new.example/w/api.php?lgtoken=secret"), status=301))


def test_a_wrong_address_is_explained() -> None:
    with pytest.raises(ProtocolError, match=r"Special:Version names its api\.php"):
        parse_response(page("Not found", status=404))
    with pytest.raises(ProtocolError, match=r"Is this the address of an api\.php"):
        parse_response(page("<html>"))


# MediaWiki's own header ---------------------------------------------------------------------------------------------

DB_ERROR = "internal_api_error_Wikimedia\\Rdbms\\DBTransactionStateError"
CUT = b'{"errors":[{"code":"editconflict","text":"Edit confl'


@pytest.mark.parametrize("status", [200, 500, 503])
def test_w2_a_page_of_html_with_the_codes_in_mediawikis_header_is_mediawikis_error(status: int) -> None:
    with pytest.raises(InternalError) as caught:
        parse_response(
            page("<p>Internal error</p>", ("mediawiki-api-error", DB_ERROR), ("retry-after", "4"), status=status)
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
def test_u3_a_cut_refusal_that_is_worth_its_data_is_asked_for_again(code: str) -> None:
    with pytest.raises(BrokenReply):
        parse_response(HttpResponse(status=200, headers=(JSON, ("mediawiki-api-error", code)), body=CUT))
    with pytest.raises(HttpError, match=f"MediaWiki says {code}; HTTP 500"):
        parse_response(page("<p>Sorry</p>", ("mediawiki-api-error", code), status=500))


@pytest.mark.parametrize("status", [502, 504])
@pytest.mark.parametrize(
    "sent", [page("<h1>Bad gateway</h1>"), answer({"error": "upstream"}), answer(None)], ids=["html", "object", "null"]
)
def test_w2_what_a_gateway_says_in_its_own_name_is_no_refusal_whatever_its_headers(
    sent: HttpResponse, status: int
) -> None:
    header = ("mediawiki-api-error", "badtoken")
    with pytest.raises(HttpError):
        parse_response(evolve(sent, status=status, headers=(*sent.headers, header)))


@pytest.mark.parametrize("body", [{"message": "x"}, {"error": {"code": 503}}, ["down"], None], ids=str)
def test_the_header_counts_where_the_body_names_no_code(body: Any) -> None:
    with pytest.raises(ReadOnly):
        parse_response(answer(body, ("mediawiki-api-error", "readonly"), status=503))


def test_a_header_of_another_name_proves_nothing() -> None:
    with pytest.raises(HttpError):
        parse_response(page("<p>Sorry</p>", ("x-api-error", "readonly"), ("api-error", "readonly"), status=503))


def test_a_whole_answer_counts_more_than_the_header() -> None:
    header = ("mediawiki-api-error", "badtoken")
    with pytest.raises(Protected):
        parse_response(answer(refused("protectedpage"), header))
    assert parse_response(answer({"edit": {"result": "Success"}}, header)).body == {"edit": {"result": "Success"}}


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
