"""Runs the turns of a job: every client once, each in a new process, in an order that alternates."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from attrs import asdict, field, frozen

from benchmarks.client import counts
from benchmarks.jobs import SPEED, Entry, Job

TIMEOUT = 300.0  # seconds; a guard, not a measure
ROOT = Path(__file__).parent.parent
MIB = 1024 * 1024
SMALL_FILE = 6  # MiB, which is more than one chunk


@frozen(kw_only=True)
class Run:
    """One client's turn: what it used, as ``Usage`` says, what came, and how many requests it sent."""

    cpu: float
    seconds: float
    memory: float = 0.0
    growth: float = 0.0
    came: dict[str, int] = field(factory=dict)
    requests: int = 0


@frozen(kw_only=True)
class Outcome:
    """All turns of one client at one job; ``failed`` says why there are none."""

    entry: Entry
    runs: list[Run] = field(factory=list)
    failed: str = ""


@frozen(kw_only=True)
class Places:
    """The two environments' Python, a wiki's api.php, and a directory for files."""

    speed: str
    behind: str
    scratch: Path

    def python(self, entry: Entry) -> str:
        return self.speed if entry.client == SPEED else sys.executable


def take_turns(job: Job, places: Places) -> list[Outcome]:
    """Measure all clients of a job. One that fails has no further turns."""
    runs: list[list[Run]] = [[] for _ in job.entries]
    failed = ["" for _ in job.entries]
    with serving(job, places) as url:
        if job.how != "client":  # compiles modules that a turn would compile
            for entry in job.entries:
                _run(job, entry, places, url)
        for turn in range(job.turns):
            order = list(range(len(job.entries)))
            for at in reversed(order) if turn % 2 else order:
                if failed[at] or (turn and job.entries[at].slow):
                    continue
                result = _run(job, job.entries[at], places, url)
                if isinstance(result, Run):
                    runs[at].append(result)
                else:
                    failed[at] = result
    return [
        Outcome(entry=entry, runs=[] if failed[at] else runs[at], failed=failed[at])
        for at, entry in enumerate(job.entries)
    ]


def _file(scratch: Path, mebibytes: int) -> Path:
    """A file of that size that begins like a PNG."""
    path = scratch / f"{mebibytes}.png"
    if not path.exists():
        with path.open("wb") as file:
            file.write(b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR")
            for _ in range(mebibytes):
                file.write(os.urandom(MIB))
            file.truncate(mebibytes * MIB)
    return path


@contextmanager
def serving(job: Job, places: Places) -> Iterator[str]:
    """Start the server of a job, give the URL of its api.php, and stop it."""
    told: dict[str, Any] = {"behind": places.behind, "latency": job.latency, "corpus": asdict(job.corpus), "files": []}
    if job.mebibytes:
        told["files"] = [str(_file(places.scratch, mebibytes)) for mebibytes in (SMALL_FILE, job.mebibytes)]
    with subprocess.Popen(
        [sys.executable, "-m", "benchmarks.server"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        json.dump(told, process.stdin)
        process.stdin.close()
        try:
            yield f"http://127.0.0.1:{int(process.stdout.readline())}/api.php"
        finally:
            process.terminate()


def _run(job: Job, entry: Entry, places: Places, url: str) -> Run | str:
    """One turn of one client, or why it failed."""
    if job.how == "import":
        return _import(entry, places)
    if job.how == "script":
        return _script(entry, places, url)
    told = {"client": entry.client, "method": entry.method, "url": url, "titles": job.titles, "writes": job.writes}
    for name, mebibytes in (("small_file", SMALL_FILE), ("file", job.mebibytes)):
        told[name] = str(_file(places.scratch, mebibytes)) if job.mebibytes else ""
    done = _python(places, entry, ["-m", "benchmarks.client"], json.dumps(told))
    result: dict[str, Any] = (
        json.loads(done.stdout.splitlines()[-1]) if done.stdout.strip() else {"failed": done.stderr.strip()[-200:]}
    )
    if "failed" in result:
        print(f"{entry.client}, {entry.method}: {result['failed']}", file=sys.stderr)
        return str(result["failed"])
    counted = result.pop("counted")
    counted["MiB"] = counted["received"] // MIB
    if job.writes:
        result["came"] = {kind: counted[kind] for kind in job.truth}
    return Run(**result, requests=counted["requests"])


def _import(entry: Entry, places: Places) -> Run | str:
    done = _python(places, entry, ["-m", "benchmarks.importing", entry.method])
    if done.returncode:
        return done.stderr.splitlines()[-1]
    cpu, seconds, before, after = map(float, done.stdout.splitlines()[-1].split())
    return Run(cpu=cpu, seconds=seconds, memory=before, growth=after - before)


def _script(entry: Entry, places: Places, url: str) -> Run | str:
    before, used, began = counts(url)["requests"], _children(), time.perf_counter()
    done = _python(places, entry, [str(ROOT / "benchmarks" / "scripts" / entry.method), url])
    seconds, cpu = time.perf_counter() - began, _children() - used
    if done.returncode:
        return done.stderr.splitlines()[-1]
    came = {"pages": int(done.stdout.startswith("Page 0000000"))}
    return Run(cpu=cpu, seconds=seconds, came=came, requests=counts(url)["requests"] - before)


def _children() -> float:
    """The CPU time of all processes that have ended, in seconds."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _python(places: Places, entry: Entry, arguments: list[str], told: str = "") -> subprocess.CompletedProcess[str]:
    environment = {name: text for name, text in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environment |= {"PYTHONPATH": str(ROOT), "PYWIKIBOT_NO_USER_CONFIG": "2"}
    command = [places.python(entry), *arguments]
    try:
        return subprocess.run(
            command,
            input=told,
            capture_output=True,
            text=True,
            timeout=TIMEOUT,
            check=False,
            cwd=places.scratch,  # pywikibot writes files
            env=environment,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return subprocess.CompletedProcess(command, returncode=1, stdout="", stderr=f"{type(error).__name__}\n")
