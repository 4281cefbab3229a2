"""The request behind ``site.info()``: sends ``meta=siteinfo``; ``site_info.py`` parses the response.

The manual's page is https://www.mediawiki.org/wiki/API:Siteinfo.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mwclient_async._query.queries import Queries
from mwclient_async._query.site_info import DEFAULT_PROPS, parse_site_info, with_aliases
from mwclient_async.errors import ProtocolError
from mwclient_async.models.info import SiteInfo

_MOST_RESPONSES = 100  # siteinfo has about thirty parts, and a response has one of them at least


async def fetch_site_info(queries: Queries, props: Sequence[str], parameters: Mapping[str, Any]) -> SiteInfo:
    """Fetch the named parts of ``meta=siteinfo``, or the default ones. ``parameters`` come without their prefix."""
    requested = with_aliases(props or DEFAULT_PROPS)
    prefixed = {f"si{name}": value for name, value in parameters.items()}
    return parse_site_info(await _fetch_meta(queries, meta="siteinfo", siprop=requested, **prefixed), requested)


async def _fetch_meta(queries: Queries, **parameters: Any) -> dict[str, Any]:
    """The meta data of a query without pages, from all of its responses. Each part of it comes whole."""
    found: dict[str, Any] = {}
    responses = 0
    async for batch in queries.query(limit=None, batch_size=None, params=None, keywords=parameters).batches():
        found |= batch.meta
        responses += 1
        if responses > _MOST_RESPONSES:
            raise ProtocolError(f"the wiki's siteinfo does not end after {_MOST_RESPONSES} responses")
    return found
