"""Merging: the fragments of one batch become its pages, complete and in order.

Within a batch each response repeats all pages as stubs and holds a part of their properties. Lists are appended,
objects (pageprops) are merged, and scalars are taken from the latest response.

The generator runs anew for each request, so pages can enter and leave a batch between two responses. The last response
decides which pages belong to the batch, because the next batch begins where that response ended. A page that entered
late lacks the properties that earlier responses had for the other pages; :meth:`MergedBatch.late_pages` lists such
pages.

The wiki sorts ``pages`` by page id. The generator's own order is in ``index`` if its module sets it, else in the order
of ``indexpageids``. See https://www.mediawiki.org/wiki/API:Query#batchcomplete.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, MutableMapping
from typing import Any

from attrs import define, field

from mwclient_async._http.conversion import Row
from mwclient_async._http.json_values import list_at, object_at
from mwclient_async._http.response_shape import TITLE_MAPS
from mwclient_async._query.oversized import Group
from mwclient_async._session.module_table import Module
from mwclient_async._values.warnings import ApiWarning
from mwclient_async.errors import ProtocolError, ReplyTooLarge
from mwclient_async.models.page import TOO_LARGE

_LEAST_SIZE = 4096  # bytes that each response counts for, so that a batch of empty ones comes to an end, too
_PROTOCOL_KEYS = frozenset({"query", "continue", "batchcomplete", "warnings", "limits", "query-continue"})


@define
class MergedBatch:
    """The fragments of one batch, merged by the server's rules."""

    _rest: dict[str, Any] = field(factory=dict)
    _query: dict[str, Any] = field(factory=dict)
    _titles: dict[str, dict[str, Any]] = field(factory=dict)
    _pages: dict[str, dict[str, Any]] = field(factory=dict)
    _order: dict[str, tuple[bool, int]] = field(factory=dict)
    _times_seen: dict[str, int] = field(factory=dict)
    _page_responses: int = 0
    _size: int = 0
    _latest: tuple[str, ...] = ()
    warnings: list[ApiWarning] = field(factory=list)
    too_large: dict[str, tuple[Module, ...]] = field(factory=dict)  # modules with such a row, by its position

    def count(self, size: int, *, most: int) -> None:
        """Count a response of that many bytes. Raises ReplyTooLarge if the batch is larger than ``most`` bytes."""
        self._size += max(size, _LEAST_SIZE)
        if self._size > most:
            raise ReplyTooLarge(
                f"the responses of one batch are larger than {most} bytes in all, and the batch is not complete: read "
                "it with stream.fragments(), make batch_size smaller, or raise Limits(max_batch_bytes=...)"
            )

    def add(self, body: Mapping[str, Any], warnings: tuple[ApiWarning, ...] = ()) -> None:
        """Merge one response. Its lists and dicts may be kept and changed."""
        self.warnings.extend(warning for warning in warnings if warning not in self.warnings)
        for name, value in body.items():
            if name not in _PROTOCOL_KEYS:
                _merge_key(self._rest, name, value)
        query = body.get("query")
        if not isinstance(query, Mapping):
            return
        pages = query.get("pages")
        if isinstance(pages, list):
            self._add_pages(pages, list_at(query, "pageids"))
        for name, value in query.items():
            if name in TITLE_MAPS:  # each response of the batch repeats them
                self._titles.setdefault(name, {}).update(
                    (entry.get("from", entry.get("title")), entry) for entry in value
                )
            elif name not in {"pages", "pageids"}:
                _merge_key(self._query, name, value)

    @property
    def pages(self) -> list[dict[str, Any]]:
        """The pages of the last response, with all properties received so far."""
        return [self._pages[key] for key in self._latest]

    def late_pages(self) -> list[Mapping[str, Any]]:
        """The pages of the last response that an earlier response did not have."""
        return [self._pages[key] for key in self._latest if self._times_seen[key] < self._page_responses]

    def replace(self, pages: Iterable[Mapping[str, Any]]) -> None:
        """Replace fragments by complete pages, in the same order. A page that has been deleted since is removed."""
        for page in pages:
            key = page_key(page)
            if page.get("missing") and "title" not in page:
                self._latest = tuple(known for known in self._latest if known != key)
                continue
            stub = self._pages.get(key, {})
            self._pages[key] = {**({"index": stub["index"]} if "index" in stub else {}), **page}

    def drop_rows(self, names: Iterable[str]) -> None:
        """Drop the rows of these modules, which are requested again."""
        for page in self.pages:
            for name in names:
                page.pop(name, None)

    def put_rows(self, pages: Iterable[Mapping[str, Any]], names: Iterable[str]) -> None:
        """Add what pages have of these modules. Another revision of a page may have brought rows of it before."""
        for page in pages:
            known = self._pages.get(page_key(page), {})
            for key, value in page.items():
                if key in names and isinstance(value, list):
                    known.setdefault(key, []).extend(value)
                else:
                    known[key] = value

    def mark_too_large(self, title: str, names: Iterable[str], group: Group) -> bool:
        """Say in the mapping of a page that a row of these modules is too large, and which revision was asked for.

        Returns whether there is such a page. There is none if it was moved since the batch began.
        """
        revids = group.values if group.parameter == "revids" else ()
        found = [page for page in self.pages if page.get("title") == title]
        for page in found:
            for name in names:
                page.setdefault(TOO_LARGE, {}).setdefault(name, []).extend(revids)
        return bool(found)

    def finished(self) -> Mapping[str, Any]:
        """The merged body: the pages of the last response, in the generator's order, missing pages last."""
        if self._pages:
            self._query["pages"] = [self._pages[key] for key in sorted(self._latest, key=self._rank)]
        titles = {name: list(entries.values()) for name, entries in self._titles.items()}
        return {**self._rest, "query": {**titles, **self._query}}

    def _add_pages(self, pages: list[dict[str, Any]], pageids: list[str]) -> None:
        self._page_responses += 1
        keys = [page_key(page) for page in pages]
        for key, page, position in zip(keys, pages, _positions(pages, pageids), strict=True):
            self._times_seen[key] = self._times_seen.get(key, 0) + 1
            if position is not None or key not in self._order:
                self._order[key] = (position is None, len(self._order) if position is None else position)
            if key in self._pages:
                merge_fragment(self._pages[key], page)
            else:
                self._pages[key] = page
        self._latest = tuple(keys)

    def _rank(self, key: str) -> tuple[bool, int, tuple[bool, int]]:
        page = self._pages[key]
        index = page.get("index")
        absent = "pageid" not in page or bool(page.get("missing"))
        return (absent and index is None, index if isinstance(index, int) else 0, self._order[key])


