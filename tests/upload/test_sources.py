"""Sources of uploads: every kind is read by position, hashed on the way, and closed."""

from __future__ import annotations

import bz2
import gc
import gzip
import hashlib
import io
import os
import tempfile
import tracemalloc
import zipfile
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import anyio
import pytest
from hypothesis import given, settings, strategies as st

from mwclient_async import Site, UploadMethod, UploadProgress, UploadStage
from mwclient_async._http.messages import HttpRequest, MultipartBody
from mwclient_async._upload import sources
from mwclient_async._upload.sources import UploadSource
from mwclient_async.errors import SourceChanged
from mwclient_async.testing.scripted import ScriptedTransport
from tests.conftest import USER_AGENT

API = "http://127.0.0.1:9/api.php"
MIB = 1024 * 1024
DATA = bytes(range(256)) * 20
RULES = {"query": {"general": {"generator": "MediaWiki 1.43.9"}}}
TOKENS = {"query": {"tokens": {"csrftoken": "+\\"}}}
Maker = Callable[[Path], Any]


@pytest.fixture(autouse=True)
def opened() -> Iterator[list[Any]]:
    """The files that a test opened itself, closed after it."""
    yield _OPENED
    while _OPENED:
        _OPENED.pop().close()


_OPENED: list[Any] = []


def kept(file: Any, position: int = 0) -> Any:
    """A file object at a position, closed after the test."""
    _OPENED.append(file)
    if position:
        file.seek(position)
    return file


def sha1(data: bytes) -> str:
    return hashlib.sha1(data, usedforsecurity=False).hexdigest()


def pipe(data: bytes, mode: str = "rb") -> Any:
    reading, writing = os.pipe()
    with os.fdopen(writing, "wb") as end:
        end.write(data)  # less than a pipe holds
    return kept(os.fdopen(reading, mode))


def written(path: Path, data: bytes = DATA) -> Path:
    path.write_bytes(data)
    return path


def zipped(path: Path) -> Any:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("member", DATA)
    return kept(kept(zipfile.ZipFile(path)).open("member"))


def just_written(path: Path) -> Any:
    file = kept(path.open("w+b"))
    file.write(DATA)
    file.seek(0)
    return file


async def pieces(*some: Any) -> AsyncIterator[Any]:
    for piece in some:
        await anyio.lowlevel.checkpoint()
        yield piece


class Reader:
    """An object with a read method only."""

    def __init__(self, data: bytes) -> None:
        self.read = io.BytesIO(data).read


SOURCES: dict[str, Maker] = {
    "a path": written,
    "a path as text": lambda path: str(written(path)),
    "bytes": lambda _: DATA,
    "a bytearray": lambda _: bytearray(DATA),
    "a memoryview of numbers": lambda _: memoryview(DATA).cast("I"),
    "a BytesIO from its present position": lambda _: kept(io.BytesIO(b"before" + DATA), 6),
    "a file object from its present position": lambda path: kept(written(path, b"before" + DATA).open("rb"), 6),
    "an unbuffered file object": lambda path: kept(written(path).open("rb", buffering=0)),
    "a file that was just written": just_written,
    "a compressed file": lambda path: kept(gzip.GzipFile(written(path, gzip.compress(DATA)))),
    "a compressed file from its present position": lambda path: kept(
        bz2.BZ2File(written(path, bz2.compress(b"1" + DATA))), 1
    ),
    "a member of an archive": zipped,
    "a pipe": lambda _: pipe(DATA),
    "an object with a read method only": lambda _: Reader(DATA),
    "an asynchronous iterator": lambda _: pieces(DATA[:10], b"", bytearray(DATA[10:99]), memoryview(DATA[99:])),
    "pieces that are numbers": lambda _: pieces(memoryview(DATA).cast("I")),
}


@pytest.mark.parametrize("make", SOURCES.values(), ids=SOURCES)
async def test_u1_every_kind_of_source_is_read_by_position(tmp_path: Path, make: Maker) -> None:
    source = await UploadSource.open(make(tmp_path / "file"))
    try:
        assert source.size == len(DATA)
        assert await source.read(100, 50) == DATA[100:150]
        assert await source.read(0, len(DATA)) == DATA
        assert await source.read(len(DATA) - 1, 1) == DATA[-1:]
        assert source.sha1() == sha1(DATA)
        assert await source.sha1_up_to(77) == sha1(DATA[:77])
    finally:
        await source.aclose()


