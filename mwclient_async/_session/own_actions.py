"""The actions of this process that the wiki logs: which entries of the log they account for.

A wiki does not record which request made an entry of its log. After a lost reply, an entry of our account that fits the
action may be that of this action, of an earlier one like it, or of another process with the same account. So all Sites
of a process keep their logged actions together. An entry belongs to one of them if it names its page or user and was
made while it ran. An entry that belongs to none was made by another process.

Times are those of the Sites' clock, in seconds. The log has whole seconds of the wiki's clock, so the time of an entry
is known as a span only.
"""

from __future__ import annotations

import unicodedata
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import urlsplit

from attrs import define, field, frozen

_MOST_REMEMBERED = 10_000  # actions


@frozen
class Span:
    """The earliest and the latest moment at which an entry may have been made."""

    earliest: float
    latest: float


@define(eq=False)
class OwnAction:
    """One action.

    ``names`` are the keys of the pages and users that its parameters and its result name, ``ids`` are page ids.
    ``began`` is when it was first sent. ``ended`` is when its response came, None if that was lost or is still to come.
    """

    params: Mapping[str, str] = field(repr=False)
    began: float
    names: set[str] = field(factory=set)
    ids: frozenset[int] = frozenset()
    ended: float | None = None
    _is_sent: bool = False

    def begin(self, now: float) -> None:
        """Note that it is on the wire; the first time counts."""
        if not self._is_sent:
            self.began, self._is_sent = now, True

    def end(self, now: float, result: object) -> None:
        """Note its response, and the pages that the result names."""
        self.ended = now
        self.names.update(name for text in _texts(result) for name in names_of(text))

    def names_page(self, title: str, pageid: int = 0) -> bool:
        """Whether it names this page, or a page that goes along with it."""
        return not self.names.isdisjoint(names_of(title)) or pageid in self.ids

    def covers(self, span: Span) -> bool:
        """Whether it may have made an entry of that time."""
        return self.began <= span.latest and (self.ended is None or span.earliest <= self.ended)


class OwnActions:
    """The logged actions on one wiki, oldest first."""

    def __init__(self) -> None:
        self._actions: deque[OwnAction] = deque(maxlen=_MOST_REMEMBERED)

    def add(self, params: Mapping[str, str], titles: Iterable[str], ids: Iterable[int], *, now: float) -> OwnAction:
        """Keep an action on these pages or users, or on the pages with these ids, that is about to be sent."""
        names = {name for title in titles for name in names_of(title)}
        own = OwnAction(params, now, names, frozenset(ids))
        self._actions.append(own)
        return own

    def remove(self, own: OwnAction) -> None:
        """Forget an action that the wiki refused: it has made no entry."""
        if own in self._actions:
            self._actions.remove(own)

    def first_moment(self) -> float:
        """When the first of them was sent."""
        return min((own.began for own in self._actions), default=0.0)

    def account_for(self, title: str, pageid: int, span: Span, *, besides: OwnAction) -> bool:
        """Whether another action than ``besides`` may have made an entry of this page and time."""
        return any(own is not besides and own.covers(span) and own.names_page(title, pageid) for own in self._actions)

    def others(self, this: OwnAction) -> Iterator[OwnAction]:
        """All other actions of the same name."""
        wanted = this.params.get("action")
        return (own for own in self._actions if own is not this and own.params.get("action") == wanted)


_of_wikis: dict[str, OwnActions] = {}


def own_actions_on(api_url: str) -> OwnActions:
    """The logged actions of this process on that wiki."""
    parts = urlsplit(api_url)
    wiki = f"{parts.hostname}{parts.path}"  # without the port: a proxy may stand before it
    return _of_wikis.setdefault(wiki, OwnActions())


def names_of(title: str) -> set[str]:
    """The keys of a title and of its base page, with and without the namespace, which may be in another language."""
    whole = " ".join(unicodedata.normalize("NFC", title).replace("_", " ").split()).casefold()
    bare = whole.partition(":")[2].strip() if ":" in whole else whole
    return {whole, bare, *(key.partition("/")[0] for key in (whole, bare))}


def _texts(result: object) -> Iterator[str]:
    """All texts in a result."""
    if isinstance(result, str):
        yield result
    elif isinstance(result, Mapping):
        for value in result.values():
            yield from _texts(value)
    elif isinstance(result, list):
        for value in result:
            yield from _texts(value)
