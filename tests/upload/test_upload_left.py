"""An upload that fails or is cancelled leaves no open file, no temporary file and no lock."""

from __future__ import annotations

import asyncio
import gc
import tempfile
import threading
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import anyio
import anyio.lowlevel
import pytest
import sniffio

from mwclient_async import RemoteFile, UploadMethod, UploadProgress, UploadStage
from mwclient_async._upload import sources
from mwclient_async.errors import StashError, UploadWarnings
from mwclient_async.testing import LocalWiki
from tests.support.fault_proxy import FaultProxy
from tests.support.image_files import sha1
from tests.support.uploads import Account, JobClock, Pictures, is_whole, versions, wiki_name
from tests.upload.test_checkpoints import stopped
from tests.upload.test_download import names

CHUNKED: dict[str, Any] = {"method": UploadMethod.CHUNKED, "chunk_size": 4_000, "asynchronous": True}


def open_below(directory: Path) -> list[str]:
    """The files in a directory that this process has open, also deleted ones."""
    links = []
    for entry in Path("/proc/self/fd").iterdir():
        try:
            links.append(str(entry.readlink()))
        except FileNotFoundError:  # the descriptor of the listing itself
            continue
    return [link for link in links if link.startswith(str(directory))]


class Stop(Exception):
    pass


def by_the_loop(scope: anyio.CancelScope) -> None:
    """Cancel as ``asyncio.timeout`` and ``Task.cancel`` do. Trio has cancel scopes only."""
    task = asyncio.current_task() if sniffio.current_async_library() == "asyncio" else None
    if task is not None:
        task.cancel()
    else:
        scope.cancel()


@pytest.mark.parametrize("stop", [lambda scope: scope.cancel(), by_the_loop], ids=["by a scope", "by the loop"])
@pytest.mark.parametrize(
    ("stage", "times"),
    [(UploadStage.SPOOLING, 2), (UploadStage.SENDING, 1), (UploadStage.SENDING, 3), (UploadStage.ASSEMBLING, 1),
     (UploadStage.PUBLISHING, 1), (UploadStage.PUBLISHING, 2)],
)  # fmt: skip
async def test_w7_an_upload_that_is_cancelled_at_any_stage_leaves_no_file_and_no_lock(
    wiki: LocalWiki,
    uploader: Account,
    picture: Pictures,
    name: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    stage: UploadStage,
    times: int,
    stop: Callable[[anyio.CancelScope], None],
) -> None:
    data, left = picture().read_bytes(), times
    (tmp_path / "spools").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "spools"))

    async def pieces() -> AsyncIterator[bytes]:
        for at in range(0, len(data), 4_000):
            yield data[at : at + 4_000]

    async with uploader.site(wiki, clock=JobClock(wiki)) as site:
        with anyio.CancelScope() as scope:

            async def listen(progress: UploadProgress) -> None:
                nonlocal left
                left -= progress.stage is stage
                if progress.stage is stage and not left:
                    stop(scope)

            try:
                await site.upload(pieces(), filename=name, on_progress=listen, **CHUNKED)
                pytest.fail("it was not cancelled")
            except asyncio.CancelledError:
                task = asyncio.current_task()
                assert task is not None
                if stop is not by_the_loop:
                    raise
                task.uncancel()
        assert (open_below(tmp_path), names(tmp_path / "spools")) == ([], [])
        await wiki.run_jobs()
        with anyio.fail_after(20):
            await site.upload(picture(number=1), filename=name, ignore_warnings=True)
        assert (await versions(site, name))[0] == sha1(picture(number=1))


