"""Where a section stands in a text, and how another is put into its place."""

from __future__ import annotations

from typing import Any

import pytest

from mwclient_async._edit.sections import find_section, put_back
from mwclient_async.errors import PageMissing, ProtocolError
from tests.support.scripted_flow import Script

TEXT = "é🪐 first.\n== A ==\nsame\n\n\n== A ==\nsame\n=== B ===\n\nend\n== A ==\nsame"


def said(part: str | None) -> dict[str, Any]:
    slot = {"nosuchsection": True} if part is None else {"content": part}
    return {"query": {"pages": [{"revisions": [{"slots": {"main": slot}}]}]}}


def contents(**offsets: int | None) -> dict[str, Any]:
    return {"parse": {"sections": [{"index": index[1:], "byteoffset": at} for index, at in offsets.items()]}}


def found(text: str, section: int, *answers: dict[str, Any]) -> tuple[str, str, str]:
    script = Script(*answers)
    place = script.run(find_section(text, section, 7))
    assert {call.params.get("revids", call.params.get("oldid")) for call in script.calls} == {"7"}
    return text[: place.start], text[place], text[place.stop :]


def test_a_section_that_stands_there_once_takes_one_request() -> None:
    before, section, after = found(TEXT, 3, said("=== B ===\n\nend"))
    assert (before + section + after, section, after) == (TEXT, "=== B ===\n\nend", "\n== A ==\nsame")
    assert found(TEXT, 0, said("é🪐 first."))[1:] == ("é🪐 first.", TEXT[9:])
    assert found("== A ==\n", 0, said("")) == ("", "", "== A ==\n")
    assert found("x\n\n\n== A ==", 0, said("x\n\n\n")) == ("", "x", "\n\n\n== A ==")


def test_of_sections_that_are_alike_the_table_of_contents_tells_which_is_meant() -> None:
    places = [TEXT.index("== A =="), TEXT.index("== A ==\nsame\n==="), TEXT.rindex("== A ==")]
    table = contents(_1=places[0], **{"_T-1": None}, _2=places[1], _3=30, _4=places[2])
    for number, place in zip((1, 2, 4), places, strict=True):
        assert len(found(TEXT, number, said("== A ==\nsame"), table)[0]) == place


def test_a_heading_within_a_line_is_no_place_for_a_section() -> None:
    assert found("a == A ==\n== A ==\nb", 1, said("== A ==")) == ("a == A ==\n", "== A ==", "\nb")


@pytest.mark.parametrize("section", [1, 5])
def test_a_section_that_is_not_there_is_a_page_missing(section: int) -> None:
    with pytest.raises(PageMissing, match=f"section {section}"):
        Script(said(None)).run(find_section(TEXT, section, 7))
    with pytest.raises(PageMissing, match=f"section {section}"):
        Script(said("== A ==\nsame"), contents(_2=3)).run(find_section(TEXT, section, 7))
    with pytest.raises(PageMissing, match=f"section {section}"):  # nor on a page that is not there
        Script().run(find_section("", section, 0))
    assert Script().run(find_section("", 0, 0)) == slice(0, 0)


def test_what_cannot_be_found_for_certain_is_not_guessed() -> None:
    with pytest.raises(ProtocolError, match="not found"):
        Script(said("== Z ==")).run(find_section(TEXT, 1, 7))
    with pytest.raises(ProtocolError, match="not found"):
        Script(said("== A ==\nsame"), contents(_1=3)).run(find_section(TEXT, 1, 7))
    with pytest.raises(ProtocolError, match="nothing of the page"):  # deleted meanwhile
        Script({"query": {"badrevids": {"7": {"revid": 7}}}}).run(find_section(TEXT, 1, 7))


@pytest.mark.parametrize(
    ("text", "place", "section", "whole"),
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
def test_a_section_is_put_back_without_touching_the_next(text: str, place: slice, section: str, whole: str) -> None:
    assert put_back(text, place, section) == whole
