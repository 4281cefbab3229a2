"""An edit of a page, by the Action API: its requests, and what the responses mean.

An edit names the revision that it is based on (``baserevid``, with ``nocreate``), or says that the page must not exist
yet (``createonly``). ``compare_and_swap.py`` uses that to save it once. An append has a base revision, too: a second
append on the same base would change the same end of the page and conflict with the first. A new section is therefore
sent as an append, because ``section=new`` never conflicts.

See https://www.mediawiki.org/wiki/API:Edit.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from attrs import evolve, field, frozen

from mwclient_async._edit.compare_and_swap import compare_and_swap
from mwclient_async._edit.history_check import (
    PAGE_GONE,
    CompletedWrite,
    find_in_history,
    page_of,
    page_parameters,
    unknown_outcome,
)
from mwclient_async._http.failure_results import refusal_in
from mwclient_async._http.flow import Flow
from mwclient_async._http.json_values import number_at, object_at, rows_at, text_at
from mwclient_async._http.messages import ApiRequest, ApiResponse
from mwclient_async._http.text_normalization import md5_of, summary_with_suffix
from mwclient_async._session.known_revisions import BaseRevision
from mwclient_async._session.lost_reply import Executed, LostReply, read_written
from mwclient_async._session.own_edits import OwnEdits
from mwclient_async.errors import (
    ApiErrorItem,
    EditConflict,
    InvalidTitle,
    MediaWikiError,
    OutcomeUnknown,
    PageExists,
    PageMissing,
    ProtocolError,
)
from mwclient_async.models.edits import EditOutcome, EditResult
from mwclient_async.models.page import Page, PageStatus

Missing = Literal["raise", "create", "only"]
"""What an edit does if the page does not exist.

``"raise"`` raises PageMissing. ``"create"`` creates the page. ``"only"`` creates the page, and raises PageExists if it
exists.
"""

_MAX_CONFLICTS = 20  # of an append or a prepend, which can be saved on top of any other edit
_TO_CREATE = "to create it, pass missing='create', or use .create()"
_WIKI_LINK = re.compile(r"\[\[:?(?:[^\[\]|]*\|)?([^\[\]|]*)\]\]")


@frozen(kw_only=True)
class Edit:
    """One edit of one page: its whole new ``text``, or a text to append or prepend.

    ``title`` or ``pageid`` names the page. ``heading`` is the heading of a new section, and ``append`` is then the text
    of that section. ``params`` are further parameters of ``action=edit``. ``bot`` flags the edit as a bot's edit, if
    the account has the right to do so. ``mark`` ends the summary, and no other edit has it.
    """

    title: str = ""
    pageid: int = 0
    text: str | None = field(default=None, repr=False)
    append: str = field(default="", repr=False)
    prepend: str = field(default="", repr=False)
    heading: str | None = None
    summary: str = ""
    missing: Missing = "raise"
    bot: bool = False
    mark: str = ""
    params: Mapping[str, str] = field(factory=dict)

    @property
    def target(self) -> Mapping[str, str]:
        """The page, as parameters of ``action=edit``."""
        return {"title": self.title} if self.title else {"pageid": str(self.pageid)}

    @property
    def name(self) -> str:
        """The page, for messages."""
        return repr(self.title) if self.title else f"page {self.pageid}"

    @property
    def commutes(self) -> bool:
        """Whether the edit can be saved on top of any other edit."""
        return self.text is None

    def applied_to(self, text: str) -> str:
        """The page's text after this edit, before the wiki transforms it."""
        return self.text if self.text is not None else f"{self.prepend}{text}{self.append}"

    @property
    def sent_summary(self) -> str:
        """The summary with the mark."""
        return summary_with_suffix(self.summary, self.mark) if self.mark else self.summary

    def request(self, base: BaseRevision) -> ApiRequest:
        """The request, with its compare-and-swap."""
        params = {"action": "edit", **self.target, **self.params, "summary": self.sent_summary}
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

    def check_response(self, response: ApiResponse) -> ApiResponse:
        """The response, if it says that the edit was saved.

        Raises OutcomeUnknown if it does not say whether the edit was saved, and a refusal if it says that it was not.
        """
        read_written(f"the edit of {self.name}", response, _read_edit)
        return response


