"""Changes of a decoded response that leave it valid JSON, and that no MediaWiki makes."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from typing import Any

_DEEP, _NESTED = "\ue000deep", "\ue000nested"  # written into the text: Python cannot encode so many levels
_LEVELS = 3000
_ODD: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 7, 10**30, 1.5, "", "x", "0", "12", "|", "2024-01-01T00:00:00Z", "\ud800"),
    *([], {}, [None], [[]], ["x"], [1], [{}], {"x": None}, {"x": {}}, {"0": "x"}, _DEEP, _NESTED),
)


def mutated(text: bytes, rng: random.Random) -> tuple[bytes, str]:
    """The response with one change, and what was changed."""
    body = [json.loads(text)]
    holder, key, path = _place(body, rng)
    change = rng.choice(_CHANGES)
    change(holder, key, rng)
    changed = json.dumps(body[0] if body else None).replace(f'"\\ue000{"deep"}"', "[" * _LEVELS + "]" * _LEVELS)
    nested = '{"x": [' * 60 + "]}" * 60
    return changed.replace('"\\ue000nested"', nested).encode(), f"{change.__name__} at {path}"


def _place(body: list[Any], rng: random.Random) -> tuple[Any, Any, str]:
    """A random place in the response, those near its root more often: its container and its key there."""
    holder: Any = body
    key: Any = 0
    path = "$"
    while isinstance(inner := holder[key], dict | list) and inner and rng.random() < 0.85:
        holder, key = inner, rng.choice(list(inner)) if isinstance(inner, dict) else rng.randrange(len(inner))
        path += f".{key}"
    return holder, key, path


def _drop(holder: Any, key: Any, rng: random.Random) -> None:
    del holder[key]


def _replace(holder: Any, key: Any, rng: random.Random) -> None:
    holder[key] = rng.choice(_ODD)


def _other_container(holder: Any, key: Any, rng: random.Random) -> None:
    value = holder[key]
    if isinstance(value, dict):
        holder[key] = list(value.values())
    elif isinstance(value, list):
        holder[key] = {str(number): item for number, item in enumerate(value)}
    else:
        holder[key] = rng.choice(([value], {"*": value}))


def _other_scalar(holder: Any, key: Any, rng: random.Random) -> None:
    value = holder[key]
    if isinstance(value, str):
        holder[key] = rng.choice((len(value), value + "\ud800", value[:-1], [value], None))
    elif isinstance(value, int):
        holder[key] = rng.choice((str(value), -value, value + 0.5, value * 10**40, [value], None))
    else:
        holder[key] = str(value)


def _rename(holder: Any, key: Any, rng: random.Random) -> None:
    if isinstance(holder, dict):
        holder[f"{key}x"] = holder.pop(key)
    else:
        holder.append(holder[key])


_CHANGES: tuple[Callable[[Any, Any, random.Random], None], ...] = (
    *(_drop, _replace, _replace, _replace, _other_container, _other_scalar, _rename),
)
