"""Differences between texts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal

from mwclient_async._actions.arguments import Texts, an_id, at_most_one, chosen, flags, texts
from mwclient_async._actions.call import ActionGroup
from mwclient_async._http.conversion import structurer
from mwclient_async._http.params import checked_text, checked_title
from mwclient_async.models.actions_parse import ComparedRevision, CompareResult

CompareProp = Literal[
    "comment", "diff", "diffsize", "ids", "parsedcomment", "rel", "size", "timestamp", "title", "user"
]
SlotTexts = str | Mapping[str, str]
"""The text of the main slot, or of slots by their names."""


class Comparing(ActionGroup):
    """What differs between two texts."""

    async def compare(
        self,
        *,
        fromtitle: str | None = None,
        fromid: int | None = None,
        fromrev: int | None = None,
        fromtext: SlotTexts | None = None,
        fromcontentmodel: str | None = None,
        frompst: bool = False,
        totitle: str | None = None,
        toid: int | None = None,
        torev: int | None = None,
        totext: SlotTexts | None = None,
        tocontentmodel: str | None = None,
        topst: bool = False,
        torelative: Literal["cur", "next", "prev"] | None = None,
        prop: CompareProp | Iterable[CompareProp] | None = None,
        slots: Texts | None = None,
        difftype: Literal["inline", "table", "unified"] | None = None,
    ) -> CompareResult:
        """Compare two of: the latest text of a page, a revision, a text that is given; or a revision and its neighbour.

        A text may stand beside a page or a revision, in whose place it is then compared. ``slots="*"`` compares each
        slot by itself.

        Raises ValueError for contradictions; PageMissing where there is no such page or revision; ApiError for a
        revision whose text was hidden (``missingcontent``); UnrecognizedParameters for a ``prop`` and InvalidParameter
        for a ``difftype`` that this wiki does not know. See https://www.mediawiki.org/wiki/API:Compare.
        """
        side: dict[str, Any] = {"title": totitle, "id": toid, "rev": torev, "text": totext}
        if torelative is not None and any(value is not None for value in side.values()):
            raise ValueError("torelative is the other side: leave out totitle, toid, torev and totext")
        given = {
            **_side("from", title=fromtitle, id=fromid, rev=fromrev, text=fromtext, model=fromcontentmodel),
            **({} if torelative is not None else _side("to", **side, model=tocontentmodel)),
            **flags(frompst=frompst, topst=topst),
            "torelative": chosen("torelative", torelative, Literal["cur", "next", "prev"]),
            "prop": texts("prop", prop),
            "slots": texts("slots", slots),
            "difftype": difftype,
        }
        said = await self._said("compare", given)
        return structurer(CompareResult)({**said, "from": _revision("from", said), "to": _revision("to", said)})


def _side(name: str, *, text: SlotTexts | None, model: str | None, **given: Any) -> dict[str, Any]:
    named = at_most_one(**{f"{name}{key}": value for key, value in given.items()})
    if not named and text is None:
        raise ValueError(f"say what to compare: one of {name}title, {name}id, {name}rev, and {name}text")
    if given["title"] is not None:
        checked_title(given["title"])
    an_id(f"{name}id", given["id"])
    an_id(f"{name}rev", given["rev"])
    found = {"main": text} if isinstance(text, str) else dict(text or {})
    for slot, words in found.items():
        named[f"{name}text-{slot}"] = checked_text(f"{name}text", words)
        named[f"{name}contentmodel-{slot}"] = model or (None if given["title"] or given["rev"] else "wikitext")
    return {**named, f"{name}slots": list(found) or None}


def _revision(name: str, said: Mapping[str, Any]) -> dict[str, Any]:
    known = ComparedRevision.__attrs_attrs__
    return {field.name: said[f"{name}{field.name}"] for field in known if f"{name}{field.name}" in said}
