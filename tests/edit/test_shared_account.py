"""W2: several processes edit with one account, and make the same edit at the same time.

The other process sends plain requests, so that this process knows nothing of its edits.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from functools import partial

import anyio
import pytest

from mwclient_async import BotPassword, ClientLogin, EditDefaults, EditResult, RetryPolicy, Site
from mwclient_async._http.messages import HttpRequest, HttpResponse
from mwclient_async.errors import OutcomeUnknown, ReplyLost
from mwclient_async.testing import LocalWiki
from mwclient_async.testing.scripted import sent
from tests.support.edits import latest_revision
from tests.support.logins import RecordingTransport, fresh, site as site_of
from tests.support.plain_requests import Account, logged_in
from tests.support.transforms import text_of

LINE, SUMMARY = "\n* the same line", "adds the line"
Action = Callable[[], Awaitable[object]]


class LosesEdit(RecordingTransport):
    """Loses one edit (or ``action``) on its way to the wiki, or its reply; before that, ``meanwhile`` happens.

    The replies to the other edits are kept back, if it has two events for that: "saved" and "released".
    """

    def __init__(self) -> None:
        super().__init__()
        self.action = "edit"
        self.meanwhile: Action | None = None
        self.arrives = False
        self.held: tuple[anyio.Event, anyio.Event] | None = None

    async def send(self, request: HttpRequest) -> HttpResponse:
        if sent(request).get("action") != self.action:
            return await super().send(request)
        if self.meanwhile is None:
            response = await super().send(request)
            if self.held is not None:
                saved, released = self.held
                saved.set()
                await released.wait()
            return response
        happen, self.meanwhile = self.meanwhile, None
        await happen()
        if self.arrives:
            await super().send(request)
        raise ReplyLost("lost")


@pytest.fixture
def losing() -> LosesEdit:
    return LosesEdit()


def our_site(wiki: LocalWiki, auth: BotPassword | ClientLogin, losing: LosesEdit, **defaults: object) -> Site:
    retry = RetryPolicy(first_delay=0.01)
    return site_of(wiki, auth=auth, transport=losing, retry=retry, defaults=EditDefaults(**defaults))  # type: ignore[arg-type]


@asynccontextmanager
async def other_process(wiki: LocalWiki, auth: BotPassword) -> AsyncIterator[Account]:
    async with logged_in(wiki, name=auth.name, password=auth.password) as account:
        yield account


def appending(account: Account, title: str, summary: str = SUMMARY) -> Action:
    return lambda: account.post({"action": "edit", "title": title, "appendtext": LINE, "summary": summary})


async def nothing() -> None:
    pass


async def be_seen(account: Account, *, after: EditResult) -> None:
    """Let the other process edit a page of its own, until that is later than the given edit on the wiki's clock."""
    assert after.timestamp is not None
    title, latest = fresh("Other process"), after.timestamp
    while latest <= after.timestamp:
        reply = await account.post({"action": "edit", "title": title, "appendtext": "\n* tick", "summary": "tick"})
        latest = datetime.fromisoformat(reply["edit"]["newtimestamp"])


async def test_w2_the_same_edit_of_another_site_of_this_process_is_not_taken_for_ours(
    wiki: LocalWiki, user_auth: BotPassword, losing: LosesEdit
) -> None:
    title = fresh("Two sites")
    async with our_site(wiki, user_auth, losing) as ours, site_of(wiki, auth=user_auth) as theirs:
        await ours.page(title).create("Start.")
        losing.meanwhile = lambda: theirs.page(title).append(LINE, summary=SUMMARY)
        result = await ours.page(title).append(LINE, summary=SUMMARY)
        assert await text_of(ours, title) == f"Start.{LINE}{LINE}"
        assert (result.revid, result.verified) == ((await latest_revision(ours, title)).revid, False)


@pytest.mark.parametrize("name", ["pageid", "title"])
async def test_w2_an_edit_of_the_same_site_whose_reply_is_still_to_come_is_not_taken_for_ours(
    wiki: LocalWiki, user_auth: BotPassword, losing: LosesEdit, name: str
) -> None:
    """It names the page in another way, so it does not wait for ours."""
    title = fresh("Project:Two names")
    async with our_site(wiki, user_auth, losing) as ours, anyio.create_task_group() as tasks:
        made = await ours.page(title).create("Start.")
        other = {"pageid": made.pageid} if name == "pageid" else {"title": made.title}
        held = losing.held = (anyio.Event(), anyio.Event())

        async def edit_and_wait_for_its_reply() -> None:
            tasks.start_soon(partial(ours.call, "edit", **other, appendtext=LINE, summary=SUMMARY))
            await held[0].wait()

        losing.meanwhile = edit_and_wait_for_its_reply
        with pytest.raises(OutcomeUnknown, match="another edit of the page is in progress"):
            await ours.page(title).append(LINE, summary=SUMMARY)
        held[1].set()


@pytest.mark.parametrize("arrives", [False, True])
async def test_w2_if_another_process_uses_the_account_its_edit_is_not_taken_for_ours(
    wiki: LocalWiki, user_auth: BotPassword, losing: LosesEdit, *, arrives: bool
) -> None:
    title = fresh("Two processes")
    async with our_site(wiki, user_auth, losing) as ours, other_process(wiki, user_auth) as theirs:
        await be_seen(theirs, after=await ours.page(title).create("Start."))
        losing.meanwhile, losing.arrives = nothing if arrives else appending(theirs, title), arrives
        with pytest.raises(OutcomeUnknown, match="may be the edit of another process: another process has made"):
            await ours.page(title).append(LINE, summary=SUMMARY)


