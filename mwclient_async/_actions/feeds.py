"""Feeds, and the description of the API for blogging programs: documents that are no JSON."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Literal

from mwclient_async._actions.arguments import Texts, a_name, chosen, flags, instant, some_of, texts
from mwclient_async._actions.call import ActionGroup, check
from mwclient_async._actions.feed_entries import read_feed
from mwclient_async._http import params as wire_params
from mwclient_async._http.messages import ApiRequest, HttpResponse
from mwclient_async._http.params import is_count
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
_TAGS = (b"<rss", b"<feed", b"<rsd")  # one of them is in the first line, after the declarations


def _is_document(response: HttpResponse) -> bool:
    return any(tag in response.body[:1000] for tag in _TAGS)


_DOCUMENTS = dict.fromkeys(
    ("application/rss+xml", "application/atom+xml", "application/rsd+xml", "application/xml", "text/xml"), _is_document
)
WatchedType = Literal["edit", "new", "log", "external", "categorize"]


class Feeds(ActionGroup):
    """Documents for feed readers."""

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
        """A user's contributions as a feed, the newest first; with ``year`` and ``month``, those from then back.

        Raises ValueError for an empty user; ApiError where the wiki has no feeds (``feed-unavailable``);
        InvalidParameter for what is no user. See https://www.mediawiki.org/wiki/API:Feedcontributions.
        """
        given = {
            "user": a_name("user", user),
            "feedformat": chosen("feedformat", feedformat, FeedFormat),
            "namespace": namespace,
            "year": _count("year", year),
            "month": _count("month", month),
            "tagfilter": texts("tagfilter", tagfilter),
            **flags(deletedonly=deletedonly, toponly=toponly, newonly=newonly),
            **flags(hideminor=hideminor, showsizediff=showsizediff),
        }
        return await self._document("feedcontributions", given)

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
        target: str | None = None,
        showlinkedto: bool = False,
    ) -> Document:
        """Recent changes as a feed, the newest first: 50 at most, of 7 days where ``days`` says nothing else.

        ``target`` limits them to what that page links to, with ``showlinkedto`` to what links to it. ``inverttags`` is
        of newer wikis. Raises ApiError where the wiki has no feeds (``feed-unavailable``);
        UnrecognizedParameters. See https://www.mediawiki.org/wiki/API:Feedrecentchanges.
        """
        given = {
            "feedformat": chosen("feedformat", feedformat, FeedFormat),
            "namespace": namespace,
            "days": _count("days", days),
            "limit": _count("limit", limit),
            "from": instant("from_", from_),
            "tagfilter": tagfilter,
            "target": None if target is None else a_name("target", target),
            **flags(invert=invert, associated=associated, hideminor=hideminor, hidebots=hidebots),
            **flags(hideanons=hideanons, hideliu=hideliu, hidepatrolled=hidepatrolled, hidemyself=hidemyself),
            **flags(hidecategorization=hidecategorization, inverttags=inverttags, showlinkedto=showlinkedto),
        }
        return await self._document("feedrecentchanges", given)

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
        """Changes of watched pages as a feed, of 24 ``hours``, or 72 at most.

        ``wlowner`` with ``wltoken``, which that user's preferences show, is another one's watchlist. Who may not read
        it is told so in the feed itself: the wiki makes an entry of the error. MediaWiki 1.39 breaks (InternalError) on
        ``wlshow`` and ``wltype``. See
        https://www.mediawiki.org/wiki/API:Feedwatchlist.
        """
        if (wlowner is None) != (wltoken is None):
            raise ValueError("wlowner and wltoken go together")
        given = {
            "feedformat": chosen("feedformat", feedformat, FeedFormat),
            "hours": _count("hours", hours),
            **flags(linktosections=linktosections, allrev=allrev),
            "wlowner": None if wlowner is None else a_name("wlowner", wlowner),
            "wltoken": wltoken,
            "wlshow": some_of("wlshow", wlshow, WatchedShow),
            "wltype": some_of("wltype", wltype, WatchedType),
            "wlexcludeuser": None if wlexcludeuser is None else a_name("wlexcludeuser", wlexcludeuser),
        }
        return await self._document("feedwatchlist", given)

    async def rsd(self) -> Document:
        """What the API offers to blogging programs, as a Really Simple Discovery document.

        See https://www.mediawiki.org/wiki/API:Rsd.
        """
        return await self._document("rsd", {})

    async def _document(self, action: str, given: Mapping[str, Any]) -> Document:
        params = {"action": action, **wire_params.encode(given)}
        await check(self._session, (await self._session.modules([action]))[action], params)  # no feed warns of it
        call = ApiRequest(params=params, documents=_DOCUMENTS, post="wltoken" in params)  # a secret is in no URL
        reply = await self._session.send(call)
        if not isinstance(reply.body, bytes):
            raise ProtocolError(f"the wiki's answer to action={action} is no document, but JSON")
        return Document(content=reply.body, content_type=reply.header("content-type"), reader=read_feed)


def _count(name: str, value: int | None) -> int | None:
    if value is not None and not is_count(value, least=1):
        raise ValueError(f"{name}={value!r}: a whole number from 1 up")
    return value
