"""ScriptedTransport: a transport with prepared responses, for what a real wiki cannot be made to send."""

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
"""One step: a JSON body, a whole HttpResponse, an error to raise, or a function of the request that returns one."""


_BEGINNING = 1_767_225_600.0  # seconds since 1970


class ScriptedTransport:
    """Answers each request with the next step of its script; a request after the last step is an error.

    ::

        transport = ScriptedTransport([{"query": {"userinfo": {"name": "127.0.0.1", "anon": True, "rights": []}}}])
        async with Site(api_url, user_agent=..., transport=transport) as site:
            ...
        transport.assert_done()

    ``requests`` holds all requests so far.
    """

    def __init__(self, script: Iterable[Scripted] = ()) -> None:
        self._script = deque(script)
        self.requests: list[HttpRequest] = []
        self.closed: bool = False

    async def send(self, request: HttpRequest) -> HttpResponse:
        """Return the response of the next step, or raise its error.

        Raises:
            AssertionError: the script has no more steps.
        """
        self.requests.append(request)
        if not self._script:
            raise AssertionError(f"the script has no response for this request: {request.method} {request.url}")
        step = self._script.popleft()
        if isinstance(request.body, MultipartBody):
            await request.body.read(request.body.part.offset, request.body.part.length)
        if request.on_sent is not None:
            request.on_sent()
        if isinstance(step, MediaWikiError):
            raise step
        response = step if isinstance(step, Mapping | HttpResponse) else step(request)
        return response if isinstance(response, HttpResponse) else json_response(response)

    async def aclose(self) -> None:
        """Set ``closed``."""
        self.closed = True

    def assert_done(self) -> None:
        """Raise AssertionError if steps of the script are left."""
        assert not self._script, f"{len(self._script)} steps of the script were not used"


class ScriptedClock:
    """A clock that does not wait: a sleep only moves its time forward. ``slept`` holds all sleeps so far, in seconds.

    ``draw`` is the jitter of every wait, from 0 (none) to just below 1 (the longest).
    """

    def __init__(self, *, draw: float = 0.0) -> None:
        self._draw = draw
        self._now = 0.0
        self.slept: list[float] = []

    def now(self) -> float:
        """Return the seconds that have passed."""
        return self._now

    def timestamp(self) -> float:
        """Return the beginning of the year 2026, and the seconds that have passed since, in seconds since 1970."""
        return _BEGINNING + self._now

    def draw(self) -> float:
        """Return the jitter."""
        return self._draw

    def pass_by(self, seconds: float) -> None:
        """Move the time forward by so many seconds."""
        self._now += seconds

    async def sleep(self, seconds: float) -> None:
        """Move the time forward, and let other tasks run."""
        self.slept.append(seconds)
        self._now += seconds
        await anyio.lowlevel.checkpoint()


def json_response(body: Any, *, status: int = 200, headers: Iterable[tuple[str, str]] = ()) -> HttpResponse:
    """Return a response with this JSON body."""
    kind = ("content-type", "application/json; charset=utf-8")
    return HttpResponse(status=status, headers=(kind, *headers), body=json.dumps(body).encode())


def sent(request: HttpRequest) -> dict[str, str]:
    """Return all parameters of a request, from its URL and its form."""
    form = request.body.decode("ascii") if isinstance(request.body, bytes) else ""
    return dict(
        parse_qsl(urlsplit(request.url).query, keep_blank_values=True) + parse_qsl(form, keep_blank_values=True)
    )
