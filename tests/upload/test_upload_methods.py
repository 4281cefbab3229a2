"""How a file gets to the wiki: whole, in chunks, from an address, by the stash; now, or when the wiki has time."""

from __future__ import annotations

from itertools import count
from pathlib import Path
from typing import Any

import anyio
import pytest
from attrs import evolve

from mwclient_async import Checkpoint, RemoteFile, Site, StashedFile, UploadMethod, UploadProgress, UploadStage
from mwclient_async.errors import (
    ChunkRefused,
    FileRefused,
    MissingParameter,
    ProtocolError,
    StashError,
    UploadError,
    UploadPending,
    UploadWarnings,
    UrlRefused,
)
from mwclient_async.testing import LocalWiki
from tests.support.fault_proxy import Fault, FaultProxy
from tests.support.http_server import Answer, Seen
from tests.support.image_files import sha1
from tests.support.uploads import (
    Account,
    JobClock,
    Pictures,
    capital,
    chunk_at,
    is_publishing,
    is_whole,
    serving,
    versions,
)

NEVER = float("inf")


class Stop(Exception):
    pass


def pixels(path: Path) -> int:
    """The height of a picture, by its own words."""
    return int.from_bytes(path.read_bytes()[20:24])


def kinds(proxy: FaultProxy) -> list[str]:
    """What the requests of an upload were for."""
    found = []
    for seen in proxy.seen:
        if seen.action == "upload":
            asks = "whole" if is_whole(seen) else "publish" if is_publishing(seen) else "status"
            offset = chunk_at(seen)
            found.append(f"chunk {offset}" if offset is not None else asks)
    return found


# Whole, or in chunks -------------------------------------------------------------------------------------------------


async def test_the_size_decides_between_one_request_and_chunks_where_nobody_else_does(
    wiki: LocalWiki, uploader: Account, picture: Pictures, name: str
) -> None:
    path, size, number = picture(3_000), picture(3_000).stat().st_size, count()
    async with FaultProxy(wiki.url) as proxy, uploader.site(proxy) as site:

        async def way(**options: Any) -> tuple[UploadMethod, list[str]]:
            proxy.seen.clear()
            result = await site.upload(path, filename=f"{next(number)}{name}", ignore_warnings=True, **options)
            return result.method, kinds(proxy)

        assert await way() == (UploadMethod.DIRECT, ["whole"])
        assert await way(chunk_size=size) == (UploadMethod.DIRECT, ["whole"])
        in_two = (UploadMethod.CHUNKED, ["chunk 0", f"chunk {size - 1}", "publish"])
        assert await way(chunk_size=size - 1) == in_two
        assert await way(method=UploadMethod.CHUNKED) == (UploadMethod.CHUNKED, ["chunk 0", "publish"])
        assert await way(method=UploadMethod.DIRECT, chunk_size=1024) == (UploadMethod.DIRECT, ["whole"])
        assert await way(chunk_size=1) == (
            UploadMethod.CHUNKED,
            [*(f"chunk {at}" for at in range(0, size, 1024)), "publish"],
        )  # never smaller than the wiki takes


async def test_u10_what_php_takes_at_most_is_found_out_and_every_chunk_has_its_checkpoint(
    narrowed: Site, picture: Pictures, name: str
) -> None:
    for number, (size, refused) in enumerate([(10_000, ChunkRefused), (50_000, MissingParameter)]):
        path = picture(size, number=number)
        total = path.stat().st_size
        with pytest.raises(refused):
            await narrowed.upload(path, filename=f"{number}{name}", method=UploadMethod.DIRECT)
        points: list[Checkpoint] = []
        how: dict[str, Any] = {"ignore_warnings": {"large-file"}, "on_checkpoint": points.append}
        result = await narrowed.upload(path, filename=f"{number}{name}", **how)
        offsets = [point.offset for point in points]
        assert ([result.imageinfo and result.imageinfo.sha1], result.method) == ([sha1(path)], UploadMethod.CHUNKED)
        steps = {end - start for start, end in zip([0, *offsets[:-2]], offsets[:-1], strict=True)}
        assert len(steps) <= 2
        assert max(steps) <= 4096
        assert offsets[-1] == total


