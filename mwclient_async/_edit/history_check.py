"""After a lost reply, the page's history decides whether an edit was saved.

A revision of our account since the base revision that has our text and summary is our edit, unless another process may
have made it (``own_edits.py``). A mark in the summary proves that it is ours. Text is compared as the wiki stores it
(``text_normalization.py``). An append is compared with the text of its parent revision.

If the history cannot decide, the outcome is unknown: a revision of our account has the same summary and another text,
or the page no longer exists, or the history cannot be read.

See https://www.mediawiki.org/wiki/API:Revisions.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Protocol

from attrs import evolve, field, frozen

from mwclient_async._http.flow import Flow
from mwclient_async._http.json_values import continuation_at, number_at, object_at, rows_at, text_at
from mwclient_async._http.messages import ApiRequest, ApiResponse
from mwclient_async._http.text_normalization import may_be_stored_form, may_be_summary, may_hold_change, sha1_of
from mwclient_async._session.abuse_log import find_obstacle
from mwclient_async._session.known_revisions import BaseRevision
from mwclient_async._session.lost_reply import Executed, LostReply, NotSeen
from mwclient_async._session.own_edits import Row
from mwclient_async.errors import (
    MediaWikiError,
    OutcomeUnknown,
    ProtocolError,
    ResultTooLarge,
    UnrecognizedParameters,
)

PAGE_GONE = "the page no longer exists"
_BATCH, _MOST_REVISIONS = 50, 500  # revisions since the base that are looked at: per request, and in all
_MOST_CONTRIBUTIONS = 5000  # of the account that are looked at; fewer than the edits that this process remembers
_MOST_RESPONSES = 10 * _MOST_REVISIONS // _BATCH  # a response may have fewer revisions, or none


class CompareAndSwapWrite(Protocol):
    """An edit, by the Action API or by the REST API: what is needed to send it and to find it in the history.

    ``title`` or ``pageid`` is the page, ``name`` the page in messages. ``text`` is the whole new text, None for an edit
    that adds to the text. ``mark`` ends the summary, and no other edit has it; it is empty if there is none.
    """

    @property
    def title(self) -> str: ...
    @property
    def pageid(self) -> int: ...
    @property
    def name(self) -> str: ...
    @property
    def text(self) -> str | None: ...
    @property
    def summary(self) -> str: ...
    @property
    def mark(self) -> str: ...

    def applied_to(self, text: str) -> str:
        """The page's text after this edit, before the wiki transforms it."""
        ...

    def request(self, base: BaseRevision) -> ApiRequest:
        """The request, with its compare-and-swap."""
        ...

    def check_response(self, response: ApiResponse) -> ApiResponse:
        """The response, if it says that the edit was saved. Raises OutcomeUnknown or the wiki's refusal."""
        ...


@frozen(kw_only=True)
class CompletedWrite:
    """An edit that the wiki has saved: its ``response``, or the ``revision`` that the history has of it."""

    base: BaseRevision
    response: ApiResponse | None = None
    revision: Mapping[str, Any] = field(factory=dict)
    title: str = ""
    pageid: int = 0


def find_in_history(write: CompareAndSwapWrite, lost: LostReply) -> Flow[Executed[CompletedWrite] | NotSeen]:
    """Look for an edit whose reply was lost in the page's history. Raises OutcomeUnknown if that cannot decide."""
    try:
        return (yield from _find(write, lost))
    except (OutcomeUnknown, UnrecognizedParameters):
        raise
    except MediaWikiError as error:
        raise unknown_outcome(write, lost, f"the page's history could not be read ({error})") from error


