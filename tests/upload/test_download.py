"""Downloads: a file gets its name when it is whole and its SHA-1 is right."""

from __future__ import annotations

import hashlib
import io
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import anyio
import pytest

from mwclient_async import BotPassword, DownloadProgress, FileLimits, HttpOptions, Limits, OAuth1, RetryPolicy, Site
from mwclient_async._http.messages import HttpRequest
from mwclient_async._http.oauth1 import authorization
from mwclient_async._session.request_slots import RequestSlots
from mwclient_async._upload.download_requests import first_byte
from mwclient_async._upload.file_names import local_file_name
from mwclient_async.errors import PageMissing, ProtocolError, ReplyLost, SizeMismatch, SourceChanged
from mwclient_async.testing import LocalWiki
from mwclient_async.testing.scripted import ScriptedTransport
from tests.conftest import USER_AGENT
from tests.support.fault_proxy import BAD_GATEWAY_BEFORE, DROP_AFTER, DROP_BEFORE, TRUNCATE, Fault, FaultProxy
from tests.support.http_server import ReceivedRequest, ServerResponse
from tests.support.image_files import png
from tests.support.recording_server import RecordingServer

DATA = bytes(range(256)) * 400
SHA1 = hashlib.sha1(DATA).hexdigest()
RETRY = RetryPolicy(first_delay=0.001)
NAME = "Downloaded äöü & co.png"


@pytest.fixture(scope="session")
def downloader(wiki: LocalWiki) -> BotPassword:
    async def make() -> BotPassword:
        await wiki.create_user("Downloader", groups=["bot"])
        return await wiki.create_bot_password("Downloader")

    return anyio.run(make)


@pytest.fixture
async def stored(
    wiki: LocalWiki, downloader: BotPassword, tmp_path: Path, anyio_backend_name: str
) -> tuple[str, bytes]:
    """The title and the bytes of a file on the wiki."""
    name = f"{anyio_backend_name} {NAME}"
    path = png(tmp_path / "source", 300_000, seed=len(name))
    async with Site(wiki.api_url, user_agent=USER_AGENT, auth=downloader) as site:
        await site.upload(path, filename=name, ignore_warnings=True)
    return name, path.read_bytes()


@pytest.mark.everywhere
async def test_a_file_is_downloaded_to_a_path_a_directory_and_into_sinks(
    site: Site, stored: tuple[str, bytes], tmp_path: Path
) -> None:
    title, data = stored
    reports: list[DownloadProgress] = []
    path = await site.file(title).download(tmp_path, on_progress=reports.append)
    assert path == tmp_path / title.replace(" ", "_")
    assert path.read_bytes() == data
    assert reports[-1] == DownloadProgress(done=len(data), total=len(data))
    buffer, pieces = io.BytesIO(), list[bytes]()

    async def take(piece: bytes) -> None:
        pieces.append(piece)

    assert await site.file(f"File:{title}").download(buffer) is None
    assert await site.file(title).download(take) is None
    assert buffer.getvalue() == b"".join(pieces) == data
    assert not [name for name in names(tmp_path) if name.endswith(".part")]


async def test_a_file_is_written_in_few_steps_and_a_function_is_given_the_bytes_as_they_come() -> None:
    written, given = list[bytes](), list[bytes]()

    class Sink(io.BytesIO):
        def write(self, data: Any) -> int:
            written.append(bytes(data))
            return super().write(data)

    async def take(piece: bytes) -> None:
        given.append(piece)

    async with RecordingServer(serve) as server, Site(f"{server.url}/api.php", user_agent=USER_AGENT) as site:
        await site.file("A.bin").download(Sink())
        await site.file("A.bin").download(take)
    assert b"".join(given) == b"".join(written) == DATA
    assert len(given) > len(written) == 1


