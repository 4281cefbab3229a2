"""Saving one edit, or one undo, once: what is sent, and sent again after a conflict, and its result.

See https://www.mediawiki.org/wiki/API:Edit.
"""

from __future__ import annotations

from attrs import evolve

from mwclient_async._edit.compare_and_swap import compare_and_swap
from mwclient_async._edit.edits import Edit, Undo, time_of
from mwclient_async._edit.history_check import CompletedWrite, find_in_history, unknown_outcome
from mwclient_async._edit.read_base import check_presence, page_missing, read_base
from mwclient_async._http.flow import Flow
from mwclient_async._http.json_values import datetime_at, number_at, rows_at, text_at, time_at
from mwclient_async._http.messages import ApiRequest
from mwclient_async._session.known_revisions import BaseRevision
from mwclient_async._session.lost_reply import Executed, LostReply
from mwclient_async._session.own_edits import OwnEdits
from mwclient_async.errors import (
    ApiErrorItem,
    EditConflict,
    MediaWikiError,
    OutcomeUnknown,
    PageExists,
    PageMissing,
)
from mwclient_async.models.edits import EditOutcome, EditResult

_MAX_CONFLICTS = 20  # of an append or a prepend, which can be saved on top of any other edit


def undo_revisions(undo: Undo) -> Flow[EditResult]:
    """Undo revisions. The request is sent once only, because a second undo could undo the first.

    Raises EditConflict or Refused if later edits prevent it, PageMissing, OutcomeUnknown if the reply was lost, and
    ValueError if it would do the changes again.
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


def read_undone_base(undo: Undo) -> Flow[tuple[Edit, BaseRevision]]:
    """Read the base of an undo, as ``read_base`` does.

    Raises PageMissing if there is no such page, and ValueError if the undo would do the changes again.
    """
    if undo.after is not None and undo.after > undo.revid:
        yield from _check_order(undo, undo.after)
    page, base = yield from read_base(undo.page)
    if not base.revid:
        raise page_missing(page)
    return page, base


def _check_order(undo: Undo, after: int) -> Flow[None]:
    """Raise ValueError if ``after`` is newer than the revision to undo: the wiki would do its changes again.

    Imported revisions have greater ids than newer ones, so their times decide. If a revision does not exist, or is one
    of another page, the wiki refuses the undo itself.
    """
    params = {"action": "query", "prop": "revisions", "rvprop": "ids|timestamp", "revids": f"{undo.revid}|{after}"}
    response = yield ApiRequest(params=params)
    for page in rows_at(response.body, "query", "pages"):
        times = {number_at(row, "revid"): time_at(row, "timestamp") for row in rows_at(page, "revisions")}
        if {after, undo.revid} <= times.keys() and times[after] >= times[undo.revid]:
            raise ValueError(
                f"undo({undo.revid}, after={after}): revision {after} is newer than revision {undo.revid}, so its "
                "changes would be done again: give the older revision as after"
            )


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
        timestamp=None if unchanged else time_of(result),
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
        timestamp=datetime_at(completed.revision, "timestamp"),
        verified=True,
    )
