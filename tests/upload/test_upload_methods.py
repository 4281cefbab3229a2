"""The methods of an upload: in one request, in chunks, from a URL, from the stash; by a job or at once."""

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
from tests.support.http_server import ReceivedRequest, ServerResponse
from tests.support.image_files import sha1
from tests.support.uploads import (
    Account,
    JobClock,
    Pictures,
    chunk_at,
    is_publishing,
    is_whole,
    serving,
    versions,
    wiki_name,
)

NEVER = float("inf")


class Stop(Exception):
    pass


def pixels(path: Path) -> int:
    """The height of a picture, from its header."""
    return int.from_bytes(path.read_bytes()[20:24])


def kinds(proxy: FaultProxy) -> list[str]:
    """What each request of an upload was for."""
    found = []
    for seen in proxy.seen:
        if seen.action == "upload":
            purpose = "direct" if is_whole(seen) else "publish" if is_publishing(seen) else "status"
            offset = chunk_at(seen)
            found.append(f"chunk {offset}" if offset is not None else purpose)
    return found


# In one request, or in chunks ----------------------------------------------------------------------------------------


async def test_the_size_decides_between_one_request_and_chunks_by_default(
    wiki: LocalWiki, uploader: Account, picture: Pictures, name: str
) -> None:
    path, size, number = picture(3_000), picture(3_000).stat().st_size, count()
    async with FaultProxy(wiki.url) as proxy, uploader.site(proxy) as site:

        async def upload(**options: Any) -> tuple[UploadMethod, list[str]]:
            proxy.seen.clear()
            result = await site.upload(path, filename=f"{next(number)}{name}", ignore_warnings=True, **options)
            return result.method, kinds(proxy)

        assert await upload() == (UploadMethod.DIRECT, ["direct"])
        assert await upload(chunk_size=size) == (UploadMethod.DIRECT, ["direct"])
        in_two = (UploadMethod.CHUNKED, ["chunk 0", f"chunk {size - 1}", "publish"])
        assert await upload(chunk_size=size - 1) == in_two
        assert await upload(method=UploadMethod.CHUNKED) == (UploadMethod.CHUNKED, ["chunk 0", "publish"])
        assert await upload(method=UploadMethod.DIRECT, chunk_size=1024) == (UploadMethod.DIRECT, ["direct"])
        assert await upload(chunk_size=1) == (
            UploadMethod.CHUNKED,
            [*(f"chunk {at}" for at in range(0, size, 1024)), "publish"],
        )  # the chunks are not smaller than the wiki's minimum


async def test_u10_the_limit_of_php_is_found_and_every_chunk_has_its_checkpoint(
    narrowed: Site, picture: Pictures, name: str
) -> None:
    for number, (size, refused) in enumerate([(10_000, ChunkRefused), (50_000, MissingParameter)]):
        path = picture(size, number=number)
        total = path.stat().st_size
        with pytest.raises(refused):
            await narrowed.upload(path, filename=f"{number}{name}", method=UploadMethod.DIRECT)
        checkpoints: list[Checkpoint] = []
        options: dict[str, Any] = {"ignore_warnings": {"large-file"}, "on_checkpoint": checkpoints.append}
        result = await narrowed.upload(path, filename=f"{number}{name}", **options)
        offsets = [checkpoint.offset for checkpoint in checkpoints]
        assert ([result.imageinfo and result.imageinfo.sha1], result.method) == ([sha1(path)], UploadMethod.CHUNKED)
        steps = {end - start for start, end in zip([0, *offsets[:-2]], offsets[:-1], strict=True)}
        assert len(steps) <= 2
        assert max(steps) <= 4096
        assert offsets[-1] == total


async def test_a_file_that_is_too_large_for_the_wiki_is_refused_before_it_is_sent(
    narrowed: Site, picture: Pictures, name: str
) -> None:
    sent: list[UploadProgress] = []
    for method in (None, UploadMethod.CHUNKED, UploadMethod.DIRECT):
        with pytest.raises(FileRefused, match="this wiki takes 61440 at most") as caught:
            await narrowed.upload(picture(70_000), filename=name, method=method, on_progress=sent.append)
        assert caught.value.code == "file-too-large"
    assert sent == []


def refusing(more_than: int) -> Fault:
    page = ServerResponse(
        status=413, headers=(("content-type", "text/html"),), body=b"<h1>413 Request Entity Too Large</h1>"
    )
    return Fault(kind=f"MORE_THAN_{more_than}", acted=False, answer=lambda _: page)


