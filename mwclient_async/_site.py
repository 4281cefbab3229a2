"""The Site.

One wiki, and everything that can be asked of it. It wires the parts together and has no logic of its own.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Collection, Iterable, Mapping
from contextlib import asynccontextmanager
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, Self, Unpack, overload

from anyio import CancelScope
from attrs import evolve

from mwclient_async._actions import Actions, call
from mwclient_async._edit.edit_many import ManyEdits
from mwclient_async._edit.editor import Editor, Transform
from mwclient_async._edit.edits import Missing
from mwclient_async._http import params as wire_params
from mwclient_async._http.request_builder import RequestBuilder
from mwclient_async._http.urls import checked_url, is_safe_for_credentials, rest_url_beside
from mwclient_async._http.user_agent import full_user_agent
from mwclient_async._page.page_handle import EditOptions, PageHandle, edit_function, page_handle
from mwclient_async._page.page_reader import Tools
from mwclient_async._query import fetch_site_info as meta
from mwclient_async._query.export import Export
from mwclient_async._query.page_inputs import Inputs
from mwclient_async._query.queries import Queries
from mwclient_async._query.site_info import user_info
from mwclient_async._query.stream import Stream
from mwclient_async._rest.rest import Rest
from mwclient_async._session.clock import Clock, SystemClock
from mwclient_async._session.discover import SiteOptions, discover
from mwclient_async._session.observers import Observers, OnEvent, OnWarning
from mwclient_async._session.session import Session
from mwclient_async._session.shared_resources import SharedResources
from mwclient_async._upload.file_handle import FileHandle
from mwclient_async._upload.sources import UploadInput
from mwclient_async._upload.uploads import UploadOptions, Uploads
from mwclient_async._values.cursor import Cursor
from mwclient_async.models.accounts import Block, User, UserInfo
from mwclient_async.models.auth import Auth, LoginState, OAuth2ClientCredentials, OAuth2Token
from mwclient_async.models.edit_defaults import EditDefaults
from mwclient_async.models.info import SiteInfo
from mwclient_async.models.lists import (
    ArchivedFile,
    CategoryMember,
    Contribution,
    ExternalUse,
    InterwikiBacklink,
    LinkedTitle,
    ListedCategory,
    ListedFile,
    ListedPage,
    LogEvent,
    ProtectedTitle,
    RecentChange,
    SearchResult,
    SpecialPageRow,
    StashEntry,
    Tag,
    WatchedChange,
)
from mwclient_async.models.options import HttpOptions, Limits, RetryPolicy
from mwclient_async.models.page import Page
from mwclient_async.models.props import ImageInfo
from mwclient_async.models.upload import RemoteFile, StashedFile, UploadResult

if TYPE_CHECKING:
    from mwclient_async._http.transport import Transport

_Count = int | None
_PageLists = Literal["allpages", "backlinks", "embeddedin", "imageusage", "prefixsearch", "random"]
_BacklinkLists = Literal["iwbacklinks", "langbacklinks"]
_UserLists = Literal["allusers", "users"]


_TO_EDIT = ("ids", "size", "content")


class Site:
    """One wiki. ``async with Site(api_url, user_agent=...) as site`` opens it, and logs in when ``auth`` is given.

    ``api_url`` is the address of its api.php, as Special:Version names it; ``rest_url`` of its rest.php, where that
    does not stand beside it. ``user_agent`` names the program and a way to reach who runs it, as Wikimedia's policy
    requires. ``auth`` is a BotPassword, ClientLogin, OAuth2Token or OAuth2ClientCredentials; ``login_state`` a login
    of an earlier process, which is then used as long as it lasts. A login that the wiki forgets is renewed.

    ``maxlag`` makes the wiki refuse requests, which are then tried again, while its databases lag by more seconds than
    that; None turns it off. ``uselang`` is the language of what the wiki's interface says in answers. A site that is
    logged in asserts that in every request; with ``assert_bot``, that its account is a bot. ``defaults`` is what all
    edits have in common, and when none may be made. ``on_warning`` is told of what the wiki warns of; without one it is
    logged, once each. ``on_event`` is told of requests, retries, pauses, logins, tokens and chunks
    (``mwclient_async.models.events``).
    ``transport`` and ``clock`` replace HTTP and time, for tests.

    Raises ValueError for an address, a User-Agent or a login state that cannot work, before any request; entering
    raises LoginFailed or LoginThrottled when the login is refused.
    """

    def __init__(
        self,
        api_url: str,
        *,
        user_agent: str,
        auth: Auth | None = None,
        login_state: LoginState | None = None,
        rest_url: str | None = None,
        retry: RetryPolicy = RetryPolicy(),  # noqa: B008 - frozen values
        limits: Limits = Limits(),  # noqa: B008
        maxlag: int | None = 5,
        uselang: str | None = None,
        assert_bot: bool = False,
        http: HttpOptions = HttpOptions(),  # noqa: B008
        defaults: EditDefaults = EditDefaults(),  # noqa: B008
        on_warning: OnWarning | None = None,
        on_event: OnEvent | None = None,
        transport: Transport | None = None,
        clock: Clock | None = None,
    ) -> None:
        self._envelope = RequestBuilder(
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
        self._editor: Editor | None = None
        self._on_warning = on_warning
        self._on_event = on_event
        self._transport = transport
        self._clock = clock or SystemClock()
        self._shared: Callable[[], SharedResources] | None = None
        self._opened: Session | None = None

    def __repr__(self) -> str:
        return f"Site({self._envelope.api_url!r})"

    async def __aenter__(self) -> Self:
        if self._opened is not None:
            raise RuntimeError(f"{self!r} is open already: open it once and share it between tasks")
        self._opened = Session(
            self._shared_resources(),
            self._envelope,
            retry=self._retry,
            observers=Observers(self._on_warning, self._on_event),
            dry_run=self._defaults.dry_run,
            assert_bot=self._assert_bot,
            plain_http=self._http.plain_http,
        )
        try:
            await self._opened.open(self._auth, self._login_state)
        except BaseException:
            await self.__aexit__(None, None, None)
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        session, self._opened = self._opened, None
        if session is not None and self._shared is None:
            await session.shared.aclose()

    @classmethod
    @asynccontextmanager
    async def discover(cls, page_url: str, *, user_agent: str, **options: Unpack[SiteOptions]) -> AsyncIterator[Self]:
        """The wiki that a page belongs to, opened: ``async with Site.discover(url, user_agent=...) as site``.

        ``page_url`` is the address of any page of the wiki, or of its api.php; ``options`` are those of Site. The page
        is read without login or ``HttpOptions.headers``, its redirects are followed, and the api.php that it names is
        used, else one at the usual places beside it, with the rest.php that this names. Where credentials are given,
        it must stand on the page's own host, below that, or where a page of such a host says: give them here, not to
        ``login`` afterwards, so that this is looked at.

        Raises ValueError for an address that cannot work, or is not safe for credentials, before any request;
        ProtocolError, which says what was tried, where there is no api.php, or it is on plain http and the page is
        not, or credentials would go to a stranger; TransportError where no answer came; and what opening a Site
        raises. See https://www.mediawiki.org/wiki/API:Main_page.
        """
        api_url, found = await discover(page_url, user_agent=user_agent, options=options)
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
        auth: Auth | None = None,
        share_oauth: bool = False,
        on_warning: OnWarning | None = None,
        on_event: OnEvent | None = None,
    ) -> Site:
        """Another wiki of the same farm, to be opened inside this one: ``async with site.sibling(url) as commons``.

        It shares connections, the requests in flight, and the pauses that a farm asks for; not the cookies, and not
        the login, nor ``HttpOptions.headers``: give it ``auth``, or ``share_oauth=True`` for the OAuth login of this
        site, if the token is good for both. Other options are those of this site; so is who listens, unless named.

        Raises ValueError for an address that cannot work, and for ``share_oauth`` where there is no OAuth login.
        """
        own = self._auth if self._opened is None else self._opened.auth
        if share_oauth and not isinstance(own, OAuth2Token | OAuth2ClientCredentials):
            raise ValueError("share_oauth=True, but this site has no OAuth login to share: give the sibling its auth")
        if share_oauth and auth is not None:
            raise ValueError("give the sibling its own auth, or share_oauth=True, but not both")
        brother = Site(
            api_url,
            user_agent=self._user_agent,
            auth=own if share_oauth else auth,
            rest_url=rest_url,
            retry=self._retry,
            limits=self._limits,
            maxlag=self._envelope.maxlag,
            uselang=self._envelope.uselang,
            assert_bot=self._assert_bot,
            http=evolve(self._http, headers=()),
            defaults=self._defaults,
            on_warning=on_warning or self._on_warning,
            on_event=on_event or self._on_event,
            clock=self._clock,
        )
        brother._shared = lambda: self._session.shared
        return brother

    async def login(self, auth: Auth) -> None:
        """Log in, or log in as somebody else: from now on a login that is lost is renewed in this way.

        Raises LoginFailed or LoginThrottled, with the ``wait`` that the wiki wants; ValueError for plain http. See
        https://www.mediawiki.org/wiki/API:Login.
        """
        self._check_safe(auth)
        await self._session.log_in(auth)

    async def logout(self) -> None:
        """End the session on the wiki, and be nobody in particular from now on.

        Calls that other tasks have begun as somebody raise AssertFailed rather than be done by nobody. A stored
        ``login_state`` of a bot password may stay good until the wiki forgets it. See
        https://www.mediawiki.org/wiki/API:Logout.
        """
        await self._session.log_out()

    def login_state(self) -> LoginState:
        """Cookies and tokens of this login, for another process: ``Site(login_state=...)``. Never the password.

        An OAuth login has no state: its token is yours already.
        """
        return self._session.state()

    def _shared_resources(self) -> SharedResources:
        if self._shared is not None:
            return self._shared()
        from mwclient_async._http.httpx_transport import (
            HttpxTransport,  # the HTTP library is loaded when a site is opened
        )

        transport = self._transport or HttpxTransport(self._http, self._limits)
        return SharedResources(transport=transport, limits=self._limits, clock=self._clock)

    def _check_safe(self, auth: Auth | None) -> None:
        places = [self._envelope.api_url, self._envelope.rest_url]
        if isinstance(auth, OAuth2ClientCredentials) and auth.token_url is not None:
            places.append(checked_url("token_url", auth.token_url))
        for url in places:
            if not self._http.plain_http and not is_safe_for_credentials(url):
                raise ValueError(
                    f"{url!r} is plain http: everybody on the way could read the credentials. Use https, or say "
                    "http=HttpOptions(plain_http=True)"
                )

    @property
    def _session(self) -> Session:
        if self._opened is None:
            raise RuntimeError(f"{self!r} is not open: use it inside `async with Site(...) as site:`")
        return self._opened

    @property
    def _tools(self) -> Tools:
        session = self._session
        if self._editor is None or self._editor.session is not session:
            self._editor = Editor(session, self._defaults)
        return Tools(session, self._queries, self.rest, self.actions, self._editor)

    @property
    def _queries(self) -> Queries:
        return Queries(self._session, self._envelope.api_url)

    def page(self, page: str | Page) -> PageHandle:
        """The handle of one page: ``await site.page("Sandbox").append("...")``. It makes no request by itself.

        Made from a Page, it is based on that revision: saving over somebody else's edit is an EditConflict.
        """
        return page_handle(self._tools, page)

    def edit_many(
        self,
        pages: Inputs | Stream[Page],
        transform: Transform,
        *,
        summary: str = "",
        missing: Missing = "raise",
        concurrency: int | None = None,
        resume: Cursor | str | None = None,
        **options: Unpack[EditOptions],
    ) -> ManyEdits:
        """Edit many pages by one function: ``async with site.edit_many(titles, transform, summary="...") as edits``.

        ``pages`` are titles, in any number and from any iterable, or a stream of pages: one that brings their text and
        its size (``prop="revisions", rvprop=["ids", "size", "content"]``) saves a read of each page, as titles do. Of
        any other stream, such as a list, each page is read by itself.
        ``transform``, ``summary``, ``missing`` and the options are those of ``page.edit``. ``concurrency`` pages are
        under way at once, as many as ``Limits.concurrency`` where it is left out. Iterating gives a PageEdit for each
        page, as it is done; see ManyEdits for what is fatal. ``resume`` is the ``cursor`` of an earlier run over the
        same pages: those that were not given out then, and maybe some that were edited, are offered again.

        Raises ValueError for contradictions and CursorMismatch for a cursor of another wiki or query, before any
        request; for other titles than before, once they have been read.
        """
        if concurrency is not None and not wire_params.is_count(concurrency, least=1):
            raise ValueError(f"concurrency={concurrency!r}: give a whole number from 1 up")
        stream = pages if isinstance(pages, Stream) else self.pages(titles=pages, prop="revisions", rvprop=_TO_EDIT)
        return ManyEdits(
            stream if resume is None else stream.resume(resume),
            edit_function(self._tools, transform, summary=summary, missing=missing, options=options),
            concurrency=concurrency or self._limits.concurrency,
        )

    def file(self, title: str) -> FileHandle:
        """The handle of one file: ``await site.file("Earth.png").download("earth.png")``."""
        return FileHandle(self._session, self._envelope.api_url, title)

    @property
    def actions(self) -> Actions:
        """The wiki's actions, typed."""
        return Actions(self._session)

    @property
    def rest(self) -> Rest:
        """The REST API of this wiki."""
        return Rest(self._session, self._envelope.rest_url)

    async def call(
        self, action: str, /, *, params: Mapping[str, Any] | None = None, **parameters: Any
    ) -> dict[str, Any]:
        """Call any action of this wiki; returns the decoded answer (formatversion 2), whole.

        It is posted, and given a token, where the module needs it. ``params`` takes any name; of a keyword, one
        trailing underscore is dropped (``from_``). A read is tried again by the site's RetryPolicy; a write whose
        answer was lost raises OutcomeUnknown and is not sent again. An answer that is a list (``opensearch``) comes
        as ``{action: list}``; actions whose answer is no JSON (feeds) are a ValueError. Raises ApiError, or the
        subclass of its code, for a refusal; UnrecognizedParameters for a parameter that the wiki does not know: a write
        with one is not sent; ValueError for an unknown action. See https://www.mediawiki.org/wiki/API:Main_page.
        """
        token = frozenset({"token"} if action == "checktoken" else ())
        return await call(self._session, action, wire_params.encode(params, parameters, allowed=token))

    def query(
        self,
        *,
        limit: int | None = None,
        batch_size: int | None = None,
        params: Mapping[str, Any] | None = None,
        **parameters: Any,
    ) -> Stream[Page]:
        """Pages with their properties: ``async for page in site.query(generator=..., prop=[...])``.

        Each page comes once per batch, complete, in the generator's order; missing ones last. ``limit`` counts pages in
        all, ``batch_size`` pages a request; limits that are left open are the largest that the account may have. The
        pages come from ``titles``, ``pageids``, ``revids`` or ``generator``; a query with none of these is read through
        ``.batches()``, which also has the lists and meta data of any query.

        Raises ValueError for contradictions before any request; while iterating, ApiError and its kin with ``.cursor``.
        See https://www.mediawiki.org/wiki/API:Query.
        """
        return self._queries.query(limit=limit, batch_size=batch_size, params=params, keywords=parameters)

    def pages(
        self,
        *,
        titles: Inputs | None = None,
        pageids: Inputs | None = None,
        revids: Inputs | None = None,
        limit: int | None = None,
        params: Mapping[str, Any] | None = None,
        **parameters: Any,
    ) -> Stream[Page]:
        """One Page for each title or id, in the order given: any number of them, from any iterable, sync or async.

        They are asked for as many at a time as this account may (50, or 500 with ``apihighlimits``). ``page.asked``
        is the input, ``page.status`` what became of it: one that does not exist gets its Page, too, and one that
        stands there twice gets two. A revision id gets the page with just that revision. ``open(read_ahead=n)`` has n
        further requests on their way, within ``Limits.concurrency``.

        Raises ValueError unless exactly one source is given; TypeError for an input of the wrong type; RuntimeError
        when an iterator is read a second time; CursorMismatch when a stream is resumed with other inputs. See
        https://www.mediawiki.org/wiki/API:Query#Specifying_pages.
        """
        sources = {"titles": titles, "pageids": pageids, "revids": revids}
        return self._queries.pages(sources, limit=limit, params=params, keywords=parameters)

    def export(
        self,
        *,
        titles: Inputs | None = None,
        pageids: Inputs | None = None,
        revids: Inputs | None = None,
        params: Mapping[str, Any] | None = None,
        **parameters: Any,
    ) -> Export:
        """Pages as one XML document, as Special:Export writes it: ``async for piece in site.export(titles=...)``.

        The pieces are bytes, in UTF-8, of one batch each. The pages come from any number of titles or ids, or from a
        ``generator`` with its parameters; ``exportschema`` chooses the version of the format. The pieces of an export
        that raised make no whole document: begin anew.

        Raises ValueError without a source or for parameters that have no place in an export. See
        https://www.mediawiki.org/wiki/API:Query#Exporting_pages.
        """
        sources = {"titles": titles, "pageids": pageids, "revids": revids}
        return self._queries.export(sources, params=params, keywords=parameters)

    @overload
    def list(
        self, module: _PageLists, /, *, limit: _Count = ..., batch_size: _Count = ..., **parameters: Any
    ) -> Stream[ListedPage]: ...
    @overload
    def list(
        self, module: Literal["allcategories"], /, *, limit: _Count = ..., batch_size: _Count = ..., **parameters: Any
    ) -> Stream[ListedCategory]: ...
    @overload
    def list(
        self, module: Literal["allimages"], /, *, limit: _Count = ..., batch_size: _Count = ..., **parameters: Any
    ) -> Stream[ListedFile]: ...
    @overload
    def list(
        self, module: Literal["alllinks"], /, *, limit: _Count = ..., batch_size: _Count = ..., **parameters: Any
    ) -> Stream[LinkedTitle]: ...
    @overload
    def list(
        self, module: _UserLists, /, *, limit: _Count = ..., batch_size: _Count = ..., **parameters: Any
    ) -> Stream[User]: ...
    @overload
    def list(
        self, module: Literal["blocks"], /, *, limit: _Count = ..., batch_size: _Count = ..., **parameters: Any
    ) -> Stream[Block]: ...
    @overload
    def list(
        self, module: Literal["categorymembers"], /, *, limit: _Count = ..., batch_size: _Count = ..., **parameters: Any
    ) -> Stream[CategoryMember]: ...
    @overload
    def list(
        self, module: Literal["exturlusage"], /, *, limit: _Count = ..., batch_size: _Count = ..., **parameters: Any
    ) -> Stream[ExternalUse]: ...
    @overload
    def list(
        self, module: Literal["filearchive"], /, *, limit: _Count = ..., batch_size: _Count = ..., **parameters: Any
    ) -> Stream[ArchivedFile]: ...
    @overload
    def list(
        self, module: _BacklinkLists, /, *, limit: _Count = ..., batch_size: _Count = ..., **parameters: Any
    ) -> Stream[InterwikiBacklink]: ...
    @overload
    def list(
        self, module: Literal["logevents"], /, *, limit: _Count = ..., batch_size: _Count = ..., **parameters: Any
    ) -> Stream[LogEvent]: ...
    @overload
    def list(
        self, module: Literal["mystashedfiles"], /, *, limit: _Count = ..., batch_size: _Count = ..., **parameters: Any
    ) -> Stream[StashEntry]: ...
    @overload
    def list(
        self, module: Literal["protectedtitles"], /, *, limit: _Count = ..., batch_size: _Count = ..., **parameters: Any
    ) -> Stream[ProtectedTitle]: ...
    @overload
    def list(
        self, module: Literal["querypage"], /, *, limit: _Count = ..., batch_size: _Count = ..., **parameters: Any
    ) -> Stream[SpecialPageRow]: ...
    @overload
    def list(
        self, module: Literal["recentchanges"], /, *, limit: _Count = ..., batch_size: _Count = ..., **parameters: Any
    ) -> Stream[RecentChange]: ...
    @overload
    def list(
        self, module: Literal["search"], /, *, limit: _Count = ..., batch_size: _Count = ..., **parameters: Any
    ) -> Stream[SearchResult]: ...
    @overload
    def list(
        self, module: Literal["tags"], /, *, limit: _Count = ..., batch_size: _Count = ..., **parameters: Any
    ) -> Stream[Tag]: ...
    @overload
    def list(
        self, module: Literal["usercontribs"], /, *, limit: _Count = ..., batch_size: _Count = ..., **parameters: Any
    ) -> Stream[Contribution]: ...
    @overload
    def list(
        self, module: Literal["watchlist"], /, *, limit: _Count = ..., batch_size: _Count = ..., **parameters: Any
    ) -> Stream[WatchedChange]: ...
    @overload
    def list(
        self, module: str, /, *, limit: _Count = ..., batch_size: _Count = ..., **parameters: Any
    ) -> Stream[Mapping[str, Any]]: ...

    def list(
        self, module: str, /, *, limit: int | None = None, batch_size: int | None = None, **parameters: Any
    ) -> Stream[Any]:
        """The rows of one list: ``site.list("recentchanges", type="edit", limit=100)``.

        Parameters are written without the list's prefix. Rows are typed for the lists that have a class, mappings as
        the wiki sent them for every other list module of the wiki, extensions' included. ``limit`` counts rows in all,
        ``batch_size`` rows a request.

        Raises ValueError before any request for values that cannot be sent, and at the first item for a list that the
        wiki does not have; UnrecognizedParameters for a misspelt parameter. See
        https://www.mediawiki.org/wiki/API:Lists.
        """
        return self._queries.rows(module, limit=limit, batch_size=batch_size, keywords=parameters)

    async def info(self, *props: str, **parameters: Any) -> SiteInfo:
        """What the wiki says of itself: ``(await site.info()).general.sitename``.

        ``props`` are the parts that ``siprop`` names; without any: general, namespaces with their aliases, statistics,
        fileextensions and rightsinfo, in one request. A part that was not asked for raises NotRequested. Further
        parameters are written without the prefix: ``site.info("usergroups", numberingroup=True)``.

        Raises UnrecognizedParameters for a part that this wiki does not know. See
        https://www.mediawiki.org/wiki/API:Siteinfo.
        """
        return await meta.info(self._queries, props, parameters)

    async def userinfo(self) -> UserInfo:
        """The account that the wiki takes us for: name, groups, rights, options, limits, block, and the rest.

        It is asked anew each time, in one request. What an older wiki does not know of is left out. See
        https://www.mediawiki.org/wiki/API:Userinfo.
        """
        return await self._session.run_flow(user_info())

    async def upload(
        self,
        source: UploadInput | StashedFile | RemoteFile,
        *,
        filename: str,
        comment: str = "",
        text: str | None = None,
        tags: Iterable[str] = (),
        watchlist: Literal["watch", "preferences", "nochange"] | None = None,
        ignore_warnings: Collection[str] | bool = (),
        **options: Unpack[UploadOptions],
    ) -> UploadResult:
        """Upload a file and publish it under that name, once, whatever gets lost on the way.

        ``source`` is a path, bytes, a binary file object, an asynchronous iterator of bytes, the StashedFile that an
        earlier UploadWarnings named, or a RemoteFile that the wiki fetches itself. A file of more than 1 MiB goes in
        chunks. ``comment`` is the summary, ``text`` the file page's first text (the comment, where None).
        ``ignore_warnings`` is a set of kinds (``{"exists"}``) or True for all: without it nothing is overwritten. The
        further options are those of UploadOptions: among them ``chunk_size``, in bytes, ``on_progress``, which is
        called, and awaited where it is a coroutine, with an UploadProgress, and ``checkpoint`` to go on with.

        Raises FileNotFoundError, ValueError for a name or source that no wiki takes, before any request; FileRefused,
        before the transfer, for an extension or a size that this wiki does not take; UploadWarnings, with the filekey
        to go on with; SourceChanged when the file was written to meanwhile; UploadPending, StashError or another
        ApiError; OutcomeUnknown when the answer to the publishing was lost, and nothing can be told. An error that
        comes on the way has the ``checkpoint`` to go on with. See https://www.mediawiki.org/wiki/API:Upload.
        """
        return await self._uploads.upload(
            source,
            filename=filename,
            comment=comment,
            text=text,
            tags=tags,
            watchlist=watchlist,
            ignore_warnings=ignore_warnings,
            options=options,
        )

    async def stash(self, source: UploadInput, *, filename: str, **options: Unpack[UploadOptions]) -> StashedFile:
        """Upload a file to the account's stash, and no further: ``site.upload(stashed, filename=...)`` publishes it.

        The stash keeps files for some hours. ``filename`` decides whether the wiki takes it. Raises as ``upload`` does.
        """
        return await self._uploads.stash(source, filename=filename, options=options)

    async def stashed(self, file: StashedFile | str) -> ImageInfo:
        """What the wiki says of a file in the account's stash: size in bytes, SHA-1, width and height, MIME type, time.

        ``file`` is a StashedFile or its filekey, which older wikis called the session's key. Of a file that is still on
        its way in chunks, this is of the first of them. ``site.list("mystashedfiles")`` are all that there are.

        Raises StashError where the account has no such file there (any more); NotLoggedIn. See
        https://www.mediawiki.org/wiki/API:Stashimageinfo.
        """
        return await self._uploads.stashed(file)

    @property
    def _uploads(self) -> Uploads:
        return Uploads(self._session, self._envelope.api_url)
