"""The screen: a pleasure on a terminal, plain text in a file."""

from __future__ import annotations

import textwrap
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TaskProgressColumn, TextColumn
from rich.table import Table
from rich.text import Text

_WIDTH = 80
_MEBIBYTE = 1024 * 1024


class Screen:
    """Where the tour is shown, and where it is noted which of its checks held."""

    def __init__(self) -> None:
        self._console = Console(highlight=False, emoji=False, markup=False)
        self._console.width = min(self._console.width, _WIDTH)
        self.checks = 0
        self.failed: list[str] = []

    def heading(self, text: str) -> None:
        """Begin a part of the tour."""
        self._console.print()
        self._console.rule(Text(text, style="bold"), align="left", style="dim")

    def say(self, text: str) -> None:
        """Print a caption."""
        self._console.print(text)

    def code(self, text: str) -> None:
        """Show the call that is being made."""
        for line in textwrap.wrap(text, self._console.width, initial_indent="  ", subsequent_indent="      "):
            self._console.print(Text(line, style="cyan"))

    def table(self, columns: Sequence[str], rows: Sequence[Sequence[object]], *, total: Sequence[object] = ()) -> None:
        """Print a table, its ``total`` below a line; numbers stand to the right, with separators."""
        table = Table(box=SIMPLE_HEAD, pad_edge=False, header_style="dim")
        for number, column in enumerate(columns):
            counted = any(isinstance(row[number], int | float) for row in rows)
            table.add_column(column, justify="right" if counted else "left")
        for row in rows:
            table.add_row(*map(_cell, row))
        if total:
            table.add_section()
            table.add_row(*map(_cell, total))
        self._console.print(table)

    def check(self, claim: str, *, held: bool) -> None:
        """Show whether what was got is what should have come."""
        self.checks += 1
        if not held:
            self.failed.append(claim)
        mark = Text("✓ ", style="green") if held else Text("✗ not so: ", style="bold red")
        self._console.print(mark + Text(claim))

    @contextmanager
    def step(self, text: str) -> Iterator[None]:
        """Show that something is being prepared, and then how long it took."""
        started = time.monotonic()
        with self._console.status(text):
            yield
        self._console.print(Text(f"{text}: {time.monotonic() - started:.1f} s", style="dim"))

    @contextmanager
    def counting(self, text: str) -> Iterator[Callable[[int], None]]:
        """Give a function that shows how many there are so far; on a terminal only, and gone at the end."""
        with self._console.status(text) as status:
            yield lambda count: status.update(f"{text}: {count:,}")

    @contextmanager
    def bar(self, text: str, total: int) -> Iterator[Callable[[int], None]]:
        """Give a function that shows how many bytes are done: as a live bar, or else as a line for each quarter."""
        if not self._console.is_interactive:
            yield self._quarters(text, total)
            return
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            TaskProgressColumn(),
            DownloadColumn(binary_units=True),
        )
        with Progress(*columns, console=self._console) as progress:
            task = progress.add_task(text, total=total)
            yield lambda done: progress.update(task, completed=done)

    def _quarters(self, text: str, total: int) -> Callable[[int], None]:
        shown = 0

        def show(done: int) -> None:
            nonlocal shown
            quarter = 4 * done // total
            if quarter > shown:
                shown = quarter
                self.say(f"{text}: {done / _MEBIBYTE:.1f} of {total / _MEBIBYTE:.1f} MiB")

        return show


def _cell(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.1f}"
    return f"{value:,}" if isinstance(value, int) else str(value)
