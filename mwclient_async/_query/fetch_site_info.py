"""What the wiki says of itself. The manual's page is https://www.mediawiki.org/wiki/API:Siteinfo."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mwclient_async._query.queries import Queries
from mwclient_async._query.site_info import USUAL, site_info, with_aliases
from mwclient_async.models.info import SiteInfo


async def info(queries: Queries, props: Sequence[str], parameters: Mapping[str, Any]) -> SiteInfo:
    """The parts of ``meta=siteinfo`` that are named, or the usual ones; ``parameters`` are without their prefix."""
    asked = with_aliases(props or USUAL)
    prefixed = {f"si{name}": value for name, value in parameters.items()}
    return site_info(await _meta(queries, meta="siteinfo", siprop=asked, **prefixed), asked)


async def _meta(queries: Queries, **parameters: Any) -> dict[str, Any]:
    """What a query without pages says, all of its replies together: each part of it comes whole."""
    found: dict[str, Any] = {}
    async for batch in queries.query(limit=None, batch_size=None, params=None, keywords=parameters).batches():
        found |= batch.meta
    return found
