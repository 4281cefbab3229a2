"""What runs a flow: it takes each step, and leaves no flow unfinished."""

from __future__ import annotations

from collections.abc import Callable

import anyio
import pytest

from mwclient_async._http.flow import Ask, Flow, Report, Wait, with_one_deadline
from mwclient_async._http.messages import ApiRequest, ApiResponse
from mwclient_async._session.observers import Observers
from mwclient_async._session.retry_state import RetryState
from mwclient_async._session.run_flow import run_flow
from mwclient_async.errors import ReplyLost
from mwclient_async.models.options import RetryPolicy
from mwclient_async.testing.scripted import ScriptedClock

READ = ApiRequest(params={"action": "query"})


def new_states(clock: ScriptedClock) -> Callable[[], RetryState]:
    return lambda: RetryState(policy=RetryPolicy(), clock=clock, observers=Observers(), label="flow")


async def test_each_step_is_taken_and_the_result_is_returned() -> None:
    clock, reported = ScriptedClock(), list[object]()

    def flow() -> Flow[tuple[str, str]]:
        yield Wait(2.0)
        yield Report("half")
        answer = (yield Ask("which?")).body
        return answer, (yield READ).body["title"]

    async def send(request: ApiRequest, **_: object) -> ApiResponse:
        return ApiResponse(body={"title": request.params["action"]})

    async def report(event: object) -> None:
        reported.append(event)

    async def ask(question: str) -> str:
        return question.upper()

    result = await run_flow(flow(), send, report=report, ask=ask, sleep=clock.sleep)
    assert (result, reported, clock.slept) == (("WHICH?", "query"), ["half"], [2.0])


async def test_an_error_of_a_request_is_thrown_into_the_flow() -> None:
    def flow() -> Flow[str]:
        try:
            yield READ
        except ReplyLost:
            return "recovered"
        return "answered"

    async def send(request: ApiRequest, **_: object) -> ApiResponse:
        raise ReplyLost("cut")

    assert await run_flow(flow(), send) == "recovered"


async def test_w1_a_flow_within_a_flow_shares_its_deadline() -> None:
    clock, sinces = ScriptedClock(), list[float | None]()

    def inner() -> Flow[None]:
        yield READ

    def outer() -> Flow[None]:
        yield Wait(5.0)
        yield READ
        yield from with_one_deadline(inner())

    async def send(request: ApiRequest, *, since: float | None = None, **_: object) -> ApiResponse:
        sinces.append(since)
        return ApiResponse(body={})

    await run_flow(with_one_deadline(outer()), send, sleep=clock.sleep, retries=new_states(clock))
    assert sinces == [0.0, 0.0]


@pytest.mark.parametrize("nested", [False, True])
async def test_w7_a_cancelled_flow_is_closed(*, nested: bool) -> None:
    closed, waiting = list[bool](), anyio.Event()

    def flow() -> Flow[None]:
        try:
            yield READ
        finally:
            closed.append(True)

    running = flow()  # a reference of the test's own, so that nothing else closes it

    async def send(request: ApiRequest, **_: object) -> ApiResponse:
        waiting.set()
        await anyio.sleep_forever()
        raise AssertionError

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(_run, with_one_deadline(running) if nested else running, send)
        await waiting.wait()
        tasks.cancel_scope.cancel()
    assert closed == [True]


async def _run(flow: Flow[None], send: Callable[..., object]) -> None:
    await run_flow(flow, send, retries=new_states(ScriptedClock()))  # type: ignore[arg-type]  # a stand-in
