"""Sinks: where the rows of a crawl go, and how many make a part."""

from __future__ import annotations

import inspect
import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from attrs import field, frozen, validators

from mwclient_async import Cursor
from mwclient_async.dask.plain_rows import plain
from mwclient_async.dask.store import Location, StorageOptions, absolute, shown_url

_ASYNC = "the function of a Callback is async: give a plain one, which is called in a thread"


def _name_of(function: object) -> str:
    return getattr(function, "__qualname__", type(function).__name__)


@frozen(kw_only=True)
class Sink(ABC):
    """What the sinks have in common: where their objects are, and how many rows make a part."""

    kind: ClassVar[str]
    suffix: ClassVar[str]
    has_objects: ClassVar[bool] = True  # one for each part

    rows_per_part: int = field(default=5000, validator=validators.ge(1))
    seconds_per_part: float = field(default=60.0, validator=validators.gt(0))
    storage: StorageOptions = field(default=None, repr=False)

    @property
    @abstractmethod
    def location(self) -> Location:
        """The address of its objects, and the options of their file system."""

    @abstractmethod
    def encode(self, part: Part) -> bytes | None:
        """The content of a part; None if the sink has no object for it."""


@frozen(kw_only=True)
class Part:
    """The rows of one checkpoint.

    ``name`` is unique, ``shard`` the key of its shard and ``number`` its number there, from 1. ``rows`` are as the
    stream gives them, and ``cursor`` is the position behind them.
    """

    name: str
    wiki: str
    shard: str
    number: int
    rows: Sequence[Any] = field(repr=False)
    cursor: Cursor = field(repr=False)


@frozen
class JsonLines(Sink):
    """Rows as JSON Lines, one object per part: ``JsonLines("s3://bucket/crawl")``.

    - ``url`` is a directory of any file system of fsspec.
    - ``rows_per_part`` and ``seconds_per_part`` say how often a shard writes: what a worker has fetched since then is
      fetched again if it dies.
    - ``storage`` are the options of the file system, or a function that returns them on the worker.

    See https://jsonlines.org/.
    """

    kind: ClassVar[str] = "jsonlines"
    suffix: ClassVar[str] = "jsonl"

    url: str = field(converter=absolute, repr=shown_url)

    @property
    def location(self) -> Location:
        """The address of its objects, and the options of their file system."""
        return Location(self.url, self.storage)

    def encode(self, part: Part) -> bytes:
        """The content of a part."""
        return "".join(f"{json.dumps(plain(row), ensure_ascii=False)}\n" for row in part.rows).encode()


@frozen
class Parquet(Sink):
    """Rows as Parquet, one file per part: ``Parquet("pages/")``.

    Without a ``schema`` (a pyarrow.Schema), the columns are those of the class of the rows, with its types: a value in
    a value is a struct, a tuple a list, a time a timestamp in UTC, and what has no fixed form is text in JSON. All
    parts have the same columns.

    The other arguments are those of JsonLines; ``compression`` is that of pyarrow.

    See https://arrow.apache.org/docs/python/parquet.html.
    """

    kind: ClassVar[str] = "parquet"
    suffix: ClassVar[str] = "parquet"

    url: str = field(converter=absolute, repr=shown_url)
    schema: Any = field(default=None, kw_only=True)
    compression: str = field(default="zstd", kw_only=True)
    rows_per_part: int = field(default=20000, kw_only=True, validator=validators.ge(1))

    @property
    def location(self) -> Location:
        """The address of its objects, and the options of their file system."""
        return Location(self.url, self.storage)

    def encode(self, part: Part) -> bytes:
        """The content of a part."""
        from mwclient_async.dask.arrow import to_parquet

        return to_parquet(part.rows, self.schema, self.compression)


@frozen
class Callback(Sink):
    """Rows for a function, which is called on the workers: ``Callback(store_rows, "state/")``.

    ``function`` is called with each Part before it is committed, and must have stored it when it returns. It is a
    plain function, not an async one, and is called in a thread, of several shards at the same time. If a worker
    dies then, or if Dask runs a shard twice, the same rows come again in a part of another name. So either store rows
    under a key of their own, such as the page id, or store each part under ``part.name`` and keep those that
    ``CrawlResult.parts`` names. ``state`` is a directory of fsspec for the positions.

    The other arguments are those of JsonLines.
    """

    kind: ClassVar[str] = "callback"
    suffix: ClassVar[str] = "part"
    has_objects: ClassVar[bool] = False

    function: Callable[[Part], object] = field(repr=_name_of)  # a partial shows its arguments
    state: str = field(converter=absolute, repr=shown_url)

    @property
    def location(self) -> Location:
        """The address of the positions, and the options of their file system."""
        return Location(self.state, self.storage)

    @function.validator
    def _is_no_coroutine_function(self, _attribute: object, value: object) -> None:
        if inspect.iscoroutinefunction(value) or inspect.iscoroutinefunction(getattr(value, "__call__", None)):  # noqa: B004
            raise TypeError(_ASYNC)

    def encode(self, part: Part) -> None:
        """Call the function."""
        returned = self.function(part)
        if inspect.isawaitable(returned):  # nothing has run, or not to its end
            if inspect.iscoroutine(returned):
                returned.close()
            raise TypeError(_ASYNC)
