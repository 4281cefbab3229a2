"""Documents that are not JSON: feeds, and descriptions."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from attrs import field, frozen

from mwclient_async._values.value import Value


@frozen(kw_only=True, repr=False)
class FeedEntry(Value):
    """One entry of a feed. ``summary`` is HTML, as the wiki sent it; ``updated`` is None if the entry has no time."""

    id: str
    title: str
    link: str = ""
    author: str = ""
    summary: str = field(default="", repr=False)
    updated: datetime | None = None


def _no_reader(content: bytes) -> tuple[FeedEntry, ...]:  # noqa: ARG001 - a reader's signature
    raise TypeError("this document was not made by site.actions, so its entries cannot be read")


@frozen(kw_only=True)
class Document:
    """A document as the wiki sent it: a feed in RSS or Atom, or a description.

    ``content_type`` is that of the response, for example ``"application/xml; charset=UTF-8"``.
    """

    content: bytes = field(repr=False)
    content_type: str
    _reader: Callable[[bytes], tuple[FeedEntry, ...]] = field(default=_no_reader, repr=False, eq=False, alias="reader")

    def entries(self) -> tuple[FeedEntry, ...]:
        """The entries of a feed, in its order; empty for a description.

        Raises:
            ImportError: feedparser is missing; ``pip install mwclient_async[feeds]`` installs it.
            ProtocolError: the feed is truncated.
        """
        return self._reader(self.content)
