"""The position in a stream of events: what a new connection asks for, and how much of it is kept."""

from __future__ import annotations

import json
from typing import Any

import pytest
from attrs import define

from mwclient_async._events.continuity import LONGEST_SILENCE, Continuity
from mwclient_async._events.position import Gap, Position, parse_position
from mwclient_async.errors import CursorMismatch


def id_of(**times: int) -> str:
    return json.dumps([{"topic": topic, "partition": 0, "timestamp": time + 1} for topic, time in times.items()])


def asked(position: Position, overlap: int = 10) -> Any:
    event_id, since = position.beginning(overlap)
    return json.loads(event_id) if event_id else since


def test_times_go_back_by_the_overlap_but_not_before_the_start() -> None:
    position = Position(start=95).after(id_of(a=100, b=200), time=100, topic="a/0", is_own=True)
    assert [entry["timestamp"] for entry in asked(position)] == [95, 190]


def test_an_offset_becomes_the_time_that_is_known_or_the_start() -> None:
    """An offset is that of one cluster, and becomes invalid."""
    entries = [{"topic": "a", "partition": 1, "offset": -1}, {"topic": "b", "partition": 0, "offset": 7}]
    position = Position(start=5).after(id_of(b=100), time=100, topic="b/0", is_own=True)
    position = position.after(json.dumps(entries), time=101, topic="c/0", is_own=False)
    assert asked(position) == [
        {"topic": "a", "partition": 1, "timestamp": 5},
        {"topic": "b", "partition": 0, "timestamp": 90},
    ]


@pytest.mark.parametrize("event_id", ["", "é", "a\x00b", "x" * 5000])
def test_an_id_that_cannot_be_a_header_is_replaced_by_the_time(event_id: str) -> None:
    assert Position(start=5, id=event_id, floor=100).beginning(10) == ("", 90)


def test_the_id_of_another_server_is_sent_as_it_is() -> None:
    assert Position(start=5, id="17", floor=100).beginning(10) == ("17", None)
    assert Position(start=5, id='[{"no": "topic"}]').beginning(10) == ('[{"no": "topic"}]', None)


def test_an_earlier_event_of_a_topic_does_not_move_it_back() -> None:
    position = Position(start=5).after(id_of(a=100), time=100, topic="a/0", is_own=True)
    position = position.after(id_of(a=60), time=60, topic="a/0", is_own=True)
    assert position.continuity(100) == Continuity(known={"a/0": 100})
    assert position.reached == 100


def test_only_the_topics_of_the_wikis_events_say_how_far_it_is_known() -> None:
    position = Position(start=5).after(id_of(a=100), time=100, topic="a/0", is_own=True)
    position = position.after(id_of(a=100, b=900), time=900, topic="b/0", is_own=False)
    assert position.reached == 100
    assert position.after(id_of(a=150, b=900), time=150, topic="a/0", is_own=False).reached == 150


def test_the_topic_that_is_behind_says_how_far_the_wiki_is_known() -> None:
    position = Position(start=5).after(id_of(a=100), time=100, topic="a/0", is_own=True)
    position = position.after(id_of(a=100, b=900), time=900, topic="b/0", is_own=True)
    assert position.reached == 100
    later = 101 + LONGEST_SILENCE
    position = position.after(id_of(a=later, b=900), time=later, topic="a/0", is_own=False)
    assert position.reached == 900  # a has no events of the wiki any more
    assert position.filling(later, 10).gap == Gap(since=890, until=later + 10)


def test_the_keys_are_kept_for_twice_the_overlap_of_their_topic_and_not_without_a_limit() -> None:
    position = Position(start=0, id=id_of(a=100, b=500), own={"a/0": 100, "b/0": 500})
    kept = position.with_seen({"a/0": {"old": 79, "new": 80}, "b/0": {"gone": 479}, "": {"listed": 80}}, 10)
    assert kept.seen == {"a/0": {"new": 80}, "": {"listed": 80}}
    assert kept.has_given("listed")
    many = position.with_seen({"a/0": {str(number): 100 for number in range(60_000)}}, 10)
    assert len(many.seen["a/0"]) == 50_000
    assert many.has_given("59999")


@define
class Arrived:
    time: int
    topic: str
    is_canary: bool = False


def test_events_were_missed_if_the_first_one_of_a_topic_is_later_than_the_known_one() -> None:
    continuity = Continuity(known={"a/0": 100, "b/0": 50})
    assert continuity.missed_before(Arrived(100, "a/0"), can_fill=True) is None
    assert continuity.missed_before(Arrived(101, "a/0"), can_fill=True) == 100
    assert continuity.missed_before(Arrived(500, "c/0"), can_fill=True) is None
    after = continuity.after(Arrived(100, "a/0"), frozenset(), can_fill=True)
    assert after == Continuity(known={"b/0": 50})
    assert after.after(Arrived(9, "a/0"), frozenset(), can_fill=True) is after


@pytest.mark.parametrize("can_fill", [True, False])
def test_each_topic_with_events_to_come_has_to_begin_at_the_time_that_is_wanted(*, can_fill: bool) -> None:
    first = Continuity(since=100).after(Arrived(90, "a/0"), frozenset({"b/0"}), can_fill=can_fill)
    assert first == Continuity(unknown={"b/0": 100})
    late = Arrived(101 + LONGEST_SILENCE, "b/0")
    assert first.missed_before(late, can_fill=can_fill) == 100
    assert first.missed_before(Arrived(late.time, "c/0"), can_fill=can_fill) is None  # had no event before
    assert first.missed_before(Arrived(200, "b/0"), can_fill=can_fill) == (100 if can_fill else None)
    canary = Arrived(200, "b/0", is_canary=True)
    assert first.missed_before(canary, can_fill=can_fill) is None
    left = first.after(canary, frozenset(), can_fill=can_fill).missed_before(Arrived(300, "b/0"), can_fill=can_fill)
    assert left == (100 if can_fill else None)


def test_a_position_is_the_same_after_a_cursor() -> None:
    position = Position(
        start=5, id="17", own={"a/0": 8}, floor=9, is_new=True, seen={"": {"k": 3}}, given={"a/0": 7}
    ).filling(70, 10)
    assert parse_position(position.as_continuation()) == position


def test_a_cursor_can_be_used_when_the_events_from_its_moment_on_are_gone() -> None:
    position = Position(start=5, is_new=True)
    assert position.continuity(5 + LONGEST_SILENCE) == Continuity()
    assert position.continuity(6 + LONGEST_SILENCE) == Continuity(since=5)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "[]",
            "{}",
            '[5,"",[],0,false,{},{},null]',
            '[-5,"",{},0,false,{},{},null]',
            '[5,"",{},0,false,{"a":3},{},null]',
        ),
        *('[5,"",{},0,false,{},{},[1]]', '[5,"","",0,false,{},null]'),
    ],
)
def test_what_is_no_position_is_refused(text: str) -> None:
    with pytest.raises(CursorMismatch):
        parse_position({"events": text})
