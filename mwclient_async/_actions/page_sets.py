"""What is done to many pages at once: purge, watch, say what was seen."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any, TypeVar

from mwclient_async._actions.arguments import Expiry, an_id, at_most_one, flags, instant, until
from mwclient_async._actions.call import ActionGroup, call
from mwclient_async._actions.page_results import (
    GeneratorSteps,
    InputSteps,
    PageResults,
    Pages,
    Steps,
    pages_from,
)
from mwclient_async._http import params as wire_params
from mwclient_async._http.conversion import structurer
from mwclient_async._query.page_inputs import InputReader, Inputs
from mwclient_async._session.module_table import CONTENT_LIMITS
from mwclient_async.models.actions_pagesets import NotifiedPage, PurgedPage, WatchedPage

T = TypeVar("T")


class PageSets(ActionGroup):
    """What is done to any number of pages."""

    def purge(
        self,
        *,
        titles: Inputs | None = None,
        pageids: Inputs | None = None,
        revids: Inputs | None = None,
        generator: str | None = None,
        limit: int | None = None,
        redirects: bool = False,
        converttitles: bool = False,
        forcelinkupdate: bool = False,
        forcerecursivelinkupdate: bool = False,
        **parameters: Any,
    ) -> PageResults[PurgedPage]:
        """Clear the caches of pages: ``await site.actions.purge(titles=[...])``, or ``async for`` over it.

        The pages come from any number of titles or ids, or from a ``generator``: its parameters follow with their
        prefix (``gcmtitle``), it is followed to its end, and ``limit`` is how many pages of it at most. A purge may be
        done twice, so one whose answer was lost is sent again.

        Raises ValueError unless there is one source of pages, Blocked, and UnrecognizedParameters for a misspelt
        parameter of the generator. See https://www.mediawiki.org/wiki/API:Purge.
        """
        given = {
            **flags(redirects=redirects, converttitles=converttitles),
            **flags(forcelinkupdate=forcelinkupdate, forcerecursivelinkupdate=forcerecursivelinkupdate),
        }
        pages = named_pages(generator, limit, parameters, titles=titles, pageids=pageids, revids=revids)
        return self._each("purge", pages, given, PurgedPage)

    def watch(
        self,
        *,
        titles: Inputs | None = None,
        pageids: Inputs | None = None,
        revids: Inputs | None = None,
        generator: str | None = None,
        limit: int | None = None,
        redirects: bool = False,
        converttitles: bool = False,
        unwatch: bool = False,
        expiry: Expiry | None = None,
        **parameters: Any,
    ) -> PageResults[WatchedPage]:
        """Put pages onto the account's watchlist, until ``expiry`` or for good; with ``unwatch``, take them off it.

        Which pages, and what it gives: as ``purge``. Raises NotLoggedIn; UnrecognizedParameters for ``expiry`` on a
        wiki where it is not enabled, before anything is sent; OutcomeUnknown where an answer was lost: doing it again
        does no harm. See https://www.mediawiki.org/wiki/API:Watch.
        """
        if unwatch and expiry is not None:
            raise ValueError("expiry is for what is watched, and unwatch takes it off the watchlist")
        given = {
            **flags(redirects=redirects, converttitles=converttitles, unwatch=unwatch),
            "expiry": until("expiry", expiry),
        }
        pages = named_pages(generator, limit, parameters, titles=titles, pageids=pageids, revids=revids)
        return self._each("watch", pages, given, WatchedPage)

    def setnotificationtimestamp(
        self,
        *,
        titles: Inputs | None = None,
        pageids: Inputs | None = None,
        revids: Inputs | None = None,
        generator: str | None = None,
        limit: int | None = None,
        redirects: bool = False,
        converttitles: bool = False,
        entirewatchlist: bool = False,
        timestamp: datetime | None = None,
        torevid: int | None = None,
        newerthanrevid: int | None = None,
        **parameters: Any,
    ) -> PageResults[NotifiedPage]:
        """Say since when watched pages count as changed; without a time or a revision, that all of it was seen.

        ``torevid`` (that revision is the first one not seen) and ``newerthanrevid`` (the one after it is) are for one
        page. Which pages, and what it gives: as ``purge``; with ``entirewatchlist`` one result without a title. Of
        special pages and titles of other wikis, the wiki says nothing, and there is no result.

        Raises ValueError for contradictions; NotLoggedIn; OutcomeUnknown where an answer was lost: doing it again does
        no harm. See https://www.mediawiki.org/wiki/API:Setnotificationtimestamp.
        """
        given = {
            **flags(redirects=redirects, converttitles=converttitles, entirewatchlist=entirewatchlist),
            **at_most_one(
                timestamp=instant("timestamp", timestamp),
                torevid=an_id("torevid", torevid),
                newerthanrevid=an_id("newerthanrevid", newerthanrevid),
            ),
        }
        wire_params.encode(given)  # what cannot be sent is said now
        if not entirewatchlist:
            pages = named_pages(generator, limit, parameters, titles=titles, pageids=pageids, revids=revids)
        elif (titles, pageids, revids, generator, limit) != (None,) * 5 or parameters or torevid or newerthanrevid:
            raise ValueError("entirewatchlist is about all of it: give no pages and no revision")
        else:
            pages = Pages("entirewatchlist")
        return self._each("setnotificationtimestamp", pages, given, NotifiedPage)

    def _each(self, action: str, pages: Pages, given: Mapping[str, Any], result: type[T]) -> PageResults[T]:
        encoded = wire_params.encode(given)
        structure = structurer(result)

        async def send(further: Mapping[str, str]) -> tuple[list[T], Mapping[str, Any]]:
            answer = await call(self._session, action, {**encoded, **further})
            said = answer.get(action) or []
            rows = [said] if isinstance(said, Mapping) else said
            return [structure(_row(row)) for row in rows], answer.get("continue") or {}

        return PageResults(partial(self._steps, pages, send))

    async def _steps(self, pages: Pages, send: Any) -> Steps[Any]:
        if pages.kind == "entirewatchlist":
            return _Once(send)
        room = CONTENT_LIMITS[(await self._session.account()).high_limits]
        if pages.source is not None:
            return InputSteps(InputReader(pages.source), pages.kind, send, room)
        path = f"query+{pages.generating['generator']}"
        return GeneratorSteps(pages, (await self._session.modules([path]))[path], send, room)


class _Once:
    """A walk of one request."""

    def __init__(self, send: Any) -> None:
        self._send = send

    async def next(self) -> list[Any] | None:
        if self._send is None:
            return None
        send, self._send = self._send, None
        found: list[Any] = (await send({}))[0]
        return found


def named_pages(
    generator: str | None, limit: int | None, parameters: Mapping[str, Any], **sources: Inputs | None
) -> Pages:
    """The pages that these arguments name; ``parameters`` are the generator's."""
    return pages_from(generator, limit=limit, parameters=wire_params.encode(None, parameters), **sources)


def _row(row: Mapping[str, Any]) -> Mapping[str, Any]:
    """A row in the form of the others: a page's id is ``pageid``, and what cannot be watched has a flag."""
    named = {"pageid": row["id"] or None} if "id" in row else {}
    return {**row, **named, **({"watchable": bool(row["watchable"])} if "watchable" in row else {})}
