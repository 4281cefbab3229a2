"""Helpers for the tests of edits."""

from __future__ import annotations

from typing import Any

from mwclient_async import RetryPolicy, Site
from tests.conftest import USER_AGENT
from tests.support.fault_proxy import FaultProxy


async def latest_revision(site: Site, title: str, *props: str) -> Any:
    """The latest revision of a page, with its ids, text, summary, SHA-1 and user, and with these further properties."""
    rvprop = ["ids", "content", "comment", "sha1", "user", *props]
    page = await site.query(titles=title, prop="revisions", rvprop=rvprop, rvslots="main").first()
    assert page is not None
    return page.revisions[0]


def site_behind(proxy: FaultProxy, **options: Any) -> Site:
    """A Site whose requests go through this proxy."""
    return Site(f"{proxy.url}/api.php", user_agent=USER_AGENT, retry=RetryPolicy(first_delay=0.01), **options)
