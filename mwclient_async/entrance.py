"""How a site gets in, and in again when the wiki has forgotten it: one login for all who wait."""

from __future__ import annotations

from functools import partial

from mwclient_async.driving import Send, drive
from mwclient_async.errors import LoginFailed, LoginThrottled, MediaWikiError
from mwclient_async.flights import SingleFlight
from mwclient_async.gates import Farm, Gate
from mwclient_async.identity import Identity
from mwclient_async.models.auth import Auth, ClientLogin, OAuth2ClientCredentials, OAuth2Token, checked_token
from mwclient_async.models.events import LoggedIn
from mwclient_async.models.options import RetryPolicy
from mwclient_async.observers import Observers, log
from mwclient_async.patience import Patience
from mwclient_async.sansio.login import fetch_grant, is_stale, log_in

_EARLY = 60.0  # seconds before its end that an OAuth token is renewed
_RESPITE = 60.0  # seconds after a refused login until one is tried again by itself: wikis count them


class Entrance:
    """Logs in with ``auth``. The site's door is closed meanwhile."""

    def __init__(
        self, identity: Identity, send: Send, *, wiki: str, farm: Farm, policy: RetryPolicy, observers: Observers
    ) -> None:
        self.auth: Auth | None = None
        self._identity = identity
        self._send = send
        self._farm = farm
        self._gate: Gate = ("login", wiki)
        self._policy = policy
        self._observers = observers
        self._flight: SingleFlight[None] = SingleFlight()

    async def enter(self, auth: Auth) -> None:
        """Log in with this, and again with this from now on. What was logged in before is forgotten."""
        async with self._identity.door.closed():
            await self._enter(auth)
            self.auth = auth

    async def enter_again(self, number: int) -> bool:
        """Log in, unless somebody has done so since that number; whether there is a way to."""
        if self.auth is None or (isinstance(self.auth, OAuth2Token) and isinstance(self.auth.token, str)):
            return False
        await self._flight.run(partial(self._enter_again, number))
        return True

    async def renew(self) -> None:
        """Renew an OAuth token that is about to expire."""
        expires = self._identity.expires
        if expires is not None and self._farm.clock.now() > expires - _EARLY:
            self._identity.expires = None  # one try; the wiki's refusal is the next
            await self.enter_again(self._identity.number)

    async def _enter_again(self, number: int) -> None:
        async with self._identity.door.closed():
            if number != self._identity.number or self.auth is None:
                return
            await self._farm.gates.wait([self._gate], patience=0)
            log.info("the wiki does not know this login any more: logging in again")
            try:
                await self._enter(self.auth)
            except LoginFailed as error:
                wait = error.wait if isinstance(error, LoginThrottled) else _RESPITE
                self._farm.gates.close(self._gate, wait, error)
                raise

    async def _enter(self, auth: Auth) -> None:
        patience = Patience(
            policy=self._policy, clock=self._farm.clock, observers=self._observers, label="action=login"
        )
        stale = 0
        while True:
            self._identity.forget()
            try:
                await self._introduce(auth)
                break
            except LoginFailed as error:
                stale += 1
                if not is_stale(error) or stale > 1:
                    raise
            except MediaWikiError as error:  # the answer to one of its steps was lost: from the beginning
                if not await patience.outlasts(error, resend=True):
                    raise
        self._observers.happened(LoggedIn(account=self._identity.name, number=self._identity.number))

    async def _introduce(self, auth: Auth) -> None:
        clock = self._farm.clock
        if isinstance(auth, OAuth2ClientCredentials):
            grant = await drive(fetch_grant(auth), self._send)
            until = None if grant.expires_in is None else clock.now() + grant.expires_in
            self._identity.arrive(bearer=grant.token, expires=until)
        elif isinstance(auth, OAuth2Token):
            token = auth.token if isinstance(auth.token, str) else await auth.token()
            self._identity.arrive(bearer=checked_token("the OAuth token", token))
        else:
            answer = auth.answer if isinstance(auth, ClientLogin) else None
            name = await drive(log_in(auth), self._send, ask=answer, sleep=clock.sleep)
            self._identity.arrive(name)
