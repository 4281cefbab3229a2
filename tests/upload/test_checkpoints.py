"""U7: checkpoints, stored as text, from which another process of the same account resumes an upload."""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import anyio
import anyio.to_thread
import pytest
from attrs import evolve

from mwclient_async import Checkpoint, Site, UploadMethod, UploadProgress, UploadStage
from mwclient_async.errors import SourceChanged, StashError, UploadPending, UploadWarnings
from mwclient_async.testing import LocalWiki
from tests.support.fault_proxy import DROP_AFTER, FaultProxy
from tests.support.image_files import sha1
from tests.support.uploads import (
    QUICK,
    Account,
    JobClock,
    Pictures,
    change_database,
    chunk_at,
    empty_stash,
    fault_for,
    is_publishing,
    versions,
)

CHUNK = 4_000


class Stop(Exception):
    pass


async def stopped(site: Site, path: Path, filename: str, *, after: int) -> Checkpoint:
    """Upload ``after`` chunks; return the checkpoint as another process reads it."""
    stored: list[str] = []

    async def store(checkpoint: Checkpoint) -> None:
        await anyio.lowlevel.checkpoint()
        stored.append(str(checkpoint))
        if len(stored) == after:
            raise Stop

    with pytest.raises(Stop):
        await site.upload(path, filename=filename, chunk_size=CHUNK, on_checkpoint=store)
    return Checkpoint.parse(stored[-1])


def sent_chunks(proxy: FaultProxy) -> list[int]:
    return [offset for seen in proxy.seen if (offset := chunk_at(seen)) is not None]


async def test_u7_every_chunk_has_its_checkpoint(wiki: LocalWiki, bot: Site, picture: Pictures, name: str) -> None:
    path, checkpoints = picture(11_000), list[Checkpoint]()
    data = path.read_bytes()
    await bot.upload(path, filename=name, chunk_size=CHUNK, on_checkpoint=checkpoints.append)
    assert [(checkpoint.offset, checkpoint.stashed) for checkpoint in checkpoints] == [
        (4_000, False),
        (8_000, False),
        (len(data), True),
    ]
    hashed = path.with_suffix(".part")
    for checkpoint in checkpoints:
        hashed.write_bytes(data[: checkpoint.offset])
        assert (checkpoint.sha1, checkpoint.size) == (sha1(hashed), len(data))
        assert (checkpoint.wiki, checkpoint.filename) == (wiki.api_url, name)
    assert checkpoints[0].filekey == checkpoints[1].filekey != checkpoints[2].filekey


PROGRAM = """
import json, os, signal, sys
import anyio
from mwclient_async import BotPassword, Site

async def main(api_url, name, password, path, filename, stored):
    def store(checkpoint):
        with open(stored, "w") as file:
            file.write(str(checkpoint) + "\\n")
        if checkpoint.offset >= 8_000:
            os.kill(os.getpid(), signal.SIGKILL)

    auth = BotPassword(name=name, password=password)
    async with Site(api_url, user_agent="tests/1.0 (tests@example.org)", auth=auth) as site:
        await site.upload(path, filename=filename, chunk_size=4_000, on_checkpoint=store)

anyio.run(main, *json.load(sys.stdin))
"""


async def test_u7_the_upload_of_a_killed_process_is_resumed_by_another(
    wiki: LocalWiki, uploader: Account, picture: Pictures, name: str, tmp_path: Path
) -> None:
    path, stored = picture(15_000), tmp_path / "checkpoint.txt"
    arguments = [wiki.api_url, uploader.auth.name, uploader.auth.password, str(path), name, str(stored)]
    killed = await anyio.run_process([sys.executable, "-c", PROGRAM], input=json.dumps(arguments).encode(), check=False)
    assert killed.returncode == -signal.SIGKILL
    checkpoint = Checkpoint.parse(stored.read_text())
    async with FaultProxy(wiki.url) as proxy, uploader.site(proxy) as site:
        steps: list[UploadProgress] = []
        moved = str(evolve(checkpoint, wiki=f"{proxy.url}/api.php"))
        await site.upload(path, filename=name, chunk_size=CHUNK, checkpoint=moved, on_progress=steps.append)
        assert await versions(site, name) == [sha1(path)]
    assert sent_chunks(proxy) == [8_000, 12_000]
    assert [(step.stage, step.sent) for step in steps][:2] == [
        (UploadStage.HASHING, 8_000),
        (UploadStage.SENDING, 8_000),
    ]


