"""Runs flows: sends their requests, waits, reports, asks, and keeps the retry policy."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Protocol, TypeVar

import anyio
from attrs import frozen

from mwclient_async._http.flow import NO_RESPONSE, Ask, Flow, FlowStep, OneDeadline, TryAgain, Wait
from mwclient_async._http.messages import ApiRequest, ApiResponse, ReadAt
from mwclient_async._session.retry_state import RetryState
from mwclient_async.errors import MediaWikiError

T = TypeVar("T")


class Send(Protocol):
    """The session's method ``send``, as streams and uploads are given it."""

    async def __call__(
        self,
        request: ApiRequest,
        *,
        read: ReadAt | None = None,
        on_sent: Callable[[], None] | None = None,
        since: float | None = None,
    ) -> ApiResponse:
        """Send one request, again if that is safe.

        ``on_sent`` is called each time the request is on the wire. The deadline of retries counts from ``since`` on the
        site's clock, or from the first try.
        """
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
    retries: Callable[[], RetryState] | None = None,
) -> T:
    """Run a flow and return its result.

    ``read`` gives the parts of a file, ``report`` is told the progress, ``ask`` answers questions, ``sleep`` waits,
    and ``retries`` makes the state of the retry policy, which flows with a TryAgain or a OneDeadline need.
    """
    return await _Runner(send, read, on_sent, report, ask, sleep, retries).run(flow, None)


@frozen
class _Runner:
    _send: Send
    _read: ReadAt | None
    _on_sent: Callable[[], None] | None
    _report: Callable[[Any], Awaitable[None]] | None
    _ask: Callable[[Any], Awaitable[Any]] | None
    _sleep: Callable[[float], Awaitable[None]]
    _retries: Callable[[], RetryState] | None

    async def run(self, flow: Flow[T], state: RetryState | None) -> T:
        try:
            step = next(flow)
            while True:
                try:
                    response = await self._take(step, state)
                except MediaWikiError as error:
                    step = flow.throw(error)
                else:
                    step = flow.send(response)
        except StopIteration as end:
            return end.value
        finally:
            flow.close()

    async def _take(self, step: FlowStep, state: RetryState | None) -> ApiResponse:
        """Do one step, and return what the flow is sent."""
        if isinstance(step, ApiRequest):
            return await self._send_request(step, state)
        if isinstance(step, TryAgain):
            granted = await (state or self._new_state()).wait_for_next_try(step.error, least_wait=step.least_wait)
            return ApiResponse(body=granted)
        if isinstance(step, OneDeadline):
            return ApiResponse(body=await self.run(step.flow, state or self._started_state()))
        if isinstance(step, Ask):
            assert self._ask is not None, "this flow asks a question, and nothing was passed that answers it"
            return ApiResponse(body=await self._ask(step.question))
        if isinstance(step, Wait):
            await self._sleep(step.seconds)
        elif self._report is not None:
            await self._report(step.event)
        return NO_RESPONSE

    async def _send_request(self, request: ApiRequest, state: RetryState | None) -> ApiResponse:
        if state is None:
            return await self._send(request, read=self._read, on_sent=self._on_sent)
        return await self._send(request, read=self._read, on_sent=self._on_sent, since=state.since)

    def _started_state(self) -> RetryState:
        state = self._new_state()
        state.start()
        return state

    def _new_state(self) -> RetryState:
        assert self._retries is not None, "this flow tries again, and was run without a retry policy"
        return self._retries()
