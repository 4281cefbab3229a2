"""What all clients have in common."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

from attrs import frozen

from benchmarks.replies import CATEGORIES, SMALL_COUNT, SMALL_NAMESPACE, title_of

USER_AGENT = "mwclient-async-benchmarks/2.0 (benchmarks@example.org)"
IN_FLIGHT = 3  # requests, which is the most that Wikimedia asks for
METADATA = "ids|flags|timestamp|user|size|sha1|comment|tags"
WITH_TEXT = "ids|timestamp|user|comment|content"
NEW_TEXT = "\n\nOne more line."
COMMENT = "A benchmark"

Item = TypeVar("Item")
Came = Counter[str]
"""What a job brought, by kind, such as pages and categories."""


@frozen(kw_only=True)
class Work:
    """What one run of a job reads or writes: a namespace, some titles, the page of a history, and a file."""

    namespace: int
    titles: list[str]
    page: str
    file: Path | None = None

    @classmethod
    def small(cls, file: Path | None = None) -> Self:
        """What a client warms up with, so that loading modules and the first requests are not measured."""
        titles = [title_of(index, SMALL_NAMESPACE) for index in range(SMALL_COUNT)]
        return cls(namespace=SMALL_NAMESPACE, titles=titles[:60], page=titles[0], file=file)

    @classmethod
    def whole(cls, titles: int, file: Path | None = None) -> Self:
        """The work that is measured."""
        return cls(namespace=0, titles=[title_of(index) for index in range(titles)], page=title_of(0), file=file)


class Client:
    """A client of one wiki. A subclass has a method for each job that it can do."""

    def __init__(self, url: str) -> None:
        self.url = url

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close what was opened."""

    async def log_in(self) -> None:
        """Log in, for the jobs that write."""


def downloaded(path: Path) -> Came:
    """What a download brought; the file is removed."""
    came = Came(files=1, MiB=path.stat().st_size // (1024 * 1024))
    path.unlink()
    return came


def batches(titles: list[str], size: int = 50) -> list[str]:
    """The titles in batches, as ``titles`` takes them."""
    return ["|".join(titles[start : start + size]) for start in range(0, len(titles), size)]


async def in_flight(read: Callable[[Item], Awaitable[int]], items: Iterable[Item]) -> list[int]:
    """Do this for all items, with so many requests in flight as Wikimedia asks for at most."""
    slots = asyncio.Semaphore(IN_FLIGHT)

    async def one(item: Item) -> int:
        async with slots:
            return await read(item)

    return await asyncio.gather(*map(one, items))


def note(came: Came, *, info: bool, categories: list[str]) -> None:
    """Count one page that came: a whole one has its info and all its categories."""
    came["pages"] += 1
    came["whole pages"] += info and len(categories) == CATEGORIES
    came["categories"] += len(categories)
