"""W5 and W6 over several processes: Sites that share their limits. Each Site stands for a process of its own.

The processes themselves are in ``tests/dask``.
"""

from __future__ import annotations

import pickle
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from itertools import pairwise
from typing import Any

import anyio
import anyio.lowlevel
import pytest
from attrs import frozen

from mwclient_async import BotPassword, HttpError, Limits, LimitsUnavailable, RetryPolicy, SharedPause, Site, SiteClosed
from mwclient_async._http.messages import HttpRequest, HttpResponse, StreamedResponse
from mwclient_async._session import http_exchange
from mwclient_async.models.events import Paused
from mwclient_async.testing.scripted import Scripted, ScriptedClock, ScriptedTransport, json_response, sent
from tests.conftest import USER_AGENT
from tests.support.logins import TOKEN, EventLog, ScriptedLoginWiki, run_concurrently
from tests.support.shared_limits import InMemoryLimits

API = "https://wiki.example.org/w/api.php"
ONE = Limits(concurrency=1)
SOON = (("content-type", "text/html"), ("retry-after", "7"))
TOO_MANY = HttpResponse(status=429, headers=SOON, body=b"Too many requests")
MAXLAG = json_response({"errors": [{"code": "maxlag", "text": "Not now.", "module": "main"}]}, headers=SOON[1:])
LARGE = json_response({"query": {"text": "x" * 600_000}})


@frozen
class EmptyFile:
    """A response without a body."""

    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()

    async def pieces(self) -> AsyncIterator[bytes]:
        yield b""


class Wiki(ScriptedTransport):
    """Follows its script, and then answers any request. ``arrivals`` are the times of the requests."""

    def __init__(self, *script: Scripted) -> None:
        super().__init__(script)
        self.clock = ScriptedClock()
        self.limits = InMemoryLimits(self.clock)
        self.arrivals: list[float] = []
        self.answer: Callable[[], Any] = anyio.lowlevel.checkpoint

    async def send(self, request: HttpRequest) -> HttpResponse:
        self.arrivals.append(self.clock.now())
        if not self._script:
            self._script.append({"query": {"tokens": {"csrftoken": TOKEN}}, "edit": {}})
        response = await super().send(request)
        await self.answer()
        return response

    @asynccontextmanager
    async def stream(self, _request: HttpRequest) -> AsyncIterator[StreamedResponse]:
        self.arrivals.append(self.clock.now())
        yield EmptyFile()

    def site(self, **options: Any) -> Site:
        """One process."""
        options = {"retry": RetryPolicy(attempts=1), "limits": ONE, "shared_limits": self.limits, **options}
        return Site(API, user_agent=USER_AGENT, transport=self, clock=self.clock, **options)


async def test_w6_all_processes_together_have_no_more_requests_in_flight_than_allowed() -> None:
    wiki, limits = ScriptedLoginWiki(), InMemoryLimits(ScriptedClock())
    async with AsyncExitStack() as opened:
        sites = [
            await opened.enter_async_context(
                Site(API, user_agent=USER_AGENT, transport=wiki, limits=Limits(concurrency=4 - n), shared_limits=limits)
            )
            for n in range(3)
        ]
        assert await run_concurrently(lambda n: sites[n % 3].call("query")) == []
    assert (wiki.most, wiki.come["query"], limits.coordinator.in_flight) == (2, 50, 0)


async def test_w6_every_request_takes_a_slot_and_gives_it_back() -> None:
    """Those of a login, too, and one whose response is decoded in a thread."""
    wiki = ScriptedLoginWiki()
    limits = InMemoryLimits(ScriptedClock())
    auth = BotPassword(name="A@b", password="right")
    async with Site(API, user_agent=USER_AGENT, transport=wiki, auth=auth, shared_limits=limits) as site:
        await site.call("query")
    sends = sum(wiki.come.values())
    assert sends > 1
    assert [limits.calls.count(name) for name in ("acquire", "release")] == [sends, sends]


async def test_w6_a_large_response_is_decoded_after_its_slot_is_free(monkeypatch: pytest.MonkeyPatch) -> None:
    wiki, in_flight = Wiki(LARGE), list[int]()

    async def decode(function: Callable[[], Any]) -> Any:
        in_flight.append(wiki.limits.coordinator.in_flight)
        return function()

    monkeypatch.setattr(http_exchange, "run_in_thread", decode)
    async with wiki.site() as site:
        assert len((await site.call("query"))["query"]["text"]) == 600_000
    assert (in_flight, wiki.limits.calls) == ([0], ["connect", "acquire", "release", "aclose"])


async def test_w3_a_token_that_changes_during_the_wait_for_a_slot_is_not_sent() -> None:
    wiki, arrived, answer = Wiki(), anyio.Event(), anyio.Event()
    async with wiki.site() as site, wiki.site() as other, anyio.create_task_group() as tasks:
        await site.call("edit")

        async def hold() -> None:
            arrived.set()
            await answer.wait()

        wiki.answer = hold
        tasks.start_soon(lambda: other.call("query"))
        await arrived.wait()
        tasks.start_soon(lambda: site.call("edit"))
        await anyio.wait_all_tasks_blocked()
        site._session._auth_state.tokens["csrf"] = "another+\\"
        answer.set()
    assert [sent(request).get("token") for request in wiki.requests[1:]] == [TOKEN, None, "another+\\"]


