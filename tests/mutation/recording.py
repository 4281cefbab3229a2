"""Record the responses that an operation gets from a real wiki, and repeat it with them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Any

from attrs import evolve, field, frozen

from mwclient_async import HttpOptions, Limits
from mwclient_async._http import transport
from mwclient_async._http.messages import HttpRequest, HttpResponse, MultipartBody, StreamedResponse
from mwclient_async._session.module_table import core_module
from mwclient_async.errors import MediaWikiError, ReplyLost
from mwclient_async.testing.scripted import json_response, sent


@frozen(kw_only=True)
class Exchange:
    """A request, and the response that was recorded; None if it was lost."""

    name: str
    is_write: bool
    response: HttpResponse | None = field(repr=False)

    @property
    def is_json(self) -> bool:
        return self.response is not None and "json" in self.response.header("content-type")


def name_of(request: HttpRequest) -> str:
    """What a request asks for: requests of the same name get responses of the same form."""
    parameters = _parameters(request)
    if "action" not in parameters:
        return f"{request.method} {request.url.partition('?')[0].rpartition('/rest.php')[2]}"
    kinds = ("action", "meta", "list", "prop", "generator", "stash", "checkstatus", "modules", "siprop")
    return " ".join(f"{kind}={parameters[kind]}" for kind in kinds if kind in parameters)


def _parameters(request: HttpRequest) -> dict[str, str]:
    found = sent(request)
    if isinstance(request.body, MultipartBody):
        found["stash"] = "1" if b'name="stash"' in request.body.head else "0"
    return found


def is_write(request: HttpRequest) -> bool:
    """Whether the outcome is unknown if the response is not understood."""
    parameters = _parameters(request)
    action = parameters.get("action", "")
    if not action:
        return request.method in {"POST", "PUT"}
    if action in {"clientlogin", "login", "logout"} or parameters.get("stash") == "1" or "checkstatus" in parameters:
        return False  # nothing is lost if it is done again
    module = core_module(action)
    return module is not None and module.write


def loses(what: str) -> Callable[[HttpRequest], bool]:
    """Whether this is the request whose response is lost, by a word for it."""

    def check(request: HttpRequest) -> bool:
        parameters = _parameters(request)
        action, is_chunk = parameters.get("action", ""), parameters.get("stash") == "1"
        if what == "chunk":
            return is_chunk
        if what == "last chunk":
            return is_chunk and isinstance(request.body, MultipartBody) and request.body.part.length < 4096
        if what == "publish":
            return action == "upload" and "filekey" in parameters and not is_chunk and "checkstatus" not in parameters
        if what.startswith("/"):
            return what in request.url and request.method != "GET"
        return action == what and request.method == "POST"

    return check


class Recorder:
    """A transport to a real wiki that records. It loses the first response that ``loses`` is true for."""

    def __init__(self, lost: str = "") -> None:
        self._http = transport.own_transport(HttpOptions(), Limits())
        self._loses = loses(lost) if lost else None
        self.exchanges: list[Exchange] = []
        self.streamed: list[HttpResponse] = []

    async def send(self, request: HttpRequest) -> HttpResponse:
        response = await self._http.send(request)
        is_lost = self._loses is not None and self._loses(request)
        kept = None if is_lost else response
        self.exchanges.append(Exchange(name=name_of(request), is_write=is_write(request), response=kept))
        if is_lost:
            self._loses = None
            raise ReplyLost("lost, for the test")
        return response

    @asynccontextmanager
    async def stream(self, request: HttpRequest) -> AsyncIterator[StreamedResponse]:
        async with self._http.stream(request) as response:
            body = b"".join([piece async for piece in response.pieces()])
            kept = HttpResponse(status=response.status, headers=response.headers, body=body)
            self.streamed.append(kept)
            yield _Streamed(kept)

    async def aclose(self) -> None:
        await self._http.aclose()


@frozen
class _Streamed:
    _response: HttpResponse

    @property
    def status(self) -> int:
        return self._response.status

    @property
    def headers(self) -> tuple[tuple[str, str], ...]:
        return self._response.headers

    async def pieces(self) -> AsyncIterator[bytes]:
        yield self._response.body


class Player:
    """A transport that gives recorded responses, in their order, one of them changed.

    A request that was not recorded at that place, because the change has led to another course, gets a recorded
    response to a request of the same name, or else the wiki's "not now".
    """

    def __init__(
        self, exchanges: list[Exchange], streamed: list[HttpResponse], pool: Mapping[str, HttpResponse]
    ) -> None:
        self._left = list(exchanges)
        self._streamed = list(streamed)
        self._pool = pool

    async def send(self, request: HttpRequest) -> HttpResponse:
        if isinstance(request.body, MultipartBody):
            await request.body.read(request.body.part.offset, request.body.part.length)
        if request.on_sent is not None:
            request.on_sent()
        name = name_of(request)
        if self._left and self._left[0].name == name:
            response = self._left.pop(0).response
            if response is None:
                raise ReplyLost("lost, for the test")
            return evolve(response, url=request.url)
        return evolve(self._pool.get(name, _NOT_NOW), url=request.url)

    @asynccontextmanager
    async def stream(self, request: HttpRequest) -> AsyncIterator[StreamedResponse]:  # noqa: ARG002 - there is one file
        yield _Streamed(self._streamed[0])

    async def aclose(self) -> None:
        pass


_NOT_NOW = json_response({"errors": [{"code": "internal_api_error_Test", "text": "not recorded", "module": "main"}]})


def use(value: Any, depth: int = 4) -> None:
    """Use a result as a caller would: read all of its attributes, also those that are converted when they are read."""
    repr(value)
    if depth == 0 or isinstance(value, str | bytes | int | float | type(None)):
        return
    if isinstance(value, list | tuple):
        for item in value[:20]:
            use(item, depth - 1)
        return
    if not type(value).__module__.startswith("mwclient_async"):
        return
    for name in dir(value):
        if name.startswith("_"):
            continue
        with suppress(MediaWikiError):  # a property that was not asked for, or that does not fit its class
            read = getattr(value, name)
            if name == "to_dict":
                read()
            elif not callable(read):
                use(read, depth - 1)
