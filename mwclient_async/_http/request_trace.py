"""How far one request has come, from the trace events of httpcore.

See https://www.encode.io/httpcore/extensions/#trace.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from anyio import CancelScope

from mwclient_async._http.attempt import Progress

_FAILED_HANDSHAKES = ("start_tls.failed", "setup_socks5_connection.failed")


class RequestTrace(Progress):
    """The progress of one attempt, which httpcore reports by calling it."""

    def __init__(self, on_sent: Callable[[], None] | None, *, longest: float) -> None:
        super().__init__(on_sent, longest=longest)
        self.connect_timeout = math.inf  # seconds for the handshake with a SOCKS proxy
        self.on_end: Callable[[], None] | None = None  # called at the end of the response
        self._tcp_stream: Any = None

    async def __call__(self, event: str, info: Mapping[str, Any]) -> None:
        protocol, _, step = event.partition(".")
        if step == "connect_tcp.started":
            self.connecting()
        elif step == "connect_tcp.complete":
            self._tcp_stream = info["return_value"]
        elif step == "setup_socks5_connection.started":  # httpcore itself would wait forever
            self.limit(self.connect_timeout, "ConnectTimeout")
        elif step == "setup_socks5_connection.complete":
            self.limit(math.inf)
        elif step in _FAILED_HANDSHAKES and self._tcp_stream is not None:
            with CancelScope(shield=True):  # httpcore leaves it open
                await self._tcp_stream.aclose()
        elif step == "send_request_headers.started":
            self.sending()
            self.has_begun = info["request"].method != b"CONNECT"  # a CONNECT is for the proxy only
        elif step == "send_request_headers.failed" and protocol == "http11":
            self.cannot_be_sent = type(info["exception"]).__name__ == "LocalProtocolError"
        elif step == "send_request_body.complete" and self.has_begun:
            self.sent()
        elif step == "receive_response_headers.started":
            self.receiving()
        elif step == "receive_response_headers.complete" and self.has_begun:
            self.has_response = True
        elif step == "response_closed.started" and self.on_end is not None:
            self.on_end()
