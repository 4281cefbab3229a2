"""Draws the ratios as bar charts, in SVG."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from benchmarks.figures import Figure, compared, missed
from benchmarks.jobs import OURS, SPEED, Job
from benchmarks.turns import Outcome

WIDTH, LEFT, BAR, GAP = 860, 330, 16, 30  # pixels
COLOURS = {OURS: "#1b6ec2", SPEED: "#0b8043"}
OTHERS = "#9aa0a6"
DASHED = 'stroke="#5f6368" stroke-dasharray="4 3"'
LONGEST = 6.0  # the ratio at the right edge; a longer bar is cut and says its number

Taken = Sequence[tuple[Job, list[Outcome]]]


def all_charts(taken: Taken) -> dict[str, str]:
    """The charts by file name: the CPU time and the time of all jobs that have a ratio of it."""
    cpu = [(job, outcomes) for job, outcomes in taken if job.unit == "cpu"]
    time = [(job, outcomes) for job, outcomes in taken if job.unit == "seconds"]
    return {
        "benchmark-cpu.svg": draw("CPU time of the client; a bare httpx loop is 1", cpu),
        "benchmark-time.svg": draw("Time with 30 ms until each response; a bare httpx loop is 1", time),
    }


def draw(title: str, taken: Taken) -> str:
    """One group of bars for each job: the median ratio of each client, with its range."""
    parts, top = [_text(16, 26, title, size=16, weight="bold")], 44
    for job, outcomes in taken:
        parts.append(_text(16, top + 14, job.title.replace("`", ""), size=13, weight="bold"))
        top += 22
        begin = top
        for outcome in outcomes:
            figure = compared(job, outcome, outcomes[0])
            if figure is not None:
                parts += _bar(top, outcome, figure, incomplete=bool(missed(job, outcome)))
                top += BAR + 4
        parts.append(f'<line x1="{_x(1)}" x2="{_x(1)}" y1="{begin - 3}" y2="{top}" {DASHED}/>')
        top += GAP - BAR
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {top}" font-family="sans-serif">',
            f"<title>{escape(title)}</title>",
            f'<rect width="{WIDTH}" height="{top}" fill="#ffffff"/>',
            *parts,
            "</svg>\n",
        ]
    )


def _x(ratio: float) -> float:
    return round(LEFT + min(ratio, LONGEST) / LONGEST * (WIDTH - LEFT - 140), 1)


def _bar(top: int, outcome: Outcome, figure: Figure, *, incomplete: bool) -> list[str]:
    entry = outcome.entry
    colour = COLOURS.get(entry.client, OTHERS)
    label = f"{entry.client}: {entry.gives.replace('`', '')}"
    number = f"{figure.median:.2f}" + (", not complete" if incomplete else "")
    middle, end = top + BAR / 2, _x(figure.median)
    pattern = ' fill-opacity="0.35"' if incomplete else ""
    return [
        _text(LEFT - 8, top + 12, label, anchor="end"),
        f'<rect x="{LEFT}" y="{top}" width="{end - LEFT:.1f}" height="{BAR}" fill="{colour}"{pattern}/>',
        f'<line x1="{_x(figure.least)}" x2="{_x(figure.greatest)}" y1="{middle}" y2="{middle}" stroke="#202124"/>',
        _text(max(end, _x(figure.greatest), _x(1)) + 6, top + 12, number),
    ]


def _text(x: float, y: float, text: str, *, size: int = 12, weight: str = "normal", anchor: str = "start") -> str:
    return (
        f'<text x="{x}" y="{y}" font-size="{size}" font-weight="{weight}" text-anchor="{anchor}" fill="#202124">'
        f"{escape(text)}</text>"
    )
