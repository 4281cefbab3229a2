"""A result that is a refusal, although the wiki did not send it as an error.

It has the form ``{"result": "Failure", "errors": [...]}``. Some actions answer so, for example ``filerevert`` and
``emailuser``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import evolve, frozen

from mwclient_async._http.conversion import structurer
from mwclient_async.errors import ApiError, ApiErrorItem, class_for


@frozen(kw_only=True)
class _ErrorList:
    errors: tuple[ApiErrorItem, ...] = ()


def failure_error(action: str, result: Mapping[str, Any]) -> ApiError:
    """The error for such a result of an action, by the code that the wiki sends."""
    items = structurer(_ErrorList)(result).errors
    first = (
        items[0] if items else ApiErrorItem(code="unknownerror", text=f"the wiki's result is {result.get('result')!r}")
    )
    found = tuple(evolve(item, module=item.module or action) for item in items or (first,))
    return class_for(first.code)(found)
