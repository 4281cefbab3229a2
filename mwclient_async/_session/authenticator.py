"""How a site gets in, and in again when the wiki has forgotten it: one login for all who wait."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial

from mwclient_async._http.messages import ApiRequest, ApiResponse
from mwclient_async._http.run_flow import run_flow
from mwclient_async._session.auth_state import AuthState
from mwclient_async._session.login import fetch_grant, is_stale, log_in
from mwclient_async._session.login_lock import LoginLock
from mwclient_async._session.observers import Observers, log
from mwclient_async._session.rate_limits import Pauses
from mwclient_async._session.retry_state import RetryState
from mwclient_async._session.shared_resources import SharedResources
from mwclient_async._session.single_flight import SingleFlight
from mwclient_async.errors import LoginFailed, LoginThrottled, MediaWikiError
from mwclient_async.models.auth import Auth, ClientLogin, OAuth2ClientCredentials, OAuth2Token, checked_token
from mwclient_async.models.events import LoggedIn
from mwclient_async.models.options import RetryPolicy

SendWith = Callable[[ApiRequest, RetryState], Awaitable[ApiResponse]]

_EARLY = 60.0  # seconds before its end that an OAuth token is renewed, or after half of its time
_REFUSED = ("login",)
_RESPITE = 60.0  # seconds after a refused login until one is tried again by itself: wikis count them


class Authenticator:
    """Logs in with ``auth``. The site's door is closed meanwhile."""

    def __init__(
        self,
        auth_state: AuthState,
        login_lock: LoginLock,
        send: SendWith,
        *,
        shared: SharedResources,
        policy: RetryPolicy,
        observers: Observers,
    ) -> None:
        self.auth: Auth | None = None
        self._auth_state = auth_state
        self._login_lock = login_lock
        self._send = send
        self._clock = shared.clock
        self._pauses = Pauses(shared.clock)
        self._policy = policy
        self._observers = observers
        self._flight: SingleFlight[None] = SingleFlight()

    async def log_in(self, auth: Auth) -> None:
        """Log in with this, and again with this from now on. What was logged in before is forgotten."""
        async with self._login_lock.exclusive():
            await self._log_in(auth)
            self.auth = auth
            self._pauses.end(_REFUSED)

    async def relogin(self, number: int) -> bool:
        """Log in, unless somebody has done so since that number; whether there is a way to."""
        given = isinstance(self.auth, OAuth2Token) and isinstance(self.auth.token, str)
        if self.auth is None or (given and self._auth_state.uses_oauth_token):  # there is no other token
            return False
        await self._flight.run(partial(self._relogin, number))
        return True

    async def wait_until_ready(self) -> None:
        """Wait for a login that is under way again; renew an OAuth token that is about to expire."""
        await self._flight.join()
        expires = self._auth_state.expires
        if expires is not None and self._clock.now() > expires:
            self._auth_state.expires = None  # one try; the wiki's refusal is the next
            await self.relogin(self._auth_state.login_generation)

    async def _relogin(self, number: int) -> None:
        async with self._login_lock.exclusive():
            if number != self._auth_state.login_generation or self.auth is None:
                return
            await self._pauses.wait([_REFUSED], max_wait=0)
            log.info("the wiki does not know this login any more: logging in again")
            try:
                await self._log_in(self.auth)
            except LoginFailed as error:
                wait = error.wait if isinstance(error, LoginThrottled) else _RESPITE
                self._pauses.begin(_REFUSED, wait, error)
                raise

    async def _log_in(self, auth: Auth) -> None:
        patience = RetryState(policy=self._policy, clock=self._clock, observers=self._observers, label="action=login")
        stale = 0
        while True:
            self._auth_state.discard_session()
            try:
                await self._run_login(auth, patience)
                break
            except LoginFailed as error:
                stale += 1
                if not is_stale(error) or stale > 1:
                    raise
            except MediaWikiError as error:  # the answer to one of its steps was lost: from the beginning
                if not await patience.wait_before_retry(error, resend=True):
                    raise
        self._observers.notify_event(
            LoggedIn(account=self._auth_state.name, login_generation=self._auth_state.login_generation)
        )

    async def _run_login(self, auth: Auth, patience: RetryState) -> None:
        async def send(call: ApiRequest, **_: object) -> ApiResponse:  # all steps together have the tries of one call
            return await self._send(call, patience)

        if isinstance(auth, OAuth2ClientCredentials):
            grant = await run_flow(fetch_grant(auth), send)
            lasting = grant.expires_in
            until = None if lasting is None else self._clock.now() + max(lasting - _EARLY, lasting / 2)
            self._auth_state.set_login(bearer=grant.token, expires=until)
        elif isinstance(auth, OAuth2Token):
            token = auth.token if isinstance(auth.token, str) else await auth.token()
            self._auth_state.set_login(bearer=checked_token("the OAuth token", token))
        else:
            answer = auth.answer if isinstance(auth, ClientLogin) else None
            name = await run_flow(log_in(auth), send, ask=answer)
            self._auth_state.set_login(name)
