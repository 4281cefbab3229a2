"""Helpers for tests of logins: accounts, recorded events and requests, a check for leaked secrets, a scripted wiki."""

from __future__ import annotations

import logging
import re
import secrets
import traceback
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from functools import cache, partial
from pathlib import Path
from typing import Any, TypeVar

import anyio
import anyio.lowlevel
import pytest
from attrs import evolve

from mwclient_async import BotPassword, RetryPolicy, Site
from mwclient_async._http.messages import HttpRequest, HttpResponse
from mwclient_async.errors import MediaWikiError, ReplyLost
from mwclient_async.models.auth import Auth
from mwclient_async.models.events import Event, RequestFinished
from mwclient_async.testing import LocalWiki
from mwclient_async.testing.scripted import json_response, sent
from tests.conftest import USER_AGENT
from tests.support.lossy_transport import LossyTransport

E = TypeVar("E", bound=Event)

SECRET = re.compile("(?i)(password|token|secret)$")
"""The names of fields whose values are secret."""

TESTS = Path(__file__).parents[1]
"""The directory of the tests, whose own local variables may be secrets."""

LONG = 12
"""In characters: a shorter text is not a secret, or could appear by chance."""

TOKEN = "0123456789abcdef0123456789abcdef66aa00bb+\\"
"""What a token looks like, for scripted wikis."""


class EventLog(list[Event]):
    """The events of a site: ``Site(on_event=log.append)``."""

    def of(self, kind: type[E]) -> list[E]:
        """The events of one kind."""
        return [event for event in self if isinstance(event, kind)]

    def requests(self, label: str) -> int:
        """The number of requests sent with this label."""
        return sum(event.label == label for event in self.of(RequestFinished))


class RecordingTransport(LossyTransport):
    """Sends to a real wiki and records all requests and responses; calls ``before`` with each request first."""

    def __init__(self, before: Callable[[HttpRequest], object] = lambda _: None) -> None:
        super().__init__(lambda *_: None)
        self.before = before
        self.responses: list[HttpResponse] = []

    async def send(self, request: HttpRequest) -> HttpResponse:
        self.before(request)
        self.responses.append(await super().send(request))
        return self.responses[-1]


def asserted_user(request: HttpRequest) -> str:
    """The account that a request asserts, or "user" for any account, or nothing."""
    parameters = sent(request)
    return parameters.get("assertuser") or parameters.get("assert", "")


@cache
def bot(wiki: LocalWiki, name: str) -> BotPassword:
    """Create an account with a bot password. Blocks: call it from fixtures, not inside an event loop."""
    password(wiki, name)
    return anyio.run(wiki.create_bot_password, name)


@cache
def password(wiki: LocalWiki, name: str) -> str:
    """Create an account; return its password. Blocks: call it from fixtures."""
    return anyio.run(wiki.create_user, name)


def site(wiki: LocalWiki, **options: Any) -> Site:
    """A Site of this wiki."""
    return Site(wiki.api_url, user_agent=USER_AGENT, **options)


async def whoami(site: Site) -> str:
    """The user name that the wiki reports for the site."""
    return str((await site.call("query", meta="userinfo"))["query"]["userinfo"]["name"])


async def editors(site: Site, *titles: str) -> set[str]:
    """The authors of the latest revisions of these pages; "" for a missing page."""
    pages = await site.pages(titles=titles, prop="revisions", rvprop="user").collect()
    return {page.revisions[0].user or "?" if page.status.value == "ok" else "" for page in pages}


def fresh(word: str) -> str:
    """A title that no other test uses."""
    return f"{word} {secrets.token_hex(4)}"


async def run_concurrently(work: Callable[[int], Awaitable[object]], *, number: int = 50) -> list[Exception]:
    """Run the work ``number`` times concurrently; return the errors that it raised."""
    errors: list[Exception] = []

    async def one(n: int) -> None:
        try:
            await work(n)
        except Exception as error:  # noqa: BLE001 - the test checks it
            errors.append(error)

    async with anyio.create_task_group() as tasks:
        for n in range(number):
            tasks.start_soon(partial(one, n))
    return errors


