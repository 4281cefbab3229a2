"""The results of patrolling, tagging, hiding and importing."""

from __future__ import annotations

from datetime import datetime

from attrs import frozen

from mwclient_async._values.value import Value
from mwclient_async.errors import ApiErrorItem


@frozen(kw_only=True, repr=False)
class PatrolResult(Value):
    """A change that is patrolled now.

    See https://www.mediawiki.org/wiki/API:Patrol.
    """

    rcid: int
    title: str = ""
    ns: int | None = None


@frozen(kw_only=True, repr=False)
class TagResult(Value):
    """The tags of one change, which is named as in the request: by revision, change or log entry.

    ``status`` is ``"success"``; or ``"error"``, ``"failure"`` or ``"skipped"`` if nothing was done, and ``errors`` say
    why. ``noop`` says that the change had these tags already. ``actionlogid`` is the entry in the log.

    See https://www.mediawiki.org/wiki/API:Tag.
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


@frozen(kw_only=True, repr=False)
class ManageTagsResult(Value):
    """A tag that was created, deleted, activated or deactivated. ``warnings`` were ignored by ``ignorewarnings``.

    See https://www.mediawiki.org/wiki/API:Managetags.
    """

    operation: str
    tag: str
    success: bool = False
    logid: int | None = None
    warnings: tuple[ApiErrorItem, ...] = ()


@frozen(kw_only=True, repr=False)
class HiddenItem(Value):
    """A revision, log entry or version of a file, and which parts of it are hidden now.

    ``id`` is a number, or a timestamp for a deleted item. ``errors`` say why nothing changed. Fields of another kind of
    item, and fields that the wiki did not send, are None.
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


@frozen(kw_only=True, repr=False)
class RevisionDeleteResult(Value):
    """The result for each item. The wiki's ``status`` may be ``"Success"`` although some items did not change.

    ``verified`` says that the response was lost, and that the wiki's log shows that it was done.

    See https://www.mediawiki.org/wiki/API:Revisiondelete.
    """

    status: str
    target: str = ""
    items: tuple[HiddenItem, ...] = ()
    own_errors: tuple[ApiErrorItem, ...] = ()
    verified: bool = False

    @property
    def errors(self) -> tuple[ApiErrorItem, ...]:
        """Why some items did not change; empty if all did."""
        return (*self.own_errors, *(error for item in self.items for error in item.errors))


@frozen(kw_only=True, repr=False)
class ImportedPage(Value):
    """A page of an import, and the number of its ``revisions`` that were imported.

    ``invalid`` says that this wiki cannot have a page of that title.

    ``verified`` says that the response was lost, and that the wiki's log shows that it was done.

    See https://www.mediawiki.org/wiki/API:Import.
    """

    title: str = ""
    ns: int | None = None
    revisions: int = 0
    invalid: bool = False
    verified: bool = False
