"""W5 and W6: who waits when the wiki says "not now", and what a site shares with its siblings."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, nullcontext
from typing import Any

import anyio
import anyio.lowlevel
import pytest

from mwclient_async import HttpOptions, Limits, OAuth2Token, RetryPolicy, Site
from mwclient_async._http.messages import HttpRequest, HttpResponse
from mwclient_async._session.login_lock import LoginLock
from mwclient_async._session.rate_limits import Pauses
from mwclient_async.errors import ConnectionFailed, HttpError, MaxlagExceeded, MediaWikiError, RateLimited, ReadOnly
from mwclient_async.models.events import Paused, Retrying
from mwclient_async.testing.scripted import Scripted, ScriptedClock, ScriptedTransport, json_response, sent
from tests.conftest import USER_AGENT
from tests.support.logins import TOKEN, Porter, Told, fifty

API = "https://wiki.example.org/w/api.php"
OTHER = "https://other.example.org/w/api.php"
SOON = ("retry-after", "7")
DATE = (("date", "Sat, 21 Nov 2026 12:00:00 GMT"), ("retry-after", "Sat, 21 Nov 2026 12:00:07 GMT"))
HTML = ("content-type", "text/html")


def refusal(code: str, *headers: tuple[str, str], status: int = 200) -> HttpResponse:
    errors = [{"code": code, "text": "Not now.", "module": "main"}]
    return json_response({"errors": errors}, headers=headers, status=status)


def too_many(*headers: tuple[str, str]) -> HttpResponse:
    return HttpResponse(status=429, headers=(HTML, *headers), body=b"Too many requests")


class Wiki(ScriptedTransport):
    """Plays its script, and then answers anything; it notes when each request came.

    ``together`` requests have to come before the first of them is answered.
    """

    def __init__(self, *script: Scripted, together: int = 1) -> None:
        super().__init__(script)
        self.clock = ScriptedClock()
        self.came: list[float] = []
        self._together = together
        self._assembled = anyio.Event()

    async def send(self, request: HttpRequest) -> HttpResponse:
        self.came.append(self.clock.now())
        if len(self.came) == self._together:
            self._assembled.set()
        await self._assembled.wait()
        if not self._script:
            self._script.append({"query": {"tokens": {"csrftoken": TOKEN}}, "edit": {}, "revisions": []})
        return await super().send(request)


@asynccontextmanager
async def visiting(wiki: Wiki, **options: Any) -> AsyncIterator[tuple[Site, Site]]:
    """A site and its sibling; by default, what is refused is not tried again."""
    options = {"retry": RetryPolicy(attempts=1), **options}
    site = Site(API, user_agent=USER_AGENT, transport=wiki, clock=wiki.clock, **options)
    async with site, site.sibling(OTHER) as sibling:
        yield site, sibling


# Who waits -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("follower", ["same action", "other action", "rest", "sibling"])
@pytest.mark.parametrize(
    ("answer", "error", "seconds", "who_waits"),
    [
        (too_many(SOON), HttpError, 7, {"same action", "other action", "rest", "sibling"}),
        (too_many(*DATE), HttpError, 7, {"same action", "other action", "rest", "sibling"}),
        (too_many(), HttpError, 5, {"same action", "other action", "rest", "sibling"}),
        (refusal("ratelimited", SOON, status=429), RateLimited, 7, {"same action", "other action", "rest", "sibling"}),
        (refusal("maxlag", SOON), MaxlagExceeded, 7, {"same action", "other action", "rest"}),
        (refusal("readonly"), ReadOnly, 5, {"same action", "other action", "rest"}),
        (refusal("ratelimited"), RateLimited, 5, {"same action"}),
        (HttpResponse(status=503, headers=(HTML, SOON), body=b"Busy"), HttpError, 0, set()),
        (refusal("permissiondenied", SOON), MediaWikiError, 0, set()),
        (ConnectionFailed("refused"), ConnectionFailed, 0, set()),
    ],
)
async def test_w5_a_refusal_stops_those_whom_it_concerns_and_nobody_else(
    follower: str, answer: Scripted, error: type[Exception], seconds: float, who_waits: set[str]
) -> None:
    wiki, told = Wiki(answer), Told()
    async with visiting(wiki, on_event=told.append) as (site, sibling):
        with pytest.raises(error):
            await site.call("query")
        if follower == "rest":
            await site.rest.history("Earth").collect()
        else:
            await (sibling if follower == "sibling" else site).call("parse" if "other" in follower else "query")
    assert wiki.came == [0, seconds if follower in who_waits else 0]
    assert [event.seconds for event in told.of(Paused)] == ([seconds] if who_waits else [])


async def test_w5_a_pause_of_edits_is_one_of_edits_by_either_api() -> None:
    latest = {"id": 2, "timestamp": "2026-11-21T12:00:00Z"}
    saved = {"id": 1, "key": "Earth", "title": "Earth", "latest": latest, "content_model": "wikitext", "source": "x"}
    wiki = Wiki({"query": {"tokens": {"csrftoken": TOKEN}}}, refusal("ratelimited", SOON), {"parse": {}}, saved)
    async with visiting(wiki) as (site, _):
        with pytest.raises(RateLimited):
            await site.call("edit")
        await site.call("parse")
        await site.rest.update_page("Earth", source="x", latest=1)
    assert wiki.came == [0, 0, 0, 7]


async def test_w5_each_pause_is_told_once() -> None:
    """Three requests that were in flight are refused together: that is one pause."""
    wiki, told = Wiki(*[too_many(SOON) for _ in range(3)], too_many(("retry-after", "30")), together=3), Told()
    async with visiting(wiki, on_event=told.append) as (site, _):
        assert len(await fifty(lambda _: site.call("query"), number=3)) == 3
        with pytest.raises(HttpError):
            await site.call("query")
    assert ([event.seconds for event in told.of(Paused)], wiki.came) == ([7, 30], [0, 0, 0, 7])


async def test_w1_a_read_that_was_refused_is_sent_again_when_the_pause_is_over() -> None:
    wiki, told = Wiki(too_many(SOON), refusal("maxlag", ("retry-after", "30"))), Told()
    async with visiting(wiki, retry=RetryPolicy(), on_event=told.append) as (site, _):
        await site.call("query")
    assert wiki.came == [0, 7, 37]
    assert [(event.attempt, event.after, event.cause) for event in told.of(Retrying)] == [
        (1, 7, "HttpError"),
        (2, 30, "MaxlagExceeded maxlag"),
    ]


async def test_w5_a_wait_beyond_the_deadline_raises_in_all_who_wait_and_sends_nothing() -> None:
    wiki = Wiki(*[too_many(("retry-after", "3600")) for _ in range(3)], together=3)
    async with visiting(wiki, retry=RetryPolicy(deadline=60)) as (site, sibling):
        errors = await fifty(lambda n: (site if n % 2 else sibling).call("query"))
        wiki.clock.pass_by(100)
        errors += await fifty(lambda _: site.call("parse"), number=1)
    assert ([type(error) for error in errors], len(wiki.requests), wiki.clock.slept) == ([HttpError] * 51, 3, [])
    assert [getattr(error, "retry_after", None) for error in errors] == [3600] * 50 + [3500]
    assert "not sent, for 3500 s more" in str(errors[-1])


async def test_w5_a_wait_that_would_end_after_the_deadline_of_a_call_ends_it() -> None:
    """What the call had waited for already counts."""
    wiki = Wiki(too_many(("retry-after", "40")), too_many(("retry-after", "40")))
    async with visiting(wiki, retry=RetryPolicy(deadline=60)) as (site, _):
        with pytest.raises(HttpError):
            await site.call("query")
    assert (wiki.came, wiki.clock.slept) == ([0, 40], [40])


# What is shared ------------------------------------------------------------------------------------------------------


async def test_w6_siblings_share_the_requests_in_flight() -> None:
    porter = Porter()
    async with (
        Site(API, user_agent=USER_AGENT, transport=porter) as site,
        site.sibling(OTHER) as one,
        site.sibling(OTHER) as two,
    ):
        sites = (site, one, two)
        assert await fifty(lambda n: sites[n % 3].call("query")) == []
    assert (porter.most, porter.come) == (3, Counter(query=50))


async def test_writes_keep_their_pace_and_reads_do_not_wait_for_them() -> None:
    wiki = Wiki()
    async with visiting(wiki, limits=Limits(write_interval=10)) as (site, sibling):
        for _ in range(3):
            await site.call("edit")
            await site.call("query")
        await site.call("purge", titles="Earth")
        await sibling.call("edit")  # another wiki
    times = [(sent(request)["action"], came) for request, came in zip(wiki.requests, wiki.came, strict=True)]
    assert [came for action, came in times if action == "edit"] == [0, 10, 20, 20]
    assert [came for action, came in times if action != "edit"] == [0, 0, 10, 20, 20, 20]


async def test_siblings_share_no_login() -> None:
    """Neither cookies, be they of the same host, nor OAuth tokens, nor headers of one's own."""
    cookie, header = ("set-cookie", "wiki_session=1; path=/"), (("Authorization", "Basic geheim"),)
    same_host = API.replace("/w/", "/v/")
    for options in ({"auth": OAuth2Token(token="geheim")}, {"http": HttpOptions(headers=header)}):
        wiki = Wiki(json_response({"query": {}}, headers=[cookie]))
        async with visiting(wiki, **options) as (site, sibling), site.sibling(same_host) as neighbour:
            for visited in (site, site, sibling, neighbour):
                await visited.call("query")
        shown = [(request.headers.get("authorization"), request.headers.get("cookie")) for request in wiki.requests]
        secret = "Bearer geheim" if "auth" in options else "Basic geheim"
        assert shown == [(secret, None), (secret, "wiki_session=1"), (None, None), (None, None)]


