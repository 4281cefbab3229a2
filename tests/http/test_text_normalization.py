"""Predicting the stored text, and recognising our own text in a stored one."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from mwclient_async._http.text_normalization import (
    may_be_stored_form,
    may_be_summary,
    may_hold_change,
    md5_of,
    sha1_of,
    stored_form,
    stored_summary,
)
from mwclient_async._values.title_text import sent_form


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        ("a  \n\n", "a"),
        ("a\r\nb\rc", "a\nb\nc"),
        ("e\u0301", "é"),
        ("a\x00b\x1fc", "a\ufffdb\ufffdc"),
        ("\ttab", "\ttab"),
        ("a\u00a0 \u3000", "a\u00a0 \u3000"),
        ("a\v\0", "a\ufffd\ufffd"),
    ],
)
def test_the_stored_form_of_a_text(sent: str, stored: str) -> None:
    assert stored_form(sent) == stored
    assert sha1_of(sent) == sha1_of(stored)
    assert may_be_stored_form(stored, sent=sent)


@pytest.mark.parametrize(
    ("sent", "stored", "is_same"),
    [
        ('{"a":1,"b":[]}', '{\n\t"a": 1,\n\t"b": []\n}', True),
        (' [ "\\u00e9" ]', '[\n\t"é"\n]', True),
        ('{"a":1,"b":2}', '{"b": 2, "a": 1}', False),
        ("[1]", "[true]", False),
        ("[1]", "[1.0]", False),
        ("[1", "[1]", False),
        ("[1]", "", False),
        ("1", " 1", False),
        ("{{A}}", "{{ A }}", False),
        ("[" * 100_000, "[ " * 100_000, False),
    ],
)
def test_json_is_stored_with_other_white_space_and_the_same_data(sent: str, stored: str, *, is_same: bool) -> None:
    assert may_be_stored_form(stored, sent=sent) is is_same


def test_md5_is_computed_before_the_end_is_trimmed() -> None:
    assert md5_of("a\n") != md5_of("a")
    assert md5_of("e\u0301") == md5_of("é")


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        ("* one ~~~~", "* one [[User:A|A]] 12:00, 1 May 2026 (UTC)"),
        ("~~~~~ first", "12:00, 1 May 2026 (UTC) first"),
        ("a {{subst:Foo|x={{bar}} y}} b", "a what {{ever}} it is b"),
        ("a {{ safesubst:Foo}} b", "a x b"),
        ("see [[Foo (bar)|]] and [[|Baz]].", "see [[Foo (bar)|Foo]] and [[Baz (x)|Baz]]."),
        ("~~~~ and ~~~~", "A and A"),
    ],
)
def test_a_transform_may_give_any_text_but_the_text_around_it_stays(sent: str, stored: str) -> None:
    assert may_be_stored_form(stored, sent=sent)
    assert not may_be_stored_form(f"{stored}!", sent=f"{sent}?")
    assert not may_be_stored_form(f"!{stored}", sent=f"?{sent}")


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        ("a ~~~~ b ~~~~ c", "a x c"),
        ("a", "ab"),
        ("ab ~~~~ ba", "aba"),
        ("{{subst:a}} end", "en"),
        ("a {{notsubst:b}} c", "a x c"),
        ("[[a|b]]", "[[a|c]]"),
    ],
)
def test_another_text_is_not_recognised(sent: str, stored: str) -> None:
    assert not may_be_stored_form(stored, sent=sent)


PLAIN = st.text(alphabet="ab \n\r\t'=*é", max_size=8)


@given(PLAIN, PLAIN.map("[{}]".format), PLAIN)  # a signature is never empty, which would join the texts around it
def test_a_text_is_recognised_whatever_replaced_its_signature(before: str, signature: str, after: str) -> None:
    assert (
        may_be_stored_form(stored_form(f"{before}{signature}{after}"), sent=f"{before}~~~~{after}") or not after.strip()
    )


def test_after_braces_that_are_never_closed_any_text_is_recognised() -> None:
    assert may_be_stored_form("a x", sent="a {{subst:open")


def test_a_change_may_have_been_merged_with_another() -> None:
    base, sent = "one\ntwo\nthree", "one\ntwo\nthree\nfour"
    assert may_hold_change("ONE\ntwo\nthree\nfour", base=base, sent=sent)
    assert not may_hold_change("ONE\ntwo\nthree", base=base, sent=sent)
    assert not may_hold_change("one\ntwo\nthree\nfour", base=base, sent="one\nthree\nfour")
    assert not may_hold_change("ONE\ntwo\nthree", base=base, sent=base)


@pytest.mark.parametrize(
    ("sent", "stored", "expected"),
    [
        ("  a \n b ", "a b", True),
        ("x" * 600, "x" * 500, True),
        ("x" * 600, "x" * 497 + "...", True),
        ("", "Created page with 'x'", True),
        ("a", "b", False),
        ("a", "", False),
    ],
)
def test_the_stored_summary_is_recognised(sent: str, stored: str, *, expected: bool) -> None:
    assert may_be_summary(stored, sent=sent) is expected


def test_a_summary_is_cut_in_characters() -> None:
    assert stored_summary("🪐" * 600) == "🪐" * 500
    assert sent_form("🪐") == "🪐"