async def test_w2_a_creation_and_a_save_of_another_process_are_not_taken_for_ours_either(
    wiki: LocalWiki, user_auth: BotPassword, losing: LosesEdit
) -> None:
    async with our_site(wiki, user_auth, losing, shared_account=True) as ours, other_process(wiki, user_auth) as theirs:
        for create in (True, False):
            title = fresh("Whole text")
            if not create:
                await ours.page(title).create("Start.")
            whole = {"action": "edit", "title": title, "text": "The text.", "summary": SUMMARY}
            losing.meanwhile = partial(theirs.post, whole)
            with pytest.raises(OutcomeUnknown, match="other processes use this account"):
                await ours.page(title).save("The text.", summary=SUMMARY, missing="create")


async def test_w2_an_edit_of_the_account_with_our_text_and_another_summary_is_not_taken_for_ours(
    wiki: LocalWiki, user_auth: BotPassword, losing: LosesEdit
) -> None:
    title = fresh("Another summary")
    async with our_site(wiki, user_auth, losing) as ours, other_process(wiki, user_auth) as theirs:
        await ours.page(title).create("Start.")
        losing.meanwhile = appending(theirs, title, "another summary")
        with pytest.raises(OutcomeUnknown, match="it has another summary"):
            await ours.page(title).append(LINE, summary=SUMMARY)


@pytest.mark.parametrize("arrives", [False, True])
async def test_w2_a_mark_in_the_summary_proves_which_edit_is_ours(
    wiki: LocalWiki, user_auth: BotPassword, losing: LosesEdit, *, arrives: bool
) -> None:
    title = fresh("Marked")
    async with our_site(wiki, user_auth, losing, summary_mark=True) as ours, other_process(wiki, user_auth) as theirs:
        await be_seen(theirs, after=await ours.page(title).create("Start."))
        losing.meanwhile, losing.arrives = nothing if arrives else appending(theirs, title), arrives
        result = await ours.page(title).append(LINE, summary=SUMMARY)
        latest = await latest_revision(ours, title)
        assert await text_of(ours, title) == f"Start.{LINE}" + (LINE if not arrives else "")
        assert (result.revid, result.verified) == (latest.revid, arrives)
        assert re.fullmatch(rf"{SUMMARY} \([0-9a-f]{{6}}\)", latest.comment)


async def test_a_mark_does_not_replace_the_summary_of_a_new_section(wiki: LocalWiki, user_auth: BotPassword) -> None:
    title = fresh("Marked section")
    async with site_of(wiki, auth=user_auth, defaults=EditDefaults(summary_mark=True)) as ours:
        await ours.page(title).new_section("A heading", "Text.", missing="create")
        assert (await latest_revision(ours, title)).comment.startswith("/* A heading */ new section (")


async def test_w2_an_account_that_is_ours_alone_is_not_looked_into(
    wiki: LocalWiki, user_auth: BotPassword, losing: LosesEdit
) -> None:
    title = fresh("Alone")
    async with our_site(wiki, user_auth, losing, shared_account=False) as ours:
        await ours.page(title).create("Start.")
        losing.meanwhile, losing.arrives = nothing, True
        assert (await ours.page(title).append(LINE, summary=SUMMARY)).verified
    assert not [request for request in losing.requests if sent(request).get("list") == "usercontribs"]


async def test_w2_our_own_moves_and_other_writes_are_not_taken_for_another_process(
    wiki: LocalWiki, admin_auth: ClientLogin, losing: LosesEdit
) -> None:
    """The wiki does not say which revisions a move or a protection makes."""
    title, moved = fresh("Other writes"), fresh("Moved")
    async with our_site(wiki, admin_auth, losing) as ours:
        since = await ours.page(title).create("Start.")
        await ours.page(title).append("\n* one")
        while (await ours.page(fresh("Clock")).create("Text.")).timestamp == since.timestamp:
            pass
        await ours.call("move", from_=title, to=moved)
        await ours.call("protect", title=moved, protections=["edit=sysop"], expiry="infinite")
        losing.meanwhile, losing.arrives = nothing, True
        assert (await ours.page(moved).append(LINE, summary=SUMMARY)).verified


async def test_w2_our_own_file_whose_reply_was_lost_is_not_taken_for_another_process(
    wiki: LocalWiki, user_auth: BotPassword, losing: LosesEdit
) -> None:
    """It is found by its SHA-1, and no response has named the revision of its page."""
    title = fresh("Beside a file")
    async with our_site(wiki, user_auth, losing) as ours:
        since = await ours.page(title).create("Start.")
        while (await ours.page(fresh("Clock")).create("Text.")).timestamp == since.timestamp:
            pass
        losing.action, losing.meanwhile, losing.arrives = "upload", nothing, True
        assert (await ours.upload(title.encode(), filename=f"{title}.txt")).verified
        losing.action, losing.meanwhile = "edit", nothing
        assert (await ours.page(title).append(LINE, summary=SUMMARY)).verified
