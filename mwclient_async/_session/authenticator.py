"""How a site gets in, and in again when the wiki has forgotten it: one login for all who wait."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial

from mwclient_async._http.messages import Call, Reply
from mwclient_async._http.run_flow import drive
from mwclient_async._session.auth_state import Identity
from mwclient_async._session.login import fetch_grant, is_stale, log_in
from mwclient_async._session.observers import Observers, log
from mwclient_async._session.rate_limits import Farm, Gates
from mwclient_async._session.retry_state import Patience
from mwclient_async._session.single_flight import SingleFlight
from mwclient_async.errors import LoginFailed, LoginThrottled, MediaWikiError
from mwclient_async.models.auth import Auth, ClientLogin, OAuth2ClientCredentials, OAuth2Token, checked_token
from mwclient_async.models.events import LoggedIn
from mwclient_async.models.options import RetryPolicy

SendWith = Callable[[Call, Patience], Awaitable[Reply]]

_EARLY = 60.0  # seconds before its end that an OAuth token is renewed, or after half of its time
_REFUSED = ("login",)
_RESPITE = 60.0  # seconds after a refused login until one is tried again by itself: wikis count them


class Entrance:
    """Logs in with ``auth``. The site's door is closed meanwhile."""

    def __init__(
        self, identity: Identity, send: SendWith, *, farm: Farm, policy: RetryPolicy, observers: Observers
    ) -> None:
        self.auth: Auth | None = None
        self._identity = identity
        self._send = send
        self._clock = farm.clock
        self._gates = Gates(farm.clock)
        self._policy = policy
        self._observers = observers
        self._flight: SingleFlight[None] = SingleFlight()

    async def enter(self, auth: Auth) -> None:
        """Log in with this, and again with this from now on. What was logged in before is forgotten."""
        async with self._identity.door.closed():
            await self._enter(auth)
            self.auth = auth
            self._gates.open(_REFUSED)

    async def enter_again(self, number: int) -> bool:
        """Log in, unless somebody has done so since that number; whether there is a way to."""
        given = isinstance(self.auth, OAuth2Token) and isinstance(self.auth.token, str)
        if self.auth is None or (given and self._identity.by_token):  # there is no other token
            return False
        await self._flight.run(partial(self._enter_again, number))
        return True

    async def ready(self) -> None:
        """Wait for a login that is under way again; renew an OAuth token that is about to expire."""
        await self._flight.join()
        expires = self._identity.expires
        if expires is not None and self._clock.now() > expires:
            self._identity.expires = None  # one try; the wiki's refusal is the next
            await self.enter_again(self._identity.number)

    async def _enter_again(self, number: int) -> None:
        async with self._identity.door.closed():
            if number != self._identity.number or self.auth is None:
                return
            await self._gates.wait([_REFUSED], patience=0)
            log.info("the wiki does not know this login any more: logging in again")
            try:
                await self._enter(self.auth)
            except LoginFailed as error:
                wait = error.wait if isinstance(error, LoginThrottled) else _RESPITE
                self._gates.close(_REFUSED, wait, error)
                raise

    async def _enter(self, auth: Auth) -> None:
        patience = Patience(policy=self._policy, clock=self._clock, observers=self._observers, label="action=login")
        stale = 0
        while True:
            self._identity.forget()
            try:
                await self._introduce(auth, patience)
                break
            except LoginFailed as error:
                stale += 1
                if not is_stale(error) or stale > 1:
                    raise
            except MediaWikiError as error:  # the answer to one of its steps was lost: from the beginning
                if not await patience.outlasts(error, resend=True):
                    raise
        self._observers.happened(LoggedIn(account=self._identity.name, number=self._identity.number))

    async def _introduce(self, auth: Auth, patience: Patience) -> None:
        async def send(call: Call, **_: object) -> Reply:  # all steps together have the tries of one call
            return await self._send(call, patience)

        if isinstance(auth, OAuth2ClientCredentials):
            grant = await drive(fetch_grant(auth), send)
            lasting = grant.expires_in
            until = None if lasting is None else self._clock.now() + max(lasting - _EARLY, lasting / 2)
            self._identity.arrive(bearer=grant.token, expires=until)
        elif isinstance(auth, OAuth2Token):
            token = auth.token if isinstance(auth.token, str) else await auth.token()
            self._identity.arrive(bearer=checked_token("the OAuth token", token))
        else:
            answer = auth.answer if isinstance(auth, ClientLogin) else None
            name = await drive(log_in(auth), send, ask=answer)
            self._identity.arrive(name)
