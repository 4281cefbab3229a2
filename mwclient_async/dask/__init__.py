"""Crawls of whole wikis on a Dask cluster: ``pip install 'mwclient_async[dask]'``.

A crawl is a value: wikis, one query or list, a plan of shards, and a sink. Each shard is a stream that can be resumed,
and its position is stored together with its rows. So a worker that dies loses no row and doubles none, and a crawl that
was interrupted continues from its sink alone.

Importing this package loads none of its modules: each name is imported when it is first used.
"""

import importlib
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mwclient_async.dask.crawl import Crawl
    from mwclient_async.dask.errors import CrawlError, CrawlFailed, SinkMismatch
    from mwclient_async.dask.left_out import LeftOut
    from mwclient_async.dask.limits import DaskLimits
    from mwclient_async.dask.plans import IdRanges, Inputs, TimeWindows, TitleRanges
    from mwclient_async.dask.progress import CrawlProgress
    from mwclient_async.dask.queries import Pages, Rows
    from mwclient_async.dask.results import CrawlResult, committed_parts
    from mwclient_async.dask.run import CrawlRun
    from mwclient_async.dask.shards import Shard
    from mwclient_async.dask.sinks import Callback, JsonLines, Parquet, Part
    from mwclient_async.dask.wikis import EnvironmentLogin, Wiki

_HOMES = {
    "Callback": "sinks",
    "Crawl": "crawl",
    "CrawlError": "errors",
    "CrawlFailed": "errors",
    "CrawlProgress": "progress",
    "CrawlResult": "results",
    "CrawlRun": "run",
    "DaskLimits": "limits",
    "EnvironmentLogin": "wikis",
    "IdRanges": "plans",
    "Inputs": "plans",
    "JsonLines": "sinks",
    "LeftOut": "left_out",
    "Pages": "queries",
    "Parquet": "sinks",
    "Part": "sinks",
    "Rows": "queries",
    "Shard": "shards",
    "SinkMismatch": "errors",
    "TimeWindows": "plans",
    "TitleRanges": "plans",
    "Wiki": "wikis",
    "committed_parts": "results",
}

__all__ = [
    "Callback",
    "Crawl",
    "CrawlError",
    "CrawlFailed",
    "CrawlProgress",
    "CrawlResult",
    "CrawlRun",
    "DaskLimits",
    "EnvironmentLogin",
    "IdRanges",
    "Inputs",
    "JsonLines",
    "LeftOut",
    "Pages",
    "Parquet",
    "Part",
    "Rows",
    "Shard",
    "SinkMismatch",
    "TimeWindows",
    "TitleRanges",
    "Wiki",
    "committed_parts",
]

_LIBRARIES = ("dask", "distributed", "fsspec", "pyarrow")


def __getattr__(name: str) -> Any:
    """Import a public name from its module when it is first used."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if missing := [library for library in _LIBRARIES if find_spec(library) is None]:
        raise ModuleNotFoundError(
            f"mwclient_async.dask needs {', '.join(missing)}: pip install 'mwclient_async[dask]'", name=missing[0]
        )
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
