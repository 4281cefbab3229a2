"""Which results of writes are refusals, and which errors they become."""

from __future__ import annotations

from typing import Any

import pytest

from mwclient_async._http.failure_results import refusal_in
from mwclient_async.errors import (
    AbuseFilter,
    ApiError,
    CaptchaRequired,
    LoginFailed,
    LoginThrottled,
    Refused,
    UploadError,
)

CAPTCHA = {"result": "Failure", "captcha": {"type": "simple", "id": "1", "question": "57-8"}}
ERRORS = [{"code": "hookaborted", "text": "No.", "module": "emailuser"}]


def row(name: str, action: str, result: Any, cls: type[ApiError], code: str) -> Any:
    return pytest.param(action, result, cls, code, id=name)


@pytest.mark.parametrize(
    ("action", "result", "cls", "code"),
    [
        row("captcha", "edit", CAPTCHA, CaptchaRequired, "captcha"),
        row("captcha behind another action", "visualeditoredit", {"result": "error", "edit": CAPTCHA},
            CaptchaRequired, "captcha"),
        row("old form of a filter", "edit", {"result": "Failure", "code": "abusefilter-warning", "info": "No."},
            AbuseFilter, "abusefilter-warning"),
        row("hook", "edit", {"result": "Failure", "code": "spam-thing", "info": "No."}, Refused, "spam-thing"),
        row("no reason", "edit", {"result": "Failure"}, Refused, "unknownerror"),
        row("a word that no version knows", "edit", {"result": "Later"}, Refused, "unknownerror"),
        row("errors", "emailuser", {"result": "Failure", "errors": ERRORS}, Refused, "hookaborted"),
        row("no errors", "filerevert", {"result": "Failure"}, ApiError, "unknownerror"),
        row("upload", "upload", {"result": "Failure", "0": "No."}, UploadError, "unknownerror"),
        row("wrong password", "login", {"result": "Failed", "reason": {"code": "wrongpassword", "text": "No."}},
            LoginFailed, "wrongpassword"),
        row("no code", "login", {"result": "Aborted", "reason": "Cannot log in."}, LoginFailed, "aborted"),
        row("throttled", "clientlogin", {"status": "FAIL", "messagecode": "login-throttled", "message": "Wait."},
            LoginThrottled, "login-throttled"),
        row("account", "createaccount", {"status": "FAIL", "messagecode": "captcha-createaccount-fail"},
            CaptchaRequired, "captcha-createaccount-fail"),
        row("nothing was hidden", "revisiondelete", {"status": "Fail", "errors": ERRORS}, Refused, "hookaborted"),
        row("an extension's", "review", {"result": "error", "info": "No."}, ApiError, "unknownerror"),
    ],
)  # fmt: skip
def test_w2_a_result_that_is_not_a_success_is_a_refusal(
    action: str, result: Any, cls: type[ApiError], code: str
) -> None:
    refused = refusal_in(action, result)
    assert (type(refused), refused and refused.code) == (cls, code)


@pytest.mark.parametrize(
    ("action", "result"),
    [
        ("edit", {"result": "Success", "nochange": True}),
        ("emailuser", {"result": "Warnings", "warnings": ERRORS}),
        ("upload", {"result": "Continue", "offset": 5}),
        ("upload", {"result": "Poll"}),
        ("login", {"result": "NeedToken", "token": "x"}),
        ("createaccount", {"status": "UI", "requests": []}),
        ("pagetriageaction", {"result": "done"}),
        ("revisiondelete", {"status": "Success", "items": []}),
        ("move", {"from": "A", "to": "B"}),
        ("watch", [{"title": "A", "watched": True}]),
        ("thank", {"success": 1}),
    ],
)
def test_other_results_are_no_refusals(action: str, result: Any) -> None:
    assert refusal_in(action, result) is None


def test_a_refusal_has_the_result_as_its_data() -> None:
    refused = refusal_in("visualeditoredit", {"result": "error", "edit": CAPTCHA})
    assert refused is not None
    assert refused.data["captcha"] == CAPTCHA["captcha"]
