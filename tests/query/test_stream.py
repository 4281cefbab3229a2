"""Streams over scripted responses, which a real wiki cannot be made to send."""

from __future__ import annotations

import inspect
import re
import sys
from typing import Any

import pytest

from mwclient_async import RetryPolicy, Site
from mwclient_async._http.messages import HttpResponse
from mwclient_async.errors import ContinuationLoop, HttpError, NotRequested, ProtocolError, ResultTooLarge
from mwclient_async.testing.scripted import Scripted, ScriptedTransport, sent
from tests.conftest import USER_AGENT

API = "https://wiki.example.org/w/api.php"
BROKEN = HttpResponse(status=502, headers=(("content-type", "text/html"),), body=b"<html>Bad gateway</html>")


def scripted_site(*script: Scripted) -> tuple[Site, ScriptedTransport]:
    transport = ScriptedTransport(script)
    return Site(API, user_agent=USER_AGENT, transport=transport, retry=RetryPolicy(attempts=1)), transport


def rows(*titles: str, next_title: str | None = None) -> dict[str, Any]:
    listed = [{"pageid": 1, "ns": 0, "title": title} for title in titles]
    body: dict[str, Any] = {"batchcomplete": True, "query": {"allpages": listed}}
    return body if next_title is None else {**body, "continue": {"apcontinue": next_title, "continue": "-||"}}


async def test_c1_a_key_that_vanishes_from_continue_is_not_sent_again() -> None:
    opened, transport = scripted_site(
        {"continue": {"plcontinue": "x", "clcontinue": "y", "continue": "||"}},
        {"continue": {"clcontinue": "z", "continue": "||links"}},
        {"batchcomplete": True},
    )
    async with opened as site:
        await site.query(titles="A", prop=["links", "categories"]).collect()
    transport.assert_done()
    continued = [{k: v for k, v in sent(r).items() if "continue" in k} for r in transport.requests]
    assert continued == [
        {"continue": ""},
        {"plcontinue": "x", "clcontinue": "y", "continue": "||"},
        {"clcontinue": "z", "continue": "||links"},
    ]


async def test_c2_any_number_of_empty_responses_in_a_row_is_not_the_end() -> None:
    number_of_responses = sys.getrecursionlimit() + 200  # so many that no step may call itself for the next one
    empty = ({"continue": {"apcontinue": str(n), "continue": "-||"}} for n in range(number_of_responses))
    opened, transport = scripted_site(*empty, rows("Last"))
    async with opened as site:
        assert [row.title for row in await site.list("allpages").collect()] == ["Last"]
    transport.assert_done()


@pytest.mark.parametrize(
    ("name", "use"),
    [
        ("read_ahead", lambda site, value: site.list("allpages").open(read_ahead=value)),
        ("every", lambda site, value: site.list("recentchanges").follow(every=value)),
        ("overlap", lambda site, value: site.list("recentchanges").follow(overlap=value)),
        ("window", lambda site, value: site.loader(prop="info", window=value)),
        ("chunk_size", lambda site, value: site.stash(b"x", filename="A.png", chunk_size=value)),
    ],
)
@pytest.mark.parametrize("value", ["2", -1, None, True, float("nan")])
async def test_s6_a_number_of_another_type_is_a_value_error_that_names_it(name: str, use: Any, value: object) -> None:
    opened, transport = scripted_site()
    async with opened as site:
        with pytest.raises(ValueError, match=re.escape(f"{name}={value!r}")):
            result = use(site, value)
            if inspect.isawaitable(result):
                await result
    transport.assert_done()


@pytest.mark.parametrize("length", [1, 2, 3, 4, 5])
async def test_c3_a_cycle_of_continue_states_ends_in_an_error_with_the_cursor(length: int) -> None:
    cycle = [rows(f"T{number}", next_title=f"state {number % length}") for number in range(40)]
    opened, transport = scripted_site(*cycle)
    async with opened as site:
        with pytest.raises(ContinuationLoop) as caught:
            await site.list("allpages").collect()
    assert caught.value.cursor is not None
    assert len(transport.requests) <= 4 * length + 1


async def test_c5_limits_are_numbers_and_never_more_than_the_caller_wants() -> None:
    opened, transport = scripted_site(rows("A", "B", next_title="C"), rows("C"))
    async with opened as site:
        assert len(await site.list("allpages", limit=3).collect()) == 3
    assert [sent(request).get("aplimit") for request in transport.requests] == ["3", "1"]


async def test_c5_the_first_request_asks_for_the_account_and_the_limit_is_that_of_its_rights() -> None:
    for rights, limit in (["read"], "500"), (["read", "apihighlimits"], "5000"):
        first = rows("A", next_title="B")
        first["query"]["userinfo"] = {"name": "Bot", "rights": rights}
        opened, transport = scripted_site(first, rows("B", next_title="C"), rows("C"))
        async with opened as site:
            assert [row.title for row in await site.list("allpages").collect()] == ["A", "B", "C"]
        requests = [sent(request) for request in transport.requests]
        assert [(r.get("meta"), r.get("uiprop")) for r in requests] == [
            ("userinfo", "rights"),
            (None, None),
            (None, None),
        ]
        assert [r["aplimit"] for r in requests] == ["500", limit, limit]


