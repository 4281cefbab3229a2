"""The position in a stream of events: what a new connection asks for, and how much of it is kept."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mwclient_async._events.position import Position, missed_before, parse_position, without
from mwclient_async.errors import CursorMismatch


def id_of(**times: int) -> str:
    return json.dumps([{"topic": topic, "partition": 0, "timestamp": time + 1} for topic, time in times.items()])


def asked(position: Position, overlap: int = 10) -> Any:
    event_id, since = position.beginning(overlap)
    return json.loads(event_id) if event_id else since


def test_times_go_back_by_the_overlap_but_not_before_the_start() -> None:
    position = Position(start=95).after(id_of(a=100, b=200), time=100, topic="a/0", is_own=True)
    assert [entry["timestamp"] for entry in asked(position)] == [95, 190]


def test_the_end_of_a_topic_becomes_a_time_and_an_offset_stays() -> None:
    entries = [{"topic": "a", "partition": 1, "offset": -1}, {"topic": "b", "partition": 0, "offset": 7}]
    position = Position(start=5, id=json.dumps(entries), reached=100)
    assert asked(position) == [{"topic": "a", "partition": 1, "timestamp": 90}, entries[1]]


@pytest.mark.parametrize("event_id", ["", "é", "a\x00b", "x" * 5000])
def test_an_id_that_cannot_be_a_header_is_replaced_by_the_time(event_id: str) -> None:
    assert Position(start=5, id=event_id, reached=100).beginning(10) == ("", 90)


def test_the_id_of_another_server_is_sent_as_it_is() -> None:
    assert Position(start=5, id="17", reached=100).beginning(10) == ("17", None)
    assert Position(start=5, id='[{"no": "topic"}]').beginning(10) == ('[{"no": "topic"}]', None)


def test_an_earlier_event_of_a_topic_does_not_move_it_back() -> None:
    position = Position(start=5).after(id_of(a=100), time=100, topic="a/0", is_own=True)
    position = position.after(id_of(a=60), time=60, topic="a/0", is_own=True)
    assert position.known == {"a/0": 100}
    assert position.reached == 100


def test_only_the_topic_of_the_wikis_events_says_how_far_it_is_known() -> None:
    position = Position(start=5).after(id_of(a=100), time=100, topic="a/0", is_own=True)
    position = position.after(id_of(a=100, b=900), time=900, topic="b/0", is_own=False)
    assert position.reached == 100
    assert position.after(id_of(a=150, b=900), time=150, topic="a/0", is_own=False).reached == 150


def test_the_keys_are_kept_for_twice_the_overlap_and_not_without_a_limit() -> None:
    position = Position(start=0, reached=100)
    assert set(position.with_seen({"old": 79, "new": 80}, 10).seen) == {"new"}
    many = position.with_seen({str(number): 100 for number in range(60_000)}, 10)
    assert len(many.seen) == 50_000
    assert "59999" in many.seen


def test_events_were_missed_if_the_first_one_of_a_topic_is_later_than_the_known_one() -> None:
    pending = {"a/0": 100, "b/0": 50}
    assert missed_before(100, "a/0", pending) is None
    assert missed_before(101, "a/0", pending) == 100
    assert missed_before(500, "c/0", pending) is None
    assert missed_before(101, "c/0", {"": 100}) == 100
    assert without(pending, "a/0") == {"b/0": 50}


def test_a_position_is_the_same_after_a_cursor() -> None:
    position = Position(start=5, id="17", topic="a/0", reached=9, is_new=True, seen={"k": 3}).filling(70, 10)
    assert parse_position(position.as_continuation()) == position


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '[5,"","",0,false,[],null]', '[-5,"","",0,false,{},null]', '[5,"","",0,false,{},[1]]']
)
def test_what_is_no_position_is_refused(text: str) -> None:
    with pytest.raises(CursorMismatch):
        parse_position({"events": text})
