"""A server that records what it receives, for tests that something never reaches it."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import unquote_plus

from anyio.abc import SocketStream
from attrs import evolve

from tests.support.http_server import ListeningServer, ReceivedRequest, ServerResponse, encode_response, read_request


class RecordingServer(ListeningServer):
    """Records every request and responds with ``answer``, or with what that function returns for the request.

    ::

        async with RecordingServer(ServerResponse(status=404)) as recorder:
            ...  # talk to recorder.url
        assert recorder.header_values("authorization") == []
        assert password not in recorder.text()

    ``requests`` holds the whole requests so far. Cookies do not depend on ports: if the server must be a foreign one,
    give another ``host`` of this machine, such as "127.0.0.2".
    """

    def __init__(
        self,
        answer: ServerResponse | Callable[[ReceivedRequest], ServerResponse] | None = None,
        *,
        host: str = "127.0.0.1",
    ) -> None:
        super().__init__(host=host)
        self.answer = answer or ServerResponse()
        self.requests: list[ReceivedRequest] = []
        self._received: list[bytearray] = []

    def header_values(self, name: str) -> list[str]:
        """All values of a header in all requests; the case of its name does not matter."""
        return [value for seen in self.requests for key, value in seen.headers if key == name.lower()]

    def text(self) -> str:
        """Every byte received, also of unfinished requests, to search for secrets.

        It has three parts: what was on the wire, the bodies once more (pieces of a chunked one are joined there),
        and both of them with their percent-encoding undone.
        """
        came = b"\n".join([*self._received, *(seen.body for seen in self.requests)]).decode("utf-8", "backslashreplace")
        return f"{came}\n{unquote_plus(came)}"

    async def serve(self, stream: SocketStream) -> None:
        received = bytearray()
        self._received.append(received)

        async def receive() -> bytes:
            piece = await stream.receive()
            received.extend(piece)
            return piece

        seen = evolve(await read_request(receive), number=len(self.requests) + 1)
        self.requests.append(seen)
        answer = self.answer if isinstance(self.answer, ServerResponse) else self.answer(seen)
        await stream.send(b"".join(encode_response(answer, method=seen.method)))