async def test_c5_a_request_that_asks_for_the_account_leaves_other_limits_to_the_wiki() -> None:
    page = {"pageid": 1, "ns": 0, "title": "A"}
    account = {"userinfo": {"name": "Bot", "rights": ["apihighlimits"]}}
    opened, transport = scripted_site(
        {"batchcomplete": True, "query": {"pages": [page], **account}},
        {"batchcomplete": True, "query": {"pages": [page]}},
    )
    async with opened as site:
        for _ in range(2):
            (batch,) = [batch async for batch in site.query(titles="A", prop="links", meta="siteinfo").batches()]
            assert "userinfo" not in batch.meta
            assert "userinfo" not in batch.body["query"]
    assert [sent(request)["pllimit"] for request in transport.requests] == ["max", "5000"]
    assert [sent(request)["meta"] for request in transport.requests] == ["siteinfo|userinfo", "siteinfo"]


@pytest.mark.parametrize("query", [{"meta": "userinfo"}, {"uiprop": "groups"}, {"smaxage": 60}])
async def test_c5_a_query_that_cannot_ask_for_the_account_is_preceded_by_one_that_does(query: dict[str, Any]) -> None:
    account = {"userinfo": {"name": "Bot", "rights": ["apihighlimits"]}}
    page = {"batchcomplete": True, "query": {"pages": [{"pageid": 1, "ns": 0, "title": "A"}], **account}}
    opened, transport = scripted_site({"query": account}, page)
    async with opened as site:
        (batch,) = [batch async for batch in site.query(titles="A", prop="links", **query).batches()]
        assert batch.meta == account
    assert [sent(request).get("uiprop") for request in transport.requests] == ["rights", query.get("uiprop")]
    assert sent(transport.requests[1])["pllimit"] == "5000"


async def test_c5_a_query_that_cannot_ask_for_the_account_does_not_after_a_logout_either() -> None:
    account = {"userinfo": {"name": "Bot", "rights": []}}
    page = {"batchcomplete": True, "query": {"pages": [{"pageid": 1, "ns": 0, "title": "A"}], **account}}
    more = {"continue": {"gapcontinue": "B", "continue": "gapcontinue||userinfo"}}
    opened, transport = scripted_site({"query": account}, {**page, **more}, page)
    async with opened as site:
        async for batch in site.query(generator="allpages", meta="userinfo", uiprop="groups").batches():
            assert batch.meta == account
            await site.logout()
    assert [sent(request).get("uiprop") for request in transport.requests] == ["rights", "groups", "groups"]


async def test_c7_an_error_carries_the_cursor_of_the_last_item_given() -> None:
    opened, transport = scripted_site(rows("A", "B", next_title="C"), BROKEN, rows("C", "D"))
    got = []
    async with opened as site:
        stream = site.list("allpages")
        with pytest.raises(HttpError) as caught:
            async for row in stream:
                got.append(row.title)  # noqa: PERF401 - what came before the error counts
        assert caught.value.cursor is not None
        rest = await stream.resume(str(caught.value.cursor)).collect()
    assert [*got, *(row.title for row in rest)] == ["A", "B", "C", "D"]
    assert sent(transport.requests[-1])["apcontinue"] == "C"


async def test_c7_a_page_that_entered_the_batch_later_is_not_missed() -> None:
    opened, _ = scripted_site(rows("A", "B", "C"), rows("A", "Aa", "C", "D"))
    async with opened as site:
        stream = site.list("allpages")
        run = aiter(stream)
        assert [(await anext(run)).title for _ in range(2)] == ["A", "B"]
        assert [row.title for row in await stream.resume(run.cursor).collect()] == ["Aa", "C", "D"]


async def test_c7_rows_that_are_equal_are_counted() -> None:
    opened, _ = scripted_site(rows("A", "A", "A", "B"), rows("A", "A", "A", "B"))
    async with opened as site:
        stream = site.list("allpages")
        run = aiter(stream)
        assert [(await anext(run)).title for _ in range(2)] == ["A", "A"]
        assert [row.title for row in await stream.resume(run.cursor).collect()] == ["A", "B"]


async def test_c1_a_module_without_a_prefix_continues() -> None:
    opened, _ = scripted_site(
        {"continue": {"type": "csrf|watch", "continue": "-||"}, "query": {"tokens": {"patroltoken": "+"}}},
        {"batchcomplete": True, "query": {"tokens": {"csrftoken": "+", "watchtoken": "+"}}},
    )
    async with opened as site:
        batches = [batch.meta["tokens"] async for batch in site.query(meta="tokens").batches()]
    assert batches == [{"patroltoken": "+"}, {"csrftoken": "+", "watchtoken": "+"}]


