"""Missed events of a wiki, read from ``list=recentchanges``. See https://www.mediawiki.org/wiki/API:RecentChanges."""

from __future__ import annotations

import sys

from mwclient_async._events.event_filter import EventFilter
from mwclient_async._events.position import Gap, iso, milliseconds
from mwclient_async._http.conversion import Row, structurer
from mwclient_async._http.json_values import datetime_at
from mwclient_async._query.queries import Queries
from mwclient_async._query.stream import Stream
from mwclient_async._query.stream_run import BatchIterator
from mwclient_async.models.lists import RecentChange

_PROPS = ("ids", "title", "timestamp", "user", "comment", "parsedcomment", "flags", "sizes", "loginfo")
_TYPES = ("edit", "new", "log", "categorize")  # the wiki sends no events of other types
_FIRST_ID = 1
_LATEST = sys.maxsize


class ListFiller:
    """Reads the rows of a gap, batch by batch."""

    def __init__(self, queries: Queries, wanted: EventFilter) -> None:
        self._queries = queries
        self._wanted = wanted
        self._convert = structurer(RecentChange)
        self._batches: BatchIterator[Row] | None = None
        self._cursor = ""

    async def oldest(self) -> int | None:
        first = self._rows(limit=1, dir="newer", prop=["ids", "timestamp"], type=_TYPES)
        rows = await first.collect()
        if not rows:  # perhaps all were removed
            return _LATEST
        return None if rows[0].get("rcid") == _FIRST_ID else _time(rows[0])  # of the first one, nothing was removed

    async def next_rows(self, gap: Gap) -> tuple[list[Row], str]:
        if self._batches is None or self._cursor != gap.cursor:
            self._batches = self._stream(gap).batches()
        try:
            batch = await anext(self._batches)
        except StopAsyncIteration:
            return [], ""
        except BaseException:
            self._batches = None
            raise
        self._cursor = "" if batch.cursor.done else str(batch.cursor)
        return [row for row in batch.items if self._wanted.takes(row, self._convert(row))], self._cursor

    def _stream(self, gap: Gap) -> Stream[Row]:
        parameters = {"prop": _PROPS, "dir": "newer", "start": _second(gap.since), "end": _second(gap.until)}
        stream = self._rows(**{"type": _TYPES, **parameters, **self._wanted.list_parameters()})
        return stream.resume(gap.cursor) if gap.cursor else stream

    def _rows(self, *, limit: int | None = None, **parameters: object) -> Stream[Row]:
        stream = self._queries.list_rows("recentchanges", limit=limit, batch_size=None, keywords=parameters)
        return stream.mappings()


def _second(time: int) -> str:
    """The time as the wiki has it: in whole seconds."""
    return f"{iso(time)[:19]}Z"


def _time(row: Row) -> int:
    return milliseconds(datetime_at(row, "timestamp"))
