"""Purge pages, watch them, mark their changes as seen: any number of pages."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import anyio
import anyio.lowlevel
import pytest

from mwclient_async import Site
from mwclient_async.errors import ContinuationLoop, NotLoggedIn, OutcomeUnknown, ReplyLost, UnrecognizedParameters
from mwclient_async.testing import LocalWiki
from mwclient_async.testing.scripted import sent
from tests.actions.conftest import Logins
from tests.support.actions import TOKENS, assert_refused, new_page, page_of, scripted
from tests.support.logins import EventLog, fresh, site as site_of

ANONYMOUS = {"query": {"userinfo": {"id": 0, "name": "127.0.0.1", "anon": True, "rights": []}}}


@pytest.mark.everywhere
async def test_each_page_has_its_result(steward: Site) -> None:
    first, second = await new_page(steward, prefix="Seen"), await new_page(steward, prefix="Seen")
    gone = fresh("Gone")
    titles = [first.replace(" ", "_"), second, gone, "A<", "Special:Log"]
    purged = {page.title: page for page in await steward.actions.purge(titles=titles, forcelinkupdate=True)}
    assert {title for title, page in purged.items() if page.purged and page.linkupdate} == {first, second}
    assert (purged[gone].missing, purged["Special:Log"].special, purged["A<"].invalid) == (True, True, True)
    assert purged["A<"].invalidreason is not None
    assert purged["A<"].invalidreason.code == "title-invalid-characters"
    watched = {page.title: page async for page in steward.actions.watch(titles=titles[:3], expiry="2 weeks")}
    assert all(page.watched and (page.expiry or "").endswith("Z") for page in watched.values())
    assert [watched[gone].missing, watched[first].missing] == [True, False]
    since = datetime(2024, 1, 2, tzinfo=UTC)
    notified = await steward.actions.setnotificationtimestamp(titles=[first, "Main Page"], timestamp=since)
    assert {(page.title, page.notificationtimestamp) for page in notified if not page.notwatched} >= {(first, since)}
    (seen,) = await steward.actions.setnotificationtimestamp(titles=first)
    assert (seen.title, seen.notwatched, seen.notificationtimestamp) == (first, False, None)
    (off,) = await steward.actions.watch(titles=first, unwatch=True)
    assert (off.unwatched, off.watched, off.expiry) == (True, False, None)


async def test_pages_can_be_given_by_their_ids(steward: Site) -> None:
    title = await new_page(steward)
    page = await page_of(steward, title, prop="revisions", rvprop="ids|timestamp")
    revid = page.revisions[0].revid or 0
    (one, none) = sorted(await steward.actions.purge(pageids=[page.pageid or 0, 9_999_999]), key=lambda p: p.missing)
    assert (one.title, one.purged, none.pageid, none.missing, none.title) == (title, True, 9_999_999, True, "")
    results = await steward.actions.watch(revids=[revid, 9_999_999])
    assert {(result.title, result.revid) for result in results} == {(title, None), ("", 9_999_999)}
    (notified,) = await steward.actions.setnotificationtimestamp(titles=title, torevid=revid)
    assert notified.notificationtimestamp == page.revisions[0].timestamp
    (whole,) = await steward.actions.setnotificationtimestamp(entirewatchlist=True)
    assert (whole.title, whole.notificationtimestamp) == ("", None)


@pytest.mark.everywhere
async def test_any_number_of_pages_is_sent_as_many_per_request_as_the_account_may_name(
    action_wiki: LocalWiki, logins: Logins
) -> None:
    titles = [f"Many {n}" for n in range(120)]

    async def source() -> AsyncIterator[str]:
        for title in titles:
            yield title

    events = EventLog()
    async with site_of(action_wiki, auth=logins.member, on_event=events.append) as member:
        results = await member.actions.watch(titles=source())
        assert [events.requests("action=watch"), len(results)] == [3, 120]
        assert {page.title for page in results} == set(titles)
        assert await member.actions.watch(titles=[]) == ()
        assert len(await member.actions.watch(titles=titles, unwatch=True)) == 120


async def test_a_generator_is_followed_to_its_end(action_wiki: LocalWiki, logins: Logins, steward: Site) -> None:
    for n in range(5):
        await steward.actions.edit(f"Series {n}", text="x")
    events = EventLog()
    async with site_of(action_wiki, auth=logins.member, on_event=events.append) as member:
        series: dict[str, Any] = {"generator": "allpages", "gapprefix": "Series"}
        pages = await member.actions.watch(**series, gaplimit=2)
        assert [page.title for page in pages] == [f"Series {n}" for n in range(5)]
        assert events.requests("action=watch") == 3
        assert len(await member.actions.watch(**series)) == 5
        assert events.requests("action=watch") == 4
        some = await member.actions.purge(**series, limit=3)
        assert len(some) == 3
        assert len(await member.actions.purge(**series, gaplimit=2, limit=3)) == 3
        assert sum(page.purged for page in some) <= 1  # the account may purge one page a day; the result says so
        with pytest.raises(UnrecognizedParameters, match="'gapprefx'"):
            await member.actions.purge(generator="allpages", gapprefx="Series")
        with pytest.raises(ValueError, match="no list, prop, meta or generator 'allpagse'"):
            await member.actions.watch(generator="allpagse")


async def test_an_anonymous_user_has_no_watchlist(anonymous: Site) -> None:
    for results in (anonymous.actions.watch(titles="A"), anonymous.actions.setnotificationtimestamp(titles="A")):
        with pytest.raises(NotLoggedIn):
            await results


async def test_a_repeated_continue_and_a_lost_reply_stop_the_iteration() -> None:
    """Scripted: no wiki has an endless generator, loses a reply, or fails for one page on demand."""
    page = {"ns": 0, "title": "A", "watchable": 0}
    repeated = {"continue": {"gapcontinue": "B", "continue": "gapcontinue||"}, "watch": [page]}
    described = {
        "paraminfo": {
            "modules": [
                {"path": path, "parameters": [{"name": "limit"}, {"name": "continue"}], "prefix": prefix}
                for path, prefix in (("watch", ""), ("main", ""), ("json", ""), ("query+allpages", "ap"))
            ]
        }
    }
    site, transport = scripted(ANONYMOUS, described, TOKENS, repeated, repeated, ReplyLost("gone"))
    async with site:
        results = site.actions.watch(generator="allpages", gaplimit=1)
        iterator = aiter(results)
        assert not (await anext(iterator)).watchable
        for _ in range(2):
            with pytest.raises(ContinuationLoop):
                await anext(iterator)
        assert sent(transport.requests[-1])["gapcontinue"] == "B"
        with pytest.raises(OutcomeUnknown) as caught:
            await site.actions.imagerotate(90, titles="A")
        assert caught.value.__notes__ == ["Results that came before this: 0."]
    transport.assert_done()


async def test_a_cancelled_iteration_does_not_continue(member: Site) -> None:
    class Source(AsyncIterator[str]):
        scope = anyio.CancelScope()

        async def __anext__(self) -> str:
            self.scope.cancel()
            await anyio.lowlevel.checkpoint()
            return "Main Page"

    iterator = aiter(member.actions.watch(titles=Source()))
    with Source.scope:
        await anext(iterator)
    assert Source.scope.cancelled_caught
    with pytest.raises(RuntimeError, match="cancelled during a request"):
        await anext(iterator)


async def test_wrong_arguments_are_refused_before_any_request() -> None:
    site, transport = scripted(ANONYMOUS)
    async with site:
        actions: Any = site.actions

        async def act_on(name: str, **arguments: Any) -> object:
            return await getattr(actions, name)(**arguments)

        since = datetime(2024, 1, 1, tzinfo=UTC)
        await assert_refused(
            (
                (ValueError, "exactly one of titles", lambda: act_on("purge")),
                (ValueError, "exactly one of titles", lambda: act_on("watch", titles="A", pageids=1)),
                (
                    TypeError,
                    "unexpected argument 'forcelinkupdat'",
                    lambda: act_on("purge", titles="A", forcelinkupdat=1),
                ),
                (TypeError, "unexpected argument 'titel'", lambda: act_on("watch", generator="allpages", titel="A")),
                (ValueError, "limit is for a generator", lambda: act_on("watch", titles="A", limit=5)),
                (ValueError, "limit=0", lambda: act_on("watch", generator="allpages", limit=0)),
                (ValueError, "unwatch takes it off", lambda: act_on("watch", titles="A", unwatch=True, expiry="1 day")),
                (
                    ValueError,
                    "give no pages",
                    lambda: act_on("setnotificationtimestamp", titles="A", entirewatchlist=True),
                ),
                (
                    ValueError,
                    "not 2",
                    lambda: act_on("setnotificationtimestamp", titles="A", timestamp=since, torevid=1),
                ),
                (ValueError, "title is empty", lambda: act_on("watch", titles=[" "])),
                (ValueError, "give an id", lambda: act_on("watch", pageids=[-1])),
                (ValueError, "U\\+001F", lambda: act_on("watch", titles=["\x1fA"])),
                (TypeError, "each of them must be a whole number", lambda: act_on("watch", pageids=["A"])),
            )
        )
    assert len(transport.requests) == 1  # userinfo, because the account decides how many pages one request may name