async def test_c8_a_truncated_result_is_continued_and_not_reported() -> None:
    warned: list[object] = []
    truncated = {
        "continue": {"rvcontinue": "2", "continue": "||"},
        "warnings": [{"code": "truncatedresult", "text": "...", "module": "result"}],
        "query": {"pages": [{"pageid": 1, "ns": 0, "title": "A", "revisions": []}]},
    }
    whole = {
        "batchcomplete": True,
        "query": {"pages": [{"pageid": 1, "ns": 0, "title": "A", "revisions": [{"revid": 7}]}]},
    }
    transport = ScriptedTransport([truncated, whole])
    async with Site(API, user_agent=USER_AGENT, transport=transport, on_warning=warned.append) as site:
        (page,) = await site.query(titles="A", prop="revisions").collect()
    assert [revision.revid for revision in page.revisions] == [7]
    assert warned == []


async def test_c3_a_row_that_is_too_large_is_an_error_in_the_old_form_of_continuation_too() -> None:
    """The old form names no finished modules, so that they cannot be left out."""
    stuck = {
        "query-continue": {"revisions": {"rvcontinue": "1|7"}, "allpages": {"gapcontinue": "B"}},
        "warnings": [{"code": "truncatedresult", "text": "...", "module": "result"}],
        "query": {"pages": [{"pageid": 1, "ns": 0, "title": "A", "revisions": []}]},
    }
    opened, _ = scripted_site(stuck, stuck)
    async with opened as site:
        batches = site.query(generator="allpages", prop="revisions", rvprop="content", rawcontinue=True).batches()
        with pytest.raises(ResultTooLarge, match="revisions of 'A'"):
            await anext(batches)


async def test_c3_a_row_that_is_too_large_is_never_missing_without_an_error() -> None:
    """The page is moved while it is looked for, so that no page of the batch has the title in the error."""

    def stuck(*titles: str) -> dict[str, Any]:
        return {
            "continue": {"rvcontinue": "1|7", "continue": "||"},
            "warnings": [{"code": "truncatedresult", "text": "...", "module": "result"}],
            "query": {"pages": [{"pageid": number, "ns": 0, "title": name} for number, name in enumerate(titles, 1)]},
        }

    opened, _ = scripted_site(*[stuck("A", "B")] * 2, *[stuck("Moved")] * 2)
    async with opened as site:
        with pytest.raises(ResultTooLarge, match="revisions of 'Moved'"):
            await site.query(titles=["A", "B"], prop="revisions", rvprop="content").collect()


async def test_a_property_that_was_not_requested_raises_not_requested() -> None:
    pages = {"batchcomplete": True, "query": {"pages": [{"pageid": 1, "ns": 0, "title": "A"}]}}
    opened, _ = scripted_site(pages)
    async with opened as site:
        (page,) = await site.query(titles="A", prop="links").collect()
    assert page.links == ()
    with pytest.raises(NotRequested, match="add prop=categories"):
        _ = page.categories


async def test_a_response_that_does_not_fit_raises_an_error_with_the_key() -> None:
    opened, _ = scripted_site(
        {"batchcomplete": True, "query": {"allpages": [{"pageid": "seven", "ns": 0, "title": "A"}]}}
    )
    async with opened as site:
        with pytest.raises(ProtocolError, match="pageid"):
            await site.list("allpages").collect()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"titles": "A", "pageids": 1}, "exclude each other"),
        ({"generator": "allpages", "gaplimit": "many"}, "gaplimit"),
        ({"generator": "allpages", "limit": -1}, "limit=-1"),
        ({"generator": "allpages", "batch_size": 0}, "batch_size=0"),
        ({"titles": "A", "continue_": "x"}, r"stream\.resume"),
        ({"titles": "A", "format_": "xml"}, "set by the library"),
    ],
)
async def test_bad_arguments_are_refused_before_any_request(arguments: dict[str, object], message: str) -> None:
    opened, transport = scripted_site()
    async with opened as site:
        with pytest.raises(ValueError, match=message):
            site.query(**arguments)  # type: ignore[arg-type]  # on purpose
    assert transport.requests == []


async def test_a_site_that_is_not_open_raises_runtime_error() -> None:
    opened, transport = scripted_site()
    with pytest.raises(RuntimeError, match="async with"):
        opened.query(titles="A")
    async with opened:
        with pytest.raises(RuntimeError, match="open already"):
            await opened.__aenter__()
    assert transport.closed


async def test_without_a_stored_position_a_stream_begins_at_the_beginning() -> None:
    async with scripted_site(rows("A"))[0] as site:
        assert [row.title async for row in site.list("allpages").resume(None)] == ["A"]


async def test_a_position_of_another_type_is_refused() -> None:
    position: Any = 7
    async with scripted_site()[0] as site:
        with pytest.raises(TypeError, match="the cursor is of type int: give a Cursor, its text, or None"):
            site.list("allpages").resume(position)
