"""What a crawl has brought: the parts that count."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from attrs import asdict, frozen

from mwclient_async.dask.commits import ROOT, CommitName, path_to
from mwclient_async.dask.counted import counted
from mwclient_async.dask.errors import CrawlError
from mwclient_async.dask.left_out import LeftOut
from mwclient_async.dask.shard_run import ShardEnd, left_out_path, part_path
from mwclient_async.dask.shards import Shard
from mwclient_async.dask.sinks import Sink
from mwclient_async.dask.store import PART, Location, StorageOptions, Store, absolute, shown_url

RESULT = "result.json"


@frozen(kw_only=True)
class CrawlResult:
    """A complete crawl.

    ``parts`` are the addresses of the parts, in the order of the shards; for a Callback, their names. ``rows`` is the
    number of rows. ``requests`` counts the requests whose rows were committed, ``plan_requests`` those for the plan.
    ``left_out`` names what is missing, because it is larger than a response of the wiki may be: each one is a LeftOut.

    See https://www.mediawiki.org/wiki/API:Query.
    """

    rows: int
    requests: int
    plan_requests: int
    shards: int
    parts: tuple[str, ...]
    left_out: tuple[LeftOut, ...] = ()

    def __str__(self) -> str:
        requests = f"{counted(self.requests, 'request')} and {self.plan_requests:,} for the plan"
        parts, shards = counted(len(self.parts), "part"), counted(self.shards, "shard")
        left_out = f"; left out as too large: {len(self.left_out):,}" if self.left_out else ""
        return f"{counted(self.rows, 'row')} in {parts}, {shards}, {requests}{left_out}"


def committed_parts(url: str, *, storage: StorageOptions = None) -> tuple[str, ...]:
    """The parts of a complete crawl, whatever else is at its address.

    Returns paths in the file system of the sink.

    Raises:
        CrawlError: there is no crawl, or it is not complete.

    See https://filesystem-spec.readthedocs.io/.
    """
    store = Location(absolute(url), storage).open()
    result = read_result(store)
    if result is None:
        raise CrawlError(f"{shown_url(url)} has no complete crawl: run it to its end first")
    return tuple(map(store.path, result.parts))


def read_result(store: Store) -> CrawlResult | None:
    """The result that is stored; None if the crawl is not complete. Its parts are names below the sink's address."""
    content = store.get(RESULT)
    return None if content is None else _result(content)


def _result(content: bytes) -> CrawlResult | None:
    try:
        state: dict[str, Any] = json.loads(content)
    except ValueError:  # it was not written to its end
        return None
    left_out = tuple(LeftOut(**one) for one in state.get("left_out", ()))
    return CrawlResult(**{**state, "parts": tuple(state["parts"]), "left_out": left_out})


def write_result(
    store: Store, sink: Sink, shards: Iterable[Shard], ends: Mapping[str, ShardEnd], *, plan_requests: int
) -> CrawlResult:
    """Choose the parts that count, store their names, and remove the parts of runs that were overtaken.

    If another program has completed the same crawl meanwhile, its result is returned: its parts count.
    """
    if (theirs := read_result(store)) is not None:
        return theirs
    names: dict[str, dict[tuple[int, str], CommitName]] = {}
    for path in store.names("commits"):
        _, key, file = path.split("/")
        if (name := CommitName.parse(file)) is not None:
            names.setdefault(key, {})[name.number, name.attempt] = name
    parts, notes = list[str](), list[str]()
    for shard in shards:
        commits = _path_of(shard, ends[shard.key], names.get(shard.key, {}))
        parts += [part_path(shard, name, sink.suffix) for name in commits if name.rows]
        notes += [left_out_path(shard, name) for name in commits]
    sizes, noted = store.names("data"), store.names("left_out")
    if sink.has_objects and (lost := [part for part in parts if part not in sizes]):
        raise CrawlError(f"the sink has lost {counted(len(lost), 'committed part')}, such as {lost[0]}")
    result = CrawlResult(
        rows=sum(end.rows for end in ends.values()),
        requests=sum(end.requests for end in ends.values()),
        plan_requests=plan_requests,
        shards=len(ends),
        parts=tuple(parts),
        left_out=tuple(one for note in notes if note in noted for one in _left_out(store, note)),
    )
    content = json.dumps(asdict(result), indent=1).encode()
    counts = _result(store.put_once(RESULT, content, is_whole=lambda found: _result(found) is not None)) or result
    store.remove({name for name in sizes if PART.fullmatch(name)} - set(counts.parts))
    store.remove(name for name in noted if name not in notes)
    store.remove_unfinished()
    return counts


def _path_of(shard: Shard, end: ShardEnd, names: Mapping[tuple[int, str], CommitName]) -> tuple[CommitName, ...]:
    path = path_to(end.leaf, names)
    if path is None or path[0].parent != ROOT:
        raise CrawlError(f"the sink has lost commits of shard {shard.key}")
    return path


def _left_out(store: Store, note: str) -> list[LeftOut]:
    try:
        return [LeftOut(**one) for one in json.loads(store.get(note) or b"")]
    except (ValueError, TypeError):
        raise CrawlError(f"the sink has lost {note}, which says what is missing in the rows") from None
