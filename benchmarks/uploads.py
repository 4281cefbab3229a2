"""Peak memory and speed of a large upload and download, beside a bare httpx loop that posts the same chunks.

The wiki is a real one and does most of the work: compare the ratio of the two clients, which take turns. Each
measurement runs in a separate process; its peak is the kernel's (``VmHWM``), minus what it uses after the login
and a first small file. An eighth of the size comes first: the peak must not depend on the size. ``--size`` is in MiB.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import struct
import subprocess
import sys
import tempfile
import time
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Self

import anyio
import httpx
from attrs import asdict, define, frozen

from mwclient_async import BotPassword, HttpOptions, Site, UploadMethod
from mwclient_async.testing import LocalWiki

MIB = 1024 * 1024
CHUNK = 8 * MIB
WIDTH = 16383  # pixels of one byte; with the filter's byte, 64 rows are one MiB
TIMEOUT = 1800.0  # seconds; a wiki does not respond while it assembles a large file
USER_AGENT = "mwclient-async-benchmarks/1.0 (benchmarks@example.org)"
SETTINGS = "$wgMaxUploadSize = 64 * 1024 * 1024 * 1024;"
NEEDED = 6  # times the size: two copies here; on the wiki the chunks, the whole, the stashed and the published file

Order = dict[str, Any]


@frozen(kw_only=True)
class Measured:
    """Seconds, seconds of CPU, and the growth of the peak in MiB."""

    seconds: float
    cpu: float
    memory: float


def picture(path: Path, mebibytes: int) -> Path:
    """Write a valid PNG of that size, of noise, with one MiB of it in memory."""
    packer = zlib.compressobj(0)
    with path.open("wb") as file:
        file.write(b"\x89PNG\r\n\x1a\n")
        file.write(piece(b"IHDR", struct.pack(">IIBBBBB", WIDTH, 64 * mebibytes, 8, 0, 0, 0, 0)))
        for _ in range(mebibytes):
            rows = b"".join(b"\0" + os.urandom(WIDTH) for _ in range(64))
            file.write(piece(b"IDAT", packer.compress(rows) + packer.flush(zlib.Z_SYNC_FLUSH)))
        file.write(piece(b"IDAT", packer.flush()) + piece(b"IEND", b""))
    return path


def piece(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


# The two clients -----------------------------------------------------------------------------------------------------


@frozen
class Ours:
    """The library."""

    site: Site

    @classmethod
    @asynccontextmanager
    async def opened(cls, order: Order) -> AsyncIterator[Self]:
        auth = BotPassword(name=order["account"], password=order["password"])
        http = HttpOptions(read_timeout=TIMEOUT, commit_timeout=TIMEOUT)
        async with Site(order["api_url"], user_agent=USER_AGENT, auth=auth, http=http) as site:
            yield cls(site)

    async def upload(self, path: Path, name: str) -> None:
        await self.site.upload(
            path, filename=name, method=UploadMethod.CHUNKED, chunk_size=CHUNK, asynchronous=False, ignore_warnings=True
        )

    async def download(self, name: str, to: Path) -> None:
        await self.site.file(name).download(to, overwrite=True)


@define
class Bare:
    """The HTTP library and the minimum of code."""

    http: httpx.AsyncClient
    url: str
    token: str = ""

    @classmethod
    @asynccontextmanager
    async def opened(cls, order: Order) -> AsyncIterator[Self]:
        async with httpx.AsyncClient(timeout=TIMEOUT, headers={"user-agent": USER_AGENT}) as http:
            client = cls(http, order["api_url"])
            account = {"lgname": order["account"], "lgpassword": order["password"]}
            await client.post("login", {**account, "lgtoken": await client.get_token("login")})
            client.token = await client.get_token("csrf")
            yield client

    async def upload(self, path: Path, name: str) -> None:
        size = (await anyio.Path(path).stat()).st_size
        fields: dict[str, Any] = {"stash": "1", "filename": name, "filesize": size, "ignorewarnings": "1"}
        with path.open("rb") as file:
            while data := file.read(CHUNK):
                fields["offset"] = file.tell() - len(data)
                response = await self.post("upload", fields, files={"chunk": ("chunk.bin", data)})
                fields["filekey"] = response["upload"]["filekey"]
        response = await self.post("upload", {"filename": name, "ignorewarnings": "1", "filekey": fields["filekey"]})
        assert response["upload"]["result"] == "Success", response

    async def download(self, name: str, to: Path) -> None:
        query = {"titles": f"File:{name}", "prop": "imageinfo", "iiprop": "url"}
        url = (await self.post("query", query))["query"]["pages"][0]["imageinfo"][0]["url"]
        with to.open("wb") as file:
            async with self.http.stream("GET", url) as response:
                async for data in response.aiter_bytes():
                    file.write(data)

    async def get_token(self, kind: str) -> str:
        response = await self.post("query", {"meta": "tokens", "type": kind})
        token: str = response["query"]["tokens"][f"{kind}token"]
        return token

    async def post(self, action: str, fields: dict[str, Any], **more: Any) -> Any:
        form = {"action": action, "format": "json", "formatversion": "2"}
        token = {"token": self.token} if self.token else {}
        return (await self.http.post(self.url, params=form, data={**fields, **token}, **more)).json()


CLIENTS: dict[str, type[Ours | Bare]] = {"mwclient_async": Ours, "httpx": Bare}


# One measurement, in a separate process ----------------------------------------------------------------------------


async def measure(order: Order) -> dict[str, Measured]:
    """Upload and download the file, each after a small one, so that loading modules is not measured."""
    name, small, path = order["name"], Path(order["small"]), Path(order["path"])
    async with CLIENTS[order["client"]].opened(order) as client:
        await client.upload(small, f"small {name}")
        await client.download(f"small {name}", small.with_suffix(".back"))
        return {
            "upload": await watched(lambda: client.upload(path, name)),
            "download": await watched(lambda: client.download(name, path.with_suffix(".back"))),
        }


async def watched(work: Callable[[], Awaitable[None]]) -> Measured:
    """Measure the work."""
    Path("/proc/self/clear_refs").write_text("5")  # noqa: ASYNC240 - sets the peak back to what is in use
    memory, cpu, began = peak(), time.process_time(), time.perf_counter()
    await work()
    seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
    return Measured(seconds=seconds, cpu=cpu, memory=peak() - memory)


def peak() -> float:
    """The peak memory so far, in MiB."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return int(next(line for line in lines if line.startswith("VmHWM:")).split()[1]) / 1024


