"""One attempt to send a request: how far it has come, what ends it, and which error of this package a failure is.

*Was the request sent?* ConnectionFailed means that it certainly was not: no byte of it was handed to the connection.
Every later failure is a ReplyLost, whatever the HTTP library raises, and even if the server closed the connection
before its first byte: a server that had already closed the connection cannot be distinguished from one that failed
during its work.

What is particular to an HTTP library is in a subclass: how a request is opened, and what the library's errors mean.
"""

from __future__ import annotations

import math
import socket
import ssl
from abc import ABC, abstractmethod
from collections.abc import Callable, Coroutine, Iterator
from typing import Any, ClassVar, Protocol, TypeVar

from anyio import CancelScope, current_time

from mwclient_async._http.closing import Closing
from mwclient_async._http.messages import HttpRequest, HttpResponse
from mwclient_async._http.request_pieces import pieces_of
from mwclient_async._http.response_buffer import ResponseBuffer
from mwclient_async.errors import ConnectionFailed, ReplyLost
from mwclient_async.models.options import HttpOptions

T = TypeVar("T")

_PASSING = (
    ssl.SSLEOFError,
    ssl.SSLZeroReturnError,
    ssl.SSLSyscallError,
    ssl.SSLWantReadError,  # the context of a time-out during the handshake
    ssl.SSLWantWriteError,
)
_PASSING_REFUSALS = (408, 425, 429)
"""A proxy that responds with one of these may connect later."""


class OpenResponse(Protocol):
    """A response whose headers have arrived."""

    status: int
    headers: tuple[tuple[str, str], ...]

    async def next(self) -> bytes | None:
        """The next bytes of the body, as they were received; None at the end."""
        ...

    async def close(self) -> None:
        """Release the connection; close it if the body has not been read to its end."""
        ...


class Progress:
    """How far an attempt has come. ``longest`` is the time for its whole response, in seconds.

    - ``has_begun``: a byte of the request may have been sent.
    - ``cannot_be_sent``: the HTTP library refused the request before its first byte.
    - ``is_new_connection``: its connection was made for it.
    - ``has_response``: the headers of its response have arrived.
    - ``limited``: the name of the time-out that ends it if nothing happens; empty for the one of the whole response.
    """

    def __init__(self, on_sent: Callable[[], None] | None, *, longest: float) -> None:
        self.has_begun = False
        self.cannot_be_sent = False
        self.is_new_connection = False
        self.has_response = False
        self.limited = ""
        self._on_sent = on_sent
        self._longest = longest
        self._scope: CancelScope | None = None

    def bound(self, scope: CancelScope) -> None:
        """Cancel this scope if a time-out ends."""
        self._scope = scope
        if self.has_response:
            self.receiving()

    def connecting(self) -> None:
        """A connection is made; nothing of the request was processed on an earlier one."""
        self.is_new_connection = True
        self.has_begun = False

    def sending(self) -> None:
        """The request is handed to the connection."""
        self.has_begun = True
        self.limit(math.inf)

    def sent(self) -> None:
        """The whole request is on the wire."""
        if self._on_sent is not None:
            self._on_sent()

    def receiving(self) -> None:
        """From now on, the time of the response counts."""
        self.limit(self._longest)

    def limit(self, seconds: float, name: str = "") -> None:
        """End the attempt after so many seconds, with the time-out of this name."""
        self.limited = name
        if self._scope is not None:
            self._scope.deadline = current_time() + seconds


