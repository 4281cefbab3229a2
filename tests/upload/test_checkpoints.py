"""U7: a place in an upload, stored as text, from which another process of the same account goes on."""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Callable
from pathlib import Path

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
    chunk_at,
    empty_stash,
    in_database,
    is_publishing,
    only,
    versions,
)

CHUNK = 4_000


class Stop(Exception):
    pass


async def stopped(site: Site, path: Path, filename: str, *, after: int) -> Checkpoint:
    """Upload so many chunks; the checkpoint as another process reads it."""
    kept: list[str] = []

    async def keep(checkpoint: Checkpoint) -> None:
        await anyio.lowlevel.checkpoint()
        kept.append(str(checkpoint))
        if len(kept) == after:
            raise Stop

    with pytest.raises(Stop):
        await site.upload(path, filename=filename, chunk_size=CHUNK, on_checkpoint=keep)
    return Checkpoint.parse(kept[-1])


def sent_chunks(proxy: FaultProxy) -> list[int]:
    return [offset for seen in proxy.seen if (offset := chunk_at(seen)) is not None]


async def test_u7_every_chunk_has_its_checkpoint(wiki: LocalWiki, bot: Site, picture: Pictures, name: str) -> None:
    path, points = picture(11_000), list[Checkpoint]()
    data = path.read_bytes()
    await bot.upload(path, filename=name, chunk_size=CHUNK, on_checkpoint=points.append)
    assert [(point.offset, point.stashed) for point in points] == [(4_000, False), (8_000, False), (len(data), True)]
    hashed = path.with_suffix(".part")
    for point in points:
        hashed.write_bytes(data[: point.offset])
        assert (point.sha1, point.size) == (sha1(hashed), len(data))
        assert (point.wiki, point.filename) == (wiki.api_url, name)
    assert points[0].filekey == points[1].filekey != points[2].filekey


PROGRAM = """
import json, os, signal, sys
import anyio
from mwclient_async import BotPassword, Site

async def main(api_url, name, password, path, filename, kept):
    def keep(checkpoint):
        with open(kept, "w") as file:
            file.write(str(checkpoint) + "\\n")
        if checkpoint.offset >= 8_000:
            os.kill(os.getpid(), signal.SIGKILL)

    auth = BotPassword(name=name, password=password)
    async with Site(api_url, user_agent="tests/1.0 (tests@example.org)", auth=auth) as site:
        await site.upload(path, filename=filename, chunk_size=4_000, on_checkpoint=keep)

anyio.run(main, *json.load(sys.stdin))
"""


async def test_u7_a_process_that_was_killed_is_gone_on_from_by_another(
    wiki: LocalWiki, uploader: Account, picture: Pictures, name: str, tmp_path: Path
) -> None:
    path, kept = picture(15_000), tmp_path / "checkpoint.txt"
    given = [wiki.api_url, uploader.auth.name, uploader.auth.password, str(path), name, str(kept)]
    died = await anyio.run_process([sys.executable, "-c", PROGRAM], input=json.dumps(given).encode(), check=False)
    assert died.returncode == -signal.SIGKILL
    checkpoint = Checkpoint.parse(kept.read_text())
    async with FaultProxy(wiki.url) as proxy, uploader.site(proxy) as site:
        steps: list[UploadProgress] = []
        moved = evolve(checkpoint, wiki=f"{proxy.url}/api.php")
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
        point = await stopped(site, path, name, after=2)
        proxy.seen.clear()
        other = tmp_path / "other.png"
        other.write_bytes(b"X" + path.read_bytes()[1:])
        with pytest.raises(SourceChanged, match="the first 8000 bytes are not those that the wiki has"):
            await site.upload(other, filename=name, checkpoint=point)
        other.write_bytes(path.read_bytes() + b"X")
        with pytest.raises(SourceChanged, match=f"of {point.size} bytes, and this one has {point.size + 1}"):
            await site.upload(other, filename=name, checkpoint=point)
        for wrong in (evolve(point, filename="B.png"), evolve(point, wiki="https://e.org/w/api.php")):
            with pytest.raises(ValueError, match=r"the checkpoint is of .*, and this upload is of"):
                await site.upload(path, filename=name, checkpoint=wrong)
        assert sent_chunks(proxy) == []


