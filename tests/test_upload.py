"""U1, U2, U5 on the real wiki: chunks that arrive, whatever is lost on the way, and nothing published by accident."""

from __future__ import annotations

import gc
import os
import tracemalloc
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import anyio
import pytest

from mwclient_async import BotPassword, RetryPolicy, Site, StashedFile, UploadProgress, UploadStage
from mwclient_async.errors import ApiError, NotLoggedIn, SourceChanged, UploadWarnings
from mwclient_async.sansio.wire import Multipart, Request
from mwclient_async.testing import LocalWiki
from tests.conftest import USER_AGENT
from tests.faults import FaultyTransport
from tests.files import png, sha1

MIB = 1024 * 1024
QUICK = RetryPolicy(first_delay=0.001)


@pytest.fixture(scope="session")
def uploader(wiki: LocalWiki) -> BotPassword:
    async def make() -> BotPassword:
        await wiki.create_user("Uploader", groups=["bot"])
        return await wiki.create_bot_password("Uploader")

    return anyio.run(make)


@pytest.fixture
async def bot(wiki: LocalWiki, uploader: BotPassword) -> AsyncIterator[Site]:
    async with Site(wiki.api_url, user_agent=USER_AGENT, auth=uploader) as site:
        yield site


async def sha1_on_wiki(site: Site, filename: str) -> str | None:
    (page,) = await site.query(titles=f"File:{filename}", prop="imageinfo", iiprop=["sha1", "size"]).collect()
    return page.imageinfo[0].sha1 if page.imageinfo else None


def is_chunk(request: Request) -> bool:
    return isinstance(request.body, Multipart)


@pytest.fixture
def name(request: pytest.FixtureRequest) -> str:
    """A file name that no other test and no other loop uses."""
    return "".join(char if char.isalnum() else "-" for char in request.node.name) + ".png"


@pytest.mark.everywhere
async def test_20_mb_arrive_with_the_same_sha1_in_the_memory_of_two_chunks(
    bot: Site, tmp_path: Path, name: str
) -> None:
    path = png(tmp_path / "big.png", 20_000_000, seed=len(name))
    steps: list[UploadProgress] = []
    await bot.call("query", meta="userinfo")  # connections and imports are not the upload's
    gc.collect()
    tracemalloc.start()
    try:
        result = await bot.upload(path, filename=name, chunk_size=MIB, on_progress=steps.append)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert await sha1_on_wiki(bot, name) == sha1(path)
    assert result.imageinfo is not None
    assert result.imageinfo.sha1 == sha1(path)
    assert peak < 3 * MIB
    total = path.stat().st_size
    assert [step.sent for step in steps] == [*range(0, total, MIB), total, total, total]
    assert [step.stage for step in steps][-2:] == [UploadStage.PUBLISHING, UploadStage.DONE]


@pytest.mark.everywhere
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("which", [1, 2, 4, 5])
async def test_u1_u2_u3_a_lost_chunk_is_read_again_and_arrives_once(
    wiki: LocalWiki, uploader: BotPassword, tmp_path: Path, name: str, when: str, which: int
) -> None:
    """The first, the second, the last but one and the last chunk, lost before or after the wiki took it."""
    path = png(tmp_path / "file.png", 100_000, seed=len(name) + 10 * which)
    chunks = 0

    def fault(_count: int, request: Request) -> str | None:
        nonlocal chunks
        chunks += is_chunk(request)
        return when if is_chunk(request) and chunks == which else None

    transport = FaultyTransport(fault)
    async with Site(wiki.api_url, user_agent=USER_AGENT, auth=uploader, transport=transport, retry=QUICK) as site:
        await site.upload(path, filename=name, chunk_size=20_000)
        assert await sha1_on_wiki(site, name) == sha1(path)
    assert transport.lost == 1
    assert chunks == 5 + 1  # one of them was sent twice


@pytest.mark.everywhere
async def test_u5_nothing_is_overwritten_by_default_and_the_filekey_goes_on(
    bot: Site, tmp_path: Path, name: str
) -> None:
    first, second = (png(tmp_path / f"{seed}.png", 9_000, seed=100 * seed + len(name)) for seed in (1, 2))
    await bot.upload(first, filename=name)
    with pytest.raises(UploadWarnings, match=r"exists.*StashedFile") as caught:
        await bot.upload(second, filename=name, chunk_size=4_096)
    assert "exists" in {warning.kind for warning in caught.value.warnings}
    assert await sha1_on_wiki(bot, name) == sha1(first)
    stashed = StashedFile(caught.value.filekey)
    with pytest.raises(UploadWarnings) as again:
        await bot.upload(stashed, filename=name, ignore_warnings={"duplicate"})
    result = await bot.upload(StashedFile(again.value.filekey), filename=name, ignore_warnings={"exists"})
    assert await sha1_on_wiki(bot, name) == sha1(second)
    assert [warning.kind for warning in result.ignored] == ["exists"]


async def test_a_file_of_one_chunk_and_an_odd_name(bot: Site, tmp_path: Path) -> None:
    path = png(tmp_path / "small.png", 2_000)
    odd = "Ünïcödé & 🪐 + صفحة (1)?.png"
    result = await bot.upload(path, filename=f"File:{odd}", comment="a = b & c", text="{{PD}} ~~~~")
    assert result.filename == odd.replace(" ", "_")
    assert await sha1_on_wiki(bot, odd) == sha1(path)