class Attempt(ABC):
    """One attempt to send a request. Whatever the HTTP library raises becomes an error of this package."""

    progress_class: ClassVar[type[Progress]] = Progress

    def __init__(self, request: HttpRequest, options: HttpOptions, closing: Closing) -> None:
        self.request = request
        self.url = request.url.partition("?")[0]
        self.pieces = pieces_of(request.body)
        self.read_timeout = options.commit_timeout if request.waits_for_commit else options.read_timeout
        self.was_cut_off = False  # on a kept connection, before any byte of the response
        self._closing = closing
        self._longest = self.read_timeout + options.response_timeout
        self.progress = self.progress_class(request.on_sent, longest=self._longest)

    @abstractmethod
    async def open(self) -> OpenResponse:
        """Send the request and wait for the headers of the response."""

    @abstractmethod
    def is_timeout(self, error: BaseException) -> bool:
        """Whether this is an error of the library for a time-out."""

    @abstractmethod
    def is_misfit(self, error: BaseException) -> bool:
        """Whether this error says that the request can never be sent."""

    @abstractmethod
    def is_lasting_refusal(self, error: BaseException) -> bool:
        """Whether this error says that a proxy, or the resolver of names, refused for good."""

    @abstractmethod
    def description(self, error: BaseException) -> str:
        """What the error says, without anything that may be secret."""

    @abstractmethod
    def shown_cause(self, error: Exception) -> BaseException | None:
        """The error that may be the ``__cause__`` of ours; None if it would show secrets."""

    async def send(self, *, max_bytes: int) -> HttpResponse:
        """Send the request and read the whole response."""
        opened, buffer = await self.guard(self._send_and_read(max_bytes))
        try:
            body = buffer.result()
        except ValueError as error:
            raise self._lost(str(error)) from error
        return HttpResponse(status=opened.status, headers=opened.headers, body=body, url=self.request.url)

    async def guard(self, awaitable: Coroutine[Any, Any, T]) -> T:
        """The result of what the library does; ConnectionFailed, ReplyLost or ValueError if it fails or takes long."""
        failure, cause, of_source = None, None, None
        with self._closing.until_closed() as scope:
            self.progress.bound(scope)
            try:
                return await awaitable
            except Exception as error:  # noqa: BLE001 - it becomes an error of this package
                if self.pieces is not None and self.pieces.error in list(_chain(error)):
                    of_source = self.pieces.error
                elif not self._closing.is_closed:
                    failure = self._failure(error)
                    cause = None if isinstance(failure, ValueError) else self.shown_cause(error)
            except BaseException as error:  # it was cancelled
                _without_frames(error)
                raise
        if of_source is not None:
            raise of_source
        if failure is not None:
            raise failure from (None if cause is None else _without_frames(cause))
        raise self._ended()

    async def _send_and_read(self, max_bytes: int) -> tuple[OpenResponse, ResponseBuffer]:
        opened = await self.open()
        try:
            encoding, content_type = (_joined(opened.headers, name) for name in ("content-encoding", "content-type"))
            buffer = ResponseBuffer(encoding, max_bytes=max_bytes, content_type=content_type)
            while buffer.error is None and (raw := await opened.next()) is not None:
                buffer.feed(raw)
            return opened, buffer
        finally:
            await opened.close()

    def _failure(self, error: Exception) -> Exception:
        progress = self.progress
        if progress.cannot_be_sent or (self.is_misfit(error) and not progress.has_begun):
            return ValueError(f"the request to {self.url} cannot be sent: {type(error).__name__}")
        is_refused = progress.is_new_connection and any(map(_is_certificate_refusal, _chain(error)))
        if is_refused or not progress.has_begun:
            chain = list(_chain(error))
            lasting = any(self.is_lasting_refusal(one) or _is_lasting(one) for one in chain)
            return self._not_connected(
                self.description(error if self.is_timeout(error) else chain[-1]), lasting=lasting
            )
        self.was_cut_off = not (self.is_timeout(error) or progress.is_new_connection or progress.has_response)
        return self._lost(self.description(error))

    def _ended(self) -> Exception:
        """The error for an attempt that was cancelled from here."""
        reason = "the transport was closed" if self._closing.is_closed else self.progress.limited
        if not reason:
            return self._lost(f"it took more than {self._longest:.0f} seconds (HttpOptions(response_timeout=...))")
        return self._lost(reason) if self.progress.has_begun else self._not_connected(reason, lasting=False)

    def refused_by_proxy(self, status: int) -> ConnectionFailed:
        """The error for a request that the proxy refused with this status, and did not pass on."""
        return self._not_connected(f"the proxy responded with status {status}", lasting=is_lasting_status(status))

    def _not_connected(self, reason: str, *, lasting: bool) -> ConnectionFailed:
        failure = ConnectionFailed(
            f"could not connect to {self.url}: {reason}; check the address, the network, the proxy "
            "(HTTPS_PROXY) and, for certificates, HttpOptions(verify=...)"
        )
        failure.lasting = lasting
        return failure

    def _lost(self, reason: str) -> ReplyLost:
        return ReplyLost(f"no whole response came from {self.url}: {reason}")


def _joined(headers: tuple[tuple[str, str], ...], name: str) -> str:
    """All values of a header, as if they were one."""
    return ", ".join(value for key, value in headers if key == name)


def is_lasting_status(status: int) -> bool:
    """Whether a proxy that responds with this status to a request to connect will do so again."""
    return 400 <= status < 500 and status not in _PASSING_REFUSALS  # noqa: PLR2004 - HTTP


def _is_lasting(error: BaseException) -> bool:
    """Whether another attempt would fail in the same way."""
    return isinstance(error, socket.gaierror | ssl.SSLError) and not isinstance(error, _PASSING)


def _is_certificate_refusal(error: BaseException) -> bool:
    """Whether the server refused our certificate, or requires one.

    With TLS 1.3, the client learns that only after it has sent its request, which the server has not read.
    """
    reason = str(getattr(error, "reason", None) or "") if isinstance(error, ssl.SSLError) else ""
    return "ALERT" in reason and any(word in reason for word in ("CERTIFICATE", "UNKNOWN_CA", "ACCESS_DENIED"))


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The error, its cause, the cause of that, and so on."""
    current: BaseException | None = error
    while current is not None:
        yield current
        current = current.__cause__ or current.__context__


def innermost(error: BaseException) -> BaseException:
    """The error at the end of the chain of causes."""
    *_, last = _chain(error)
    return last


def is_in_chain(error: BaseException, library: str) -> bool:
    """Whether the error, or one of its causes, is of a class of this library."""
    return any(type(one).__module__.partition(".")[0] == library for one in _chain(error))


def _without_frames(error: BaseException) -> BaseException:
    """The error without the frames of the HTTP library: its local variables are headers, cookies, tokens, passwords."""
    for one in list(_chain(error)):
        one.__traceback__ = None
    return error
