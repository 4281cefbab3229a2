"""Actions on whole pages: move, delete, undelete, protect, merge histories, roll back, content model and language."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from mwclient_async._actions.arguments import (
    Expiry,
    Ids,
    Texts,
    Watchlist,
    checked_datetime,
    checked_flags,
    checked_ids,
    checked_nonempty,
    checked_texts,
    expiry_value,
    page_params,
    reject_empty,
    watchlist_params,
)
from mwclient_async._actions.call import ActionGroup
from mwclient_async._http.conversion import structurer
from mwclient_async._http.json_values import object_at, rows_at
from mwclient_async._http.params import checked_text, checked_title
from mwclient_async._http.titled import TitleLike
from mwclient_async.errors import ProtocolError
from mwclient_async.models.actions_pages import (
    ContentModelResult,
    DeleteResult,
    MergeHistoryResult,
    MoveResult,
    PageLanguageResult,
    ProtectResult,
    RollbackResult,
    UndeleteResult,
)


class PageActions(ActionGroup):
    """Actions on whole pages."""

    async def move(
        self,
        from_: TitleLike | None = None,
        *,
        to: TitleLike,
        fromid: int | None = None,
        reason: str = "",
        movetalk: bool = False,
        movesubpages: bool = False,
        noredirect: bool = False,
        ignorewarnings: bool = False,
        watchlist: Watchlist | None = None,
        watchlistexpiry: Expiry | None = None,
        tags: Texts | None = None,
    ) -> MoveResult:
        """Move a page, named by its title or by ``fromid``, to another title.

        Returns a MoveResult: the old and the new title, and the talk page and subpages that moved along. Without
        ``movetalk`` the talk page stays. If the talk page or a subpage could not be moved, the result's ``errors`` say
        so, and the page itself has moved.

        Raises:
            ValueError: not exactly one of ``from_`` and ``fromid`` was given.
            PageMissing: there is no such page.
            PageExists: the target title exists already.
            InvalidTitle: the target is not a valid title.
            Protected, PermissionDenied: the account may not move this page.
            ApiError: the wiki refused for another reason (``immobile-target-namespace``).
            OutcomeUnknown: the response was lost.

        See https://www.mediawiki.org/wiki/API:Move.
        """
        params = {
            **page_params(self._session.wiki, title=from_, pageid=fromid, title_name="from_", id_name="fromid"),
            "to": checked_title(to, self._session.wiki),
            "reason": checked_text("reason", reason),
            **checked_flags(movetalk=movetalk, movesubpages=movesubpages, noredirect=noredirect),
            **checked_flags(ignorewarnings=ignorewarnings),
            **watchlist_params(watchlist, watchlistexpiry, now=datetime.now(UTC)),
            "tags": checked_texts("tags", tags),
        }
        return await self._read_result("move", params, _read_move)

    async def delete(
        self,
        title: TitleLike | None = None,
        *,
        pageid: int | None = None,
        reason: str | None = None,
        deletetalk: bool = False,
        oldimage: str | None = None,
        watchlist: Watchlist | None = None,
        watchlistexpiry: Expiry | None = None,
        tags: Texts | None = None,
    ) -> DeleteResult:
        """Delete a page, or one old version of a file.

        Returns a DeleteResult: the title, the reason and the id of the log entry.

        Arguments:
            title, pageid: the page; give one of them. Deleting a file's page deletes all versions of the file.
            reason: the reason for the log. Without one, the wiki makes it from the page's text.
            oldimage: the archive name of one old version of a file, which alone is deleted.

        Raises:
            ValueError: not exactly one of ``title`` and ``pageid`` was given.
            PageMissing: there is no such page.
            InvalidTitle: it is not a valid title.
            Protected, PermissionDenied: the account may not delete this page.
            ApiError: the wiki refused for another reason (``bigdelete``: the page has too many revisions).
            OutcomeUnknown: the response was lost.

        See https://www.mediawiki.org/wiki/API:Delete.
        """
        params = {
            **page_params(self._session.wiki, title=title, pageid=pageid),
            "reason": None if reason is None else checked_text("reason", reason),
            "oldimage": None if oldimage is None else checked_nonempty("oldimage", oldimage),
            **checked_flags(deletetalk=deletetalk),
            **watchlist_params(watchlist, watchlistexpiry, now=datetime.now(UTC)),
            "tags": checked_texts("tags", tags),
        }
        return await self._result("delete", params, DeleteResult)

    async def undelete(
        self,
        title: TitleLike,
        *,
        reason: str = "",
        timestamps: Iterable[datetime] | None = None,
        fileids: Ids | None = None,
        undeletetalk: bool = False,
        watchlist: Watchlist | None = None,
        watchlistexpiry: Expiry | None = None,
        tags: Texts | None = None,
    ) -> UndeleteResult:
        """Restore a deleted page: all of it, or only some revisions or file versions.

        Returns an UndeleteResult: the title, and how many revisions and file versions were restored.

        Arguments:
            timestamps: the times of the revisions that are restored.
            fileids: the ids of the file versions that are restored.

        Raises:
            ValueError: ``timestamps`` or ``fileids`` is empty.
            InvalidTitle: it is not a valid title.
            PermissionDenied: the account may not restore pages.
            ApiError: there is nothing to restore (``cantundelete``, ``undelete-no-results``).
            OutcomeUnknown: the response was lost.

        See https://www.mediawiki.org/wiki/API:Undelete.
        """
        moments = None if timestamps is None else [checked_datetime("timestamps", moment) for moment in timestamps]
        params = {
            "title": checked_title(title, self._session.wiki),
            "reason": checked_text("reason", reason),
            "timestamps": reject_empty("timestamps", timestamps, moments),
            "fileids": reject_empty("fileids", fileids, checked_ids("fileids", fileids)),
            **checked_flags(undeletetalk=undeletetalk),
            **watchlist_params(watchlist, watchlistexpiry, now=datetime.now(UTC)),
            "tags": checked_texts("tags", tags),
        }
        return await self._result("undelete", params, UndeleteResult)

    async def protect(
        self,
        title: TitleLike | None = None,
        *,
        pageid: int | None = None,
        protections: Mapping[str, str],
        expiry: Expiry | Mapping[str, Expiry] = "infinite",
        reason: str = "",
        cascade: bool = False,
        watchlist: Watchlist | None = None,
        watchlistexpiry: Expiry | None = None,
        tags: Texts | None = None,
    ) -> ProtectResult:
        """Set who may do what to a page: ``protections={"edit": "sysop", "move": "sysop"}``.

        Returns a ProtectResult: the title and the protections.

        Arguments:
            title, pageid: the page; give one of them. For a title without a page, only ``create`` can be protected.
            protections: the level for each action. An action that is not named is open to everyone afterwards;
                ``"all"`` opens a named one.
            expiry: one expiry for all actions, or one per action.
            cascade: protect the pages that this page transcludes, too.

        Raises:
            ValueError: ``protections`` is empty, ``expiry`` is in the past, or an action has no expiry.
            PageMissing: there is no such page.
            PermissionDenied: the account may not protect pages.
            ApiError: the wiki does not accept an action, a level or an expiry (``protect-invalidaction``,
                ``protect-invalidlevel``, ``invalidexpiry``).
            OutcomeUnknown: the response was lost.

        See https://www.mediawiki.org/wiki/API:Protect.
        """
        params = {
            **page_params(self._session.wiki, title=title, pageid=pageid),
            **_protections(protections, expiry),
            "reason": checked_text("reason", reason),
            **checked_flags(cascade=cascade),
            **watchlist_params(watchlist, watchlistexpiry, now=datetime.now(UTC)),
            "tags": checked_texts("tags", tags),
        }
        return await self._read_result("protect", params, _read_protect)

    async def mergehistory(
        self,
        from_: TitleLike | None = None,
        *,
        to: TitleLike | None = None,
        fromid: int | None = None,
        toid: int | None = None,
        timestamp: datetime | None = None,
        reason: str = "",
    ) -> MergeHistoryResult:
        """Move revisions of one page into the history of another page.

        Returns a MergeHistoryResult: both titles, and the time up to which revisions were moved.

        Arguments:
            from_, fromid: the page whose revisions are moved; give one of them.
            to, toid: the page that gets them; give one of them.
            timestamp: the time of the last revision that is moved. Without one, all revisions are moved.

        Raises:
            ValueError: a page is not named, or is named in two ways.
            PageMissing: there is no such page.
            PermissionDenied: the account may not merge histories.
            ApiError: the histories overlap, or both pages are the same (``mergehistory-fail-timestamps-overlap``,
                ``mergehistory-fail-self-merge``).
            OutcomeUnknown: the response was lost.

        See https://www.mediawiki.org/wiki/API:Mergehistory.
        """
        params = {
            **page_params(self._session.wiki, title=from_, pageid=fromid, title_name="from_", id_name="fromid"),
            **page_params(self._session.wiki, title=to, pageid=toid, title_name="to", id_name="toid"),
            "timestamp": checked_datetime("timestamp", timestamp),
            "reason": checked_text("reason", reason),
        }
        # Without a timestamp, the wiki returns its current time, which has no meaning.
        changes = {"timestamp": None} if timestamp is None else {}
        structure = structurer(MergeHistoryResult)
        return await self._read_result("mergehistory", params, lambda raw: structure({**object_at(raw), **changes}))

    async def rollback(
        self,
        title: TitleLike | None = None,
        *,
        pageid: int | None = None,
        user: str,
        summary: str = "",
        markbot: bool = False,
        watchlist: Watchlist | None = None,
        watchlistexpiry: Expiry | None = None,
        tags: Texts | None = None,
    ) -> RollbackResult:
        """Revert all of a user's edits at the end of a page's history.

        Returns a RollbackResult: the title, the summary, and the revision ids before and after.

        Arguments:
            title, pageid: the page; give one of them.
            user: the name or IP address of the user whose edits are reverted.
            markbot: mark these edits and the rollback as a bot's, so that recent changes do not show them.

        Raises:
            ValueError: not exactly one of ``title`` and ``pageid`` was given, or ``user`` is empty.
            PageMissing: there is no such page.
            PermissionDenied: the account may not roll back.
            ApiError: another user made the latest edit (``alreadyrolled``), or no other user ever edited the page
                (``onlyauthor``).
            OutcomeUnknown: the response was lost.

        See https://www.mediawiki.org/wiki/API:Rollback.
        """
        params = {
            **page_params(self._session.wiki, title=title, pageid=pageid),
            "user": checked_nonempty("user", user),
            "summary": checked_text("summary", summary),
            **checked_flags(markbot=markbot),
            **watchlist_params(watchlist, watchlistexpiry, now=datetime.now(UTC)),
            "tags": checked_texts("tags", tags),
        }
        return await self._result("rollback", params, RollbackResult)

    async def changecontentmodel(
        self,
        title: TitleLike | None = None,
        *,
        pageid: int | None = None,
        model: str,
        summary: str = "",
        bot: bool = False,
        tags: Texts | None = None,
    ) -> ContentModelResult:
        """Change the content model of a page, such as ``"wikitext"`` or ``"json"``. The text stays as it is.

        Returns a ContentModelResult: the new model, and the ids of the log entry and the revision.

        Raises:
            ValueError: not exactly one of ``title`` and ``pageid`` was given, or ``model`` is empty.
            PageMissing: there is no such page.
            InvalidParameter: the wiki has no such model.
            PermissionDenied: the account may not change content models.
            ApiError: the text does not fit the model (``invalid-json-data``), or the page has that model already.
            OutcomeUnknown: the response was lost.

        See https://www.mediawiki.org/wiki/API:Changecontentmodel.
        """
        params = {
            **page_params(self._session.wiki, title=title, pageid=pageid),
            "model": checked_nonempty("model", model),
            "summary": checked_text("summary", summary),
            **checked_flags(bot=bot),
            "tags": checked_texts("tags", tags),
        }
        return await self._result("changecontentmodel", params, ContentModelResult)

    async def setpagelanguage(
        self,
        title: TitleLike | None = None,
        *,
        pageid: int | None = None,
        lang: str,
        reason: str = "",
        tags: Texts | None = None,
    ) -> PageLanguageResult:
        """Change the language of a page: a code, or ``"default"`` for that of the wiki.

        Returns a PageLanguageResult: the old and the new language, and the id of the log entry.

        Raises:
            ValueError: not exactly one of ``title`` and ``pageid`` was given, or ``lang`` is empty.
            PageMissing: there is no such page.
            InvalidParameter: the wiki has no such language.
            PermissionDenied: the account may not change the languages of pages.
            ApiError: the wiki has one language only (``pagelang-disabled``), or the page has that language already.
            OutcomeUnknown: the response was lost.

        See https://www.mediawiki.org/wiki/API:SetPageLanguage.
        """
        params = {
            **page_params(self._session.wiki, title=title, pageid=pageid),
            "lang": checked_nonempty("lang", lang),
            "reason": checked_text("reason", reason),
            "tags": checked_texts("tags", tags),
        }
        return await self._result("setpagelanguage", params, PageLanguageResult)


def _protections(protections: Mapping[str, str], expiry: Expiry | Mapping[str, Expiry]) -> dict[str, Any]:
    """The parameters for the protections, and for their expiry."""
    if not protections:
        raise ValueError("protections is empty: to open a page to everyone, give {'edit': 'all', 'move': 'all'}")
    pairs, now = [], datetime.now(UTC)
    for action, level in protections.items():
        if "=" in checked_nonempty("protections", action):
            raise ValueError(f"protections: {action!r} is not an action")
        pairs.append(f"{action}={level or 'all'}")
    if not isinstance(expiry, Mapping):
        return {"protections": pairs, "expiry": expiry_value("expiry", expiry, now=now)}
    if differing := sorted(set(expiry) ^ set(protections)):
        raise ValueError(f"expiry and protections do not name the same actions: {', '.join(differing)}")
    return {"protections": pairs, "expiry": [expiry_value("expiry", expiry[action], now=now) for action in protections]}


def _read_move(raw: Any) -> MoveResult:
    result = dict(object_at(raw))
    for part in ("subpages", "subpages-talk"):  # if no subpage could be moved, this is not a list
        if isinstance(result.get(part), Mapping):
            result[part] = [result[part]] if result[part] else []
    return structurer(MoveResult)(result)


def _read_protect(raw: Any) -> ProtectResult:
    protections = [_protection(entry) for entry in rows_at(raw, "protections")]
    return structurer(ProtectResult)({**object_at(raw), "protections": protections})


def _protection(entry: Mapping[str, Any]) -> dict[str, Any]:
    """An entry such as ``{"edit": "sysop", "expiry": ...}``, with a name for each of its fields."""
    found = [(name, value) for name, value in entry.items() if name != "expiry"]
    if len(found) != 1:
        raise ProtocolError(f"the wiki's response has a protection of an unknown form: {dict(entry)!r:.200}")
    ((action, level),) = found
    return {"type": action, "level": level, "expiry": entry.get("expiry")}
