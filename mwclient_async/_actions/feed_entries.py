"""Read the entries of a feed, with the library feedparser."""

from __future__ import annotations

from calendar import timegm
from datetime import UTC, datetime
from typing import Any

from attrs import frozen

from mwclient_async.errors import ProtocolError
from mwclient_async.models.actions_feeds import FeedEntry


def read_feed(content: bytes) -> tuple[FeedEntry, ...]:
    """The entries of a feed, in order.

    Raises:
        ProtocolError: the feed is cut off or cannot be read.
        ImportError: the extra ``feeds`` is not installed.
    """
    try:
        import feedparser
    except ImportError as error:
        raise ImportError("reading feeds needs a library: pip install mwclient_async[feeds]") from error
    # feedparser takes bytes for the name of a file, and would read that file: so it gets a stream. It fetches nothing
    # that the feed refers to. The summaries are the wiki's own HTML, and stay unchanged.
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
