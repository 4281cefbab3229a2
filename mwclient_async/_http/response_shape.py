"""The shape of a response of the Action API: what every reader of one relies on is checked once, when it comes in.

A response is an object (that of ``action=opensearch`` is a list). A response to ``action=query`` has objects and lists
where merging, page sets and converters look for them. See https://www.mediawiki.org/wiki/API:Query.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mwclient_async._http.json_values import continuation_at, list_at, object_at, rows_at, text_at
from mwclient_async._http.messages import ApiRequest
from mwclient_async._http.query_form import check_query_form
from mwclient_async.errors import ProtocolError

TITLE_MAPS = ("normalized", "converted", "redirects", "interwiki")
"""The lists of a query that say which title became which."""

_FROM_AND_TO = frozenset({"normalized", "converted", "redirects"})


def check_shape(request: ApiRequest, body: Any) -> None:
    """Raise ProtocolError if the body does not have the shape of a response of the Action API to this request."""
    action = request.params.get("action")
    if request.path or request.address or isinstance(body, bytes) or action == "opensearch":
        return
    object_at(body)
    if action == "query":
        check_query_form(request.params, body)
        _check_query(body)


def _check_query(body: Mapping[str, Any]) -> None:
    query = object_at(body, "query")
    for page in list_at(query, "pages"):  # which are objects, see check_query_form
        _check_page(page)
    for pageid in list_at(query, "pageids"):
        if not str(pageid).removeprefix("-").isdecimal():
            raise ProtocolError(f"the wiki's response has {pageid!r:.80} in its list of page ids")
    for name in filter(query.__contains__, TITLE_MAPS):  # most responses have none
        for entry in rows_at(query, name):
            for key in ("from", "to") if name in _FROM_AND_TO else ("title",):
                text_at(entry, key)
    continuation_at(body, "continue")
    for block in object_at(body, "query-continue").values():
        continuation_at(block)


def _check_page(page: Mapping[str, Any]) -> None:
    if type(page.get("title", "")) is not str:  # a response has up to 5,000 pages, so the usual case is fast
        text_at(page, "title", default="")
    if type(page.get("pageid", 0)) is int and type(page.get("ns", 0)) is int:
        return
    name = "pageid" if type(page.get("pageid", 0)) is not int else "ns"
    raise ProtocolError(f"the wiki's response has {page[name]!r:.80} as the {name} of a page")