class SecretRecorder(RecordingTransport):
    """Collects every secret that is sent or received. Truncates responses to ``cut``, drops those to ``dropped``."""

    cut = "nothing"
    dropped = "nothing"

    async def send(self, request: HttpRequest) -> HttpResponse:
        response = await super().send(request)
        if self.dropped in request.url:
            raise ReplyLost("dropped, for the test")
        return evolve(response, body=response.body[:-2]) if self.cut in request.url else response

    def secrets(self) -> Iterator[str]:
        """Passwords, codes, tokens, cookies, and headers that the caller added."""
        for request in self.requests:
            yield from (
                value for name, value in sent(request).items() if re.search("(?i)(password|token|secret)$", name)
            )
            yield request.headers.get("authorization", "").removeprefix("Bearer ")
            yield from re.findall("=([^;]+)", request.headers.get("cookie", ""))
        for response in self.responses:
            yield from (re.split("[=;]", value)[1] for name, value in response.headers if name == "set-cookie")
            yield from (value.decode() for value in re.findall(rb'token":"([^"]+)"', response.body))


class LeakCheck:
    """Collects everything that a user, a log or a bug report could show, and looks for secrets in it."""

    def __init__(self, log: pytest.LogCaptureFixture) -> None:
        log.set_level(logging.DEBUG)
        self._log = log
        self._shown: list[str] = []
        self._secrets: set[str] = set()

    def know(self, *secrets: str) -> None:
        """Add secrets that may never be sent."""
        self._secrets.update(secret for secret in secrets if len(secret) >= LONG)

    def show(self, *things: object) -> None:
        """Add the representations of these."""
        self._shown += [look for thing in things for look in (repr(thing), str(thing))]

    def fail(self, error: BaseException, *, local_variables: bool = True) -> None:
        """Add an error, its attributes, its traceback with the local variables of all frames, and its causes."""
        self._shown += traceback.format_exception(error)
        if local_variables:
            self._shown += _local_variables(traceback.TracebackException.from_exception(error, capture_locals=True))
        led: BaseException | None = error
        while led is not None:
            self.show(led, led.args, vars(led) if isinstance(led, MediaWikiError) else "")
            led = led.__cause__ or led.__context__

    @asynccontextmanager
    async def visit(self, wiki: LocalWiki, **options: Any) -> AsyncIterator[tuple[Site, SecretRecorder]]:
        """Open a site; add its events, its requests and its attributes."""
        recorder = SecretRecorder()
        opened = site(wiki, transport=recorder, on_event=self.show, on_warning=self.show, **options)
        self.show(opened, *options.values())
        try:
            async with opened:
                yield opened, recorder
                session = opened._session
                self.show(
                    session, session.shared, session._request_builder, session._auth_state, session._auth_state.cookies
                )
        finally:
            self.show(
                *recorder.requests,
                *(request.body for request in recorder.requests if not isinstance(request.body, bytes)),
            )
            self.show(*recorder.responses)
            self.know(*recorder.secrets())

    async def refused(self, attempt: Callable[[], Awaitable[object]], *errors: type[Exception]) -> None:
        """Add the errors of an attempt that must fail."""
        with pytest.raises(errors or MediaWikiError) as caught:
            await attempt()
        self.fail(caught.value)

    async def shut_out(self, wiki: LocalWiki, auth: Auth, *errors: type[Exception], cut: str = "nothing") -> None:
        """Add the errors of a login that must fail."""
        async with self.visit(wiki, retry=RetryPolicy(attempts=1)) as (opened, recorder):
            recorder.cut = cut
            self.show(auth)
            await self.refused(lambda: opened.login(auth), *errors)

    def leaks(self) -> list[str]:
        """The secrets that can be seen, whole or in part."""
        text = "\n".join([*self._shown, *(record.getMessage() for record in self._log.records), self._log.text])
        return [secret for secret in self._secrets if any(piece in text for piece in _pieces(secret))]

    def check(self, *, at_least: int) -> None:
        """Assert that nothing leaks, and that each secret would be found in a log, an event, a value and an error."""
        leaks = self.leaks()
        assert not leaks, f"these can be seen: {leaks}"
        assert len(self._secrets) >= at_least, "the secrets were not found"
        assert len(self._log.records) > 20, "nothing was logged"
        for number, secret in enumerate(sorted(self._secrets)):
            planting = (self.show, lambda text: self.fail(ValueError(text)), logging.getLogger("httpcore").debug)
            planting[number % 3](f"<{secret}>")
        assert sorted(self.leaks()) == sorted(self._secrets), "a leak would not have been seen"


