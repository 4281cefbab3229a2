"""The Core REST API of Wikimedia: the REST API of all its wikis at one address.

The manual's page is https://api.wikimedia.org/wiki/Core_REST_API, which now redirects to
https://www.mediawiki.org/wiki/Wikimedia_APIs: Wikimedia retires this API step by step from July 2026 on. Each wiki's
own ``rest.php``, which ``site.rest`` uses, has the same endpoints.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Self

from mwclient_async import _http, models
from mwclient_async._http.conversion import structurer
from mwclient_async._http.request_builder import RequestBuilder
from mwclient_async._http.urls import check_safe_for_credentials, checked_url
from mwclient_async._http.user_agent import full_user_agent
from mwclient_async._rest.refusals import with_advice
from mwclient_async._rest.rest import Rest
from mwclient_async._rest.rest_edit import RestEdit, check_base
from mwclient_async._session.clock import Clock, SystemClock
from mwclient_async._session.known_revisions import BaseRevision
from mwclient_async._session.observers import Observers
from mwclient_async._session.openable import Openable
from mwclient_async._session.session import Session
from mwclient_async._session.shared_resources import SharedResources
from mwclient_async._session.site_options import check_option_types
from mwclient_async._session.title_locks import title_lock_key
from mwclient_async.errors import PageMissing
from mwclient_async.models.auth import OAuth2Token
from mwclient_async.models.options import HttpOptions, Limits, RetryPolicy
from mwclient_async.models.rest import RestPage

BASE_URL = "https://api.wikimedia.org/core"

_BY_LANGUAGE = frozenset(
    {"wikipedia", "wiktionary", "wikibooks", "wikinews", "wikiquote", "wikisource", "wikiversity", "wikivoyage"}
)
_MULTILINGUAL = frozenset(
    {"commons", "wikidata", "wikispecies", "species", "meta", "mediawiki", "wikifunctions", "incubator", "outreach"}
)
_WORD = re.compile(r"[a-z][a-z0-9-]*")


class CoreRest(Openable, Rest):
    """One wiki of Wikimedia at api.wikimedia.org, with the methods of ``site.rest``::

        async with CoreRest("wikipedia", "en", user_agent=..., access_token=token) as core:
            page = await core.page("Earth")

    Wikimedia retires this API from July 2026 on; ``Site(...).rest`` has the same methods and stays.

    A write is sent once. If its reply is lost, that is OutcomeUnknown: without the Action API, the page's history
    cannot be checked here. ``media`` lists up to 100 files here, and up to 500 through ``Site(...).rest``.

    Arguments:
        project: the kind of wiki, for example ``"wikipedia"`` or ``"commons"``.
        language: the wiki's language; multilingual projects such as ``commons`` have none.
        access_token: an OAuth 2 token, or an async function without arguments that returns one. The function is called
            when this opens, and again if the API refuses the token. Without a token the API allows fewer requests and
            no writes.

    Raises:
        ValueError: project and language do not fit together, the token would be sent over plain http, or the address or
            the User-Agent cannot work. Raised before any request.
        RuntimeError: it is used while it is not open, or opened twice.

    See https://api.wikimedia.org/wiki/Core_REST_API.
    """

    def __init__(
        self,
        project: str,
        language: str | None = None,
        *,
        user_agent: str,
        access_token: str | Callable[[], Awaitable[str]] | None = None,
        base_url: str = BASE_URL,
        retry: RetryPolicy = RetryPolicy(),  # noqa: B008 - frozen values
        limits: Limits = Limits(),  # noqa: B008
        http: HttpOptions = HttpOptions(),  # noqa: B008
        on_event: models.events.OnEvent | None = None,
        transport: _http.transport.Transport | None = None,
        clock: Clock | None = None,
    ) -> None:
        check_option_types({"retry": retry, "limits": limits, "http": http})
        base = checked_url("base_url", base_url)
        path = _project_path(project, language)
        self._auth = None if access_token is None else OAuth2Token(token=access_token)
        self._has_credentials = self._auth is not None or http.proves_who_we_are
        if self._has_credentials:
            check_safe_for_credentials(base, plain_http=http.plain_http)
        self._request_builder = RequestBuilder(
            api_url=f"{base}/v1{path}",  # identifies this wiki in cursors and pauses; no request is sent to it
            rest_url=base,
            user_agent=full_user_agent(user_agent),
            maxlag=None,
            limits=limits,
            headers=http.headers,
            project=path,
        )
        self._wiki = self._request_builder.api_url
        self._retry = retry
        self._limits = limits
        self._http = http
        self._on_event = on_event
        self._transport = transport
        self._clock = clock or SystemClock()

    def __repr__(self) -> str:
        return f"CoreRest({vars(self).get('_wiki', '...')!r})"  # its constructor may raise an error

    def __getattr__(self, name: str) -> Session:
        if name == "_session":  # it is set only while this is open
            raise RuntimeError(f"{self!r} is not open: use it inside `async with CoreRest(...) as core:`, or open() it")
        raise AttributeError(name)

    async def open(self) -> Self:
        """Open it, and get an access token if a function gives them. In a program, use ``async with`` instead.

        Returns itself.

        Raises:
            RuntimeError: it is open already.

        Errors of the function are raised as they are. See https://api.wikimedia.org/wiki/Core_REST_API.
        """
        if "_session" in vars(self):
            raise RuntimeError(f"{self!r} is open already: open it once and share it between tasks")
        observers = Observers(None, self._on_event)
        self._session = Session(self._shared_resources(), self._request_builder, retry=self._retry, observers=observers)
        try:
            await self._session.open(self._auth, None)
        except BaseException:
            await self.aclose()
            raise
        return self

    async def aclose(self) -> None:
        """Close it and its connections. It can be opened again; closing it twice does nothing.

        Calls in progress raise SiteClosed, or OutcomeUnknown if they are writes that may have been done.

        Raises:
            RuntimeError: it is called in another event loop or process than the one that opened it.

        See https://api.wikimedia.org/wiki/Core_REST_API.
        """
        session: Session | None = vars(self).get("_session")
        if session is not None:
            session.shared.owner.check()
            del self._session
            await session.shared.aclose()

    def _shared_resources(self) -> SharedResources:
        transport = self._transport or _http.transport.own_transport(self._http, self._limits)
        return SharedResources(transport, self._limits, self._clock)

    async def _write(self, change: RestEdit, base: BaseRevision | None) -> RestPage:
        if not self._has_credentials:
            raise ValueError(f"{self!r} has no access_token: this API needs one for writes")
        key = title_lock_key(change.title)
        async with self._session.lock_titles([key]):
            known = self._session.known_revisions.get(key)
            self._session.known_revisions.forget(key)
            if base is not None and (known is None or known.revid != base.revid):
                await self._session.run_flow(check_base(change, base))
            try:
                response = await self._session.send(change.request(base or BaseRevision(revid=0)))
            except PageMissing as error:
                raise with_advice(error) from error.__cause__
            page = structurer(RestPage)(change.check_response(response).body)
            if title_lock_key(page.title) == key:
                self._session.known_revisions.remember(key, BaseRevision(revid=page.latest.id, pageid=page.id))
        return page


def _project_path(project: str, language: str | None) -> str:
    """The path of a wiki below the API's version: ``/wikipedia/en`` or ``/commons``."""
    for name, word in (("project", project), ("language", language)):
        if word is not None and not _WORD.fullmatch(word):
            raise ValueError(f"{name}={word!r}: give a word such as 'wikipedia' and a code such as 'en'")
    if project in _MULTILINGUAL and language is not None:
        raise ValueError(f"{project!r} is one wiki for all languages: leave language={language!r} out")
    if project in _BY_LANGUAGE and language is None:
        raise ValueError(f"{project!r} has one wiki per language: say which one, for example language='en'")
    return f"/{project}" if language is None else f"/{project}/{language}"
