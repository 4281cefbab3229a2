"""W2: whether a write may be sent again on a wiki with an abuse filter."""

from __future__ import annotations

from typing import Any

import pytest

from mwclient_async._http.flow import Flow, NewSession
from mwclient_async._http.messages import ApiResponse
from mwclient_async._session.abuse_log import find_obstacle
from mwclient_async.errors import ConnectionFailed, MediaWikiError, ProtocolError
from tests.support.scripted_flow import Answer, Script, refusal

FILTERED: dict[str, Any] = {"extensions": [{"name": "Abuse Filter"}], "userinfo": {"name": "Demo"}}
CLEAR: Answer = {"query": {"abuselog": []}}


def obstacle(query: dict[str, Any]) -> Flow[str]:
    return find_obstacle(query, title="Page", since="2026-01-01T00:00:00Z")


def test_w2_without_an_abuse_filter_nothing_is_asked() -> None:
    assert Script().run(obstacle({"extensions": [{"name": "Gadgets"}]})) == ""


def test_w2_a_response_that_does_not_list_the_extensions_does_not_say_that_there_is_no_filter() -> None:
    with pytest.raises(ProtocolError, match="does not list its extensions"):
        Script().run(obstacle({"userinfo": {"name": "Demo"}}))


@pytest.mark.parametrize("answer", [{}, {"query": {}}, {"query": {"abuselog": "x"}}, refusal("permissiondenied")])
def test_w2_a_log_that_cannot_be_read_is_an_obstacle(answer: Answer) -> None:
    assert "its log could not be read" in Script(answer).run(obstacle(FILTERED))


@pytest.mark.parametrize(
    ("account", "row", "is_ours"),
    [
        ({"name": "Demo"}, {"user": "Demo", "result": "warn"}, True),
        ({"name": "Demo"}, {"user": "Other", "result": "warn"}, False),
        ({"name": "192.0.2.1", "anon": True}, {"user": "~2026-1", "result": "warn"}, True),
        ({"name": "Demo"}, {"result": "warn"}, True),
        (None, {"user": "Demo", "result": "warn"}, True),
    ],
)
def test_w2_a_warning_counts_unless_it_is_known_to_be_another_users(
    account: dict[str, Any] | None, row: dict[str, Any], *, is_ours: bool
) -> None:
    found = Script({"query": {"abuselog": [row]}}).run(obstacle({**FILTERED, "userinfo": account}))
    assert ("has warned of it" in found) is is_ours


@pytest.mark.parametrize(
    ("begun", "reason"),
    [
        (True, ""),
        (False, "cannot begin another session"),
        (ConnectionFailed("refused"), "no other session could be begun"),
    ],
)
def test_w2_another_session_is_needed(begun: bool | MediaWikiError, reason: str) -> None:  # noqa: FBT001
    flow = obstacle(FILTERED)
    next(flow)
    assert isinstance(flow.send(ApiResponse(body=CLEAR)), NewSession)
    with pytest.raises(StopIteration) as end:
        flow.throw(begun) if isinstance(begun, MediaWikiError) else flow.send(ApiResponse(body=begun))
    assert reason in end.value.value
    assert bool(reason) is bool(end.value.value)


def test_w2_a_temporary_account_would_be_another_one_in_another_session() -> None:
    account = {"name": "~2026-1", "temp": True}
    assert "cannot begin another session" in Script(CLEAR).run(obstacle({**FILTERED, "userinfo": account}))
