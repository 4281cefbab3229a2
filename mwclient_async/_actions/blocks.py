"""Block and unblock."""

from __future__ import annotations

from collections.abc import Iterable

from mwclient_async._actions.arguments import (
    Expiry,
    Texts,
    a_name,
    an_id,
    exactly_one,
    flags,
    texts,
    until,
)
from mwclient_async._actions.call import ActionGroup, call
from mwclient_async._http import params as wire_params
from mwclient_async._http.params import checked_text
from mwclient_async._values.warnings import ApiWarning
from mwclient_async.errors import UnrecognizedParameters
from mwclient_async.models.actions_blocks import BlockResult, UnblockResult


class Blocking(ActionGroup):
    """Accounts and addresses: keep them from editing, and let them edit again."""

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
        pagerestrictions: Texts | None = None,
        namespacerestrictions: Iterable[int] | None = None,
        actionrestrictions: Texts | None = None,
        watchuser: bool = False,
        watchlistexpiry: Expiry | None = None,
        tags: Texts | None = None,
    ) -> BlockResult:
        """Block an account, an IP address or a range of them.

        ``nocreate`` and ``autoblock`` are what Special:Block ticks by itself, and this does not. ``reblock`` replaces a
        block that is there; without it, or with nothing new in it, that is an ApiError (``alreadyblocked``). The
        restrictions (titles, namespaces by number, actions) need ``partial``, which without any of them blocks nothing
        but what the flags say.

        Raises ValueError before any request for an empty user, an expiry that has gone by, and what contradicts;
        UnrecognizedParameters for what this wiki has not (a namespace, ``actionrestrictions``, ``watchlistexpiry``);
        PermissionDenied; ApiError for a user that does not exist (``nosuchuser``) or an invalid expiry. See
        https://www.mediawiki.org/wiki/API:Block.
        """
        namespaces = None if namespacerestrictions is None else tuple(namespacerestrictions)
        if not partial and (pagerestrictions or namespaces or actionrestrictions):
            raise ValueError("restrictions are for a partial block, and this one is about everything: say partial=True")
        if watchlistexpiry is not None and not watchuser:
            raise ValueError("watchlistexpiry is for what is watched: say watchuser=True, too")
        given = {
            "user": a_name("user", user),
            "expiry": until("expiry", expiry),
            "reason": checked_text("reason", reason),
            "pagerestrictions": texts("pagerestrictions", pagerestrictions),
            "namespacerestrictions": namespaces or None,
            "actionrestrictions": texts("actionrestrictions", actionrestrictions),
            "watchlistexpiry": until("watchlistexpiry", watchlistexpiry),
            "tags": texts("tags", tags),
            **flags(anononly=anononly, nocreate=nocreate, autoblock=autoblock, noemail=noemail, hidename=hidename),
            **flags(allowusertalk=allowusertalk, reblock=reblock, partial=partial, watchuser=watchuser),
        }
        wire_params.encode(given)  # what cannot be sent is said now
        await self._check_namespaces(namespaces or ())
        return await self._act("block", given, BlockResult)

    async def _check_namespaces(self, numbers: Iterable[int]) -> None:
        """A wiki leaves out those that it does not have, and such a block may be of nothing at all."""
        if not numbers:
            return
        answer = await call(self._session, "query", {"meta": "siteinfo", "siprop": "namespaces"})
        there = {int(number) for number in answer["query"]["namespaces"]}
        if odd := [number for number in numbers if number < 0 or number not in there]:
            text = f"This wiki has no pages in a namespace {odd[0]!r}; nothing was sent."
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
        """Lift the block of an account, an address or a range, or the block of that id.

        ``watchuser`` and ``watchlistexpiry`` are of newer wikis (1.43); on one that lacks them they are
        UnrecognizedParameters, and nothing is sent. Raises ValueError unless one of user and id is given;
        PermissionDenied; ApiError where there is no such block (``cantunblock``). See
        https://www.mediawiki.org/wiki/API:Unblock.
        """
        if watchlistexpiry is not None and not watchuser:
            raise ValueError("watchlistexpiry is for what is watched: say watchuser=True, too")
        given = {
            **exactly_one(user=None if user is None else a_name("user", user), id=an_id("id", id)),
            "reason": checked_text("reason", reason),
            "watchlistexpiry": until("watchlistexpiry", watchlistexpiry),
            "tags": texts("tags", tags),
            **flags(watchuser=watchuser),
        }
        return await self._act("unblock", given, UnblockResult)
