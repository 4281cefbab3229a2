"""W5 and W6: which requests wait when the wiki says "not now", and what a site shares with its siblings."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, nullcontext
from itertools import pairwise
from typing import Any

import anyio
import anyio.lowlevel
import pytest

from mwclient_async import HttpOptions, Limits, OAuth2Token, RetryPolicy, Site
from mwclient_async._http.messages import HttpRequest, HttpResponse
from mwclient_async._session.authenticator import LoginLock
from mwclient_async._session.rate_limits import Pauses
from mwclient_async.errors import (
    ConnectionFailed,
    HttpError,
    MaxlagExceeded,
    MediaWikiError,
    RateLimited,
    ReadOnly,
    Unavailable,
)
from mwclient_async.models.events import Paused, Retrying
from mwclient_async.testing.scripted import Scripted, ScriptedClock, ScriptedTransport, json_response, sent
from tests.conftest import USER_AGENT
from tests.support.logins import TOKEN, EventLog, ScriptedLoginWiki, run_concurrently

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
    """Follows its script, and then answers any request. ``arrivals`` are the times of the requests.

    The first ``together`` requests are answered when all of them have come.
    """

    def __init__(self, *script: Scripted, together: int = 1) -> None:
        super().__init__(script)
        self.clock = ScriptedClock()
        self.arrivals: list[float] = []
        self._together = together
        self._assembled = anyio.Event()

    async def send(self, request: HttpRequest) -> HttpResponse:
        self.arrivals.append(self.clock.now())
        if len(self.arrivals) == self._together:
            self._assembled.set()
        await self._assembled.wait()
        if not self._script:
            self._script.append({"query": {"tokens": {"csrftoken": TOKEN}}, "edit": {}, "revisions": []})
        return await super().send(request)


@asynccontextmanager
async def visiting(wiki: Wiki, **options: Any) -> AsyncIterator[tuple[Site, Site]]:
    """A site and its sibling. By default, refused requests are not sent again."""
    options = {"retry": RetryPolicy(attempts=1), **options}
    site = Site(API, user_agent=USER_AGENT, transport=wiki, clock=wiki.clock, **options)
    async with site, site.sibling(OTHER) as sibling:
        yield site, sibling


# Which requests wait -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("follower", ["same action", "other action", "rest", "sibling"])
@pytest.mark.parametrize(
    ("response", "error", "seconds", "who_waits"),
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
async def test_w5_a_refusal_pauses_the_requests_of_its_scope_only(
    follower: str, response: Scripted, error: type[Exception], seconds: float, who_waits: set[str]
) -> None:
    wiki, events = Wiki(response), EventLog()
    async with visiting(wiki, on_event=events.append) as (site, sibling):
        with pytest.raises(error):
            await site.call("query")
        if follower == "rest":
            await site.rest.history("Earth").collect()
        else:
            await (sibling if follower == "sibling" else site).call("parse" if "other" in follower else "query")
    assert wiki.arrivals == [0, seconds if follower in who_waits else 0]
    assert [event.seconds for event in events.of(Paused)] == ([seconds] if who_waits else [])


async def test_w5_a_pause_of_edits_applies_to_both_apis() -> None:
    latest = {"id": 2, "timestamp": "2026-11-21T12:00:00Z"}
    saved = {"id": 1, "key": "Earth", "title": "Earth", "latest": latest, "content_model": "wikitext", "source": "x"}
    page = {"query": {"pages": [{"pageid": 1, "ns": 0, "title": "Earth", "lastrevid": 1}]}}
    wiki = Wiki({"query": {"tokens": {"csrftoken": TOKEN}}}, refusal("ratelimited", SOON), {"parse": {}}, page, saved)
    async with visiting(wiki) as (site, _):
        with pytest.raises(RateLimited):
            await site.call("edit")
        await site.call("parse")
        await site.rest.update_page("Earth", source="x", latest=1)
    assert wiki.arrivals == [0, 0, 0, 0, 7]


async def test_w5_each_pause_is_reported_once() -> None:
    """If three requests in flight are refused together, that is one pause."""
    wiki, events = Wiki(*[too_many(SOON) for _ in range(3)], too_many(("retry-after", "30")), together=3), EventLog()
    async with visiting(wiki, on_event=events.append) as (site, _):
        assert len(await run_concurrently(lambda _: site.call("query"), number=3)) == 3
        with pytest.raises(HttpError):
            await site.call("query")
    assert ([event.seconds for event in events.of(Paused)], wiki.arrivals) == ([7, 30], [0, 0, 0, 7])


async def test_w1_a_refused_read_is_sent_again_after_the_pause() -> None:
    wiki, events = Wiki(too_many(SOON), refusal("maxlag", ("retry-after", "30"))), EventLog()
    async with visiting(wiki, retry=RetryPolicy(), on_event=events.append) as (site, _):
        await site.call("query")
    assert wiki.arrivals == [0, 7, 37]
    assert [(event.attempt, event.after, event.cause) for event in events.of(Retrying)] == [
        (1, 7, "HttpError"),
        (2, 30, "MaxlagExceeded maxlag"),
    ]


async def test_w5_if_a_pause_is_longer_than_the_deadline_all_waiting_requests_raise() -> None:
    wiki = Wiki(*[too_many(("retry-after", "3600")) for _ in range(3)], together=3)
    async with visiting(wiki, retry=RetryPolicy(deadline=60, longest_pause=3600)) as (site, sibling):
        errors = await run_concurrently(lambda n: (site if n % 2 else sibling).call("query"))
        wiki.clock.pass_by(100)
        errors += await run_concurrently(lambda _: site.call("parse"), number=1)
    assert ([type(error) for error in errors], len(wiki.requests), wiki.clock.slept) == ([HttpError] * 51, 3, [])
    assert [getattr(error, "retry_after", None) for error in errors] == [3600] * 50 + [3500]
    assert "of 3500 s more" in str(errors[-1])


@pytest.mark.parametrize("asked", ["99999999", "9" * 400, "Fri, 31 Dec 9999 23:59:59 GMT"])
@pytest.mark.parametrize("refused", ["429", "ratelimited", "maxlag", "readonly"])
async def test_w5_a_wiki_is_tried_again_after_the_longest_pause_whatever_it_asks_for(refused: str, asked: str) -> None:
    wait = (("date", "Sat, 21 Nov 2026 12:00:00 GMT"), ("retry-after", asked))
    wiki, events = Wiki(too_many(*wait) if refused == "429" else refusal(refused, *wait)), EventLog()
    policy = RetryPolicy(longest_pause=120, attempts=1)
    async with visiting(wiki, retry=policy, on_event=events.append) as (site, sibling):
        with pytest.raises((HttpError, Unavailable)):
            await site.call("query")
        await (sibling if refused == "429" else site).call("query")
    assert (wiki.arrivals, [event.seconds for event in events.of(Paused)]) == ([0, 120], [120])


async def test_w1_a_refused_request_itself_is_sent_again_after_the_longest_pause() -> None:
    wiki = Wiki(too_many(("retry-after", "99999999")), HttpError("busy", status=503, retry_after=1e300))
    async with visiting(wiki, retry=RetryPolicy(longest_pause=100)) as (site, _):
        await site.call("query")
    assert wiki.arrivals == [0, 100, 200]


async def test_w5_a_request_raises_if_the_pause_ends_after_its_deadline() -> None:
    """The time that the request has waited already counts."""
    wiki = Wiki(too_many(("retry-after", "40")), too_many(("retry-after", "40")))
    async with visiting(wiki, retry=RetryPolicy(deadline=60)) as (site, _):
        with pytest.raises(HttpError):
            await site.call("query")
    assert (wiki.arrivals, wiki.clock.slept) == ([0, 40], [40])


# What is shared ------------------------------------------------------------------------------------------------------


async def test_w6_siblings_share_the_requests_in_flight() -> None:
    scripted_wiki = ScriptedLoginWiki()
    async with (
        Site(API, user_agent=USER_AGENT, transport=scripted_wiki) as site,
        site.sibling(OTHER) as one,
        site.sibling(OTHER) as two,
    ):
        sites = (site, one, two)
        assert await run_concurrently(lambda n: sites[n % 3].call("query")) == []
    assert (scripted_wiki.most, scripted_wiki.come) == (3, Counter(query=50))


async def test_writes_are_spaced_by_the_write_interval_and_reads_do_not_wait() -> None:
    wiki = Wiki()
    async with visiting(wiki, limits=Limits(write_interval=10)) as (site, sibling):
        for _ in range(3):
            await site.call("edit")
            await site.call("query")
        await site.call("purge", titles="Earth")
        await sibling.call("edit")  # another wiki
    times = [(sent(request)["action"], time) for request, time in zip(wiki.requests, wiki.arrivals, strict=True)]
    assert [time for action, time in times if action == "edit"] == [0, 10, 20, 20]
    assert [time for action, time in times if action != "edit"] == [0, 0, 10, 20, 20, 20]


async def test_writes_that_waited_for_a_slot_are_spaced_as_well() -> None:
    """Another request has the only slot, until the turns of all writes have passed."""
    wiki, limits = Wiki(), Limits(write_interval=10, concurrency=1)
    async with visiting(wiki, limits=limits, auth=OAuth2Token(token="t")) as (site, _):
        await site.call("edit")
        async with anyio.create_task_group() as tasks, site._session.shared.slots.take():
            for _ in range(3):
                tasks.start_soon(site.call, "edit")
            await anyio.wait_all_tasks_blocked()
            wiki.clock.pass_by(100)
    times = [
        time
        for request, time in zip(wiki.requests, wiki.arrivals, strict=True)
        if sent(request).get("action") == "edit"
    ]
    assert len(times) == 4
    assert min(later - before for before, later in pairwise(times)) >= 10


async def test_siblings_do_not_share_the_login() -> None:
    """They share no cookies (even of the same host), no OAuth tokens and no headers of HttpOptions."""
    cookie, header = ("set-cookie", "wiki_session=1; path=/"), (("Authorization", "Basic geheim"),)
    same_host = API.replace("/w/", "/v/")
    for options in ({"auth": OAuth2Token(token="geheim")}, {"http": HttpOptions(headers=header)}):
        wiki = Wiki(json_response({"query": {}}, headers=[cookie]))
        async with visiting(wiki, **options) as (site, sibling), site.sibling(same_host) as same_host_sibling:
            for visited in (site, site, sibling, same_host_sibling):
                await visited.call("query")
        shown = [(request.headers.get("authorization"), request.headers.get("cookie")) for request in wiki.requests]
        secret = "Bearer geheim" if "auth" in options else "Basic geheim"
        assert shown == [(secret, None), (secret, "wiki_session=1"), (None, None), (None, None)]


async def test_an_oauth_login_is_shared_on_request() -> None:
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


async def test_a_sibling_does_not_close_the_connections_of_its_site() -> None:
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


# Pauses and the login lock by themselves -----------------------------------------------------------------------------


class InterruptedClock(ScriptedClock):
    """Calls ``meanwhile`` during the first sleep."""

    meanwhile: Callable[[], object] = staticmethod(lambda: None)

    async def sleep(self, seconds: float) -> None:
        self.meanwhile()
        self.meanwhile = lambda: None
        await super().sleep(seconds)


@pytest.mark.parametrize(("max_wait", "waited"), [(30, 30), (29, 12)])
async def test_a_pause_that_is_extended_during_a_wait_is_waited_for(max_wait: float, waited: float) -> None:
    clock = InterruptedClock()
    pauses, error = Pauses(clock), HttpError("Busy", status=429)
    assert [pauses.begin(("farm",), seconds, error) for seconds in (10, 12, 5)] == [True, False, False]
    clock.meanwhile = lambda: pauses.begin(("farm",), 30, error)
    with nullcontext() if waited == max_wait else pytest.raises(HttpError, match="of 18 s more"):
        await pauses.wait([("wiki",), ("farm",)], max_wait=max_wait)
    assert (clock.now(), pauses.is_any_active([("farm",)])) == (waited, waited != max_wait)
    assert pauses.begin(("wiki",), 1, error)


async def test_a_login_takes_the_lock_after_the_last_request_and_releases_it_when_cancelled() -> None:
    lock, steps = LoginLock(), list[str]()
    finish = anyio.Event()

    async def share(name: str, work: Callable[[], Any] = anyio.lowlevel.checkpoint) -> None:
        async with lock.shared():
            steps.append(name)
            await work()

    async def hold(scope: anyio.CancelScope) -> None:
        with scope:
            async with lock.exclusive():
                steps.append("exclusive")

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(share, "first", finish.wait)
        await anyio.wait_all_tasks_blocked()
        scopes: Sequence[anyio.CancelScope] = [anyio.CancelScope() for _ in range(3)]
        for scope in scopes:
            tasks.start_soon(hold, scope)
        tasks.start_soon(share, "second")
        await anyio.wait_all_tasks_blocked()
        scopes[0].cancel()
        await anyio.wait_all_tasks_blocked()
        assert steps[0] == "first"
        finish.set()
    assert (steps[0], sorted(steps[1:])) == ("first", ["exclusive", "exclusive", "second"])
    async with lock.exclusive():
        pass