def _local_variables(shown: traceback.TracebackException) -> Iterator[str]:
    """What a bug report with local variables shows of this error and its causes, except for the frames of tests."""
    for frame in shown.stack:
        if TESTS not in Path(frame.filename).parents:
            for name, value in (frame.locals or {}).items():
                yield f"{frame.filename}:{frame.lineno} {name}={value}"
    inner = shown.__cause__ or (None if shown.__suppress_context__ else shown.__context__)
    if inner is not None:
        yield from _local_variables(inner)


def _pieces(secret: str) -> Iterator[str]:
    yield secret.removesuffix("+\\")
    if len(secret) > 100:  # the beginning of an access token is public
        yield from (secret[at : at + 24] for at in range(60, len(secret) - 24, 12))


class ScriptedLoginWiki:
    """A scripted wiki with one session and one set of tokens, which a test can invalidate at any time.

    ``come`` counts the requests so far by their label: their action, ``*`` for tokens. ``hold`` lets those of a label,
    or for a title, wait until ``release``. The tokens of the next ``refused_edits`` edits are refused. It answers
    edits, queries, tokens and logins.
    """

    def __init__(self) -> None:
        self.password = "right"
        self.come: Counter[str] = Counter()
        self._held: dict[str, anyio.Event] = {}
        self.most = 0
        self.refused_edits = 0
        self.answers: dict[str, HttpResponse | dict[str, Any]] = {}
        self._flying = 0
        self._session = 0
        self._tokens = 0

    def lose_session(self) -> None:
        """Invalidate the session."""
        self._session += 1

    def refuse_tokens(self) -> None:
        """Invalidate the tokens sent so far."""
        self._tokens += 1

    def hold(self, label: str) -> None:
        """Hold back responses to requests of this label."""
        self._held[label] = anyio.Event()

    def release(self, label: str) -> None:
        """Send the held responses, and do not hold later ones."""
        self._held.pop(label).set()

    async def send(self, request: HttpRequest) -> HttpResponse:
        parameters = sent(request)
        label = parameters.get("type") or parameters.get("action", request.url)
        held = self._held.get(parameters.get("title", label))
        self.come[label] += 1
        self._flying += 1
        self.most = max(self.most, self._flying)
        try:
            if held is not None:
                await held.wait()
            await anyio.lowlevel.checkpoint()
            answer = self.answers.get(label) or self._answer(label, parameters, request.headers.get("cookie", ""))
        finally:
            self._flying -= 1
        return answer if isinstance(answer, HttpResponse) else json_response(answer)

    async def aclose(self) -> None:
        """Do nothing."""

    def _answer(self, label: str, parameters: dict[str, str], cookie: str) -> HttpResponse | dict[str, Any]:
        if label == "login":
            return self._log_in(parameters)
        known = f"wiki_session={self._session}" in cookie
        if "assert" in parameters and not known:
            return _refusal("assertuserfailed")
        if label == "*":
            return {"query": {"tokens": {"csrftoken": self._token() if known else "+\\"}}}
        if label == "edit" and (self.refused_edits or parameters["token"] != self._token()):
            self.refused_edits = max(0, self.refused_edits - 1)
            return _refusal("badtoken")
        return {label: {"result": "Success"}}

    def _log_in(self, parameters: dict[str, str]) -> HttpResponse | dict[str, Any]:
        if "lgpassword" not in parameters:
            return {"query": {"tokens": {"logintoken": TOKEN}}}
        if parameters["lgpassword"] != self.password:
            return {"login": {"result": "Failed", "reason": {"code": "wrongpassword", "text": "Incorrect."}}}
        cookie = ("set-cookie", f"wiki_session={self._session}; path=/")
        return json_response({"login": {"result": "Success", "lgusername": "Robot"}}, headers=[cookie])

    def _token(self) -> str:
        return f"{self._session:016x}{self._tokens:016x}+\\"


def _refusal(code: str) -> dict[str, Any]:
    return {"errors": [{"code": code, "text": "Refused.", "module": "main"}]}


async def make_tag(site: Site, tag: str) -> None:
    """Create a change tag that can be used immediately.

    The wiki caches its list of tags for a moment, so this waits until the tag is in it.
    """
    await site.call("managetags", operation="create", tag=tag)
    while tag not in {known.name async for known in site.list("tags")}:
        pass
