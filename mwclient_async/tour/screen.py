"""The output of the tour: with colours and live counters on a terminal, as plain text in a file."""

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

Shown = Callable[[str, int, float | None], None]
"""Called with the stage, the bytes sent so far, and the bytes per second, None if that is not known."""


class Screen:
    """Prints the tour, and counts its checks and those that failed."""

    def __init__(self) -> None:
        self._console = Console(highlight=False, emoji=False, markup=False)
        self._console.width = min(self._console.width, _WIDTH)
        self.checks: int = 0
        self.failed: list[str] = []

    def heading(self, text: str) -> None:
        """Print the heading of a part."""
        self._console.print()
        self._console.rule(Text(text, style="bold"), align="left", style="dim")

    def say(self, text: str) -> None:
        """Print a caption."""
        self._console.print(text)

    def code(self, text: str) -> None:
        """Print the code that is being run."""
        for line in textwrap.wrap(text, self._console.width, initial_indent="  ", subsequent_indent="      "):
            self._console.print(Text(line, style="cyan"))

    def table(self, columns: Sequence[str], rows: Sequence[Sequence[object]], *, total: Sequence[object] = ()) -> None:
        """Print a table, with ``total`` below a line; numbers are right-aligned, with separators."""
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
        """Print whether what came is what was expected."""
        self.checks += 1
        if not held:
            self.failed.append(claim)
        mark = Text("✓ ", style="green") if held else Text("✗ failed: ", style="bold red")
        self._console.print(mark + Text(claim))

    @contextmanager
    def step(self, text: str) -> Iterator[None]:
        """Print what is being prepared, and then how long it took."""
        started = time.monotonic()
        with self._console.status(text):
            yield
        self._console.print(Text(f"{text}: {time.monotonic() - started:.1f} s", style="dim"))

    @contextmanager
    def counting(self, text: str) -> Iterator[Callable[[int], None]]:
        """Yield a function that shows a live count; on a terminal only, until the end of the block."""
        with self._console.status(text) as status:
            yield lambda count: status.update(f"{text}: {count:,}")

    @contextmanager
    def bar(self, total: int) -> Iterator[Shown]:
        """Yield a function that shows how far an upload is: a live bar, or in a file a line for each quarter."""
        if not self._console.is_interactive:
            yield self._lines(total)
            return
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            TaskProgressColumn(),
            DownloadColumn(binary_units=True),
            TextColumn("{task.fields[speed]}", style="progress.data.speed"),
        )
        with Progress(*columns, console=self._console) as progress:
            task = progress.add_task("", total=total, speed="")

            def show(stage: str, done: int, rate: float | None) -> None:
                progress.update(task, description=f"{stage.capitalize():10}", completed=done)
                if rate is not None:  # otherwise the last speed stays
                    progress.update(task, speed=_speed(rate))

            yield show

    def _lines(self, total: int) -> Shown:
        shown: tuple[str, int] | None = None

        def show(stage: str, done: int, rate: float | None) -> None:
            nonlocal shown
            reached = stage, 4 * done // total
            if reached[1] and reached != shown:
                shown = reached
                so_far = f"{done / _MEBIBYTE:.1f} of {total / _MEBIBYTE:.1f} MiB"
                self.say(", ".join(filter(None, [f"{stage.capitalize()}: {so_far}", _speed(rate)])))

        return show


def _speed(rate: float | None) -> str:
    return f"{rate / _MEBIBYTE:.1f} MiB a second" if rate is not None else ""


def _cell(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.1f}"
    return f"{value:,}" if isinstance(value, int) else str(value)
