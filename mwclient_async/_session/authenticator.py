"""Logs in, renews a lost login, fetches tokens and the account.

- A login that the wiki no longer knows is renewed once for all requests that need it. It takes the login lock
  exclusively, so no other request of the site is in flight.
- Tokens and account are fetched when they are first needed. A login, a logout or a refused token drops them.
- Tasks that need a login, a token or the account at the same time share one request (``SingleFlight``).
"""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, nullcontext
from copy import copy
from functools import partial
from typing import Generic, Protocol, TypeVar

import anyio
from attrs import Factory, define

from mwclient_async import _http, models
from mwclient_async._http.messages import ApiRequest, ApiResponse, HttpRequest
from mwclient_async._http.secret_text import SecretText
from mwclient_async._session.auth_state import AuthState
from mwclient_async._session.calls import report_call
from mwclient_async._session.login import (
    Account,
    fetch_access_token,
    fetch_account,
    fetch_tokens,
    is_stale_login_token,
    log_in,
)
from mwclient_async._session.observers import Observers, log
from mwclient_async._session.rate_limits import Pauses
from mwclient_async._session.retry_state import RetryState
from mwclient_async._session.run_flow import Send, awaited, run_flow
from mwclient_async._session.shared_resources import SharedResources
from mwclient_async.errors import LoginFailed, LoginThrottled, MediaWikiError, ProtocolError
from mwclient_async.models.options import RetryPolicy

T = TypeVar("T")

SendWith = Callable[[ApiRequest, RetryState], Awaitable[ApiResponse]]

_RENEWAL_MARGIN = 60.0  # seconds before an OAuth token expires at which it is renewed, but not before half its life
_LOGIN_PAUSE = ("login",)
_LOGIN_LABEL = "action=login"
_PAUSE_AFTER_REFUSAL = 60.0  # seconds after a refused login in which it is not renewed: wikis count the attempts


class SendSince(Protocol):
    """The session's method ``send``, with the moment when the deadline of the request that needs this one began."""

    async def __call__(self, request: ApiRequest, *, since: float | None = None) -> ApiResponse:
        """Send one request, again if that is safe."""
        ...


@define(eq=False)
class _SharedCall(Generic[T]):
    finished: anyio.Event = Factory(anyio.Event)
    results: list[T] = Factory(list)
    error: MediaWikiError | None = None


class SingleFlight(Generic[T]):
    """Runs one call at a time. A caller that comes while it runs waits for its result.

    An error of the wiki is shared, too, so that fifty tasks do not try a wrong password fifty times. If the task that
    runs the call is cancelled, or fails in another way, the next waiting task runs it.
    """

    def __init__(self) -> None:
        self._flight: _SharedCall[T] | None = None

    async def run(self, work: Callable[[], Awaitable[T]]) -> T:
        """The result of ``work``, or of the call that is running already."""
        for result in await self._join_running():
            return result
        flight: _SharedCall[T] = _SharedCall()
        self._flight = flight
        try:
            result = await work()
        except MediaWikiError as error:
            flight.error = error
            raise
        else:
            flight.results.append(result)
            return result
        finally:
            self._flight = None
            flight.finished.set()

    async def join(self) -> None:
        """Wait for the running call, if there is one. Raises the error of the wiki that it raised."""
        await self._join_running()

    async def _join_running(self) -> list[T]:
        while (flight := self._flight) is not None:
            await flight.finished.wait()
            if flight.error is not None:
                raise copy(flight.error)  # each task adds its own cursor, notes and traceback
            if flight.results:
                return flight.results
        return []


class LoginLock:
    """Any number of requests share the lock. A login waits until no request is in flight, and keeps new ones waiting.

    Otherwise, a response that is still on its way could bring cookies of the old session into the new one.
    """

    def __init__(self) -> None:
        self._sharing = 0
        self._released: anyio.Event | None = None  # None unless a login holds the lock, or waits for it
        self._unshared: anyio.Event | None = None
        self._lock = anyio.Lock(fast_acquire=True)  # no other task runs before it is acquired

    @property
    def is_exclusive(self) -> bool:
        """Whether a login holds the lock, or waits for the requests in flight."""
        return self._released is not None

    @asynccontextmanager
    async def shared(self) -> AsyncIterator[None]:
        """Share the lock with other requests, after any login."""
        while self._released is not None:
            await self._released.wait()
        self._sharing += 1
        try:
            yield
        finally:
            self._sharing -= 1
            if self._sharing == 0 and self._unshared is not None:
                self._unshared.set()

    @asynccontextmanager
    async def exclusive(self) -> AsyncIterator[None]:
        """Hold the lock alone, once no request shares it."""
        async with self._lock:
            self._released = released = anyio.Event()
            try:
                while self._sharing:
                    self._unshared = anyio.Event()
                    await self._unshared.wait()
                yield
            finally:
                self._released = self._unshared = None
                released.set()


