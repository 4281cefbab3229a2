"""What is done to a page as a whole: move, delete, protect and the like, through ``site.actions``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, TypedDict, TypeVar, Unpack

from mwclient_async._actions.arguments import Expiry, Watchlist
from mwclient_async._actions.page_results import PageResults
from mwclient_async._page.page_reader import PageReader
from mwclient_async.errors import ProtocolError
from mwclient_async.models.actions_pages import (
    DeleteResult,
    MoveResult,
    ProtectResult,
    RollbackResult,
    UndeleteResult,
)
from mwclient_async.models.actions_pagesets import PurgedPage, WatchedPage
from mwclient_async.models.actions_review import PatrolResult

T = TypeVar("T")


class ActOptions(TypedDict, total=False):
    """What such an action takes beside its own: ``tags`` of its log entry, and whether the page is watched."""

    watchlist: Watchlist
    watchlistexpiry: Expiry
    tags: str | Iterable[str]


class PageManager(PageReader):
    """The administering half of a page's handle; see ``site.actions`` for what each raises.

    None of these is sent again where its answer is lost, but purging: that is OutcomeUnknown.
    """

    async def move(
        self,
        to: str,
        *,
        reason: str = "",
        movetalk: bool = False,
        movesubpages: bool = False,
        noredirect: bool = False,
        ignorewarnings: bool = False,
        **options: Unpack[ActOptions],
    ) -> MoveResult:
        """Move the page to that title. The handle stays one of the old title, where a redirect is now.

        See https://www.mediawiki.org/wiki/API:Move.
        """
        page: Mapping[str, Any] = {"from_": self._title} if self._title else {"fromid": self._pageid}
        return await self._tools.actions.move(
            **page,
            to=to,
            reason=reason,
            movetalk=movetalk,
            movesubpages=movesubpages,
            noredirect=noredirect,
            ignorewarnings=ignorewarnings,
            **options,
        )

    async def delete(
        self, *, reason: str | None = None, deletetalk: bool = False, **options: Unpack[ActOptions]
    ) -> DeleteResult:
        """Delete the page. Without ``reason`` the wiki makes one. See https://www.mediawiki.org/wiki/API:Delete."""
        return await self._tools.actions.delete(**self._which, reason=reason, deletetalk=deletetalk, **options)

    async def undelete(
        self, *, reason: str = "", timestamps: Iterable[datetime] | None = None, **options: Unpack[ActOptions]
    ) -> UndeleteResult:
        """Bring the page back, or the revisions of these times. See https://www.mediawiki.org/wiki/API:Undelete."""
        return await self._tools.actions.undelete(
            self._only_title("undelete"), reason=reason, timestamps=timestamps, **options
        )

    async def protect(
        self,
        protections: Mapping[str, str],
        *,
        expiry: Expiry | Mapping[str, Expiry] = "infinite",
        reason: str = "",
        cascade: bool = False,
        **options: Unpack[ActOptions],
    ) -> ProtectResult:
        """Protect the page: ``page.protect({"edit": "sysop"}, expiry="2 weeks")``. All else is then unprotected.

        See https://www.mediawiki.org/wiki/API:Protect.
        """
        return await self._tools.actions.protect(
            **self._which, protections=protections, expiry=expiry, reason=reason, cascade=cascade, **options
        )

    async def rollback(
        self, user: str, *, summary: str = "", markbot: bool = False, **options: Unpack[ActOptions]
    ) -> RollbackResult:
        """Undo the latest edits, if they are all of that user. See https://www.mediawiki.org/wiki/API:Rollback."""
        return await self._tools.actions.rollback(**self._which, user=user, summary=summary, markbot=markbot, **options)

    async def watch(self, *, expiry: Expiry | None = None) -> WatchedPage:
        """Put the page onto the account's watchlist. See https://www.mediawiki.org/wiki/API:Watch."""
        return await self._one(self._tools.actions.watch(**self._named, expiry=expiry))

    async def unwatch(self) -> WatchedPage:
        """Take the page off the account's watchlist. See https://www.mediawiki.org/wiki/API:Watch."""
        return await self._one(self._tools.actions.watch(**self._named, unwatch=True))

    async def purge(self, *, forcelinkupdate: bool = False, forcerecursivelinkupdate: bool = False) -> PurgedPage:
        """Clear the page's caches. See https://www.mediawiki.org/wiki/API:Purge."""
        return await self._one(
            self._tools.actions.purge(
                **self._named,
                forcelinkupdate=forcelinkupdate,
                forcerecursivelinkupdate=forcerecursivelinkupdate,
            )
        )

    async def patrol(self, *, revid: int | None = None, tags: str | Iterable[str] | None = None) -> PatrolResult:
        """Mark a revision of the page as patrolled: its latest one, where none is named.

        See https://www.mediawiki.org/wiki/API:Patrol.
        """
        if revid is None:
            page = await self.get("revisions", rvprop="ids")
            if not page.revisions:
                raise ProtocolError(f"the wiki shows no revision of {self!r}")
            revid = page.revisions[0].revid
        return await self._tools.actions.patrol(revid=revid, tags=tags)

    @property
    def _which(self) -> dict[str, Any]:
        return {"title": self._title} if self._title else {"pageid": self._pageid}

    def _only_title(self, action: str) -> str:
        if not self._title:
            raise ValueError(f"{action} needs a title: make the handle from one")
        return self._title

    async def _one(self, results: PageResults[T]) -> T:
        async for result in results:
            return result
        raise ProtocolError(f"the wiki said nothing of {self!r}")
