"""HTTP/1.1 for servers that run inside a test: one request per connection, whole bodies in memory, any loop.

What comes in is parsed by h11, which is here because httpx needs it; what goes out is written by hand, because a
library would refuse to send the half of an answer.
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
"""In the order of the wire; names that were received are in lower case."""

GONE = (anyio.EndOfStream, anyio.BrokenResourceError, h11.RemoteProtocolError)
"""How the other side leaves in the middle, or sends what is not HTTP."""

_MOST_HEADERS = 1024 * 1024
_OF_ONE_CONNECTION = frozenset({"connection", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade"})
_WITHOUT_BODY = frozenset({204, 304})


@frozen(kw_only=True)
class Seen:
    """A whole request, as it was received; ``number`` counts those of one server from 1."""

    number: int = 0
    method: str
    target: str
    headers: Headers = field(default=(), repr=False)
    body: bytes = field(default=b"", repr=False)

    @property
    def params(self) -> dict[str, str]:
        """The parameters of the URL and of the form; what is sent as multipart is not looked into."""
        is_form = self.header("content-type").startswith("application/x-www-form-urlencoded")
        form = self.body.decode("utf-8", "replace") if is_form else ""
        query = self.target.partition("?")[2]
        return dict(parse_qsl(query, keep_blank_values=True) + parse_qsl(form, keep_blank_values=True))

    @property
    def action(self) -> str:
        """``action`` of the Action API, or the path in the REST API, such as "/v1/page/Earth", or else the path."""
        path = self.target.partition("?")[0]
        return self.params.get("action") or path.partition("/rest.php")[2] or path

    def header(self, name: str) -> str:
        """The first header of that (lower case) name, or an empty string."""
        return next((value for key, value in self.headers if key == name), "")


@frozen(kw_only=True)
class Answer:
    """What a server says; length and connection headers are added when it is sent."""

    status: int = 200
    headers: Headers = (("content-type", "application/json"),)
    body: bytes = b"{}"


async def read_request(receive: Callable[[], Awaitable[bytes]]) -> Seen:
    """Read one request to its end; raises one of ``GONE`` when it never comes."""
    head, body = await _read(h11.Connection(h11.SERVER, max_incomplete_event_size=_MOST_HEADERS), receive)
    assert isinstance(head, h11.Request)
    return Seen(method=head.method.decode(), target=head.target.decode(), headers=_pairs(head.headers), body=body)


async def ask(request: Seen, *, host: str, port: int) -> Answer:
    """Send a request on a connection of its own and read the whole answer; raises OSError or one of ``GONE``."""
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
    return Answer(status=answer.status_code, headers=_pairs(answer.headers), body=body)


def framed(answer: Answer, *, method: str) -> tuple[bytes, bytes]:
    """Head and body of an answer as they go over the wire, for a connection that is closed afterwards."""
    bodiless = method == "HEAD" or answer.status in _WITHOUT_BODY
    headers = [*_end_to_end(answer.headers, but="" if method == "HEAD" else "content-length"), ("connection", "close")]
    if not bodiless:
        headers.append(("content-length", str(len(answer.body))))
    lines = [b"HTTP/1.1 %d %s" % (answer.status, responses.get(answer.status, "").encode())]
    lines += [b"%s: %s" % pair for pair in _encoded(headers)]
    return b"\r\n".join(lines) + b"\r\n\r\n", b"" if bodiless else answer.body


class Listener:
    """A port of this machine whose door can be closed and opened again.

    While it is closed, connections are refused; a socket that is bound and does not listen keeps the port. Each
    connection is given to ``serve`` in a task of its own, and is closed when that returns. An error in ``serve`` that
    is no hang-up of the other side is raised when the listener is left.
    """

    def __init__(self, serve: Callable[[SocketStream], Awaitable[None]], *, host: str = "127.0.0.1") -> None:
        self._serve = serve
        self._host = host
        self._port = 0
        self._keeper: socket.socket | None = None
        self._door: socket.socket | None = None
        self._waiting: set[socket.socket] = set()  # accepted, and not yet a stream
        self._errors: list[Exception] = []
        self._tasks: TaskGroup

    async def __aenter__(self) -> Self:
        self._keeper = self._bound(0)
        self._port = self._keeper.getsockname()[1]
        self._tasks = await anyio.create_task_group().__aenter__()
        self.open()
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._shut()
        self._tasks.cancel_scope.cancel()
        try:
            await self._tasks.__aexit__(None, None, None)  # an error of the test stays itself, outside of any group
        finally:
            for left in (self._keeper, *self._waiting):
                if left is not None:
                    left.close()
        if self._errors:
            raise self._errors[0]

    @property
    def address(self) -> str:
        """Host and port, as in an URL."""
        assert self._port, "the server has not been started"
        return f"{self._host}:{self._port}"

    def open(self) -> None:
        """Accept connections, if that is not so already."""
        if self._door is None:
            self._door = self._bound(self._port)
            self._door.listen(128)
            self._tasks.start_soon(self._accept, self._door)

    def close(self) -> bool:
        """Refuse connections from now on; those that were made are served. False if it was so already."""
        if self._door is None:
            return False
        self._take_in(self._door)
        self._shut()
        return True

    def _shut(self) -> None:
        if self._door is not None:
            anyio.notify_closing(self._door)
            self._door.close()
            self._door = None

    def _bound(self, port: int) -> socket.socket:
        bound = socket.socket()
        bound.settimeout(0)  # never blocks
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)  # shared among our own sockets only
        bound.bind((self._host, port))
        return bound

    async def _accept(self, door: socket.socket) -> None:
        with suppress(anyio.ClosedResourceError):
            while door is self._door:
                await anyio.wait_readable(door)
                if door is self._door:
                    self._take_in(door)

    def _take_in(self, door: socket.socket) -> None:
        with suppress(BlockingIOError):
            while True:
                with suppress(ConnectionAbortedError):
                    raw, _ = door.accept()
                    self._waiting.add(raw)
                    self._tasks.start_soon(self._attend, raw)

    async def _attend(self, raw: socket.socket) -> None:
        try:
            stream = await SocketStream.from_socket(raw)
        except (OSError, ValueError):  # reset before it was looked at
            raw.close()
            return
        finally:
            self._waiting.discard(raw)
        async with stream:
            try:
                await self._serve(stream)
            except GONE:
                pass
            except Exception as error:  # noqa: BLE001 - raised where the test can see it
                self._errors.append(error)


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
        return b""  # for h11, the end of the connection, and maybe of a body


def _pairs(headers: Iterable[tuple[bytes, bytes]]) -> Headers:
    return tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in headers)


def _encoded(headers: Iterable[tuple[str, str]]) -> list[tuple[bytes, bytes]]:
    return [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers]


def _end_to_end(headers: Headers, *, but: str) -> list[tuple[str, str]]:
    return [pair for pair in headers if pair[0].lower() not in {*_OF_ONE_CONNECTION, but}]
