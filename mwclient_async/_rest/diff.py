"""The wiki's comparison of two revisions -> a Diff, flattened a little on the way.

A line that wikidiff2 finds right above its new version is printed as changed, but as if it were in the older text only:
without its offset in the newer one, where it has a line number all the same. The offset follows from the line before
it, which is always there; it is filled in.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from attrs import evolve

from mwclient_async._http.conversion import structurer
from mwclient_async.errors import ProtocolError
from mwclient_async.models.diff import Diff, DiffLine, DiffType, Highlight, HighlightType

_LOWER = 0  # linkDirection
_TYPES = frozenset(kind.value for kind in DiffType)
_HIGHLIGHTS = frozenset(kind.value for kind in HighlightType)
_CONTINUING = range(0x80, 0xC0)  # bytes of UTF-8 that no character begins with


def read_diff(body: Mapping[str, Any]) -> Diff:
    """The Diff in an answer. Raises ProtocolError for one that has none in it."""
    try:
        lines = [_line(row) for row in body["diff"]]
        diff = structurer(Diff)({"from_": body["from"], "to": body["to"], "lines": lines})
    except (KeyError, TypeError, AttributeError) as error:
        raise ProtocolError(f"the wiki's comparison has another form than is known: {error!r}") from error
    for line in diff.lines:
        _check(line.text.encode(), line.highlights)
    return evolve(diff, lines=_completed(diff.lines))


def _line(row: Mapping[str, Any]) -> dict[str, Any]:
    offset, moved = row.get("offset") or {}, row.get("moveInfo")
    return {
        "type": _known(row["type"], _TYPES),
        "type_number": row["type"],
        "text": row["text"],
        "line_number": row.get("lineNumber"),
        "from_offset": offset.get("from"),
        "to_offset": offset.get("to"),
        "highlights": [
            {**mark, "type": _known(mark["type"], _HIGHLIGHTS)} for mark in row.get("highlightRanges") or ()
        ],
        "move": moved
        and {"id": moved["id"], "link_id": moved["linkId"], "lower": moved.get("linkDirection") == _LOWER},
    }


def _known(number: Any, known: frozenset[int]) -> int:
    if type(number) is not int:
        raise TypeError(f"{number!r} is no type of a line or a highlight")
    return number if number in known else DiffType.UNKNOWN.value


def _check(text: bytes, highlights: Sequence[Highlight]) -> None:
    done = 0
    for mark in highlights:
        if mark.start < done or mark.length < 0 or mark.start + mark.length > len(text):
            raise ProtocolError(f"a highlight of the wiki's comparison does not fit its line: {mark}")
        done = mark.start + mark.length
        if any(_is_inside_a_character(text, place) for place in (mark.start, done)):
            raise ProtocolError(f"a highlight of the wiki's comparison cuts a character: {mark}")


def _is_inside_a_character(text: bytes, place: int) -> bool:
    return place < len(text) and text[place] in _CONTINUING


def _completed(lines: Sequence[DiffLine]) -> tuple[DiffLine, ...]:
    """The same lines, where those that are in both texts have both offsets."""
    from_, to, completed = 0, 0, []
    for each in lines:
        line = each
        if each.type is DiffType.CHANGED:
            line = evolve(
                each,
                from_offset=from_ if each.from_offset is None else each.from_offset,
                to_offset=to if each.to_offset is None else each.to_offset,
            )
        completed.append(line)
        from_ = _end(line.from_offset, line.before, from_)
        to = _end(line.to_offset, line.after, to)
    return tuple(completed)


def _end(offset: int | None, text: str | None, before: int) -> int:
    return before if offset is None or text is None else offset + len(text.encode()) + 1
