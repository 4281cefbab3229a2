"""A filter for the debug log of the HTTP libraries, which would show cookies and tokens.

Three of their events contain secrets:

- the headers of each response, in which the wiki sets cookies,
- the headers of a request that cannot be sent,
- the handshake with a SOCKS proxy, which contains its password.

For HTTP/2, hpack also logs each header that it compresses. The filter drops these events. It is in place only while a
request of this package is under way, so that importing this package changes no logger.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

_NAMES = ("httpcore.http11", "httpcore.http2", "httpcore.proxy", "httpcore.socks", "hpack.hpack", "hpack.table")
_LOGGERS = tuple(map(logging.getLogger, _NAMES))
_SECRET_EVENTS = ("receive_response_headers.complete", "send_request_headers.failed", "setup_socks5_connection")


@contextmanager
def secrets_kept_out_of_logs() -> Iterator[None]:
    """Drop the log records with secrets until the block ends.

    Each block adds a filter of its own, so blocks of many tasks and threads may overlap.
    """
    own_filter = _SecretLogFilter()
    for logger in _LOGGERS:
        logger.addFilter(own_filter)
    try:
        yield
    finally:
        for logger in _LOGGERS:
            logger.removeFilter(own_filter)


class _SecretLogFilter(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        if record.name.startswith("hpack."):
            return False
        message = record.getMessage()
        return not any(event in message for event in _SECRET_EVENTS)
