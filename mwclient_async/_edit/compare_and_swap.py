"""A write that is done once, whatever gets lost on the way.

- *Compare and swap.* Every request says what the page must be for it to be done: a revision, or not there. The wiki
  then refuses to do the same a second time.
- *A lost answer is a doubt*, and the page's history decides: a revision of ours since the base, with our text, is our
  edit. Text is compared as the wiki stores it (``text_normalization.py``), an append with the revision
  that it stands on.
- *Not in the history* means that it may be sent again, with the same base only: should the first one still be on its
  way, only one of the two can win.
- *Where neither can be told*, it is an OutcomeUnknown: a revision of ours with the same summary and another text, a
  page that is gone, or a wiki with an abuse filter, which takes the same edit for a confirmation of what it warned of.

See https://www.mediawiki.org/wiki/API:Edit and https://www.mediawiki.org/wiki/API:Revisions.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

from attrs import define, field, frozen

from mwclient_async._http.flow import Flow, Wait
from mwclient_async._http.messages import ApiRequest, ApiResponse
from mwclient_async._http.text_normalization import may_be_stored_form, may_be_summary, may_hold_change, sha1_of
from mwclient_async._session.known_revisions import BaseRevision
from mwclient_async.errors import (
    MediaWikiError,
    OutcomeUnknown,
    ProtocolError,
    TransportError,
    Unavailable,
    UnrecognizedParameters,
)
from mwclient_async.models.options import RetryPolicy

_HISTORY_BATCH, _MOST_HISTORY = 50, 500  # revisions since the base that are looked at
_FILTERED = (
    "it is not in the page's history so far, and was not sent again, because an abuse filter of this wiki could take "
    "that for a confirmation"
)
PAGE_GONE = "the page is gone meanwhile"


class CompareAndSwapWrite(Protocol):
    """What :func:`write` needs to know of an edit, be it of the Action API or of the REST API."""

    @property
    def title(self) -> str: ...
    @property
    def pageid(self) -> int: ...
    @property
    def text(self) -> str | None: ...
    @property
    def summary(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def commutes(self) -> bool: ...
    def applied_to(self, text: str) -> str: ...
    def request(self, base: BaseRevision) -> ApiRequest: ...
    def check_response(self, reply: ApiResponse) -> ApiResponse: ...


@define
class LostReply:
    """The first of our requests whose answer was lost, and what that was based on."""

    base: BaseRevision | None = None
    error: OutcomeUnknown | None = None

    def record(self, base: BaseRevision, error: OutcomeUnknown) -> None:
        self.base, self.error = self.base or base, error


@frozen(kw_only=True)
class CompletedWrite:
    """An edit was done: the wiki's ``reply``, or the revision that the history has of it."""

    base: BaseRevision
    reply: ApiResponse | None = None
    found: Mapping[str, Any] = field(factory=dict)
    title: str = ""
    pageid: int = 0


def compare_and_swap(
    writing: CompareAndSwapWrite, base: BaseRevision, *, policy: RetryPolicy, lost: LostReply | None = None
) -> Flow[CompletedWrite]:
    """Send a compare-and-swap until it is known to be done, or known not to be."""
    lost = lost or LostReply()
    for number in range(policy.attempts):
        if number:
            yield Wait(min(policy.longest_delay, policy.first_delay * 2.0 ** (number - 1)))
        try:
            reply = writing.check_response((yield writing.request(base)))
        except OutcomeUnknown as error:
            lost.record(base, error)
        except MediaWikiError as error:
            if lost.error is None:
                raise
            done, _ = yield from find_in_history(writing, lost)
            if done is None and isinstance(error, TransportError | Unavailable):
                raise unknown_outcome(writing, lost, f"it is not in the page's history so far ({error})") from error
            if done is None:  # refused now, and not there: it was not done
                raise
            return done
        else:
            return CompletedWrite(base=base, reply=reply)
        done, filtered = yield from find_in_history(writing, lost)
        if done is not None:
            return done
        if filtered:
            raise unknown_outcome(writing, lost, _FILTERED)
    raise unknown_outcome(
        writing, lost, f"it was sent {policy.attempts} times, and is not in the page's history so far"
    )


# The history decides -------------------------------------------------------------------------------------------------


def find_in_history(writing: CompareAndSwapWrite, doubt: LostReply) -> Flow[tuple[CompletedWrite | None, bool]]:
    """Our edit in the page's history, if it is there; and whether the wiki filters edits."""
    try:
        return (yield from _look(writing, doubt))
    except (OutcomeUnknown, UnrecognizedParameters):
        raise
    except MediaWikiError as error:
        raise unknown_outcome(writing, doubt, f"the page's history could not be read ({error})") from error


def _look(writing: CompareAndSwapWrite, doubt: LostReply) -> Flow[tuple[CompletedWrite | None, bool]]:
    assert doubt.base is not None
    base = doubt.base
    reply = yield _history(writing, base)
    who = reply.body["query"]["userinfo"]
    filtered = any("abuse" in str(extension.get("name", "")).lower() for extension in reply.body["query"]["extensions"])
    page = page_of(reply)
    if "missing" in page:
        if base.revid:
            raise unknown_outcome(writing, doubt, PAGE_GONE)
        return None, filtered
    since = yield from _since(writing, doubt, base, reply)
    found = yield from _recognised(writing, doubt, base, [item for item in since if _may_be_ours(item, who)])
    if found is None:
        return None, filtered
    return CompletedWrite(
        base=base, found=found, title=str(page.get("title", "")), pageid=int(page.get("pageid", 0))
    ), filtered


