"""The HTTP server of the benchmarks, in a process of its own: ``python -m benchmarks.server``.

It answers from prepared replies and counts what it is asked. What they do not cover, such as the siteinfo that clients
read first, it fetches once from a real wiki, the ``--behind`` one. It reads what it is told on standard input, as JSON,
and prints its port.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
import sys
import traceback
import urllib.parse
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from attrs import define, field, frozen

from benchmarks import replies
from benchmarks.replies import Corpus, Saved

KEPT = 16 * 1024  # bytes of each end of a large body: the fields of a form, without the file between them
HEADERS = (
    b"HTTP/1.1 200 OK\r\nserver: bench\r\nx-content-type-options: nosniff\r\nx-frame-options: DENY\r\n"
    b"cache-control: private, must-revalidate, max-age=0\r\nvary: Accept-Encoding,Cookie\r\n"
    b"date: Sun, 01 Jun 2025 00:00:00 GMT\r\ncontent-type: application/json; charset=utf-8\r\n"
    b"%scontent-length: %d\r\n\r\n"
)
FAILED = b"HTTP/1.1 500 Internal Server Error\r\ncontent-length: 0\r\n\r\n"
IMAGES = "/images/"
SESSION = b"set-cookie: bench_session=1; path=/; HttpOnly\r\n"
_FIELD = re.compile(rb'\bname="?([^"\r\n;]+)"?[^\r\n]*\r?\n(?:[^\r\n]+\r?\n)*\r?\n(.*?)\r?\n--', re.DOTALL)


@frozen(kw_only=True)
class Settings:
    """What this server is to answer. ``latency`` is in seconds, ``behind`` the URL of a wiki's api.php, ``files`` those
    that are uploaded and downloaded, by name."""

    behind: str
    latency: float = 0.0
    corpus: Corpus = field(factory=Corpus)
    files: Mapping[str, Path] = field(factory=dict)


@define
class Wiki:
    """The replies, and what was asked."""

    settings: Settings
    requests: int = 0
    received: int = 0
    saved: Saved = field(factory=Saved)
    _cache: dict[tuple[bytes, bytes, bool], bytes] = field(factory=dict)

    async def answer(self, request: Request) -> bytes:
        """The whole response to a request."""
        if request.target == b"/counts":
            return _response(_encode(self._counts()))
        self.requests += 1
        self.received += request.size
        key = (request.target, bytes(request.body), request.has_session)
        if key in self._cache:
            return self._cache[key]
        params = request.params()
        written = self._write(params)
        if written is None:
            self._cache[key] = _response(await self._query(params, logged_in=request.has_session))
        return written or self._cache[key]

    def _write(self, params: Mapping[str, str]) -> bytes | None:
        """The response to a login, an edit, an upload, or a question about its file. None if it is another request."""
        action = params.get("action", "")
        if action in {"login", "clientlogin"}:
            return _response(_encode(replies.login(params)), SESSION)
        if action == "edit":
            return _response(_formatted(replies.edit(self.saved, params), params))
        if action == "upload":
            return _response(_formatted(replies.upload(self.saved, params), params))
        if params.get("prop") == "stashimageinfo":
            return _response(_formatted(replies.stashed(self.saved, params), params))
        if (
            "imageinfo" in params.get("prop", "")
            and params.get("titles", "").removeprefix("File:") in self.settings.files
        ):
            return _response(_formatted(replies.file_page(self.saved, params), params))
        return None

    async def _query(self, params: Mapping[str, str], *, logged_in: bool) -> bytes:
        corpus = self.settings.corpus
        account = corpus.account(logged_in=logged_in)
        reply = replies.query(corpus, params, account=account) if params.get("action") == "query" else None
        return _formatted(reply, params) if reply else await asyncio.to_thread(self._ask_behind, params, account)

    def _counts(self) -> dict[str, int]:
        saved = self.saved
        written = {"edits": saved.edits, "edited": len(saved.titles), "files": saved.files}
        return {"requests": self.requests, "received": self.received, **written}

    def _ask_behind(self, params: Mapping[str, str], account: Mapping[str, Any]) -> bytes:
        asked = {name: text for name, text in params.items() if not name.startswith("assert")}
        sent = urllib.parse.urlencode({**asked, "format": "json"}).encode()
        with urllib.request.urlopen(self.settings.behind, data=sent) as response:
            content: bytes = response.read()
        reply = json.loads(content)
        if "query" in reply:
            meta = set(params.get("meta", "").split("|"))
            reply = replies.with_account(reply, meta, account)
        return _encode(reply)


def _encode(reply: object) -> bytes:
    return json.dumps(reply, separators=(",", ":"), ensure_ascii=False).encode()


def _formatted(reply: dict[str, Any], params: Mapping[str, str]) -> bytes:
    return _encode(reply if params.get("formatversion", "1") in {"2", "latest"} else replies.as_version_1(reply))


def _response(content: bytes, headers: bytes = b"") -> bytes:
    return HEADERS % (headers, len(content)) + content


@define
class Request:
    """One request: its target, and its body, or the two ends of a large one."""

    target: bytes
    content_type: bytes
    has_session: bool
    size: int
    body: bytearray | bytes

    def params(self) -> dict[str, str]:
        """The parameters of the URL and of the form."""
        params = dict(parse_qsl(urlsplit(self.target.decode()).query, keep_blank_values=True))
        if self.content_type.startswith(b"multipart/"):
            fields = {name.decode(): text.decode(errors="replace") for name, text in _FIELD.findall(self.body)}
            return params | {name: text for name, text in fields.items() if name not in {"chunk", "file"}}
        return params | dict(parse_qsl(bytes(self.body).decode(errors="replace"), keep_blank_values=True))


class Connection(asyncio.Protocol):
    """Reads the requests of one connection and sends the responses, one after the other."""

    def __init__(self, wiki: Wiki) -> None:
        self._wiki = wiki
        self._received = bytearray()
        self._request: Request | None = None
        self._missing = 0
        self._tasks: set[asyncio.Task[None]] = set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        if self._request is not None:
            self._add_to_body(data)
            return
        self._received += data
        head, found, body = bytes(self._received).partition(b"\r\n\r\n")
        if found:
            self._received.clear()
            self._begin(head, body)

    def _begin(self, head: bytes, body: bytes) -> None:
        first, *lines = head.split(b"\r\n")
        headers = {name.strip().lower(): text.strip() for name, _, text in (line.partition(b":") for line in lines)}
        if b"transfer-encoding" in headers:
            raise RuntimeError("a request without Content-Length, which this server does not read")
        self._missing = int(headers.get(b"content-length", b"0"))
        self._request = Request(
            target=first.split(b" ")[1],
            content_type=headers.get(b"content-type", b""),
            has_session=b"bench_session" in headers.get(b"cookie", b""),
            size=self._missing,
            body=bytearray(),
        )
        if headers.get(b"expect"):
            self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        self._add_to_body(body)

    def _add_to_body(self, data: bytes) -> None:
        """Take more of the body. Of a large one only the two ends are kept."""
        request = self._request
        assert request is not None
        self._missing -= len(data)
        body = request.body
        assert isinstance(body, bytearray)
        body += data
        if request.size > 2 * KEPT and len(body) > 2 * KEPT:
            del body[KEPT:-KEPT]
        if self._missing <= 0:
            self._request = None
            request.body = bytes(body)
            task = asyncio.ensure_future(self._respond(request))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _respond(self, request: Request) -> None:
        if request.target.startswith(IMAGES.encode()):
            await self._send_file(request.target.decode().removeprefix(IMAGES))
            return
        try:
            response = await self._wiki.answer(request)
        except Exception:  # noqa: BLE001 - the client shall fail at once, and the log says why
            traceback.print_exc()
            response = FAILED
        if self._wiki.settings.latency and request.target != b"/counts":
            await asyncio.sleep(self._wiki.settings.latency)
        self._transport.write(response)

    async def _send_file(self, name: str) -> None:
        self._wiki.requests += 1
        path = self._wiki.settings.files[name]
        self._transport.write(HEADERS % (b"", path.stat().st_size))
        with path.open("rb") as file:
            await asyncio.get_running_loop().sendfile(self._transport, file)


def _sha1(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha1").hexdigest()


async def main() -> None:
    told = json.load(sys.stdin)
    files = {Path(path).name: Path(path) for path in told["files"]}
    settings = Settings(behind=told["behind"], latency=told["latency"], corpus=Corpus(**told["corpus"]), files=files)
    wiki = Wiki(settings, saved=Saved(sha1s={str(path.stat().st_size): _sha1(path) for path in files.values()}))
    server = await asyncio.get_running_loop().create_server(lambda: Connection(wiki), "127.0.0.1", 0)
    port: int = server.sockets[0].getsockname()[1]
    wiki.saved.images = f"http://127.0.0.1:{port}{IMAGES}"
    print(port, flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
