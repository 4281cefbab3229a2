"""What the REST API leaves out of its refusals of edits: the data that the Action API sends with them.

The REST API edits through ``action=edit``, and passes on only the code and the text of a refusal. The Action API is
asked for the rest:

- *An abuse filter* left a row in its log, which names the filter. The edit itself is not sent again, because a second
  request would confirm a warning.
- *The list of forbidden titles* (TitleBlacklist) has an action that names the entry.
- *A block* is described by ``meta=userinfo``.

If that fails, for example because the account may not read the filters' log, the refusal stays as it is.

See https://www.mediawiki.org/wiki/Extension:AbuseFilter and https://www.mediawiki.org/wiki/Extension:TitleBlacklist.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from html import unescape
from typing import Any

from attrs import evolve

from mwclient_async._http.flow import Flow
from mwclient_async._http.json_values import number_at, object_at, rows_at, text_at
from mwclient_async._http.messages import ApiRequest
from mwclient_async.errors import (
    AbuseFilter,
    ApiError,
    ApiErrorItem,
    Blocked,
    MediaWikiError,
    PageMissing,
    TitleBlacklisted,
)

Data = Mapping[str, Any]

_LATEST = "20"  # rows of the filters' log that are looked at


def with_details(error: ApiError, title: str, *, creating: bool) -> Flow[ApiError]:
    """The refusal of an edit of that page, with the data that the Action API has for it."""
    for cls, find in _FINDERS.items():
        if isinstance(error, cls):
            try:
                details = yield from find(error, title, creating)
            except MediaWikiError:
                return error
            return with_data(error, details) if details else error
    return error


def with_data(error: ApiError, details: Data) -> ApiError:
    """The same error, with more data."""
    return _with_first(error, evolve(error.errors[0], data={**error.data, **details}))


def with_advice(error: PageMissing) -> ApiError:
    """The refusal of an update of a missing page, with the method that creates one."""
    first = error.errors[0]
    return _with_first(error, evolve(first, text=f"{first.text} To create the page, use create_page."))


def _with_first(error: ApiError, first: ApiErrorItem) -> ApiError:
    return type(error)(
        (first, *error.errors[1:]),
        warnings=error.warnings,
        status=error.status,
        retry_after=error.retry_after,
        request_id=error.request_id,
    )


def _find_filter(error: ApiError, title: str, _creating: bool) -> Flow[Data]:  # noqa: FBT001 - as the others
    """The filter whose description is in the text of the refusal."""
    params = {
        "action": "query",
        "list": "abuselog|abusefilters",
        "afltitle": title,
        "aflprop": "ids|filter|result",
        "afllimit": _LATEST,
        "abfprop": "id|description",
        "abfshow": "enabled",
        "abflimit": "max",
    }
    query = object_at((yield ApiRequest(params=params)).body, "query")
    for row in rows_at(query, "abuselog"):
        description = text_at(row, "filter", default="")
        # the log names the id only to those who may see details
        same = [number_at(one, "id") for one in rows_at(query, "abusefilters") if one.get("description") == description]
        filter_id = str(row.get("filter_id") or (same[0] if len(same) == 1 else ""))
        if description and description in error.text and filter_id:
            found = {"id": filter_id, "description": description}
            return {"abusefilter": {**found, "actions": text_at(row, "result").split(",")}}
    return {}


def _find_title_entry(_error: ApiError, title: str, creating: bool) -> Flow[Data]:  # noqa: FBT001
    action = "create" if creating else "edit"
    response = yield ApiRequest(params={"action": "titleblacklist", "tbtitle": title, "tbaction": action})
    found = object_at(response.body, "titleblacklist")
    line = unescape(text_at(found, "line"))
    return {"message": {"key": text_at(found, "message"), "params": [line, title]}, "line": line}


def _find_block(_error: ApiError, _title: str, _creating: bool) -> Flow[Data]:  # noqa: FBT001
    response = yield ApiRequest(params={"action": "query", "meta": "userinfo", "uiprop": "blockinfo"})
    info = object_at(response.body, "query", "userinfo")
    found = {name: value for name, value in info.items() if name.startswith("block")}
    return {"blockinfo": found} if found else {}


_FINDERS: Mapping[type[ApiError], Callable[[ApiError, str, bool], Flow[Data]]] = {
    AbuseFilter: _find_filter,
    TitleBlacklisted: _find_title_entry,
    Blocked: _find_block,
}