async def test_w5_and_w6_a_download_takes_a_slot_and_waits_for_the_pauses_of_others() -> None:
    wiki = Wiki(TOO_MANY)
    async with wiki.site() as first, wiki.site() as second:
        with pytest.raises(HttpError):
            await first.call("query")
        async with second._session.stream_file("https://files.example.org/Earth.tif", {}):
            assert wiki.limits.coordinator.in_flight == 1
    assert (wiki.arrivals, wiki.limits.coordinator.in_flight) == ([0, 7], 0)


@pytest.mark.parametrize("is_alone", [True, False])
async def test_w5_a_download_waits_for_a_pause_that_begins_while_it_waits_for_its_slot(*, is_alone: bool) -> None:
    wiki, arrived, answer = Wiki(TOO_MANY), anyio.Event(), anyio.Event()

    async def hold() -> None:
        arrived.set()
        await answer.wait()

    wiki.answer = hold
    async with wiki.site(shared_limits=None if is_alone else wiki.limits) as site, anyio.create_task_group() as tasks:

        async def is_refused() -> None:
            with pytest.raises(HttpError):
                await site.call("query")

        async def download() -> None:
            async with site._session.stream_file("https://files.example.org/Earth.tif", {}):
                pass

        tasks.start_soon(is_refused)
        await arrived.wait()
        tasks.start_soon(download)
        await anyio.wait_all_tasks_blocked()
        answer.set()
    assert wiki.arrivals[1] >= 7  # the scripted clock may move on before the others learn of the pause


async def test_w5_a_download_that_is_refused_pauses_the_requests_of_all() -> None:
    wiki = Wiki()
    async with wiki.site() as first, wiki.site() as second:
        with pytest.raises(HttpError):
            async with first._session.stream_file("https://files.example.org/Earth.tif", {}):
                raise HttpError("Too many requests", status=429, retry_after=7)
        await second.call("query")
    assert wiki.arrivals == [0, 7]


@pytest.mark.parametrize("refusal", [TOO_MANY, MAXLAG], ids=["429", "maxlag"])
async def test_w5_a_refusal_of_one_process_pauses_all_before_any_of_them_sends_again(refusal: HttpResponse) -> None:
    wiki, events = Wiki(refusal), EventLog()
    async with wiki.site() as first, wiki.site(on_event=events.append) as second, anyio.create_task_group() as tasks:

        async def is_refused() -> None:
            with pytest.raises((HttpError, Exception), match=r"Too many|Not now"):
                await first.call("query")

        tasks.start_soon(is_refused)
        await anyio.lowlevel.checkpoint()
        tasks.start_soon(lambda: second.call("query"))  # waits for the slot of the first
        tasks.start_soon(lambda: second.call("parse"))
    assert wiki.arrivals == [0, 7, 7]
    assert wiki.limits.calls.index("begin_pause") < wiki.limits.calls.index("release")
    assert [(event.scope, event.seconds) for event in events.of(Paused)] == [
        ("farm" if refusal is TOO_MANY else "wiki", 7)
    ]


async def test_w5_a_process_that_comes_later_waits_for_the_rest_of_the_pause() -> None:
    wiki = Wiki(TOO_MANY)
    async with wiki.site() as first:
        with pytest.raises(HttpError):
            await first.call("query")
    wiki.clock.pass_by(3)
    async with wiki.site() as second:
        await second.call("query")
    assert (wiki.arrivals, wiki.clock.slept) == ([0, 7], [4])


async def test_w5_a_pause_longer_than_the_deadline_raises_the_refusal_of_the_other_process() -> None:
    wiki = Wiki(TOO_MANY)
    async with wiki.site() as first, wiki.site(retry=RetryPolicy(deadline=5)) as second:
        with pytest.raises(HttpError):
            await first.call("query")
        with pytest.raises(HttpError, match=r"not sent, because of a pause of 7 s more.*429") as caught:
            await second.call("query")
    assert (wiki.arrivals, caught.value.retry_after) == ([0], 7)


async def test_the_writes_of_all_processes_keep_the_write_interval() -> None:
    wiki = Wiki()
    limits = Limits(write_interval=10)
    async with wiki.site(limits=limits) as first, wiki.site(limits=limits) as second:
        for site in (first, second, first):
            await site.call("edit")
            await site.call("query")
    times = [
        time for request, time in zip(wiki.requests, wiki.arrivals, strict=True) if sent(request)["action"] == "edit"
    ]
    assert times == [0, 10, 20]


