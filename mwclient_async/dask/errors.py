"""What can go wrong with a crawl, beside the errors of its requests."""

from __future__ import annotations

from typing import Any


class CrawlError(Exception):
    """A crawl cannot be done as it was written, or not on this wiki. The message says what to change."""


class SinkMismatch(CrawlError):
    """The sink has the parts of another crawl. The message names what differs."""


class CrawlFailed(CrawlError):
    """A shard failed, and the crawl has stopped. What was committed stays: the same crawl continues from there.

    ``shard`` is the key of the shard; ``__cause__`` is its error, which is also in the message.
    """

    def __init__(self, shard: str, message: str) -> None:
        super().__init__(shard, message)
        self.shard = shard
        self.message = message

    def __str__(self) -> str:
        return f"shard {self.shard} failed: {self.message}"

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.shard, self.message)