def _history(writing: CompareAndSwapWrite, base: BaseRevision, going_on: Mapping[str, str] = {}) -> ApiRequest:
    meta = {} if going_on else {"meta": "userinfo|siteinfo", "siprop": "extensions"}
    params = {"action": "query", "prop": "revisions", "rvprop": "ids|timestamp|user|comment|sha1", **meta}
    place = {"pageids": str(base.pageid)} if base.pageid else asked_for(writing)
    return ApiRequest(params={**params, **place, "rvlimit": str(_HISTORY_BATCH), **going_on})


def _since(
    writing: CompareAndSwapWrite, doubt: LostReply, base: BaseRevision, reply: ApiResponse
) -> Flow[list[Mapping[str, Any]]]:
    """The revisions since the base, newest first."""
    found: list[Mapping[str, Any]] = []
    while True:
        for revision in page_of(reply).get("revisions", ()):
            if revision["revid"] == base.revid or (not base.revid and revision["timestamp"] < base.since):
                return found
            found.append(revision)
        going_on = reply.body.get("continue")
        if not going_on and not base.revid:
            return found
        if not going_on:
            raise unknown_outcome(writing, doubt, "the page's history has another beginning now")
        if len(found) >= _MOST_HISTORY:
            raise unknown_outcome(writing, doubt, f"more than {_MOST_HISTORY} revisions came since")
        reply = yield _history(writing, base, {name: str(value) for name, value in going_on.items()})


def _may_be_ours(revision: Mapping[str, Any], who: Mapping[str, Any]) -> bool:
    """Whether our account made it. Nobody does not know which address or temporary account his edit got."""
    nobodys = bool(revision.get("anon") or revision.get("temp"))
    return revision.get("user") == who["name"] or (bool(who.get("anon")) and nobodys)


def _recognised(
    writing: CompareAndSwapWrite, doubt: LostReply, base: BaseRevision, ours: Sequence[Mapping[str, Any]]
) -> Flow[Mapping[str, Any] | None]:
    """The revision among those of our account that is this edit: the oldest with our text."""
    if writing.text is not None:
        wanted = sha1_of(writing.text)
        if same := [revision for revision in ours if revision.get("sha1") == wanted]:
            return same[-1]
    alike = []
    for revision in reversed(ours):
        parent = int(revision.get("parentid", 0))
        before, after, start = yield from _texts(parent, int(revision["revid"]), base.revid)
        if may_be_stored_form(after, sent=writing.applied_to(before)):
            return revision
        if not may_be_summary(str(revision.get("comment", "")), sent=writing.summary):
            continue
        if parent != base.revid and may_hold_change(after, base=start, sent=writing.applied_to(start)):
            return revision
        alike.append(int(revision["revid"]))
    if alike:
        known = f"the page has an edit of this account since, with that summary and another text: revision {alike[0]}"
        raise unknown_outcome(writing, doubt, known)
    return None


def _texts(*revids: int) -> Flow[tuple[str, ...]]:
    """The texts of revisions; nothing for the one before the first."""
    wanted = "|".join(str(revid) for revid in revids if revid)
    params = {"action": "query", "prop": "revisions", "rvprop": "ids|content", "rvslots": "main", "revids": wanted}
    reply = yield ApiRequest(params=params)
    pages: Iterable[Mapping[str, Any]] = reply.body.get("query", {}).get("pages", ())
    texts = {
        revision["revid"]: str(revision.get("slots", {}).get("main", {}).get("content", ""))
        for page in pages
        for revision in page.get("revisions", ())
    }
    return tuple(texts.get(revid, "") for revid in revids)


def unknown_outcome(writing: CompareAndSwapWrite, doubt: LostReply, known: str) -> OutcomeUnknown:
    """The error that says what is known, and how to check."""
    base = doubt.base or BaseRevision(revid=0)
    after = f"revision {base.revid}" if base.revid else base.since
    unknown = OutcomeUnknown(
        f"the answer to the edit of {writing.name} was lost, and {known}; look at the page's history after {after} "
        "before you repeat it",
        title=writing.title or None,
        base=base.revid,
        since=base.since or None,
    )
    unknown.__cause__ = doubt.error.__cause__ or doubt.error if doubt.error is not None else None
    return unknown


def page_of(reply: ApiResponse) -> Mapping[str, Any]:
    """The one page that was asked for."""
    try:
        return dict(reply.body["query"]["pages"][0])
    except (LookupError, TypeError, ValueError):
        raise ProtocolError("the wiki said nothing of the page that was asked for") from None


def asked_for(writing: CompareAndSwapWrite) -> Mapping[str, str]:
    """The page, as a query wants it: one, even where its title holds what stands between two."""
    if not writing.title:
        return {"pageids": str(writing.pageid)}
    return {"titles": f"\x1f{writing.title}" if "|" in writing.title else writing.title}
