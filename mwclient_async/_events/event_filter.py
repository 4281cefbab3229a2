"""Which events are wanted. The service has no filters: the events that are not wanted come, too, and are left out."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from attrs import field, frozen

from mwclient_async._http.conversion import Row

Texts = str | Iterable[str]


def set_of_texts(value: Texts | None) -> frozenset[str] | None:
    """The texts that are wanted, None for all. Raises ValueError for an empty text, or another type."""
    found = None if value is None else frozenset([value] if isinstance(value, str) else value)
    if found is not None and not all(_is_text(one) for one in found):
        raise ValueError(f"{value!r}: give texts that are not empty")
    return found


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value)


def _set_of_users(value: Texts | None) -> frozenset[str] | None:
    """The names as events have them: with spaces. The wiki's lists take underscores, too."""
    found = set_of_texts(value)
    return None if found is None else frozenset(name.replace("_", " ") for name in found)


def _set_of_numbers(value: int | Iterable[int] | None) -> frozenset[int] | None:
    found = None if value is None else frozenset([value] if isinstance(value, int) else value)
    if found is not None and not all(type(one) is int for one in found):
        raise ValueError(f"namespace={value!r}: give the numbers of namespaces")
    return found


def _pattern(value: str | re.Pattern[str] | None) -> re.Pattern[str] | None:
    try:
        return None if value is None else re.compile(value)
    except re.error as error:
        raise ValueError(f"title={value!r} is not a regular expression: {error}") from None


@frozen(kw_only=True)
class EventFilter:
    """What is wanted of the recent changes; None is everything. ``title`` is searched in the title.

    Raises:
        ValueError: a value is of another kind.
    """

    namespace: frozenset[int] | None = field(default=None, converter=_set_of_numbers)
    type: frozenset[str] | None = field(default=None, converter=set_of_texts)
    user: frozenset[str] | None = field(default=None, converter=_set_of_users)
    bot: bool | None = None
    title: re.Pattern[str] | None = field(default=None, converter=_pattern)
    where: Callable[[Any], object] | None = field(default=None, eq=False)

    def takes(self, row: Row, value: Any) -> bool:
        """Whether an event is wanted. ``row`` is that of ``list=recentchanges``, ``value`` what would be given."""
        return (
            (self.namespace is None or row.get("ns") in self.namespace)
            and (self.type is None or row.get("type") in self.type)
            and (self.user is None or row.get("user") in self.user)
            and (self.bot is None or bool(row.get("bot")) is self.bot)
            and (self.title is None or self.title.search(row.get("title") or "") is not None)
            and (self.where is None or bool(self.where(value)))
        )

    @property
    def is_of_changes(self) -> bool:
        """Whether it can be asked of recent changes only."""
        return any(value is not None for value in (self.namespace, self.type, self.user, self.bot, self.title))

    def described(self) -> dict[str, str]:
        """What a cursor must share. A function has no text, so a cursor cannot know it."""
        values = {
            "namespace": self.namespace,
            "type": self.type,
            "user": self.user,
            "bot": self.bot,
            "title": None if self.title is None else self.title.pattern,
        }
        return {name: _shown(value) for name, value in values.items() if value is not None}

    def list_parameters(self) -> Mapping[str, Any]:
        """The same as parameters of ``list=recentchanges``, as far as it has them."""
        return {
            **({} if self.namespace is None else {"namespace": sorted(self.namespace)}),
            **({} if self.type is None else {"type": sorted(self.type)}),
        }


def _shown(value: Any) -> str:
    return "|".join(map(str, sorted(value))) if isinstance(value, frozenset) else str(value)
