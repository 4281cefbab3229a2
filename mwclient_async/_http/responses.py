"""An HttpResponse -> the ApiResponse in it, or the right error.

- *The Action API* sends nearly every error with HTTP 200 and an ``errors`` list (errorformat=plaintext). It also names
  the codes in a header of its own, which it sends before the body. If the body is cut, or is a page of HTML because
  MediaWiki failed while it wrote the error, the header still says what MediaWiki decided. So a write that was refused
  is known to be refused.
- *The REST API* uses HTTP statuses. MediaWiki 1.39 names a code for some errors only. From 1.41 on, each error has an
  ``errorKey``, the name of its message. Both are translated to the code that the Action API has for the same error, so
  that one tree of errors serves both APIs. An error without a code gets the code ``rest-`` and its status.
- *Anything else that is not JSON* comes from the web server, a proxy or a broken PHP, and proves nothing.

See https://www.mediawiki.org/wiki/API:Errors_and_warnings and https://www.mediawiki.org/wiki/API:REST_API.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from email.utils import parsedate_to_datetime
from typing import Any

from mwclient_async._http.failure_results import CAPTCHA, CAPTCHA_TEXT
from mwclient_async._http.messages import ApiResponse, HttpResponse
from mwclient_async._http.refusal_advice import advice
from mwclient_async._values.error_codes import action_api_code
from mwclient_async._values.json_text import decode_json
from mwclient_async._values.warnings import ApiWarning
from mwclient_async.errors import (
    ApiError,
    ApiErrorItem,
    AuthorizationRefused,
    BadRequest,
    BrokenReply,
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

_EXCERPT_LENGTH = 200  # characters
_REDIRECT, _NOT_MODIFIED, _BAD_REQUEST, _CONFLICT, _TOO_MANY, _SERVER_ERROR = 300, 304, 400, 409, 429, 500
_GATEWAY_STATUSES = frozenset({502, 504})  # the gateway itself sends these, whatever the other headers are
_SECRET = re.compile(r"(token|password|secret)\W{1,4}[^\s\"'&;,<>]+|[0-9a-fA-F]{24,}(\+\\*)?", re.IGNORECASE)
_NEED_DATA = (
    StashError,
    ChunkRefused,
    TooManyValues,
)  # their data says how to continue; if it was cut, it is better to ask again

_REST_CODE_KEYS = ("actionModuleErrorCode", "failureCode", "errorKey")  # the most specific first
_TEXT_CODES = (  # MediaWiki 1.39 names no code: the beginning of its English text, and the code of newer versions
    ("The requested relative path", "rest-no-match"),
    ("Too many media links found", "rest-media-too-many-links"),
    ("This endpoint requires wikidiff2", "rest-compare-wikidiff2"),
    ("The specified title contains too many revisions", "rest-pagehistorycount-too-many-revisions"),
    ("Unable to fetch Parsoid HTML", "rest-html-backend-error"),
    ("The specified revisions belong to different pages", "rest-compare-page-mismatch"),
    ("This page has been protected", "protectedpage"),
)
_CODE_NAME = re.compile(r"[A-Za-z][\w-]*")
_EXCEPTION = re.compile(r"Error: exception of type ([\w\\]+)")
_REST_CLASSES: Mapping[int, type[ApiError]] = {
    400: InvalidParameter,
    401: AuthorizationRefused,  # from a gateway that checks tokens; MediaWiki itself sends 403
    403: PermissionDenied,
    404: PageMissing,
    405: BadRequest,
    409: EditConflict,
    413: Refused,  # a page that is too large to render
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
    """Parse a response.

    - ``rest``: it is a response of the REST API.
    - ``creating``: the request was to create a page. Older wikis distinguish "it exists" from "edit conflict" in the
      text only.
    - ``conditional``: the request asked for changes only, so the response may be 304.
    - ``documents``: the content types that the response may have instead of JSON. The function of each returns whether
      a response is the wiki's own document.

    Raises ApiError if the wiki refuses, HttpError if a server is overloaded or fails, and ProtocolError for anything
    that is not a response of MediaWiki.
    """
    if rest and conditional and response.status == _NOT_MODIFIED:  # it has no body, and the content type of a page
        return _api_response(response, {})
    is_genuine = documents.get(_content_type(response)) if response.status < _REDIRECT else None
    if is_genuine is not None:
        if (refused := _error_in_header(response)) is not None:
            raise refused
        if not is_genuine(response):
            raise _protocol_error(
                BrokenReply, response, f"a page that is not the wiki's, or half of one: {_excerpt(response)}"
            )
        return _api_response(response, response.body)
    body = _parse_json(response, rest=rest)
    return _parse_rest_response(response, body, creating=creating) if rest else _parse_action_response(response, body)


def retry_after(response: HttpResponse) -> float | None:
    """The wait that a response asks for, in seconds. A date is compared with the server's clock, the Date header."""
    text = response.header("retry-after").strip()
    if not text:
        return None
    if text.isdecimal():
        return float(text)
    try:
        until, now = parsedate_to_datetime(text), parsedate_to_datetime(response.header("date"))
        return max(0.0, (until - now).total_seconds())
    except (TypeError, ValueError, OverflowError):  # not a date, or only one of the two has a time zone
        return None