async def test_u7_the_rest_may_go_in_other_chunks_and_from_another_kind_of_source(
    bot: Site, picture: Pictures, name: str, tmp_path: Path
) -> None:
    """A stream has no beginning to go back to: where it was spooled to is the source of the next attempt."""
    path, spool = picture(11_000), tmp_path / "spool"

    async def given() -> object:
        yield path.read_bytes()

    class KeptInMind:
        point: Checkpoint

    def keep(checkpoint: Checkpoint) -> None:
        KeptInMind.point = checkpoint
        raise Stop

    with pytest.raises(Stop):
        await bot.upload(given(), filename=name, chunk_size=CHUNK, spool=spool, on_checkpoint=keep)  # type: ignore[arg-type]
    assert sha1(spool) == sha1(path)
    await bot.upload(spool, filename=name, chunk_size=2_500, checkpoint=KeptInMind.point)
    assert await versions(bot, name) == [sha1(path)]


async def test_u7_an_upload_of_a_stashed_file_is_published_and_no_more(
    wiki: LocalWiki, uploader: Account, picture: Pictures, name: str
) -> None:
    path = picture(5_000)
    async with FaultProxy(wiki.url) as proxy, uploader.site(proxy) as site:
        point = await stopped(site, path, name, after=2)
        assert point.stashed
        proxy.seen.clear()
        stashed = await site.stash(path, filename=name, checkpoint=point)
        assert (stashed.filekey, stashed.sha1) == (point.filekey, sha1(path))
        result = await site.upload(path, filename=name, checkpoint=point)
        assert (sent_chunks(proxy), result.verified, result.method) == ([], False, UploadMethod.CHUNKED)
        again = await site.upload(path, filename=name, checkpoint=point)
        assert (sent_chunks(proxy), again.verified) == ([], True)
        assert await versions(site, name) == [sha1(path)]


@pytest.mark.parametrize("ignoring", [False, True])
async def test_u7_what_was_published_from_a_later_place_than_the_one_that_was_kept_is_not_published_twice(
    bot: Site, picture: Pictures, name: str, ignoring: bool  # noqa: FBT001 - a parameter
) -> None:  # fmt: skip
    path, points = picture(9_000), list[Checkpoint]()
    await bot.upload(path, filename=name, chunk_size=CHUNK, on_checkpoint=points.append)
    result = await bot.upload(path, filename=name, chunk_size=CHUNK, checkpoint=points[0], ignore_warnings=ignoring)
    assert (result.verified, await versions(bot, name)) == (True, [sha1(path)])


