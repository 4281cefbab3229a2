"""What became of a page that was moved, deleted, brought back, protected, merged or rolled back.

Errors in these values are those of one part of what was to be done: the rest was done.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from attrs import frozen

from mwclient_async.errors import ApiErrorItem


@frozen(kw_only=True)
class MovedPage:
    """One of the subpages that moved along: ``to`` is None where it could not, and ``errors`` say why."""

    from_: str = ""
    to: str | None = None
    errors: tuple[ApiErrorItem, ...] = ()


@frozen(kw_only=True)
class MoveResult:
    """A page that was moved.

    ``redirectcreated`` is whether something stands under the old title now, ``moveoverredirect`` whether a redirect had
    to give way. ``talkfrom`` and ``talkto`` are those of the talk page, where it moved, too; ``talkmove_errors`` say
    why it did not. ``subpages`` and ``subpages_talk`` are one by one; where none of them could be moved, one entry
    without titles has the errors. See https://www.mediawiki.org/wiki/API:Move.
    """

    from_: str
    to: str
    reason: str = ""
    redirectcreated: bool = False
    moveoverredirect: bool = False
    talkfrom: str | None = None
    talkto: str | None = None
    talkmoveoverredirect: bool = False
    talkmove_errors: tuple[ApiErrorItem, ...] = ()
    subpages: tuple[MovedPage, ...] = ()
    subpages_talk: tuple[MovedPage, ...] = ()

    @property
    def errors(self) -> tuple[ApiErrorItem, ...]:
        """Why what was to move along did not; empty where all of it did."""
        parts = (*self.subpages, *self.subpages_talk)
        return (*self.talkmove_errors, *(error for part in parts for error in part.errors))


@frozen(kw_only=True)
class DeleteResult:
    """A page, a file or one of its old versions that was deleted.

    ``logid`` is the entry in the deletion log, None where there is none yet: a page with many revisions is only
    ``scheduled``. See https://www.mediawiki.org/wiki/API:Delete.
    """

    title: str
    reason: str = ""
    logid: int | None = None
    scheduled: bool = False


@frozen(kw_only=True)
class UndeleteResult:
    """A page that is back, with so many ``revisions`` and versions of its file.

    See https://www.mediawiki.org/wiki/API:Undelete.
    """

    title: str
    revisions: int = 0
    fileversions: int = 0
    reason: str = ""


@frozen(kw_only=True)
class ProtectionSet:
    """Who may do something: ``level`` is a group or right, empty for everybody.

    ``expiry`` is an ISO 8601 time or ``"infinite"``, as text.
    """

    type: str
    level: str = ""
    expiry: str | None = None


@frozen(kw_only=True)
class ProtectResult:
    """The protection that a page has now. See https://www.mediawiki.org/wiki/API:Protect."""

    title: str
    reason: str = ""
    cascade: bool = False
    protections: tuple[ProtectionSet, ...] = ()


@frozen(kw_only=True)
class MergeHistoryResult:
    """Revisions up to ``timestamp`` that are now in the history of ``to``; None for all of them.

    See https://www.mediawiki.org/wiki/API:Mergehistory.
    """

    from_: str
    to: str
    timestamp: datetime | None = None
    reason: str = ""


@frozen(kw_only=True)
class RollbackResult:
    """Edits of one user that were taken back.

    ``revid`` is the new revision, ``old_revid`` the one that was the latest before, ``last_revid`` the one whose text
    the page has again. See https://www.mediawiki.org/wiki/API:Rollback.
    """

    title: str
    pageid: int
    summary: str = ""
    revid: int = 0
    old_revid: int = 0
    last_revid: int = 0


@frozen(kw_only=True)
class StashEditResult:
    """What the wiki did with a text that is soon to be saved.

    ``status`` is ``"stashed"``, or why it was not: ``"ratelimited"``, ``"editconflict"``, ``"uncacheable"`` and others.
    ``texthash`` can be given instead of the text the next time. See https://www.mediawiki.org/wiki/API:Stashedit.
    """

    status: str
    texthash: str | None = None


@frozen(kw_only=True)
class RawEditResult:
    """What the wiki answered to an edit: a new revision, or ``nochange``.

    ``result`` is always ``"Success"``: anything else was raised. ``watched`` says that the page is on the watchlist
    now. See https://www.mediawiki.org/wiki/API:Edit.
    """

    result: str
    title: str = ""
    pageid: int = 0
    contentmodel: str = ""
    oldrevid: int = 0
    newrevid: int = 0
    newtimestamp: datetime | None = None
    new: bool = False
    nochange: bool = False
    watched: bool = False
    watchlistexpiry: str | None = None
    tempusercreated: bool = False
    raw: Mapping[str, Any] = {}
