"""The REST API. The manual's page is https://www.mediawiki.org/wiki/API:REST_API/Reference."""

from __future__ import annotations

from mwclient_async.feeds import ChainFeed, Plan
from mwclient_async.models.rest import HistoryRevision, RestPage
from mwclient_async.sansio.continuing import Pager
from mwclient_async.sansio.convert import convert_to, structurer
from mwclient_async.sansio.edits import RestEdit, rest_edit
from mwclient_async.sansio.history import HistoryFilter, history
from mwclient_async.sansio.locking import title_key
from mwclient_async.sansio.params import checked_text, checked_title, is_count
from mwclient_async.sansio.writing import Base
from mwclient_async.session import Session
from mwclient_async.stream import Stream


class Rest:
    """``site.rest``: the wiki's REST API, on the same pipeline as the Action API."""

    def __init__(self, session: Session, wiki: str) -> None:
        self._session = session
        self._wiki = wiki

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

        async def prepare() -> Pager:
            return walk

        def feed(plan: Plan) -> ChainFeed[HistoryRevision]:
            return ChainFeed(plan, self._session.send, prepare, lambda: convert_to(HistoryRevision, raw=plan.raw))

        return Stream.over(feed, wiki=self._wiki, fingerprinted=walk.fingerprinted, limit=limit)

    async def create_page(
        self, title: str, *, source: str, comment: str = "", content_model: str | None = None
    ) -> RestPage:
        """Create a page with this text, once, whatever gets lost on the way.

        Raises PageExists; OutcomeUnknown where an answer was lost and the page's history does not tell. See
        https://www.mediawiki.org/wiki/API:REST_API/Reference#Create_page.
        """
        return await self._edit(title, source, comment, content_model, None)

    async def update_page(
        self, title: str, *, source: str, comment: str = "", latest: int, content_model: str | None = None
    ) -> RestPage:
        """Replace the text of a page, once. ``latest`` is the id of the revision that the new text is based on.

        Raises EditConflict when the page has changed since and the wiki cannot join both changes; PageMissing;
        OutcomeUnknown as ``create_page``. See https://www.mediawiki.org/wiki/API:REST_API/Reference#Update_page.
        """
        if not is_count(latest, least=1):
            raise ValueError(f"latest={latest!r}: give the id of the revision that the new text is based on")
        return await self._edit(title, source, comment, content_model, Base(revid=latest))

    async def _edit(self, title: str, text: str, comment: str, model: str | None, base: Base | None) -> RestPage:
        change = RestEdit(
            title=checked_title(title),
            text=checked_text("source", text),
            summary=checked_text("comment", comment),
            model=model if model is None else checked_text("content_model", model),
        )
        async with self._session.exclusively([title_key(title)]):
            self._session.latest.pop(title_key(title), None)
            page = await self._session.drive(rest_edit(change, base, policy=self._session.retry))
        return structurer(RestPage)(page)
