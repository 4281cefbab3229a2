"""orjson decodes as ``json`` does: the same values of the same types, and the same errors."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from mwclient_async._values import json_text
from mwclient_async._values.json_text import LARGE, decode_json

BOM = b"\xef\xbb\xbf"

NUMBERS = (0, -1, 2**53 + 1, 10**17, 2**63 - 1, 2**63, 2**64 - 1, 2**64, -(2**63), -(2**63) - 1, 10**25, -(10**400))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(NUMBERS) | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)
PIECES = st.sampled_from(
    [
        *(
            b"[",
            b"]",
            b"{",
            b"}",
            b",",
            b":",
            b'"',
            b"a",
            b" ",
            b"\n",
            b"\x0b",
            b"\x00",
            b"\x1f",
            b"\x7f",
            b"\xff",
            BOM,
        ),
        *(rb"\u0041", rb"\ud83d", rb"\ude00", rb"\u0000", rb"\n", rb"\x", b"\xed\xa0\x80", "\U0001f600".encode()),
        *(b"0", b"-0", b"-0.0", b"01", b"1.", b".5", b"1e5", b"1E-400", b"1e400", b"-1e999", b"+1", b"0x10", b"1_0"),
        *(b"true", b"false", b"null", b"NaN", b"Infinity", b"-Infinity", b"nul", b"True", b"/**/", b"'"),
        *(str(number).encode() for number in NUMBERS),
        *(b'{"a":1,"b":2,"a":3}', b'{"a":[],"a":{}}', b"[" * 210, b"]" * 210, b'{"":' * 1100, b"9" * 4400),
    ]
)


def outcome(text: bytes) -> str:
    """The value with its types, or the error."""
    try:
        return repr(decode_json(text))
    except ValueError as error:
        return f"{type(error)} {error}"


def outcomes(text: bytes) -> set[str]:
    with pytest.MonkeyPatch.context() as patch:
        fast = outcome(text)
        patch.setattr(json_text, "_ORJSON", None)
        return {fast, outcome(text)}


@given(VALUES, st.booleans(), st.sampled_from([None, 2]))
@settings(max_examples=60, deadline=None)
def test_orjson_and_json_give_the_same_value(value: Any, ascii_only: bool, indent: int | None) -> None:  # noqa: FBT001
    assert (
        len(outcomes(json.dumps(value, ensure_ascii=ascii_only, indent=indent).encode("utf-8", "surrogatepass"))) == 1
    )


@given(
    st.lists(PIECES, max_size=8).map(b"".join), st.sampled_from([b"%s", b"[%s]", b'{"a":%s}', b'["%s"]', b'[%s,"x"]'])
)
@settings(max_examples=250, deadline=None)
def test_orjson_and_json_give_the_same_value_or_error_for_any_text(text: bytes, around: bytes) -> None:
    assert len(outcomes(around % text)) == 1


@pytest.mark.parametrize("number", [*NUMBERS, 10**18, 10**18 - 1])
@pytest.mark.parametrize("before", range(4))
def test_an_integer_of_any_size_and_at_any_place_is_exact(number: int, before: int) -> None:
    (value,) = decode_json(b" " * before + b"[%d]" % number)
    assert (value, type(value)) == (number, int)


def test_a_large_text_is_not_decoded_by_orjson(monkeypatch: pytest.MonkeyPatch) -> None:
    """It would hold up the other threads for as long."""
    decoded: list[int] = []

    def decode(text: bytes) -> str:
        decoded.append(len(text))
        return "x"

    monkeypatch.setattr(json_text, "_ORJSON", decode)
    for size in (100, LARGE - 1, LARGE, LARGE + 1):
        decode_json(b'"%s"' % (b"x" * (size - 2)))
    assert decoded == [100, LARGE - 1]