async def test_writes_that_waited_for_a_shared_slot_are_spaced_as_well() -> None:
    """Another process has the only slot, until the turns of all writes have passed."""
    wiki = Wiki()
    limits, coordinator = Limits(write_interval=10, concurrency=1), wiki.limits.coordinator
    async with wiki.site(limits=limits) as first, wiki.site(limits=limits) as second:
        for site in (first, second):
            await site.call("edit")  # it knows the token now
        coordinator.join("another", 1)
        coordinator.ask("another", 0, (), wiki.clock.now())
        async with anyio.create_task_group() as tasks:
            for site in (first, second):
                tasks.start_soon(site.call, "edit")
            await anyio.wait_all_tasks_blocked()
            wiki.clock.pass_by(100)
            wiki.limits.deliver(coordinator.leave("another", wiki.clock.now()))
    times = [
        time for request, time in zip(wiki.requests, wiki.arrivals, strict=True) if sent(request)["action"] == "edit"
    ]
    assert len(times) == 4
    assert min(later - before for before, later in pairwise(times)) >= 10


# Failures ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("action", ["query", "edit"])
async def test_if_the_limits_cannot_be_asked_nothing_is_sent(action: str) -> None:
    wiki = Wiki()
    async with wiki.site() as site:
        await site.call("edit")  # it knows the token now
        wiki.limits.broken.add("acquire")
        with pytest.raises(LimitsUnavailable, match=r"nothing was sent.*OSError: no one listens"):
            await site.call(action)
        wiki.limits.broken.clear()
        await site.call(action)
    assert [sent(request)["action"] for request in wiki.requests] == ["query", "edit", action]


async def test_if_the_turn_of_a_write_cannot_begin_it_is_not_sent_and_gives_its_slot_back() -> None:
    wiki = Wiki()
    async with wiki.site(limits=Limits(write_interval=10)) as site:
        wiki.limits.broken.add("begin_turn")
        with pytest.raises(LimitsUnavailable, match=r"nothing was sent.*OSError: no one listens"):
            await site.call("edit")
        assert wiki.limits.coordinator.in_flight == 0
    assert [sent(request)["action"] for request in wiki.requests] == ["query"]  # the token


async def test_the_limits_are_asked_again_by_the_retry_policy() -> None:
    wiki = Wiki()
    wiki.limits.broken.add("acquire")
    async with wiki.site(retry=RetryPolicy(attempts=3)) as site:
        with pytest.raises(LimitsUnavailable):
            await site.call("query")
    assert (wiki.limits.calls.count("acquire"), wiki.requests) == (3, [])


async def test_a_site_does_not_open_without_its_shared_limits() -> None:
    wiki = Wiki()
    wiki.limits.broken.add("connect")
    with pytest.raises(LimitsUnavailable):
        await wiki.site().open()
    assert wiki.closed


@pytest.mark.parametrize("broken", ["release", "begin_pause", "aclose"])
async def test_a_response_is_returned_even_if_what_follows_it_fails(broken: str) -> None:
    wiki = Wiki({"query": {"a": 1}}, TOO_MANY)
    wiki.limits.broken.add(broken)
    async with wiki.site(limits=Limits(concurrency=2)) as site:
        assert await site.call("query") == {"query": {"a": 1}}
        with pytest.raises(HttpError):
            await site.call("query")


# Cancellation --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("after", range(12))
@pytest.mark.parametrize("is_busy", [False, True])
async def test_w7_a_request_that_is_cancelled_at_any_time_leaves_no_slot_taken(after: int, *, is_busy: bool) -> None:
    """It is cancelled after so many steps of the event loop; another process holds the slot, or does not."""
    wiki = Wiki()
    async with wiki.site() as site, wiki.site() as other, anyio.create_task_group() as tasks:
        if is_busy:
            tasks.start_soon(lambda: other.call("query"))
        with anyio.CancelScope() as scope:
            tasks.start_soon(cancel_after, scope, after)
            await site.call("query")
        await anyio.wait_all_tasks_blocked()
        assert wiki.limits.coordinator.in_flight == 0
        await site.call("query")
    assert wiki.limits.coordinator.holders == frozenset()


async def cancel_after(scope: anyio.CancelScope, steps: int) -> None:
    for _ in range(steps):
        await anyio.lowlevel.checkpoint()
    scope.cancel()


async def test_w7_closing_a_site_ends_its_wait_for_a_slot() -> None:
    wiki, arrived, answer = Wiki(), anyio.Event(), anyio.Event()

    async def hold() -> None:
        arrived.set()
        await answer.wait()

    wiki.answer = hold
    async with wiki.site() as other, anyio.create_task_group() as tasks:
        tasks.start_soon(lambda: other.call("query"))
        await arrived.wait()
        waiting = await wiki.site().open()
        async with anyio.create_task_group() as ending:

            async def ends() -> None:
                with pytest.raises(SiteClosed):
                    await waiting.call("query")

            ending.start_soon(ends)
            await anyio.wait_all_tasks_blocked()
            await waiting.aclose()
        answer.set()
    assert len(wiki.requests) == 1


# Values --------------------------------------------------------------------------------------------------------------


def test_a_pause_can_be_sent_to_another_process() -> None:
    pause = SharedPause(("farm",), 7.0, HttpError("Too many requests", status=429, retry_after=7))
    copy = pickle.loads(pickle.dumps(pause))
    assert (copy.key, copy.seconds, str(copy.error), copy.error.status) == (("farm",), 7.0, str(pause.error), 429)
