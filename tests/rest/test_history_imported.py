"""A history of 2,500 revisions. Up to five have the same second, and a fifth was imported: ids do not follow the age.

The links of the wiki name a host that does not exist. The results are compared with the database.
"""

from __future__ import annotations

import json
import random
import sqlite3
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta

import anyio
import pytest
from attrs import frozen

from mwclient_async import Site
from mwclient_async.models.rest import HistoryRevision
from mwclient_async.testing import LocalWiki, SeedPage, SeedRevision, WikiFactory
from tests.conftest import USER_AGENT, once
from tests.support.rest_gateway import SETTINGS

TITLE = "Imported history"
START = datetime(2020, 1, 1, tzinfo=UTC)
SEEDED, IMPORTED = 2000, 500
FILTERS = ("anonymous", "bot", "minor", "reverted")
RESUMING = f"""
import asyncio, json, sys
from mwclient_async import Site

async def main(api_url, title, cursor):
    async with Site(api_url, user_agent={USER_AGENT!r}) as site:
        print(json.dumps([r.id async for r in site.rest.history(title, filter="minor").resume(cursor)]))

asyncio.run(main(*sys.argv[1:]))
"""


@frozen(kw_only=True)
class Row:
    """A revision in the database."""

    id: int
    time: str
    minor: bool
    anonymous: bool
    bot: bool
    reverted: bool


@frozen(kw_only=True)
class Long:
    """The wiki, and the page's revisions, oldest first."""

    wiki: LocalWiki
    rows: tuple[Row, ...]

    def ids(self, kind: str = "", *, newer_than: int | None = None) -> list[int]:
        """The expected ids: newest first, or oldest first above a revision."""
        at = 0 if newer_than is None else 1 + [row.id for row in self.rows].index(newer_than)
        found = [row.id for row in self.rows[at:] if not kind or getattr(row, kind)]
        return found[::-1] if newer_than is None else found


@pytest.fixture(scope="module")
def long(mediawiki_factory: WikiFactory, mediawiki_version: str) -> Long:
    wiki = mediawiki_factory(version=mediawiki_version, settings=SETTINGS)
    return once("imported history", mediawiki_version, lambda: anyio.run(fill, wiki))


@pytest.fixture
async def site(long: Long) -> AsyncIterator[Site]:
    async with Site(long.wiki.api_url, user_agent=USER_AGENT) as opened:
        yield opened


