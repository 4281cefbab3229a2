"""Checks and encodings of the arguments of typed actions: a wrong argument raises before any request.

Pure: the current time is an argument of the functions that check an expiry.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, TypeVar, get_args

from mwclient_async._http.params import checked_text, checked_title, is_count, wire_value
from mwclient_async._http.titled import TitleLike, title_on

Watchlist = Literal["watch", "unwatch", "preferences", "nochange"]
"""What happens to the page on the account's watchlist: it is added, removed, treated as the account's preferences say,
or left as it is."""

Expiry = str | datetime | timedelta
"""When something ends: a time, a duration, or a text that the wiki understands (``"2 weeks"``, ``"infinity"``)."""

T = TypeVar("T")

Texts = str | Iterable[str]
Ids = int | Iterable[int]

_INFINITE = frozenset({"infinite", "indefinite", "infinity", "never"})


def exactly_one(**arguments: Any) -> dict[str, Any]:
    """The one argument that is not None, under its name on the wire. ValueError if there is none, or more than one."""
    found = {name.removesuffix("_"): value for name, value in arguments.items() if value is not None}
    if len(found) != 1:
        names = " and ".join(name.removesuffix("_") for name in arguments)
        raise ValueError(f"give exactly one of {names}, not {len(found)}")
    return found


def at_most_one(**arguments: Any) -> dict[str, Any]:
    """The one argument that is not None, or an empty mapping. ValueError if there is more than one."""
    return exactly_one(**arguments) if any(value is not None for value in arguments.values()) else {}


def page_params(
    wiki: str, *, title: TitleLike | None, pageid: int | None, title_name: str = "title", id_name: str = "pageid"
) -> Any:
    """The parameter that names a page, by its title or its id.

    ValueError unless exactly one of them is given, and for a Title of another wiki.
    """
    found = exactly_one(**{title_name: None if title is None else checked_title(title, wiki), id_name: pageid})
    return {**found, **({} if pageid is None else {id_name.removesuffix("_"): checked_id(id_name, pageid)})}


def checked_nonempty(name: str, value: str) -> str:
    """The text, if it has more than white space in it. ValueError otherwise."""
    if not checked_text(name, value).strip():
        raise ValueError(f"{name} is empty")
    return value


def checked_id(name: str, value: int | None) -> int | None:
    """The id, or None. ValueError unless it is a whole number from 1 up."""
    if value is not None and not is_count(value, least=1):
        raise ValueError(f"{name}={value!r}: give an id, a whole number from 1 up")
    return value


def checked_ids(name: str, value: Ids | None) -> tuple[int, ...] | None:
    """One id or several as a tuple; None if there are none. ValueError unless each is a whole number from 1 up."""
    if value is None:
        return None
    found = (value,) if isinstance(value, int) else tuple(value)
    for one in found:
        checked_id(name, one)
    return found or None


def checked_texts(name: str, value: Texts | None) -> tuple[str, ...] | None:
    """One text or several as a tuple; None if there are none. A set is sorted, because it has no order."""
    if value is None:
        return None
    found = (
        (value,) if isinstance(value, str) else tuple(sorted(value) if isinstance(value, set | frozenset) else value)
    )
    for one in found:
        checked_nonempty(name, one)
    return found or None


def checked_titles(wiki: str, name: str, value: TitleLike | Iterable[TitleLike] | None) -> tuple[str, ...] | None:
    """One title or several as a tuple, also of rows that have one; None if there are none."""
    title = title_on(wiki, value)
    if title is None or isinstance(title, str):
        return checked_texts(name, title)
    return checked_texts(name, [title_on(wiki, one) for one in title])


def reject_empty(name: str, argument: object, found: T) -> T:
    """The values found in an argument. ValueError if an argument was given and has no values in it.

    An empty list would be left out of the request, and the wiki would then act on everything.
    """
    if argument is not None and not found:
        raise ValueError(f"{name} is empty: leave it out to select everything")
    return found


def checked_choice(name: str, value: str | None, choices: Any) -> str | None:
    """One of the values of a ``Literal``, or None. ValueError for any other value."""
    allowed = get_args(choices)
    if value is not None and value not in allowed:
        raise ValueError(f"{name}={value!r}: give one of {', '.join(map(repr, allowed))}")
    return value


def checked_choices(name: str, value: Texts | None, choices: Any) -> tuple[str, ...] | None:
    """Several of the values of a ``Literal``, or None. ValueError for any other value."""
    found = checked_texts(name, value)
    for one in found or ():
        checked_choice(name, one, choices)
    return found


def expiry_value(name: str, value: Expiry | None, *, now: datetime) -> str | None:
    """An expiry as the wiki reads it. ValueError for a time without a time zone, and for one that is not after ``now``.

    A text that is neither a time nor a word for "infinite" is sent as it is: the wiki reads many forms of durations.
    """
    if value is None:
        return None
    if isinstance(value, timedelta):
        seconds = int(value.total_seconds())
        if seconds < 1:
            raise ValueError(f"{name}={value!r} is in the past")
        return f"{seconds} seconds"
    if isinstance(value, datetime):
        text = wire_value(name, value)
        return _check_future(name, value, text or "", now)
    if (text := checked_nonempty(name, value).strip()) in _INFINITE:
        return "infinite"
    try:
        time = datetime.fromisoformat(text)
    except ValueError:  # a duration, or another form that the wiki reads
        return text
    return _check_future(name, time if time.tzinfo else time.replace(tzinfo=UTC), text, now)


def _check_future(name: str, time: datetime, text: str, now: datetime) -> str:
    if time <= now:
        raise ValueError(f"{name}={text} is in the past")
    return text


def checked_datetime(name: str, value: datetime | None) -> datetime | None:
    """The time, or None. TypeError for another type; encoding refuses a time without a time zone later."""
    if value is not None and not isinstance(value, datetime):
        raise TypeError(f"{name}={value!r}: give a datetime with a time zone")
    return value


def watchlist_params(watchlist: str | None, watchlistexpiry: Expiry | None, *, now: datetime) -> dict[str, str | None]:
    """The parameters for the watchlist. ValueError for an expiry if the page will not be watched."""
    if watchlistexpiry is not None and watchlist in {"unwatch", "nochange"}:
        raise ValueError(f"watchlistexpiry needs a watched page, but watchlist={watchlist!r}")
    return {
        "watchlist": checked_choice("watchlist", watchlist, Watchlist),
        "watchlistexpiry": expiry_value("watchlistexpiry", watchlistexpiry, now=now),
    }


def checked_flags(**flags: bool) -> dict[str, bool | None]:
    """Flags as parameters; False is not sent. TypeError unless each is a bool: any text would mean True to the wiki."""
    for name, value in flags.items():
        if not isinstance(value, bool):
            raise TypeError(f"{name}={value!r} is not a flag: give True or False")
    return {name: value or None for name, value in flags.items()}
