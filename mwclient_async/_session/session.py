"""The session: every request of a site goes through :meth:`Session.send`, and only here is one sent again.

gate -> door -> slot -> transport -> decipher -> what to do about a failure. A *gate* is closed while the wiki wants to
be left alone, the *door* while a login is under way; a *slot* is one of the requests in flight that the site and its
siblings share. What was waited for may have changed meanwhile, so gate and login are looked at once more before the
request goes out. The decisions themselves are in ``retry.py``.
"""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from typing import Any, TypeVar
from urllib.parse import urljoin, urlsplit

import anyio
from attrs import define, evolve

from mwclient_async._http.flow import Flow
from mwclient_async._http.messages import ApiRequest, ApiResponse, HttpRequest, HttpResponse, ReadAt, StreamedResponse
from mwclient_async._http.request_builder import NO_CREDENTIALS, RequestBuilder
from mwclient_async._http.responses import parse_response
from mwclient_async._http.run_flow import run_flow
from mwclient_async._http.urls import is_safe_for_credentials
from mwclient_async._session.auth_state import AuthState
from mwclient_async._session.authenticator import Authenticator
from mwclient_async._session.known_revisions import KnownRevisions
from mwclient_async._session.login import (
    Account,
    fetch_account,
    fetch_tokens,
    log_out,
    may_be_of,
)
from mwclient_async._session.login_lock import LoginLock
from mwclient_async._session.module_table import Module, core_module, from_paraminfo
from mwclient_async._session.observers import Observers, describe_error, log
from mwclient_async._session.rate_limits import PauseKey
from mwclient_async._session.retry import Recovery, Scope, outcome_is_unknown, pause_for, recovery_for
from mwclient_async._session.retry_state import RetryState
from mwclient_async._session.shared_resources import SharedResources
from mwclient_async._session.single_flight import SingleFlight
from mwclient_async._session.suggestions import module_names, nearest, suggestion
from mwclient_async._session.title_locks import TitleLocks
from mwclient_async._values.warnings import ApiWarning
from mwclient_async.errors import (
    ApiErrorItem,
    AssertFailed,
    AuthError,
    DryRun,
    MediaWikiError,
    OutcomeUnknown,
    ProtocolError,
    UnrecognizedParameters,
)
from mwclient_async.models.auth import Auth, LoginState
from mwclient_async.models.events import (
    ChunkSent,
    LoggedOut,
    Paused,
    RequestFinished,
    TokensFetched,
)
from mwclient_async.models.options import RetryPolicy

T = TypeVar("T")

_FILE = ApiRequest()
_WHO = ApiRequest(params={"action": "query", "meta": "userinfo"})
_NOT_AN_ANSWER = frozenset({"unrecognizedparams", "unrecognizedvalues"})
_EXPECTED = frozenset({"truncatedresult", "badmodule"})  # continuation brings the rest; an unknown name is an error
_REDIRECTS = frozenset({301, 302, 307, 308})
_MOST_REDIRECTS = 5


class _NotSentError(Exception):
    """Nothing was sent: a gate was closed, or somebody logged in, while the call waited for its slot."""


@define
class _PendingRequest:
    """One call on its way, and what had to be mended for it. ``somebody`` says that it began as a login."""

    request: ApiRequest
    retry_state: RetryState
    began_logged_in: bool
    read: ReadAt | None = None
    on_sent: Callable[[], None] | None = None
    token_recoveries: int = 0
    login_recoveries: int = 0


