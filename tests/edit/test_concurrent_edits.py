"""Concurrent edits, cancelled edits, and edits of an anonymous user."""

from __future__ import annotations

from collections import Counter
from functools import partial

import anyio
import anyio.lowlevel
import pytest

from mwclient_async import BotPassword
from mwclient_async.testing import LocalWiki, WikiFactory
from tests.support import guarded_wiki as guarded
from tests.support.edits import latest_revision, site_behind
from tests.support.fault_proxy import DROP_AFTER, STALL_AFTER, STALL_BEFORE, Fault, FaultProxy, matching
from tests.support.http_server import ReceivedRequest, ServerResponse
from tests.support.logins import EventLog, fresh, run_concurrently, site as site_of


class EditRecorder:
    """A plan without faults that records how many edits are in flight, and in which order they end."""

    def __init__(self) -> None:
        self.in_flight: Counter[str] = Counter()
        self.most_per_page: Counter[str] = Counter()
        self.most_in_flight = 0
        self.ended: list[str] = []
        self.statuses: Counter[int] = Counter()

    def __call__(self, seen: ReceivedRequest) -> Fault | None:
        if seen.action != "edit":
            return None
        title = seen.params["title"]
        self.in_flight[title] += 1
        self.most_per_page[title] = max(self.most_per_page[title], self.in_flight[title])
        self.most_in_flight = max(self.most_in_flight, self.in_flight.total())

        def on_answer(answer: ServerResponse) -> ServerResponse:
            self.in_flight[title] -= 1
            self.ended.append(title)
            self.statuses[answer.status] += 1
            return answer

        return Fault(kind="WATCHED", answer=on_answer)


async def test_w8_fifty_appends_to_one_page_lose_nothing_and_do_not_delay_edits_of_other_pages(
    wiki: LocalWiki, user_auth: BotPassword
) -> None:
    title, others, recorder = fresh("Contested"), [fresh("Quiet") for _ in range(50)], EditRecorder()
    async with FaultProxy(wiki.url, recorder) as proxy, site_behind(proxy, auth=user_auth) as user_site:
        quiet = await user_site.pages(titles=others, prop="info").collect()

        async def work(n: int) -> None:
            if n < 50:
                await user_site.page(title).append(f"\n* {n}", summary=f"adds {n}", missing="create")
            else:
                await user_site.page(quiet[n - 50]).save(f"{n}", missing="create")

        assert await run_concurrently(work, number=100) == []
        rvprops = [seen.params["rvprop"] for seen in proxy.seen if seen.params.get("titles") == title]
        lines = (await latest_revision(user_site, title)).content.split()
    assert sorted(lines) == sorted(line for n in range(50) for line in ("*", f"{n}"))
    assert rvprops == ["ids"]  # one read for fifty appends
    assert Counter(recorder.ended) == {title: 50} | dict.fromkeys(others, 1)
    assert recorder.statuses == {200: 100}
    assert recorder.most_per_page[title] == 1 < recorder.most_in_flight
    last = max(recorder.ended.index(other) for other in others)
    assert recorder.ended[:last].count(title) < 25


async def test_n_appends_to_one_page_cost_one_read_and_n_writes(wiki: LocalWiki, user_auth: BotPassword) -> None:
    events, title = EventLog(), fresh("Cheap")
    async with site_of(wiki, auth=user_auth, on_event=events.append) as user_site:
        await user_site.actions.checktoken()
        events.clear()
        for n in range(3):
            await user_site.page(title).append(f"\n* {n}", missing="create")
            await user_site.page(title.replace(" ", "_")).prepend(f"{n}\n")
    assert (events.requests("action=query"), events.requests("action=edit")) == (1, 6)


@pytest.mark.everywhere
@pytest.mark.parametrize("stall", [STALL_BEFORE, STALL_AFTER], ids=["before", "after"])
async def test_w7_a_cancelled_append_releases_the_lock_and_is_saved_at_most_once(
    wiki: LocalWiki, user_auth: BotPassword, stall: Fault
) -> None:
    title = fresh("Cancelled")
    async with FaultProxy(wiki.url) as proxy, site_behind(proxy, auth=user_auth) as user_site:
        page = user_site.page(title)
        await page.create("Start.")
        proxy.plan = matching("edit", stall)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(page.append, "\n* first")
            await proxy.until(stall.kind)
            tasks.start_soon(partial(page.append, "\n* waits for the first"))
            await anyio.lowlevel.checkpoint()
            tasks.cancel_scope.cancel()
        with anyio.fail_after(60):  # a lock that is still held would block this forever
            await page.append("\n* second")
        saved_lines = ["* first"] if stall.acted else []
        assert (await page.text()).splitlines() == ["Start.", *saved_lines, "* second"]


# Anonymous users -----------------------------------------------------------------------------------------------------


@pytest.mark.everywhere
async def test_w2_an_anonymous_client_finds_its_edit_under_a_temporary_account(
    mediawiki_factory: WikiFactory, mediawiki_version: str
) -> None:
    """On 1.43, the lost response had the cookie of the temporary account that was created for the edit."""
    wiki = guarded.guarded_wiki(mediawiki_factory, mediawiki_version)
    title = fresh("Anonymous")
    async with site_of(wiki) as other, FaultProxy(wiki.url, matching("edit", DROP_AFTER)) as proxy:
        await other.page(title).create("Start.")
        async with site_behind(proxy) as anonymous:
            result = await anonymous.page(title).append("\n* once", summary="s")
        assert (result.verified, await other.page(title).text()) == (True, "Start.\n* once")