def _find(write: CompareAndSwapWrite, lost: LostReply) -> Flow[Executed[CompletedWrite] | NotSeen]:
    assert lost.base is not None
    base = evolve(lost.base, since=lost.base.since or lost.own_edits.since)  # of a page that was read in a batch
    response = yield _history_request(write, base)
    query = object_at(response.body, "query")
    page = page_of(response)
    if "missing" in page:
        if base.revid:
            raise unknown_outcome(write, lost, PAGE_GONE)
        return (yield from _not_seen(query, page, base))
    since_base = yield from _revisions_since(write, lost, base, response)
    rows: list[Row] = [{**row, "title": page.get("title"), "pageid": page.get("pageid")} for row in since_base]
    userinfo = object_at(query, "userinfo")
    ours = [row for row in rows if _may_be_ours(row, userinfo) and not lost.own_edits.is_answered(row)]
    if write.mark:
        revision = next((row for row in ours if str(row.get("comment", "")).endswith(write.mark)), None)
    else:
        revision = yield from _recognized(write, lost, base, ours)
    if revision is None:
        return (yield from _not_seen(query, page, base))
    if not write.mark:
        yield from _check_made_here(write, lost, revision, since_base=[number_at(row, "revid") for row in ours])
    lost.own_edits.record({"edit": {**revision, "newtimestamp": text_at(revision, "timestamp")}})
    title, pageid = text_at(page, "title", default=""), number_at(page, "pageid", default=0)
    return Executed(CompletedWrite(base=base, revision=revision, title=title, pageid=pageid))


def _not_seen(query: Mapping[str, Any], page: Mapping[str, Any], base: BaseRevision) -> Flow[NotSeen]:
    obstacle = yield from find_obstacle(query, title=str(page.get("title", "")), since=base.since)
    return NotSeen(obstacle and f"it is not in the page's history, and was not sent again, because {obstacle}")


def _history_request(
    write: CompareAndSwapWrite, base: BaseRevision, continuation: Mapping[str, str] | None = None
) -> ApiRequest:
    params = {"action": "query", "prop": "revisions", "rvprop": "ids|timestamp|user|comment|sha1"}
    if continuation is None:
        params |= {"meta": "userinfo|siteinfo", "siprop": "extensions"}
    page = {"pageids": str(base.pageid)} if base.pageid else page_parameters(write)
    own = {**params, **page, "rvlimit": str(_BATCH), "continue": ""}
    return ApiRequest(params={**own, **(continuation or {})}, continues=True)


def _revisions_since(
    write: CompareAndSwapWrite, lost: LostReply, base: BaseRevision, response: ApiResponse
) -> Flow[list[Mapping[str, Any]]]:
    """The revisions since the base, newest first."""
    found: list[Mapping[str, Any]] = []
    for _ in range(_MOST_RESPONSES):
        for revision in rows_at(page_of(response), "revisions"):
            revid, timestamp = number_at(revision, "revid"), text_at(revision, "timestamp")
            if revid == base.revid or (not base.revid and timestamp < base.since):
                return found
            found.append(revision)
        continuation = continuation_at(response.body, "continue")
        if not continuation and not base.revid:
            return found
        if not continuation:
            raise unknown_outcome(write, lost, "the base revision is not in the page's history any more")
        if len(found) >= _MOST_REVISIONS:
            raise unknown_outcome(write, lost, f"more than {_MOST_REVISIONS} revisions were made since")
        response = yield _history_request(write, base, continuation)
    raise unknown_outcome(write, lost, f"the page's history does not end after {_MOST_RESPONSES} responses")


def _may_be_ours(revision: Mapping[str, Any], userinfo: Mapping[str, Any]) -> bool:
    """Whether our account made it. An anonymous client does not know which address or temporary account it has."""
    is_anonymous = bool(revision.get("anon") or revision.get("temp"))
    return revision.get("user") == text_at(userinfo, "name") or (bool(userinfo.get("anon")) and is_anonymous)


def _recognized(
    write: CompareAndSwapWrite, lost: LostReply, base: BaseRevision, ours: Sequence[Mapping[str, Any]]
) -> Flow[Mapping[str, Any] | None]:
    """The oldest revision of our account that has our text."""
    if write.text is not None:
        wanted = sha1_of(write.text)
        if same := [revision for revision in ours if revision.get("sha1") == wanted]:
            return same[-1]
    similar = []
    for revision in reversed(ours):
        parent, revid = number_at(revision, "parentid", default=0), number_at(revision, "revid")
        try:
            before, after, start = yield from _texts(parent, revid, base.revid)
        except ResultTooLarge as error:
            raise unknown_outcome(write, lost, f"its text cannot be compared ({error})") from error
        if may_be_stored_form(after, sent=write.applied_to(before)):
            return revision
        if not may_be_summary(str(revision.get("comment", "")), sent=write.summary):
            continue
        if parent != base.revid and may_hold_change(after, base=start, sent=write.applied_to(start)):
            return revision
        similar.append(revid)
    if similar:
        known = f"this account has since made an edit with that summary and another text: revision {similar[0]}"
        raise unknown_outcome(write, lost, known)
    return None


