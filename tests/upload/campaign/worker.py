"""One upload in a process of its own, which may be killed: ``python -m tests.upload.campaign.worker``.

It reads a WorkerTask in JSON from its standard input, resumes from the stored checkpoint if there is one, stores a
checkpoint after each chunk, and prints the result.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path

import anyio
from attrs import asdict, define, frozen

from mwclient_async import BotPassword, Checkpoint, HttpOptions, RetryPolicy, Site, UploadMethod, UploadProgress
from mwclient_async._session.clock import SystemClock

HTTP = HttpOptions(read_timeout=2, commit_timeout=3)
RETRY = RetryPolicy(attempts=12, first_delay=0.01, longest_delay=0.3)
USER_AGENT = "mwclient-async-tests/1.0 (tests@example.org)"
COMMENT = "one of many"

_MAX_SLEEP = 0.3


class ShortSleepClock(SystemClock):
    """Real time with short sleeps: the status of a job is polled often."""

    async def sleep(self, seconds: float) -> None:
        await anyio.sleep(min(seconds, _MAX_SLEEP))


@frozen(kw_only=True)
class WorkerTask:
    """What to upload. ``store`` is the path of the file with the checkpoint.

    The process kills itself when it gets the checkpoint of number ``killed_at``, after storing that one or before. The
    checkpoint of the whole file has the number -1. It also kills the process if there are fewer checkpoints than that,
    because a response was lost.
    """

    api_url: str
    account: str
    password: str
    path: str
    filename: str
    chunk_size: int
    asynchronous: bool
    store: str
    killed_at: int | None = None
    killed_after_storing: bool = False

    def encode(self) -> bytes:
        return json.dumps(asdict(self)).encode()


@define
class _CheckpointStore:
    """Stores checkpoints atomically."""

    task: WorkerTask
    count: int = 0

    def store(self, checkpoint: Checkpoint) -> None:
        self.count += 1
        kills_now = self.task.killed_at is not None and (checkpoint.stashed or self.count == self.task.killed_at)
        if kills_now and not self.task.killed_after_storing:
            os.kill(os.getpid(), signal.SIGKILL)
        new = Path(f"{self.task.store}.new")
        new.write_text(str(checkpoint), encoding="ascii")
        new.replace(self.task.store)
        if kills_now:
            os.kill(os.getpid(), signal.SIGKILL)


def read_checkpoint(task: WorkerTask) -> Checkpoint | None:
    """The checkpoint of an earlier process, if it has stored one."""
    store = Path(task.store)
    return Checkpoint.parse(store.read_text(encoding="ascii")) if store.exists() else None


async def work(task: WorkerTask, checkpoint: Checkpoint | None) -> dict[str, object]:
    """Upload the file; return the result as JSON values."""
    restarts: list[UploadProgress] = []
    auth = BotPassword(name=task.account, password=task.password)
    clock = ShortSleepClock()
    async with Site(task.api_url, user_agent=USER_AGENT, auth=auth, http=HTTP, retry=RETRY, clock=clock) as site:
        result = await site.upload(
            task.path,
            filename=task.filename,
            comment=COMMENT,
            method=UploadMethod.CHUNKED,
            chunk_size=task.chunk_size,
            asynchronous=task.asynchronous,
            checkpoint=checkpoint,
            on_checkpoint=_CheckpointStore(task).store,
            on_progress=lambda progress: restarts.append(progress) if progress.restarted else None,
        )
    offset = checkpoint.offset if checkpoint is not None else None
    return {"verified": result.verified, "restarted": bool(restarts), "resumed": offset}


if __name__ == "__main__":
    task = WorkerTask(**json.load(sys.stdin))
    sys.stdout.write(json.dumps(anyio.run(work, task, read_checkpoint(task))) + "\n")
