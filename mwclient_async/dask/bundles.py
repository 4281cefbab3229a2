"""Bundles: the shards that one task of Dask runs, one after the other.

A task costs the scheduler some milliseconds, whatever it does, so that small shards share one. Each shard of a bundle
has its own cursor, commits and end, as if it ran alone. What a bundle does not finish goes back to those that wait:

- It ends after some seconds (``LONGEST``). So a bundle of large shards is one shard, and the sizes need no estimate.
- If threads are free, the program takes back what a bundle has not begun.
- A bundle that fails is taken apart. Each of its shards then runs alone, so that an error has the name of its shard;
  those that were complete already are found in the sink.

If a worker dies, Dask gives its bundles to others, which find in the sink how far each shard is.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Collection, Iterable

from attrs import Factory, define, field

from mwclient_async.dask.shards import Shard

LONGEST = 10.0
"""After how many seconds a bundle begins no further shard."""

_LARGEST = 20  # shards: the part of the scheduler's work for each is then small
_PER_THREAD = 4  # bundles of this size for each thread are left, so that all threads end at about the same time


@define(eq=False)
class Bundle:
    """A bundle that was given to the workers.

    ``shards`` are those whose ends it will bring, and ``is_single`` is True if there never were others. ``worker`` is
    the address of the worker that runs it, and ``since`` the time of its first report. ``rows`` and ``requests`` are as
    that worker has reported them.
    """

    number: int
    shards: list[Shard]
    rows: int = 0
    requests: int = 0
    worker: str = ""
    since: float | None = None
    was_asked: bool = False
    is_single: bool = field(init=False, default=Factory(lambda bundle: len(bundle.shards) == 1, takes_self=True))

    def note(self, worker: str, rows: int, requests: int, *, now: float) -> None:
        """Note what a worker has reported: the one that runs it, or another one after that has died."""
        if worker != self.worker:
            self.worker, self.since, self.was_asked = worker, now, False
        self.rows, self.requests = max(self.rows, rows), max(self.requests, requests)

    def take_back(self, keys: Collection[str]) -> list[Shard]:
        """Give up the shards with these keys. Returns them."""
        taken = [shard for shard in self.shards if shard.key in keys]
        self.shards = [shard for shard in self.shards if shard.key not in keys]
        return taken


@define
class WaitingShards:
    """The shards that wait for a worker, and how often a bundle with one of them has failed."""

    _shards: deque[Shard] = field(factory=deque, init=False)
    _failures: Counter[str] = field(factory=Counter, init=False)

    def __len__(self) -> int:
        return len(self._shards)

    def add(self, shards: Iterable[Shard]) -> None:
        """Add shards at the end."""
        self._shards.extend(shards)

    def put_back(self, shards: Iterable[Shard]) -> None:
        """Add shards at the beginning: they have waited once."""
        self._shards.extendleft(reversed(list(shards)))

    def note_failure(self, shards: Iterable[Shard]) -> None:
        """Note that a bundle of these shards has failed: from now on, each of them is a bundle."""
        self._failures.update(shard.key for shard in shards)

    def failures(self, shard: Shard) -> int:
        """How often a bundle with this shard has failed."""
        return self._failures[shard.key]

    def next_bundle(self, *, threads: int) -> list[Shard]:
        """Take the shards of the next bundle: many while many wait, in the end one."""
        size = min(_LARGEST, len(self._shards) // (_PER_THREAD * threads))
        taken = [self._shards.popleft()]
        while len(taken) < size and not self._failures.keys() & {taken[0].key, self._shards[0].key}:
            taken.append(self._shards.popleft())
        return taken


def slow_bundles(bundles: Iterable[Bundle], *, before: float) -> list[Bundle]:
    """Those that a worker began before this time, and that were not asked to share yet; the oldest first."""
    began = [(bundle.since, bundle) for bundle in bundles if bundle.since is not None and not bundle.was_asked]
    return [bundle for since, bundle in sorted(began, key=lambda one: one[0]) if since <= before]
