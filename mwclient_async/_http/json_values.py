"""Read the values of a decoded response, and check their types: ProtocolError for a value of another type.

A response is valid JSON, and still need not be what MediaWiki sends. So no code takes a value out of a response
without a check. It is either converted to a class (``conversion.py``), or read with a function of this module.

PHP has one empty array, so that an empty list may stand for an empty object, and the reverse. What is absent is empty
only if the wiki leaves it out in that case; the functions that return a list or an object are for such values.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from mwclient_async.errors import ProtocolError

_REQUIRED: Any = object()
_MOST_DIGITS = 19  # of the largest number that PHP has
_TIMESTAMP = re.compile(r"[1-9]\d{3}-\d\d-\d\dT\d\d:\d\d:\d\dZ", re.ASCII)
_KINDS = {dict: "an object", list: "a list", str: "a text", bool: "a flag", int: "a number", float: "a number"}


def object_at(value: Any, *path: str) -> Mapping[str, Any]:
    """The object at this path; an empty one if there is nothing."""
    found = _at(value, path)
    if type(found) is dict or isinstance(found, Mapping):  # each response is asked many times, so a dict is fast
        return found
    if found is None or found == []:
        return {}
    raise _misfit(found, "an object", path)


def list_at(value: Any, *path: str) -> list[Any]:
    """The list at this path; an empty one if there is nothing."""
    found = _at(value, path)
    if isinstance(found, list):
        return found
    if found is None or found == {}:
        return []
    raise _misfit(found, "a list", path)


def rows_at(value: Any, *path: str) -> list[Any]:
    """The list of objects at this path; an empty one if there is nothing."""
    found = list_at(value, *path)
    for row in found:
        if not isinstance(row, Mapping):
            raise _misfit(row, "an object", (*path, "[]"))
    return found


def texts_at(value: Any, *path: str) -> tuple[str, ...]:
    """The list of texts at this path; an empty one if there is nothing."""
    found = list_at(value, *path)
    for text in found:
        if not isinstance(text, str):
            raise _misfit(text, "a text", (*path, "[]"))
    return tuple(found)


def text_at(value: Any, *path: str, default: str = _REQUIRED) -> str:
    """The text at this path. ProtocolError if there is none and no default."""
    found = _at(value, path)
    if isinstance(found, str):
        return found
    if found is None and default is not _REQUIRED:
        return default
    raise _misfit(found, "a text", path)


def number_at(value: Any, *path: str, default: int = _REQUIRED) -> int:
    """The whole number at this path, also if it is a text. ProtocolError if there is none and no default."""
    found = _at(value, path)
    if isinstance(found, int) and not isinstance(found, bool):
        return found
    if isinstance(found, str) and found.isascii() and found.isdecimal() and len(found) <= _MOST_DIGITS:
        return int(found)
    if found is None and default is not _REQUIRED:
        return default
    raise _misfit(found, "a whole number", path)


def continuation_at(value: Any, *path: str) -> dict[str, str]:
    """The ``continue`` block at this path, as parameters; an empty one if there is nothing."""
    block = object_at(value, *path)
    for name, part in block.items():
        if not isinstance(part, str | int):
            raise _misfit(part, "a text or a number", (*path, name))
    return {name: str(part) for name, part in block.items()}


def time_at(value: Any, *path: str) -> str:
    """The timestamp at this path, as the wiki writes it: ``2026-11-21T08:00:00Z``. Such texts compare as times do."""
    found = _at(value, path)
    try:
        if isinstance(found, str) and _TIMESTAMP.fullmatch(found):
            datetime.fromisoformat(found)
            return found
    except ValueError:
        pass
    raise _misfit(found, "a timestamp", path)


def datetime_at(value: Any, *path: str) -> datetime:
    """The same as an aware datetime."""
    return datetime.fromisoformat(time_at(value, *path))


def _at(value: Any, path: tuple[str, ...]) -> Any:
    for number, key in enumerate(path):
        if type(value) is not dict and not isinstance(value, Mapping):
            if value is None or value == []:
                return None
            raise _misfit(value, "an object", path[:number])
        value = value.get(key)
    return value


def _misfit(found: Any, wanted: str, path: tuple[str, ...]) -> ProtocolError:
    place = ".".join(path) or "the top"
    kind = "nothing" if found is None else _KINDS.get(type(found), f"a value of type {type(found).__name__}")
    return ProtocolError(f"the wiki's response has {kind} at {place}, where it should have {wanted}")
