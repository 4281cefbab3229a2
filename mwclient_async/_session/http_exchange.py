"""One HTTP exchange: one request, its response or failure, the event that reports it, and what the response says."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from mwclient_async._http.messages import ApiRequest, ApiResponse, HttpRequest, HttpResponse, MultipartBody
from mwclient_async._http.responses import parse_response
from mwclient_async._session.calls import current_call
from mwclient_async._session.observers import describe_error, log
from mwclient_async._session.retry_state import RetryState
from mwclient_async._session.worker_thread import run_in_thread
from mwclient_async._values.json_text import LARGE
from mwclient_async.errors import MediaWikiError
from mwclient_async.models.events import RequestFinished

if TYPE_CHECKING:
    from mwclient_async._http.transport import Transport


async def exchange(request: HttpRequest, *, transport: Transport, retry_state: RetryState, label: str) -> HttpResponse:
    """Send the request once and return the response, whatever its status. Reports a RequestFinished either way."""
    if log.isEnabledFor(logging.DEBUG):
        log.debug("%s %s %s", request.method, urlsplit(request.url).path, label)
    clock, observers = retry_state.clock, retry_state.observers
    if not observers.is_listening:
        return await transport.send(request)
    began = clock.now()
    finished: Callable[..., RequestFinished] = partial(
        RequestFinished,
        label=label,
        method=request.method,
        attempt=retry_state.attempt,
        call=current_call(),
        waited=began - retry_state.waits_since,
        sent=request.body.length if isinstance(request.body, MultipartBody) else len(request.body),
    )
    try:
        response = await transport.send(request)
    except MediaWikiError as error:
        observers.notify_event(finished(seconds=clock.now() - began, failure=describe_error(error)))
        raise
    finally:
        retry_state.waits_since = clock.now()
    observers.notify_event(
        finished(
            seconds=clock.now() - began,
            status=response.status,
            request_id=response.header("x-request-id"),
            received=len(response.body),
        )
    )
    return response


async def parse(response: HttpResponse, request: ApiRequest) -> ApiResponse:
    """What the response says, or the error that it holds. A large one is decoded outside of the loop's thread."""
    decode = partial(
        parse_response,
        response,
        rest=bool(request.path or request.address),
        creating=request.creating,
        conditional=request.is_conditional,
        documents=request.documents,
    )
    if len(response.body) < LARGE:
        return decode()
    return await run_in_thread(decode)


def is_large(response: HttpResponse) -> bool:
    """Whether :func:`parse` decodes this response in a thread."""
    return len(response.body) >= LARGE
