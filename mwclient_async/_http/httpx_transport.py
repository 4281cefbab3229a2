"""The transport that uses httpx. This is the only file that imports httpx.

It uses the transports of httpx, which send one request, without a client around them. A client would add cookies,
redirects, authentication, proxies and the merging of settings to each request, and all of that is done elsewhere.
``pooled_transport.py`` says what a transport does. To write your own, give a Site an object with the two methods of
``Transport``.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractContextManager, suppress
from functools import cache, lru_cache, partial
from importlib.util import find_spec
from typing import Any, cast

import httpx

from mwclient_async._http.attempt import Attempt, is_in_chain, is_lasting_status
from mwclient_async._http.cancelled_requests import free_slot
from mwclient_async._http.closing import Closing
from mwclient_async._http.decompression import ACCEPTED
from mwclient_async._http.early_responses import read_early
from mwclient_async._http.messages import HttpRequest, MultipartBody
from mwclient_async._http.pooled_transport import PooledTransport
from mwclient_async._http.request_pieces import BytesPieces, MultipartPieces
from mwclient_async._http.request_trace import RequestTrace
from mwclient_async._http.secret_log_filter import secrets_kept_out_of_logs
from mwclient_async.models.options import HttpOptions, Limits

_EMPTY = httpx.ByteStream(b"")
_WITH_BODY = frozenset({"POST", "PUT", "PATCH"})
_LASTING_REFUSALS_OF_SOCKS = (
    "Invalid username/password",
    "Requested ",
    "Proxy Server could not connect: Connection not",
)
_DEFAULT_HEADERS = {"accept": "*/*", "accept-encoding": ACCEPTED, "connection": "keep-alive"}


class HttpxTransport(PooledTransport):
    """The default transport of a Site, which sends requests with httpx.

    - ``options``: time-outs, proxy, certificates, HTTP/2.
    - ``limits``: ``concurrency`` is the number of connections for reads, and the same for writes; ``max_reply_bytes``
      is the largest body of a response, as received and decompressed.

    It raises ValueError if the options cannot work, for example if the library for HTTP/2 is missing. Close it with
    ``await transport.aclose()``. A Site closes its transport itself.
    """

    def __init__(self, options: HttpOptions, limits: Limits) -> None:
        super().__init__(options, limits)
        if options.http2:
            _require("h2", "HttpOptions(http2=True)", extra="http2")
        if any(proxy.startswith("socks") for proxy in self._proxies):
            _require("socksio", "a SOCKS proxy", extra="socks")
        self._pools: dict[tuple[bool, bool, str | None], httpx.AsyncHTTPTransport] = {}
        for proxy in self._proxies:  # raises an error here if one cannot work
            self._pool(is_read=True, is_secure=False, proxy=proxy)

    def _attempt(self, request: HttpRequest) -> Attempt:
        is_read, is_secure = request.method == "GET", request.url[:6].lower() == "https:"
        pool = self._pool(is_read=is_read, is_secure=is_secure, proxy=self._proxy_for(request.url))
        return _HttpxAttempt(request, pool, self._options, self._closing)

    def _pool(self, *, is_read: bool, is_secure: bool, proxy: str | None) -> httpx.AsyncHTTPTransport:
        """The connections for such requests, made when they are first needed."""
        key = (is_read, is_secure, proxy)
        if key not in self._pools:
            self._pools[key] = _new_pool(
                self._options,
                self._limits,
                keepalive=self._options.keepalive if is_read else self._write_keepalive,
                http2=self._options.http2 and is_read,
                is_secure=is_secure,
                proxy=proxy,
            )
        return self._pools[key]

    def _sending(self) -> AbstractContextManager[None]:
        return secrets_kept_out_of_logs()

    async def _close_pools(self) -> None:
        for pool in self._pools.values():
            await pool.aclose()


class _HttpxAttempt(Attempt):
    progress_class = RequestTrace

    def __init__(
        self, request: HttpRequest, pool: httpx.AsyncHTTPTransport, options: HttpOptions, closing: Closing
    ) -> None:
        super().__init__(request, options, closing)
        self._pool = pool
        cast("RequestTrace", self.progress).connect_timeout = options.connect_timeout
        self._timeout = {
            "connect": options.connect_timeout,
            "read": self.read_timeout,
            "write": options.send_timeout,
            "pool": None,
        }

    async def open(self) -> _HttpxResponse:
        request = self.request
        url = _parsed(request.url) if request.method != "GET" else httpx.URL(request.url)
        headers = {"host": url.netloc.decode("ascii"), **_DEFAULT_HEADERS, **_length_header(request)}
        headers |= {name.lower(): value for name, value in request.headers.items()}
        httpx_request = httpx.Request(
            request.method,
            url,
            headers=headers,
            stream=_EMPTY if self.pieces is None else _RequestStream(self.pieces),
            extensions={"timeout": self._timeout, "trace": self.progress},
        )
        try:
            response = await self._pool.handle_async_request(httpx_request)
        except BaseException:
            await self._free_slot()
            raise
        cast("RequestTrace", self.progress).on_end = partial(_give_up_if_more_came, response)
        return _HttpxResponse(response, self._free_slot)

    async def _free_slot(self) -> None:
        await free_slot(self._pool, self.progress)

    def is_timeout(self, error: BaseException) -> bool:
        return isinstance(error, httpx.TimeoutException)

    def is_misfit(self, error: BaseException) -> bool:
        return isinstance(error, httpx.InvalidURL | ValueError) and not isinstance(error, OSError)

    def is_lasting_refusal(self, error: BaseException) -> bool:
        if not isinstance(error, httpx.ProxyError):
            return False
        status, text = str(error).partition(" ")[0], str(error)  # "407 Proxy Authentication Required"
        return is_lasting_status(int(status)) if status.isdecimal() else text.startswith(_LASTING_REFUSALS_OF_SOCKS)

    def description(self, error: BaseException) -> str:
        text = str(error).partition(":")[0] if _may_quote_headers(error) else str(error)
        return text or type(error).__name__

    def shown_cause(self, error: Exception) -> BaseException | None:
        return None if _may_quote_headers(error) else error


class _RequestStream(httpx.AsyncByteStream):
    """The pieces of a request's body, as httpx wants them."""

    def __init__(self, pieces: BytesPieces | MultipartPieces) -> None:
        self._pieces = pieces

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self._pieces


