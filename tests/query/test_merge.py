"""Fragments into batches: what is merged how, and in which order pages come."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Any

import pytest

from mwclient_async._query.merge import MergedBatch, merge, page_identity
from mwclient_async._values.warnings import ApiWarning


@pytest.mark.parametrize(
    ("known", "more", "together"),
    [
        pytest.param({"a": [1]}, {"a": [2, 3]}, {"a": [1, 2, 3]}, id="lists are appended"),
        pytest.param({"a": [1]}, {"a": [1]}, {"a": [1, 1]}, id="equal rows stay"),
        pytest.param({"a": []}, {"a": [1]}, {"a": [1]}, id="an empty list is filled"),
        pytest.param({"a": [1]}, {"a": []}, {"a": [1]}, id="nothing is taken away"),
        pytest.param({"a": {"x": 1}}, {"a": {"y": 2}}, {"a": {"x": 1, "y": 2}}, id="objects are merged"),
        pytest.param({"a": {"x": [1]}}, {"a": {"x": [2]}}, {"a": {"x": [1, 2]}}, id="deep down too"),
        pytest.param({"a": {"x": 1}}, {"a": []}, {"a": {"x": 1}}, id="PHP's empty map is a list"),
        pytest.param({"a": []}, {"a": {"x": 1}}, {"a": {"x": 1}}, id="and is filled by an object"),
        pytest.param({"a": [1]}, {"a": {}}, {"a": [1]}, id="an empty object takes no list away"),
        pytest.param({"a": 1}, {"a": 2}, {"a": 2}, id="scalars are replaced"),
        pytest.param({"a": False}, {"a": True}, {"a": True}, id="flags too"),
        pytest.param({"a": "x"}, {"b": "y"}, {"a": "x", "b": "y"}, id="other keys are kept"),
        pytest.param({}, {"a": None}, {"a": None}, id="null is a value"),
    ],
)
def test_c4_a_later_fragment_is_merged_into_an_earlier_one(known: Any, more: Any, together: Any) -> None:
    merge(known, more)
    assert known == together


def merged(*bodies: dict[str, Any]) -> Mapping[str, Any]:
    whole = MergedBatch()
    for body in bodies:
        whole.add(body)
    return whole.finished()


@pytest.mark.parametrize("name", ["normalized", "converted", "redirects", "interwiki"])
def test_c4_title_maps_that_every_reply_repeats_come_once(name: str) -> None:
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


def test_what_stands_beside_the_query_is_kept_and_protocol_keys_are_not() -> None:
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
        pytest.param(PAGES, ["9", "3", "5"], [9, 3, 5], id="as indexpageids tells"),
        pytest.param(PAGES, [], [3, 5, 9], id="as they came, where it does not"),
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


def test_c4_pages_without_indexpageids_come_as_they_came_in_every_reply() -> None:
    bodies: list[dict[str, Any]] = [{"query": {"pages": [{"title": f"P{n}"} for n in range(20)]}} for _ in range(2)]
    assert [page["title"] for page in merged(*bodies)["query"]["pages"]] == [f"P{n}" for n in range(20)]


# Pages that come and go ----------------------------------------------------------------------------------------------

BEFORE: dict[str, Any] = {"query": {"pages": [{"pageid": 3}, {"pageid": 5}], "pageids": ["5", "3"]}}
AFTER: dict[str, Any] = {"query": {"pages": [{"pageid": 3}, {"pageid": 4}], "pageids": ["3", "4"]}}


def gathered(*bodies: dict[str, Any]) -> MergedBatch:
    whole = MergedBatch()
    for body in bodies:
        whole.add(deepcopy(body))
    return whole


def test_c4_the_last_reply_of_a_batch_tells_which_pages_it_has_and_in_which_order() -> None:
    """The next batch begins where the last reply ended."""
    assert [page["pageid"] for page in gathered(BEFORE, AFTER).finished()["query"]["pages"]] == [3, 4]
    assert [page["pageid"] for page in gathered(AFTER, BEFORE).finished()["query"]["pages"]] == [5, 3]


def test_c4_a_page_that_an_earlier_reply_did_not_have_is_a_latecomer() -> None:
    assert gathered(BEFORE).late_pages() == []
    assert gathered(BEFORE, BEFORE).late_pages() == []
    assert gathered(BEFORE, AFTER).late_pages() == [{"pageid": 4}]
    assert gathered(BEFORE, AFTER, BEFORE).late_pages() == [{"pageid": 5}]


def test_c4_a_reply_without_pages_makes_nobody_a_latecomer() -> None:
    assert gathered(BEFORE, {}, {"query": {"search": []}}, BEFORE).late_pages() == []


def test_c4_a_whole_page_stands_where_its_fragment_stood() -> None:
    whole = gathered({"query": {"pages": [{"pageid": 3, "index": 2, "links": [1]}, {"pageid": 5, "index": 1}]}})
    whole.replace([{"pageid": 3, "links": [1, 2]}])
    assert whole.finished()["query"]["pages"] == [{"pageid": 5, "index": 1}, {"pageid": 3, "index": 2, "links": [1, 2]}]


def test_c4_missing_page_ids_come_last() -> None:
    pages = [{"pageid": 2, "missing": True}, {"pageid": 5, "ns": 0, "title": "A"}]
    assert ids(pages, ["2", "5"]) == [5, 2]


def test_c8_a_truncated_result_is_followed_and_its_warning_kept() -> None:
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
def test_c7_a_page_is_known_by_its_id_or_its_title(page: Mapping[str, Any], key: str) -> None:
    assert page_identity(page) == key
