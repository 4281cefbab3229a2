"""A proxy that drops, cuts, delays or replaces requests and responses, as a test's plan says.

It is a real server between a client and a wiki, so that the HTTP library's handling of a fault is part of the test. For
every request the proxy calls a plan, which returns a fault or None. A fault is a value: whether the wiki sees the
request, what happens to the wiki's response, and how much of it the client receives.

::

    async with FaultProxy(wiki.url, matching("edit", DROP_AFTER)) as proxy:
        async with Site(f"{proxy.url}/api.php", ...) as site:
            ...
    assert proxy.counts == {"DROP_AFTER": 1}
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterable
from enum import Enum
from fnmatch import fnmatchcase
from urllib.parse import urlsplit

from anyio.abc import SocketStream
from attrs import evolve, field, frozen

from tests.support.http_server import (
    DISCONNECTED,
    Headers,
    ListeningServer,
    ReceivedRequest,
    ServerResponse,
    ask,
    encode_response,
    read_request,
)


class Delivery(Enum):
    """How much of the response the client receives."""

    WHOLE = "whole"
    HALF = "half"
    NOTHING = "nothing"
    NEVER = "never"
    """Nothing; the connection stays open until the client closes it."""


def _same_headers(headers: Headers) -> Headers:
    return headers


def _same_answer(answer: ServerResponse) -> ServerResponse:
    return answer


@frozen(kw_only=True)
class Fault:
    """What happens to one request. ``acted``: whether the wiki sees it. ``kind``: its name in the counts."""

    kind: str
    acted: bool = True
    request: Callable[[Headers], Headers] = field(default=_same_headers, repr=False)
    answer: Callable[[ServerResponse], ServerResponse] = field(default=_same_answer, repr=False)
    delivery: Delivery = field(default=Delivery.WHOLE, repr=False)
    then_refuse: bool = field(default=False, repr=False)


Plan = Callable[[ReceivedRequest], Fault | None]
"""Called once for each complete request, in the order in which requests become complete."""


# The kinds -----------------------------------------------------------------------------------------------------------

_HTML = (("content-type", "text/html; charset=utf-8"),)
_NOW = ("retry-after", "0")


def _page(status: int, text: str, *headers: tuple[str, str]) -> Callable[[ServerResponse], ServerResponse]:
    body = f"<!DOCTYPE html>\n<html><head><title>{text}</title></head><body><h1>{text}</h1></body></html>\n"
    page = ServerResponse(status=status, headers=(*_HTML, *headers), body=body.encode())
    return lambda _: page


def _cut(answer: ServerResponse) -> ServerResponse:
    headers = (*(pair for pair in answer.headers if pair[0] != "content-type"), ("content-type", "application/json"))
    return evolve(answer, status=200, headers=headers, body=answer.body[: len(answer.body) // 2] or b"{")


def _both(kind: str, answer: Callable[[ServerResponse], ServerResponse]) -> tuple[Fault, Fault]:
    return (
        Fault(kind=f"{kind}_BEFORE", acted=False, answer=answer),
        Fault(kind=f"{kind}_AFTER", answer=answer),
    )


def too_many(retry_after: str = "0") -> Fault:
    """429 with this Retry-After: seconds, or a date."""
    return Fault(kind="TOO_MANY", acted=False, answer=_page(429, "Too Many Requests", ("retry-after", retry_after)))


REFUSE = Fault(kind="REFUSE", then_refuse=True)
"""This request is answered as usual; after it connections are refused until ``FaultProxy.reopen()``."""

DROP_BEFORE = Fault(kind="DROP_BEFORE", acted=False, delivery=Delivery.NOTHING)
DROP_AFTER = Fault(kind="DROP_AFTER", delivery=Delivery.NOTHING)
TRUNCATE = Fault(kind="TRUNCATE", delivery=Delivery.HALF)
"""All headers and half of the body; half of the headers if there is no body."""

STALL_BEFORE = Fault(kind="STALL_BEFORE", acted=False, delivery=Delivery.NEVER)
STALL_AFTER = Fault(kind="STALL_AFTER", delivery=Delivery.NEVER)
TOO_MANY = too_many()
UNAVAILABLE_BEFORE, UNAVAILABLE_AFTER = _both("UNAVAILABLE", _page(503, "Service Unavailable", _NOW))
BAD_GATEWAY_BEFORE, BAD_GATEWAY_AFTER = _both("BAD_GATEWAY", _page(502, "Bad Gateway"))
HTML_200_BEFORE, HTML_200_AFTER = _both("HTML_200", _page(200, "Sign in to this network"))
REDIRECT_AFTER = Fault(kind="REDIRECT_AFTER", answer=_page(302, "Found", ("location", "javascript:1")))
BROKEN_JSON = Fault(kind="BROKEN_JSON", answer=_cut)
"""Status 200 with the first half of the wiki's body, and a length that says that this is all."""

