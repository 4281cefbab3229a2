"""What a truncated response has lost: the wiki does not say which of the modules it has cut."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from mwclient_async._http.messages import ApiRequest, ApiResponse
from mwclient_async._session.response_checks import checked_warnings
from mwclient_async._values.warnings import ApiWarning
from mwclient_async.errors import ResultTooLarge

CUT = ApiWarning(module="result", code="truncatedresult", text="...")
LISTED = {"allpages": [{"pageid": 1, "ns": 0, "title": "A"}]}
NEXT = {"apcontinue": "B", "continue": "-||{}"}


def check(meta: str, body: Mapping[str, Any], **sent: str) -> None:
    params = {"action": "query", "list": "allpages", "meta": meta, "continue": "", **sent}
    response = ApiResponse(body={"batchcomplete": True, **body}, warnings=(CUT,))
    assert list(checked_warnings(ApiRequest(params=params, continues=True), response)) == []


def continued(finished: str, **values: object) -> dict[str, Any]:
    return {"continue": {**NEXT, "continue": f"-||{finished}"}, "query": {**LISTED, **values}}


WHOLE = {
    "its only value is there": ("userinfo", continued("userinfo", userinfo={"id": 1})),
    "its only value is there under another name": ("filerepoinfo", continued("filerepoinfo", repos=[])),
    "it can continue, and has finished": ("siteinfo", continued("siteinfo", general={})),
    "it continues by itself": ("notifications", continued("", notifications={})),
    "it continues in the old form": (
        "notifications",
        {"query-continue": {"notifications": {"notcontinue": "2"}}, "query": LISTED},
    ),
}


@pytest.mark.parametrize("case", WHOLE)
def test_c8_a_module_beside_a_list_that_was_cut_is_whole(case: str) -> None:
    meta, body = WHOLE[case]
    check(meta, body, **({"rawcontinue": "1"} if "query-continue" in body else {}))


def test_c8_a_module_that_was_finished_before_is_not_cut() -> None:
    check("notifications", continued("notifications"), **{"continue": "-||notifications"})


LOST = {
    "its only value is absent": ("siteinfo|userinfo", continued("siteinfo|userinfo"), "userinfo"),
    "nothing is known of it": ("notifications", continued("notifications", notifications={}), "notifications"),
    "in the old form": (
        "filerepoinfo",
        {"query-continue": {"allpages": {"apcontinue": "B"}}, "query": LISTED},
        "filerepoinfo",
    ),
    "nothing continues": ("userinfo", {"query": LISTED}, "userinfo"),
}


@pytest.mark.parametrize("case", LOST)
def test_c8_a_module_that_may_have_been_cut_for_good_raises_an_error(case: str) -> None:
    meta, body, module = LOST[case]
    with pytest.raises(ResultTooLarge) as caught:
        check(meta, body, **({"rawcontinue": "1"} if "query-continue" in body else {}))
    assert caught.value.module == module
