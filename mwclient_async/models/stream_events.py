"""The events of EventStreams: what every event has, and the event itself.

See https://wikitech.wikimedia.org/wiki/Event_Platform/EventStreams_HTTP_Service.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from attrs import field, frozen

from mwclient_async._values.value import Value
from mwclient_async.models.lists import RecentChange


@frozen(kw_only=True, repr=False)
class EventMeta(Value):
    """What every event says about itself.

    ``dt`` is the time of the event, ``domain`` the host of its wiki, ``uri`` the address of what it is about.
    ``topic``, ``partition`` and ``offset`` are the place of the event in the server's log.

    See https://wikitech.wikimedia.org/wiki/Event_Platform/Schemas.
    """

    id: str = ""
    dt: datetime | None = None
    domain: str = ""
    stream: str = ""
    uri: str = ""
    request_id: str = ""
    topic: str = ""
    partition: int | None = None
    offset: int | None = None


@frozen(kw_only=True, repr=False)
class StreamEvent(Value):
    """One event of a stream of EventStreams.

    ``schema`` names its form, such as ``/mediawiki/recentchange/1.0.0``. ``wiki`` is the id of its wiki, such as
    ``enwiki``, and empty if the event has none. ``change`` is the event as a RecentChange, if it is one. ``data`` is
    the whole event as it came.

    See https://wikitech.wikimedia.org/wiki/Event_Platform/EventStreams_HTTP_Service.
    """

    meta: EventMeta
    schema: str = ""
    wiki: str = ""
    change: RecentChange | None = None
    data: Mapping[str, Any] = field(repr=False, hash=False)
