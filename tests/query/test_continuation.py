"""Continuation without a wiki: the loop guard, merging, order, limits, and one result divided in random ways."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import count, cycle, islice
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given, settings, strategies as st

from mwclient_async._http.messages import ApiRequest
from mwclient_async._query.continuation import Continuation, FetchedBatch, Query
from mwclient_async._query.loop_guard import LoopGuard
from mwclient_async._query.merge import list_row_key, page_key, pages_of, rows_of_list
from mwclient_async._session.login import Account
from mwclient_async._session.module_table import Module, core_module
from mwclient_async.errors import ContinuationLoop, ProtocolError
from tests.support.model_query import ModelQueryWiki
from tests.support.scripted_flow import Script, run_with_answers

ANONYMOUS = Account(name="192.0.2.7", anonymous=True, rights=frozenset({"read"}))
BOT = Account(name="Bot", anonymous=False, rights=frozenset({"read", "apihighlimits"}))


def modules(*paths: str) -> tuple[Module, ...]:
    found = tuple(core_module(f"query+{path}") for path in paths)
    assert None not in found
    return tuple(module for module in found if module is not None)


def generator_query(*props: str, account: Account = ANONYMOUS, batch_size: int | None = None, **params: str) -> Query:
    """``generator=allpages`` with these props."""
    return Query(
        params={"action": "query", "generator": "allpages", "prop": "|".join(props), "indexpageids": "1", **params},
        modules=modules(*props),
        generator=modules("allpages")[0],
        account=lambda: account,
        batch_size=batch_size,
        item_limit_name="gaplimit",
        has_pages=True,
        pick_rows=pages_of,
        row_key_of=page_key,
    )


def list_query(name: str = "allpages", **params: str) -> Query:
    """A query of one list."""
    return Query(
        params={"action": "query", "list": name, **params},
        modules=modules(name),
        account=lambda: ANONYMOUS,
        item_limit_name=f"{modules(name)[0].prefix}limit",
        has_pages=False,
        pick_rows=lambda body: rows_of_list(name, body),
        row_key_of=list_row_key,
    )


def all_batches(query: Query, wiki: ModelQueryWiki, **limits: int) -> list[FetchedBatch]:
    """All batches of a query, in order."""
    batches: list[FetchedBatch] = []
    guard = LoopGuard()
    start: Continuation = {}
    while True:
        batch = run_with_answers(query.batch(start, limits, guard), lambda request: wiki.respond(request.params))
        batches.append(batch)
        if batch.next_continue is None:
            return batches
        start = batch.next_continue


# C3, the guard -------------------------------------------------------------------------------------------------------


def states(*names: object) -> list[Continuation]:
    return [{"plcontinue": str(name), "continue": "||"} for name in names]


@pytest.mark.parametrize("lead", [0, 1, 7, 100])
@pytest.mark.parametrize("length", [1, 2, 3, 4, 5])
def test_c3_a_cycle_is_found_within_three_times_its_lead_and_length(length: int, lead: int) -> None:
    guard = LoopGuard()
    for state in states(*range(lead)):
        guard.check(state)
    with pytest.raises(ContinuationLoop):
        for state in islice(cycle(states(*"abcde"[:length])), 3 * (lead + length)):
            guard.check(state)


def test_c3_different_states_are_never_a_loop() -> None:
    guard = LoopGuard()
    for state in states(*range(5000)):
        guard.check(state)


@pytest.mark.parametrize("lead", [0, 2, *(pytest.param(lead) for lead in (1, 3, 7, 8, 100, 1000))])
def test_c3_the_same_state_twice_in_a_row_is_found_at_once(lead: int) -> None:
    guard = LoopGuard()
    for state in states(*range(lead), "same"):
        guard.check(state)
    with pytest.raises(ContinuationLoop):
        guard.check(states("same")[0])


def test_c3_all_keys_of_a_state_are_compared() -> None:
    guard = LoopGuard()
    for state in ({"plcontinue": "a"}, {"plcontinue": "a", "clcontinue": "b"}, {"clcontinue": "a"}):
        guard.check(state)


STUCK = {
    "continue": {"rvcontinue": "1|1", "continue": "||"},
    "query": {"pages": [{"pageid": 1, "ns": 0, "title": "Main Page", "revisions": []}]},
}


def test_c3_an_item_larger_than_the_wikis_limit_is_a_loop() -> None:
    script = Script(STUCK, STUCK)
    with pytest.raises(ContinuationLoop):
        script.run(generator_query("revisions").batch({}, {}, LoopGuard()))
    assert len(script.requests) == 2


# C1, C2, C4, C8: one batch -------------------------------------------------------------------------------------------


def test_c1_the_next_request_is_the_base_and_the_latest_continue_only() -> None:
    """The responses were recorded from a wiki, with generator=allpages and prop=links|categories."""
    blocks: list[dict[str, Any]] = [
        {"plcontinue": "3|0|P7", "clcontinue": "3|C1", "continue": "||"},
        {"plcontinue": "4|0|P17", "continue": "||categories"},
    ]
    page = {"pageid": 3, "ns": 0, "title": "P3"}
    script = Script(
        *({"continue": block, "query": {"pages": [dict(page)]}} for block in blocks),
        {"batchcomplete": True, "continue": {"gapcontinue": "P4", "continue": "gapcontinue||"}},
    )
    fetched = script.run(generator_query("links", "categories").batch({}, {"gaplimit": 3}, LoopGuard()))
    params = generator_query("links", "categories").params
    base = {**params, "gaplimit": "3", "pllimit": "max", "cllimit": "max", "continue": ""}
    assert [request.params for request in script.requests] == [base, {**base, **blocks[0]}, {**base, **blocks[1]}]
    assert fetched.next_continue == {"gapcontinue": "P4", "continue": "gapcontinue||"}


def test_c1_numbers_in_a_continue_are_sent_as_text() -> None:
    script = Script({"batchcomplete": True, "continue": {"gpsoffset": 5, "continue": "gpsoffset||"}})
    assert script.run(generator_query("info").batch({}, {}, LoopGuard())).next_continue == {
        "gpsoffset": "5",
        "continue": "gpsoffset||",
    }


def test_c1_every_request_of_a_batch_has_the_same_limits() -> None:
    wiki = ModelQueryWiki(
        pages=[{"pageid": n, "ns": 0, "title": f"P{n}", "links": [1, 2, 3]} for n in range(1, 8)], cuts=(2,)
    )
    all_batches(generator_query("links"), wiki, gaplimit=4, pllimit=500)
    assert len(wiki.requests) > 4
    assert {(request["gaplimit"], request["pllimit"]) for request in wiki.requests} == {("4", "500")}


@pytest.mark.parametrize(
    "body",
    [
        pytest.param({"batchcomplete": True}, id="no query"),
        pytest.param({"batchcomplete": True, "query": {}}, id="no pages"),
        pytest.param({"batchcomplete": True, "query": []}, id="an empty PHP array"),
        pytest.param({"batchcomplete": True, "query": {"pages": []}}, id="empty pages"),
    ],
)
def test_c2_an_empty_response_with_a_continue_is_not_the_end(body: Mapping[str, Any]) -> None:
    next_continue = {"gapcontinue": "B", "continue": "gapcontinue||"}
    fetched = Script({**body, "continue": next_continue}).run(generator_query("info").batch({}, {}, LoopGuard()))
    assert (fetched.rows, fetched.next_continue) == ([], next_continue)


@pytest.mark.parametrize("body", [{}, {"query": {"pages": [{"pageid": 1, "title": "A"}]}}, {"batchcomplete": False}])
def test_c10_a_response_that_neither_continues_nor_is_complete_is_an_error(body: Mapping[str, Any]) -> None:
    with pytest.raises(ProtocolError, match=r"neither 'continue' nor 'batchcomplete'.*MediaWiki 1\.25"):
        Script(body).run(generator_query("info").batch({}, {}, LoopGuard()))


def test_c10_continue_is_sent_with_the_first_request_but_not_with_rawcontinue() -> None:
    """Without it, wikis of 1.21 to 1.25 continue in the old form."""
    simple, raw = Script({"batchcomplete": True}), Script({})
    simple.run(list_query().batch({}, {}, LoopGuard()))
    raw.run(list_query(rawcontinue="1").batch({}, {}, LoopGuard()))
    assert simple.requests[0].params["continue"] == ""
    assert "continue" not in raw.requests[0].params


def test_c2_an_empty_continue_of_php_is_the_end() -> None:
    assert (
        Script({"batchcomplete": True, "continue": []}).run(list_query().batch({}, {}, LoopGuard())).next_continue
        is None
    )


def test_c4_an_empty_list_is_filled_by_a_later_fragment() -> None:
    filled = {"batchcomplete": True, "query": {"pages": [{"pageid": 1, "revisions": [{"revid": 1}]}]}}
    first = {"continue": {"rvcontinue": "1|1"}, "query": {"pages": [{"pageid": 1, "title": "A", "revisions": []}]}}
    fetched = Script(first, filled).run(generator_query("revisions").batch({}, {}, LoopGuard()))
    assert fetched.rows == [{"pageid": 1, "title": "A", "revisions": [{"revid": 1}]}]


def test_c9_a_continue_in_the_old_form_is_not_the_end() -> None:
    body = {"query-continue": {"allpages": {"gapcontinue": "B"}}, "query": {"pages": [{"pageid": 1, "title": "A"}]}}
    query = generator_query("info", rawcontinue="1")
    fetched = Script(body).run(query.batch({}, {}, LoopGuard()))
    assert fetched.next_continue == {"gapcontinue": "B"}


def test_c9_while_properties_are_missing_only_they_are_requested_and_the_generator_does_not_move() -> None:
    first = {"query-continue": {"categories": {"clcontinue": "1|B"}, "allpages": {"gapcontinue": "C"}}}
    last = {"query-continue": {"allpages": {"gapcontinue": "C"}}}
    query, script = generator_query("categories", "info", rawcontinue="1"), Script(first, last)
    fetched = script.run(query.batch({"gapcontinue": "A"}, {}, LoopGuard()))
    assert script.requests[1].params["prop"] == "categories"
    assert script.requests[1].params["gapcontinue"] == "A"
    assert script.requests[1].params["clcontinue"] == "1|B"
    assert fetched.next_continue == {"gapcontinue": "C"}


def test_lists_and_meta_data_come_beside_the_pages() -> None:
    body = {
        "batchcomplete": True,
        "query": {
            "pages": [{"pageid": 1, "title": "A"}],
            "pageids": ["1"],
            "normalized": [{"from": "a", "to": "A"}],
            "tokens": {"csrftoken": "x"},
            "search": [{"title": "S"}],
            "searchinfo": {"totalhits": 1},
        },
    }
    query = evolve(generator_query("info"), modules=modules("info", "search", "tokens"))
    fetched = Script(body).run(query.batch({}, {}, LoopGuard()))
    assert fetched.lists == {"search": ({"title": "S"},)}
    assert fetched.meta == {"tokens": {"csrftoken": "x"}, "searchinfo": {"totalhits": 1}}


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("allpages", {"query": {"allpages": [{"title": "A"}]}}),
        ("querypage", {"query": {"querypage": {"name": "Lonelypages", "results": [{"title": "A"}]}}}),
        ("watchlistraw", {"watchlistraw": [{"title": "A"}]}),
        ("tags", {"query": {"tags": {"title": "A"}}}),  # the value of codexicons is an object, too
    ],
)
def test_the_rows_of_a_list_are_found_where_the_wiki_puts_them(name: str, body: Mapping[str, Any]) -> None:
    assert Script({"batchcomplete": True, **body}).run(list_query(name).batch({}, {}, LoopGuard())).rows == [
        {"title": "A"}
    ]


def test_c10_a_list_that_is_neither_rows_nor_an_object_is_an_error() -> None:
    with pytest.raises(ProtocolError, match="tags"):
        Script({"batchcomplete": True, "query": {"tags": "none"}}).run(list_query("tags").batch({}, {}, LoopGuard()))


def test_a_list_whose_value_is_an_object_is_kept_in_the_batch() -> None:
    icons = {"cdxIconAdd": "<path/>", "cdxIconAlert": {"ltr": "<path/>"}}
    fetched = Script({"batchcomplete": True, "query": {"tags": icons}}).run(
        list_query("tags").batch({}, {}, LoopGuard())
    )
    assert fetched.lists == {"tags": (icons,)}


def test_c2_each_response_of_a_query_without_pages_is_a_batch() -> None:
    """Some wikis send no batchcomplete then, and to merge all responses would hold a whole list in memory."""
    next_continue = {"apcontinue": "B", "continue": "-||"}
    fetched = Script({"continue": next_continue, "query": {"allpages": [{"title": "A"}]}}).run(
        list_query().batch({}, {}, LoopGuard())
    )
    assert (fetched.rows, fetched.next_continue) == ([{"title": "A"}], next_continue)


def test_a_list_that_the_response_does_not_name_has_no_rows() -> None:
    assert Script({"batchcomplete": True}).run(list_query().batch({}, {}, LoopGuard())).rows == []


# C4, C1: one result, divided in random ways ---------------------------------------------------------------------------

_ROWS = st.lists(st.integers(0, 3).map(lambda number: {"ns": 0, "title": f"T{number}"}), max_size=5)


@st.composite
def results(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Complete pages in the generator's order, which is not the order of their ids. Some do not exist."""
    pageids = draw(st.lists(st.integers(1, 99), unique=True, max_size=9))
    pages = []
    for number, pageid in enumerate(pageids):
        page: dict[str, Any] = {"pageid": pageid, "ns": 0, "title": f"P{number}"}
        if draw(st.integers(0, 5)) == 0:
            page = {"ns": 0, "title": f"P{number}", "missing": True}
        page |= draw(st.fixed_dictionaries({}, optional={"length": st.integers(0, 9), "touched": st.just("now")}))
        for prop in ("categories", "links"):
            if rows := draw(_ROWS):
                page[prop] = rows
        pages.append(page)
    return pages


