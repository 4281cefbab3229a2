"""The REST methods that read the history and the revisions of pages."""

from __future__ import annotations

from typing import Literal, TypeVar

from mwclient_async._http.conversion import convert_to
from mwclient_async._http.params import checked_title, is_count
from mwclient_async._http.titled import TitleLike
from mwclient_async._query.batches import ContinuedBatches, StreamSpec
from mwclient_async._query.continuation import BatchSource
from mwclient_async._query.stream import Stream
from mwclient_async._rest import endpoints
from mwclient_async._rest.conditional import have_same_facts
from mwclient_async._rest.endpoints import Endpoint, Segments
from mwclient_async._rest.history import HistoryFilter, history_of
from mwclient_async._rest.rest_group import RestGroup, checked_revid
from mwclient_async.models.diff import Diff
from mwclient_async.models.rest import (
    BareRevision,
    HistoryCount,
    HistoryRevision,
    Html,
    HtmlRevision,
    RestRevision,
)

R = TypeVar("R", RestRevision, HtmlRevision)

CountType = Literal["anonymous", "temporary", "bot", "editors", "edits", "minor", "reverted"]
_COUNT_TYPES = ("anonymous", "temporary", "bot", "editors", "edits", "minor", "reverted")
_TYPES_WITH_BOUNDS = ("editors", "edits")


