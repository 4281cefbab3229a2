"""Compares rows of the wiki with their classes: keys without a field, and values that match an expected one."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, get_args, get_origin

from attrs import fields, has, resolve_types

from mwclient_async import Site
from mwclient_async._http.conversion import _WIRE_NAMES, _path


class Time:
    """Equal to any aware time."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, datetime) and other.tzinfo == UTC

    __hash__ = None  # type: ignore[assignment]  # it is only compared, never a key


class Id:
    """Equal to any number above 0."""

    def __eq__(self, other: object) -> bool:
        return type(other) is int and other > 0

    __hash__ = None  # type: ignore[assignment]  # as above


class Containing:
    """Equal to any text or collection that contains all of these."""

    def __init__(self, *parts: Any) -> None:
        self.parts = parts

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Collection) and all(part in other for part in self.parts)

    def __repr__(self) -> str:
        return f"Containing{self.parts!r}"

    __hash__ = None  # type: ignore[assignment]  # as above


TIME, ID = Time(), Id()


def picked(value: Any, expected: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a value for which a value is expected."""
    return {name: getattr(value, name) for name in expected}


def without_a_field(cls: type, raw: Any, path: str = "") -> Iterator[str]:
    """The keys of a row, and of the objects in it, for which the class has no field."""
    names: dict[str, str] = {}
    for base in cls.__mro__:
        names |= _WIRE_NAMES.get(_path(base), {})
    known = {names.get(field.name, field.alias): field.type for field in fields(resolve_types(cls))}
    for key, value in raw.items():
        if key not in known:
            yield f"{path}{key}"
        else:
            for inner, each in _objects(known[key], value):
                yield from without_a_field(inner, each, f"{path}{key}.")


def _objects(kind: Any, value: Any) -> Iterator[tuple[type, Any]]:
    """The classes within a field's type, each with the objects of the value that are of it."""
    if isinstance(kind, type) and has(kind) and isinstance(value, Mapping):
        yield kind, value
    elif get_origin(kind) is tuple and isinstance(value, list):
        for each in value:
            yield from _objects(get_args(kind)[0], each)
    elif get_origin(kind) is Mapping and isinstance(value, Mapping):
        for each in value.values():
            yield from _objects(get_args(kind)[1], each)
    else:
        for option in get_args(kind):  # an optional object
            if isinstance(option, type) and has(option):
                yield from _objects(option, value)


_known: dict[tuple[str, str], list[str]] = {}


async def props_of(site: Site, module: str) -> list[str]:
    """Every value of the module's ``prop`` that this wiki knows and does not discourage."""
    key = (repr(site), module)
    if key not in _known:
        _known[key] = await _props_of(site, module)
    return _known[key]


async def _props_of(site: Site, module: str) -> list[str]:
    answer = await site.call("paraminfo", modules=f"query+{module}")
    for parameter in answer["paraminfo"]["modules"][0]["parameters"]:
        if parameter["name"] == "prop" and isinstance(parameter["type"], list):
            return [value for value in parameter["type"] if value not in parameter.get("deprecatedvalues", ())]
    return []
