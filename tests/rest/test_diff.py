"""How the wiki's comparison becomes a Diff, and how a Diff is applied to texts."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, strategies as st

from mwclient_async._rest.diff import read_diff
from mwclient_async.errors import ProtocolError
from mwclient_async.models.diff import (
    Diff,
    DiffLine,
    DiffSide,
    DiffType,
    Highlight,
    HighlightType,
    MoveInfo,
    Section,
    Span,
    position_in,
)

SIDES = {"from": {"id": 1, "slot_role": "main", "sections": []}, "to": {"id": 2, "slot_role": "main", "sections": []}}


def row(kind: int, text: str = "é x", *, from_: int | None = 0, to: int | None = 0, **more: Any) -> dict[str, Any]:
    return {"type": kind, "text": text, "offset": {"from": from_, "to": to}, **more}


def read(*rows: Any) -> tuple[DiffLine, ...]:
    return read_diff({**SIDES, "diff": list(rows)}).lines


# Reading -------------------------------------------------------------------------------------------------------------


def test_a_line_has_all_fields_of_the_wiki() -> None:
    moved = {"id": "movedpara_1_0_rhs", "linkId": "movedpara_3_0_lhs", "linkDirection": 0}
    marks = [{"start": 0, "length": 2, "type": 1}, {"start": 3, "length": 1, "type": 0}]
    (line,) = read(row(5, from_=None, to=7, lineNumber=3, moveInfo=moved, highlightRanges=marks))
    assert line == DiffLine(
        type=DiffType.MOVED_TO,
        type_number=5,
        text="é x",
        line_number=3,
        to_offset=7,
        highlights=(
            Highlight(start=0, length=2, type=HighlightType.DELETED),
            Highlight(start=3, length=1, type=HighlightType.ADDED),
        ),
        move=MoveInfo(id="movedpara_1_0_rhs", link_id="movedpara_3_0_lhs", lower=True),
    )


@pytest.mark.parametrize(
    ("kind", "before", "after"),
    [(0, "x", "x"), (1, None, "x"), (2, "x", None), (3, "x", "x"), (4, "x", None), (5, None, "x")],
)
def test_the_type_of_a_line_decides_in_which_texts_it_is(kind: int, before: str | None, after: str | None) -> None:
    (line,) = read(row(kind, "x"))
    assert (line.before, line.after) == (before, after)


def test_a_changed_line_that_has_one_offset_gets_the_other() -> None:
    """wikidiff2 finds the line while it prints deleted lines, and does not print its offset in the newer text."""
    lines = read(
        row(0, "é", from_=0, to=0, lineNumber=1),
        row(2, "gone", from_=3, to=None),
        row(3, "ab", from_=8, to=None, lineNumber=2, highlightRanges=[{"start": 0, "length": 1, "type": 1}]),
        row(3, "cd", from_=None, to=5, lineNumber=3, highlightRanges=[{"start": 0, "length": 1, "type": 0}]),
    )
    assert [(line.from_offset, line.to_offset) for line in lines] == [(0, 0), (3, None), (8, 3), (11, 5)]
    assert [(line.before, line.after) for line in lines[2:]] == [("ab", "b"), ("d", "cd")]


def test_a_type_of_a_newer_wiki_is_kept_as_unknown() -> None:
    both, deleted, added = read(
        row(6, highlightRanges=[{"start": 0, "length": 2, "type": 9}]), row(7, to=None), row(8, from_=None)
    )
    assert [line.type for line in (both, deleted, added)] == [DiffType.UNKNOWN] * 3
    assert [line.type_number for line in (both, deleted, added)] == [6, 7, 8]
    assert both.spans == (Span(text="é", type=HighlightType.UNKNOWN), Span(text=" x"))
    assert [(line.before, line.after) for line in (both, deleted, added)] == [
        ("é x", "é x"), ("é x", None), (None, "é x"),
    ]  # fmt: skip


def test_the_comparison_of_equal_texts_has_no_lines() -> None:
    assert read_diff({**SIDES, "diff": []}) == Diff(from_=DiffSide(id=1), to=DiffSide(id=2))


@pytest.mark.parametrize(
    "rows",
    [
        "x",
        [7],
        [{}],
        [{**row(1), "type": "3"}],
        [{**row(1), "type": True}],
        [{"type": 1}],
        [{**row(1), "text": None}],
        [row(1, lineNumber="3")],
        [row(3, highlightRanges=[{"start": 0, "length": 1}])],
        [row(5, moveInfo={"id": "a"})],
    ],
)
def test_a_line_of_another_form_is_a_protocol_error(rows: Any) -> None:
    with pytest.raises(ProtocolError):
        read_diff({**SIDES, "diff": rows})


@pytest.mark.parametrize("body", [{}, [], {"diff": []}, {**SIDES}, {**SIDES, "to": {}, "diff": []}])
def test_a_response_without_a_comparison_is_a_protocol_error(body: Any) -> None:
    with pytest.raises(ProtocolError):
        read_diff(body)


@pytest.mark.parametrize(
    "marks",
    [
        [(0, 5)],
        [(-1, 1)],
        [(3, -1)],
        [(2, 1), (0, 2)],
        [(0, 3), (2, 1)],
        [(1, 1)],
        [(0, 1)],
    ],
)
def test_highlights_that_do_not_fit_their_line_are_a_protocol_error(marks: list[tuple[int, int]]) -> None:
    """Beyond its end, before its beginning, overlapping, or inside a character."""
    ranges = [{"start": start, "length": length, "type": 0} for start, length in marks]
    with pytest.raises(ProtocolError, match="highlight"):
        read(row(3, highlightRanges=ranges))


# Texts ---------------------------------------------------------------------------------------------------------------

TEXTS = st.text(alphabet="ab é漢🪐\u0300", max_size=5)
PIECES = st.lists(st.tuples(TEXTS, st.sampled_from([None, *HighlightType])), max_size=8)


@given(PIECES)
def test_the_spans_of_a_line_are_the_pieces_that_it_was_made_of(pieces: list[tuple[str, HighlightType | None]]) -> None:
    marks, text = [], ""
    for piece, kind in pieces:
        if kind is not None:
            marks.append(Highlight(start=len(text.encode()), length=len(piece.encode()), type=kind))
        text += piece
    line = DiffLine(type=DiffType.CHANGED, text=text, highlights=tuple(marks))
    kept = {kind: "".join(text for text, other in pieces if other is not kind) for kind in HighlightType}
    assert "".join(span.text for span in line.spans) == text
    assert (line.before, line.after) == (kept[HighlightType.ADDED], kept[HighlightType.DELETED])


@given(TEXTS, TEXTS)
def test_a_byte_offset_is_converted_to_a_position_in_a_text(before: str, after: str) -> None:
    assert position_in(before + after, len(before.encode())) == len(before)


@pytest.mark.parametrize("offset", [-1, 1, 4])
def test_an_offset_outside_of_the_text_or_inside_a_character_is_a_value_error(offset: int) -> None:
    with pytest.raises(ValueError, match=f"no character of this text begins at byte {offset}"):
        position_in("éx", offset)


SECTIONS = (Section(level=2, heading="== A ==", offset=3), Section(level=3, heading="=== B ===", offset=12))


def test_a_text_is_sliced_at_its_headings() -> None:
    text = "é\n== A ==\n\n=== B ===\nx"
    assert DiffSide(id=1, sections=SECTIONS).slices(text) == ("é\n", "== A ==\n\n", "=== B ===\nx")
    assert DiffSide(id=1).slices(text) == (text,)
    assert DiffSide(id=1).slices("") == ("",)
    assert [position_in(text, section.offset) for section in SECTIONS] == [2, 11]


@pytest.mark.parametrize("text", ["", "e\n== A ==\n\n=== B ===\nx", "é\n== A =="])
def test_another_text_is_not_sliced(text: str) -> None:
    with pytest.raises(ValueError, match="not the text of revision 1"):
        DiffSide(id=1, sections=SECTIONS).slices(text)


def test_a_moved_line_has_a_counterpart_if_the_wiki_shows_one() -> None:
    here, there, lonely = (
        DiffLine(type=kind, text="x", move=MoveInfo(id=own, link_id=other, lower=True))
        for kind, own, other in (
            (DiffType.MOVED_FROM, "a", "b"), (DiffType.MOVED_TO, "b", "a"), (DiffType.MOVED_TO, "c", "d"),
        )
    )  # fmt: skip
    plain = DiffLine(type=DiffType.ADDED, text="x")
    diff = Diff(from_=DiffSide(id=1), to=DiffSide(id=2), lines=(here, plain, there, lonely))
    assert (diff.counterpart(here), diff.counterpart(there)) == (there, here)
    assert (diff.counterpart(lonely), diff.counterpart(plain)) == (None, None)
