"""Decode the JSON text of a response or of a stored value, and refuse what neither has in it.

Byte order marks and white space on both sides are ignored: if a PHP file of a wiki's configuration was saved with them,
they are around every response. The following are refused here, because they would make later steps fail: nesting that
is deeper than in any response of a wiki, halves of surrogate pairs (which no URL can have in it), NaN, and infinite
numbers.

orjson decodes where it is installed, in a third of the time. What it refuses, and a text that may have an integer of
more than 64 bits, which it would make a float, is decoded by ``json``. So the values and the errors are the same.
"""

from __future__ import annotations

import json
import math
import re
import string
from collections.abc import Callable, Iterator
from gc import is_tracked
from itertools import chain
from typing import Any, NoReturn

LARGE = 512 * 1024
"""From this size in bytes on, a text is better decoded in a thread of its own, because it takes some milliseconds."""

MAX_DEPTH = 200  # responses of MediaWiki have about ten levels; functions of Python fail at several hundred
_AROUND = string.whitespace + "\ufeff"
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


def decode_json(text: bytes) -> Any:
    """The value of a JSON text in UTF-8. Raises ValueError if it is not one, or if it would make later steps fail."""
    if _ORJSON is not None and len(text) < LARGE and not _may_have_large_integer(text):  # it does not let others run
        try:
            value = _ORJSON(text)
        except ValueError:
            pass
        else:
            if len(text) > 2 * MAX_DEPTH:
                _check_depth(value)
            return value
    return _decode_by_json(text)


def _decode_by_json(text: bytes) -> Any:
    try:
        decoded = text.decode("utf-8").strip(_AROUND)
        value = (_DECODER if len(text) < LARGE else _YIELDING_DECODER).decode(decoded)
    except RecursionError:
        raise _too_deep() from None
    except ValueError as error:  # which holds the whole text
        raise ValueError(str(error)) from None
    if len(text) > 2 * MAX_DEPTH:  # each level has two brackets
        _check_depth(value)
    if "\\" in decoded and _SURROGATE.search(decoded) is not None:
        _check_characters(value)
    return value


def _installed_orjson() -> Callable[[bytes], Any] | None:
    try:
        from orjson import loads
    except ImportError:
        return None
    return loads


_ORJSON = _installed_orjson()
_DIGITS = bytes.maketrans(b"0123456789", b"0" * 10)
_EVERY, _LONG_SAMPLE, _LONG = 4, b"0" * 4, b"0" * 19


def _may_have_large_integer(text: bytes) -> bool:
    """Whether there are 19 digits in a row. Of those, at least four in a row are among every fourth character."""
    return _LONG_SAMPLE in text[::_EVERY].translate(_DIGITS) and _LONG in text.translate(_DIGITS)


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise ValueError(f"the number {text[:20]} is too large")
    return number


def _unchanged(value: dict[str, Any]) -> dict[str, Any]:
    return value


_DECODER = json.JSONDecoder(parse_constant=_refuse_constant, parse_float=_finite)
_YIELDING_DECODER = json.JSONDecoder(  # it calls Python for each object, which lets other threads run
    parse_constant=_refuse_constant, parse_float=_finite, object_hook=_unchanged
)


def _too_deep() -> ValueError:
    return ValueError(f"it is nested more than {MAX_DEPTH} levels deep")


def _check_depth(value: Any) -> None:
    """Raise ValueError if lists and objects are nested too deep.

    The garbage collector tracks all of them but objects that hold plain values only, as most rows do. So one look at
    such a row suffices, where its values would take a third of the time of decoding.
    """
    level = [value] if isinstance(value, dict | list) else []
    for _ in range(MAX_DEPTH - 1):
        level = list(filter(is_tracked, _values_in(level)))
        if not level:
            return
    if any(type(inner) is dict or type(inner) is list for inner in _values_in(level)):
        raise _too_deep()


def _values_in(containers: list[Any]) -> Iterator[Any]:
    return chain.from_iterable([outer.values() if type(outer) is dict else outer for outer in containers])


def _check_characters(value: Any) -> None:
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise ValueError("it has half of a surrogate pair in it, which is not a character") from None
