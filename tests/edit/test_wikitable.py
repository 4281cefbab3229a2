"""``wikitable``: what is written in a cell is what the wiki shows in that cell."""

from __future__ import annotations

import re
from html import unescape

import pytest

from mwclient_async import Site, wikitable

HTML = {
    "a | b": "a | b",
    "a || b": "a || b",
    "|||": "|||",
    "a !! b": "a !! b",
    "! a": "! a",
    "-5": "-5",
    "+5": "+5",
    "}": "}",
    None: "<td></td>",
    7: "7",
    "[[Nowhere|x]] | y": ">x</a> | y",
    "x | [[Nowhere|y]]": 'x | <a href="',
    "{{lc:A||B}}": "a",
    "{{lc:A}} | b || c": "a | b || c",
    "{{lc:A|{{lc:B}}}}|c": "a|c",
    "a {{!}} b": "a | b",
    "{{!}}{{ ! }}": "||",
    "a {{!}} [[Nowhere|x]]": 'a | <a href="',
    "[[x | y }} z": "[[x | y }} z",
    "{|": "{|",
    "a {| b": "a {| b",
    "<!-- {{ --> a | b": "a | b",
    "<gallery>\nFile:Nothing.png|one\n</gallery> | c": "</ul> | c",
    "<pre>a || b</pre> | c": "<pre>a || b</pre> | c",
    "* one\n* two": "<ul><li>one</li>\n<li>two</li></ul>",
    "a\n! b\n| c": "a\n<p>! b\n| c\n</p>",
    '{| class="x"\n| in\n|}': '<table class="x">',
    "a\n{|\n| in {{lc:A}}\n|}\nb | c": "<table>\n<tbody><tr>\n<td>in a\n</td></tr></tbody></table>\n<p>b | c",
}
"""Cells, and what the HTML of each has. Templates are the wiki's own functions here: a table knows no difference."""


def test_a_row_is_a_line() -> None:
    text = wikitable(["Page", "Bytes"], [("[[Earth]]", 1200), ("[[Mars]]", None)], classes="plain")
    assert text == '{| class="plain"\n! Page !! Bytes\n|-\n| [[Earth]] || 1200\n|-\n| [[Mars]] || \n|}'


def test_a_row_with_cells_of_several_lines_has_a_line_for_each() -> None:
    assert wikitable(["A", "B"], [("* x\n* y", "z")]).splitlines()[3:-1] == ["| ", "* x", "* y", "| z"]


def test_a_row_with_other_cells_than_the_head_is_refused() -> None:
    with pytest.raises(ValueError, match="the head has 2 cells, and a row has 1"):
        wikitable(["A", "B"], [["x"]])


def test_what_has_a_syntax_of_its_own_is_left_alone() -> None:
    code = "<syntaxHighlight>a || b\n| c</syntaxHighlight>"
    assert code in wikitable(["A"], [[code]])


@pytest.mark.everywhere
async def test_what_is_written_in_a_cell_is_shown_in_that_cell(reader: Site) -> None:
    rows = [(f"begins {at}", cell, "ends") for at, cell in enumerate(HTML)]
    table = wikitable(["a || b", "!! c", "a | b"], rows)
    html = unescape((await reader.actions.parse(text=table, prop="text")).text or "").replace("\xa0", " ")
    assert re.findall(r"<th[^>]*>(.*?)\s*</th>", html) == ["a || b", "!! c", "a | b"]
    for at, expected in enumerate(HTML.values()):
        cell = rf"<td>begins {at}\s*</td>\s*(<td>(?:(?!begins).)*</td>)\s*<td>ends\s*</td>"
        shown = re.findall(cell, html, re.DOTALL)
        assert len(shown) == 1, (at, html)
        assert expected in shown[0]
        assert shown[0].count("<td>") == 1 + ("<table" in expected)
