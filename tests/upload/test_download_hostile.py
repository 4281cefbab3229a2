"""Downloads and obstacles: other downloads, links, full disks, servers with bad responses."""

from __future__ import annotations

import gzip
import io
import json
import os
import resource
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import anyio
import pytest

from mwclient_async import HttpOptions, RetryPolicy, Site
from mwclient_async._upload import part_file
from mwclient_async._upload.download_requests import download_source, fetch_imageinfo
from mwclient_async._upload.file_names import local_file_name
from mwclient_async.errors import HttpError, MediaWikiError, PageMissing, ProtocolError, SizeMismatch, SourceChanged
from mwclient_async.models.events import Paused
from mwclient_async.models.props_files import ImageInfo
from mwclient_async.testing.scripted import ScriptedClock
from tests.conftest import USER_AGENT
from tests.support.fault_proxy import TRUNCATE, FaultProxy
from tests.support.http_server import ReceivedRequest, ServerResponse
from tests.support.recording_server import RecordingServer
from tests.support.scripted_flow import Script
from tests.support.uploads import QUICK
from tests.upload.test_download import DATA, SHA1, first_file_request, names, serve

BINARY = ("content-type", "application/octet-stream")


def site(server: RecordingServer, **options: Any) -> Site:
    return Site(f"{server.url}/api.php", user_agent=USER_AGENT, **options)


def answering(answer: Callable[[ReceivedRequest], ServerResponse]) -> RecordingServer:
    """A wiki whose file server answers with this function."""
    return RecordingServer(lambda seen: answer(seen) if "files" in seen.target else serve(seen))


async def fails(
    server: RecordingServer, to: Path, error: type[BaseException], message: str | None = None, **options: Any
) -> None:
    """Assert that the download raises this error, and that no file has the final name."""
    async with server, site(server, retry=RetryPolicy(attempts=2, first_delay=0.001), **options) as opened:
        with pytest.raises(error, match=message):
            await opened.file("A.bin").download(to)
    assert to.name not in names(to.parent)


# The path ------------------------------------------------------------------------------------------------------------


async def test_two_downloads_do_not_write_to_one_file(tmp_path: Path) -> None:
    """Each would compute the right SHA-1 for its own bytes, but the file would be a mixture."""
    path, tried = tmp_path / "a.bin", list[str]()
    async with RecordingServer(serve) as server, site(server) as opened:

        async def meanwhile(_: object) -> None:
            with pytest.raises(FileExistsError, match="another download is writing to it") as caught:
                await opened.file("A.bin").download(path)
            tried.append(str(caught.value.filename))

        await opened.file("A.bin").download(path, on_progress=meanwhile)
        assert set(tried) == {f"{path}.part"}
    assert path.read_bytes() == DATA
    assert names(tmp_path) == ["a.bin"]


async def test_a_part_file_that_another_download_finishes_meanwhile_is_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, lock = tmp_path / "a.bin", part_file._lock

    def late(file: Any, part: Path) -> None:
        if not path.exists():
            part.write_bytes(b"theirs")
            part.rename(path)
        lock(file, part)

    monkeypatch.setattr(part_file, "_lock", late)
    async with RecordingServer(serve) as server, site(server) as opened:
        with pytest.raises(FileExistsError, match="created during the download"):
            await opened.file("A.bin").download(path)
    assert path.read_bytes() == b"theirs"


@pytest.mark.parametrize("links", [True, False], ids=["with links", "without links"])
async def test_a_file_created_during_the_download_is_not_overwritten_unless_chosen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, links: bool  # noqa: FBT001 - a parameter
) -> None:  # fmt: skip
    def no_links(*_: object) -> None:
        raise PermissionError

    def take(_: object) -> None:
        path.write_bytes(b"mine")

    path = tmp_path / "a.bin"
    if not links:
        monkeypatch.setattr(os, "link", no_links)
    async with RecordingServer(serve) as server, site(server) as opened:
        with pytest.raises(FileExistsError, match="created during the download"):
            await opened.file("A.bin").download(path, on_progress=take)
        assert path.read_bytes() == b"mine"
        await opened.file("A.bin").download(path, overwrite=True)
        assert len([seen for seen in server.requests if "files" in seen.target]) == 1  # the part file was complete
        await opened.file("A.bin").download(tmp_path / "b.bin")
    assert path.read_bytes() == (tmp_path / "b.bin").read_bytes() == DATA
    assert sorted(names(tmp_path)) == ["a.bin", "b.bin"]


