"""What an event of EventStreams says: its wiki, its time, and the row that ``list=recentchanges`` has for it.

The wiki makes the events of the stream ``recentchange`` (includes/recentchanges/RCFeed,
MachineReadableRCFeedFormatter.php) and the service adds ``meta``. They have no page id, user id, tags and SHA-1. See
https://www.mediawiki.org/wiki/Manual:RCFeed and https://schema.wikimedia.org/#!/primary/jsonschema.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256
from ipaddress import ip_address
from typing import Any

from attrs import field, frozen

from mwclient_async._events.position import checked_time, milliseconds, topic_name, topics_in
from mwclient_async._http.conversion import Row, structurer
from mwclient_async._http.json_values import object_at
from mwclient_async._query.follow import event_key
from mwclient_async._values.json_text import decode_json
from mwclient_async.models.lists import RecentChange
from mwclient_async.models.stream_events import EventMeta, StreamEvent

CANARY = "canary"
"""The domain of artificial events, which the service adds to each stream several times per hour as a test of itself."""

_CHANGE = "/mediawiki/recentchange/"
_SECONDS = 1000


@frozen(kw_only=True)
class Event:
    """An event, read. ``data`` is as it came; ``time`` is in ms; ``topic`` has the partition, as an id has it."""

    data: Row = field(repr=False)
    time: int
    topic: str
    wiki: str
    is_canary: bool


def read_event(text: str, event_id: str) -> Event:
    """Read the data of an event. Raises ValueError if it is not in the form that all events have."""
    data = decode_json(text.encode("utf-8", "surrogatepass"))
    if not isinstance(data, dict) or not isinstance(data.get("meta"), dict):
        raise ValueError("it is not a JSON object with the key 'meta'")
    meta = data["meta"]
    topic = topic_name(_text(meta, "topic"), meta.get("partition"))
    return Event(
        data=data,
        time=topics_in(event_id).get(topic) or _own_time(data, meta),
        topic=topic,
        wiki=_text(data, "wiki") or _text(data, "database"),
        is_canary=meta.get("domain") == CANARY,
    )


def raw_key(text: str) -> str:
    """What identifies an event that cannot be read."""
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def data_key(data: Row) -> str:
    """What identifies an event among those of all wikis: the id of the change, its own id, or else all of it."""
    if _is_change(data) and (key := _own_key(change_row(data))):
        return f"{_text(data, 'wiki')} {key}"
    return raw_key(_text(object_at(data, "meta"), "id") or json.dumps(data, sort_keys=True))


def row_key(row: Row) -> str:
    """What identifies the row of a change among those of one wiki, from an event or from the list.

    A log event that is not stored, such as a hit of an abuse filter, has no id, and several can be of one second. The
    list does not have them, and an event that comes again is the same. So all of it is its key.
    """
    return _own_key(row) or raw_key(json.dumps(row, sort_keys=True))


def _own_key(row: Row) -> str:
    """What identifies a change by its id; empty if it has none."""
    has_id = any(row.get(name) for name in ("rcid", "logid")) or row.get("type") in {"edit", "new"}
    return event_key(row) if has_id else ""


def _is_change(data: Row) -> bool:
    return _text(data, "$schema").startswith(_CHANGE) and object_at(data, "meta").get("domain") != CANARY


def change_row(data: Row) -> Row:
    """The event as a row of ``list=recentchanges``. Raises ValueError if it is not a recent change."""
    kind = _text(data, "type")
    if not kind or type(data.get("timestamp")) is not int:
        raise ValueError("it is a recent change without a type or a time")
    checked_time(data["timestamp"] * _SECONDS)
    row = {
        "type": kind,
        "ns": _number(data, "namespace"),
        "title": data.get("title"),
        "timestamp": datetime.fromtimestamp(data["timestamp"], UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "rcid": _number(data, "id") or None,
        "comment": data.get("comment"),
        "parsedcomment": data.get("parsedcomment"),
        "bot": data.get("bot"),
        "new": kind == "new",
        "minor": data.get("minor"),
        "patrolled": data.get("patrolled"),
        **_user(data.get("user")),
        **_revision(data, is_new=kind == "new"),
        **_log(data),
    }
    return {name: value for name, value in row.items() if value is not None}


def event_value(data: Row) -> StreamEvent:
    """The event as a value. Raises ValueError or ProtocolError if it is not in the form of its schema."""
    return StreamEvent(
        meta=structurer(EventMeta)(object_at(data, "meta")),
        schema=_text(data, "$schema"),
        wiki=_text(data, "wiki") or _text(data, "database"),
        change=structurer(RecentChange)(change_row(data)) if _is_change(data) else None,
        data=data,
    )


def _user(user: Any) -> dict[str, Any]:
    return {"user": user, "anon": _is_address(user)} if isinstance(user, str) else {}


def _is_address(user: str) -> bool:
    try:
        ip_address(user)
    except ValueError:
        return False
    return True


def _revision(data: Row, *, is_new: bool) -> dict[str, Any]:
    """The revisions and sizes. For a new page, the list has 0 for what was before."""
    revision, length = _object(data, "revision"), _object(data, "length")
    if not revision:
        return {}
    before = 0 if is_new else None
    return {
        "revid": _number(revision, "new"),
        "old_revid": _number(revision, "old") if revision.get("old") is not None else before,
        "newlen": _number(length, "new"),
        "oldlen": _number(length, "old") if length.get("old") is not None else before,
    }


def _log(data: Row) -> dict[str, Any]:
    if "log_type" not in data:
        return {}
    params = data.get("log_params")
    return {
        "logid": _number(data, "log_id"),
        "logtype": data["log_type"],
        "logaction": data.get("log_action"),
        "logparams": params if isinstance(params, dict) else None,  # a list, if it has no names or is empty
    }


def _own_time(data: Row, meta: Row) -> int:
    try:
        return milliseconds(datetime.fromisoformat(_text(meta, "dt")))
    except (ValueError, OverflowError):
        pass
    time = data.get("timestamp")
    if type(time) is not int:
        raise ValueError("it has no time: neither meta.dt nor timestamp")
    return checked_time(time * _SECONDS)


def _text(data: Row, name: str) -> str:
    value = data.get(name)
    return value if isinstance(value, str) else ""


def _object(data: Row, name: str) -> Mapping[str, Any]:
    value = data.get(name)
    return value if isinstance(value, dict) else {}


def _number(data: Row, name: str) -> int | None:
    """A whole number; some versions of MediaWiki send it as text."""
    value = data.get(name)
    return int(value) if isinstance(value, str) and value.isdecimal() else value
