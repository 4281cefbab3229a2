"""The transport that uses httpx. This is the only file that imports httpx.

A transport sends one HttpRequest and returns one HttpResponse with its whole body. It stores no cookies, follows no
redirects and retries nothing (with the one exception below): the session does all that. To write your own transport,
give a Site an object with the two methods of ``Transport``.

*Was the request sent?* ConnectionFailed means that it certainly was not: no byte of it was handed to the connection.
Every later failure is a ReplyLost, whatever httpx raises, and even if the server closed the connection before its first
byte: a server that had already closed the connection cannot be distinguished from one that failed during its work.

*Connections that are kept open.* A server may close an idle connection at any time. Over HTTP/1.1, httpx checks for
that before it sends; over HTTP/2 it does not. In both cases, a request that is on its way while the server closes is
lost. So a GET that was cut off on a kept connection, before any byte of the response, is sent once more on another
connection. Any other method may change the wiki and is not sent again. Such requests have connections of their own,
which are new or were used less than a second ago, because no server closes a connection so soon. They always use
HTTP/1.1. That also suits files, because HTTP/2 splits them into small frames and must wait for permission to send more.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import asynccontextmanager, suppress
from functools import cache, lru_cache
from http.cookiejar import CookieJar
from importlib.util import find_spec
from typing import Any, Self, TypeVar

import httpx
from anyio import CancelScope, ClosedResourceError, current_time
from attrs import evolve

from mwclient_async._http.closing import Closing
from mwclient_async._http.decompression import ACCEPTED
from mwclient_async._http.messages import HttpRequest, HttpResponse, MultipartBody, StreamedResponse
from mwclient_async._http.pace import Pace
from mwclient_async._http.request_pieces import BytesPieces, MultipartPieces, pieces_of
from mwclient_async._http.request_trace import RequestTrace
from mwclient_async._http.response_buffer import ResponseBuffer
from mwclient_async._http.secret_log_filter import secrets_kept_out_of_logs
from mwclient_async.errors import ConnectionFailed, ProtocolError, ReplyLost
from mwclient_async.models.options import HttpOptions, Limits

T = TypeVar("T")

_DEFAULT_HEADERS = {"accept": "*/*", "accept-encoding": ACCEPTED, "connection": "keep-alive"}
_WRITE_KEEPALIVE = 1.0  # seconds; servers keep an idle connection for longer than that
_LOOPBACK_HOSTS = ("127.0.0.1", "localhost", "*.localhost", "[::1]")  # the environment's proxy is not used for these


class HttpxTransport:
    """The default transport of a Site, which sends requests with httpx.

    - ``options``: time-outs, proxy, certificates, HTTP/2.
    - ``limits``: ``concurrency`` is the number of connections for reads, and the same for writes; ``max_reply_bytes``
      is the largest body of a response, as received and decompressed.

    It raises ValueError if the options cannot work, for example if the library for HTTP/2 is missing. Close it with
    ``await transport.aclose()``. A Site closes its transport itself.
    """

    def __init__(self, options: HttpOptions, limits: Limits) -> None:
        if options.http2:
            _require_http2()
        self._options = options
        self._limits = limits
        self._clients: dict[tuple[bool, bool], httpx.AsyncClient] = {}
        self._client(is_read=True, is_secure=False)  # raises an error here if the options cannot work
        self._closing = Closing()

    async def send(self, request: HttpRequest) -> HttpResponse:
        """Send the request and read the whole response.

        Returns an HttpResponse, whatever its status. Its body is decompressed. A GET that was cut off on a connection
        kept from an earlier request is sent once more.

        Raises:
            ConnectionFailed: no byte of the request was sent.
            ReplyLost: the request was sent, perhaps in part, and no whole response came back.
            ReplyTooLarge: the response is larger than ``Limits.max_reply_bytes``.
            ProtocolError: the response has a content encoding that was not asked for.
            ValueError: the request can never be sent, for example because of a line break in a header.
        """
        attempt = self._attempt(request)
        with secrets_kept_out_of_logs():
            try:
                return await attempt.send(max_bytes=self._limits.max_reply_bytes)
            except ReplyLost:
                if request.method != "GET" or not attempt.was_cut_off:
                    raise
            return await self._attempt(request).send(max_bytes=self._limits.max_reply_bytes)

    @asynccontextmanager
    async def stream(self, request: HttpRequest) -> AsyncIterator[StreamedResponse]:
        """Send a GET request, and give a StreamedResponse as soon as its headers have arrived.

        The body is not decompressed, and may have any size. Raises the same errors as ``send()``.
        """
        headers = {"accept-encoding": "identity", **request.headers}
        attempt = self._attempt(evolve(request, method="GET", headers=headers, body=b""))
        with secrets_kept_out_of_logs():
            response = await attempt.guard(attempt.open())
            body = _StreamedBody(response, attempt, Pace(self._options.response_timeout))
            try:
                yield body
            finally:
                with CancelScope(shield=True):
                    await body.close()

    async def aclose(self) -> None:
        """End the requests under way, and close every connection."""
        await self._closing.aclose()
        for client in self._clients.values():
            await client.aclose()

    def _attempt(self, request: HttpRequest) -> _Attempt:
        client = self._client(is_read=request.method == "GET", is_secure=request.url[:6].lower() == "https:")
        return _Attempt(request, client, self._options, self._closing)

    def _client(self, *, is_read: bool, is_secure: bool) -> httpx.AsyncClient:
        """The client for such requests, made when it is first needed."""
        key = (is_read, is_secure)
        if key not in self._clients:
            self._clients[key] = _new_client(self._options, self._limits, is_read=is_read, is_secure=is_secure)
        return self._clients[key]


class _Attempt:
    """One attempt to send a request. Whatever httpx raises becomes an error of this package."""

    def __init__(self, request: HttpRequest, client: httpx.AsyncClient, options: HttpOptions, closing: Closing) -> None:
        self._request = request
        self._client = client
        self._closing = closing
        self.url = _without_query(request.url)
        self._pieces = pieces_of(request.body)
        self._timeout = _timeout(options, waits_for_commit=request.waits_for_commit)
        self._longest = (self._timeout.read or 0.0) + options.response_timeout
        self._trace = RequestTrace(request.on_sent, longest=self._longest)
        self.was_cut_off = False  # on a kept connection, before any byte of the response

    async def send(self, *, max_bytes: int) -> HttpResponse:
        """Send the request and read the whole response."""
        response, buffer = await self.guard(self._send_and_read(max_bytes))
        try:
            body = buffer.result()
        except ValueError as error:
            raise self._lost(str(error)) from error
        return HttpResponse(
            status=response.status_code, headers=response.extensions["headers"], body=body, url=self._request.url
        )

    async def open(self) -> httpx.Response:
        """Send the request and wait for the headers of the response."""
        request, headers = self._request, {**_DEFAULT_HEADERS, **self._request.headers}
        if isinstance(request.body, MultipartBody):
            headers["content-length"] = str(request.body.length)
        httpx_request = httpx.Request(  # build_request() would merge it with the settings of the client, and has none
            request.method,
            _parsed(request.url) if request.method != "GET" else request.url,
            headers=headers,
            content=request.body or None if isinstance(request.body, bytes) else None,
            extensions={"timeout": self._timeout.as_dict(), "trace": self._trace},
        )
        if self._pieces is not None:
            httpx_request.stream = _RequestStream(self._pieces)
        return await self._client.send(httpx_request, stream=True)

    async def guard(self, awaitable: Coroutine[Any, Any, T]) -> T:
        """The result of what httpx does; ConnectionFailed, ReplyLost or ValueError if it fails or takes too long."""
        with self._closing.until_closed() as scope:
            self._trace.bound(scope)
            try:
                return await awaitable
            except Exception as error:
                if self._pieces is not None and error is self._pieces.error:
                    raise
                if not self._closing.is_closed:
                    failure = self._failure(error)
                    is_quoted = isinstance(failure, ValueError) or _may_quote_headers(error)
                    raise failure from (None if is_quoted else _without_frames(error))
        if not self._closing.is_closed:
            raise self._lost(f"it took more than {self._longest:.0f} seconds (HttpOptions(response_timeout=...))")
        if self._trace.has_begun:
            raise self._lost("the transport was closed")
        raise self._not_connected(ClosedResourceError("the transport was closed"))

    async def _send_and_read(self, max_bytes: int) -> tuple[httpx.Response, ResponseBuffer]:
        response = await self.open()
        try:
            encoding, content_type = (response.headers.get(name, "") for name in ("content-encoding", "content-type"))
            buffer = ResponseBuffer(encoding, max_bytes=max_bytes, content_type=content_type)
            await _read(response, buffer)
            return response, buffer
        finally:
            await response.aclose()

    def _failure(self, error: Exception) -> Exception:
        trace = self._trace
        is_misfit = isinstance(error, httpx.InvalidURL | ValueError) and not isinstance(error, OSError)
        if trace.cannot_be_sent or (is_misfit and not trace.has_begun):
            return ValueError(f"the request to {self.url} cannot be sent: {type(error).__name__}")
        is_timeout = isinstance(error, httpx.TimeoutException)
        is_refused = trace.is_new_connection and any(map(_is_certificate_refusal, _error_chain(error)))
        if is_refused or not trace.has_begun:
            return self._not_connected(error)
        self.was_cut_off = not is_timeout and not trace.is_new_connection and not trace.has_response
        return self._lost(_description(error))

    def _not_connected(self, error: Exception) -> ConnectionFailed:
        chain = list(_error_chain(error))
        reason = _description(error if isinstance(error, httpx.TimeoutException) else chain[-1])
        failure = ConnectionFailed(
            f"could not connect to {self.url}: {reason}; check the address, the network, the proxy "
            "(HTTPS_PROXY) and, for certificates, HttpOptions(verify=...)"
        )
        failure.lasting = any(map(_is_lasting, chain))
        return failure

    def _lost(self, reason: str) -> ReplyLost:
        return ReplyLost(f"no whole response came from {self.url}: {reason}")


class _RequestStream(httpx.AsyncByteStream):
    """The pieces of a request's body, as httpx wants them."""

    def __init__(self, pieces: BytesPieces | MultipartPieces) -> None:
        self._pieces = pieces

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self._pieces


