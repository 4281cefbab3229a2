"""U3, U4, W2 through a proxy that loses things: the file is there exactly once, or what is not known is said."""

from __future__ import annotations

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
from tests.support.guarded_wiki import filtered
from tests.support.http_server import Seen
from tests.support.image_files import sha1
from tests.support.lossy_transport import FaultyTransport
from tests.support.uploads import (
    QUICK,
    Account,
    JobClock,
    Pictures,
    account,
    capital,
    chunk_at,
    in_database,
    is_publishing,
    is_whole,
    only,
    versions,
)

CHUNKS: dict[str, Any] = {"chunk_size": 4_000}


# Chunks --------------------------------------------------------------------------------------------------------------


@pytest.mark.everywhere
async def test_u3_every_chunk_is_lost_before_and_after_the_wiki_took_it_and_the_file_arrives_once(
    wiki: LocalWiki, uploader: Account, picture: Pictures, name: str
) -> None:
    """What the wiki has is not sent again; but of a first chunk that was taken nobody knows the key: an orphan."""
    path = picture(11_000)
    faults = {offset: iter([DROP_BEFORE, DROP_AFTER]) for offset in (0, 4_000, 8_000)}

    def plan(seen: Seen) -> Fault | None:
        offset = chunk_at(seen)
        return next(faults[offset], None) if offset is not None else None

    async with FaultProxy(wiki.url, plan) as proxy, uploader.site(proxy, retry=QUICK) as site:
        result = await site.upload(path, filename=name, **CHUNKS)
        assert await versions(site, name) == [sha1(path)]
    assert proxy.counts == {"DROP_BEFORE": 3, "DROP_AFTER": 3}
    offsets = [offset for seen in proxy.seen if (offset := chunk_at(seen)) is not None]
    assert offsets == [0, 0, 0, 4_000, 4_000, 8_000, 8_000]
    assert (result.verified, result.method) == (False, UploadMethod.CHUNKED)


async def test_u3_whatever_becomes_of_the_answer_to_a_last_chunk_the_file_is_found(
    wiki: LocalWiki, uploader: Account, picture: Pictures, name: str
) -> None:
    """Another file of the same size is in the stash, too: it is not taken for this one."""
    async with FaultProxy(wiki.url) as proxy, uploader.site(proxy, retry=QUICK) as site:
        for number, fault in enumerate([TRUNCATE, BROKEN_JSON, HTML_200_AFTER, BAD_GATEWAY_AFTER]):
            await site.stash(picture(5_000, number=-number - 1), filename=name)
            path = picture(5_000, number=number)
            proxy.plan = only(lambda seen: chunk_at(seen) == 4_000, fault)
            await site.upload(path, filename=f"{number} {name}", ignore_warnings=True, **CHUNKS)
            assert await versions(site, f"{number} {name}") == [sha1(path)]
    assert set(proxy.counts.values()) == {1}
    assert len(proxy.counts) == 4


