"""A page's history through the REST API, as a source of batches.

The wiki sends segments of 20 revisions, newest first in both directions. ``older`` and ``newer`` in a segment are links
to its neighbours. Only the revision id in a link's query is used: the link has the wiki's canonical server name, which
may be another host, and no credentials are sent to another host.

In the direction ``newer``, a segment has the 20 revisions just above the anchor, newest first, so it is reversed. The
end is a segment without the link of the direction, not an empty segment. See
https://www.mediawiki.org/wiki/API:REST_API/Reference#Get_page_history.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal
from urllib.parse import parse_qs

from attrs import frozen

from mwclient_async._http.conversion import Row
from mwclient_async._http.flow import Flow
from mwclient_async._http.json_values import number_at, rows_at
from mwclient_async._http.params import is_count
from mwclient_async._http.urls import path_segment
from mwclient_async._query.continuation import Continuation, FetchedBatch
from mwclient_async._query.loop_guard import LoopGuard
from mwclient_async._rest import endpoints
from mwclient_async.errors import ProtocolError

HistoryFilter = Literal["anonymous", "bot", "reverted", "minor"]
_MAX_TITLE_BYTES = 1024  # a title has up to 255 bytes, and the name of a namespace
_FILTERS = ("anonymous", "bot", "reverted", "minor")


@frozen(kw_only=True)
class RevisionHistory:
    """The revisions of one page, in one direction from an anchor on: a BatchSource."""

    title: str
    filter: str | None = None
    anchor: int | None = None
    newer: bool = False

    @property
    def fingerprinted(self) -> Mapping[str, str]:
        """What a cursor must have in common with this history."""
        return {
            "title": path_segment(self.title),
            "filter": self.filter or "",
            "direction": self._parameter,
            "anchor": str(self.anchor or ""),
        }

    @property
    def _parameter(self) -> str:
        return "newer_than" if self.newer else "older_than"

    def row_key(self, row: Row) -> str:
        return str(number_at(row, "id"))

    def as_fragments(self) -> RevisionHistory:
        return self  # a segment has no fragments

    def limits(self, *, wanted: int | None, sent: Mapping[str, int]) -> Mapping[str, int]:  # noqa: ARG002 - the wiki fixes the size
        return {}

    def batch(
        self,
        start: Continuation,
        limits: Mapping[str, int],  # noqa: ARG002 - the wiki fixes the size
        guard: LoopGuard,
    ) -> Flow[FetchedBatch]:
        params = {"filter": self.filter} if self.filter else {}
        if self.anchor is not None:
            params[self._parameter] = str(self.anchor)
        response = yield endpoints.history.request({"title": self.title}, params={**params, **start})
        body = response.body
        if not isinstance(body, Mapping) or not isinstance(body.get("revisions"), list):
            raise ProtocolError(f"the history of {self.title!r} has no list of revisions in it")
        next_continue = self._next_continue(body)
        if next_continue is not None:
            guard.check(next_continue)
        rows = rows_at(body, "revisions")
        return FetchedBatch(rows=rows[::-1] if self.newer else rows, next_continue=next_continue, body=body)

    def _next_continue(self, body: Mapping[str, Any]) -> Continuation | None:
        link = body.get("newer" if self.newer else "older")
        if not link:
            return None
        revid = parse_qs(str(link).partition("?")[2].partition("#")[0]).get(self._parameter)
        if not revid:
            raise ProtocolError(f"the history's link has no {self._parameter}: {str(link)[:200]!r}")
        return {self._parameter: revid[0]}


def history_of(title: str, *, filter: str | None, older_than: int | None, newer_than: int | None) -> RevisionHistory:  # noqa: A002
    """The history that these arguments ask for. ValueError if they contradict each other, before any request."""
    if not title.strip():
        raise ValueError("title is empty: give the page's title, for example 'Earth'")
    if len(title.encode("utf-8", "surrogatepass")) > _MAX_TITLE_BYTES:
        raise ValueError(f"title={title[:60]!r}... is longer than {_MAX_TITLE_BYTES} bytes, which no title is")
    if older_than is not None and newer_than is not None:
        raise ValueError("older_than and newer_than exclude each other: a history has one direction")
    if filter is not None and filter not in _FILTERS:
        raise ValueError(f"filter={filter!r}: the wiki knows {', '.join(_FILTERS)}")
    for name, revid in (("older_than", older_than), ("newer_than", newer_than)):
        if revid is not None and not is_count(revid, least=1):
            raise ValueError(f"{name}={revid!r}: give a revision id, a whole number from 1 up")
    newer = newer_than is not None
    return RevisionHistory(title=title, filter=filter, anchor=newer_than if newer else older_than, newer=newer)
