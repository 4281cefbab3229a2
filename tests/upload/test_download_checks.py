"""What a download is compared with: the size and the SHA-1 that the wiki names, or less."""

from __future__ import annotations

import hashlib
import io
import json
import logging
import pickle
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Literal

import pytest
from attrs import frozen

from mwclient_async import RetryPolicy, Site
from mwclient_async._session.observers import Observers
from mwclient_async._upload.download import Downloader, Sink
from mwclient_async._upload.download_requests import (
    DownloadSource,
    range_header,
    shows_its_end,
    strong_validator,
    whole_size,
)
from mwclient_async.errors import ProtocolError, ReplyLost, SizeMismatch, SourceChanged
from mwclient_async.models.events import Downloaded
from mwclient_async.testing import LocalWiki
from mwclient_async.testing.scripted import ScriptedClock
from tests.conftest import USER_AGENT
from tests.support.fault_proxy import TRUNCATE, FaultProxy
from tests.support.http_server import ReceivedRequest, ServerResponse
from tests.support.image_files import sha1
from tests.support.recording_server import RecordingServer
from tests.support.uploads import QUICK, Account, Pictures, change_database
from tests.upload.test_download import DATA, first_file_request, names, serve

SMALLER = DATA[: len(DATA) // 2]
Checks = list[tuple[int, str]]


@asynccontextmanager
async def served(
    data: bytes, *, sha1: str | bool | None = None, size: int | None = len(DATA), tag: str = ""
) -> AsyncIterator[tuple[RecordingServer, Checks]]:
    """A wiki with one file whose server has these bytes; and the events of its downloads."""

    def answer(seen: ReceivedRequest) -> ServerResponse:
        if "files" in seen.target:
            response = serve(seen, data=data)
            return ServerResponse(
                status=response.status, headers=(*response.headers, *[("etag", tag)] * bool(tag)), body=response.body
            )
        info = {"url": "/files/A.bin", "size": size, "sha1": sha1}
        info = {name: value for name, value in info.items() if value is not None}
        body = {"query": {"pages": [{"title": "File:A.bin", "imageinfo": [info]}]}}
        return ServerResponse(body=json.dumps(body).encode())

    async with RecordingServer(answer) as server:
        yield server, []


def site(server: RecordingServer | FaultProxy, checks: Checks) -> Site:
    def note(event: object) -> None:
        if isinstance(event, Downloaded):
            checks.append((event.size, event.check))

    return Site(f"{server.url}/api.php", user_agent=USER_AGENT, retry=QUICK, on_event=note)


def file_requests(server: RecordingServer) -> list[ReceivedRequest]:
    return [seen for seen in server.requests if "files" in seen.target]


@pytest.mark.everywhere
async def test_a_file_that_was_changed_on_its_server_is_told_at_once(
    wiki: LocalWiki, uploader: Account, name: str, picture: Pictures, tmp_path: Path
) -> None:
    """A cache may compress an image again; here the file is changed in the directory that PHP serves it from."""
    async with uploader.site(wiki) as opened:
        await opened.upload(picture(), filename=name)
        (stored,) = (path for path in (wiki.directory / "images").rglob(f"?/??/{name[0].upper()}{name[1:]}"))
        stored.write_bytes(b"\x89PNG smaller")
        with pytest.raises(SizeMismatch, match="12 bytes of image/png, and the wiki says") as caught:
            await opened.file(name).download(tmp_path / "a.png")
        assert (caught.value.found, caught.value.content_type) == (12, "image/png")
        await opened.file(name).download(tmp_path / "a.png", check="none")
    assert (tmp_path / "a.png").read_bytes() == b"\x89PNG smaller"


@pytest.mark.everywhere
async def test_a_file_whose_sha1_the_wiki_does_not_have_is_checked_by_its_size(
    wiki: LocalWiki, uploader: Account, name: str, picture: Pictures, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """MediaWiki knows no SHA-1 of files from before it had them; the module then sends ``false`` or nothing."""
    path, checks = picture(), list[str]()
    note: Callable[[object], None] = lambda event: checks.append(event.check) if isinstance(event, Downloaded) else None  # noqa: E731 - it is used once
    async with uploader.site(wiki, on_event=note) as opened:
        await opened.upload(path, filename=name)
        change_database(wiki, f"UPDATE image SET img_sha1 = '' WHERE img_name LIKE '%{name[1:]}'")
        await opened.page(f"File:{name}").purge()
        with caplog.at_level(logging.WARNING, logger="mwclient_async"):
            await opened.file(name).download(tmp_path / "a.png")
    assert sha1(tmp_path / "a.png") == sha1(path)
    assert checks == ["size"]
    assert "names no SHA-1" in caplog.text


@pytest.mark.parametrize(
    ("check", "data", "sha1_of_wiki", "expected"),
    [
        ("sha1", DATA, hashlib.sha1(DATA).hexdigest(), "sha1"),
        ("sha1", DATA, False, "size"),
        ("sha1", DATA, None, "size"),
        ("size", DATA[::-1], hashlib.sha1(DATA).hexdigest(), "size"),
        ("none", SMALLER, None, "none"),
        ("none", DATA * 2, hashlib.sha1(DATA).hexdigest(), "none"),
    ],
)
async def test_a_download_says_what_it_was_compared_with(
    tmp_path: Path, check: Literal["sha1", "size", "none"], data: bytes, sha1_of_wiki: Any, expected: str
) -> None:
    async with served(data, sha1=sha1_of_wiki) as (server, checks), site(server, checks) as opened:
        await opened.file("A.bin").download(tmp_path / "a.bin", check=check)
        assert checks == [(len(data), expected)]
        assert len(file_requests(server)) == 1
    assert (tmp_path / "a.bin").read_bytes() == data


@pytest.mark.parametrize("check", ["sha1", "size"])
async def test_another_size_is_told_after_one_request(tmp_path: Path, check: Literal["sha1", "size"]) -> None:
    for to in (tmp_path / "a.bin", io.BytesIO()):
        async with served(SMALLER) as (server, checks), site(server, checks) as opened:
            with pytest.raises(SizeMismatch) as caught:
                await opened.file("A.bin").download(to, check=check)
            assert len(file_requests(server)) == 1
        assert (caught.value.size, caught.value.found) == (len(DATA), len(SMALLER))
    assert names(tmp_path) == []
    assert pickle.loads(pickle.dumps(caught.value)).found == len(SMALLER)


async def test_a_file_without_a_size_needs_the_callers_choice(tmp_path: Path) -> None:
    async with served(DATA, size=None) as (server, checks), site(server, checks) as opened:
        with pytest.raises(ProtocolError, match="URL and size"):
            await opened.file("A.bin").download(tmp_path / "a.bin")
        with pytest.raises(ValueError, match="'sha1', 'size', 'none'"):
            await opened.file("A.bin").download(tmp_path / "a.bin", check="md5")  # type: ignore[arg-type]  # on purpose
        await opened.file("A.bin").download(tmp_path / "a.bin", check="none")
    assert (tmp_path / "a.bin").read_bytes() == DATA


async def test_without_a_sha1_an_earlier_part_is_not_resumed(tmp_path: Path) -> None:
    (tmp_path / "a.bin.part").write_bytes(b"x" * 70_000)
    async with served(DATA) as (server, checks), site(server, checks) as opened:
        await opened.file("A.bin").download(tmp_path / "a.bin")
        assert server.header_values("range") == []
    assert (tmp_path / "a.bin").read_bytes() == DATA


@pytest.mark.parametrize(("tag", "resumed"), [('"v1"', True), ('W/"v1"', False), ("", False)])
async def test_without_a_sha1_only_a_part_of_the_same_version_is_resumed(
    tmp_path: Path, tag: str, *, resumed: bool
) -> None:
    async with served(DATA, tag=tag) as (server, checks), FaultProxy(server.url) as proxy:
        proxy.plan = first_file_request(TRUNCATE)
        async with site(proxy, checks) as opened:
            await opened.file("A.bin").download(tmp_path / "a.bin")
        assert server.header_values("if-range") == [tag] * resumed
        assert len(server.header_values("range")) == resumed
    assert (tmp_path / "a.bin").read_bytes() == DATA


async def test_without_a_sha1_a_sink_is_not_given_a_mixture() -> None:
    async with served(DATA) as (server, checks), FaultProxy(server.url) as proxy:
        proxy.plan = first_file_request(TRUNCATE)
        async with site(proxy, checks) as opened:
            with pytest.raises(SourceChanged, match="cannot be taken back"):
                await opened.file("A.bin").download(io.BytesIO(), check="none")


@pytest.mark.parametrize(
    ("headers", "error"),
    [((("transfer-encoding", "chunked"),), SizeMismatch), ((), ReplyLost)],
    ids=["chunked", "until the connection ends"],
)
async def test_a_short_body_without_a_length_is_whole_only_if_it_shows_its_end(
    headers: tuple[tuple[str, str], ...], error: type[Exception]
) -> None:
    """The servers of these tests name every length, so the response is scripted."""

    @frozen
    class Response:
        status = 200
        headers: tuple[tuple[str, str], ...]

        async def pieces(self) -> AsyncIterator[bytes]:
            yield SMALLER

    @asynccontextmanager
    async def fetch(_url: str, _headers: dict[str, str]) -> AsyncIterator[Response]:
        yield Response(headers)

    downloader = Downloader(fetch=fetch, clock=ScriptedClock(), policy=RetryPolicy(attempts=1), observers=Observers())
    source = DownloadSource(url="https://e.org/x", size=len(DATA), sha1=None)
    with pytest.raises(error):
        await downloader.download(source, Sink(io.BytesIO()), None)


@pytest.mark.parametrize(
    ("status", "headers", "size"),
    [
        (200, {"content-length": "5"}, 5),
        (200, {"content-length": "5", "content-encoding": "gzip"}, None),
        (200, {"transfer-encoding": "chunked"}, None),
        (206, {"content-length": "5", "content-range": "bytes 2-6/7"}, 7),
        (206, {"content-range": "bytes 2-6/*"}, None),
        (416, {"content-range": "bytes */7", "content-length": "99"}, 7),
        (416, {"content-length": "99"}, None),
    ],
)
def test_a_response_says_how_large_the_whole_file_is(status: int, headers: dict[str, str], size: int | None) -> None:
    assert whole_size(status, headers) == size


def test_headers_of_parts_and_ends() -> None:
    assert [shows_its_end(headers) for headers in ({}, {"content-length": "5"}, {"transfer-encoding": "chunked"})] == [
        False,
        True,
        True,
    ]
    assert range_header(0, validator='"v"') == {}
    assert range_header(5, validator='"v"') == {"range": "bytes=5-", "if-range": '"v"'}
    tags: list[dict[str, Any]] = [{"etag": '"v"'}, {"etag": 'W/"v"'}, {}]
    assert [strong_validator(headers) for headers in tags] == ['"v"', "", ""]
