"""The crawl of the campaign, a program that can be killed: ``python -m tests.dask.campaign.program API SINK SHARDS``.

It prints a line of JSON several times a second: the process ids of its workers, and how far it is.
"""

from __future__ import annotations

import json
import os
import sys

import anyio
from distributed import Client, LocalCluster

from mwclient_async import HttpOptions, RetryPolicy, SiteOptions
from mwclient_async.dask import Crawl, JsonLines, Pages, TitleRanges, Wiki

BATCH = 100
AGENT = "mwclient-async-tests/1.0 (tests@example.org)"
WORKERS = 4


def options() -> SiteOptions:
    """A wiki on this machine answers soon, or never."""
    return {"http": HttpOptions(read_timeout=5)}


def crawl_of(api_url: str, sink: str, shards: str) -> Crawl:
    """Every page with its categories, each batch committed."""
    return Crawl(
        wikis=Wiki(api_url=api_url, user_agent=AGENT, name="big", options=options, retry=RetryPolicy(first_delay=0.05)),
        query=Pages(generator="allpages", prop=["categories"], batch_size=BATCH),
        plan=TitleRanges(shards=int(shards)),
        sink=JsonLines(sink, rows_per_part=1),
        straggler_after=5,
    )


async def main(*arguments: str) -> None:
    """Run the crawl."""
    async with (
        LocalCluster(
            n_workers=WORKERS,
            threads_per_worker=1,
            dashboard_address="127.0.0.1:0",
            host="127.0.0.1",
            asynchronous=True,
        ) as cluster,
        Client(cluster, asynchronous=True) as client,
        crawl_of(*arguments).start(client) as run,
        anyio.create_task_group() as tasks,
    ):

        async def tell() -> None:
            while True:
                pids = await client.run(os.getpid, on_error="ignore")
                tell_line(done=run.progress.done, pids=[pid for pid in pids.values() if isinstance(pid, int)])
                await anyio.sleep(0.1)

        tasks.start_soon(tell)
        result = await run.result()
        tasks.cancel_scope.cancel()
    tell_line(done=result.rows, pids=[], requests=result.requests, plan=result.plan_requests, shards=result.shards)


def tell_line(**values: object) -> None:
    """Print one line."""
    sys.stdout.write(f"{json.dumps(values)}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    anyio.run(main, *sys.argv[1:])