@pytest.mark.everywhere
@pytest.mark.parametrize("shared", [False, True], ids=["one process", "shared limits"])
async def test_the_functions_of_a_download_may_send_requests_when_no_slot_is_free(
    tmp_path: Path, *, shared: bool
) -> None:
    limits = Limits(concurrency=1)
    coordinator = FileLimits(tmp_path / "limits") if shared else None
    finished = list[str]()

    async def take(_piece: bytes) -> None:
        async with anyio.create_task_group() as tasks:
            for _ in range(2):
                tasks.start_soon(site.call, "query")
        finished.append("bytes")

    async def show(_: DownloadProgress) -> None:
        await site.file("B.bin").download(tmp_path / "b.bin", overwrite=True)
        finished.append("progress")

    async with (
        RecordingServer(serve) as server,
        Site(f"{server.url}/api.php", user_agent=USER_AGENT, limits=limits, shared_limits=coordinator) as site,
    ):
        with anyio.fail_after(20):
            await site.file("A.bin").download(take, on_progress=show)
            await site.call("query")
    assert {"bytes", "progress"} == {*finished}
    assert (tmp_path / "b.bin").read_bytes() == DATA


async def test_a_download_in_a_download_says_that_its_own_functions_can_send_nothing(tmp_path: Path) -> None:
    async def take(_: bytes) -> None:
        await site.file("B.bin").download(ask)

    async def ask(_: bytes) -> None:
        await site.call("query")

    async with RecordingServer(serve) as server, Site(f"{server.url}/api.php", user_agent=USER_AGENT) as site:
        with anyio.fail_after(20), pytest.raises(RuntimeError, match="after the first one"):
            await site.file("A.bin").download(take)
        await site.file("A.bin").download(tmp_path / "a.bin")


async def test_a_task_that_a_download_has_started_needs_a_slot_when_the_download_has_ended() -> None:
    """Otherwise more requests would be in flight than are allowed."""
    slots = RequestSlots(1)
    waiting, ended = anyio.Event(), anyio.Event()

    async def request() -> None:
        await ended.wait()
        async with slots.take():
            waiting.set()

    async with anyio.create_task_group() as tasks, slots.take():
        with slots.lend():
            assert slots.are_lent
            tasks.start_soon(request)
            await anyio.wait_all_tasks_blocked()
        ended.set()
        await anyio.wait_all_tasks_blocked()
        assert not slots.are_lent
        assert not waiting.is_set()
    assert waiting.is_set()


@pytest.mark.everywhere
@pytest.mark.parametrize("fault", [TRUNCATE, DROP_BEFORE, DROP_AFTER, BAD_GATEWAY_BEFORE], ids=lambda one: one.kind)
async def test_an_interrupted_download_is_resumed(fault: Fault, tmp_path: Path) -> None:
    async with RecordingServer(serve) as server, FaultProxy(server.url) as proxy:
        proxy.plan = first_file_request(fault)
        async with Site(f"{proxy.url}/api.php", user_agent=USER_AGENT, retry=RETRY) as site:
            await site.file("A.bin").download(tmp_path / "a.bin")
        ranges = [seen.header("range") for seen in proxy.seen if "files" in seen.target]
    assert (tmp_path / "a.bin").read_bytes() == DATA
    assert ranges == ["", "bytes=51200-" if fault is TRUNCATE else ""]


async def test_another_process_resumes_the_part_file(tmp_path: Path) -> None:
    (tmp_path / "a.bin.part").write_bytes(DATA[:70_000])
    async with RecordingServer(serve) as server, Site(f"{server.url}/api.php", user_agent=USER_AGENT) as site:
        await site.file("A.bin").download(tmp_path / "a.bin")
        assert server.header_values("range") == ["bytes=70000-"]
    assert (tmp_path / "a.bin").read_bytes() == DATA


