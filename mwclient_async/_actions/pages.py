"""Pages as a whole: move, delete, undelete, protect, roll back, merge."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from mwclient_async._actions.arguments import (
    Expiry,
    Ids,
    Texts,
    Watchlist,
    a_name,
    a_page,
    flags,
    ids,
    instant,
    texts,
    unless_empty,
    until,
    watching,
)
from mwclient_async._actions.call import ActionGroup
from mwclient_async._http.conversion import structurer
from mwclient_async._http.params import checked_text, checked_title
from mwclient_async.models.actions_pages import (
    DeleteResult,
    MergeHistoryResult,
    MoveResult,
    ProtectResult,
    RollbackResult,
    UndeleteResult,
)


class Pages(ActionGroup):
    """What is done to whole pages."""

    async def move(
        self,
        from_: str | None = None,
        *,
        to: str,
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
        """Move a page, named by its title or by ``fromid``.

        Without ``movetalk`` the talk page stays where it is. Talk page and subpages may stay behind though the page
        moved: the result's ``errors`` say so. Raises PageMissing, PageExists, Protected, PermissionDenied, InvalidTitle
        or another ApiError; OutcomeUnknown where the answer was lost. See https://www.mediawiki.org/wiki/API:Move.
        """
        given = {
            **a_page(title=from_, pageid=fromid, title_name="from_", id_name="fromid"),
            "to": checked_title(to),
            "reason": checked_text("reason", reason),
            **flags(movetalk=movetalk, movesubpages=movesubpages, noredirect=noredirect),
            **flags(ignorewarnings=ignorewarnings),
            **watching(watchlist, watchlistexpiry),
            "tags": texts("tags", tags),
        }
        said = dict(await self._said("move", given))
        for part in ("subpages", "subpages-talk"):  # where none could be moved, these are not a list
            if isinstance(said.get(part), Mapping):
                said[part] = [said[part]] if said[part] else []
        return structurer(MoveResult)(said)

    async def delete(
        self,
        title: str | None = None,
        *,
        pageid: int | None = None,
        reason: str | None = None,
        deletetalk: bool = False,
        oldimage: str | None = None,
        watchlist: Watchlist | None = None,
        watchlistexpiry: Expiry | None = None,
        tags: Texts | None = None,
    ) -> DeleteResult:
        """Delete a page; of a file, all its versions, or the one whose archive name is ``oldimage``.

        Without ``reason`` the wiki makes one of the page's text. Raises PageMissing, Protected, PermissionDenied,
        InvalidTitle or another ApiError (``bigdelete``); OutcomeUnknown where the answer was lost. See
        https://www.mediawiki.org/wiki/API:Delete.
        """
        given = {
            **a_page(title=title, pageid=pageid),
            "reason": None if reason is None else checked_text("reason", reason),
            "oldimage": None if oldimage is None else a_name("oldimage", oldimage),
            **flags(deletetalk=deletetalk),
            **watching(watchlist, watchlistexpiry),
            "tags": texts("tags", tags),
        }
        return await self._act("delete", given, DeleteResult)

    async def undelete(
        self,
        title: str,
        *,
        reason: str = "",
        timestamps: Iterable[datetime] | None = None,
        fileids: Ids | None = None,
        undeletetalk: bool = False,
        watchlist: Watchlist | None = None,
        watchlistexpiry: Expiry | None = None,
        tags: Texts | None = None,
    ) -> UndeleteResult:
        """Bring back a deleted page: all of it, or the revisions of ``timestamps`` and the versions of ``fileids``.

        Raises ValueError where one of these is empty; PermissionDenied, InvalidTitle, or ApiError where nothing is
        to be brought back (``cantundelete``). See https://www.mediawiki.org/wiki/API:Undelete.
        """
        moments = None if timestamps is None else [instant("timestamps", moment) for moment in timestamps]
        given = {
            "title": checked_title(title),
            "reason": checked_text("reason", reason),
            "timestamps": unless_empty("timestamps", timestamps, moments),
            "fileids": unless_empty("fileids", fileids, ids("fileids", fileids)),
            **flags(undeletetalk=undeletetalk),
            **watching(watchlist, watchlistexpiry),
            "tags": texts("tags", tags),
        }
        return await self._act("undelete", given, UndeleteResult)

    async def protect(
        self,
        title: str | None = None,
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
        """Say who may do what to a page: ``protections={"edit": "sysop", "move": "sysop"}``.

        What is not named is open to everybody afterwards; ``"all"`` opens what is named. A title without a page takes
        ``create`` alone. ``expiry`` is one for all, or one for each of the actions.

        Raises ValueError where an action has no expiry, before any request; ApiError for an action, a level or an
        expiry that the wiki does not take (``protect-invalidaction``, ``protect-invalidlevel``, ``invalidexpiry``);
        PageMissing, PermissionDenied. See https://www.mediawiki.org/wiki/API:Protect.
        """
        given = {
            **a_page(title=title, pageid=pageid),
            **_protections(protections, expiry),
            "reason": checked_text("reason", reason),
            **flags(cascade=cascade),
            **watching(watchlist, watchlistexpiry),
            "tags": texts("tags", tags),
        }
        said = dict(await self._said("protect", given))
        said["protections"] = [_protection(entry) for entry in said.get("protections") or ()]
        return structurer(ProtectResult)(said)

    async def mergehistory(
        self,
        from_: str | None = None,
        *,
        to: str | None = None,
        fromid: int | None = None,
        toid: int | None = None,
        timestamp: datetime | None = None,
        reason: str = "",
    ) -> MergeHistoryResult:
        """Move the revisions of one page into the history of another, those up to ``timestamp`` or all.

        Raises ValueError unless both pages are named, each in one way; PermissionDenied; ApiError where the histories
        overlap, or are of one page (``mergehistory-fail-timestamps-overlap``, ``mergehistory-fail-self-merge``). See
        https://www.mediawiki.org/wiki/API:Mergehistory.
        """
        given = {
            **a_page(title=from_, pageid=fromid, title_name="from_", id_name="fromid"),
            **a_page(title=to, pageid=toid, title_name="to", id_name="toid"),
            "timestamp": instant("timestamp", timestamp),
            "reason": checked_text("reason", reason),
        }
        said = dict(await self._said("mergehistory", given))
        if timestamp is None:  # the wiki tells its own time then, which means nothing
            said["timestamp"] = None
        return structurer(MergeHistoryResult)(said)

    async def rollback(
        self,
        title: str | None = None,
        *,
        pageid: int | None = None,
        user: str,
        summary: str = "",
        markbot: bool = False,
        watchlist: Watchlist | None = None,
        watchlistexpiry: Expiry | None = None,
        tags: Texts | None = None,
    ) -> RollbackResult:
        """Take back all edits that ``user`` made at the end of a page's history.

        ``markbot`` keeps them and the rollback out of the recent changes. Raises PageMissing, PermissionDenied;
        ApiError where somebody else has edited meanwhile (``alreadyrolled``), or where nobody else ever has
        (``onlyauthor``). See https://www.mediawiki.org/wiki/API:Rollback.
        """
        given = {
            **a_page(title=title, pageid=pageid),
            "user": a_name("user", user),
            "summary": checked_text("summary", summary),
            **flags(markbot=markbot),
            **watching(watchlist, watchlistexpiry),
            "tags": texts("tags", tags),
        }
        return await self._act("rollback", given, RollbackResult)


def _protections(protections: Mapping[str, str], expiry: Expiry | Mapping[str, Expiry]) -> dict[str, Any]:
    if not protections:
        raise ValueError("protections is empty: to open a page to everybody, say {'edit': 'all', 'move': 'all'}")
    pairs = []
    for action, level in protections.items():
        if "=" in a_name("protections", action):
            raise ValueError(f"protections: {action!r} is no action")
        pairs.append(f"{action}={level or 'all'}")
    if not isinstance(expiry, Mapping):
        return {"protections": pairs, "expiry": until("expiry", expiry)}
    if odd := sorted(set(expiry) ^ set(protections)):
        raise ValueError(f"expiry and protections do not name the same actions: {', '.join(odd)}")
    return {"protections": pairs, "expiry": [until("expiry", expiry[action]) for action in protections]}


def _protection(entry: Mapping[str, Any]) -> dict[str, Any]:
    """An entry such as ``{"edit": "sysop", "expiry": ...}``, with its fields named."""
    ((action, level),) = [(name, value) for name, value in entry.items() if name != "expiry"]
    return {"type": action, "level": level, "expiry": entry.get("expiry")}
