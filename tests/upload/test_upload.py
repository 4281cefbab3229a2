"""U1, U2, U5, U8 on a real wiki: files arrive, and nothing is published by accident."""

from __future__ import annotations

import gc
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import anyio
import pytest

from mwclient_async import Checkpoint, RemoteFile, Site, StashedFile, UploadMethod, UploadProgress, UploadStage
from mwclient_async.errors import SourceChanged, UploadWarnings
from mwclient_async.testing import LocalWiki
from mwclient_async.testing.scripted import ScriptedClock, ScriptedTransport
from tests.conftest import USER_AGENT
from tests.support.image_files import sha1
from tests.support.uploads import Account, JobClock, Pictures, versions

MIB = 1024 * 1024
CHUNK = 384 * 1024
API = "http://127.0.0.1:9/api.php"
CHECKPOINT = Checkpoint(wiki=API, filename="A.png", size=9, filekey="K", offset=5, sha1="0" * 40)


async def test_u8_megabytes_arrive_with_the_same_sha1_in_the_memory_of_two_chunks(
    bot: Site, picture: Pictures, name: str
) -> None:
    path = picture(3_000_000)
    steps: list[UploadProgress] = []
    await bot.stash(picture(number=1), filename=name)  # so that connections and imports are not measured
    gc.collect()
    tracemalloc.start()
    try:
        result = await bot.upload(path, filename=name, chunk_size=CHUNK, on_progress=steps.append)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert result.imageinfo is not None
    assert [result.imageinfo.sha1] == [sha1(path)] == await versions(bot, name)
    assert peak < 2 * CHUNK + MIB
    total = path.stat().st_size
    assert [step.sent for step in steps] == [*range(0, total, CHUNK), total, total, total]
    assert [step.stage for step in steps][-2:] == [UploadStage.PUBLISHING, UploadStage.DONE]
    assert result.method is UploadMethod.CHUNKED


@pytest.mark.everywhere
def test_u5_nothing_is_overwritten_by_default_and_the_filekey_can_be_published(
    uploader: Account, wiki: LocalWiki, picture: Pictures, name: str
) -> None:

    async def run() -> None:
        async with uploader.site(wiki) as bot:
            first, second = picture(number=1), picture(number=2)
            await bot.upload(first, filename=name)
            with pytest.raises(UploadWarnings, match=r"exists.*StashedFile") as caught:
                await bot.upload(second, filename=name, chunk_size=4_096)
            assert "exists" in {warning.kind for warning in caught.value.warnings}
            assert await versions(bot, name) == [sha1(first)]
            stashed = StashedFile(caught.value.filekey)
            with pytest.raises(UploadWarnings, match="exists"):
                await bot.call("upload", filekey=stashed.filekey, filename=name)
            with pytest.raises(UploadWarnings) as again:
                await bot.upload(stashed, filename=name, ignore_warnings={"duplicate"})
            result = await bot.upload(StashedFile(again.value.filekey), filename=name, ignore_warnings={"exists"})
            assert await versions(bot, name) == [sha1(second), sha1(first)]
            assert ([warning.kind for warning in result.ignored], result.method) == (["exists"], UploadMethod.STASH)

    anyio.run(run)


async def test_u5_a_file_in_one_request_overwrites_nothing_either(bot: Site, picture: Pictures, name: str) -> None:
    first, second, third = (picture(number=number) for number in range(3))
    result = await bot.upload(first, filename=name, comment="first", text="the page")
    assert (result.method, result.ignored, result.verified) == (UploadMethod.DIRECT, (), False)
    with pytest.raises(UploadWarnings) as caught:
        await bot.upload(second, filename=name)
    assert await versions(bot, name) == [sha1(first)]
    await bot.upload(StashedFile(caught.value.filekey), filename=name, ignore_warnings={"exists"})
    chosen = await bot.upload(third, filename=name, ignore_warnings="exists", chunk_size=MIB)
    assert ([warning.kind for warning in chosen.ignored], chosen.method) == (["exists"], UploadMethod.DIRECT)
    assert await versions(bot, name) == [sha1(third), sha1(second), sha1(first)]


