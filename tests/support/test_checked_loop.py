from __future__ import annotations

import asyncio
import threading

import pytest

from tests.support.checked_loop import CheckedLoop


def test_a_call_from_a_wrong_thread_is_an_error() -> None:
    errors: list[Exception] = []

    async def call_from_thread() -> None:
        thread = threading.Thread(target=call, args=[asyncio.get_running_loop()])
        thread.start()
        thread.join()

    def call(loop: asyncio.AbstractEventLoop) -> None:
        try:
            loop.call_soon(print)
        except RuntimeError as error:
            errors.append(error)

    with asyncio.Runner(debug=True, loop_factory=CheckedLoop) as runner:
        runner.run(call_from_thread())
    assert len(errors) == 1


def test_a_coroutine_that_is_never_awaited_says_where_it_was_made() -> None:
    async def forget() -> None:
        asyncio.sleep(0)  # type: ignore[unused-coroutine]

    made_here = r"never awaited\nCoroutine created at .*\n  File .*, in forget"
    with (
        asyncio.Runner(debug=True, loop_factory=CheckedLoop) as runner,
        pytest.warns(RuntimeWarning, match=made_here),
    ):
        runner.run(forget())
