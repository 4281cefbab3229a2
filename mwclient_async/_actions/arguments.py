"""The arguments of typed actions: what is wrong with them is said before anything is sent."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, TypeVar, get_args

from mwclient_async._http.params import checked_text, checked_title, is_count, wire_value

Watchlist = Literal["watch", "unwatch", "preferences", "nochange"]
"""Whether the page goes onto the account's watchlist: yes, off it, as its preferences say, or as it is."""

Expiry = str | datetime | timedelta
"""When something ends: a time, a duration, or a text of the wiki's own (``"2 weeks"``, ``"infinity"``)."""

T = TypeVar("T")

Texts = str | Iterable[str]
Ids = int | Iterable[int]

_FOREVER = frozenset({"infinite", "indefinite", "infinity", "never"})


def exactly_one(**given: Any) -> dict[str, Any]:
    """The one of these arguments that is given, under its name on the wire; ValueError for none or several."""
    found = {name.removesuffix("_"): value for name, value in given.items() if value is not None}
    if len(found) != 1:
        names = " and ".join(name.removesuffix("_") for name in given)
        raise ValueError(f"give exactly one of {names}, not {len(found)}")
    return found


def at_most_one(**given: Any) -> dict[str, Any]:
    """The one of these arguments that is given, or nothing; ValueError for several."""
    return exactly_one(**given) if any(value is not None for value in given.values()) else {}


def a_page(*, title: str | None, pageid: int | None, title_name: str = "title", id_name: str = "pageid") -> Any:
    """A page, by its title or its id."""
    found = exactly_one(**{title_name: title, id_name: pageid})
    if title is not None:
        checked_title(title)
    return {**found, **({} if pageid is None else {id_name.removesuffix("_"): an_id(id_name, pageid)})}


def a_name(name: str, value: str) -> str:
    """A text that is not empty."""
    if not checked_text(name, value).strip():
        raise ValueError(f"{name} is empty")
    return value


def an_id(name: str, value: int | None) -> int | None:
    """A number from one up."""
    if value is not None and not is_count(value, least=1):
        raise ValueError(f"{name}={value!r}: give an id, a whole number from 1 up")
    return value


def ids(name: str, value: Ids | None) -> tuple[int, ...] | None:
    """Numbers from one up, one of them or many; None for none."""
    if value is None:
        return None
    found = (value,) if isinstance(value, int) else tuple(value)
    for one in found:
        an_id(name, one)
    return found or None


def texts(name: str, value: Texts | None) -> tuple[str, ...] | None:
    """Texts, one of them or many, in their order (sorted, where they have none); None for none."""
    if value is None:
        return None
    found = (
        (value,) if isinstance(value, str) else tuple(sorted(value) if isinstance(value, set | frozenset) else value)
    )
    for one in found:
        a_name(name, one)
    return found or None


def unless_empty(name: str, given: object, found: T) -> T:
    """What was found in an argument. ValueError for nothing where one was given: left out, it would mean everything."""
    if given is not None and not found:
        raise ValueError(f"{name} is empty: leave it out for all there is")
    return found


def chosen(name: str, value: str | None, choices: Any) -> str | None:
    """One of a ``Literal``'s values, or None."""
    allowed = get_args(choices)
    if value is not None and value not in allowed:
        raise ValueError(f"{name}={value!r}: give one of {', '.join(map(repr, allowed))}")
    return value


def some_of(name: str, value: Texts | None, choices: Any) -> tuple[str, ...] | None:
    """Some of a ``Literal``'s values, or None."""
    found = texts(name, value)
    for one in found or ():
        chosen(name, one, choices)
    return found


def until(name: str, value: Expiry | None) -> str | None:
    """An expiry as the wiki reads it. ValueError for a time without a zone, or one that has gone by."""
    if value is None:
        return None
    if isinstance(value, timedelta):
        seconds = int(value.total_seconds())
        if seconds < 1:
            raise ValueError(f"{name}={value!r} has gone by")
        return f"{seconds} seconds"
    if isinstance(value, datetime):
        text = wire_value(name, value)
        return _to_come(name, value, text or "")
    if (text := a_name(name, value).strip()) in _FOREVER:
        return "infinite"
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:  # a duration, or whatever else the wiki reads
        return text
    return _to_come(name, moment if moment.tzinfo else moment.replace(tzinfo=UTC), text)


def _to_come(name: str, moment: datetime, text: str) -> str:
    if moment <= datetime.now(UTC):
        raise ValueError(f"{name}={text} has gone by")
    return text


def instant(name: str, value: datetime | None) -> datetime | None:
    """A time. TypeError for anything else; what has no time zone is refused where it is encoded."""
    if value is not None and not isinstance(value, datetime):
        raise TypeError(f"{name}={value!r}: give a datetime with a time zone")
    return value


def watching(watchlist: str | None, watchlistexpiry: Expiry | None) -> dict[str, str | None]:
    """What becomes of the page on the watchlist. ValueError for an expiry of what is not watched."""
    if watchlistexpiry is not None and watchlist in {"unwatch", "nochange"}:
        raise ValueError(f"watchlistexpiry is for what is watched, and watchlist={watchlist!r}")
    return {
        "watchlist": chosen("watchlist", watchlist, Watchlist),
        "watchlistexpiry": until("watchlistexpiry", watchlistexpiry),
    }


def flags(**given: bool) -> dict[str, bool | None]:
    """Flags by their names on the wire. TypeError for what is neither True nor False: any text would mean yes."""
    for name, value in given.items():
        if not isinstance(value, bool):
            raise TypeError(f"{name}={value!r} is no flag: give True or False")
    return {name: value or None for name, value in given.items()}
