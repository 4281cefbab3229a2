"""A wiki in memory that lists titles: what the units of a crawl are tested with, request by request."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import field, frozen

from mwclient_async import HttpRequest, HttpResponse
from mwclient_async.testing.scripted import json_response, sent

API = "https://wiki.example/w/api.php"
AGENT = "T/1 (t@example.org)"
_ACCOUNT = {"id": 0, "name": "192.0.2.1", "anon": True, "rights": []}


@frozen
class TitleWiki:
    """A transport: ``generator=allpages`` and ``pageids`` of these titles, in the order of their bytes."""

    titles: list[str]
    requests: list[Mapping[str, str]] = field(factory=list)

    async def send(self, request: HttpRequest) -> HttpResponse:
        params = sent(request)
        self.requests.append(params)
        query: dict[str, Any] = {"userinfo": _ACCOUNT} if "userinfo" in params.get("meta", "") else {}
        if "pageids" in params:
            pages = [self._by_id(int(number)) for number in params["pageids"].split("|")]
            return json_response({"batchcomplete": True, "query": {**query, "pages": pages}})
        found = [title for title in sorted(self.titles, key=str.encode) if _is_in(title.replace(" ", "_"), params)]
        limit = int(params["gaplimit"])
        pages = [{"pageid": self.titles.index(title) + 1, "ns": 0, "title": title} for title in found[:limit]]
        body: dict[str, Any] = {"batchcomplete": True, "query": {**query, "pages": pages}}
        if len(found) > limit:
            body["continue"] = {"gapcontinue": found[limit].replace(" ", "_"), "continue": "gapcontinue||"}
        return json_response(body)

    async def aclose(self) -> None:
        """It has nothing to close."""

    def _by_id(self, number: int) -> dict[str, Any]:
        if number > len(self.titles):
            return {"pageid": number, "missing": True}
        return {"pageid": number, "ns": 0, "title": self.titles[number - 1]}


def _is_in(key: str, params: Mapping[str, str]) -> bool:
    at = key.encode()
    low = max(params.get("gapfrom", "").encode(), params.get("gapcontinue", "").encode())
    return at >= low and ("gapto" not in params or at <= params["gapto"].encode())
