"""Errors of the REST API, as MediaWiki 1.39 and 1.43 sent them, become the errors of the Action API."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mwclient_async._http.messages import ApiResponse, HttpResponse
from mwclient_async._http.responses import parse_response
from mwclient_async._session.retry import outcome_is_unknown
from mwclient_async.errors import (
    ApiError,
    AuthorizationRefused,
    BadRequest,
    BadToken,
    Blocked,
    CaptchaRequired,
    EditConflict,
    HttpError,
    InternalError,
    InvalidParameter,
    InvalidTitle,
    LoginFailed,
    MediaWikiError,
    MissingParameter,
    PageExists,
    PageMissing,
    PermissionDenied,
    Protected,
    RateLimited,
    ReadOnly,
    Refused,
    Unsupported,
)

EXISTS = 'The page "A" cannot be created since it already exists. To update the existing page, provide the base ...'
EXCEPTION = "Error: exception of type Wikimedia\\Rdbms\\DBQueryError"
DB_CODE = "internal_api_error_Wikimedia\\Rdbms\\DBQueryError"
VALIDATION = "parameter-validation-failed"
BAD_INTEGER = 'Invalid value "abc" for integer parameter "older_than".'


def json_response(body: Any, *headers: tuple[str, str], status: int) -> HttpResponse:
    kind = ("content-type", "application/json")
    return HttpResponse(status=status, headers=(kind, *headers), body=json.dumps(body).encode())


def error_body(text: str = "Some text.", **more: Any) -> dict[str, Any]:
    return {**more, "messageTranslations": {"en": text}}


def edit_error(code: str, **more: Any) -> dict[str, Any]:
    return error_body(actionModuleErrorCode=code, **more)


def keyed(name: str) -> dict[str, Any]:
    return error_body(errorKey=name)


def row(name: str, status: int, body: Any, cls: type[ApiError], code: str) -> Any:
    return pytest.param(status, body, cls, code, id=name)


OLDER = [  # 1.39: some errors have the code of the Action API, most have none
    row("exists", 409, error_body(EXISTS), EditConflict, "rest-409"),
    row("conflict", 409, error_body("Edit conflict."), EditConflict, "rest-409"),
    row("captcha", 409, {"message": "Failure", "httpCode": 409}, CaptchaRequired, "captcha"),
    row("badtoken", 403, error_body("Invalid CSRF token."), PermissionDenied, "rest-403"),
    row("no token", 400, edit_error("missingparam"), MissingParameter, "missingparam"),
    row("protected", 403, error_body("This page has been protected to prevent editing."), Protected, "protectedpage"),
    row("readonly", 400, edit_error("readonly"), ReadOnly, "readonly"),
    row("blocked", 400, edit_error("blocked"), Blocked, "blocked"),
    row("ratelimited", 429, error_body("As an anti-abuse measure ..."), RateLimited, "rest-429"),
    row("missing", 404, error_body("The specified title (Missing) does not exist"), PageMissing, "rest-404"),
    row(
        "parameters",
        400,
        error_body('Parameters "older_than" and "newer_than" cannot ...'),
        InvalidParameter,
        "rest-400",
    ),
    row("type", 415, {"message": "Unsupported Content-Type", "content_type": "text/plain"}, BadRequest, "rest-415"),
    row("no type", 415, {"message": "A Content-Type ...", "error": "no-content-type"}, BadRequest, "no-content-type"),
    row("method", 405, error_body("The request method (DELETE) was not ..."), BadRequest, "rest-405"),
    row("integer", 400, error_body(error=VALIDATION, failureCode="badinteger"), InvalidParameter, "badinteger"),
]
NEWER = [  # 1.43: each error has the name of its message
    row("exists", 409, keyed("rest-update-cannot-create-page"), PageExists, "rest-update-cannot-create-page"),
    row("exists, posted", 409, keyed("apierror-articleexists"), PageExists, "articleexists"),
    row("conflict", 409, keyed("edit-conflict"), EditConflict, "editconflict"),
    row(
        "captcha",
        *(409, error_body("Edit conflict (Failure)", errorKey="rest-edit-conflict")),
        *(CaptchaRequired, "captcha"),
    ),
    row("no success", 409, keyed("rest-edit-conflict"), EditConflict, "rest-edit-conflict"),
    row("badtoken", 403, keyed("rest-badtoken"), BadToken, "badtoken"),
    row("badtoken of the edit", 403, keyed("apierror-badtoken"), BadToken, "badtoken"),
    row("protected", 403, keyed("protectedpagetext"), Protected, "protectedpage"),
    row(
        "namespace",
        400,
        edit_error("protectednamespace", errorKey="namespaceprotected"),
        Protected,
        "protectednamespace",
    ),
    row("readonly", 400, edit_error("readonly", errorKey="apierror-readonly"), ReadOnly, "readonly"),
    row("readonly by its key", 400, keyed("readonlytext"), ReadOnly, "readonly"),
    row("blocked by its key", 403, keyed("blockedtext-partial"), Blocked, "blocked"),
    row("ratelimited", 429, keyed("apierror-ratelimited"), RateLimited, "ratelimited"),
    row("missing page", 404, keyed("apierror-missingtitle"), PageMissing, "missingtitle"),
    row("missing revision", 404, keyed("rest-nonexistent-revision"), PageMissing, "rest-nonexistent-revision"),
    row("no endpoint", 404, keyed("rest-no-match"), Unsupported, "rest-no-match"),
    row("title", 400, edit_error("invalidtitle", errorKey="apierror-invalidtitle"), InvalidTitle, "invalidtitle"),
    row("type", 415, keyed("rest-unsupported-content-type"), BadRequest, "rest-unsupported-content-type"),
    row(
        "missing field",
        *(400, error_body(error=VALIDATION, failureCode="missingparam", errorKey="rest-body-validation-error")),
        *(MissingParameter, "missingparam"),
    ),
    row(
        "field too many",
        *(
            400,
            error_body(error=VALIDATION, failureCode="extraneous-body-fields", errorKey="rest-extraneous-body-fields"),
        ),
        *(InvalidParameter, "extraneous-body-fields"),
    ),
    row("model", 400, keyed("rest-bad-content-model"), InvalidParameter, "rest-bad-content-model"),
    row("unknown code, known key", 400, edit_error("x", errorKey="readonlytext"), ReadOnly, "readonly"),
    row("too large", 413, keyed("rest-resource-limit-exceeded"), Refused, "rest-resource-limit-exceeded"),
    row("OAuth", 403, keyed("mwoauth-invalid-authorization"), AuthorizationRefused, "mwoauth-invalid-authorization"),
    row(
        "OAuth, the wrong wiki",
        *(403, keyed("mwoauth-invalid-authorization-wrong-wiki")),
        *(AuthorizationRefused, "mwoauth-invalid-authorization-wrong-wiki"),
    ),
]
BOTH = [
    row("denied", 403, {"error": "rest-read-denied"}, PermissionDenied, "rest-read-denied"),
    row("exception", 500, {"message": EXCEPTION}, InternalError, DB_CODE),
    row("exception, shown", 500, {"message": f"{EXCEPTION}: x", "exception": {"line": 1}}, InternalError, DB_CODE),
    row("backend", 500, keyed("rest-html-backend-error"), Unsupported, "rest-html-backend-error"),
    row("a page named like an exception", 404, error_body(EXCEPTION), PageMissing, "rest-404"),
]
FOREIGN = [  # errors of other servers, or damaged ones
    row("a gateway's tokens", 401, {"message": "Jwt is expired"}, AuthorizationRefused, "rest-401"),
    row("a consumer", 401, {"error": "invalid_client", "error_description": "No."}, LoginFailed, "invalid_client"),
    row("a gateway's words", 403, {"error": "Access denied, sorry."}, PermissionDenied, "rest-403"),
    row("429", 429, {"httpReason": "Too Many Requests"}, RateLimited, "rest-429"),
    row("500", 500, {"message": "Error: exception"}, InternalError, "rest-500"),
    row("no names", 404, {"errorKey": None, "failureCode": [1], "error": {}}, PageMissing, "rest-404"),
    row("a list", 404, [], PageMissing, "rest-404"),
    row("a status of its own", 418, {"message": "Teapot"}, ApiError, "rest-418"),
]


@pytest.mark.parametrize(("status", "body", "cls", "code"), [*OLDER, *NEWER, *BOTH, *FOREIGN])
def test_an_error_of_the_rest_api(status: int, body: Any, cls: type[ApiError], code: str) -> None:
    with pytest.raises(ApiError) as caught:
        parse_response(json_response(body, ("retry-after", "9"), ("x-request-id", "abc"), status=status), rest=True)
    error = caught.value
    assert (type(error), error.code, error.data) == (cls, code, body if isinstance(body, dict) else {})
    assert (error.status, error.retry_after, error.request_id, error.errors[0].module) == (status, 9.0, "abc", "rest")


def test_an_error_of_the_rest_api_may_have_no_retry_after() -> None:
    with pytest.raises(RateLimited) as caught:
        parse_response(json_response(keyed("apierror-ratelimited"), status=429), rest=True)
    assert caught.value.retry_after is None


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ({"messageTranslations": {"de": "Fehlt", "en": "Gone"}, "message": "x"}, "Gone"),
        ({"messageTranslations": {"de": "Fehlt"}}, "Fehlt"),
        ({"messageTranslations": [], "message": "Failure"}, "Failure"),  # an empty PHP array
        ({"error_description": "No such client.", "httpReason": "Unauthorized"}, "No such client."),
        ({"httpReason": "Not Found"}, "Not Found"),
        (error_body(BAD_INTEGER, name="older_than", value="abc"), f"{BAD_INTEGER} (older_than='abc')"),
        (error_body(BAD_INTEGER, name="older_than"), BAD_INTEGER),
        ([], ""),
    ],
)
def test_the_text_of_an_error_is_english_if_possible(body: Any, text: str) -> None:
    with pytest.raises(ApiError) as caught:
        parse_response(json_response(body, status=404), rest=True)
    assert caught.value.text == text


@pytest.mark.parametrize(
    ("body", "cls"),
    [
        pytest.param(error_body(EXISTS), PageExists, id="1.39, exists"),
        pytest.param(keyed("apierror-articleexists"), PageExists, id="1.43, exists"),
        pytest.param({"message": "Failure"}, CaptchaRequired, id="1.39, captcha"),
        pytest.param(
            error_body("Edit conflict (Failure)", errorKey="rest-edit-conflict"), CaptchaRequired, id="1.43, captcha"
        ),
        pytest.param(keyed("edit-conflict"), EditConflict, id="1.43, conflict"),
        pytest.param(error_body('The page "Failure" cannot be created'), PageExists, id="1.39, a page of that name"),
    ],
)
def test_a_409_to_a_creation_means_that_the_page_exists_unless_it_says_otherwise(
    body: Any, cls: type[ApiError]
) -> None:
    with pytest.raises(ApiError) as caught:
        parse_response(json_response(body, status=409), rest=True, creating=True)
    assert type(caught.value) is cls


def test_creating_matters_for_a_409_only() -> None:
    with pytest.raises(PermissionDenied):
        parse_response(json_response(error_body("No."), status=403), rest=True, creating=True)


@pytest.mark.parametrize("status", [500, 501, 502, 503, 504, 520, 524])
def test_w2_after_any_5xx_a_read_may_be_sent_again_and_only_500_is_the_wikis_own(status: int) -> None:
    with pytest.raises(MediaWikiError) as caught:
        parse_response(json_response({"message": "upstream", "httpCode": status}, status=status), rest=True)
    assert outcome_is_unknown(caught.value)
    assert type(caught.value) is (InternalError if status == 500 else HttpError)


@pytest.mark.parametrize("body", [[], [{"code": "de"}], {"revisions": []}])
def test_the_rest_api_may_send_a_list(body: Any) -> None:
    assert parse_response(json_response(body, status=200), rest=True).body == body


def test_keys_for_errors_in_the_action_api_mean_nothing_in_a_rest_response() -> None:
    body = {"errors": [{"code": "x"}], "warnings": [{"code": "y"}]}
    assert parse_response(json_response(body, status=200), rest=True) == ApiResponse(body=body)
