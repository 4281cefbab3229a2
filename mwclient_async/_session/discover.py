"""Finding a wiki's APIs: the shell around ``discovery.py`` that sends its requests."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, TypedDict
from urllib.parse import urlsplit

from anyio import CancelScope
from attrs import frozen

from mwclient_async._http.messages import HttpRequest, HttpResponse
from mwclient_async._http.responses import retry_after
from mwclient_async._http.user_agent import full_user_agent
from mwclient_async._session.clock import Clock, SystemClock
from mwclient_async._session.discovery import Addresses, Discovery
from mwclient_async._session.observers import Observers, OnEvent, OnWarning, describe_error, log
from mwclient_async._session.retry_state import RetryState
from mwclient_async.errors import HttpError, MediaWikiError, TransportError
from mwclient_async.models.auth import Auth, LoginState
from mwclient_async.models.edit_defaults import EditDefaults
from mwclient_async.models.events import RequestFinished
from mwclient_async.models.options import HttpOptions, Limits, RetryPolicy

if TYPE_CHECKING:
    from mwclient_async._http.transport import Transport

_LABEL = "discover"
_TOO_MANY, _SERVER_ERROR = 429, 500


class SiteOptions(TypedDict, total=False):
    """Everything that a Site takes beside its address and the User-Agent."""

    auth: Auth | None
    login_state: LoginState | None
    rest_url: str | None
    retry: RetryPolicy
    limits: Limits
    maxlag: int | None
    uselang: str | None
    assert_bot: bool
    http: HttpOptions
    defaults: EditDefaults
    on_warning: OnWarning | None
    on_event: OnEvent | None
    transport: Transport | None
    clock: Clock | None


async def discover(page_url: str, *, user_agent: str, options: SiteOptions) -> tuple[str, SiteOptions]:
    """The address of the api.php, and the options for the Site: with its rest.php, and the transport in use.

    That transport is the Site's to close; it is closed here where this raises.
    """
    http, limits = options.get("http", HttpOptions()), options.get("limits", Limits())
    secret = options.get("auth") is not None or options.get("login_state") is not None or bool(http.headers)
    search = Discovery(page_url, user_agent=full_user_agent(user_agent), guarded=secret, plain_http=http.plain_http)
    messenger = _Messenger(
        transport=options.get("transport") or _own_transport(http, limits),
        retry=options.get("retry", RetryPolicy()),
        clock=options.get("clock") or SystemClock(),
        observers=Observers(options.get("on_warning"), options.get("on_event")),
    )
    try:
        found = await messenger.run(search, rest_url=options.get("rest_url"))
    except BaseException:
        with CancelScope(shield=True):
            await messenger.transport.aclose()
        raise
    log.debug("%s leads to %s and %s", page_url.partition("?")[0], found.api_url, found.rest_url)
    return found.api_url, {**options, "rest_url": found.rest_url, "transport": messenger.transport}


def _own_transport(http: HttpOptions, limits: Limits) -> Transport:
    from mwclient_async._http.httpx_transport import HttpxTransport  # the HTTP library is loaded when it is needed

    return HttpxTransport(http, limits)


@frozen(kw_only=True)
class _Messenger:
    """Sends what a Discovery wants to know; again, by the policy, where no usable answer came."""

    transport: Transport
    retry: RetryPolicy
    clock: Clock
    observers: Observers

    async def run(self, search: Discovery, *, rest_url: str | None) -> Addresses:
        conversation = search.run(rest_url=rest_url)
        try:
            request = next(conversation)
            while True:
                try:
                    answer = await self._send(request)
                except MediaWikiError as error:
                    request = conversation.throw(error)
                else:
                    request = conversation.send(answer)
        except StopIteration as end:
            found: Addresses = end.value
            return found
        finally:
            conversation.close()

    async def _send(self, request: HttpRequest) -> HttpResponse:
        patience = RetryState(policy=self.retry, clock=self.clock, observers=self.observers, label=_LABEL)
        while True:
            patience.start()
            try:
                return await self._try(request, patience.attempt)
            except TransportError as error:
                if not await patience.wait_before_retry(error, resend=True):
                    raise

    async def _try(self, request: HttpRequest, attempt: int) -> HttpResponse:
        log.debug("%s %s %s", request.method, urlsplit(request.url).path, _LABEL)
        began = self.clock.now()
        told: Callable[..., RequestFinished] = partial(
            RequestFinished, label=_LABEL, method=request.method, attempt=attempt
        )
        try:
            answer = await self.transport.send(request)
        except MediaWikiError as error:
            self.observers.notify_event(told(seconds=self.clock.now() - began, failure=describe_error(error)))
            raise
        self.observers.notify_event(
            told(
                seconds=self.clock.now() - began,
                status=answer.status,
                request_id=answer.header("x-request-id"),
            )
        )
        if answer.status == _TOO_MANY or answer.status >= _SERVER_ERROR:
            raise HttpError(
                f"HTTP {answer.status} from {request.url.partition('?')[0]}",
                status=answer.status,
                retry_after=retry_after(answer),
            )
        return answer