def _check_made_here(
    write: CompareAndSwapWrite, lost: LostReply, revision: Row, since_base: Collection[int]
) -> Flow[None]:
    """Raise OutcomeUnknown if another process of our account may have made the revision that has our text.

    ``since_base`` are the ids of all revisions of the page by our account since the base.
    """
    own = lost.own_edits
    if own.shared is False:
        return
    if not may_be_summary(str(revision.get("comment", "")), sent=write.summary):
        reason = "it has another summary"
    elif own.shared:
        reason = "other processes use this account (EditDefaults.shared_account)"
    elif own.is_contested(revision):
        reason = "another edit of the page is in progress in this process"
    else:
        rows = yield from _contributions(revision, own.since or str(revision["timestamp"]))
        foreign = own.find_foreign(rows, ours=revision, since_base=since_base)
        if foreign is None and revision["revid"] in {row["revid"] for row in rows}:
            return
        reason = "the account's contributions do not show it so far"
        if foreign is not None:
            reason = f"another process has made revision {foreign['revid']} with this account"
    known = f"revision {revision['revid']} has its text, but may be the edit of another process: {reason}"
    raise unknown_outcome(write, lost, known)


def _contributions(revision: Row, since: str) -> Flow[Sequence[Row]]:
    """The latest edits of the account that made this revision, since this time of the wiki's clock, newest first."""
    params = {"action": "query", "list": "usercontribs", "ucuser": text_at(revision, "user"), "ucend": since}
    params |= {"ucprop": "ids|title|timestamp", "uclimit": "max", "continue": ""}
    found: list[Row] = []
    continuation: Mapping[str, str] = {}
    for _ in range(_MOST_RESPONSES):
        response = yield ApiRequest(params={**params, **continuation}, continues=True)
        rows = rows_at(response.body, "query", "usercontribs")
        found += [{**row, "revid": number_at(row, "revid")} for row in rows]
        continuation = continuation_at(response.body, "continue")
        if not continuation or len(found) >= _MOST_CONTRIBUTIONS:
            break
    return found


def _texts(*revids: int) -> Flow[tuple[str, ...]]:
    """The texts of these revisions; an empty text for revision 0, which stands for "before the first"."""
    wanted = "|".join(str(revid) for revid in revids if revid)
    params = {"action": "query", "prop": "revisions", "rvprop": "ids|content", "rvslots": "main", "revids": wanted}
    response = yield ApiRequest(params=params)
    texts = {
        number_at(revision, "revid"): text_at(revision, "slots", "main", "content", default="")
        for page in rows_at(response.body, "query", "pages")
        for revision in rows_at(page, "revisions")
    }
    return tuple(texts.get(revid, "") for revid in revids)


def unknown_outcome(write: CompareAndSwapWrite, lost: LostReply, known: str) -> OutcomeUnknown:
    """The error that says what is known of an edit whose reply was lost, and how to check."""
    base = lost.base or BaseRevision(revid=0)
    since = base.since or lost.own_edits.since
    after = f"revision {base.revid}" if base.revid else since or "its beginning"
    unknown = OutcomeUnknown(
        f"the reply to the edit of {write.name} was lost, and {known}; look at the page's history after {after} before "
        "you repeat the edit",
        title=write.title or None,
        base=base.revid,
        since=since or None,
    )
    unknown.__cause__ = lost.cause
    return unknown


def page_of(response: ApiResponse) -> Mapping[str, Any]:
    """The one page that a query asked for."""
    pages = rows_at(response.body, "query", "pages")
    if not pages:
        raise ProtocolError("the wiki's response does not contain the page that was asked for")
    page: Mapping[str, Any] = pages[0]
    return page


def page_parameters(write: CompareAndSwapWrite) -> Mapping[str, str]:
    """The page as the parameter of a query: a title with ``|`` in it is one title."""
    if not write.title:
        return {"pageids": str(write.pageid)}
    return {"titles": f"\x1f{write.title}" if "|" in write.title else write.title}
