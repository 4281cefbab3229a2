"""The methods of the page handle that use the actions: they change this page, and no other."""

from __future__ import annotations

import pytest

from mwclient_async import Site
from mwclient_async.errors import ApiError, PageMissing
from tests.support.actions import new_page
from tests.support.logins import fresh


@pytest.mark.everywhere
async def test_the_handle_moves_protects_deletes_and_restores_its_page(steward: Site) -> None:
    old, new = await new_page(steward), fresh("Moved & more?")
    moved = await steward.page(old).move(new, reason="better", watchlist="watch")
    assert (moved.from_, moved.to, moved.reason, moved.redirectcreated) == (old, new, "better", True)
    page = steward.page(new)
    done = await page.protect({"edit": "sysop", "move": "sysop"}, expiry="2 weeks", reason="why not")
    assert done.title == new
    assert {(each.type, each.level) for each in await page.protection()} == {("edit", "sysop"), ("move", "sysop")}
    deleted = await page.delete(reason="gone")
    assert (deleted.title, await page.exists()) == (new, False)
    assert [event.action for event in await page.log().collect()] == ["delete", "protect"]
    restored = await page.undelete(reason="back")
    assert (restored.title, await page.text()) == (new, "Some text.")
    with pytest.raises(PageMissing):
        await steward.page(fresh("Nowhere")).delete()


async def test_the_handle_rolls_back_and_patrols(steward: Site, member: Site) -> None:
    title = await new_page(steward)
    edited = await member.page(title).append("Spoiled.")
    page = steward.page(title)
    assert (await page.patrol(revid=edited.revid)).title == title
    name = (await member.userinfo()).name
    rolled = await page.rollback(name, summary="no")
    assert (rolled.title, await page.text()) == (title, "Some text.")
    with pytest.raises(ApiError, match=r"onlyauthor|alreadyrolled"):
        await page.rollback(name)
    latest = await member.page(title).append("Again.")
    await page.patrol()
    changes = await steward.list("recentchanges", title=title, prop=["ids", "patrolled"], type="edit").collect()
    assert {change.revid: change.patrolled for change in changes}[latest.revid] is True


async def test_the_handle_watches_and_purges_its_page(steward: Site) -> None:
    page = steward.page(await new_page(steward))
    assert (await page.watch(expiry="1 week")).watched
    info = (await page.get("info", inprop="watched")).info
    assert (info.watched, bool(info.watchlistexpiry)) == (True, True)
    assert (await page.unwatch()).unwatched
    assert not (await page.get("info", inprop="watched")).info.watched
    assert (await page.purge(forcelinkupdate=True)).purged
    assert (await steward.page(fresh("Nowhere")).purge()).missing
