"""A list of titles or ids -> one answer per input, in the order of the inputs.

The wiki answers with a set of pages: equal ones collapsed, in its own order, under names that it has changed. Which
page belongs to which input is told by four lists, in this order: ``normalized`` (may chain), ``converted``,
``interwiki``, ``redirects`` (may chain, and loop); ids that are none come as missing pages, or in ``badrevids``. See
https://www.mediawiki.org/wiki/API:Query#Specifying_pages.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol
from urllib.parse import unquote

from attrs import evolve, frozen

from mwclient_async.errors import ProtocolError
from mwclient_async.sansio.continuing import Fetched, LoopGuard, Query, Row
from mwclient_async.sansio.modules import CONTENT_LIMITS
from mwclient_async.sansio.params import wire_value
from mwclient_async.sansio.wire import Conversation

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

    def fetch(self, inputs: Sequence[Input]) -> Conversation[Fetched]:
        """One row for each input.

        A row has ``asked`` beside what the wiki sent, and ``status`` where there is no page.
        """
        values = wire_value(self.kind, list(dict.fromkeys(map(normal, inputs))))
        assert values is not None
        query = evolve(self.query, params={**self.query.params, self.kind: values})
        fetched = yield from query.batch({}, query.limits(want=None, sent={}), LoopGuard())
        answers = _ANSWERS[self.kind](fetched)
        return evolve(
            fetched, rows=[{**self._answer(answers, value), "asked": value} for value in inputs], following=None
        )

    def _answer(self, answers: _Answers, value: Input) -> Row:
        answer = answers.find(value)
        if answer is None:
            raise ProtocolError(f"the wiki gave no page for {value!r} of {self.kind}, and did not say why")
        return answer


def normal(value: Input) -> str:
    """An input as it is sent: text in Unicode's form NFC, which is the only one that wikis have."""
    return unicodedata.normalize("NFC", str(value))


class _Answers(Protocol):
    def find(self, asked: Input) -> Row | None: ...


class _ByTitle:
    def __init__(self, fetched: Fetched) -> None:
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
            title = target["to"]
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
    def __init__(self, fetched: Fetched) -> None:
        self._pages = {page["pageid"]: page for page in fetched.rows if "pageid" in page}

    def find(self, asked: Input) -> Row | None:
        return self._pages.get(int(asked))


class _ByRevision:
    def __init__(self, fetched: Fetched) -> None:
        self._found: dict[int, Row] = {}
        for page in fetched.rows:
            for revision in page.get("revisions", ()):
                self._found[revision["revid"]] = {**page, "revisions": [revision]}
        bad: Any = fetched.body["query"].get("badrevids", {})
        self._bad = {int(entry["revid"]) for entry in (bad.values() if isinstance(bad, Mapping) else bad)}

    def find(self, asked: Input) -> Row | None:
        if int(asked) in self._bad:
            return {"title": "", "status": "badrevid"}
        return self._found.get(int(asked))


_ANSWERS: Mapping[str, Callable[[Fetched], _Answers]] = {
    "titles": _ByTitle,
    "pageids": _ById,
    "revids": _ByRevision,
}