async def test_w7_a_file_that_is_opened_while_its_task_is_cancelled_is_closed(
    picture: Pictures, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, opening, go = picture(), threading.Event(), threading.Event()
    made = sources.UploadSource._open_regular_file

    def slow(given: Path) -> sources.UploadSource:
        opening.set()
        go.wait(5)
        return made(given)

    async def late() -> None:
        await anyio.to_thread.run_sync(opening.wait)
        tasks.cancel_scope.cancel() if task is None else task.cancel()
        try:
            await anyio.lowlevel.checkpoint()
        finally:
            go.set()

    monkeypatch.setattr(sources.UploadSource, "_open_regular_file", slow)
    task = None
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(late)
        try:
            if sniffio.current_async_library() == "asyncio":
                task = asyncio.ensure_future(sources.UploadSource.open(path))
                await asyncio.wait([task])
            else:
                source = await sources.UploadSource.open(path)
                await source.aclose()
        finally:
            go.set()
    with anyio.fail_after(5):
        while open_below(path.parent):
            await anyio.lowlevel.checkpoint()
    gc.collect()


async def test_w8_of_many_tasks_with_one_name_one_publishes_and_the_others_are_warned(
    wiki: LocalWiki, uploader: Account, picture: Pictures, name: str
) -> None:
    """However the name is spelt. An upload under another name does not wait."""
    spellings = [wiki_name(name), f"File:{name.replace('-', '_', 1).replace('_', '-', 1)}", f" file : {name} "]
    warned, whole = list[set[str]](), list[int]()

    async def late(number: int) -> None:
        with pytest.raises(UploadWarnings) as caught:
            await site.upload(picture(number=number), filename=spellings[number])
        warned.append({warning.kind for warning in caught.value.warnings})

    async with FaultProxy(wiki.url) as proxy, uploader.site(proxy) as site, anyio.create_task_group() as tasks:

        async def meanwhile(progress: UploadProgress) -> None:
            if progress.sent == 4_000:
                for number in range(len(spellings)):
                    tasks.start_soon(late, number)
                await site.upload(picture(number=8), filename=f"other {name}")
                whole.append(sum(map(is_whole, proxy.seen)))

        await site.upload(picture(number=9), filename=name, chunk_size=4_000, on_progress=meanwhile)
    assert (whole, warned) == ([1], [{"exists"}] * 3)
    async with uploader.site(wiki) as reader:
        assert await versions(reader, name) == [sha1(picture(number=9))]


async def test_u7_the_checkpoint_of_another_account_is_refused_by_the_wiki_and_publishes_nothing(
    wiki: LocalWiki, uploader: Account, newcomer: Account, picture: Pictures, name: str
) -> None:
    path = picture(11_000)
    async with uploader.site(wiki) as theirs, newcomer.site(wiki) as site:
        for after in (1, 3):  # while chunks are sent, and when the file is assembled
            checkpoint = await stopped(theirs, path, name, after=after)
            with pytest.raises(StashError) as caught:
                await site.upload(path, filename=name, checkpoint=checkpoint)
            assert caught.value.code == "uploadstash-wrong-owner"
        assert await versions(site, name) == []


async def test_s1_no_secret_is_in_results_errors_events_or_logs(
    wiki: LocalWiki, uploader: Account, picture: Pictures, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither the token nor the password, nor the secrets in a URL."""
    caplog.set_level("DEBUG")
    remote, texts = RemoteFile("http://user:geheim@127.0.0.1:9/x.png?key=geheim"), list[str]()
    async with (
        FaultProxy(wiki.url) as proxy,
        uploader.site(proxy, on_event=lambda event: texts.append(repr(event))) as site,
    ):
        for source in (remote, picture()):
            for options in ({"chunk_size": 4_000, "filename": name}, {"filename": "120px-x.png"}):
                try:
                    result = await site.upload(source, **options)
                    texts.append(repr(result))
                except Exception as error:  # noqa: BLE001 - every error is checked
                    texts += [repr(error), str(error), repr(error.__cause__), repr(vars(error))]
        token = site._session._auth_state.tokens["csrf"]
    text = "\n".join([*texts, caplog.text, repr(remote)])
    for secret in ("geheim", token, uploader.auth.password):
        assert secret not in text
    with pytest.raises(ValueError, match=r"'ftp://host/x\?\.\.\.' is not an address") as caught:
        RemoteFile("ftp://user:geheim@host/x?key=geheim")
    assert "geheim" not in str(caught.value)
