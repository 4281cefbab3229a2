"""What each stop of the tour took, for the summary at its end."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from attrs import define, field

from mwclient_async.tour.screen import Screen
from mwclient_async.tour.visit import Visit


@define(kw_only=True)
class Entry:
    """One stop. ``elsewhere`` are the requests of other processes."""

    name: str
    requests: int = 0
    elsewhere: int = 0
    seconds: float = 0.0


@define
class Logbook:
    """The stops so far."""

    entries: list[Entry] = field(factory=list)

    @contextmanager
    def stop(self, name: str, visit: Visit) -> Iterator[Entry]:
        """Note what happens inside as one stop."""
        entry = Entry(name=name)
        before, started = visit.requests, time.monotonic()
        yield entry
        entry.requests = visit.requests - before + entry.elsewhere
        entry.seconds = time.monotonic() - started
        self.entries.append(entry)

    def show(self, screen: Screen) -> None:
        """Print the summary."""
        screen.heading("What was shown")
        rows: list[list[object]] = [[entry.name, entry.requests, entry.seconds] for entry in self.entries]
        total = ["together", sum(e.requests for e in self.entries), sum(e.seconds for e in self.entries)]
        screen.table(["", "requests", "seconds"], rows, total=total)
        held = screen.checks - len(screen.failed)
        screen.say(f"{held} of {screen.checks} checks held.")
