"""The statistics of the turns: medians, ranges and ratios."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from typing import Self

from attrs import frozen

from benchmarks.jobs import Job
from benchmarks.turns import Outcome, Run


@frozen
class Figure:
    """The median of some turns, the least and the greatest."""

    median: float
    least: float
    greatest: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Self:
        return cls(statistics.median(values), min(values), max(values))

    def __str__(self) -> str:
        return f"{self.median:.2f} ({self.least:.2f} to {self.greatest:.2f})"


def compared(job: Job, outcome: Outcome, base: Outcome) -> Figure | None:
    """A client's CPU or time against that of the first client, turn by turn, or the growth of its memory in MiB.

    None if one of the two clients failed.
    """

    def value(run: Run) -> float:
        return run.cpu if job.unit == "cpu" else run.seconds

    if not outcome.runs or not base.runs:
        return None
    if job.unit == "growth":
        return Figure.of([run.growth for run in outcome.runs])
    return Figure.of([value(run) / value(other) for run, other in zip(outcome.runs, base.runs, strict=False)])


def missed(job: Job, outcome: Outcome) -> list[str]:
    """What did not come as it is on the wiki: "1,000 categories, not 3,000"."""
    came = outcome.runs[0].came
    return [
        f"{came.get(kind, 0):,} {kind}, not {count:,}" for kind, count in job.truth.items() if came.get(kind) != count
    ]


def verdict(job: Job, outcome: Outcome, base: Outcome) -> str:
    """Whether a client has met its targets; empty if it has none."""
    entry, figure = outcome.entry, compared(job, outcome, base)
    if entry.target is None and entry.requests is None:
        return ""
    if figure is None:
        return "open"
    requests = max(run.requests for run in outcome.runs)
    met = (entry.target is None or figure.median <= entry.target) and requests <= (entry.requests or requests)
    return "met" if met and not missed(job, outcome) else "**not met**"
