"""The session: every request of a site goes through :meth:`Session.send`, and only the session sends a request again.

The life of one request:

1. *Login.* If a login is being renewed, the request waits for it. An OAuth token that is about to expire is renewed.
2. *Token.* The token that the request needs is fetched, if it is not known.
3. *Pauses.* If the wiki has asked for a pause, the request waits until it is over. A write also waits for its turn;
   one without a login waits for others that could make a temporary account.
4. *Login lock.* Requests share it. A login takes it exclusively, so that no other request is in flight at that time.
5. *Slot.* The site and its siblings have a limited number of requests in flight. While a request waits for its slot, a
   pause may begin, or a login or token may change. So these are checked again; after a change the request starts anew.
   A site that shares its limits with other processes then takes a slot of theirs, too (``shared_limits.py``).
6. *Transport.* The request is built with the current credentials, and sent.
7. *Response.* ``parse_response`` decodes the response, or raises the error that it holds.
8. *Recovery.* If the wiki refused the token or the login, it is renewed, and the request is sent again.
9. *Retry.* If the error may pass, and if sending the request twice is safe, it is sent again after a wait. If a write
   may have been executed, the error is OutcomeUnknown.

Requests that log in skip the first two steps, the lock and the recovery. The decisions are in ``retry.py``, as pure
functions.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, TypeVar

import anyio
from attrs import Factory, define, evolve

from mwclient_async import _session, models
from mwclient_async._http.flow import Flow
from mwclient_async._http.messages import ApiRequest, ApiResponse, HttpResponse, ReadAt, StreamedResponse
from mwclient_async._http.request_builder import RequestBuilder
from mwclient_async._http.urls import check_safe_for_credentials
from mwclient_async._session.anonymous_writes import AnonymousWrites
from mwclient_async._session.auth_state import AuthState
from mwclient_async._session.authenticator import Authenticator, LoginData
from mwclient_async._session.calls import report_call
from mwclient_async._session.clock import Clock
from mwclient_async._session.file_streams import FileStreams
from mwclient_async._session.http_exchange import HttpSender, is_large, parse
from mwclient_async._session.known_revisions import KnownRevisions
from mwclient_async._session.login import Account, account_in, log_out, may_log_in_as, without_account
from mwclient_async._session.module_catalog import ModuleCatalog
from mwclient_async._session.module_table import Module
from mwclient_async._session.observers import Observers, log
from mwclient_async._session.own_actions import OwnActions, own_actions_on
from mwclient_async._session.own_edits import OwnEdits
from mwclient_async._session.rate_limits import WikiPauses
from mwclient_async._session.recovery import Recoverer, Refused, Renewals
from mwclient_async._session.response_checks import checked_warnings
from mwclient_async._session.retry import outcome_is_unknown
from mwclient_async._session.retry_state import RetryState
from mwclient_async._session.run_flow import run_flow
from mwclient_async._session.shared_resources import SharedResources
from mwclient_async._session.title_locks import TitleLocks, revision_lock_keys, write_lock_keys
from mwclient_async.errors import (
    ApiErrorItem,
    AssertFailed,
    AuthError,
    DryRun,
    MediaWikiError,
    MissingParameter,
    OutcomeUnknown,
    SiteClosed,
    TransportError,
    UnrecognizedParameters,
)
from mwclient_async.models.options import RetryPolicy

T = TypeVar("T")


class _NotSentError(Exception):
    """The request was not sent, because a pause began or the login or token changed while it waited for its slot."""


@define
class _PendingRequest:
    """A request that is not answered yet, and what was renewed for it."""

    request: ApiRequest
    retry_state: RetryState
    began_logged_in: bool
    read: ReadAt | None = None
    on_sent: Callable[[], None] | None = None
    renewals: Renewals = Factory(Renewals)
    late: float = 0.0  # seconds until a write that waited for its slot may begin


class Session:
    """The requests of one site, from ``open`` to the end. ``dry_run`` refuses all writes."""

    def __init__(
        self,
        shared: SharedResources,
        request_builder: RequestBuilder,
        *,
        retry: RetryPolicy,
        observers: Observers,
        dry_run: bool = False,
        assert_bot: bool = False,
        plain_http: bool = False,
        shared_account: bool | None = None,
    ) -> None:
        self.shared = shared
        self.dry_run = dry_run
        self.clock: Clock = shared.clock
        self.retry = retry
        self.observers = observers
        self.known_revisions: KnownRevisions = KnownRevisions()
        self.own_edits: OwnEdits = OwnEdits(request_builder.api_url, shared=shared_account, keys=revision_lock_keys)
        self.own_actions: OwnActions = own_actions_on(request_builder.api_url)
        self._title_locks = TitleLocks()
        self._request_builder = request_builder
        self._plain_http = plain_http
        self._auth_state = AuthState(bot=assert_bot)
        self._authenticator = Authenticator(
            self._auth_state, self._send_with, shared=shared, policy=retry, observers=observers
        )
        self._login_data = LoginData(self._auth_state, self.send, observers, self.own_edits.begin)
        self._recoverer = Recoverer(
            auth_state=self._auth_state,
            authenticator=self._authenticator,
            send=self.send,
            has_action_api=not request_builder.project,
        )
        self._pauses = WikiPauses(shared.pauses, request_builder.api_url, retry, observers, shared.connection)
        self._anonymous_writes = AnonymousWrites(self._auth_state)
        self._modules = ModuleCatalog(self.send)
        self._sender = HttpSender(shared, request_builder, self._auth_state)
        self._files = FileStreams(
            shared=shared,
            request_builder=request_builder,
            auth_state=self._auth_state,
            pauses=self._pauses,
            max_wait=retry.deadline,
        )
        self._fetched: dict[Callable[..., Any], Any] = {}
        self._fetch_locks: dict[Callable[..., Any], anyio.Lock] = {}

    async def send(
        self,
        request: ApiRequest,
        *,
        read: ReadAt | None = None,
        on_sent: Callable[[], None] | None = None,
        since: float | None = None,
    ) -> ApiResponse:
        """Send one request and return its response; again, by the retry policy, if that is safe.

        ``read`` gives the part of a file that the request holds. ``on_sent`` is called each time the request is on the
        wire. ``since`` is the moment on the clock at which the deadline began, if the request shares one with others.
        """
        self.shared.owner.check()
        if self.dry_run and request.write and not request.login:
            raise DryRun(f"{request.label} was not sent: this site has EditDefaults(dry_run=True)")
        retry_state = self.new_retry_state(request.label, since)
        pending = _PendingRequest(request, retry_state, self._auth_state.logged_in, read=read, on_sent=on_sent)
        work = self._send_until_done(pending)
        return await report_call(work, label=request.label, observers=self.observers, clock=self.clock)

    async def run_flow(
        self, flow: Flow[T], *, read: ReadAt | None = None, on_sent: Callable[[], None] | None = None
    ) -> T:
        """The result of a flow, with this site's requests, clock and retry policy."""
        return await run_flow(
            flow,
            self.send,
            read=read,
            on_sent=on_sent,
            sleep=self.clock.sleep,
            retries=self.new_retry_state,
            new_session=self.start_session,
        )

    async def start_session(self) -> bool:
        """Begin another session on the wiki with the same account. Returns whether that needs no help by the user."""
        if self._request_builder.has_session_cookie:
            return False
        return await self._authenticator.start_session()

    def has_fetched(self, flow: Callable[..., Flow[Any]]) -> bool:
        """Whether the result of a flow is known from :meth:`fetch_once`."""
        return flow in self._fetched

    async def fetch_once(self, flow: Callable[[], Flow[T]], *, instead: Callable[[], Flow[T]] | None = None) -> T:
        """The result of a flow, which runs once per session: for facts about the wiki that do not change.

        ``instead`` is a flow with the same result, and more to do, that runs in its place.
        """
        return await self.once(flow, lambda: self.run_flow((instead or flow)()))

    async def once(self, key: Callable[..., Any], make: Callable[[], Awaitable[T]]) -> T:
        """What ``make`` returns, which runs once per session for this key. Concurrent calls wait for it."""
        if key not in self._fetched:
            async with self._fetch_locks.setdefault(key, anyio.Lock()):
                if key not in self._fetched:
                    self._fetched[key] = await make()
        result: T = self._fetched[key]
        return result

    def new_retry_state(self, label: str, since: float | None = None) -> RetryState:
        """The state of this site's retry policy, at its beginning."""
        return RetryState(policy=self.retry, clock=self.clock, observers=self.observers, label=label, since=since)

    def stream_file(self, url: str, headers: Mapping[str, str]) -> AbstractAsyncContextManager[StreamedResponse]:
        """The response to a GET of this URL, to be read while it comes in."""
        self.shared.owner.check()
        return self._files.open(url, headers)

    async def modules(self, paths: Iterable[str]) -> dict[str, Module]:
        """The API modules with these paths, as :meth:`ModuleCatalog.find` finds them."""
        self.shared.owner.check()
        return await self._modules.find(paths)

    async def existing_modules(self, paths: Iterable[str]) -> dict[str, Module]:
        """Those of the API modules with these paths that the wiki has."""
        self.shared.owner.check()
        return await self._modules.find_existing(paths)

    async def describe_modules(self, paths: Iterable[str]) -> dict[str, Module]:
        """The API modules with these paths and their parameters, as :meth:`ModuleCatalog.describe` does."""
        self.shared.owner.check()
        return await self._modules.describe(paths)

    @property
    def wiki(self) -> str:
        """The wiki's API address, by which its Titles name it."""
        return self._request_builder.api_url

    @asynccontextmanager
    async def lock_titles(self, keys: Iterable[str]) -> AsyncIterator[None]:
        """Keep other tasks from writing to the pages that these keys (``title_locks.py``) name."""
        self.shared.owner.check()
        async with self._title_locks.hold(keys := tuple(keys)):
            with self.own_edits.writing(keys):
                yield

    # The login -------------------------------------------------------------------------------------------------------

    def check_safe_for_credentials(self) -> None:
        """Raise ValueError if other people on the network could read a password that is sent."""
        check_safe_for_credentials(self._request_builder.api_url, plain_http=self._plain_http)

    async def open(self, auth: models.auth.Auth | None, state: models.auth.LoginState | None) -> None:
        """Resume a stored login, or log in.

        Raises ValueError if the state is of another wiki or account, and LoginFailed if the wiki refuses the login.
        """
        if state is not None:
            self._check_state(state, auth)
            self._auth_state.restore(state)
        self._authenticator.auth = auth
        if auth is not None and not self._auth_state.logged_in:
            await self._authenticator.log_in(auth)

    async def log_in(self, auth: models.auth.Auth) -> None:
        """Log in, or change the account. From now on a lost login is renewed with ``auth``."""
        await self._authenticator.log_in(auth)

    async def log_out(self) -> None:
        """End the session on the wiki. From now on requests are those of an anonymous user."""
        self._authenticator.auth = None
        try:
            if self._auth_state.uses_cookies:
                await self.run_flow(log_out())
        except AuthError:  # the login was lost before
            log.info("the wiki did not know the login that was to be ended")
        finally:
            try:
                async with self._authenticator.lock.exclusive():
                    self._auth_state.clear()
            except BaseException:  # cancelled: requests in flight may still be those of the account
                self._auth_state.clear()
                raise
            finally:
                self.observers.notify_event(models.events.LoggedOut())

    @property
    def auth(self) -> models.auth.Auth | None:
        """What a lost login is renewed with."""
        return self._authenticator.auth

    def state(self) -> models.auth.LoginState:
        """The login as a value that can be stored."""
        return self._auth_state.login_state(self._request_builder.api_url)

    async def account(self) -> Account:
        """The account that the wiki takes this client for."""
        return await self._login_data.account()

    @property
    def known_account(self) -> Account | None:
        """The same, if a response has named it since the last login."""
        return self._auth_state.account

    async def token(self, kind: str, *, since: float | None = None) -> str:
        """A token of that kind. ``since`` is when the deadline of the request that needs the token began."""
        return await self._login_data.token(kind, since=since)

    def _check_state(self, state: models.auth.LoginState, auth: models.auth.Auth | None) -> None:
        if state.wiki != self._request_builder.api_url:
            raise ValueError(
                f"this LoginState is of {state.wiki!r}, and this site is {self._request_builder.api_url!r}"
            )
        if state.account and not may_log_in_as(auth, state.account):
            raise ValueError(f"this LoginState is of {state.account!r}, and auth is for another account")

    # All tries of a request ------------------------------------------------------------------------------------------

    async def _send_with(self, request: ApiRequest, retry_state: RetryState) -> ApiResponse:
        return await self._send_until_done(_PendingRequest(request, retry_state, self._auth_state.logged_in))

    async def _send_until_done(self, pending: _PendingRequest) -> ApiResponse:
        request = pending.request
        while True:
            if not request.login:
                await self._authenticator.wait_until_ready()
                self._check_login(pending)
            generation, kind = self._auth_state.login_generation, self._auth_state.token_for(request)
            token = await self.token(kind, since=pending.retry_state.since) if kind is not None else None
            try:
                return await self._try_once(pending, token, generation)
            except _NotSentError:
                continue
            except UnrecognizedParameters as error:
                suggestion = await self._modules.suggest(request, error.warning)
                raise UnrecognizedParameters(error.warning, suggestion) from None
            except MissingParameter as error:
                explained = await self._modules.explain(request, error)
                raise explained from (error if explained is not error else error.__cause__)
            except MediaWikiError as error:
                since = pending.retry_state.since
                refused = Refused(request=request, token=token, login_generation=generation, since=since)
                if not await self._recoverer.recover(error, refused, pending.renewals):
                    await self._wait_or_raise(error, pending)

    def _check_login(self, pending: _PendingRequest) -> None:
        """Raise AssertFailed if another task has logged out since this request began as that of an account."""
        if pending.began_logged_in and not self._auth_state.logged_in:
            text = "Another task has logged this site out."
            raise AssertFailed((ApiErrorItem(code="assertuserfailed", text=text),))

    # One try ---------------------------------------------------------------------------------------------------------

    async def _try_once(self, pending: _PendingRequest, token: str | None, generation: int) -> ApiResponse:
        request = pending.request
        await self._pauses.wait(request, max_wait=pending.retry_state.left)
        async with self._anonymous_writes.turn(request):
            if request.write and not request.login:
                await self._pauses.wait_for_write(self.shared.limits.write_interval, late=pending.late)
            if self.shared.connection is None or self.shared.slots.are_lent:  # its download has a shared slot already
                response = await parse(await self._send_in_slot(pending, token, generation), request)
            else:
                response = await self._send_in_shared_slot(self.shared.connection, pending, token, generation)
            self._process_response(request, response)
        return self._take_account(response, generation) if request.asks_account else response

    async def _send_in_slot(
        self,
        pending: _PendingRequest,
        token: str | None,
        generation: int,
        slot: _session.shared_slot.SharedSlot | None = None,
    ) -> HttpResponse:
        if pending.request.login:  # the login that sends it holds the lock exclusively
            async with self.shared.slots.take():
                if slot is not None and not await slot.take():
                    raise _NotSentError
                return await self._send_http(pending, token)
        async with self._authenticator.lock.shared(), self.shared.slots.take():
            if self._has_changed(pending.request, token, generation):
                raise _NotSentError
            if slot is not None and (
                not await slot.take() or self._has_changed(pending.request, token, generation)  # it has waited again
            ):
                raise _NotSentError
            if pending.request.write and not await self._begin_write(pending, token, generation):
                raise _NotSentError
            return await self._send_http(pending, token)

    async def _begin_write(self, pending: _PendingRequest, token: str | None, generation: int) -> bool:
        """Whether a write is sent now. If it and the one before it have waited for their slots, it may be too early."""
        pending.late = await self._pauses.begin_write(self.shared.limits.write_interval)
        return pending.late <= 0 and not self._has_changed(pending.request, token, generation)

    async def _send_in_shared_slot(
        self,
        connection: _session.shared_limits.CheckedConnection,
        pending: _PendingRequest,
        token: str | None,
        generation: int,
    ) -> ApiResponse:
        """The same with a slot that is shared with other processes, which is kept until the response is known.

        So a pause that the response asks for begins before another process can be given the slot. No large response
        asks for one.
        """
        async with _session.shared_slot.SharedSlot(connection, self._pauses, pending.request) as slot:
            http_response = await self._send_in_slot(pending, token, generation, slot)
            if is_large(http_response):
                await slot.release()
            return await parse(http_response, pending.request)

    def _has_changed(self, request: ApiRequest, token: str | None, generation: int) -> bool:
        """Whether a pause, or another login or token, has come since the request was prepared."""
        state = self._auth_state
        other_token = token is not None and request.token is not None and token != state.tokens.get(request.token)
        other_login = self._authenticator.lock.is_exclusive or generation != state.login_generation
        return other_login or other_token or self._pauses.is_any_active(request)

    async def _send_http(self, pending: _PendingRequest, token: str | None) -> HttpResponse:
        return await self._sender.send(
            pending.request, token, retry_state=pending.retry_state, read=pending.read, on_sent=pending.on_sent
        )

    def _process_response(self, request: ApiRequest, response: ApiResponse) -> None:
        for warning in checked_warnings(request, response):
            self.observers.notify_warning(warning)
        if request.part is not None:
            self.observers.notify_event(models.events.ChunkSent(offset=request.part.offset, length=request.part.length))
        if request.write:
            self.own_edits.record(response.body, write_lock_keys(request.params))
        self._anonymous_writes.record(request, response)

    def _take_account(self, response: ApiResponse, generation: int) -> ApiResponse:
        """Note the account, unless a login has come since the request, and return the response without it."""
        account = account_in(response.body)
        if account is not None and generation == self._auth_state.login_generation:
            self._auth_state.account = account
        return evolve(response, body=without_account(response.body))

    # After a failure -------------------------------------------------------------------------------------------------

    async def _wait_or_raise(self, error: MediaWikiError, pending: _PendingRequest) -> None:
        request = pending.request
        resend = request.repeatable or not request.write
        is_lost_write = not (resend or request.login) and outcome_is_unknown(error)
        if self.shared.is_closed and isinstance(error, TransportError) and not is_lost_write:
            raise SiteClosed from error
        self._pauses.begin_after(error, request)
        if await pending.retry_state.wait_before_retry(error, resend=resend):
            return
        if not is_lost_write:
            raise error
        raise OutcomeUnknown(
            f"{request.label} was sent, and its response was lost ({error}): look at the wiki before you repeat it"
        ) from error
