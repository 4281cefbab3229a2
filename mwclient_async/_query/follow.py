"""Following a list of events: the list is requested again and again, for the events that are new.

Events do not become visible in the order of their timestamps: the server writes an event when its transaction ends, and
other readers see it when the database has copied it. So each poll goes back by a few seconds (the *overlap*) before the
newest known event. Events that were given already are recognized by their id and left out. An event that becomes
visible later than the overlap is missed.

All of this state is stored in the continuation, so that a cursor has it, too.

The manual's pages are https://www.mediawiki.org/wiki/API:RecentChanges, API:Logevents, API:Usercontribs and
API:Watchlist.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from attrs import evolve, frozen

from mwclient_async._http.conversion import Row
from mwclient_async._http.flow import Flow, Wait
from mwclient_async._http.json_values import object_at, text_at, time_at
from mwclient_async._http.messages import ApiRequest
from mwclient_async._http.params import split_values
from mwclient_async._query.continuation import Continuation, FetchedBatch, Query
from mwclient_async._query.loop_guard import LoopGuard
from mwclient_async._query.merge import list_row_key
from mwclient_async.errors import CursorMismatch

FOLLOWABLE = ("recentchanges", "logevents", "usercontribs", "watchlist")
"""The lists whose rows are events with a time and an id."""

_NEEDED_PROPS = ("ids", "timestamp")
_WATCHLIST_DEFAULT_PROPS = ("ids", "title", "flags")  # the wiki's default, which leaves out the time
_WATCHLIST_KEY_PROPS = ("title", "loginfo")  # its events have no id of their own, except those of the log
_UNCHANGING_KEYS = ("type", "revid", "pageid", "ns", "title", "timestamp")  # the same in all later responses
_OWN_REVISION_TYPES = frozenset({"edit", "new"})
_STATE_KEY = "following"  # where a continuation holds the state of this module, as JSON


@frozen(kw_only=True)
class _FollowState:
    """The state between two requests. All times are timestamps of the wiki.

    ``start`` is the time at which the next poll begins, ``newest`` the time of the newest event so far. ``seen`` are
    the events that were given and that a poll can bring again: their times by their keys. ``poll_began`` is the wiki's
    clock at the first response of this poll: an event that became visible after that may have been passed already.
    """

    start: str
    newest: str
    seen: Mapping[str, str]
    poll_began: str = ""
    idle: bool = False  # all events were given: wait before the next poll


@frozen(kw_only=True)
class FollowedList:
    """A list as a BatchSource without an end. ``every`` and ``overlap`` are in seconds."""

    query: Query
    every: float
    overlap: float

    @property
    def _prefix(self) -> str:
        return self.query.modules[0].prefix

    def row_key(self, row: Row) -> str:
        return event_key(row)

    def as_fragments(self) -> FollowedList:
        return self

    def limits(self, *, wanted: int | None, sent: Mapping[str, int]) -> Mapping[str, int]:
        return self.query.limits(wanted=wanted, sent=sent)

    def batch(
        self,
        start: Continuation,
        limits: Mapping[str, int],
        guard: LoopGuard,  # noqa: ARG002 - to repeat the same request is the purpose of this class
    ) -> Flow[FetchedBatch]:
        if _STATE_KEY not in start:
            return (yield from self._begin())
        state = _parse_state(start[_STATE_KEY])
        if state.idle:
            yield Wait(self.every)
        wiki_continue = {name: value for name, value in start.items() if name != _STATE_KEY}
        position = {f"{self._prefix}start": state.start, **wiki_continue}
        query = evolve(self.query, params={**self.query.params, "curtimestamp": "1"})
        fetched = yield from query.batch(position, self._with_room(limits, for_seen=len(state.seen)), LoopGuard())
        fresh = [row for row in map(object_at, fetched.rows) if event_key(row) not in state.seen]
        poll_began = state.poll_began if wiki_continue else time_at(fetched.body, "curtimestamp")
        state = self._state_after(state, fresh, idle=fetched.next_continue is None, poll_began=poll_began)
        next_continue = {**(fetched.next_continue or {}), _STATE_KEY: _format_state(state)}
        return evolve(fetched, rows=fresh, next_continue=next_continue)

    def _with_room(self, limits: Mapping[str, int], *, for_seen: int) -> Mapping[str, int]:
        """The limits, with room for the events that come again.

        If the caller wants few events, those that come again would otherwise fill each response.
        """
        name = self.query.item_limit_name
        if name is None or name not in limits:
            return limits
        largest = self.query.limits(wanted=None, sent={})
        return {**limits, name: min(limits[name] + for_seen, largest[name])}

    def _begin(self) -> Flow[FetchedBatch]:
        """An empty batch, whose continuation has the time to begin at. So a cursor has it before the first event."""
        start, body = self.query.params.get(f"{self._prefix}start"), {}
        if start is None:
            body = (yield ApiRequest(params={"action": "query", "curtimestamp": "1"})).body
            start = time_at(body, "curtimestamp")
        next_continue = {_STATE_KEY: _format_state(_state_at(start))}
        return FetchedBatch(rows=[], next_continue=next_continue, body=body)

    def _state_after(self, state: _FollowState, fresh: list[Row], *, idle: bool, poll_began: str) -> _FollowState:
        """The state after these rows. The key of an event is kept as long as a poll can go back to it.

        An event of the future (because of a wrong clock, or an imported history) must not move the start there: the
        events between now and then would be left out.
        """
        times = {event_key(row): time_at(row, "timestamp") for row in fresh}
        newest = max([state.newest, *times.values()])
        newest = min(newest, poll_began) if poll_began else newest
        back = (datetime.fromisoformat(newest) - timedelta(seconds=self.overlap)).strftime("%Y-%m-%dT%H:%M:%SZ")
        return _FollowState(
            start=max(state.start, back) if idle else state.start,
            newest=newest,
            seen={key: time for key, time in {**state.seen, **times}.items() if time >= back},
            poll_began=poll_began,
            idle=idle,
        )


def follow_params(module: str, prefixless: Mapping[str, str]) -> dict[str, str]:
    """The parameters of a list, changed so that it can be followed. Raises ValueError if it cannot be."""
    if module not in FOLLOWABLE:
        raise ValueError(
            f"list={module} cannot be followed, because its rows are not events: follow {', '.join(FOLLOWABLE)}"
        )
    if prefixless.get("dir", "newer") != "newer" or "end" in prefixless:
        raise ValueError("a followed list goes from older to newer and does not end: leave out dir and end")
    params = {**prefixless, "dir": "newer"}
    if "start" in params:
        params["start"] = _in_utc(params["start"])
    is_watchlist = module == "watchlist"
    if "prop" in params or is_watchlist:
        props = split_values(params["prop"]) if "prop" in params else _WATCHLIST_DEFAULT_PROPS
        needed = (*_NEEDED_PROPS, *(_WATCHLIST_KEY_PROPS if is_watchlist else ()))
        params["prop"] = "|".join(dict.fromkeys([*props, *needed]))
    return params


def begin_of(params: Mapping[str, str]) -> Continuation:
    """The continuation with which a followed list begins: at its ``start``. Empty if it begins now."""
    return {_STATE_KEY: _format_state(_state_at(params["start"]))} if "start" in params else {}


def _state_at(start: str) -> _FollowState:
    return _FollowState(start=start, newest=start, seen={})


def _in_utc(start: str) -> str:
    """A time in the format of the wiki's timestamps, so that it can be compared with them."""
    try:
        moment = datetime.fromisoformat(start)
    except ValueError:
        raise ValueError(f"start={start!r}: give a datetime with a time zone, or a time in ISO 8601") from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def event_key(row: Row) -> str:
    """What identifies an event, whose other properties may change.

    A revision id alone is not enough in a watchlist. Beside the edit of a page, the same revision comes again if the
    page entered a category by it, and for an event of another wiki.
    """
    for name in ("rcid", "logid"):
        if row.get(name):
            return f"{name}{row[name]}"
    if row.get("revid") and text_at(row, "type", default="edit") in _OWN_REVISION_TYPES:
        return f"revid{row['revid']}"
    return list_row_key({name: row[name] for name in _UNCHANGING_KEYS if name in row})


def _format_state(state: _FollowState) -> str:
    fields = [state.start, state.newest, dict(state.seen), state.poll_began, state.idle]
    return json.dumps(fields, separators=(",", ":"))


def _parse_state(text: str) -> _FollowState:
    try:
        start, newest, seen, poll_began, idle = json.loads(text)
        for time in (start, newest, *([poll_began] if poll_began else [])):
            datetime.fromisoformat(time)
        return _FollowState(
            start=start,
            newest=newest,
            seen={str(key): str(time) for key, time in seen.items()},
            poll_began=poll_began,
            idle=bool(idle),
        )
    except (ValueError, TypeError, AttributeError, RecursionError):
        raise CursorMismatch("the cursor is not one of a followed list") from None
