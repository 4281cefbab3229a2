"""Review: patrol changes, tag them, hide them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal

from mwclient_async._actions.arguments import (
    Ids,
    Texts,
    a_name,
    an_id,
    chosen,
    exactly_one,
    flags,
    ids as checked_ids,
    some_of,
    texts,
)
from mwclient_async._actions.call import ActionGroup
from mwclient_async._http.conversion import structurer
from mwclient_async._http.params import checked_text, checked_title
from mwclient_async.models.actions_review import ManageTagsResult, PatrolResult, RevisionDeleteResult, TagResult

Hidden = Literal["content", "comment", "user"]
HiddenType = Literal["revision", "archive", "oldimage", "filearchive", "logging"]
TagOperation = Literal["create", "delete", "activate", "deactivate"]


class Reviewing(ActionGroup):
    """What is done to changes, one by one."""

    async def patrol(
        self, *, rcid: int | None = None, revid: int | None = None, tags: Texts | None = None
    ) -> PatrolResult:
        """Mark a change as patrolled, by its id among the recent changes or by its revision.

        Raises ValueError unless one of them is given; PageMissing for a revision that is not there; PermissionDenied;
        ApiError for a change that is not there any more (``nosuchrcid``, ``notpatrollable``). See
        https://www.mediawiki.org/wiki/API:Patrol.
        """
        given = {
            **exactly_one(rcid=an_id("rcid", rcid), revid=an_id("revid", revid)),
            "tags": texts("tags", tags),
        }
        return await self._act("patrol", given, PatrolResult)

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
        """Put tags on changes, or take them off: revisions, recent changes and log entries, 50 of each at most.

        There is one result for each, and one that could not be tagged does not keep the others from it: look at their
        ``errors``. ``tags`` are those of the entry in the log. Raises ValueError where there is nothing to do; Refused
        for a tag that is not to be put on by hand (``badtags``); TooManyValues, PermissionDenied. See
        https://www.mediawiki.org/wiki/API:Tag.
        """
        given = {
            "revid": checked_ids("revid", revid),
            "rcid": checked_ids("rcid", rcid),
            "logid": checked_ids("logid", logid),
            "add": texts("add", add),
            "remove": texts("remove", remove),
        }
        if not any(given[name] for name in ("revid", "rcid", "logid")):
            raise ValueError("say what to tag: revid, rcid or logid")
        if not given["add"] and not given["remove"]:
            raise ValueError("say which tags to add or to remove")
        said = await self._said("tag", {**given, "reason": checked_text("reason", reason), "tags": texts("tags", tags)})
        structure = structurer(TagResult)
        return tuple(structure(_with_errors(row)) for row in said)

    async def managetags(
        self,
        operation: TagOperation,
        *,
        tag: str,
        reason: str = "",
        ignorewarnings: bool = False,
        tags: Texts | None = None,
    ) -> ManageTagsResult:
        """Make a tag, delete it and take it off everything, or switch it on or off for users.

        Raises PermissionDenied; ApiError for what cannot be done with it (``tags-create-invalid-chars``,
        ``tags-delete-not-found``, ``tags-activate-not-allowed``). See https://www.mediawiki.org/wiki/API:Managetags.
        """
        given = {
            "operation": chosen("operation", operation, TagOperation),
            "tag": a_name("tag", tag),
            "reason": checked_text("reason", reason),
            **flags(ignorewarnings=ignorewarnings),
            "tags": texts("tags", tags),
        }
        return await self._act("managetags", given, ManageTagsResult)

    async def revisiondelete(
        self,
        type: HiddenType,  # noqa: A002 - the manual's name
        *,
        ids: int | str | Iterable[int | str],
        target: str | None = None,
        hide: Hidden | Iterable[Hidden] | None = None,
        show: Hidden | Iterable[Hidden] | None = None,
        suppress: Literal["yes", "no", "nochange"] | None = None,
        reason: str = "",
        tags: Texts | None = None,
    ) -> RevisionDeleteResult:
        """Hide parts of revisions, log entries or versions of a file from the public, or show them again.

        ``ids`` are those of the revisions or log entries; of an old version of a file, the digits in its archive name;
        of what is deleted, its timestamp. ``target`` is the page, where the type needs one. ``suppress`` hides it from
        sysops, too. Some may be left as they were, as the latest revision is: the result's ``errors`` say so.

        Raises ValueError where nothing is to be hidden or shown, or one thing both; PermissionDenied; ApiError without
        a target (``needtarget``). See https://www.mediawiki.org/wiki/API:Revisiondelete.
        """
        hidden, shown = some_of("hide", hide, Hidden), some_of("show", show, Hidden)
        if not hidden and not shown:
            raise ValueError("say what to hide or to show: content, comment, user")
        if both := set(hidden or ()) & set(shown or ()):
            raise ValueError(f"{min(both)!r} cannot be hidden and shown")
        given = {
            "type": chosen("type", type, HiddenType),
            "ids": _numbers(ids),
            "target": None if target is None else checked_title(target),
            "hide": hidden,
            "show": shown,
            "suppress": chosen("suppress", suppress, Literal["yes", "no", "nochange"]),
            "reason": checked_text("reason", reason),
            "tags": texts("tags", tags),
        }
        said = await self._said("revisiondelete", given)
        return structurer(RevisionDeleteResult)({**said, "own_errors": said.get("errors") or ()})


def _with_errors(row: Mapping[str, Any]) -> Mapping[str, Any]:
    """A row that is itself an error, in the form of the others."""
    return {**row, "errors": [row]} if "code" in row else row


def _numbers(ids: int | str | Iterable[int | str]) -> list[int | str]:
    found = [ids] if isinstance(ids, int | str) else list(ids)
    for one in found:
        if isinstance(one, str):
            a_name("ids", one)
        else:
            an_id("ids", one)
    if not found:
        raise ValueError("ids is empty")
    return found
