"""The revision that a write is based on, and the latest revisions that this site made itself.

If this site has just edited a page, it knows the base revision of the next append without a request.
"""

from __future__ import annotations

from attrs import frozen

_MOST_REMEMBERED = 1000  # pages


@frozen(kw_only=True)
class BaseRevision:
    """The state of a page that a write is based on.

    ``revid`` is the revision id, 0 for a page that does not exist. ``since`` is the wiki's clock at that moment, as ISO
    8601, or empty.
    """

    revid: int
    pageid: int = 0
    since: str = ""


class KnownRevisions:
    """The latest revision of each page that this site edited, by the keys of ``title_locks.py``.

    Any other write to a page must :meth:`forget` it. The oldest entries are dropped beyond 1,000 pages.
    """

    def __init__(self) -> None:
        self._latest: dict[str, BaseRevision] = {}

    def get(self, key: str) -> BaseRevision | None:
        """The revision that our last edit of this page made, or None."""
        return self._latest.get(key)

    def remember(self, key: str, made: BaseRevision) -> None:
        """Keep the revision that an edit has just made."""
        self._latest[key] = made
        if len(self._latest) > _MOST_REMEMBERED:
            del self._latest[next(iter(self._latest))]

    def forget(self, key: str) -> None:
        """Drop what is known of a page, because something else is being done to it."""
        self._latest.pop(key, None)