async def test_an_odd_name_a_summary_a_page_and_a_place_on_the_watchlist(bot: Site, picture: Pictures) -> None:
    path = picture(2_000)
    unusual = "Ünïcödé & 🪐 + صفحة (1)?.png"
    result = await bot.upload(
        path, filename=f"File:{unusual}", comment="a = b & c", text="{{PD}} ~~~~", watchlist="watch"
    )
    assert result.filename == unusual.replace(" ", "_")
    (page,) = await bot.query(
        titles=f"File:{unusual}",
        prop=["imageinfo", "revisions", "info"],
        iiprop=["sha1", "comment"],
        inprop="watched",
        rvprop="content",
        rvslots="main",
    ).collect()
    assert (page.imageinfo[0].sha1, page.imageinfo[0].comment) == (sha1(path), "a = b & c")
    assert (page.revisions[0].content or "").startswith("{{PD}} [[User:Uploader")
    assert page.raw["watched"]


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"filename": "A"}, ValueError, "extension"),
        ({"filename": "A[1].png"}, ValueError, r"cannot hold '\[' '\]'"),
        ({"filename": "A/B.png"}, ValueError, "cannot hold '/'"),
        ({"filename": "é" * 130 + ".png"}, ValueError, "240 bytes"),
        ({"chunk_size": 0}, ValueError, "chunk_size=0"),
        ({"method": UploadMethod.URL}, ValueError, "choose DIRECT or CHUNKED"),
        ({"comment": "lone \ud800 surrogate"}, ValueError, "comment"),
        ({"chunksize": 5}, TypeError, "no option 'chunksize', did you mean 'chunk_size'"),
    ],
)
async def test_invalid_arguments_are_refused_before_any_request(
    options: dict[str, Any], error: type[Exception], message: str
) -> None:
    async with Site(API, user_agent=USER_AGENT, transport=ScriptedTransport()) as site:
        with pytest.raises(error, match=message):
            await site.upload(b"data", **{"filename": "A.png", **options})
        for source in (StashedFile("K"), RemoteFile("https://example.org/x")):
            with pytest.raises(ValueError, match="this source sends no chunks"):
                await site.upload(source, filename="A.png", checkpoint=CHECKPOINT)


# Sources that change -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "message"),
    [
        pytest.param(lambda path: path.write_bytes(path.read_bytes() + b"more"), "changed", id="grows"),
        pytest.param(lambda path: path.write_bytes(b"short"), "became shorter", id="shrinks"),
        pytest.param(lambda path: path.write_bytes(path.read_bytes()[::-1]), "changed", id="other contents"),
    ],
)
async def test_a_file_that_changes_while_it_is_sent_is_not_published(
    bot: Site, picture: Pictures, name: str, change: Callable[[Path], object], message: str
) -> None:
    path = picture()

    def change_file(progress: UploadProgress) -> None:
        if progress.sent:
            change(path)

    with pytest.raises(SourceChanged, match=f"{message}.*nothing was published"):
        await bot.upload(path, filename=name, chunk_size=4_096, on_progress=change_file)
    assert await versions(bot, name) == []


async def test_a_file_that_changes_during_one_request_raises(bot: Site, picture: Pictures, name: str) -> None:
    path, other = picture(number=1), picture(number=2).read_bytes()

    def replace_by(data: bytes) -> Callable[[UploadProgress], None]:
        return lambda _: (path.write_bytes(data), None)[1]

    with pytest.raises(SourceChanged, match="became shorter"):
        await bot.upload(path, filename=name, on_progress=replace_by(b"short"))
    assert await versions(bot, name) == []
    picture(number=1)
    with pytest.raises(SourceChanged, match=f"is published as '{name[0].upper()}{name[1:10]}"):
        await bot.upload(path, filename=name, on_progress=replace_by(other))


# Progress ------------------------------------------------------------------------------------------------------------


class PacedClock(ScriptedClock):
    """A second passes each time the clock is read."""

    def now(self) -> float:
        self.pass_by(1.0)
        return super().now()


