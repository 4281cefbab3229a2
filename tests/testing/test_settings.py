"""The settings of a throwaway wiki: each request that writes takes the write lock of the database at its start."""

from __future__ import annotations

import anyio

from mwclient_async import Limits, RetryPolicy, Site
from mwclient_async.testing import LocalWiki, SeedPage
from tests.conftest import USER_AGENT

TITLES = [f"By REST {number}" for number in range(8)]


async def test_concurrent_writes_by_put_wait_for_each_other(wiki: LocalWiki) -> None:
    """SQLite refuses the write of a transaction that began with a read if another one has written since."""
    await wiki.seed([SeedPage(title, "old") for title in TITLES], links=False)
    await wiki.create_user("Rester", groups=["bot"])
    auth = await wiki.create_bot_password("Rester")
    at_once, once = Limits(concurrency=8), RetryPolicy(attempts=1)
    async with Site(wiki.api_url, user_agent=USER_AGENT, auth=auth, limits=at_once, retry=once) as site:
        revids = {page.title: page.revisions[0].revid async for page in site.pages(titles=TITLES, prop="revisions")}

        async def put(title: str) -> None:
            await site.rest.update_page(title, source="new", latest=revids[title] or 0)

        async with anyio.create_task_group() as tasks:
            for title in TITLES:
                tasks.start_soon(put, title)
        assert [await site.page(title).text() for title in TITLES] == ["new"] * len(TITLES)
