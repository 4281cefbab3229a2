"""The base of the typed values: a short repr, and a form for JSON.

A response has many fields that are seldom there, and some that are long. So a repr shows only what differs from the
defaults, and only the beginning of a long field; ``to_dict`` gives everything, in types that JSON has.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from enum import Enum
from functools import singledispatch
from typing import Any

import attrs

_LONGEST = 300  # characters of a field in a repr


class Value:
    """What a wiki sent, or what the library tells, as a frozen value."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(_differences(self))})"

    def to_dict(self) -> dict[str, Any]:
        """The fields in types of JSON, for ``json.dumps``, web frameworks and data frames.

        Returns a new dict with the fields' names. Times are texts in ISO 8601, in UTC with a ``Z``. An Enum is its
        value, a tuple is a list, a set is a sorted list, another value is a dict. The wiki's raw response (``raw``) is
        left out.

        Raises:
            TypeError: JSON has no form for a part of it, such as the bytes of a document.
        """
        return {_name(field): to_json(getattr(self, field.name)) for field in _fields(self) if field.name != "raw"}


@singledispatch
def to_json(value: Any) -> Any:
    """The same in types of JSON.

    Raises:
        TypeError: JSON has no form for a part of it.
    """
    if attrs.has(type(value)):
        return {_name(field): to_json(getattr(value, field.name)) for field in _fields(value)}
    raise TypeError(f"JSON has no form for {type(value).__name__}")


@to_json.register(str | int | float | None)
def _(value: Any) -> Any:
    return value


@to_json.register
def _(value: Value) -> dict[str, Any]:
    return value.to_dict()


@to_json.register
def _(value: Enum) -> Any:
    return to_json(value.value)


@to_json.register
def _(value: datetime) -> str:
    return (value.astimezone(UTC) if value.tzinfo else value).isoformat().replace("+00:00", "Z")


@to_json.register
def _(value: Mapping) -> dict[str, Any]:  # type: ignore[type-arg]  # singledispatch takes plain classes only
    return {str(key): to_json(item) for key, item in value.items()}


@to_json.register(tuple | list)
def _(value: Any) -> list[Any]:
    return [to_json(item) for item in value]


@to_json.register(set | frozenset)
def _(value: Any) -> list[Any]:
    return sorted(to_json(item) for item in value)


@to_json.register
def _(value: Exception) -> dict[str, str]:
    return {"error": type(value).__name__, "message": str(value)}


def _differences(value: Value) -> list[str]:
    shown = []
    for field in _fields(value):
        found = getattr(value, field.name, attrs.NOTHING)  # not set while the value is made, as a traceback may show it
        if field.repr is False or found is attrs.NOTHING or found == _default(field):
            continue
        shown.append(f"{_name(field)}={field.repr(found) if callable(field.repr) else _shortened(found)}")
    return shown


def _shortened(found: Any) -> str:
    """Its repr, or the beginning of it. Another value shortens its own fields."""
    text = repr(found)
    return text if len(text) <= _LONGEST or isinstance(found, Value) else f"{text[:_LONGEST]}..."


def _name(field: attrs.Attribute[Any]) -> str:
    """Its public name."""
    return field.alias or field.name


def _default(field: attrs.Attribute[Any]) -> Any:
    """What the field is if it is not given; NOTHING if that depends on the other fields."""
    default: Any = field.default
    if isinstance(default, attrs.Factory):  # type: ignore[arg-type]  # a class, which attrs' stubs call a function
        return attrs.NOTHING if default.takes_self else default.factory()
    return default


def _fields(value: Any) -> tuple[attrs.Attribute[Any], ...]:
    return attrs.fields(type(value))