async def _refused(source: Any, error: type[Exception], message: str, **options: Any) -> None:
    """Assert that the source is refused and nothing is sent: the transport has no response for any request."""
    async with Site(API, user_agent=USER_AGENT, transport=ScriptedTransport()) as site:
        for send in (site.upload, site.stash):
            with pytest.raises(error, match=message):
                await send(source() if callable(source) else source, filename="A.png", **options)


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(lambda path: written(path, b""), id="path"),
        pytest.param(lambda _: b"", id="bytes"),
        pytest.param(lambda _: bytearray(), id="bytearray"),
        pytest.param(lambda _: kept(io.BytesIO(DATA), len(DATA)), id="BytesIO at its end"),
        pytest.param(lambda path: kept(written(path).open("rb"), 10**6), id="file object beyond its end"),
        pytest.param(lambda _: lambda: pipe(b""), id="pipe"),
        pytest.param(lambda _: pieces, id="no piece"),
        pytest.param(lambda _: lambda: pieces(b"", b""), id="empty pieces"),
    ],
)
async def test_an_empty_source_is_refused_before_any_request(tmp_path: Path, make: Maker) -> None:
    await _refused(make(tmp_path / "file"), ValueError, "wikis do not take empty files")


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(lambda path: kept(written(path, b"text").open(encoding="utf-8")), id="file"),
        pytest.param(lambda _: io.StringIO("text"), id="StringIO"),
        pytest.param(lambda _: lambda: pipe(b"text", "r"), id="pipe"),
        pytest.param(lambda _: lambda: pieces("text"), id="pieces"),
    ],
)
async def test_text_is_refused_before_any_request(tmp_path: Path, make: Maker) -> None:
    await _refused(make(tmp_path / "file"), TypeError, "binary mode")


async def test_an_invalid_source_is_refused_before_any_request(tmp_path: Path) -> None:
    for odd in (None, 5, ["a"], iter([b"a"])):
        await _refused(odd, TypeError, "give a path, bytes, a binary file object")
    await _refused(tmp_path / "missing", FileNotFoundError, "there is no such file; the current directory is")
    await _refused(tmp_path, IsADirectoryError, "give the path of a file")
    os.mkfifo(tmp_path / "pipe")
    await _refused(tmp_path / "pipe", ValueError, "pipe or a device")
    await _refused(kept((tmp_path / "new").open("wb")), OSError, "read")


# Hashes and positions ------------------------------------------------------------------------------------------------


@given(
    data=st.integers(1, 90).map(lambda size: bytes(range(size))),
    steps=st.lists(st.tuples(st.booleans(), st.integers(0, 90), st.integers(0, 90)), max_size=12),
)
@settings(deadline=None, max_examples=60)
def test_u2_the_hash_of_any_first_bytes_is_right_in_any_order_of_reads(
    data: bytes, steps: list[tuple[bool, int, int]]
) -> None:
    async def run() -> None:
        source = await UploadSource.open(data)
        for hashes, one, other in steps:
            low, high = sorted((min(one, len(data)), min(other, len(data))))
            if hashes:
                assert await source.sha1_up_to(high) == sha1(data[:high])
            else:
                assert await source.read(low, high - low) == data[low:high]
        assert await source.sha1_up_to(len(data)) == source.sha1() == sha1(data)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sources, "_PIECE_SIZE", 7)
        patch.setattr(sources, "_STATE_DISTANCE", 21)
        anyio.run(run)


# Files that change ---------------------------------------------------------------------------------------------------


def _grow(path: Path) -> None:
    with path.open("ab") as file:
        file.write(b"more")


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(_grow, id="grows"),
        pytest.param(lambda path: os.truncate(path, 100), id="shrinks"),
        pytest.param(lambda path: path.write_bytes(b"X" * len(DATA)), id="other contents"),
    ],
)
async def test_a_file_that_changes_is_noticed(tmp_path: Path, change: Callable[[Path], object]) -> None:
    path = written(tmp_path / "file")
    os.utime(path, ns=(0, 0))  # because the clock of the file system is coarse
    source = await UploadSource.open(path)
    await source.read(0, len(DATA))
    change(path)
    with pytest.raises(SourceChanged, match="changed while it was being sent: nothing was published"):
        source.sha1()
    await source.aclose()


