"""LocalWiki runs its jobs by itself, unless a test wants to run them."""

from __future__ import annotations

import fcntl
from pathlib import Path

import anyio
import pytest

from mwclient_async import Site
from mwclient_async.testing import LocalWiki, WikiFactory
from tests.conftest import USER_AGENT
from tests.support.image_files import png, sha1
from tests.support.uploads import versions
from tests.upload.campaign.worker import ShortSleepClock


@pytest.mark.everywhere
async def test_u6_a_local_wiki_runs_its_jobs_by_itself(mediawiki_version: str, tmp_path: Path) -> None:
    path = png(tmp_path / "a.png", 9_000)
    async with LocalWiki(version=mediawiki_version) as wiki:
        await wiki.create_user("Bot", groups=["bot"])
        auth = await wiki.create_bot_password("Bot")
        async with Site(wiki.api_url, user_agent=USER_AGENT, auth=auth, clock=ShortSleepClock()) as site:
            await site.upload(path, filename="A.png", asynchronous=True, chunk_size=4_000, patience=100)
            assert await versions(site, "A.png") == [sha1(path)]


async def test_run_jobs_waits_for_the_job_in_progress(wiki: LocalWiki) -> None:
    """The lock is what the wiki's own process has while it runs jobs."""
    done = anyio.Event()

    async def run() -> None:
        await wiki.run_jobs()
        done.set()

    async with anyio.create_task_group() as tasks:
        with (wiki.directory / "jobs.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            tasks.start_soon(run)
            await anyio.wait_all_tasks_blocked()
            assert not done.is_set()
        with anyio.fail_after(60):
            await done.wait()


def test_a_factory_makes_wikis_that_run_jobs_unless_it_is_told_otherwise(
    mediawiki_factory: WikiFactory, mediawiki_version: str
) -> None:
    """The factory of these tests is told so."""
    wiki = mediawiki_factory(version=mediawiki_version)
    assert wiki._runs_jobs is False
    assert LocalWiki()._runs_jobs is True
