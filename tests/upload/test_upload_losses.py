"""U3, U4, W2 through a proxy that loses requests and responses: the file is published once, or it is unknown."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import anyio
import pytest

from mwclient_async import StashedFile, UploadMethod, UploadProgress
from mwclient_async._http.messages import HttpRequest, HttpResponse, MultipartBody
from mwclient_async.errors import OutcomeUnknown, ReplyLost, StashError
from mwclient_async.testing import LocalWiki, WikiFactory
from tests.conftest import once
from tests.support.fault_proxy import (
    BAD_GATEWAY_AFTER,
    BROKEN_JSON,
    DROP_AFTER,
    DROP_BEFORE,
    HTML_200_AFTER,
    REFUSE,
    TRUNCATE,
    UNAVAILABLE_BEFORE,
    Fault,
    FaultProxy,
)
from tests.support.guarded_wiki import filtered_wiki
from tests.support.http_server import ReceivedRequest
from tests.support.image_files import sha1
from tests.support.lossy_transport import LossyTransport
from tests.support.uploads import (
    QUICK,
    Account,
    JobClock,
    Pictures,
    account,
    change_database,
    chunk_at,
    fault_for,
    is_publishing,
    is_whole,
    versions,
    wiki_name,
)

CHUNKS: dict[str, Any] = {"chunk_size": 4_000}


# Chunks --------------------------------------------------------------------------------------------------------------


@pytest.mark.everywhere
async def test_u3_a_file_arrives_once_although_every_chunk_is_lost_twice(
    wiki: LocalWiki, uploader: Account, picture: Pictures, name: str
) -> None:
    """A chunk that the wiki has is not sent again, except the first one, whose filekey was lost."""
    path = picture(11_000)
    faults = {offset: iter([DROP_BEFORE, DROP_AFTER]) for offset in (0, 4_000, 8_000)}

    def plan(seen: ReceivedRequest) -> Fault | None:
        offset = chunk_at(seen)
        return next(faults[offset], None) if offset is not None else None

    async with FaultProxy(wiki.url, plan) as proxy, uploader.site(proxy, retry=QUICK) as site:
        result = await site.upload(path, filename=name, **CHUNKS)
        assert await versions(site, name) == [sha1(path)]
    assert proxy.counts == {"DROP_BEFORE": 3, "DROP_AFTER": 3}
    offsets = [offset for seen in proxy.seen if (offset := chunk_at(seen)) is not None]
    assert offsets == [0, 0, 0, 4_000, 4_000, 8_000, 8_000]
    assert (result.verified, result.method) == (False, UploadMethod.CHUNKED)


async def test_u3_the_file_is_found_whatever_happens_to_the_reply_to_its_last_chunk(
    wiki: LocalWiki, uploader: Account, picture: Pictures, name: str
) -> None:
    """Another file of the same size in the stash is not taken for this one."""
    async with FaultProxy(wiki.url) as proxy, uploader.site(proxy, retry=QUICK) as site:
        for number, fault in enumerate([TRUNCATE, BROKEN_JSON, HTML_200_AFTER, BAD_GATEWAY_AFTER]):
            await site.stash(picture(5_000, number=-number - 1), filename=name)
            path = picture(5_000, number=number)
            proxy.plan = fault_for(lambda seen: chunk_at(seen) == 4_000, fault)
            await site.upload(path, filename=f"{number} {name}", ignore_warnings=True, **CHUNKS)
            assert await versions(site, f"{number} {name}") == [sha1(path)]
    assert set(proxy.counts.values()) == {1}
    assert len(proxy.counts) == 4


async def test_u3_a_stashed_file_of_the_same_size_that_disappears_is_skipped(
    wiki: LocalWiki, uploader: Account, picture: Pictures, name: str
) -> None:
    """It is on the list, and gone when its SHA-1 is asked for; our file comes after it."""
    path, other = picture(5_000, number=1), picture(5_000, number=2)
    asked: list[str] = []
    async with FaultProxy(wiki.url) as proxy, uploader.site(proxy, retry=QUICK) as site:
        first = await site.stash(other, filename=name)

        def plan(seen: ReceivedRequest) -> Fault | None:
            asked.append(seen.params.get("siifilekey", ""))
            if asked[-1] == first.filekey:
                change_database(wiki, f"DELETE FROM uploadstash WHERE us_key = '{first.filekey}'")
            return DROP_AFTER if chunk_at(seen) == 4_000 and DROP_AFTER.kind not in proxy.counts else None

        proxy.plan = plan
        result = await site.upload(path, filename=name, **CHUNKS)
        assert (first.filekey in asked, result.verified) == (True, False)
        assert await versions(site, name) == [sha1(path)]


# The publishing ------------------------------------------------------------------------------------------------------


@pytest.mark.everywhere
@pytest.mark.parametrize(
    ("asynchronous", "faults"), [(False, (DROP_BEFORE, DROP_AFTER)), (True, (DROP_AFTER,))], ids=["now", "later"]
)
def test_u4_a_lost_reply_to_the_publishing_is_resolved(
    wiki: LocalWiki,
    uploader: Account,
    picture: Pictures,
    name: str,
    asynchronous: bool,  # noqa: FBT001 - a parameter
    faults: tuple[Fault, ...],
) -> None:
    """A lost request is sent again. After a lost reply the file is published, or a job is polled."""

    async def run() -> None:
        clock = JobClock(wiki)
        async with FaultProxy(wiki.url) as proxy, uploader.site(proxy, clock=clock) as site:
            for number, fault in enumerate(faults):
                path = picture(5_000, number=number)
                proxy.plan = fault_for(is_publishing, fault)
                result = await site.upload(path, filename=f"{number}{name}", asynchronous=asynchronous, **CHUNKS)
                assert await versions(site, f"{number}{name}") == [sha1(path)]
                verified = fault is DROP_AFTER and not asynchronous  # the status of a job confirms it
                assert (result.verified, result.method) == (verified, UploadMethod.CHUNKED)
                assert result.imageinfo is not None
                assert result.imageinfo.sha1 == sha1(path)
            assert sum(is_publishing(seen) for seen in proxy.seen) == len(faults) + (DROP_BEFORE in faults)

    anyio.run(run)


@pytest.mark.parametrize(
    ("fault", "ignoring", "sent", "verified"),
    [
        (DROP_BEFORE, False, 2, False),
        (DROP_AFTER, False, 1, True),
        (DROP_AFTER, True, 1, True),
        (TRUNCATE, False, 1, True),
        (UNAVAILABLE_BEFORE, True, 2, False),
    ],
    ids=lambda it: it.kind if isinstance(it, Fault) else "",
)
async def test_u4_a_lost_reply_to_a_direct_upload_is_resolved(
    wiki: LocalWiki,
    uploader: Account,
    picture: Pictures,
    name: str,
    fault: Fault,
    ignoring: bool,  # noqa: FBT001 - parameters
    sent: int,
    verified: bool,  # noqa: FBT001
) -> None:
    path = picture(3_000)
    async with FaultProxy(wiki.url, fault_for(is_whole, fault)) as proxy, uploader.site(proxy, retry=QUICK) as site:
        result = await site.upload(path, filename=name, ignore_warnings=ignoring)
        assert await versions(site, name) == [sha1(path)]
    assert (result.verified, result.method) == (verified, UploadMethod.DIRECT)
    assert sum(map(is_whole, proxy.seen)) == sent


async def test_u4_a_stashed_file_and_a_chosen_warning_are_verified_too(
    wiki: LocalWiki, uploader: Account, picture: Pictures, name: str
) -> None:
    """If only a filekey is given, its SHA-1 is asked for before publishing."""
    first, second = picture(3_000, number=1), picture(3_000, number=2)
    async with FaultProxy(wiki.url) as proxy, uploader.site(proxy, retry=QUICK) as site:
        stashed = await site.stash(first, filename=name)
        proxy.plan = fault_for(is_publishing, DROP_AFTER)
        assert (await site.upload(StashedFile(stashed.filekey), filename=name)).verified
        proxy.plan = fault_for(is_publishing, DROP_AFTER)
        result = await site.upload(second, filename=name, ignore_warnings={"exists"})
        assert (result.verified, [warning.kind for warning in result.ignored]) == (True, ["exists"])
        assert await versions(site, name) == [sha1(second), sha1(first)]


async def test_w2_a_wiki_that_cannot_be_asked_is_an_unknown_outcome(
    wiki: LocalWiki, uploader: Account, picture: Pictures, name: str
) -> None:
    path = picture(5_000)

    def plan(seen: ReceivedRequest) -> Fault | None:
        return REFUSE if is_publishing(seen) else None

    async with FaultProxy(wiki.url, plan) as proxy, uploader.site(proxy, retry=QUICK) as site:
        lost = Fault(kind="LOST_THEN_REFUSED", delivery=DROP_AFTER.delivery, then_refuse=True)
        proxy.plan = fault_for(is_publishing, lost)
        with pytest.raises(OutcomeUnknown, match="before you upload it again") as caught:
            await site.upload(path, filename=name, **CHUNKS)
        assert (caught.value.title, caught.value.filekey is not None) == (f"File:{name}", True)
        proxy.reopen()
        assert await versions(site, name) == [sha1(path)]
        result = await site.upload(path, filename=name, checkpoint=caught.value.checkpoint)
        assert (result.verified, await versions(site, name)) == (True, [sha1(path)])


async def test_w2_the_file_of_a_redirects_target_is_not_the_published_file(
    wiki: LocalWiki, uploader: Account, picture: Pictures, name: str
) -> None:
    """Its target has the same contents. The lost request is sent again, because the wiki did not see it."""
    path = picture(3_000)
    async with FaultProxy(wiki.url) as proxy, uploader.site(proxy, retry=QUICK) as site:
        await site.upload(path, filename=f"Target {name}")
        await site.call("edit", title=f"File:{name}", text=f"#REDIRECT [[File:Target {name}]]")
        assert await versions(site, name) == [sha1(path)]  # the wiki shows the target's file
        proxy.plan = fault_for(is_whole, DROP_BEFORE)
        assert not (await site.upload(path, filename=name, ignore_warnings=True)).verified
        listed = [file.name async for file in site.list("allimages", sha1=sha1(path))]
        assert sorted(listed) == sorted([wiki_name(name), f"Target_{name}"])


class BreakingTransport(LossyTransport):
    """The connection breaks during the first file, before all of it was read."""

    def __init__(self) -> None:
        super().__init__(lambda *_: None)

    async def send(self, request: HttpRequest) -> HttpResponse:
        if isinstance(request.body, MultipartBody) and not self.lost:
            self.lost += 1
            await request.body.read(0, 1_000)
            raise ReplyLost("the connection broke")
        return await super().send(request)


async def test_u4_a_connection_that_breaks_during_a_file_is_not_a_changed_source(
    wiki: LocalWiki, uploader: Account, picture: Pictures, name: str
) -> None:
    path = picture(3_000)
    async with uploader.site(wiki, retry=QUICK, transport=BreakingTransport()) as site:
        assert (await site.upload(path, filename=name)).method is UploadMethod.DIRECT
        assert await versions(site, name) == [sha1(path)]


async def test_w2_where_no_abuse_filter_has_warned_a_file_is_sent_again_and_published_once(
    mediawiki_factory: WikiFactory, mediawiki_version: str, picture: Pictures, name: str
) -> None:
    wiki = filtered_wiki(mediawiki_factory, mediawiki_version)
    uploader = await anyio.to_thread.run_sync(
        lambda: once("filtered uploader", mediawiki_version, lambda: account(wiki, "Uploader", "bot"))
    )
    async with FaultProxy(wiki.url) as proxy, uploader.site(proxy, retry=QUICK) as site:
        cases = itertools.product([(is_publishing, CHUNKS), (is_whole, {})], [DROP_BEFORE, DROP_AFTER])
        for number, ((matches, options), fault) in enumerate(cases):
            path = picture(5_000, number=number)
            proxy.plan = fault_for(matches, fault)
            result = await site.upload(path, filename=f"{number}{name}", **options)
            assert result.verified is (fault is DROP_AFTER)
            assert await versions(site, f"{number}{name}") == [sha1(path)]
    assert proxy.counts == {"DROP_BEFORE": 2, "DROP_AFTER": 2}


# The stash -----------------------------------------------------------------------------------------------------------


def forget_sessions(wiki: LocalWiki) -> None:
    """Remove the status of all uploads. The wiki keeps it for a day, and the files longer."""
    change_database(wiki, "DELETE FROM objectcache WHERE keyname LIKE '%uploadstatus%'", file="wikicache")


def empty_by_script(wiki: LocalWiki) -> None:
    change_database(wiki, "UPDATE uploadstash SET us_timestamp = '20200101000000'")
    anyio.from_thread.run(wiki.maintenance, "cleanupUploadStash")


@pytest.mark.everywhere
@pytest.mark.parametrize("lose", [empty_by_script, forget_sessions])
def test_u3_a_stash_that_is_emptied_between_chunks_restarts_the_upload_once(
    wiki: LocalWiki, uploader: Account, picture: Pictures, name: str, lose: Callable[[LocalWiki], None]
) -> None:
    path, steps, times = picture(11_000), list[UploadProgress](), 1

    async def listen(progress: UploadProgress) -> None:
        nonlocal times
        steps.append(progress)
        if progress.sent == 8_000 and times:
            times -= 1
            await anyio.to_thread.run_sync(lose, wiki)

    async def run() -> None:
        nonlocal times
        async with uploader.site(wiki) as site:
            await site.upload(path, filename=name, on_progress=listen, **CHUNKS)
            assert await versions(site, name) == [sha1(path)]
            total = path.stat().st_size
            sums = [0, 4_000, 8_000, 0, 4_000, 8_000, *[total] * 3]
            assert [(step.sent, step.restarted) for step in steps] == [
                (sent, number > 2) for number, sent in enumerate(sums)
            ]
            if lose is forget_sessions:
                times = 2
                with pytest.raises(StashError) as caught:
                    await site.upload(picture(11_000, number=1), filename=f"2 {name}", on_progress=listen, **CHUNKS)
                assert caught.value.checkpoint is not None

    anyio.run(run)