async def test_an_oauth_login_is_shared_when_that_is_asked_for() -> None:
    wiki = Wiki()
    async with visiting(wiki, auth=OAuth2Token(token="first")) as (site, _):
        async with site.sibling(OTHER, share_oauth=True) as sibling:
            await sibling.call("query")
        await site.login(OAuth2Token(token="second"))
        async with site.sibling(OTHER, share_oauth=True) as sibling:
            await sibling.call("query")
        with pytest.raises(ValueError, match="not both"):
            site.sibling(OTHER, share_oauth=True, auth=OAuth2Token(token="third"))
        await site.logout()
        with pytest.raises(ValueError, match="no OAuth login to share"):
            site.sibling(OTHER, share_oauth=True)
    assert [request.headers["authorization"] for request in wiki.requests] == ["Bearer first", "Bearer second"]


async def test_a_sibling_leaves_the_connections_to_the_site_that_it_came_from() -> None:
    wiki = Wiki()
    async with Site(API, user_agent=USER_AGENT, transport=wiki) as site:
        async with site.sibling(OTHER) as sibling:
            await sibling.call("query")
        await site.call("query")
        assert not wiki.closed
        later = site.sibling(OTHER)
    assert wiki.closed
    with pytest.raises(RuntimeError, match=r"Site\('https://wiki.*is not open"):
        await later.__aenter__()


