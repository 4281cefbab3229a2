"""The REST API. The manual's page is https://www.mediawiki.org/wiki/API:REST_API/Reference."""

from __future__ import annotations

from mwclient_async.feeds import ChainFeed, Plan
from mwclient_async.models.rest import HistoryRevision
from mwclient_async.sansio.continuing import Pager
from mwclient_async.sansio.convert import convert_to
from mwclient_async.sansio.history import HistoryFilter, history
from mwclient_async.sansio.params import is_count
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
