"""Page sets: a list of titles or ids becomes one page per input, in the order of the inputs.

The wiki's response is a set of pages: it contains equal pages once, in its own order, under titles that it has changed.
Four lists say which page belongs to which input, in this order: ``normalized`` (may chain), ``converted``,
``interwiki``, ``redirects`` (may chain, and loop). Ids that do not exist come as missing pages, or in ``badrevids``.

See https://www.mediawiki.org/wiki/API:Query#Specifying_pages.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol
from urllib.parse import unquote

from attrs import evolve, frozen

from mwclient_async._http.conversion import Row
from mwclient_async._http.flow import Flow
from mwclient_async._http.json_values import number_at, rows_at
from mwclient_async._http.params import wire_value
from mwclient_async._query.continuation import FetchedBatch, Query
from mwclient_async._query.loop_guard import LoopGuard
from mwclient_async._session.module_table import CONTENT_LIMITS
from mwclient_async.errors import ProtocolError
from mwclient_async.models.page import TOO_LARGE

Input = str | int
"""A title, or the id of a page or revision."""


@frozen(kw_only=True)
class PageSet:
    """The pages of any number of inputs of one ``kind``: ``titles``, ``pageids`` or ``revids``."""

    query: Query
    kind: str

    @property
    def knows_account(self) -> bool:
        """Whether the account is known, and so the largest number of inputs of one request."""
        return self.query.account() is not None

    @property
    def room(self) -> int:
        """How many different inputs one request of this account takes."""
        return CONTENT_LIMITS[self.query.high_limits]

    def fetch(self, inputs: Sequence[Input]) -> Flow[FetchedBatch]:
        """Fetch one row for each input.

        A row has the input in ``asked``, and ``status`` if there is no page.
        """
        found = yield from self.find(inputs)
        return evolve(found.batch, rows=[found.row(value) for value in inputs], next_continue=None)

    def find(self, inputs: Sequence[Input]) -> Flow[FoundPages]:
        """Fetch the pages of these inputs, which are then found one by one."""
        sendable = dict.fromkeys(to_nfc(value) for value in inputs if _row_of_unsendable(value) is None)
        fetched = _NOTHING
        if sendable:
            values = wire_value(self.kind, list(sendable))
            query = evolve(self.query, params={**self.query.params, self.kind: values or ""})
            fetched = yield from query.batch({}, query.limits(wanted=None, sent={}), LoopGuard())
        if fetched.next_continue is not None:
            raise ProtocolError("the wiki has more than the requested pages: use site.query for this query")
        return FoundPages(batch=fetched, kind=self.kind, lookup=_LOOKUPS[self.kind](fetched))


@frozen(kw_only=True)
class FoundPages:
    """The pages that the wiki sent for some inputs."""

    batch: FetchedBatch
    _kind: str
    _lookup: _Lookup

    def row(self, value: Input) -> Row:
        """The row of one of the inputs.

        It has the input in ``asked``, and ``status`` if there is no page. Raises ProtocolError if the wiki sent nothing
        for this input.
        """
        row = _row_of_unsendable(value) or self._lookup.find(value)
        if row is None:
            raise ProtocolError(f"the wiki sent no page for {value!r} of {self._kind}, and no reason")
        if self._kind == "revids" and row.get("missing"):
            row = {"title": "", "status": "badrevid"}
        return {**row, "asked": value}


_NOTHING = FetchedBatch(rows=[], next_continue=None, body={"query": {}})
_LARGEST_ID = 2**63 - 1


def _row_of_unsendable(value: Input) -> Row | None:
    """The row for an input that the wiki cannot read, None for all other inputs."""
    if isinstance(value, int):
        return {"title": "", "missing": True} if abs(value) > _LARGEST_ID else None
    if "\x1f" in value or any("\ud800" <= char <= "\udfff" for char in value):
        return {"title": value, "invalid": True, "invalidreason": "The title has a character that no title can have."}
    return None


def to_nfc(value: Input) -> str:
    """The input as text in Unicode's form NFC. MediaWiki stores titles in this form only."""
    return unicodedata.normalize("NFC", str(value))


class _Lookup(Protocol):
    """Finds the row that belongs to an input."""

    def find(self, value: Input) -> Row | None: ...


class _ByTitle:
    def __init__(self, fetched: FetchedBatch) -> None:
        query = fetched.body["query"]
        self._pages = {page["title"]: page for page in fetched.rows if "title" in page}
        self._normalized = {
            unquote(entry["from"]) if entry.get("fromencoded") else entry["from"]: entry["to"]
            for entry in query.get("normalized", ())
        }
        self._converted = {entry["from"]: entry["to"] for entry in query.get("converted", ())}
        self._interwiki = {entry["title"]: entry for entry in query.get("interwiki", ())}
        self._redirects = {entry["from"]: entry for entry in query.get("redirects", ())}

    def find(self, value: Input) -> Row | None:
        title = _end_of_chain(to_nfc(value), self._normalized)
        title = self._converted.get(title, title)
        seen = set()
        while title in self._redirects and title not in seen:
            seen.add(title)
            target = self._redirects[title]
            if "tointerwiki" in target:
                return {"title": target["to"], "status": "interwiki"}
            title = self._converted.get(target["to"], target["to"])  # targets are converted, too
        if title in self._pages:
            return self._pages[title]
        if title in self._interwiki:
            return {"title": title, "status": "interwiki"}
        if title in seen:
            return {"title": title, "status": "circular"}
        if not title.strip(" _"):  # the wiki ignores an empty title that is requested alone
            return {"title": title, "invalid": True, "invalidreason": "The title is empty."}
        return None


def _end_of_chain(title: str, steps: Mapping[str, str]) -> str:
    for _ in range(len(steps)):
        if title not in steps:
            break
        title = steps[title]
    return title


class _ById:
    def __init__(self, fetched: FetchedBatch) -> None:
        self._pages = {page["pageid"]: page for page in fetched.rows if "pageid" in page}

    def find(self, value: Input) -> Row | None:
        return self._pages.get(int(value))


class _ByRevision:
    def __init__(self, fetched: FetchedBatch) -> None:
        self._found: dict[int, Row] = {}
        for page in fetched.rows:
            too_large = page.get(TOO_LARGE, {})
            readable = {name: value for name, value in page.items() if name != TOO_LARGE}
            for kind in ("revisions", "deletedrevisions"):
                for revision in rows_at(page, kind):
                    self._found[number_at(revision, "revid")] = {**readable, kind: [revision]}
                for revid in too_large.get(kind, ()):
                    self._found[int(revid)] = {**readable, kind: [], TOO_LARGE: {kind: [revid]}}

    def find(self, value: Input) -> Row:
        # The wiki lists most bad ids in `badrevids`, but no deleted revision if the account may see it.
        return self._found.get(int(value), {"title": "", "status": "badrevid"})


_LOOKUPS: Mapping[str, Callable[[FetchedBatch], _Lookup]] = {
    "titles": _ByTitle,
    "pageids": _ById,
    "revids": _ByRevision,
}
