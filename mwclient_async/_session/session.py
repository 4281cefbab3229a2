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
from typing import TypeVar
from urllib.parse import urljoin, urlsplit

import anyio
from attrs import define, evolve

from mwclient_async._edit.compare_and_swap import Base
from mwclient_async._http.messages import Call, Conversation, Incoming, ReadAt, Reply, Request, Response
from mwclient_async._http.request_builder import NOBODY, Envelope, is_safe_for_credentials
from mwclient_async._http.responses import decipher
from mwclient_async._http.run_flow import drive
from mwclient_async._session.auth_state import Identity
from mwclient_async._session.authenticator import Entrance
from mwclient_async._session.login import (
    Account,
    fetch_account,
    fetch_tokens,
    log_out,
    may_be_of,
)
from mwclient_async._session.module_table import Module, core_module, from_paraminfo
from mwclient_async._session.observers import Observers, cause, log
from mwclient_async._session.rate_limits import Farm, Gate
from mwclient_async._session.retry import Remedy, Scope, ambiguous, pause, remedy
from mwclient_async._session.retry_state import Patience
from mwclient_async._session.single_flight import SingleFlight
from mwclient_async._session.suggestions import module_names, nearest, suggestion
from mwclient_async._session.title_locks import TitleLocks
from mwclient_async._upload.upload_rules import UploadRules, fetch_rules
from mwclient_async._values import ApiWarning
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

_FILE = Call()
_WHO = Call(params={"action": "query", "meta": "userinfo"})
_NOT_AN_ANSWER = frozenset({"unrecognizedparams", "unrecognizedvalues"})
_EXPECTED = frozenset({"truncatedresult", "badmodule"})  # continuation brings the rest; an unknown name is an error
_REDIRECTS = frozenset({301, 302, 307, 308})
_MOST_REDIRECTS = 5


class _OvertakenError(Exception):
    """Nothing was sent: a gate was closed, or somebody logged in, while the call waited for its slot."""


@define
class _Errand:
    """One call on its way, and what had to be mended for it. ``somebody`` says that it began as a login."""

    call: Call
    patience: Patience
    somebody: bool
    read: ReadAt | None = None
    on_sent: Callable[[], None] | None = None
    tokens: int = 0
    logins: int = 0


