"""Edits by function whose requests or answers are lost, or that are cancelled: done once, and the Site goes on."""

from __future__ import annotations

import anyio
import anyio.lowlevel
import pytest

from mwclient_async import BotPassword, EditOutcome, Site
from mwclient_async._http.messages import HttpRequest, HttpResponse
from mwclient_async.errors import OutcomeUnknown
from mwclient_async.testing import LocalWiki
from tests.support.edits import through
from tests.support.fault_proxy import (
    BAD_GATEWAY_AFTER,
    BROKEN_JSON,
    DROP_AFTER,
    DROP_BEFORE,
    HTML_200_AFTER,
    TOO_MANY,
    TRUNCATE,
    UNAVAILABLE_AFTER,
    UNAVAILABLE_BEFORE,
    FaultProxy,
    matching,
)
from tests.support.logins import Watched, fresh, site as site_of
from tests.support.transforms import Adder, made, text_of

LOST = (DROP_AFTER, TRUNCATE, BROKEN_JSON, HTML_200_AFTER, BAD_GATEWAY_AFTER, UNAVAILABLE_AFTER)
NOT_DONE = (DROP_BEFORE, UNAVAILABLE_BEFORE, TOO_MANY)


async def test_w2_a_lost_answer_is_found_and_the_function_is_not_applied_twice(
    wiki: LocalWiki, editor: BotPassword
) -> None:
    async with FaultProxy(wiki.url) as proxy, through(proxy, auth=editor) as mine:
        title = await made(mine, "Lost")
        for fault in (*LOST, *NOT_DONE):
            proxy.plan, adder = matching("edit", fault), Adder(f"* {fault.kind}")
            result = await mine.page(title).edit(adder, summary=f"adds {fault.kind}")
            assert (len(adder.seen), result.verified) == (1, fault in LOST)
        lines = (await text_of(mine, title)).splitlines()
    assert lines == ["Start.", *(f"* {fault.kind}" for fault in (*LOST, *NOT_DONE))]
    assert sum(proxy.counts.values()) == len(LOST) + len(NOT_DONE)


async def test_w2_so_is_one_that_the_wiki_joined_with_another_edit_and_one_that_comes_after_a_conflict(
    wiki: LocalWiki, editor: BotPassword, keeper: Site
) -> None:
    async with FaultProxy(wiki.url) as proxy, through(proxy, auth=editor) as mine:
        title = await made(mine, "Joined", "One.\n\nTwo.\n\nThree.")
        proxy.plan = matching("edit", DROP_AFTER)
        adder = Adder(first=lambda: keeper.page(title).edit(lambda text: text.replace("One", "1")))
        joined = await mine.page(title).edit(adder, summary="joined")
        assert (joined.outcome, joined.verified, len(adder.seen)) == (EditOutcome.MERGED, True, 1)
        proxy.plan = matching("edit", None, DROP_AFTER)  # the first is refused, the second is lost
        adder = Adder("* after", first=lambda: keeper.page(title).append("\n* theirs"))
        after = await mine.page(title).edit(adder, summary="after")
        assert (after.outcome, after.verified, len(adder.seen)) == (EditOutcome.SAVED, True, 2)
        assert await text_of(mine, title) == "1.\n\nTwo.\n\nThree.\n* mine\n* theirs\n* after"


async def test_w2_the_outcome_is_unknown_where_the_page_is_gone_and_the_function_is_not_asked_again(
    wiki: LocalWiki, editor: BotPassword, keeper: Site
) -> None:
    async with FaultProxy(wiki.url) as proxy, through(proxy, auth=editor) as mine:
        title = await made(mine, "Gone")
        adder = Adder(first=lambda: keeper.call("delete", title=title))
        proxy.plan = matching("edit", DROP_AFTER)
        with pytest.raises(OutcomeUnknown, match="gone"):
            await mine.page(title).edit(adder)
        assert len(adder.seen) == 1


class Cancelling(Watched):
    """Cancels ``scope`` when the n-th request is about to be sent, or when its answer is there."""

    def __init__(self) -> None:
        super().__init__()
        self.scope = anyio.CancelScope()
        self.left, self.answered = -1, False

    def arm(self, number: int, *, answered: bool) -> anyio.CancelScope:
        self.left, self.answered, self.scope = number, answered, anyio.CancelScope()
        return self.scope

    async def send(self, request: HttpRequest) -> HttpResponse:
        self.left -= 1
        due = self.left == 0
        if due and not self.answered:
            self.scope.cancel()
        response = await super().send(request)
        if due and self.answered:
            self.scope.cancel()
            await anyio.lowlevel.checkpoint()
        return response


@pytest.mark.everywhere
async def test_w7_an_edit_that_is_cancelled_at_any_request_leaves_the_page_free_and_is_done_at_most_once(
    wiki: LocalWiki, editor: BotPassword
) -> None:
    transport, title = Cancelling(), fresh("Cancelled")
    text = "== A ==\nsame\n== A ==\nsame"
    async with site_of(wiki, auth=editor, transport=transport) as mine:
        for number in (1, 3, 4):  # the text, the table of contents, the edit
            for answered in (False, True):
                line = f"* {number} {answered}"
                await mine.page(title).save(text, missing="create")
                with transport.arm(number, answered=answered) as scope:
                    await mine.page(title).edit(Adder(line), section=2)
                assert scope.cancelled_caught
                with anyio.fail_after(60):  # a lock that is still held would be waited for without end
                    await mine.page(title).edit(Adder(line), section=2)
                assert await text_of(mine, title) == f"{text}\n{line}"


@pytest.mark.everywhere
async def test_w7_a_function_that_is_cancelled_leaves_the_page_free(mine: Site) -> None:
    title = await made(mine, "Waiting")
    begun = anyio.Event()

    async def wait(_: str) -> str:
        begun.set()
        await anyio.sleep_forever()
        raise AssertionError

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(mine.page(title).edit, wait)
        await begun.wait()
        with anyio.fail_after(60):  # nor does it keep others from the page
            await mine.page(title).edit(Adder("* meanwhile"))
        tasks.cancel_scope.cancel()
    assert (await mine.page(title).edit(Adder())).outcome is EditOutcome.SAVED
