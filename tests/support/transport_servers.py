"""For tests of the transport: servers with kept connections, TLS and HTTP/2, a forward proxy, and requests."""

from __future__ import annotations

import socket
import ssl
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from enum import Enum, auto
from urllib.parse import urlsplit

import anyio
import h2.config
import h2.connection
import h2.events
import trustme
from anyio.abc import ByteStream, SocketStream
from anyio.streams.tls import TLSAttribute, TLSStream
from attrs import evolve, field, frozen

from mwclient_async import Limits
from mwclient_async._http.messages import FilePart, HttpRequest, HttpResponse, MultipartBody
from mwclient_async._http.transport import StreamingTransport, own_transport
from mwclient_async.models.options import HttpOptions
from tests.support.http_server import (
    DISCONNECTED,
    ListeningServer,
    ReceivedRequest,
    ServerResponse,
    ask,
    encode_response,
    read_request,
)

NAME = "wiki.test"
"""A host name of the certificates, besides this machine."""

MEGABYTE = 1024 * 1024
BACKEND = "httpx"
"""The HTTP library of the transports; the fixture ``http_backend`` sets it."""

_FRAME = 16 * 1024


class Fate(Enum):
    """What happens to a request that gets no response."""

    HANG_UP = auto()
    STALL = auto()
    ENDLESS = auto()
    """HTTP/1.1: its response never ends."""

    GO_AWAY = auto()
    """HTTP/2: its response begins; then the server says that it has processed only earlier requests."""


class Authority:
    """A certificate authority that only its own clients trust."""

    def __init__(self) -> None:
        self._authority = trustme.CA()

    def server(self, *protocols: str, client: bool = False) -> ssl.SSLContext:
        """A context for a server; with ``client``, the server requires a client certificate."""
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self._authority.issue_cert(NAME, "127.0.0.1").configure_cert(context)
        context.set_alpn_protocols(protocols or ["http/1.1"])
        if client:
            self._authority.configure_trust(context)
            context.verify_mode = ssl.CERT_REQUIRED
        return context

    def client(self, *, certificate: bool = False) -> ssl.SSLContext:
        """A context for a client that trusts this authority; with ``certificate``, it has a client certificate."""
        context = ssl.create_default_context()
        self._authority.configure_trust(context)
        if certificate:
            self._authority.issue_cert("bot@example.org").configure_cert(context)
        return context


@frozen(kw_only=True)
class Arrival:
    """A request, its protocol, and the number of its connection, counted from 1."""

    protocol: str
    connection: int
    seen: ReceivedRequest = field(repr=False)


Raw = Iterable[bytes]
"""By HTTP/1.1: what is sent instead of a response, as it is, piece by piece."""

Reaction = Callable[[Arrival], ServerResponse | Fate | anyio.Event | Raw]
"""What happens to a request; if it is an event, the server waits for it before it responds."""


