"""Files are read, written and hashed in threads of the library's own.

A web framework may run functions in all of its threads, which call the library through ``from_thread`` and wait for it.
"""

from __future__ import annotations

import hashlib
import io
import threading
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest
from anyio import fail_after, from_thread, to_thread

from mwclient_async import Site, UploadMethod
from mwclient_async._upload.download import Sink
from mwclient_async.testing.scripted import ScriptedTransport
from tests.conftest import USER_AGENT
from tests.support.recording_server import RecordingServer
from tests.upload.test_download import DATA, serve
from tests.upload.test_sources import API, RULES, TOKENS, pieces, sha1

PNG = b"\x89PNG\r\n\x1a\n" + DATA
STASHED = {"upload": {"result": "Success", "filekey": "K", "imageinfo": {"sha1": sha1(PNG)}}}
Source = Callable[[Path], Any]


class Pipe(io.BytesIO):
    """A file object that is read once, from its beginning to its end."""

    def seekable(self) -> bool:
        return False


async def from_the_only_thread(work: Callable[[], Coroutine[Any, Any, object]]) -> None:
    """Call it from the only thread that the program may use, which waits for it."""
    limiter = to_thread.current_default_thread_limiter()
    tokens, limiter.total_tokens = limiter.total_tokens, 1
    try:
        with fail_after(10):
            await to_thread.run_sync(from_thread.run, work, abandon_on_cancel=True)
    finally:
        limiter.total_tokens = tokens


def on_disk(directory: Path) -> Path:
    path = directory / "A.png"
    path.write_bytes(PNG)
    return path


@pytest.mark.parametrize(
    "source",
    [on_disk, lambda _: io.BytesIO(PNG), lambda _: Pipe(PNG), lambda _: pieces(PNG)],
    ids=["path", "file object", "pipe", "iterator"],
)
async def test_a_program_may_use_all_threads_while_it_waits_for_an_upload(source: Source, tmp_path: Path) -> None:
    transport = ScriptedTransport([RULES, TOKENS, STASHED])
    async with Site(API, user_agent=USER_AGENT, transport=transport) as site:
        await from_the_only_thread(
            lambda: site.stash(source(tmp_path), filename="A.png", method=UploadMethod.CHUNKED, chunk_size=len(PNG))
        )
    transport.assert_done()


@pytest.mark.parametrize("to", [lambda path: path / "A.bin", lambda _: io.BytesIO()], ids=["path", "file object"])
async def test_a_program_may_use_all_threads_while_it_waits_for_a_download(to: Source, tmp_path: Path) -> None:
    async with RecordingServer(serve) as server, Site(f"{server.url}/api.php", user_agent=USER_AGENT) as site:
        target = to(tmp_path)
        await from_the_only_thread(lambda: site.file("A.bin").download(target))
    assert (target.getvalue() if isinstance(target, io.BytesIO) else target.read_bytes()) == DATA


async def test_u8_the_bytes_of_a_file_object_are_hashed_outside_of_the_loops_thread(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    threads: list[threading.Thread] = []

    class Recorded:
        def update(self, _: bytes) -> None:
            threads.append(threading.current_thread())

    monkeypatch.setattr(hashlib, "sha1", lambda **_: Recorded())
    file = io.BytesIO()
    sink = Sink(file)
    await sink.write([DATA[:9], DATA[9:]])
    assert (file.getvalue(), sink.received) == (DATA, len(DATA))
    assert threading.current_thread() not in threads
    assert len(threads) == 1


async def test_a_plain_function_can_be_the_sink_and_the_write_of_a_file_cannot() -> None:
    """A file may have written less than it was given: then the rest would be lost."""
    pieces: list[bytes] = []
    sink = Sink(pieces.append)
    await sink.write([DATA[:9], DATA[9:]])
    assert (b"".join(pieces), sink.received) == (DATA, len(DATA))
    with pytest.raises(TypeError, match="give a file itself"):
        await Sink(io.BytesIO().write).write([DATA])  # type: ignore[arg-type]  # that is the mistake
