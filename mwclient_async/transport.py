"""HTTP, and the only file that knows the HTTP library.

A transport sends one Request and brings back one Response, whole. It keeps no cookies, follows no redirects and retries
nothing: all of that is the session's. Write your own by giving a Site an object with these two methods.
"""

from __future__ import annotations

import logging
import socket
import ssl
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from functools import cache
from http.cookiejar import DefaultCookiePolicy
from typing import Protocol

import httpx

from mwclient_async.errors import ConnectionFailed, ReplyLost, ReplyTooLarge
from mwclient_async.models.options import HttpOptions, Limits
from mwclient_async.sansio.wire import Multipart, Request, Response

_PIECE = 256 * 1024


class _WithoutHeaders(logging.Filter):
    """Keeps the headers of answers, in which cookies are set, out of the HTTP library's own log."""

    def filter(self, record: logging.LogRecord) -> bool:
        return "receive_response_headers.complete" not in record.getMessage()


for _name in ("httpcore.http11", "httpcore.http2", "httpcore.proxy"):
    logging.getLogger(_name).addFilter(_WithoutHeaders())


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
        self._timeouts = {patient: _timeout(options, patient=patient) for patient in (False, True)}
        verify = _trusted() if options.verify is True else options.verify
        self._client = httpx.AsyncClient(
            proxy=options.proxy,
            verify=verify,
            follow_redirects=False,
            mounts={f"all://{host}": None for host in ("127.0.0.1", "localhost", "[::1]")}
            if options.proxy is None
            else None,
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
        body: bytes | AsyncGenerator[bytes] = b""
        if isinstance(request.body, Multipart):
            headers["content-length"] = str(request.body.length)
            body = _pieces(request.body)
        else:
            body = request.body
        try:
            outgoing = self._client.build_request(
                request.method,
                request.url,
                headers=headers,
                content=body or None,
                timeout=self._timeouts[request.patient],
            )
            if request.on_sent is not None:
                outgoing.extensions["trace"] = _watch(request.on_sent)
            answer = await self._client.send(outgoing, stream=True)
            try:
                received = await self._read(answer)
            finally:
                await answer.aclose()
        except (httpx.LocalProtocolError, httpx.InvalidURL) as error:
            raise ValueError(f"the request to {_place(request.url)} cannot be sent: {type(error).__name__}") from None
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.ProxyError, httpx.UnsupportedProtocol) as error:
            raise _not_connected(request, error) from error
        except (httpx.TransportError, httpx.DecodingError, OSError) as error:  # a TLS error can come as itself
            raise ReplyLost(f"no whole answer came from {_place(request.url)}: {_said(error)}") from error
        finally:
            if not isinstance(body, bytes):
                await body.aclose()
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
        if "," in answer.headers.get("content-encoding", ""):  # packed twice: the way to make much out of little
            raise ReplyTooLarge(f"the answer is packed more than once ({answer.headers['content-encoding']})")
        received = bytearray()
        async for piece in answer.aiter_bytes():
            received += piece
            if len(received) > self._limits.max_reply_bytes:
                raise ReplyTooLarge(
                    f"the answer is larger than {self._limits.max_reply_bytes} bytes: ask for less, or raise "
                    "Limits(max_reply_bytes=...)"
                )
        return bytes(received)


def _timeout(options: HttpOptions, *, patient: bool) -> httpx.Timeout:
    return httpx.Timeout(
        connect=options.connect_timeout,
        read=options.commit_timeout if patient else options.read_timeout,
        write=options.send_timeout,
        pool=None,
    )


async def _pieces(body: Multipart) -> AsyncGenerator[bytes]:
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


def _not_connected(request: Request, error: Exception) -> ConnectionFailed:
    reasons = list(_causes(error))
    failed = ConnectionFailed(
        f"could not connect to {_place(request.url)}: {_said(reasons[-1])}; check the address, the network, the proxy "
        "(HTTPS_PROXY) and, for certificates, HttpOptions(verify=...)"
    )
    failed.lasting = any(isinstance(reason, ssl.SSLCertVerificationError | socket.gaierror) for reason in reasons)
    return failed


def _causes(error: BaseException) -> Iterator[BaseException]:
    found: BaseException | None = error
    while found is not None:
        yield found
        found = found.__cause__ or found.__context__


def _place(url: str) -> str:
    return str(httpx.URL(url).copy_with(query=None))


def _said(error: BaseException) -> str:
    return str(error) or type(error).__name__
