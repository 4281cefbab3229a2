"""Which pages a bot may edit by their own word, and where a summary is cut."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, strategies as st

from mwclient_async._edit.bot_exclusion import SUMMARY_LENGTH, admits, summary_of

ADMITTED = [
    "",
    "Nothing of it.",
    "{{bots}}",
    "{{Bots|allow=all}}",
    "{{bots|allow=Other, Demo Bot}}",
    "{{bots|deny=none}}",
    "{{bots|deny=Other,Third Bot}}",
    "{{bots|deny=Demo Bot 2}}",
    "{{bots|allow=demo_bot|deny=all}}",
    "{{nobots|allow=Demo Bot}}",
    "{{nobotsnotice}} {{bots/doc}}",
    "<!-- {{nobots}} -->",
    "<nowiki>{{nobots}}</nowiki> and <NOWIKI >{{bots|deny=all}}</NOWIKI >",
    "<!-- <nowiki> --> {{bots}} <!-- </nowiki> -->",
    "{{bots|deny={{T|all}}}}",
]
EXCLUDED = [
    "{{nobots}}",
    "{{NoBots}}",
    "Before. {{ nobots\n}} After.",
    "{{Template:Nobots}}",
    "{{template_:_nobots}}",
    "{{nobots|deny=all}}",
    "{{bots|deny=all}}",
    "{{bots|deny=ALL}}",
    "{{bots|allow=none}}",
    "{{bots|allow=Other}}",
    "{{bots|allow=}}",
    "{{bots|deny=Demo Bot}}",
    "{{bots|deny=Demo_Bot}}",
    "{{bots| deny = Other ,  demo   bot }}",
    "{{bots\n|deny=Other,\nDemo Bot\n}}",
    "{{bots|optout=all|deny=Demo Bot}}",
    "{{bots}} {{bots|deny=Demo Bot}}",
    "{{bots<!-- not me -->|deny=<!-- but you -->Demo Bot}}",
    "<nowiki/>{{nobots}}<nowiki>{{bots}}</nowiki>",
    "<nowiki />{{nobots}}<nowiki>x</nowiki>",
    "<!-- <nowiki> -->{{nobots}}<!-- </nowiki> -->",
    "{{bots|deny={{PAGENAME}},all}}",
    "{{bots|deny={{A|{{B}}}},Demo Bot}}",
    "{{Box|{{nobots}}}}",
    "{{Box|{{bots|deny=Demo Bot}}|2}}",
]


@pytest.mark.parametrize("name", ["Demo Bot", "demo_Bot ", "Demo  Bot"])
def test_a_page_says_which_bots_it_admits(name: str) -> None:
    assert [text for text in ADMITTED if not admits(text, name)] == []
    assert [text for text in EXCLUDED if admits(text, name)] == []


FAMILY, FLAG, THUMB = "👨‍👩‍👧‍👦", "🇩🇪", "👍🏿"
ENGLAND = "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f"


@pytest.mark.parametrize("unit", ["a", FAMILY, ENGLAND, FLAG, THUMB, "ற்\u0bcd", "o\u0323\u0302\u0307\u20dd", "❤️"])
@pytest.mark.parametrize("shift", range(4))
def test_a_summary_is_cut_between_characters(unit: str, shift: int) -> None:
    unit = unicodedata.normalize("NFC", unit)
    cut = summary_of("-" * shift + unit * SUMMARY_LENGTH)
    assert SUMMARY_LENGTH - len(unit) <= len(cut) <= SUMMARY_LENGTH
    body = cut.removesuffix("…").removeprefix("-" * shift)
    assert body == unit * (len(body) // len(unit))


def test_the_suffix_stands_at_the_end_of_whatever_is_left() -> None:
    assert summary_of("fixes it", " (bot) ") == "fixes it (bot)"
    assert summary_of("fixes it") == "fixes it"
    assert summary_of("x" * 500) == "x" * 500
    assert summary_of("x" * 500, "(bot)") == "x" * 493 + "… (bot)"
    assert summary_of("e\u0301" * 400) == "é" * 400  # as the wiki counts, which makes one character of two
    assert len(summary_of("\u0958" * 300)) <= SUMMARY_LENGTH  # and two of this one


@given(st.text(), st.text(max_size=20), st.integers(0, 600))
def test_no_summary_is_longer_than_a_wiki_keeps(text: str, suffix: str, times: int) -> None:
    made = summary_of(text * times, suffix)
    assert len(made) <= SUMMARY_LENGTH
    assert len(unicodedata.normalize("NFC", made)) <= SUMMARY_LENGTH
