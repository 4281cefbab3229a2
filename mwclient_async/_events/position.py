"""The position in a stream of events: what a cursor holds, and what a new connection asks for.

Each event of EventStreams has an id: a JSON list with one entry for each topic of the stream (a topic is the log of one
data centre), with the time up to which the events of that topic were sent. A client that sends the id as
``Last-Event-ID`` gets the events from these times on.

*Events come again.* The service adds one millisecond to the time, so an event of the same millisecond, and one that is
written late, would be left out. So a new connection asks for a time that is some seconds earlier (the *overlap*), and
the events that were given already are recognized by their keys.

*A time can be wrong.* A server whose clock is ahead writes a time of the future. A position there would leave out all
that happens until then, if the log no longer has that event. So such a time is not kept.

*A topic is not always named by a time.* Until a connection has sent an event of it, the id has its offset, or -1 if it
has no event yet. Offsets are those of one cluster and become invalid. So a time that is known is kept, and without one
the topic is asked for from the time at which the stream began.

``continuity.py`` says what was missed.

All times here are in milliseconds since 1970. ``timestamp`` in an id is one more than the time of the event.
See https://wikitech.wikimedia.org/wiki/Event_Platform/EventStreams_HTTP_Service.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from attrs import evolve, field, frozen

from mwclient_async._events.continuity import LONGEST_SILENCE, Continuity, Topics
from mwclient_async._values.json_text import decode_json
from mwclient_async.errors import CursorMismatch

STATE_KEY = "events"  # where a continuation holds the position, as JSON

_SECOND = 1000
_LONGEST_ID = 4096  # characters of a header
_MOST_KEYS = 50_000  # a hundred times as many as one wiki has in two minutes
_MOST_TOPICS = 1_000  # ten times as many as all streams have
_YEAR_10000 = 253402300800 * _SECOND

NO_LIMIT = _YEAR_10000
"""A time after all others."""


@frozen(kw_only=True)
class Gap:
    """The events from ``since`` to ``until`` are read from the list of a wiki. ``cursor`` is the position in it."""

    since: int
    until: int
    cursor: str = ""


@frozen(kw_only=True)
class Position:
    """What is known between two events.

    - ``start``: events before this time are not wanted, or were given by other means.
    - ``id``: that of the latest event, with the latest time of each topic; empty before the first one.
    - ``own``: the topics that have events of the wiki now, of those in the id, with the time of the latest one.
    - ``floor``: up to this time, no event of the wiki is missing, whatever the topics say.
    - ``is_new``: the stream began at ``start``. For an hour, the server certainly has the events from there on.
    - ``seen``: the keys of events that were given and that a new connection can bring again: their times by topic.
    - ``given``: topics whose events before this time were given, although a new connection brings them again.
    - ``gap``: what is being read from the list, before the stream is continued.
    """

    start: int
    id: str = ""
    own: Topics = field(factory=dict)
    floor: int = 0
    is_new: bool = False
    seen: Mapping[str, Mapping[str, int]] = field(factory=dict)
    given: Topics = field(factory=dict)
    gap: Gap | None = None

    def after(self, event_id: str, *, time: int, topic: str, is_own: bool) -> Position:
        """The position after an event. ``is_own``: it belongs to the wiki that is followed."""
        latest = _latest(self.id, event_id) if event_id else self.id
        is_named = topic in topics_in(latest)
        return evolve(
            self,
            id=latest,
            own=_own_after(self.own, topic, time, is_own=is_own) if is_named else self.own,
            floor=max(self.floor, time) if is_own and not is_named else self.floor,
            is_new=False,
        )

    @property
    def reached(self) -> int:
        """Up to this time, no event of the wiki is missing.

        If the topics of the wiki are not known, it is the time that all topics have reached.
        """
        topics = topics_in(self.id)
        times = [topics[name] for name in self.own if name in topics]
        if not times and len(topics) == len(_entries(self.id) or ()):
            times = list(topics.values())
        return max(self.floor, min(times, default=0))

    def has_given(self, key: str) -> bool:
        """Whether this is the key of an event that was given."""
        return any(key in keys for keys in self.seen.values())

    def is_repetition(self, topic: str, time: int) -> bool:
        """Whether an event of this time was given before, of which the key is not kept."""
        return time < self.given.get(topic, 0)

    def with_seen(self, keys: Mapping[str, Mapping[str, int]], overlap: int) -> Position:
        """The same, with the keys of events that were given, and without those that no new connection brings again.

        An event can be on the stream some seconds after its own time. So they are kept for twice the overlap.
        """
        topics, reached = topics_in(self.id), self.reached
        merged = {topic: {**self.seen.get(topic, {}), **keys.get(topic, {})} for topic in {**self.seen, **keys}}
        kept: dict[str, dict[str, int]] = {}
        for topic, times in merged.items():
            oldest = self.given.get(topic, reached - 2 * overlap)
            oldest = topics[topic] - 2 * overlap if topic in topics else oldest
            kept[topic] = {key: time for key, time in times.items() if time >= oldest}
        return evolve(self, seen=_bounded({topic: times for topic, times in kept.items() if times}))

    def beginning(self, overlap: int) -> tuple[str, int | None]:
        """What a new connection asks for: the Last-Event-ID and, if there is none, the time."""
        entries = _entries(self.id)
        if entries is not None:
            return json.dumps([_rewound(entry, self.start, overlap) for entry in entries]), None
        if _can_be_sent(self.id):
            return self.id, None
        return "", self.start if self.given else max(self.start, self.reached - overlap)

    def without_id(self, overlap: int) -> Position:
        """The position for a server that does not accept the id: one time, from which no topic misses an event.

        So the events of other topics come again.
        """
        topics, reached = topics_in(self.id), self.reached
        start = self.start if unread_topics(self.id) else min(topics.values(), default=reached) - overlap
        given = {topic: time - 2 * overlap for topic, time in topics.items()}
        return evolve(self, id="", own={}, start=max(self.start, start), floor=reached, given=given)

    def filling(self, until: int, overlap: int) -> Position:
        """The position at which the events up to ``until`` will be read from the list."""
        return evolve(self, gap=Gap(since=max(self.start, self.reached - overlap), until=until + overlap))

    def filled(self, overlap: int) -> Position:
        """The position after that: the stream is continued where the list ended, with an overlap."""
        assert self.gap is not None
        until = self.gap.until
        return evolve(self._at(until - overlap), floor=until)

    def beyond(self, event_id: str, *, time: int, topic: str, is_own: bool) -> Position:
        """The position before an event, without the earlier ones of its topic: nothing can bring them."""
        moved = self.after(event_id, time=time, topic=topic, is_own=is_own)
        return moved if topics_in(moved.id) else self._at(time)

    def _at(self, time: int) -> Position:
        return evolve(self, gap=None, id="", own={}, given={}, start=time, floor=time, is_new=False)

    def continuity(self, now: int) -> Continuity:
        """What a new connection has to show that begins at this time."""
        if self.is_new and now - self.start <= LONGEST_SILENCE:
            return Continuity()
        topics, entries = topics_in(self.id), _entries(self.id)
        is_open = not self.id if entries is None else len(topics) < len(entries)
        return Continuity(known=topics, since=max(self.start, self.reached) if is_open else None)

    @property
    def mark(self) -> object:
        """What changes if an event comes that did not come before."""
        return topics_in(self.id) or self.id

    def as_continuation(self) -> dict[str, str]:
        """The position as the ``continue`` of a cursor. ``parse_position`` reads it."""
        gap = None if self.gap is None else [self.gap.since, self.gap.until, self.gap.cursor]
        seen = {topic: dict(keys) for topic, keys in self.seen.items()}
        fields = [self.start, self.id, dict(self.own), self.floor, self.is_new, seen, dict(self.given), gap]
        return {STATE_KEY: json.dumps(fields, separators=(",", ":"))}


def parse_position(continuation: Mapping[str, str]) -> Position:
    """The position of a continuation. Raises CursorMismatch if it is none."""
    try:
        start, event_id, own, floor, is_new, seen, given, gap = decode_json(continuation[STATE_KEY].encode())
        return Position(
            start=checked_time(start),
            id=str(event_id),
            own=_times(own),
            floor=checked_time(floor),
            is_new=bool(is_new),
            seen={str(topic): _times(keys) for topic, keys in seen.items()},
            given=_times(given),
            gap=None
            if gap is None
            else Gap(since=checked_time(gap[0]), until=checked_time(gap[1]), cursor=str(gap[2])),
        )
    except (LookupError, ValueError, TypeError, AttributeError):
        raise CursorMismatch("the cursor is not one of a stream of events") from None


def _times(values: Mapping[str, Any]) -> dict[str, int]:
    return {str(name): checked_time(time) for name, time in values.items()}


def topics_in(event_id: str) -> dict[str, int]:
    """The topics of which the id names an event, with its time."""
    return {_name(entry): entry["timestamp"] - 1 for entry in _entries(event_id) or () if _has_time(entry)}


def without_future(event_id: str, latest: int) -> str:
    """The id, without the times after ``latest``: it names those topics by an offset, as if they were unread."""
    if all(time <= latest for time in topics_in(event_id).values()):
        return event_id
    entries = [
        _unread(entry) if _has_time(entry) and entry["timestamp"] - 1 > latest else entry
        for entry in _entries(event_id) or ()
    ]
    return json.dumps(entries, separators=(",", ":"))


def unread_topics(event_id: str) -> frozenset[str]:
    """The topics of which the service has events that it has not sent: those with an offset."""
    entries = [entry for entry in _entries(event_id) or () if not _has_time(entry)]
    return frozenset(_name(entry) for entry in entries if entry.get("offset", -1) != -1)


def topic_name(topic: str, partition: int | None) -> str:
    """The name that this module has for a topic and its partition."""
    return f"{topic}/{partition or 0}"


def milliseconds(moment: datetime) -> int:
    """The time as a number. A time without a zone is in UTC. Raises ValueError for one before 1970."""
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return checked_time(int(aware.timestamp() * _SECOND))


def moment(time: int) -> datetime:
    """The time as a datetime."""
    return datetime.fromtimestamp(time / _SECOND, UTC)


def iso(time: int) -> str:
    """The time in ISO 8601, with milliseconds."""
    return moment(time).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _own_after(own: Topics, topic: str, time: int, *, is_own: bool) -> Topics:
    """The topics that have events of the wiki. One that had none for long, while it had others, does not any more."""
    latest = own.get(topic)
    if is_own:
        return {**own, topic: time if latest is None else max(latest, time)}
    if latest is None or time - latest <= LONGEST_SILENCE:
        return own
    return {name: at for name, at in own.items() if name != topic}


def _bounded(seen: Mapping[str, Mapping[str, int]]) -> Mapping[str, Mapping[str, int]]:
    """The latest of the keys, if a server's events are very many at one time."""
    if sum(map(len, seen.values())) <= _MOST_KEYS:
        return seen
    most = _MOST_KEYS // len(seen)
    return {topic: dict(list(keys.items())[-most:]) for topic, keys in seen.items()}