@pytest.mark.parametrize("obstacle", ["link", "pipe", "directory"])
async def test_a_part_path_that_is_not_a_regular_file_is_not_written_to(tmp_path: Path, obstacle: str) -> None:
    part, precious = tmp_path / "a.bin.part", tmp_path / "precious"
    precious.write_bytes(b"precious")
    if obstacle == "link":
        part.symlink_to(precious)
    elif obstacle == "pipe":
        os.mkfifo(part)
    else:
        part.mkdir()
    with anyio.fail_after(5):
        await fails(RecordingServer(serve), tmp_path / "a.bin", OSError, r"a\.bin\.part")
    assert precious.read_bytes() == b"precious"


@contextmanager
def disk_of(size: int) -> Iterator[None]:
    """A disk on which no file may become larger than this."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


async def test_a_full_disk_raises_and_the_received_bytes_are_resumed(tmp_path: Path) -> None:
    async with RecordingServer(serve) as server, site(server) as opened:
        with disk_of(50_000), pytest.raises(OSError, match="large"):
            await opened.file("A.bin").download(tmp_path / "a.bin")
        assert names(tmp_path) == ["a.bin.part"]
        await opened.file("A.bin").download(tmp_path / "a.bin")
        assert server.header_values("range") == ["bytes=50000-"]
    assert (tmp_path / "a.bin").read_bytes() == DATA


# Sinks ---------------------------------------------------------------------------------------------------------------


class CountlessSink:
    def __init__(self) -> None:
        self.taken = b""

    def write(self, data: bytes) -> None:
        self.taken += bytes(data)


async def test_a_sink_need_not_return_counts_but_must_block(tmp_path: Path) -> None:
    sink = CountlessSink()
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    async with RecordingServer(serve) as server, site(server) as opened:
        file = opened.file("A.bin")
        with anyio.fail_after(5):
            await file.download(sink)  # type: ignore[arg-type]  # it has only a write method
        assert sink.taken == DATA
        with os.fdopen(reading, "rb"), os.fdopen(writing, "wb", buffering=0) as full, pytest.raises(BlockingIOError):
            await file.download(full)  # no one reads from it
        asked = len(server.requests)
        with (tmp_path / "x").open("w") as text, pytest.raises(TypeError, match="binary mode"):
            await file.download(text)  # type: ignore[arg-type]  # on purpose
        async with await anyio.open_file(tmp_path / "y", "wb") as asynchronous:
            with pytest.raises(TypeError, match=r"to=file\.write"):
                await file.download(asynchronous)  # type: ignore[arg-type]  # on purpose
            assert len(server.requests) == asked
            await file.download(asynchronous.write)  # type: ignore[arg-type]  # it takes bytes, and returns their number
    assert (tmp_path / "y").read_bytes() == DATA


# The server ----------------------------------------------------------------------------------------------------------


async def test_a_part_file_longer_than_the_servers_file_is_restarted(tmp_path: Path) -> None:
    """The body of the response 416 is not a part of the file."""
    (tmp_path / "a.bin.part").write_bytes(b"x" * 70_000)
    page = ServerResponse(status=416, headers=(BINARY,), body=b"no such range" * 9_000)
    async with answering(lambda seen: page if seen.header("range") else serve(seen)) as server, site(server) as opened:
        await opened.file("A.bin").download(tmp_path / "a.bin")
        assert len(server.requests) == 3
    assert (tmp_path / "a.bin").read_bytes() == DATA


@pytest.mark.parametrize("status", [429, 503])
async def test_w1_retry_after_of_a_file_server_is_obeyed(tmp_path: Path, status: int) -> None:
    clock, busy = ScriptedClock(), [ServerResponse(status=status, headers=(("retry-after", "7"),), body=b"not now")]
    async with (
        answering(lambda seen: busy.pop() if busy else serve(seen)) as server,
        site(server, clock=clock) as opened,
    ):
        await opened.file("A.bin").download(tmp_path / "a.bin")
    assert max(clock.slept) >= 7
    assert (tmp_path / "a.bin").read_bytes() == DATA


@pytest.mark.parametrize(("status", "waits"), [(429, True), (503, False)])
async def test_w5_429_for_a_file_pauses_all_other_requests(tmp_path: Path, status: int, *, waits: bool) -> None:
    """Those of the site and of its siblings. A server error pauses only the request that got it."""
    clock, came, heard = ScriptedClock(), list[float](), list[object]()
    busy = ServerResponse(status=status, headers=(("retry-after", "7"),), body=b"not now")

    def answer(seen: ReceivedRequest) -> ServerResponse:
        if "files" in seen.target:
            return busy
        came.append(clock.now())
        return serve(seen)

    async with (
        RecordingServer(answer) as server,
        site(server, clock=clock, retry=RetryPolicy(attempts=1), on_event=heard.append) as opened,
        opened.sibling(f"{server.url}/sibling/api.php") as sibling,
    ):
        with pytest.raises(HttpError):
            await opened.file("A.bin").download(tmp_path / "a.bin")
        for one in (opened, sibling):
            await one.file("A.bin").info()
    assert [moment >= 7 for moment in came] == [False, waits, waits]
    assert [event.scope for event in heard if isinstance(event, Paused)] == ["farm"] * waits


@pytest.mark.parametrize(
    ("answer", "error", "message"),
    [
        (
            ServerResponse(headers=(BINARY, ("content-encoding", "gzip")), body=gzip.compress(DATA)),
            ProtocolError,
            "content encoding",
        ),
        (ServerResponse(headers=(BINARY,), body=b""), SizeMismatch, "0 bytes of application/octet-stream"),
        (ServerResponse(headers=(BINARY,), body=DATA[:-1]), SizeMismatch, "102399 bytes .* says 102400"),
        (
            ServerResponse(status=206, headers=(BINARY, ("content-range", "bytes 0-99/100")), body=b"x" * 100),
            SizeMismatch,
            "100 bytes",
        ),
        (ServerResponse(headers=(("content-type", "text/html"),), body=b"<p>Log in"), SizeMismatch, "9 bytes of text/"),
        (ServerResponse(status=404, body=b"gone"), PageMissing, "its server does not have it"),
        (ServerResponse(status=500, body=b"broken"), HttpError, "HTTP 500"),
        (ServerResponse(status=403, body=b"forbidden"), ProtocolError, "HTTP 403"),
        (ServerResponse(status=302, headers=(("location", "file:///etc/passwd"),)), MediaWikiError, "."),
        (
            ServerResponse(status=302, headers=(("location", "http://[bad/A.bin"),)),
            ProtocolError,
            "not a valid address",
        ),
        (
            ServerResponse(status=206, headers=(BINARY, ("content-range", "bytes 9-99/100"))),
            ProtocolError,
            "another part",
        ),
    ],
    ids=lambda it: str(it.status) if isinstance(it, ServerResponse) else "",
)
async def test_a_response_that_is_not_the_file_is_an_error(
    tmp_path: Path, answer: ServerResponse, error: type[Exception], message: str
) -> None:
    server = answering(lambda _: answer)
    await fails(server, tmp_path / "a.bin", error, message)
    assert names(tmp_path) == []
    if error is SizeMismatch:
        assert len([seen for seen in server.requests if "files" in seen.target]) == 1


@pytest.mark.parametrize("redirects", [5, 6])
async def test_five_redirects_on_the_way_to_a_file_are_followed_and_no_more(tmp_path: Path, redirects: int) -> None:
    path, sent = tmp_path / "a.bin", list[str]()

    def answer(seen: ReceivedRequest) -> ServerResponse:
        sent.append(seen.target)
        moved = ServerResponse(status=303, headers=(("location", f"/files/{len(sent)}/A.bin"),), body=b"")
        return moved if len(sent) <= redirects else serve(seen)

    if redirects > 5:
        await fails(answering(answer), path, ProtocolError, "more than 5 redirects")
        return
    async with answering(answer) as server, site(server) as opened:
        await opened.file("A.bin").download(path)
    assert path.read_bytes() == DATA


async def test_a_file_that_is_replaced_while_it_is_downloaded_is_not_a_mixture(tmp_path: Path) -> None:
    """The server continues with another file of the same size, which has another SHA-1."""
    asked = list[str]()

    def answer(seen: ReceivedRequest) -> ServerResponse:
        asked.append(seen.header("range"))
        return serve(seen, data=DATA[::-1] if len(asked) > 1 else DATA)

    async with (
        answering(answer) as server,
        FaultProxy(server.url) as proxy,
        Site(f"{proxy.url}/api.php", user_agent=USER_AGENT, retry=QUICK) as opened,
    ):
        proxy.plan = first_file_request(TRUNCATE)
        with pytest.raises(SourceChanged, match="if it was replaced during"):
            await opened.file("A.bin").download(tmp_path / "a.bin")
        proxy.plan = first_file_request(TRUNCATE)
        asked.clear()
        with pytest.raises(SourceChanged, match="replaced during the download"):
            await opened.file("A.bin").download(io.BytesIO())
    assert names(tmp_path) == []


async def test_s2_a_redirect_to_another_server_carries_no_credentials(tmp_path: Path) -> None:
    http = HttpOptions(headers=(("authorization", "Basic geheim"), ("cookie", "own=geheim")))
    async with RecordingServer(serve, host="127.0.0.2") as foreign:
        away = ServerResponse(status=302, headers=(("location", f"{foreign.url}/files/A.bin"),), body=b"")
        async with answering(lambda _: away) as server, site(server, http=http) as opened:
            await opened.file("A.bin").download(tmp_path / "a.bin")
            assert "geheim" in server.text()
        assert len(foreign.requests) == 1
        assert "geheim" not in foreign.text()
    assert (tmp_path / "a.bin").read_bytes() == DATA


async def test_an_empty_file_is_a_file(tmp_path: Path) -> None:
    info = {"url": "/files/A.bin", "size": 0, "sha1": "da39a3ee5e6b4b0d3255bfef95601890afd80709"}
    body = json.dumps({"query": {"pages": [{"title": "File:A.bin", "imageinfo": [info]}]}}).encode()
    async with RecordingServer(ServerResponse(body=body)) as server, site(server) as opened:
        await opened.file("A.bin").download(tmp_path / "a.bin")
    assert (tmp_path / "a.bin").read_bytes() == b""


# Names and URLs ------------------------------------------------------------------------------------------------------


def test_a_title_with_a_separator_in_it_is_asked_for_as_one_title() -> None:
    script = Script({"query": {"pages": [{"title": "File:A|B.png", "invalid": True}]}})
    with pytest.raises(PageMissing):
        script.run(fetch_imageinfo("File:A|B.png"))
    assert script.requests[0].params["titles"] == "\x1fFile:A|B.png"


@pytest.mark.parametrize("url", ["file:///etc/passwd", "http://[bad/A.png", "http:///A.png", "javascript:alert(1)"])
def test_an_invalid_url_from_the_wiki_is_a_protocol_error(url: str) -> None:
    with pytest.raises(ProtocolError, match="not a URL on the Web"):
        download_source(ImageInfo(url=url, size=5, sha1=SHA1), "https://w.example/api.php")


@pytest.mark.parametrize("title", ["File:Con.png", "File:aux", "File:LPT1.tar.gz", "File:What?.png", "File:Earth.png."])
def test_a_name_with_a_special_meaning_on_windows_is_refused(title: str) -> None:
    assert local_file_name(title) == title[5:]
    with pytest.raises(ValueError, match="not safe as the name of a file here"):
        local_file_name(title, windows=True)
    assert local_file_name("File:Contrast COM10.png", windows=True) == "Contrast_COM10.png"