class _StreamedBody:
    """A body as it arrives.

    It is not a generator, because httpx would leave its own generator unfinished if this one is left early.
    """

    def __init__(self, response: httpx.Response, attempt: _Attempt, pace: Pace) -> None:
        self.status = response.status_code
        self.headers: tuple[tuple[str, str], ...] = response.extensions["headers"]
        self._response = response
        self._attempt = attempt
        self._pace = pace
        self._raw = response.aiter_raw()
        self._is_finished = False
        self._encoding = response.headers.get("content-encoding", "identity")

    def pieces(self) -> Self:
        return self

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        if self._encoding != "identity":
            raise ProtocolError(f"the file has the content encoding {self._encoding!r}, which was not asked for")
        began = current_time()
        piece = await self._attempt.guard(self._next())
        if piece is None:
            self._is_finished = True
            raise StopAsyncIteration
        if self._pace.is_too_slow(len(piece), current_time() - began):
            raise ReplyLost(f"the file came at less than 1 KiB per second, from {self._attempt.url}")
        return piece

    async def _next(self) -> bytes | None:
        """The next piece; None at the end."""
        return await anext(self._raw, None)

    async def close(self) -> None:
        """Release the connection; shut it down if the body has not been read to its end."""
        with suppress(Exception):  # nothing is wanted of this response any more
            if not self._is_finished:
                _shut_down(self._response)
                async for _ in self._raw:
                    pass
        with suppress(Exception):
            await self._response.aclose()


