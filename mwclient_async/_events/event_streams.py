"""EventStreams as streams: the events of many wikis (``eventstreams``), and the changes of one (``follow_events``).

See https://wikitech.wikimedia.org/wiki/Event_Platform/EventStreams_HTTP_Service.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import datetime
from importlib.util import find_spec
from urllib.parse import urlsplit

from attrs import frozen

from mwclient_async import _http, models
from mwclient_async._events.connection import EventServer
from mwclient_async._events.event_batches import EventBatches, Followed, OnMissed
from mwclient_async._events.event_filter import EventFilter, Texts, set_of_texts
from mwclient_async._events.event_rows import event_value
from mwclient_async._events.list_filler import ListFiller
from mwclient_async._events.position import Position, milliseconds
from mwclient_async._events.subject import AnyEvents, WikiChanges
from mwclient_async._http.conversion import structurer, unchanged
from mwclient_async._http.json_values import datetime_at, object_at, text_at
from mwclient_async._http.messages import ApiRequest
from mwclient_async._http.params import is_duration
from mwclient_async._http.urls import checked_url
from mwclient_async._http.user_agent import full_user_agent
from mwclient_async._query.batches import StreamSpec
from mwclient_async._query.queries import Queries
from mwclient_async._query.query_checks import check_counts
from mwclient_async._query.stream import Stream
from mwclient_async._session.clock import Clock, SystemClock
from mwclient_async._session.observers import Observers
from mwclient_async._session.open_connections import OpenConnections
from mwclient_async._session.session import Session
from mwclient_async._session.site_options import check_option_types
from mwclient_async.errors import EventsMissed
from mwclient_async.models.lists import RecentChange
from mwclient_async.models.options import HttpOptions, Limits, RetryPolicy
from mwclient_async.models.stream_events import StreamEvent

WIKIMEDIA = "https://stream.wikimedia.org/v2/stream"
"""The address of EventStreams of Wikimedia."""

_CHANGES = "recentchange"
_NAME = re.compile(r"[\w.-]+")
_FAMILIES = frozenset(
    {
        *("wikipedia", "wiktionary", "wikibooks", "wikinews", "wikiquote", "wikisource", "wikiversity", "wikivoyage"),
        *("wikimedia", "wikidata", "mediawiki", "wikifunctions", "wikimediafoundation"),
    }
)
_BEGIN = ApiRequest(params={"action": "query", "meta": "siteinfo", "siprop": "general", "curtimestamp": "1"})


def eventstreams(
    streams: str | Iterable[str],
    *,
    user_agent: str,
    since: datetime | str | None = None,
    limit: int | None = None,
    wiki: str | Iterable[str] | None = None,
    domain: str | Iterable[str] | None = None,
    namespace: int | Iterable[int] | None = None,
    type: str | Iterable[str] | None = None,  # noqa: A002 - the name that list=recentchanges has for it
    user: str | Iterable[str] | None = None,
    bot: bool | None = None,
    title: str | re.Pattern[str] | None = None,
    where: Callable[[StreamEvent], object] | None = None,
    overlap: float = 10.0,
    on_missed: Callable[[EventsMissed], object] | None = None,
    url: str = WIKIMEDIA,
    retry: RetryPolicy = RetryPolicy(),  # noqa: B008 - frozen values
    limits: Limits = Limits(),  # noqa: B008
    http: HttpOptions = HttpOptions(),  # noqa: B008
    on_event: models.events.OnEvent | None = None,
    transport: _http.transport.Transport | None = None,
    clock: Clock | None = None,
) -> Stream[StreamEvent]:
    """Follow the events of EventStreams as they happen, of one or more streams and all wikis.

    Returns a stream of StreamEvent that does not end. It gives each event once, in the order of the server; after a
    connection that was cut, it continues where it was. ``run.cursor`` and ``error.cursor`` resume it there, in another
    process, too. Use ``async with stream.open() as run`` if the loop can be left: this closes the connection at once.
    The artificial events of the service itself (``meta.domain`` is ``canary``) are not given.

    The service has no filters: all events of the streams come, and those that are not wanted are left out here. One
    wiki is followed by ``site.follow_events()``, which also finds what the history of the service no longer has.

    Arguments:
        streams: the names of one or more streams, such as ``"recentchange"`` or ``"page-create"``. The service lists
            them at https://stream.wikimedia.org/?doc.
        user_agent: the name of the program and a way to reach the person who runs it.
        since: the time to begin at. Without it, the stream begins now.
        limit: the largest number of events in all.
        wiki, domain: only events of these wikis, by their ids (``"enwiki"``) or hosts (``"en.wikipedia.org"``).
        namespace, type, user, bot, title: only recent changes with these properties; no other events. ``title`` is a
            regular expression that is searched in the title.
        where: a function of the event that says whether it is wanted.
        overlap: seconds that a new connection goes back, for events that are written late. Events that were given
            already are left out.
        on_missed: called with the error, instead of raising it, if events were missed. The stream continues after them.
        url: the address of another service with the same protocol.
        retry: how often and how long the connection is tried again. A connection that brought something new, or
            lasted for ``longest_delay``, begins a new count.
        limits: ``max_reply_bytes`` is the largest size of one event.
        http: time-outs, proxy, certificates, backend. ``read_timeout`` is the longest silence, after which the stream
            connects anew. ``headers`` are not sent.
        on_event: called with each event of the library: connections, retries.
        transport: replaces HTTP, for tests.
        clock: replaces time and randomness, for tests.

    Raises:
        ValueError: an argument cannot work; before any request.
        ImportError: httpx-sse is missing; ``pip install mwclient_async[eventstreams]`` installs it.
        EventsMissed: while iterating: the history of the service does not reach back to the position. Without an event
            of a topic to compare with, at the beginning, this is noticed if it has none in the hour after ``since``.
        UnreadableEvent: while iterating: an event is in an unknown form.
        TransportError: while iterating: the service did not answer, in all tries.

    See https://wikitech.wikimedia.org/wiki/Event_Platform/EventStreams_HTTP_Service.
    """
    check_option_types({"retry": retry, "limits": limits, "http": http})
    wanted = EventFilter(namespace=namespace, type=type, user=user, bot=bot, title=title, where=where)
    subject = AnyEvents(wanted=wanted, wikis=set_of_texts(wiki), domains=set_of_texts(domain))
    used_clock, connections = clock or SystemClock(), OpenConnections()
    server = EventServer(
        url=checked_url("url", url),
        streams=_checked_names(streams),
        user_agent=full_user_agent(user_agent),
        http=http,
        limits=limits,
        clock=used_clock,
        observers=Observers(None, on_event),
        transport=transport,
    )
    start = None if since is None else _checked_since(since)
    milli = _checked_overlap(overlap)
    check_counts(limit=limit)
    _check_installed()

    async def prepare() -> Followed:
        return Followed(subject=subject, now=None, on_missed=on_missed)

    def make_batches(spec: StreamSpec) -> EventBatches[StreamEvent]:
        return EventBatches(
            spec,
            server,
            prepare,
            lambda: unchanged if spec.raw else event_value,
            overlap=milli,
            retry=retry,
            connections=connections,
            is_closed=lambda: False,
        )

    scope = {"wiki": subject.wikis, "domain": subject.domains}
    chosen = {name: "|".join(sorted(found)) for name, found in scope.items() if found is not None}
    return Stream.over(
        make_batches,
        wiki=server.url,
        fingerprinted={"events": ",".join(server.streams), **chosen, **wanted.described()},
        limit=limit,
        begin=_begin_at(start),
    )


@frozen(kw_only=True)
class SiteEvents:
    """The events of the wiki of one site. ``transport`` replaces that of the connections, for tests."""

    session: Session
    queries: Queries
    wiki_url: str
    user_agent: str
    http: HttpOptions
    transport: _http.transport.Transport | None

    def changes(
        self,
        *,
        url: str,
        wanted: EventFilter,
        since: datetime | str | None,
        limit: int | None,
        overlap: float,
        on_missed: OnMissed | None,
    ) -> Stream[RecentChange]:
        """The recent changes of the wiki, from its events."""
        server = self._server(url)
        _check_has_events(self.wiki_url, server.url)
        milli = _checked_overlap(overlap)
        start = None if since is None else _checked_since(since)
        check_counts(limit=limit)
        _check_installed()

        def make_batches(spec: StreamSpec) -> EventBatches[RecentChange]:
            return EventBatches(
                spec,
                server,
                lambda: self._followed(wanted, on_missed),
                lambda: unchanged if spec.raw else structurer(RecentChange),
                overlap=milli,
                retry=self.session.retry,
                connections=self.session.shared.event_connections,
                is_closed=lambda: self.session.shared.is_closed,
            )

        fingerprinted = {"events": server.url, **wanted.described()}
        return Stream.over(
            make_batches,
            wiki=self.wiki_url,
            fingerprinted=fingerprinted,
            limit=limit,
            begin=_begin_at(start),
        )

    async def _followed(self, wanted: EventFilter, on_missed: OnMissed | None) -> Followed:
        """What is followed. One request asks for the id of the wiki, and for its time."""
        body = (await self.session.send(_BEGIN)).body
        now = milliseconds(datetime_at(body, "curtimestamp"))
        wiki = text_at(object_at(body, "query", "general"), "wikiid")
        return Followed(
            subject=WikiChanges(wiki=wiki, wanted=wanted, convert=structurer(RecentChange)),
            now=now,
            filler=ListFiller(self.queries, wanted),
            on_missed=on_missed,
        )

    def _server(self, url: str) -> EventServer:
        return EventServer(
            url=checked_url("url", url),
            streams=(_CHANGES,),
            user_agent=self.user_agent,
            http=self.http,
            limits=self.session.shared.limits,
            clock=self.session.clock,
            observers=self.session.observers,
            transport=self.transport,
        )


def _checked_names(streams: Texts) -> tuple[str, ...]:
    names = (streams,) if isinstance(streams, str) else tuple(streams)
    if not names or not all(_is_name(name) for name in names):
        raise ValueError(f"streams={streams!r}: give the names of streams, such as 'recentchange'")
    return tuple(dict.fromkeys(names))


def _is_name(name: object) -> bool:
    return isinstance(name, str) and _NAME.fullmatch(name) is not None


def _checked_since(since: datetime | str) -> int:
    try:
        moment = datetime.fromisoformat(since) if isinstance(since, str) else since
        if isinstance(since, str) or moment.tzinfo is not None:
            return milliseconds(moment)
    except (ValueError, OverflowError):
        pass
    raise ValueError(f"since={since!r}: give a datetime with a time zone, or a time in ISO 8601")


def _begin_at(start: int | None) -> dict[str, str]:
    """The continuation with which a stream begins; empty if it begins now."""
    return {} if start is None else Position(start=start).as_continuation()


def _checked_overlap(overlap: float) -> int:
    if not is_duration(overlap):
        raise ValueError(f"overlap={overlap!r}: give a number of seconds, 0 or more")
    return round(overlap * 1000)


def _check_has_events(wiki_url: str, url: str) -> None:
    """EventStreams has the wikis of Wikimedia: another one would wait forever for an event."""
    host = urlsplit(wiki_url).hostname or ""
    is_wikimedia = host.endswith(".org") and host.split(".")[-2] in _FAMILIES
    if url == WIKIMEDIA and not is_wikimedia:
        raise ValueError(
            f"EventStreams of Wikimedia has no events of {host}: pass the url of a service that has them, or use "
            "site.list('recentchanges').follow()"
        )


def _check_installed() -> None:
    if find_spec("httpx_sse") is None:
        raise ImportError("following events needs a library: pip install mwclient_async[eventstreams]")
