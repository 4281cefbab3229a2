"""Shards: the parts of a crawl, as values that the sink stores.

The shards of a plan cover everything and do not overlap, also if pages come, go or are renamed meanwhile:

- A range of titles is ``from``..``to`` of allpages and its like, which are both inclusive. The first range has no
  ``from``, the last one no ``to``. Each other one begins with the border before it and ``!``, the lowest character of
  a title: no title is between the two.
- Ids and positions in a list of inputs are whole numbers, both inclusive.
- A window of time begins at ``start`` and ends one second before the next one. Times of MediaWiki are whole seconds.

See https://www.mediawiki.org/wiki/API:Allpages.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, Literal

from attrs import asdict, evolve, frozen

Kind = Literal["titles", "pageids", "revids", "times", "inputs"]

_LOWEST = "!"
_LONGEST_KEY = 250  # bytes: one more than 255 is not a title, and the wiki adds a character before it checks
_FEWEST_IDS = 1000  # fewer ids are not split again


@frozen(kw_only=True)
class Shard:
    """One part of a crawl.

    - ``key`` is its name in the sink, ``wiki`` the name of its wiki.
    - ``kind`` says what ``start`` and ``stop`` are, which are both inclusive and None if they are open: titles without
      their namespace, ids, times, or the positions of inputs.
    - ``namespace`` is that of a range of titles.
    - ``marks`` are titles within it, in order, at which it can be split again without a request.
    - ``source`` is the object of the sink that has the inputs.
    """

    key: str
    wiki: str
    kind: Kind
    start: str | None = None
    stop: str | None = None
    namespace: int | None = None
    marks: tuple[str, ...] = ()
    source: str | None = None
    input_kind: str = "titles"

    def to_json(self) -> str:
        """The shard as a line of JSON."""
        return json.dumps({name: value for name, value in asdict(self).items() if value not in (None, (), [])})

    @classmethod
    def from_json(cls, line: str) -> Shard:
        """Read what :meth:`to_json` returned."""
        state: dict[str, Any] = json.loads(line)
        return cls(**{**state, "marks": tuple(state.get("marks", ()))})

    @property
    def weight(self) -> int:
        """How large it is beside the other shards of its plan, roughly."""
        return len(self.marks) + 1


def sort_key(title: str) -> bytes:
    """The order of titles in the database: that of their bytes."""
    return title.encode()


def database_key(title: str, namespace: int) -> str:
    """A title as the database has it: without its namespace, with underscores."""
    return (title.partition(":")[2] if namespace else title).replace(" ", "_")


def is_border(key: str) -> bool:
    """Whether a title can be the border of a range: the wiki refuses one that is too long to be continued."""
    return len(sort_key(key)) <= _LONGEST_KEY


def can_begin(key: str) -> bool:
    """Whether a range can begin exactly here: the wiki makes the first letter of ``from`` a capital."""
    return is_border(key) and key[:1] == key[:1].upper()


def title_shards(
    sample: Iterable[str], count: int, *, first: str | None = None, last: str | None = None
) -> list[Mapping[str, Any]]:
    """Divide a range of titles at the quantiles of a sample of its titles.

    Returns ``start``, ``stop`` and ``marks`` of at most ``count`` ranges, in order.
    """
    inner = [key for key in sorted(set(sample), key=sort_key) if is_border(key) and _is_within(key, first, last)]
    count = max(1, min(count, len(inner) + 1))
    cuts = [round(number * len(inner) / count) for number in range(1, count)]
    borders = list(dict.fromkeys(inner[max(0, cut - 1)] for cut in cuts))
    starts = [first, *(border + _LOWEST for border in borders)]
    stops = [*borders, last]
    return [
        {"start": start, "stop": stop, "marks": tuple(key for key in inner if _is_within(key, start, stop))}
        for start, stop in zip(starts, stops, strict=True)
    ]


def _is_within(key: str, first: str | None, last: str | None) -> bool:
    """Whether a range can be divided after this title: both parts then have a title, or may have one."""
    at = sort_key(key)
    return (first is None or at >= sort_key(first)) and (last is None or at < sort_key(last))


def id_ranges(first: int, last: int, size: int) -> list[tuple[int, int]]:
    """Divide whole numbers into ranges of a size; both ends are inclusive."""
    return [(start, min(start + size - 1, last)) for start in range(first, last + 1, size)]


def time_windows(start: datetime, end: datetime, count: int) -> list[tuple[datetime, datetime]]:
    """Divide the seconds from ``start`` to ``end`` into windows. Both ends of a window are inclusive.

    Times of MediaWiki are whole seconds, so that no event is between the last second of a window and the next one.
    """
    seconds = int((end - start).total_seconds()) + 1
    count = max(1, min(count, seconds))
    edges = [start + timedelta(seconds=seconds * number // count) for number in range(count + 1)]
    return [(low, high - timedelta(seconds=1)) for low, high in pairwise(edges)]


def can_split(rest: Shard) -> bool:
    """Whether the rest of a shard is worth to be split."""
    if rest.kind == "titles":
        return bool(rest.marks)
    if rest.kind in {"pageids", "revids", "inputs"}:
        return int(rest.stop or 0) - int(rest.start or 0) >= _FEWEST_IDS
    return False


def split(rest: Shard, count: int, *, name: str) -> list[Shard]:
    """Divide the rest of a shard. No request is needed for it. ``name`` begins the keys of the parts."""
    if rest.kind == "titles":
        parts = title_shards(rest.marks, count, first=rest.start, last=rest.stop)
    else:
        first, last = int(rest.start or 0), int(rest.stop or 0)
        size = -(-(last - first + 1) // max(1, count))
        parts = [{"start": str(low), "stop": str(high)} for low, high in id_ranges(first, last, size)]
    return [evolve(rest, key=f"{name}{number}", **part) for number, part in enumerate(parts)]


def rest_from(shard: Shard, position: str) -> Shard:
    """What is left of a shard from this title or number on."""
    if shard.kind != "titles":
        return evolve(shard, start=position)
    marks = tuple(key for key in shard.marks if sort_key(key) >= sort_key(position))
    return evolve(shard, start=position, marks=marks)
