"""The jobs: what each client has to do, how often, and what is expected of the library.

A ratio compares a client with the first one of its job, within the same turn.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from attrs import evolve, field, frozen

from benchmarks.replies import CATEGORIES, ROWS, Corpus

OURS, SPEED = "mwclient_async", "mwclient_async[speed]"
LATENCY = 0.03  # seconds until the server sends a response


@frozen(kw_only=True)
class Entry:
    """One client of a job: its method, what it gives, and the targets: a ratio or MiB, and a number of requests.

    ``slow`` is a client that has only the first turn, because it takes far longer than the others.
    """

    client: str
    method: str
    gives: str
    slow: bool = False
    target: float | None = None
    requests: int | None = None


@frozen(kw_only=True)
class Job:
    """One job. ``truth`` is what must come, by kind; ``unit`` is what the ratio compares."""

    key: str
    title: str
    entries: tuple[Entry, ...]
    truth: Mapping[str, int]
    turns: int
    unit: Literal["cpu", "seconds", "growth"] = "cpu"
    corpus: Corpus = field(factory=Corpus)
    latency: float = 0.0
    titles: int = 0
    mebibytes: int = 0
    writes: bool = False
    how: Literal["client", "script", "import"] = field(default="client")

    def with_turns(self, turns: int) -> Job:
        """The job with so many turns. The start of a process is short, so it has at least as many as before."""
        return evolve(self, turns=turns if self.how == "client" else max(turns, self.turns))


def all_jobs(*, quick: bool) -> list[Job]:
    """Every job, in full size or small."""
    scale, jobs = (10 if quick else 1), []
    jobs += [_titles(100_000 // scale)]
    jobs += _pages(10_000 // scale)
    jobs += [_by_titles(20_000 // scale), _lookups(1_000 // scale)]
    jobs += _revisions(5_000 // (1 if not quick else 5))
    jobs += [_edits(500 // scale), _upload(256 // (8 if quick else 1)), _download(256 // (8 if quick else 1))]
    jobs += [_import(), _script()]
    jobs += [_memory(count // scale) for count in (100_000, 1_000_000)]
    return [evolve(job, turns=2) for job in jobs] if quick else jobs


def _titles(count: int) -> Job:
    return Job(
        key="titles",
        title=f"A list of {count:,} titles (`list=allpages`)",
        entries=(
            Entry(client="httpx", method="titles", gives="dicts"),
            Entry(client="aiohttp", method="titles", gives="dicts"),
            Entry(client=OURS, method="titles", gives="typed rows", target=1.8, requests=count // ROWS),
            Entry(client=OURS, method="titles_untyped", gives="`.mappings()`", target=1.3, requests=count // ROWS),
            Entry(client=SPEED, method="titles", gives="typed rows", target=1.1, requests=count // ROWS),
            Entry(client=SPEED, method="titles_untyped", gives="`.mappings()`", target=0.8, requests=count // ROWS),
            Entry(client="mwclient", method="titles", gives="strings"),
            Entry(client="mwclient", method="titles_as_pages", gives="its pages, by a generator"),
            Entry(client="mwapi", method="titles", gives="dicts"),
            Entry(client="pywikibot", method="titles", gives="its pages, by a generator"),
        ),
        truth={"titles": count},
        corpus=Corpus(pages=count),
        turns=9,
    )


def _pages(count: int) -> list[Job]:
    def entries(method: str, size: int, *, targets: bool) -> tuple[Entry, ...]:
        ours = Entry(client=OURS, method=method, gives="typed pages", target=2.5 if targets else None)
        speed = Entry(client=SPEED, method=method, gives="typed pages", target=2.0 if targets else None)
        if targets:
            ours, speed = (evolve(entry, requests=count // size) for entry in (ours, speed))
        return (
            Entry(client="httpx", method=method, gives="dicts, merged"),
            Entry(client="aiohttp", method=method, gives="dicts, merged"),
            ours,
            speed,
            Entry(client="mwclient", method=method, gives="its pages"),
            Entry(client="mwapi", method=method, gives="dicts of each reply"),
            Entry(client="pywikibot", method=method, gives="its pages"),
        )

    def job(key: str, title: str, size: int, property_rows: int, *, targets: bool) -> Job:
        number = (
            count if targets or size < ROWS else count // 5
        )  # one of the clients reads the missing parts one by one
        return Job(
            key=key,
            title=f"{number:,} pages with their info and {CATEGORIES} categories each, all read, {title}",
            entries=entries(f"pages_by_{size}", size, targets=targets),
            truth={"pages": number, "whole pages": number, "categories": CATEGORIES * number},
            corpus=Corpus(pages=number, categories=CATEGORIES, property_rows=property_rows),
            turns=5 if number == count else 3,
        )

    return [
        job("pages-50", "50 in a reply", 50, ROWS, targets=False),
        job("pages-500", "500 in a reply", 500, 10 * ROWS, targets=True),
        job("pages-split", "500 in a reply, but their categories in several", 500, ROWS, targets=False),
    ]


def _by_titles(count: int) -> Job:
    return Job(
        key="by-titles",
        title=f"{count:,} pages by title, each response after {LATENCY * 1000:.0f} ms",
        entries=(
            Entry(client="httpx", method="by_titles", gives="dicts, 3 in flight"),
            Entry(client="aiohttp", method="by_titles", gives="dicts, 3 in flight"),
            Entry(client=OURS, method="by_titles", gives="typed pages, 3 in flight", requests=count // 50),
            Entry(client=SPEED, method="by_titles", gives="typed pages, 3 in flight", requests=count // 50),
            Entry(client="mwclient", method="by_titles", gives="raw replies, one by one"),
            Entry(client="mwapi", method="by_titles", gives="dicts, 3 in flight"),
            Entry(client="pywikibot", method="by_titles", gives="its pages, one request after the other"),
        ),
        truth={"pages": count},
        titles=count,
        latency=LATENCY,
        unit="seconds",
        turns=3,
    )


def _lookups(count: int) -> Job:
    loaded = "typed pages, `site.loader`"
    return Job(
        key="lookups",
        title=f"{count:,} single lookups at once, each response after {LATENCY * 1000:.0f} ms",
        entries=(
            Entry(client="httpx", method="lookups", gives="dicts, 3 in flight"),
            Entry(client="aiohttp", method="lookups", gives="dicts, 3 in flight"),
            Entry(client=OURS, method="lookups", gives="typed pages, 3 in flight"),
            Entry(client=OURS, method="lookups_with_loader", gives=loaded, target=0.05, requests=count // 50),
            Entry(client=SPEED, method="lookups_with_loader", gives=loaded, target=0.05, requests=count // 50),
            Entry(client="mwclient", method="lookups", gives="its pages, one by one", slow=True),
            Entry(client="mwapi", method="lookups", gives="dicts, 3 in flight"),
            Entry(client="pywikibot", method="lookups", gives="its pages, one by one", slow=True),
        ),
        truth={"pages": count},
        titles=count,
        latency=LATENCY,
        unit="seconds",
        turns=2,
    )


def _revisions(count: int) -> list[Job]:
    def job(key: str, title: str, method: str, default: float, speed: float) -> Job:
        return Job(
            key=key,
            title=f"{count:,} revisions {title}",
            entries=(
                Entry(client="httpx", method=method, gives="dicts"),
                Entry(client="aiohttp", method=method, gives="dicts"),
                Entry(client=OURS, method=method, gives="typed revisions", target=default),
                Entry(client=SPEED, method=method, gives="typed revisions", target=speed),
                Entry(client="mwclient", method=method, gives="dicts with times"),
                Entry(client="mwapi", method=method, gives="dicts"),
                Entry(client="pywikibot", method=method, gives="its revisions"),
            ),
            truth={"revisions": count},
            corpus=Corpus(revisions=count),
            turns=15,
        )

    return [
        job("revisions-text", "with 2 KiB of text each", "revisions_with_text", 1.3, 1.0),
        job("revisions", "without their texts", "revisions", 2.0, 1.6),
    ]


def _edits(count: int) -> Job:
    most = count + count // 50
    return Job(
        key="edits",
        title=f"{count} edits, each based on the text before it",
        entries=(
            Entry(client="httpx", method="edits", gives="3 in flight"),
            Entry(client="aiohttp", method="edits", gives="3 in flight"),
            Entry(client=OURS, method="edits", gives="`site.edit_many`, 3 in flight", target=1.25, requests=most),
            Entry(client=SPEED, method="edits", gives="`site.edit_many`, 3 in flight", target=0.8, requests=most),
            Entry(client="mwclient", method="edits", gives="one by one"),
            Entry(client="pywikibot", method="edits", gives="one by one"),
        ),
        truth={"edits": count},
        titles=count,
        writes=True,
        turns=7,
    )


def _upload(mebibytes: int) -> Job:
    return Job(
        key="upload",
        title=f"Upload of {mebibytes} MiB in chunks of 5 MiB",
        entries=(
            Entry(client="httpx", method="upload", gives="`files=`"),
            Entry(client="aiohttp", method="upload", gives="`FormData`"),
            Entry(client=OURS, method="upload", gives="`site.upload`", target=1.2),
            Entry(client=SPEED, method="upload", gives="`site.upload`", target=0.8),
            Entry(client="mwclient", method="upload", gives="`site.upload`"),
            Entry(client="pywikibot", method="upload", gives="`site.upload`"),
        ),
        truth={"files": 1, "MiB": mebibytes},
        mebibytes=mebibytes,
        writes=True,
        turns=7,
    )


def _download(mebibytes: int) -> Job:
    return Job(
        key="download",
        title=f"Download of {mebibytes} MiB to disk",
        entries=(
            Entry(client="httpx", method="download", gives="not checked"),
            Entry(client="aiohttp", method="download", gives="not checked"),
            Entry(client=OURS, method="download", gives="SHA-1 compared"),
            Entry(client=SPEED, method="download", gives="SHA-1 compared"),
            Entry(client="mwclient", method="download", gives="not checked"),
            Entry(client="pywikibot", method="download", gives="SHA-1 compared"),
        ),
        truth={"files": 1, "MiB": mebibytes},
        mebibytes=mebibytes,
        turns=3,
    )


def _import() -> Job:
    return Job(
        key="import",
        title="Import in a new process",
        entries=(
            Entry(client="httpx", method="import httpx, attrs, cattrs, anyio", gives="the four dependencies"),
            Entry(client="aiohttp", method="import aiohttp", gives="aiohttp"),
            Entry(client=OURS, method="from mwclient_async import Site", gives="`Site`", target=1.6),
            Entry(client="mwclient", method="from mwclient import Site", gives="`Site`"),
            Entry(client="mwapi", method="from mwapi import Session", gives="`Session`"),
            Entry(client="pywikibot", method="import pywikibot", gives="the package"),
        ),
        truth={},
        how="import",
        turns=31,
    )


def _script() -> Job:
    ours = Entry(client=OURS, method="ours.py", gives="a typed page", target=1.8, requests=1)
    return Job(
        key="script",
        title="A whole script that reads one page: from the start of the process to its end",
        entries=(
            Entry(client="httpx", method="on_httpx.py", gives="a dict"),
            Entry(client="aiohttp", method="on_aiohttp.py", gives="a dict"),
            ours,
            evolve(ours, client=SPEED, method="ours_with_speed.py", target=None),
            Entry(client="mwclient", method="on_mwclient.py", gives="its page"),
            Entry(client="mwapi", method="on_mwapi.py", gives="a dict"),
            Entry(client="pywikibot", method="on_pywikibot.py", gives="its page"),
        ),
        truth={"pages": 1},
        how="script",
        turns=15,
    )


def _memory(count: int) -> Job:
    return Job(
        key=f"memory-{count}",
        title=f"{count:,} rows that stream by: the growth of the peak memory",
        entries=(
            Entry(client="httpx", method="rows", gives="dicts"),
            Entry(client=OURS, method="rows", gives="typed rows", target=2.0),
            Entry(client=SPEED, method="rows", gives="typed rows", target=2.0),
            Entry(client="mwclient", method="rows", gives="strings"),
            Entry(client="mwapi", method="rows", gives="dicts"),
        ),
        truth={"titles": count},
        corpus=Corpus(pages=count),
        unit="growth",
        turns=3 if count < 1_000_000 else 2,
    )
