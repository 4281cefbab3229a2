"""What a crawl leaves out: a value that is larger than a response of the wiki may be (``$wgAPIMaxResultSize``).

The wiki never sends it, however small the batch, and one such value must not end a crawl of millions. So the crawl
continues without it, and writes into the sink what is missing:

- Of a page, the property in question is None in its row. The stream has found the page (``toolarge`` in its ``raw``).
- Of a list, the row in question is left out. The stream ends there with an error. The same row without its large
  fields is requested alone: that response says which row it is, and where the next one begins.

See https://www.mediawiki.org/wiki/Manual:$wgAPIMaxResultSize.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from attrs import evolve, frozen

from mwclient_async import Cursor, Page, ResultTooLarge, Site
from mwclient_async.dask.plain_rows import TOO_LARGE
from mwclient_async.dask.queries import Pages, Rows
from mwclient_async.dask.shards import Shard
from mwclient_async.dask.streams import range_of, wire_prefix

_SMALL_FIELDS = {
    "allcategories": "",
    "allimages": "timestamp",
    "allredirects": "ids|title",
    "allrevisions": "ids|timestamp",
    "logevents": "ids|title|type|timestamp",
    "recentchanges": "ids|title|timestamp",
    "usercontribs": "ids|title|timestamp",
}
"""The fields that name a row of each list."""


@frozen(kw_only=True)
class LeftOut:
    """A value that a crawl has left out, because it is larger than a response of the wiki may be.

    ``module`` is the property of the page ``title`` that is None in its row, or the list whose row is not there.
    ``position`` is where the list has it. ``wiki`` and ``shard`` are names in the sink. ``error`` is a ResultTooLarge,
    as a query raises it; its text says how to read such a value.

    See https://www.mediawiki.org/wiki/Manual:$wgAPIMaxResultSize.
    """

    wiki: str
    shard: str
    title: str
    module: str
    position: str = ""

    @property
    def error(self) -> ResultTooLarge:
        """The error that the value is."""
        return ResultTooLarge(title=self.title, module=self.module, position=self.position)

    def __str__(self) -> str:
        return f"{self.module} of {self.title!r} in {self.wiki}"


def left_out_of(rows: Iterable[Any], shard: Shard) -> list[LeftOut]:
    """The properties that are left out of these rows."""
    return [
        LeftOut(wiki=shard.wiki, shard=shard.key, title=row.title, module=module)
        for row in rows
        if isinstance(row, Page)
        for module in row.raw.get(TOO_LARGE, ())
    ]


async def skip_row(site: Site, query: Pages | Rows, shard: Shard, error: ResultTooLarge) -> tuple[LeftOut, Cursor]:
    """Find the row with which a list could not continue. Returns what is left out, and the position after it.

    Raises:
        ResultTooLarge: the error itself: it is not known where the next row begins.
        MediaWikiError: the request failed.
    """
    cursor = error.cursor
    if not isinstance(query, Rows) or query.module not in _SMALL_FIELDS or cursor is None or error.beside:
        raise error
    prefix = wire_prefix(query)
    given = {**query.params, **range_of(query, shard), "limit": 1, "prop": _SMALL_FIELDS[query.module]}
    params = {f"{prefix}{name.removesuffix('_')}": value for name, value in given.items() if name != "batch_size"}
    body = await site.call("query", list=query.module, **{**params, **(cursor.continuation or {})})
    found = body.get("query", {}).get(query.module) or ()
    if not found:
        raise error
    left_out = LeftOut(
        wiki=shard.wiki,
        shard=shard.key,
        title=str(found[0].get("title", "")),
        module=query.module,
        position=error.position,
    )
    return left_out, evolve(cursor, continuation=body.get("continue"), limits={}, given=())
