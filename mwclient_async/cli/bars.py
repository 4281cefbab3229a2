"""Progress bars on the terminal, for all that has ``done`` and ``total``: the part, the rate and the time left."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress as Bars,
    ProgressColumn,
    Task,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)
from rich.text import Text

from mwclient_async import Progress


class _CountColumn(ProgressColumn):
    """How many of how many."""

    def render(self, task: Task) -> Text:
        total = "" if task.total is None else f" of {task.total:,.0f}"
        return Text(f"{task.completed:,.0f}{total}", style="progress.download")


class _RateColumn(ProgressColumn):
    """How many in a second."""

    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        return Text("" if speed is None else f"{speed:,.0f}/s", style="progress.data.speed")


@contextmanager
def bar(label: str, *, of_bytes: bool = False, shown: bool = True) -> Iterator[Callable[[Progress], None]]:
    """Show a bar on the standard error if that is a terminal. Yields the function that moves it."""
    if not (shown and sys.stderr.isatty()):
        yield lambda _: None
        return
    counts = (DownloadColumn(), TransferSpeedColumn()) if of_bytes else (_CountColumn(), _RateColumn())
    columns = (TextColumn("{task.description}"), BarColumn(), *counts, TimeRemainingColumn(compact=True))
    console = Console(stderr=True, highlight=False, emoji=False, markup=False)
    with Bars(*columns, console=console) as bars:
        task = bars.add_task(label, total=None)
        yield lambda now: bars.update(task, completed=now.done, total=now.total)