@pytest.mark.parametrize("part", [b"x" * 70_000, b"x" * 200_000], ids=["another file", "a larger one"])
async def test_a_part_file_of_another_file_is_not_kept(part: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.bin.part").write_bytes(part)
    async with RecordingServer(serve) as server, Site(f"{server.url}/api.php", user_agent=USER_AGENT) as site:
        await site.file("A.bin").download(tmp_path / "a.bin")
    assert (tmp_path / "a.bin").read_bytes() == DATA


async def test_a_server_without_ranges_is_read_from_the_beginning(tmp_path: Path) -> None:
    (tmp_path / "a.bin.part").write_bytes(DATA[:70_000])
    plain: Callable[[ReceivedRequest], ServerResponse] = lambda seen: serve(seen, ranges=False)  # noqa: E731 - it is used once
    async with RecordingServer(plain) as server, Site(f"{server.url}/api.php", user_agent=USER_AGENT) as site:
        await site.file("A.bin").download(tmp_path / "a.bin")
    assert (tmp_path / "a.bin").read_bytes() == DATA


async def test_a_damaged_file_never_gets_its_name(tmp_path: Path) -> None:
    wrong: Callable[[ReceivedRequest], ServerResponse] = lambda seen: serve(seen, data=b"y" * len(DATA))  # noqa: E731 - it is used once
    async with RecordingServer(wrong) as server, Site(f"{server.url}/api.php", user_agent=USER_AGENT) as site:
        with pytest.raises(SourceChanged, match="damaged twice"):
            await site.file("A.bin").download(tmp_path / "a.bin")
        with pytest.raises(SourceChanged, match="cannot be taken back"):
            await site.file("A.bin").download(io.BytesIO())
    assert not (tmp_path / "a.bin").exists()


async def test_a_file_that_is_longer_than_it_should_be_is_not_read_to_its_end(tmp_path: Path) -> None:
    longer: Callable[[ReceivedRequest], ServerResponse] = lambda seen: serve(seen, data=DATA + b"more")  # noqa: E731 - it is used once
    async with RecordingServer(longer) as server, Site(f"{server.url}/api.php", user_agent=USER_AGENT) as site:
        with pytest.raises(SizeMismatch, match="102404 bytes of application/octet-stream, and the wiki says 102400"):
            await site.file("A.bin").download(tmp_path / "a.bin")
    assert not (tmp_path / "a.bin").exists()


async def test_repeated_interruptions_raise_and_leave_the_part_file(tmp_path: Path) -> None:
    async with RecordingServer(serve) as server, FaultProxy(server.url) as proxy:
        proxy.plan = cut_off
        retry = RetryPolicy(attempts=2, first_delay=0.001)
        async with Site(f"{proxy.url}/api.php", user_agent=USER_AGENT, retry=retry) as site:
            with pytest.raises(ReplyLost):
                await site.file("A.bin").download(tmp_path / "a.bin")
    assert not (tmp_path / "a.bin").exists()
    assert (tmp_path / "a.bin.part").exists()


async def test_an_existing_path_sends_no_request(tmp_path: Path) -> None:
    (tmp_path / "a.bin").write_bytes(b"mine")
    transport = ScriptedTransport()
    async with Site("https://w.example/api.php", user_agent=USER_AGENT, transport=transport) as site:
        with pytest.raises(FileExistsError, match="overwrite=True"):
            await site.file("A.bin").download(tmp_path / "a.bin")
        with pytest.raises(FileNotFoundError, match="is not a directory"):
            await site.file("A.bin").download(tmp_path / "nowhere" / "a.bin")
        with pytest.raises(TypeError, match="give a path"):
            await site.file("A.bin").download(5)  # type: ignore[arg-type]  # on purpose
    assert (tmp_path / "a.bin").read_bytes() == b"mine"
    assert transport.requests == []


async def test_overwriting_must_be_chosen(tmp_path: Path) -> None:
    (tmp_path / "a.bin").write_bytes(b"mine")
    async with RecordingServer(serve) as server, Site(f"{server.url}/api.php", user_agent=USER_AGENT) as site:
        await site.file("A.bin").download(tmp_path / "a.bin", overwrite=True)
    assert (tmp_path / "a.bin").read_bytes() == DATA


@pytest.mark.parametrize("title", ["File:..", "File:../x", "File:a/b", "File:a\\b", "File:-rf", "File:a\0b", "File:"])
def test_a_name_that_leads_out_of_the_directory_is_refused(title: str) -> None:
    with pytest.raises(ValueError, match="not safe as the name of a file here"):
        local_file_name(title)


async def test_a_missing_file_raises_page_missing(site: Site, tmp_path: Path) -> None:
    with pytest.raises(PageMissing, match=r"no file 'File:Nowhere\.png'"):
        await site.file("Nowhere.png").download(tmp_path / "x.png")
    assert names(tmp_path) == []


async def test_s2_credentials_are_not_sent_to_another_file_server(tmp_path: Path) -> None:
    http = HttpOptions(headers=(("authorization", "Basic geheim"),))
    async with (
        RecordingServer(serve, host="127.0.0.2") as files,
        RecordingServer(lambda seen: serve(seen, files_url=files.url)) as server,
    ):
        async with Site(f"{server.url}/api.php", user_agent=USER_AGENT, http=http) as site:
            await site.file("A.bin").download(tmp_path / "a.bin")
        assert server.header_values("authorization") == ["Basic geheim"]
        assert files.header_values("authorization") == []
        assert "geheim" not in files.text()
    assert (tmp_path / "a.bin").read_bytes() == DATA


async def test_s2_a_download_is_signed_for_the_own_server_and_for_no_other() -> None:
    texts = dict.fromkeys(["consumer_token", "consumer_secret", "access_token", "access_secret"], "0f" * 16)
    async with RecordingServer(serve, host="127.0.0.2") as files, RecordingServer(serve) as server:
        async with Site(f"{server.url}/api.php", user_agent=USER_AGENT, auth=OAuth1(**texts)) as site:
            await site.file("A.bin").download(io.BytesIO())
            server.answer = lambda seen: serve(seen, files_url=files.url)
            await site.file("A.bin").download(io.BytesIO())
        for seen in server.requests:
            header = seen.header("authorization")
            signed = dict(re.findall('oauth_(nonce|timestamp)="([0-9a-f]+)"', header))
            request = HttpRequest(method="GET", url=server.url + seen.target)
            nonce, timestamp = signed["nonce"], int(signed["timestamp"])
            assert header == authorization(request, OAuth1(**texts), nonce=nonce, timestamp=timestamp)
        assert len(server.header_values("authorization")) == 3
        assert (len(files.requests), files.header_values("authorization")) == (1, [])


async def test_w7_a_download_that_is_cancelled_leaves_the_site_usable(tmp_path: Path) -> None:
    async with RecordingServer(serve) as server, Site(f"{server.url}/api.php", user_agent=USER_AGENT) as site:
        with anyio.CancelScope() as scope:
            await site.file("A.bin").download(tmp_path / "a.bin", on_progress=lambda *_: scope.cancel())
        assert not (tmp_path / "a.bin").exists()
        await site.file("A.bin").download(tmp_path / "a.bin")
    assert (tmp_path / "a.bin").read_bytes() == DATA


@pytest.mark.parametrize(
    ("status", "content_range", "received", "start"),
    [
        (200, "", 50, 0),
        (206, "bytes 50-99/100", 50, 50),
        (206, "bytes 40-99/100", 50, 40),
        (416, "", 100, None),
    ],
)
def test_the_first_byte_of_a_response_is_known(
    status: int, content_range: str, received: int, start: int | None
) -> None:
    assert first_byte(status, {"content-range": content_range}, received=received) == start


@pytest.mark.parametrize("content_range", ["", "bytes 60-99/100", "nonsense"])
def test_another_part_than_was_asked_for_is_an_error(content_range: str) -> None:
    with pytest.raises(ProtocolError):
        first_byte(206, {"content-range": content_range}, received=50)


# A wiki with one file ------------------------------------------------------------------------------------------------


def serve(seen: ReceivedRequest, *, data: bytes = DATA, ranges: bool = True, files_url: str = "") -> ServerResponse:
    if "files" not in seen.target:
        info: dict[str, Any] = {"url": f"{files_url}/files/A.bin", "size": len(DATA), "sha1": SHA1}
        return json_answer({"query": {"pages": [{"title": "File:A.bin", "imageinfo": [info]}]}})
    range_ = seen.header("range")
    if range_ and ranges:
        start = int(range_.removeprefix("bytes=").removesuffix("-"))
        content_range = ("content-range", f"bytes {start}-{len(data) - 1}/{len(data)}")
        return ServerResponse(
            status=206, headers=(("content-type", "application/octet-stream"), content_range), body=data[start:]
        )
    return ServerResponse(headers=(("content-type", "application/octet-stream"),), body=data)


def names(directory: Path) -> list[str]:
    return [path.name for path in directory.iterdir()]


def json_answer(body: dict[str, Any]) -> ServerResponse:
    return ServerResponse(body=json.dumps(body).encode())


def first_file_request(fault: Fault) -> Callable[[ReceivedRequest], Fault | None]:
    left = [fault]
    return lambda seen: left.pop() if left and "files" in seen.target else None


def cut_off(seen: ReceivedRequest) -> Fault | None:
    """The first response is cut, and all others are dropped."""
    if "files" not in seen.target:
        return None
    return DROP_BEFORE if seen.header("range") else TRUNCATE
