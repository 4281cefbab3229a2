"""W6, W5 and the pace of writes, over several holders: the rules, without processes."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from mwclient_async import HttpError, LimitsAnswer, LimitsCoordinator, PauseKey, SharedPause

FARM: PauseKey = ("farm",)
WIKI: PauseKey = ("wiki", "w")
EDITS: PauseKey = ("action", "w", "edit")
ERROR = HttpError("Too many requests", status=429, retry_after=7)


def joined(*concurrency: int) -> LimitsCoordinator:
    """Holders a, b and c with these limits."""
    coordinator = LimitsCoordinator()
    for holder, number in zip("abc", concurrency, strict=False):
        coordinator.join(holder, number)
    return coordinator


def paused(key: tuple[str, ...], seconds: float) -> SharedPause:
    return SharedPause(key, seconds, ERROR)


def test_w6_slots_are_given_in_the_order_of_the_requests() -> None:
    coordinator = joined(2, 2)
    asked = [coordinator.ask("ab"[number % 2], number, [FARM], 0.0) for number in range(5)]
    freed = [coordinator.free("a", 0, 0.0), coordinator.free("b", 1, 0.0)]
    assert asked == [[LimitsAnswer("a", 0)], [LimitsAnswer("b", 1)], [], [], []]
    assert freed == [[LimitsAnswer("a", 2)], [LimitsAnswer("b", 3)]]


def test_w6_the_smallest_limit_counts_as_long_as_its_holder_is_there() -> None:
    coordinator = joined(3, 1)
    answers = [coordinator.ask("a", number, [], 0.0) for number in range(3)]
    assert answers == [[LimitsAnswer("a", 0)], [], []]
    assert coordinator.leave("b", 0.0) == [LimitsAnswer("a", 1), LimitsAnswer("a", 2)]


def test_w6_a_holder_that_leaves_frees_its_slots_and_waits_no_longer() -> None:
    coordinator = joined(1, 1)
    for holder, number in [("a", 1), ("a", 2), ("b", 1)]:
        coordinator.ask(holder, number, [], 0.0)
    assert coordinator.leave("a", 0.0) == [LimitsAnswer("b", 1)]
    assert (coordinator.in_flight, coordinator.holders) == (1, frozenset({"b"}))
    with pytest.raises(KeyError):
        coordinator.ask("a", 3, [], 0.0)


def test_a_wait_that_is_given_up_takes_no_slot() -> None:
    coordinator = joined(1)
    for number in range(3):
        coordinator.ask("a", number, [], 0.0)
    assert coordinator.free("a", 1, 0.0) == []
    assert coordinator.free("a", 0, 0.0) == [LimitsAnswer("a", 2)]


def test_w5_no_slot_is_given_while_a_pause_is_active() -> None:
    coordinator = joined(2)
    coordinator.begin_pause(paused(FARM, 7.0), 10.0)
    assert coordinator.ask("a", 1, [FARM, WIKI], 12.0) == [LimitsAnswer("a", 1, (paused(FARM, 5.0),))]
    assert coordinator.ask("a", 2, [WIKI], 12.0) == [LimitsAnswer("a", 2)]
    assert coordinator.ask("a", 3, [FARM, WIKI], 17.0) == [LimitsAnswer("a", 3)]


def test_w5_those_that_wait_for_a_slot_learn_of_a_pause_at_once() -> None:
    coordinator, waiting = joined(1), ([WIKI], [WIKI, EDITS], [WIKI])
    for number, keys in enumerate(waiting):
        coordinator.ask("a", number, keys, 0.0)
    assert coordinator.begin_pause(paused(EDITS, 7.0), 1.0) == [LimitsAnswer("a", 1, (paused(EDITS, 7.0),))]
    assert coordinator.free("a", 0, 1.0) == [LimitsAnswer("a", 2)]


@pytest.mark.parametrize(("first", "second", "left"), [(7.0, 3.0, 6.0), (3.0, 7.0, 7.0)])
def test_w5_a_second_pause_extends_the_first_and_never_shortens_it(first: float, second: float, left: float) -> None:
    coordinator = joined(1)
    coordinator.begin_pause(paused(FARM, first), 0.0)
    coordinator.begin_pause(paused(FARM, second), 1.0)
    (answer,) = coordinator.ask("a", 0, [FARM], 1.0)
    assert [pause.seconds for pause in answer.pauses] == [left]


def test_the_writes_of_all_holders_have_one_pace_for_each_wiki() -> None:
    coordinator = joined(1, 1)
    waits = [coordinator.next_turn(key, 5.0, now) for key, now in [(WIKI, 0.0), (WIKI, 1.0), (("wiki", "x"), 1.0)]]
    assert [*waits, coordinator.next_turn(WIKI, 5.0, 30.0)] == [0.0, 4.0, 0.0, 0.0]


def test_a_turn_that_is_late_moves_the_ones_after_it() -> None:
    coordinator = LimitsCoordinator()
    assert [coordinator.next_turn(WIKI, 5.0, 0.0) for _ in range(2)] == [0.0, 5.0]
    assert [coordinator.begin_turn(WIKI, 5.0, now) for now in (20.0, 21.0, 25.0)] == [0.0, 4.0, 0.0]
    assert [coordinator.begin_turn(("wiki", "x"), 5.0, 21.0), coordinator.next_turn(WIKI, 5.0, 26.0)] == [0.0, 4.0]


STEPS = st.lists(
    st.tuples(st.sampled_from(["ask", "free", "leave", "join", "pause"]), st.sampled_from("abc"), st.integers(0, 9)),
    max_size=60,
)


@given(STEPS)
def test_w6_never_more_slots_than_allowed_and_no_wait_while_one_is_free(steps: list[tuple[str, str, int]]) -> None:
    coordinator, limits = joined(2, 3, 4), {"a": 2, "b": 3, "c": 4}
    asked: set[tuple[str, int]] = set()
    given_to: set[tuple[str, int]] = set()
    for now, (step, holder, number) in enumerate(steps):
        answers: list[LimitsAnswer] = []
        if step == "ask" and holder in coordinator.holders and (holder, number) not in asked | given_to:
            asked.add((holder, number))
            answers = coordinator.ask(holder, number, [FARM], now)
        elif step == "free":
            asked.discard((holder, number))
            given_to.discard((holder, number))
            answers = coordinator.free(holder, number, now)
        elif step == "leave" and len(coordinator.holders) > 1:
            asked = {one for one in asked if one[0] != holder}
            given_to = {one for one in given_to if one[0] != holder}
            answers = coordinator.leave(holder, now)
        elif step == "join":
            coordinator.join(holder, limits[holder])
        elif step == "pause":
            answers = coordinator.begin_pause(paused(FARM, number), now)
        allowed = min(limits[one] for one in coordinator.holders)
        for answer in answers:
            asked.remove((answer.holder, answer.number))
            if not answer.pauses:
                given_to.add((answer.holder, answer.number))
        assert len(given_to) == coordinator.in_flight
        assert not any(not answer.pauses for answer in answers) or len(given_to) <= allowed
        assert not asked or len(given_to) >= allowed
