"""The session: every request of a site goes through :meth:`Session.send`, and only here is one sent again.

slot -> transport -> decipher -> retry. The session also holds what makes several requests one visit: cookies, tokens,
the login, the account's limits, and what the wiki's modules need.
"""

from __future__ import annotations

import logging
import random
import secrets
import time
from collections.abc import Callable, Iterable
from urllib.parse import urljoin, urlsplit

import anyio
from attrs import evolve

from mwclient_async.cookies import Cookies
from mwclient_async.driving import drive
from mwclient_async.errors import BadToken, MediaWikiError, OutcomeUnknown, UnrecognizedParameters
from mwclient_async.models.auth import BotPassword
from mwclient_async.models.options import Limits, RetryPolicy
from mwclient_async.models.values import ApiWarning
from mwclient_async.sansio.decipher import decipher
from mwclient_async.sansio.envelope import Envelope
from mwclient_async.sansio.login import Account, fetch_account, fetch_token, log_in
from mwclient_async.sansio.modules import Module, core_module, from_paraminfo
from mwclient_async.sansio.retrying import ambiguous, decide
from mwclient_async.sansio.suggesting import module_names, nearest, suggestion
from mwclient_async.sansio.wire import Call, ReadAt, Reply, Request, Response
from mwclient_async.transport import Transport

_log = logging.getLogger("mwclient_async")

_NOT_AN_ANSWER = frozenset({"unrecognizedparams", "unrecognizedvalues"})
_EXPECTED = frozenset({"truncatedresult", "badmodule"})  # continuation brings the rest; an unknown name is an error
_REDIRECTS = frozenset({301, 302, 307, 308})
_MOST_REDIRECTS = 5