ALL = (
    REFUSE, DROP_BEFORE, DROP_AFTER, TRUNCATE, STALL_BEFORE, STALL_AFTER, TOO_MANY, UNAVAILABLE_BEFORE,
    UNAVAILABLE_AFTER, BAD_GATEWAY_BEFORE, BAD_GATEWAY_AFTER, HTML_200_BEFORE, HTML_200_AFTER, BROKEN_JSON,
)  # fmt: skip
"""Every kind that needs no function from the test."""


def rewrite_request(change: Callable[[Headers], Headers], *, kind: str = "REWRITE_REQUEST") -> Fault:
    """The wiki receives the changed headers; the proxy still sets length and connection."""
    return Fault(kind=kind, request=change)


def rewrite_response(change: Callable[[Headers], Headers], *, kind: str = "REWRITE_RESPONSE") -> Fault:
    """The client receives the changed headers; the proxy still sets length and connection."""
    return Fault(kind=kind, answer=lambda answer: evolve(answer, headers=change(answer.headers)))


def without_headers(*names: str) -> Callable[[Headers], Headers]:
    """A change for the two functions above: removes the headers with these (lower case) names."""
    return lambda headers: tuple(pair for pair in headers if pair[0] not in names)


def with_header(name: str, value: str) -> Callable[[Headers], Headers]:
    """A change for the two functions above: replaces all headers of this (lower case) name by this one."""
    return lambda headers: (*without_headers(name)(headers), (name, value))


# Plans ---------------------------------------------------------------------------------------------------------------


def scripted(*faults: Fault | None) -> Plan:
    """The n-th request gets the n-th fault; requests after the last fault get none."""
    steps = iter(faults)
    return lambda _: next(steps, None)


def matching(action: str, *faults: Fault | None) -> Plan:
    """Like ``scripted``, but only for requests whose ``action`` matches this pattern: "edit", "/v1/page/*"."""
    steps = iter(faults)
    return lambda seen: next(steps, None) if fnmatchcase(seen.action, action) else None


class Seeded:
    """Random faults at this rate, the same ones for the same seed, for the requests that ``only`` accepts.

    With ``least``, each kind is drawn once before any is drawn again, so that no kind is more than one draw ahead of
    another; ``short`` returns the kinds drawn less often than ``least``. Without it, each draw is independent.
    """

    def __init__(
        self,
        seed: int,
        *,
        rate: float = 0.2,
        kinds: Iterable[Fault] = ALL,
        least: int | None = None,
        only: Callable[[ReceivedRequest], bool] = lambda _: True,
    ) -> None:
        self._random = random.Random(seed)
        self._rate = rate
        self._kinds = tuple(kinds)
        self._least = least
        self._only = only
        self._bag: list[Fault] = []
        self.drawn: Counter[str] = Counter()

    def __call__(self, seen: ReceivedRequest) -> Fault | None:
        if not self._only(seen) or self._random.random() >= self._rate:
            return None
        fault = self._random.choice(self._kinds) if self._least is None else self._from_bag()
        self.drawn[fault.kind] += 1
        return fault

    @property
    def short(self) -> dict[str, int]:
        """The kinds drawn less often than ``least``, and how many draws each lacks."""
        lacking = {fault.kind: (self._least or 0) - self.drawn[fault.kind] for fault in self._kinds}
        return {kind: number for kind, number in lacking.items() if number > 0}

    def _from_bag(self) -> Fault:
        if not self._bag:
            self._bag = self._random.sample(self._kinds, len(self._kinds))
        return self._bag.pop()


