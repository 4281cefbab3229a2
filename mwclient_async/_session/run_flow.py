"""Runs flows: sends their requests, waits, reports, asks, and keeps the retry policy."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from inspect import isawaitable
from typing import Any, Protocol, TypeVar

import anyio
from attrs import define

from mwclient_async._http.flow import NO_RESPONSE, Ask, Flow, FlowStep, NewSession, Report, ResetRetries, TryAgain, Wait
from mwclient_async._http.messages import ApiRequest, ApiResponse, ReadAt
from mwclient_async._session.retry_state import RetryState
from mwclient_async.errors import MediaWikiError

T = TypeVar("T")


class Send(Protocol):
    """The session's method ``send``, as streams and uploads are given it."""

    async def __call__(
        self, request: ApiRequest, *, read: ReadAt | None = None, on_sent: Callable[[], None] | None = None
    ) -> ApiResponse:
        """Send one request, again if that is safe. ``on_sent`` is called each time the request is on the wire."""
        ...


async def run_flow(
    flow: Flow[T],
    send: Send,
    *,
    read: ReadAt | None = None,
    on_sent: Callable[[], None] | None = None,
    report: Callable[[Any], Awaitable[None]] | None = None,
    ask: Callable[[Any], Any] | None = None,
    sleep: Callable[[float], Awaitable[None]] = anyio.sleep,
    retries: Callable[[str], RetryState] | None = None,
    new_session: Callable[[], Awaitable[bool]] | None = None,
) -> T:
    """Run a flow and return its result.

    ``read`` gives the parts of a file, ``report`` is told the progress, ``ask`` answers questions, and ``sleep`` waits.
    ``retries`` makes the state of the retry policy, for the label of a request; flows with a TryAgain need it.
    ``new_session`` begins another session on the wiki, if that is possible.

    Errors of a request, a wait or a login are thrown into the flow. Errors of ``report`` and ``ask`` end the flow.
    """
    return await _Runner(send, read, on_sent, report, ask, sleep, retries, new_session).run(flow)


@define
class _Runner:
    _send: Send
    _read: ReadAt | None
    _on_sent: Callable[[], None] | None
    _report: Callable[[Any], Awaitable[None]] | None
    _ask: Callable[[Any], Any] | None
    _sleep: Callable[[float], Awaitable[None]]
    _new_state: Callable[[str], RetryState] | None
    _new_session: Callable[[], Awaitable[bool]] | None
    _state: RetryState | None = None  # of the operation in progress, from its first TryAgain on
    _label: str = ""  # of its latest write

    async def run(self, flow: Flow[T]) -> T:
        try:
            step = next(flow)
            while True:
                if not isinstance(step, ApiRequest | TryAgain | Wait | NewSession):
                    step = flow.send(await self._take(step))
                    continue
                try:
                    response = await (self._send_request(step) if isinstance(step, ApiRequest) else self._take(step))
                except MediaWikiError as error:
                    step = flow.throw(error)
                else:
                    step = flow.send(response)
        except StopIteration as end:
            return end.value
        finally:
            flow.close()

    async def _send_request(self, request: ApiRequest) -> ApiResponse:
        self._label = request.label if request.write else self._label
        return await self._send(request, read=self._read, on_sent=self._on_sent)

    async def _take(self, step: FlowStep) -> ApiResponse:
        """Do one step that is not a request, and return what the flow is sent."""
        if isinstance(step, TryAgain):
            return ApiResponse(body=await self._try_again(step))
        if isinstance(step, Ask):
            assert self._ask is not None, "this flow asks a question, and nothing was passed that answers it"
            return ApiResponse(body=await awaited(self._ask(step.question)))
        if isinstance(step, NewSession):
            return ApiResponse(body=self._new_session is not None and await self._new_session())
        if isinstance(step, ResetRetries):
            self._state = None
        elif isinstance(step, Wait):
            await self._sleep(step.seconds)
        elif isinstance(step, Report) and self._report is not None:
            await self._report(step.event)
        return NO_RESPONSE

    async def _try_again(self, step: TryAgain) -> bool:
        if self._state is None:
            assert self._new_state is not None, "this flow tries again, and was run without a retry policy"
            self._state = self._new_state(self._label)
        return await self._state.wait_for_next_try(step.error, least_wait=step.least_wait)


async def awaited(value: Awaitable[T] | T) -> T:
    """What a function of the caller's gave, which may be an async one."""
    return await value if isawaitable(value) else value