async def test_u7_another_file_name_size_or_wiki_is_refused_before_a_byte_of_it_is_sent(
    wiki: LocalWiki, uploader: Account, picture: Pictures, name: str, tmp_path: Path
) -> None:
    path = picture(11_000)
    async with FaultProxy(wiki.url) as proxy, uploader.site(proxy) as site:
        checkpoint = await stopped(site, path, name, after=2)
        proxy.seen.clear()
        other = tmp_path / "other.png"
        other.write_bytes(b"X" + path.read_bytes()[1:])
        with pytest.raises(SourceChanged, match="the first 8000 bytes are not those that the wiki has"):
            await site.upload(other, filename=name, checkpoint=checkpoint)
        other.write_bytes(path.read_bytes() + b"X")
        with pytest.raises(SourceChanged, match=f"of {checkpoint.size} bytes, and this one has {checkpoint.size + 1}"):
            await site.upload(other, filename=name, checkpoint=checkpoint)
        for wrong in (evolve(checkpoint, filename="B.png"), evolve(checkpoint, wiki="https://e.org/w/api.php")):
            with pytest.raises(ValueError, match=r"the checkpoint is of .*, and this upload is of"):
                await site.upload(path, filename=name, checkpoint=wrong)
        number: Any = 8_000
        with pytest.raises(TypeError, match="checkpoint is of type int: give a Checkpoint, its text, or None"):
            await site.upload(path, filename=name, checkpoint=number)
        assert sent_chunks(proxy) == []


async def test_u7_the_rest_may_be_sent_in_other_chunks_and_from_another_kind_of_source(
    bot: Site, picture: Pictures, name: str, tmp_path: Path
) -> None:
    """A stream cannot be read again: the file to which it was spooled is the source of the next attempt."""
    path, spool = picture(11_000), tmp_path / "spool"

    async def stream() -> object:
        yield path.read_bytes()

    class Latest:
        checkpoint: Checkpoint

    def store(checkpoint: Checkpoint) -> None:
        Latest.checkpoint = checkpoint
        raise Stop

    with pytest.raises(Stop):
        await bot.upload(stream(), filename=name, chunk_size=CHUNK, spool=spool, on_checkpoint=store)  # type: ignore[arg-type]
    assert sha1(spool) == sha1(path)
    await bot.upload(spool, filename=name, chunk_size=2_500, checkpoint=Latest.checkpoint)
    assert await versions(bot, name) == [sha1(path)]


async def test_u7_a_checkpoint_of_a_stashed_file_is_published_without_sending_it(
    wiki: LocalWiki, uploader: Account, picture: Pictures, name: str
) -> None:
    path = picture(5_000)
    async with FaultProxy(wiki.url) as proxy, uploader.site(proxy) as site:
        checkpoint = await stopped(site, path, name, after=2)
        assert checkpoint.stashed
        proxy.seen.clear()
        stashed = await site.stash(path, filename=name, checkpoint=checkpoint)
        assert (stashed.filekey, stashed.sha1) == (checkpoint.filekey, sha1(path))
        result = await site.upload(path, filename=name, checkpoint=checkpoint)
        assert (sent_chunks(proxy), result.verified, result.method) == ([], False, UploadMethod.CHUNKED)
        again = await site.upload(path, filename=name, checkpoint=checkpoint)
        assert (sent_chunks(proxy), again.verified) == ([], True)
        assert await versions(site, name) == [sha1(path)]


