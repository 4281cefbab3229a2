"""Python values -> parameter texts, by the rules of https://www.mediawiki.org/wiki/API:Data_formats.

=====================  ====================================================================================
list, tuple, iterable  ``a|b``; the U+001F form if a value holds ``|``
set, frozenset         the same, sorted, so that equal queries have equal fingerprints
True                   ``1``: for the Action API, a flag is set if the parameter is sent, whatever its value
False, None            not sent
aware datetime         ISO 8601 in UTC with ``Z``; a naive one raises ValueError
Enum                   its value
Title, Page, row       its title
int, float, str        unchanged
=====================  ====================================================================================
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from enum import Enum
from typing import Any

from mwclient_async._http.titled import local_title_on, title_on

_SEPARATOR = "\x1f"
_OF_TITLES = ("title", "titles")  # how the names of parameters end whose values are titles

RESERVED = frozenset(
    {
        *("action", "format", "formatversion", "errorformat", "errorlang", "origin", "crossorigin", "callback"),
        "token",
    }
)
"""Parameters that only the library sets, because the response depends on them."""


def encode(
    params: Mapping[str, Any] | None = None,
    keywords: Mapping[str, Any] | None = None,
    *,
    allowed: frozenset[str] = frozenset(),
    wiki: str = "",
) -> dict[str, str]:
    """Return the parameters to send: their names and texts on the wire.

    The names in ``params`` are used unchanged. One trailing underscore of a keyword is dropped (``from_``,
    ``import_``). ``allowed`` lists reserved names that the caller may set here. ``wiki`` is the wiki whose
    Titles are taken; "" if there can be no Titles.

    Raises ValueError for a name given twice, a reserved name, a naive datetime, a Title of another wiki or a value that
    cannot be sent. Raises TypeError for a type that has no form on the wire.
    """
    encoded: dict[str, str] = {}
    exact_names = [(str(name), value) for name, value in (params or {}).items()]
    keyword_names = [(name.removesuffix("_"), value) for name, value in (keywords or {}).items()]
    for name, value in exact_names + keyword_names:
        if name in RESERVED and name not in allowed:
            raise ValueError(f"{name!r} is set by the library itself: leave it out")
        if name in encoded:
            raise ValueError(f"{name!r} is given twice")
        text = wire_value(name, value, wiki)
        if text is not None:
            encoded[name] = text
    return encoded


def wire_value(name: str, value: Any, wiki: str = "") -> str | None:
    """The text of one value on the wire, or None if the parameter is not sent."""
    if value is None or value is False:
        return None
    if isinstance(value, set | frozenset):
        return _join(name, sorted(_scalar(name, item, wiki) for item in value))
    if isinstance(value, Iterable) and not isinstance(value, str | bytes | bytearray | Mapping):
        return _join(name, [_scalar(name, item, wiki) for item in value])
    return _scalar(name, value, wiki)


def _join(name: str, texts: list[str]) -> str:
    for value in texts:
        if _SEPARATOR in value:
            raise ValueError(f"{name}={value!r} holds the control character U+001F, which no title or name has")
    if any("|" in value for value in texts):
        return _SEPARATOR + _SEPARATOR.join(texts)
    return "|".join(texts)


def _scalar(name: str, value: Any, wiki: str) -> str:
    if isinstance(value, Enum) and value.value is not value:
        return _scalar(name, value.value, wiki)
    if isinstance(value, str):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool) and name.endswith(_OF_TITLES):
        raise TypeError(f"{name}={value!r}: a title is a text; if it is an id, use the parameter for ids")
    if isinstance(value, int) and value is not False:
        return str(int(value))
    if isinstance(value, float) and math.isfinite(value):
        return repr(value)
    if isinstance(value, datetime):
        return _timestamp(name, value)
    return _title(name, value, wiki)


def _title(name: str, value: Any, wiki: str) -> str:
    """The title of a row. TypeError for what has none, and for a parameter that is an id."""
    if isinstance(title := title_on(wiki, value), str) and not name.endswith(("id", "ids")):
        return title
    instead = "its id" if isinstance(title, str) else "text, a number or a list"
    raise TypeError(f"{name}: a value of type {type(value).__name__} has no form on the wire; pass {instead}")


def _timestamp(name: str, value: datetime) -> str:
    if value.tzinfo is None:
        raise ValueError(f"{name}={value!r} has no time zone: use datetime.now(UTC) or value.replace(tzinfo=UTC)")
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def split_values(text: str) -> tuple[str, ...]:
    """Split the text of a multi-value parameter into its values."""
    if text.startswith(_SEPARATOR):
        return tuple(text[1:].split(_SEPARATOR))
    return tuple(text.split("|")) if text else ()


def is_count(value: object, *, least: int) -> bool:
    """Whether the value is an int of at least ``least``. A bool does not count."""
    return isinstance(value, int) and not isinstance(value, bool) and value >= least


def is_duration(value: object) -> bool:
    """Whether the value is a number of seconds from 0 up, and finite. A bool does not count."""
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < math.inf


def checked_text(name: str, text: object) -> str:
    """The text, if it can be sent. Raises TypeError for another type, and ValueError for half of a surrogate pair."""
    if not isinstance(text, str):
        raise TypeError(f"{name} is of type {type(text).__name__}: give a text")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise ValueError(f"{name} holds half of a surrogate pair at {error.start}, which is not a character") from None
    return text


def checked_title(title: object, wiki: str) -> str:
    """The title, or that of a row, if it can be sent to this wiki; "" is any wiki.

    Raises TypeError for what has no title, and ValueError if it is empty, a Title of another wiki, or one with an
    interwiki prefix.
    """
    text = checked_text("title", local_title_on(wiki, title))
    if not text.replace("_", " ").strip():
        raise ValueError("the title is empty")
    return text
