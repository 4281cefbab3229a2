"""What the tests of edits share."""

from __future__ import annotations

from typing import Any

from mwclient_async import RetryPolicy, Site
from tests.conftest import USER_AGENT
from tests.support.fault_proxy import FaultProxy


async def latest(site: Site, title: str, *props: str) -> Any:
    """The latest revision, with these properties, the text and the summary."""
    wanted = ["ids", "content", "comment", "sha1", "user", *props]
    page = await site.query(titles=title, prop="revisions", rvprop=wanted, rvslots="main").first()
    assert page is not None
    return page.revisions[0]


def through(proxy: FaultProxy, **options: Any) -> Site:
    """A site of the wiki behind a proxy."""
    return Site(f"{proxy.url}/api.php", user_agent=USER_AGENT, retry=RetryPolicy(first_delay=0.01), **options)
