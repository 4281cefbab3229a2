"""What a page is before it is edited: its latest revision, on which the edit is based, and its text.

See https://www.mediawiki.org/wiki/API:Revisions.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from attrs import evolve

from mwclient_async._edit.edits import Edit
from mwclient_async._edit.history_check import PAGE_GONE, page_of, page_parameters, unknown_outcome
from mwclient_async._http.flow import Flow
from mwclient_async._http.json_values import number_at, object_at, rows_at, text_at
from mwclient_async._http.messages import ApiRequest, ApiResponse
from mwclient_async._session.known_revisions import BaseRevision
from mwclient_async._session.lost_reply import LostReply
from mwclient_async.errors import ApiErrorItem, InvalidTitle, PageExists, PageMissing, ProtocolError
from mwclient_async.models.page import Page, PageStatus

_TO_CREATE = "to create it, pass missing='create', or use .create()"
_WIKI_LINK = re.compile(r"\[\[:?(?:[^\[\]|]*\|)?([^\[\]|]*)\]\]")


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
