"""Merging fragments into batches: how values are merged, and in which order the pages come."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Any

import pytest

from mwclient_async._query.merge import MergedBatch, merge_fragment, page_key
from mwclient_async._values.warnings import ApiWarning


@pytest.mark.parametrize(
    ("known", "more", "together"),
    [
        pytest.param({"a": [1]}, {"a": [2, 3]}, {"a": [1, 2, 3]}, id="lists are appended"),
        pytest.param({"a": [1]}, {"a": [1]}, {"a": [1, 1]}, id="equal rows stay"),
        pytest.param({"a": []}, {"a": [1]}, {"a": [1]}, id="an empty list is filled"),
        pytest.param({"a": [1]}, {"a": []}, {"a": [1]}, id="an empty list changes nothing"),
        pytest.param({"a": {"x": 1}}, {"a": {"y": 2}}, {"a": {"x": 1, "y": 2}}, id="objects are merged"),
        pytest.param({"a": {"x": [1]}}, {"a": {"x": [2]}}, {"a": {"x": [1, 2]}}, id="nested, too"),
        pytest.param({"a": {"x": 1}}, {"a": []}, {"a": {"x": 1}}, id="PHP's empty map is a list"),
        pytest.param({"a": []}, {"a": {"x": 1}}, {"a": {"x": 1}}, id="and is filled by an object"),
        pytest.param({"a": [1]}, {"a": {}}, {"a": [1]}, id="an empty object changes no list"),
        pytest.param({"a": 1}, {"a": 2}, {"a": 2}, id="scalars are replaced"),
        pytest.param({"a": False}, {"a": True}, {"a": True}, id="flags too"),
        pytest.param({"a": "x"}, {"b": "y"}, {"a": "x", "b": "y"}, id="other keys are kept"),
        pytest.param({}, {"a": None}, {"a": None}, id="null is a value"),
    ],
)
def test_c4_a_later_fragment_is_merged_into_an_earlier_one(known: Any, more: Any, together: Any) -> None:
    merge_fragment(known, more)
    assert known == together


def merged(*bodies: dict[str, Any]) -> Mapping[str, Any]:
    whole = MergedBatch()
    for body in bodies:
        whole.add(body)
    return whole.finished()


@pytest.mark.parametrize("name", ["normalized", "converted", "redirects", "interwiki"])
def test_c4_title_maps_that_each_response_repeats_come_once(name: str) -> None:
    one, two = {"from": "a", "to": "A"}, {"from": "b", "to": "B"}
    body = merged({"query": {name: [dict(one)]}}, {"query": {name: [dict(one), dict(two)]}})
    assert body["query"][name] == [one, two]


def test_c4_missing_pages_are_merged_by_namespace_and_title() -> None:
    stubs = [{"ns": 0, "title": "X", "missing": True}, {"ns": 1, "title": "X", "missing": True}]
    bodies = [{"query": {"pages": [dict(stub) for stub in stubs], "pageids": ["-2", "-1"]}} for _ in range(2)]
    bodies[1]["query"]["pages"][1]["known"] = True  # type: ignore[index]  # a page
    assert merged(*bodies)["query"]["pages"] == [stubs[0], {**stubs[1], "known": True}]


def test_c4_bad_revision_ids_are_an_object_or_an_empty_list() -> None:
    body = merged(
        {"query": {"badrevids": []}}, {"query": {"badrevids": {"7": {"revid": 7}}}}, {"query": {"badrevids": []}}
    )
    assert body["query"]["badrevids"] == {"7": {"revid": 7}}


def test_keys_beside_the_query_are_kept_except_those_of_the_protocol() -> None:
    body = merged(
        {"query": {"a": [1]}, "continue": {"x": "y"}, "watchlistraw": [1], "servedby": "m1", "limits": {"a": 5}},
        {"query": {"a": [2]}, "batchcomplete": True, "watchlistraw": [2], "servedby": "m2"},
    )
    assert body == {"query": {"a": [1, 2]}, "watchlistraw": [1, 2], "servedby": "m2"}


# C4, order -----------------------------------------------------------------------------------------------------------


def ids(pages: Sequence[Any], pageids: Sequence[str] = ()) -> list[Any]:
    body = merged({"query": {"pages": [dict(page) for page in pages], "pageids": list(pageids)}})
    return [page.get("pageid", page.get("title")) for page in body["query"]["pages"]]


PAGES = ({"pageid": 3}, {"pageid": 5}, {"pageid": 9})
GONE = ({"title": "Last gone", "ns": 0, "missing": True}, {"title": "First gone", "ns": 0, "missing": True})


@pytest.mark.parametrize(
    ("pages", "pageids", "order"),
    [
        pytest.param(PAGES, ["9", "3", "5"], [9, 3, 5], id="the order of indexpageids"),
        pytest.param(PAGES, [], [3, 5, 9], id="the order of the response without indexpageids"),
        pytest.param(
            [{"pageid": 3, "index": 2}, {"pageid": 5, "index": 3}, {"pageid": 9, "index": 1}],
            *(["3", "5", "9"], [9, 3, 5]),
            id="index, before indexpageids",
        ),
        pytest.param(
            [*GONE, *PAGES], ["9", "-1", "3", "-2", "5"], [9, 3, 5, "First gone", "Last gone"], id="absent pages last"
        ),
        pytest.param([*GONE], ["-1", "-2"], ["First gone", "Last gone"], id="only absent pages"),
        pytest.param(
            [{"title": "Gone", "ns": 0, "missing": True, "index": 1}, {"pageid": 3, "index": 2}],
            *(["-1", "3"], ["Gone", 3]),
            id="an absent page that the generator ranked",
        ),
    ],
)
def test_c4_pages_come_in_the_generators_order(pages: Any, pageids: list[str], order: list[Any]) -> None:
    assert ids(pages, pageids) == order


def test_c4_pages_without_indexpageids_come_in_the_order_of_the_responses() -> None:
    bodies: list[dict[str, Any]] = [{"query": {"pages": [{"title": f"P{n}"} for n in range(20)]}} for _ in range(2)]
    assert [page["title"] for page in merged(*bodies)["query"]["pages"]] == [f"P{n}" for n in range(20)]


# Pages that come and go ----------------------------------------------------------------------------------------------

BEFORE: dict[str, Any] = {"query": {"pages": [{"pageid": 3}, {"pageid": 5}], "pageids": ["5", "3"]}}
AFTER: dict[str, Any] = {"query": {"pages": [{"pageid": 3}, {"pageid": 4}], "pageids": ["3", "4"]}}


def merged_batch(*bodies: dict[str, Any]) -> MergedBatch:
    whole = MergedBatch()
    for body in bodies:
        whole.add(deepcopy(body))
    return whole


def test_c4_the_last_response_of_a_batch_decides_its_pages_and_their_order() -> None:
    """The next batch begins where the last response ended."""
    assert [page["pageid"] for page in merged_batch(BEFORE, AFTER).finished()["query"]["pages"]] == [3, 4]
    assert [page["pageid"] for page in merged_batch(AFTER, BEFORE).finished()["query"]["pages"]] == [5, 3]


def test_c4_a_page_that_an_earlier_response_did_not_have_is_a_late_page() -> None:
    assert merged_batch(BEFORE).late_pages() == []
    assert merged_batch(BEFORE, BEFORE).late_pages() == []
    assert merged_batch(BEFORE, AFTER).late_pages() == [{"pageid": 4}]
    assert merged_batch(BEFORE, AFTER, BEFORE).late_pages() == [{"pageid": 5}]


def test_c4_a_response_without_pages_makes_no_page_late() -> None:
    assert merged_batch(BEFORE, {}, {"query": {"search": []}}, BEFORE).late_pages() == []


def test_c4_a_complete_page_replaces_its_fragment_in_the_same_place() -> None:
    whole = merged_batch({"query": {"pages": [{"pageid": 3, "index": 2, "links": [1]}, {"pageid": 5, "index": 1}]}})
    whole.replace([{"pageid": 3, "links": [1, 2]}])
    assert whole.finished()["query"]["pages"] == [{"pageid": 5, "index": 1}, {"pageid": 3, "index": 2, "links": [1, 2]}]


def test_c4_missing_page_ids_come_last() -> None:
    pages = [{"pageid": 2, "missing": True}, {"pageid": 5, "ns": 0, "title": "A"}]
    assert ids(pages, ["2", "5"]) == [5, 2]


def test_c8_the_warning_of_a_truncated_result_is_kept_once() -> None:
    warning = ApiWarning(code="truncatedresult", text="This result was truncated", module="result")
    merged = MergedBatch()
    for _ in range(3):
        merged.add({}, (warning,))
    assert merged.warnings == [warning]


@pytest.mark.parametrize(
    ("page", "key"),
    [
        ({"pageid": 5, "ns": 0, "title": "A"}, "5"),
        ({"ns": 4, "title": "A", "missing": True}, "4|A"),
        ({"title": "<bad>", "invalid": True}, "|<bad>"),
    ],
)
def test_c7_the_key_of_a_page_is_its_id_or_its_title(page: Mapping[str, Any], key: str) -> None:
    assert page_key(page) == key
