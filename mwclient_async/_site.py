"""The Site: one wiki, and everything that can be asked of it.

It wires the rooms together and has no logic of its own. Its base classes have the methods that query and upload.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any, Self, Unpack

from anyio import CancelScope
from attrs import evolve

from mwclient_async import _actions, _edit, _events, _http, _page, _query, _rest, _session, _upload, models
from mwclient_async._events.event_methods import EventMethods
from mwclient_async._http import params as wire_params
from mwclient_async._http.request_builder import RequestBuilder
from mwclient_async._http.titled import TitleLike
from mwclient_async._http.urls import check_safe_for_credentials, checked_url, rest_url_beside
from mwclient_async._http.user_agent import full_user_agent
from mwclient_async._query.query_methods import QueryMethods
from mwclient_async._session.clock import SystemClock
from mwclient_async._session.observers import Observers, OnWarning
from mwclient_async._session.openable import Openable
from mwclient_async._session.site_options import SiteOptions, check_option_types
from mwclient_async._upload.upload_methods import UploadMethods
from mwclient_async._values.cursor import Cursor
from mwclient_async.models.edit_defaults import EditDefaults
from mwclient_async.models.options import HttpOptions, Limits, RetryPolicy
from mwclient_async.models.page import Page

_TO_EDIT = ("ids", "size", "content")


class Site(Openable, QueryMethods, EventMethods, UploadMethods):
    """One wiki: ``async with Site(api_url, user_agent=...) as site`` opens it, and logs in if ``auth`` is given.

    Open it once and share it between tasks. At a prompt, ``site = await Site(...).open()`` and ``await site.aclose()``
    do the same.

    Arguments:
        api_url: the address of the wiki's api.php, as its page Special:Version names it.
        user_agent: the name of the program and a way to reach the person who runs it, as Wikimedia's policy requires
            (https://foundation.wikimedia.org/wiki/Policy:User-Agent_policy).
        auth: a BotPassword, ClientLogin, OAuth2ClientCredentials, OAuth2Token or OAuth1. The site logs in again if the
            wiki loses the session.
        login_state: the login of an earlier process, used until the wiki ends it.
        rest_url: the address of the wiki's rest.php, if it is not beside api.php.
        retry: when and how long reads are retried.
        limits: the largest number of requests in flight, and other limits.
        maxlag: the wiki refuses requests, which are then retried, while its databases lag by more than this number of
            seconds; None turns it off. See https://www.mediawiki.org/wiki/Manual:Maxlag_parameter.
        uselang: the language of the wiki's interface messages in responses.
        assert_bot: every request of a logged-in site asserts that it is logged in; with ``assert_bot`` also that its
            account is a bot.
        http: time-outs, proxy, certificates, further headers.
        defaults: what all edits have in common, and when the site must not edit.
        shared_limits: other processes with which the site shares its limits and the pauses that the wiki asks for.
        on_warning: called with each ApiWarning of the wiki; without it each is logged once.
        on_event: called with each event: requests, retries, pauses, logins, tokens, chunks.
        transport: replaces HTTP, for tests.
        clock: replaces time and randomness, for tests.

    Raises:
        ValueError: an address, the User-Agent or the login state cannot work, or the credentials would be sent over
            plain http. This is raised before any request.
        TypeError: an option is of another type, such as a tuple for ``auth``.
        LoginFailed: the wiki refused the login, when the site is opened; LoginThrottled if there were too many.
        RuntimeError: the site is opened twice, or used while it is not open, or in another event loop or process than
            the one that opened it.

    See https://www.mediawiki.org/wiki/API:Main_page.
    """

    def __init__(
        self,
        api_url: str,
        *,
        user_agent: str,
        auth: models.auth.Auth | None = None,
        login_state: models.auth.LoginState | None = None,
        rest_url: str | None = None,
        retry: RetryPolicy = RetryPolicy(),  # noqa: B008 - frozen values
        limits: Limits = Limits(),  # noqa: B008
        maxlag: int | None = 5,
        uselang: str | None = None,
        assert_bot: bool = False,
        http: HttpOptions = HttpOptions(),  # noqa: B008
        defaults: EditDefaults = EditDefaults(),  # noqa: B008
        shared_limits: _session.shared_limits.SharedLimits | None = None,
        on_warning: OnWarning | None = None,
        on_event: models.events.OnEvent | None = None,
        transport: _http.transport.Transport | None = None,
        clock: _session.clock.Clock | None = None,
    ) -> None:
        check_option_types(
            {
                "auth": auth,
                "login_state": login_state,
                "retry": retry,
                "limits": limits,
                "http": http,
                "defaults": defaults,
            }
        )
        self._request_builder = RequestBuilder(
            api_url=checked_url("api_url", api_url),
            rest_url=checked_url("rest_url", rest_url or rest_url_beside(api_url)),
            user_agent=full_user_agent(user_agent),
            maxlag=maxlag,
            limits=limits,
            headers=http.headers,
            uselang=uselang,
        )
        self._assert_bot = assert_bot
        self._user_agent = user_agent
        self._http = http
        self._auth = auth
        self._login_state = login_state
        if auth is not None or login_state is not None or http.proves_who_we_are:
            self._check_safe(auth)
        self._retry = retry
        self._limits = limits
        self._defaults = defaults
        self._shared_limits = shared_limits
        self._editor: _edit.editor.Editor | None = None
        self._on_warning = on_warning
        self._on_event = on_event
        Observers(on_warning, on_event)  # raises TypeError for an async function
        self._transport = transport
        self._clock = clock or SystemClock()
        self._shared: Callable[[], _session.shared_resources.SharedResources] | None = None
        self._opened: _session.session.Session | None = None

    def __repr__(self) -> str:
        builder = vars(self).get("_request_builder")  # absent if its constructor raises an error
        return "Site(...)" if builder is None else f"Site({builder.api_url!r})"

    async def open(self) -> Self:
        """Open the site, and log in if it has ``auth``. Use it at a prompt or in a notebook, and ``aclose`` at the end.

        Returns the site itself: ``site = await Site(api_url, user_agent=...).open()``. In a program, write ``async with
        Site(...) as site``, which opens it and always closes it.

        Raises:
            LoginFailed: the wiki refused the login; LoginThrottled if there were too many.
            LimitsUnavailable: what keeps the ``shared_limits`` does not answer. ValueError if they cannot work here.
            RuntimeError: the site is open already.

        See https://www.mediawiki.org/wiki/API:Main_page.
        """
        if self._opened is not None:
            raise RuntimeError(f"{self!r} is open already: open it once and share it between tasks")
        shared = await self._shared_resources()
        if self._opened is not None:  # by another task, while this one joined those that share its limits
            await shared.aclose()
            raise RuntimeError(f"{self!r} is open already: open it once and share it between tasks")
        self._opened = _session.session.Session(
            shared,
            self._request_builder,
            retry=self._retry,
            observers=Observers(self._on_warning, self._on_event),
            dry_run=self._defaults.dry_run,
            assert_bot=self._assert_bot,
            plain_http=self._http.plain_http,
            shared_account=self._defaults.shared_account,
        )
        try:
            await self._opened.open(self._auth, self._login_state)
        except BaseException:
            await self.aclose()
            raise
        return self

    async def aclose(self) -> None:
        """Close the site and its connections. A closed site can be opened again; closing it twice does nothing.

        Calls in progress raise SiteClosed, or OutcomeUnknown if they are writes that may have been done.

        Raises:
            RuntimeError: it is called in another event loop or process than the one that opened the site.

        See https://www.mediawiki.org/wiki/API:Main_page.
        """
        if self._opened is None:
            return
        shared = self._session.shared
        self._opened = None
        if self._shared is None:
            await shared.aclose()

    @classmethod
    @asynccontextmanager
    async def discover(cls, page_url: str, *, user_agent: str, **options: Unpack[SiteOptions]) -> AsyncIterator[Self]:
        """The wiki that a page belongs to, opened: ``async with Site.discover(url, user_agent=...) as site``.

        Returns an async context manager, whose ``async with`` gives the open Site.

        ``page_url`` is the address of any page of the wiki, or of its api.php; ``options`` are those of Site. The page
        is read without login and without ``HttpOptions.headers``, and its redirects are followed. The site uses the
        api.php that the page names, else one at the usual places beside it, with the rest.php that api.php names.

        If there are credentials, api.php must be on the page's own host, on a host below it, or where a page of such a
        host says. So pass them here, not to ``login`` afterwards, which does not check that.

        Raises:
            ValueError: the address cannot work, or is not safe for credentials; before any request.
            ProtocolError: no api.php was found, or it is on plain http and the page is not, or credentials would go to
                another host. The message says what was tried.
            TransportError: no response came.
            LoginFailed: the wiki refused the login; LoginThrottled if there were too many.

        See https://www.mediawiki.org/wiki/API:Main_page.
        """
        _http.keywords.check_options(options, SiteOptions, cls.discover)
        api_url, found = await _session.discover.discover(page_url, user_agent=user_agent, options=options)
        try:
            site = cls(api_url, user_agent=user_agent, **found)
        except BaseException:
            with CancelScope(shield=True):
                if (transport := found.get("transport")) is not None:
                    await transport.aclose()
            raise
        async with site:
            yield site

    def sibling(
        self,
        api_url: str,
        *,
        rest_url: str | None = None,
        auth: models.auth.Auth | None = None,
        share_oauth: bool = False,
        on_warning: OnWarning | None = None,
        on_event: models.events.OnEvent | None = None,
    ) -> Site:
        """Another wiki of the same farm, to open inside this one: ``async with site.sibling(url) as commons``.

        Returns a Site that is not open yet. It shares this site's connections, limit of requests in flight, and the
        pauses that the farm asks for. It does not share cookies, login and ``HttpOptions.headers``: pass ``auth``, or
        ``share_oauth=True`` to use the OAuth login of this site, if its token is valid for both. All other options are
        those of this site, also ``on_warning`` and ``on_event`` unless they are passed.

        Raises:
            ValueError: the address cannot work, or ``share_oauth`` is set without an OAuth login or together with
                ``auth``.

        See https://www.mediawiki.org/wiki/API:Main_page.
        """
        own = self._auth if self._opened is None else self._opened.auth
        if share_oauth and not isinstance(
            own, models.auth.OAuth2Token | models.auth.OAuth2ClientCredentials | models.auth.OAuth1
        ):
            raise ValueError("share_oauth=True, but this site has no OAuth login to share: give the sibling its auth")
        if share_oauth and auth is not None:
            raise ValueError("give the sibling its own auth, or share_oauth=True, but not both")
        sibling = Site(
            api_url,
            user_agent=self._user_agent,
            auth=own if share_oauth else auth,
            rest_url=rest_url,
            retry=self._retry,
            limits=self._limits,
            maxlag=self._request_builder.maxlag,
            uselang=self._request_builder.uselang,
            assert_bot=self._assert_bot,
            http=evolve(self._http, headers=()),
            defaults=self._defaults,
            on_warning=on_warning or self._on_warning,
            on_event=on_event or self._on_event,
            clock=self._clock,
        )
        sibling._shared = lambda: self._session.shared
        return sibling

    async def login(self, auth: models.auth.Auth) -> None:
        """Log in, or log in as another user. From now on a lost session logs in again in this way.

        If it fails, or is cancelled, the login before stays in use.

        Raises:
            LoginFailed: the wiki refused the login.
            LoginThrottled: there were too many logins; ``wait`` is the time to wait, in seconds.
            ValueError: the credentials would be sent over plain http.

        See https://www.mediawiki.org/wiki/API:Login.
        """
        check_option_types({"auth": auth})
        self._check_safe(auth)
        await self._session.log_in(auth)

    async def logout(self) -> None:
        """End the session on the wiki. From now on requests are made as an anonymous user.

        Requests that other tasks began as the logged-in user raise AssertFailed, because they must not be made
        anonymously. A stored ``login_state`` of a bot password may stay valid until the wiki ends that session. If the
        call fails or is cancelled, this site is logged out, but the wiki may not have ended the session.

        Raises:
            ApiError: the wiki refused to end the session.

        See https://www.mediawiki.org/wiki/API:Logout.
        """
        await self._session.log_out()

    def login_state(self) -> models.auth.LoginState:
        """The cookies and tokens of this login, for another process: ``Site(login_state=...)``.

        Returns a LoginState. It never contains the password. An OAuth login has no state: give the other process the
        same ``auth`` instead.

        Raises:
            RuntimeError: the site is not open.

        See https://www.mediawiki.org/wiki/API:Login.
        """
        return self._session.state()

    async def _shared_resources(self) -> _session.shared_resources.SharedResources:
        if self._shared is not None:
            return self._shared()
        transport = self._transport or _http.transport.own_transport(self._http, self._limits)
        if self._shared_limits is None:
            return _session.shared_resources.SharedResources(transport, self._limits, self._clock)
        try:
            connection = await _session.shared_limits.connect(self._shared_limits, self._limits)
        except BaseException:
            with CancelScope(shield=True):
                await transport.aclose()
            raise
        return _session.shared_resources.SharedResources(transport, self._limits, self._clock, connection)

    def _check_safe(self, auth: models.auth.Auth | None) -> None:
        urls = [self._request_builder.api_url, self._request_builder.rest_url]
        if isinstance(auth, models.auth.OAuth2ClientCredentials) and auth.token_url is not None:
            urls.append(checked_url("token_url", auth.token_url))
        for url in urls:
            check_safe_for_credentials(url, plain_http=self._http.plain_http)

    @property
    def _session(self) -> _session.session.Session:
        if self._opened is None:
            raise RuntimeError(
                f"{self!r} is not open: use it inside `async with Site(...) as site:`, or `await site.open()`"
            )
        self._opened.shared.owner.check()
        return self._opened

    @property
    def _page_services(self) -> _page.page_services.PageServices:
        session = self._session
        if self._editor is None or self._editor.session is not session:
            self._editor = _edit.editor.Editor(session, self._defaults)
        return _page.page_services.PageServices(
            session, self._queries, lambda: self.rest, lambda: self.actions, self._editor
        )

    @property
    def _queries(self) -> _query.queries.Queries:
        return _query.queries.Queries(self._session, self._request_builder.api_url)

    @property
    def _site_events(self) -> _events.event_streams.SiteEvents:
        return _events.event_streams.SiteEvents(
            session=self._session,
            queries=self._queries,
            wiki_url=self._request_builder.api_url,
            user_agent=self._request_builder.user_agent,
            http=self._http,
            transport=self._transport,
        )

    @property
    def _uploads(self) -> _upload.uploads.Uploads:
        return _upload.uploads.Uploads(self._session, self._request_builder.api_url)

    def page(self, page: TitleLike) -> _page.page_handle.PageHandle:
        """The handle of one page: ``await site.page("Sandbox").append("...")``. It sends no request by itself.

        Returns a PageHandle. ``page`` is a title, a row of a list that has a title, or a Page of a query. With a Page,
        edits are based on its revision: if another user has saved the page since, and the wiki cannot merge the edits,
        they raise EditConflict.

        Raises:
            ValueError: the title is empty.
            TypeError: it is not a title, and has none.

        See https://www.mediawiki.org/wiki/API:Edit.
        """
        return _page.page_handle.page_handle(self._page_services, page)

    def edit_many(
        self,
        pages: _query.page_inputs.Inputs | _query.stream.Stream[Page],
        transform: _edit.editor.Transform,
        *,
        summary: str = "",
        missing: _edit.edits.Missing = "raise",
        concurrency: int | None = None,
        resume: Cursor | str | None = None,
        **options: Unpack[_page.page_handle.EditOptions],
    ) -> _edit.edit_many.ManyEdits:
        """Edit many pages by one function: ``async with site.edit_many(titles, transform, summary="...") as edits``.

        Returns a ManyEdits. Iterating it gives a PageEdit for each page as soon as it is done, in no particular order.
        See ManyEdits for the errors that end the run.

        Arguments:
            pages: any number of titles, from any iterable, or a stream of pages. Titles are read in batches. A stream
                whose pages have their text and its size (``prop="revisions", rvprop=["ids", "size", "content"]``) saves
                one read per page; of any other stream, such as a list, each page is read by itself.
            transform: a function from the page's text to the new text, as for ``page.edit``.
            summary: the edit summary, as for ``page.edit``.
            missing: what to do if a page does not exist, as for ``page.edit``.
            concurrency: the number of pages that are edited at a time; ``Limits.concurrency`` if it is left out.
            resume: the ``cursor`` of an earlier run over the same pages. Pages that were not handed out then are
                edited, and perhaps some again that were edited already.
            options: the options of ``page.edit``.

        Raises:
            ValueError: an option is not valid; before any request. Or the titles are not those of the earlier run; once
                they have been read.
            CursorMismatch: the cursor belongs to another wiki or another query.

        See https://www.mediawiki.org/wiki/API:Edit.
        """
        _http.keywords.check_options(options, _page.page_handle.EditOptions, self.edit_many)
        if not isinstance(pages, _query.stream.Stream):
            pages = self.pages(titles=pages, prop="revisions", rvprop=_TO_EDIT)
        function = _page.page_handle.edit_function(
            self._page_services, transform, summary=summary, missing=missing, options=options
        )
        return self._many_edits(pages, function, concurrency=concurrency, resume=resume)

    def save_many(
        self,
        texts: Mapping[str, str],
        *,
        summary: str = "",
        missing: _edit.edits.Missing = "create",
        concurrency: int | None = None,
        resume: Cursor | str | None = None,
        **options: Unpack[_page.page_handle.EditOptions],
    ) -> _edit.edit_many.ManyEdits:
        """Give many pages a text each: ``async with site.save_many({title: text, ...}, summary="...") as edits``.

        Returns a ManyEdits, as :meth:`edit_many` does. The pages are read in batches, and nothing is sent for a page
        that has its text already. If another user saves a page in between, it gets its text on top of that.

        Arguments:
            texts: the whole new text of each title.
            summary: the edit summary, as for ``page.edit``.
            missing: what to do if a page does not exist, as for ``page.edit``: by default it is created.
            concurrency: the number of pages that are saved at a time; ``Limits.concurrency`` if it is left out.
            resume: the ``cursor`` of an earlier run with the same titles in the same order.
            options: the options of ``page.edit``.

        Raises:
            TypeError: ``texts`` is not a mapping of texts; before any request.
            ValueError: an option is not valid; before any request. Or the titles are not those of the earlier run; once
                they have been read.
            CursorMismatch: the cursor belongs to another wiki or another query.

        See https://www.mediawiki.org/wiki/API:Edit.
        """
        _http.keywords.check_options(options, _page.page_handle.EditOptions, self.save_many)
        function = _page.page_handle.save_function(
            self._page_services, texts, summary=summary, missing=missing, options=options
        )
        stream = self.pages(titles=list(texts), prop="revisions", rvprop=_TO_EDIT)
        return self._many_edits(stream, function, concurrency=concurrency, resume=resume)

    def _many_edits(
        self,
        pages: _query.stream.Stream[Any],
        function: _edit.edit_many.EditFunction,
        *,
        concurrency: int | None,
        resume: Cursor | str | None,
    ) -> _edit.edit_many.ManyEdits:
        if concurrency is not None and not wire_params.is_count(concurrency, least=1):
            raise ValueError(f"concurrency={concurrency!r}: give a whole number from 1 up")
        return _edit.edit_many.ManyEdits(
            pages if resume is None else pages.resume(resume),
            function,
            concurrency=concurrency or self._limits.concurrency,
        )

    @property
    def actions(self) -> _actions.actions.Actions:
        """The wiki's actions, with typed parameters and results."""
        return _actions.actions.Actions(self._session)

    @property
    def rest(self) -> _rest.rest.Rest:
        """The REST API of this wiki, with typed results."""
        return _rest.rest.Rest(self._session, self._request_builder.rest_url)

    async def call(
        self, action: str, /, *, params: Mapping[str, Any] | None = None, **parameters: Any
    ) -> dict[str, Any]:
        """Send any action of this wiki, and return the whole decoded response (formatversion 2).

        The request is a POST, and has a token, if the module needs that. Keywords are parameters; one trailing
        underscore of a keyword is dropped (``from_``). ``params`` takes any name. A read is retried by the site's
        RetryPolicy. A response that is a list (``opensearch``) comes as ``{action: list}``.

        Raises:
            ApiError: the wiki refused; it is the subclass for the error's code. So is a result that is not a success
                (``CaptchaRequired`` for ``{"result": "Failure", "captcha": ...}``).
            UploadWarnings: the wiki wants a decision before it publishes a file.
            UnrecognizedParameters: the wiki does not know a parameter. A write with one is not sent.
            OutcomeUnknown: the response to a write was lost. It is not sent again. If the wiki's log proves that it was
                executed (a move, a deletion, a block ...), its result comes instead, with ``"verified": True``.
            ValueError: the wiki does not have the action, or its response is not JSON (feeds).

        See https://www.mediawiki.org/wiki/API:Main_page.
        """
        token = frozenset({"token"} if action == "checktoken" else ())
        return await _actions.call.call_action(
            self._session, action, wire_params.encode(params, parameters, allowed=token, wiki=self._session.wiki)
        )
