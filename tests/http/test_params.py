"""Python values become parameter texts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum, IntEnum
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from mwclient_async._http.params import RESERVED, encode, is_count, split_values, wire_value


class Direction(Enum):
    NEWER = "newer"
    BOTH = ("newer", "older")


class Namespace(IntEnum):
    FILE = 6


class Switch(Enum):
    ON = True
    OFF = False


def numbers() -> Iterator[int]:
    yield from (1, 2, 3)


SENT = [
    pytest.param("Earth", "Earth", id="text"),
    pytest.param("", "", id="empty text"),
    pytest.param("A|B", "A|B", id="text with a bar, which the caller wrote"),
    pytest.param(" A ", " A ", id="text keeps its spaces"),
    pytest.param(0, "0", id="zero"),
    pytest.param(-7, "-7", id="negative"),
    pytest.param(10**30, "1" + "0" * 30, id="large"),
    pytest.param(0.5, "0.5", id="float"),
    pytest.param(True, "1", id="true"),
    pytest.param(["a", "b"], "a|b", id="list"),
    pytest.param(("a", 2, True), "a|2|1", id="mixed tuple"),
    pytest.param([], "", id="empty list"),
    pytest.param(["a"], "a", id="list of one"),
    pytest.param(["b", "a", "b"], "b|a|b", id="a list keeps order and repetitions"),
    pytest.param(numbers(), "1|2|3", id="iterator"),
    pytest.param(range(3), "0|1|2", id="range"),
    pytest.param({"a": 1, "b": 2}.keys(), "a|b", id="keys"),
    pytest.param({"c", "a", "b"}, "a|b|c", id="sorted set"),
    pytest.param(frozenset({3, 20, 100}), "100|20|3", id="frozenset, sorted as text"),
    pytest.param(["a|b", "c"], "\x1fa|b\x1fc", id="a value with a bar"),
    pytest.param(["a|b"], "\x1fa|b", id="one value with a bar"),
    pytest.param({"z", "a|b"}, "\x1fa|b\x1fz", id="set with a bar"),
    pytest.param(datetime(2024, 1, 2, 3, 4, 5, 678, tzinfo=UTC), "2024-01-02T03:04:05Z", id="datetime"),
    pytest.param(
        datetime(2024, 1, 2, 1, 30, tzinfo=timezone(timedelta(hours=2))), "2024-01-01T23:30:00Z", id="another zone"
    ),
    pytest.param([datetime(2024, 1, 2, tzinfo=UTC), "now"], "2024-01-02T00:00:00Z|now", id="datetime in a list"),
    pytest.param(Direction.NEWER, "newer", id="enum"),
    pytest.param([Direction.NEWER], "newer", id="enum in a list"),
    pytest.param(Namespace.FILE, "6", id="int enum"),
    pytest.param(Switch.ON, "1", id="enum of a bool"),
]


@pytest.mark.parametrize(("value", "text"), SENT)
def test_a_value_has_one_text_on_the_wire(value: Any, text: str) -> None:
    assert encode({"p": value}) == {"p": text}


@pytest.mark.parametrize("value", [None, False])
def test_none_and_false_are_not_sent(value: Any) -> None:
    assert encode({"p": value, "q": 1}, {"r": value}) == {"q": "1"}


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(b"bytes", id="bytes"),
        pytest.param(bytearray(b"bytes"), id="bytearray"),
        pytest.param({"a": 1}, id="mapping"),
        pytest.param(object(), id="object"),
        pytest.param(date(2024, 1, 2), id="date"),
        pytest.param(Decimal(1), id="decimal"),
        pytest.param(float("nan"), id="not a number"),
        pytest.param(float("inf"), id="infinity"),
        pytest.param([None], id="None in a list"),
        pytest.param([b"a"], id="bytes in a list"),
        pytest.param([["a"]], id="list in a list"),
        pytest.param(Direction.BOTH, id="enum of a tuple"),
    ],
)
def test_a_type_that_cannot_be_sent_is_a_type_error_that_names_the_parameter(value: Any) -> None:
    with pytest.raises(TypeError, match=r"^p: a value of type \w+ has no form") as caught:
        encode({"p": value})
    assert repr(value) not in str(caught.value)  # it could be a secret


@pytest.mark.parametrize("name", ["title", "titles", "cmtitle"])
@pytest.mark.parametrize("value", [5, 5.5, ["Earth", 5]])
def test_a_number_is_not_a_title(name: str, value: Any) -> None:
    with pytest.raises(TypeError, match=rf"^{name}=5\S*: a title is a text"):
        encode({name: value})


@pytest.mark.parametrize(
    "value",
    [
        pytest.param([True, False], id="false in a list"),
        pytest.param({False}, id="false in a set"),
        pytest.param(Switch.OFF, id="enum of false"),
    ],
)
def test_false_is_never_sent_as_the_word_false(value: Any) -> None:
    """For the wiki, any text means true."""
    try:
        text = wire_value("p", value)
    except (TypeError, ValueError):
        return
    assert "False" not in (text or "")


@pytest.mark.parametrize("value", [datetime(2024, 1, 2), [datetime(2024, 1, 2)]], ids=["alone", "in a list"])  # noqa: DTZ001
def test_a_naive_datetime_is_a_value_error(value: Any) -> None:
    with pytest.raises(ValueError, match=r"p=.* has no time zone"):
        encode({"p": value})


@pytest.mark.parametrize("name", sorted(RESERVED))
@pytest.mark.parametrize("spelling", ["{}", "{}_"])
def test_a_reserved_name_is_refused(name: str, spelling: str) -> None:
    with pytest.raises(ValueError, match=f"'{name}' is set by the library"):
        encode(None, {spelling.format(name): "x"})


def test_a_reserved_name_is_refused_even_if_it_would_not_be_sent() -> None:
    with pytest.raises(ValueError, match="'token' is set by the library"):
        encode({"token": None})


@pytest.mark.parametrize(
    ("params", "keywords"),
    [({"from": "A"}, {"from_": "B"}), ({"from": "A"}, {"from": "A"}), (None, {"from": "A", "from_": "B"})],
)
def test_a_name_given_twice_is_a_value_error(params: Any, keywords: Any) -> None:
    with pytest.raises(ValueError, match="'from' is given twice"):
        encode(params, keywords)


@pytest.mark.parametrize(
    ("keyword", "name"), [("from_", "from"), ("import_", "import"), ("a__", "a_"), ("a_b", "a_b"), ("_a", "_a")]
)
def test_one_trailing_underscore_of_a_keyword_is_dropped(keyword: str, name: str) -> None:
    assert encode(None, {keyword: 1}) == {name: "1"}


def test_a_name_in_params_is_used_unchanged() -> None:
    assert encode({"from_": 1}, {"from_": 2}) == {"from_": "1", "from": "2"}


def test_a_list_item_that_contains_the_separator_is_refused() -> None:
    with pytest.raises(ValueError, match=r"U\+001F"):
        encode({"titles": ["A", "B\x1fC"]})


_VALUES = st.lists(st.text(st.characters(exclude_characters="\x1f")), max_size=6)


@given(_VALUES)
@settings(deadline=None)
def test_a_list_can_be_read_back_from_its_text(items: list[str]) -> None:
    if items != [""]:  # on the wire, this equals an empty list
        assert split_values(encode({"p": items})["p"]) == tuple(items)


@given(st.sets(st.text(st.characters(exclude_characters="\x1f"), min_size=1)))
@settings(deadline=None)
def test_equal_sets_have_equal_texts(items: set[str]) -> None:
    backwards = frozenset(reversed(list(items)))
    assert wire_value("p", items) == wire_value("p", backwards)
    assert set(split_values(wire_value("p", items) or "")) == items


@given(st.datetimes(min_value=datetime(1000, 1, 2), max_value=datetime(9999, 12, 30), timezones=st.timezones()))  # noqa: DTZ001
@settings(deadline=None)
def test_a_datetime_can_be_read_back_to_the_second(moment: datetime) -> None:
    text = encode({"p": moment})["p"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", text)
    assert datetime.fromisoformat(text) == moment.astimezone(UTC).replace(microsecond=0)


@pytest.mark.parametrize(
    ("value", "least", "expected"),
    [(0, 0, True), (0, 1, False), (1, 1, True), (-1, 0, False), (True, 0, False), (1.0, 0, False), ("1", 0, False)],
)
def test_a_count_is_an_int_and_not_a_bool(value: object, least: int, *, expected: bool) -> None:
    assert is_count(value, least=least) is expected