# All measurements ----------------------------------------------------------------------------------------------------


def in_a_process(order: Order) -> dict[str, Measured]:
    done = subprocess.run(
        [sys.executable, __file__, "--measure"], input=json.dumps(order), stdout=subprocess.PIPE, check=True, text=True
    )
    back = Path(order["path"]).with_suffix(".back")
    subprocess.run(["cmp", order["path"], back], check=True)
    back.unlink()
    return {task: Measured(**values) for task, values in json.loads(done.stdout).items()}


async def main(size: int, turns: int, directory: Path) -> None:
    small = picture(directory / "small.png", 1)
    async with LocalWiki(settings=SETTINGS, runs_jobs=False) as wiki:
        await wiki.create_user("Uploader", groups=["bot"])
        login = await wiki.create_bot_password("Uploader")
        print(f"MediaWiki {wiki.version}, chunks of {CHUNK // MIB} MiB, {turns} turns each")
        for mebibytes in (max(1, size // 8), size):
            path = picture(directory / f"{mebibytes}.png", mebibytes)
            order = {"api_url": wiki.api_url, "account": login.name, "password": login.password}
            order |= {"path": str(path), "small": str(small)}
            taken: dict[str, list[dict[str, Measured]]] = {name: [] for name in CLIENTS}
            for turn in range(turns):
                for client in sorted(CLIENTS, reverse=bool(turn % 2)):
                    told = {**order, "client": client, "name": f"{client} {mebibytes} {turn}.png"}
                    taken[client].append(await anyio.to_thread.run_sync(in_a_process, told))
                    shutil.rmtree(wiki.directory / "images" / "temp", ignore_errors=True)
                    await anyio.to_thread.run_sync(clear, wiki.directory / "images")
            show(mebibytes, taken)
            path.unlink()


def clear(images: Path) -> None:
    """Remove large files as soon as they are not needed."""
    for file in images.rglob("*.png"):
        file.unlink()


def show(mebibytes: int, taken: dict[str, list[dict[str, Measured]]]) -> None:
    for task in ("upload", "download"):
        titles = ("MiB a second", "CPU seconds", "growth of the peak, MiB")
        print(line(f"{task} of {mebibytes} MiB", *titles))
        rows = {client: [one[task] for one in results] for client, results in taken.items()}
        for client, row in rows.items():
            numbers = zip(*((mebibytes / one.seconds, one.cpu, one.memory) for one in row), strict=True)
            print(line(f"  {client}", *map(spread, numbers)))
        pairs = zip(rows["mwclient_async"], rows["httpx"], strict=True)
        print(line("  ratio of the times", spread([mine.seconds / theirs.seconds for mine, theirs in pairs])))


def line(name: str, *columns: str) -> str:
    return f"  {name:24}" + "".join(f"{column:>28}" for column in columns)


def spread(values: Sequence[float]) -> str:
    """The median and the range."""
    return f"{statistics.median(values):.2f} ({min(values):.2f} to {max(values):.2f})"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=64, help="MiB (default: 64)")
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--measure", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.measure:
        results = anyio.run(measure, json.load(sys.stdin))
        print(json.dumps({task: asdict(measured) for task, measured in results.items()}))
        sys.exit()
    with tempfile.TemporaryDirectory() as scratch:
        free = shutil.disk_usage(scratch).free // MIB
        if free < NEEDED * given.size:
            sys.exit(f"{NEEDED * given.size} MiB of {scratch} are needed, and {free} are free: give a smaller --size")
        anyio.run(main, given.size, given.turns, Path(scratch))
