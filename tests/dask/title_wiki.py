"""A wiki in memory that lists titles: what the units of a crawl are tested with, request by request."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from attrs import field, frozen

from mwclient_async import HttpRequest, HttpResponse
from mwclient_async.testing.scripted import json_response, sent

API = "https://wiki.example/w/api.php"
AGENT = "T/1 (t@example.org)"
_ACCOUNT = {"id": 0, "name": "192.0.2.1", "anon": True, "rights": []}


@frozen
class TitleWiki:
    """A transport: ``generator=allpages``, ``list=random`` and ``pageids``. It sorts the titles by their bytes.

    ``before`` is called with each request. It may raise an error, or return something to wait for.
    """

    titles: list[str]
    requests: list[Mapping[str, str]] = field(factory=list)
    before: Callable[[Mapping[str, str]], object] = lambda _request: None

    async def send(self, request: HttpRequest) -> HttpResponse:
        params = sent(request)
        self.requests.append(params)
        if isinstance(waited := self.before(params), Awaitable):
            await waited
        query: dict[str, Any] = {"userinfo": _ACCOUNT} if "userinfo" in params.get("meta", "") else {}
        if "siteinfo" in params.get("meta", ""):
            found = {"general": {"dbtype": "sqlite"}, "namespaces": {"-1": {}, "0": {}, "4": {}}}
            return json_response({"batchcomplete": True, "query": {**query, **found}})
        if params.get("list") == "random":
            rows = [{"id": number, "ns": 0, "title": title} for number, title in enumerate(self.titles, start=1)]
            return json_response({"batchcomplete": True, "query": {**query, "random": rows}})
        if "pageids" in params:
            pages = [self._by_id(int(number)) for number in params["pageids"].split("|")]
            return json_response({"batchcomplete": True, "query": {**query, "pages": pages}})
        listed = [title for title in sorted(self.titles, key=str.encode) if _is_in(title.replace(" ", "_"), params)]
        limit = int(params["gaplimit"])
        pages = [{"pageid": self.titles.index(title) + 1, "ns": 0, "title": title} for title in listed[:limit]]
        body: dict[str, Any] = {"batchcomplete": True, "query": {**query, "pages": pages}}
        if len(listed) > limit:
            body["continue"] = {"gapcontinue": listed[limit].replace(" ", "_"), "continue": "gapcontinue||"}
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
