"""What a response may not say without an error: that the wiki ignored a parameter, or left out a part of the result."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from mwclient_async._http.json_values import object_at
from mwclient_async._http.messages import ApiRequest, ApiResponse
from mwclient_async._http.response_shape import check_shape
from mwclient_async._values.warnings import ApiWarning
from mwclient_async.errors import ResultTooLarge, UnrecognizedParameters

_UNRECOGNIZED = frozenset({"unrecognizedparams", "unrecognizedvalues"})
_UNKNOWN_MODULE = "badmodule"  # an error of its own names it
_PAGE_PARAMETERS = ("titles", "title", "page", "pageids", "pageid", "oldid", "revids")


def checked_warnings(request: ApiRequest, response: ApiResponse) -> Iterator[ApiWarning]:
    """The warnings of a response that the caller should see.

    Raises UnrecognizedParameters, ResultTooLarge if a read was truncated that is not continued, and ProtocolError for a
    response to a query in an unknown form.
    """
    check_shape(request, response.body)
    if response.is_truncated and not request.write and not _is_continued(request, response):
        raise ResultTooLarge(title=_page_of(request.params), module=_module_of(request.params))
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


def _page_of(params: Mapping[str, str]) -> str:
    return next((params[name] for name in _PAGE_PARAMETERS if name in params), "")


def _module_of(params: Mapping[str, str]) -> str:
    names = ("prop", "list", "meta") if params.get("action") == "query" else ()
    return next((params[name] for name in names if name in params), f"action={params.get('action', '')}")
