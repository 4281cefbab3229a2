"""Whether a write may be sent again on a wiki with an abuse filter, which takes a second request for a confirmation.

A filter that warns of a write refuses it, and accepts the next such write of the same session. So after a lost reply
two things are needed before the write is sent again:

- *The log of the filters*, ``list=abuselog``, has no warning for this page since the write began.
- *Another session.* A request that is still on its way could meet a warning after the log was read. In another session,
  that warning cannot be confirmed: the write that is sent again gets a warning of its own.

See https://www.mediawiki.org/wiki/Extension:AbuseFilter.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mwclient_async._http.flow import Flow, NewSession
from mwclient_async._http.json_values import object_at, rows_at
from mwclient_async._http.messages import ApiRequest
from mwclient_async.errors import MediaWikiError, ProtocolError

_UNCONFIRMED = "an abuse filter of this wiki could take a second request for a confirmation"
_MOST_ROWS = 50


def has_abuse_filter(query: Mapping[str, Any]) -> bool:
    """Whether ``meta=siteinfo&siprop=extensions`` lists an abuse filter, which could warn of a write.

    Raises ProtocolError if there is no list: a wiki without extensions sends an empty one.
    """
    if "extensions" not in query:
        raise ProtocolError("the wiki's response does not list its extensions")
    return any("abuse" in str(extension.get("name", "")).lower() for extension in rows_at(query, "extensions"))


def find_obstacle(query: Mapping[str, Any], *, title: str, since: str) -> Flow[str]:
    """Why a write of this page must not be sent again; empty if it may be sent again, in another session.

    ``query`` has ``meta=siteinfo|userinfo`` with ``siprop=extensions``. ``since`` is the wiki's clock before the write
    was first sent; empty for any time. Raises ProtocolError if the response does not list the extensions.
    """
    if not has_abuse_filter(query):
        return ""
    try:
        account = object_at(query, "userinfo")
        rows = yield from _rows_of(account, title, since)
    except MediaWikiError as error:
        return f"{_UNCONFIRMED}, and its log could not be read ({error})"
    warned = [row for row in rows if "warn" in str(row.get("result", "warn"))]
    if warned or len(rows) >= _MOST_ROWS:
        return "an abuse filter of this wiki has warned of it, and would take a second request for a confirmation"
    try:
        is_renewed = not account.get("temp") and (yield NewSession()).body
    except MediaWikiError as error:
        return f"{_UNCONFIRMED}, and no other session could be begun ({error})"
    return "" if is_renewed else f"{_UNCONFIRMED}, and this login cannot begin another session by itself"


def _rows_of(account: Mapping[str, Any], title: str, since: str) -> Flow[list[Mapping[str, Any]]]:
    """The log's latest rows for this page by our account. An anonymous client may have another name in the log."""
    params = {"action": "query", "list": "abuselog", "afltitle": title, "afllimit": str(_MOST_ROWS)}
    response = yield ApiRequest(params={**params, "aflprop": "user|result", **({"aflend": since} if since else {})})
    if "abuselog" not in object_at(response.body, "query"):
        raise ProtocolError("the wiki's response has no abuse log")
    rows = rows_at(response.body, "query", "abuselog")
    name = None if account.get("anon") else account.get("name")
    return [row for row in rows if name is None or row.get("user", name) == name]
