"""A Response -> the Reply in it, or the right error.

MediaWiki answers nearly every error of the Action API with HTTP 200 and an ``errors`` list (errorformat=plaintext); the
REST API uses HTTP statuses and a body in several forms. Anything that is not JSON comes from the web server, a proxy
or a broken PHP. See https://www.mediawiki.org/wiki/API:Errors_and_warnings and
https://www.mediawiki.org/wiki/API:REST_API.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any

from mwclient_async.errors import (
    ApiError,
    ApiErrorItem,
    BrokenReply,
    EditConflict,
    HttpError,
    InternalError,
    InvalidParameter,
    PageMissing,
    PermissionDenied,
    ProtocolError,
    RateLimited,
    class_for,
)
from mwclient_async.models.values import ApiWarning
from mwclient_async.sansio.wire import Reply, Response

_EXCERPT = 200
_REDIRECT, _BAD_REQUEST, _TOO_MANY, _SERVER_ERROR = 300, 400, 429, 500
_GATEWAY = frozenset({502, 503, 504})  # never the wiki's own answer
_TOKEN = re.compile(r"[0-9a-fA-F]{24,}(\+\\*)?")
_REST_CLASSES: Mapping[int, type[ApiError]] = {
    400: InvalidParameter,
    403: PermissionDenied,
    404: PageMissing,
    409: EditConflict,
    429: RateLimited,
    500: InternalError,
}


def decipher(response: Response, *, rest: bool = False) -> Reply:
    """The Reply of a Response. Raises ApiError, HttpError or ProtocolError."""
    body = _decoded(response)
    if rest:
        if response.status >= _BAD_REQUEST:
            raise _http_error(response) if response.status in _GATEWAY else _rest_error(response, body)
        return Reply(body=body, request_id=response.header("x-request-id"))
    if body == []:  # an empty PHP array: the answer of an action that has nothing to say
        body = {}
    if isinstance(body, list) and response.status < _REDIRECT:
        return Reply(body=body, request_id=response.header("x-request-id"))  # opensearch
    if not isinstance(body, Mapping):
        if _busy(response):
            raise _http_error(response)
        raise _strange(ProtocolError, response, f"not an answer of the Action API, but {_seen(response)}")
    warnings = _warnings(body)
    errors = _errors(body)
    if errors and (response.status < _TOO_MANY or _is_the_wikis(response, body)):
        raise class_for(errors[0].code)(
            errors,
            warnings=warnings,
            status=response.status,
            retry_after=retry_after(response),
            request_id=response.header("x-request-id"),
        )
    if response.status >= _BAD_REQUEST:
        raise _http_error(response)
    return Reply(body=body, warnings=warnings, request_id=response.header("x-request-id"))


def retry_after(response: Response) -> float | None:
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


def _decoded(response: Response) -> Any:
    kind = response.header("content-type").partition(";")[0].strip().lower()
    fine = response.status < _REDIRECT
    if kind == "application/json" or kind.endswith("+json"):
        try:
            return json.loads(response.body)
        except (ValueError, RecursionError) as error:
            if fine:
                raise BrokenReply(f"broken JSON ({error}) in {_seen(response)}") from error
    if _busy(response):
        raise _http_error(response)
    cls = BrokenReply if fine else ProtocolError
    raise _strange(cls, response, f"an answer that is not JSON: {_seen(response)}. {_advice(response)}")


def _strange(cls: type[ProtocolError], response: Response, text: str) -> ProtocolError:
    error = cls(text)
    error.status = response.status
    return error


def _busy(response: Response) -> bool:
    return response.status == _TOO_MANY or response.status >= _SERVER_ERROR


def _http_error(response: Response) -> HttpError:
    code = response.header("mediawiki-api-error")
    told = f"MediaWiki says {code}; " if code else ""
    return HttpError(f"{told}{_seen(response)}", status=response.status, retry_after=retry_after(response))


def _seen(response: Response) -> str:
    start = response.body[: 4 * _EXCERPT].decode("utf-8", "replace")
    excerpt = _TOKEN.sub("...", " ".join(start.split()))[:_EXCERPT]  # it could be the half of an answer with a token
    kind = response.header("content-type") or "no content type"
    return f"HTTP {response.status}, {kind}: {excerpt!r}"


def _advice(response: Response) -> str:
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


def _is_the_wikis(response: Response, body: Mapping[str, Any]) -> bool:
    """Whether the errors beside a bad status are MediaWiki's own, and not a gateway's."""
    items = body.get("errors")
    first = _mapping(items[0]) if isinstance(items, list) and items else _mapping(body.get("error"))
    ours = isinstance(first.get("code"), str) and isinstance(first.get("text", first.get("info")), str)
    return ours or bool(response.header("mediawiki-api-error"))


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


def _rest_error(response: Response, body: Any) -> ApiError:
    said = _mapping(body)
    code = str(
        said.get("actionModuleErrorCode")
        or said.get("errorKey")
        or said.get("failureCode")
        or f"rest-{response.status}"
    )
    texts = _mapping(said.get("messageTranslations"))
    text = texts.get("en") or next(iter(texts.values()), None) or said.get("message") or said.get("httpReason") or ""
    if "name" in said and "value" in said:
        text = f"{text} ({said['name']}={said['value']!r})"
    known = class_for(code)
    cls = known if known is not ApiError else _REST_CLASSES.get(response.status, ApiError)
    return cls(
        (ApiErrorItem(code=code, text=str(text), module="rest", data=said),),
        status=response.status,
        retry_after=retry_after(response),
        request_id=response.header("x-request-id"),
    )
