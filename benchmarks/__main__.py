"""Runs the benchmarks: ``python -m benchmarks``, or ``make bench``, which also makes the environments."""

from __future__ import annotations

import argparse
import tempfile
from functools import partial
from pathlib import Path

import anyio
import anyio.to_thread

from benchmarks.jobs import Job, all_jobs
from benchmarks.replies import USER
from benchmarks.report import heading, table, write
from benchmarks.turns import Outcome, Places, take_turns
from mwclient_async.testing import LocalWiki

SETTINGS = "$wgMaxUploadSize = 64 * 1024 * 1024 * 1024;"


async def main(jobs: list[Job], speed: str, *, size: str, keep: bool) -> None:
    """Run the jobs, print each table, and write all of them if they are complete."""
    taken: list[tuple[Job, list[Outcome]]] = []
    with tempfile.TemporaryDirectory() as scratch:
        async with LocalWiki(settings=SETTINGS, runs_jobs=False) as wiki:
            await wiki.create_user(USER)
            print(heading(speed, size), flush=True)
            places = Places(speed=speed, behind=wiki.api_url, scratch=Path(scratch))
            for job in jobs:
                taken.append((job, await anyio.to_thread.run_sync(take_turns, job, places)))
                print("\n" + table(*taken[-1]), flush=True)
    if keep:
        write(taken, heading(speed, size))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the work; writes no files")
    parser.add_argument("--only", nargs="+", metavar="JOB", help="some jobs; writes no files")
    parser.add_argument("--write", action="store_true", help="write the files even so")
    parser.add_argument(
        "--turns",
        type=int,
        help="how often each client does each job; starts of a process, which are short, are never measured less often",
    )
    parser.add_argument("--speed", default="python-with-speed", help="the Python that has the extra `speed`")
    given = parser.parse_args()
    chosen = [job for job in all_jobs(quick=given.quick) if not given.only or job.key in given.only]
    if given.turns:
        chosen = [job.with_turns(given.turns) for job in chosen]
    if not chosen:
        parser.error("the jobs are: " + ", ".join(job.key for job in all_jobs(quick=given.quick)))
    size = "A quick run, with a tenth of the work. " if given.quick else ""
    keep = given.write or not (given.quick or given.only)
    anyio.run(partial(main, chosen, given.speed, size=size, keep=keep))