@frozen(kw_only=True)
class Undo:
    """An undo of the revision ``revid``, or of all revisions from just after ``after`` up to ``revid``."""

    page: Edit
    revid: int
    after: int | None = None

    def request(self, base: BaseRevision) -> ApiRequest:
        """The request. If the page has changed since the base revision, the wiki merges the two changes or refuses."""
        params = {"action": "edit", **self.page.target, **self.page.params, "undo": str(self.revid), "nocreate": "1"}
        if self.after is not None:
            params["undoafter"] = str(self.after)
        if self.page.summary:
            params["summary"] = self.page.summary
        params |= {"baserevid": str(base.revid), "starttimestamp": base.since}
        return ApiRequest(params=params, post=True, token="csrf", write=True)  # noqa: S106 - a kind


def undo_revisions(undo: Undo) -> Flow[EditResult]:
    """Undo revisions. The request is sent once only, because a second undo could undo the first.

    Raises EditConflict or Refused if later edits prevent it, PageMissing, and OutcomeUnknown if the reply was lost.
    """
    page, base = yield from read_undone_base(undo)
    try:
        response = page.check_response((yield undo.request(base)))
    except OutcomeUnknown as error:
        raise unknown_outcome(page, LostReply(error=error, base=base), "an undo is not sent twice") from error
    except PageMissing as error:
        raise (_nothing_before(undo, error) or error) from error.__cause__
    return _edit_result(page, CompletedWrite(base=base, response=response))


def _nothing_before(undo: Undo, error: PageMissing) -> PageMissing | None:
    """The error for a revision without one before it. The wiki's text would then name the revision with no id."""
    first = error.errors[0]
    if undo.after is not None or first.code != "nosuchrevid" or str(undo.revid) in first.text:
        return None
    text = f"Revision {undo.revid} cannot be undone: it is the first one of its page, or the one before it is hidden."
    return _with_text(error, text)


def save_edit(edit: Edit, base: BaseRevision | None, own_edits: OwnEdits | None = None) -> Flow[EditResult]:
    """Save an edit through the Action API, once. ``base`` is the revision it is based on; None for the latest one.

    ``own_edits`` are those of the Site.

    An append or a prepend that meets an edit conflict is sent again, on top of the other edit. After a lost reply, all
    tries share one deadline.

    Raises EditConflict, PageMissing, PageExists, CaptchaRequired or another refusal of the wiki,
    and OutcomeUnknown if a reply was lost and nothing can be known.
    """
    lost = LostReply(own_edits=own_edits or OwnEdits())
    for _ in range(_MAX_CONFLICTS):
        edit, base = (yield from read_base(edit)) if base is None else (edit, base)
        lost.own_edits.begin(base.since)
        if lost.happened and (saved := (yield from _saved_before(edit, lost))) is not None:
            return _result_from_history(saved)
        check_presence(edit, base, lost)
        try:
            completed = yield from compare_and_swap(edit, base, lost=lost)
        except (EditConflict, PageExists, PageMissing) as error:
            if not edit.commutes or edit.missing == "only":
                raise _with_advice(error) from error.__cause__
            base = None  # the page has changed: read it again
            continue
        if lost.happened and _is_unchanged(completed):  # our first request may have arrived late and saved it
            completed = (yield from _saved_before(edit, lost)) or completed
        return _edit_result(edit, completed)
    text = f"{edit.name} was changed by others {_MAX_CONFLICTS} times in a row."
    raise EditConflict((ApiErrorItem(code="editconflict", text=text),))


def _saved_before(edit: Edit, lost: LostReply) -> Flow[CompletedWrite | None]:
    """The edit, if the request whose reply was lost has saved it."""
    found = yield from find_in_history(edit, lost)
    return found.result if isinstance(found, Executed) else None


# Reading the page ----------------------------------------------------------------------------------------------------


