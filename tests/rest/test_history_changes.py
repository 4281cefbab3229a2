"""A history is read while its page is edited, moved, partly hidden or deleted."""

from __future__ import annotations

from collections.abc import AsyncIterator

import anyio
import pytest

from mwclient_async import OAuth2Token, Site
from mwclient_async._query.stream_run import StreamRun
from mwclient_async.errors import CursorMismatch, PageMissing
from mwclient_async.models.rest import HistoryRevision
from mwclient_async.testing import LocalWiki, SeedPage, SeedRevision, WikiFactory
from tests.conftest import USER_AGENT, once
from tests.support.logins import RecordingTransport
from tests.support.oauth_wiki import TokenDesk
from tests.support.rest_gateway import SETTINGS

EDITS = 45
CHANGES = ("edited", "moved", "hidden", "deleted")
LOOPS = ("asyncio", "trio")

pytestmark = pytest.mark.everywhere


@pytest.fixture(scope="module")
def wiki(mediawiki_factory: WikiFactory, mediawiki_version: str) -> LocalWiki:
    made = mediawiki_factory(version=mediawiki_version, settings=SETTINGS)
    once("changing histories", mediawiki_version, lambda: anyio.run(fill, made))
    return made


async def fill(wiki: LocalWiki) -> None:
    history = [SeedRevision(f"Text {n}.", comment=f"edit {n}") for n in range(EDITS)]
    await wiki.seed([SeedPage(f"To be {change} on {loop}", revisions=history) for change in CHANGES for loop in LOOPS])
    await wiki.create_user("History sysop", groups=["sysop"])


@pytest.fixture
async def sysop(wiki: LocalWiki) -> AsyncIterator[Site]:
    auth = OAuth2Token(token=TokenDesk(wiki).issue("History sysop"))
    async with Site(wiki.api_url, user_agent=USER_AGENT, auth=auth, transport=RecordingTransport()) as opened:
        yield opened


async def started(site: Site, title: str, *, count: int) -> tuple[StreamRun[HistoryRevision], list[HistoryRevision]]:
    """A run of the history, newest first, and its first ``count`` revisions."""
    run = aiter(site.rest.history(title))
    return run, [await anext(run) for _ in range(count)]


def numbers(revisions: list[HistoryRevision]) -> list[int]:
    return [int((revision.comment or "").removeprefix("edit ")) for revision in revisions]


async def test_new_edits_do_not_disturb_a_history_and_are_returned_if_it_runs_towards_them(
    sysop: Site, anyio_backend_name: str
) -> None:
    title = f"To be edited on {anyio_backend_name}"
    everything = await sysop.rest.history(title).collect()
    older, newest = await started(sysop, title, count=10)
    newer = aiter(sysop.rest.history(title, newer_than=everything[-1].id))
    oldest = [await anext(newer) for _ in range(10)]
    for n in range(EDITS, EDITS + 2):
        await sysop.page(title).save(f"Text {n}.", summary=f"edit {n}")
    assert newest + [revision async for revision in older] == everything
    assert numbers(oldest + [revision async for revision in newer]) == list(range(1, EDITS + 2))
    assert numbers(await sysop.rest.history(title, newer_than=newest[0].id).collect()) == [EDITS, EDITS + 1]


async def test_a_moved_page_has_its_history_under_its_new_title(sysop: Site, anyio_backend_name: str) -> None:
    """The redirect at the old title has another history, without the cursor's revision: that is an error."""
    title = f"To be moved on {anyio_backend_name}"
    run, head = await started(sysop, title, count=20)
    await sysop.call("move", from_=title, to=f"{title} away", reason="edit 45")
    with pytest.raises(PageMissing) as caught:
        await anext(run)
    stream = sysop.rest.history(f"{title} away")
    assert caught.value.cursor == run.cursor
    with pytest.raises(CursorMismatch, match="title"):
        stream.resume(run.cursor)
    tail = await sysop.rest.history(f"{title} away", older_than=head[-1].id).collect()
    assert numbers(head + tail) == list(range(EDITS - 1, -1, -1))


async def test_a_cursor_at_a_revision_that_was_hidden_since_still_works(
    wiki: LocalWiki, sysop: Site, anyio_backend_name: str
) -> None:
    title = f"To be hidden on {anyio_backend_name}"
    run, head = await started(sysop, title, count=20)
    hidden = head[-1].id
    await sysop.call("revisiondelete", type="revision", ids=[hidden], hide=["comment", "user", "content"])
    tail = [revision async for revision in run]
    assert numbers(head + tail) == list(range(EDITS - 1, -1, -1))
    async with Site(wiki.api_url, user_agent=USER_AGENT) as anonymous:
        (seen,) = [each async for each in anonymous.rest.history(title, limit=20) if each.id == hidden]
        assert (seen.comment, seen.user) == (None, None)
        assert numbers(await anonymous.rest.history(title, older_than=hidden, limit=3).collect()) == [24, 23, 22]


async def test_a_cursor_at_a_revision_that_is_missing_is_an_error_and_not_the_end(
    sysop: Site, anyio_backend_name: str
) -> None:
    """The page was deleted, and restored without the cursor's revision and another one."""
    title = f"To be deleted on {anyio_backend_name}"
    everything = await sysop.rest.history(title).collect()
    run, _ = await started(sysop, title, count=20)
    inside, _ = await started(sysop, title, count=12)
    gone = {everything[19].id, everything[11].id, everything[30].id}
    await sysop.call("delete", title=title, reason="for a while")
    kept = [revision for revision in everything if revision.id not in gone]
    times = [revision.timestamp for revision in kept]
    await sysop.call("undelete", title=title, timestamps=times)
    with pytest.raises(PageMissing) as caught:
        await anext(run)
    with pytest.raises(PageMissing):
        await sysop.rest.history(title).resume(str(caught.value.cursor)).collect()
    for rest, at in (
        (sysop.rest.history(title).resume(inside.cursor), 11),
        (sysop.rest.history(title, older_than=everything[18].id), 18),
    ):
        assert numbers(await rest.collect()) == numbers(kept[at:])


async def test_h3_links_to_another_host_are_not_followed_and_that_host_gets_no_token(
    wiki: LocalWiki, sysop: Site, anyio_backend_name: str
) -> None:
    transport = sysop._transport
    assert isinstance(transport, RecordingTransport)
    batches = [batch async for batch in sysop.rest.history(f"To be edited on {anyio_backend_name}").batches()]
    assert {batch.body["latest"].partition("/rest.php")[0] for batch in batches} == {"http://elsewhere.example"}
    assert [batch.body["older"].partition("/rest.php")[0] for batch in batches[:-1]] == ["http://elsewhere.example"] * 2
    assert all(request.url.startswith(f"{wiki.rest_url}/v1/page/") for request in transport.requests)
    assert all(request.headers["authorization"] for request in transport.requests)
