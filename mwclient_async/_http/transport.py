"""The protocol that every transport implements: the boundary between this package and an HTTP library.

The transports of this package are in ``httpx_transport.py`` and ``aiohttp_transport.py``.
"""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from typing import Protocol

from mwclient_async._http.messages import HttpRequest, HttpResponse, StreamedResponse
from mwclient_async.models.options import HttpOptions, Limits


class Transport(Protocol):
    """What a Site sends its requests through.

    Pass an object with these two methods to ``Site(transport=...)`` to replace HttpxTransport. A transport sends a
    request once and returns the response, whatever its status. It stores no cookies, follows no redirects and retries
    nothing: the Site does all that.
    """

    async def send(self, request: HttpRequest) -> HttpResponse:
        """Send the request and read the whole response.

        Returns an HttpResponse, whatever its status. Its body is decompressed.

        Raises:
            ConnectionFailed: no byte of the request was sent.
            ReplyLost: the request was sent, perhaps in part, and no whole response came back.
            ReplyTooLarge: the response is larger than ``Limits.max_reply_bytes``.
            ProtocolError: the response has a content encoding that was not asked for.
            ValueError: the request can never be sent, for example because of a line break in a header.

        A Site sends a request again after ConnectionFailed. After ReplyLost, it sends again only what is safe.
        """
        ...

    async def aclose(self) -> None:
        """Close every connection. The transport is not used after that."""
        ...


class StreamingTransport(Transport, Protocol):
    """A transport that can also return a response whose body is still arriving. Downloads need one."""

    def stream(self, request: HttpRequest) -> AbstractAsyncContextManager[StreamedResponse]:
        """Send a GET request and wait for the headers of the response.

        Returns an async context manager, which gives a StreamedResponse. The connection is released at its end. It
        raises the same errors as ``send()``.
        """
        ...


def own_transport(options: HttpOptions, limits: Limits) -> StreamingTransport:
    """A transport of this package, with the backend that the options name.

    Raises ValueError if the options cannot work.
    """
    if options.backend == "aiohttp":
        from mwclient_async._http.aiohttp_transport import AiohttpTransport

        return AiohttpTransport(options, limits)
    from mwclient_async._http.httpx_transport import HttpxTransport  # loads the HTTP library

    return HttpxTransport(options, limits)
