"""The position of a section in a text, and its replacement by another section."""

from __future__ import annotations

from typing import Any

import pytest

from mwclient_async._edit.sections import find_section, replace_section
from mwclient_async.errors import PageMissing, ProtocolError
from tests.support.scripted_flow import Script

TEXT = "é🪐 first.\n== A ==\nsame\n\n\n== A ==\nsame\n=== B ===\n\nend\n== A ==\nsame"


def section_response(part: str | None) -> dict[str, Any]:
    slot = {"nosuchsection": True} if part is None else {"content": part}
    return {"query": {"pages": [{"revisions": [{"slots": {"main": slot}}]}]}}


def table_of_contents(**offsets: int | None) -> dict[str, Any]:
    return {"parse": {"sections": [{"index": index[1:], "byteoffset": at} for index, at in offsets.items()]}}


def split_at_section(text: str, section: int, *responses: dict[str, Any]) -> tuple[str, str, str]:
    script = Script(*responses)
    position = script.run(find_section(text, section, 7))
    assert {call.params.get("revids", call.params.get("oldid")) for call in script.requests} == {"7"}
    return text[: position.start], text[position], text[position.stop :]


def test_a_section_whose_text_occurs_once_needs_one_request() -> None:
    before, section, after = split_at_section(TEXT, 3, section_response("=== B ===\n\nend"))
    assert (before + section + after, section, after) == (TEXT, "=== B ===\n\nend", "\n== A ==\nsame")
    assert split_at_section(TEXT, 0, section_response("é🪐 first."))[1:] == ("é🪐 first.", TEXT[9:])
    assert split_at_section("== A ==\n", 0, section_response("")) == ("", "", "== A ==\n")
    assert split_at_section("x\n\n\n== A ==", 0, section_response("x\n\n\n")) == ("", "x", "\n\n\n== A ==")


def test_the_table_of_contents_decides_between_equal_sections() -> None:
    starts = [TEXT.index("== A =="), TEXT.index("== A ==\nsame\n==="), TEXT.rindex("== A ==")]
    table = table_of_contents(_1=starts[0], **{"_T-1": None}, _2=starts[1], _3=30, _4=starts[2])
    for number, position in zip((1, 2, 4), starts, strict=True):
        assert len(split_at_section(TEXT, number, section_response("== A ==\nsame"), table)[0]) == position


def test_a_heading_within_a_line_does_not_begin_a_section() -> None:
    assert split_at_section("a == A ==\n== A ==\nb", 1, section_response("== A ==")) == (
        "a == A ==\n",
        "== A ==",
        "\nb",
    )


@pytest.mark.parametrize("section", [1, 5])
def test_a_section_that_does_not_exist_is_a_page_missing(section: int) -> None:
    with pytest.raises(PageMissing, match=f"section {section}"):
        Script(section_response(None)).run(find_section(TEXT, section, 7))
    with pytest.raises(PageMissing, match=f"section {section}"):
        Script(section_response("== A ==\nsame"), table_of_contents(_2=3)).run(find_section(TEXT, section, 7))
    with pytest.raises(PageMissing, match=f"section {section}"):  # a page that does not exist has no section 1
        Script().run(find_section("", section, 0))
    assert Script().run(find_section("", 0, 0)) == slice(0, 0)


def test_a_position_that_is_not_certain_is_an_error() -> None:
    with pytest.raises(ProtocolError, match="not found"):
        Script(section_response("== Z ==")).run(find_section(TEXT, 1, 7))
    with pytest.raises(ProtocolError, match="not found"):
        Script(section_response("== A ==\nsame"), table_of_contents(_1=3)).run(find_section(TEXT, 1, 7))
    with pytest.raises(ProtocolError, match="does not contain the page"):  # the revision was deleted
        Script({"query": {"badrevids": {"7": {"revid": 7}}}}).run(find_section(TEXT, 1, 7))


@pytest.mark.parametrize(
    ("text", "position", "section", "expected"),
    [
        ("a\n== A ==", slice(0, 1), "b", "b\n== A =="),
        ("a\n== A ==", slice(0, 1), "", "\n== A =="),
        ("== A ==", slice(0, 0), "b", "b\n== A =="),
        ("== A ==", slice(0, 0), "b\n", "b\n== A =="),
        ("== A ==", slice(0, 0), "", "== A =="),
        ("\n== A ==", slice(0, 0), "b", "b\n== A =="),
        ("", slice(0, 0), "b", "b"),
        ("a\n== A ==\n\n== B ==", slice(2, 9), "== C ==\nc", "a\n== C ==\nc\n\n== B =="),
    ],
)
def test_a_section_is_replaced_without_changing_the_next_one(
    text: str, position: slice, section: str, expected: str
) -> None:
    assert replace_section(text, position, section) == expected