@given(
    pages=results(),
    cuts=st.lists(st.integers(1, 7), min_size=1, max_size=4),
    limit=st.integers(1, 5),
    props=st.permutations(["info", "categories", "links"]),
)
@settings(deadline=None, max_examples=250)
def test_c1_c2_c4_the_same_pages_come_complete_and_in_order_however_a_result_is_divided(
    pages: list[dict[str, Any]], cuts: list[int], limit: int, props: list[str]
) -> None:
    batches = all_batches(generator_query(*props), ModelQueryWiki(pages=[*pages], cuts=cuts), gaplimit=limit)
    parts = [pages[at : at + limit] for at in range(0, len(pages), limit)] or [[]]
    expected = [sorted(part, key=lambda page: "missing" in page) for part in parts]
    assert [list(batch.rows) for batch in batches] == expected


_CHANGES = st.lists(st.tuples(st.integers(0, 12), st.integers(0, 30), st.booleans()), max_size=5)


@given(
    pages=results(), cuts=st.lists(st.integers(1, 4), min_size=1, max_size=3), limit=st.integers(1, 5), changes=_CHANGES
)
@settings(deadline=None, max_examples=250)
def test_c4_c7_pages_that_stay_come_once_and_complete_while_others_come_and_go(
    pages: list[dict[str, Any]], cuts: list[int], limit: int, changes: list[tuple[int, int, bool]]
) -> None:
    """The generator runs anew for each request, so that its batch changes between the fragments."""
    staying = [page for page in pages if "missing" not in page]
    gone: set[str] = set()
    fresh = count(1000)

    def change_pages(number: int, present: list[Mapping[str, Any]]) -> None:
        for when, where, comes in changes:
            if when != number:
                continue
            if comes:
                new = next(fresh)
                present.append({"pageid": new, "ns": 0, "title": f"P{where % 9}x{new}"})
            elif present:
                gone.add(present.pop(where % len(present))["title"])

    wiki = ModelQueryWiki(pages=[*staying], cuts=cuts, before_request=change_pages)
    rows = [
        row for batch in all_batches(generator_query("categories", "links"), wiki, gaplimit=limit) for row in batch.rows
    ]
    expected = [{k: v for k, v in page.items() if k not in {"length", "touched"}} for page in staying]
    kept = [page for page in expected if page["title"] not in gone]
    titles = {page["title"] for page in kept}
    assert [row for row in rows if row["title"] in titles] == kept