async def test_progress_reports_stage_bytes_and_rate(
    wiki: LocalWiki, uploader: Account, picture: Pictures, name: str
) -> None:
    path, seen = picture(), list[UploadProgress]()
    size = path.stat().st_size

    async def listen(progress: UploadProgress) -> None:
        await anyio.lowlevel.checkpoint()
        seen.append(progress)

    async def given() -> Any:
        yield path.read_bytes()

    async with uploader.site(wiki, clock=PacedClock()) as site:
        await site.upload(given(), filename=name, chunk_size=4_096, method=UploadMethod.CHUNKED, on_progress=listen)
    sending = [UploadStage.SENDING] * 4
    assert [step.stage for step in seen] == [UploadStage.SPOOLING, *sending, UploadStage.PUBLISHING, UploadStage.DONE]
    assert [(step.sent, step.total) for step in seen] == [
        *((size, None), (0, size), (4_096, size), (8_192, size)),
        *[(size, size)] * 3,
    ]
    rates = [step.rate for step in seen]
    assert (rates[0], rates[1], rates[5:]) == (None, None, [None, None])
    assert all(rate is not None and 0 < rate <= 4_096 for rate in rates[2:5])


class Stop(Exception):
    pass


def raising_at(at: UploadStage, *, times: int = 1) -> Callable[[UploadProgress], None]:
    """A callback that raises when a stage is reported for the ``times``-th time."""
    reported = 0

    def callback(progress: UploadProgress) -> None:
        nonlocal reported
        reported += progress.stage is at
        if reported == times:
            raise Stop

    return callback


async def test_a_callback_that_fails_publishes_nothing_or_notes_that_it_was_published(
    wiki: LocalWiki, uploader: Account, picture: Pictures, name: str
) -> None:
    failures = [
        (raising_at(UploadStage.SENDING, times=2), ""),
        (raising_at(UploadStage.ASSEMBLING), ""),
        (raising_at(UploadStage.PUBLISHING), ""),  # before the request
        (raising_at(UploadStage.PUBLISHING, times=2), "may have published"),  # while the job is polled
        (raising_at(UploadStage.DONE), "was published before this error"),
    ]
    async with uploader.site(wiki, clock=JobClock(wiki)) as site:
        for number, (callback, note) in enumerate(failures):
            options: dict[str, Any] = {"chunk_size": 4_096, "asynchronous": True, "on_progress": callback}
            with pytest.raises(Stop) as caught:
                await site.upload(picture(number=number), filename=f"{number}{name}", **options)
            notes = "".join(getattr(caught.value, "__notes__", []))
            assert (note in notes, bool(notes)) == (True, bool(note))
        await wiki.run_jobs()
        for number, (_, note) in enumerate(failures):
            assert bool(await versions(site, f"{number}{name}")) is bool(note)


async def test_w7_cancelled_uploads_leave_the_site_usable(bot: Site, picture: Pictures, name: str) -> None:
    path = picture(50_000)

    def cancel_at(sent: int, scope: anyio.CancelScope) -> Callable[[UploadProgress], None]:
        return lambda progress: scope.cancel() if progress.sent >= sent else None

    for sent in (0, 10_000, 30_000):
        with anyio.CancelScope() as scope:
            await bot.upload(path, filename=name, chunk_size=10_000, on_progress=cancel_at(sent, scope))
        assert scope.cancelled_caught
    await bot.upload(path, filename=name, chunk_size=10_000)
    assert await versions(bot, name) == [sha1(path)]


async def test_u9_a_token_that_expires_and_a_login_that_is_lost_between_chunks_are_replaced(
    wiki: LocalWiki, uploader: Account, picture: Pictures, name: str
) -> None:
    path, sent = picture(11_000), list[int]()
    async with uploader.site(wiki) as site:
        auth_state = site._session._auth_state

        def lose(progress: UploadProgress) -> None:
            sent.append(progress.sent)
            if progress.sent == 4_000:
                auth_state.tokens["csrf"] = f"{'0' * 40}+\\"
            elif progress.sent == 8_000:
                auth_state.cookies.discard_session()

        await site.upload(path, filename=name, chunk_size=4_000, on_progress=lose)
        assert (sent[:3], await versions(site, name)) == ([0, 4_000, 8_000], [sha1(path)])
        assert auth_state.login_generation == 2
