"""``action=edit`` without the safety of the page handle, and ``action=stashedit``."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from mwclient_async._actions.arguments import (
    Expiry,
    Texts,
    Watchlist,
    checked_datetime,
    checked_flags,
    checked_id,
    checked_nonempty,
    checked_texts,
    exactly_one,
    page_params,
    watchlist_params,
)
from mwclient_async._actions.call import ActionGroup
from mwclient_async._http.conversion import structurer
from mwclient_async._http.json_values import object_at, text_at
from mwclient_async._http.params import checked_text, checked_title
from mwclient_async._http.text_normalization import md5_of
from mwclient_async._http.titled import TitleLike
from mwclient_async.models.actions_pages import RawEditResult, StashEditResult


class EditActions(ActionGroup):
    """Edits, without the safety of the page handle."""

    async def edit(
        self,
        title: TitleLike | None = None,
        *,
        pageid: int | None = None,
        text: str | None = None,
        appendtext: str | None = None,
        prependtext: str | None = None,
        undo: int | None = None,
        undoafter: int | None = None,
        section: int | str | None = None,
        sectiontitle: str | None = None,
        summary: str | None = None,
        minor: bool | None = None,
        bot: bool = False,
        baserevid: int | None = None,
        basetimestamp: datetime | None = None,
        starttimestamp: datetime | None = None,
        createonly: bool = False,
        nocreate: bool = False,
        recreate: bool = False,
        redirect: bool = False,
        contentmodel: str | None = None,
        contentformat: str | None = None,
        watchlist: Watchlist | None = None,
        watchlistexpiry: Expiry | None = None,
        captchaid: str | None = None,
        captchaword: str | None = None,
        tags: Texts | None = None,
    ) -> RawEditResult:
        """Edit a page with ``action=edit`` as the manual describes it, for what ``site.page(title)`` does not do.

        Returns a RawEditResult: the old and the new revision.

        Prefer ``site.page(title).save()``, ``append()`` and the other methods of the page handle. This method is
        without their safety: without ``baserevid``, ``createonly`` or ``nocreate`` it overwrites the current text, and
        it is sent once only, so a lost response is OutcomeUnknown.

        The arguments are those of the manual. ``minor`` is True, False, or None for what the account's preferences
        say. A hash of the text is sent along, so that the wiki refuses a text that was cut off on the way.

        Raises:
            ValueError: arguments contradict each other, or there is not exactly one change.
            EditConflict: the page has changed since ``baserevid``.
            PageExists: the page exists, and ``createonly`` was given.
            PageMissing: the page is missing, and ``nocreate`` was given.
            Protected, Blocked, AbuseFilter, SpamBlacklisted, CaptchaRequired: the wiki refused the edit.
            UnrecognizedParameters: ``captchaid`` on a wiki without captchas.
            OutcomeUnknown: the response was lost.

        See https://www.mediawiki.org/wiki/API:Edit.
        """
        if createonly and (nocreate or recreate):
            raise ValueError("createonly contradicts nocreate and recreate")
        if undoafter is not None and undo is None:
            raise ValueError("undoafter needs undo, the newest revision to be undone")
        params = {
            **page_params(self._session.wiki, title=title, pageid=pageid),
            **_change(text=text, appendtext=appendtext, prependtext=prependtext, undo=undo),
            "undoafter": checked_id("undoafter", undoafter),
            "section": section,
            "sectiontitle": sectiontitle,
            "summary": None if summary is None else checked_text("summary", summary),
            "notminor": True if minor is False else None,
            **checked_flags(minor=bool(minor), bot=bot, createonly=createonly, nocreate=nocreate),
            **checked_flags(recreate=recreate, redirect=redirect),
            "baserevid": checked_id("baserevid", baserevid),
            "basetimestamp": checked_datetime("basetimestamp", basetimestamp),
            "starttimestamp": checked_datetime("starttimestamp", starttimestamp),
            "contentmodel": contentmodel,
            "contentformat": contentformat,
            **watchlist_params(watchlist, watchlistexpiry, now=datetime.now(UTC)),
            "captchaid": captchaid,
            "captchaword": captchaword,
            "tags": checked_texts("tags", tags),
        }
        return await self._read_result("edit", params, _read_edit)

    async def stashedit(
        self,
        title: TitleLike,
        *,
        baserevid: int,
        text: str | None = None,
        stashedtexthash: str | None = None,
        section: int | str | None = None,
        sectiontitle: str | None = None,
        summary: str = "",
        contentmodel: str = "wikitext",
        contentformat: str = "text/x-wiki",
    ) -> StashEditResult:
        """Have the wiki prepare an edit, so that saving it soon afterwards is fast. It changes no page.

        Returns a StashEditResult: the status, and the hash of the text. ``baserevid`` is 0 for a page that is missing.

        Raises:
            ValueError: not exactly one of ``text`` and ``stashedtexthash`` was given.
            ApiError: the wiki does not know the hash any more (``missingtext``), or the account is a bot
                (``botsnotsupported``).

        See https://www.mediawiki.org/wiki/API:Stashedit.
        """
        params = {
            "title": checked_title(title, self._session.wiki),
            "baserevid": baserevid,
            **exactly_one(
                text=None if text is None else checked_text("text", text),
                stashedtexthash=None
                if stashedtexthash is None
                else checked_nonempty("stashedtexthash", stashedtexthash),
            ),
            "section": section,
            "sectiontitle": sectiontitle,
            "summary": checked_text("summary", summary),
            "contentmodel": contentmodel,
            "contentformat": contentformat,
        }
        return await self._result("stashedit", params, StashEditResult)


def _read_edit(raw: Any) -> RawEditResult:
    text_at(raw, "result")
    return structurer(RawEditResult)({**object_at(raw), "raw": raw})


def _change(
    *, text: str | None, appendtext: str | None, prependtext: str | None, undo: int | None
) -> dict[str, str | int]:
    """The parameters of the change, with the hash of its text."""
    added = {"prependtext": prependtext, "appendtext": appendtext}
    found: dict[str, str | int] = {
        name: checked_text(name, value) for name, value in added.items() if value is not None
    }
    if sum((text is not None, undo is not None, bool(found))) != 1:
        raise ValueError("give exactly one of text, undo, and appendtext with or without prependtext")
    if undo is not None:
        return {"undo": checked_id("undo", undo) or 0}
    if text is not None:
        return {"text": checked_text("text", text), "md5": md5_of(text)}
    return {**found, "md5": md5_of("".join(map(str, found.values())))}
