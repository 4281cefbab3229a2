"""The position in a stream of events: what a cursor holds, what a new connection asks for, and what was missed.

Each event of EventStreams has an id: a JSON list with one entry for each topic of the stream (a topic is the log of one
data centre), with the time up to which the events of that topic were sent. A client that sends the id as
``Last-Event-ID`` gets the events from these times on.

*Events come again.* The service adds one millisecond to the time, so an event of the same millisecond, and one that is
written late, would be left out. So a new connection asks for a time that is some seconds earlier (the *overlap*), and
the events that were given already are recognized by their keys.

*Events are missed* if the server no longer has those from the time asked for. It does not report this: it begins with
the oldest that it has. But because of the overlap it must begin with an event that is known: no later than the latest
one of its topic. If the first event of a topic is later, those between were missed.

All times here are in milliseconds since 1970. ``timestamp`` in an id is one more than the time of the event.
See https://wikitech.wikimedia.org/wiki/Event_Platform/EventStreams_HTTP_Service.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from attrs import evolve, field, frozen

from mwclient_async._values.json_text import decode_json
from mwclient_async.errors import CursorMismatch

STATE_KEY = "events"  # where a continuation holds the position, as JSON

Topics = Mapping[str, int]
"""The time of the latest event of each topic, by its name and partition."""

_SECOND = 1000
_LONGEST_ID = 4096  # characters of a header
_MOST_KEYS = 50_000  # a hundred times as many as one wiki has in two minutes
_YEAR_10000 = 253402300800 * _SECOND


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
    - ``id``: that of the latest event; empty before the first one.
    - ``topic``: that of the latest event that belongs to the wiki, of those that an id names; empty before the first.
    - ``reached``: up to this time, no event of the wiki is missing.
    - ``is_new``: the stream began at this moment, so the server certainly has the events from ``start`` on.
    - ``seen``: the keys of events that were given and that a new connection can bring again, with their times.
    - ``gap``: what is being read from the list, before the stream is continued.
    """

    start: int
    id: str = ""
    topic: str = ""
    reached: int = 0
    is_new: bool = False
    seen: Mapping[str, int] = field(factory=dict)
    gap: Gap | None = None

    def after(self, event_id: str, *, time: int, topic: str, is_own: bool) -> Position:
        """The position after an event. ``is_own``: it belongs to the wiki that is followed."""
        topic = topic if is_own else self.topic
        topics = topics_in(event_id)
        reached = max(self.reached, topics.get(topic, time if is_own else 0))
        latest = _latest(self.id, event_id, topics) if event_id else self.id
        return evolve(self, id=latest, topic=topic, reached=reached, is_new=False)

    def with_seen(self, keys: Mapping[str, int], overlap: int) -> Position:
        """The same, with the keys of events that were given, and without those that no new connection brings again.

        An event can be on the stream some seconds after its own time. So they are kept for twice the overlap.
        """
        oldest = self.reached - 2 * overlap
        kept = {key: time for key, time in {**self.seen, **keys}.items() if time >= oldest}
        for key in list(kept)[: max(0, len(kept) - _MOST_KEYS)]:  # of a server whose events all have one time
            del kept[key]
        return evolve(self, seen=kept)

    def beginning(self, overlap: int) -> tuple[str, int | None]:
        """What a new connection asks for: the Last-Event-ID and, if there is none, the time."""
        entries = _entries(self.id)
        if entries is None and _can_be_sent(self.id):
            return self.id, None
        if entries is None:
            return "", max(self.start, self.reached - overlap)
        earliest = max(self.start, self.reached - overlap)
        return json.dumps([_rewound(entry, self.start, earliest, overlap) for entry in entries]), None

    def without_id(self, overlap: int) -> Position:
        """The position for a server that does not accept the id: the same moment as a time."""
        return evolve(self, id="", start=max(self.start, self.reached - overlap))

    def filling(self, until: int, overlap: int) -> Position:
        """The position at which the events up to ``until`` will be read from the list."""
        return evolve(self, gap=Gap(since=max(self.start, self.reached - overlap), until=until + overlap))

    def filled(self, overlap: int) -> Position:
        """The position after that: the stream is continued where the list ended, with an overlap."""
        assert self.gap is not None
        until = self.gap.until
        return evolve(self, gap=None, id="", topic="", start=until - overlap, reached=until, is_new=False)

    def beyond(self, until: int) -> Position:
        """The position after events that were missed and that nothing can bring."""
        return evolve(self, id="", topic="", start=until, reached=until, is_new=False)

    @property
    def known(self) -> Topics:
        """The topics of which an event is known, with its time: a new connection has to begin no later than that.

        Without an id, the empty name is any topic.
        """
        if self.id:
            return topics_in(self.id)
        return {} if self.is_new else {"": max(self.start, self.reached)}

    @property
    def mark(self) -> object:
        """What changes if an event comes that did not come before."""
        return topics_in(self.id) or self.id

    def as_continuation(self) -> dict[str, str]:
        """The position as the ``continue`` of a cursor. ``parse_position`` reads it."""
        gap = None if self.gap is None else [self.gap.since, self.gap.until, self.gap.cursor]
        fields = [self.start, self.id, self.topic, self.reached, self.is_new, dict(self.seen), gap]
        return {STATE_KEY: json.dumps(fields, separators=(",", ":"))}


