"""Block and unblock users."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from mwclient_async._actions.arguments import (
    Expiry,
    Texts,
    checked_flags,
    checked_id,
    checked_nonempty,
    checked_texts,
    checked_titles,
    exactly_one,
    expiry_value,
)
from mwclient_async._actions.call import ActionGroup, call_action
from mwclient_async._http import params as wire_params
from mwclient_async._http.json_values import number_at, object_at
from mwclient_async._http.params import checked_text
from mwclient_async._http.titled import TitleLike
from mwclient_async._values.warnings import ApiWarning
from mwclient_async.errors import UnrecognizedParameters
from mwclient_async.models.actions_blocks import BlockResult, UnblockResult


class BlockActions(ActionGroup):
    """Actions that block accounts and IP addresses."""

    async def block(
        self,
        user: str,
        *,
        expiry: Expiry = "infinite",
        reason: str = "",
        anononly: bool = False,
        nocreate: bool = False,
        autoblock: bool = False,
        noemail: bool = False,
        hidename: bool = False,
        allowusertalk: bool = False,
        reblock: bool = False,
        partial: bool = False,
        pagerestrictions: TitleLike | Iterable[TitleLike] | None = None,
        namespacerestrictions: Iterable[int] | None = None,
        actionrestrictions: Texts | None = None,
        watchuser: bool = False,
        watchlistexpiry: Expiry | None = None,
        tags: Texts | None = None,
    ) -> BlockResult:
        """Block an account, an IP address or a range of addresses.

        Returns a BlockResult: the block's id, its user, its expiry and its options.

        ``nocreate`` and ``autoblock`` are off here, although Special:Block selects them by default. ``partial`` is
        needed for restrictions (titles, namespaces by number, actions); a partial block without any restriction blocks
        only what the flags say. ``reblock`` replaces an existing block.

        Raises:
            ValueError: ``user`` is empty, an expiry is in the past, or arguments contradict each other.
            UnrecognizedParameters: this wiki does not have such a namespace, or does not know a parameter
                (``actionrestrictions``, ``watchlistexpiry``); nothing was sent.
            PermissionDenied: the account may not block.
            PageMissing: a page in ``pagerestrictions`` is missing.
            ApiError: the user does not exist (``nosuchuser``), the expiry is invalid (``invalidexpiry``), or the user
                is blocked already and ``reblock`` was not given or changes nothing (``alreadyblocked``).
            OutcomeUnknown: the response was lost.

        See https://www.mediawiki.org/wiki/API:Block.
        """
        namespaces = None if namespacerestrictions is None else tuple(namespacerestrictions)
        if not partial and (pagerestrictions or namespaces or actionrestrictions):
            raise ValueError("restrictions need a partial block, and this one is not: add partial=True")
        if watchlistexpiry is not None and not watchuser:
            raise ValueError("watchlistexpiry needs a watched page: add watchuser=True")
        now = datetime.now(UTC)
        params = {
            "user": checked_nonempty("user", user),
            "expiry": expiry_value("expiry", expiry, now=now),
            "reason": checked_text("reason", reason),
            "pagerestrictions": checked_titles(self._session.wiki, "pagerestrictions", pagerestrictions),
            "namespacerestrictions": namespaces or None,
            "actionrestrictions": checked_texts("actionrestrictions", actionrestrictions),
            "watchlistexpiry": expiry_value("watchlistexpiry", watchlistexpiry, now=now),
            "tags": checked_texts("tags", tags),
            **checked_flags(
                anononly=anononly, nocreate=nocreate, autoblock=autoblock, noemail=noemail, hidename=hidename
            ),
            **checked_flags(allowusertalk=allowusertalk, reblock=reblock, partial=partial, watchuser=watchuser),
        }
        wire_params.encode(params)  # raises for what cannot be encoded, before the first request
        await self._check_namespaces(namespaces or ())
        return await self._result("block", params, BlockResult)

    async def _check_namespaces(self, numbers: Iterable[int]) -> None:
        """Raise for namespaces that the wiki does not have: it would ignore them, and the block might block nothing."""
        if not numbers:
            return
        body = await call_action(self._session, "query", {"meta": "siteinfo", "siprop": "namespaces"})
        existing = {number_at(entry, "id") for entry in object_at(body, "query", "namespaces").values()}
        if unknown := [number for number in numbers if number < 0 or number not in existing]:
            text = f"This wiki has no pages in a namespace {unknown[0]!r}; nothing was sent."
            raise UnrecognizedParameters(ApiWarning(code="unrecognizedvalues", text=text, module="block"))

    async def unblock(
        self,
        user: str | None = None,
        *,
        id: int | None = None,  # noqa: A002 - the manual's name
        reason: str = "",
        watchuser: bool = False,
        watchlistexpiry: Expiry | None = None,
        tags: Texts | None = None,
    ) -> UnblockResult:
        """Remove the block of an account, an IP address or a range of addresses, or the block with an id.

        Returns an UnblockResult: the block's id and its user.

        ``watchuser`` and ``watchlistexpiry`` need a newer wiki (MediaWiki 1.43).

        Raises:
            ValueError: not exactly one of ``user`` and ``id`` was given, or an expiry is in the past.
            UnrecognizedParameters: this wiki is too old for ``watchuser``; nothing was sent.
            PermissionDenied: the account may not remove blocks.
            ApiError: there is no such block (``cantunblock``).
            OutcomeUnknown: the response was lost.

        See https://www.mediawiki.org/wiki/API:Unblock.
        """
        if watchlistexpiry is not None and not watchuser:
            raise ValueError("watchlistexpiry needs a watched page: add watchuser=True")
        params = {
            **exactly_one(user=None if user is None else checked_nonempty("user", user), id=checked_id("id", id)),
            "reason": checked_text("reason", reason),
            "watchlistexpiry": expiry_value("watchlistexpiry", watchlistexpiry, now=datetime.now(UTC)),
            "tags": checked_texts("tags", tags),
            **checked_flags(watchuser=watchuser),
        }
        return await self._result("unblock", params, UnblockResult)
