"""A proxy between a client and a wiki that loses, cuts, holds back and replaces what it is told to.

It is a real server, so that what the HTTP library makes of a fault is part of the test. A plan is asked about every
request and names the fault, or None; a fault is a value: whether the wiki sees the request, what becomes of its
answer, how much of that is delivered.

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
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

import anyio
from anyio.abc import SocketStream
from attrs import evolve, field, frozen

from tests.support.http_server import GONE, Answer, Headers, Listener, Seen, ask, framed, read_request


class Delivery(Enum):
    """How much of the answer the client gets."""

    WHOLE = "whole"
    HALF = "half"
    NOTHING = "nothing"
    NEVER = "never"
    """Nothing, and the connection stays open until the client gives up."""


def _same_headers(headers: Headers) -> Headers:
    return headers


def _same_answer(answer: Answer) -> Answer:
    return answer


@frozen(kw_only=True)
class Fault:
    """What happens to one request. ``acted`` says whether the wiki sees it; ``kind`` is its name in the counts."""

    kind: str
    acted: bool = True
    request: Callable[[Headers], Headers] = field(default=_same_headers, repr=False)
    answer: Callable[[Answer], Answer] = field(default=_same_answer, repr=False)
    delivery: Delivery = field(default=Delivery.WHOLE, repr=False)
    then_refuse: bool = field(default=False, repr=False)


Plan = Callable[[Seen], Fault | None]
"""Called once for each request, when it was read to its end, in the order in which requests are complete."""


# The kinds -----------------------------------------------------------------------------------------------------------

_HTML = (("content-type", "text/html; charset=utf-8"),)
_NOW = ("retry-after", "0")


def _page(status: int, text: str, *headers: tuple[str, str]) -> Callable[[Answer], Answer]:
    body = f"<!DOCTYPE html>\n<html><head><title>{text}</title></head><body><h1>{text}</h1></body></html>\n"
    page = Answer(status=status, headers=(*_HTML, *headers), body=body.encode())
    return lambda _: page


def _cut(answer: Answer) -> Answer:
    headers = (*(pair for pair in answer.headers if pair[0] != "content-type"), ("content-type", "application/json"))
    return evolve(answer, status=200, headers=headers, body=answer.body[: len(answer.body) // 2] or b"{")


def _both(kind: str, answer: Callable[[Answer], Answer]) -> tuple[Fault, Fault]:
    return (
        Fault(kind=f"{kind}_BEFORE", acted=False, answer=answer),
        Fault(kind=f"{kind}_AFTER", answer=answer),
    )


def too_many(retry_after: str = "0") -> Fault:
    """429 with this Retry-After: seconds, or a date."""
    return Fault(kind="TOO_MANY", acted=False, answer=_page(429, "Too Many Requests", ("retry-after", retry_after)))


REFUSE = Fault(kind="REFUSE", then_refuse=True)
"""This request is answered as ever, and connections are refused from then on, until ``FaultProxy.reopen()``."""

DROP_BEFORE = Fault(kind="DROP_BEFORE", acted=False, delivery=Delivery.NOTHING)
DROP_AFTER = Fault(kind="DROP_AFTER", delivery=Delivery.NOTHING)
TRUNCATE = Fault(kind="TRUNCATE", delivery=Delivery.HALF)
"""All headers and half of the body; half of the headers where there is no body."""

STALL_BEFORE = Fault(kind="STALL_BEFORE", acted=False, delivery=Delivery.NEVER)
STALL_AFTER = Fault(kind="STALL_AFTER", delivery=Delivery.NEVER)
TOO_MANY = too_many()
UNAVAILABLE_BEFORE, UNAVAILABLE_AFTER = _both("UNAVAILABLE", _page(503, "Service Unavailable", _NOW))
BAD_GATEWAY_BEFORE, BAD_GATEWAY_AFTER = _both("BAD_GATEWAY", _page(502, "Bad Gateway"))
HTML_200_BEFORE, HTML_200_AFTER = _both("HTML_200", _page(200, "Sign in to this network"))
BROKEN_JSON = Fault(kind="BROKEN_JSON", answer=_cut)
"""Status 200, and the first half of the wiki's answer as if it were all."""

