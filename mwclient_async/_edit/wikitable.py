"""A table in wikitext, made as the parser of MediaWiki reads it: ``handleTables`` in its ``Parser.php``.

The parser reads tables by lines, after it has expanded the templates and put aside what has a syntax of its own, such
as ``<math>``. ``|`` and ``!`` at the beginning of a line, ``||`` and, in heads, ``!!`` begin a cell. What is before a
single ``|`` are its attributes, if no link begins there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

_HAS_OTHER_SYNTAX = re.compile(
    r"\{\{|\{\||<(?:ce|chem|graph|hiero|math|nowiki|pre|score|source|syntaxhighlight|timeline)\b", re.IGNORECASE
)
_MARKUP = re.compile(r"\[\[|\{\{|-\{")
_CELL_MARKS = re.compile(r"(?<=\|)\||(?<=!)!|(?<=\n)[ \t]*[|!]")
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
    if not _HAS_OTHER_SYNTAX.search(text):  # there these characters have a meaning
        text = _CELL_MARKS.sub(lambda mark: f"{mark[0][:-1]}&#{ord(mark[0][-1])};", text)
    if "|" in _MARKUP.split(text, maxsplit=1)[0] and not text.startswith("{|"):
        return f"| {text}"  # has empty attributes
    return f"\n{text}" if text.startswith(_NEEDS_A_LINE) else text
