"""HTTP, and the only file that knows the HTTP library.

A transport sends one Request and brings back one Response, whole. It keeps no cookies, follows no redirects and retries
nothing: all of that is the session's. Write your own by giving a Site an object with these two methods.
"""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import cache
from http.cookiejar import DefaultCookiePolicy
from typing import Protocol

import httpx

from mwclient_async.errors import ConnectionFailed, ReplyLost, ReplyTooLarge
from mwclient_async.models.options import HttpOptions, Limits
from mwclient_async.sansio.wire import Multipart, Request, Response

_PIECE = 256 * 1024


class Transport(Protocol):
    """What a Site sends its requests through."""

    async def send(self, request: Request) -> Response:
        """Send the request and read the whole answer. Raises ConnectionFailed, ReplyLost or ReplyTooLarge."""
        ...

    async def aclose(self) -> None:
        """Close every connection."""
        ...


class HttpxTransport:
    """The transport of every Site that is not given another one."""

    def __init__(self, options: HttpOptions, limits: Limits) -> None:
        self._limits = limits
        verify = _trusted() if options.verify is True else options.verify
        self._client = httpx.AsyncClient(
            headers=dict(options.headers),
            proxy=options.proxy,
            verify=verify,
            follow_redirects=False,
            timeout=httpx.Timeout(
                connect=options.connect_timeout,
                read=options.read_timeout,
                write=options.write_timeout,
                pool=None,
            ),
            limits=httpx.Limits(
                max_connections=limits.concurrency,
                max_keepalive_connections=limits.concurrency,
                keepalive_expiry=options.keepalive,
            ),
        )
        self._client.cookies.jar.set_policy(DefaultCookiePolicy(allowed_domains=[]))  # cookies are the session's

    async def send(self, request: Request) -> Response:
        """Send the request and read the whole answer, up to ``Limits.max_reply_bytes``."""
        headers = dict(request.headers)
        body: bytes | AsyncIterator[bytes]
        if isinstance(request.body, Multipart):
            headers["content-length"] = str(request.body.length)
            body = _pieces(request.body)
        else:
            body = request.body
        try:
            outgoing = self._client.build_request(request.method, request.url, headers=headers, content=body or None)
            if request.on_sent is not None:
                outgoing.extensions["trace"] = _watch(request.on_sent)
            answer = await self._client.send(outgoing, stream=True)
            try:
                received = await self._read(answer)
            finally:
                await answer.aclose()
        except (
            httpx.ConnectError,
            httpx.ConnectTimeout,
            httpx.ProxyError,
            httpx.UnsupportedProtocol,
        ) as error:
            raise ConnectionFailed(f"could not connect to {_place(request.url)}: {_said(error)}") from error
        except (httpx.TransportError, httpx.DecodingError) as error:
            raise ReplyLost(f"no whole answer came from {_place(request.url)}: {_said(error)}") from error
        return Response(
            status=answer.status_code,
            headers=tuple((name.lower(), value) for name, value in answer.headers.multi_items()),
            body=received,
            url=request.url,
        )

    async def aclose(self) -> None:
        """Close every connection."""
        await self._client.aclose()

    async def _read(self, answer: httpx.Response) -> bytes:
        received = bytearray()
        async for piece in answer.aiter_bytes():
            received += piece
            if len(received) > self._limits.max_reply_bytes:
                raise ReplyTooLarge(
                    f"the answer is larger than {self._limits.max_reply_bytes} bytes: ask for less, or raise "
                    "Limits(max_reply_bytes=...)"
                )
        return bytes(received)


async def _pieces(body: Multipart) -> AsyncIterator[bytes]:
    yield body.head
    at, end = body.part.offset, body.part.offset + body.part.length
    while at < end:
        piece = await body.read(at, min(_PIECE, end - at))
        yield piece
        at += len(piece)
    yield body.tail


def _watch(on_sent: Callable[[], None]) -> Callable[[str, object], Awaitable[None]]:
    async def trace(event: str, _info: object) -> None:
        if event.endswith("send_request_body.complete"):
            on_sent()

    return trace


@cache
def _trusted() -> ssl.SSLContext:
    # Loading the certificates takes 25 ms; every Site of the process shares them.
    return httpx.create_ssl_context()


def _place(url: str) -> str:
    return str(httpx.URL(url).copy_with(query=None))


def _said(error: Exception) -> str:
    return str(error) or type(error).__name__