def _latest(before: str, event_id: str) -> str:
    """The id, with the latest time of each topic: that of the id before, if this one has an earlier one or none."""
    entries = _entries(event_id)
    if entries is None:
        return event_id
    known = {_name(entry): entry for entry in _entries(before) or () if _has_time(entry)}
    merged = [_later(entry, known.pop(_name(entry), None)) for entry in entries]
    merged += list(known.values())[: max(0, _MOST_TOPICS - len(merged))]
    return event_id if merged == list(entries) else json.dumps(merged, separators=(",", ":"))


def _later(entry: Mapping[str, Any], before: Mapping[str, Any] | None) -> Mapping[str, Any]:
    if before is None or (_has_time(entry) and entry["timestamp"] >= before["timestamp"]):
        return entry
    return before


@lru_cache(maxsize=16)
def _entries(event_id: str) -> tuple[Mapping[str, Any], ...] | None:
    """The entries of an id of EventStreams; None for the id of another server."""
    if not event_id.startswith("["):
        return None
    try:
        entries = decode_json(event_id.encode())
    except ValueError:
        return None
    return tuple(entries) if _are_entries(entries) else None


def _can_be_sent(event_id: str) -> bool:
    """Whether the id of another server can be a header."""
    return 0 < len(event_id) <= _LONGEST_ID and event_id.isascii() and event_id.isprintable()


def _are_entries(entries: Iterable[Any]) -> bool:
    return all(isinstance(entry, dict) and isinstance(entry.get("topic"), str) for entry in entries)


def _has_time(entry: Mapping[str, Any]) -> bool:
    time = entry.get("timestamp")
    return type(time) is int and 0 < time < _YEAR_10000


def _name(entry: Mapping[str, Any]) -> str:
    return topic_name(entry["topic"], entry.get("partition"))


def _unread(entry: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"topic": entry["topic"], "partition": entry.get("partition", 0), "offset": 0}


def _rewound(entry: Mapping[str, Any], start: int, overlap: int) -> Mapping[str, Any]:
    """The entry for some seconds earlier; without an event of the topic, for the time at which the stream began."""
    time = max(start, entry["timestamp"] - 1 - overlap) if _has_time(entry) else start
    return {"topic": entry["topic"], "partition": entry.get("partition", 0), "timestamp": time}


def checked_time(value: Any) -> int:
    """The value, if it is a time. Raises ValueError if it is not."""
    if type(value) is not int or not 0 <= value < _YEAR_10000:
        raise ValueError(f"{value!r} is not a time")
    return value
