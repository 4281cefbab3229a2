"""Undoing revisions: once, and never the later edits of other users."""

from __future__ import annotations

import pytest

from mwclient_async import BotPassword, EditOutcome, Site
from mwclient_async._edit.edits import Edit, Undo
from mwclient_async._edit.save_edit import undo_revisions
from mwclient_async.errors import InvalidParameter, OutcomeUnknown, PageMissing, Refused
from mwclient_async.testing import LocalWiki
from tests.support.edits import latest_revision, site_behind
from tests.support.fault_proxy import DROP_AFTER, DROP_BEFORE, TOO_MANY, FaultProxy, matching
from tests.support.logins import fresh
from tests.support.scripted_flow import Script
from tests.support.transforms import create_page, text_of


@pytest.mark.everywhere
async def test_one_revision_or_several_are_undone(user_site: Site) -> None:
    title = await create_page(user_site, "Undone", "One.")
    page = user_site.page(title)
    first = (await page.get()).revisions[0].revid
    second, third = (await page.append("\n\nTwo.")).revid, (await page.append("\n\nThree.")).revid
    one = await page.undo(third)
    assert (one.outcome, one.oldrevid, await page.text()) == (EditOutcome.SAVED, third, "One.\n\nTwo.")
    assert f"{third}" in (await latest_revision(user_site, title)).comment  # the wiki's own summary
    all_of_them = await page.undo(one.revid, after=first, summary="back to the start")
    assert (all_of_them.oldrevid, await page.text()) == (one.revid, "One.")
    assert (await latest_revision(user_site, title)).comment == "back to the start"
    assert (await page.undo(second, after=first)).outcome is EditOutcome.UNCHANGED  # they are undone already
    with pytest.raises(ValueError, match=f"revision {third} is newer than revision {second}, so its changes would be"):
        await page.undo(second, after=third)


async def test_later_edits_prevent_an_undo_only_if_they_changed_the_same_lines(user_site: Site) -> None:
    title = await create_page(user_site, "In the way", "One.\n\nTwo.\n\nThree.")
    page = user_site.page(title)
    undone = (await page.edit(lambda text: text.replace("Three", "3"))).revid
    await page.edit(lambda text: text.replace("One", "1"))
    await page.undo(undone)
    assert await page.text() == "1.\n\nTwo.\n\nThree."
    undone = (await page.edit(lambda text: text.replace("Three", "3"))).revid
    await page.edit(lambda text: text.replace("3", "III"))
    with pytest.raises(Refused, match="undofailure"):
        await page.undo(undone)
    assert await page.text() == "1.\n\nTwo.\n\nIII."


async def test_a_revision_that_cannot_be_undone_is_an_error(user_site: Site) -> None:
    title, other = await create_page(user_site, "Kept"), await create_page(user_site, "Another")
    ours, theirs = [(await latest_revision(user_site, name)).revid for name in (title, other)]
    for revid, after, error, message in (
        (99_999_999, None, PageMissing, "no revision with ID 99999999"),
        (theirs, None, PageMissing, f"Revision {theirs} cannot be undone"),  # of another page, and its first revision
        (ours, None, PageMissing, f"Revision {ours} cannot be undone: it is the first one of its page"),
        ((await user_site.page(other).append("!")).revid, None, InvalidParameter, "not a revision of"),
        (ours, theirs, InvalidParameter, "not a revision of"),
    ):
        with pytest.raises(error, match=message):
            await user_site.page(title).undo(revid, after=after)
    with pytest.raises(PageMissing):
        await user_site.page(fresh("None")).undo(ours)
    for wrong in ({"revid": 0}, {"revid": True}, {"revid": 1, "after": -1}, {"revid": 1, "after": 1}):
        with pytest.raises(ValueError, match=r"revision id|no revision comes after 1"):
            await user_site.page(title).undo(**wrong)
    assert (await latest_revision(user_site, title)).revid == ours


@pytest.mark.parametrize("found", [[(5, "09:00"), (7, "08:00")], [(5, "09:00")], []])
def test_an_undo_after_a_greater_id_is_sent_if_that_revision_is_older_or_missing(found: list[tuple[int, str]]) -> None:
    """An imported revision is older, and has a greater id. Scripted, because an import cannot choose its ids."""
    rows = [{"revid": revid, "timestamp": f"2026-01-01T{time}:00Z"} for revid, time in found]
    order = {"query": {"pages": [{"pageid": 7, "title": "Page", "revisions": rows}]}}
    page = {"query": {"pages": [{"pageid": 7, "title": "Page", "revisions": [{"revid": 9}]}]}, "curtimestamp": "now"}
    saved = {"edit": {"result": "Success", "pageid": 7, "title": "Page", "oldrevid": 9, "newrevid": 10}}
    script = Script(order, page, saved)
    assert script.run(undo_revisions(Undo(page=Edit(title="Page"), revid=5, after=7))).revid == 10
    assert script.requests[-1].params["undoafter"] == "7"


async def test_w2_an_undo_whose_reply_is_lost_has_an_unknown_outcome_and_is_not_sent_again(
    wiki: LocalWiki, user_auth: BotPassword
) -> None:
    async with FaultProxy(wiki.url) as proxy, site_behind(proxy, auth=user_auth) as user_site:
        title = await create_page(user_site, "Unknown")
        page = user_site.page(title)
        for fault, done in ((DROP_AFTER, True), (DROP_BEFORE, False)):
            undone, sent = (await page.append("\n* undone")).revid, len(proxy.seen)
            proxy.plan = matching("edit", fault)
            with pytest.raises(OutcomeUnknown, match="not sent twice") as caught:
                await page.undo(undone)
            assert (caught.value.title, caught.value.base) == (title, undone)
            assert [seen.action for seen in proxy.seen[sent:]].count("edit") == 1
            assert ("* undone" in await text_of(user_site, title)) is not done
        proxy.plan = matching("edit", TOO_MANY)  # certainly not executed, so it is sent again
        assert (await page.undo(undone)).outcome is EditOutcome.SAVED
        assert await text_of(user_site, title) == "Start."