@pytest.mark.parametrize("asynchronous", [False, True])
async def test_u7_a_last_chunk_whose_answer_nobody_saw_is_found_by_the_next_process(
    wiki: LocalWiki, uploader: Account, picture: Pictures, name: str, *, asynchronous: bool
) -> None:
    """The process died while it waited: its last checkpoint is before that chunk, and the next one's are smaller."""
    path = picture(7_000)
    async with FaultProxy(wiki.url) as proxy, uploader.site(proxy, clock=JobClock(wiki)) as site:
        point = await stopped(site, path, name, after=1)
        await site.stash(path, filename=name, checkpoint=point, chunk_size=CHUNK, asynchronous=asynchronous)
        proxy.seen.clear()
        await site.upload(path, filename=name, checkpoint=point, chunk_size=CHUNK // 2)
        assert (sent_chunks(proxy), await versions(site, name)) == ([4_000], [sha1(path)])


async def test_u7_warnings_and_lost_answers_leave_a_checkpoint_that_sends_nothing_again(
    wiki: LocalWiki, uploader: Account, picture: Pictures, name: str
) -> None:
    first, second = picture(5_000, number=1), picture(5_000, number=2)
    async with FaultProxy(wiki.url) as proxy, uploader.site(proxy, retry=QUICK) as site:
        await site.upload(first, filename=name)
        with pytest.raises(UploadWarnings) as caught:
            await site.upload(second, filename=name, chunk_size=CHUNK)
        point = caught.value.checkpoint
        assert point is not None
        proxy.seen.clear()
        proxy.plan = only(is_publishing, None, DROP_AFTER)
        result = await site.upload(second, filename=name, checkpoint=point, ignore_warnings={"exists"})
        assert ([it.kind for it in result.ignored], result.verified) == (["exists"], True)
        assert (sent_chunks(proxy), await versions(site, name)) == ([], [sha1(second), sha1(first)])


def lose_files(wiki: LocalWiki) -> None:
    """The wiki's database still knows of them."""
    for file in (wiki.directory / "images" / "temp").rglob("*"):
        if file.is_file():
            file.unlink()


@pytest.mark.everywhere
@pytest.mark.parametrize(("after", "lose"), [(2, lose_files), (3, lose_files), (3, empty_stash)])
def test_u3_u7_a_checkpoint_of_what_is_not_in_the_stash_any_more_begins_anew_and_says_so(
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
            point = await stopped(site, path, name, after=after)
            lose(wiki)
            result = await site.upload(
                path, filename=name, chunk_size=CHUNK, checkpoint=point, on_progress=steps.append
            )
            assert (result.verified, await versions(site, name)) == (False, [sha1(path)])

    anyio.run(run)
    restarted = [step.sent for step in steps if step.restarted and step.stage is UploadStage.SENDING]
    assert restarted == [0, 4_000, 8_000, path.stat().st_size]


async def test_u3_what_is_lost_a_second_time_raises(wiki: LocalWiki, bot: Site, picture: Pictures, name: str) -> None:
    path = picture(5_000)

    def listen(progress: UploadProgress) -> None:
        if progress.stage is UploadStage.PUBLISHING:
            empty_stash(wiki)

    with pytest.raises(StashError) as caught:
        await bot.upload(path, filename=name, chunk_size=CHUNK, on_progress=listen)
    assert (caught.value.code, await versions(bot, name)) == ("uploadstash-file-not-found", [])


@pytest.mark.everywhere
def test_u6_u7_patience_that_ends_leaves_a_checkpoint_at_both_ends(
    wiki: LocalWiki, uploader: Account, picture: Pictures, name: str
) -> None:
    """While it is put together, while it waits to be published, and when that was done meanwhile."""
    path = picture(7_000)

    async def run() -> None:
        clock = JobClock(wiki, after=float("inf"))
        async with FaultProxy(wiki.url) as proxy, uploader.site(proxy, clock=clock) as site:

            async def attempt(point: Checkpoint | None) -> Checkpoint:
                with pytest.raises(UploadPending) as caught:
                    await site.upload(
                        path, filename=name, chunk_size=CHUNK, asynchronous=True, patience=0, checkpoint=point
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
            for point in (publishing, assembling):
                await site.upload(path, filename=name, chunk_size=CHUNK, asynchronous=True, checkpoint=point)
            assert (sent_chunks(proxy), await versions(site, name)) == ([0, CHUNK], [sha1(path)])

    anyio.run(run)


async def test_u7_who_stood_further_back_finds_what_another_process_has_sent_and_does_not_send_it_again(
    wiki: LocalWiki, uploader: Account, picture: Pictures, name: str
) -> None:
    path, steps, later = picture(11_000), list[UploadProgress](), {"chunk_size": CHUNK, "asynchronous": True}
    async with FaultProxy(wiki.url) as proxy, uploader.site(proxy, clock=JobClock(wiki, after=0)) as site:
        point = await stopped(site, path, name, after=1)
        await site.stash(path, filename=name, checkpoint=point, **later)  # type: ignore[arg-type]  # mypy mixes them up
        proxy.seen.clear()
        await site.upload(path, filename=name, checkpoint=point, on_progress=steps.append, **later)  # type: ignore[arg-type]
        assert (sent_chunks(proxy), await versions(site, name)) == ([4_000], [sha1(path)])
    assert not any(step.restarted for step in steps)


async def test_u7_an_assembled_file_is_found_when_the_wiki_has_forgotten_how_far_it_was(
    wiki: LocalWiki, uploader: Account, picture: Pictures, name: str
) -> None:
    path, clock = picture(7_000), JobClock(wiki, after=float("inf"))
    async with FaultProxy(wiki.url) as proxy, uploader.site(proxy, clock=clock) as site:
        with pytest.raises(UploadPending) as caught:
            await site.upload(path, filename=name, chunk_size=CHUNK, asynchronous=True, patience=0)
        await wiki.run_jobs()
        in_database(wiki, "DELETE FROM objectcache WHERE keyname LIKE '%uploadstatus%'", file="wikicache")
        clock.after = 0
        await site.upload(path, filename=name, chunk_size=CHUNK, checkpoint=caught.value.checkpoint)
        assert (sent_chunks(proxy), await versions(site, name)) == ([0, CHUNK], [sha1(path)])
