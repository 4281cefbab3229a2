"""HTTP/1.1 for servers inside a test: one request per connection, whole bodies in memory, on any event loop.

h11, a dependency of httpx, parses requests. Responses are encoded here, because a library would refuse to send half of
a response.
"""

from __future__ import annotations

import socket
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from http.client import responses
from types import TracebackType
from typing import Self
from urllib.parse import parse_qsl

import anyio
import h11
from anyio.abc import SocketStream, TaskGroup
from attrs import field, frozen

Headers = tuple[tuple[str, str], ...]
"""In the order on the wire; names of received headers are in lower case."""

DISCONNECTED = (anyio.EndOfStream, anyio.BrokenResourceError, h11.RemoteProtocolError)
"""The errors if the other side disconnects in the middle or sends something other than HTTP."""

_MOST_HEADERS = 1024 * 1024
_OF_ONE_CONNECTION = frozenset({"connection", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade"})
_WITHOUT_BODY = frozenset({204, 304})


@frozen(kw_only=True)
class ReceivedRequest:
    """A whole request as received; ``number`` counts the requests of one server from 1."""

    number: int = 0
    method: str
    target: str
    headers: Headers = field(default=(), repr=False)
    body: bytes = field(default=b"", repr=False)

    @property
    def params(self) -> dict[str, str]:
        """The parameters of the URL and of the form; multipart bodies are not parsed."""
        is_form = self.header("content-type").startswith("application/x-www-form-urlencoded")
        form = self.body.decode("utf-8", "replace") if is_form else ""
        query = self.target.partition("?")[2]
        return dict(parse_qsl(query, keep_blank_values=True) + parse_qsl(form, keep_blank_values=True))

    @property
    def action(self) -> str:
        """``action`` of the Action API; else the path within the REST API, such as "/v1/page/Earth"; else the path."""
        path = self.target.partition("?")[0]
        return self.params.get("action") or path.partition("/rest.php")[2] or path

    def header(self, name: str) -> str:
        """The first header of this (lower case) name, or an empty string."""
        return next((value for key, value in self.headers if key == name), "")


@frozen(kw_only=True)
class ServerResponse:
    """A server's response; headers for length and connection are added when it is sent."""

    status: int = 200
    headers: Headers = (("content-type", "application/json"),)
    body: bytes = b"{}"


async def read_request(receive: Callable[[], Awaitable[bytes]]) -> ReceivedRequest:
    """Read one whole request; raises one of ``DISCONNECTED`` if it does not come."""
    head, body = await _read(h11.Connection(h11.SERVER, max_incomplete_event_size=_MOST_HEADERS), receive)
    assert isinstance(head, h11.Request)
    return ReceivedRequest(
        method=head.method.decode(), target=head.target.decode(), headers=_pairs(head.headers), body=body
    )


async def ask(request: ReceivedRequest, *, host: str, port: int) -> ServerResponse:
    """Send a request on a new connection and read the whole response; raises OSError or one of ``DISCONNECTED``."""
    wire = h11.Connection(h11.CLIENT, max_incomplete_event_size=_MOST_HEADERS)
    headers = [*_end_to_end(request.headers, but="content-length"), ("connection", "close")]
    if request.body or request.method not in {"GET", "HEAD"}:
        headers.append(("content-length", str(len(request.body))))
    head = h11.Request(method=request.method, target=request.target, headers=_encoded(headers))
    out = [wire.send(event) or b"" for event in (head, h11.Data(data=request.body), h11.EndOfMessage())]
    async with await anyio.connect_tcp(host, port) as stream:
        await stream.send(b"".join(out))
        answer, body = await _read(wire, stream.receive)
    assert isinstance(answer, h11.Response)
    return ServerResponse(status=answer.status_code, headers=_pairs(answer.headers), body=body)


def encode_response(answer: ServerResponse, *, method: str) -> tuple[bytes, bytes]:
    """Return head and body of a response as bytes, for a connection that is closed afterwards."""
    bodiless = method == "HEAD" or answer.status in _WITHOUT_BODY
    headers = [*_end_to_end(answer.headers, but="" if method == "HEAD" else "content-length"), ("connection", "close")]
    if not bodiless:
        headers.append(("content-length", str(len(answer.body))))
    lines = [b"HTTP/1.1 %d %s" % (answer.status, responses.get(answer.status, "").encode())]
    lines += [b"%s: %s" % pair for pair in _encoded(headers)]
    return b"\r\n".join(lines) + b"\r\n\r\n", b"" if bodiless else answer.body


class Listener:
    """A port of this machine that can refuse connections for a while.

    While it is closed, it refuses connections; a socket that is bound but does not listen keeps the port. Each
    connection goes to ``serve`` in a separate task and is closed when ``serve`` returns. An error in ``serve``, except
    a disconnection, is raised at the end of the ``async with`` block.
    """

    def __init__(self, serve: Callable[[SocketStream], Awaitable[None]], *, host: str = "127.0.0.1") -> None:
        self._serve = serve
        self._host = host
        self._port = 0
        self._port_holder: socket.socket | None = None
        self._listening: socket.socket | None = None
        self._waiting: set[socket.socket] = set()  # accepted, but not yet a stream
        self._errors: list[Exception] = []
        self._tasks: TaskGroup

    async def __aenter__(self) -> Self:
        self._port_holder = self._bound(0)
        self._port = self._port_holder.getsockname()[1]
        self._tasks = await anyio.create_task_group().__aenter__()
        self.open()
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._shut()
        self._tasks.cancel_scope.cancel()
        try:
            await self._tasks.__aexit__(None, None, None)  # an error of the test is not wrapped in an exception group
        finally:
            for left in (self._port_holder, *self._waiting):
                if left is not None:
                    left.close()
        if self._errors:
            raise self._errors[0]

    @property
    def address(self) -> str:
        """Host and port, as in a URL."""
        assert self._port, "the server has not been started"
        return f"{self._host}:{self._port}"

    def open(self) -> None:
        """Accept connections."""
        if self._listening is None:
            self._listening = self._bound(self._port)
            self._listening.listen(128)
            self._tasks.start_soon(self._accept, self._listening)

    def close(self) -> bool:
        """Refuse new connections; existing ones are served. Returns False if it was closed already."""
        if self._listening is None:
            return False
        self._take_in(self._listening)
        self._shut()
        return True

    def _shut(self) -> None:
        if self._listening is not None:
            anyio.notify_closing(self._listening)
            self._listening.close()
            self._listening = None

    def _bound(self, port: int) -> socket.socket:
        bound = socket.socket()
        bound.settimeout(0)  # never blocks
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)  # shared only among the sockets of this process
        bound.bind((self._host, port))
        return bound

    async def _accept(self, listening: socket.socket) -> None:
        with suppress(anyio.ClosedResourceError):
            while listening is self._listening:
                await anyio.wait_readable(listening)
                if listening is self._listening:
                    self._take_in(listening)

    def _take_in(self, listening: socket.socket) -> None:
        with suppress(BlockingIOError):
            while True:
                with suppress(ConnectionAbortedError):
                    raw, _ = listening.accept()
                    self._waiting.add(raw)
                    self._tasks.start_soon(self._attend, raw)

    async def _attend(self, raw: socket.socket) -> None:
        try:
            stream = await SocketStream.from_socket(raw)
        except (OSError, ValueError):  # the client reset it
            raw.close()
            return
        finally:
            self._waiting.discard(raw)
        async with stream:
            try:
                await self._serve(stream)
            except DISCONNECTED:
                pass
            except Exception as error:  # noqa: BLE001 - raised at the end of the block
                self._errors.append(error)


class ListeningServer:
    """A server that listens while its ``async with`` block runs; ``serve`` gets each connection."""

    def __init__(self, *, host: str = "127.0.0.1") -> None:
        self._listener = Listener(self.serve, host=host)
        self._happened = anyio.Event()

    async def __aenter__(self) -> Self:
        await self._listener.__aenter__()
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._listener.__aexit__(exc_type, exc, traceback)

    @property
    def address(self) -> str:
        """Host and port, as in a URL."""
        return self._listener.address

    @property
    def url(self) -> str:
        """The address, without a slash at the end."""
        return f"http://{self.address}"

    async def serve(self, stream: SocketStream) -> None:
        """Answer the requests of one connection."""
        raise NotImplementedError

    def _tell(self) -> None:
        """Something has happened: let ``_until`` look again."""
        self._happened.set()
        self._happened = anyio.Event()

    async def _until(self, is_so: Callable[[], bool]) -> None:
        """Wait until this is so. It is looked at again after each ``_tell``."""
        while not is_so():
            await self._happened.wait()


async def _read(wire: h11.Connection, receive: Callable[[], Awaitable[bytes]]) -> tuple[h11.Event, bytes]:
    head: h11.Event | None = None
    body = bytearray()
    while True:
        event = wire.next_event()
        if event is h11.NEED_DATA:
            wire.receive_data(await _more(receive))
        elif isinstance(event, h11.Request | h11.Response):
            head = event
        elif isinstance(event, h11.Data):
            body += event.data
        elif isinstance(event, h11.EndOfMessage):
            assert head is not None
            return head, bytes(body)
        elif not isinstance(event, h11.InformationalResponse):
            raise anyio.EndOfStream


async def _more(receive: Callable[[], Awaitable[bytes]]) -> bytes:
    try:
        return await receive()
    except anyio.EndOfStream:
        return b""  # for h11 the end of the connection, which may be the end of a body


def _pairs(headers: Iterable[tuple[bytes, bytes]]) -> Headers:
    return tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in headers)


def _encoded(headers: Iterable[tuple[str, str]]) -> list[tuple[bytes, bytes]]:
    return [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers]


def _end_to_end(headers: Headers, *, but: str) -> list[tuple[str, str]]:
    return [pair for pair in headers if pair[0].lower() not in {*_OF_ONE_CONNECTION, but}]
