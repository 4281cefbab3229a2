"""Decoding the JSON text of a response: what is ignored around it, and what no wiki sends."""

from __future__ import annotations

import pytest

from mwclient_async._values import json_text
from mwclient_async._values.json_text import MAX_DEPTH, decode_json

BOM = b"\xef\xbb\xbf"


@pytest.fixture(autouse=True, params=["orjson", "json"])
def decoder(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    assert json_text._ORJSON is not None
    if request.param == "json":
        monkeypatch.setattr(json_text, "_ORJSON", None)


@pytest.mark.parametrize("before", [b"", BOM, BOM + BOM, b"\r\n\t ", b" " + BOM + b"\n", b"\x0b\x0c"])
@pytest.mark.parametrize("after", [b"", BOM, b"\r\n\n", BOM + b"\n" + BOM])
def test_byte_order_marks_and_white_space_on_both_sides_are_ignored(before: bytes, after: bytes) -> None:
    assert decode_json(before + b'{"a": " \xef\xbb\xbfb "}' + after) == {"a": " \ufeffb "}


@pytest.mark.parametrize("text", [b'x{"a": 1}', b'{"a": 1}x', b'{"a": 1}{}', b"", BOM, b'{"a": \xef\xbb\xbf1}'])
def test_anything_else_around_it_is_refused(text: bytes) -> None:
    with pytest.raises(ValueError, match=r"Expecting|Extra data"):
        decode_json(text)


@pytest.mark.parametrize(
    "text",
    [b"[NaN]", b"[Infinity]", b"[-Infinity]", b"[1e999]", b"[-1e999]", b"[" + b"9" * 5000 + b"]", b'["\xff"]'],
)
def test_numbers_and_bytes_that_are_not_json_are_refused(text: bytes) -> None:
    with pytest.raises(ValueError, match=r"not JSON|too large|digits|decode"):
        decode_json(text)


@pytest.mark.parametrize(
    "text", [rb'["\ud800"]', rb'["\uDFFF x"]', rb'{"\udc00": 1}', rb'[["\ud83d\ud83d\ude00"]]', b'["\xed\xa0\x80"]']
)
def test_half_of_a_surrogate_pair_is_refused(text: bytes) -> None:
    with pytest.raises(ValueError, match=r"surrogate|decode"):
        decode_json(text)


def test_whole_surrogate_pairs_and_texts_that_only_look_like_one_are_kept() -> None:
    assert decode_json(rb'["\ud83d\ude00", "\\ud83d"]') == ["\U0001f600", "\\ud83d"]


@pytest.mark.parametrize("innermost", [b"[1]", b"[]", b'{"b":1}', b"{}"])
@pytest.mark.parametrize(
    "brackets", [(b"[", b"]"), (b'{"a":', b"}"), (b'[["]"],', b',["["]]'), (b'[{"b":1},', b",{}]")]
)
def test_a_text_has_at_most_so_many_levels(brackets: tuple[bytes, bytes], innermost: bytes) -> None:
    """Brackets in strings do not count, and do not hide the levels around them. An object of plain values counts."""
    opening, closing = brackets

    def nested(levels: int) -> bytes:
        return opening * levels + innermost + closing * levels

    assert decode_json(nested(MAX_DEPTH - 1))
    for levels in (MAX_DEPTH, 500, 100_000):
        with pytest.raises(ValueError, match="levels deep"):
            decode_json(nested(levels))


@pytest.mark.parametrize("text", [b"9" * 500, b"0." + b"5" * 500, b'"%s"' % (b"x" * 500)])
def test_a_long_value_without_brackets_is_decoded(text: bytes) -> None:
    assert decode_json(text) in {10**500 - 1, 5 / 9, "x" * 500}
