"""Edits by a function whose requests or replies are lost, or that are cancelled: they are saved once."""

from __future__ import annotations

import anyio
import anyio.lowlevel
import pytest

from mwclient_async import BotPassword, EditOutcome, Site
from mwclient_async._http.messages import HttpRequest, HttpResponse
from mwclient_async.errors import OutcomeUnknown
from mwclient_async.testing import LocalWiki
from tests.support.edits import site_behind
from tests.support.fault_proxy import (
    BAD_GATEWAY_AFTER,
    BROKEN_JSON,
    DROP_AFTER,
    DROP_BEFORE,
    HTML_200_AFTER,
    REDIRECT_AFTER,
    TOO_MANY,
    TRUNCATE,
    UNAVAILABLE_AFTER,
    UNAVAILABLE_BEFORE,
    FaultProxy,
    matching,
)
from tests.support.logins import RecordingTransport, fresh, site as site_of
from tests.support.transforms import AddLine, create_page, text_of

LOST = (DROP_AFTER, TRUNCATE, BROKEN_JSON, HTML_200_AFTER, BAD_GATEWAY_AFTER, UNAVAILABLE_AFTER, REDIRECT_AFTER)
NOT_EXECUTED = (DROP_BEFORE, UNAVAILABLE_BEFORE, TOO_MANY)


async def test_w2_an_edit_whose_reply_is_lost_is_found_and_the_function_is_not_called_again(
    wiki: LocalWiki, user_auth: BotPassword
) -> None:
    async with FaultProxy(wiki.url) as proxy, site_behind(proxy, auth=user_auth) as user_site:
        title = await create_page(user_site, "Lost")
        for fault in (*LOST, *NOT_EXECUTED):
            proxy.plan, adder = matching("edit", fault), AddLine(f"* {fault.kind}")
            result = await user_site.page(title).edit(adder, summary=f"adds {fault.kind}")
            assert (len(adder.texts), result.verified) == (1, fault in LOST)
        lines = (await text_of(user_site, title)).splitlines()
    assert lines == ["Start.", *(f"* {fault.kind}" for fault in (*LOST, *NOT_EXECUTED))]
    assert sum(proxy.counts.values()) == len(LOST) + len(NOT_EXECUTED)


async def test_w2_a_lost_reply_to_a_merged_edit_or_after_a_conflict_is_resolved_too(
    wiki: LocalWiki, user_auth: BotPassword, admin_site: Site
) -> None:
    async with FaultProxy(wiki.url) as proxy, site_behind(proxy, auth=user_auth) as user_site:
        title = await create_page(user_site, "Joined", "One.\n\nTwo.\n\nThree.")
        proxy.plan = matching("edit", DROP_AFTER)
        adder = AddLine(before_first=lambda: admin_site.page(title).edit(lambda text: text.replace("One", "1")))
        joined = await user_site.page(title).edit(adder, summary="joined")
        assert (joined.outcome, joined.verified, len(adder.texts)) == (EditOutcome.MERGED, True, 1)
        proxy.plan = matching("edit", None, DROP_AFTER)  # the first is refused, the reply to the second is lost
        adder = AddLine("* after", before_first=lambda: admin_site.page(title).append("\n* theirs"))
        after = await user_site.page(title).edit(adder, summary="after")
        assert (after.outcome, after.verified, len(adder.texts)) == (EditOutcome.SAVED, True, 2)
        assert await text_of(user_site, title) == "1.\n\nTwo.\n\nThree.\n* mine\n* theirs\n* after"


async def test_w2_the_outcome_is_unknown_if_the_page_no_longer_exists(
    wiki: LocalWiki, user_auth: BotPassword, admin_site: Site
) -> None:
    async with FaultProxy(wiki.url) as proxy, site_behind(proxy, auth=user_auth) as user_site:
        title = await create_page(user_site, "Gone")
        adder = AddLine(before_first=lambda: admin_site.call("delete", title=title))
        proxy.plan = matching("edit", DROP_AFTER)
        with pytest.raises(OutcomeUnknown, match="no longer exists"):
            await user_site.page(title).edit(adder)
        assert len(adder.texts) == 1


class Cancelling(RecordingTransport):
    """Cancels ``scope`` before the n-th request is sent, or after its response has arrived."""

    def __init__(self) -> None:
        super().__init__()
        self.scope = anyio.CancelScope()
        self.left, self.after_response = -1, False

    def arm(self, number: int, *, after_response: bool) -> anyio.CancelScope:
        self.left, self.after_response, self.scope = number, after_response, anyio.CancelScope()
        return self.scope

    async def send(self, request: HttpRequest) -> HttpResponse:
        self.left -= 1
        due = self.left == 0
        if due and not self.after_response:
            self.scope.cancel()
        response = await super().send(request)
        if due and self.after_response:
            self.scope.cancel()
            await anyio.lowlevel.checkpoint()
        return response


@pytest.mark.everywhere
async def test_w7_an_edit_that_is_cancelled_at_any_request_releases_the_lock_and_is_saved_at_most_once(
    wiki: LocalWiki, user_auth: BotPassword
) -> None:
    transport, title = Cancelling(), fresh("Cancelled")
    text = "== A ==\nsame\n== A ==\nsame"
    async with site_of(wiki, auth=user_auth, transport=transport) as user_site:
        for number in (1, 3, 4):  # the text, the table of contents, the edit
            for after_response in (False, True):
                line = f"* {number} {after_response}"
                await user_site.page(title).save(text, missing="create")
                with transport.arm(number, after_response=after_response) as scope:
                    await user_site.page(title).edit(AddLine(line), section=2)
                assert scope.cancelled_caught
                with anyio.fail_after(60):  # a lock that is still held would block this forever
                    await user_site.page(title).edit(AddLine(line), section=2)
                assert await text_of(user_site, title) == f"{text}\n{line}"


@pytest.mark.everywhere
async def test_w7_a_function_that_is_cancelled_releases_the_lock(user_site: Site) -> None:
    title = await create_page(user_site, "Waiting")
    begun = anyio.Event()

    async def wait(_: str) -> str:
        begun.set()
        await anyio.sleep_forever()
        raise AssertionError

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(user_site.page(title).edit, wait)
        await begun.wait()
        with anyio.fail_after(60):  # while it waits, other edits of the page are possible
            await user_site.page(title).edit(AddLine("* in between"))
        tasks.cancel_scope.cancel()
    assert (await user_site.page(title).edit(AddLine())).outcome is EditOutcome.SAVED


@pytest.mark.everywhere
async def test_w2_a_page_of_json_is_found_although_the_wiki_has_formatted_it(
    wiki: LocalWiki, user_auth: BotPassword
) -> None:
    async with FaultProxy(wiki.url) as proxy, site_behind(proxy, auth=user_auth) as user_site:
        title = f"User:{user_auth.account}/{fresh('Data')}.json"
        for text in ('{"a":1,"b":["\u00e9", 1.50]}', '{"b":{},"a":[true]}'):
            proxy.plan = matching("edit", DROP_AFTER)
            assert (await user_site.page(title).save(text, summary="data")).verified
            assert "\n" in await text_of(user_site, title)
