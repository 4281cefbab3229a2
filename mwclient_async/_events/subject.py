"""What is followed: the recent changes of one wiki, or the events of many."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from attrs import frozen

from mwclient_async._events.event_filter import EventFilter
from mwclient_async._events.event_rows import Event, change_row, data_key, event_value, row_key
from mwclient_async._http.conversion import Row


class Subject(Protocol):
    """Which events are wanted, and what their rows are."""

    @property
    def can_fill(self) -> bool:
        """Whether missed events can be read from a list."""
        ...

    def is_own(self, event: Event) -> bool:
        """Whether the event belongs to what is followed. The others only move the position.

        Raises ValueError if the event does not say that.
        """
        ...

    def row_of(self, event: Event) -> Row | None:
        """The row of an event, None if it is not wanted. Raises ValueError or ProtocolError if it has no such form."""
        ...

    def key_of(self, row: Row) -> str:
        """What identifies the event of a row among those of this subject."""
        ...


@frozen(kw_only=True)
class WikiChanges:
    """The recent changes of the wiki with this id, as rows of ``list=recentchanges``."""

    wiki: str
    wanted: EventFilter
    convert: Callable[[Row], Any]
    can_fill: bool = True

    def is_own(self, event: Event) -> bool:
        if not event.wiki and not event.is_canary:
            raise ValueError("it does not name its wiki")
        return event.wiki == self.wiki and not event.is_canary

    def row_of(self, event: Event) -> Row | None:
        row = change_row(event.data)
        value = self.convert(row)
        return row if self.wanted.takes(row, value) else None

    def key_of(self, row: Row) -> str:
        return row_key(row)


@frozen(kw_only=True)
class AnyEvents:
    """The events of all wikis, or of some, as they came. The artificial ones are not given."""

    wanted: EventFilter
    wikis: frozenset[str] | None
    domains: frozenset[str] | None
    can_fill: bool = False

    def is_own(self, event: Event) -> bool:
        return not event.is_canary

    def row_of(self, event: Event) -> Row | None:
        value = event_value(event.data)
        if self.wikis is not None and value.wiki not in self.wikis:
            return None
        if self.domains is not None and value.meta.domain not in self.domains:
            return None
        if value.change is None and self.wanted.is_of_changes:
            return None
        row = {} if value.change is None else change_row(event.data)
        return event.data if self.wanted.takes(row, value) else None

    def key_of(self, row: Row) -> str:
        return data_key(row)
