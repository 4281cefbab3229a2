"""The REST API's history without a wiki: directions, links, segments."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from mwclient_async._http.messages import ApiRequest
from mwclient_async._query.continuation import Continuation, FetchedBatch
from mwclient_async._query.loop_guard import LoopGuard
from mwclient_async._rest.history import RevisionHistory, history_of
from mwclient_async.errors import ContinuationLoop, MediaWikiError, ProtocolError
from tests.support.scripted_flow import Answer, Script, run_with_answers

HERE = "https://wiki.example/w/rest.php/v1/page/Long_history/history"


def history_with(title: str = "Long history", **arguments: Any) -> RevisionHistory:
    return history_of(title, **{"filter": None, "older_than": None, "newer_than": None, **arguments})


def segment(*ids: int, **links: str) -> dict[str, Any]:
    return {"revisions": [{"id": revid} for revid in ids], "latest": HERE, **links}


def fetch(history: RevisionHistory, body: Answer, start: Continuation | None = None) -> tuple[FetchedBatch, ApiRequest]:
    script = Script(body)
    return script.run(history.batch(start or {}, {}, LoopGuard())), script.requests[0]


def ids(fetched: FetchedBatch) -> list[int]:
    return [row["id"] for row in fetched.rows]


# Requests ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "start", "params"),
    [
        pytest.param({}, {}, {}, id="from the latest on"),
        pytest.param({"older_than": 50}, {}, {"older_than": "50"}, id="older"),
        pytest.param({"newer_than": 50}, {}, {"newer_than": "50"}, id="newer"),
        pytest.param({"filter": "bot"}, {}, {"filter": "bot"}, id="filter"),
        pytest.param({"older_than": 50}, {"older_than": "30"}, {"older_than": "30"}, id="the cursor, not the anchor"),
        pytest.param(
            {"filter": "minor", "newer_than": 5}, {"newer_than": "9"}, {"filter": "minor", "newer_than": "9"}, id="all"
        ),
    ],
)
def test_h3_a_request_has_our_path_and_one_revision_id(arguments: Any, start: Continuation, params: Any) -> None:
    _, request = fetch(history_with(**arguments), segment(), start)
    assert request == ApiRequest(path="/v1/page/Long_history/history", params=params)


def test_a_title_with_reserved_characters_is_one_path_segment() -> None:
    _, request = fetch(history_with("A/B?c&d=e"), segment())
    assert request.path == "/v1/page/A%2FB%3Fc%26d%3De/history"


@pytest.mark.parametrize("title", [pytest.param("."), pytest.param(".."), "./", "../", "..."])
def test_a_title_is_never_a_relative_path(title: str) -> None:
    """HTTP libraries remove the path segments . and ..; no page has such a title."""
    try:
        _, request = fetch(history_with(title), segment())
    except ValueError:
        return
    assert not {".", ".."} & set(request.path.split("/"))


# H1, H2: directions --------------------------------------------------------------------------------------------------

BOTH = {"older": f"{HERE}?older_than=11", "newer": f"{HERE}?newer_than=30"}


def test_h1_h2_older_returns_the_newest_first_and_follows_older() -> None:
    fetched, _ = fetch(history_with(older_than=31), segment(30, 20, 11, **BOTH))
    assert (ids(fetched), fetched.next_continue) == ([30, 20, 11], {"older_than": "11"})


def test_h1_h2_newer_returns_the_oldest_first_and_follows_newer() -> None:
    fetched, _ = fetch(history_with(newer_than=10), segment(30, 20, 11, **BOTH))
    assert (ids(fetched), fetched.next_continue) == ([11, 20, 30], {"newer_than": "30"})


@pytest.mark.parametrize(
    ("arguments", "links"),
    [
        pytest.param({}, {}, id="neither link"),
        pytest.param(
            {"older_than": 50}, {"newer": f"{HERE}?newer_than=30"}, id="only the link of the other direction, older"
        ),
        pytest.param(
            {"newer_than": 10}, {"older": f"{HERE}?older_than=11"}, id="only the link of the other direction, newer"
        ),
        pytest.param({"older_than": 50}, {"older": ""}, id="an empty link"),
    ],
)
def test_h1_the_end_is_a_segment_without_the_link_of_its_direction(arguments: Any, links: Any) -> None:
    fetched, _ = fetch(history_with(**arguments), segment(30, **links))
    assert (ids(fetched), fetched.next_continue) == ([30], None)


@pytest.mark.parametrize("arguments", [{}, {"older_than": 50}, {"newer_than": 10}])
def test_c2_an_empty_segment_without_a_link_is_the_end(arguments: Any) -> None:
    fetched, _ = fetch(history_with(**arguments), segment())
    assert (fetched.rows, fetched.next_continue) == ([], None)


def test_c2_an_empty_segment_with_a_link_is_not_the_end() -> None:
    """With a filter, a segment may have no match."""
    fetched, _ = fetch(history_with(filter="bot"), segment(older=f"{HERE}?older_than=11&filter=bot"))
    assert (fetched.rows, fetched.next_continue) == ([], {"older_than": "11"})


def test_the_body_is_kept_unchanged() -> None:
    body = segment(30, 20, **BOTH)
    assert fetch(history_with(newer_than=10), body)[0].body is body
    assert [row["id"] for row in body["revisions"]] == [30, 20]


# H3, H5: links -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "link",
    [
        "https://evil.example/steal?older_than=11",
        "//evil.example/v1/page/X/history?older_than=11",
        "http://127.0.0.1:8190/rest.php/v1/page/Long_history/history?filter=bot&older_than=11",
        "/rest.php/v1/page/Long_history/history?older_than=11#top",
        "?older_than=11",
    ],
)
def test_h3_only_the_revision_id_of_a_link_is_used(link: str) -> None:
    history = history_with()
    fetched, _ = fetch(history, segment(30, older=link))
    assert fetched.next_continue == {"older_than": "11"}
    _, request = fetch(history, segment(), fetched.next_continue)
    assert request == ApiRequest(path="/v1/page/Long_history/history", params={"older_than": "11"})


@pytest.mark.parametrize(
    "link",
    [
        HERE,
        f"{HERE}?newer_than=11",
        f"{HERE}?older_than=",
    ],
)
def test_h3_a_link_without_a_revision_id_of_its_direction_is_a_protocol_error(link: str) -> None:
    with pytest.raises(ProtocolError):
        fetch(history_with(), segment(30, older=link))


def test_h5_ids_are_opaque_and_need_not_descend() -> None:
    fetched, _ = fetch(history_with(), segment(7, 99, 3, older=f"{HERE}?older_than=r3-x"))
    assert (ids(fetched), fetched.next_continue) == ([7, 99, 3], {"older_than": "r3-x"})


def test_c3_a_segment_that_links_to_itself_is_a_loop() -> None:
    history, guard, body = history_with(), LoopGuard(), segment(30, older=f"{HERE}?older_than=30")
    Script(body).run(history.batch({}, {}, guard))
    with pytest.raises(ContinuationLoop):
        Script(body).run(history.batch({"older_than": "30"}, {}, guard))


@pytest.mark.parametrize("body", [{}, [], {"revisions": None}, {"revisions": {}}, {"messageTranslations": {}}])
def test_a_body_without_revisions_is_a_protocol_error(body: Any) -> None:
    with pytest.raises(ProtocolError, match="no list of revisions"):
        fetch(history_with(), body)


# Whole histories -----------------------------------------------------------------------------------------------------


def wiki_of(revisions: list[int], size: int) -> Any:
    """Responds as a wiki with these ``revisions``, oldest first, and segments of this size."""

    def respond(request: ApiRequest) -> Mapping[str, Any] | MediaWikiError:
        if "newer_than" in request.params:
            at = revisions.index(int(request.params["newer_than"])) + 1
            part = revisions[at : at + size]
        else:
            end = (
                revisions.index(int(request.params["older_than"])) if "older_than" in request.params else len(revisions)
            )
            part = revisions[max(0, end - size) : end]
        links = {}
        if part and part[0] != revisions[0]:
            links["older"] = f"http://other.example?older_than={part[0]}"
        if part and part[-1] != revisions[-1]:
            links["newer"] = f"http://other.example?newer_than={part[-1]}"
        return segment(*reversed(part), **links)

    return respond


@given(
    revisions=st.lists(st.integers(1, 999), unique=True, min_size=1, max_size=60),
    size=st.integers(1, 20),
    place=st.integers(0, 59),
    direction=st.sampled_from(["", "older_than", "newer_than"]),
)
@settings(deadline=None)
def test_h1_h2_every_revision_on_one_side_of_the_anchor_is_returned_once_and_the_anchor_never(
    revisions: list[int], size: int, place: int, direction: str
) -> None:
    at = place % len(revisions)
    expected = {
        "": revisions[::-1],
        "older_than": revisions[:at][::-1],
        "newer_than": revisions[at + 1 :],
    }[direction]
    anchor: dict[str, Any] = {direction: revisions[at]} if direction else {}
    history, guard, got = history_with(**anchor), LoopGuard(), list[int]()
    start: Continuation | None = {}
    while start is not None:
        fetched = run_with_answers(history.batch(start, {}, guard), wiki_of(revisions, size))
        got += ids(fetched)
        start = fetched.next_continue
    assert got == expected


# H4 and other wrong arguments ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        pytest.param({"older_than": 5, "newer_than": 5}, "exclude each other", id="h4"),
        pytest.param({"older_than": 0}, "older_than=0", id="zero"),
        pytest.param({"newer_than": -5}, "newer_than=-5", id="negative"),
        pytest.param({"older_than": True}, "older_than=True", id="bool"),
        pytest.param({"older_than": "5"}, "older_than='5'", id="text"),
        pytest.param({"filter": "bots"}, "filter='bots'.*anonymous, bot, reverted, minor", id="filter"),
        pytest.param({"title": "  "}, "title is empty", id="no title"),
    ],
)
def test_h4_a_contradiction_is_a_value_error_before_any_request(arguments: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        history_with(**arguments)


@pytest.mark.parametrize(
    ("one", "other", "differing"),
    [
        ({}, {}, set()),
        ({"title": "Main Page"}, {"title": "Main_Page"}, set()),
        ({}, {"title": "B"}, {"title"}),
        ({}, {"filter": "bot"}, {"filter"}),
        ({"older_than": 5}, {"older_than": 6}, {"anchor"}),
        ({"older_than": 5}, {"newer_than": 5}, {"direction"}),
    ],
)
def test_c7_a_cursor_fits_only_the_same_history(one: Any, other: Any, differing: set[str]) -> None:
    ours, theirs = history_with(**one).fingerprinted, history_with(**other).fingerprinted
    assert {name for name in ours if ours[name] != theirs[name]} == differing


def test_c7_the_key_of_a_revision_is_its_id() -> None:
    assert history_with().row_key({"id": 5, "comment": "x"}) == "5"


def test_a_segment_has_the_wikis_own_size() -> None:
    assert history_with().limits(wanted=3, sent={"x": 5}) == {}