def _positions(pages: list[dict[str, Any]], pageids: list[str]) -> Iterator[int | None]:
    """The position of each page in ``indexpageids``, None for a page that is not in it."""
    # Pages that do not exist have negative ids in `pageids` and no `pageid` key. They come in the order of those ids.
    position = {int(pageid): number for number, pageid in enumerate(pageids)}
    absent = iter(sorted(pageid for pageid in position if pageid < 0))
    for page in pages:
        yield position.get(page["pageid"] if "pageid" in page else next(absent, 0))


def merge_fragment(known: MutableMapping[str, Any], more: Mapping[str, Any]) -> None:
    """Merge a later fragment into an earlier one: lists are appended, objects merged, scalars replaced."""
    for name, value in more.items():
        _merge_key(known, name, value)


def _merge_key(known: MutableMapping[str, Any], name: str, value: Any) -> None:
    before = known.get(name)
    if isinstance(before, list) and isinstance(value, list):
        before.extend(value)
    elif isinstance(before, dict) and isinstance(value, Mapping):
        merge_fragment(before, value)
    elif isinstance(before, dict | list) and isinstance(value, Mapping | list) and not value:
        pass  # PHP sends an empty map as an empty list, and an empty list as an empty map
    else:
        known[name] = value


# The rows of a merged body --------------------------------------------------------------------------------------------


def pages_of(body: Mapping[str, Any]) -> list[Row]:
    """The pages of a merged body."""
    return body["query"].get("pages", [])


def page_key(page: Mapping[str, Any]) -> str:
    """What identifies a page within a batch: its id, or its namespace and title if it has no id."""
    return str(page["pageid"]) if "pageid" in page else f"{page.get('ns', '')}|{page.get('title', '')}"


def rows_of_list(module: str, body: Mapping[str, Any]) -> list[Row]:
    """The rows of one list in a merged body. Of some lists (codexicons), the value is an object: it is the only row."""
    if module == "watchlistraw":  # the only list whose rows are outside `query`
        return list_at(body, module)
    rows = body["query"].get(module)
    if isinstance(rows, Mapping):
        return list_at(rows, "results") if "results" in rows else [rows]  # querypage wraps its rows
    return list_at(body, "query", module)  # a list that has finished, or has no rows, may be absent


def rows_of_only_list(module: str, body: Mapping[str, Any]) -> list[Row]:
    """The rows of the only list of a query. Raises ProtocolError if they are not found under its name."""
    rows = body["query"].get(module)
    if isinstance(rows, Mapping) and module != "querypage":
        lists = [value for value in rows.values() if isinstance(value, list)]
        if len(lists) == 1:
            return lists[0]
    elif rows is not None or module in body or not body["query"]:
        return rows_of_list(module, body)
    raise ProtocolError(
        f"the response to list={module} has an unknown format (its keys: {', '.join(body['query'])}): read it with "
        f"site.query(list={module!r}).batches()"
    )


def list_row_key(row: Row) -> str:
    """What identifies a row of a list: the id of its event, else a hash of the row, because lists have no common id."""
    for name in ("rcid", "logid"):
        if name in object_at(row):
            return f"{name}{row[name]}"
    text = json.dumps(row, sort_keys=True, separators=(",", ":"))
    return base64.urlsafe_b64encode(hashlib.blake2b(text.encode(), digest_size=9).digest()).decode()