class Server(ListeningServer):
    """Answers one request after the other on each connection, by HTTP/1.1, or by HTTP/2 if TLS negotiated it.

    With ``keep=False`` it closes each after one answer, without a word.
    """

    def __init__(
        self,
        react: Reaction = lambda _: ServerResponse(),
        *,
        tls: ssl.SSLContext | None = None,
        keep: bool = True,
    ) -> None:
        super().__init__()
        self.arrivals: list[Arrival] = []
        self._react = react
        self._tls = tls
        self._keep = keep
        self._begun = 0
        self._ended = 0

    @property
    def url(self) -> str:
        """The address, without a slash at the end."""
        return f"{'https' if self._tls else 'http'}://{self.address}"

    @property
    def protocols(self) -> list[str]:
        """The protocols of the requests."""
        return [arrival.protocol for arrival in self.arrivals]

    async def until_seen(self, number: int) -> None:
        """Wait until so many requests have come."""
        await self._until(lambda: len(self.arrivals) >= number)

    async def until_ended(self, number: int) -> None:
        """Wait until so many connections are closed."""
        await self._until(lambda: self._ended >= number)

    async def serve(self, raw: SocketStream) -> None:
        self._begun += 1
        number = self._begun
        stream: ByteStream = raw
        try:
            if self._tls is not None:
                stream = await TLSStream.wrap(raw, server_side=True, ssl_context=self._tls, standard_compatible=False)
            agreed = stream.extra(TLSAttribute.alpn_protocol, None)
            await (self._by_http2(stream, number) if agreed == "h2" else self._by_http1(stream, number))
        except (ssl.SSLError, anyio.ClosedResourceError):  # a client that does not trust this server disconnects
            pass
        finally:
            await raw.aclose()
            self._ended += 1
            self._tell()

    async def _by_http1(self, stream: ByteStream, number: int) -> None:
        while True:
            seen = await read_request(stream.receive)
            answer = await self._decide(Arrival(protocol="HTTP/1.1", connection=number, seen=seen))
            if answer is Fate.ENDLESS:
                await stream.send(b"HTTP/1.1 200 OK\r\nContent-Length: 999999999999\r\n\r\n")
                while True:  # ends with one of DISCONNECTED
                    await stream.send(bytes(_FRAME))
            if isinstance(answer, Iterable):
                for piece in answer:
                    await stream.send(piece)
            if not isinstance(answer, ServerResponse):
                return
            head, body = encode_response(answer, method=seen.method)
            await stream.send(head.replace(b"connection: close\r\n", b"") + body)
            if not self._keep:
                return

    async def _by_http2(self, stream: ByteStream, number: int) -> None:
        wire = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False, header_encoding="utf-8"))
        wire.initiate_connection()
        heads: dict[int, ReceivedRequest] = {}
        while True:
            await stream.send(wire.data_to_send())
            for event in wire.receive_data(await stream.receive()):
                if isinstance(event, h2.events.RequestReceived):
                    heads[event.stream_id] = _head(event)
                elif isinstance(event, h2.events.DataReceived):
                    wire.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
                    head = heads[event.stream_id]
                    heads[event.stream_id] = evolve(head, body=head.body + event.data)
                elif isinstance(event, h2.events.StreamEnded):
                    seen = heads.pop(event.stream_id)
                    answer = await self._decide(Arrival(protocol="HTTP/2", connection=number, seen=seen))
                    if not _reply(wire, event.stream_id, answer) or not self._keep:
                        await stream.send(wire.data_to_send())
                        return

    async def _decide(self, arrival: Arrival) -> ServerResponse | Fate | Raw:
        self.arrivals.append(arrival)
        self._tell()
        reaction = self._react(arrival)
        if isinstance(reaction, anyio.Event):
            await reaction.wait()
            return ServerResponse()
        if reaction is Fate.STALL:
            await anyio.sleep_forever()
        return reaction


def _head(event: h2.events.RequestReceived) -> ReceivedRequest:
    headers = {str(name): str(value) for name, value in event.headers or ()}
    own = tuple(pair for pair in headers.items() if not pair[0].startswith(":"))
    return ReceivedRequest(method=headers[":method"], target=headers[":path"], headers=own)


def _reply(wire: h2.connection.H2Connection, stream: int, answer: ServerResponse | Fate | Raw) -> bool:
    """Respond, or not; return whether the connection stays open."""
    if answer is Fate.GO_AWAY:
        wire.send_headers(stream, [(":status", "200")])
        wire.send_data(stream, b"{")
        wire.close_connection(last_stream_id=stream - 2)
    if not isinstance(answer, ServerResponse):
        return False
    wire.send_headers(stream, [(":status", str(answer.status)), *answer.headers])
    for at in range(0, len(answer.body), _FRAME):
        wire.send_data(stream, answer.body[at : at + _FRAME])
    wire.end_stream(stream)
    return True


