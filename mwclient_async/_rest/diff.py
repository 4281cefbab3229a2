"""Convert the wiki's comparison of two revisions to a Diff.

wikidiff2 can find a changed line while it prints deleted lines. It then prints the line as changed, with its line
number in the newer text, but without its offset there. That offset is the end of the line before it, and is filled in
here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from attrs import evolve

from mwclient_async._http.conversion import structurer
from mwclient_async.errors import ProtocolError
from mwclient_async.models.diff import Diff, DiffLine, DiffType, Highlight, HighlightType

_LOWER = 0  # the linkDirection of the lower one of two lines
_TYPES = frozenset(kind.value for kind in DiffType)
_HIGHLIGHTS = frozenset(kind.value for kind in HighlightType)
_CONTINUATION_BYTES = range(0x80, 0xC0)  # the bytes of UTF-8 that do not begin a character


def read_diff(body: Mapping[str, Any]) -> Diff:
    """The Diff of a response. ProtocolError if the response does not have the form of a comparison."""
    try:
        lines = [_line(row) for row in body["diff"]]
        diff = structurer(Diff)({"from_": body["from"], "to": body["to"], "lines": lines})
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        raise ProtocolError(f"the wiki's comparison has an unknown form: {error!r}") from error
    for line in diff.lines:
        _check_highlights(line.text.encode(), line.highlights)
    return evolve(diff, lines=_with_all_offsets(diff.lines))


def _line(row: Mapping[str, Any]) -> dict[str, Any]:
    offset, moved = row.get("offset") or {}, row.get("moveInfo")
    return {
        "type": _known_type(row["type"], _TYPES),
        "type_number": row["type"],
        "text": row["text"],
        "line_number": row.get("lineNumber"),
        "from_offset": offset.get("from"),
        "to_offset": offset.get("to"),
        "highlights": [
            {**mark, "type": _known_type(mark["type"], _HIGHLIGHTS)} for mark in row.get("highlightRanges") or ()
        ],
        "move": moved
        and {"id": moved["id"], "link_id": moved["linkId"], "lower": moved.get("linkDirection") == _LOWER},
    }


def _known_type(number: Any, known: frozenset[int]) -> int:
    if type(number) is not int:
        raise TypeError(f"{number!r} is not a type of a line or a highlight")
    return number if number in known else DiffType.UNKNOWN.value


def _check_highlights(text: bytes, highlights: Sequence[Highlight]) -> None:
    end = 0
    for mark in highlights:
        if mark.start < end or mark.length < 0 or mark.start + mark.length > len(text):
            raise ProtocolError(f"a highlight of the wiki's comparison does not fit its line: {mark}")
        end = mark.start + mark.length
        if any(_is_inside_character(text, position) for position in (mark.start, end)):
            raise ProtocolError(f"a highlight of the wiki's comparison begins or ends inside a character: {mark}")


def _is_inside_character(text: bytes, position: int) -> bool:
    return position < len(text) and text[position] in _CONTINUATION_BYTES


def _with_all_offsets(lines: Sequence[DiffLine]) -> tuple[DiffLine, ...]:
    """The same lines, each line of both texts with both offsets."""
    from_end, to_end, completed = 0, 0, []
    for each in lines:
        line = each
        if each.type is DiffType.CHANGED:
            line = evolve(
                each,
                from_offset=from_end if each.from_offset is None else each.from_offset,
                to_offset=to_end if each.to_offset is None else each.to_offset,
            )
        completed.append(line)
        from_end = _end(line.from_offset, line.before, from_end)
        to_end = _end(line.to_offset, line.after, to_end)
    return tuple(completed)


def _end(offset: int | None, text: str | None, previous_end: int) -> int:
    """The offset just after a line; that of the line before it, if the line is not in the text."""
    return previous_end if offset is None or text is None else offset + len(text.encode()) + 1
