"""A feed -> its entries, by the library that is there for it."""

from __future__ import annotations

from calendar import timegm
from datetime import UTC, datetime
from typing import Any

from attrs import frozen

from mwclient_async.errors import ProtocolError
from mwclient_async.models.actions_feeds import FeedEntry


def read_feed(content: bytes) -> tuple[FeedEntry, ...]:
    """The entries of a feed, in order. Raises ProtocolError for one that is cut, ImportError without the extra."""
    try:
        import feedparser
    except ImportError as error:
        raise ImportError("reading feeds needs a library: pip install mwclient_async[feeds]") from error
    # It is given as a stream, since bytes could be the name of a file, which would be read. Nothing in it is fetched;
    # what is in the summaries is the wiki's own HTML, and stays as it is.
    parsed = feedparser.parse(_Stream(content), sanitize_html=False, resolve_relative_uris=False)
    if parsed.bozo and not isinstance(parsed.bozo_exception, feedparser.CharacterEncodingOverride):
        raise ProtocolError(f"the wiki's feed cannot be read: {parsed.bozo_exception}")
    return tuple(_entry(each) for each in parsed.entries)


@frozen
class _Stream:
    content: bytes

    def read(self) -> bytes:
        return self.content


def _entry(found: Any) -> FeedEntry:
    time = next((found[name] for name in ("published_parsed", "updated_parsed") if name in found), None)
    return FeedEntry(
        id=found.get("id", found.get("link", "")),
        title=found.get("title", ""),
        link=found.get("link", ""),
        author=found.get("author", ""),
        summary=found.get("summary", ""),
        updated=None if time is None else datetime.fromtimestamp(timegm(time), UTC),
    )