@pytest.mark.parametrize("ignoring", [False, True])
async def test_u7_a_file_that_was_published_after_the_stored_checkpoint_is_not_published_twice(
    bot: Site, picture: Pictures, name: str, ignoring: bool  # noqa: FBT001 - a parameter
) -> None:  # fmt: skip
    path, checkpoints = picture(9_000), list[Checkpoint]()
    await bot.upload(path, filename=name, chunk_size=CHUNK, on_checkpoint=checkpoints.append)
    result = await bot.upload(
        path, filename=name, chunk_size=CHUNK, checkpoint=checkpoints[0], ignore_warnings=ignoring
    )
    assert (result.verified, await versions(bot, name)) == (True, [sha1(path)])


@pytest.mark.parametrize("asynchronous", [False, True])
async def test_u7_a_last_chunk_whose_reply_was_lost_is_found_by_the_next_process(
    wiki: LocalWiki, uploader: Account, picture: Pictures, name: str, *, asynchronous: bool
) -> None:
    """The process was killed while it waited: its checkpoint is before that chunk. The next chunks are smaller."""
    path = picture(7_000)
    async with FaultProxy(wiki.url) as proxy, uploader.site(proxy, clock=JobClock(wiki)) as site:
        checkpoint = await stopped(site, path, name, after=1)
        await site.stash(path, filename=name, checkpoint=checkpoint, chunk_size=CHUNK, asynchronous=asynchronous)
        proxy.seen.clear()
        await site.upload(path, filename=name, checkpoint=checkpoint, chunk_size=CHUNK // 2)
        assert (sent_chunks(proxy), await versions(site, name)) == ([4_000], [sha1(path)])


async def test_u7_warnings_and_lost_replies_leave_a_checkpoint_that_sends_nothing_again(
    wiki: LocalWiki, uploader: Account, picture: Pictures, name: str
) -> None:
    first, second = picture(5_000, number=1), picture(5_000, number=2)
    async with FaultProxy(wiki.url) as proxy, uploader.site(proxy, retry=QUICK) as site:
        await site.upload(first, filename=name)
        with pytest.raises(UploadWarnings) as caught:
            await site.upload(second, filename=name, chunk_size=CHUNK)
        checkpoint = caught.value.checkpoint
        assert checkpoint is not None
        proxy.seen.clear()
        proxy.plan = fault_for(is_publishing, None, DROP_AFTER)
        result = await site.upload(second, filename=name, checkpoint=checkpoint, ignore_warnings={"exists"})
        assert ([it.kind for it in result.ignored], result.verified) == (["exists"], True)
        assert (sent_chunks(proxy), await versions(site, name)) == ([], [sha1(second), sha1(first)])


def lose_files(wiki: LocalWiki) -> None:
    """Remove the stashed files; the wiki's database still lists them."""
    for file in (wiki.directory / "images" / "temp").rglob("*"):
        if file.is_file():
            file.unlink()


@pytest.mark.everywhere
@pytest.mark.parametrize(("after", "lose"), [(2, lose_files), (3, lose_files), (3, empty_stash)])
def test_u3_u7_a_checkpoint_of_a_file_that_left_the_stash_restarts_and_reports_it(
    wiki: LocalWiki,
    uploader: Account,
    picture: Pictures,
    name: str,
    after: int,
    lose: Callable[[LocalWiki], None],
) -> None:
    path, steps = picture(11_000), list[UploadProgress]()

    async def run() -> None:
        async with uploader.site(wiki) as site:
            checkpoint = await stopped(site, path, name, after=after)
            lose(wiki)
            result = await site.upload(
                path, filename=name, chunk_size=CHUNK, checkpoint=checkpoint, on_progress=steps.append
            )
            assert (result.verified, await versions(site, name)) == (False, [sha1(path)])

    anyio.run(run)
    restarted = [step.sent for step in steps if step.restarted and step.stage is UploadStage.SENDING]
    assert restarted == [0, 4_000, 8_000, path.stat().st_size]


async def test_u3_a_file_that_is_lost_a_second_time_raises(
    wiki: LocalWiki, bot: Site, picture: Pictures, name: str
) -> None:
    path = picture(5_000)

    def listen(progress: UploadProgress) -> None:
        if progress.stage is UploadStage.PUBLISHING:
            empty_stash(wiki)

    with pytest.raises(StashError) as caught:
        await bot.upload(path, filename=name, chunk_size=CHUNK, on_progress=listen)
    assert (caught.value.code, await versions(bot, name)) == ("uploadstash-file-not-found", [])


@pytest.mark.everywhere
def test_u6_u7_upload_pending_has_a_checkpoint_while_assembling_and_while_publishing(
    wiki: LocalWiki, uploader: Account, picture: Pictures, name: str
) -> None:
    """While the file is assembled, while it waits to be published, and when that was done meanwhile."""
    path = picture(7_000)

    async def run() -> None:
        clock = JobClock(wiki, after=float("inf"))
        async with FaultProxy(wiki.url) as proxy, uploader.site(proxy, clock=clock) as site:

            async def attempt(checkpoint: Checkpoint | None) -> Checkpoint:
                with pytest.raises(UploadPending) as caught:
                    await site.upload(
                        path, filename=name, chunk_size=CHUNK, asynchronous=True, patience=0, checkpoint=checkpoint
                    )
                assert caught.value.checkpoint is not None
                return caught.value.checkpoint

            assembling = await attempt(None)
            assert (assembling.offset, assembling.stashed) == (assembling.size, False)
            assert await attempt(assembling) == assembling  # still
            await wiki.run_jobs()
            publishing = await attempt(assembling)
            assert publishing.stashed
            assert await attempt(publishing) == publishing  # still
            await wiki.run_jobs()
            for checkpoint in (publishing, assembling):
                await site.upload(path, filename=name, chunk_size=CHUNK, asynchronous=True, checkpoint=checkpoint)
            assert (sent_chunks(proxy), await versions(site, name)) == ([0, CHUNK], [sha1(path)])

    anyio.run(run)


async def test_u7_an_older_checkpoint_does_not_send_again_what_another_process_has_sent(
    wiki: LocalWiki, uploader: Account, picture: Pictures, name: str
) -> None:
    path, steps, later = picture(11_000), list[UploadProgress](), {"chunk_size": CHUNK, "asynchronous": True}
    async with FaultProxy(wiki.url) as proxy, uploader.site(proxy, clock=JobClock(wiki, after=0)) as site:
        checkpoint = await stopped(site, path, name, after=1)
        await site.stash(path, filename=name, checkpoint=checkpoint, **later)  # type: ignore[arg-type]  # mypy mixes them up
        proxy.seen.clear()
        await site.upload(path, filename=name, checkpoint=checkpoint, on_progress=steps.append, **later)  # type: ignore[arg-type]
        assert (sent_chunks(proxy), await versions(site, name)) == ([4_000], [sha1(path)])
    assert not any(step.restarted for step in steps)


async def test_u7_an_assembled_file_is_found_when_the_wiki_has_lost_its_status(
    wiki: LocalWiki, uploader: Account, picture: Pictures, name: str
) -> None:
    path, clock = picture(7_000), JobClock(wiki, after=float("inf"))
    async with FaultProxy(wiki.url) as proxy, uploader.site(proxy, clock=clock) as site:
        with pytest.raises(UploadPending) as caught:
            await site.upload(path, filename=name, chunk_size=CHUNK, asynchronous=True, patience=0)
        await wiki.run_jobs()
        change_database(wiki, "DELETE FROM objectcache WHERE keyname LIKE '%uploadstatus%'", file="wikicache")
        clock.after = 0
        await site.upload(path, filename=name, chunk_size=CHUNK, checkpoint=caught.value.checkpoint)
        assert (sent_chunks(proxy), await versions(site, name)) == ([0, CHUNK], [sha1(path)])
