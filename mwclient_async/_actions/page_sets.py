"""Actions on many pages at once: purge them, watch them, mark their changes as seen."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any, TypeVar

from attrs import evolve

from mwclient_async._actions.arguments import (
    Expiry,
    at_most_one,
    checked_datetime,
    checked_flags,
    checked_id,
    expiry_value,
)
from mwclient_async._actions.call import ActionGroup, send_action
from mwclient_async._actions.page_results import (
    GeneratorBatches,
    InputBatches,
    PageBatches,
    PageResults,
    PageSelection,
    select_pages,
)
from mwclient_async._http import params as wire_params
from mwclient_async._http.conversion import structurer
from mwclient_async._http.json_values import continuation_at, object_at, rows_at
from mwclient_async._http.messages import ApiResponse
from mwclient_async._query.page_inputs import InputReader, Inputs
from mwclient_async._query.without_loss import without_loss
from mwclient_async._session.module_table import CONTENT_LIMITS
from mwclient_async.models.actions_pagesets import NotifiedPage, PurgedPage, WatchedPage

T = TypeVar("T")


class PageSetActions(ActionGroup):
    """Actions on any number of pages."""

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
        """Clear the caches of pages.

        Returns a PageResults: ``await site.actions.purge(titles=[...])`` gives a tuple with one PurgedPage per page,
        and ``async for`` gives them one by one. A purge may be repeated, so it is sent again if a response was lost.

        Arguments:
            titles, pageids, revids: the pages, any number of them; give one of these or ``generator``.
            generator: the name of a query module that lists the pages. Its parameters are further arguments, with
                their prefix (``gcmtitle``); it is followed to its end.
            limit: how many pages of the generator at most.

        Raises:
            ValueError: there is not exactly one source of pages.
            TypeError: a further argument is not a generator's.
            UnrecognizedParameters: the wiki does not know a parameter of the generator.
            Blocked: the account is blocked.

        See https://www.mediawiki.org/wiki/API:Purge.
        """
        params = {
            **checked_flags(redirects=redirects, converttitles=converttitles),
            **checked_flags(forcelinkupdate=forcelinkupdate, forcerecursivelinkupdate=forcerecursivelinkupdate),
        }
        pages = select_pages(
            self._session.wiki, generator, limit, parameters, titles=titles, pageids=pageids, revids=revids
        )
        return self._page_results("purge", pages, params, PurgedPage)

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
        """Add pages to the account's watchlist, until ``expiry`` or forever; with ``unwatch``, remove them.

        Returns a PageResults, as ``purge`` does: one WatchedPage per page. The arguments that select the pages are
        those of ``purge``.

        Raises:
            ValueError: there is not exactly one source of pages, or ``expiry`` is in the past or used with ``unwatch``.
            TypeError: a further argument is not a generator's.
            NotLoggedIn: an anonymous user has no watchlist.
            UnrecognizedParameters: this wiki has no ``expiry`` for watched pages; nothing was sent.
            OutcomeUnknown: a response was lost. It is safe to repeat the action.

        See https://www.mediawiki.org/wiki/API:Watch.
        """
        if unwatch and expiry is not None:
            raise ValueError("expiry needs a watched page, and unwatch takes it off the watchlist: give one of them")
        params = {
            **checked_flags(redirects=redirects, converttitles=converttitles, unwatch=unwatch),
            "expiry": expiry_value("expiry", expiry, now=datetime.now(UTC)),
        }
        pages = select_pages(
            self._session.wiki, generator, limit, parameters, titles=titles, pageids=pageids, revids=revids
        )
        return self._page_results("watch", pages, params, WatchedPage)

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
        """Set the time since which watched pages count as changed. Without a time or revision, all changes are seen.

        Returns a PageResults, as ``purge`` does: one NotifiedPage per page; with ``entirewatchlist``, one without a
        title. The wiki has no result for special pages and for titles of other wikis.

        Arguments:
            entirewatchlist: every page of the watchlist, instead of the arguments of ``purge`` that select pages.
            timestamp: changes since then are new.
            torevid: this revision is the first one that was not seen. It works for one page only.
            newerthanrevid: the revision after this one is the first one that was not seen. It works for one page only.

        Raises:
            ValueError: there is not exactly one source of pages, or more than one time or revision.
            TypeError: a further argument is not a generator's, or ``timestamp`` is not a datetime.
            NotLoggedIn: an anonymous user has no watchlist.
            OutcomeUnknown: a response was lost. It is safe to repeat the action.

        See https://www.mediawiki.org/wiki/API:Setnotificationtimestamp.
        """
        params = {
            **checked_flags(redirects=redirects, converttitles=converttitles, entirewatchlist=entirewatchlist),
            **at_most_one(
                timestamp=checked_datetime("timestamp", timestamp),
                torevid=checked_id("torevid", torevid),
                newerthanrevid=checked_id("newerthanrevid", newerthanrevid),
            ),
        }
        wire_params.encode(params)  # raises now for what cannot be encoded, not when the result is awaited
        if not entirewatchlist:
            pages = select_pages(
                self._session.wiki, generator, limit, parameters, titles=titles, pageids=pageids, revids=revids
            )
        elif (titles, pageids, revids, generator, limit) != (None,) * 5 or parameters or torevid or newerthanrevid:
            raise ValueError("entirewatchlist is for all pages of the watchlist: give no pages and no revision")
        else:
            pages = PageSelection("entirewatchlist")
        return self._page_results("setnotificationtimestamp", pages, params, NotifiedPage)

    def _page_results(
        self, action: str, pages: PageSelection, params: Mapping[str, Any], result: type[T]
    ) -> PageResults[T]:
        encoded = wire_params.encode(params)
        structure = structurer(result)

        async def send(further: Mapping[str, str]) -> tuple[list[T], Mapping[str, Any]]:
            return await send_action(self._session, action, {**encoded, **further}, read)

        def read(response: ApiResponse) -> tuple[list[T], Mapping[str, str]]:
            found = object_at(response.body).get(action)
            rows = [found] if found and isinstance(found, Mapping) else rows_at(response.body, action)
            next_continue = continuation_at(response.body, "continue")
            return [structure(_normalized_row(row)) for row in rows], next_continue

        return PageResults(partial(self._begin, pages, send))

    async def _begin(self, pages: PageSelection, send: Any) -> PageBatches[Any]:
        if pages.kind == "entirewatchlist":
            return _SingleBatch(send)
        batch_size = CONTENT_LIMITS[(await self._session.account()).high_limits]
        if pages.source is not None:
            return InputBatches(InputReader(pages.source), pages.kind, send, batch_size)
        path = f"query+{pages.generator_params['generator']}"
        module = (await self._session.modules([path]))[path]
        whole = await without_loss(self._session, module, pages.generator_params, lead="g")
        pages = evolve(pages, generator_params=whole.params)
        return GeneratorBatches(pages, module, send, batch_size, lossy=whole.lossy)


class _SingleBatch:
    """The batches of an action that needs one request and names no pages."""

    def __init__(self, send: Any) -> None:
        self._send = send

    async def next(self) -> list[Any] | None:
        if self._send is None:
            return None
        send, self._send = self._send, None
        results: list[Any] = (await send({}))[0]
        return results


def _normalized_row(row: Mapping[str, Any]) -> Mapping[str, Any]:
    """The row in one form: a page's id is under ``pageid`` (imagerotate has ``id``), and ``watchable`` is a bool."""
    pageid = {"pageid": row["id"] or None} if "id" in row else {}
    return {**row, **pageid, **({"watchable": bool(row["watchable"])} if "watchable" in row else {})}
