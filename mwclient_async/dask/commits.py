"""Commits: which parts of a shard count.

A part is an object with rows. It counts if a commit names it, which is written after it and holds the cursor behind its
rows. Each run of a shard is an *attempt* with a random name, and begins after the commit that it found. The name of a
commit has its number, its attempt, the attempt of the commit before it, and its number of rows:
``000003.9f2c11d0.9f2c11d0.500.json``. So the commits of a shard form a tree, and each path from the root is a
run of rows without a gap or a repetition.

Dask may run a shard twice at the same time. Both attempts then add to the tree under names of their own, and none
overwrites the other. A reader takes one path: the complete one, if there is one. No lock is needed, and no rename,
which object stores do not have.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from attrs import asdict, frozen

from mwclient_async.dask.shards import Shard

ROOT = "-"
"""What the first commit of a shard names as the attempt before it."""

_NAME = re.compile(r"(\d{6,})\.([0-9a-f]{8})\.([0-9a-f]{8}|-)\.(\d+)\.json")


@frozen(order=True)
class CommitName:
    """What the name of a commit says. ``rows`` is the number of rows of its part; without rows there is no part."""

    number: int
    attempt: str
    parent: str
    rows: int

    def __str__(self) -> str:
        return f"{self.number:06}.{self.attempt}.{self.parent}.{self.rows}.json"

    @classmethod
    def parse(cls, name: str) -> CommitName | None:
        """Read a name; None if it is not that of a commit."""
        match = _NAME.fullmatch(name)
        return match and cls(int(match[1]), match[2], match[3], int(match[4]))

    def part(self, shard: str, suffix: str) -> str:
        """The name of its part."""
        return f"{shard}.{self.number:06}.{self.attempt}.{suffix}"


@frozen(kw_only=True)
class Commit:
    """What a commit holds.

    ``cursor`` is the position in the stream. ``total`` and ``requests`` count for the shard so far. With ``done`` the
    shard has ended: at its end, or where ``rest`` begins, which other shards fetch.
    """

    cursor: str
    total: int
    requests: int
    size: int = 0
    done: bool = False
    rest: Shard | None = None

    def to_json(self) -> bytes:
        """The commit as JSON."""
        state = {**asdict(self, recurse=False), "rest": self.rest and self.rest.to_json()}
        return json.dumps(state).encode()

    @classmethod
    def from_json(cls, text: bytes) -> Commit | None:
        """Read a commit; None if it was not written to its end, which JSON shows by its last bracket."""
        try:
            state: dict[str, Any] = json.loads(text)
            rest = state.pop("rest")
            return cls(**state, rest=rest and Shard.from_json(rest))
        except (ValueError, LookupError, TypeError, AttributeError):
            return None


@frozen
class Chain:
    """The commits of a shard that count, in order, and the last one's content."""

    names: tuple[CommitName, ...]
    last: Commit

    @property
    def leaf(self) -> CommitName:
        """The last commit's name."""
        return self.names[-1]


def choose(names: Iterable[CommitName], read: Callable[[CommitName], bytes]) -> Chain | None:
    """Choose the path that counts: a complete one, else the one with the most rows.

    Returns None if the shard has no commit. All readers choose the same one from the same commits.
    """
    left = {(name.number, name.attempt): name for name in names}
    todo, found = _leaves(left), list[Chain]()
    while todo:
        leaf = todo.pop()
        commit, path = Commit.from_json(read(leaf)), path_to(leaf, left)
        if commit is not None and path is not None:
            found.append(Chain(path, commit))
            continue
        del left[leaf.number, leaf.attempt]  # half written, or without a beginning: the one before it counts
        parent = left.get((leaf.number - 1, leaf.parent))
        if parent in _leaves(left):
            todo.append(parent)
    return min(found, key=_rank, default=None)


def _rank(chain: Chain) -> tuple[bool, int, str]:
    return not chain.last.done, -chain.last.total, chain.leaf.attempt


def _leaves(names: Mapping[tuple[int, str], CommitName]) -> list[CommitName]:
    parents = {(name.number - 1, name.parent) for name in names.values()}
    return sorted(name for at, name in names.items() if at not in parents)


def path_to(leaf: CommitName, names: Mapping[tuple[int, str], CommitName]) -> tuple[CommitName, ...] | None:
    """The commits up to this one; None if one of them is missing."""
    path = [leaf]
    while path[-1].parent != ROOT:
        before = names.get((path[-1].number - 1, path[-1].parent))
        if before is None:
            return None
        path.append(before)
    return tuple(reversed(path))