class Authenticator:
    """Logs in with ``auth``, which is also how a lost login is renewed. ``lock`` is held exclusively meanwhile."""

    def __init__(
        self,
        auth_state: AuthState,
        send: SendWith,
        *,
        shared: SharedResources,
        policy: RetryPolicy,
        observers: Observers,
    ) -> None:
        self.auth: models.auth.Auth | None = None
        self.lock = LoginLock()
        self._auth_state = auth_state
        self._send = send
        self._clock = shared.clock
        self._pauses = Pauses(shared.clock)
        self._policy = policy
        self._observers = observers
        self._flight: SingleFlight[None] = SingleFlight()

    async def log_in(self, auth: models.auth.Auth) -> None:
        """Log in with ``auth``, which from now on also renews the login. If it fails, the login before stays."""
        async with self.lock.exclusive():
            await self._log_in(auth)
            self.auth = auth
            self._pauses.end(_LOGIN_PAUSE)

    async def relogin(self, generation: int) -> bool:
        """Log in, unless another task has done so since that login generation. Returns whether it is possible."""
        has_fixed_token = isinstance(self.auth, models.auth.OAuth2Token) and isinstance(self.auth.token, str)
        is_fixed = has_fixed_token or isinstance(self.auth, models.auth.OAuth1)
        if self.auth is None or (is_fixed and self._auth_state.uses_oauth):  # no other token to try
            return False
        await self._flight.run(partial(self._relogin, generation))
        return True

    async def discard_token(self, kind: str, token: str, *, wait: bool) -> None:
        """Discard a refused token and all fetched with it; with ``wait``, once no other request is in flight."""
        async with self.lock.exclusive() if wait else nullcontext():
            self._auth_state.drop_token(kind, token)

    async def start_session(self) -> bool:
        """Begin another session on the wiki with the same account. Returns whether that needs no help by the user."""
        auth, state = self.auth, self._auth_state
        if isinstance(auth, models.auth.BotPassword) or (
            isinstance(auth, models.auth.ClientLogin) and auth.answer is None
        ):
            return await self.relogin(state.login_generation)
        if state.uses_cookies:
            return False
        async with self.lock.exclusive():  # anonymous, or OAuth, which logs each request in
            state.cookies.discard_session()
            state.drop_tokens()
        return True

    async def wait_until_ready(self) -> None:
        """Wait until a login that is being renewed is ready. Renew an OAuth token that is about to expire."""
        await self._flight.join()
        expires = self._auth_state.expires
        if expires is not None and self._clock.now() > expires:
            self._auth_state.expires = None  # one try, then only after a refusal
            await self.relogin(self._auth_state.login_generation)

    async def _relogin(self, generation: int) -> None:
        async with self.lock.exclusive():
            if generation != self._auth_state.login_generation or self.auth is None:
                return
            await self._pauses.wait([_LOGIN_PAUSE], max_wait=0)
            log.info("the wiki does not know this login or its tokens any more: logging in again")
            try:
                await self._log_in(self.auth)
            except LoginFailed as error:
                wait = error.wait if isinstance(error, LoginThrottled) else _PAUSE_AFTER_REFUSAL
                self._pauses.begin(_LOGIN_PAUSE, min(wait, self._policy.longest_pause), error)
                raise

    async def _log_in(self, auth: models.auth.Auth) -> None:
        with self._auth_state.kept_unless_replaced():
            work = self._log_in_anew(auth)
            await report_call(work, label=_LOGIN_LABEL, observers=self._observers, clock=self._clock)
        self._observers.notify_event(
            models.events.LoggedIn(account=self._auth_state.name, login_generation=self._auth_state.login_generation)
        )

    async def _log_in_anew(self, auth: models.auth.Auth) -> None:
        retry_state = RetryState(policy=self._policy, clock=self._clock, observers=self._observers, label=_LOGIN_LABEL)
        stale_tokens = 0
        while True:
            self._auth_state.discard_session()
            try:
                await self._run_login(auth, retry_state)
            except LoginFailed as error:
                stale_tokens += 1
                if not is_stale_login_token(error) or stale_tokens > 1:
                    raise
            except MediaWikiError as error:  # a response was lost: begin again
                if not await retry_state.wait_before_retry(error, resend=True):
                    raise
            else:
                return

    async def _run_login(self, auth: models.auth.Auth, retry_state: RetryState) -> None:
        async def send(request: ApiRequest, **_: object) -> ApiResponse:  # all steps share the tries of one request
            return await self._send(request, retry_state)

        if isinstance(auth, models.auth.OAuth2ClientCredentials):
            access_token = await run_flow(fetch_access_token(auth), send)
            lifetime = access_token.expires_in
            renew_after = None if lifetime is None else max(lifetime - _RENEWAL_MARGIN, lifetime / 2)
            expires = None if renew_after is None else self._clock.now() + renew_after
            self._auth_state.set_login(bearer=access_token.token, expires=expires)
        elif isinstance(auth, models.auth.OAuth2Token):
            self._auth_state.set_login(  # the token is in no local variable, because a traceback may show these
                bearer=models.auth.checked_token(
                    "the OAuth token", auth.token if isinstance(auth.token, str) else await awaited(auth.token())
                )
            )
        elif isinstance(auth, models.auth.OAuth1):
            self._auth_state.set_login(sign=partial(self._sign, auth))
        else:
            answer_question = auth.answer if isinstance(auth, models.auth.ClientLogin) else None
            name = await run_flow(log_in(auth), send, ask=answer_question)
            self._auth_state.set_login(name)

    def _sign(self, auth: models.auth.OAuth1, request: HttpRequest) -> SecretText:
        return _http.oauth1.authorization(
            request, auth, nonce=secrets.token_hex(16), timestamp=int(self._clock.timestamp())
        )


