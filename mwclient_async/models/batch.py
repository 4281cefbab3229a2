"""One batch of a stream."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Generic, TypeVar

from attrs import field, frozen

from mwclient_async._values.cursor import Cursor
from mwclient_async._values.value import Value, to_json
from mwclient_async._values.warnings import ApiWarning

T_co = TypeVar("T_co", covariant=True)


@frozen(kw_only=True)
class Batch(Value, Generic[T_co]):
    """One batch of a stream, merged from as many responses as it took.

    ``items`` are complete, ``cursor`` is the position after them, ``body`` the merged body as the wiki sent it.
    ``lists`` has the rows of each ``list=`` of the same query, ``meta`` the data of each ``meta=``. A list whose value
    is an object (``codexicons``) has that object as its only row. ``warnings`` came with the responses.

    See https://www.mediawiki.org/wiki/API:Query.
    """

    items: tuple[T_co, ...]
    cursor: Cursor
    body: Mapping[str, Any] = field(repr=False, hash=False)
    lists: Mapping[str, tuple[Mapping[str, Any], ...]] = field(factory=dict, repr=False, hash=False)
    meta: Mapping[str, Any] = field(factory=dict, repr=False, hash=False)
    warnings: tuple[ApiWarning, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """The batch in types of JSON, with the cursor as text, and without ``body``.

        See https://www.mediawiki.org/wiki/API:Query.
        """
        names = ("items", "lists", "meta", "warnings")
        return {"cursor": str(self.cursor)} | {name: to_json(getattr(self, name)) for name in names}

    @property
    def normalized(self) -> Mapping[str, str]:
        """Title as it was sent -> as the wiki writes it."""
        return self._title_map("normalized")

    @property
    def converted(self) -> Mapping[str, str]:
        """Title as it was sent -> in the language variant that exists, with ``converttitles=True``."""
        return self._title_map("converted")

    @property
    def redirects(self) -> Mapping[str, str]:
        """Redirect -> its target's title, with ``redirects=True``. Fragments are in ``body["query"]["redirects"]``."""
        return self._title_map("redirects")

    def _title_map(self, name: str) -> dict[str, str]:
        entries = self.body.get("query", {}).get(name, ())
        return {entry["from"]: entry["to"] for entry in entries if "from" in entry and "to" in entry}
