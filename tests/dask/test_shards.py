"""Shards: they cover everything, and no two of them overlap."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from attrs import evolve
from hypothesis import given, strategies as st

from mwclient_async.dask import Shard
from mwclient_async.dask.shards import (
    can_begin,
    can_split,
    database_key,
    id_ranges,
    is_border,
    rest_from,
    sort_key,
    split,
    time_windows,
    title_shards,
)

KEYS = st.text(st.sampled_from('!"(AB_Zaz~éяπ表🪐'), min_size=1, max_size=4)
"""Titles as the database has them: ``!`` is the lowest character that one can have."""


def holding(parts: list[Shard], key: str) -> list[Shard]:
    at = sort_key(key)
    return [
        part
        for part in parts
        if (part.start is None or sort_key(part.start) <= at) and (part.stop is None or at <= sort_key(part.stop))
    ]


def shards(sample: list[str], count: int) -> list[Shard]:
    return [
        Shard(key=str(number), wiki="w", kind="titles", namespace=0, **part)
        for number, part in enumerate(title_shards(sample, count))
    ]


@given(st.lists(KEYS), st.integers(1, 9), KEYS)
def test_each_title_is_in_one_range_whether_it_was_in_the_sample_or_not(
    sample: list[str], count: int, title: str
) -> None:
    assert len(holding(shards(sample, count), title)) == 1


@given(st.lists(KEYS, min_size=2), st.integers(1, 5), KEYS, st.integers(1, 4), KEYS)
def test_the_parts_of_a_rest_hold_what_the_rest_holds(
    sample: list[str], count: int, position: str, parts: int, title: str
) -> None:
    for shard in shards(sample, count):
        if position in [key for key in [position] if holding([shard], key)]:
            rest = rest_from(shard, position)
            divided = split(rest, parts, name="r")
            assert len(holding(divided, title)) == len(holding([rest], title))


def test_ranges_of_titles_have_about_the_same_number_of_the_sample() -> None:
    parts = shards([f"Page_{number:03}" for number in range(100)], 4)
    assert [part.weight for part in parts] == [25, 25, 25, 26]
    assert [(part.start, part.stop) for part in parts] == [
        (None, "Page_024"),
        ("Page_024!", "Page_049"),
        ("Page_049!", "Page_074"),
        ("Page_074!", None),
    ]


def test_a_title_that_is_too_long_to_be_continued_is_no_border() -> None:
    assert not is_border("é" * 126)
    assert title_shards(["é" * 126] * 9, 3) == [{"start": None, "stop": None, "marks": ()}]


def test_a_rest_begins_only_at_a_title_that_the_wiki_does_not_change() -> None:
    assert [key for key in ("Éa", "éa", "1a", "表a", "!", "ÿ", "a" * 251) if can_begin(key)] == ["Éa", "1a", "表a", "!"]


@pytest.mark.parametrize(
    ("title", "namespace", "key"),
    [("A b", 0, "A_b"), ("2001: A film", 0, "2001:_A_film"), ("Category:A: b", 14, "A:_b"), ("T", 0, "T")],
)
def test_the_key_of_a_title_has_no_namespace_and_no_spaces(title: str, namespace: int, key: str) -> None:
    assert database_key(title, namespace) == key


@given(st.integers(0, 100_000), st.integers(1, 40), st.integers(0, 100_000))
def test_each_second_is_in_one_window(seconds: int, count: int, at: int) -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    windows = time_windows(start, start + timedelta(seconds=seconds), count)
    moment = start + timedelta(seconds=min(at, seconds))
    assert len([1 for low, high in windows if low <= moment <= high]) == 1


@given(st.integers(1, 50), st.integers(0, 200), st.integers(1, 60))
def test_each_id_is_in_one_range(first: int, last: int, size: int) -> None:
    ids = [number for low, high in id_ranges(first, last, size) for number in range(low, high + 1)]
    assert ids == list(range(first, last + 1))


@pytest.mark.parametrize(
    ("start", "stop", "parts"),
    [("1", "2000", [("1", "667"), ("668", "1334"), ("1335", "2000")]), ("5", "6", [("5", "5"), ("6", "6")])],
)
def test_a_rest_of_ids_is_divided_by_number(start: str, stop: str, parts: list[tuple[str, str]]) -> None:
    rest = Shard(key="k", wiki="w", kind="pageids", start=start, stop=stop)
    assert [(part.start, part.stop) for part in split(rest, 3, name="r")] == parts
    assert can_split(rest) is (stop == "2000")


def test_a_shard_survives_its_text() -> None:
    shard = Shard(key="k", wiki="w", kind="titles", start="É!", stop="π", namespace=0, marks=("É2", "É3"))
    for one in (shard, evolve(shard, start=None, marks=(), namespace=14)):
        assert Shard.from_json(one.to_json()) == one