def read_base(edit: Edit) -> Flow[tuple[Edit, BaseRevision]]:
    """Read the page's latest revision id. Returns the edit, ready to be sent on top of it, and that base revision."""
    params = {"action": "query", "prop": "revisions", "rvprop": "ids", "curtimestamp": "1", **page_parameters(edit)}
    if edit.heading is not None and not edit.summary:
        heading = _plain_heading(edit.heading)
        arguments = f"\x1f{heading}" if "|" in heading else heading
        params |= {"meta": "allmessages", "ammessages": "newsectionsummary", "amargs": arguments, "uselang": "content"}
    response = yield ApiRequest(params=params)
    base = _base_revision(edit, response)
    return _with_new_section(edit, base, response), base


def read_undone_base(undo: Undo) -> Flow[tuple[Edit, BaseRevision]]:
    """The same for an undo. Raises PageMissing if there is no such page."""
    page, base = yield from read_base(undo.page)
    if not base.revid:
        raise page_missing(page)
    return page, base


def read_text(edit: Edit, slot: str = "main") -> Flow[tuple[str | None, BaseRevision]]:
    """Read the page's text and its latest revision id. The text is None if there is no such page, or no such slot.

    Raises InvalidTitle, and ProtocolError if the wiki does not show the text.
    """
    params = {"action": "query", "prop": "revisions", "rvprop": "ids|content", "rvslots": slot, "curtimestamp": "1"}
    response = yield ApiRequest(params={**params, **page_parameters(edit)})
    base = _base_revision(edit, response)
    return _text_in(edit, page_of(response), slot, base), base


def text_of(edit: Edit, page: Page, slot: str) -> tuple[str | None, BaseRevision]:
    """The same, of a Page that was read with its latest revision. Raises ResultTooLarge, too."""
    if page.status is PageStatus.INTERWIKI:
        raise _of_another_wiki(edit)
    if page.exists:
        _ = page.revisions  # raises an error if the text is too large
    base = _base_of_row(edit, page.raw)
    return _text_in(edit, page.raw, slot, base), base


def _text_in(edit: Edit, page: Mapping[str, Any], slot: str, base: BaseRevision) -> str | None:
    if not base.revid:
        return None
    content = object_at(_latest_revision(page), "slots", slot)
    if slot != "main" and (not content or content.get("missing")):
        return None
    text = content.get("content")
    if not isinstance(text, str):
        raise ProtocolError(f"the wiki does not show the text of {edit.name}: its revision may be hidden")
    return text


def _base_revision(edit: Edit, response: ApiResponse) -> BaseRevision:
    if rows_at(response.body, "query", "interwiki"):
        raise _of_another_wiki(edit)
    since = text_at(response.body, "curtimestamp", default="")
    return _base_of_row(edit, page_of(response), since)


def _base_of_row(edit: Edit, page: Mapping[str, Any], since: str = "") -> BaseRevision:
    revid = 0 if "missing" in page else number_at(_latest_revision(page), "revid", default=0)
    if "special" in page:
        raise special_page(edit.name)
    if "invalid" in page or not (revid or "missing" in page):
        reason = page.get("invalidreason", "the wiki shows no revision of it")
        raise _invalid_title(edit, str(reason.get("text", "")) if isinstance(reason, Mapping) else str(reason))
    return BaseRevision(revid=revid, pageid=number_at(page, "pageid", default=0), since=since)


def _latest_revision(page: Mapping[str, Any]) -> Mapping[str, Any]:
    revisions = rows_at(page, "revisions")
    return revisions[0] if revisions else {}


def _of_another_wiki(edit: Edit) -> InvalidTitle:
    return _invalid_title(edit, "it is a page of another wiki")


def _invalid_title(edit: Edit, reason: str) -> InvalidTitle:
    text = f"{edit.name} cannot have a text: {reason}"
    return InvalidTitle((ApiErrorItem(code="invalidtitle", text=text),))


def special_page(name: str) -> InvalidTitle:
    """The error for a page of the namespaces Special and Media, which no edit and no history can have."""
    return InvalidTitle((ApiErrorItem(code="pagecannotexist", text=f"{name} is a special page."),))


def page_missing(edit: Edit, advice: str = "") -> PageMissing:
    """The error for a page that does not exist."""
    text = f"There is no page {edit.name}{advice and ': '}{advice}."
    return PageMissing((ApiErrorItem(code="missingtitle", text=text),))


