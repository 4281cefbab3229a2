"""Many edits at once, edits that are cancelled, and edits of nobody in particular."""

from __future__ import annotations

from collections import Counter
from functools import partial

import anyio
import anyio.lowlevel
import pytest

from mwclient_async import BotPassword
from mwclient_async.testing import LocalWiki, WikiFactory
from tests.support import guarded_wiki as guarded
from tests.support.edits import latest, through
from tests.support.fault_proxy import DROP_AFTER, STALL_AFTER, STALL_BEFORE, Fault, FaultProxy, matching
from tests.support.http_server import Answer, Seen
from tests.support.logins import Told, fifty, fresh, site as site_of


class Watcher:
    """A plan that disturbs nothing, and sees which edits are under way at once, and in which order they end."""

    def __init__(self) -> None:
        self.under_way: Counter[str] = Counter()
        self.most: Counter[str] = Counter()
        self.most_at_once = 0
        self.ended: list[str] = []
        self.statuses: Counter[int] = Counter()

    def __call__(self, seen: Seen) -> Fault | None:
        if seen.action != "edit":
            return None
        title = seen.params["title"]
        self.under_way[title] += 1
        self.most[title] = max(self.most[title], self.under_way[title])
        self.most_at_once = max(self.most_at_once, self.under_way.total())

        def answered(answer: Answer) -> Answer:
            self.under_way[title] -= 1
            self.ended.append(title)
            self.statuses[answer.status] += 1
            return answer

        return Fault(kind="WATCHED", answer=answered)


async def test_w8_fifty_appends_to_one_page_lose_nothing_and_do_not_delay_fifty_edits_of_others(
    wiki: LocalWiki, editor: BotPassword
) -> None:
    title, others, watcher = fresh("Contested"), [fresh("Quiet") for _ in range(50)], Watcher()
    async with FaultProxy(wiki.url, watcher) as proxy, through(proxy, auth=editor) as mine:
        quiet = await mine.pages(titles=others, prop="info").collect()

        async def work(n: int) -> None:
            if n < 50:
                await mine.page(title).append(f"\n* {n}", summary=f"adds {n}", missing="create")
            else:
                await mine.page(quiet[n - 50]).save(f"{n}", missing="create")

        assert await fifty(work, number=100) == []
        asked = [seen.params["rvprop"] for seen in proxy.seen if seen.params.get("titles") == title]
        lines = (await latest(mine, title)).content.split()
    assert sorted(lines) == sorted(line for n in range(50) for line in ("*", f"{n}"))
    assert asked == ["ids"]  # one read for fifty appends
    assert Counter(watcher.ended) == {title: 50} | dict.fromkeys(others, 1)
    assert watcher.statuses == {200: 100}
    assert watcher.most[title] == 1 < watcher.most_at_once
    last = max(watcher.ended.index(other) for other in others)
    assert watcher.ended[:last].count(title) < 25


async def test_n_appends_to_one_page_cost_one_read_and_n_writes(wiki: LocalWiki, editor: BotPassword) -> None:
    told, title = Told(), fresh("Cheap")
    async with site_of(wiki, auth=editor, on_event=told.append) as mine:
        await mine.actions.checktoken()
        told.clear()
        for n in range(3):
            await mine.page(title).append(f"\n* {n}", missing="create")
            await mine.page(title.replace(" ", "_")).prepend(f"{n}\n")
    assert (told.requests("action=query"), told.requests("action=edit")) == (1, 6)


@pytest.mark.everywhere
@pytest.mark.parametrize("stall", [STALL_BEFORE, STALL_AFTER], ids=["before", "after"])
async def test_w7_an_append_that_is_cancelled_leaves_the_page_free_and_is_done_at_most_once(
    wiki: LocalWiki, editor: BotPassword, stall: Fault
) -> None:
    title = fresh("Cancelled")
    async with FaultProxy(wiki.url) as proxy, through(proxy, auth=editor) as mine:
        page = mine.page(title)
        await page.create("Start.")
        proxy.plan = matching("edit", stall)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(page.append, "\n* first")
            await proxy.until(stall.kind)
            tasks.start_soon(partial(page.append, "\n* waits for the first"))
            await anyio.lowlevel.checkpoint()
            tasks.cancel_scope.cancel()
        with anyio.fail_after(60):  # a lock that is still held would be waited for without end
            await page.append("\n* second")
        there = ["* first"] if stall.acted else []
        assert (await page.text()).splitlines() == ["Start.", *there, "* second"]


# Nobody in particular ------------------------------------------------------------------------------------------------


@pytest.mark.everywhere
async def test_w2_nobody_finds_the_edit_whose_temporary_account_he_was_not_told_of(
    mediawiki_factory: WikiFactory, mediawiki_version: str
) -> None:
    """On 1.43 the lost answer had the cookie of the account that was made for the edit."""
    wiki = guarded.guarded(mediawiki_factory, mediawiki_version)
    title = fresh("Nobody")
    async with site_of(wiki) as other, FaultProxy(wiki.url, matching("edit", DROP_AFTER)) as proxy:
        await other.page(title).create("Start.")
        async with through(proxy) as nobody:
            result = await nobody.page(title).append("\n* once", summary="s")
        assert (result.verified, await other.page(title).text()) == (True, "Start.\n* once")