class Session:
    """One visit to one wiki."""

    def __init__(
        self,
        shared: SharedResources,
        envelope: RequestBuilder,
        *,
        retry: RetryPolicy,
        observers: Observers,
        dry_run: bool = False,
        assert_bot: bool = False,
        plain_http: bool = False,
    ) -> None:
        self.shared = shared
        self.dry_run = dry_run
        self.clock = shared.clock
        self.retry = retry
        self.known_revisions = KnownRevisions()
        self._title_locks = TitleLocks()
        self._request_builder = envelope
        self._plain_http = plain_http
        self.observers = observers
        self._auth_state = AuthState(bot=assert_bot)
        self._login_lock = LoginLock()
        self._authenticator = Authenticator(
            self._auth_state, self._login_lock, self._send_with, shared=shared, policy=retry, observers=observers
        )
        self._modules: dict[str, Module] = {}
        self._fetched: dict[Callable[[], Flow[Any]], Any] = {}
        self._tokens_flight: SingleFlight[dict[str, str]] = SingleFlight()
        self._account_flight: SingleFlight[Account] = SingleFlight()
        self._describing = anyio.Lock()

    async def send(
        self, call: ApiRequest, *, read: ReadAt | None = None, on_sent: Callable[[], None] | None = None
    ) -> ApiResponse:
        """Send one call and return its Reply; again, by the policy, where that cannot do a thing twice."""
        if self.dry_run and call.write and not call.login:
            raise DryRun(f"{call.label} was not sent: this site has EditDefaults(dry_run=True)")
        return await self._send_until_done(self._pending(call, read=read, on_sent=on_sent))

    async def run_flow(self, conversation: Flow[T]) -> T:
        """The result of a conversation, with this site's requests and its clock."""
        return await run_flow(conversation, self.send, sleep=self.clock.sleep)

    @asynccontextmanager
    async def stream_file(self, url: str, headers: Mapping[str, str]) -> AsyncIterator[StreamedResponse]:
        """An answer as it comes in. Who we are is shown to the wiki's own server only; redirects are followed."""
        for _ in range(_MOST_REDIRECTS):
            await self.shared.pauses.wait([("farm",)], max_wait=self.retry.deadline)
            request = HttpRequest(method="GET", url=url, headers={**self._request_builder.plain_headers, **headers})
            if self._request_builder.is_own_origin(url):
                request = evolve(request, headers={**request.headers, **self._shown_to(url)})
            log.debug("GET %s", urlsplit(url).path)
            async with self.shared.slots, self._stream(request) as incoming:
                location = next((value for name, value in incoming.headers if name == "location"), "")
                if incoming.status not in _REDIRECTS or not location:
                    try:
                        yield incoming
                    except MediaWikiError as error:  # what whoever reads makes of it
                        self._begin_pause(error, _FILE)
                        raise
                    return
                url = _joined(url, location)
        raise ProtocolError(f"more than {_MOST_REDIRECTS} redirects on the way to a file")

    def _stream(self, request: HttpRequest) -> AbstractAsyncContextManager[StreamedResponse]:
        stream = getattr(self.shared.transport, "stream", None)
        if stream is None:
            raise TypeError("this site's transport has no stream(), which downloads need")
        opened: AbstractAsyncContextManager[StreamedResponse] = stream(request)
        return opened

    def _shown_to(self, url: str) -> dict[str, str]:
        cookie = self._auth_state.cookies.header(url)
        own = dict(self._auth_state.credentials_for(ApiRequest(), None).headers)
        return (
            {name.lower(): value for name, value in self._request_builder.headers}
            | own
            | ({"cookie": cookie} if cookie else {})
        )

    def lock_titles(self, keys: Iterable[str]) -> AbstractAsyncContextManager[None]:
        """Keep other tasks from writing to what these keys (``lock_keys.py``) stand for."""
        return self._title_locks.hold(keys)

    def check_safe(self) -> None:
        """ValueError where everybody on the way could read a password that is sent."""
        if not self._plain_http and not is_safe_for_credentials(self._request_builder.api_url):
            raise ValueError(
                f"{self._request_builder.api_url!r} is plain http: anyone on the network could read the credentials. "
                "Use https, or allow it with http=HttpOptions(plain_http=True)"
            )

    async def open(self, auth: Auth | None, state: LoginState | None) -> None:
        """Go on with a stored login, or log in. Raises ValueError for a state of another wiki or account."""
        if state is not None:
            self._check_state(state, auth)
            self._auth_state.restore(state)
        self._authenticator.auth = auth
        if auth is not None and not self._auth_state.logged_in:
            await self._authenticator.log_in(auth)

    async def log_in(self, auth: Auth) -> None:
        """Log in, or as somebody else; lost logins are renewed in the same way from now on."""
        await self._authenticator.log_in(auth)

    async def log_out(self) -> None:
        """End the session on the wiki, and be nobody."""
        self._authenticator.auth = None
        try:
            if self._auth_state.uses_cookies:
                await self.run_flow(log_out())
        except AuthError:  # it was lost already
            log.info("the wiki did not know the login that was to be ended")
        finally:
            async with self._login_lock.exclusive():
                self._auth_state.clear()
        self.observers.notify_event(LoggedOut())

    @property
    def auth(self) -> Auth | None:
        """How a login that is lost is renewed."""
        return self._authenticator.auth

    def state(self) -> LoginState:
        """The login as a value that can be stored."""
        return self._auth_state.login_state(self._request_builder.api_url)

    async def modules(self, paths: Iterable[str]) -> dict[str, Module]:
        """The modules of these paths; one request, at most, for those that are not MediaWiki's own."""
        wanted = list(dict.fromkeys(paths))
        described = await self.describe_modules(path for path in wanted if core_module(path) is None)
        return {path: core_module(path) or described[path] for path in wanted}

    async def describe_modules(self, paths: Iterable[str]) -> dict[str, Module]:
        """The modules of these paths as this wiki describes them, with their parameters; each is asked for once."""
        wanted = list(dict.fromkeys(paths))
        if any(path not in self._modules for path in wanted):
            async with self._describing:
                if missing := [path for path in wanted if path not in self._modules]:
                    await self._describe(missing)
        if absent := [path for path in wanted if path not in self._modules]:
            raise ValueError(await self._no_such_module(absent[0]))
        return {path: self._modules[path] for path in wanted}

    async def account(self) -> Account:
        """Who the wiki takes us for, asked once."""
        return self._auth_state.account or await self._account_flight.run(self._fetch_account)

    async def fetch_once(self, flow: Callable[[], Flow[T]]) -> T:
        """The result of a flow, which runs once per session: for facts about the wiki that do not change."""
        if flow not in self._fetched:
            self._fetched[flow] = await self.run_flow(flow())
        result: T = self._fetched[flow]
        return result

    async def token(self, kind: str, *, since: float | None = None) -> str:
        """A token of that kind, fetched where there is none. ``since`` is when the call began that needs it."""
        while (token := self._auth_state.tokens.get(kind)) is None:  # a login may come between answer and waiter
            if kind not in await self._tokens_flight.run(partial(self._fetch_tokens, since)):
                raise ProtocolError(f"the wiki gave no {kind} token")
        return token

    async def _send_with(self, call: ApiRequest, patience: RetryState) -> ApiResponse:
        return await self._send_until_done(_PendingRequest(call, patience, self._auth_state.logged_in))

    def _pending(
        self,
        call: ApiRequest,
        *,
        since: float | None = None,
        read: ReadAt | None = None,
        on_sent: Callable[[], None] | None = None,
    ) -> _PendingRequest:
        patience = RetryState(
            policy=self.retry, clock=self.clock, observers=self.observers, label=call.label, since=since
        )
        return _PendingRequest(call, patience, self._auth_state.logged_in, read=read, on_sent=on_sent)

    async def _send_until_done(self, errand: _PendingRequest) -> ApiResponse:
        call = errand.request
        while True:
            if not call.login:
                await self._authenticator.wait_until_ready()
                self._check_login(errand)
            number, kind = self._auth_state.login_generation, self._auth_state.token_for(call)
            token = await self.token(kind, since=errand.retry_state.since) if kind is not None else None
            try:
                return await self._exchange(errand, token, number)
            except _NotSentError:
                continue
            except UnrecognizedParameters as error:
                raise UnrecognizedParameters(error.warning, await self._suggestion(call, error.warning)) from None
            except MediaWikiError as error:
                if not await self._recovered(error, errand, token, number):
                    await self._wait_or_raise(error, errand)

    def _check_login(self, errand: _PendingRequest) -> None:
        """What began as somebody is not done by nobody, because another task has logged out."""
        if errand.began_logged_in and not self._auth_state.logged_in:
            raise AssertFailed((ApiErrorItem(code="assertuserfailed", text="This site was logged out meanwhile."),))

    # One try ---------------------------------------------------------------------------------------------------------

    async def _exchange(self, errand: _PendingRequest, token: str | None, number: int) -> ApiResponse:
        call, gates = errand.request, self._pause_keys(errand.request)
        await self.shared.pauses.wait(gates, max_wait=errand.retry_state.left)
        if call.write and not call.login:
            await self.shared.pauses.wait_for_turn(gates[1], self.shared.limits.write_interval)
        response = await self._send_when_free(errand, token, number)
        reply = parse_response(
            response,
            rest=bool(call.path or call.address),
            creating=call.creating,
            conditional=call.is_conditional,
            documents=call.documents,
        )
        self._process_response(call, reply)
        return reply

    async def _send_when_free(self, errand: _PendingRequest, token: str | None, number: int) -> HttpResponse:
        if errand.request.login:  # the door is closed behind it
            async with self.shared.slots:
                return await self._send_once(errand, token)
        async with self._login_lock.shared(), self.shared.slots:
            if self._is_stale(errand.request, token, number):
                raise _NotSentError
            return await self._send_once(errand, token)

    def _is_stale(self, call: ApiRequest, token: str | None, number: int) -> bool:
        identity = self._auth_state
        spent = token is not None and call.token is not None and token != identity.tokens.get(call.token)
        changing = self._login_lock.is_exclusive or number != identity.login_generation
        return changing or spent or self.shared.pauses.is_any_active(self._pause_keys(call))

    async def _send_once(self, errand: _PendingRequest, token: str | None) -> HttpResponse:
        call = errand.request
        errand.retry_state.start()
        dress = self._auth_state.credentials_for(call, token) if not call.login else NO_CREDENTIALS
        boundary = secrets.token_hex(16) if call.part is not None else ""
        request = self._request_builder.build(call, dress, boundary=boundary, read=errand.read)
        request = evolve(request, on_sent=errand.on_sent)
        for _ in range(1 + _MOST_REDIRECTS):
            response = await self._transmit(errand, request)
            location = response.header("location")
            if request.method != "GET" or response.status not in _REDIRECTS or not location or not call.path:
                return response
            target = self._request_builder.redirected(request.url, location)
            if target is None:
                return response
            request = evolve(request, url=target)
        last = urlsplit(request.url).path
        raise ProtocolError(
            f"{call.label} redirects more than {_MOST_REDIRECTS} times, at last to {last!r}: in a circle, maybe. Where "
            "they are redirects of the wiki, redirect=False brings the first one itself"
        )

    async def _transmit(self, errand: _PendingRequest, request: HttpRequest) -> HttpResponse:
        call = errand.request
        cookie = self._auth_state.cookies.header(request.url) if not call.address else None
        if cookie:
            own = request.headers.get("cookie")  # of HttpOptions
            request = evolve(request, headers={**request.headers, "cookie": f"{own}; {cookie}" if own else cookie})
        log.debug("%s %s %s", request.method, urlsplit(request.url).path, call.label)
        began = self.clock.now()
        told = partial(RequestFinished, label=call.label, method=request.method, attempt=errand.retry_state.attempt)
        try:
            response = await self.shared.transport.send(request)
        except MediaWikiError as error:
            self.observers.notify_event(told(seconds=self.clock.now() - began, failure=describe_error(error)))
            raise
        if not call.address:
            self._auth_state.cookies.store(request.url, response.headers)
        self.observers.notify_event(
            told(
                seconds=self.clock.now() - began,
                status=response.status,
                request_id=response.header("x-request-id"),
            )
        )
        return response

    def _process_response(self, call: ApiRequest, reply: ApiResponse) -> None:
        for warning in reply.warnings:
            if warning.code in _NOT_AN_ANSWER and call.partial:
                continue
            if warning.code in _NOT_AN_ANSWER and not call.write:
                raise UnrecognizedParameters(warning)
            if warning.code not in _EXPECTED:
                self.observers.notify_warning(warning)
        if call.part is not None:
            self.observers.notify_event(ChunkSent(offset=call.part.offset, length=call.part.length))
        said = reply.body.get(call.rate_limit_action) if isinstance(reply.body, dict) else None
        if isinstance(said, dict) and said.get("tempusercreated"):  # a write of nobody made an account for him
            self._auth_state.drop_tokens()

    # After a failure -------------------------------------------------------------------------------------------------

    async def _recovered(self, error: MediaWikiError, errand: _PendingRequest, token: str | None, number: int) -> bool:
        """Whether what was wrong with token or login is mended, so that the call can be sent again."""
        call = errand.request
        needed = recovery_for(error, call) if not call.login else None
        if needed is None:
            return False
        if needed is Recovery.LOGIN:
            errand.login_recoveries += 1
            return errand.login_recoveries == 1 and await self._authenticator.relogin(number)
        errand.token_recoveries += 1
        if (
            self._request_builder.project
        ):  # of many wikis at one address: it tells a lost login, and there is no other to ask
            return False
        if errand.token_recoveries > 1 or not (token is not None or self._auth_state.logged_in):
            return False
        if call.token is not None:
            self._auth_state.drop_token(call.token, token)
        if call.path and self._auth_state.logged_in:  # REST does not tell a lost login: ask where it is told
            await self._send_until_done(self._pending(_WHO, since=errand.retry_state.since))
        return True

    async def _wait_or_raise(self, error: MediaWikiError, errand: _PendingRequest) -> None:
        call = errand.request
        self._begin_pause(error, call)
        resend = call.repeatable or not call.write
        if await errand.retry_state.wait_before_retry(error, resend=resend):
            return
        if resend or call.login or not outcome_is_unknown(error):
            raise error
        raise OutcomeUnknown(
            f"{call.label} was sent, and its answer was lost ({error}): look at the wiki before you repeat it"
        ) from error

    def _begin_pause(self, error: MediaWikiError, call: ApiRequest) -> None:
        paused = pause_for(error)
        if paused is None:
            return
        farm, wiki, action = self._pause_keys(call)
        gate = {Scope.FARM: farm, Scope.WIKI: wiki, Scope.ACTION: action}[paused.scope]
        if self.shared.pauses.begin(gate, paused.seconds, error):
            self.observers.notify_event(
                Paused(scope=paused.scope.value, name=gate[-1], seconds=paused.seconds, cause=describe_error(error))
            )

    def _pause_keys(self, call: ApiRequest) -> tuple[PauseKey, PauseKey, PauseKey]:
        wiki = self._request_builder.api_url
        return ("farm",), ("wiki", wiki), ("action", wiki, call.rate_limit_action)

    # Who we are ------------------------------------------------------------------------------------------------------

    def _check_state(self, state: LoginState, auth: Auth | None) -> None:
        if state.wiki != self._request_builder.api_url:
            raise ValueError(
                f"this LoginState is of {state.wiki!r}, and this site is {self._request_builder.api_url!r}"
            )
        if state.account and not may_be_of(auth, state.account):
            raise ValueError(f"this LoginState is of {state.account!r}, and auth is for another account")

    async def _fetch_account(self) -> Account:
        account = await self.run_flow(fetch_account())
        self._auth_state.account = account  # at once: nothing has come between the answer and this line
        return account

    async def _fetch_tokens(self, since: float | None) -> dict[str, str]:
        async def send(call: ApiRequest, **_: object) -> ApiResponse:
            return await self._send_until_done(self._pending(call, since=since))

        tokens = await run_flow(fetch_tokens(logged_in=self._auth_state.logged_in), send)
        self._auth_state.tokens = tokens  # at once, too
        self.observers.notify_event(TokensFetched(kinds=tuple(sorted(tokens))))
        return tokens

    # What the wiki can do --------------------------------------------------------------------------------------------

    async def _describe(self, paths: list[str]) -> None:
        reply = await self.send(
            ApiRequest(params={"action": "paraminfo", "modules": "|".join(paths), "helpformat": "none"})
        )
        self._modules.update(from_paraminfo(reply.body))

    async def _no_such_module(self, path: str) -> str:
        group, _, name = path.rpartition("+")
        what = "list, prop, meta or generator" if group else "action"
        meant = nearest(name, await self.run_flow(module_names(group)))
        return f"this wiki has no {what} {name!r}{meant or ': is an extension missing?'}"

    async def _suggestion(self, call: ApiRequest, warning: ApiWarning) -> str:
        try:
            return await self.run_flow(suggestion(call.params, warning))
        except MediaWikiError:
            return ""  # the mistake is to be told, not that its explanation failed


def _joined(url: str, location: str) -> str:
    try:
        return urljoin(url, location)
    except ValueError as error:
        raise ProtocolError(
            f"a redirect on the way to a file leads to {location!r:.200}, which is no address"
        ) from error
