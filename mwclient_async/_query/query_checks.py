"""What is wrong with the parameters of a query, a list or ``site.pages``: found before any request.

See https://www.mediawiki.org/wiki/API:Query.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeVar

from mwclient_async import _http
from mwclient_async._http.params import is_count

T = TypeVar("T")

SOURCES = ("titles", "pageids", "revids", "generator")
"""The parameters that say which pages a query is about."""


def check_counts(*, limit: int | None, batch_size: int | None = None) -> None:
    """Raise ValueError if ``limit`` is not a whole number from 0 up, or ``batch_size`` one from 1 up."""
    for name, value, least in (("limit", limit, 0), ("batch_size", batch_size, 1)):
        if value is not None and not is_count(value, least=least):
            raise ValueError(f"{name}={value!r}: give a whole number from {least} up, or None for all")


def check_continue(params: Mapping[str, str]) -> None:
    """Raise ValueError if the caller has set ``continue``."""
    if "continue" in params:
        raise ValueError("the stream sets continue by itself: store run.cursor and use stream.resume(cursor)")


def check_query(params: Mapping[str, str]) -> None:
    """Raise ValueError for two sources of pages, a ``continue``, or a limit that is not a number."""
    check_continue(params)
    sources = [name for name in ("titles", "pageids", "revids") if name in params]
    if len(sources) > 1:
        raise ValueError(f"{' and '.join(sources)} exclude each other: give one of them")
    for name, value in params.items():
        if name.endswith("limit") and value != "max" and not (value.isdecimal() and int(value) >= 1):
            raise ValueError(
                f"{name}={value!r}: give a whole number from 1 up; leave it out to get all in the fewest requests"
            )


def only_source(sources: Mapping[str, T | None], params: Mapping[str, str]) -> tuple[str, T]:
    """The kind and the inputs of the one source that was given. Raises ValueError for none, or for several."""
    chosen = [(kind, source) for kind, source in sources.items() if source is not None]
    if len(chosen) != 1:
        misspelt = misspelt_source(params) if not chosen else ""
        raise ValueError(misspelt or "give pages() exactly one of titles, pageids and revids")
    return chosen[0]


def why_not_iterable(params: Mapping[str, str]) -> str | None:
    """Why a query has no pages to iterate, and what to use instead; None if it has pages."""
    if "rawcontinue" in params:
        return "a query with rawcontinue has no pages to iterate: use .batches()"
    if any(name in params for name in SOURCES):
        return None
    if misspelt := misspelt_source(params):
        return misspelt
    lists = params.get("list", "allpages").partition("|")[0]
    return (
        "this query has no source of pages (titles, pageids, revids or generator), so it has no pages to iterate: "
        f"use .batches() for its lists and meta data, or site.list({lists!r}) for the rows of one list"
    )


def misspelt_source(names: Iterable[str]) -> str:
    """What is wrong with a query without a source of pages, if the name of one seems to be misspelt; else empty."""
    for name in names:
        source = _http.keywords.did_you_mean(name, [source for source in SOURCES if source[0] == name[:1]])
        if source:
            return f"a query has no parameter {name!r}{source}"
    return ""