ALL = (
    REFUSE, DROP_BEFORE, DROP_AFTER, TRUNCATE, STALL_BEFORE, STALL_AFTER, TOO_MANY, UNAVAILABLE_BEFORE,
    UNAVAILABLE_AFTER, BAD_GATEWAY_BEFORE, BAD_GATEWAY_AFTER, HTML_200_BEFORE, HTML_200_AFTER, BROKEN_JSON,
)  # fmt: skip
"""Every kind that needs no function of the test's own."""


def rewrite_request(change: Callable[[Headers], Headers], *, kind: str = "REWRITE_REQUEST") -> Fault:
    """The wiki gets these headers instead; length and connection stay the proxy's matter."""
    return Fault(kind=kind, request=change)


def rewrite_response(change: Callable[[Headers], Headers], *, kind: str = "REWRITE_RESPONSE") -> Fault:
    """The client gets these headers instead; length and connection stay the proxy's matter."""
    return Fault(kind=kind, answer=lambda answer: evolve(answer, headers=change(answer.headers)))


def dropping(*names: str) -> Callable[[Headers], Headers]:
    """A change of headers for the two above: without those of these (lower case) names."""
    return lambda headers: tuple(pair for pair in headers if pair[0] not in names)


def setting(name: str, value: str) -> Callable[[Headers], Headers]:
    """A change of headers for the two above: this one, in place of all others of its (lower case) name."""
    return lambda headers: (*dropping(name)(headers), (name, value))


# Plans ---------------------------------------------------------------------------------------------------------------


def scripted(*faults: Fault | None) -> Plan:
    """The n-th request gets the n-th fault, and those after the last one none."""
    steps = iter(faults)
    return lambda _: next(steps, None)


def matching(action: str, *faults: Fault | None) -> Plan:
    """As ``scripted``, where only requests with this ``Seen.action`` count; a pattern such as "/v1/page/*" will do."""
    steps = iter(faults)
    return lambda seen: next(steps, None) if fnmatchcase(seen.action, action) else None


class Seeded:
    """Faults at this rate, the same ones for the same seed, among the requests that ``only`` lets through.

    With ``least``, kinds are drawn from a bag that is filled with one of each when it is empty, so that none is ever
    more than once ahead of another; ``short`` tells which are still below that number. Without it, each draw is free.
    """

    def __init__(
        self,
        seed: int,
        *,
        rate: float = 0.2,
        kinds: Iterable[Fault] = ALL,
        least: int | None = None,
        only: Callable[[Seen], bool] = lambda _: True,
    ) -> None:
        self._random = random.Random(seed)
        self._rate = rate
        self._kinds = tuple(kinds)
        self._least = least
        self._only = only
        self._bag: list[Fault] = []
        self.drawn: Counter[str] = Counter()

    def __call__(self, seen: Seen) -> Fault | None:
        if not self._only(seen) or self._random.random() >= self._rate:
            return None
        fault = self._random.choice(self._kinds) if self._least is None else self._from_bag()
        self.drawn[fault.kind] += 1
        return fault

    @property
    def short(self) -> dict[str, int]:
        """How many draws each kind lacks to ``least``; those that lack none are left out."""
        lacking = {fault.kind: (self._least or 0) - self.drawn[fault.kind] for fault in self._kinds}
        return {kind: number for kind, number in lacking.items() if number > 0}

    def _from_bag(self) -> Fault:
        if not self._bag:
            self._bag = self._random.sample(self._kinds, len(self._kinds))
        return self._bag.pop()


# The proxy -----------------------------------------------------------------------------------------------------------


