"""What a response may not say without an error: that the wiki ignored a parameter, or left out a part of the result."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mwclient_async._http.json_values import continuation_at, object_at
from mwclient_async._http.messages import ApiRequest, ApiResponse
from mwclient_async._http.params import split_values
from mwclient_async._http.response_shape import check_shape
from mwclient_async._values.warnings import ApiWarning
from mwclient_async.errors import ResultTooLarge, UnrecognizedParameters

_UNRECOGNIZED = frozenset({"unrecognizedparams", "unrecognizedvalues"})
_UNKNOWN_MODULE = "badmodule"  # an error of its own names it
_PAGE_PARAMETERS = ("titles", "title", "page", "pageids", "pageid", "oldid", "revids")
_ROLES = ("meta", "list", "prop")  # meta first: of its modules, some cannot continue
_CAN_CONTINUE = frozenset({"allmessages", "languageinfo", "siteinfo", "tokens"})
_WHOLE_OR_ABSENT = {"authmanagerinfo": "authmanagerinfo", "filerepoinfo": "repos", "userinfo": "userinfo"}
"""The modules of ``meta`` without a continuation that send one value only, and the name that it has in ``query``."""


def checked_warnings(request: ApiRequest, response: ApiResponse) -> Iterator[ApiWarning]:
    """The warnings of a response that the caller should see.

    Raises UnrecognizedParameters, ResultTooLarge if a read was truncated and what was left out is not continued, and
    ProtocolError for a response to a query in an unknown form.
    """
    check_shape(request, response.body)
    if response.is_truncated and not request.write:
        if not _is_continued(request, response):
            raise ResultTooLarge(title=_page_of(request.params), module=_module_of(request.params))
        if cut := _cut_for_good(request.params, response.body):
            raise ResultTooLarge(module=cut, beside=True)
    for warning in response.warnings:
        if warning.code in _UNRECOGNIZED and request.partial:
            continue
        if warning.code in _UNRECOGNIZED and not request.write:
            raise UnrecognizedParameters(warning)
        if warning.code != _UNKNOWN_MODULE and not (request.continues and warning.code == "truncatedresult"):
            yield warning


def _is_continued(request: ApiRequest, response: ApiResponse) -> bool:
    """Whether what was left out comes with the next response. Some modules (authmanagerinfo) cannot continue."""
    has_continue = not {"continue", "query-continue"}.isdisjoint(response.body)
    only_account = request.asks_account and not object_at(response.body, "query", "userinfo")  # asked for again
    return request.continues and (has_continue or only_account)


def _cut_for_good(params: Mapping[str, str], body: Mapping[str, Any]) -> str:
    """A module of ``meta`` that may have been cut although the other modules of its query continue; else empty.

    The wiki does not say which module it has cut. If one can continue, the rest of it comes. If one sends a single
    value, that is whole or absent. Nothing is known of other modules that did not say that they continue.
    """
    if "query-continue" in body:
        over = set(split_values(params.get("meta", ""))) - set(object_at(body, "query-continue"))
    else:
        over = _finished(continuation_at(body, "continue")) - _finished(params)
    query = object_at(body, "query")
    for name in split_values(params.get("meta", "")):
        if name in over and name not in _CAN_CONTINUE and _WHOLE_OR_ABSENT.get(name, "") not in query:
            return name
    return ""


def _finished(continuation: Mapping[str, str]) -> set[str]:
    """The modules that a ``continue`` block calls finished."""
    return set(continuation.get("continue", "").partition("||")[2].split("|"))


def _page_of(params: Mapping[str, str]) -> str:
    return next((params[name] for name in _PAGE_PARAMETERS if name in params), "")


def _module_of(params: Mapping[str, str]) -> str:
    roles = _ROLES if params.get("action") == "query" else ()
    return next((params[name] for name in roles if name in params), f"action={params.get('action', '')}")
