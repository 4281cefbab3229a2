"""A list of titles or ids -> one answer per input, in the order of the inputs.

The wiki answers with a set of pages: equal ones collapsed, in its own order, under names that it has changed. Which
page belongs to which input is told by four lists, in this order: ``normalized`` (may chain), ``converted``,
``interwiki``, ``redirects`` (may chain, and loop); ids that are none come as missing pages, or in ``badrevids``. See
https://www.mediawiki.org/wiki/API:Query#Specifying_pages.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol
from urllib.parse import unquote

from attrs import evolve, frozen

from mwclient_async._http.flow import Flow
from mwclient_async._http.params import wire_value
from mwclient_async._query.continuation import FetchedBatch, LoopGuard, Query, Row
from mwclient_async._session.module_table import CONTENT_LIMITS
from mwclient_async.errors import ProtocolError

Input = str | int


@frozen(kw_only=True)
class PageSet:
    """The pages of any number of inputs of one ``kind``: ``titles``, ``pageids`` or ``revids``."""

    query: Query
    kind: str

    @property
    def room(self) -> int:
        """How many different inputs one request takes, for this account."""
        return CONTENT_LIMITS[self.query.account.high_limits]

    def fetch(self, inputs: Sequence[Input]) -> Flow[FetchedBatch]:
        """One row for each input.

        A row has ``asked`` beside what the wiki sent, and ``status`` where there is no page.
        """
        sendable = dict.fromkeys(normal(value) for value in inputs if _unsendable(value) is None)
        fetched = _NOTHING
        if sendable:
            values = wire_value(self.kind, list(sendable))
            query = evolve(self.query, params={**self.query.params, self.kind: values or ""})
            fetched = yield from query.batch({}, query.limits(want=None, sent={}), LoopGuard())
        if fetched.next_continue is not None:
            raise ProtocolError("the wiki goes on after the pages that were asked for: use site.query for this query")
        answers = _ANSWERS[self.kind](fetched)
        return evolve(
            fetched, rows=[{**self._answer(answers, value), "asked": value} for value in inputs], next_continue=None
        )

    def _answer(self, answers: _Answers, value: Input) -> Row:
        answer = _unsendable(value) or answers.find(value)
        if answer is not None and self.kind == "revids" and answer.get("missing"):
            return {"title": "", "status": "badrevid"}
        if answer is None:
            raise ProtocolError(f"the wiki gave no page for {value!r} of {self.kind}, and did not say why")
        return answer


_NOTHING = FetchedBatch(rows=[], next_continue=None, body={"query": {}})
_LARGEST_ID = 2**63 - 1


def _unsendable(value: Input) -> Row | None:
    """The answer to an input that the wiki could not even read."""
    if isinstance(value, int):
        return {"title": "", "missing": True} if abs(value) > _LARGEST_ID else None
    if "\x1f" in value or any("\ud800" <= char <= "\udfff" for char in value):
        return {"title": value, "invalid": True, "invalidreason": "The title has a character that no title has."}
    return None


def normal(value: Input) -> str:
    """An input as it is sent: text in Unicode's form NFC, which is the only one that wikis have."""
    return unicodedata.normalize("NFC", str(value))


class _Answers(Protocol):
    def find(self, asked: Input) -> Row | None: ...


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

    def find(self, asked: Input) -> Row | None:
        title = _followed(normal(asked), self._normalized)
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
        if not title.strip(" _"):  # the wiki takes an empty title alone for no title at all
            return {"title": title, "invalid": True, "invalidreason": "The title is empty."}
        return None


def _followed(title: str, steps: Mapping[str, str]) -> str:
    for _ in range(len(steps)):
        if title not in steps:
            break
        title = steps[title]
    return title


class _ById:
    def __init__(self, fetched: FetchedBatch) -> None:
        self._pages = {page["pageid"]: page for page in fetched.rows if "pageid" in page}

    def find(self, asked: Input) -> Row | None:
        return self._pages.get(int(asked))


class _ByRevision:
    def __init__(self, fetched: FetchedBatch) -> None:
        self._found: dict[int, Row] = {}
        for page in fetched.rows:
            for kind in ("revisions", "deletedrevisions"):
                for revision in page.get(kind, ()):
                    self._found[revision["revid"]] = {**page, kind: [revision]}

    def find(self, asked: Input) -> Row:
        # The wiki lists most of the bad ones, but passes over deleted ones in silence for those who may see them.
        return self._found.get(int(asked), {"title": "", "status": "badrevid"})


_ANSWERS: Mapping[str, Callable[[FetchedBatch], _Answers]] = {
    "titles": _ByTitle,
    "pageids": _ById,
    "revids": _ByRevision,
}