async def test_u10_a_web_server_with_a_lower_limit_gets_smaller_chunks(
    wiki: LocalWiki, uploader: Account, picture: Pictures, name: str
) -> None:
    path, limit = picture(20_000), 8_000

    def plan(seen: ReceivedRequest) -> Fault | None:
        return refusing(limit) if len(seen.body) > limit else None

    async with FaultProxy(wiki.url, plan) as proxy, uploader.site(proxy) as site:
        result = await site.upload(path, filename=name)
        assert (result.method, await versions(site, name)) == (UploadMethod.CHUNKED, [sha1(path)])
        assert kinds(proxy)[:5] == ["direct", *["chunk 0"] * 3, f"chunk {path.stat().st_size // 4}"]
        limit = 1_500
        proxy.seen.clear()
        with pytest.raises(ProtocolError) as caught:
            await site.stash(picture(number=1), filename=name, chunk_size=4_096)
    assert caught.value.status == 413
    assert kinds(proxy) == ["chunk 0"] * 3  # 4096, 2048, 1024


# Asynchronous --------------------------------------------------------------------------------------------------------


@pytest.mark.everywhere
def test_u6_jobs_that_assemble_and_publish_are_waited_for(
    wiki: LocalWiki, uploader: Account, picture: Pictures, name: str
) -> None:
    """Assembling and publishing are jobs, which run from the second sleep on."""

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
def test_u6_a_stashed_file_whose_job_is_running_is_waited_for(
    wiki: LocalWiki, uploader: Account, picture: Pictures, name: str, mediawiki_version: str
) -> None:
    """Another file takes the name before the job runs: the job of 1.43 warns, and the job of 1.39 publishes."""
    first, second = picture(number=1), picture(number=2)

    async def run() -> None:
        clock = JobClock(wiki, after=NEVER)
        async with uploader.site(wiki, clock=clock) as site, uploader.site(wiki) as other:
            stashed = await site.stash(first, filename=name)
            for _ in range(2):  # the second time, the wiki says that the job is running
                with pytest.raises(UploadPending) as pending:
                    await site.upload(stashed, filename=name, asynchronous=True, patience=0)
                assert (pending.value.filekey, pending.value.stage) == (stashed.filekey, "queued")
            clock.after, clock.before_jobs = 0, lambda: other.upload(second, filename=name, ignore_warnings=True)
            if mediawiki_version == "1.39":
                assert (await site.upload(stashed, filename=name, asynchronous=True)).method is UploadMethod.STASH
            else:
                with pytest.raises(UploadWarnings) as warned:
                    await site.upload(stashed, filename=name, asynchronous=True, ignore_warnings={"duplicate"})
                assert [(it.kind, it.titles) for it in warned.value.warnings] == [("exists", (wiki_name(name),))]
                clock.before_jobs = wiki.run_jobs
                result = await site.upload(stashed, filename=name, asynchronous=True, ignore_warnings={"exists"})
                assert [warning.kind for warning in result.ignored] == ["exists"]
            assert await versions(site, name) == [sha1(first), sha1(second)]

    anyio.run(run)


@pytest.mark.everywhere
def test_u6_a_job_that_fails_raises_its_reason(
    wiki: LocalWiki, uploader: Account, newcomer: Account, picture: Pictures, name: str, mediawiki_version: str
) -> None:
    """The job of 1.43 checks rights again; both versions check the contents."""

    async def run() -> None:
        clock = JobClock(wiki)
        async with uploader.site(wiki) as steward, newcomer.site(wiki, clock=clock) as site:
            stashed = await site.stash(picture(), filename=name)
            with pytest.raises(FileRefused, match="fit the extension"):
                await site.upload(stashed, filename=f"{name}.pdf", asynchronous=True)
            clock.before_jobs = lambda: steward.call("protect", title=f"File:{name}", protections="create=sysop")
            if mediawiki_version == "1.43":
                with pytest.raises(UploadError, match="protectedpagetext") as caught:
                    await site.upload(stashed, filename=name, asynchronous=True)
                assert (caught.value.code, caught.value.filekey) == ("publishfailed", stashed.filekey)
                assert await versions(site, name) == []

    anyio.run(run)


# The stash -----------------------------------------------------------------------------------------------------------


