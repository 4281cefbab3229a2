"""A page's history through the REST API, as a pager.

Segments of 20 revisions come newest first in either direction; ``older`` and ``newer`` in a segment are links to its
neighbours. Only the revision id in a link's query is used: the link itself is made from the wiki's canonical server
name, and no credentials follow a foreign host. Walking ``newer``, each segment is the 20 revisions just above the
anchor, so it is reversed, and the end is a segment without a ``newer`` link. See
https://www.mediawiki.org/wiki/API:REST_API/Reference#Get_page_history.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal
from urllib.parse import parse_qs

from attrs import frozen

from mwclient_async._http.flow import Flow
from mwclient_async._http.params import is_count
from mwclient_async._http.urls import path_segment
from mwclient_async._query.continuation import Continuation, FetchedBatch, LoopGuard, Row
from mwclient_async._rest import endpoints
from mwclient_async.errors import ProtocolError

HistoryFilter = Literal["anonymous", "bot", "reverted", "minor"]
_LONGEST = 1024  # bytes; titles have 255, and a namespace's name
_FILTERS = ("anonymous", "bot", "reverted", "minor")


@frozen(kw_only=True)
class History:
    """One walk over one page's revisions, in one direction."""

    title: str
    filter: str | None = None
    anchor: int | None = None
    newer: bool = False

    @property
    def fingerprinted(self) -> Mapping[str, str]:
        """What makes this walk this walk: a cursor fits only where these are equal."""
        return {
            "title": path_segment(self.title),
            "filter": self.filter or "",
            "direction": self._parameter,
            "anchor": str(self.anchor or ""),
        }

    @property
    def _parameter(self) -> str:
        return "newer_than" if self.newer else "older_than"

    def key(self, row: Row) -> str:
        return str(row["id"])

    def as_fragments(self) -> History:
        return self  # a segment is never in fragments

    def limits(self, *, want: int | None, sent: Mapping[str, int]) -> Mapping[str, int]:  # noqa: ARG002 - fixed by the wiki
        return {}

    def batch(
        self,
        start: Continuation,
        limits: Mapping[str, int],  # noqa: ARG002 - segments have a fixed size
        guard: LoopGuard,
    ) -> Flow[FetchedBatch]:
        params = {"filter": self.filter} if self.filter else {}
        if self.anchor is not None:
            params[self._parameter] = str(self.anchor)
        reply = yield endpoints.history.call({"title": self.title}, params={**params, **start})
        body = reply.body
        if not isinstance(body, Mapping) or not isinstance(body.get("revisions"), list):
            raise ProtocolError(f"the history of {self.title!r} has no list of revisions in it")
        following = self._following(body)
        if following is not None:
            guard.check(following)
        rows = body["revisions"]
        return FetchedBatch(rows=rows[::-1] if self.newer else rows, next_continue=following, body=body)

    def _following(self, body: Mapping[str, Any]) -> Continuation | None:
        link = body.get("newer" if self.newer else "older")
        if not link:
            return None
        revid = parse_qs(str(link).partition("?")[2].partition("#")[0]).get(self._parameter)
        if not revid:
            raise ProtocolError(f"the history's link has no {self._parameter}: {str(link)[:200]!r}")
        return {self._parameter: revid[0]}


def history(title: str, *, filter: str | None, older_than: int | None, newer_than: int | None) -> History:  # noqa: A002
    """The walk that these arguments ask for. ValueError for a contradiction, before any request."""
    if not title.strip():
        raise ValueError("title is empty: give the page's title, for example 'Earth'")
    if len(title.encode("utf-8", "surrogatepass")) > _LONGEST:
        raise ValueError(f"title={title[:60]!r}... is longer than {_LONGEST} bytes, which no title is")
    if older_than is not None and newer_than is not None:
        raise ValueError("older_than and newer_than exclude each other: a history is walked in one direction")
    if filter is not None and filter not in _FILTERS:
        raise ValueError(f"filter={filter!r}: the wiki knows {', '.join(_FILTERS)}")
    for name, revid in (("older_than", older_than), ("newer_than", newer_than)):
        if revid is not None and not is_count(revid, least=1):
            raise ValueError(f"{name}={revid!r}: give a revision id, a whole number from 1 up")
    newer = newer_than is not None
    return History(title=title, filter=filter, anchor=newer_than if newer else older_than, newer=newer)