async def _read(response: httpx.Response, buffer: ResponseBuffer) -> None:
    try:
        async for raw in response.aiter_raw():
            if buffer.error is not None:  # leaving the loop would leave generators of httpx unfinished
                _shut_down(response)
            buffer.feed(raw)
    except Exception:
        if buffer.error is None:
            raise


_CUT_SHORT = (ssl.SSLEOFError, ssl.SSLZeroReturnError, ssl.SSLSyscallError)


def _is_lasting(error: BaseException) -> bool:
    """Whether another attempt would fail in the same way."""
    if isinstance(error, httpx.ProxyError):  # its text begins with the status of the proxy's response
        return str(error).startswith("4")
    return isinstance(error, socket.gaierror | ssl.SSLError) and not isinstance(error, _CUT_SHORT)


def _is_certificate_refusal(error: BaseException) -> bool:
    """Whether the server refused our certificate, or requires one.

    With TLS 1.3, the client learns that only after it has sent its request, which the server has not read.
    """
    reason = str(getattr(error, "reason", None) or "") if isinstance(error, ssl.SSLError) else ""
    return "ALERT" in reason and any(word in reason for word in ("CERTIFICATE", "UNKNOWN_CA", "ACCESS_DENIED"))


def _error_chain(error: BaseException) -> Iterator[BaseException]:
    """The error, its cause, the cause of that, and so on."""
    current: BaseException | None = error
    while current is not None:
        yield current
        current = current.__cause__ or current.__context__


