"""An edit of a page, by the Action API or by the REST API: what is sent, and what came of it.

An edit says which revision it is based on (``baserevid``, with ``nocreate``) or that the page must not be there yet
(``createonly``); ``compare_and_swap.py`` does it once. An append has a base, too: a second one would change the same
end of the page and conflict with the first. A new section is therefore sent as an append, since ``section=new`` never
conflicts.

See https://www.mediawiki.org/wiki/API:Edit and https://www.mediawiki.org/wiki/API:REST_API/Reference#Update_page.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from attrs import evolve, field, frozen

from mwclient_async._edit.compare_and_swap import (
    PAGE_GONE,
    CompletedWrite,
    LostReply,
    asked_for,
    compare_and_swap,
    find_in_history,
    page_of,
    unknown_outcome,
)
from mwclient_async._http.flow import Flow
from mwclient_async._http.messages import ApiRequest, ApiResponse
from mwclient_async._http.text_normalization import md5_of
from mwclient_async._session.known_revisions import BaseRevision
from mwclient_async.errors import (
    ApiErrorItem,
    CaptchaRequired,
    EditConflict,
    InvalidTitle,
    OutcomeUnknown,
    PageExists,
    PageMissing,
    ProtocolError,
    Refused,
)
from mwclient_async.models.edits import EditOutcome, EditResult
from mwclient_async.models.options import RetryPolicy

Missing = Literal["raise", "create", "only"]
"""What an edit does about a page that is not there: raise PageMissing, create it, or nothing else than create it."""

_MOST_CONFLICTS = 20  # of an edit that can be done again on top of any other
_LINK = re.compile(r"\[\[:?(?:[^\[\]|]*\|)?([^\[\]|]*)\]\]")


@frozen(kw_only=True)
class Edit:
    """One edit of one page: its whole ``text``, or what comes before or after what is there.

    ``title`` or ``pageid`` names the page. ``section`` is the heading of a new section, which ``append`` is then the
    text of. ``params`` are further parameters of ``action=edit``. ``bot`` flags it as a bot's where the account has the
    right to.
    """

    title: str = ""
    pageid: int = 0
    text: str | None = field(default=None, repr=False)
    append: str = field(default="", repr=False)
    prepend: str = field(default="", repr=False)
    section: str | None = None
    summary: str = ""
    missing: Missing = "raise"
    bot: bool = False
    params: Mapping[str, str] = field(factory=dict)

    @property
    def target(self) -> Mapping[str, str]:
        """The page, as ``action=edit`` wants it."""
        return {"title": self.title} if self.title else {"pageid": str(self.pageid)}

    @property
    def name(self) -> str:
        """The page, for messages."""
        return repr(self.title) if self.title else f"page {self.pageid}"

    @property
    def commutes(self) -> bool:
        """Whether it can be done on top of any other edit."""
        return self.text is None

    def applied_to(self, text: str) -> str:
        """What the page says after this edit, before anything is transformed."""
        return self.text if self.text is not None else f"{self.prepend}{text}{self.append}"

    def request(self, base: BaseRevision) -> ApiRequest:
        """The request, with its compare-and-swap."""
        params = {"action": "edit", **self.target, **self.params, "summary": self.summary}
        if self.text is not None:
            params |= {"text": self.text, "md5": md5_of(self.text)}
        else:
            added = {"prependtext": self.prepend, "appendtext": self.append}
            params |= {name: value for name, value in added.items() if value}
            params["md5"] = md5_of(self.prepend + self.append)
        params |= {"nocreate": "1", "baserevid": str(base.revid)} if base.revid else {"createonly": "1"}
        if base.since:
            params["starttimestamp"] = base.since
        return ApiRequest(params=params, post=True, token="csrf", write=True)  # noqa: S106 - a kind

    def check_response(self, reply: ApiResponse) -> ApiResponse:
        """The reply, if it says that the wiki has done it. One that says nothing of it leaves a doubt."""
        said = reply.body.get("edit") if isinstance(reply.body, Mapping) else None
        if not isinstance(said, Mapping) or "result" not in said:
            raise OutcomeUnknown(f"the wiki's answer to the edit of {self.name} does not say what became of it")
        if said["result"] != "Success":
            raise _failure(self, said)
        return reply


@frozen(kw_only=True)
class Undo:
    """The undoing of revisions: from ``revid`` back to just after ``after``, or of ``revid`` alone."""

    page: Edit
    revid: int
    after: int | None = None

    def request(self, base: BaseRevision) -> ApiRequest:
        """The request. Should the page have changed by then, the wiki joins the two changes or refuses it."""
        params = {"action": "edit", **self.page.target, **self.page.params, "undo": str(self.revid), "nocreate": "1"}
        if self.after is not None:
            params["undoafter"] = str(self.after)
        if self.page.summary:
            params["summary"] = self.page.summary
        params |= {"baserevid": str(base.revid), "starttimestamp": base.since}
        return ApiRequest(params=params, post=True, token="csrf", write=True)  # noqa: S106 - a kind


def undo(change: Undo) -> Flow[EditResult]:
    """Undo, once: it is never sent again, since a second one could undo the first.

    Raises EditConflict where other edits stand in the way, PageMissing; OutcomeUnknown where the answer was lost.
    """
    page, base = yield from read_base(change.page)
    check_presence(page, base)
    try:
        reply = page.check_response((yield change.request(base)))
    except OutcomeUnknown as error:
        raise unknown_outcome(page, LostReply(base=base, error=error), "an undo is not sent twice") from error
    return _result(page, CompletedWrite(base=base, reply=reply))


def edit(change: Edit, base: BaseRevision | None, *, policy: RetryPolicy) -> Flow[EditResult]:
    """Do an edit of the Action API, once. ``base`` is what it is based on; without one, the page as it is now.

    Raises EditConflict (an append is done again, on top of what came in between), PageMissing, PageExists, the wiki's
    other refusals, CaptchaRequired; OutcomeUnknown where it cannot be told whether it was done.
    """
    doubt = LostReply()
    for _ in range(_MOST_CONFLICTS):
        change, base = (yield from read_base(change)) if base is None else (change, base)
        if doubt.error is not None and (done := (yield from find_in_history(change, doubt))[0]) is not None:
            return _found(done)
        check_presence(change, base, doubt)
        try:
            done = yield from compare_and_swap(change, base, policy=policy, lost=doubt)
        except (EditConflict, PageExists, PageMissing):
            if not change.commutes or change.missing == "only":
                raise
            base = None  # what we knew of the page is old
            continue
        if doubt.error is not None and _is_unchanged(done):  # by our first request, maybe, that came late
            done = (yield from find_in_history(change, doubt))[0] or done
        return _result(change, done)
    text = f"{change.name} was changed by others {_MOST_CONFLICTS} times in a row."
    raise EditConflict((ApiErrorItem(code="editconflict", text=text),))


def read_base(change: Edit) -> Flow[tuple[Edit, BaseRevision]]:
    """What the page is now, and the edit as it is to be sent to that."""
    params = {"action": "query", "prop": "revisions", "rvprop": "ids", "curtimestamp": "1", **asked_for(change)}
    if change.section is not None and not change.summary:
        heading = _plain(change.section)
        arguments = f"\x1f{heading}" if "|" in heading else heading
        params |= {"meta": "allmessages", "ammessages": "newsectionsummary", "amargs": arguments, "uselang": "content"}
    reply = yield ApiRequest(params=params)
    base = _base(change, reply)
    return _with_section(change, base, reply), base


def read_text(change: Edit, slot: str = "main") -> Flow[tuple[str | None, BaseRevision]]:
    """What the page says now, and which revision that is; None where there is no page, or no such slot of it.

    Raises InvalidTitle.
    """
    params = {"action": "query", "prop": "revisions", "rvprop": "ids|content", "rvslots": slot, "curtimestamp": "1"}
    reply = yield ApiRequest(params={**params, **asked_for(change)})
    base = _base(change, reply)
    if not base.revid:
        return None, base
    found = page_of(reply)["revisions"][0].get("slots", {}).get(slot, {})
    if slot != "main" and (not found or found.get("missing")):
        return None, base
    text = found.get("content")
    if not isinstance(text, str):
        raise ProtocolError(f"the wiki keeps the text of {change.name} to itself")
    return text, base


def _base(change: Edit, reply: ApiResponse) -> BaseRevision:
    if reply.body.get("query", {}).get("interwiki"):
        raise _invalid(change, "it is a page of another wiki")
    page = page_of(reply)
    revid = 0 if "missing" in page else int((page.get("revisions") or [{}])[0].get("revid", 0))
    if "invalid" in page or "special" in page or not (revid or "missing" in page):
        reason = page.get("invalidreason", "the wiki shows no revision of it")
        raise _invalid(change, str(reason.get("text", "")) if isinstance(reason, Mapping) else str(reason))
    return BaseRevision(revid=revid, pageid=int(page.get("pageid", 0)), since=str(reply.body.get("curtimestamp", "")))


def _invalid(change: Edit, reason: str) -> InvalidTitle:
    text = f"{change.name} is no page that can have a text: {reason}"
    return InvalidTitle((ApiErrorItem(code="invalidtitle", text=text),))


def page_missing(change: Edit) -> PageMissing:
    """The error for a page that should be there."""
    return PageMissing((ApiErrorItem(code="missingtitle", text=f"There is no page {change.name}."),))


def _with_section(change: Edit, base: BaseRevision, reply: ApiResponse) -> Edit:
    if change.section is None:
        return change
    messages = reply.body.get("query", {}).get("allmessages") or [{}]
    summary = change.summary or str(messages[0].get("content", ""))
    lead = "\n\n" if base.revid else ""
    return evolve(change, append=f"{lead}== {change.section} ==\n\n{change.append}", summary=summary, section=None)


def check_presence(change: Edit, base: BaseRevision, doubt: LostReply | None = None) -> None:
    """Raise PageExists or PageMissing where the page is there, or is not, against what the edit says."""
    if base.revid and change.missing == "only":
        raise PageExists((ApiErrorItem(code="articleexists", text=f"{change.name} is there already."),))
    if not base.revid and change.missing == "raise":
        if doubt is not None and doubt.error is not None:
            raise unknown_outcome(change, doubt, PAGE_GONE)
        raise page_missing(change)


# What the wiki says --------------------------------------------------------------------------------------------------


def _result(change: Edit, done: CompletedWrite) -> EditResult:
    if done.reply is None:
        return _found(done)
    said = done.reply.body["edit"]
    unchanged = "nochange" in said
    old, new = (done.base.revid if unchanged else int(said.get(name, 0)) for name in ("oldrevid", "newrevid"))
    outcome = EditOutcome.MERGED if old != done.base.revid else EditOutcome.SAVED
    if "new" in said:
        outcome = EditOutcome.CREATED
    return EditResult(
        title=str(said.get("title", change.title)),
        pageid=int(said.get("pageid", change.pageid)),
        outcome=EditOutcome.UNCHANGED if unchanged else outcome,
        revid=new,
        oldrevid=old,
        timestamp=None if unchanged else _instant(said.get("newtimestamp")),
        raw=said,
    )


def _is_unchanged(done: CompletedWrite) -> bool:
    return done.reply is not None and "nochange" in done.reply.body["edit"]


def _found(done: CompletedWrite) -> EditResult:
    parent = int(done.found.get("parentid", 0))
    outcome = EditOutcome.SAVED if parent == done.base.revid else EditOutcome.MERGED
    return EditResult(
        title=done.title,
        pageid=done.pageid,
        outcome=outcome if done.base.revid else EditOutcome.CREATED,
        revid=int(done.found["revid"]),
        oldrevid=parent,
        timestamp=_instant(done.found.get("timestamp")),
        verified=True,
    )


def _failure(change: Edit, said: Mapping[str, Any]) -> Refused:
    """``result: "Failure"``, which the wiki does not send as an error."""
    if "captcha" in said:
        text = f"the wiki wants a captcha solved before it saves {change.name}"
        return CaptchaRequired((ApiErrorItem(code="captcha", text=text, module="edit", data=said),))
    code, text = str(said.get("code", "edit-failed")), str(said.get("info", f"{change.name} was not saved"))
    return Refused((ApiErrorItem(code=code, text=text, module="edit", data=said),))


def _plain(heading: str) -> str:
    return _LINK.sub(r"\1", heading).replace("'''", "").replace("''", "")


def _instant(text: object) -> datetime | None:
    return datetime.fromisoformat(text) if isinstance(text, str) and text else None
