"""One upload in a process of its own, which may have to die in the middle: ``python -m tests.upload.campaign.worker``.

It reads an Order, in JSON, from its standard input, goes on from the checkpoint that is stored, if there is one, stores
another one after each chunk, and prints what came of it.
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

_LONGEST_NAP = 0.3


class ImpatientClock(SystemClock):
    """Real time, but a wiki that is at work is asked again soon."""

    async def sleep(self, seconds: float) -> None:
        await anyio.sleep(min(seconds, _LONGEST_NAP))


@frozen(kw_only=True)
class Order:
    """What to upload. ``store`` is where the checkpoint is kept.

    The process dies when it is given the checkpoint of the number ``dies_at`` (-1: that of the whole file, which also
    counts where there are fewer than that, because an answer was lost): after it has stored that one, or before.
    """

    api_url: str
    account: str
    password: str
    path: str
    filename: str
    chunk_size: int
    asynchronous: bool
    store: str
    dies_at: int | None = None
    dies_after_storing: bool = False

    def encode(self) -> bytes:
        return json.dumps(asdict(self)).encode()


@define
class _Keeper:
    """Stores checkpoints, never half of one."""

    order: Order
    count: int = 0

    def keep(self, checkpoint: Checkpoint) -> None:
        self.count += 1
        dies = self.order.dies_at is not None and (checkpoint.stashed or self.count == self.order.dies_at)
        if dies and not self.order.dies_after_storing:
            os.kill(os.getpid(), signal.SIGKILL)
        new = Path(f"{self.order.store}.new")
        new.write_text(str(checkpoint), encoding="ascii")
        new.replace(self.order.store)
        if dies:
            os.kill(os.getpid(), signal.SIGKILL)


def stored(order: Order) -> Checkpoint | None:
    """The checkpoint of an earlier process, if it came that far."""
    store = Path(order.store)
    return Checkpoint.parse(store.read_text(encoding="ascii")) if store.exists() else None


async def work(order: Order, point: Checkpoint | None) -> dict[str, object]:
    """Upload it; what came of it, in plain values."""
    restarts: list[UploadProgress] = []
    auth = BotPassword(name=order.account, password=order.password)
    clock = ImpatientClock()
    async with Site(order.api_url, user_agent=USER_AGENT, auth=auth, http=HTTP, retry=RETRY, clock=clock) as site:
        result = await site.upload(
            order.path,
            filename=order.filename,
            comment=COMMENT,
            method=UploadMethod.CHUNKED,
            chunk_size=order.chunk_size,
            asynchronous=order.asynchronous,
            checkpoint=point,
            on_checkpoint=_Keeper(order).keep,
            on_progress=lambda progress: restarts.append(progress) if progress.restarted else None,
        )
    offset = point.offset if point is not None else None
    return {"verified": result.verified, "restarted": bool(restarts), "resumed": offset}


if __name__ == "__main__":
    given = Order(**json.load(sys.stdin))
    sys.stdout.write(json.dumps(anyio.run(work, given, stored(given))) + "\n")
