"""What became of a review: patrolled, tagged, hidden, imported."""

from __future__ import annotations

from datetime import datetime

from attrs import frozen

from mwclient_async.errors import ApiErrorItem


@frozen(kw_only=True)
class PatrolResult:
    """A change that is patrolled now. See https://www.mediawiki.org/wiki/API:Patrol."""

    rcid: int
    title: str = ""
    ns: int | None = None


@frozen(kw_only=True)
class TagResult:
    """What became of the tags of one change, which is named as it was asked for: by revision, change or log entry.

    ``status`` is ``"success"``, or ``"error"``, ``"failure"`` or ``"skipped"`` where nothing was done, and ``errors``
    say why. ``noop`` says that all was so already. ``actionlogid`` is the entry in the log. See
    https://www.mediawiki.org/wiki/API:Tag.
    """

    status: str
    revid: int | None = None
    rcid: int | None = None
    logid: int | None = None
    noop: bool = False
    actionlogid: int | None = None
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    errors: tuple[ApiErrorItem, ...] = ()


@frozen(kw_only=True)
class ManageTagsResult:
    """A tag that was made, deleted, switched on or off. ``warnings`` were passed over with ``ignorewarnings``.

    See https://www.mediawiki.org/wiki/API:Managetags.
    """

    operation: str
    tag: str
    success: bool = False
    logid: int | None = None
    warnings: tuple[ApiErrorItem, ...] = ()


@frozen(kw_only=True)
class HiddenItem:
    """A revision, log entry or version of a file, and what of it is hidden now.

    ``id`` is a number, or a timestamp for what is deleted. ``errors`` say why it is as it was. What is said of another
    kind of item, or not at all, is None.
    """

    id: int | str | None = None
    status: str = ""
    errors: tuple[ApiErrorItem, ...] = ()
    warnings: tuple[ApiErrorItem, ...] = ()
    timestamp: datetime | None = None
    user: str | None = None
    comment: str | None = None
    texthidden: bool | None = None
    contenthidden: bool | None = None
    commenthidden: bool | None = None
    userhidden: bool | None = None
    actionhidden: bool | None = None


@frozen(kw_only=True)
class RevisionDeleteResult:
    """What became of each item. The wiki's ``status`` may be ``"Success"`` where some were left as they were.

    See https://www.mediawiki.org/wiki/API:Revisiondelete.
    """

    status: str
    target: str = ""
    items: tuple[HiddenItem, ...] = ()
    own_errors: tuple[ApiErrorItem, ...] = ()

    @property
    def errors(self) -> tuple[ApiErrorItem, ...]:
        """Why something was left as it was; empty where all was done."""
        return (*self.own_errors, *(error for item in self.items for error in item.errors))


@frozen(kw_only=True)
class ImportedPage:
    """A page of an import, and how many of its ``revisions`` are new here.

    ``invalid`` is a title that this wiki cannot have. See https://www.mediawiki.org/wiki/API:Import.
    """

    title: str = ""
    ns: int | None = None
    revisions: int = 0
    invalid: bool = False
