"""Requests by aiohttp. This is the only file that imports aiohttp.

aiohttp sends a request of an idempotent method (PUT and DELETE, too) a second time if a kept connection was cut off.
A middleware prevents that. It does not notice that the server has closed a kept connection if the event loop had no
time to look; the connector does. Everything else that aiohttp would do by itself is off: redirects, cookies,
decompression, headers, the proxies and passwords (``.netrc``) of the environment.
"""

from __future__ import annotations

import math
import re
import select
import ssl
from types import SimpleNamespace
from typing import Any, Self, cast
from weakref import WeakKeyDictionary, WeakSet

import aiohttp
from yarl import URL

from mwclient_async._http.attempt import Attempt, innermost, is_lasting_status
from mwclient_async._http.closing import Closing
from mwclient_async._http.decompression import ACCEPTED
from mwclient_async._http.messages import HttpRequest, MultipartBody
from mwclient_async._http.request_pieces import BytesPieces, MultipartPieces
from mwclient_async.models.options import HttpOptions, Limits

_AUTOMATIC_HEADERS = ("Accept", "Accept-Encoding", "Content-Type", "User-Agent")
_LONGEST_HEADER = 64 * 1024  # bytes
_MOST_HEADERS = 1000
_FIRST_FINAL_STATUS = 200
_WITHOUT_BODY = (204, 304)
_HEADER_NAME = re.compile(r"[-!#$%&'*+.^_`|~0-9A-Za-z]+")
_HEADER_VALUE = re.compile(r"([!-~]+([ \t]+[!-~]+)*)?")
_QUOTED_URL = re.compile(r"[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]*")


class AiohttpPool:
    """Connections that are kept for ``keepalive`` seconds, at most two for each request that may be in flight."""

    def __init__(self, options: HttpOptions, limits: Limits, *, keepalive: float) -> None:
        self._options = options
        try:
            connector = _Connector(
                limit=2 * limits.concurrency,  # beside each download, a request in its slot (request_slots.py)
                force_close=not keepalive,
                keepalive_timeout=keepalive or None,
                ssl=_own_ssl_context(options),
            )
        except RuntimeError as error:  # aiohttp asks asyncio for its event loop
            raise ValueError(
                "HttpOptions(backend='aiohttp') works on asyncio only, and no event loop of asyncio is running here: "
                "use the backend httpx on trio"
            ) from error
        self._session = aiohttp.ClientSession(
            connector=connector,
            cookie_jar=_NoCookies(),
            headers={"Accept-Encoding": ACCEPTED},
            skip_auto_headers=_AUTOMATIC_HEADERS,
            auto_decompress=False,
            max_line_size=_LONGEST_HEADER,
            max_field_size=_LONGEST_HEADER,
            max_headers=_MOST_HEADERS,
            timeout=aiohttp.ClientTimeout(total=None),
            trace_configs=[_trace_config()],
            middlewares=(_send_once,),
            response_class=_ClientResponse,
        )

    def attempt(self, request: HttpRequest, closing: Closing, *, proxy: str | None) -> Attempt:
        """An attempt to send this request, through this proxy."""
        return _AiohttpAttempt(request, self._session, self._options, closing, proxy)

    async def aclose(self) -> None:
        """Close every connection."""
        await self._session.close()


