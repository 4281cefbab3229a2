"""An edit of a page, by the Action API: its request, and whether the response says that it was saved.

An edit names the revision that it is based on (``baserevid``, with ``nocreate``), or says that the page must not exist
yet (``createonly``). ``compare_and_swap.py`` uses that to save it once. An append has a base revision, too: a second
append on the same base would change the same end of the page and conflict with the first. A new section is therefore
sent as an append, because ``section=new`` never conflicts.

``read_base.py`` reads the base revision, ``save_edit.py`` saves the edit. See https://www.mediawiki.org/wiki/API:Edit.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from attrs import field, frozen

from mwclient_async._http.failure_results import refusal_in
from mwclient_async._http.json_values import datetime_at, number_at, object_at, text_at
from mwclient_async._http.messages import ApiRequest, ApiResponse
from mwclient_async._http.text_normalization import md5_of, summary_with_suffix
from mwclient_async._session.known_revisions import BaseRevision
from mwclient_async._session.lost_reply import read_written

Missing = Literal["raise", "create", "only"]
"""What an edit does if the page does not exist.

``"raise"`` raises PageMissing. ``"create"`` creates the page. ``"only"`` creates the page, and raises PageExists if it
exists.
"""


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


def _read_edit(response: ApiResponse) -> None:
    """Raise the refusal in a response to an edit, or ProtocolError if it does not say as which revision it is saved."""
    result = object_at(response.body, "edit")
    text_at(result, "result")
    if (refused := refusal_in("edit", result)) is not None:
        raise refused
    text_at(result, "title", default="")
    for name in ("pageid", "oldrevid", "newrevid"):
        number_at(result, name, default=0)
    time_of(result)


def time_of(result: Mapping[str, Any]) -> datetime | None:
    """When the edit was saved; None if it changed nothing."""
    return datetime_at(result, "newtimestamp") if result.get("newtimestamp") else None
