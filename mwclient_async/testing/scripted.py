"""ScriptedTransport: a transport that plays a script, for what a real wiki cannot be made to do."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import anyio.lowlevel

from mwclient_async._http.messages import HttpRequest, HttpResponse, MultipartBody
from mwclient_async.errors import MediaWikiError

Scripted = (
    Mapping[str, Any] | HttpResponse | MediaWikiError | Callable[[HttpRequest], "Mapping[str, Any] | HttpResponse"]
)
"""One step: a JSON body, a whole Response, an error to raise, or a function of the request that gives one of these."""


class ScriptedTransport:
    """Answers each request with the next step of its script, and fails on a request that the script does not have.

    ::

        transport = ScriptedTransport([{"query": {"userinfo": {"name": "127.0.0.1", "anon": True, "rights": []}}}])
        async with Site(api_url, user_agent=..., transport=transport) as site:
            ...
        transport.assert_done()

    ``requests`` are all requests so far.
    """

    def __init__(self, script: Iterable[Scripted] = ()) -> None:
        self._script = deque(script)
        self.requests: list[HttpRequest] = []
        self.closed = False

    async def send(self, request: HttpRequest) -> HttpResponse:
        """The next step's answer; AssertionError when there is none."""
        self.requests.append(request)
        if not self._script:
            raise AssertionError(f"a request that the script does not have: {request.method} {request.url}")
        step = self._script.popleft()
        if isinstance(request.body, MultipartBody):
            await request.body.read(request.body.part.offset, request.body.part.length)
        if request.on_sent is not None:
            request.on_sent()
        if isinstance(step, MediaWikiError):
            raise step
        answer = step if isinstance(step, Mapping | HttpResponse) else step(request)
        return answer if isinstance(answer, HttpResponse) else json_response(answer)

    async def aclose(self) -> None:
        """Note that the site was closed."""
        self.closed = True

    def assert_done(self) -> None:
        """AssertionError when a part of the script was not asked for."""
        assert not self._script, f"{len(self._script)} steps of the script were not asked for"


class ScriptedClock:
    """A clock on which waiting takes no time: it moves on by what was to be slept. ``slept`` are all waits so far.

    ``draw`` is the jitter of every wait, from 0 (none) up to, and not including, 1 (the longest).
    """

    def __init__(self, *, draw: float = 0.0) -> None:
        self._draw = draw
        self._now = 0.0
        self.slept: list[float] = []

    def now(self) -> float:
        """The seconds that were slept, or let pass."""
        return self._now

    def draw(self) -> float:
        """The jitter that was given."""
        return self._draw

    def pass_by(self, seconds: float) -> None:
        """Let so much time pass."""
        self._now += seconds

    async def sleep(self, seconds: float) -> None:
        """Move on, and let other tasks run."""
        self.slept.append(seconds)
        self._now += seconds
        await anyio.lowlevel.checkpoint()


def json_response(body: Any, *, status: int = 200, headers: Iterable[tuple[str, str]] = ()) -> HttpResponse:
    """A Response with this JSON body."""
    kind = ("content-type", "application/json; charset=utf-8")
    return HttpResponse(status=status, headers=(kind, *headers), body=json.dumps(body).encode())


def sent(request: HttpRequest) -> dict[str, str]:
    """All parameters of a request, from its URL and its form."""
    form = request.body.decode("ascii") if isinstance(request.body, bytes) else ""
    return dict(
        parse_qsl(urlsplit(request.url).query, keep_blank_values=True) + parse_qsl(form, keep_blank_values=True)
    )
