"""A large response is decoded outside of the thread of the event loop."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from anyio import fail_after, from_thread, to_thread

from mwclient_async._http.messages import ApiRequest, HttpResponse
from mwclient_async._http.responses import parse_response
from mwclient_async._session import http_exchange
from mwclient_async._values.json_text import LARGE, decode_json
from mwclient_async.errors import EditConflict

JSON = (("content-type", "application/json"),)


def response(size: int, rest: bytes = b"") -> HttpResponse:
    return HttpResponse(status=200, headers=JSON, body=b'{"text":"' + b"x" * size + b'"' + rest + b"}")


async def test_only_a_large_response_takes_a_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    threads: list[threading.Thread] = []

    def parse(*args: Any, **kwargs: Any) -> Any:
        threads.append(threading.current_thread())
        return parse_response(*args, **kwargs)

    monkeypatch.setattr(http_exchange, "parse_response", parse)
    for size in (10, LARGE):
        parsed = await http_exchange.parse(response(size), ApiRequest())
        assert parsed.body == {"text": "x" * size}
    assert [thread is threading.current_thread() for thread in threads] == [True, False]


async def test_a_program_may_use_all_worker_threads_while_it_waits_for_a_response() -> None:
    """As a web framework does that runs functions in threads which call the library through ``from_thread``."""
    limiter = to_thread.current_default_thread_limiter()
    tokens, limiter.total_tokens = limiter.total_tokens, 1
    try:
        with fail_after(10):
            parsed = await to_thread.run_sync(
                from_thread.run, http_exchange.parse, response(LARGE), ApiRequest(), abandon_on_cancel=True
            )
    finally:
        limiter.total_tokens = tokens
    assert parsed.body == {"text": "x" * LARGE}


async def test_the_error_in_a_large_response_is_raised() -> None:
    error = b',"errors":[{"code":"editconflict","text":"Edit conflict."}]'
    with pytest.raises(EditConflict):
        await http_exchange.parse(response(LARGE, error), ApiRequest())


def test_a_large_text_means_the_same_as_a_small_one() -> None:
    small = b'{"a":[{},{"b":[1,2.5,null,true,"\\u00e9"]}],"text":"%s"}'
    assert decode_json(small % b"") | {"text": "x" * LARGE} == decode_json(small % (b"x" * LARGE))
    with pytest.raises(ValueError, match="NaN"):
        decode_json(b'{"text":"%s","n":NaN}' % (b"x" * LARGE))