async def test_a_stashed_file_is_published_only_when_asked(bot: Site, picture: Pictures, name: str) -> None:
    path = picture(size := 3_000)
    stashed = await bot.stash(path, filename=name, chunk_size=1_024)
    assert (stashed.sha1, await versions(bot, name)) == (sha1(path), [])
    other = f"other {name}"  # another name than in the stash may be chosen
    result = await bot.upload(StashedFile(stashed.filekey), filename=other)
    assert (result.method, await versions(bot, other), await versions(bot, name)) == (
        UploadMethod.STASH,
        [sha1(path)],
        [],
    )
    assert size > 2_000


@pytest.mark.everywhere
def test_stashed_files_are_listed_and_described(
    wiki: LocalWiki, uploader: Account, newcomer: Account, picture: Pictures, name: str
) -> None:
    """Whole files and the first chunks of a file; the stash of another account is not visible."""
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


def as_an_old_wiki(answer: ServerResponse) -> ServerResponse:
    return evolve(answer, body=answer.body.replace(b'"filekey":', b'"sessionkey":'))


async def test_the_sessionkey_of_an_old_wiki_is_used_as_a_filekey(
    wiki: LocalWiki, uploader: Account, picture: Pictures, name: str
) -> None:
    old = Fault(kind="OLD", answer=as_an_old_wiki)
    async with FaultProxy(wiki.url, lambda _: old) as proxy, uploader.site(proxy) as site:
        option_sets: list[dict[str, Any]] = [{}, {"chunk_size": 1_024}]
        for number, options in enumerate(option_sets):
            path = picture(2_000 + number, number=number)
            with pytest.raises(UploadWarnings) as caught:
                await site.upload(path, filename=f"120px-{name}", **options)
            sessionkey = caught.value.filekey
            assert (await site.stashed(sessionkey)).sha1 == sha1(path)
            await site.upload(StashedFile(sessionkey), filename=f"{number}{name}")
            assert await versions(site, f"{number}{name}") == [sha1(path)]


# URLs ----------------------------------------------------------------------------------------------------------------


@pytest.mark.everywhere
def test_a_remote_file_is_fetched_by_the_wiki(uploader: Account, picture: Pictures, name: str, wiki: LocalWiki) -> None:

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
def test_u6_a_url_is_fetched_asynchronously_if_the_wiki_can_report_its_status(
    wiki: LocalWiki, uploader: Account, picture: Pictures, name: str, mediawiki_version: str
) -> None:
    path = picture()

    async def run() -> None:
        clock = JobClock(wiki)
        async with serving(path.read_bytes()) as server, uploader.site(wiki, clock=clock) as site:
            remote, missing = RemoteFile(f"{server.url}/0"), RemoteFile(f"{server.url}/404")
            if mediawiki_version == "1.39":
                with pytest.raises(UrlRefused, match=r"MediaWiki 1\.43 and newer"):
                    await site.upload(remote, filename=name, asynchronous=True)
                assert server.requests == []
                return
            with pytest.raises(UrlRefused, match="only if all warnings are ignored"):
                await site.upload(remote, filename=name, asynchronous=True)
            clock.after = NEVER
            for _ in range(2):  # the second time, the wiki says that the job is running
                with pytest.raises(UploadPending):
                    await site.upload(remote, filename=name, asynchronous=True, ignore_warnings=True, patience=0)
            clock.after = 0
            result = await site.upload(remote, filename=name, asynchronous=True, ignore_warnings=True)
            assert (result.method, await versions(site, name)) == (UploadMethod.URL, [sha1(path)])
            with pytest.raises(UploadWarnings) as caught:
                await site.upload(remote, filename=name, asynchronous=True)
            assert ([it.kind for it in caught.value.warnings], caught.value.filekey) == (["exists"], "")
            with pytest.raises(UrlRefused, match="404"):
                await site.upload(missing, filename=f"missing {name}", asynchronous=True, ignore_warnings=True)

    anyio.run(run)


async def test_an_account_without_the_right_cannot_upload_from_a_url(
    wiki: LocalWiki, newcomer: Account, picture: Pictures, name: str
) -> None:
    async with newcomer.site(wiki) as site:
        with pytest.raises(Exception, match="permissiondenied"):
            await site.upload(RemoteFile("http://127.0.0.1:9/x"), filename=name)
    with pytest.raises(ValueError, match="not an address that a wiki can fetch"):
        RemoteFile("ftp://example.org/x")