async def test_a_file_that_is_too_large_for_the_wiki_is_refused_before_it_is_sent(
    narrowed: Site, picture: Pictures, name: str
) -> None:
    sent: list[UploadProgress] = []
    for way in (None, UploadMethod.CHUNKED, UploadMethod.DIRECT):
        with pytest.raises(FileRefused, match="this wiki takes 61440 at most") as caught:
            await narrowed.upload(picture(70_000), filename=name, method=way, on_progress=sent.append)
        assert caught.value.code == "file-too-large"
    assert sent == []


def refusing(more_than: int) -> Fault:
    page = Answer(status=413, headers=(("content-type", "text/html"),), body=b"<h1>413 Request Entity Too Large</h1>")
    return Fault(kind=f"MORE_THAN_{more_than}", acted=False, answer=lambda _: page)


async def test_u10_a_server_in_front_that_takes_less_gets_less_down_to_what_the_wiki_takes(
    wiki: LocalWiki, uploader: Account, picture: Pictures, name: str
) -> None:
    path, limit = picture(20_000), 8_000

    def plan(seen: Seen) -> Fault | None:
        return refusing(limit) if len(seen.body) > limit else None

    async with FaultProxy(wiki.url, plan) as proxy, uploader.site(proxy) as site:
        result = await site.upload(path, filename=name)
        assert (result.method, await versions(site, name)) == (UploadMethod.CHUNKED, [sha1(path)])
        assert kinds(proxy)[:5] == ["whole", *["chunk 0"] * 3, f"chunk {path.stat().st_size // 4}"]
        limit = 1_500
        proxy.seen.clear()
        with pytest.raises(ProtocolError) as caught:
            await site.stash(picture(number=1), filename=name, chunk_size=4_096)
    assert caught.value.status == 413
    assert kinds(proxy) == ["chunk 0"] * 3  # 4096, 2048, 1024


# Later ---------------------------------------------------------------------------------------------------------------


@pytest.mark.everywhere
def test_u6_a_wiki_that_takes_its_time_is_waited_for_at_both_ends(
    wiki: LocalWiki, uploader: Account, picture: Pictures, name: str
) -> None:
    """Assembling and publishing are jobs, which run from the second wait on."""

    async def run() -> None:
        path, steps = picture(), list[UploadProgress]()
        clock = JobClock(wiki, after=2)
        async with FaultProxy(wiki.url) as proxy, uploader.site(proxy, clock=clock) as site:
            result = await site.upload(
                path, filename=name, asynchronous=True, chunk_size=5_000, on_progress=steps.append
            )
            assert [sha1(path)] == await versions(site, name)
        assert kinds(proxy) == ["chunk 0", "chunk 5000", "status", "status", "publish", "status"]
        assert clock.slept == [1.0, 1.5, 1.0]
        assert result.imageinfo is not None
        assert (result.imageinfo.sha1, result.filename.lower(), result.verified) == (sha1(path), name.lower(), False)
        stages = [step.stage for step in steps]
        assert list(dict.fromkeys(stages[:2] + stages[3:])) == [
            *(UploadStage.SENDING, UploadStage.ASSEMBLING, UploadStage.PUBLISHING, UploadStage.DONE),
        ]

    anyio.run(run)


@pytest.mark.everywhere
def test_u6_a_stashed_file_whose_job_is_under_way_is_waited_for(
    wiki: LocalWiki, uploader: Account, picture: Pictures, name: str, mediawiki_version: str
) -> None:
    """Before it is done, another file takes the name: 1.43 looks again, and warns; 1.39 has promised it already."""
    first, second = picture(number=1), picture(number=2)

    async def run() -> None:
        clock = JobClock(wiki, after=NEVER)
        async with uploader.site(wiki, clock=clock) as site, uploader.site(wiki) as other:
            stashed = await site.stash(first, filename=name)
            for _ in range(2):  # the second time, the wiki says that it is at it
                with pytest.raises(UploadPending) as pending:
                    await site.upload(stashed, filename=name, asynchronous=True, patience=0)
                assert (pending.value.filekey, pending.value.stage) == (stashed.filekey, "queued")
            clock.after, clock.first = 0, lambda: other.upload(second, filename=name, ignore_warnings=True)
            if mediawiki_version == "1.39":
                assert (await site.upload(stashed, filename=name, asynchronous=True)).method is UploadMethod.STASH
            else:
                with pytest.raises(UploadWarnings) as warned:
                    await site.upload(stashed, filename=name, asynchronous=True, ignore_warnings={"duplicate"})
                assert [(it.kind, it.titles) for it in warned.value.warnings] == [("exists", (capital(name),))]
                clock.first = wiki.run_jobs
                result = await site.upload(stashed, filename=name, asynchronous=True, ignore_warnings={"exists"})
                assert [warning.kind for warning in result.ignored] == ["exists"]
            assert await versions(site, name) == [sha1(first), sha1(second)]

    anyio.run(run)


