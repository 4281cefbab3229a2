"""The data that is added to a refusal of the REST API, and what happens if it cannot be found."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from mwclient_async._rest.refusals import with_details
from mwclient_async.errors import ApiError, ApiErrorItem, PermissionDenied, class_for
from tests.support.scripted_flow import Answer, Script

FILTERS = [{"id": 1, "description": "No shouting"}, {"id": 2, "description": "No links"}]


def refusal(code: str, text: str = "It matched: No links") -> ApiError:
    return class_for(code)((ApiErrorItem(code=code, text=text, module="rest", data={"httpCode": 400}),), status=400)


def row(description: str, filter_id: str = "") -> Mapping[str, Any]:
    return {"filter": description, "filter_id": filter_id, "result": "warn,tag"}


def log(*rows: Mapping[str, Any], filters: list[dict[str, Any]] = FILTERS) -> Answer:
    return {"query": {"abuselog": list(rows), "abusefilters": filters}}


def details(error: ApiError, answer: Answer) -> ApiError:
    script = Script(answer)
    found = script.run(with_details(error, "Title", creating=True))
    assert not any(request.write for request in script.requests)
    return found


@pytest.mark.parametrize("filter_id", ["", "2"])
def test_a_filter_is_named_by_the_row_of_the_log_that_fits_the_text(filter_id: str) -> None:
    error = refusal("abusefilter-warning")
    found = details(error, log(row("No shouting"), row("No links", filter_id)))
    assert found.data == {
        "httpCode": 400,
        "abusefilter": {"id": "2", "description": "No links", "actions": ["warn", "tag"]},
    }
    assert (type(found), found.code, found.status) == (type(error), error.code, 400)


@pytest.mark.parametrize(
    ("code", "answer"),
    [
        pytest.param("abusefilter-warning", log(row("No shouting")), id="no row fits"),
        pytest.param("abusefilter-warning", log(), id="empty log"),
        pytest.param("abusefilter-warning", log(row("No links"), filters=[FILTERS[1]] * 2), id="two filters fit"),
        pytest.param("abusefilter-warning", {"query": {"abuselog": None}}, id="odd shape"),
        pytest.param("abusefilter-warning", {}, id="empty"),
        pytest.param(
            "abusefilter-disallowed",
            PermissionDenied((ApiErrorItem(code="permissiondenied"),)),
            id="the account may not read the log",
        ),
        pytest.param("titleblacklist-forbidden", {"titleblacklist": {"result": "ok"}}, id="no entry any longer"),
        pytest.param("blocked", {"query": {}}, id="no account"),
    ],
)
def test_without_the_data_the_refusal_stays_as_it_is(code: str, answer: Answer) -> None:
    error = refusal(code)
    assert details(error, answer) is error


def test_the_entry_of_the_title_list_is_as_the_action_api_sends_it() -> None:
    answer = {"titleblacklist": {"result": "blacklisted", "message": "own-message", "line": "A&amp;.*"}}
    found = details(refusal("titleblacklist-forbidden"), answer)
    assert found.data["line"] == "A&.*"
    assert found.data["message"] == {"key": "own-message", "params": ["A&.*", "Title"]}


def test_other_refusals_cost_no_request() -> None:
    error = refusal("protectedpage")
    assert Script().run(with_details(error, "Title", creating=False)) is error