# C5, limits ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "wanted", "limits"),
    [
        pytest.param(generator_query("info"), None, {"gaplimit": 500}, id="the most for an ordinary account"),
        pytest.param(generator_query("info", account=BOT), None, {"gaplimit": 5000}, id="the most with high limits"),
        pytest.param(generator_query("info"), 7, {"gaplimit": 7}, id="no more than is wanted"),
        pytest.param(generator_query("info"), 700, {"gaplimit": 500}, id="wanting more than the most"),
        pytest.param(generator_query("info", batch_size=20), None, {"gaplimit": 20}, id="batch_size"),
        pytest.param(generator_query("info", batch_size=20), 7, {"gaplimit": 7}, id="wanting less than a batch"),
        pytest.param(
            generator_query("info", batch_size=9999), None, {"gaplimit": 500}, id="a batch_size above the most"
        ),
        pytest.param(
            generator_query("links", "categories"),
            *(3, {"gaplimit": 3, "pllimit": 500, "cllimit": 500}),
            id="wanted concerns the item limit only",
        ),
        pytest.param(
            generator_query("links", pllimit="20"), None, {"gaplimit": 500, "pllimit": 20}, id="the caller's own"
        ),
        pytest.param(generator_query("links", pllimit="9999"), None, {"gaplimit": 500, "pllimit": 500}, id="clamped"),
        pytest.param(
            generator_query("links", pllimit="max"), None, {"gaplimit": 500, "pllimit": 500}, id="max is a number"
        ),
        pytest.param(
            generator_query("links", gaplimit="20"), None, {"gaplimit": 20, "pllimit": 500}, id="own item limit"
        ),
        pytest.param(
            generator_query("links", gaplimit="20"), 7, {"gaplimit": 7, "pllimit": 500}, id="own item limit and wanted"
        ),
        pytest.param(generator_query("revisions", rvprop="content"), None, {"gaplimit": 50}, id="content"),
        pytest.param(
            generator_query("revisions", rvprop="ids|content", account=BOT),
            None,
            {"gaplimit": 500},
            id="content, high limits",
        ),
        pytest.param(
            generator_query("revisions", rvprop="ids"), None, {"gaplimit": 500}, id="revisions without content"
        ),
        pytest.param(
            generator_query("revisions", rvprop="content", gaplimit="200"),
            None,
            {"gaplimit": 200},
            id="content, own limit",
        ),
        pytest.param(
            generator_query("revisions", rvlimit="5"), None, {"gaplimit": 500, "rvlimit": 5}, id="rvlimit as requested"
        ),
        pytest.param(
            generator_query("revisions", rvlimit="900"), None, {"gaplimit": 500, "rvlimit": 500}, id="rvlimit above"
        ),
        pytest.param(
            generator_query("revisions", rvdir="newer"), None, {"gaplimit": 500, "rvlimit": 500}, id="a range"
        ),
        pytest.param(list_query(), None, {"aplimit": 500}, id="a list"),
        pytest.param(list_query(), 1, {"aplimit": 1}, id="a list of one"),
        pytest.param(
            Query(
                params={"action": "query", "titles": "A", "prop": "links"},
                modules=modules("links"),
                account=lambda: ANONYMOUS,
                has_pages=True,
                pick_rows=pages_of,
                row_key_of=page_key,
            ),
            *(7, {"pllimit": 500}),
            id="titles have no limit",
        ),
    ],
)
def test_c5_a_limit_is_the_number_that_max_means_or_less(query: Query, wanted: int | None, limits: Any) -> None:
    assert query.limits(wanted=wanted, sent={}) == limits


