"""Whether the account may upload under a title, asked before the chunks of a file are sent.

The wiki takes every chunk: it refuses a protected title when the file is published. ``intestactions`` gives the errors
of that. The wiki's answer about the account itself is left to the first chunk.

The manual's page is https://www.mediawiki.org/wiki/API:Info.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mwclient_async._http.flow import Flow
from mwclient_async._http.json_values import object_at, rows_at, text_at
from mwclient_async._http.messages import ApiRequest
from mwclient_async.errors import ApiErrorItem, Protected, TitleBlacklisted, class_for

TITLE_PARAMS = {"prop": "info", "intestactions": "edit|upload", "intestactionsdetail": "full"}
"""What a query for the page of a file asks, for :func:`raise_if_title_is_refused`."""


def check_title(filename: str) -> Flow[None]:
    """Raise Protected or TitleBlacklisted if the account may not upload under this name."""
    response = yield ApiRequest(params={"action": "query", "titles": f"File:{filename}", **TITLE_PARAMS})
    raise_if_title_is_refused(response.body)


def raise_if_title_is_refused(body: Any) -> None:
    """Raise the wiki's error if the response to a query with ``TITLE_PARAMS`` has one about the title."""
    for page in rows_at(body, "query", "pages"):
        actions = object_at(page, "actions")
        items = tuple(_item(found) for action in actions for found in rows_at(actions, action))
        for item in items:
            cls = class_for(item.code)
            if issubclass(cls, Protected | TitleBlacklisted):
                raise cls((item, *(other for other in items if other is not item)))


def _item(found: Mapping[str, Any]) -> ApiErrorItem:
    code, text = text_at(found, "code"), text_at(found, "text", default="")
    return ApiErrorItem(code=code, text=text, module="upload", data=object_at(found, "data"))
