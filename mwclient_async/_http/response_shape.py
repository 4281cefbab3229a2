"""The shape of a response of the Action API: what every reader of one relies on is checked once, when it comes in.

A response is an object (that of ``action=opensearch`` is a list). A response to ``action=query`` has objects and lists
where merging, page sets and converters look for them. MediaWiki has had other forms of it than today's, each with its
data in other places:

- Before 1.26, ``query-continue`` is the default form of continuation. Since 1.21, ``continue`` comes if the request has
  ``continue=``, even empty; the parameter ``rawcontinue`` selects the old form to this day.
- ``formatversion=1`` has ``pages`` as an object keyed by id. Wikis before 1.25 know only this format.
- ``batchcomplete`` has been sent since 1.25. A response has ``continue`` or ``batchcomplete``, or both.

A key that is absent means "nothing" only in a form that is known. See https://www.mediawiki.org/wiki/API:Query,
https://www.mediawiki.org/wiki/API:Continue and https://www.mediawiki.org/wiki/API:JSON_version_2.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mwclient_async._http.json_values import continuation_at, list_at, object_at, rows_at, text_at
from mwclient_async._http.messages import ApiRequest
from mwclient_async.errors import ProtocolError

TITLE_MAPS = ("normalized", "converted", "redirects", "interwiki")
"""The lists of a query that say which title became which."""

_FROM_AND_TO = frozenset({"normalized", "converted", "redirects"})

_OLDEST_VERSION = "MediaWiki 1.25"
"""The oldest version that knows ``formatversion=2`` and ``batchcomplete``."""

_RAW_CONTINUATION = ("query-continue", "query-noncontinue")


def check_shape(request: ApiRequest, body: Any) -> None:
    """Raise ProtocolError if the body does not have the shape of a response of the Action API to this request."""
    action = request.params.get("action")
    if request.path or request.address or isinstance(body, bytes) or action == "opensearch":
        return
    object_at(body)
    if action == "query":
        _check_query_form(request.params, body)
        _check_query(body)


def _check_query_form(params: Mapping[str, str], body: Any) -> None:
    """Raise ProtocolError if the response to this query is in a form that this library does not read."""
    if not isinstance(body, Mapping):
        return
    old_form = [name for name in _RAW_CONTINUATION if name in body]
    if old_form and "rawcontinue" not in params:
        raise _unknown_form(f"has {old_form[0]!r}, the old form of continuation, which was not asked for")
    if not _is_object(body.get("continue", {})):
        raise _unknown_form(f"has a 'continue' that is not an object: {body['continue']!r:.80}")
    query = body.get("query", {})
    if not _is_object(query):
        raise _unknown_form(f"has a 'query' that is not an object: {query!r:.80}")
    pages = query.get("pages", []) if query else []
    if isinstance(pages, Mapping):
        raise _unknown_form("has pages keyed by their ids, which is formatversion=1")
    if not isinstance(pages, list) or not all(type(page) is dict or isinstance(page, Mapping) for page in pages):
        raise _unknown_form(f"has 'pages' that is not a list of pages: {pages!r:.80}")


def _check_query(body: Mapping[str, Any]) -> None:
    query = object_at(body, "query")
    for page in list_at(query, "pages"):  # which are objects, see _check_query_form
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


def is_batch_complete(body: Mapping[str, Any]) -> bool:
    """Whether the pages of this batch are complete. Raises ProtocolError if the response does not say so either way."""
    complete = body.get("batchcomplete", False) is not False
    if not complete and not body.get("continue"):
        raise _unknown_form(f"has neither 'continue' nor 'batchcomplete' (its keys: {', '.join(body) or 'none'})")
    return complete


def _unknown_form(what: str) -> ProtocolError:
    """The error for a response to a query that may hold data which this library would not find."""
    return ProtocolError(
        f"the response to action=query {what}: its data cannot be read. {_OLDEST_VERSION} or newer is needed, and no "
        "proxy that changes requests or responses"
    )


def _is_object(value: Any) -> bool:
    """Whether it is an object. PHP sends an empty one as an empty list."""
    return isinstance(value, Mapping) or value == []
