"""Results that are refusals, although the wiki did not send them as errors.

==========================================================  ==========================================================
form                                                        who sends it
==========================================================  ==========================================================
``{"result": "Failure", "captcha": {...}}``                 ``edit``: the wiki wants a captcha solved
``{"result": "Failure", "code": ..., "info": ...}``         ``edit``: an extension refuses the edit
``{"result": "Failure", "errors": [...]}``                  ``emailuser``, ``filerevert``
``{"result": "error", "edit": {"result": "Failure"...}}``   an action of an extension that edits through ``edit``
``{"result": "Failed", "reason": {"code": ...}}``           ``login``
``{"status": "FAIL", "messagecode": ...}``                  ``clientlogin``, ``createaccount``, ``linkaccount``
``{"status": "Fail", "errors": [...]}``                     ``revisiondelete``, if nothing could be changed
==========================================================  ==========================================================

The words that MediaWiki's own actions use for a success are known, so any other word of theirs is a refusal. Extensions
have words of their own ("done"), so theirs is a refusal only if it says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import evolve, frozen

from mwclient_async._http.conversion import structurer
from mwclient_async.errors import ApiError, ApiErrorItem, LoginFailed, Refused, UploadError, class_for

CAPTCHA, CAPTCHA_TEXT = "captcha", "The wiki wants a captcha solved first."
"""The code and the text of the error for an edit that needs a captcha; the wiki sends neither."""

_SUCCESSES: Mapping[str, frozenset[str]] = {  # the words of MediaWiki's own actions, by action
    "changecontentmodel": frozenset({"Success"}),
    "edit": frozenset({"Success"}),
    "emailuser": frozenset({"Success", "Warnings"}),
    "filerevert": frozenset({"Success"}),
    "login": frozenset({"Success", "NeedToken"}),
    "upload": frozenset({"Success", "Continue", "Poll", "Warning"}),
}
_FAILURES = frozenset({"aborted", "error", "fail", "failed", "failure"})
_CLASSES: Mapping[str, type[ApiError]] = {  # for codes that have no class, by action
    "clientlogin": LoginFailed,
    "edit": Refused,
    "login": LoginFailed,
    "upload": UploadError,
}


@frozen(kw_only=True)
class _ErrorList:
    errors: tuple[ApiErrorItem, ...] = ()


def refusal_in(action: str, result: Any) -> ApiError | None:
    """The error for the result of a write, if it says that the wiki did not execute the write; else None."""
    if not isinstance(result, Mapping):
        return None
    words = _SUCCESSES.get(action)
    word = result.get("result")
    if isinstance(word, str) and (word not in words if words is not None else word.casefold() in _FAILURES):
        return _refusal(action, result)
    status = result.get("status")
    return _refusal(action, result) if isinstance(status, str) and status.casefold() in _FAILURES else None


def _refusal(action: str, result: Mapping[str, Any]) -> ApiError:
    inner = result.get("edit")
    if isinstance(inner, Mapping) and "result" in inner:
        return _refusal("edit", inner)
    if listed := structurer(_ErrorList)({"errors": result.get("errors") or ()}).errors:
        return class_for(listed[0].code)(tuple(evolve(item, module=item.module or action) for item in listed))
    code, text = _code_and_text(result)
    cls = class_for(code)
    if cls is ApiError:
        cls = _CLASSES.get(action, ApiError)
    return cls((ApiErrorItem(code=code, text=text, module=action, data=result),))


def _code_and_text(result: Mapping[str, Any]) -> tuple[str, str]:
    """What a result without a list of errors says."""
    if "captcha" in result:
        return CAPTCHA, CAPTCHA_TEXT
    word = result.get("result", result.get("status"))
    reason = result.get("reason")
    details = reason if isinstance(reason, Mapping) else {"text": reason}
    code = result.get("messagecode") or result.get("code") or details.get("code")
    if not code and "reason" in result:
        code = str(word).lower()  # action=login gives no code with some of its results
    text = result.get("message") or result.get("info") or details.get("text")
    return str(code or "unknownerror"), str(text or f"the wiki's result is {word!r}")
