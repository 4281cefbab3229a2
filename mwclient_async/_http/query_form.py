"""The form of a response to ``action=query``: what this library reads, and what it must not take for "nothing".

MediaWiki has had other forms than today's, and each has its data in other places:

- Before 1.26, ``query-continue`` is the default form of continuation. Since 1.21, ``continue`` comes if the request has
  ``continue=``, even empty; the parameter ``rawcontinue`` selects the old form to this day.
- ``formatversion=1`` has ``pages`` as an object keyed by id. Wikis before 1.25 know only this format.
- ``batchcomplete`` has been sent since 1.25. A response has ``continue`` or ``batchcomplete``, or both.

A key that is absent means "nothing" only in a form that is known. See https://www.mediawiki.org/wiki/API:Continue and
https://www.mediawiki.org/wiki/API:JSON_version_2.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mwclient_async.errors import ProtocolError

OLDEST_VERSION = "MediaWiki 1.25"
"""The oldest version that knows ``formatversion=2`` and ``batchcomplete``."""

_RAW_CONTINUATION = ("query-continue", "query-noncontinue")


def check_query_form(params: Mapping[str, str], body: Any) -> None:
    """Raise ProtocolError if the response to this query is in a form that this library does not read."""
    if params.get("action") != "query" or not isinstance(body, Mapping):
        return
    old_form = [name for name in _RAW_CONTINUATION if name in body]
    if old_form and "rawcontinue" not in params:
        raise unknown_form(f"has {old_form[0]!r}, the old form of continuation, which was not asked for")
    if not _is_object(body.get("continue", {})):
        raise unknown_form(f"has a 'continue' that is not an object: {body['continue']!r:.80}")
    query = body.get("query", {})
    if not _is_object(query):
        raise unknown_form(f"has a 'query' that is not an object: {query!r:.80}")
    pages = query.get("pages", []) if query else []
    if isinstance(pages, Mapping):
        raise unknown_form("has pages keyed by their ids, which is formatversion=1")
    if not isinstance(pages, list) or not all(type(page) is dict or isinstance(page, Mapping) for page in pages):
        raise unknown_form(f"has 'pages' that is not a list of pages: {pages!r:.80}")


def is_batch_complete(body: Mapping[str, Any]) -> bool:
    """Whether the pages of this batch are complete. Raises ProtocolError if the response does not say so either way."""
    complete = body.get("batchcomplete", False) is not False
    if not complete and not body.get("continue"):
        raise unknown_form(f"has neither 'continue' nor 'batchcomplete' (its keys: {', '.join(body) or 'none'})")
    return complete


def unknown_form(what: str) -> ProtocolError:
    """The error for a response to a query that may hold data which this library would not find."""
    return ProtocolError(
        f"the response to action=query {what}: its data cannot be read. {OLDEST_VERSION} or newer is needed, and no "
        "proxy that changes requests or responses"
    )


def _is_object(value: Any) -> bool:
    """Whether it is an object. PHP sends an empty one as an empty list."""
    return isinstance(value, Mapping) or value == []
