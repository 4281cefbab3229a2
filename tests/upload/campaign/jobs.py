"""What is uploaded in a run, and how its processes die: decided by a seed."""

from __future__ import annotations

import random
from enum import Enum
from pathlib import Path

from attrs import frozen

from mwclient_async import UploadMethod
from tests.support.image_files import png
from tests.upload.campaign.loads import Point

LEAST_CHUNK = 1024  # what the wiki takes
MEBIBYTE = 1024 * 1024
_SMALLEST = 300
_MOST_CHUNKS = 9


class At(Enum):
    """Which of an upload's checkpoints: the first, one in the middle, the last of a chunk, that of the whole file."""

    FIRST = "first"
    MIDDLE = "middle"
    CHUNKS = "chunks"
    STASHED = "stashed"


@frozen(kw_only=True)
class Death:
    """When a process is killed.

    Either with a checkpoint, just before it is stored or just after; or while the answer to a request at this point is
    held back, after the wiki has acted or before.
    """

    at: At | None = None
    stored: bool = False
    point: Point = Point.OTHER
    acted: bool = False

    def number(self, job: Job) -> int | None:
        """Which checkpoint of its process: 1 is the first; -1 that of the whole file; None where a request counts."""
        if self.at is None:
            return None
        # Where the wiki takes its time, there is one more for the last chunk, before the file is put together.
        numbers = {At.FIRST: 1, At.MIDDLE: (job.chunks + 1) // 2, At.CHUNKS: job.chunks - 1 + job.asynchronous}
        return numbers.get(self.at, -1)


def _stored(at: At) -> Death:
    return Death(at=at, stored=True)


def _held(point: Point, *, acted: bool) -> Death:
    return Death(point=point, acted=acted)


SYNCHRONOUS: tuple[tuple[Death, ...], ...] = (
    (_held(Point.LAST, acted=True),),
    (_stored(At.CHUNKS),),
    (Death(at=At.STASHED),),
    (_held(Point.CHUNK, acted=True),),
    (_stored(At.STASHED),),
    (Death(at=At.MIDDLE), Death(at=At.FIRST)),
    (_held(Point.PUBLISH, acted=False),),
    (_stored(At.FIRST), _held(Point.CHUNK, acted=False), _held(Point.LAST, acted=True)),
    (Death(at=At.FIRST),),
    (_held(Point.LAST, acted=False),),
    (_stored(At.MIDDLE), _held(Point.PUBLISH, acted=True)),
    (_held(Point.FIRST, acted=True), _held(Point.LAST, acted=True), _held(Point.PUBLISH, acted=True)),
)
ASYNCHRONOUS: tuple[tuple[Death, ...], ...] = (
    (_stored(At.CHUNKS), _held(Point.PUBLISH, acted=True)),
    (_held(Point.LAST, acted=True),),
    (_held(Point.PUBLISH, acted=True),),
    (_held(Point.STATUS, acted=True),),
    (Death(at=At.CHUNKS), _stored(At.STASHED)),
    (Death(at=At.STASHED),),
    (_held(Point.STATUS, acted=False), _held(Point.PUBLISH, acted=False)),
    (_stored(At.MIDDLE),),
)
"""How the processes of one upload die, one after the other; the last one of each upload lives."""

Kind = tuple[tuple[Death, ...], bool]
DEATHS: list[Kind] = [(deaths, False) for deaths in SYNCHRONOUS] + [(deaths, True) for deaths in ASYNCHRONOUS]


@frozen(kw_only=True)
class Job:
    """One upload. ``way`` is None where the library chooses; ``deaths`` are those of its processes, in order."""

    name: str
    path: Path
    size: int
    chunk_size: int
    method: UploadMethod | None
    asynchronous: bool
    deaths: tuple[Death, ...] = ()

    @property
    def chunks(self) -> int:
        """How many chunks there are, if all goes well."""
        return -(-self.size // self.chunk_size)


def make_jobs(directory: Path, *, count: int, killed: int, largest: int, seed: int, prefix: str) -> list[Job]:
    """So many files of random sizes, written to the directory, with so many that are killed among them."""
    chance = random.Random(seed)
    kinds: list[Kind | None] = [None] * (count - killed)
    kinds += [DEATHS[number * len(DEATHS) // killed] for number in range(killed)]
    chance.shuffle(kinds)
    return [
        _job(directory / f"{number}.png", f"{prefix} {number} é&+='q'.png", kind, chance, largest)
        for number, kind in enumerate(kinds)
    ]


def _job(path: Path, name: str, kind: Kind | None, chance: random.Random, largest: int) -> Job:
    smallest = _SMALLEST if kind is None else 8 * LEAST_CHUNK
    wanted = int(smallest * (largest / smallest) ** chance.random())
    size = png(path, wanted, seed=chance.getrandbits(32)).stat().st_size
    if kind is not None:
        chunk = max(LEAST_CHUNK, size // chance.randint(3, 7))
        deaths, slow = kind
        way = UploadMethod.CHUNKED
        return Job(name=name, path=path, size=size, chunk_size=chunk, method=way, asynchronous=slow, deaths=deaths)
    if chance.random() < 1 / 3:  # in one request, unless it is larger than such a request may be
        return Job(name=name, path=path, size=size, chunk_size=max(LEAST_CHUNK, size), method=None, asynchronous=False)
    slow = chance.random() < 1 / 2
    chunk = max(LEAST_CHUNK, size // _MOST_CHUNKS, int(LEAST_CHUNK * (size / LEAST_CHUNK) ** chance.random()))
    return Job(name=name, path=path, size=size, chunk_size=chunk, method=UploadMethod.CHUNKED, asynchronous=slow)
