"""The results of edits."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import Enum
from typing import Any

from attrs import field, frozen

from mwclient_async._values.value import Value
from mwclient_async.errors import MediaWikiError


class EditOutcome(Enum):
    """What an edit did to its page.

    ``SAVED``: a new revision. ``CREATED``: a new page. ``MERGED``: a new revision, which the wiki merged with another
    edit that was saved in between. ``UNCHANGED``: no new revision, because the page had this text already.
    ``DRY_RUN``: no edit, because of ``EditDefaults(dry_run=True)``.
    """

    SAVED = "saved"
    CREATED = "created"
    MERGED = "merged"
    UNCHANGED = "unchanged"
    DRY_RUN = "dry run"


@frozen(kw_only=True, repr=False)
class EditResult(Value):
    """The result of an edit.

    ``revid`` is the id of the revision that this edit made, ``oldrevid`` that of the one before it (0 for a new page),
    ``timestamp`` when it was saved (None if nothing changed). For an UNCHANGED edit, which made no revision, both ids
    are the revision that it was based on: other users may have saved the page since. ``verified`` says that the wiki's
    response was lost, and that the edit was found in the page's history. ``raw`` is the wiki's response, empty if it
    was lost.

    See https://www.mediawiki.org/wiki/API:Edit.
    """

    title: str
    pageid: int
    outcome: EditOutcome
    revid: int
    oldrevid: int
    timestamp: datetime | None = None
    verified: bool = False
    raw: Mapping[str, Any] = field(factory=dict, repr=False, hash=False)


@frozen(kw_only=True, repr=False)
class PageEdit(Value):
    """One page of ``site.edit_many``: the ``result`` of its edit, or the ``error`` that prevented it.

    See https://www.mediawiki.org/wiki/API:Edit.
    """

    title: str
    error: MediaWikiError | None = None
    _result: EditResult | None = None

    @property
    def result(self) -> EditResult:
        """The result of the edit.

        Raises:
            MediaWikiError: the edit failed; it is ``error``.
        """
        if self._result is None:
            raise self.error or RuntimeError(f"the edit of {self.title!r} has neither a result nor an error")
        return self._result
