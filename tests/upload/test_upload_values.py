"""Checkpoints as text, and the values of warnings in every form of the wiki."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given, settings, strategies as st

from mwclient_async._upload.upload_warnings import parse_upload_warnings
from mwclient_async._values.checkpoint import Checkpoint
from mwclient_async._values.warnings import UploadWarning

CHECKPOINT = Checkpoint(
    wiki="https://wiki.example/w/api.php",
    filename="Ünï 🪐.png",
    size=10,
    filekey="1d3o92ilvvpw.2zeaf1.1.png",
    offset=4,
    sha1="a" * 40,
)
NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
_ODD = st.text(st.characters(exclude_categories=["Cs"]))  # control characters, too; no response has surrogates


# Checkpoints ---------------------------------------------------------------------------------------------------------


@given(wiki=_ODD, filename=_ODD, filekey=_ODD, offset=st.integers(0), rest=st.integers(0), stashed=st.booleans())
@settings(deadline=None, max_examples=100)
def test_u7_a_checkpoint_comes_back_from_its_text(offset: int, rest: int, **values: Any) -> None:
    checkpoint = Checkpoint(sha1="0" * 40, offset=offset, size=offset + rest, **values)
    assert Checkpoint.parse(str(checkpoint)) == checkpoint


def test_u7_the_text_is_one_word_of_plain_ascii() -> None:
    text = str(CHECKPOINT)
    assert text.startswith("mwu1.")
    assert text.isascii()
    assert not set(text) & set(" /+=&?\n")
    assert Checkpoint.parse(f" {text}\n") == CHECKPOINT  # as read from a file


def packed(state: Any) -> str:
    return "mwu1." + base64.urlsafe_b64encode(json.dumps(state).encode()).decode().rstrip("=")


FIELDS = {"wiki": "W", "filename": "F", "size": 1, "filekey": "K", "offset": 1, "sha1": "a" * 40, "stashed": False}


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "mwu1.",
            "mwu1.A",
            "mwu1.AAAA",
            "mwu2" + str(CHECKPOINT)[4:],
            "mwc1" + str(CHECKPOINT)[4:],
            str(CHECKPOINT)[5:],
        ),
        *(str(CHECKPOINT)[:-3], str(CHECKPOINT)[:40], "mwu1.🪐", "mwu1.//", "x" * 100_000),
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
def test_u7_any_other_text_is_a_value_error_with_advice(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not a checkpoint of this version \(.*start the upload again"):
        Checkpoint.parse(text)


@given(text=st.text(max_size=60), cut=st.integers(0, 200))
@settings(deadline=None, max_examples=150)
def test_u7_damaged_text_is_always_a_value_error(text: str, cut: int) -> None:
    for damaged in (text, f"mwu1.{text}", str(CHECKPOINT)[:cut] + text):
        try:
            assert isinstance(Checkpoint.parse(damaged), Checkpoint)
        except ValueError:
            continue


def test_u7_another_state_is_another_checkpoint() -> None:
    assert Checkpoint.parse(str(evolve(CHECKPOINT, stashed=True))) != CHECKPOINT


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
def test_u5_the_value_of_a_warning_is_typed(
    kind: str, value: Any, titles: tuple[str, ...], timestamps: tuple[datetime, ...], numbers: tuple[int, ...]
) -> None:
    (warning,) = parse_upload_warnings({"warnings": {kind: value}})
    assert warning == UploadWarning(kind=kind, value=value)
    assert (warning.titles, warning.timestamps, warning.numbers) == (titles, timestamps, numbers)
    assert not any(isinstance(number, bool) for number in warning.numbers)


FILE = {"fileName": "W.png", "timestamp": "20261121120000"}


@pytest.mark.parametrize(
    ("internal", "kind", "value"),
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
def test_u5_the_internal_form_of_a_jobs_warnings_is_converted(internal: dict[str, Any], kind: str, value: Any) -> None:
    assert parse_upload_warnings({"warnings": internal}) == (UploadWarning(kind=kind, value=value),)


@pytest.mark.parametrize("warnings", [None, [], ["exists"], "exists", 5], ids=repr)
def test_u5_warnings_that_are_not_a_mapping_cannot_be_chosen(warnings: Any) -> None:
    assert parse_upload_warnings({"warnings": warnings}) == ()