class _HttpxResponse:
    """A response whose headers have arrived."""

    def __init__(self, response: httpx.Response, free_slot: Callable[[], Awaitable[None]]) -> None:
        self.status = response.status_code
        self.headers = tuple((name.lower(), value) for name, value in response.headers.multi_items())
        self._extensions = response.extensions
        self._stream = cast("httpx.AsyncByteStream", response.stream)
        self._raw = aiter(self._stream)
        self._free_slot = free_slot
        self._may_have_more = True
        self._is_closed = False

    async def next(self) -> bytes | None:
        self._may_have_more = False  # if this fails or is cancelled, the generators of httpx have ended
        piece = await anext(self._raw, None)
        self._may_have_more = piece is not None
        return piece

    async def close(self) -> None:
        try:
            await self._close()
        finally:
            if not self._is_closed:
                await self._free_slot()

    async def _close(self) -> None:
        with suppress(Exception):  # nothing is wanted of this response any more
            if self._may_have_more:
                _shut_down(self._extensions)
                async for _ in self._raw:  # not to read it to its end would leave generators of httpx unfinished
                    pass
        with suppress(Exception):
            await self._stream.aclose()
            self._is_closed = True


def _may_quote_headers(error: BaseException) -> bool:
    """Whether the text may quote a line of the response that has a secret: h11 quotes what it cannot parse."""
    return is_in_chain(error, "h11")


@lru_cache(maxsize=64)
def _parsed(url: str) -> httpx.URL:
    """The URL of a POST, parsed: those of one action are the same, because the rest is in the body."""
    return httpx.URL(url)


def _require(library: str, wanted: str, *, extra: str) -> None:
    if find_spec(library) is None:
        raise ValueError(f"{wanted} needs another library: pip install mwclient_async[{extra}]")


def _length_header(request: HttpRequest) -> dict[str, str]:
    body = request.body
    if not body and request.method not in _WITH_BODY:
        return {}
    return {"content-length": str(body.length if isinstance(body, MultipartBody) else len(body))}


def _new_pool(
    options: HttpOptions, limits: Limits, *, keepalive: float, http2: bool, is_secure: bool, proxy: str | None
) -> httpx.AsyncHTTPTransport:
    usual = usual_certificates(http2=http2) if is_secure and options.verify is True else _NO_CERTIFICATES
    transport = httpx.AsyncHTTPTransport(
        http2=http2,
        proxy=None if proxy is None else _proxy(proxy, options),
        verify=usual if options.verify is True else options.verify,
        limits=httpx.Limits(
            max_connections=2 * limits.concurrency,  # beside each download, a request in its slot (request_slots.py)
            max_keepalive_connections=limits.concurrency,
            keepalive_expiry=keepalive,
        ),
    )
    if not http2:  # over HTTP/2, a response before the end of a body resets no connection
        read_early(transport)
    return transport


def _proxy(url: str, options: HttpOptions) -> httpx.Proxy:
    """The proxy. One that is reached by https must have a certificate that ``options.verify`` trusts."""
    if url[:6].lower() != "https:":
        return httpx.Proxy(url)
    verify = usual_certificates(http2=False) if options.verify is True else options.verify
    return httpx.Proxy(url, ssl_context=httpx.create_ssl_context(verify))


_NO_CERTIFICATES = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""For plain http: it trusts no certificate, so that it could not connect to https by mistake."""


@cache
def usual_certificates(*, http2: bool) -> ssl.SSLContext:  # noqa: ARG001 - it is the key of the cache
    """The usual certificates. Loading them takes 25 ms, so all Sites of the process share them.

    Clients of different protocols do not, because httpx sets the protocols of a context whenever it connects.
    """
    return httpx.create_ssl_context()


def _give_up_if_more_came(response: httpx.Response) -> None:
    """Do not use the connection again if it sent more than the response.

    httpcore would take that for the response to the next request. What arrives later is noticed by httpcore itself.
    """
    stream: Any = response.stream
    while inner := getattr(stream, "_stream", None) or getattr(stream, "_httpcore_stream", None):
        stream = inner
    state = getattr(getattr(stream, "_connection", None), "_h11_state", None)  # HTTP/2 has none
    if state is not None and state.trailing_data[0]:
        _shut_down(response.extensions)


def _shut_down(extensions: Mapping[str, Any]) -> None:
    """Shut the socket down, so that the next read finds the end. httpx closes the connection after that."""
    stream_socket = extensions["network_stream"].get_extra_info("socket")  # some event loops wrap it
    with (
        suppress(OSError),  # the socket may be closed already
        socket.fromfd(stream_socket.fileno(), stream_socket.family, stream_socket.type) as raw_socket,
    ):
        raw_socket.shutdown(socket.SHUT_RDWR)
