"""Checkpoints as text, and what is in a warning, however the wiki has put it."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given, settings, strategies as st

from mwclient_async._upload.upload_warnings import warnings_of
from mwclient_async._values.checkpoint import Checkpoint
from mwclient_async._values.warnings import UploadWarning

POINT = Checkpoint(
    wiki="https://wiki.example/w/api.php",
    filename="Ünï 🪐.png",
    size=10,
    filekey="1d3o92ilvvpw.2zeaf1.1.png",
    offset=4,
    sha1="a" * 40,
)
NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
_ODD = st.text(st.characters())  # lone surrogates and control characters, too


# Checkpoints ---------------------------------------------------------------------------------------------------------


@given(wiki=_ODD, filename=_ODD, filekey=_ODD, offset=st.integers(0), rest=st.integers(0), stashed=st.booleans())
@settings(deadline=None, max_examples=100)
def test_u7_a_checkpoint_comes_back_from_its_text(offset: int, rest: int, **values: Any) -> None:
    point = Checkpoint(sha1="0" * 40, offset=offset, size=offset + rest, **values)
    assert Checkpoint.parse(str(point)) == point


def test_u7_the_text_is_one_word_of_plain_ascii() -> None:
    text = str(POINT)
    assert text.startswith("mwu1.")
    assert text.isascii()
    assert not set(text) & set(" /+=&?\n")
    assert Checkpoint.parse(f" {text}\n") == POINT  # as it comes from a file


def packed(state: Any) -> str:
    return "mwu1." + base64.urlsafe_b64encode(json.dumps(state).encode()).decode().rstrip("=")


FIELDS = {"wiki": "W", "filename": "F", "size": 1, "filekey": "K", "offset": 1, "sha1": "a" * 40, "stashed": False}


@pytest.mark.parametrize(
    "text",
    [
        *("", "mwu1.", "mwu1.A", "mwu1.AAAA", "mwu2" + str(POINT)[4:], "mwc1" + str(POINT)[4:], str(POINT)[5:]),
        *(str(POINT)[:-3], str(POINT)[:40], "mwu1.🪐", "mwu1.//", "x" * 100_000),
        *(packed(state) for state in (None, 1, "text", [], {}, [1] * 7, {**FIELDS, "more": 1}, {"wiki": "W"})),
        *(
            packed({**FIELDS, name: wrong})
            for name in FIELDS
            for wrong in (None, 1.5, [], "1" if name == "size" else {})
        ),
        *(packed({**FIELDS, name: True}) for name in ("size", "offset")),
        packed({**FIELDS, "sha1": "a" * 39}),
        packed({**FIELDS, "offset": -1}),
        packed({**FIELDS, "offset": 2}),
    ],
    ids=lambda text: text[:20],
)
def test_u7_any_other_text_is_a_value_error_that_says_what_to_do(text: str) -> None:
    with pytest.raises(ValueError, match=r"is no checkpoint of this version \(.*begin the upload anew"):
        Checkpoint.parse(text)


@given(text=st.text(max_size=60), cut=st.integers(0, 200))
@settings(deadline=None, max_examples=150)
def test_u7_damaged_text_is_never_anything_but_a_value_error(text: str, cut: int) -> None:
    for damaged in (text, f"mwu1.{text}", str(POINT)[:cut] + text):
        try:
            assert isinstance(Checkpoint.parse(damaged), Checkpoint)
        except ValueError:
            continue


def test_u7_another_state_is_another_checkpoint() -> None:
    assert Checkpoint.parse(str(evolve(POINT, stashed=True))) != POINT


# Warnings ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "value", "titles", "timestamps", "numbers"),
    [
        *((kind, "W.png", ("W.png",), (), ()) for kind in ("exists", "page-exists", "exists-normalized", "thumb")),
        *((kind, "W.png", ("W.png",), (), ()) for kind in ("thumb-name", "bad-prefix", "badfilename", "was-deleted")),
        ("duplicate", ["A.png", "B.png"], ("A.png", "B.png"), (), ()),
        ("duplicate-archive", "A.png", ("A.png",), (), ()),
        ("duplicate-archive", "", (), (), ()),
        ("nochange", {"timestamp": "2026-11-21T12:00:00Z"}, (), (NOON,), ()),
        (
            "duplicateversions",
            [{"timestamp": "2026-11-21T12:00:00Z"}, {"timestamp": "2025-11-21T12:00:00Z"}],
            (),
            (NOON, NOON.replace(year=2025)),
            (),
        ),
        ("large-file", [{"size": 100}, {"size": 12420}], (), (), (100, 12420)),
        ("large-file", [{"size": 100}, {"size": "12420"}], (), (), (100, 12420)),
        ("filetype-unwanted-type", ["abc", "gif, png", 2], ("abc", "gif, png"), (), (2,)),
        ("empty-file", True, (), (), ()),
        ("of-an-extension", {"deep": [{"of": "T", "n": 3}, None, False, ["2026-11-21T12:00:00Z"]]},
         ("T", "2026-11-21T12:00:00Z"), (NOON,), (3,)),
        ("of-an-extension", None, (), (), ()),
    ],
)  # fmt: skip
def test_u5_what_is_in_a_warning_is_typed(
    kind: str, value: Any, titles: tuple[str, ...], timestamps: tuple[datetime, ...], numbers: tuple[int, ...]
) -> None:
    (warning,) = warnings_of({"warnings": {kind: value}})
    assert warning == UploadWarning(kind=kind, value=value)
    assert (warning.titles, warning.timestamps, warning.numbers) == (titles, timestamps, numbers)
    assert not any(isinstance(number, bool) for number in warning.numbers)


FILE = {"fileName": "W.png", "timestamp": "20261121120000"}


@pytest.mark.parametrize(
    ("inside", "kind", "value"),
    [
        ({"exists": {"warning": "exists", "file": FILE}}, "exists", "W.png"),
        (
            {"exists": {"warning": "exists-normalized", "file": FILE, "normalizedFile": {**FILE, "fileName": "w.jpg"}}},
            "exists-normalized",
            "w.jpg",
        ),
        ({"exists": {"warning": "was-deleted", "file": FILE}}, "was-deleted", "W.png"),
        ({"duplicate": [FILE, {**FILE, "fileName": "B.png"}]}, "duplicate", ["W.png", "B.png"]),
        ({"no-change": FILE}, "nochange", {"timestamp": "2026-11-21T12:00:00Z"}),
        ({"duplicate-version": [FILE]}, "duplicateversions", [{"timestamp": "2026-11-21T12:00:00Z"}]),
        ({"no-change": {"timestamp": "soon"}}, "nochange", {"timestamp": "soon"}),
        ({"no-change": None}, "nochange", None),
        ({"exists": {}}, "exists", None),
        ({"was-deleted": "W.png"}, "was-deleted", "W.png"),
    ],
)
def test_u5_the_inner_words_of_a_job_of_1_43_become_those_of_the_manual(
    inside: dict[str, Any], kind: str, value: Any
) -> None:
    assert warnings_of({"warnings": inside}) == (UploadWarning(kind=kind, value=value),)


@pytest.mark.parametrize("warnings", [None, [], ["exists"], "exists", 5], ids=repr)
def test_u5_what_is_no_mapping_of_kinds_is_no_warning_that_can_be_chosen(warnings: Any) -> None:
    assert warnings_of({"warnings": warnings}) == ()
