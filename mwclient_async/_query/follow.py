"""A list of events that never ends: asked again and again for what has come since.

Events do not come in the order of their times: a wiki's server writes them when its transaction ends, and others see
them when they are copied. So each question goes back a little (the *overlap*) before the newest event that is known,
and what has been given out already is left out by its id. The state of all this is the continuation, so that a cursor
has it, too.

The manual's pages are https://www.mediawiki.org/wiki/API:RecentChanges, API:Logevents, API:Usercontribs and
API:Watchlist.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from attrs import evolve, frozen

from mwclient_async._http.flow import Flow, Wait
from mwclient_async._http.messages import ApiRequest
from mwclient_async._http.params import values
from mwclient_async._query.continuation import Continuation, FetchedBatch, LoopGuard, Query, Row, row_key
from mwclient_async.errors import ProtocolError

FOLLOWABLE = ("recentchanges", "logevents", "usercontribs", "watchlist")
"""The lists whose rows are events with a time and an id."""

_NEEDED = ("ids", "timestamp")
_WATCHED = ("ids", "title", "flags")  # what a wiki tells of watched pages where nothing is asked for: not the time
_TELLING = ("title", "loginfo")  # its events have no id of their own, but for those of the log
_STABLE = ("type", "revid", "pageid", "ns", "title", "timestamp")  # what no later answer says otherwise
_OWN_REVISION = frozenset({"edit", "new"})
_STATE = "following"  # what is ours in a continuation, in JSON


@frozen(kw_only=True)
class _State:
    """``start`` is where the next question begins, ``at`` the newest time so far, ``seen`` what was given since.

    ``began`` is the wiki's clock at the first answer to this question: what was not visible then may have been passed.
    """

    start: str
    at: str
    seen: Mapping[str, str]  # by key: its time
    began: str = ""
    idle: bool = False  # all there is has been given: wait before asking again


@frozen(kw_only=True)
class FollowedList:
    """A list as a pager without an end. ``every`` and ``overlap`` are in seconds."""

    query: Query
    every: float
    overlap: float

    @property
    def _prefix(self) -> str:
        return self.query.modules[0].prefix

    def key(self, row: Row) -> str:
        return event_key(row)

    def as_fragments(self) -> FollowedList:
        return self

    def limits(self, *, want: int | None, sent: Mapping[str, int]) -> Mapping[str, int]:
        return self.query.limits(want=want, sent=sent)

    def batch(
        self,
        start: Continuation,
        limits: Mapping[str, int],
        guard: LoopGuard,  # noqa: ARG002 - the same question again and again is what this is for
    ) -> Flow[FetchedBatch]:
        if _STATE not in start:
            return (yield from self._begin())
        state = _parsed(start[_STATE])
        if state.idle:
            yield Wait(self.every)
        going_on = {name: value for name, value in start.items() if name != _STATE}
        moved = {f"{self._prefix}start": state.start, **going_on}
        query = evolve(self.query, params={**self.query.params, "curtimestamp": "1"})
        fetched = yield from query.batch(moved, self._with_room(limits, for_seen=len(state.seen)), LoopGuard())
        fresh = [row for row in fetched.rows if event_key(row) not in state.seen]
        began = state.began if going_on else str(fetched.body.get("curtimestamp", ""))
        state = self._after(state, fresh, idle=fetched.next_continue is None, began=began)
        return evolve(fetched, rows=fresh, next_continue={**(fetched.next_continue or {}), _STATE: _text(state)})

    def _with_room(self, limits: Mapping[str, int], *, for_seen: int) -> Mapping[str, int]:
        """Where few events are wanted, those that are given again must not take their place in each request."""
        source, most = self.query.source, self.query.limits(want=None, sent={})
        return {
            name: min(number + for_seen, most[name]) if name == source else number for name, number in limits.items()
        }

    def _begin(self) -> Flow[FetchedBatch]:
        """Nothing yet, but the time to begin with: should the next request fail, a cursor has it."""
        asked, body = self.query.params.get(f"{self._prefix}start"), {}
        if asked is None:
            body = (yield ApiRequest(params={"action": "query", "curtimestamp": "1"})).body
            asked = str(body.get("curtimestamp", ""))
        try:
            datetime.fromisoformat(asked)
        except ValueError:
            raise ProtocolError(f"{asked!r}, which the wiki gave for now, is no time to begin with") from None
        return FetchedBatch(rows=[], next_continue={_STATE: _text(_State(start=asked, at=asked, seen={}))}, body=body)

    def _after(self, state: _State, given: list[Row], *, idle: bool, began: str) -> _State:
        """What is known after these rows; ids are kept as long as a question can go back to them.

        An event of the future (a clock that is wrong, a history that was imported) must not take us there: what comes
        at its own time would be left out.
        """
        times = {event_key(row): _time(row) for row in given}
        at = max([state.at, *times.values()])
        at = min(at, began) if began else at
        back = (datetime.fromisoformat(at) - timedelta(seconds=self.overlap)).strftime("%Y-%m-%dT%H:%M:%SZ")
        seen = {key: time for key, time in {**state.seen, **times}.items() if time >= back}
        return _State(start=max(state.start, back) if idle else state.start, at=at, seen=seen, began=began, idle=idle)


def follow_params(module: str, prefixless: Mapping[str, str]) -> dict[str, str]:
    """The parameters of a list, so that it can be followed. ValueError where it cannot be."""
    if module not in FOLLOWABLE:
        raise ValueError(f"list={module} cannot be followed: its rows are no events; {', '.join(FOLLOWABLE)} can be")
    if prefixless.get("dir", "newer") != "newer" or "end" in prefixless:
        raise ValueError("a list that is followed goes from older to newer, without an end: leave out dir and end")
    params = {**prefixless, "dir": "newer"}
    if "start" in params:
        params["start"] = _in_utc(params["start"])
    watched = module == "watchlist"
    if "prop" in params or watched:
        asked = values(params["prop"]) if "prop" in params else _WATCHED
        params["prop"] = "|".join(dict.fromkeys([*asked, *_NEEDED, *(_TELLING if watched else ())]))
    return params


def _in_utc(start: str) -> str:
    """A time in the one form that compares with those of the wiki's events."""
    try:
        moment = datetime.fromisoformat(start)
    except ValueError:
        raise ValueError(f"start={start!r}: give a datetime with a time zone, or a time in ISO 8601") from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def event_key(row: Row) -> str:
    """What identifies an event; what else is said of it may change.

    Beside an edit of a watched page, the same revision is told of as coming into categories, or of another wiki.
    """
    for name in ("rcid", "logid"):
        if row.get(name):
            return f"{name}{row[name]}"
    if row.get("revid") and row.get("type", "edit") in _OWN_REVISION:
        return f"revid{row['revid']}"
    return row_key({name: row[name] for name in _STABLE if name in row})


def _time(row: Row) -> str:
    try:
        return str(row["timestamp"])
    except KeyError:
        raise ProtocolError(f"the wiki told of an event without its time: {dict(row)!r:.200}") from None


def _text(state: _State) -> str:
    return json.dumps([state.start, state.at, dict(state.seen), state.began, state.idle], separators=(",", ":"))


def _parsed(text: str) -> _State:
    start, at, seen, began, idle = json.loads(text)
    return _State(start=str(start), at=str(at), seen=dict(seen), began=str(began), idle=bool(idle))
