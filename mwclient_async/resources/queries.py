"""Queries and lists as streams. The manual's pages are https://www.mediawiki.org/wiki/API:Query and API:Lists."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from mwclient_async.models.lists import CategoryMember, ListedCategory, ListedPage, RecentChange, SearchResult
from mwclient_async.models.page import Page
from mwclient_async.sansio import params as wire_params
from mwclient_async.sansio.continuing import Pager, Query, Row, page_key, pages_of, row_key, rows_of
from mwclient_async.sansio.convert import pager, structurer
from mwclient_async.session import Session
from mwclient_async.stream import Stream

_SOURCES = ("titles", "pageids", "revids", "generator")
_ITEMS: Mapping[str, type[Any]] = {
    "allcategories": ListedCategory,
    "allpages": ListedPage,
    "backlinks": ListedPage,
    "categorymembers": CategoryMember,
    "embeddedin": ListedPage,
    "imageusage": ListedPage,
    "prefixsearch": ListedPage,
    "recentchanges": RecentChange,
    "search": SearchResult,
}


def page_stream(
    session: Session,
    wiki: str,
    *,
    limit: int | None,
    batch_size: int | None,
    params: Mapping[str, Any] | None,
    keywords: Mapping[str, Any],
) -> Stream[Page]:
    """The pages of an ``action=query``."""
    encoded = wire_params.encode(params, keywords)
    _check_counts(limit, batch_size)
    _check_query(encoded)
    props = wire_params.values(encoded.get("prop", ""))
    has_source = any(name in encoded for name in _SOURCES)

    async def prepare() -> Pager:
        names = [
            f"query+{name}" for key in ("prop", "list", "meta") for name in wire_params.values(encoded.get(key, ""))
        ]
        feeding = [f"query+{name}" for name in wire_params.values(encoded.get("generator", ""))]
        modules = await session.modules([*names, *feeding])
        generator = modules[feeding[0]] if feeding else None
        return Query(
            params={"action": "query", **({"indexpageids": "1"} if has_source else {}), **encoded},
            modules=tuple(modules[name] for name in dict.fromkeys(names)),
            generator=generator,
            account=await session.account(),
            batch_size=batch_size,
            source=f"g{generator.prefix}limit" if generator is not None and generator.limits else None,
            paged=has_source,
            rows=pages_of,
            keyed=page_key,
        )

    return Stream(
        prepare=prepare,
        convert=lambda: pager(props),
        send=session.send,
        wiki=wiki,
        fingerprinted=_without_limits(encoded),
        limit=limit,
        not_iterable=None if has_source else _no_source(encoded),
    )


def list_stream(
    session: Session,
    wiki: str,
    module: str,
    *,
    limit: int | None,
    batch_size: int | None,
    keywords: Mapping[str, Any],
) -> Stream[Any]:
    """The rows of one list; the parameters of ``keywords`` are without the list's prefix."""
    if not re.fullmatch(r"\w+", module):
        raise ValueError(f"list({module!r}): give the name of one list, for example 'allpages'")
    encoded = wire_params.encode(None, keywords)
    if "continue" in encoded:
        raise ValueError("continue is the stream's own business: store run.cursor and use stream.resume(cursor)")
    _check_counts(limit, batch_size)

    async def prepare() -> Pager:
        found = (await session.modules([f"query+{module}"]))[f"query+{module}"]
        prefixed = {f"{found.prefix}{name}": value for name, value in encoded.items()}
        return Query(
            params={"action": "query", "list": module, **prefixed},
            modules=(found,),
            account=await session.account(),
            batch_size=batch_size,
            source=f"{found.prefix}limit" if found.limits else None,
            paged=False,
            rows=lambda body: rows_of(module, body),
            keyed=row_key,
        )

    def convert() -> Callable[[Row], Any]:
        return structurer(_ITEMS[module]) if module in _ITEMS else _as_it_is

    return Stream(
        prepare=prepare,
        convert=convert,
        send=session.send,
        wiki=wiki,
        fingerprinted={"list": module, **encoded},
        limit=limit,
    )


def _as_it_is(row: Row) -> Row:
    return row


def _without_limits(params: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in params.items() if not name.endswith("limit")}


def _check_counts(limit: int | None, batch_size: int | None) -> None:
    for name, value, least in (("limit", limit, 0), ("batch_size", batch_size, 1)):
        if value is not None and not wire_params.is_count(value, least=least):
            raise ValueError(f"{name}={value!r}: give a whole number from {least} up, or None for all there is")


def _check_query(params: Mapping[str, str]) -> None:
    if "continue" in params:
        raise ValueError("continue is the stream's own business: store run.cursor and use stream.resume(cursor)")
    given = [name for name in ("titles", "pageids", "revids") if name in params]
    if len(given) > 1:
        raise ValueError(f"{' and '.join(given)} exclude each other: give one of them")
    for name, value in params.items():
        if name.endswith("limit") and value != "max" and (not value.isdecimal() or int(value) < 1):
            raise ValueError(
                f"{name}={value!r}: give a whole number from 1 up; leave it out to get all in the fewest requests"
            )


def _no_source(params: Mapping[str, str]) -> str:
    lists = params.get("list", "allpages").partition("|")[0]
    return (
        "this query has no source of pages (titles, pageids, revids or generator), so it has no pages to iterate: "
        f"use .batches() for its lists and meta data, or site.list({lists!r}) for the rows of one list"
    )
