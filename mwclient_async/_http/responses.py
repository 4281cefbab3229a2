"""A Response -> the Reply in it, or the right error.

- *The Action API* answers nearly every error with HTTP 200 and an ``errors`` list (errorformat=plaintext). It also
  names the codes in a header of its own, which is there before the body is written: where the body is cut, or is a page
  of HTML because MediaWiki failed while it wrote the error, the header still says what was decided. So a write that
  was refused is known to be refused.
- *The REST API* uses HTTP statuses. MediaWiki 1.39 names a code for some errors only; from 1.41 on each has an
  ``errorKey``, the name of its message. Both become the codes that the Action API has for the same thing, so that one
  tree serves both; an error without any has the code ``rest-`` and its status.
- *Anything else that is not JSON* comes from the web server, a proxy or a broken PHP, and proves nothing.

See https://www.mediawiki.org/wiki/API:Errors_and_warnings and https://www.mediawiki.org/wiki/API:REST_API.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from email.utils import parsedate_to_datetime
from typing import Any

from mwclient_async._http.messages import ApiResponse, HttpResponse
from mwclient_async._values.warnings import ApiWarning
from mwclient_async.errors import (
    ApiError,
    ApiErrorItem,
    AuthorizationRefused,
    BadRequest,
    BrokenReply,
    CaptchaRequired,
    ChunkRefused,
    EditConflict,
    HttpError,
    InternalError,
    InvalidParameter,
    PageExists,
    PageMissing,
    PermissionDenied,
    ProtocolError,
    RateLimited,
    Refused,
    StashError,
    TooManyValues,
    class_for,
)

NO_DOCUMENTS: Mapping[str, Callable[[HttpResponse], bool]] = {}

_EXCERPT = 200
_REDIRECT, _NOT_MODIFIED, _BAD_REQUEST, _CONFLICT, _TOO_MANY, _SERVER_ERROR = 300, 304, 400, 409, 429, 500
_FROM_NO_UPSTREAM = frozenset({502, 504})  # a gateway's own words, whatever headers stand beside them
_SECRET = re.compile(r"(token|password|secret)\W{1,4}[^\s\"'&;,<>]+|[0-9a-fA-F]{24,}(\+\\*)?", re.IGNORECASE)
_BY_DATA = (StashError, ChunkRefused, TooManyValues)  # their data says how to go on; without it, better ask again

_REST_CODES = ("actionModuleErrorCode", "failureCode", "errorKey")  # the most telling first
_MESSAGES: Mapping[str, str] = {  # messages that have another name than the code that the Action API makes of them
    "actionthrottledtext": "ratelimited",
    "autoblockedtext": "autoblocked",
    "badaccess-group0": "permissiondenied",
    "badaccess-groups": "permissiondenied",
    "blockedtext": "blocked",
    "blockedtext-composite": "blocked",
    "blockedtext-partial": "blocked",
    "edit-conflict": "editconflict",
    "namespaceprotected": "protectednamespace",
    "nocreate-loggedin": "cantcreate",
    "nocreatetext": "cantcreate-anon",
    "protectedinterface": "protectednamespace-interface",
    "protectedpagetext": "protectedpage",
    "readonlytext": "readonly",
    "rest-badtoken": "badtoken",
    "sessionfailure": "badtoken",
    "systemblockedtext": "blocked",
    "titleprotected": "protectedtitle",
}
_WORDS = (  # of MediaWiki 1.39, which names no code: what begins an English text, and the code that it has today
    ("The requested relative path", "rest-no-match"),
    ("Too many media links found", "rest-media-too-many-links"),
    ("This endpoint requires wikidiff2", "rest-compare-wikidiff2"),
    ("The specified title contains too many revisions", "rest-pagehistorycount-too-many-revisions"),
    ("Unable to fetch Parsoid HTML", "rest-html-backend-error"),
    ("The specified revisions belong to different pages", "rest-compare-page-mismatch"),
    ("This page has been protected", "protectedpage"),
)
_NAME = re.compile(r"[A-Za-z][\w-]*")
_EXCEPTION = re.compile(r"Error: exception of type ([\w\\]+)")
_REST_CLASSES: Mapping[int, type[ApiError]] = {
    400: InvalidParameter,
    401: AuthorizationRefused,  # of a gateway that checks tokens; MediaWiki itself says 403
    403: PermissionDenied,
    404: PageMissing,
    405: BadRequest,
    409: EditConflict,
    413: Refused,  # a page that is too much to render
    415: BadRequest,
    429: RateLimited,
    500: InternalError,
}


def parse_response(
    response: HttpResponse,
    *,
    rest: bool = False,
    creating: bool = False,
    conditional: bool = False,
    documents: Mapping[str, Callable[[HttpResponse], bool]] = NO_DOCUMENTS,
) -> ApiResponse:
    """The Reply of a Response. Raises ApiError, HttpError or ProtocolError.

    ``rest`` says that it is the REST API's, ``creating`` that the request was to create a page: an older wiki tells
    "it exists" from "edit conflict" in words only. ``conditional`` says that it asked for what has changed only,
    ``documents`` are the content types that may come instead of JSON, each with how to tell the wiki's own.
    """
    if rest and conditional and response.status == _NOT_MODIFIED:  # it has no body, and the type of a page
        return _api_response(response, {})
    is_genuine = documents.get(_kind(response)) if response.status < _REDIRECT else None
    if is_genuine is not None:
        if (refused := _error_in_header(response)) is not None:
            raise refused
        if not is_genuine(response):
            raise _protocol_error(
                BrokenReply, response, f"a page that is not the wiki's, or half of one: {_excerpt(response)}"
            )
        return _api_response(response, response.body)
    body = _parse_json(response)
    return _parse_rest_response(response, body, creating=creating) if rest else _parse_action_response(response, body)


def retry_after(response: HttpResponse) -> float | None:
    """The wait that a response asks for, in seconds. A date counts from the server's own clock, its Date header."""
    text = response.header("retry-after").strip()
    if not text:
        return None
    if text.isdecimal():
        return float(text)
    try:
        until, now = parsedate_to_datetime(text), parsedate_to_datetime(response.header("date"))
        return max(0.0, (until - now).total_seconds())
    except (TypeError, ValueError, OverflowError):  # no date, or one with and one without a zone
        return None