@pytest.mark.everywhere
def test_u6_a_job_that_fails_says_why(
    wiki: LocalWiki, uploader: Account, newcomer: Account, picture: Pictures, name: str, mediawiki_version: str
) -> None:
    """1.43 looks at rights once more, when the job runs; the contents are looked at by both."""

    async def run() -> None:
        clock = JobClock(wiki)
        async with uploader.site(wiki) as steward, newcomer.site(wiki, clock=clock) as site:
            stashed = await site.stash(picture(), filename=name)
            with pytest.raises(FileRefused, match="fit the extension"):
                await site.upload(stashed, filename=f"{name}.pdf", asynchronous=True)
            clock.first = lambda: steward.call("protect", title=f"File:{name}", protections="create=sysop")
            if mediawiki_version == "1.43":
                with pytest.raises(UploadError, match="protectedpagetext") as caught:
                    await site.upload(stashed, filename=name, asynchronous=True)
                assert (caught.value.code, caught.value.filekey) == ("publishfailed", stashed.filekey)
                assert await versions(site, name) == []

    anyio.run(run)


# The stash -----------------------------------------------------------------------------------------------------------


async def test_what_is_stashed_is_published_by_nobody_but_by_who_asks_for_it(
    bot: Site, picture: Pictures, name: str
) -> None:
    path = picture(size := 3_000)
    stashed = await bot.stash(path, filename=name, chunk_size=1_024)
    assert (stashed.sha1, await versions(bot, name)) == (sha1(path), [])
    other = f"other {name}"  # the name of the stash was a proposal
    result = await bot.upload(StashedFile(stashed.filekey), filename=other)
    assert (result.method, await versions(bot, other), await versions(bot, name)) == (
        UploadMethod.STASH,
        [sha1(path)],
        [],
    )
    assert size > 2_000


@pytest.mark.everywhere
def test_what_is_in_the_stash_is_listed_and_looked_into(
    wiki: LocalWiki, uploader: Account, newcomer: Account, picture: Pictures, name: str
) -> None:
    """Whole files, and what has come of one that is on its way; of another account there is nothing to be seen."""
    path, started = picture(3_000), list[Checkpoint]()

    def stop(checkpoint: Checkpoint) -> None:
        started.append(checkpoint)
        raise Stop

    async def run() -> None:
        async with uploader.site(wiki) as site, newcomer.site(wiki) as other:
            whole = await site.stash(path, filename=name)
            with pytest.raises(Stop):
                await site.stash(picture(number=1), filename=name, chunk_size=1_024, on_checkpoint=stop)
            entries = {entry.filekey: entry async for entry in site.list("mystashedfiles", prop=["size", "type"])}
            entry, part = entries[whole.filekey], entries[started[0].filekey]
            assert (entry.status, entry.size, entry.mimetype) == ("finished", path.stat().st_size, "image/png")
            assert (part.status, part.size) == ("chunks", 1_024)
            for file in (whole, whole.filekey):
                info = await site.stashed(file)
                assert (info.sha1, info.size, info.mime) == (sha1(path), entry.size, "image/png")
                assert (info.width, info.height) == (entry.width, entry.height) == (256, pixels(path))
            for asking, filekey in ((other, whole.filekey), (site, "1d3o92ilvvpw.2zeaf1.1.png"), (site, "a|b")):
                with pytest.raises(StashError):
                    await asking.stashed(filekey)

    anyio.run(run)


def as_an_old_wiki(answer: Answer) -> Answer:
    return evolve(answer, body=answer.body.replace(b'"filekey":', b'"sessionkey":'))


