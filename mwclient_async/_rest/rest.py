"""The REST API. The manual's page is https://www.mediawiki.org/wiki/API:REST_API/Reference."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, TypeVar

from mwclient_async._http.conversion import convert_to, structurer
from mwclient_async._http.params import checked_text, checked_title, is_count
from mwclient_async._query.batches import ContinuedBatches, StreamSpec
from mwclient_async._query.continuation import BatchSource
from mwclient_async._query.stream import Stream
from mwclient_async._rest import endpoints
from mwclient_async._rest.endpoints import (
    NO_SEGMENTS,
    Endpoint,
    Segments,
    check_previous,
    is_same,
    same_facts,
    unless_changed,
    with_validator,
)
from mwclient_async._rest.history import HistoryFilter, history
from mwclient_async._rest.rest_edit import RestEdit, rest_edit
from mwclient_async._session.known_revisions import BaseRevision
from mwclient_async._session.lock_keys import title_lock_key
from mwclient_async._session.session import Session
from mwclient_async.models.diff import Diff
from mwclient_async.models.rest import (
    BarePage,
    BareRevision,
    HistoryCount,
    HistoryRevision,
    Html,
    HtmlPage,
    HtmlRevision,
    Lint,
    PageFile,
    PageLanguage,
    RestFile,
    RestList,
    RestPage,
    RestRevision,
    SearchHit,
)

T = TypeVar("T")
R = TypeVar("R", RestRevision, HtmlRevision)

CountType = Literal["anonymous", "temporary", "bot", "editors", "edits", "minor", "reverted"]
_COUNTS = ("anonymous", "temporary", "bot", "editors", "edits", "minor", "reverted")
_BETWEEN = ("editors", "edits")
_NOT_MODIFIED = 304
_MOST_HITS = 100


class Rest:
    """``site.rest``: the wiki's REST API, on the same pipeline as the Action API.

    What may be read again takes ``previous``, an earlier answer of the same method. Where nothing has changed since,
    that very value comes back (``newer is previous``). It is a condition of the request, so that no body is sent; but
    where the wiki's own "not changed" is not to be trusted (of files, and of what is told about a revision), the answer
    is asked for, and compared. TypeError for what no such method gave; the answer to another title is no use, and does
    no harm.

    Titles are written as people read them, with spaces, slashes and question marks; ValueError for those with ``.`` or
    ``..`` between slashes, which no page has, before any request. All methods raise ApiError, or the subclass of its
    code, for a refusal, Unsupported for an endpoint that this wiki does not have, and TransportError or ProtocolError
    where no answer could be had.
    """

    def __init__(self, session: Session, wiki: str) -> None:
        self._session = session
        self._wiki = wiki

    # Search ----------------------------------------------------------------------------------------------------------

    async def search_pages(self, query: str, *, limit: int = 50) -> RestList[SearchHit]:
        """Pages whose title or text has these words, best first; at most ``limit`` of them, 1 to 100.

        There is no way to the hits after these; ``site.list("search", search=...)`` brings all. Raises ValueError for
        an empty query or another limit. See https://www.mediawiki.org/wiki/API:REST_API/Reference#Search_pages.
        """
        return await self._ask(endpoints.search_page, params=_search(query, limit))

    async def search_titles(self, query: str, *, limit: int = 50) -> RestList[SearchHit]:
        """Pages whose title begins like this; at most ``limit`` of them, 1 to 100.

        ``site.list("allpages", prefix=...)`` brings all. Raises ValueError as ``search_pages``. See
        https://www.mediawiki.org/wiki/API:REST_API/Reference#Autocomplete_page_title.
        """
        return await self._ask(endpoints.search_title, params=_search(query, limit))

    async def search_description(self) -> str:
        """The wiki's OpenSearch description, an XML document; from MediaWiki 1.41 on (Unsupported before)."""
        return await self._ask(endpoints.search_description)

    # Pages -----------------------------------------------------------------------------------------------------------

    async def page(self, title: str, *, previous: RestPage | None = None) -> RestPage:
        """A page with its source. A redirect comes as itself, and names its target where the wiki tells it.

        Raises PageMissing, PermissionDenied. See
        https://www.mediawiki.org/wiki/API:REST_API/Reference#Get_page_source.
        """
        return await self._read(endpoints.page, previous, {"title": checked_title(title)})

    async def page_bare(self, title: str, *, previous: BarePage | None = None) -> BarePage:
        """A page without its text. Raises as ``page``.

        See https://www.mediawiki.org/wiki/API:REST_API/Reference#Get_page.
        """
        return await self._read(endpoints.page_bare, previous, {"title": checked_title(title)})

    async def page_html(self, title: str, *, redirect: bool = True, previous: Html | None = None) -> Html:
        """A page as a whole HTML document, as Parsoid makes it.

        A redirect leads to its target on MediaWiki 1.41 and newer, unless ``redirect=False``; older wikis show the
        redirect. Raises PageMissing, PermissionDenied; Refused for a page that is too much to render; Unsupported
        where Parsoid does not work. See https://www.mediawiki.org/wiki/API:REST_API/Reference#Get_HTML.
        """
        return await self._read(endpoints.page_html, previous, {"title": checked_title(title)}, _redirect(redirect))

    async def page_with_html(self, title: str, *, redirect: bool = True, previous: HtmlPage | None = None) -> HtmlPage:
        """A page with what ``page_html`` brings. Raises as that does.

        See https://www.mediawiki.org/wiki/API:REST_API/Reference#Get_page_offline.
        """
        return await self._read(
            endpoints.page_with_html, previous, {"title": checked_title(title)}, _redirect(redirect)
        )

    async def languages(self, title: str, *, previous: RestList[PageLanguage] | None = None) -> RestList[PageLanguage]:
        """The pages about the same topic in other languages. Raises PageMissing.

        See https://www.mediawiki.org/wiki/API:REST_API/Reference#Get_languages.
        """
        return await self._read(endpoints.languages, previous, {"title": checked_title(title)})

    async def media(self, title: str, *, previous: RestList[PageFile] | None = None) -> RestList[PageFile]:
        """The files that a page shows.

        Raises PageMissing; BeyondLimit for a page with more than 100 files, of which ``site.page(title).media()``
        brings all. See https://www.mediawiki.org/wiki/API:REST_API/Reference#Get_files_on_page.
        """
        return await self._read(endpoints.media, previous, {"title": checked_title(title)})

    async def file(self, title: str, *, previous: RestFile | None = None) -> RestFile:
        """A file: where it is, as it was uploaded, as a preview and as a thumbnail. With or without ``File:``.

        ``site.file(title).download(to)`` fetches it. Raises PageMissing. See
        https://www.mediawiki.org/wiki/API:REST_API/Reference#Get_file.
        """
        return await self._read(endpoints.file, previous, {"title": checked_title(title)})

    # History ---------------------------------------------------------------------------------------------------------

    def history(
        self,
        title: str,
        *,
        filter: HistoryFilter | None = None,  # noqa: A002 - the manual's name
        older_than: int | None = None,
        newer_than: int | None = None,
        limit: int | None = None,
    ) -> Stream[HistoryRevision]:
        """The revisions of a page, from the latest on: newest first.

        ``older_than`` begins below that revision id, newest first; ``newer_than`` walks the other way, from just above
        that id up to the latest, oldest first. ``filter`` is one of ``anonymous``, ``bot``, ``reverted``, ``minor``.
        The wiki sends 20 revisions a request; for bulk, ``site.query(prop="revisions", rvlimit="max")`` brings 500.

        Raises ValueError for both anchors at once or an id below 1, PageMissing for an unknown page or id, before the
        first item. See https://www.mediawiki.org/wiki/API:REST_API/Reference#Get_page_history.
        """
        if limit is not None and not is_count(limit, least=0):
            raise ValueError(f"limit={limit!r}: give a whole number from 0 up, or None for all there is")
        walk = history(title, filter=filter, older_than=older_than, newer_than=newer_than)

        async def prepare() -> BatchSource:
            return walk

        def feed(plan: StreamSpec) -> ContinuedBatches[HistoryRevision]:
            return ContinuedBatches(
                plan, self._session.send, prepare, lambda: convert_to(HistoryRevision, raw=plan.raw)
            )

        return Stream.over(feed, wiki=self._wiki, fingerprinted=walk.fingerprinted, limit=limit)

    async def history_counts(
        self,
        title: str,
        type: CountType,  # noqa: A002 - the manual's name
        *,
        from_: int | None = None,
        to: int | None = None,
        previous: HistoryCount | None = None,
    ) -> HistoryCount:
        """How many edits of that type a page has, or how many ``editors``; bots are counted among the editors.

        ``from_`` and ``to``, two revision ids, count ``edits`` or ``editors`` between them, without these two. The wiki
        stops counting at a number of its own, which ``limit`` of the answer tells; numbers may be some time old.

        Raises ValueError for a type without such bounds or a single bound; PageMissing; BeyondLimit for the minor
        edits of a page with more than 2,000 edits. ``temporary`` is known from MediaWiki 1.42 on (InvalidParameter
        before). See https://www.mediawiki.org/wiki/API:REST_API/Reference#Get_page_history_counts.
        """
        if type not in _COUNTS:
            raise ValueError(f"type={type!r}: the wiki counts {', '.join(_COUNTS)}")
        bounds = {name: value for name, value in (("from", from_), ("to", to)) if value is not None}
        for name, revid in bounds.items():
            _check_revid(name, revid)
        if bounds and (type not in _BETWEEN or len(bounds) == 1):
            raise ValueError("from_ and to go together, and only with the types 'edits' and 'editors'")
        params = {name: str(value) for name, value in bounds.items()}
        segments = {"title": checked_title(title), "type": type}
        return await self._read(endpoints.history_counts, previous, segments, params)

    async def revision(self, revid: int, *, previous: RestRevision | None = None) -> RestRevision:
        """A revision with its source. Raises PageMissing, PermissionDenied where it is hidden.

        See https://www.mediawiki.org/wiki/API:REST_API/Reference#Get_revision.
        """
        return await self._read_revision(endpoints.revision, previous, revid)

    async def revision_bare(self, revid: int, *, previous: BareRevision | None = None) -> BareRevision:
        """A revision without its text. Raises as ``revision``."""
        return await self._read(endpoints.revision_bare, previous, {"id": _check_revid("revid", revid)})

    async def revision_html(self, revid: int, *, previous: Html | None = None) -> Html:
        """A revision as a whole HTML document. Raises as ``revision``, and as ``page_html``.

        For a hidden text, MediaWiki 1.39 says InternalError instead of PermissionDenied.
        """
        return await self._read(endpoints.revision_html, previous, {"id": _check_revid("revid", revid)})

    async def revision_with_html(self, revid: int, *, previous: HtmlRevision | None = None) -> HtmlRevision:
        """A revision with what ``revision_html`` brings. Raises as that does."""
        return await self._read_revision(endpoints.revision_with_html, previous, revid)

    async def compare(self, from_: int, to: int) -> Diff:
        """How one revision of a page became another: the changed lines, and some around them.

        Raises InvalidParameter for revisions of different pages, or without text; PageMissing, PermissionDenied for one
        that is not there or hidden; Unsupported where the wiki has no wikidiff2. See
        https://www.mediawiki.org/wiki/API:REST_API/Reference#Compare_revisions.
        """
        return await self._ask(endpoints.compare, {"from_": _check_revid("from_", from_), "to": _check_revid("to", to)})

    # What newer wikis have -------------------------------------------------------------------------------------------

    async def to_html(
        self, wikitext: str, *, title: str | None = None, revision: int | None = None, body_only: bool = False
    ) -> str:
        """A wikitext as HTML, as it would look on the page ``title``. Nothing is saved.

        ``body_only`` leaves out what is around the text. From MediaWiki 1.41 on (Unsupported before). See
        https://www.mediawiki.org/wiki/API:REST_API/Reference.
        """
        body = {"wikitext": checked_text("wikitext", wikitext), **({"body_only": True} if body_only else {})}
        return await self._transform("wikitext", "html", body, title, revision)

    async def to_wikitext(self, html: str, *, title: str | None = None, revision: int | None = None) -> str:
        """HTML of Parsoid's kind as wikitext.

        With the page and the revision that it was made from, what was not changed keeps its form. Otherwise as
        ``to_html``.
        """
        return await self._transform("html", "wikitext", {"html": checked_text("html", html)}, title, revision)

    async def lint(self, wikitext: str, *, title: str | None = None) -> RestList[Lint]:
        """What is wrong in a wikitext: tags that are not closed, obsolete ones. From MediaWiki 1.41 on.

        A wiki whose operators have not switched that on (``$wgParsoidSettings['linting']``) finds nothing.
        """
        body = {"wikitext": checked_text("wikitext", wikitext)}
        if title is None:
            return await self._ask(endpoints.lint, json=body)
        return await self._ask(endpoints.lint_of_page, {"title": checked_title(title)}, json=body)

    async def page_lint(self, title: str) -> RestList[Lint]:
        """What is wrong in a page's wikitext. From MediaWiki 1.44 on (Unsupported before)."""
        return await self._ask(endpoints.page_lint, {"title": checked_title(title)})

    async def revision_lint(self, revid: int) -> RestList[Lint]:
        """What is wrong in a revision's wikitext. From MediaWiki 1.44 on (Unsupported before)."""
        return await self._ask(endpoints.revision_lint, {"id": _check_revid("revid", revid)})

    # Writing ---------------------------------------------------------------------------------------------------------

    async def create_page(
        self, title: str, *, source: str, comment: str | None = "", content_model: str | None = None
    ) -> RestPage:
        """Create a page with this text, once, whatever gets lost on the way.

        An empty ``comment``, or None, has the wiki write one. Raises PageExists; OutcomeUnknown where an answer was
        lost and the page's history does not tell. See
        https://www.mediawiki.org/wiki/API:REST_API/Reference#Create_page.
        """
        return await self._edit(title, source, comment, content_model, None)

    async def update_page(
        self, title: str, *, source: str, comment: str | None = "", latest: int, content_model: str | None = None
    ) -> RestPage:
        """Replace the text of a page, once. ``latest`` is the id of the revision that the new text is based on.

        A page that is not there is not created: that is ``create_page``. ``content_model``, where it is given, must be
        the page's own. An empty ``comment``, or None, has the wiki write one.

        Raises EditConflict when the page has changed since and the wiki cannot join both changes; PageMissing;
        OutcomeUnknown as ``create_page``. See https://www.mediawiki.org/wiki/API:REST_API/Reference#Update_page.
        """
        if not is_count(latest, least=1):
            raise ValueError(f"latest={latest!r}: give the id of the revision that the new text is based on")
        return await self._edit(title, source, comment, content_model, BaseRevision(revid=latest))

    async def _edit(
        self, title: str, text: str, comment: str | None, model: str | None, base: BaseRevision | None
    ) -> RestPage:
        change = RestEdit(
            title=checked_title(title),
            text=checked_text("source", text),
            summary="" if comment is None else checked_text("comment", comment),  # wikis refuse the manual's null
            model=model if model is None else checked_text("content_model", model),
        )
        return await self._write(change, base)

    async def _write(self, change: RestEdit, base: BaseRevision | None) -> RestPage:
        key = title_lock_key(change.title)
        async with self._session.lock_titles([key]):
            self._session.known_revisions.forget(key)
            page = await self._session.run_flow(rest_edit(change, base, policy=self._session.retry))
        return structurer(RestPage)(page)

    # How it is asked -------------------------------------------------------------------------------------------------

    async def _ask(
        self,
        endpoint: Endpoint[T],
        segments: Segments = NO_SEGMENTS,
        *,
        params: Mapping[str, str] | None = None,
        json: Mapping[str, Any] | None = None,
    ) -> T:
        return endpoint.read(await self._session.send(endpoint.call(segments, params=params, json=json)))

    async def _read(
        self,
        endpoint: Endpoint[T],
        previous: T | None,
        segments: Segments,
        params: Mapping[str, str] | None = None,
    ) -> T:
        call = endpoint.call(segments, params=params)
        if previous is None:
            reply = await self._session.send(call)
        else:
            check_previous(endpoint, previous)
            reply = await self._session.send(unless_changed(endpoint, call, previous, wiki=self._wiki))
            if reply.status == _NOT_MODIFIED:
                return previous
        value = with_validator(endpoint, endpoint.read(reply), reply, call, wiki=self._wiki)
        return previous if previous is not None and is_same(endpoint, value, previous) else value

    async def _read_revision(self, endpoint: Endpoint[R], previous: R | None, revid: int) -> R:
        """A revision; where the wiki says that it has not changed, without its text once more, which must be true."""
        segments: Segments = {"id": _check_revid("revid", revid)}
        value = await self._read(endpoint, previous, segments)
        if value is not previous or same_facts(await self.revision_bare(revid), value):
            return value
        return await self._read(endpoint, None, segments)

    async def _transform(
        self, source: str, target: str, body: Mapping[str, Any], title: str | None, revision: int | None
    ) -> str:
        if revision is not None and title is None:
            raise ValueError("a revision needs the title of its page here")
        segments: dict[str, str | int] = {"source": source, "target": target}
        endpoint = endpoints.transform
        if title is not None:
            endpoint, segments["title"] = endpoints.transform_of_page, checked_title(title)
        if revision is not None:
            endpoint, segments["revision"] = endpoints.transform_of_revision, _check_revid("revision", revision)
        return await self._ask(endpoint, segments, json=body)


def _search(query: str, limit: int) -> dict[str, str]:
    if not checked_text("query", query).strip():
        raise ValueError("the query is empty: give what to search for")
    if not is_count(limit, least=1) or limit > _MOST_HITS:
        raise ValueError(f"limit={limit!r}: give a number from 1 to {_MOST_HITS}")
    return {"q": query, "limit": str(limit)}


def _redirect(redirect: bool) -> dict[str, str]:  # noqa: FBT001 - the caller's own
    return {} if redirect else {"redirect": "no"}


def _check_revid(name: str, revid: int) -> int:
    if not is_count(revid, least=1):
        raise ValueError(f"{name}={revid!r}: give a revision id, a whole number from 1 up")
    return revid
