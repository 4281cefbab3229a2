"""Compare two texts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal

from mwclient_async._actions.arguments import (
    Texts,
    at_most_one,
    checked_choice,
    checked_flags,
    checked_id,
    checked_texts,
)
from mwclient_async._actions.call import ActionGroup
from mwclient_async._http.conversion import structurer
from mwclient_async._http.json_values import object_at
from mwclient_async._http.params import checked_text, checked_title
from mwclient_async._http.titled import TitleLike
from mwclient_async.models.actions_parse import ComparedRevision, CompareResult

CompareProp = Literal[
    "comment", "diff", "diffsize", "ids", "parsedcomment", "rel", "size", "timestamp", "title", "user"
]
SlotTexts = str | Mapping[str, str]
"""The text of the main slot, or the texts of several slots by their names."""


class CompareActions(ActionGroup):
    """Actions that compare texts."""

    async def compare(
        self,
        *,
        fromtitle: TitleLike | None = None,
        fromid: int | None = None,
        fromrev: int | None = None,
        fromtext: SlotTexts | None = None,
        fromcontentmodel: str | None = None,
        frompst: bool = False,
        totitle: TitleLike | None = None,
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
        """Compare two texts: each is the latest text of a page, a revision, or a text that you give.

        Returns a CompareResult: both sides, and the difference as HTML.

        Arguments:
            fromtext, totext: a text. With a page or a revision on the same side, it is compared as the new text of
                that page.
            torelative: compare with the previous, the next or the current revision, instead of a second side.
            slots: compare these slots one by one; ``"*"`` is all of them.

        Raises:
            ValueError: a side is missing, or arguments contradict each other.
            PageMissing: there is no such page or revision.
            ApiError: the text of a revision is hidden (``missingcontent``).
            UnrecognizedParameters: this wiki does not know a ``prop``.
            InvalidParameter: this wiki does not know the ``difftype``.

        See https://www.mediawiki.org/wiki/API:Compare.
        """
        side: dict[str, Any] = {"title": totitle, "id": toid, "rev": torev, "text": totext}
        if torelative is not None and any(value is not None for value in side.values()):
            raise ValueError("torelative is the other side: leave out totitle, toid, torev and totext")
        params = {
            **_side(
                self._session.wiki,
                "from",
                title=fromtitle,
                id=fromid,
                rev=fromrev,
                text=fromtext,
                model=fromcontentmodel,
            ),
            **({} if torelative is not None else _side(self._session.wiki, "to", **side, model=tocontentmodel)),
            **checked_flags(frompst=frompst, topst=topst),
            "torelative": checked_choice("torelative", torelative, Literal["cur", "next", "prev"]),
            "prop": checked_texts("prop", prop),
            "slots": checked_texts("slots", slots),
            "difftype": difftype,
        }
        return await self._read_result("compare", params, _read_comparison)


def _read_comparison(raw: Any) -> CompareResult:
    result = object_at(raw)
    return structurer(CompareResult)({**result, "from": _revision("from", result), "to": _revision("to", result)})


def _side(wiki: str, name: str, *, text: SlotTexts | None, model: str | None, **sources: Any) -> dict[str, Any]:
    """The parameters of one side; ``sources`` are a title, a page id and a revision id."""
    params = at_most_one(**{f"{name}{key}": value for key, value in sources.items()})
    if not params and text is None:
        raise ValueError(f"say what to compare: one of {name}title, {name}id, {name}rev, and {name}text")
    if sources["title"] is not None:
        params[f"{name}title"] = checked_title(sources["title"], wiki)
    checked_id(f"{name}id", sources["id"])
    checked_id(f"{name}rev", sources["rev"])
    texts = {"main": text} if isinstance(text, str) else dict(text or {})
    for slot, slot_text in texts.items():
        params[f"{name}text-{slot}"] = checked_text(f"{name}text", slot_text)
        params[f"{name}contentmodel-{slot}"] = model or (None if sources["title"] or sources["rev"] else "wikitext")
    return {**params, f"{name}slots": list(texts) or None}


def _revision(name: str, result: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of one side, without the prefix that the wiki gives them."""
    known = ComparedRevision.__attrs_attrs__
    return {field.name: result[f"{name}{field.name}"] for field in known if f"{name}{field.name}" in result}