async def test_an_old_wiki_that_speaks_of_the_sessions_key_is_understood_and_so_is_who_has_one(
    wiki: LocalWiki, uploader: Account, picture: Pictures, name: str
) -> None:
    old = Fault(kind="OLD", answer=as_an_old_wiki)
    async with FaultProxy(wiki.url, lambda _: old) as proxy, uploader.site(proxy) as site:
        ways: list[dict[str, Any]] = [{}, {"chunk_size": 1_024}]
        for number, how in enumerate(ways):
            path = picture(2_000 + number, number=number)
            with pytest.raises(UploadWarnings) as caught:
                await site.upload(path, filename=f"120px-{name}", **how)
            sessionkey = caught.value.filekey
            assert (await site.stashed(sessionkey)).sha1 == sha1(path)
            await site.upload(StashedFile(sessionkey), filename=f"{number}{name}")
            assert await versions(site, f"{number}{name}") == [sha1(path)]


# Addresses -----------------------------------------------------------------------------------------------------------


@pytest.mark.everywhere
def test_a_file_somewhere_on_the_web_is_fetched_by_the_wiki(
    uploader: Account, picture: Pictures, name: str, wiki: LocalWiki
) -> None:

    async def run() -> None:
        async with uploader.site(wiki) as bot:
            paths = [picture(number=number) for number in range(2)]
            async with serving(*(path.read_bytes() for path in paths)) as server:
                first, second, missing = (RemoteFile(f"{server.url}/{number}") for number in (0, 1, 404))
                result = await bot.upload(first, filename=name, comment="from afar")
                assert (result.method, result.imageinfo and result.imageinfo.comment) == (UploadMethod.URL, "from afar")
                with pytest.raises(UploadWarnings) as caught:
                    await bot.upload(second, filename=name)
                await bot.upload(StashedFile(caught.value.filekey), filename=name, ignore_warnings={"exists"})
                chosen = await bot.upload(
                    second, filename=f"other {name}", ignore_warnings={"duplicate", "duplicate-archive"}
                )
                assert ([it.kind for it in chosen.ignored], chosen.method) == (["duplicate"], UploadMethod.URL)
                with pytest.raises(UrlRefused) as refused:
                    await bot.upload(missing, filename=f"missing {name}")
            assert refused.value.code == "http-bad-status"
            assert await versions(bot, name) == [sha1(path) for path in reversed(paths)]

    anyio.run(run)


@pytest.mark.everywhere
def test_u6_an_address_is_fetched_later_where_the_wiki_can_tell_how_far_it_is(
    wiki: LocalWiki, uploader: Account, picture: Pictures, name: str, mediawiki_version: str
) -> None:
    path = picture()

    async def run() -> None:
        clock = JobClock(wiki)
        async with serving(path.read_bytes()) as server, uploader.site(wiki, clock=clock) as site:
            there, missing = RemoteFile(f"{server.url}/0"), RemoteFile(f"{server.url}/404")
            if mediawiki_version == "1.39":
                with pytest.raises(UrlRefused, match=r"MediaWiki 1\.43 and newer"):
                    await site.upload(there, filename=name, asynchronous=True)
                assert server.requests == []
                return
            with pytest.raises(UrlRefused, match="only where all warnings are ignored"):
                await site.upload(there, filename=name, asynchronous=True)
            clock.after = NEVER
            for _ in range(2):  # the second time, the wiki says that it is at it
                with pytest.raises(UploadPending):
                    await site.upload(there, filename=name, asynchronous=True, ignore_warnings=True, patience=0)
            clock.after = 0
            result = await site.upload(there, filename=name, asynchronous=True, ignore_warnings=True)
            assert (result.method, await versions(site, name)) == (UploadMethod.URL, [sha1(path)])
            with pytest.raises(UploadWarnings) as caught:
                await site.upload(there, filename=name, asynchronous=True)
            assert ([it.kind for it in caught.value.warnings], caught.value.filekey) == (["exists"], "")
            with pytest.raises(UrlRefused, match="404"):
                await site.upload(missing, filename=f"missing {name}", asynchronous=True, ignore_warnings=True)

    anyio.run(run)


async def test_who_may_not_have_files_fetched_is_told(
    wiki: LocalWiki, newcomer: Account, picture: Pictures, name: str
) -> None:
    async with newcomer.site(wiki) as site:
        with pytest.raises(Exception, match="permissiondenied"):
            await site.upload(RemoteFile("http://127.0.0.1:9/x"), filename=name)
    with pytest.raises(ValueError, match="no address that a wiki could fetch"):
        RemoteFile("ftp://example.org/x")