class _AiohttpAttempt(Attempt):
    def __init__(
        self,
        request: HttpRequest,
        session: aiohttp.ClientSession,
        options: HttpOptions,
        closing: Closing,
        proxy: str | None,
    ) -> None:
        super().__init__(request, options, closing)
        self._session = session
        self._options = options
        self._proxy = proxy

    async def open(self) -> _AiohttpResponse:
        request, headers = self.request, dict(self.request.headers)
        for name, value in headers.items():
            if not _HEADER_NAME.fullmatch(name) or not _HEADER_VALUE.fullmatch(value):
                raise ValueError("a header has a character that cannot be sent")
        if self.pieces is not None:
            length = request.body.length if isinstance(request.body, MultipartBody) else len(request.body)
            headers["Content-Length"] = str(length)
        response = await self._session.request(
            request.method,
            URL(request.url, encoded=_QUOTED_URL.fullmatch(request.url) is not None),
            headers=headers,
            data=None if self.pieces is None else _SentBody(self),
            proxy=self._proxy,
            ssl=_usual_ssl_context() if self._options.verify is True and self.url[:6].lower() == "https:" else True,
            timeout=aiohttp.ClientTimeout(total=None, sock_read=self.read_timeout),
            allow_redirects=False,
            trace_request_ctx=self,
        )
        coding = response.headers.get("Transfer-Encoding", "chunked").lower()
        if response.status < _FIRST_FINAL_STATUS or coding != "chunked":
            response.close()
            raise aiohttp.ClientPayloadError
        self.progress.has_response = True
        return _AiohttpResponse(cast("_ClientResponse", response))

    # How far it has come ---------------------------------------------------------------------------------------------

    def on_connecting(self) -> None:
        self.progress.connecting()
        self.progress.limit(self._options.connect_timeout, "ConnectTimeout")

    def on_headers(self) -> None:
        self.progress.sending()
        if self.pieces is None:
            self.on_sent()

    def on_piece(self) -> None:
        """A piece is handed to the connection."""
        self.progress.limit(self._options.send_timeout, "WriteTimeout")

    def on_sent(self) -> None:
        self.progress.sent()
        self.progress.receiving()

    # What its errors mean --------------------------------------------------------------------------------------------

    def is_timeout(self, error: BaseException) -> bool:
        return isinstance(error, TimeoutError)

    def is_misfit(self, error: BaseException) -> bool:
        return isinstance(error, aiohttp.NonHttpUrlClientError | ValueError) and not isinstance(error, OSError)

    def is_lasting_refusal(self, error: BaseException) -> bool:
        is_refused = isinstance(error, aiohttp.ClientHttpProxyError) and is_lasting_status(error.status)
        return is_refused or isinstance(error, aiohttp.ClientConnectorDNSError)

    def description(self, error: BaseException) -> str:
        if isinstance(error, aiohttp.SocketTimeoutError):
            return "ReadTimeout"
        if isinstance(error, aiohttp.ClientHttpProxyError):
            return f"the proxy responded with status {error.status}"
        inner = innermost(error)
        text = str(inner) if isinstance(inner, OSError) and not _is_of_aiohttp(inner) else ""
        return text or type(inner).__name__  # a text of aiohttp may quote headers, or the URL of the proxy

    def shown_cause(self, error: Exception) -> BaseException | None:
        inner = innermost(error)
        return None if _is_of_aiohttp(inner) else inner


class _ClientResponse(aiohttp.ClientResponse):
    """Knows its connection even after that was released."""

    protocol: Any = None

    async def start(self, connection: aiohttp.connector.Connection) -> Self:
        self.protocol = connection.protocol
        await super().start(connection)
        return self

    def check_end(self) -> None:
        """Raise the error of the connection, if the end of the connection is the end of the body.

        aiohttp takes a body that was cut off by an error for complete.
        """
        headers = self.headers
        if self.status in _WITHOUT_BODY or "Content-Length" in headers or "Transfer-Encoding" in headers:
            return
        if isinstance(error := self.protocol.exception(), aiohttp.ClientOSError):
            raise error


class _AiohttpResponse:
    """A response whose headers have arrived."""

    def __init__(self, response: _ClientResponse) -> None:
        self.status = response.status
        self.headers = _decoded(response.raw_headers)
        self._response = response
        self._is_finished = False

    async def next(self) -> bytes | None:
        piece = await self._response.content.readany()
        self._is_finished = not piece
        if self._is_finished:
            self._response.check_end()
        return piece or None

    async def close(self) -> None:
        if self._is_finished:
            self._response.release()
        else:
            connection = self._response.connection
            if connection is not None and connection.transport is not None:
                connection.transport.abort()
            self._response.close()


