"""The summary at the end of the tour: the requests and the seconds of each part."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from attrs import define, field

from mwclient_async.tour.counted_site import CountedSite
from mwclient_async.tour.screen import Screen


@define(kw_only=True)
class PartCost:
    """One part of the tour. ``requests_elsewhere`` counts the requests of other processes."""

    name: str
    requests: int = 0
    requests_elsewhere: int = 0
    seconds: float = 0.0


@define
class Summary:
    """The parts so far."""

    parts: list[PartCost] = field(factory=list)

    @contextmanager
    def part(self, name: str, counted: CountedSite) -> Iterator[PartCost]:
        """Measure what happens inside as one part."""
        part = PartCost(name=name)
        before, started = counted.requests, time.monotonic()
        yield part
        part.requests = counted.requests - before + part.requests_elsewhere
        part.seconds = time.monotonic() - started
        self.parts.append(part)

    def show(self, screen: Screen) -> None:
        """Print the summary."""
        screen.heading("Summary")
        rows: list[list[object]] = [[part.name, part.requests, part.seconds] for part in self.parts]
        total = ["together", sum(p.requests for p in self.parts), sum(p.seconds for p in self.parts)]
        screen.table(["", "requests", "seconds"], rows, total=total)
        held = screen.checks - len(screen.failed)
        screen.say(f"{held} of {screen.checks} checks held.")