async def test_progress_may_be_a_coroutine(bot: Site, tmp_path: Path, name: str) -> None:
    seen: list[int] = []

    async def listen(progress: UploadProgress) -> None:
        await anyio.lowlevel.checkpoint()
        seen.append(progress.sent)

    await bot.upload(
        png(tmp_path / "x.png", 5_000), filename=name, chunk_size=2_048, on_progress=listen, ignore_warnings=True
    )
    assert seen[:3] == [0, 2_048, 4_096]


@pytest.mark.parametrize(
    ("source", "filename", "error", "message"),
    [
        ("missing.png", "A.png", FileNotFoundError, "there is no such file; the current directory is"),
        ("empty.png", "A.png", ValueError, "wikis take no empty files"),
        ("file.png", "A", ValueError, "extension"),
        ("file.png", "A[1].png", ValueError, r"cannot hold '\[' '\]'"),
        ("file.png", "A/B.png", ValueError, "cannot hold '/'"),
        ("file.png", "é" * 130 + ".png", ValueError, "240 bytes"),
        (".", "A.png", IsADirectoryError, "give the path of a file"),
    ],
)
async def test_what_cannot_be_uploaded_is_refused_before_any_request(
    tmp_path: Path, source: str, filename: str, error: type[Exception], message: str
) -> None:
    png(tmp_path / "file.png", 2_000)
    (tmp_path / "empty.png").touch()
    transport = FaultyTransport(lambda *_: "before")
    async with Site("http://127.0.0.1:9/api.php", user_agent=USER_AGENT, transport=transport) as site:
        with pytest.raises(error, match=message):
            await site.upload(tmp_path / source, filename=filename)
    assert transport.requests == []


async def test_a_pipe_is_refused_and_waited_for_by_nobody(bot: Site, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.png")
    with pytest.raises(ValueError, match="pipe or a device"):
        await bot.upload(tmp_path / "pipe.png", filename="Pipe.png")
    with pytest.raises(TypeError, match="give a path"):
        await bot.upload(b"bytes", filename="Bytes.png")  # type: ignore[arg-type]  # on purpose


async def test_an_error_after_the_publishing_says_that_the_file_is_there(bot: Site, tmp_path: Path, name: str) -> None:
    def trip(progress: UploadProgress) -> None:
        if progress.stage is UploadStage.DONE:
            raise ZeroDivisionError

    path = png(tmp_path / "x.png", 3_000, seed=4711)
    with pytest.raises(ZeroDivisionError) as caught:
        await bot.upload(path, filename=name, on_progress=trip)
    assert "was published" in caught.value.__notes__[0]
    assert await sha1_on_wiki(bot, name) == sha1(path)


async def test_a_refused_publication_keeps_the_filekey(bot: Site, tmp_path: Path, name: str) -> None:
    path = png(tmp_path / "x.png", 3_000, seed=815)
    with pytest.raises(ApiError) as caught:
        await bot.upload(path, filename=name, tags="no such tag")
    assert caught.value.code == "badtags"
    assert caught.value.filekey is not None
    await bot.upload(StashedFile(caught.value.filekey), filename=name)
    assert await sha1_on_wiki(bot, name) == sha1(path)


async def test_a_file_that_changes_while_it_is_sent_is_not_published(bot: Site, tmp_path: Path, name: str) -> None:
    path = png(tmp_path / "changing.png", 9_000)

    def touch(progress: UploadProgress) -> None:
        if progress.sent:
            with path.open("ab") as file:
                file.write(b"more")

    with pytest.raises(SourceChanged, match="nothing was published"):
        await bot.upload(path, filename=name, chunk_size=4_096, on_progress=touch)
    assert await sha1_on_wiki(bot, name) is None


async def test_a_file_that_becomes_shorter_is_not_published(bot: Site, tmp_path: Path, name: str) -> None:
    path = png(tmp_path / "shrinking.png", 9_000)

    def cut(progress: UploadProgress) -> None:
        if progress.sent:
            path.write_bytes(b"short")

    with pytest.raises(SourceChanged, match="became shorter"):
        await bot.upload(path, filename=name, chunk_size=4_096, on_progress=cut)


@pytest.mark.everywhere
async def test_nobody_in_particular_may_not_upload_and_is_told_how(site: Site, tmp_path: Path) -> None:
    with pytest.raises(NotLoggedIn, match="BotPassword"):
        await site.upload(png(tmp_path / "x.png", 2_000), filename="X.png")


@pytest.mark.everywhere
async def test_a_file_that_is_not_what_its_name_says_is_refused(bot: Site, tmp_path: Path, name: str) -> None:
    path = tmp_path / "text.png"
    path.write_text("this is no image\n" * 100)
    with pytest.raises(ApiError) as caught:
        await bot.upload(path, filename=name)
    assert caught.value.errors[0].module == "upload"


async def test_cancelled_uploads_leave_the_site_usable(bot: Site, tmp_path: Path, name: str) -> None:
    path = png(tmp_path / "x.png", 50_000, seed=99)

    def cancel_at(sent: int, scope: anyio.CancelScope) -> Callable[[UploadProgress], None]:
        return lambda progress: scope.cancel() if progress.sent >= sent else None

    for sent in (0, 10_000, 30_000):
        with anyio.CancelScope() as scope:
            await bot.upload(path, filename=name, chunk_size=10_000, on_progress=cancel_at(sent, scope))
        assert scope.cancelled_caught
    await bot.upload(path, filename=name, chunk_size=10_000)
    assert await sha1_on_wiki(bot, name) == sha1(path)