def parse_position(continuation: Mapping[str, str]) -> Position:
    """The position of a continuation. Raises CursorMismatch if it is none."""
    try:
        start, event_id, topic, reached, is_new, seen, gap = decode_json(continuation[STATE_KEY].encode())
        return Position(
            start=checked_time(start),
            id=str(event_id),
            topic=str(topic),
            reached=checked_time(reached),
            is_new=bool(is_new),
            seen={str(key): checked_time(time) for key, time in seen.items()},
            gap=None
            if gap is None
            else Gap(since=checked_time(gap[0]), until=checked_time(gap[1]), cursor=str(gap[2])),
        )
    except (LookupError, ValueError, TypeError, AttributeError):
        raise CursorMismatch("the cursor is not one of a stream of events") from None


def topics_in(event_id: str) -> dict[str, int]:
    """The topics of which the id names an event, with its time."""
    return {_name(entry): entry["timestamp"] - 1 for entry in _entries(event_id) or () if _has_time(entry)}


def topic_name(topic: str, partition: int | None) -> str:
    """The name that this module has for a topic and its partition."""
    return f"{topic}/{partition or 0}"


def missed_before(time: int, topic: str, pending: Topics) -> int | None:
    """The time of the latest known event, if events between it and the first one of this topic were missed.

    ``pending`` is ``Position.known`` of the moment when the connection began, without the topics that are settled.
    """
    latest = pending.get(topic, pending.get(""))
    return latest if latest is not None and time > latest else None


def without(pending: Topics, topic: str) -> Topics:
    """The topics that are not settled after an event of this one."""
    return {name: time for name, time in pending.items() if name not in {topic, ""}}


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


def _latest(before: str, event_id: str, topics: Topics) -> str:
    """The id, with the latest time of each topic: events are not always in the order of their times."""
    known = topics_in(before)
    if all(topics.get(name, time) >= time for name, time in known.items()):
        return event_id
    entries = [
        {**entry, "timestamp": max(entry["timestamp"], known.get(_name(entry), 0) + 1)} if _has_time(entry) else entry
        for entry in _entries(event_id) or ()
    ]
    return json.dumps(entries, separators=(",", ":"))


def _entries(event_id: str) -> list[dict[str, Any]] | None:
    """The entries of an id of EventStreams; None for the id of another server."""
    if not event_id.startswith("["):
        return None
    try:
        entries = decode_json(event_id.encode())
    except ValueError:
        return None
    return entries if _are_entries(entries) else None


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


def _rewound(entry: Mapping[str, Any], start: int, earliest: int, overlap: int) -> Mapping[str, Any]:
    """The entry for some seconds earlier.

    The offset -1 means the end of the topic at the moment of the request: what came since the connection before would
    be left out. So it becomes a time, too.
    """
    place = {"topic": entry["topic"], "partition": entry.get("partition", 0)}
    if _has_time(entry):
        return {**place, "timestamp": max(start, entry["timestamp"] - 1 - overlap)}
    return {**place, "timestamp": earliest} if entry.get("offset", -1) == -1 else entry


def checked_time(value: Any) -> int:
    """The value, if it is a time. Raises ValueError if it is not."""
    if type(value) is not int or not 0 <= value < _YEAR_10000:
        raise ValueError(f"{value!r} is not a time")
    return value
