"""One run of one shard, on a worker: fetch, write a part, commit it, and so on to the end.

It knows nothing of Dask. If it is interrupted anywhere, another run continues after the last commit.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from typing import Any

import anyio
from anyio import to_thread
from attrs import asdict, define, field, frozen

from mwclient_async import Batch, Cursor, PageStatus, ResultTooLarge, Site
from mwclient_async.dask.commits import ROOT, Chain, Commit, CommitName
from mwclient_async.dask.left_out import LeftOut, left_out_of, skip_row
from mwclient_async.dask.queries import Pages, Rows
from mwclient_async.dask.shards import Shard, can_begin, can_split, rest_from
from mwclient_async.dask.sinks import Part, Sink
from mwclient_async.dask.store import Store
from mwclient_async.dask.streams import position_of, stream_of

_LARGEST = 32 * 1024 * 1024  # bytes of responses for one part; as Python's objects they are several times as large


@frozen(kw_only=True)
class ShardEnd:
    """How a run of a shard ended: the last commit, the rows and requests of the shard in all, and what it left."""

    shard: str
    leaf: CommitName
    rows: int
    requests: int
    rest: Shard | None = None

    @classmethod
    def of(cls, shard: Shard, chain: Chain) -> ShardEnd:
        """The end of a shard that is complete already."""
        last = chain.last
        return cls(shard=shard.key, leaf=chain.leaf, rows=last.total, requests=last.requests, rest=last.rest)


@define(kw_only=True)
class ShardRun:
    """A run of a shard.

    ``count_requests`` returns the number of requests that this run has sent, and ``count_bytes`` how much it has
    received: rows can be a thousand times larger than others. ``wants_split`` returns whether other
    workers are free to take the rest. ``report`` is called with the rows and requests of the shard after each commit.
    """

    shard: Shard
    query: Pages | Rows
    sink: Sink
    store: Store
    count_requests: Callable[[], int]
    count_bytes: Callable[[], int] = lambda: 0
    wants_split: Callable[[], bool] = lambda: False
    report: Callable[[int, int], None] = lambda _rows, _requests: None
    clock: Callable[[], float] = anyio.current_time

    _attempt: str = field(factory=lambda: secrets.token_hex(4), init=False)
    _number: int = field(default=0, init=False)
    _parent: str = field(default=ROOT, init=False)
    _before: Commit | None = field(default=None, init=False)
    _requests_before: int = field(default=0, init=False)  # those of earlier runs
    _pending: list[Any] = field(factory=list, init=False)
    _left_out: list[LeftOut] = field(factory=list, init=False)  # of the rows that are pending
    _since: float = field(default=0.0, init=False)
    _bytes_before: int = field(default=0, init=False)  # those of the parts that were committed

    async def run(self, site: Site) -> ShardEnd:
        """Fetch what is not committed yet.

        Raises:
            MediaWikiError: a request failed. What was committed stays.
        """
        chain = await to_thread.run_sync(self.store.chain, self.shard.key)
        if chain is not None and chain.last.done:
            return ShardEnd.of(self.shard, chain)
        stream = await to_thread.run_sync(stream_of, site, self.query, self.shard, self.store)
        cursor = None
        if chain is not None:
            self._number, self._parent, self._before = chain.leaf.number, chain.leaf.attempt, chain.last
            self._requests_before = chain.last.requests
            cursor = Cursor.parse(chain.last.cursor)
        self._since = self.clock()
        while True:
            run = aiter(stream if cursor is None else stream.resume(cursor))
            try:
                while (batch := await run.next_batch()) is not None:
                    cursor = batch.cursor
                    if (end := await self._take(batch)) is not None:
                        return end
                return await self._commit(cursor or run.cursor, done=True)
            except ResultTooLarge as error:
                left_out, cursor = await skip_row(site, self.query, self.shard, error)
                self._left_out.append(left_out)
                if cursor.done:
                    return await self._commit(cursor, done=True)

    async def _take(self, batch: Batch[Any]) -> ShardEnd | None:
        """Keep the rows of a batch, and commit them if it is time to. Returns the end of the shard, if this is it."""
        wanted = self.shard.kind in {"titles", "times", "inputs"}
        rows = [row for row in batch.items if wanted or row.status is PageStatus.OK]
        self._pending += rows
        self._left_out += left_out_of(rows, self.shard)
        if batch.cursor.done:
            return await self._commit(batch.cursor, done=True)
        if self.wants_split() and (rest := self._rest(batch.cursor)) is not None:
            return await self._commit(batch.cursor, done=True, rest=rest)
        is_full = len(self._pending) >= self.sink.rows_per_part or self.count_bytes() - self._bytes_before >= _LARGEST
        if is_full or self.clock() - self._since >= self.sink.seconds_per_part:
            await self._commit(batch.cursor, done=False)
        return None

    def _rest(self, cursor: Cursor) -> Shard | None:
        """What other workers can take from here, if it is worth it."""
        position = position_of(self.query, self.shard, cursor.continuation or {}, cursor.count)
        if position is None or (self.shard.kind == "titles" and not can_begin(position)):
            return None
        rest = rest_from(self.shard, position)
        return rest if can_split(rest) else None

    async def _commit(self, cursor: Cursor, *, done: bool, rest: Shard | None = None) -> ShardEnd:
        self._number += 1
        name = CommitName(self._number, self._attempt, self._parent, len(self._pending))
        total = len(self._pending) + (self._before.total if self._before else 0)
        size = await to_thread.run_sync(self._write_part, name, cursor) if self._pending else 0
        if self._left_out:
            content = json.dumps([asdict(one) for one in self._left_out], ensure_ascii=False).encode()
            await to_thread.run_sync(self.store.put, left_out_path(self.shard, name), content)
        commit = Commit(
            cursor=str(cursor),
            total=total,
            requests=self.count_requests() + self._requests_before,
            size=size,
            done=done,
            rest=rest,
        )
        await to_thread.run_sync(self.store.commit, self.shard.key, name, commit)
        self._parent, self._before, self._since = self._attempt, commit, self.clock()
        self._pending, self._left_out = [], []
        self._bytes_before = self.count_bytes()
        self.report(commit.total, commit.requests)
        return ShardEnd(shard=self.shard.key, leaf=name, rows=commit.total, requests=commit.requests, rest=rest)

    def _write_part(self, name: CommitName, cursor: Cursor) -> int:
        part_name = part_path(self.shard, name, self.sink.suffix)
        part = Part(
            name=part_name.rpartition("/")[2],
            wiki=self.shard.wiki,
            shard=self.shard.key,
            number=name.number,
            rows=self._pending,
            cursor=cursor,
        )
        content = self.sink.encode(part)
        if content is not None:
            self.store.put(part_name, content)
        return len(content or b"")


def part_path(shard: Shard, name: CommitName, suffix: str) -> str:
    """The name of a part's object below the sink's address."""
    return f"data/wiki={shard.wiki}/{name.part(shard.key, suffix)}"


def left_out_path(shard: Shard, name: CommitName) -> str:
    """The name of the object that says what the rows of a commit lack."""
    return f"left_out/{name.part(shard.key, 'json')}"
