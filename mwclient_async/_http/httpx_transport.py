"""The transport that uses httpx. This is the only file that imports httpx.

A transport sends one HttpRequest and returns one HttpResponse with its whole body. It stores no cookies, follows no
redirects and retries nothing (with the one exception below): the session does all that. To write your own transport,
give a Site an object with the two methods of ``Transport``.

*Was the request sent?* ConnectionFailed means that it certainly was not: no byte of it was handed to the connection.
Every later failure is a ReplyLost, even if the server closed the connection before its first byte: a server that had
already closed the connection cannot be distinguished from one that failed during its work.

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
import threading
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, suppress
from http.cookiejar import DefaultCookiePolicy
from typing import Any, Self

import httpx
from anyio import CancelScope

from mwclient_async._http.decompression import ACCEPTED
from mwclient_async._http.messages import HttpRequest, HttpResponse, MultipartBody, StreamedResponse
from mwclient_async._http.response_buffer import ResponseBuffer
from mwclient_async._http.secret_log_filter import secrets_kept_out_of_logs
from mwclient_async.errors import ConnectionFailed, ProtocolError, ReplyLost
from mwclient_async.models.options import HttpOptions, Limits

_PIECE = 256 * 1024  # bytes of a file that are read at once
_WRITE_KEEPALIVE = 1.0  # seconds; servers keep an idle connection for longer than that
_LOOPBACK_HOSTS = ("127.0.0.1", "localhost", "*.localhost", "[::1]")  # the environment's proxy is not used for these


class HttpxTransport:
    """The default transport of a Site, which sends requests with httpx.

    - ``options``: time-outs, proxy, certificates, HTTP/2.
    - ``limits``: ``concurrency`` is the number of connections for reads, and the same for writes; ``max_reply_bytes``
      is the largest body of a response, decompressed.

    It raises ValueError if the options cannot work, for example if the library for HTTP/2 is missing. Close it with
    ``await transport.aclose()``. A Site closes its transport itself.
    """

    def __init__(self, options: HttpOptions, limits: Limits) -> None:
        self._limits = limits
        self._failures: tuple[type[Exception], ...] = (httpx.HTTPError, httpx.InvalidURL, OSError)
        if options.http2:
            self._failures += _http2_failures()
        self._timeouts = {waits: _timeout(options, waits_for_commit=waits) for waits in (False, True)}
        self._reads = _client(options, limits, keepalive=options.keepalive, http2=options.http2)
        self._writes = _client(options, limits, keepalive=_WRITE_KEEPALIVE, http2=False)

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
        trace = _RequestTrace(request)
        with secrets_kept_out_of_logs():
            try:
                return await self._exchange(request, trace)
            except ReplyLost:
                if request.method != "GET" or not trace.was_cut_off:
                    raise
            return await self._exchange(request, _RequestTrace(request))

    @asynccontextmanager
    async def stream(self, request: HttpRequest) -> AsyncIterator[StreamedResponse]:
        """Send a GET request, and give a StreamedResponse as soon as its headers have arrived.

        The body is not decompressed, and may have any size. Raises the same errors as ``send()``.
        """
        trace = _RequestTrace(request)
        headers = {"accept-encoding": "identity", **request.headers}
        httpx_request = self._reads.build_request("GET", request.url, headers=headers, timeout=self._timeouts[False])
        httpx_request.extensions["trace"] = trace
        with secrets_kept_out_of_logs():
            try:
                response = await self._reads.send(httpx_request, stream=True)
            except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
                failure = trace.failure(error)
                raise failure from (None if isinstance(failure, ValueError) else error)
            body = _StreamedBody(response, trace)
            try:
                yield body
            finally:
                with CancelScope(shield=True):
                    await body.discard_rest()
                    await response.aclose()

    async def aclose(self) -> None:
        """Close every connection."""
        for client in (self._reads, self._writes):
            await client.aclose()

    async def _exchange(self, request: HttpRequest, trace: _RequestTrace) -> HttpResponse:
        try:
            response, body = await self._send_and_read(request, trace)
        except self._failures as error:
            if isinstance(error, KeyError) and not _is_raised_by_http2(error):
                raise
            failure = trace.failure(error)
            raise failure from (None if isinstance(failure, ValueError) else error)  # its cause quotes a header
        return HttpResponse(
            status=response.status_code,
            headers=tuple((name.lower(), value) for name, value in response.headers.multi_items()),
            body=body,
            url=request.url,
        )

    async def _send_and_read(self, request: HttpRequest, trace: _RequestTrace) -> tuple[httpx.Response, bytes]:
        client, headers = self._reads if request.method == "GET" else self._writes, dict(request.headers)
        if isinstance(request.body, MultipartBody):
            headers["content-length"] = str(request.body.length)
        httpx_request = client.build_request(
            request.method,
            request.url,
            headers=headers,
            content=request.body or None if isinstance(request.body, bytes) else None,
            timeout=self._timeouts[request.waits_for_commit],
        )
        if isinstance(request.body, MultipartBody):
            httpx_request.stream = _MultipartStream(request.body)
        elif request.body:
            httpx_request.stream = _BytesStream(request.body)
        httpx_request.extensions["trace"] = trace
        response = await client.send(httpx_request, stream=True)
        try:
            return response, await self._read(response)
        finally:
            await response.aclose()

    async def _read(self, response: httpx.Response) -> bytes:
        encoding = response.headers.get("content-encoding", "")
        buffer = ResponseBuffer(encoding, max_bytes=self._limits.max_reply_bytes)
        try:
            async for raw in response.aiter_raw():
                if buffer.error is not None:  # leaving the loop would leave generators of httpx unfinished
                    _shut_down(response)
                buffer.feed(raw)
        except httpx.TransportError:
            if buffer.error is None:
                raise
        try:
            return buffer.result()
        except ValueError as error:
            raise httpx.DecodingError(str(error)) from error


class _BytesStream(httpx.AsyncByteStream):
    """A body in memory. It is not a generator, because a cancelled request would leave a generator unfinished."""

    def __init__(self, body: bytes) -> None:
        self._pieces = [body]

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        if not self._pieces:
            raise StopAsyncIteration
        return self._pieces.pop()


class _MultipartStream(httpx.AsyncByteStream):
    """A multipart body, read as it is sent. It is not a generator, because a failure would leave it unfinished."""

    def __init__(self, body: MultipartBody) -> None:
        self._body = body
        self._position = body.part.offset
        self._head = [body.head]
        self._tail = [body.tail]

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        if self._head:
            return self._head.pop()
        left = self._body.part.offset + self._body.part.length - self._position
        if left > 0:
            piece = await self._body.read(self._position, min(_PIECE, left))
            if not piece:
                raise ValueError(f"the source of the body ended {left} bytes before its end: was the file cut?")
            self._position += len(piece)
            return piece
        if self._tail:
            return self._tail.pop()
        raise StopAsyncIteration


class _StreamedBody:
    """A body as it arrives.

    It is not a generator, because httpx would leave its own generator unfinished if this one is left early.
    """

    def __init__(self, response: httpx.Response, trace: _RequestTrace) -> None:
        self.status = response.status_code
        self.headers = tuple((name.lower(), value) for name, value in response.headers.multi_items())
        self._response = response
        self._trace = trace
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
        try:
            return await anext(self._raw)
        except StopAsyncIteration:
            self._is_finished = True
            raise
        except (httpx.HTTPError, OSError) as error:
            self._is_finished = True
            raise self._trace.failure(error) from error

    async def discard_rest(self) -> None:
        """Shut the connection down if the body has not been read to its end."""
        if not self._is_finished:
            _shut_down(self._response)
            with suppress(httpx.HTTPError, OSError):
                async for _ in self._raw:
                    pass


class _RequestTrace:
    """The progress of one request, from the trace events of httpcore."""

    def __init__(self, request: HttpRequest) -> None:
        self._request = request
        self._has_begun = False
        self._is_new_connection = False
        self._has_response = False
        self._is_http2 = False
        self.was_cut_off = False

    async def __call__(self, event: str, info: Mapping[str, Any]) -> None:
        protocol, _, step = event.partition(".")
        if step == "connect_tcp.started":
            self._is_new_connection = True
        elif step == "send_request_headers.started":
            self._has_begun = info["request"].method != b"CONNECT"  # a CONNECT is for the proxy only
            self._is_http2 = protocol == "http2"
        elif step == "send_request_body.complete" and self._has_begun and self._request.on_sent is not None:
            self._request.on_sent()
        elif step == "receive_response_headers.complete" and self._has_begun:
            self._has_response = True

    def failure(self, error: Exception) -> Exception:
        """The error to raise for an error of httpx: ConnectionFailed, ReplyLost or ValueError."""
        url = _without_query(self._request.url)
        if isinstance(error, httpx.InvalidURL) or (isinstance(error, httpx.LocalProtocolError) and not self._is_http2):
            return ValueError(f"the request to {url} cannot be sent: {type(error).__name__}")
        chain = list(_error_chain(error))
        is_refused = self._is_new_connection and any(map(_is_certificate_refusal, chain))
        if is_refused or not self._has_begun or isinstance(error, _NOT_CONNECTED):
            reason = _description(error if isinstance(error, httpx.TimeoutException) else chain[-1])
            failure = ConnectionFailed(
                f"could not connect to {url}: {reason}; check the address, the network, the proxy "
                "(HTTPS_PROXY) and, for certificates, HttpOptions(verify=...)"
            )
            failure.lasting = any(map(_is_lasting, chain))
            return failure
        is_timeout = isinstance(error, httpx.TimeoutException)
        self.was_cut_off = not is_timeout and not self._is_new_connection and not self._has_response
        return ReplyLost(f"no whole response came from {url}: {_description(error)}")


_NOT_CONNECTED = (httpx.ConnectError, httpx.ConnectTimeout, httpx.ProxyError, httpx.UnsupportedProtocol)
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
    reason = (error.reason or "") if isinstance(error, ssl.SSLError) else ""
    return "ALERT" in reason and any(word in reason for word in ("CERTIFICATE", "UNKNOWN_CA", "ACCESS_DENIED"))


def _error_chain(error: BaseException) -> Iterator[BaseException]:
    """The error, its cause, the cause of that, and so on."""
    current: BaseException | None = error
    while current is not None:
        yield current
        current = current.__cause__ or current.__context__


def _http2_failures() -> tuple[type[Exception], ...]:
    """The errors that httpx lets through unchanged if an HTTP/2 connection ends during a request."""
    try:
        from h2.exceptions import H2Error
    except ImportError:
        raise ValueError("HttpOptions(http2=True) needs another library: pip install mwclient_async[http2]") from None
    from httpcore import ConnectionNotAvailable

    return H2Error, ConnectionNotAvailable, KeyError


def _is_raised_by_http2(error: KeyError) -> bool:
    """Whether httpcore or h2 raised this error, and not code that they called, such as the ``read`` of a body."""
    traceback = error.__traceback__
    while traceback is not None and traceback.tb_next is not None:
        traceback = traceback.tb_next
    module = traceback.tb_frame.f_globals.get("__name__", "") if traceback is not None else ""
    return module.partition(".")[0] in {"httpcore", "h2"}


def _client(options: HttpOptions, limits: Limits, *, keepalive: float, http2: bool) -> httpx.AsyncClient:
    client = httpx.AsyncClient(
        headers={"accept-encoding": ACCEPTED},
        http2=http2,
        proxy=options.proxy,
        verify=_default_ssl_context() if options.verify is True else options.verify,
        follow_redirects=False,
        mounts={f"all://{host}": None for host in _LOOPBACK_HOSTS} if options.proxy is None else None,
        limits=httpx.Limits(
            max_connections=limits.concurrency,
            max_keepalive_connections=limits.concurrency,
            keepalive_expiry=min(keepalive, options.keepalive),
        ),
    )
    client.cookies.jar.set_policy(DefaultCookiePolicy(allowed_domains=[]))  # the session stores the cookies
    return client


def _timeout(options: HttpOptions, *, waits_for_commit: bool) -> httpx.Timeout:
    return httpx.Timeout(
        connect=options.connect_timeout,
        read=options.commit_timeout if waits_for_commit else options.read_timeout,
        write=options.send_timeout,
        pool=None,
    )


_THREAD = threading.local()


def _default_ssl_context() -> ssl.SSLContext:
    """The usual certificates. Loading them takes 25 ms, so all Sites of a thread share one context.

    Threads do not share it, because httpx changes a context whenever it connects.
    """
    if not hasattr(_THREAD, "ssl_context"):
        _THREAD.ssl_context = httpx.create_ssl_context()
    ssl_context: ssl.SSLContext = _THREAD.ssl_context
    return ssl_context


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
    return str(error) or type(error).__name__
