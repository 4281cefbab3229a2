"""The pages that the tour reads."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from attrs import frozen

from mwclient_async import Page, Site, Stream


@frozen(kw_only=True)
class Sample:
    """A query for pages with their categories. ``limit`` is the number of pages to read, None for all."""

    query: Mapping[str, Any]
    limit: int | None = None

    def stream(self, site: Site) -> Stream[Page]:
        """Return the stream of the sample's pages, each complete."""
        return site.query(limit=self.limit, **self.query)

    def __str__(self) -> str:
        arguments = dict(self.query) if self.limit is None else {**self.query, "limit": self.limit}
        spelled = (f"{name}={json.dumps(value, ensure_ascii=False)}" for name, value in arguments.items())
        return f"site.query({', '.join(spelled)})"


def category_titles(page: Page) -> frozenset[str]:
    """Return the titles of the categories that a page is in."""
    return frozenset(category.title for category in page.categories)
