"""The actions on a page as a whole: move, delete, protect and others. They are those of ``site.actions``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, TypedDict, TypeVar, Unpack

from mwclient_async import _actions, _http, models
from mwclient_async._http.titled import TitleLike
from mwclient_async._page.page_reader import PageReader
from mwclient_async.errors import OutcomeUnknown, ProtocolError

T = TypeVar("T")


class ActOptions(TypedDict, total=False):
    """The options of the actions on a page.

    - ``watchlist`` says whether the page is put on the account's watchlist, ``watchlistexpiry`` until when.
    - ``tags`` are change tags of the log entry, or of the edit that the action makes.
    """

    watchlist: _actions.arguments.Watchlist
    watchlistexpiry: _actions.arguments.Expiry
    tags: str | Iterable[str]


class PageManager(PageReader):
    """The part of ``site.page(title)`` that manages a page: moves, deletes, protects it, and so on.

    If a reply is lost, the wiki's log decides whether the page was moved, deleted, undeleted or protected: the result
    then has ``verified``. If the log does not show it, the action is not sent again and raises OutcomeUnknown.
    """

    async def move(
        self,
        to: TitleLike,
        *,
        reason: str = "",
        movetalk: bool = False,
        movesubpages: bool = False,
        noredirect: bool = False,
        ignorewarnings: bool = False,
        **options: Unpack[ActOptions],
    ) -> models.actions_pages.MoveResult:
        """Move the page to another title. The handle keeps the old title, which is now that of a redirect.

        Returns a MoveResult: the old and the new title, and the talk page and subpages that moved along. If one of
        these could not be moved, the result's ``errors`` say so, and the page itself has moved.

        Arguments:
            to: the new title.
            reason: the reason for the log.
            movetalk: move the talk page, too.
            movesubpages: move the subpages, too.
            noredirect: leave no redirect at the old title, if the account has the right to do so.
            ignorewarnings: move the page in spite of warnings.
            options: see ActOptions.

        Raises:
            PageMissing: the page does not exist.
            PageExists: the target title exists already.
            InvalidTitle: the target is not a valid title.
            Protected, PermissionDenied: the account may not move this page.
            ApiError: the wiki refused for another reason (``immobile-target-namespace``).
            OutcomeUnknown: the response was lost.

        See https://www.mediawiki.org/wiki/API:Move.
        """
        _http.keywords.check_options(options, ActOptions, self.move)
        page: Mapping[str, Any] = {"from_": self._title} if self._title else {"fromid": self._pageid}
        return await self._services.actions().move(
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
    ) -> models.actions_pages.DeleteResult:
        """Delete the page, and with ``deletetalk`` its talk page. Without ``reason``, the wiki makes one.

        Returns a DeleteResult: the title, the reason and the id of the log entry.

        Raises:
            PageMissing: the page does not exist.
            Protected, PermissionDenied: the account may not delete this page.
            ApiError: the wiki refused for another reason (``bigdelete``: the page has too many revisions).
            OutcomeUnknown: the response was lost.

        See https://www.mediawiki.org/wiki/API:Delete.
        """
        _http.keywords.check_options(options, ActOptions, self.delete)
        return await self._services.actions().delete(
            **self._page_parameter, reason=reason, deletetalk=deletetalk, **options
        )

    async def undelete(
        self, *, reason: str = "", timestamps: Iterable[datetime] | None = None, **options: Unpack[ActOptions]
    ) -> models.actions_pages.UndeleteResult:
        """Restore the deleted page, or only its revisions of these times.

        Returns an UndeleteResult: the title, and how many revisions and file versions were restored.

        Raises:
            ValueError: the handle has no title, or ``timestamps`` is empty.
            PermissionDenied: the account may not restore pages.
            ApiError: there is nothing to restore (``cantundelete``, ``undelete-no-results``).
            OutcomeUnknown: the response was lost.

        See https://www.mediawiki.org/wiki/API:Undelete.
        """
        _http.keywords.check_options(options, ActOptions, self.undelete)
        return await self._services.actions().undelete(
            self._required_title("undelete"), reason=reason, timestamps=timestamps, **options
        )

    async def protect(
        self,
        protections: Mapping[str, str],
        *,
        expiry: _actions.arguments.Expiry | Mapping[str, _actions.arguments.Expiry] = "infinite",
        reason: str = "",
        cascade: bool = False,
        **options: Unpack[ActOptions],
    ) -> models.actions_pages.ProtectResult:
        """Protect the page: ``page.protect({"edit": "sysop"}, expiry="2 weeks")``.

        Returns a ProtectResult: the title and the protections.

        Arguments:
            protections: the level for each action. An action that is not named is open to everyone afterwards. If
                the page does not exist, only ``create`` can be protected.
            expiry: one expiry for all actions, or one per action.
            reason: the reason for the log.
            cascade: protect the pages that this page transcludes, too.
            options: see ActOptions.

        Raises:
            ValueError: ``protections`` is empty, ``expiry`` is in the past, or an action has no expiry.
            PermissionDenied: the account may not protect pages.
            ApiError: the wiki does not accept an action, a level or an expiry (``protect-invalidaction``,
                ``protect-invalidlevel``, ``invalidexpiry``).
            OutcomeUnknown: the response was lost.

        See https://www.mediawiki.org/wiki/API:Protect.
        """
        _http.keywords.check_options(options, ActOptions, self.protect)
        return await self._services.actions().protect(
            **self._page_parameter, protections=protections, expiry=expiry, reason=reason, cascade=cascade, **options
        )

    async def rollback(
        self, user: str, *, summary: str = "", markbot: bool = False, **options: Unpack[ActOptions]
    ) -> models.actions_pages.RollbackResult:
        """Revert all of a user's edits at the end of the page's history.

        Returns a RollbackResult: the title, the summary, and the revision ids before and after. With ``markbot``,
        these edits and the rollback are marked as a bot's, so that recent changes do not show them.

        Raises:
            PageMissing: the page does not exist.
            PermissionDenied: the account may not roll back.
            ApiError: another user made the latest edit (``alreadyrolled``), or no other user ever edited the page
                (``onlyauthor``).
            OutcomeUnknown: the response was lost.

        See https://www.mediawiki.org/wiki/API:Rollback.
        """
        _http.keywords.check_options(options, ActOptions, self.rollback)
        return await self._services.actions().rollback(
            **self._page_parameter, user=user, summary=summary, markbot=markbot, **options
        )

    async def watch(self, *, expiry: _actions.arguments.Expiry | None = None) -> models.actions_pagesets.WatchedPage:
        """Put the page on the account's watchlist, until ``expiry`` or forever.

        Returns a WatchedPage.

        Raises:
            ValueError: ``expiry`` is in the past.
            NotLoggedIn: an anonymous user has no watchlist.
            UnrecognizedParameters: this wiki has no ``expiry`` for watched pages; nothing was sent.
            OutcomeUnknown: the response was lost. It is safe to repeat the action.

        See https://www.mediawiki.org/wiki/API:Watch.
        """
        return await self._single_result(self._services.actions().watch(**self._page_selector, expiry=expiry))

    async def unwatch(self) -> models.actions_pagesets.WatchedPage:
        """Take the page off the account's watchlist.

        Returns a WatchedPage.

        Raises:
            NotLoggedIn: an anonymous user has no watchlist.
            OutcomeUnknown: the response was lost. It is safe to repeat the action.

        See https://www.mediawiki.org/wiki/API:Watch.
        """
        return await self._single_result(self._services.actions().watch(**self._page_selector, unwatch=True))

    async def purge(
        self, *, forcelinkupdate: bool = False, forcerecursivelinkupdate: bool = False
    ) -> models.actions_pagesets.PurgedPage:
        """Clear the page's caches.

        Returns a PurgedPage. ``forcelinkupdate`` updates the tables of links and categories, too, and
        ``forcerecursivelinkupdate`` also those of the pages that use this page as a template.

        Raises:
            Blocked: the account is blocked.

        See https://www.mediawiki.org/wiki/API:Purge.
        """
        return await self._single_result(
            self._services.actions().purge(
                **self._page_selector,
                forcelinkupdate=forcelinkupdate,
                forcerecursivelinkupdate=forcerecursivelinkupdate,
            )
        )

    async def patrol(
        self, *, revid: int | None = None, tags: str | Iterable[str] | None = None
    ) -> models.actions_review.PatrolResult:
        """Mark a revision of the page as patrolled: ``revid``, or the latest one.

        Returns a PatrolResult: the id among the recent changes, and the title.

        Raises:
            PageMissing: there is no such revision.
            PermissionDenied: the account may not patrol.
            ApiError: the change is not among the recent changes any more (``nosuchrcid``, ``notpatrollable``).
            OutcomeUnknown: the response was lost.

        See https://www.mediawiki.org/wiki/API:Patrol.
        """
        if revid is None:
            page = await self.get("revisions", rvprop="ids")
            if not page.revisions:
                raise ProtocolError(f"the wiki shows no revision of {self!r}")
            revid = page.revisions[0].revid
        return await self._services.actions().patrol(revid=revid, tags=tags)

    @property
    def _page_parameter(self) -> dict[str, Any]:
        return {"title": self._title} if self._title else {"pageid": self._pageid}

    def _required_title(self, action: str) -> str:
        if not self._title:
            raise ValueError(f"{action} needs a title: make the handle from a title")
        return self._title

    async def _single_result(self, results: _actions.page_results.PageResults[T]) -> T:
        async for result in results:
            return result
        raise OutcomeUnknown(f"the wiki's response does not say what became of {self!r}")
