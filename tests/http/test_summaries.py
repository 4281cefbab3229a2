"""Summaries are shortened to the length that a wiki keeps, between characters and before the suffix."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, strategies as st

from mwclient_async._http.text_normalization import MAX_SUMMARY_LENGTH, summary_with_suffix

FAMILY, FLAG, THUMB = "👨‍👩‍👧‍👦", "🇩🇪", "👍🏿"
ENGLAND = "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f"


@pytest.mark.parametrize("unit", ["a", FAMILY, ENGLAND, FLAG, THUMB, "ற்\u0bcd", "o\u0323\u0302\u0307\u20dd", "❤️"])
@pytest.mark.parametrize("shift", range(4))
def test_a_long_summary_is_cut_between_characters(unit: str, shift: int) -> None:
    unit = unicodedata.normalize("NFC", unit)
    cut = summary_with_suffix("-" * shift + unit * MAX_SUMMARY_LENGTH)
    assert MAX_SUMMARY_LENGTH - len(unit) <= len(cut) <= MAX_SUMMARY_LENGTH
    body = cut.removesuffix("…").removeprefix("-" * shift)
    assert body == unit * (len(body) // len(unit))


def test_the_suffix_is_kept_and_the_summary_before_it_is_shortened() -> None:
    assert summary_with_suffix("fixes it", " (bot) ") == "fixes it (bot)"
    assert summary_with_suffix("fixes it") == "fixes it"
    assert summary_with_suffix("x" * 500) == "x" * 500
    assert summary_with_suffix("x" * 500, "(bot)") == "x" * 493 + "… (bot)"
    assert summary_with_suffix("e\u0301" * 400) == "é" * 400  # the wiki counts in NFC: here two code points become one
    assert len(summary_with_suffix("\u0958" * 300)) <= MAX_SUMMARY_LENGTH  # and here one becomes two


@given(st.text(), st.text(max_size=20), st.integers(0, 600))
def test_no_summary_is_longer_than_a_wiki_keeps(text: str, suffix: str, times: int) -> None:
    made = summary_with_suffix(text * times, suffix)
    assert len(made) <= MAX_SUMMARY_LENGTH
    assert len(unicodedata.normalize("NFC", made)) <= MAX_SUMMARY_LENGTH
