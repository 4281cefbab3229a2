"""Documents that are no JSON: feeds, and descriptions."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from attrs import field, frozen


@frozen(kw_only=True)
class FeedEntry:
    """One entry of a feed. ``summary`` is HTML, as the wiki made it; ``updated`` is None where it has no time."""

    id: str
    title: str
    link: str = ""
    author: str = ""
    summary: str = field(default="", repr=False)
    updated: datetime | None = None


def _none(content: bytes) -> tuple[FeedEntry, ...]:  # noqa: ARG001 - there is nobody who could
    raise TypeError("this document was not made by site.actions, and cannot be read")


@frozen(kw_only=True)
class Document:
    """A document as it came: a feed in RSS or Atom, or a description.

    ``content_type`` is the server's word for it, as in ``"application/xml; charset=UTF-8"``.
    """

    content: bytes = field(repr=False)
    content_type: str
    _reader: Callable[[bytes], tuple[FeedEntry, ...]] = field(default=_none, repr=False, eq=False, alias="reader")

    def entries(self) -> tuple[FeedEntry, ...]:
        """The entries of a feed, in its order; of a description, none.

        Needs ``pip install mwclient_async[feeds]``: ImportError without. Raises ProtocolError for a feed that is cut.
        """
        return self._reader(self.content)
