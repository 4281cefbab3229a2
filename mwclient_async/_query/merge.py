"""Merging: the fragments of one batch -> its pages, whole and in order.

Within a batch each reply repeats all pages as stubs and holds a part of their properties. Lists are appended, objects
(pageprops) merged, scalars taken from the latest reply. The generator runs anew for every reply, so pages can come
and go in the midst of a batch: the last reply decides which pages it has, because the next batch begins where that
one ended; a page that came late lacks what earlier replies said of the others, and :meth:`Merged.latecomers` names
it.

The wiki sorts ``pages`` by page id. The generator's own order is in ``index`` where a module sets it, else in the
order of ``indexpageids``. See https://www.mediawiki.org/wiki/API:Query#batchcomplete.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, MutableMapping
from typing import Any

from attrs import define, field

from mwclient_async._values.warnings import ApiWarning

TITLE_MAPS = ("normalized", "converted", "redirects", "interwiki")
_ENVELOPE = frozenset({"query", "continue", "batchcomplete", "warnings", "limits", "query-continue"})


@define
class MergedBatch:
    """The fragments of one batch, merged by the server's rules."""

    _rest: dict[str, Any] = field(factory=dict)
    _query: dict[str, Any] = field(factory=dict)
    _titles: dict[str, dict[str, Any]] = field(factory=dict)
    _pages: dict[str, dict[str, Any]] = field(factory=dict)
    _order: dict[str, tuple[bool, int]] = field(factory=dict)
    _seen: dict[str, int] = field(factory=dict)
    _replies: int = 0
    _latest: tuple[str, ...] = ()
    warnings: list[ApiWarning] = field(factory=list)

    def add(self, body: Mapping[str, Any], warnings: tuple[ApiWarning, ...] = ()) -> None:
        """Take in one reply. The reply's own containers may be kept and changed."""
        self.warnings.extend(warning for warning in warnings if warning not in self.warnings)
        for name, value in body.items():
            if name not in _ENVELOPE:
                _merge_key(self._rest, name, value)
        query = body.get("query")
        if not isinstance(query, Mapping):
            return
        pages = query.get("pages")
        if isinstance(pages, list):
            self._add_pages(pages, query.get("pageids", ()))
        for name, value in query.items():
            if name in TITLE_MAPS:  # repeated by every reply of the batch
                self._titles.setdefault(name, {}).update(
                    (entry.get("from", entry.get("title")), entry) for entry in value
                )
            elif name not in {"pages", "pageids"}:
                _merge_key(self._query, name, value)

    @property
    def pages(self) -> list[dict[str, Any]]:
        """The pages that the last reply had, as far as they have come."""
        return [self._pages[key] for key in self._latest]

    def late_pages(self) -> list[Mapping[str, Any]]:
        """The pages of the last reply that an earlier one did not have."""
        return [self._pages[key] for key in self._latest if self._seen[key] < self._replies]

    def replace(self, pages: Iterable[Mapping[str, Any]]) -> None:
        """Put whole pages in the place of fragments, where those stand; one that is gone meanwhile is gone."""
        for page in pages:
            key = page_identity(page)
            if page.get("missing") and "title" not in page:
                self._latest = tuple(known for known in self._latest if known != key)
                continue
            stub = self._pages.get(key, {})
            self._pages[key] = {**({"index": stub["index"]} if "index" in stub else {}), **page}

    def finished(self) -> Mapping[str, Any]:
        """The merged body: the pages that the last reply had, in the generator's order and missing ones last."""
        if self._pages:
            self._query["pages"] = [self._pages[key] for key in sorted(self._latest, key=self._rank)]
        titles = {name: list(entries.values()) for name, entries in self._titles.items()}
        return {**self._rest, "query": {**titles, **self._query}}

    def _add_pages(self, pages: list[dict[str, Any]], pageids: list[str]) -> None:
        self._replies += 1
        keys = [page_identity(page) for page in pages]
        for key, page, place in zip(keys, pages, _places(pages, pageids), strict=True):
            self._seen[key] = self._seen.get(key, 0) + 1
            if place is not None or key not in self._order:
                self._order[key] = (place is None, len(self._order) if place is None else place)
            if key in self._pages:
                merge(self._pages[key], page)
            else:
                self._pages[key] = page
        self._latest = tuple(keys)

    def _rank(self, key: str) -> tuple[bool, int, tuple[bool, int]]:
        page = self._pages[key]
        index = page.get("index")
        absent = "pageid" not in page or bool(page.get("missing"))
        return (absent and index is None, index if isinstance(index, int) else 0, self._order[key])


def _places(pages: list[dict[str, Any]], pageids: list[str]) -> Iterator[int | None]:
    # Pages that do not exist have negative ids in `pageids` and none of their own, but stand in the order of those ids.
    place = {int(pageid): number for number, pageid in enumerate(pageids)}
    absent = iter(sorted(pageid for pageid in place if pageid < 0))
    for page in pages:
        yield place.get(page["pageid"] if "pageid" in page else next(absent, 0))


def page_identity(page: Mapping[str, Any]) -> str:
    """What identifies a page within a batch: its id, or namespace and title where it has none."""
    return str(page["pageid"]) if "pageid" in page else f"{page.get('ns', '')}|{page.get('title', '')}"


def merge(known: MutableMapping[str, Any], more: Mapping[str, Any]) -> None:
    """Merge a later fragment into an earlier one: lists are appended, objects merged, scalars replaced."""
    for name, value in more.items():
        _merge_key(known, name, value)


def _merge_key(known: MutableMapping[str, Any], name: str, value: Any) -> None:
    before = known.get(name)
    if isinstance(before, list) and isinstance(value, list):
        before.extend(value)
    elif isinstance(before, dict) and isinstance(value, Mapping):
        merge(before, value)
    elif isinstance(before, dict | list) and isinstance(value, Mapping | list) and not value:
        pass  # PHP's empty map is an empty list, and the other way round
    else:
        known[name] = value
