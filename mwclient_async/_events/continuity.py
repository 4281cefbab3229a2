"""Whether the events of a new connection continue those that are known, or some between them were missed.

The server begins with the oldest events that it has, and does not report that older ones are gone. But a connection
asks for a time before the latest known event of each topic, so the first event of a topic can be no later than that
one. If it is later, those between were missed.

Of a topic without a known event, only the time is known from which its events are wanted. The first id of a connection
has an offset for each topic whose events are still to come, and -1 for one that has none. If the first event of such a
topic comes late, either nothing happened or the events before it are gone.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from attrs import field, frozen

Topics = Mapping[str, int]
"""The time (in ms) of the latest event of each topic, by its name and partition."""

LONGEST_SILENCE = 3_600_000
"""ms. The service adds an artificial event to each of its topics several times per hour."""


class ArrivedEvent(Protocol):
    """An event that was read."""

    @property
    def time(self) -> int: ...
    @property
    def topic(self) -> str: ...
    @property
    def is_canary(self) -> bool: ...


@frozen(kw_only=True)
class Continuity:
    """What a connection has not shown yet.

    - ``known``: the topics of which an event is known, with its time.
    - ``since``: the time from which the events of all other topics are wanted, until the first id has named them; None
      if none of them can be missed.
    - ``unknown``: these topics, with that time.
    """

    known: Topics = field(factory=dict)
    since: int | None = None
    unknown: Topics = field(factory=dict)

    def missed_before(self, event: ArrivedEvent, *, can_fill: bool) -> int | None:
        """The time from which events of the topic of this event were missed; None if that is not known.

        If missed events can be read from a list, it is read also if perhaps none were missed.
        """
        if (latest := self.known.get(event.topic)) is not None:
            return latest if event.time > latest else None
        since = self.unknown.get(event.topic, self.since)
        if since is None or event.time <= since:
            return None
        is_vague = event.is_canary or not can_fill
        return None if is_vague and event.time - since <= LONGEST_SILENCE else since

    def after(self, event: ArrivedEvent, unread: frozenset[str], *, can_fill: bool) -> Continuity:
        """What is left after this event. ``unread`` are the topics that its id names by an offset.

        An artificial event does not show that the real ones before it have come.
        """
        unknown = self.unknown if self.since is None else dict.fromkeys([*unread, event.topic], self.since)
        is_shown = event.topic in self.known or not (event.is_canary and can_fill)
        if self.since is None and not (is_shown and (event.topic in self.known or event.topic in unknown)):
            return self
        return Continuity(
            known=_without(self.known, event.topic),
            unknown=_without(unknown, event.topic) if is_shown else unknown,
        )


def _without(topics: Topics, topic: str) -> Topics:
    return {name: time for name, time in topics.items() if name != topic}
