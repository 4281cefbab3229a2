"""The columns of Parquet files, from the classes of the rows.

All parts of a crawl have the same columns, because they come from the class and not from the rows of one part.
"""

from __future__ import annotations

import io
import json
import types
from collections.abc import Callable, Hashable, Mapping, Sequence
from datetime import datetime
from enum import Enum
from functools import cache
from typing import Any, Union, cast, get_args, get_origin, get_type_hints

import attrs
import pyarrow as pa
import pyarrow.parquet as pq
from attrs import frozen

from mwclient_async import Page
from mwclient_async.dask.plain_rows import plain

Convert = Callable[[Any], Any]
_TIME = pa.timestamp("us", tz="UTC")
_SCALARS: Mapping[Any, pa.DataType] = {str: pa.string(), int: pa.int64(), float: pa.float64(), bool: pa.bool_()}
_FACTS = {"title": str, "ns": int, "pageid": int, "asked": Any, "status": str, "invalidreason": str}
_DEEPEST = 6  # a class that has itself as a field would have no end


@frozen
class _Column:
    """A type of Arrow, and the function that makes its values of those of JSON."""

    type: pa.DataType
    convert: Convert


def _as_is(value: Any) -> Any:
    return value


def _as_json(value: Any) -> str | None:
    return None if value is None else json.dumps(value, ensure_ascii=False)


def _as_time(value: str | None) -> datetime | None:
    return None if value is None else datetime.fromisoformat(value)


_JSON = _Column(pa.string(), _as_json)


def to_parquet(rows: Sequence[Any], schema: pa.Schema | None, compression: str) -> bytes:
    """The rows as a file. There must be at least one row."""
    plain_rows = [plain(row) for row in rows]
    if schema is not None:
        table = pa.Table.from_pylist(plain_rows, schema=schema)
    else:
        columns = _columns_of(cast(Hashable, type(rows[0])), tuple(plain_rows[0]))
        arrays = [
            pa.array([column.convert(row.get(name)) for row in plain_rows], type=column.type)
            for name, column in columns.items()
        ]
        table = pa.Table.from_arrays(arrays, names=list(columns))
    target = io.BytesIO()
    pq.write_table(table, target, compression=compression)
    return target.getvalue()


@cache
def _columns_of(kind: Hashable, names: tuple[str, ...]) -> Mapping[str, _Column]:
    """The columns of a class. ``names`` are those of a page, which depend on the query."""
    assert isinstance(kind, type)
    if issubclass(kind, Page):
        return {name: _FACTS_COLUMNS.get(name) or _column(_type_of_prop(name), 0) for name in names}
    if attrs.has(kind):
        return {name: _column(hint, 0) for name, hint in _fields(kind).items()}
    raise TypeError("the rows of this list have no class: give Parquet(schema=...) with the columns that you want")


def _type_of_prop(name: str) -> Any:
    """The type of the attribute of a Page; Any for a property without one."""
    attribute = getattr(Page, name, None)
    return get_type_hints(attribute.fget).get("return", Any) if isinstance(attribute, property) else Any


def _fields(kind: type) -> dict[str, Any]:
    """The public names of a class's fields and their types, as ``to_dict`` has them."""
    hints = get_type_hints(kind)
    return {
        found.alias or found.name: hints.get(found.name, Any) for found in attrs.fields(kind) if found.name != "raw"
    }


def _column(hint: Any, depth: int) -> _Column:
    hint = _without_none(hint)
    if hint in _SCALARS:
        return _Column(_SCALARS[hint], _as_is)
    if hint is datetime:
        return _Column(_TIME, _as_time)
    is_list = get_origin(hint) is tuple and get_args(hint)[1:] == (Ellipsis,)
    if is_list and depth < _DEEPEST:
        return _list_of(_column(get_args(hint)[0], depth + 1))
    if isinstance(hint, type) and attrs.has(hint) and depth < _DEEPEST:
        return _struct_of(hint, depth)
    return _Column(pa.string(), _as_is) if _is_text(hint) else _JSON


def _is_text(hint: Any) -> bool:
    """Whether it is an Enum of texts."""
    return isinstance(hint, type) and issubclass(hint, Enum) and all(isinstance(one.value, str) for one in hint)


def _without_none(hint: Any) -> Any:
    """The type of an optional field."""
    if get_origin(hint) not in {Union, types.UnionType}:
        return hint
    kinds = [one for one in get_args(hint) if one is not type(None)]
    return kinds[0] if len(kinds) == 1 else Any


def _list_of(item: _Column) -> _Column:
    def convert(values: Sequence[Any] | None) -> list[Any] | None:
        return None if values is None else [item.convert(value) for value in values]

    return _Column(pa.list_(item.type), convert)


def _struct_of(kind: type, depth: int) -> _Column:
    columns = {name: _column(hint, depth + 1) for name, hint in _fields(kind).items()}
    if not columns:
        return _JSON

    def convert(value: Mapping[str, Any] | None) -> dict[str, Any] | None:
        if value is None:
            return None
        return {name: column.convert(value.get(name)) for name, column in columns.items()}

    return _Column(pa.struct([(name, column.type) for name, column in columns.items()]), convert)


_FACTS_COLUMNS = {name: _column(hint, 0) for name, hint in _FACTS.items()}
