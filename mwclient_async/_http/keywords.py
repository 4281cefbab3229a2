"""Misspelt keywords: the known name nearest to one, and the check of ``**options``.

Python itself refuses an unknown keyword of a function, but not one that ``**options`` takes.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches
from typing import Any


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """``", did you mean 'categories'?"`` for the known name nearest to this one, or an empty string."""
    found = get_close_matches(name, list(known), n=1)
    return f", did you mean {found[0]!r}?" if found else ""


def check_options(options: Mapping[str, Any], known: type, function: Callable[..., Any]) -> None:
    """Check the ``**options`` of a function against ``known``, their TypedDict.

    Raises TypeError for an unknown option, with the nearest name among the options and the function's own keywords.
    """
    unknown = [name for name in options if name not in known.__annotations__]
    if not unknown:
        return
    own = [name for name, parameter in inspect.signature(function).parameters.items() if parameter.kind not in _STARRED]
    listed = [name for name in (*own, *known.__annotations__) if name != "self"]
    advice = did_you_mean(unknown[0], listed) or f": it takes {', '.join(listed)}"
    raise TypeError(f"{function.__name__}() has no option {unknown[0]!r}{advice}")


_STARRED = frozenset({inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD})
