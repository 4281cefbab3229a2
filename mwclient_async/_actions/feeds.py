"""Feeds, and the description of the API for blogging programs: responses that are documents, not JSON."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Literal

from mwclient_async._actions.arguments import (
    Texts,
    checked_choice,
    checked_choices,
    checked_datetime,
    checked_flags,
    checked_nonempty,
    checked_texts,
)
from mwclient_async._actions.call import ActionGroup, check_parameters
from mwclient_async._actions.feed_entries import read_feed
from mwclient_async._http import params as wire_params
from mwclient_async._http.messages import ApiRequest, HttpResponse
from mwclient_async._http.params import checked_title, is_count
from mwclient_async._http.titled import TitleLike
from mwclient_async.errors import ProtocolError
from mwclient_async.models.actions_feeds import Document

FeedFormat = Literal["rss", "atom"]
WatchedShow = Literal[
    "minor",
    "!minor",
    "bot",
    "!bot",
    "anon",
    "!anon",
    "patrolled",
    "!patrolled",
    "autopatrolled",
    "!autopatrolled",
    "unread",
    "!unread",
]
_TAGS = (b"<rss", b"<feed", b"<rsd")  # one of these is near the beginning of the document, after the declarations


def _is_document(response: HttpResponse) -> bool:
    return any(tag in response.body[:1000] for tag in _TAGS)


_DOCUMENTS = dict.fromkeys(
    ("application/rss+xml", "application/atom+xml", "application/rsd+xml", "application/xml", "text/xml"), _is_document
)
WatchedType = Literal["edit", "new", "log", "external", "categorize"]


class FeedActions(ActionGroup):
    """Actions that return documents for feed readers."""

    async def feedcontributions(
        self,
        user: str,
        *,
        feedformat: FeedFormat | None = None,
        namespace: int | None = None,
        year: int | None = None,
        month: int | None = None,
        tagfilter: Texts | None = None,
        deletedonly: bool = False,
        toponly: bool = False,
        newonly: bool = False,
        hideminor: bool = False,
        showsizediff: bool = False,
    ) -> Document:
        """Get a user's contributions as a feed, newest first.

        Returns a Document: its bytes, its content type, and its entries. With ``year`` and ``month``, it begins with
        the contributions of that time, and goes back from there.

        Raises:
            ValueError: ``user`` is empty, or a number is below 1.
            ApiError: the wiki has no feeds (``feed-unavailable``).
            InvalidParameter: ``user`` cannot be the name of a user.
            ProtocolError: the response is not a feed.

        See https://www.mediawiki.org/wiki/API:Feedcontributions.
        """
        params = {
            "user": checked_nonempty("user", user),
            "feedformat": checked_choice("feedformat", feedformat, FeedFormat),
            "namespace": namespace,
            "year": _count("year", year),
            "month": _count("month", month),
            "tagfilter": checked_texts("tagfilter", tagfilter),
            **checked_flags(deletedonly=deletedonly, toponly=toponly, newonly=newonly),
            **checked_flags(hideminor=hideminor, showsizediff=showsizediff),
        }
        return await self._document("feedcontributions", params)

    async def feedrecentchanges(
        self,
        *,
        feedformat: FeedFormat | None = None,
        namespace: int | None = None,
        invert: bool = False,
        associated: bool = False,
        days: int | None = None,
        limit: int | None = None,
        from_: datetime | None = None,
        hideminor: bool = False,
        hidebots: bool = False,
        hideanons: bool = False,
        hideliu: bool = False,
        hidepatrolled: bool = False,
        hidemyself: bool = False,
        hidecategorization: bool = False,
        tagfilter: str | None = None,
        inverttags: bool = False,
        target: TitleLike | None = None,
        showlinkedto: bool = False,
    ) -> Document:
        """Get recent changes as a feed, newest first: up to 50, of 7 days unless ``days`` is given.

        Returns a Document: its bytes, its content type, and its entries.

        Arguments:
            target: only changes of pages that this page links to; with ``showlinkedto``, of pages that link to it.
            inverttags: only changes without these tags. It needs a newer wiki.

        Raises:
            ValueError: an argument is not one of its choices, or a number is below 1.
            ApiError: the wiki has no feeds (``feed-unavailable``).
            UnrecognizedParameters: this wiki does not know a parameter; nothing was sent.
            ProtocolError: the response is not a feed.

        See https://www.mediawiki.org/wiki/API:Feedrecentchanges.
        """
        params = {
            "feedformat": checked_choice("feedformat", feedformat, FeedFormat),
            "namespace": namespace,
            "days": _count("days", days),
            "limit": _count("limit", limit),
            "from": checked_datetime("from_", from_),
            "tagfilter": tagfilter,
            "target": None if target is None else checked_title(target, self._session.wiki),
            **checked_flags(invert=invert, associated=associated, hideminor=hideminor, hidebots=hidebots),
            **checked_flags(hideanons=hideanons, hideliu=hideliu, hidepatrolled=hidepatrolled, hidemyself=hidemyself),
            **checked_flags(hidecategorization=hidecategorization, inverttags=inverttags, showlinkedto=showlinkedto),
        }
        return await self._document("feedrecentchanges", params)

    async def feedwatchlist(
        self,
        *,
        feedformat: FeedFormat | None = None,
        hours: int | None = None,
        linktosections: bool = False,
        allrev: bool = False,
        wlowner: str | None = None,
        wltoken: str | None = None,
        wlshow: WatchedShow | Iterable[WatchedShow] | None = None,
        wltype: WatchedType | Iterable[WatchedType] | None = None,
        wlexcludeuser: str | None = None,
    ) -> Document:
        """Get the changes of watched pages as a feed: of the last 24 hours, or of up to 72 ``hours``.

        Returns a Document: its bytes, its content type, and its entries. If the account may not read the watchlist, the
        wiki does not refuse: the feed has the error as its entry.

        Arguments:
            wlowner, wltoken: another user's watchlist, with the token that this user's preferences show.
            wlshow, wltype: only such changes. MediaWiki 1.39 fails on them (InternalError).

        Raises:
            ValueError: only one of ``wlowner`` and ``wltoken`` was given, or an argument is not one of its choices.
            ApiError: the wiki has no feeds (``feed-unavailable``).
            ProtocolError: the response is not a feed.

        See https://www.mediawiki.org/wiki/API:Feedwatchlist.
        """
        if (wlowner is None) != (wltoken is None):
            raise ValueError("wlowner and wltoken go together")
        params = {
            "feedformat": checked_choice("feedformat", feedformat, FeedFormat),
            "hours": _count("hours", hours),
            **checked_flags(linktosections=linktosections, allrev=allrev),
            "wlowner": None if wlowner is None else checked_nonempty("wlowner", wlowner),
            "wltoken": wltoken,
            "wlshow": checked_choices("wlshow", wlshow, WatchedShow),
            "wltype": checked_choices("wltype", wltype, WatchedType),
            "wlexcludeuser": None if wlexcludeuser is None else checked_nonempty("wlexcludeuser", wlexcludeuser),
        }
        return await self._document("feedwatchlist", params)

    async def rsd(self) -> Document:
        """Get the description of the API for blogging programs, a Really Simple Discovery document.

        Returns a Document: its bytes and its content type.

        Raises:
            ProtocolError: the response is not such a document.

        See https://www.mediawiki.org/wiki/API:Rsd.
        """
        return await self._document("rsd", {})

    async def _document(self, action: str, params: Mapping[str, Any]) -> Document:
        encoded = {"action": action, **wire_params.encode(params)}
        module = (await self._session.modules([action]))[action]
        await check_parameters(
            self._session, module, encoded
        )  # a feed cannot carry a warning about an unknown parameter
        secret = "wltoken" in encoded  # it is not put in a URL
        request = ApiRequest(params=encoded, documents=_DOCUMENTS, post=secret)
        response = await self._session.send(request)
        if not isinstance(response.body, bytes):
            raise ProtocolError(f"the wiki's response to action={action} is JSON, not a document")
        return Document(content=response.body, content_type=response.header("content-type"), reader=read_feed)


def _count(name: str, value: int | None) -> int | None:
    if value is not None and not is_count(value, least=1):
        raise ValueError(f"{name}={value!r}: give a whole number from 1 up")
    return value