async def test_u3_a_stashed_file_of_the_same_size_that_is_published_just_then_is_not_the_one_and_no_obstacle(
    wiki: LocalWiki, uploader: Account, picture: Pictures, name: str
) -> None:
    """It is on the list, and gone when it is looked into; ours comes after it."""
    path, other = picture(5_000, number=1), picture(5_000, number=2)
    asked: list[str] = []
    async with FaultProxy(wiki.url) as proxy, uploader.site(proxy, retry=QUICK) as site:
        first = await site.stash(other, filename=name)

        def plan(seen: Seen) -> Fault | None:
            asked.append(seen.params.get("siifilekey", ""))
            if asked[-1] == first.filekey:
                in_database(wiki, f"DELETE FROM uploadstash WHERE us_key = '{first.filekey}'")
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
def test_u4_a_lost_answer_to_the_publishing_is_found_out(
    wiki: LocalWiki,
    uploader: Account,
    picture: Pictures,
    name: str,
    asynchronous: bool,  # noqa: FBT001 - a parameter
    faults: tuple[Fault, ...],
) -> None:
    """Lost before: it is sent again. Lost after: the file is there, or the wiki is still at it and is asked."""

    async def run() -> None:
        clock = JobClock(wiki)
        async with FaultProxy(wiki.url) as proxy, uploader.site(proxy, clock=clock) as site:
            for number, fault in enumerate(faults):
                path = picture(5_000, number=number)
                proxy.plan = only(is_publishing, fault)
                result = await site.upload(path, filename=f"{number}{name}", asynchronous=asynchronous, **CHUNKS)
                assert await versions(site, f"{number}{name}") == [sha1(path)]
                verified = fault is DROP_AFTER and not asynchronous  # a job's status is an answer
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
async def test_u4_a_lost_answer_to_a_file_that_goes_in_one_request_is_found_out(
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
    async with FaultProxy(wiki.url, only(is_whole, fault)) as proxy, uploader.site(proxy, retry=QUICK) as site:
        result = await site.upload(path, filename=name, ignore_warnings=ignoring)
        assert await versions(site, name) == [sha1(path)]
    assert (result.verified, result.method) == (verified, UploadMethod.DIRECT)
    assert sum(map(is_whole, proxy.seen)) == sent


async def test_u4_a_stashed_file_and_a_chosen_warning_are_verified_too(
    wiki: LocalWiki, uploader: Account, picture: Pictures, name: str
) -> None:
    """Whoever gives no more than a filekey: its SHA-1 is asked for before it is gone."""
    first, second = picture(3_000, number=1), picture(3_000, number=2)
    async with FaultProxy(wiki.url) as proxy, uploader.site(proxy, retry=QUICK) as site:
        stashed = await site.stash(first, filename=name)
        proxy.plan = only(is_publishing, DROP_AFTER)
        assert (await site.upload(StashedFile(stashed.filekey), filename=name)).verified
        proxy.plan = only(is_publishing, DROP_AFTER)
        result = await site.upload(second, filename=name, ignore_warnings={"exists"})
        assert (result.verified, [warning.kind for warning in result.ignored]) == (True, ["exists"])
        assert await versions(site, name) == [sha1(second), sha1(first)]


async def test_w2_where_nobody_can_be_asked_any_more_it_is_not_said_that_nothing_was_done(
    wiki: LocalWiki, uploader: Account, picture: Pictures, name: str
) -> None:
    path = picture(5_000)

    def plan(seen: Seen) -> Fault | None:
        return REFUSE if is_publishing(seen) else None

    async with FaultProxy(wiki.url, plan) as proxy, uploader.site(proxy, retry=QUICK) as site:
        lost = Fault(kind="LOST_FOR_GOOD", delivery=DROP_AFTER.delivery, then_refuse=True)
        proxy.plan = only(is_publishing, lost)
        with pytest.raises(OutcomeUnknown, match="before you upload it again") as caught:
            await site.upload(path, filename=name, **CHUNKS)
        assert (caught.value.title, caught.value.filekey is not None) == (f"File:{name}", True)
        proxy.reopen()
        assert await versions(site, name) == [sha1(path)]
        result = await site.upload(path, filename=name, checkpoint=caught.value.checkpoint)
        assert (result.verified, await versions(site, name)) == (True, [sha1(path)])


async def test_w2_what_the_wiki_shows_under_the_name_of_a_redirect_is_not_what_was_published(
    wiki: LocalWiki, uploader: Account, picture: Pictures, name: str
) -> None:
    """Its target has the same contents: the request that was lost before the wiki saw it is sent again."""
    path = picture(3_000)
    async with FaultProxy(wiki.url) as proxy, uploader.site(proxy, retry=QUICK) as site:
        await site.upload(path, filename=f"Target {name}")
        await site.call("edit", title=f"File:{name}", text=f"#REDIRECT [[File:Target {name}]]")
        assert await versions(site, name) == [sha1(path)]  # as the wiki shows it
        proxy.plan = only(is_whole, DROP_BEFORE)
        assert not (await site.upload(path, filename=name, ignore_warnings=True)).verified
        listed = [file.name async for file in site.list("allimages", sha1=sha1(path))]
        assert sorted(listed) == sorted([capital(name), f"Target_{name}"])


class Halfway(FaultyTransport):
    """The line breaks in the midst of the first file, before all of it was read."""

    def __init__(self) -> None:
        super().__init__(lambda *_: None)

    async def send(self, request: HttpRequest) -> HttpResponse:
        if isinstance(request.body, MultipartBody) and not self.lost:
            self.lost += 1
            await request.body.read(0, 1_000)
            raise ReplyLost("the line broke")
        return await super().send(request)


async def test_u4_a_line_that_breaks_in_the_midst_of_a_file_is_no_change_of_that_file(
    wiki: LocalWiki, uploader: Account, picture: Pictures, name: str
) -> None:
    path = picture(3_000)
    async with uploader.site(wiki, retry=QUICK, transport=Halfway()) as site:
        assert (await site.upload(path, filename=name)).method is UploadMethod.DIRECT
        assert await versions(site, name) == [sha1(path)]


async def test_w2_a_wiki_with_an_abuse_filter_is_not_asked_twice(
    mediawiki_factory: WikiFactory, mediawiki_version: str, picture: Pictures, name: str
) -> None:
    """The second request would count as a confirmation of what the filter warned of."""
    wiki = filtered(mediawiki_factory, mediawiki_version)
    who = await anyio.to_thread.run_sync(
        lambda: once("filtered uploader", mediawiki_version, lambda: account(wiki, "Uploader", "bot"))
    )
    async with FaultProxy(wiki.url) as proxy, who.site(proxy, retry=QUICK) as site:
        for number, (which, how) in enumerate([(is_publishing, CHUNKS), (is_whole, {})]):
            path = picture(5_000, number=number)
            proxy.plan = only(which, DROP_BEFORE)
            with pytest.raises(OutcomeUnknown):
                await site.upload(path, filename=f"{number}{name}", **how)
            proxy.plan = only(which, DROP_AFTER)
            assert (await site.upload(path, filename=f"{number}{name}", **how)).verified
            assert await versions(site, f"{number}{name}") == [sha1(path)]
    assert proxy.counts == {"DROP_BEFORE": 2, "DROP_AFTER": 2}


# The stash -----------------------------------------------------------------------------------------------------------


def forget_sessions(wiki: LocalWiki) -> None:
    """What the wiki knows of uploads under way lives a day; the files may live longer."""
    in_database(wiki, "DELETE FROM objectcache WHERE keyname LIKE '%uploadstatus%'", file="wikicache")


def empty_by_script(wiki: LocalWiki) -> None:
    in_database(wiki, "UPDATE uploadstash SET us_timestamp = '20200101000000'")
    anyio.from_thread.run(wiki.maintenance, "cleanupUploadStash")


@pytest.mark.everywhere
@pytest.mark.parametrize("lose", [empty_by_script, forget_sessions])
def test_u3_a_stash_that_is_emptied_in_between_is_filled_again_once_and_that_is_told(
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
