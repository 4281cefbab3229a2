"""What the benchmarks compare is true: the server of the benchmarks loses nothing, and the tables hide no loss."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve

from benchmarks import charts, replies, report
from benchmarks.figures import Figure, compared, missed, verdict
from benchmarks.jobs import OURS, Entry, Job, all_jobs
from benchmarks.ports import clients
from benchmarks.ports.counting import lines_of_javascript, lines_of_python
from benchmarks.replies import CATEGORIES, ROWS, Corpus
from benchmarks.turns import Outcome, Run

JOB = Job(
    key="titles",
    title="A list",
    entries=(),
    truth={"titles": 10},
    turns=3,
)
HTTPX, MINE = Entry(client="httpx", method="titles", gives="dicts"), Entry(client=OURS, method="titles", gives="rows")


PYTHON = '''import a
from b import (
    c,
)

# comment
d = """
# text
"""  # comment
if d:
    import e
    f(
        1,
    )
'''


def outcome(entry: Entry, *seconds: float, titles: int = 10, requests: int = 1) -> Outcome:
    runs = [Run(cpu=one, seconds=one, came={"titles": titles}, requests=requests) for one in seconds]
    return Outcome(entry=entry, runs=runs)


def everything(corpus: Corpus, **params: str) -> list[Any]:
    """All replies to a query, with the continuation of the manual."""
    found: list[Any] = []
    following: dict[str, str] = {}
    while True:
        reply = replies.query(corpus, {"action": "query", **params, **following}, account={})
        assert reply is not None
        found.append(reply)
        if "continue" not in reply:
            return found
        following = reply["continue"]


def test_only_the_start_of_a_process_keeps_its_many_turns() -> None:
    start = evolve(JOB, how="import", turns=31)
    assert [job.with_turns(5).turns for job in (JOB, start)] == [5, 31]
    assert start.with_turns(40).turns == 40


def test_the_server_gives_each_row_of_a_list_once() -> None:
    found = everything(Corpus(pages=1_234), list="allpages", aplimit="max")
    rows = [row["title"] for reply in found for row in reply["query"]["allpages"]]
    assert len(rows) == len(set(rows)) == 1_234
    assert len(found) == 3


def test_the_server_gives_each_category_once_if_a_batch_is_split() -> None:
    corpus = Corpus(pages=ROWS + 10, categories=CATEGORIES)
    found = everything(corpus, generator="allpages", gaplimit="max", prop="info|categories", cllimit="max")
    rows = [
        (page["title"], row["title"])
        for reply in found
        for page in reply["query"]["pages"]
        for row in page.get("categories", ())
    ]
    assert len(rows) == len(set(rows)) == CATEGORIES * (ROWS + 10)
    assert sum("length" in page for reply in found for page in reply["query"]["pages"]) == ROWS + 10
    assert ["batchcomplete" in reply for reply in found] == [False, False, True, True]


def test_the_server_gives_each_revision_once() -> None:
    found = everything(
        Corpus(revisions=120), titles="Page 0000000", prop="revisions", rvlimit="max", rvprop="ids|content"
    )
    ids = [row["revid"] for reply in found for row in reply["query"]["pages"][0]["revisions"]]
    assert ids == list(range(120, 0, -1))
    assert len(found) == 3


def test_a_ratio_compares_turns_of_the_same_number() -> None:
    assert compared(JOB, outcome(MINE, 2.0, 6.0, 3.0), outcome(HTTPX, 1.0, 2.0, 3.0)) == Figure(2.0, 1.0, 3.0)


@pytest.mark.parametrize(
    ("entry", "found", "said"),
    [
        (MINE, outcome(MINE, 1.0), ""),
        (evolve(MINE, target=1.5), outcome(MINE, 1.5), "met"),
        (evolve(MINE, target=1.4), outcome(MINE, 1.5), "**not met**"),
        (evolve(MINE, target=1.5), outcome(MINE, 1.5, titles=9), "**not met**"),
        (evolve(MINE, requests=1), outcome(MINE, 9.0, requests=1), "met"),
        (evolve(MINE, requests=1), outcome(MINE, 0.5, requests=2), "**not met**"),
        (evolve(MINE, target=1.5), Outcome(entry=MINE, failed="it failed"), "open"),
    ],
)
def test_a_target_is_met_only_if_all_came_in_time_and_requests(entry: Entry, found: Outcome, said: str) -> None:
    assert verdict(JOB, evolve(found, entry=entry), outcome(HTTPX, 1.0)) == said


def test_the_table_says_what_a_client_lost() -> None:
    lossy = outcome(MINE, 1.0, titles=7)
    assert missed(JOB, lossy) == ["7 titles, not 10"]
    assert "7 titles, not 10" in report.table(JOB, [outcome(HTTPX, 1.0), lossy])
    assert "none is complete" in "\n".join(report.summary([(JOB, [outcome(HTTPX, 1.0)])]))
    assert "not complete" in charts.all_charts([(JOB, [outcome(HTTPX, 1.0), lossy])])["benchmark-cpu.svg"]


def test_each_job_has_a_baseline_and_a_key_of_its_own() -> None:
    jobs = all_jobs(quick=False)
    assert len({job.key for job in jobs}) == len(jobs)
    assert {job.entries[0].client for job in jobs} == {"httpx"}


def test_imports_comments_and_blank_lines_are_no_code() -> None:
    assert lines_of_python(PYTHON) == 3 + 1 + 3
    assert lines_of_javascript("import { a } from 'b';\n\n// comment\nf(\n  1,\n); // comment\n") == 3


@pytest.mark.parametrize(
    ("column", "client", "suffix"),
    [
        (1, clients.OURS, ".py"),
        (2, "mwclient", ".py"),
        (3, "pywikibot", ".py"),
        (4, "mwn", ".mjs"),
        (5, "m3api", ".mjs"),
    ],
)
def test_the_table_of_the_bots_has_the_lines_of_their_programs(column: int, client: str, suffix: str) -> None:
    page = (clients.ROOT / "docs" / "bots.md").read_text(encoding="utf-8")
    rows = page.partition("<!-- counted")[2].partition("|---")[2].splitlines()[1 : 1 + len(clients.PROGRAMS)]
    shown = [int(row.split("|")[1 + column].split(",")[0].split("+")[0]) for row in rows]
    assert shown == [clients.lines(text, suffix) for text in clients.programs_of(client, suffix).values()]
