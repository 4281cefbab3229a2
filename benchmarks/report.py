"""Writes what was measured: tables in benchmarks/README.md and docs/performance.md, and charts."""

from __future__ import annotations

import datetime as dt
import json
import os
import platform
import statistics
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from benchmarks import charts
from benchmarks.figures import Figure, compared, missed, verdict
from benchmarks.jobs import OURS, SPEED, Entry, Job
from benchmarks.turns import ROOT, Outcome

README = ROOT / "benchmarks" / "README.md"
PERFORMANCE = ROOT / "docs" / "performance.md"
BEGIN, END = "<!-- measured: written by `make bench` -->", "<!-- end of what was measured -->"
PACKAGES = ("httpx", "aiohttp", "orjson", "mwclient", "pywikibot", "mwapi", "requests", "attrs", "cattrs", "anyio")

UNITS = {"cpu": "ratio of CPU", "seconds": "ratio of time", "growth": "growth, MiB"}

Taken = Sequence[tuple[Job, list[Outcome]]]


# One job -------------------------------------------------------------------------------------------------------------


def table(job: Job, outcomes: list[Outcome]) -> str:
    """The table of one job, in Markdown."""
    titles = ["client", "gives", UNITS[job.unit], "CPU, ms", "time, ms", "memory, MiB"]
    titles += [] if job.how == "import" else ["requests", "complete"]
    targets = any(verdict(job, outcome, outcomes[0]) for outcome in outcomes)
    titles += ["target", ""] if targets else []
    rows = [_row(job, outcome, outcomes[0], targets=targets) for outcome in outcomes]
    turns = f"{job.turns} turns" + (", one of the slow clients." if any(entry.slow for entry in job.entries) else ".")
    return "\n".join([f"### {job.title}", "", turns, "", *_markdown(titles, rows)])


def _row(job: Job, outcome: Outcome, base: Outcome, *, targets: bool) -> list[str]:
    entry, runs = outcome.entry, outcome.runs
    row = [_name(entry), entry.gives]
    if outcome.failed:
        row += ["not available", "", "", ""] + ([] if job.how == "import" else ["", _one_line(outcome.failed)])
    else:
        row += [str(compared(job, outcome, base) or "")]
        row += [_median(1000 * run.cpu for run in runs), _median(1000 * run.seconds for run in runs)]
        row += [_memory(outcome)]
        if job.how != "import":
            row += [_count(run.requests for run in runs), "; ".join(missed(job, outcome)) or "yes"]
    return row + ([_target(entry), verdict(job, outcome, base)] if targets else [])


def _name(entry: Entry) -> str:
    return f"**{entry.client}**" if entry.client in {OURS, SPEED} else entry.client


def _median(values: Iterable[float]) -> str:
    figure = Figure.of(list(values))
    return f"{figure.median:,.0f} ({figure.least:,.0f} to {figure.greatest:,.0f})"


def _count(values: Iterable[int]) -> str:
    counts = sorted(set(values))
    return f"{counts[0]:,}" if len(counts) == 1 else f"{counts[0]:,} to {counts[-1]:,}"


def _memory(outcome: Outcome) -> str:
    """In use before the job, and the growth of the peak."""
    if not outcome.runs[0].memory:
        return ""
    before, growth = (
        statistics.median(values) for values in zip(*((run.memory, run.growth) for run in outcome.runs), strict=True)
    )
    return f"{before:.1f} + {growth:.1f}"


def _target(entry: Entry) -> str:
    parts = [f"at most {entry.target:g}"] if entry.target is not None else []
    if entry.requests is not None:
        parts.append(f"{entry.requests:,} requests" if entry.requests > 1 else "1 request")
    return ", ".join(parts)


def _one_line(text: str) -> str:
    return " ".join(text.replace("|", " ").split())[:100]


def _markdown(titles: list[str], rows: list[list[str]]) -> list[str]:
    lines = [titles, ["---"] * len(titles), *rows]
    return ["| " + " | ".join(line) + " |" for line in lines]


# All jobs ------------------------------------------------------------------------------------------------------------


def heading(speed: str, size: str) -> str:
    """When, where and with what it was measured."""
    moment = dt.datetime.now(dt.UTC).strftime("%Y-%m-%d %H:%M UTC")
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False
    ).stdout.strip()
    versions = _versions(sys.executable) | _versions(speed)
    lines = [
        f"{size}Measured on {moment}{f', commit {commit}' if commit else ''}.",
        f"Machine: {_processor()}, {_cores()}, {platform.system()} {platform.release()}.",
        f"Python {platform.python_version()}; "
        + ", ".join(f"{name} {version}" for name, version in versions.items())
        + ".",
    ]
    return "\n".join(lines)


def _versions(python: str) -> dict[str, str]:
    """The versions of the packages of one environment; none if there is no such environment."""
    code = (
        "import json, sys; from importlib.metadata import distributions; "
        "print(json.dumps({d.metadata['Name']: d.version for d in distributions()}))"
    )
    try:
        done = subprocess.run([python, "-I", "-c", code], capture_output=True, text=True, check=True)
    except OSError:
        return {}
    installed = {name.lower(): version for name, version in json.loads(done.stdout).items()}
    return {name: installed[name] for name in PACKAGES if name in installed}


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8").splitlines() if info.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def _cores() -> str:
    return f"{os.cpu_count()} cores"


def write(taken: Taken, heading: str) -> None:
    """Write the tables and charts into the files of the project."""
    tables = "\n\n".join(table(job, outcomes) for job, outcomes in taken)
    _replace(README, f"{heading}\n\n{tables}")
    _replace(PERFORMANCE, "\n".join([heading.splitlines()[0], "", *summary(taken)]))
    for name, chart in charts.all_charts(taken).items():
        path = ROOT / "docs" / "images" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(chart, encoding="utf-8")


def summary(taken: Taken) -> list[str]:
    """One line for each job: our medians, and the best of the other clients that gave everything."""
    rows = []
    for job, outcomes in taken:
        ours, speed = _best(job, outcomes, {OURS}), _best(job, outcomes, {SPEED})
        others = _best(job, outcomes, {"mwclient", "mwapi", "pywikibot"})
        rows.append([job.title, UNITS[job.unit], ours, speed, others])
    return _markdown(["job", "compared", "default install", "extra `speed`", "best other client"], rows)


def _best(job: Job, outcomes: list[Outcome], clients: set[str]) -> str:
    """The smallest median of these clients among the complete ones; ours are all named, with what they give."""
    found = [
        (figure.median, outcome.entry)
        for outcome in outcomes
        if outcome.entry.client in clients
        and (figure := compared(job, outcome, outcomes[0])) is not None
        and not missed(job, outcome)
    ]
    if not found:
        return "none is complete" if len(clients) > 1 else "not measured"
    if len(clients) > 1:
        found = [min(found, key=lambda pair: pair[0])]
        return f"{found[0][0]:.2f}: {found[0][1].client}, {found[0][1].gives}"
    return "<br>".join(f"{median:.2f}: {entry.gives}" for median, entry in found)


def _replace(path: Path, text: str) -> None:
    """Put the text between the two markers of a file."""
    before, _, rest = path.read_text(encoding="utf-8").partition(BEGIN)
    after = rest.partition(END)[2]
    path.write_text(f"{before}{BEGIN}\n\n{text}\n\n{END}{after}", encoding="utf-8")
