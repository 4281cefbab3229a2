"""One HTTP exchange: one request, its response or failure, the event that reports it, and what the response says.

:class:`HttpSender` makes the HTTP request of one try: with the site's login and cookies, and the redirects of the REST
API.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from attrs import evolve, frozen

from mwclient_async import models
from mwclient_async._http.messages import ApiRequest, ApiResponse, HttpRequest, HttpResponse, MultipartBody, ReadAt
from mwclient_async._http.request_builder import NO_CREDENTIALS, RequestBuilder
from mwclient_async._http.responses import parse_response
from mwclient_async._http.secret_text import SecretText
from mwclient_async._http.urls import MAX_REDIRECTS, REDIRECTS
from mwclient_async._session.auth_state import AuthState
from mwclient_async._session.calls import current_call
from mwclient_async._session.observers import describe_error, log
from mwclient_async._session.retry_state import RetryState
from mwclient_async._session.shared_resources import SharedResources
from mwclient_async._session.worker_thread import run_in_thread
from mwclient_async._values.json_text import LARGE
from mwclient_async.errors import MediaWikiError, ProtocolError

if TYPE_CHECKING:
    from mwclient_async._http.transport import Transport


@frozen
class HttpSender:
    """Sends the HTTP requests of one site to its wiki, each once."""

    _shared: SharedResources
    _request_builder: RequestBuilder
    _auth_state: AuthState

    async def send(
        self,
        request: ApiRequest,
        token: str | None,
        *,
        retry_state: RetryState,
        read: ReadAt | None,
        on_sent: Callable[[], None] | None,
    ) -> HttpResponse:
        """Send the request with the current login, and follow the redirects of the REST API."""
        retry_state.start()
        http_request = self._build(request, token, read)
        if on_sent is not None:
            http_request = evolve(http_request, on_sent=on_sent)
        for _ in range(1 + MAX_REDIRECTS):
            response = await self._exchange(request, http_request, retry_state)
            location = response.header("location")
            if http_request.method != "GET" or response.status not in REDIRECTS or not location or not request.path:
                return response
            target = self._request_builder.redirected(http_request.url, location)
            if target is None:
                return response
            http_request = evolve(http_request, url=target)
        raise ProtocolError(
            f"{request.label} redirects more than {MAX_REDIRECTS} times, at last to "
            f"{urlsplit(http_request.url).path!r}: perhaps the redirects form a circle. If they are redirects of the "
            "wiki, redirect=False returns the first one itself"
        )

    def _build(self, request: ApiRequest, token: str | None, read: ReadAt | None) -> HttpRequest:
        credentials = self._auth_state.credentials_for(request, token) if not request.login else NO_CREDENTIALS
        boundary = secrets.token_hex(16) if request.part is not None else ""
        return self._request_builder.build(request, credentials, boundary=boundary, read=read)

    async def _exchange(self, request: ApiRequest, http_request: HttpRequest, retry_state: RetryState) -> HttpResponse:
        """Send one HTTP request with the wiki's cookies, and keep those of the response."""
        self._shared.check_open()
        own_wiki, cookies = not request.address, self._auth_state.cookies
        cookie = cookies.header_for(http_request.url) if own_wiki else None
        if cookie:
            if "cookie" in http_request.headers:  # of HttpOptions
                cookie = SecretText(f"{http_request.headers['cookie']}; {cookie}")
            http_request = evolve(http_request, headers={**http_request.headers, "cookie": cookie})
        response = await exchange(
            self._auth_state.signed(http_request) if own_wiki else http_request,
            transport=self._shared.transport,
            retry_state=retry_state,
            label=request.label,
        )
        if own_wiki:
            cookies.store(http_request.url, response.headers)  # those that it had, also if it was logged out meanwhile
        return response


async def exchange(request: HttpRequest, *, transport: Transport, retry_state: RetryState, label: str) -> HttpResponse:
    """Send the request once and return the response, whatever its status. Reports a RequestFinished either way."""
    if log.isEnabledFor(logging.DEBUG):
        log.debug("%s %s %s", request.method, urlsplit(request.url).path, label)
    clock, observers = retry_state.clock, retry_state.observers
    if not observers.is_listening:
        return await transport.send(request)
    began = clock.now()
    finished: Callable[..., models.events.RequestFinished] = partial(
        models.events.RequestFinished,
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
