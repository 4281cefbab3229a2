"""Values of a decoded response: their types are checked, and the message names the place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from mwclient_async._http.json_values import (
    continuation_at,
    list_at,
    number_at,
    object_at,
    rows_at,
    text_at,
    texts_at,
    time_at,
)
from mwclient_async._http.messages import ApiRequest
from mwclient_async._http.response_shape import check_shape
from mwclient_async.errors import ProtocolError

READERS: list[tuple[Callable[..., Any], tuple[Any, ...], tuple[Any, ...]]] = [
    # the reader, values that it accepts, values that it refuses
    (object_at, ({"a": 1}, {}, []), ("", "x", 0, False, [1], [[]])),
    (list_at, ([1, None], [], {}), ("", "x", 0, False, {"a": 1})),
    (rows_at, ([{"a": 1}, {}], [], {}), (["a"], [[]], [{}, None], "x", {"0": {}})),
    (texts_at, (["a", ""], [], {}), (["a", None], [1], [["a"]], "a", {"0": "a"})),
    (text_at, ("a", ""), (5, True, ["a"], {"*": "a"})),
    (number_at, (5, -5, "5", 0), (True, 1.5, "", "-", "5.0", "²", "9" * 5000, [5])),
    (time_at, ("2026-11-21T08:00:00Z",), ("2026-02-31T08:00:00Z", "0001-01-01T00:00:00Z", "2026-11-21", "", 20261121)),
    (continuation_at, ({"continue": "||", "offset": 5}, {}, []), ({"a": None}, {"a": {}}, {"a": ["b"]}, "x", ["x"])),
]


@pytest.mark.parametrize(("read", "accepted", "refused"), READERS, ids=[read.__name__ for read, *_ in READERS])
def test_a_value_of_another_type_is_an_error_that_names_its_place(
    read: Callable[..., Any], accepted: tuple[Any, ...], refused: tuple[Any, ...]
) -> None:
    for value in accepted:
        read({"query": {"x": value}}, "query", "x")
    for value in refused:
        with pytest.raises(ProtocolError, match=r"query\.x"):
            read({"query": {"x": value}}, "query", "x")


@pytest.mark.parametrize("body", [{}, {"query": {}}, {"query": []}, {"query": None}, []])
def test_what_is_absent_is_empty_or_the_default_or_an_error(body: Any) -> None:
    for read in (object_at, list_at, rows_at, texts_at, continuation_at):
        assert not read(body, "query", "x")
    assert text_at(body, "query", "x", default="d") == "d"
    assert number_at(body, "query", "x", default=3) == 3
    for required in (text_at, number_at, time_at):
        with pytest.raises(ProtocolError, match=r"nothing at query\.x"):
            required(body, "query", "x")


@pytest.mark.parametrize("body", ["x", {"query": "x"}, {"query": 5}, {"query": [1]}])
def test_a_path_leads_through_objects_only(body: Any) -> None:
    with pytest.raises(ProtocolError, match="where it should have an object"):
        text_at(body, "query", "x", default="")


# The shape of a response ---------------------------------------------------------------------------------------------

QUERY = ApiRequest(params={"action": "query"})


@pytest.mark.parametrize(
    "body",
    [
        {"batchcomplete": True},
        {"query": []},
        {"query": {"pages": [{"pageid": 1, "ns": 0, "title": "A"}], "pageids": ["1", "-1"]}},
        {"query": {"redirects": [{"from": "A", "to": "B"}], "interwiki": [{"title": "de:A", "iw": "de"}]}},
        {"query": {"allpages": [{"title": "A"}]}, "continue": {"apcontinue": "B", "continue": "-||"}},
    ],
)
def test_the_shape_of_a_query_is_accepted(body: Any) -> None:
    check_shape(QUERY, body)


@pytest.mark.parametrize(
    "body",
    [
        *(5, "x", [1]),
        {"query": {"pages": [5]}},
        {"query": {"pages": [{"title": 5}]}},
        {"query": {"pages": [{"pageid": "5"}]}},
        {"query": {"pages": [{"pageid": [], "title": "A"}]}},
        {"query": {"pageids": ["a"]}},
        {"query": {"pageids": 5}},
        {"query": {"redirects": [{"from": "A"}]}},
        {"query": {"normalized": [["A", "B"]]}},
        {"query": {"interwiki": [{"iw": "de"}]}},
        {"continue": {"apcontinue": {}}},
        {"continue": {"apcontinue": None}},
    ],
)
def test_s7_another_shape_of_a_query_is_an_error(body: Any) -> None:
    with pytest.raises(ProtocolError):
        check_shape(QUERY, body)


def test_other_actions_need_an_object_and_other_apis_are_not_checked() -> None:
    check_shape(ApiRequest(params={"action": "opensearch"}), ["A", [], [], []])
    check_shape(ApiRequest(path="/v1/page/A/links/language"), [])
    with pytest.raises(ProtocolError):
        check_shape(ApiRequest(params={"action": "parse"}), ["A"])
