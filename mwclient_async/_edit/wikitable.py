"""A table in wikitext, made as the parser of MediaWiki reads it: ``handleTables`` in its ``Parser.php``.

The parser reads tables by lines, after it has expanded the templates and put aside what has a syntax of its own, such
as ``<math>``. ``|`` and ``!`` at the beginning of a line, ``||`` and, in heads, ``!!`` begin a cell. What is before a
single ``|`` are its attributes, if no link begins there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

_OTHER_SYNTAX = (
    "ce|chem|gallery|graph|hiero|imagemap|inputbox|mapframe|maplink|math|nowiki|pre|score|source|syntaxhighlight|tabber|"
    "timeline"
)
_TOKEN = re.compile(
    rf"(?P<whole><!--.*?-->|<(?P<tag>{_OTHER_SYNTAX})\b[^>]*(?:/>|>.*?</(?P=tag)\s*>))"
    r"|(?P<begin>\{\{|\[\[|-\{|^[ \t:]*\{\|)|(?P<end>\}\}|\]\]|\}-|^[ \t]*\|\})",
    re.IGNORECASE | re.DOTALL | re.MULTILINE,
)
_ENDS = {"{{": "}}", "[[": "]]", "-{": "}-", "{|": "|}"}
_PIPE = re.compile(r"\{\{\s*!\s*\}\}")  # a template that every wiki has
_MARKUP = re.compile(r"\[\[|\{\{|-\{")
_CELL_MARKS = re.compile(r"(?<=\|)\||(?<=!)!|(?<=\n)[ \t]*[|!]")
_MARKS_OF_TEXT = re.compile(r"\||(?<=!)!|(?<=\n)[ \t]*!")
_NEEDS_A_LINE = ("*", "#", ":", ";", "{|")


def wikitable(head: Iterable[object], rows: Iterable[Iterable[object]], *, classes: str = "wikitable sortable") -> str:
    """A table in wikitext: ``wikitable(["Page", "Bytes"], [("[[Earth]]", 1200), ("[[Mars]]", 900)])``.

    Returns the wikitext: a line for the head and one for each row, without a newline at the end. Cells are wikitext:
    links, files, templates, lists and tables in them keep their meaning, and a ``|`` beside these is shown. A value
    that is not a text becomes one by ``str``; None is an empty cell.

    Arguments:
        head: the names of the columns.
        rows: the cells of each row.
        classes: the CSS classes of the table.

    Raises:
        ValueError: a row has more or fewer cells than the head.

    See https://www.mediawiki.org/wiki/Help:Tables.
    """
    names = [_cell(name) for name in head]
    lines = [f'{{| class="{classes}"', _line("!", names)]
    for row in rows:
        cells = [_cell(value) for value in row]
        if len(cells) != len(names):
            raise ValueError(f"the head has {len(names)} cells, and a row has {len(cells)}: {cells!r}")
        lines += ["|-", _line("|", cells)]
    return "\n".join([*lines, "|}"])


def _line(mark: str, cells: list[str]) -> str:
    """The cells in one line, or each in lines of its own if one of them has several."""
    between = f"\n{mark} " if any("\n" in cell for cell in cells) else f" {mark * 2} "
    return f"{mark} {between.join(cells)}"


def _cell(value: object) -> str:
    """The text of a cell, in which the parser finds no other cell and no attributes."""
    text = "" if value is None else str(value)
    cell, at = "", 0
    for begin, end in _markup(text):
        cell += _escaped(_MARKS_OF_TEXT, text[at:begin]) + _escaped_markup(text[begin:end])
        at = end
    cell += _escaped(_MARKS_OF_TEXT, text[at:])
    if "|" in _MARKUP.split(cell, maxsplit=1)[0] and not cell.startswith("{|"):  # of a tag that this wiki may not know
        return f"| {cell}"  # has empty attributes
    return f"\n{cell}" if cell.startswith(_NEEDS_A_LINE) else cell


def _escaped_markup(text: str) -> str:
    if _PIPE.fullmatch(text):
        return "&#124;"
    return _escaped(_CELL_MARKS, text) if text.startswith("[[") else text


def _escaped(marks: re.Pattern[str], text: str) -> str:
    return marks.sub(lambda mark: f"{mark[0][:-1]}&#{ord(mark[0][-1])};", text)


def _markup(text: str) -> list[tuple[int, int]]:
    """The beginnings and ends of the outermost links, templates, tables, and tags with a syntax of their own."""
    open_: list[tuple[str, int]] = []
    found: list[tuple[int, int]] = []
    for token in _TOKEN.finditer(text):
        begin = token.start()
        if token["begin"]:
            open_.append((_ENDS[token["begin"].lstrip(" \t:")], begin))
            continue
        if token["end"]:
            end = token["end"].strip()
            matching = next((at for at in reversed(range(len(open_))) if open_[at][0] == end), None)
            if matching is None:
                continue
            begin = open_[matching][1]
            del open_[matching:]
        while found and found[-1][0] >= begin:
            found.pop()
        found.append((begin, token.end()))
    return found
