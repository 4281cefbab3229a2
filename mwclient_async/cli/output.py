"""What ``mwa`` prints: JSON Lines if its output goes to a file or a program, tables on a terminal."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from mwclient_async import Diff, Value

_FIRST = ("timestamp", "id", "revid", "title", "name", "user", "type", "size", "delta", "comment")
_LAST = ("ns", "pageid")
_GROUP = 40
"""The number of rows that are measured together for the widths of the columns."""
_WIDTH_OF_A_COLUMN = 18
_WIDEST = 60

Row = Value | Mapping[str, Any]


def prepare_stdout() -> None:
    """Make what goes to a file or a program UTF-8, as JSON is; a terminal shows a question mark for what it lacks."""
    if not isinstance(sys.stdout, io.TextIOWrapper):
        return
    if sys.stdout.isatty():
        sys.stdout.reconfigure(errors="replace")
    else:
        sys.stdout.reconfigure(encoding="utf-8", errors="surrogatepass")


def fields_of(row: Row) -> dict[str, Any]:
    """A row in types of JSON."""
    return row.to_dict() if isinstance(row, Value) else dict(row)


class JsonLines:
    """Prints each row as one line of JSON, at once."""

    def __init__(self) -> None:
        self._ascii = sys.stdout.encoding.lower().replace("-", "") != "utf8"

    def add(self, row: Row) -> None:
        """Print a row."""
        sys.stdout.write(json.dumps(fields_of(row), ensure_ascii=self._ascii) + "\n")
        sys.stdout.flush()

    def flush(self) -> None:
        """Do nothing: all rows are printed."""


class TableRows:
    """Prints rows as a table, group by group: its columns and their widths are those of the first group."""

    def __init__(self, *, live: bool) -> None:
        self._console = Console(highlight=False, emoji=False, markup=False)
        self._group = 1 if live else _GROUP
        self._rows: list[dict[str, Any]] = []
        self._widths: dict[str, int] = {}

    def add(self, row: Row) -> None:
        """Print a row, once its group is whole."""
        self._rows.append(fields_of(row))
        if len(self._rows) >= self._group:
            self.flush()

    def flush(self) -> None:
        """Print the rows so far."""
        rows, self._rows = self._rows, []
        if not rows:
            return
        is_first = not self._widths
        if is_first:
            columns = _columns(rows, self._console.width // _WIDTH_OF_A_COLUMN)
            self._widths = _widths(rows, columns, self._console.width)
        table = Table(box=SIMPLE_HEAD, pad_edge=False, header_style="dim", show_header=is_first, show_edge=False)
        for name, width in self._widths.items():
            table.add_column(name, width=width, no_wrap=True, overflow="ellipsis")
        for row in rows:
            table.add_row(*(Text(cell(row.get(name))) for name in self._widths))
        self._console.print(table)


def cell(value: Any) -> str:
    """A value in one line, for people."""
    if value is None or value is False:
        return ""
    if value is True:
        return "yes"
    if isinstance(value, Mapping):
        known = [value[name] for name in ("title", "name", "key", "id") if value.get(name)]
        return cell(known[0]) if known else json.dumps(value, ensure_ascii=False)
    if isinstance(value, list):
        return ", ".join(map(cell, value))
    return " ".join(str(value).split())


def _columns(rows: Sequence[Mapping[str, Any]], most: int) -> list[str]:
    """The columns to show: those that have values, the best known ones first."""
    filled = [name for name in rows[0] if any(cell(row.get(name)) for row in rows)]
    order = {name: number for number, name in enumerate((*_FIRST, *(set(filled) - {*_FIRST, *_LAST}), *_LAST))}
    best = sorted(filled, key=lambda name: (name in _LAST, name not in _FIRST, filled.index(name)))
    return sorted(best[: max(2, most)], key=lambda name: order[name])


def _widths(rows: Sequence[Mapping[str, Any]], columns: Sequence[str], available: int) -> dict[str, int]:
    """The width of each column; they share the screen if they are too wide together."""
    wanted = {
        name: min(_WIDEST, max(len(name), *(Text(cell(row.get(name))).cell_len for row in rows))) for name in columns
    }
    room = available - 2 * len(columns)
    while sum(wanted.values()) > room and (widest := max(wanted, key=lambda name: wanted[name])):
        if wanted[widest] <= len(widest):
            break
        wanted[widest] -= 1
    return wanted


def print_fields(fields: Mapping[str, Any], *, as_json: bool) -> None:
    """Print one thing: a line of JSON, or a name and a value in each line."""
    if as_json:
        JsonLines().add(fields)
        return
    console = Console(highlight=False, emoji=False, markup=False)
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in fields.items():
        if text := cell(value):
            table.add_row(Text(name, style="dim"), Text(text))
    console.print(table)


def print_diff(diff: Diff) -> None:
    """Print the lines of a comparison for people: what is only in the older text, and what is only in the newer."""
    console = Console(highlight=False, emoji=False, markup=False)
    for line in diff.lines:
        if line.before == line.after:
            console.print(Text(f"  {line.before}", style="dim"))
            continue
        if line.before is not None:
            console.print(Text(f"- {line.before}", style="red"))
        if line.after is not None:
            console.print(Text(f"+ {line.after}", style="green"))


def print_text(text: str) -> None:
    """Print a document as it is; on a terminal, with a line break at its end."""
    ending = "\n" if sys.stdout.isatty() and not text.endswith("\n") else ""
    sys.stdout.write(text + ending)
    sys.stdout.flush()
