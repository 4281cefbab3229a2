"""HTTP, and the only file that knows the HTTP library.

A transport sends one Request and brings back one Response, whole. It keeps no cookies, follows no redirects and retries
nothing, with the one exception below: all of that is the session's. Write your own by giving a Site an object with
these two methods.

*Was it sent?* ConnectionFailed says that it certainly was not: no byte of the request was handed to the connection.
Every failure after that is a ReplyLost, even where the server hung up before its first byte: a server that had closed
the connection already cannot be told from one that died while it worked.

*Kept connections.* A server may close an idle connection at any time. Before it sends over HTTP/1.1, httpx looks
whether that has happened; over HTTP/2 it does not look; and a request that is on its way while the server closes is
lost in either case. So a GET that was cut off on a kept connection, before a byte came back, is sent once more on
another one. What is not a GET may change the wiki and is not sent again. It has connections of its own, new ones or
such that were in use a moment ago, which no server closes just then, and always by HTTP/1.1; files are better off with
that anyway, as HTTP/2 cuts them into small frames and waits for leave to go on.
"""

from __future__ import annotations

import logging
import socket
import ssl
import threading
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, suppress
from http.cookiejar import DefaultCookiePolicy
from typing import Any, Self

import httpx
from anyio import CancelScope

from mwclient_async._http.decompression import ACCEPTED, decompressor_for
from mwclient_async._http.messages import HttpRequest, HttpResponse, MultipartBody, StreamedResponse
from mwclient_async.errors import ConnectionFailed, ProtocolError, ReplyLost, ReplyTooLarge
from mwclient_async.models.options import HttpOptions, Limits

_PIECE = 256 * 1024
_A_MOMENT = 1.0  # seconds; servers close connections that were idle for longer than that
_HERE = ("127.0.0.1", "localhost", "*.localhost", "[::1]")  # never reached through the environment's proxy