@contextmanager
def server_that_never_reads() -> Iterator[str]:
    """The address of a server that accepts connections and never reads."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield f"127.0.0.1:{listening.getsockname()[1]}"


@asynccontextmanager
async def refusing_certificates(context: ssl.SSLContext) -> AsyncIterator[str]:
    """The address of a server for one client, whose certificate it refuses.

    It runs in a thread, because there OpenSSL itself tells the client why.
    """
    listening = socket.create_server(("127.0.0.1", 0))
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(anyio.to_thread.run_sync, _refuse, listening, context)
        yield f"127.0.0.1:{listening.getsockname()[1]}"


def _refuse(listening: socket.socket, context: ssl.SSLContext) -> None:
    with listening:
        raw, _ = listening.accept()
    with context.wrap_socket(raw, server_side=True, do_handshake_on_connect=False) as waiting:
        with suppress(ssl.SSLError):
            waiting.do_handshake()
        with suppress(OSError):
            while socket.socket.recv(waiting, 4096):  # closing at once would reset the connection
                pass


class ForwardProxy(ListeningServer):
    """Forwards every request, for any host, to one server; if there is a ``refusal``, it responds with that instead."""

    def __init__(self, upstream: str, *, refusal: ServerResponse | None = None) -> None:
        super().__init__()
        self.requests: list[ReceivedRequest] = []
        self._upstream = urlsplit(f"//{upstream}")
        self._refusal = refusal

    @property
    def targets(self) -> list[str]:
        """Method and target of all requests."""
        return [f"{seen.method} {seen.target}" for seen in self.requests]

    async def serve(self, stream: ByteStream) -> None:
        """Forward one request, or all bytes of a tunnel."""
        seen = await read_request(stream.receive)
        self.requests.append(seen)
        if self._refusal is not None:
            await stream.send(b"".join(encode_response(self._refusal, method=seen.method)))
        elif seen.method == "CONNECT":
            await stream.send(b"HTTP/1.1 200 Connected\r\n\r\n")
            await pumped(stream, self._upstream.netloc)
        else:
            there = urlsplit(seen.target)
            target = f"{there.path}?{there.query}" if there.query else there.path
            host, port = self._upstream.hostname or "", self._upstream.port or 0
            answer = await ask(evolve(seen, target=target), host=host, port=port)
            await stream.send(b"".join(encode_response(answer, method=seen.method)))


async def pumped(stream: ByteStream, upstream: str) -> None:
    """Connect the stream with this server until one of both ends."""
    there = urlsplit(f"//{upstream}")
    connecting = anyio.connect_tcp(there.hostname or "", there.port or 0)
    async with await connecting as behind, anyio.create_task_group() as tasks:
        tasks.start_soon(_pump, stream, behind, tasks.cancel_scope)
        tasks.start_soon(_pump, behind, stream, tasks.cancel_scope)


async def _pump(source: ByteStream, sink: ByteStream, scope: anyio.CancelScope) -> None:
    try:
        while True:
            await sink.send(await source.receive())
    except (*DISCONNECTED, anyio.ClosedResourceError):
        scope.cancel()


# The client ----------------------------------------------------------------------------------------------------------


@asynccontextmanager
async def opened(options: HttpOptions | None = None, *, most: int = MEGABYTE) -> AsyncIterator[StreamingTransport]:
    options = options or HttpOptions()
    if BACKEND == "aiohttp":
        options = evolve(options, backend="aiohttp", http2=False)
    transport = own_transport(options, Limits(max_reply_bytes=most))
    try:
        yield transport
    finally:
        await transport.aclose()


def get(url: str, **headers: str) -> HttpRequest:
    return HttpRequest(method="GET", url=f"{url}/api.php?x=1", headers=headers)


def post(url: str, **headers: str) -> HttpRequest:
    return HttpRequest(
        method="POST", url=f"{url}/api.php?x=1", headers=headers, body=b"token=geheim", waits_for_commit=True
    )


def upload(url: str, length: int) -> HttpRequest:
    async def read(_offset: int, length: int) -> bytes:
        return bytes(length)

    part = FilePart(name="chunk", offset=0, length=length)
    return evolve(post(url), body=MultipartBody(head=b"<", part=part, tail=b">", read=read))


async def fetch(request: HttpRequest, options: HttpOptions | None = None) -> HttpResponse:
    async with opened(options) as transport:
        return await transport.send(request)
