"""What a client makes of the events that come: which rows are given, and where it has to stop."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from attrs import define, evolve, field, frozen

from mwclient_async._events.event_rows import Event, raw_key, read_event
from mwclient_async._events.position import Position, Topics, missed_before, without
from mwclient_async._events.subject import Subject
from mwclient_async._http.conversion import Row
from mwclient_async.errors import MediaWikiError, ProtocolError, ReplyLost, UnreadableEvent

LONGEST_SILENCE = 3_600_000
"""ms. The service adds an artificial event to each of its streams several times per hour."""

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
    """The events from ``since`` to ``until`` (in ms) did not come."""

    since: int
    until: int


@define
class Reading:
    """Events that were read. ``rows`` are given, ``keys`` are theirs; ``count`` is how many events were read.

    ``stop`` is why the next event was not read.
    """

    position: Position
    pending: Topics
    rows: list[Row] = field(factory=list)
    keys: dict[str, int] = field(factory=dict)
    count: int = 0
    stop: Missed | MediaWikiError | None = None


def read_all(events: Sequence[SentEvent], position: Position, pending: Topics, subject: Subject) -> Reading:
    """Read these events, as far as that is possible. ``pending`` are the topics that are not settled."""
    reading = Reading(position, pending)
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
        reading.position = evolve(reading.position, id=sent.id or reading.position.id)
        return None
    try:
        if sent.type != "message":
            raise ValueError(f"it is of the type {sent.type!r:.50}")
        event = read_event(sent.data, sent.id)
        row = subject.row_of(event) if subject.is_own(event) else None
    except (ValueError, ProtocolError) as error:
        return _unreadable(reading, sent, error)
    missed = _missed(reading, event, subject)
    if missed is not None:
        return missed
    _accept(reading, sent, event, subject, row)
    return None


def _accept(reading: Reading, sent: SentEvent, event: Event, subject: Subject, row: Row | None) -> None:
    reading.pending = reading.pending and without(reading.pending, event.topic)
    reading.position = reading.position.after(sent.id, time=event.time, topic=event.topic, is_own=subject.is_own(event))
    if row is None:
        return
    key = subject.key_of(row)
    if key not in reading.keys and key not in reading.position.seen:
        reading.rows.append(row)
        reading.keys[key] = event.time


def _missed(reading: Reading, event: Event, subject: Subject) -> Missed | None:
    if not reading.pending:
        return None
    latest = missed_before(event.time, event.topic, reading.pending)
    if latest is None:
        return None
    is_known = event.topic in reading.pending
    if not is_known and subject.can_fill and event.is_canary:
        return None
    if not is_known and not subject.can_fill and event.time - latest <= LONGEST_SILENCE:
        return None
    return Missed(since=latest, until=event.time)


def _unreadable(reading: Reading, sent: SentEvent, error: Exception) -> MediaWikiError | None:
    """The error for an event in an unknown form; None if the caller has resumed beyond it."""
    key = raw_key(sent.data)
    if key in reading.position.seen:
        return None
    unreadable = UnreadableEvent(f"an event of the stream is in an unknown form: {error}", excerpt=sent.data[:_EXCERPT])
    unreadable.__cause__ = error if isinstance(error, ProtocolError) else None
    return unreadable


def beyond_unreadable(position: Position, sent: SentEvent, overlap: int) -> Position:
    """The position at which this event is known as one that the caller does without."""
    time = max(position.reached, position.start)
    moved = position.after(sent.id, time=time, topic=position.topic, is_own=False)
    return moved.with_seen({raw_key(sent.data): max(time, moved.reached)}, overlap)
