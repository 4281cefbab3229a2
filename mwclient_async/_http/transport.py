"""What a transport does: the seam between this package and an HTTP library."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from typing import Protocol

from mwclient_async._http.messages import HttpRequest, HttpResponse, StreamedResponse


class Transport(Protocol):
    """What a Site sends its requests through."""

    async def send(self, request: HttpRequest) -> HttpResponse:
        """Send the request and read the whole answer. Raises ConnectionFailed, ReplyLost or a ProtocolError."""
        ...

    async def aclose(self) -> None:
        """Close every connection."""
        ...


class StreamingTransport(Transport, Protocol):
    """One that can also bring an answer while it comes in: downloads need it."""

    def stream(self, request: HttpRequest) -> AbstractAsyncContextManager[StreamedResponse]:
        """Send the request and give its answer when its headers are there. Raises as ``send`` does."""
        ...
