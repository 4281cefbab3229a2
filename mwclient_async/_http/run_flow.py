"""The driver: runs a conversation by sending what it yields."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Protocol, TypeVar

import anyio

from mwclient_async._http.flow import NO_RESPONSE, Ask, Flow, Wait
from mwclient_async._http.messages import ApiRequest, ApiResponse, ReadAt
from mwclient_async.errors import MediaWikiError

T = TypeVar("T")


class Send(Protocol):
    """How a stream or an upload sends: the session's own method, seen from below."""

    async def __call__(
        self, call: ApiRequest, *, read: ReadAt | None = None, on_sent: Callable[[], None] | None = None
    ) -> ApiResponse:
        """Send one call; retried where that is safe. ``on_sent`` is called when it is on the wire."""
        ...


async def run_flow(
    flow: Flow[T],
    send: Send,
    *,
    read: ReadAt | None = None,
    on_sent: Callable[[], None] | None = None,
    report: Callable[[Any], Awaitable[None]] | None = None,
    ask: Callable[[Any], Awaitable[Any]] | None = None,
    sleep: Callable[[float], Awaitable[None]] = anyio.sleep,
) -> T:
    """The result of a conversation. ``read`` gives the stretches of a file, ``report`` is told of progress.

    ``on_sent`` is called each time a request is on the wire, ``ask`` answers questions, ``sleep`` waits.
    """
    try:
        step = next(flow)
        while True:
            reply = NO_RESPONSE
            if isinstance(step, ApiRequest):
                try:
                    reply = await send(step, read=read, on_sent=on_sent)
                except MediaWikiError as error:
                    step = flow.throw(error)
                    continue
            elif isinstance(step, Wait):
                await sleep(step.seconds)
            elif isinstance(step, Ask):
                assert ask is not None, "nobody is there to be asked"
                reply = ApiResponse(body=await ask(step.question))
            elif report is not None:
                await report(step.event)
            step = flow.send(reply)
    except StopIteration as end:
        return end.value
    finally:
        flow.close()