class FaultProxy:
    """Stands at ``url`` for the wiki at ``upstream_url``; ``async with`` starts and ends it.

    ``seen`` are all requests that came whole, ``forwarded`` the number of those that the wiki was given, ``counts``
    how often each kind of fault was applied: it is counted just before the client can notice. A kind that could not be
    applied (REFUSE, while connections are refused already; any ``..._AFTER``, when the wiki gave no answer) is not
    counted. ``plan`` may be replaced at any time. What a plan raises is raised when the proxy is left.

    When the wiki itself gives no answer, the client's connection is closed without one, and the error is kept in
    ``upstream_errors``. A client that hangs up does not stop what the wiki was given. There is no time limit.

    The ``Host`` header stays the client's: the wiki's ``$wgServer`` is fixed, so MediaWiki builds its addresses from
    that and logins work with any ``Host`` (cookies have no domain, and know no ports). As the wiki's absolute
    addresses do not lead through the proxy, nor does a redirect to one; those of the REST API are relative.
    """

    def __init__(self, upstream_url: str, plan: Plan = lambda _: None) -> None:
        upstream = urlsplit(upstream_url)
        if upstream.scheme != "http" or upstream.hostname is None:
            raise ValueError(f"{upstream_url!r} is not the address of a plain HTTP server")
        self.plan = plan
        self.seen: list[Seen] = []
        self.counts: Counter[str] = Counter()
        self.forwarded = 0
        self.upstream_errors: list[Exception] = []
        self._host, self._port, self._path = upstream.hostname, upstream.port or 80, upstream.path
        self._listener = Listener(self._serve)
        self._counted = anyio.Event()

    async def __aenter__(self) -> Self:
        await self._listener.__aenter__()
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._listener.__aexit__(exc_type, exc, traceback)

    @property
    def url(self) -> str:
        """What takes the place of the wiki's address."""
        return f"http://{self._listener.address}{self._path}"

    def reopen(self) -> None:
        """Accept connections again after a REFUSE; nothing happens when they are accepted.

        Call it on the proxy's own loop, from where the client says that it is about to try again.
        """
        self._listener.open()

    async def until(self, kind: str, *, times: int = 1) -> None:
        """Wait until this kind of fault was applied so many times, as when a request has to be held back first."""
        while self.counts[kind] < times:
            await self._counted.wait()

    async def _serve(self, stream: SocketStream) -> None:
        request = await read_request(stream.receive)
        seen = evolve(request, number=len(self.seen) + 1)
        self.seen.append(seen)
        fault = self.plan(seen)
        answer = await self._answer(seen, fault)
        if answer is None:
            return
        if fault is not None and (not fault.then_refuse or self._listener.close()):
            self._count(fault.kind)
        await _deliver(stream, framed(answer, method=seen.method), fault.delivery if fault else Delivery.WHOLE)

    async def _answer(self, seen: Seen, fault: Fault | None) -> Answer | None:
        """What the client is to be told; None when the wiki gave no answer."""
        if fault is None:
            return await self._forward(seen)
        if not fault.acted:
            return fault.answer(Answer())
        answer = await self._forward(evolve(seen, headers=fault.request(seen.headers)))
        return None if answer is None else fault.answer(answer)

    async def _forward(self, request: Seen) -> Answer | None:
        self.forwarded += 1
        try:
            return await ask(request, host=self._host, port=self._port)
        except (OSError, *GONE) as error:
            self.upstream_errors.append(error)
            return None

    def _count(self, kind: str) -> None:
        self.counts[kind] += 1
        self._counted.set()
        self._counted = anyio.Event()


async def _deliver(stream: SocketStream, framed_answer: tuple[bytes, bytes], delivery: Delivery) -> None:
    head, body = framed_answer
    match delivery:
        case Delivery.WHOLE:
            await stream.send(head + body)
        case Delivery.HALF:
            await stream.send(head + body[: len(body) // 2] if body else head[: len(head) // 2])
        case Delivery.NOTHING:
            pass
        case Delivery.NEVER:
            while True:  # ends with one of GONE
                await stream.receive()
