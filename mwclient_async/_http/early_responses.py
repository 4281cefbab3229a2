"""Reads a response that comes while the body of its request is being sent.

A server that refuses a body, for example with HTTP 413, may respond as soon as it has read the headers, and close the
connection. Then it resets the connection when more of the body arrives, and the rest of the body cannot be sent.
httpcore reads only after that, when asyncio or the TLS layer has dropped what had arrived. So a large piece of a body
is sent and the response awaited at the same time. httpcore reads the response if it gets a ``WriteError``.

See https://www.rfc-editor.org/rfc/rfc9112#section-9.6 and https://www.rfc-editor.org/rfc/rfc9110#section-15.5.14.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

import httpcore
from anyio import CancelScope, Event, create_task_group, move_on_after
from anyio.lowlevel import checkpoint

_LARGE = 64 * 1024  # bytes that are sent at once; less than that is buffered by the system
_MOST_BYTES = 64 * 1024  # that are read of a response while the body is being sent
_SECONDS_AFTER_FAILURE = 1.0  # for reading what had arrived when the body could not be sent
_LONGEST_GAP = 0.2  # seconds without a byte after which a response that has begun counts as read
_TURNS = 4  # of the event loop, in which it reads what has arrived already
_STATUS_LINE = len(b"HTTP/1.1 413")
_CLASS = slice(9, 10)  # the first digit of the status


def read_early(transport: Any) -> None:
    """Let the connections of a transport of httpx read early."""
    with suppress(AttributeError):  # httpcore may store this in another way one day
        pool = transport._pool  # noqa: SLF001 - httpx does not let a caller choose the backend of httpcore
        pool._network_backend = EarlyReadingBackend(pool._network_backend)  # noqa: SLF001


class EarlyReadingBackend(httpcore.AsyncNetworkBackend):
    """Opens the connections of another backend, and reads early from them."""

    def __init__(self, backend: httpcore.AsyncNetworkBackend) -> None:
        self._backend = backend

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Open a connection."""
        return _EarlyReadingStream(await self._backend.connect_tcp(host, port, timeout, local_address, socket_options))

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await self._backend.sleep(seconds)


class _EarlyReadingStream(httpcore.AsyncNetworkStream):
    def __init__(self, stream: httpcore.AsyncNetworkStream) -> None:
        self._stream = stream
        self._received = b""  # before the end of the body that is being sent

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109 - httpcore's
        if not self._received:
            return await self._stream.read(max_bytes, timeout)
        piece, self._received = self._received[:max_bytes], self._received[max_bytes:]
        return piece

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109 - httpcore's
        if len(buffer) <= _LARGE:
            await self._stream.write(buffer, timeout)
            return
        failure: Exception | None = None
        has_ended = Event()
        async with create_task_group() as tasks:
            tasks.start_soon(self._read_early, tasks.cancel_scope, has_ended)
            try:
                for _ in range(_TURNS):
                    await checkpoint()
                await self._stream.write(buffer, timeout)
            except Exception as error:  # noqa: BLE001 - raised below, so that no group of exceptions is raised
                failure = error
                with move_on_after(_SECONDS_AFTER_FAILURE):
                    await has_ended.wait()
            tasks.cancel_scope.cancel()
        if self._has_response:
            raise httpcore.WriteError("the server responded before the end of the body")
        if failure is not None:
            raise failure

    async def _read_early(self, sending: CancelScope, has_ended: Event) -> None:
        """Read what comes of a response, and then end the sending, after which a TLS layer reads no more."""
        try:
            with suppress(Exception):  # httpcore will read the end of the connection
                while len(self._received) < _MOST_BYTES:
                    piece = b""
                    with move_on_after(_LONGEST_GAP if self._has_response else None):
                        piece = await self._stream.read(_MOST_BYTES)
                    if not piece:
                        break
                    self._received += piece
        finally:
            has_ended.set()
        if self._has_response:
            sending.cancel()

    @property
    def _has_response(self) -> bool:
        """Whether a response has begun. One with a status below 200 is not final: the server waits for the body."""
        return len(self._received) >= _STATUS_LINE and self._received[_CLASS] != b"1"

    async def aclose(self) -> None:
        await self._stream.aclose()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's
    ) -> httpcore.AsyncNetworkStream:
        return _EarlyReadingStream(await self._stream.start_tls(ssl_context, server_hostname, timeout))

    def get_extra_info(self, info: str) -> Any:
        if info == "is_readable" and self._received:
            return True
        return self._stream.get_extra_info(info)
