"""Actions of reviewers: patrol changes, tag them, hide parts of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal

from mwclient_async._actions.arguments import (
    Ids,
    Texts,
    checked_choice,
    checked_choices,
    checked_flags,
    checked_id,
    checked_ids,
    checked_nonempty,
    checked_texts,
    exactly_one,
)
from mwclient_async._actions.call import ActionGroup
from mwclient_async._http.conversion import structurer
from mwclient_async._http.json_values import object_at, rows_at
from mwclient_async._http.params import checked_text, checked_title
from mwclient_async._http.titled import TitleLike
from mwclient_async.models.actions_review import ManageTagsResult, PatrolResult, RevisionDeleteResult, TagResult

Hidden = Literal["content", "comment", "user"]
HiddenType = Literal["revision", "archive", "oldimage", "filearchive", "logging"]
TagOperation = Literal["create", "delete", "activate", "deactivate"]


class ReviewActions(ActionGroup):
    """Actions on single changes."""

    async def patrol(
        self, *, rcid: int | None = None, revid: int | None = None, tags: Texts | None = None
    ) -> PatrolResult:
        """Mark a change as patrolled, by its id among the recent changes or by its revision.

        Returns a PatrolResult: the change's id, and its title.

        Raises:
            ValueError: not exactly one of ``rcid`` and ``revid`` was given.
            PageMissing: there is no such revision.
            PermissionDenied: the account may not patrol.
            ApiError: the change is not among the recent changes any more (``nosuchrcid``, ``notpatrollable``).
            OutcomeUnknown: the response was lost.

        See https://www.mediawiki.org/wiki/API:Patrol.
        """
        params = {
            **exactly_one(rcid=checked_id("rcid", rcid), revid=checked_id("revid", revid)),
            "tags": checked_texts("tags", tags),
        }
        return await self._result("patrol", params, PatrolResult)

    async def tag(
        self,
        *,
        revid: Ids | None = None,
        rcid: Ids | None = None,
        logid: Ids | None = None,
        add: Texts | None = None,
        remove: Texts | None = None,
        reason: str = "",
        tags: Texts | None = None,
    ) -> tuple[TagResult, ...]:
        """Add tags to revisions, recent changes and log entries, or remove them; up to 50 of each.

        Returns one TagResult per change. A change that could not be tagged does not affect the others: look at its
        ``errors``. ``tags`` are tags for the log entry of this action.

        Raises:
            ValueError: there is nothing to tag, or no tag to add or remove.
            Refused: users may not add this tag (``badtags``).
            TooManyValues: more changes than one request takes.
            PermissionDenied: the account may not change tags.
            OutcomeUnknown: the response was lost.

        See https://www.mediawiki.org/wiki/API:Tag.
        """
        params = {
            "revid": checked_ids("revid", revid),
            "rcid": checked_ids("rcid", rcid),
            "logid": checked_ids("logid", logid),
            "add": checked_texts("add", add),
            "remove": checked_texts("remove", remove),
        }
        if not any(params[name] for name in ("revid", "rcid", "logid")):
            raise ValueError("say what to tag: revid, rcid or logid")
        if not params["add"] and not params["remove"]:
            raise ValueError("say which tags to add or to remove")
        entry = {"reason": checked_text("reason", reason), "tags": checked_texts("tags", tags)}
        structure = structurer(TagResult)
        return await self._read_result(
            "tag", {**params, **entry}, lambda raw: tuple(structure(_with_errors(row)) for row in rows_at(raw))
        )

    async def managetags(
        self,
        operation: TagOperation,
        *,
        tag: str,
        reason: str = "",
        ignorewarnings: bool = False,
        tags: Texts | None = None,
    ) -> ManageTagsResult:
        """Create a tag, delete it and remove it from all changes, or let users add it or not.

        Returns a ManageTagsResult: the tag, whether it was done, and the warnings that were ignored.

        Raises:
            ValueError: there is no such operation, or ``tag`` is empty.
            PermissionDenied: the account may not manage tags.
            ApiError: the tag does not allow it (``tags-create-invalid-chars``, ``tags-delete-not-found``,
                ``tags-activate-not-allowed``).
            OutcomeUnknown: the response was lost.

        See https://www.mediawiki.org/wiki/API:Managetags.
        """
        params = {
            "operation": checked_choice("operation", operation, TagOperation),
            "tag": checked_nonempty("tag", tag),
            "reason": checked_text("reason", reason),
            **checked_flags(ignorewarnings=ignorewarnings),
            "tags": checked_texts("tags", tags),
        }
        return await self._result("managetags", params, ManageTagsResult)

    async def revisiondelete(
        self,
        type: HiddenType,  # noqa: A002 - the manual's name
        *,
        ids: int | str | Iterable[int | str],
        target: TitleLike | None = None,
        hide: Hidden | Iterable[Hidden] | None = None,
        show: Hidden | Iterable[Hidden] | None = None,
        suppress: Literal["yes", "no", "nochange"] | None = None,
        reason: str = "",
        tags: Texts | None = None,
    ) -> RevisionDeleteResult:
        """Hide parts of revisions, log entries or file versions from the public, or show them again.

        Returns a RevisionDeleteResult: one item per id. Some items may be unchanged, for example the latest revision:
        the result's ``errors`` say so.

        Arguments:
            ids: the ids of the revisions or log entries; for an old file version, the digits in its archive name; for
                a deleted one, its timestamp.
            target: the title of the page, if the type needs one.
            hide, show: the parts that are hidden or shown.
            suppress: also hide them from administrators.

        Raises:
            ValueError: nothing is hidden or shown, or one part is both.
            PermissionDenied: the account may not hide revisions.
            ApiError: the target is missing (``needtarget``).
            OutcomeUnknown: the response was lost.

        See https://www.mediawiki.org/wiki/API:Revisiondelete.
        """
        hidden, shown = checked_choices("hide", hide, Hidden), checked_choices("show", show, Hidden)
        if not hidden and not shown:
            raise ValueError("say what to hide or to show: content, comment, user")
        if both := set(hidden or ()) & set(shown or ()):
            raise ValueError(f"{min(both)!r} cannot be hidden and shown at once")
        params = {
            "type": checked_choice("type", type, HiddenType),
            "ids": _checked_item_ids(ids),
            "target": None if target is None else checked_title(target, self._session.wiki),
            "hide": hidden,
            "show": shown,
            "suppress": checked_choice("suppress", suppress, Literal["yes", "no", "nochange"]),
            "reason": checked_text("reason", reason),
            "tags": checked_texts("tags", tags),
        }
        return await self._read_result("revisiondelete", params, _read_revisiondelete)


def _read_revisiondelete(raw: Any) -> RevisionDeleteResult:
    result = object_at(raw)
    return structurer(RevisionDeleteResult)({**result, "own_errors": result.get("errors") or ()})


def _with_errors(row: Mapping[str, Any]) -> Mapping[str, Any]:
    """The row in one form: a row that is itself an error has it in ``errors``."""
    return {**row, "errors": [row]} if "code" in row else row


def _checked_item_ids(ids: int | str | Iterable[int | str]) -> list[int | str]:
    """One id or several as a list. ValueError for an empty list, an empty text, or a number below 1."""
    found = [ids] if isinstance(ids, int | str) else list(ids)
    for one in found:
        if isinstance(one, str):
            checked_nonempty("ids", one)
        else:
            checked_id("ids", one)
    if not found:
        raise ValueError("ids is empty")
    return found
