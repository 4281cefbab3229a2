"""What becomes of an error: whether a shard is tried again, and what the caller is told."""

from __future__ import annotations

from distributed import KilledWorker
from distributed.client import FutureCancelledError

from mwclient_async import MaxlagExceeded, MediaWikiError, RateLimited, ReadOnly, TransportError, Unavailable
from mwclient_async.dask.errors import CrawlError, CrawlFailed
from mwclient_async.dask.shards import Shard

_MAY_PASS = (
    *(FutureCancelledError, KilledWorker),  # the workers were restarted, or died
    *(TransportError, Unavailable, MaxlagExceeded, RateLimited, ReadOnly),
)


def may_pass(error: Exception) -> bool:
    """Whether a shard that has failed is worth another try."""
    return isinstance(error, _MAY_PASS)


def is_mistake(error: BaseException | None) -> bool:
    """Whether a crawl that ends with this error has to be written in another way."""
    cause = (isinstance(error, CrawlError) and error.__cause__) or error
    return isinstance(cause, Exception) and not isinstance(cause, OSError) and not may_pass(cause)


def told(shard: Shard, error: Exception) -> Exception:
    """The error of a shard as the caller sees it."""
    if isinstance(error, CrawlError):
        return error
    failed = CrawlFailed(
        shard.key, f"{type(error).__name__}: {error}" if isinstance(error, MediaWikiError) else repr(error)
    )
    failed.__cause__ = error
    return failed
