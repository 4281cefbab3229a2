"""A crawl of many shards on a cluster of processes, against a farm with limits: who takes how much of the time.

The scheduler, each worker, the farm and the program that starts the crawl are processes of their own. The scheduler's
share is its CPU time (for the tasks, the shared limits and the connections) as a part of the time of the crawl, and of
the least time that the limits allow: all requests, each as long as the farm needs, with as many in flight as allowed.
Before the crawl, the idle scheduler is measured.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import anyio
import psutil  # type: ignore[import-untyped]  # a dependency of distributed
from attrs import frozen
from distributed import Client

from mwclient_async import Limits
from mwclient_async.dask import Crawl, CrawlProgress, IdRanges, JsonLines, Pages, Wiki

AGENT = "mwclient-async-benchmarks/1.0 (benchmarks@example.org)"
MIB = 1024 * 1024
IDLE = 10.0  # seconds

Processes = list[subprocess.Popen[str]]
"""The scheduler and the workers."""


@frozen(kw_only=True)
class Plan:
    """How large the crawl is: ``latency`` is that of a response, in seconds; ``per_minute`` 0 allows any number."""

    shards: int
    pages_per_shard: int
    workers: int
    concurrency: int
    latency: float
    per_minute: int


@contextmanager
def process(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    started = subprocess.Popen(
        [sys.executable, *arguments], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    try:
        yield started
    finally:
        started.kill()
        started.wait()


def _cpu(of: subprocess.Popen[str]) -> float:
    times = psutil.Process(of.pid).cpu_times()
    return float(times.user + times.system)


async def _idle_share(scheduler: subprocess.Popen[str]) -> float:
    before = _cpu(scheduler)
    await anyio.sleep(IDLE)
    return (_cpu(scheduler) - before) / IDLE


def _counts(url: str) -> dict[str, Any]:
    with urllib.request.urlopen(f"{url}/counts") as response:
        counts: dict[str, Any] = json.load(response)
    return counts


async def run(plan: Plan) -> dict[str, Any]:
    """Run the crawl once. Returns what was measured."""
    with ExitStack() as stack:
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        farm = stack.enter_context(process("-m", "benchmarks.crawls.farm", str(plan.latency), str(plan.per_minute)))
        assert farm.stdout is not None
        url = f"http://127.0.0.1:{farm.stdout.readline().strip()}"
        where = str(scratch / "scheduler.json")
        scheduler = stack.enter_context(
            process("-m", "distributed.cli.dask_scheduler", "--port", "0", "--no-dashboard", "--scheduler-file", where)
        )
        worker = ("-m", "distributed.cli.dask_worker", "--scheduler-file", where, "--no-nanny", "--no-dashboard")
        options = ("--nthreads", "4", "--local-directory", str(scratch))
        workers = [stack.enter_context(process(*worker, *options)) for _ in range(plan.workers)]
        async with Client(scheduler_file=where, asynchronous=True) as client:
            await client.wait_for_workers(plan.workers)
            return await _measure(plan, client, url, scratch, [scheduler, *workers])


async def _measure(plan: Plan, client: Client, url: str, scratch: Path, processes: Processes) -> dict[str, Any]:
    memory: dict[int, list[int]] = {}

    def note(progress: CrawlProgress) -> None:
        tenth = 10 * progress.shards_done // plan.shards
        memory.setdefault(tenth, [round(psutil.Process(one.pid).memory_info().rss / MIB) for one in processes])

    crawl = Crawl(
        wikis=Wiki(
            api_url=f"{url}/w/api.php", user_agent=AGENT, limits=Limits(concurrency=plan.concurrency), name="farm"
        ),
        query=Pages(prop=["info", "categories"]),
        plan=IdRanges(last=plan.shards * plan.pages_per_shard, size=plan.pages_per_shard),
        sink=JsonLines(str(scratch / "rows")),
    )
    idle = await _idle_share(processes[0])
    before, began = [_cpu(one) for one in processes], time.monotonic()
    result = await crawl.run(client, on_progress=note)
    seconds = time.monotonic() - began
    scheduler, *workers = [_cpu(one) - earlier for one, earlier in zip(processes, before, strict=True)]
    counts = _counts(url)
    assert result.rows == plan.shards * plan.pages_per_shard, result
    least = counts["requests"] * plan.latency / plan.concurrency
    return {
        "plan": plan,
        "requests": counts["requests"],
        "seconds": seconds,
        "the least seconds": least,
        "scheduler: share of the time when idle": idle,
        "scheduler: CPU in seconds": scheduler,
        "scheduler: CPU per shard above that of the idle one, in ms": 1000 * (scheduler - idle * seconds) / plan.shards,
        "scheduler: share of the least time": scheduler / least,
        "scheduler: share of the time": scheduler / seconds,
        "workers: CPU per request, in ms": 1000 * sum(workers) / counts["requests"],
        "slots in use": counts["busy"] / (plan.concurrency * seconds),
        "most in flight": counts["most"],
        "refused": counts["refused"],
        "requests during a pause": counts["during_pause"],
        "memory of scheduler and workers by tenths, in MiB": memory,
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m benchmarks.crawls", description=__doc__)
    parser.add_argument("--shards", type=int, default=10_000)
    parser.add_argument("--pages-per-shard", type=int, default=50)
    parser.add_argument("--workers", type=int, default=3)
    parser.add_argument("--concurrency", type=int, default=3)
    parser.add_argument("--latency", type=float, default=0.2, help="of a response, in seconds")
    parser.add_argument(
        "--per-minute", type=int, default=0, help="the requests that the farm allows; 0 allows any number"
    )
    parser.add_argument("--turns", type=int, default=1)
    given = vars(parser.parse_args())
    turns = given.pop("turns")
    for _ in range(turns):
        for name, value in anyio.run(run, Plan(**given)).items():
            print(f"{name}: {value:.3g}" if isinstance(value, float) else f"{name}: {value}", flush=True)
