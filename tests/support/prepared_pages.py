"""A transport that plays a wiki of prepared pages, whose responses a test can hold back, and tasks that load them."""

from __future__ import annotations

import zlib
from collections.abc import Awaitable, Callable, Iterable, Mapping
from functools import partial
from typing import Any

import anyio
from attrs import define

from mwclient_async import ConnectionFailed, HttpRequest, HttpResponse, MediaWikiError
from mwclient_async.testing.scripted import json_response, sent

KINDS = ("titles", "pageids", "revids")


class PreparedPages:
    """Every title is a page, but for those that begin with "No" (missing), or are empty or begin with "<" (invalid).

    ``asked`` are the titles or ids of each request, ``ended`` is the number of responses, ``most`` the largest number
    of requests in flight. Responses wait for ``release``, which is set at first. ``faults`` are errors, or whole
    bodies, of the requests with these numbers.
    """

    def __init__(self, *rights: str) -> None:
        self._rights = list(rights)
        self._in_flight = 0
        self.faults: dict[int, MediaWikiError | Mapping[str, Any]] = {}
        self.asked: list[list[str]] = []
        self.ended = 0
        self.most = 0
        self.release = anyio.Event()
        self.release.set()

    def hold(self) -> None:
        """Hold all responses back."""
        self.release = anyio.Event()

    async def send(self, request: HttpRequest) -> HttpResponse:
        params = sent(request)
        kind = next((kind for kind in KINDS if kind in params), "")
        if not kind:
            raise ConnectionFailed("this wiki has nothing but pages")
        self.asked.append(params[kind].removeprefix("\x1f").split("\x1f" if "\x1f" in params[kind] else "|"))
        number = len(self.asked)
        self._in_flight += 1
        self.most = max(self.most, self._in_flight)
        try:
            await anyio.lowlevel.checkpoint()
            await self.release.wait()
        finally:
            self._in_flight -= 1
        self.ended += 1
        fault = self.faults.get(number)
        if isinstance(fault, MediaWikiError):
            raise fault
        return json_response(fault or self._body(kind, self.asked[number - 1], params))

    def _body(self, kind: str, values: list[str], params: Mapping[str, str]) -> Mapping[str, Any]:
        account = {"userinfo": {"name": "B", "rights": self._rights}} if params.get("meta") == "userinfo" else {}
        pages = [_page(kind, value) for value in values]
        return {"batchcomplete": True, "query": {"pages": pages, **account}}

    async def aclose(self) -> None:
        pass


def _page(kind: str, value: str) -> Mapping[str, Any]:
    if kind == "titles" and value[:1] in {"", "<"}:
        return {"title": value, "invalid": True, "invalidreason": "It is not valid."}
    if kind == "titles" and value.startswith("No"):
        return {"ns": 0, "title": value, "missing": True}
    text = {"slots": {"main": {"contentmodel": "wikitext", "content": f"Text of {value}"}}}
    revid = int(value) if kind == "revids" else 7
    pageid = int(value) if kind == "pageids" else 1000 + zlib.crc32(f"{kind}{value}".encode())
    return {"pageid": pageid, "ns": 0, "title": value, "revisions": [{"revid": revid, **text}]}


@define
class Outcomes:
    """What the calls of several tasks returned or raised, by the name of the call."""

    values: dict[object, Any]

    def errors(self) -> dict[object, Exception]:
        """Those that are errors."""
        return {name: value for name, value in self.values.items() if isinstance(value, Exception)}

    async def record(self, name: object, call: Callable[[], Awaitable[Any]]) -> None:
        """Call, and note the result or the error."""
        try:
            self.values[name] = await call()
        except Exception as error:  # noqa: BLE001 - the test looks at it
            self.values[name] = error


async def load_all(load: Callable[[Any], Awaitable[Any]], inputs: Iterable[Any]) -> Outcomes:
    """Load each input in a task of its own, all at the same moment."""
    outcomes = Outcomes({})
    async with anyio.create_task_group() as tasks:
        for value in inputs:
            tasks.start_soon(outcomes.record, value, partial(load, value))
    return outcomes
