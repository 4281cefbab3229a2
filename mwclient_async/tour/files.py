"""Part 4: a large file, uploaded in chunks."""

from __future__ import annotations

import hashlib
import os
import struct
import time
import zlib
from collections.abc import Callable
from pathlib import Path

from anyio import to_thread
from attrs import frozen

from mwclient_async import Site, UploadProgress
from mwclient_async.tour.counted_site import CountedSite
from mwclient_async.tour.screen import Screen

MEBIBYTE = 1024 * 1024
_WIDTH = 2560  # pixels of three bytes
_SIZE = 20 * MEBIBYTE


@frozen(kw_only=True)
class Picture:
    """A file on disk, its size in bytes and the SHA-1 of its content."""

    path: Path
    size: int
    sha1: str


async def show(screen: Screen, counted: CountedSite, picture: Picture, *, account: str) -> None:
    """Upload the picture and compare it with what the wiki received."""
    screen.heading("4  A large file, in chunks")
    name = f"{picture.path.stem.capitalize()} {picture.sha1[:8]}.png"
    screen.say(f"{picture.size:,} bytes as the bot {account!r}, in chunks of 1 MiB:")
    screen.code(f"site.upload(path, filename={name!r}, chunk_size=1024 * 1024)")
    before, started = counted.requests, time.monotonic()
    with screen.bar(picture.size) as progress:
        filename = await send(counted.site, picture, name, lambda now: progress(now.stage.value, now.done, now.rate))
    seconds = time.monotonic() - started
    requests = counted.requests - before
    size, sha1 = await fetch_size_and_sha1(counted.site, filename)

    screen.table(
        ["", "bytes", "SHA-1"],
        [["the file here", picture.size, picture.sha1], ["the file on the wiki", size, sha1]],
    )
    screen.say(f"{requests} requests, {picture.size / MEBIBYTE / seconds:.1f} MiB a second.")
    screen.check("the wiki has the same file", held=(size, sha1) == (picture.size, picture.sha1))


async def send(site: Site, picture: Picture, name: str, on_progress: Callable[[UploadProgress], None]) -> str:
    """Upload the picture; return the name that the wiki gave it."""
    result = await site.upload(
        picture.path, filename=name, comment="A picture of noise", chunk_size=MEBIBYTE, on_progress=on_progress
    )
    return result.filename


async def fetch_size_and_sha1(site: Site, filename: str) -> tuple[int, str]:
    """Return the size and the SHA-1 of a file, as the wiki reports them."""
    async for page in site.query(titles=f"File:{filename}", prop="imageinfo", iiprop=["sha1", "size"]):
        for version in page.imageinfo:
            return version.size or 0, version.sha1 or ""
    return 0, ""


async def paint(directory: Path) -> Picture:
    """Write a picture of random pixels, which cannot be compressed."""
    return await to_thread.run_sync(_paint, directory / "noise.png")


def _paint(path: Path) -> Picture:
    row = 1 + 3 * _WIDTH  # a byte for the filter, and the pixels
    height = _SIZE // row
    pixels = b"".join(b"\0" + os.urandom(row - 1) for _ in range(height))
    header = struct.pack(">IIBBBBB", _WIDTH, height, 8, 2, 0, 0, 0)  # 8 bits each of red, green and blue
    png = b"\x89PNG\r\n\x1a\n" + _block(b"IHDR", header) + _block(b"IDAT", zlib.compress(pixels, 0)) + _block(b"IEND")
    path.write_bytes(png)
    return Picture(path=path, size=len(png), sha1=hashlib.sha1(png, usedforsecurity=False).hexdigest())


def _block(kind: bytes, data: bytes = b"") -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
