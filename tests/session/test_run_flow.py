"""What runs a flow: it takes each step, counts the tries, and leaves no flow unfinished."""

from __future__ import annotations

from collections.abc import Callable

import anyio
import pytest

from mwclient_async._http.flow import Ask, Flow, NewSession, Report, ResetRetries, Wait, may_try_again
from mwclient_async._http.messages import ApiRequest, ApiResponse
from mwclient_async._session.observers import Observers
from mwclient_async._session.retry_state import RetryState
from mwclient_async._session.run_flow import run_flow
from mwclient_async.errors import ConnectionFailed, ReplyLost
from mwclient_async.models.options import RetryPolicy
from mwclient_async.testing.scripted import ScriptedClock

READ = ApiRequest(params={"action": "query"})


def new_state_of(clock: ScriptedClock) -> Callable[[str], RetryState]:
    return lambda label: RetryState(policy=RetryPolicy(attempts=8), clock=clock, observers=Observers(), label=label)


async def unused(request: ApiRequest, **_: object) -> ApiResponse:
    raise AssertionError(f"{request} is not expected")


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


async def test_another_session_is_begun_for_the_flow_and_a_failing_login_is_thrown_into_it() -> None:
    def flow() -> Flow[list[object]]:
        begun: list[object] = [(yield NewSession()).body]
        try:
            yield NewSession()
        except ConnectionFailed as error:
            begun.append(error)
        return begun

    failed, answers = ConnectionFailed("refused"), [True]

    async def new_session() -> bool:
        if answers:
            return answers.pop()
        raise failed

    assert await run_flow(flow(), unused, new_session=new_session) == [True, failed]
    assert await run_flow(flow(), unused) == [False]


async def test_an_error_of_a_callback_ends_the_flow_and_is_not_thrown_into_it() -> None:
    """A flow could take the caller's own error for the wiki's answer, and continue."""

    def flow() -> Flow[str]:
        try:
            yield Report("half")
        except ReplyLost:
            return "recovered"
        return "reported"

    async def report(_event: object) -> None:
        raise ReplyLost("of the caller's own site")

    with pytest.raises(ReplyLost, match="own site"):
        await run_flow(flow(), unused, report=report)


async def test_w1_tries_are_counted_over_the_whole_flow_until_it_begins_a_new_operation() -> None:
    clock = ScriptedClock()

    def flow() -> Flow[list[int]]:
        granted = [0, 0]
        for operation in (0, 1):
            yield ResetRetries()
            while (yield from may_try_again(ReplyLost("cut"))):
                granted[operation] += 1
        return granted

    assert await run_flow(flow(), unused, sleep=clock.sleep, retries=new_state_of(clock)) == [7, 7]


async def test_w7_a_cancelled_flow_is_closed() -> None:
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
        tasks.start_soon(_run, running, send)
        await waiting.wait()
        tasks.cancel_scope.cancel()
    assert closed == [True]


async def _run(flow: Flow[None], send: Callable[..., object]) -> None:
    await run_flow(flow, send, retries=new_state_of(ScriptedClock()))  # type: ignore[arg-type]  # a stand-in
