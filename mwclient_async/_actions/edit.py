"""The raw edit, and texts that are soon to be saved."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from mwclient_async._actions.arguments import (
    Expiry,
    Texts,
    Watchlist,
    a_name,
    a_page,
    an_id,
    exactly_one,
    flags,
    instant,
    texts,
    watching,
)
from mwclient_async._actions.call import ActionGroup
from mwclient_async._http.conversion import structurer
from mwclient_async._http.params import checked_text, checked_title
from mwclient_async._http.text_normalization import md5_of
from mwclient_async.errors import ApiErrorItem, CaptchaRequired, Refused
from mwclient_async.models.actions_pages import RawEditResult, StashEditResult


class Editing(ActionGroup):
    """Edits as the wiki has them."""

    async def edit(
        self,
        title: str | None = None,
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
        """``action=edit`` as the manual has it, for what ``site.page(title)`` does not do.

        It is the raw counterpart of the page handle, and has none of its safety: without ``baserevid``, ``createonly``
        or ``nocreate`` it writes over whatever is there, and it is sent once only, so that a lost answer is
        OutcomeUnknown. Prefer ``site.page(title).save()``, ``append()`` and their like.

        ``minor`` is True, False, or what the account's preferences say. A hash of the text goes along, so that one that
        was cut on the way is refused. Raises ValueError for contradictions; EditConflict, PageExists, PageMissing,
        Protected, Blocked, AbuseFilter, SpamBlacklisted, CaptchaRequired or another ApiError; UnrecognizedParameters
        for ``captchaid`` on a wiki without captchas. See https://www.mediawiki.org/wiki/API:Edit.
        """
        if createonly and (nocreate or recreate):
            raise ValueError("createonly contradicts nocreate and recreate")
        if undoafter is not None and undo is None:
            raise ValueError("undoafter needs undo, the newest revision to be undone")
        given = {
            **a_page(title=title, pageid=pageid),
            **_change(text=text, appendtext=appendtext, prependtext=prependtext, undo=undo),
            "undoafter": an_id("undoafter", undoafter),
            "section": section,
            "sectiontitle": sectiontitle,
            "summary": None if summary is None else checked_text("summary", summary),
            "notminor": True if minor is False else None,
            **flags(minor=bool(minor), bot=bot, createonly=createonly, nocreate=nocreate),
            **flags(recreate=recreate, redirect=redirect),
            "baserevid": an_id("baserevid", baserevid),
            "basetimestamp": instant("basetimestamp", basetimestamp),
            "starttimestamp": instant("starttimestamp", starttimestamp),
            "contentmodel": contentmodel,
            "contentformat": contentformat,
            **watching(watchlist, watchlistexpiry),
            "captchaid": captchaid,
            "captchaword": captchaword,
            "tags": texts("tags", tags),
        }
        said = await self._said("edit", given)
        if said.get("result") != "Success":
            raise _refusal(said)
        return structurer(RawEditResult)({**said, "raw": said})

    async def stashedit(
        self,
        title: str,
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
        """Have the wiki prepare an edit that is soon to be saved, so that saving it is quick. It changes no page.

        ``baserevid`` is 0 for a page that is not there. Raises ValueError unless one of text and stashedtexthash is
        given; ApiError for a hash that the wiki does not know any more (``missingtext``), and for bots
        (``botsnotsupported``). See https://www.mediawiki.org/wiki/API:Stashedit.
        """
        given = {
            "title": checked_title(title),
            "baserevid": baserevid,
            **exactly_one(
                text=None if text is None else checked_text("text", text),
                stashedtexthash=None if stashedtexthash is None else a_name("stashedtexthash", stashedtexthash),
            ),
            "section": section,
            "sectiontitle": sectiontitle,
            "summary": checked_text("summary", summary),
            "contentmodel": contentmodel,
            "contentformat": contentformat,
        }
        return await self._act("stashedit", given, StashEditResult)


def _change(
    *, text: str | None, appendtext: str | None, prependtext: str | None, undo: int | None
) -> dict[str, str | int]:
    """What is changed, and the hash of the texts in it."""
    added = {"prependtext": prependtext, "appendtext": appendtext}
    found: dict[str, str | int] = {n: checked_text(n, value) for n, value in added.items() if value is not None}
    if sum((text is not None, undo is not None, bool(found))) != 1:
        raise ValueError("give exactly one of text, undo, and appendtext with or without prependtext")
    if undo is not None:
        return {"undo": an_id("undo", undo) or 0}
    if text is not None:
        return {"text": checked_text("text", text), "md5": md5_of(text)}
    return {**found, "md5": md5_of("".join(map(str, found.values())))}


def _refusal(said: Mapping[str, Any]) -> Refused:
    """``result: "Failure"``, which the wiki does not send as an error."""
    if "captcha" in said:
        text = "the wiki wants a captcha solved before it saves this page"
        return CaptchaRequired((ApiErrorItem(code="captcha", text=text, module="edit", data=said),))
    code, text = str(said.get("code", "edit-failed")), str(said.get("info", "the wiki did not save this page"))
    return Refused((ApiErrorItem(code=code, text=text, module="edit", data=said),))