def _api_response(response: HttpResponse, body: Any, warnings: tuple[ApiWarning, ...] = ()) -> ApiResponse:
    return ApiResponse(
        body=body,
        warnings=warnings,
        request_id=response.header("x-request-id"),
        status=response.status,
        size=len(response.body),
        headers=response.headers,
    )


def _content_type(response: HttpResponse) -> str:
    return response.header("content-type").partition(";")[0].strip().lower()


def _parse_json(response: HttpResponse, *, rest: bool) -> Any:
    content_type = _content_type(response)
    broken: Exception | None = None
    if content_type == "application/json" or content_type.endswith("+json"):
        try:
            return decode_json(response.body)
        except ValueError as error:
            broken = error.with_traceback(None)  # its frames have the text in them, which may hold a token
    refused = _error_in_header(response)
    if refused is not None:
        raise refused from broken
    is_success = response.status < _REDIRECT
    if broken is not None and is_success:
        raise _protocol_error(BrokenReply, response, f"broken JSON ({broken}) in {_excerpt(response)}") from broken
    if _is_busy(response):
        raise _http_error(response)
    cls = BrokenReply if is_success else ProtocolError
    raise _protocol_error(
        cls, response, f"a response that is not JSON: {_excerpt(response)}. {advice(response, rest=rest)}"
    )


def _parse_action_response(response: HttpResponse, body: Any) -> ApiResponse:
    if body == []:  # an empty PHP array: an action with an empty result
        body = {}
    if isinstance(body, list) and response.status < _REDIRECT:
        return _api_response(response, body)  # opensearch
    if not isinstance(body, Mapping):
        if _is_busy(response):
            raise _error_in_header(response) or _http_error(response)
        raise _protocol_error(ProtocolError, response, f"not a response of the Action API, but {_excerpt(response)}")
    warnings = _warnings(body)
    errors = _errors(body)
    if errors and (response.status < _TOO_MANY or _is_from_mediawiki(body)):
        raise _api_error(errors, response, warnings)
    if response.status >= _BAD_REQUEST:
        raise _error_in_header(response) or _http_error(response)
    return _api_response(response, body, warnings)


def _parse_rest_response(response: HttpResponse, body: Any, *, creating: bool) -> ApiResponse:
    if response.status > _SERVER_ERROR:  # not the wiki's own response
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
    return (cls or _class_of(errors))(
        errors,
        warnings=warnings,
        status=response.status,
        retry_after=retry_after(response),
        request_id=response.header("x-request-id"),
    )


def _class_of(errors: tuple[ApiErrorItem, ...]) -> type[ApiError]:
    """The class of the first error that has one.

    Under a code such as ``failed-save`` of Wikibase, the names of the messages in ``data`` say why.
    """
    names = (name for error in errors for name in (error.code, *_message_names(error.data.get("messages"))))
    return next((cls for name in names if (cls := class_for(name)) is not ApiError), ApiError)


def _message_names(messages: Any) -> list[str]:
    listed = messages.values() if isinstance(messages, Mapping) else messages if isinstance(messages, list) else ()
    return [str(_mapping(message).get("name", "")) for message in listed]


def _error_in_header(response: HttpResponse) -> ApiError | None:
    """The error that MediaWiki's own header names, or None if the header does not suffice."""
    codes = [code for part in response.header("mediawiki-api-error").split(",") if (code := part.strip())]
    if not codes or response.status in _GATEWAY_STATUSES or issubclass(class_for(codes[0]), _NEED_DATA):
        return None
    texts = (_excerpt(response), *("" for _ in codes[1:]))
    return _api_error(
        tuple(ApiErrorItem(code=code, text=text) for code, text in zip(codes, texts, strict=True)), response
    )


