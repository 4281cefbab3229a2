"""A Response -> the Reply in it, or the right error.

MediaWiki answers nearly every error of the Action API with HTTP 200 and an ``errors`` list (errorformat=plaintext); the
REST API uses HTTP statuses and a body in several forms. Anything that is not JSON comes from the web server, a proxy
or a broken PHP. See https://www.mediawiki.org/wiki/API:Errors_and_warnings and
https://www.mediawiki.org/wiki/API:REST_API.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from mwclient_async.errors import (
    ApiError,
    ApiErrorItem,
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
_BAD_REQUEST, _TOO_MANY, _SERVER_ERROR = 400, 429, 500
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
            raise _rest_error(response, body)
        return Reply(body=body, request_id=response.header("x-request-id"))
    if not isinstance(body, Mapping):
        # An empty PHP array is a list: the answer of an action that has nothing to say.
        if body == []:
            body = {}
        else:
            raise ProtocolError(f"not an answer of the Action API, but {_seen(response)}")
    warnings = _warnings(body)
    errors = _errors(body)
    if errors:
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
    except (TypeError, ValueError):  # no date, or one with and one without a zone
        return None


def _decoded(response: Response) -> Any:
    kind = response.header("content-type").partition(";")[0].strip().lower()
    if kind == "application/json" or kind.endswith("+json"):
        try:
            return json.loads(response.body)
        except ValueError as error:
            if response.status < _BAD_REQUEST:
                raise ProtocolError(f"broken JSON ({error}) in {_seen(response)}") from error
    if response.status == _TOO_MANY or response.status >= _SERVER_ERROR:
        raise _http_error(response)
    raise ProtocolError(f"an answer that is not JSON: {_seen(response)}. {_advice(response)}")


def _http_error(response: Response) -> HttpError:
    code = response.header("mediawiki-api-error")
    told = f"MediaWiki says {code}; " if code else ""
    return HttpError(f"{told}{_seen(response)}", status=response.status, retry_after=retry_after(response))


def _seen(response: Response) -> str:
    start = response.body[: 4 * _EXCERPT].decode("utf-8", "replace")
    excerpt = " ".join(start.split())[:_EXCERPT]
    kind = response.header("content-type") or "no content type"
    return f"HTTP {response.status}, {kind}: {excerpt!r}"


def _advice(response: Response) -> str:
    location = response.header("location")
    if location:
        parts = urlsplit(location)
        return f"It redirects to {urlunsplit((parts.scheme, parts.netloc, parts.path, '', ''))!r}: use that address."
    if response.status == 404:  # noqa: PLR2004 - the well-known status
        return "Nothing is at this address: the wiki's page Special:Version names its api.php and rest.php."
    return "Is this the address of an api.php? The wiki's page Special:Version names it."


def _errors(body: Mapping[str, Any]) -> tuple[ApiErrorItem, ...]:
    listed = body.get("errors")
    if isinstance(listed, list) and listed:
        return tuple(
            ApiErrorItem(
                code=str(item.get("code", "unknown")),
                text=str(item.get("text", "")),
                module=str(item.get("module", "")),
                data=_mapping(item.get("data")),
            )
            for item in listed
        )
    single = body.get("error")
    if isinstance(single, Mapping):  # a gateway that ignores errorformat
        data = {key: value for key, value in single.items() if key not in {"code", "info", "docref"}}
        return (ApiErrorItem(code=str(single.get("code", "unknown")), text=str(single.get("info", "")), data=data),)
    return ()


def _warnings(body: Mapping[str, Any]) -> tuple[ApiWarning, ...]:
    listed = body.get("warnings")
    if not isinstance(listed, list):
        return ()
    return tuple(
        ApiWarning(code=str(w.get("code", "")), text=str(w.get("text", "")), module=str(w.get("module", "")))
        for w in listed
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