def _with_advice(error: EditConflict | PageExists | PageMissing) -> MediaWikiError:
    """The wiki's refusal; that of a page which was deleted since it was read says how to create it again."""
    if not isinstance(error, PageMissing):
        return error
    advice = "It was deleted since it was read: to create it again, use .create()."
    return _with_text(error, f"{error.errors[0].text} {advice}")


def _with_text(error: PageMissing, text: str) -> PageMissing:
    """The same error of the wiki, with another text."""
    first, *others = error.errors
    return PageMissing(
        (evolve(first, text=text), *others),
        warnings=error.warnings,
        status=error.status,
        request_id=error.request_id,
    )


def _with_new_section(edit: Edit, base: BaseRevision, response: ApiResponse) -> Edit:
    """The edit that appends the new section, as the wiki itself would write it."""
    if edit.heading is None:
        return edit
    messages = rows_at(response.body, "query", "allmessages")
    summary = edit.summary or (text_at(messages[0], "content", default="") if messages else "")
    lead = "\n\n" if base.revid else ""
    return evolve(edit, append=f"{lead}== {edit.heading} ==\n\n{edit.append}", summary=summary, heading=None)


def _plain_heading(heading: str) -> str:
    """The heading without links, bold and italics, as the wiki puts it into a summary."""
    return _WIKI_LINK.sub(r"\1", heading).replace("'''", "").replace("''", "")


def check_presence(edit: Edit, base: BaseRevision, lost: LostReply | None = None) -> None:
    """Raise PageExists or PageMissing if the edit's ``missing`` does not fit the page."""
    if base.revid and edit.missing == "only":
        raise PageExists((ApiErrorItem(code="articleexists", text=f"{edit.name} exists already."),))
    if not base.revid and edit.missing == "raise":
        if lost is not None and lost.happened:
            raise unknown_outcome(edit, lost, PAGE_GONE)
        raise page_missing(edit, _TO_CREATE if edit.title else "")


# Results -------------------------------------------------------------------------------------------------------------


def _edit_result(edit: Edit, completed: CompletedWrite) -> EditResult:
    if completed.response is None:
        return _result_from_history(completed)
    result, base = completed.response.body["edit"], completed.base
    unchanged = "nochange" in result
    old, new = (base.revid if unchanged else number_at(result, name, default=0) for name in ("oldrevid", "newrevid"))
    outcome = EditOutcome.MERGED if old != base.revid else EditOutcome.SAVED
    if "new" in result:
        outcome = EditOutcome.CREATED
    return EditResult(
        title=text_at(result, "title", default=edit.title),
        pageid=number_at(result, "pageid", default=edit.pageid),
        outcome=EditOutcome.UNCHANGED if unchanged else outcome,
        revid=new,
        oldrevid=old,
        timestamp=None if unchanged else _parse_timestamp(result.get("newtimestamp")),
        raw=result,
    )


def _is_unchanged(completed: CompletedWrite) -> bool:
    return completed.response is not None and "nochange" in completed.response.body["edit"]


def _result_from_history(completed: CompletedWrite) -> EditResult:
    parent = number_at(completed.revision, "parentid", default=0)
    outcome = EditOutcome.SAVED if parent == completed.base.revid else EditOutcome.MERGED
    return EditResult(
        title=completed.title,
        pageid=completed.pageid,
        outcome=outcome if completed.base.revid else EditOutcome.CREATED,
        revid=number_at(completed.revision, "revid"),
        oldrevid=parent,
        timestamp=_parse_timestamp(completed.revision.get("timestamp")),
        verified=True,
    )


def _read_edit(response: ApiResponse) -> None:
    """Raise the refusal in a response to an edit, or ProtocolError if it does not say as which revision it is saved."""
    result = object_at(response.body, "edit")
    text_at(result, "result")
    if (refused := refusal_in("edit", result)) is not None:
        raise refused
    text_at(result, "title", default="")
    for name in ("pageid", "oldrevid", "newrevid"):
        number_at(result, name, default=0)
    _parse_timestamp(result.get("newtimestamp"))


def _parse_timestamp(text: object) -> datetime | None:
    try:
        return datetime.fromisoformat(text) if isinstance(text, str) and text else None
    except ValueError:
        raise ProtocolError(f"the wiki's response has {text!r:.80} as a time") from None