class _SentBody:
    """The body of a request, as aiohttp wants it. aiohttp asks for the next piece once it has sent the one before."""

    def __init__(self, attempt: _AiohttpAttempt) -> None:
        self._attempt = attempt
        self._pieces = cast("BytesPieces | MultipartPieces", attempt.pieces)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        self._attempt.progress.limit(math.inf)  # while the source is read
        try:
            piece = await anext(self._pieces)
        except StopAsyncIteration:
            self._attempt.on_sent()
            raise
        self._attempt.on_piece()
        return piece


class _Connector(aiohttp.TCPConnector):
    """Does not give out a kept connection that the server has closed, or on which it sent what was not asked for.

    aiohttp would take the latter for the response to the next request. ``transports`` are those of the requests under
    way.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._used: WeakSet[Any] = WeakSet()
        self.transports: WeakKeyDictionary[aiohttp.ClientRequest, Any] = WeakKeyDictionary()

    async def connect(self, req: Any, traces: Any, timeout: Any) -> aiohttp.connector.Connection:  # noqa: ASYNC109 - aiohttp's
        while True:
            connection = await super().connect(req, traces, timeout)
            if connection.protocol not in self._used or not _has_received(connection):
                self._used.add(connection.protocol)
                self.transports[req] = connection.transport
                return connection
            connection.close()


class _NoCookies(aiohttp.DummyCookieJar):
    """Stores nothing, because the session stores the cookies. It does not even parse them."""

    def update_cookies_from_headers(self, headers: Any, response_url: URL) -> None:
        pass


class _SentAlready(Exception):
    """Hides an error from aiohttp, which would send the request again."""


async def _send_once(request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
    """The middleware around each request."""
    connector = cast("_Connector", request.session.connector)
    try:
        return await handler(request)
    except BaseException as error:
        if (transport := connector.transports.get(request)) is not None:
            transport.abort()  # aiohttp closes it, and what is buffered would still be sent
        if isinstance(error, aiohttp.ClientOSError | aiohttp.ServerDisconnectedError):
            raise _SentAlready from error
        raise


def _trace_config() -> aiohttp.TraceConfig:
    """Tells an attempt how far it has come."""

    async def connecting(_session: object, context: SimpleNamespace, _params: object) -> None:
        context.trace_request_ctx.on_connecting()

    async def headers(_session: object, context: SimpleNamespace, _params: object) -> None:
        context.trace_request_ctx.on_headers()

    config = aiohttp.TraceConfig()
    config.on_connection_create_start.append(connecting)
    config.on_request_headers_sent.append(headers)
    return config


def _own_ssl_context(options: HttpOptions) -> ssl.SSLContext | bool:
    """What the caller has set. The usual context is made when it is needed, because that takes 25 ms."""
    if isinstance(options.verify, ssl.SSLContext):
        options.verify.set_alpn_protocols(["http/1.1"])
    return options.verify


def _usual_ssl_context() -> ssl.SSLContext:
    """The same certificates as the backend httpx has."""
    from mwclient_async._http.httpx_transport import usual_certificates  # loads httpx

    context = usual_certificates(http2=False)
    context.set_alpn_protocols(["http/1.1"])
    return context


def _has_received(connection: aiohttp.connector.Connection) -> bool:
    """Whether something came on an idle connection: its end, or bytes that were not asked for."""
    if connection.protocol is None or connection.protocol.should_close:  # the event loop has read it
        return True
    transport = connection.transport
    raw_socket = None if transport is None else transport.get_extra_info("socket")
    if raw_socket is None or raw_socket.fileno() < 0:
        return True
    if not hasattr(select, "poll"):  # Windows
        return bool(select.select([raw_socket.fileno()], [], [], 0)[0])
    poll = select.poll()
    poll.register(raw_socket.fileno(), select.POLLIN)
    return bool(poll.poll(0))


def _decoded(headers: tuple[tuple[bytes, bytes], ...]) -> tuple[tuple[str, str], ...]:
    try:
        return tuple((name.decode().lower(), value.decode()) for name, value in headers)
    except UnicodeDecodeError:
        return tuple((name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in headers)


def _is_of_aiohttp(error: BaseException) -> bool:
    return type(error).__module__.partition(".")[0] == "aiohttp"
