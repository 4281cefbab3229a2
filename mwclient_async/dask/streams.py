"""The stream of a shard: the query of a crawl, narrowed to the shard's range."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from attrs import frozen

from mwclient_async import Site, Stream
from mwclient_async.dask.errors import CrawlError
from mwclient_async.dask.queries import Pages, Rows
from mwclient_async.dask.shards import Shard
from mwclient_async.dask.store import Store


@frozen
class TitleModule:
    """A module with ``from`` and ``to``: its prefix, its only namespace (None if it has a parameter for it)."""

    prefix: str
    only: int | None = None


# Not alllinks and its like: newer versions of MediaWiki do not list them by title.
TITLE_MODULES: Mapping[str, TitleModule] = {
    "allcategories": TitleModule("ac", only=14),
    "allimages": TitleModule("ai", only=6),
    "allpages": TitleModule("ap"),
    "allredirects": TitleModule("ar"),
}

CONTINUED_BY_TITLE = frozenset({"allcategories", "allimages", "allpages"})
"""The modules whose continuation is the title of the next row and nothing else: they can be split while they run."""

TIME_MODULES: Mapping[str, str] = {
    "allrevisions": "arv",
    "logevents": "le",
    "recentchanges": "rc",
    "usercontribs": "uc",
}


_RANGES = ("from", "to", "start", "end", "continue")


def check_free(query: Pages | Rows, prefix: str, order: str) -> None:
    """Raise CrawlError if the query has a range or an order of its own: that of the plan would replace it."""
    if ranges := [name for name in _RANGES if query.value(name, prefix) is not None]:
        raise CrawlError(f"{ranges[0]} has no place in the query of a crawl with this plan, which says the range")
    if (asked := query.value("dir", prefix)) not in {None, order}:
        raise CrawlError(
            f"dir={asked!r} does not work with this plan, whose shards are read with {order!r}: leave it out"
        )
    if (sort := query.value("sort", prefix)) not in {None, "name"}:
        raise CrawlError(f"sort={sort!r} does not work with this plan, whose shards are ranges of names: leave it out")


def stream_of(site: Site, query: Pages | Rows, shard: Shard, store: Store) -> Stream[Any]:
    """The stream of a shard. It sends nothing yet."""
    if shard.kind in {"titles", "times"}:
        named = range_of(query, shard)
        params = {**query.params, **named}
        if (others := query.params.get("params")) is not None:
            params["params"] = {name: value for name, value in others.items() if name not in named}
        return site.query(**params) if isinstance(query, Pages) else site.list(query.module, **params)
    kind = shard.input_kind if shard.kind == "inputs" else shard.kind
    inputs: dict[str, Any] = {kind: inputs_of(shard, store)}
    return site.pages(**inputs, **query.params)


def wire_prefix(query: Rows) -> str:
    """The prefix that the wiki's parameters of a list have."""
    return TIME_MODULES.get(query.module) or TITLE_MODULES[query.module].prefix


def range_of(query: Pages | Rows, shard: Shard) -> Mapping[str, Any]:
    """The parameters for the range of a shard of titles or times, as the query writes them."""
    module, in_front = str(query.module), query.prefix
    if shard.kind == "times":
        return {"start": shard.start, "end": shard.stop, "dir": "newer"}
    prefix = in_front and in_front + TITLE_MODULES[module].prefix
    named: dict[str, Any] = {f"{prefix}from": shard.start, f"{prefix}to": shard.stop}
    if TITLE_MODULES[module].only is None:
        named[f"{prefix}namespace"] = shard.namespace
    return named


def inputs_of(shard: Shard, store: Store) -> Sequence[Any]:
    """The titles or ids of a shard."""
    first, last = int(shard.start or 0), int(shard.stop or 0)
    if shard.source is None:
        return range(first, last + 1)
    content = store.get(shard.source)
    if content is None:
        raise CrawlError(f"the sink has lost {shard.source}, which has the inputs of shard {shard.key}")
    return list(json.loads(content)[first : last + 1])


def position_of(query: Pages | Rows, shard: Shard, continuation: Mapping[str, str], done: int) -> str | None:
    """The title or number with which the rest of a shard begins, after a whole batch. None if it cannot be split.

    ``continuation`` is that of the cursor, and ``done`` the number of items so far.
    """
    if shard.kind in {"pageids", "revids", "inputs"}:
        return str(int(shard.start or 0) + done)
    module = str(query.module)
    if shard.kind != "titles" or module not in CONTINUED_BY_TITLE:
        return None
    return continuation.get(f"{query.prefix}{TITLE_MODULES[module].prefix}continue")
