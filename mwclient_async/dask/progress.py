"""How far a crawl has come."""

from __future__ import annotations

from attrs import frozen

from mwclient_async.dask.counted import counted


@frozen(kw_only=True)
class CrawlProgress:
    """How far a crawl has come: a Progress, whose ``done`` and ``total`` count rows.

    - ``done`` are the committed rows, also those of earlier runs; ``total`` is estimated from the shards that are done,
      and None before the first one is.
    - ``requests`` are those of all runs, as far as their rows were committed.
    - ``shards_done`` and ``shards_left`` count shards; a slow shard becomes several.
    - ``seconds`` is the time since this run began, ``rate`` the rows per second since then.

    See https://docs.dask.org/.
    """

    done: int = 0
    total: int | None = None
    requests: int = 0
    shards_done: int = 0
    shards_left: int = 0
    seconds: float = 0.0
    rate: float = 0.0

    @property
    def seconds_left(self) -> float | None:
        """The time that is left at this rate, in seconds; None if it is not known."""
        if self.total is None or self.rate <= 0:
            return None
        return max(0, self.total - self.done) / self.rate

    def __str__(self) -> str:
        requests = counted(self.requests, "request")
        if not self.shards_left:
            return f"{counted(self.done, 'row')}, {counted(self.shards_done, 'shard')}, {requests}"
        rows = (
            counted(self.done, "row") if self.total is None else f"{self.done:,} of about {counted(self.total, 'row')}"
        )
        shards = f"{self.shards_done:,} of {counted(self.shards_done + self.shards_left, 'shard')}"
        left = "" if self.seconds_left is None else f", {self.seconds_left:,.0f} s left"
        return f"{rows}, {shards}, {requests}, {self.rate:,.0f} rows/s{left}"
