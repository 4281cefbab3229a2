"""The method of Site that follows the events of its wiki."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from datetime import datetime

from mwclient_async import _events, _query, models
from mwclient_async.errors import EventsMissed

_Texts = str | Iterable[str]


class EventMethods(ABC):
    """The part of Site that follows events."""

    @property
    @abstractmethod
    def _site_events(self) -> _events.event_streams.SiteEvents:
        """The events of the open site. RuntimeError if it is not open."""

    def follow_events(
        self,
        *,
        since: datetime | str | None = None,
        limit: int | None = None,
        namespace: int | Iterable[int] | None = None,
        type: _Texts | None = None,  # noqa: A002 - the name that list=recentchanges has for it
        user: _Texts | None = None,
        bot: bool | None = None,
        title: str | re.Pattern[str] | None = None,
        where: Callable[[models.lists.RecentChange], object] | None = None,
        overlap: float = 60.0,
        on_missed: Callable[[EventsMissed], object] | None = None,
        url: str = "https://stream.wikimedia.org/v2/stream",
    ) -> _query.stream.Stream[models.lists.RecentChange]:
        """The recent changes of this wiki as they happen, from EventStreams: one connection in place of many requests.

        Returns a stream of RecentChange that does not end, with the same methods as
        ``site.list("recentchanges").follow()``. It gives each change once. After a connection that was cut it continues
        where it was, and if the service no longer has the events from there on, they are read from the list.
        ``run.cursor`` and ``error.cursor`` resume it in another process. Use ``async with stream.open() as run`` if the
        loop can be left: this closes the connection at once.

        An event has no page id, user id, tags, SHA-1 and flag ``temp``: these fields are None, empty or False.

        Arguments:
            since: the time to begin at. Without it, the stream begins now, by the wiki's clock.
            limit: the largest number of changes in all.
            namespace, type, user, bot, title: only changes with these properties. ``title`` is a regular expression
                that is searched in the title.
            where: a function of the change that says whether it is wanted.
            overlap: seconds that a new connection, and the list, go back for changes that become visible late. Those
                that were given already are left out.
            on_missed: called with the error, instead of raising it, if changes were missed. The stream continues
                after them.
            url: the address of another service with the same protocol. Nothing of the login is sent to it.

        Raises:
            ValueError: an argument cannot work, or the service has no events of this wiki; before any request.
            ImportError: httpx-sse is missing; ``pip install mwclient_async[eventstreams]`` installs it.
            EventsMissed: while iterating: neither the service nor the list reaches back to the position.
            UnreadableEvent: while iterating: an event is in an unknown form.
            MediaWikiError: while iterating: a request failed in all tries; ``cursor`` is the place to resume from.

        See https://wikitech.wikimedia.org/wiki/Event_Platform/EventStreams_HTTP_Service.
        """
        wanted = _events.event_filter.EventFilter(
            namespace=namespace, type=type, user=user, bot=bot, title=title, where=where
        )
        return self._site_events.changes(
            url=url, wanted=wanted, since=since, limit=limit, overlap=overlap, on_missed=on_missed
        )
