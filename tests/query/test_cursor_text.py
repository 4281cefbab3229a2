"""Cursors as text: a cursor becomes text and a cursor again, and damaged text is refused."""

from __future__ import annotations

import base64
import json
import zlib
from contextlib import suppress
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given, settings, strategies as st

from mwclient_async._values.cursor import Cursor, fingerprint

WIKI = "https://wiki.example/w/api.php"
CURSOR = Cursor(
    wiki=WIKI,
    fingerprint=fingerprint({"prop": "categories", "titles": "A|B"}),
    continuation={"gapcontinue": "Ä|\x1f", "continue": "gapcontinue||"},
    limits={"gaplimit": 500},
    given=("5", "5", "0|X"),
)
_ODD = st.text(st.characters(exclude_categories=["Cs"]))  # control characters, too; no response has surrogates
_BLOCKS = st.dictionaries(_ODD, _ODD, max_size=3)


@given(
    wiki=_ODD,
    prints=_BLOCKS,
    continuation=st.none() | _BLOCKS,
    limits=st.dictionaries(_ODD, st.integers(), max_size=3),
    given_=st.lists(_ODD, max_size=5),
)
@settings(deadline=None, max_examples=150)
def test_c7_a_cursor_is_restored_from_its_text(
    wiki: str, prints: dict[str, str], continuation: dict[str, str] | None, limits: dict[str, int], given_: list[str]
) -> None:
    cursor = Cursor(wiki=wiki, fingerprint=prints, continuation=continuation, limits=limits, given=tuple(given_))
    assert Cursor.parse(str(cursor)) == cursor


def test_c7_the_text_is_one_word_of_plain_ascii() -> None:
    text = str(CURSOR)
    assert text.startswith("mwc1.")
    assert text.isascii()
    assert text.isprintable()
    assert not set(text) & set(" /+=&?")


def test_c7_equal_cursors_have_equal_texts() -> None:
    assert str(Cursor.parse(str(CURSOR))) == str(CURSOR)


@pytest.mark.parametrize(("continuation", "done"), [({}, False), ({"a": "b"}, False), (None, True)])
def test_c7_a_cursor_without_a_continuation_is_at_the_end(continuation: dict[str, str] | None, *, done: bool) -> None:
    assert Cursor.parse(str(evolve(CURSOR, continuation=continuation))).done is done


def packed(state: Any) -> str:
    text = state if isinstance(state, str) else json.dumps(state)
    return "mwc1." + base64.urlsafe_b64encode(zlib.compress(text.encode())).decode().rstrip("=")


WHOLE = {"w": WIKI, "f": {}, "c": {}, "l": {}, "g": []}


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="empty"),
        pytest.param("hello", id="a word"),
        pytest.param("mwc1.", id="only the version"),
        pytest.param("mwc2." + str(CURSOR)[5:], id="another version"),
        pytest.param(str(CURSOR)[5:], id="no version"),
        pytest.param(" " + str(CURSOR), id="a space before"),
        pytest.param(str(CURSOR)[:-3], id="cut"),
        pytest.param(str(CURSOR)[:20], id="cut short"),
        pytest.param("mwc1.äöü", id="not ASCII"),
        pytest.param("mwc1.AAAA", id="not packed"),
        pytest.param(packed("{"), id="broken JSON"),
        pytest.param(packed("[]"), id="a list"),
        pytest.param(packed("5"), id="a number"),
        pytest.param(packed("null"), id="null"),
        pytest.param(packed({}), id="nothing in it"),
        *(pytest.param(packed({k: v for k, v in WHOLE.items() if k != name}), id=f"no {name}") for name in WHOLE),
        pytest.param(packed({**WHOLE, "f": []}), id="a list of fingerprints"),
        pytest.param(packed({**WHOLE, "c": "x"}), id="text instead of a continue"),
        pytest.param(packed({**WHOLE, "l": {"a": "many"}}), id="a limit that is not a number"),
        pytest.param(packed({**WHOLE, "l": {"a": None}}), id="a limit that is null"),
        pytest.param(packed({**WHOLE, "g": 5}), id="a number instead of keys"),
        pytest.param(
            packed('{"w":"","f":{},"c":{},"l":{"a":1e999},"g":[]}'),
            id="an infinite limit",
        ),
        pytest.param(packed("[" * 100_000), id="nesting without end"),
        pytest.param(packed({**WHOLE, "w": ["x"]}), id="a list instead of the wiki"),
        pytest.param(packed({**WHOLE, "f": {"titles": 5}}), id="a number as a fingerprint"),
        pytest.param(packed({**WHOLE, "c": {"continue": {}}}), id="an object in the continue"),
        pytest.param(packed({**WHOLE, "c": {"apcontinue": "\ud800"}}), id="half of a surrogate pair in the continue"),
        pytest.param(packed({**WHOLE, "g": ["\ud800"]}), id="half of a surrogate pair in a key"),
        pytest.param(packed({**WHOLE, "l": {"aplimit": "5"}}), id="text instead of a limit"),
        pytest.param(packed({**WHOLE, "g": ["a", 5]}), id="a number among the keys"),
        pytest.param(packed({**WHOLE, "g": "ab"}), id="text instead of keys"),
    ],
)
def test_text_that_is_not_a_cursor_raises_value_error(text: str) -> None:
    with pytest.raises(ValueError, match="is not a cursor of this version"):
        Cursor.parse(text)


@given(place=st.integers(0, len(str(CURSOR)) - 1), char=st.characters(codec="ascii", categories=("L", "N")))
@settings(deadline=None, max_examples=200)
def test_text_with_one_wrong_character_raises_value_error_or_is_the_same_cursor(place: int, char: str) -> None:
    text = str(CURSOR)
    with suppress(ValueError):  # except at a place where base64 does not use all bits
        assert Cursor.parse(text[:place] + char + text[place + 1 :]) == CURSOR


@pytest.mark.parametrize("length", range(4))
def test_a_line_of_a_file_is_a_cursor(length: int) -> None:
    """Whatever its length: base64 counts in groups of four."""
    cursor = evolve(CURSOR, wiki=WIKI + "x" * length)
    assert Cursor.parse(f"{cursor}\r\n") == Cursor.parse(f"{cursor}\n") == cursor


def test_s1_damaged_text_is_shown_in_part_only() -> None:
    with pytest.raises(ValueError, match="not a cursor") as caught:
        Cursor.parse("x" * 5000)
    assert len(str(caught.value)) < 300


def test_s1_a_cursor_holds_no_value_of_its_query() -> None:
    secret = "hunter2-secret-title"
    cursor = evolve(CURSOR, fingerprint=fingerprint({"titles": secret, "wltoken": secret[::-1]}))
    unpacked = zlib.decompress(base64.urlsafe_b64decode(str(cursor)[5:] + "==")).decode()
    for shown in (unpacked, repr(cursor), str(cursor)):
        assert secret not in shown
        assert secret[::-1] not in shown


@pytest.mark.parametrize(
    ("one", "other", "differing"),
    [
        ({"a": "1"}, {"a": "1"}, set()),
        ({"a": "1", "b": "2"}, {"b": "2", "a": "1"}, set()),
        ({"a": "1", "b": "2"}, {"a": "1", "b": "3"}, {"b"}),
        ({"a": "1"}, {"a": "\ud800"}, {"a"}),
    ],
)
def test_c7_a_fingerprint_shows_which_parameter_differs(one: Any, other: Any, differing: set[str]) -> None:
    ours, theirs = fingerprint(one), fingerprint(other)
    assert {name for name in ours if ours[name] != theirs[name]} == differing
    assert all(len(text) == 12 for text in ours.values())
