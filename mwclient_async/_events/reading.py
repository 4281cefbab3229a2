"""What a client makes of the events that come: which rows are given, and where it has to stop."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from attrs import define, evolve, field, frozen

from mwclient_async._events.continuity import Continuity
from mwclient_async._events.event_rows import Event, raw_key, read_event
from mwclient_async._events.position import Position, topics_in, unread_topics, without_future
from mwclient_async._events.subject import Subject
from mwclient_async._http.conversion import Row
from mwclient_async.errors import MediaWikiError, ProtocolError, ReplyLost, UnreadableEvent

_EXCERPT = 200  # characters


class SentEvent(Protocol):
    """An event as the server sent it."""

    @property
    def type(self) -> str: ...
    @property
    def data(self) -> str: ...
    @property
    def id(self) -> str: ...


@frozen(kw_only=True)
class Missed:
    """The events of a topic from ``since`` to ``until`` (in ms) did not come.

    ``beyond`` and ``continuity`` are the state if nothing can bring them.
    """

    since: int
    until: int
    beyond: Position
    continuity: Continuity


@define
class Reading:
    """Events that were read. ``rows`` are given, ``keys`` are theirs by topic; ``count`` is how many events were read.

    ``stop`` is why the next event was not read. ``latest``: a later time is wrong.
    """

    position: Position
    continuity: Continuity
    latest: int
    rows: list[Row] = field(factory=list)
    keys: dict[str, dict[str, int]] = field(factory=dict)
    count: int = 0
    stop: Missed | MediaWikiError | None = None


def read_all(
    events: Sequence[SentEvent], position: Position, continuity: Continuity, subject: Subject, *, latest: int
) -> Reading:
    """Read these events, as far as that is possible. A time after ``latest`` is not believed."""
    reading = Reading(position, continuity, latest=latest)
    for sent in events:
        reading.stop = _read_one(reading, sent, subject)
        if reading.stop is not None:
            break
        reading.count += 1
    return reading


def _read_one(reading: Reading, sent: SentEvent, subject: Subject) -> Missed | MediaWikiError | None:
    """Read one event. Returns why that is not possible."""
    if sent.type == "error":
        return ReplyLost(f"the server of the events reported an error: {sent.data:.200}")
    if not sent.data:  # it is none, but it may have an id
        named = without_future(sent.id, reading.latest)
        reading.position = evolve(reading.position, id=named or reading.position.id)
        return None
    try:
        if sent.type != "message":
            raise ValueError(f"it is of the type {sent.type!r:.50}")
        event = read_event(sent.data, sent.id)
        row = subject.row_of(event) if subject.is_own(event) else None
    except (ValueError, ProtocolError) as error:
        return _unreadable(reading, sent, error)
    missed = _missed(reading, sent, event, subject)
    if missed is not None:
        return missed
    _accept(reading, sent, event, subject, row)
    return None


def _accept(reading: Reading, sent: SentEvent, event: Event, subject: Subject, row: Row | None) -> None:
    before, event_id = reading.position, without_future(sent.id, reading.latest)
    if event.time <= reading.latest:
        reading.continuity = _continuity_after(reading, sent, event, subject)
        reading.position = before.after(event_id, time=event.time, topic=event.topic, is_own=subject.is_own(event))
    else:  # its time says nothing
        reading.position = before.after(event_id, time=0, topic=event.topic, is_own=False)
    if row is None or before.is_repetition(event.topic, event.time):
        return
    key = subject.key_of(row)
    if before.has_given(key) or any(key in keys for keys in reading.keys.values()):
        return
    reading.rows.append(row)
    topic = event.topic if event.topic in topics_in(reading.position.id) else ""
    reading.keys.setdefault(topic, {})[key] = min(event.time, reading.latest)


def _missed(reading: Reading, sent: SentEvent, event: Event, subject: Subject) -> Missed | None:
    if event.time > reading.latest:  # it says nothing about what was before it
        return None
    since = reading.continuity.missed_before(event, can_fill=subject.can_fill)
    if since is None:
        return None
    is_own = subject.is_own(event)
    return Missed(
        since=since,
        until=event.time,
        beyond=reading.position.beyond(sent.id, time=event.time, topic=event.topic, is_own=is_own),
        continuity=_continuity_after(reading, sent, event, subject),
    )


def _continuity_after(reading: Reading, sent: SentEvent, event: Event, subject: Subject) -> Continuity:
    return reading.continuity.after(event, unread_topics(sent.id), can_fill=subject.can_fill)


def _unreadable(reading: Reading, sent: SentEvent, error: Exception) -> MediaWikiError | None:
    """The error for an event in an unknown form; None if the caller has resumed beyond it."""
    key = raw_key(sent.data)
    if reading.position.has_given(key):
        return None
    unreadable = UnreadableEvent(f"an event of the stream is in an unknown form: {error}", excerpt=sent.data[:_EXCERPT])
    unreadable.__cause__ = error if isinstance(error, ProtocolError) else None
    return unreadable


def beyond_unreadable(position: Position, sent: SentEvent, overlap: int, *, latest: int) -> Position:
    """The position at which this event is known as one that the caller does without."""
    time = max(position.reached, position.start)
    moved = position.after(without_future(sent.id, latest), time=time, topic="", is_own=False)
    newest = max(topics_in(moved.id).values(), default=0)
    return moved.with_seen({"": {raw_key(sent.data): max(time, newest)}}, overlap)