def _api_response(response: HttpResponse, body: Any, warnings: tuple[ApiWarning, ...] = ()) -> ApiResponse:
    return ApiResponse(
        body=body,
        warnings=warnings,
        request_id=response.header("x-request-id"),
        status=response.status,
        headers=response.headers,
    )


def _kind(response: HttpResponse) -> str:
    return response.header("content-type").partition(";")[0].strip().lower()


def _parse_json(response: HttpResponse) -> Any:
    kind = _kind(response)
    broken: Exception | None = None
    if kind == "application/json" or kind.endswith("+json"):
        try:
            return json.loads(response.body)
        except (ValueError, RecursionError) as error:
            broken = error
    refused = _error_in_header(response)
    if refused is not None:
        raise refused from broken
    fine = response.status < _REDIRECT
    if broken is not None and fine:
        raise _protocol_error(BrokenReply, response, f"broken JSON ({broken}) in {_excerpt(response)}") from broken
    if _is_busy(response):
        raise _http_error(response)
    cls = BrokenReply if fine else ProtocolError
    raise _protocol_error(cls, response, f"an answer that is not JSON: {_excerpt(response)}. {_advice(response)}")


def _parse_action_response(response: HttpResponse, body: Any) -> ApiResponse:
    if body == []:  # an empty PHP array: the answer of an action that has nothing to say
        body = {}
    if isinstance(body, list) and response.status < _REDIRECT:
        return _api_response(response, body)  # opensearch
    if not isinstance(body, Mapping):
        if _is_busy(response):
            raise _error_in_header(response) or _http_error(response)
        raise _protocol_error(ProtocolError, response, f"not an answer of the Action API, but {_excerpt(response)}")
    warnings = _warnings(body)
    errors = _errors(body)
    if errors and (response.status < _TOO_MANY or _is_from_mediawiki(body)):
        raise _api_error(errors, response, warnings)
    if response.status >= _BAD_REQUEST:
        raise _error_in_header(response) or _http_error(response)
    return _api_response(response, body, warnings)


def _parse_rest_response(response: HttpResponse, body: Any, *, creating: bool) -> ApiResponse:
    if response.status > _SERVER_ERROR:  # not the wiki's own answer
        raise _http_error(response)
    if response.status >= _BAD_REQUEST:
        raise _rest_error(response, _mapping(body), creating=creating)
    return _api_response(response, body)


def _api_error(
    errors: tuple[ApiErrorItem, ...],
    response: HttpResponse,
    warnings: tuple[ApiWarning, ...] = (),
    cls: type[ApiError] | None = None,
) -> ApiError:
    return (cls or class_for(errors[0].code))(
        errors,
        warnings=warnings,
        status=response.status,
        retry_after=retry_after(response),
        request_id=response.header("x-request-id"),
    )


def _error_in_header(response: HttpResponse) -> ApiError | None:
    """The error that MediaWiki's own header names, for an answer whose body does not. None where that is not enough."""
    named = [code for part in response.header("mediawiki-api-error").split(",") if (code := part.strip())]
    if not named or response.status in _FROM_NO_UPSTREAM or issubclass(class_for(named[0]), _BY_DATA):
        return None
    texts = (_excerpt(response), *("" for _ in named[1:]))
    return _api_error(
        tuple(ApiErrorItem(code=code, text=text) for code, text in zip(named, texts, strict=True)), response
    )


def _protocol_error(cls: type[ProtocolError], response: HttpResponse, text: str) -> ProtocolError:
    error = cls(text)
    error.status = response.status
    return error


def _is_busy(response: HttpResponse) -> bool:
    return response.status == _TOO_MANY or response.status >= _SERVER_ERROR