async def fill(wiki: LocalWiki) -> Long:
    names = {0: "192.0.2.7", 5: "Long machine"}
    history = [
        SeedRevision(
            f"Revision {n}",
            user=names.get(n % 10, "Seeder"),
            timestamp=START + timedelta(seconds=n // 4),
            minor=n % 9 == 0,
        )
        for n in range(SEEDED)
    ]
    await wiki.seed([SeedPage(TITLE, revisions=history)], links=False)
    await wiki.create_user("Long machine", groups=["bot"])
    await wiki.maintenance("importDump", "--no-updates", stdin=dump().encode())
    with closing(sqlite3.connect(wiki.directory / "data" / "wiki.sqlite", timeout=60)) as database, database:
        return Long(wiki=wiki, rows=tuple(rows(database)))


def dump() -> str:
    """An export of revisions with the same seconds as the existing ones, in random order."""
    seconds = random.Random(3).sample(range(SEEDED // 4), IMPORTED)
    revisions = "".join(
        f"<revision><timestamp>{(START + timedelta(seconds=second)).strftime('%Y-%m-%dT%H:%M:%SZ')}</timestamp>"
        f"<contributor><username>Elsewhere {second % 3}</username></contributor>{'<minor/>' * (second % 9 == 0)}"
        f"<model>wikitext</model><format>text/x-wiki</format><text>Imported {second}</text></revision>"
        for second in seconds
    )
    space = "http://www.mediawiki.org/xml/export-0.11/"
    return f"<mediawiki xmlns='{space}'><page><title>{TITLE}</title><ns>0</ns>{revisions}</page></mediawiki>"


def rows(database: sqlite3.Connection) -> Iterator[Row]:
    """Tag some revisions as undone, and return all revisions."""
    page = f"(SELECT page_id FROM page WHERE page_title = '{TITLE.replace(' ', '_')}')"
    database.execute("INSERT INTO change_tag_def (ctd_name, ctd_user_defined) VALUES ('mw-undo', 0)")
    database.execute(
        "INSERT INTO change_tag (ct_rev_id, ct_tag_id) SELECT rev_id, ctd_id FROM revision, change_tag_def "
        f"WHERE ctd_name = 'mw-undo' AND rev_page = {page} AND rev_id % 13 = 0"
    )
    found = database.execute(
        "SELECT rev_id, rev_timestamp, rev_minor_edit, actor_user IS NULL, ug_group IS NOT NULL, ct_rev_id IS NOT NULL "
        "FROM revision JOIN actor ON actor_id = rev_actor "
        "LEFT JOIN user_groups ON ug_user = actor_user AND ug_group = 'bot' "
        f"LEFT JOIN change_tag ON ct_rev_id = rev_id WHERE rev_page = {page} ORDER BY rev_timestamp, rev_id"
    )
    for revid, time, *flags in found:
        minor, anonymous, bot, reverted = map(bool, flags)
        yield Row(id=revid, time=time, minor=minor, anonymous=anonymous, bot=bot, reverted=reverted)


def ids(revisions: list[HistoryRevision]) -> list[int]:
    return [revision.id for revision in revisions]


def test_the_history_has_the_properties_that_the_tests_need(long: Long) -> None:
    assert len(long.rows) == SEEDED + IMPORTED
    assert len({row.time for row in long.rows}) == SEEDED // 4
    assert long.ids() != sorted(long.ids(), reverse=True)
    assert all(100 < len(long.ids(kind)) < 1000 for kind in FILTERS)


@pytest.mark.everywhere
async def test_h2_h5_each_revision_is_returned_once_in_the_wikis_order(
    long: Long, site: Site, anyio_backend_name: str, mediawiki_version: str
) -> None:
    """One direction for each pair of loop and version."""
    if (anyio_backend_name == "trio") == (mediawiki_version == "1.39"):
        oldest = long.rows[0].id
        newer = await site.rest.history(TITLE, newer_than=oldest).collect()
        assert ids(newer) == long.ids(newer_than=oldest)
    else:
        assert ids(await site.rest.history(TITLE).collect()) == long.ids()


@pytest.mark.everywhere
@pytest.mark.parametrize("kind", FILTERS)
async def test_h1_each_filter_is_applied_to_the_end(long: Long, site: Site, kind: str, anyio_backend_name: str) -> None:
    """The anchor need not match the filter."""
    if anyio_backend_name == "trio":
        anchor = next(row.id for row in long.rows[100:] if not getattr(row, kind))
        newer = await site.rest.history(TITLE, filter=kind, newer_than=anchor).collect()  # type: ignore[arg-type]  # one of the four
        assert ids(newer) == long.ids(kind, newer_than=anchor)
    else:
        older = await site.rest.history(TITLE, filter=kind).collect()  # type: ignore[arg-type]  # one of the four
        assert ids(older) == long.ids(kind)


async def test_c7_another_process_resumes_from_a_stored_cursor(long: Long, site: Site) -> None:
    run = aiter(site.rest.history(TITLE, filter="minor"))
    head = [(await anext(run)).id for _ in range(33)]
    arguments = [sys.executable, "-W", "error", "-c", RESUMING, long.wiki.api_url, TITLE, str(run.cursor)]
    done = await anyio.run_process(arguments, check=False)
    assert done.returncode == 0, done.stderr.decode()
    assert head + json.loads(done.stdout) == long.ids("minor")