class RevisionMethods(RestGroup):
    """Read the history and the revisions of pages."""

    def history(
        self,
        title: TitleLike,
        *,
        filter: HistoryFilter | None = None,  # noqa: A002 - the manual's name
        older_than: int | None = None,
        newer_than: int | None = None,
        limit: int | None = None,
    ) -> Stream[HistoryRevision]:
        """Iterate over the revisions of a page, from the latest on, newest first.

        Returns a Stream of HistoryRevision. The wiki sends 20 revisions per request; for many revisions,
        ``site.query(prop="revisions", rvlimit="max")`` gets 500 per request.

        Arguments:
            filter: only revisions of this kind: ``anonymous``, ``bot``, ``reverted`` or ``minor``.
            older_than: start just below this revision id; newest first.
            newer_than: start just above this revision id, up to the latest; oldest first.
            limit: how many revisions at most.

        Raises:
            ValueError: both ids are given, an id is below 1, or the filter is not one of these. Raised at once.
            PageMissing: there is no such page or revision. Raised before the first item.
            PermissionDenied: the account may not read the page. Raised before the first item.

        See https://www.mediawiki.org/wiki/API:REST_API/Reference#Get_page_history.
        """
        if limit is not None and not is_count(limit, least=0):
            raise ValueError(f"limit={limit!r}: give a whole number from 0 up, or None for all there is")
        source = history_of(
            checked_title(title, self._title_wiki), filter=filter, older_than=older_than, newer_than=newer_than
        )

        async def prepare() -> BatchSource:
            return source

        def make_batches(spec: StreamSpec) -> ContinuedBatches[HistoryRevision]:
            return ContinuedBatches(
                spec, self._session.send, prepare, lambda: convert_to(HistoryRevision, raw=spec.raw)
            )

        return Stream.over(make_batches, wiki=self._wiki, fingerprinted=source.fingerprinted, limit=limit)

    async def history_counts(
        self,
        title: TitleLike,
        type: CountType,  # noqa: A002 - the manual's name
        *,
        from_: int | None = None,
        to: int | None = None,
        previous: HistoryCount | None = None,
    ) -> HistoryCount:
        """Count the edits of a type that a page has, or its ``editors``; bots are counted among the editors.

        Returns a HistoryCount. The wiki stops counting at a maximum of its own; ``limit`` is then True. The count may
        be some time old.

        Arguments:
            type: what is counted. ``temporary`` needs MediaWiki 1.42 or newer.
            from_, to: two revision ids; count only the ``edits`` or ``editors`` between them, without these two.

        Raises:
            ValueError: the type is not one of these, it does not allow ``from_`` and ``to``, or one of them is missing.
            PageMissing: there is no such page or revision.
            InvalidParameter: the wiki does not know the type.
            BeyondLimit: the minor edits of a page with more than 2,000 edits.

        See https://www.mediawiki.org/wiki/API:REST_API/Reference#Get_page_history_counts.
        """
        if type not in _COUNT_TYPES:
            raise ValueError(f"type={type!r}: the wiki counts {', '.join(_COUNT_TYPES)}")
        bounds = {name: value for name, value in (("from", from_), ("to", to)) if value is not None}
        for name, revid in bounds.items():
            checked_revid(name, revid)
        if bounds and (type not in _TYPES_WITH_BOUNDS or len(bounds) == 1):
            raise ValueError("from_ and to go together, and only with the types 'edits' and 'editors'")
        params = {name: str(value) for name, value in bounds.items()}
        segments = {"title": checked_title(title, self._title_wiki), "type": type}
        return await self._fetch_unless_unchanged(endpoints.history_counts, previous, segments, params)

    async def revision(self, revid: int, *, previous: RestRevision | None = None) -> RestRevision:
        """Get a revision with its source.

        Returns a RestRevision.

        Raises:
            PageMissing: there is no such revision.
            PermissionDenied: its text is hidden, or the account may not read the page.

        See https://www.mediawiki.org/wiki/API:REST_API/Reference#Get_revision.
        """
        return await self._fetch_revision(endpoints.revision, previous, revid)

    async def revision_bare(self, revid: int, *, previous: BareRevision | None = None) -> BareRevision:
        """Get a revision without its text.

        Returns a BareRevision: its facts, and the address of its HTML.

        Raises:
            PageMissing: there is no such revision.
            PermissionDenied: the account may not read the page.

        See https://www.mediawiki.org/wiki/API:REST_API/Reference#Get_revision.
        """
        return await self._fetch_unless_unchanged(
            endpoints.revision_bare, previous, {"id": checked_revid("revid", revid)}
        )

    async def revision_html(self, revid: int, *, previous: Html | None = None) -> Html:
        """Get a revision as a complete HTML document, made by Parsoid.

        Returns an Html: the text, and its revision.

        Raises:
            PageMissing: there is no such revision.
            PermissionDenied: its text is hidden, or the account may not read the page.
            InternalError: its text is hidden, on MediaWiki 1.39.
            Refused: the page is too large to render.
            Unsupported: Parsoid does not work on this wiki.

        See https://www.mediawiki.org/wiki/API:REST_API/Reference.
        """
        return await self._fetch_unless_unchanged(
            endpoints.revision_html, previous, {"id": checked_revid("revid", revid)}
        )

    async def revision_with_html(self, revid: int, *, previous: HtmlRevision | None = None) -> HtmlRevision:
        """Get a revision with its HTML.

        Returns an HtmlRevision: its facts, and the HTML that ``revision_html`` returns.

        Raises:
            PageMissing: there is no such revision.
            PermissionDenied: its text is hidden, or the account may not read the page.
            InternalError: its text is hidden, on MediaWiki 1.39.
            Refused: the page is too large to render.
            Unsupported: Parsoid does not work on this wiki.

        See https://www.mediawiki.org/wiki/API:REST_API/Reference.
        """
        return await self._fetch_revision(endpoints.revision_with_html, previous, revid)

    async def compare(self, from_: int, to: int) -> Diff:
        """Compare two revisions of a page.

        Returns a Diff: the changed lines, and some lines around them.

        Raises:
            InvalidParameter: the revisions are of different pages, or are not text.
            PageMissing: a revision is missing.
            PermissionDenied: a revision is hidden, or the account may not read the page.
            Unsupported: the wiki does not have wikidiff2.

        See https://www.mediawiki.org/wiki/API:REST_API/Reference#Compare_revisions.
        """
        return await self._fetch(
            endpoints.compare, {"from_": checked_revid("from_", from_), "to": checked_revid("to", to)}
        )

    async def _fetch_revision(self, endpoint: Endpoint[R], previous: R | None, revid: int) -> R:
        """A revision with its text.

        The ETag of a revision does not change with its facts: its page's title, or a user name that is hidden. So after
        a status 304 the facts are fetched without the text, and compared.
        """
        segments: Segments = {"id": checked_revid("revid", revid)}
        value = await self._fetch_unless_unchanged(endpoint, previous, segments)
        if value is not previous or have_same_facts(await self.revision_bare(revid), value):
            return value
        return await self._fetch_unless_unchanged(endpoint, None, segments)
