"""The bounds of a body: bytes received, bytes after decompression, values of a JSON text."""

from __future__ import annotations

import gzip
import itertools
import json

import pytest
from hypothesis import given, settings, strategies as st

from mwclient_async import Limits
from mwclient_async._http.response_buffer import ResponseBuffer, _ValueCounter
from mwclient_async.errors import ReplyTooLarge

JSON = "application/json; charset=utf-8"


def read(*pieces: bytes, encoding: str = "", max_bytes: int = 1024, content_type: str = JSON) -> bytes:
    buffer = ResponseBuffer(encoding, max_bytes=max_bytes, content_type=content_type)
    for piece in pieces:
        buffer.feed(piece)
    return buffer.result()


def test_s4_the_bytes_received_are_bounded_if_they_decompress_to_nothing() -> None:
    padded = gzip.compress(b"[]")
    assert read(padded, bytes(900), encoding="gzip") == b"[]"
    with pytest.raises(ReplyTooLarge, match="the response is larger than 1024 bytes"):
        read(padded, *[bytes(100)] * 11, encoding="gzip")


@pytest.mark.parametrize("unit", [b"{},", b"[],", b"0,", b'"",', b'{"a":0},', b'"k":0,'])
def test_s4_the_values_of_a_json_text_are_bounded(unit: bytes) -> None:
    """Each takes much more memory than its bytes do, and its time."""
    fitting = unit * (1024 // (len(unit) + 8 * len(unit.translate(None, b'}]0":ak'))))
    assert read(fitting) == fitting
    assert len(fitting) + len(unit) < 1024
    for pieces in ([fitting + unit], [fitting, unit]):
        with pytest.raises(ReplyTooLarge, match="values, which count as 8 bytes each, is larger than 1024 bytes"):
            read(*pieces)


def test_s4_the_values_of_another_document_are_not_counted() -> None:
    text = b"a, b, c, d, " * 80
    for content_type in ("text/html", "text/x-wiki; charset=UTF-8", ""):
        assert read(text, content_type=content_type) == text


def test_a_response_of_mediawiki_is_far_below_the_default_bounds() -> None:
    """$wgAPIMaxResultSize is 8 MiB: here in rows as short as those of list=allpages are."""
    row = b'{"pageid":123456,"ns":0,"title":"Earth"},'
    text = b"[" + row * (8 * 1024 * 1024 // len(row)) + b"{}]"
    assert read(text, max_bytes=Limits().max_reply_bytes) == text


def test_text_with_many_commas_is_no_value_for_each() -> None:
    """A page of tabular data: 12 MB of text that holds JSON itself."""
    text = json.dumps({"content": json.dumps([[1, 2, 3, 4, 5, 6, "a"]] * 500_000)}).encode()
    assert len(text) > 12_000_000
    pieces = [text[at : at + 65_536] for at in range(0, len(text), 65_536)]
    assert read(*pieces, max_bytes=Limits().max_reply_bytes) == text


@given(
    value=st.recursive(
        st.text('a,[{"\\é', max_size=8) | st.integers(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text('k,{"\\', max_size=3), inner, max_size=3),
    ),
    cuts=st.lists(st.integers(0, 200), max_size=8),
)
@settings(deadline=None)
def test_the_values_are_counted_the_same_however_the_text_is_cut(value: object, cuts: list[int]) -> None:
    text = json.dumps(value).encode()
    without_strings = json.dumps(_blank(value)).encode()
    counter = _ValueCounter()
    places = [0, *sorted(min(cut, len(text)) for cut in cuts), len(text)]
    counted = sum(counter.count(text[begin:end]) for begin, end in itertools.pairwise(places))
    assert counted == sum(without_strings.count(mark) for mark in (b",", b"[", b"{"))


def test_an_escape_may_be_cut_anywhere() -> None:
    text = json.dumps({'a,"[\\': ['x"{,', "\\", '"', 5]}).encode()
    for cut in range(len(text)):
        counter = _ValueCounter()
        assert counter.count(text[:cut]) + counter.count(text[cut:]) == 5


def _blank(value: object) -> object:
    """The value with empty texts. The keys of objects become numbers, because they must differ."""
    if isinstance(value, str):
        return ""
    if isinstance(value, list):
        return [_blank(inner) for inner in value]
    return dict(enumerate(map(_blank, value.values()))) if isinstance(value, dict) else value