async def test_a_source_that_became_shorter_or_unreadable_raises() -> None:
    memory = io.BytesIO(DATA)
    source = await UploadSource.open(memory)
    memory.truncate(100)
    with pytest.raises(SourceChanged, match="became shorter"):
        await source.read(90, 20)
    memory.close()
    with pytest.raises(SourceChanged, match="cannot be read any more"):
        await source.read(0, 10)


# Open files ----------------------------------------------------------------------------------------------------------


async def test_a_given_file_object_stays_open_and_an_opened_path_is_closed(tmp_path: Path) -> None:
    with written(tmp_path / "file").open("rb") as given_file:
        for given in (given_file, tmp_path / "file"):
            source = await UploadSource.open(given)
            await source.aclose()
            assert source._file.closed is (given is not given_file)


def files_in(path: Path) -> list[str]:
    return [file.name for file in path.iterdir()]


async def test_a_source_without_length_is_spooled_to_the_chosen_path_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    reported: list[int] = []

    async def spooled(written: int) -> None:
        reported.append(written)

    source = await UploadSource.open(pieces(DATA[:100], DATA[100:]), on_spooled=spooled)
    assert reported == [100, len(DATA)]
    await source.aclose()
    assert files_in(tmp_path) == []
    source = await UploadSource.open(pieces(DATA), spool=tmp_path / "spool")
    await source.aclose()
    assert (tmp_path / "spool").read_bytes() == DATA


class Stop(Exception):
    pass


async def test_an_iterator_that_is_not_exhausted_is_closed(tmp_path: Path) -> None:
    """After an error of a callback, a wrong piece, a cancellation. Trio warns about an iterator that is not closed."""
    closed: list[str] = []

    async def given(*some: Any) -> AsyncIterator[Any]:
        try:
            for piece in some:
                yield piece
            await anyio.sleep_forever()
        finally:
            closed.append("closed")

    async def leave(_: int) -> None:
        raise Stop

    with pytest.raises(Stop):
        await UploadSource.open(given(b"a", b"b"), on_spooled=leave)
    with pytest.raises(TypeError):
        await UploadSource.open(given(b"a", "b"))
    with anyio.CancelScope() as scope:

        async def cancel(_: int) -> None:
            scope.cancel()

        await UploadSource.open(given(b"a"), spool=tmp_path / "spool", on_spooled=cancel)
    with pytest.raises(Stop):
        await UploadSource.open(pipe(DATA), on_spooled=leave)

    async def breaking() -> AsyncIterator[bytes]:
        yield DATA
        raise Stop

    for spool in (None, tmp_path / "broken"):
        with pytest.raises(Stop):
            await UploadSource.open(breaking(), spool=spool)
    assert closed == ["closed"] * 3
    gc.collect()


async def test_u8_twenty_megabytes_of_an_iterator_take_the_memory_of_two_chunks(tmp_path: Path) -> None:
    total, block = 20 * MIB, os.urandom(MIB // 2)

    async def endless() -> AsyncIterator[bytes]:
        for _ in range(total // len(block)):
            yield block

    def answer(request: HttpRequest) -> dict[str, Any]:
        assert isinstance(request.body, MultipartBody)
        end = request.body.part.offset + request.body.part.length
        return {"upload": {"result": "Continue", "offset": end, "filekey": "K"}}

    stashed = {"upload": {"result": "Success", "filekey": "K", "imageinfo": {"sha1": sha1(block * 40)}}}
    transport = ScriptedTransport([RULES, TOKENS, *[answer] * 19, stashed])
    stages: list[UploadProgress] = []
    async with Site(API, user_agent=USER_AGENT, transport=transport) as site:
        gc.collect()
        tracemalloc.start()
        try:
            await site.stash(
                endless(), filename="A.bin", chunk_size=MIB, method=UploadMethod.CHUNKED, on_progress=stages.append
            )
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    transport.assert_done()
    assert peak < 4 * MIB
    assert {step.stage for step in stages} == {UploadStage.SPOOLING, UploadStage.SENDING}
    assert [step.sent for step in stages if step.stage is UploadStage.SPOOLING][-1] == total