def _http_error(response: HttpResponse) -> HttpError:
    code = response.header("mediawiki-api-error")
    told = f"MediaWiki says {code}; " if code else ""
    return HttpError(f"{told}{_excerpt(response)}", status=response.status, retry_after=retry_after(response))


def _excerpt(response: HttpResponse) -> str:
    start = response.body[: 4 * _EXCERPT].decode("utf-8", "replace")
    excerpt = _SECRET.sub(r"\1...", " ".join(start.split()))[:_EXCERPT]  # it could be half of an answer with a token
    kind = response.header("content-type") or "no content type"
    return f"HTTP {response.status}, {kind}: {excerpt!r}"


def _advice(response: HttpResponse) -> str:
    location = response.header("location")
    if location:
        return f"It redirects to {location.partition('?')[0]!r}: use that address."
    if response.status == 413:  # noqa: PLR2004 - as below
        return "The server takes no body that large: choose a smaller chunk_size."
    if response.status == 404:  # noqa: PLR2004 - the well-known status
        return "Nothing is at this address: the wiki's page Special:Version names its api.php and rest.php."
    return "Is this the address of an api.php? The wiki's page Special:Version names it."


def _errors(body: Mapping[str, Any]) -> tuple[ApiErrorItem, ...]:
    listed = body.get("errors")
    if isinstance(listed, list) and listed:
        return tuple(_error_item(_mapping(item), item) for item in listed)
    single = body.get("error")  # a gateway that ignores errorformat
    if single is None:
        return ()
    item = _mapping(single)
    data = {key: value for key, value in item.items() if key not in {"code", "info", "docref"}}
    return (_error_item({**item, "text": item.get("info"), "data": data}, single),)


def _is_from_mediawiki(body: Mapping[str, Any]) -> bool:
    """Whether the errors beside a bad status are MediaWiki's own, and not a gateway's."""
    items = body.get("errors")
    first = _mapping(items[0]) if isinstance(items, list) and items else _mapping(body.get("error"))
    return isinstance(first.get("code"), str) and isinstance(first.get("text", first.get("info")), str)


def _error_item(item: Mapping[str, Any], told: Any) -> ApiErrorItem:
    return ApiErrorItem(
        code=str(item.get("code", "unknown")),
        text=str(item.get("text") or ("" if item else told)),
        module=str(item.get("module", "")),
        data=_mapping(item.get("data")),
    )


def _warnings(body: Mapping[str, Any]) -> tuple[ApiWarning, ...]:
    listed = body.get("warnings") or ()
    if isinstance(listed, Mapping):  # the old form, by module
        listed = [{"module": module, "text": _mapping(said).get("warnings", said)} for module, said in listed.items()]
    if not isinstance(listed, list | tuple):
        listed = [listed]
    items = [item if isinstance(item, Mapping) else {"text": item} for item in listed]
    return tuple(
        ApiWarning(
            code=str(item.get("code", "")),
            text=str(item.get("text", "")),
            module=str(item.get("module", "")),
            data=_mapping(item.get("data")),
        )
        for item in items
    )


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}  # PHP's empty map is a list


def _rest_error(response: HttpResponse, said: Mapping[str, Any], *, creating: bool) -> ApiError:
    text = _rest_text(said)
    raised = _EXCEPTION.match(text) if response.status == _SERVER_ERROR else None
    code = f"internal_api_error_{raised[1]}" if raised else _rest_code(said) or _from_words(said, response.status)
    cls = class_for(code)
    if response.status == _CONFLICT:
        if said.get("message") == "Failure" or (code == "rest-edit-conflict" and "Failure" in text):
            cls = CaptchaRequired  # "Failure" is the result of an edit that waits for a captcha
        elif cls is ApiError and creating:
            cls = PageExists
    if cls is ApiError:
        cls = _REST_CLASSES.get(response.status, ApiError)
    return _api_error((ApiErrorItem(code=code, text=text, module="rest", data=said),), response, cls=cls)


def _rest_code(said: Mapping[str, Any]) -> str:
    """The code of an error of the REST API, as the Action API would name it; empty if it has none."""
    named = [_as_code(said[key]) for key in _REST_CODES if _is_name(said.get(key))]
    if not named and _is_name(said.get("error")):
        named = [said["error"]]
    return next((code for code in named if class_for(code) is not ApiError), named[0] if named else "")


def _from_words(said: Mapping[str, Any], status: int) -> str:
    text = str(_mapping(said.get("messageTranslations")).get("en", ""))
    return next((code for beginning, code in _WORDS if text.startswith(beginning)), f"rest-{status}")


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and _NAME.fullmatch(value) is not None


def _as_code(message: str) -> str:
    return _MESSAGES.get(message, message.removeprefix("apierror-"))


def _rest_text(said: Mapping[str, Any]) -> str:
    texts = _mapping(said.get("messageTranslations"))
    plain = (said.get(key) for key in ("message", "error_description", "httpReason"))
    text = next((told for told in (texts.get("en"), *texts.values(), *plain) if told), "")
    return f"{text} ({said['name']}={said['value']!r})" if "name" in said and "value" in said else str(text)
