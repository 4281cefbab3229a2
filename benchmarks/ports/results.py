"""What the programs find on the wiki, and what is compared afterwards."""

from __future__ import annotations

import random
import re
import struct
import zlib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from attrs import frozen

from mwclient_async import BotPassword, Site
from mwclient_async.testing import LocalWiki, SeedPage, SeedRevision

AGENT = "PortsOfBots/1.0 (https://example.org/ports; ports@example.org)"
STOP = "User:DemoBot/Stop"
CATEGORY = "[[Category:Photos of planets]]"
MOONS, REVISIONS, PHOTOS, QUIET, REVIEWED = 60, 120, 12, 60, 60
LONG = "Encke"
"""A page with many long revisions."""
LONG_REVISIONS, LONG_SIZE = 1_600, 100_000


def pages() -> list[SeedPage]:
    """The pages that the wiki has before: some moons, a page with a history, quiet and busy pages, talk pages."""
    history = [SeedRevision(_words(n), user=f"U{n % 7}") for n in range(REVISIONS)]
    long = [SeedRevision(f"{_words(n)} {'x' * LONG_SIZE}", user="U0") for n in range(LONG_REVISIONS)]
    first = [SeedPage("Halley", revisions=history), SeedPage(LONG, revisions=long)]
    first += [SeedPage("Moons/M3", _moon(3)), SeedPage("Moons/M4", "Old.")]
    return [*first, *map(_line_page, range(QUIET)), *map(_talk_page, range(REVIEWED))]


def _words(seed: int) -> str:
    return " ".join(random.Random(seed).choices(["ice", "dust", "tail", "orbit", "comet", "sun"], k=9))


def _line_page(number: int) -> SeedPage:
    """Every other page is to be tidied, every fifth is not quiet, and every tenth excludes bots."""
    now = datetime.now(UTC).replace(microsecond=0)
    excluded = "{{nobots}}" if number % 10 == 7 else ""
    text = f"{excluded}Line {number}{' ' if number % 2 else ''}\nb"
    ages = (40, 2 if number % 5 == 4 else 30)
    times = [now - timedelta(minutes=age) for age in ages]
    revisions = [SeedRevision(f"{text}{at}", timestamp=time) for at, time in enumerate(times)]
    return SeedPage(f"Page {number}", revisions=revisions)


def _talk_page(number: int) -> SeedPage:
    first = f"|action1=PR|action1date=20{number % 23:02}-01-02|action1result=reviewed"
    second = "|action2=FAC|action2date=2006-03-04"
    text = f"{{{{Article history{first}\n{second}}}}}\n[[Category:Featured topic on comets]]"
    return SeedPage(f"Talk:Comet {number}", text)


def _moon(number: int) -> str:
    return f"'''M{number}''' is a moon of [[P{number % 7}]], found in {1700 + number}."


def write_files(directory: Path) -> None:
    """The files that the programs read."""
    rows = [f"M{n},P{n % 7},{1700 + n}" for n in range(MOONS)]
    text = "\n".join(["moon,planet,found", *rows, "<bad>,P0,never", ""])
    (directory / "moons.csv").write_text(text, encoding="utf-8")
    (directory / "photos").mkdir()
    for n in range(PHOTOS):
        (directory / "photos" / f"Photo {n}.png").write_bytes(_png(n))


def _png(seed: int) -> bytes:
    """A small picture; each seed makes another one."""
    noise = random.Random(seed).randbytes(8 * 8)
    lines = b"".join(b"\0" + noise[at : at + 8] for at in range(0, 64, 8))
    header = struct.pack(">IIBBBBB", 8, 8, 8, 0, 0, 0, 0)
    pieces = [(b"IHDR", header), (b"IDAT", zlib.compress(lines)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in pieces
    )


async def upload_photos(wiki: LocalWiki, auth: BotPassword) -> None:
    """The wiki has a third of the photos under another name, and another version of a third."""
    async with Site(wiki.api_url, user_agent=AGENT, auth=auth) as site:
        for n in range(0, PHOTOS, 3):
            await site.upload(_png(n), filename=f"Other name {n}.png", text=CATEGORY)
            await site.upload(_png(n + 1000), filename=f"Photo {n + 1}.png", text=CATEGORY)


@frozen(kw_only=True)
class Result:
    """What a program printed and wrote, and all edits and uploads that its account has made, in one order."""

    printed: tuple[str, ...]
    written: tuple[str, ...]
    edits: tuple[tuple[str, ...], ...]
    uploads: tuple[tuple[str, ...], ...]


async def result(wiki: LocalWiki, printed: str, written: str) -> Result:
    """Read what there is on the wiki after a program, which has ``printed`` and ``written`` this."""
    async with Site(wiki.api_url, user_agent=AGENT, on_warning=lambda _: None) as site:
        rows = await site.list("allrevisions", user="DemoBot", prop=["comment", "flags", "content"]).collect()
        log = await site.list("logevents", type="upload", user="DemoBot", prop=["title", "type", "comment"]).collect()
        shas = await site.list("allimages", prop="sha1").collect()
    edits = [(str(row["title"]), *_edit(revision)) for row in rows for revision in row["revisions"]]
    uploads: list[tuple[str, ...]] = [(event.title or "", event.action or "", event.comment or "") for event in log]
    uploads += [(file.name, file.sha1 or "") for file in shas]
    return Result(
        printed=tuple(_lines(printed)),
        written=tuple(written.splitlines()),
        edits=tuple(sorted(edits)),
        uploads=tuple(sorted(uploads)),
    )


def _edit(revision: dict[str, Any]) -> tuple[str, str, str]:
    text = str(revision.get("content", ""))
    text = text.replace('sortable"\n|-\n!', 'sortable"\n!')  # mwn's tables begin with an empty row, which shows nothing
    return str(revision.get("comment")), str(revision.get("minor")), text


def _lines(printed: str) -> list[str]:
    """What was printed about pages, without the words of errors, which each client has of its own."""
    lines = []
    for line in printed.splitlines():
        if re.fullmatch(r".*(created|saved|unchanged| is File:.*| sent as .*)", line):
            lines.append(line)
        elif title := re.match(r"Page \d+|Moons/<bad>", line):
            lines.append(f"{title[0]}: an error")
    return sorted(lines)