class Session:
    """One visit to one wiki."""

    def __init__(
        self,
        transport: Transport,
        envelope: Envelope,
        *,
        auth: BotPassword | None,
        retry: RetryPolicy,
        limits: Limits,
        on_warning: Callable[[ApiWarning], None] | None,
    ) -> None:
        self._transport = transport
        self._envelope = envelope
        self._auth = auth
        self._retry = retry
        self._on_warning = on_warning or self._log_warning
        self._warned: set[ApiWarning] = set()
        self._slots = anyio.Semaphore(limits.concurrency)
        self._cookies = Cookies()
        self._logged_in = False
        self._tokens: dict[str, str] = {}
        self._modules: dict[str, Module] = {}
        self._account: Account | None = None
        self._once = anyio.Lock()  # tokens, modules and the account are fetched by one task; the others wait for it

    async def send(self, call: Call, *, read: ReadAt | None = None, on_sent: Callable[[], None] | None = None) -> Reply:
        """Send one call and return its Reply; retried by the policy where that cannot do a thing twice."""
        attempt, started, refused = 1, time.monotonic(), False
        while True:
            token = await self._token(call.token) if call.token is not None else None
            try:
                return await self._exchange(call, token, read, on_sent)
            except UnrecognizedParameters as error:
                raise UnrecognizedParameters(error.warning, await self._suggestion(call, error.warning)) from None
            except BadToken:
                self._drop_token(call.token, token)
                if refused or call.token is None:
                    raise
                refused = True
            except MediaWikiError as error:
                resend = call.repeatable or not call.write
                again = decide(
                    error,
                    policy=self._retry,
                    attempt=attempt,
                    elapsed=time.monotonic() - started,
                    rand=random.random(),  # noqa: S311 - jitter, not a secret
                    resend=resend,
                )
                if again is None:
                    if not resend and ambiguous(error):
                        raise OutcomeUnknown(
                            f"{call.label} was sent, and its answer was lost ({error}): look at the wiki "
                            "before you repeat it"
                        ) from error
                    raise
                _log.info("%s: %s; again in %.1f s", call.label, type(error).__name__, again.after)
                await anyio.sleep(again.after)
                attempt += 1

    async def log_in(self) -> None:
        """Log in with the site's auth, if it has any."""
        if self._auth is None:
            return
        self._cookies.clear()
        self._tokens.clear()
        self._account = None
        self._logged_in = False
        await drive(log_in(self._auth), self.send)
        self._logged_in = True

    async def modules(self, paths: Iterable[str]) -> dict[str, Module]:
        """The modules of these paths; one request, at most, for those that are not MediaWiki's own."""
        wanted = list(dict.fromkeys(paths))
        unknown = [path for path in wanted if core_module(path) is None]
        if any(path not in self._modules for path in unknown):
            async with self._once:
                missing = [path for path in unknown if path not in self._modules]
                if missing:
                    self._modules.update(await self._described(missing))
        found = {path: core_module(path) or self._modules.get(path) for path in wanted}
        for path, module in found.items():
            if module is None:
                group, _, name = path.rpartition("+")
                what = "list, prop, meta or generator" if group else "action"
                meant = nearest(name, await drive(module_names(group), self.send))
                raise ValueError(f"this wiki has no {what} {name!r}{meant or ': is an extension missing?'}")
        return {path: module for path, module in found.items() if module is not None}

    async def account(self) -> Account:
        """Who the wiki takes us for, asked once."""
        if self._account is None:
            async with self._once:
                if self._account is None:
                    self._account = await drive(fetch_account(), self.send)
        return self._account

    async def aclose(self) -> None:
        """Close the transport."""
        await self._transport.aclose()

    async def _suggestion(self, call: Call, warning: ApiWarning) -> str:
        try:
            return await drive(suggestion(call.params, warning), self.send)
        except MediaWikiError:
            return ""  # the mistake is to be told, not that its explanation failed

    async def _described(self, paths: list[str]) -> dict[str, Module]:
        reply = await self.send(Call(params={"action": "paraminfo", "modules": "|".join(paths), "helpformat": "none"}))
        return from_paraminfo(reply.body)

    async def _token(self, kind: str) -> str:
        if kind not in self._tokens:
            async with self._once:
                if kind not in self._tokens:
                    self._tokens[kind] = await drive(fetch_token(kind, logged_in=self._logged_in), self.send)
        return self._tokens[kind]

    def _drop_token(self, kind: str | None, value: str | None) -> None:
        if kind is not None and self._tokens.get(kind) == value:
            del self._tokens[kind]

    async def _exchange(
        self, call: Call, token: str | None, read: ReadAt | None, on_sent: Callable[[], None] | None
    ) -> Reply:
        request = self._envelope.dress(
            call,
            token=token,
            asserting="user" if self._logged_in else None,
            boundary=secrets.token_hex(16) if call.part is not None else "",
            read=read,
        )
        async with self._slots:
            response = await self._travel(evolve(request, on_sent=on_sent))
        reply = decipher(response, rest=bool(call.path))
        for warning in reply.warnings:
            if warning.code in _NOT_AN_ANSWER and call.partial:
                continue
            if warning.code in _NOT_AN_ANSWER and not call.write:
                raise UnrecognizedParameters(warning)
            if warning.code not in _EXPECTED:
                self._tell(warning)
        return reply

    async def _travel(self, request: Request) -> Response:
        for _ in range(_MOST_REDIRECTS):
            cookie = self._cookies.header(request.url)
            headers = {**request.headers, "cookie": cookie} if cookie else request.headers
            _log.debug("%s %s", request.method, urlsplit(request.url).path)
            response = await self._transport.send(evolve(request, headers=headers))
            self._cookies.store(request.url, response.headers)
            target = _redirected(request, response)
            if target is None:
                break
            request = evolve(request, url=target)
        return response

    def _tell(self, warning: ApiWarning) -> None:
        try:
            self._on_warning(warning)
        except Exception:  # noqa: BLE001 - what was done is done: the caller's mistake must not hide the answer
            _log.exception("on_warning raised")

    def _log_warning(self, warning: ApiWarning) -> None:
        if warning not in self._warned:
            self._warned.add(warning)
            _log.warning("%s: %s (%s)", warning.module, warning.text, warning.code)


def _redirected(request: Request, response: Response) -> str | None:
    """Where a read of the REST API goes on: newer wikis redirect to the canonical title. Never to another server."""
    location = response.header("location")
    if request.method != "GET" or response.status not in _REDIRECTS or not location or "/v1/" not in request.url:
        return None
    try:
        target = urljoin(request.url, location)
        return target if urlsplit(target)[:2] == urlsplit(request.url)[:2] else None
    except ValueError:  # a location that is no address
        return None