# The proxy -----------------------------------------------------------------------------------------------------------


class FaultProxy(ListeningServer):
    """Serves at ``url`` in place of the wiki at ``upstream_url``; ``async with`` starts and stops it.

    ``seen`` holds all complete requests, ``forwarded`` is the number of requests that the wiki received, ``counts`` is
    the number of times that each kind of fault was applied; the proxy counts just before the client can notice. A
    fault that could not be applied (REFUSE while connections are refused already; any ``..._AFTER`` if the wiki did
    not respond) is not counted. ``plan`` may be replaced at any time. An error in a plan is raised at the end of the
    ``async with`` block.

    If the wiki does not respond, the proxy closes the client's connection without a response and keeps the error in
    ``upstream_errors``. If the client closes the connection, the wiki still gets the whole request. There is no time
    limit.

    The proxy does not change the ``Host`` header: ``$wgServer`` is fixed, so MediaWiki builds its addresses from that,
    and logins work with any ``Host`` (the cookies have no domain, and cookies do not depend on ports). The wiki's
    absolute addresses do not lead through the proxy, and so neither does a redirect to one; those of the REST API are
    relative.
    """

    def __init__(self, upstream_url: str, plan: Plan = lambda _: None) -> None:
        super().__init__()
        upstream = urlsplit(upstream_url)
        if upstream.scheme != "http" or upstream.hostname is None:
            raise ValueError(f"{upstream_url!r} is not the address of a plain HTTP server")
        self.plan = plan
        self.seen: list[ReceivedRequest] = []
        self.counts: Counter[str] = Counter()
        self.forwarded = 0
        self.upstream_errors: list[Exception] = []
        self._host, self._port, self._path = upstream.hostname, upstream.port or 80, upstream.path

    @property
    def url(self) -> str:
        """The address to use instead of the wiki's."""
        return f"{super().url}{self._path}"

    def reopen(self) -> None:
        """Accept connections again after a REFUSE; does nothing if they are accepted.

        Call it on the proxy's event loop, when the client reports that it will retry.
        """
        self._listener.open()

    async def until(self, kind: str, *, times: int = 1) -> None:
        """Wait until this kind of fault has been applied so many times."""
        await self._until(lambda: self.counts[kind] >= times)

    async def serve(self, stream: SocketStream) -> None:
        request = await read_request(stream.receive)
        seen = evolve(request, number=len(self.seen) + 1)
        self.seen.append(seen)
        fault = self.plan(seen)
        answer = await self._answer(seen, fault)
        if answer is None:
            return
        if fault is not None and (not fault.then_refuse or self._listener.close()):
            self._count(fault.kind)
        await _deliver(stream, encode_response(answer, method=seen.method), fault.delivery if fault else Delivery.WHOLE)

    async def _answer(self, seen: ReceivedRequest, fault: Fault | None) -> ServerResponse | None:
        """Return the response for the client; None if the wiki did not respond."""
        if fault is None:
            return await self._forward(seen)
        if not fault.acted:
            return fault.answer(ServerResponse())
        answer = await self._forward(evolve(seen, headers=fault.request(seen.headers)))
        return None if answer is None else fault.answer(answer)

    async def _forward(self, request: ReceivedRequest) -> ServerResponse | None:
        self.forwarded += 1
        try:
            return await ask(request, host=self._host, port=self._port)
        except (OSError, *DISCONNECTED) as error:
            self.upstream_errors.append(error)
            return None

    def _count(self, kind: str) -> None:
        self.counts[kind] += 1
        self._tell()


async def _deliver(stream: SocketStream, encoded: tuple[bytes, bytes], delivery: Delivery) -> None:
    head, body = encoded
    match delivery:
        case Delivery.WHOLE:
            await stream.send(head + body)
        case Delivery.HALF:
            await stream.send(head + body[: len(body) // 2] if body else head[: len(head) // 2])
        case Delivery.NOTHING:
            pass
        case Delivery.NEVER:
            while True:  # ends with one of DISCONNECTED
                await stream.receive()
