"""What is uploaded in a run, and when its processes are killed. A seed decides both."""

from __future__ import annotations

import random
from enum import Enum
from functools import partial
from pathlib import Path

from attrs import frozen

from mwclient_async import UploadMethod
from tests.support.image_files import png
from tests.upload.campaign.upload_requests import RequestKind

MIN_CHUNK_SIZE = 1024  # bytes: what the wiki takes
MEBIBYTE = 1024 * 1024
_MIN_SIZE = 300
_MAX_CHUNKS = 9


class CheckpointKind(Enum):
    """A checkpoint of an upload: the first, one in the middle, the last of a chunk, that of the whole file."""

    FIRST = "first"
    MIDDLE = "middle"
    CHUNKS = "chunks"
    STASHED = "stashed"


@frozen(kw_only=True)
class Kill:
    """When a process is killed.

    Either at a checkpoint, just before it is stored or just after; or while the proxy holds back the response to a
    request of this kind, after the wiki has acted or before.
    """

    checkpoint: CheckpointKind | None = None
    stored: bool = False
    request: RequestKind = RequestKind.OTHER
    acted: bool = False

    def checkpoint_number(self, job: Job) -> int | None:
        """The number of the checkpoint in its process: 1 is the first, -1 that of the whole file.

        None if the process is killed during a request.
        """
        if self.checkpoint is None:
            return None
        # An asynchronous upload has one more checkpoint, for the last chunk, before the file is assembled.
        numbers = {
            CheckpointKind.FIRST: 1,
            CheckpointKind.MIDDLE: (job.chunks + 1) // 2,
            CheckpointKind.CHUNKS: job.chunks - 1 + job.asynchronous,
        }
        return numbers.get(self.checkpoint, -1)


def _after_storing(checkpoint: CheckpointKind) -> Kill:
    return Kill(checkpoint=checkpoint, stored=True)


def _while_held(request: RequestKind, *, acted: bool) -> Kill:
    return Kill(request=request, acted=acted)


SYNCHRONOUS: tuple[tuple[Kill, ...], ...] = (
    (_while_held(RequestKind.LAST, acted=True),),
    (_after_storing(CheckpointKind.CHUNKS),),
    (Kill(checkpoint=CheckpointKind.STASHED),),
    (_while_held(RequestKind.CHUNK, acted=True),),
    (_after_storing(CheckpointKind.STASHED),),
    (Kill(checkpoint=CheckpointKind.MIDDLE), Kill(checkpoint=CheckpointKind.FIRST)),
    (_while_held(RequestKind.PUBLISH, acted=False),),
    (
        _after_storing(CheckpointKind.FIRST),
        _while_held(RequestKind.CHUNK, acted=False),
        _while_held(RequestKind.LAST, acted=True),
    ),
    (Kill(checkpoint=CheckpointKind.FIRST),),
    (_while_held(RequestKind.LAST, acted=False),),
    (_after_storing(CheckpointKind.MIDDLE), _while_held(RequestKind.PUBLISH, acted=True)),
    (
        _while_held(RequestKind.FIRST, acted=True),
        _while_held(RequestKind.LAST, acted=True),
        _while_held(RequestKind.PUBLISH, acted=True),
    ),
)
ASYNCHRONOUS: tuple[tuple[Kill, ...], ...] = (
    (_after_storing(CheckpointKind.CHUNKS), _while_held(RequestKind.PUBLISH, acted=True)),
    (_while_held(RequestKind.LAST, acted=True),),
    (_while_held(RequestKind.PUBLISH, acted=True),),
    (_while_held(RequestKind.STATUS, acted=True),),
    (Kill(checkpoint=CheckpointKind.CHUNKS), _after_storing(CheckpointKind.STASHED)),
    (Kill(checkpoint=CheckpointKind.STASHED),),
    (_while_held(RequestKind.STATUS, acted=False), _while_held(RequestKind.PUBLISH, acted=False)),
    (_after_storing(CheckpointKind.MIDDLE),),
)
"""When the processes of one upload are killed, one after the other. The last process is not killed."""

Kind = tuple[tuple[Kill, ...], bool]
KILLS: list[Kind] = [(kills, False) for kills in SYNCHRONOUS] + [(kills, True) for kills in ASYNCHRONOUS]


@frozen(kw_only=True)
class Job:
    """One upload. ``method`` is None if the library chooses. ``kills`` says when each of its processes is killed."""

    name: str
    path: Path
    size: int
    chunk_size: int
    method: UploadMethod | None
    asynchronous: bool
    kills: tuple[Kill, ...] = ()

    @property
    def chunks(self) -> int:
        """How many chunks there are, if all goes well."""
        return -(-self.size // self.chunk_size)


def make_jobs(directory: Path, *, count: int, killed: int, largest: int, seed: int, prefix: str) -> list[Job]:
    """Write ``count`` files of random sizes to the directory. The uploads of ``killed`` of them are killed."""
    chance = random.Random(seed)
    kinds: list[Kind | None] = [None] * (count - killed)
    kinds += [KILLS[number * len(KILLS) // killed] for number in range(killed)]
    chance.shuffle(kinds)
    return [
        _job(directory / f"{number}.png", f"{prefix} {number} é&+='q'.png", kind, chance, largest)
        for number, kind in enumerate(kinds)
    ]


def _job(path: Path, name: str, kind: Kind | None, chance: random.Random, largest: int) -> Job:
    smallest = _MIN_SIZE if kind is None else 8 * MIN_CHUNK_SIZE
    wanted = int(smallest * (largest / smallest) ** chance.random())
    size = png(path, wanted, seed=chance.getrandbits(32)).stat().st_size
    make = partial(Job, name=name, path=path, size=size, method=UploadMethod.CHUNKED)
    if kind is not None:
        kills, asynchronous = kind
        chunk_size = max(MIN_CHUNK_SIZE, size // chance.randint(3, 7))
        return make(chunk_size=chunk_size, asynchronous=asynchronous, kills=kills)
    if chance.random() < 1 / 3:  # in one request, unless it is too large for that
        return make(chunk_size=max(MIN_CHUNK_SIZE, size), method=None, asynchronous=False)
    asynchronous = chance.random() < 1 / 2
    growth = (size / MIN_CHUNK_SIZE) ** chance.random()
    chunk_size = max(MIN_CHUNK_SIZE, size // _MAX_CHUNKS, int(MIN_CHUNK_SIZE * growth))
    return make(chunk_size=chunk_size, asynchronous=asynchronous)