class _WithoutSecrets(logging.Filter):
    """Keeps headers, in which cookies and tokens are, out of the log of the HTTP library and of what it stands on.

    Those of answers are logged as they come, those of requests where one cannot be sent; HTTP/2's compression tells of
    each; and the handshake with a SOCKS proxy names the password.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        if record.name.startswith("hpack."):
            return False
        event = record.getMessage()
        return not any(
            told in event
            for told in ("receive_response_headers.complete", "send_request_headers.failed", "setup_socks5_connection")
        )


for _name in ("httpcore.http11", "httpcore.http2", "httpcore.proxy", "httpcore.socks", "hpack.hpack", "hpack.table"):
    logging.getLogger(_name).addFilter(_WithoutSecrets())


class HttpxTransport:
    """The transport of every Site that is not given another one. Raises ValueError for options that cannot work."""

    def __init__(self, options: HttpOptions, limits: Limits) -> None:
        self._limits = limits
        self._failures: tuple[type[Exception], ...] = (httpx.HTTPError, httpx.InvalidURL, OSError)
        if options.http2:
            self._failures += _leaked_by_http2()
        self._timeouts = {patient: _timeout(options, patient=patient) for patient in (False, True)}
        self._reads = _client(options, limits, keepalive=options.keepalive, http2=options.http2)
        self._writes = _client(options, limits, keepalive=_A_MOMENT, http2=False)

    async def send(self, request: HttpRequest) -> HttpResponse:
        """Send the request and read the whole answer, up to ``Limits.max_reply_bytes``."""
        course = _RequestTrace(request)
        try:
            return await self._exchange(request, course)
        except ReplyLost:
            if request.method != "GET" or not course.cut_off:
                raise
        return await self._exchange(request, _RequestTrace(request))

    @asynccontextmanager
    async def stream(self, request: HttpRequest) -> AsyncIterator[StreamedResponse]:
        """Send a GET and give its answer as it comes in, not unpacked and of any size."""
        course = _RequestTrace(request)
        headers = {"accept-encoding": "identity", **request.headers}
        outgoing = self._reads.build_request("GET", request.url, headers=headers, timeout=self._timeouts[False])
        outgoing.extensions["trace"] = course
        try:
            answer = await self._reads.send(outgoing, stream=True)
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            failed = course.failure(error)
            raise failed from (None if isinstance(failed, ValueError) else error)
        inflow = _StreamedBody(answer, course)
        try:
            yield inflow
        finally:
            with CancelScope(shield=True):
                await inflow.leave()
                await answer.aclose()

    async def aclose(self) -> None:
        """Close every connection."""
        for client in (self._reads, self._writes):
            await client.aclose()

    async def _exchange(self, request: HttpRequest, course: _RequestTrace) -> HttpResponse:
        try:
            answer, received = await self._send_and_read(request, course)
        except self._failures as error:
            failed = course.failure(error)
            raise failed from (None if isinstance(failed, ValueError) else error)  # that one quotes a header
        return HttpResponse(
            status=answer.status_code,
            headers=tuple((name.lower(), value) for name, value in answer.headers.multi_items()),
            body=received,
            url=request.url,
        )

    async def _send_and_read(self, request: HttpRequest, course: _RequestTrace) -> tuple[httpx.Response, bytes]:
        client, headers = self._reads if request.method == "GET" else self._writes, dict(request.headers)
        if isinstance(request.body, MultipartBody):
            headers["content-length"] = str(request.body.length)
        outgoing = client.build_request(
            request.method,
            request.url,
            headers=headers,
            content=request.body or None if isinstance(request.body, bytes) else None,
            timeout=self._timeouts[request.waits_for_commit],
        )
        if isinstance(request.body, MultipartBody):
            outgoing.stream = _MultipartStream(request.body)
        elif request.body:
            outgoing.stream = _BytesBody(request.body)
        outgoing.extensions["trace"] = course
        answer = await client.send(outgoing, stream=True)
        try:
            return answer, await self._read(answer)
        finally:
            await answer.aclose()

    async def _read(self, answer: httpx.Response) -> bytes:
        inbox = _ResponseBuffer(answer.headers.get("content-encoding", ""), most=self._limits.max_reply_bytes)
        try:
            async for raw in answer.aiter_raw():
                if inbox.trouble is not None:  # to leave the loop would leave generators of httpx behind, unfinished
                    _hang_up(answer)
                inbox.take(raw)
        except httpx.TransportError:
            if inbox.trouble is None:
                raise
        return inbox.whole()


class _BytesBody(httpx.AsyncByteStream):
    """A body in hand. No generator either: one that is cancelled while it is sent would be left unfinished."""

    def __init__(self, body: bytes) -> None:
        self._pieces = [body]

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        if not self._pieces:
            raise StopAsyncIteration
        return self._pieces.pop()


class _MultipartStream(httpx.AsyncByteStream):
    """A multipart body, read as it is sent. No generator: httpx would leave it unfinished where sending fails."""

    def __init__(self, body: MultipartBody) -> None:
        self._body = body
        self._at = body.part.offset
        self._head = [body.head]
        self._tail = [body.tail]

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        if self._head:
            return self._head.pop()
        left = self._body.part.offset + self._body.part.length - self._at
        if left > 0:
            piece = await self._body.read(self._at, min(_PIECE, left))
            if not piece:
                raise ValueError(f"the source of a body ended {left} bytes before its end")
            self._at += len(piece)
            return piece
        if self._tail:
            return self._tail.pop()
        raise StopAsyncIteration


class _ResponseBuffer:
    """What came of a body so far, unpacked; ``trouble`` is why no more of it is wanted."""

    def __init__(self, encoding: str, *, most: int) -> None:
        self._encoding = encoding
        self._most = most
        self._unpacker = decompressor_for(encoding)
        self._received = bytearray()
        self.trouble: Exception | None = None
        if self._unpacker is None:  # packed twice, for one: the way to make much out of little
            self.trouble = ProtocolError(f"the answer is packed as {encoding!r}, which was not asked for")

    def take(self, raw: bytes) -> None:
        """Unpack these bytes, as far as they are wanted."""
        if self._unpacker is None or self.trouble is not None:
            return
        try:
            for piece in self._unpacker.feed(raw):
                self._received += piece
                if len(self._received) > self._most:
                    self.trouble = ReplyTooLarge(
                        f"the answer is larger than {self._most} bytes: ask for less, or raise "
                        "Limits(max_reply_bytes=...)"
                    )
                    return
        except ValueError as error:
            self.trouble = httpx.DecodingError(str(error))

    def whole(self) -> bytes:
        """The whole body, or the trouble raised."""
        if self.trouble is not None:
            raise self.trouble
        if self._unpacker is not None and not self._unpacker.done:
            raise httpx.DecodingError(f"{self._encoding} that was cut")
        return bytes(self._received)


class _StreamedBody:
    """A body as it comes. No generator: httpx would leave its own unfinished where this one is left early."""

    def __init__(self, answer: httpx.Response, course: _RequestTrace) -> None:
        self.status = answer.status_code
        self.headers = tuple((name.lower(), value) for name, value in answer.headers.multi_items())
        self._answer = answer
        self._course = course
        self._raw = answer.aiter_raw()
        self._done = False
        encoding = answer.headers.get("content-encoding", "identity")
        self._trouble = None if encoding == "identity" else f"the file is packed as {encoding}, which was not asked for"

    def pieces(self) -> Self:
        return self

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        if self._trouble is not None:
            raise ProtocolError(self._trouble)
        try:
            return await anext(self._raw)
        except StopAsyncIteration:
            self._done = True
            raise
        except (httpx.HTTPError, OSError) as error:
            self._done = True
            raise self._course.failure(error) from error

    async def leave(self) -> None:
        """Want no more of it."""
        if not self._done:
            _hang_up(self._answer)
            with suppress(httpx.HTTPError, OSError):
                async for _ in self._raw:
                    pass


class _RequestTrace:
    """What became of one request so far, as the HTTP library tells."""

    def __init__(self, request: HttpRequest) -> None:
        self._request = request
        self._begun = False
        self._anew = False
        self._answered = False
        self._http2 = False
        self.cut_off = False

    async def __call__(self, event: str, info: Mapping[str, Any]) -> None:
        protocol, _, step = event.partition(".")
        if step == "connect_tcp.started":
            self._anew = True
        elif step == "send_request_headers.started":
            self._begun = info["request"].method != b"CONNECT"  # which is for the proxy only
            self._http2 = protocol == "http2"
        elif step == "send_request_body.complete" and self._begun and self._request.on_sent is not None:
            self._request.on_sent()
        elif step == "receive_response_headers.complete" and self._begun:
            self._answered = True

    def failure(self, error: Exception) -> Exception:
        """The error of this package, or the ValueError, for what the HTTP library raised."""
        place = _place(self._request.url)
        if isinstance(error, httpx.InvalidURL) or (isinstance(error, httpx.LocalProtocolError) and not self._http2):
            return ValueError(f"the request to {place} cannot be sent: {type(error).__name__}")
        reasons = list(_causes(error))
        refused = self._anew and any(map(_is_refusal, reasons))
        if refused or not self._begun or isinstance(error, _NOT_CONNECTED):
            said = _said(error if isinstance(error, httpx.TimeoutException) else reasons[-1])
            failed = ConnectionFailed(
                f"could not connect to {place}: {said}; check the address, the network, the proxy "
                "(HTTPS_PROXY) and, for certificates, HttpOptions(verify=...)"
            )
            failed.lasting = any(map(_is_lasting, reasons))
            return failed
        hung_up = not isinstance(error, httpx.TimeoutException)
        self.cut_off = hung_up and not self._anew and not self._answered
        return ReplyLost(f"no whole answer came from {place}: {_said(error)}")


_NOT_CONNECTED = (httpx.ConnectError, httpx.ConnectTimeout, httpx.ProxyError, httpx.UnsupportedProtocol)
_CUT_SHORT = (ssl.SSLEOFError, ssl.SSLZeroReturnError, ssl.SSLSyscallError)


def _is_lasting(reason: BaseException) -> bool:
    if isinstance(reason, httpx.ProxyError):  # its text begins with the status that the proxy gave
        return str(reason).startswith("4")
    return isinstance(reason, socket.gaierror | ssl.SSLError) and not isinstance(reason, _CUT_SHORT)


def _is_refusal(reason: BaseException) -> bool:
    """Whether the server did not take our certificate, or wants one: by TLS 1.3, we hear that after we have sent."""
    told = (reason.reason or "") if isinstance(reason, ssl.SSLError) else ""
    return "ALERT" in told and any(word in told for word in ("CERTIFICATE", "UNKNOWN_CA", "ACCESS_DENIED"))


def _causes(error: BaseException) -> Iterator[BaseException]:
    found: BaseException | None = error
    while found is not None:
        yield found
        found = found.__cause__ or found.__context__


def _leaked_by_http2() -> tuple[type[Exception], ...]:
    """What httpx lets through, unnamed, when an HTTP/2 connection ends under its requests."""
    try:
        from h2.exceptions import H2Error
    except ImportError:
        raise ValueError("HttpOptions(http2=True) needs another library: pip install mwclient_async[http2]") from None
    from httpcore import ConnectionNotAvailable

    return H2Error, ConnectionNotAvailable, KeyError


def _client(options: HttpOptions, limits: Limits, *, keepalive: float, http2: bool) -> httpx.AsyncClient:
    client = httpx.AsyncClient(
        headers={"accept-encoding": ACCEPTED},
        http2=http2,
        proxy=options.proxy,
        verify=_trusted() if options.verify is True else options.verify,
        follow_redirects=False,
        mounts={f"all://{host}": None for host in _HERE} if options.proxy is None else None,
        limits=httpx.Limits(
            max_connections=limits.concurrency,
            max_keepalive_connections=limits.concurrency,
            keepalive_expiry=min(keepalive, options.keepalive),
        ),
    )
    client.cookies.jar.set_policy(DefaultCookiePolicy(allowed_domains=[]))  # cookies are the session's
    return client


def _timeout(options: HttpOptions, *, patient: bool) -> httpx.Timeout:
    return httpx.Timeout(
        connect=options.connect_timeout,
        read=options.commit_timeout if patient else options.read_timeout,
        write=options.send_timeout,
        pool=None,
    )


_OF_THREAD = threading.local()


def _trusted() -> ssl.SSLContext:
    """The usual certificates. Loading them takes 25 ms, so every Site of the thread shares them.

    Not every thread does: the HTTP library changes a context whenever it connects.
    """
    if not hasattr(_OF_THREAD, "trusted"):
        _OF_THREAD.trusted = httpx.create_ssl_context()
    trusted: ssl.SSLContext = _OF_THREAD.trusted
    return trusted


def _hang_up(answer: httpx.Response) -> None:
    """Let the next read find the end. To close the connection is httpx's own business, which comes then."""
    shown = answer.extensions["network_stream"].get_extra_info("socket")  # no socket yet: some loops show less
    with suppress(OSError), socket.fromfd(shown.fileno(), shown.family, shown.type) as raw:  # or it is gone already
        raw.shutdown(socket.SHUT_RDWR)


def _place(url: str) -> str:
    return url.partition("?")[0]


def _said(error: BaseException) -> str:
    return str(error) or type(error).__name__
