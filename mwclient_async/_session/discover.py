"""Sends the requests of discovery. ``discovery.py`` has the rules: which requests, and which address is accepted."""

from __future__ import annotations

from anyio import CancelScope
from attrs import frozen

from mwclient_async._http.messages import HttpRequest, HttpResponse
from mwclient_async._http.responses import retry_after
from mwclient_async._http.transport import Transport, own_transport
from mwclient_async._http.user_agent import full_user_agent
from mwclient_async._session.calls import report_call
from mwclient_async._session.clock import Clock, SystemClock
from mwclient_async._session.discovery import Addresses, Discovery
from mwclient_async._session.http_exchange import exchange
from mwclient_async._session.observers import Observers, log
from mwclient_async._session.retry_state import RetryState
from mwclient_async._session.site_options import SiteOptions, check_option_types
from mwclient_async.errors import HttpError, MediaWikiError, TransportError
from mwclient_async.models.options import HttpOptions, Limits, RetryPolicy

_LABEL = "discover"
_TOO_MANY_REQUESTS, _SERVER_ERROR = 429, 500


async def discover(page_url: str, *, user_agent: str, options: SiteOptions) -> tuple[str, SiteOptions]:
    """Find the APIs of the wiki that a page belongs to.

    Returns the address of its api.php, and the options for its Site: those given, with ``rest_url``, and ``transport``,
    which is open. The Site closes it; if this raises, it is closed here.
    """
    check_option_types(options)
    http, limits = options.get("http", HttpOptions()), options.get("limits", Limits())
    has_credentials = options.get("auth") is not None or options.get("login_state") is not None or bool(http.headers)
    discovery = Discovery(
        page_url,
        user_agent=full_user_agent(user_agent),
        with_credentials=has_credentials,
        plain_http=http.plain_http,
    )
    runner = _DiscoveryRunner(
        transport=options.get("transport") or own_transport(http, limits),
        retry=options.get("retry", RetryPolicy()),
        clock=options.get("clock") or SystemClock(),
        observers=Observers(options.get("on_warning"), options.get("on_event")),
    )
    try:
        found = await runner.run(discovery, rest_url=options.get("rest_url"))
    except BaseException:
        with CancelScope(shield=True):
            await runner.transport.aclose()
        raise
    log.debug("%s leads to %s and %s", page_url.partition("?")[0], found.api_url, found.rest_url)
    return found.api_url, {**options, "rest_url": found.rest_url, "transport": runner.transport}


@frozen(kw_only=True)
class _DiscoveryRunner:
    """Runs a Discovery. Its requests are sent again, by the retry policy, if no usable response comes."""

    transport: Transport
    retry: RetryPolicy
    clock: Clock
    observers: Observers

    async def run(self, discovery: Discovery, *, rest_url: str | None) -> Addresses:
        steps = discovery.run(rest_url=rest_url)
        try:
            request = next(steps)
            while True:
                try:
                    response = await report_call(
                        self._send(request), label=_LABEL, observers=self.observers, clock=self.clock
                    )
                except MediaWikiError as error:
                    request = steps.throw(error)
                else:
                    request = steps.send(response)
        except StopIteration as end:
            found: Addresses = end.value
            return found
        finally:
            steps.close()

    async def _send(self, request: HttpRequest) -> HttpResponse:
        retry_state = RetryState(policy=self.retry, clock=self.clock, observers=self.observers, label=_LABEL)
        while True:
            retry_state.start()
            try:
                return await self._send_once(request, retry_state)
            except TransportError as error:
                if not await retry_state.wait_before_retry(error, resend=True):
                    raise

    async def _send_once(self, request: HttpRequest, retry_state: RetryState) -> HttpResponse:
        response = await exchange(request, transport=self.transport, retry_state=retry_state, label=_LABEL)
        if response.status == _TOO_MANY_REQUESTS or response.status >= _SERVER_ERROR:
            raise HttpError(
                f"HTTP {response.status} from {request.url.partition('?')[0]}",
                status=response.status,
                retry_after=retry_after(response),
            )
        return response