class Session:
    """One visit to one wiki."""

    def __init__(
        self,
        farm: Farm,
        envelope: Envelope,
        *,
        retry: RetryPolicy,
        observers: Observers,
        dry_run: bool = False,
        assert_bot: bool = False,
        plain_http: bool = False,
    ) -> None:
        self.farm = farm
        self.dry_run = dry_run
        self.clock = farm.clock
        self.retry = retry
        self.latest: dict[str, Base] = {}  # by key (``lock_keys.py``): the revision that our last edit made
        self._titles = TitleLocks()
        self._envelope = envelope
        self._plain_http = plain_http
        self.observers = observers
        self._identity = Identity(bot=assert_bot)
        self._entrance = Entrance(self._identity, self._send_with, farm=farm, policy=retry, observers=observers)
        self._modules: dict[str, Module] = {}
        self._rules: UploadRules | None = None
        self._tokens_flight: SingleFlight[dict[str, str]] = SingleFlight()
        self._account_flight: SingleFlight[Account] = SingleFlight()
        self._describing = anyio.Lock()

    async def send(self, call: Call, *, read: ReadAt | None = None, on_sent: Callable[[], None] | None = None) -> Reply:
        """Send one call and return its Reply; again, by the policy, where that cannot do a thing twice."""
        if self.dry_run and call.write and not call.login:
            raise DryRun(f"{call.label} was not sent: this site has EditDefaults(dry_run=True)")
        return await self._run(self._errand(call, read=read, on_sent=on_sent))

    async def drive(self, conversation: Conversation[T]) -> T:
        """The result of a conversation, with this site's requests and its clock."""
        return await drive(conversation, self.send, sleep=self.clock.sleep)

    @asynccontextmanager
    async def fetch(self, url: str, headers: Mapping[str, str]) -> AsyncIterator[Incoming]:
        """An answer as it comes in. Who we are is shown to the wiki's own server only; redirects are followed."""
        for _ in range(_MOST_REDIRECTS):
            await self.farm.gates.wait([("farm",)], patience=self.retry.deadline)
            request = Request(method="GET", url=url, headers={**self._envelope.plain_headers, **headers})
            if self._envelope.is_ours(url):
                request = evolve(request, headers={**request.headers, **self._shown_to(url)})
            log.debug("GET %s", urlsplit(url).path)
            async with self.farm.slots, self._stream(request) as incoming:
                location = next((value for name, value in incoming.headers if name == "location"), "")
                if incoming.status not in _REDIRECTS or not location:
                    try:
                        yield incoming
                    except MediaWikiError as error:  # what whoever reads makes of it
                        self._close_gate(error, _FILE)
                        raise
                    return
                url = _joined(url, location)
        raise ProtocolError(f"more than {_MOST_REDIRECTS} redirects on the way to a file")

    def _stream(self, request: Request) -> AbstractAsyncContextManager[Incoming]:
        stream = getattr(self.farm.transport, "stream", None)
        if stream is None:
            raise TypeError("this site's transport has no stream(), which downloads need")
        opened: AbstractAsyncContextManager[Incoming] = stream(request)
        return opened

    def _shown_to(self, url: str) -> dict[str, str]:
        cookie = self._identity.cookies.header(url)
        own = dict(self._identity.dress(Call(), None).headers)
        return (
            {name.lower(): value for name, value in self._envelope.headers}
            | own
            | ({"cookie": cookie} if cookie else {})
        )

    def exclusively(self, keys: Iterable[str]) -> AbstractAsyncContextManager[None]:
        """Keep other tasks from writing to what these keys (``lock_keys.py``) stand for."""
        return self._titles.holding(keys)

    def check_safe(self) -> None:
        """ValueError where everybody on the way could read a password that is sent."""
        if not self._plain_http and not is_safe_for_credentials(self._envelope.api_url):
            raise ValueError(
                f"{self._envelope.api_url!r} is plain http: everybody on the way could read the credentials. Use "
                "https, or say http=HttpOptions(plain_http=True)"
            )

    async def open(self, auth: Auth | None, state: LoginState | None) -> None:
        """Go on with a stored login, or log in. Raises ValueError for a state of another wiki or account."""
        if state is not None:
            self._check_state(state, auth)
            self._identity.restore(state)
        self._entrance.auth = auth
        if auth is not None and not self._identity.logged_in:
            await self._entrance.enter(auth)

    async def log_in(self, auth: Auth) -> None:
        """Log in, or as somebody else; lost logins are renewed in the same way from now on."""
        await self._entrance.enter(auth)

    async def log_out(self) -> None:
        """End the session on the wiki, and be nobody."""
        self._entrance.auth = None
        try:
            if self._identity.by_cookies:
                await self.drive(log_out())
        except AuthError:  # it was lost already
            log.info("the wiki did not know the login that was to be ended")
        finally:
            async with self._identity.door.closed():
                self._identity.leave()
        self.observers.happened(LoggedOut())

    @property
    def auth(self) -> Auth | None:
        """How a login that is lost is renewed."""
        return self._entrance.auth

    def state(self) -> LoginState:
        """The login as a value that can be stored."""
        return self._identity.state(self._envelope.api_url)

    async def modules(self, paths: Iterable[str]) -> dict[str, Module]:
        """The modules of these paths; one request, at most, for those that are not MediaWiki's own."""
        wanted = list(dict.fromkeys(paths))
        described = await self.described(path for path in wanted if core_module(path) is None)
        return {path: core_module(path) or described[path] for path in wanted}

    async def described(self, paths: Iterable[str]) -> dict[str, Module]:
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
        return self._identity.account or await self._account_flight.run(self._fetch_account)

    async def upload_rules(self) -> UploadRules:
        """What the wiki takes for uploads, asked once."""
        if self._rules is None:
            self._rules = await self.drive(fetch_rules())
        return self._rules

    async def token(self, kind: str, *, since: float | None = None) -> str:
        """A token of that kind, fetched where there is none. ``since`` is when the call began that needs it."""
        while (token := self._identity.tokens.get(kind)) is None:  # a login may come between answer and waiter
            if kind not in await self._tokens_flight.run(partial(self._fetch_tokens, since)):
                raise ProtocolError(f"the wiki gave no {kind} token")
        return token

    async def _send_with(self, call: Call, patience: Patience) -> Reply:
        return await self._run(_Errand(call, patience, self._identity.logged_in))

    def _errand(
        self,
        call: Call,
        *,
        since: float | None = None,
        read: ReadAt | None = None,
        on_sent: Callable[[], None] | None = None,
    ) -> _Errand:
        patience = Patience(
            policy=self.retry, clock=self.clock, observers=self.observers, label=call.label, since=since
        )
        return _Errand(call, patience, self._identity.logged_in, read=read, on_sent=on_sent)

    async def _run(self, errand: _Errand) -> Reply:
        call = errand.call
        while True:
            if not call.login:
                await self._entrance.ready()
                self._check_login(errand)
            number, kind = self._identity.number, self._identity.token_for(call)
            token = await self.token(kind, since=errand.patience.since) if kind is not None else None
            try:
                return await self._exchange(errand, token, number)
            except _OvertakenError:
                continue
            except UnrecognizedParameters as error:
                raise UnrecognizedParameters(error.warning, await self._suggestion(call, error.warning)) from None
            except MediaWikiError as error:
                if not await self._mended(error, errand, token, number):
                    await self._wait_or_raise(error, errand)

    def _check_login(self, errand: _Errand) -> None:
        """What began as somebody is not done by nobody, because another task has logged out."""
        if errand.somebody and not self._identity.logged_in:
            raise AssertFailed((ApiErrorItem(code="assertuserfailed", text="This site was logged out meanwhile."),))

    # One try ---------------------------------------------------------------------------------------------------------

    async def _exchange(self, errand: _Errand, token: str | None, number: int) -> Reply:
        call, gates = errand.call, self._gates(errand.call)
        await self.farm.gates.wait(gates, patience=errand.patience.left)
        if call.write and not call.login:
            await self.farm.gates.keep_pace(gates[1], self.farm.limits.write_interval)
        response = await self._in_turn(errand, token, number)
        reply = decipher(
            response,
            rest=bool(call.path or call.address),
            creating=call.creating,
            conditional=call.is_conditional,
            documents=call.documents,
        )
        self._take_in(call, reply)
        return reply

    async def _in_turn(self, errand: _Errand, token: str | None, number: int) -> Response:
        if errand.call.login:  # the door is closed behind it
            async with self.farm.slots:
                return await self._travel(errand, token)
        async with self._identity.door.passing(), self.farm.slots:
            if self._is_overtaken(errand.call, token, number):
                raise _OvertakenError
            return await self._travel(errand, token)

    def _is_overtaken(self, call: Call, token: str | None, number: int) -> bool:
        identity = self._identity
        spent = token is not None and call.token is not None and token != identity.tokens.get(call.token)
        changing = identity.door.closing or number != identity.number
        return changing or spent or self.farm.gates.are_closed(self._gates(call))

    async def _travel(self, errand: _Errand, token: str | None) -> Response:
        call = errand.call
        errand.patience.begin()
        dress = self._identity.dress(call, token) if not call.login else NOBODY
        boundary = secrets.token_hex(16) if call.part is not None else ""
        request = self._envelope.seal(call, dress, boundary=boundary, read=errand.read)
        request = evolve(request, on_sent=errand.on_sent)
        for _ in range(1 + _MOST_REDIRECTS):
            response = await self._one_way(errand, request)
            location = response.header("location")
            if request.method != "GET" or response.status not in _REDIRECTS or not location or not call.path:
                return response
            target = self._envelope.redirected(request.url, location)
            if target is None:
                return response
            request = evolve(request, url=target)
        last = urlsplit(request.url).path
        raise ProtocolError(
            f"{call.label} redirects more than {_MOST_REDIRECTS} times, at last to {last!r}: in a circle, maybe. Where "
            "they are redirects of the wiki, redirect=False brings the first one itself"
        )

    async def _one_way(self, errand: _Errand, request: Request) -> Response:
        call = errand.call
        cookie = self._identity.cookies.header(request.url) if not call.address else None
        if cookie:
            own = request.headers.get("cookie")  # of HttpOptions
            request = evolve(request, headers={**request.headers, "cookie": f"{own}; {cookie}" if own else cookie})
        log.debug("%s %s %s", request.method, urlsplit(request.url).path, call.label)
        began = self.clock.now()
        told = partial(RequestFinished, label=call.label, method=request.method, attempt=errand.patience.attempt)
        try:
            response = await self.farm.transport.send(request)
        except MediaWikiError as error:
            self.observers.happened(told(seconds=self.clock.now() - began, failure=cause(error)))
            raise
        if not call.address:
            self._identity.cookies.store(request.url, response.headers)
        self.observers.happened(
            told(
                seconds=self.clock.now() - began,
                status=response.status,
                request_id=response.header("x-request-id"),
            )
        )
        return response

    def _take_in(self, call: Call, reply: Reply) -> None:
        for warning in reply.warnings:
            if warning.code in _NOT_AN_ANSWER and call.partial:
                continue
            if warning.code in _NOT_AN_ANSWER and not call.write:
                raise UnrecognizedParameters(warning)
            if warning.code not in _EXPECTED:
                self.observers.warned(warning)
        if call.part is not None:
            self.observers.happened(ChunkSent(offset=call.part.offset, length=call.part.length))
        said = reply.body.get(call.kind) if isinstance(reply.body, dict) else None
        if isinstance(said, dict) and said.get("tempusercreated"):  # a write of nobody made an account for him
            self._identity.drop_tokens()

    # After a failure -------------------------------------------------------------------------------------------------

    async def _mended(self, error: MediaWikiError, errand: _Errand, token: str | None, number: int) -> bool:
        """Whether what was wrong with token or login is mended, so that the call can be sent again."""
        call = errand.call
        needed = remedy(error, call) if not call.login else None
        if needed is None:
            return False
        if needed is Remedy.LOGIN:
            errand.logins += 1
            return errand.logins == 1 and await self._entrance.enter_again(number)
        errand.tokens += 1
        if self._envelope.project:  # of many wikis at one address: it tells a lost login, and there is no other to ask
            return False
        if errand.tokens > 1 or not (token is not None or self._identity.logged_in):
            return False
        if call.token is not None:
            self._identity.drop_token(call.token, token)
        if call.path and self._identity.logged_in:  # REST does not tell a lost login: ask where it is told
            await self._run(self._errand(_WHO, since=errand.patience.since))
        return True

    async def _wait_or_raise(self, error: MediaWikiError, errand: _Errand) -> None:
        call = errand.call
        self._close_gate(error, call)
        resend = call.repeatable or not call.write
        if await errand.patience.outlasts(error, resend=resend):
            return
        if resend or call.login or not ambiguous(error):
            raise error
        raise OutcomeUnknown(
            f"{call.label} was sent, and its answer was lost ({error}): look at the wiki before you repeat it"
        ) from error

    def _close_gate(self, error: MediaWikiError, call: Call) -> None:
        paused = pause(error)
        if paused is None:
            return
        farm, wiki, action = self._gates(call)
        gate = {Scope.FARM: farm, Scope.WIKI: wiki, Scope.ACTION: action}[paused.scope]
        if self.farm.gates.close(gate, paused.seconds, error):
            self.observers.happened(
                Paused(scope=paused.scope.value, name=gate[-1], seconds=paused.seconds, cause=cause(error))
            )

    def _gates(self, call: Call) -> tuple[Gate, Gate, Gate]:
        wiki = self._envelope.api_url
        return ("farm",), ("wiki", wiki), ("action", wiki, call.kind)

    # Who we are ------------------------------------------------------------------------------------------------------

    def _check_state(self, state: LoginState, auth: Auth | None) -> None:
        if state.wiki != self._envelope.api_url:
            raise ValueError(f"this LoginState is of {state.wiki!r}, and this site is {self._envelope.api_url!r}")
        if state.account and not may_be_of(auth, state.account):
            raise ValueError(f"this LoginState is of {state.account!r}, and auth is for another account")

    async def _fetch_account(self) -> Account:
        account = await self.drive(fetch_account())
        self._identity.account = account  # at once: nothing has come between the answer and this line
        return account

    async def _fetch_tokens(self, since: float | None) -> dict[str, str]:
        async def send(call: Call, **_: object) -> Reply:
            return await self._run(self._errand(call, since=since))

        tokens = await drive(fetch_tokens(logged_in=self._identity.logged_in), send)
        self._identity.tokens = tokens  # at once, too
        self.observers.happened(TokensFetched(kinds=tuple(sorted(tokens))))
        return tokens

    # What the wiki can do --------------------------------------------------------------------------------------------

    async def _describe(self, paths: list[str]) -> None:
        reply = await self.send(Call(params={"action": "paraminfo", "modules": "|".join(paths), "helpformat": "none"}))
        self._modules.update(from_paraminfo(reply.body))

    async def _no_such_module(self, path: str) -> str:
        group, _, name = path.rpartition("+")
        what = "list, prop, meta or generator" if group else "action"
        meant = nearest(name, await self.drive(module_names(group)))
        return f"this wiki has no {what} {name!r}{meant or ': is an extension missing?'}"

    async def _suggestion(self, call: Call, warning: ApiWarning) -> str:
        try:
            return await self.drive(suggestion(call.params, warning))
        except MediaWikiError:
            return ""  # the mistake is to be told, not that its explanation failed


def _joined(url: str, location: str) -> str:
    try:
        return urljoin(url, location)
    except ValueError as error:
        raise ProtocolError(
            f"a redirect on the way to a file leads to {location!r:.200}, which is no address"
        ) from error
