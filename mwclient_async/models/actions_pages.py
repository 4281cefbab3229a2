"""The results of moving, deleting, undeleting, protecting, merging, rolling back and editing pages, and the like.

Errors in these values are those of one part of the action: the rest was done.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from attrs import field, frozen

from mwclient_async._values.value import Value
from mwclient_async.errors import ApiErrorItem


@frozen(kw_only=True, repr=False)
class MovedPage(Value):
    """One of the subpages of a move: ``to`` is None if it could not be moved, and ``errors`` say why."""

    from_: str = ""
    to: str | None = None
    errors: tuple[ApiErrorItem, ...] = ()


@frozen(kw_only=True, repr=False)
class MoveResult(Value):
    """A page that was moved.

    ``redirectcreated`` says whether the old title is a redirect now, ``moveoverredirect`` whether the page replaced a
    redirect. ``talkfrom`` and ``talkto`` are the titles of the talk page, if it moved too; ``talkmove_errors`` say why
    it did not. ``subpages`` and ``subpages_talk`` have one entry each; if none of them could be moved, one entry
    without titles has the errors.

    ``verified`` says that the response was lost, and that the wiki's log shows that it was done.

    See https://www.mediawiki.org/wiki/API:Move.
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
    verified: bool = False

    @property
    def errors(self) -> tuple[ApiErrorItem, ...]:
        """Why the talk page or subpages were not moved; empty if all were."""
        parts = (*self.subpages, *self.subpages_talk)
        return (*self.talkmove_errors, *(error for part in parts for error in part.errors))


@frozen(kw_only=True, repr=False)
class DeleteResult(Value):
    """A page, a file or one of its old versions that was deleted.

    ``logid`` is the entry in the deletion log. It is None if the deletion is only ``scheduled``, as that of a page with
    many revisions is.

    ``verified`` says that the response was lost, and that the wiki's log shows that it was done.

    See https://www.mediawiki.org/wiki/API:Delete.
    """

    title: str
    reason: str = ""
    logid: int | None = None
    scheduled: bool = False
    verified: bool = False


@frozen(kw_only=True, repr=False)
class UndeleteResult(Value):
    """A page that was undeleted, and the number of its ``revisions`` and ``fileversions`` that were.

    ``verified`` says that the response was lost, and that the wiki's log shows that it was done.

    See https://www.mediawiki.org/wiki/API:Undelete.
    """

    title: str
    revisions: int = 0
    fileversions: int = 0
    reason: str = ""
    verified: bool = False


@frozen(kw_only=True, repr=False)
class ProtectionSet(Value):
    """Who may do what: ``type`` is the action, ``level`` the group or right that it needs, empty for none.

    ``expiry`` is an ISO 8601 time or ``"infinite"``, as text.
    """

    type: str
    level: str = ""
    expiry: str | None = None


@frozen(kw_only=True, repr=False)
class ProtectResult(Value):
    """The protection that a page has now.

    ``verified`` says that the response was lost, and that the wiki's log shows that it was done.

    See https://www.mediawiki.org/wiki/API:Protect.
    """

    title: str
    reason: str = ""
    cascade: bool = False
    protections: tuple[ProtectionSet, ...] = ()
    verified: bool = False


@frozen(kw_only=True, repr=False)
class MergeHistoryResult(Value):
    """A merge of histories: the revisions up to ``timestamp`` (None for all) are now in that of ``to``.

    ``verified`` says that the response was lost, and that the wiki's log shows that it was done.

    See https://www.mediawiki.org/wiki/API:Mergehistory.
    """

    from_: str
    to: str
    timestamp: datetime | None = None
    reason: str = ""
    verified: bool = False


@frozen(kw_only=True, repr=False)
class RollbackResult(Value):
    """A rollback of the latest edits of one user.

    ``revid`` is the new revision, ``old_revid`` the latest one before, ``last_revid`` the one whose text the page has
    again.

    See https://www.mediawiki.org/wiki/API:Rollback.
    """

    title: str
    pageid: int
    summary: str = ""
    revid: int = 0
    old_revid: int = 0
    last_revid: int = 0


@frozen(kw_only=True, repr=False)
class StashEditResult(Value):
    """Whether the wiki prepared a text that will be saved soon.

    ``status`` is ``"stashed"``, or why it was not: ``"ratelimited"``, ``"editconflict"``, ``"uncacheable"`` and others.
    ``texthash`` can be sent instead of the text the next time.

    See https://www.mediawiki.org/wiki/API:Stashedit.
    """

    status: str
    texthash: str | None = None


@frozen(kw_only=True, repr=False)
class RawEditResult(Value):
    """The wiki's response to an edit: a new revision, or ``nochange``.

    ``result`` is always ``"Success"``, because any other result is raised as an error. ``watched`` says that the page
    is on the watchlist now. ``raw`` is the whole response.

    See https://www.mediawiki.org/wiki/API:Edit.
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
    raw: Mapping[str, Any] = field(default={}, hash=False, repr=False)


@frozen(kw_only=True, repr=False)
class ContentModelResult(Value):
    """A page whose content model was changed, with the ids of the log entry and of the revision.

    ``verified`` says that the response was lost, and that the wiki's log shows that it was done.

    See https://www.mediawiki.org/wiki/API:Changecontentmodel.
    """

    title: str
    pageid: int
    contentmodel: str
    logid: int | None = None
    revid: int | None = None
    verified: bool = False


@frozen(kw_only=True, repr=False)
class PageLanguageResult(Value):
    """A page whose language was changed. A code that ends in ``[def]`` is the language of the wiki.

    ``verified`` says that the response was lost, and that the wiki's log shows that it was done.

    See https://www.mediawiki.org/wiki/API:SetPageLanguage.
    """

    title: str
    oldlanguage: str
    newlanguage: str
    logid: int | None = None
    verified: bool = False