def test_c5_max_is_50_for_pages_with_text() -> None:
    """With more pages, ten times as many responses would repeat them as stubs."""
    assert generator_query("revisions", rvprop="content", gaplimit="max").limits(wanted=None, sent={}) == {
        "gaplimit": 50
    }


@pytest.mark.parametrize(
    ("account", "sent", "limits"),
    [
        (ANONYMOUS, {"gaplimit": 20}, {"gaplimit": 20, "pllimit": 500}),
        (ANONYMOUS, {"gaplimit": 5000, "pllimit": 5000}, {"gaplimit": 500, "pllimit": 500}),
        (BOT, {"gaplimit": 500, "pllimit": 500}, {"gaplimit": 500, "pllimit": 500}),
        (ANONYMOUS, {"other": 5}, {"gaplimit": 7, "pllimit": 500}),
    ],
)
def test_c5_c7_an_interrupted_batch_is_requested_with_its_own_limits(
    account: Account, sent: Mapping[str, int], limits: Mapping[str, int]
) -> None:
    assert generator_query("links", account=account).limits(wanted=7, sent=sent) == limits


def test_c5_limits_replace_what_the_caller_wrote() -> None:
    script = Script({"batchcomplete": True})
    query = generator_query("links", pllimit="max")
    script.run(query.batch({}, query.limits(wanted=None, sent={}), LoopGuard()))
    limits = {"gaplimit": "500", "pllimit": "500"}
    assert script.requests == [ApiRequest(params={**query.params, **limits, "continue": ""}, continues=True)]


# C7, keys ------------------------------------------------------------------------------------------------------------


def test_c7_the_key_of_a_row_depends_on_all_of_it_but_not_on_the_order_of_its_keys() -> None:
    assert list_row_key({"a": 1, "b": [2]}) == list_row_key({"b": [2], "a": 1})
    assert len({list_row_key(row) for row in ({"a": 1}, {"a": "1"}, {"a": 2}, {"b": 1}, {})}) == 5
