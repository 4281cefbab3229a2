"""Undoing revisions: once, and never what somebody else put on top."""

from __future__ import annotations

import pytest

from mwclient_async import BotPassword, EditOutcome, Site
from mwclient_async.errors import InvalidParameter, OutcomeUnknown, PageMissing, Refused
from mwclient_async.testing import LocalWiki
from tests.support.edits import latest, through
from tests.support.fault_proxy import DROP_AFTER, DROP_BEFORE, TOO_MANY, FaultProxy, matching
from tests.support.logins import fresh
from tests.support.transforms import made, text_of


@pytest.mark.everywhere
async def test_one_revision_or_several_are_undone(mine: Site) -> None:
    title = await made(mine, "Undone", "One.")
    page = mine.page(title)
    first = (await page.get()).revisions[0].revid
    second, third = (await page.append("\n\nTwo.")).revid, (await page.append("\n\nThree.")).revid
    one = await page.undo(third)
    assert (one.outcome, one.oldrevid, await page.text()) == (EditOutcome.SAVED, third, "One.\n\nTwo.")
    assert f"{third}" in (await latest(mine, title)).comment  # the wiki's own summary
    all_of_them = await page.undo(one.revid, after=first, summary="back to the start")
    assert (all_of_them.oldrevid, await page.text()) == (one.revid, "One.")
    assert (await latest(mine, title)).comment == "back to the start"
    assert (await page.undo(second, after=first)).outcome is EditOutcome.UNCHANGED  # it is undone already


async def test_an_edit_in_another_place_does_not_stand_in_the_way_and_one_in_the_same_does(mine: Site) -> None:
    title = await made(mine, "In the way", "One.\n\nTwo.\n\nThree.")
    page = mine.page(title)
    undone = (await page.edit(lambda text: text.replace("Three", "3"))).revid
    await page.edit(lambda text: text.replace("One", "1"))
    await page.undo(undone)
    assert await page.text() == "1.\n\nTwo.\n\nThree."
    undone = (await page.edit(lambda text: text.replace("Three", "3"))).revid
    await page.edit(lambda text: text.replace("3", "III"))
    with pytest.raises(Refused, match="undofailure"):
        await page.undo(undone)
    assert await page.text() == "1.\n\nTwo.\n\nIII."


async def test_what_cannot_be_undone_says_why_and_does_nothing(mine: Site) -> None:
    title, other = await made(mine, "Kept"), await made(mine, "Another")
    ours, theirs = [(await latest(mine, name)).revid for name in (title, other)]
    for revid, after, error in (
        (99_999_999, None, PageMissing),
        (theirs, None, PageMissing),  # which is all that its page has: there is nothing before it
        (ours, None, PageMissing),  # a page's first revision
        ((await mine.page(other).append("!")).revid, None, InvalidParameter),
        (ours, theirs, InvalidParameter),
    ):
        with pytest.raises(error):
            await mine.page(title).undo(revid, after=after)
    with pytest.raises(PageMissing):
        await mine.page(fresh("None")).undo(ours)
    for wrong in ({"revid": 0}, {"revid": True}, {"revid": 1, "after": -1}):
        with pytest.raises(ValueError, match="revision id"):
            await mine.page(title).undo(**wrong)
    assert (await latest(mine, title)).revid == ours


async def test_w2_an_undo_whose_answer_is_lost_is_unknown_and_not_sent_again(
    wiki: LocalWiki, editor: BotPassword
) -> None:
    async with FaultProxy(wiki.url) as proxy, through(proxy, auth=editor) as mine:
        title = await made(mine, "Doubtful")
        page = mine.page(title)
        for fault, done in ((DROP_AFTER, True), (DROP_BEFORE, False)):
            undone, sent = (await page.append("\n* undone")).revid, len(proxy.seen)
            proxy.plan = matching("edit", fault)
            with pytest.raises(OutcomeUnknown, match="not sent twice") as caught:
                await page.undo(undone)
            assert (caught.value.title, caught.value.base) == (title, undone)
            assert [seen.action for seen in proxy.seen[sent:]].count("edit") == 1
            assert ("* undone" in await text_of(mine, title)) is not done
        proxy.plan = matching("edit", TOO_MANY)  # certainly not done: that is sent again
        assert (await page.undo(undone)).outcome is EditOutcome.SAVED
        assert await text_of(mine, title) == "Start."