class LoginData:
    """Fetches tokens and account, and keeps them in the AuthState.

    ``begin_writing`` is called with the wiki's clock when tokens are fetched: every write needs one.
    """

    def __init__(
        self, auth_state: AuthState, send: SendSince, observers: Observers, begin_writing: Callable[[str], None]
    ) -> None:
        self._auth_state = auth_state
        self._send = send
        self._observers = observers
        self._begin_writing = begin_writing
        self._tokens_flight: SingleFlight[dict[str, str]] = SingleFlight()
        self._account_flight: SingleFlight[Account] = SingleFlight()

    async def account(self) -> Account:
        """The account that the wiki takes this client for."""
        return self._auth_state.account or await self._account_flight.run(self._fetch_account)

    async def token(self, kind: str, *, since: float | None = None) -> str:
        """A token of that kind. ``since`` is when the deadline of the request that needs the token began.

        Raises ProtocolError if the wiki has no tokens of that kind.
        """
        # A loop, because a login may drop the tokens before the tasks that wait for them see them.
        while (token := self._auth_state.tokens.get(kind)) is None:
            if kind not in await self._tokens_flight.run(partial(self._fetch_tokens, since)):
                raise ProtocolError(f"the wiki gave no {kind} token")
        return token

    def _sender(self, since: float | None) -> Send:
        async def send(request: ApiRequest, **_: object) -> ApiResponse:
            return await self._send(request, since=since)

        return send

    async def _fetch_account(self) -> Account:
        account = await run_flow(fetch_account(), self._sender(None))
        self._auth_state.account = account  # no await since the response, so no login can have come between
        return account

    async def _fetch_tokens(self, since: float | None) -> dict[str, str]:
        flow = fetch_tokens(logged_in=self._auth_state.logged_in)
        tokens, clock = await run_flow(flow, self._sender(since))
        self._begin_writing(clock)
        self._auth_state.tokens = tokens  # no await since the response, as above
        self._observers.notify_event(models.events.TokensFetched(kinds=tuple(sorted(tokens))))
        return tokens