def _protocol_error(cls: type[ProtocolError], response: HttpResponse, text: str) -> ProtocolError:
    error = cls(text)
    error.status = response.status
    return error


def _is_busy(response: HttpResponse) -> bool:
    return response.status == _TOO_MANY or response.status >= _SERVER_ERROR


def _http_error(response: HttpResponse) -> HttpError:
    code = response.header("mediawiki-api-error")
    prefix = f"MediaWiki says {code}; " if code else ""
    return HttpError(f"{prefix}{_excerpt(response)}", status=response.status, retry_after=retry_after(response))


def _excerpt(response: HttpResponse) -> str:
    start = response.body[: 4 * _EXCERPT_LENGTH].decode("utf-8", "replace")
    without_secrets = _SECRET.sub(r"\1...", " ".join(start.split()))  # it may be half of a response with a token
    content_type = response.header("content-type") or "no content type"
    return f"HTTP {response.status}, {content_type}: {without_secrets[:_EXCERPT_LENGTH]!r}"


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
    """Whether MediaWiki itself sent the errors of a response with an error status, and not a gateway."""
    items = body.get("errors")
    first = _mapping(items[0]) if isinstance(items, list) and items else _mapping(body.get("error"))
    return isinstance(first.get("code"), str) and isinstance(first.get("text", first.get("info")), str)


def _error_item(item: Mapping[str, Any], raw: Any) -> ApiErrorItem:
    return ApiErrorItem(
        code=str(item.get("code", "unknown")),
        text=str(item.get("text") or ("" if item else raw)),
        module=str(item.get("module", "")),
        data=_mapping(item.get("data")),
    )


def _warnings(body: Mapping[str, Any]) -> tuple[ApiWarning, ...]:
    listed = body.get("warnings") or ()
    if isinstance(listed, Mapping):  # the old format, by module
        listed = [
            {"module": module, "text": _mapping(entry).get("warnings", entry)} for module, entry in listed.items()
        ]
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


def _rest_error(response: HttpResponse, body: Mapping[str, Any], *, creating: bool) -> ApiError:
    text = _rest_text(body)
    if response.status == _SERVER_ERROR and (exception := _EXCEPTION.match(text)):
        code = f"internal_api_error_{exception[1]}"
    else:
        code = _rest_code(body) or _code_from_text(body, response.status)
    is_conflict = response.status == _CONFLICT
    if is_conflict and (body.get("message") == "Failure" or (code == "rest-edit-conflict" and "Failure" in text)):
        code, text = CAPTCHA, CAPTCHA_TEXT  # "Failure" is the result of an edit that needs a captcha
    cls = class_for(code)
    if is_conflict and creating and cls is ApiError:
        cls = PageExists
    if cls is ApiError:
        cls = _REST_CLASSES.get(response.status, ApiError)
    return _api_error((ApiErrorItem(code=code, text=text, module="rest", data=body),), response, cls=cls)


def _rest_code(body: Mapping[str, Any]) -> str:
    """The code that the Action API has for this error of the REST API, or an empty string."""
    codes = [action_api_code(body[key]) for key in _REST_CODE_KEYS if _is_code_name(body.get(key))]
    if not codes and _is_code_name(body.get("error")):
        codes = [body["error"]]
    return next((code for code in codes if class_for(code) is not ApiError), codes[0] if codes else "")


def _code_from_text(body: Mapping[str, Any], status: int) -> str:
    text = str(_mapping(body.get("messageTranslations")).get("en", ""))
    return next((code for beginning, code in _TEXT_CODES if text.startswith(beginning)), f"rest-{status}")


def _is_code_name(value: Any) -> bool:
    return isinstance(value, str) and _CODE_NAME.fullmatch(value) is not None


def _rest_text(body: Mapping[str, Any]) -> str:
    texts = _mapping(body.get("messageTranslations"))
    plain = (body.get(key) for key in ("message", "error_description", "httpReason"))
    text = next((text for text in (texts.get("en"), *texts.values(), *plain) if text), "")
    return f"{text} ({body['name']}={body['value']!r})" if "name" in body and "value" in body else str(text)