def _without_frames(error: Exception) -> Exception:
    """The error without the frames of the HTTP library: its local variables are the headers, cookies and tokens."""
    for one in list(_error_chain(error)):
        one.__traceback__ = None
    return error


def _may_quote_headers(error: BaseException) -> bool:
    """Whether the text may quote a line of the response that has a secret: h11 quotes what it cannot parse."""
    return any(type(one).__module__.partition(".")[0] == "h11" for one in _error_chain(error))


@lru_cache(maxsize=64)
def _parsed(url: str) -> httpx.URL:
    """The URL of a POST, parsed: those of one action are the same, because the rest is in the body."""
    return httpx.URL(url)


def _require_http2() -> None:
    if find_spec("h2") is None:
        raise ValueError("HttpOptions(http2=True) needs another library: pip install mwclient_async[http2]")


def _new_client(options: HttpOptions, limits: Limits, *, is_read: bool, is_secure: bool) -> httpx.AsyncClient:
    http2 = options.http2 and is_read
    usual = _usual_certificates(http2=http2) if is_secure and options.verify is True else _NO_CERTIFICATES
    return httpx.AsyncClient(
        http2=http2,
        proxy=options.proxy,
        verify=usual if options.verify is True else options.verify,
        follow_redirects=False,
        mounts={f"all://{host}": None for host in _LOOPBACK_HOSTS} if options.proxy is None else None,
        limits=httpx.Limits(
            max_connections=limits.concurrency,
            max_keepalive_connections=limits.concurrency,
            keepalive_expiry=options.keepalive if is_read else min(_WRITE_KEEPALIVE, options.keepalive),
        ),
        cookies=_NoCookies(),
        event_hooks={"response": [_take_headers]},
    )


class _NoCookies(CookieJar):
    """Stores nothing, because the session stores the cookies. It does not even parse them."""

    def extract_cookies(self, response: Any, request: Any) -> None:
        pass


async def _take_headers(response: httpx.Response) -> None:
    """Keep the headers as they came, and hide a redirect, which httpx would prepare, and fail if it is invalid."""
    response.extensions["headers"] = tuple((name.lower(), value) for name, value in response.headers.multi_items())
    response.headers.pop("location", None)


def _timeout(options: HttpOptions, *, waits_for_commit: bool) -> httpx.Timeout:
    return httpx.Timeout(
        connect=options.connect_timeout,
        read=options.commit_timeout if waits_for_commit else options.read_timeout,
        write=options.send_timeout,
        pool=None,
    )


_NO_CERTIFICATES = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""For plain http: it trusts no certificate, so that it could not connect to https by mistake."""


@cache
def _usual_certificates(*, http2: bool) -> ssl.SSLContext:  # noqa: ARG001 - it is the key of the cache
    """The usual certificates. Loading them takes 25 ms, so all Sites of the process share them.

    Clients of different protocols do not, because httpx sets the protocols of a context whenever it connects.
    """
    return httpx.create_ssl_context()


def _shut_down(response: httpx.Response) -> None:
    """Shut the socket down, so that the next read finds the end. httpx closes the connection after that."""
    stream_socket = response.extensions["network_stream"].get_extra_info("socket")  # some event loops wrap it
    with (
        suppress(OSError),  # the socket may be closed already
        socket.fromfd(stream_socket.fileno(), stream_socket.family, stream_socket.type) as raw_socket,
    ):
        raw_socket.shutdown(socket.SHUT_RDWR)


def _without_query(url: str) -> str:
    return url.partition("?")[0]


def _description(error: BaseException) -> str:
    text = str(error).partition(":")[0] if _may_quote_headers(error) else str(error)
    return text or type(error).__name__