# Gates and doors by themselves ---------------------------------------------------------------------------------------


class Restless(ScriptedClock):
    """While somebody sleeps, something happens, once."""

    meanwhile: Callable[[], object] = staticmethod(lambda: None)

    async def sleep(self, seconds: float) -> None:
        self.meanwhile()
        self.meanwhile = lambda: None
        await super().sleep(seconds)


@pytest.mark.parametrize(("patience", "waited"), [(30, 30), (29, 12)])
async def test_a_gate_that_is_closed_for_longer_while_one_waits_is_waited_for(patience: float, waited: float) -> None:
    clock = Restless()
    gates, error = Pauses(clock), HttpError("Busy", status=429)
    assert [gates.begin(("farm",), seconds, error) for seconds in (10, 12, 5)] == [True, False, False]
    clock.meanwhile = lambda: gates.begin(("farm",), 30, error)
    with nullcontext() if waited == patience else pytest.raises(HttpError, match="for 18 s more"):
        await gates.wait([("wiki",), ("farm",)], max_wait=patience)
    assert (clock.now(), gates.is_any_active([("farm",)])) == (waited, waited != patience)
    assert gates.begin(("wiki",), 1, error)


async def test_a_door_closes_behind_the_last_and_opens_again_whatever_happens() -> None:
    door, steps = LoginLock(), list[str]()
    leave = anyio.Event()

    async def guest(name: str, stay: Callable[[], Any] = anyio.lowlevel.checkpoint) -> None:
        async with door.shared():
            steps.append(name)
            await stay()

    async def keeper(scope: anyio.CancelScope) -> None:
        with scope:
            async with door.exclusive():
                steps.append("closed")

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(guest, "first", leave.wait)
        await anyio.wait_all_tasks_blocked()
        scopes: Sequence[anyio.CancelScope] = [anyio.CancelScope() for _ in range(3)]
        for scope in scopes:
            tasks.start_soon(keeper, scope)
        tasks.start_soon(guest, "second")
        await anyio.wait_all_tasks_blocked()
        scopes[0].cancel()
        await anyio.wait_all_tasks_blocked()
        assert steps[0] == "first"
        leave.set()
    assert (steps[0], sorted(steps[1:])) == ("first", ["closed", "closed", "second"])
    async with door.exclusive():
        pass
