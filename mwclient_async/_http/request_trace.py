"""How far one request has come, from the trace events of httpcore.

See https://www.encode.io/httpcore/extensions/#trace.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from anyio import CancelScope, current_time


class RequestTrace:
    """The progress of one attempt to send a request. ``longest`` is the time for its whole response, in seconds.

    - ``has_begun``: a byte of the request may have been sent.
    - ``cannot_be_sent``: the HTTP library refused the request before its first byte.
    - ``is_new_connection``: its connection was made for it.
    - ``has_response``: the headers of its response have arrived.
    """

    def __init__(self, on_sent: Callable[[], None] | None, *, longest: float) -> None:
        self.has_begun = False
        self.cannot_be_sent = False
        self.is_new_connection = False
        self.has_response = False
        self._on_sent = on_sent
        self._longest = longest
        self._tcp_stream: Any = None
        self._scope: CancelScope | None = None

    def bound(self, scope: CancelScope) -> None:
        """Cancel this scope if receiving takes too long."""
        self._scope = scope
        if self.has_response:
            self._limit(self._longest)

    async def __call__(self, event: str, info: Mapping[str, Any]) -> None:
        protocol, _, step = event.partition(".")
        if step == "connect_tcp.started":
            self.is_new_connection = True
            self.has_begun = False  # on an earlier connection nothing of it was processed
        elif step == "connect_tcp.complete":
            self._tcp_stream = info["return_value"]
        elif step == "start_tls.failed" and self._tcp_stream is not None:
            with CancelScope(shield=True):  # httpcore leaves it open if the handshake is cancelled
                await self._tcp_stream.aclose()
        elif step == "send_request_headers.started":
            self.has_begun = info["request"].method != b"CONNECT"  # a CONNECT is for the proxy only
            self._limit(math.inf)
        elif step == "send_request_headers.failed" and protocol == "http11":
            self.cannot_be_sent = type(info["exception"]).__name__ == "LocalProtocolError"
        elif step == "send_request_body.complete" and self.has_begun and self._on_sent is not None:
            self._on_sent()
        elif step == "receive_response_headers.started":
            self._limit(self._longest)
        elif step == "receive_response_headers.complete" and self.has_begun:
            self.has_response = True

    def _limit(self, seconds: float) -> None:
        if self._scope is not None:
            self._scope.deadline = current_time() + seconds
