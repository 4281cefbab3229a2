"""Lists that continue by time alone: all rows of one second must fit into a response.

``list=abuselog`` of AbuseFilter is such a list: its ``continue`` is the time of the next row. If a batch is smaller
than the rows of that second, the wiki repeats its ``continue`` forever; and the rows of the second come again.
"""

from __future__ import annotations

import secrets
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from mwclient_async import Cursor, Site
from mwclient_async.errors import AbuseFilter, ContinuationLoop
from mwclient_async.testing import LocalWiki
from tests.conftest import USER_AGENT
from tests.support.guarded_wiki import REFUSED, database_of, filtered_wiki
from tests.support.lossy_transport import CountingTransport

if TYPE_CHECKING:
    from mwclient_async.testing.factory import WikiFactory


@pytest.fixture
def wiki(mediawiki_factory: WikiFactory, mediawiki_version: str) -> LocalWiki:
    return filtered_wiki(mediawiki_factory, mediawiki_version)


async def log_title(wiki: LocalWiki, *rows_per_second: int) -> str:
    """The title of a page whose log has so many rows in each second, newest first."""
    title = f"Logged {secrets.token_hex(4)}"
    async with Site(wiki.api_url, user_agent=USER_AGENT) as site:
        with pytest.raises(AbuseFilter):
            await site.page(title).create(f"text {REFUSED}")
    key = title.replace(" ", "_")
    with closing(database_of(wiki)) as database, database:
        ((own_id, *_),) = database.execute("SELECT * FROM abuse_filter_log WHERE afl_title = ?", (key,))
        columns = [name for _, name, *_ in database.execute("PRAGMA table_info(abuse_filter_log)")][1:]
        chosen = ", ".join("?" if name == "afl_timestamp" else name for name in columns)
        for age, count in enumerate(rows_per_second):
            database.executemany(
                f"INSERT INTO abuse_filter_log ({', '.join(columns)}) SELECT {chosen} "
                "FROM abuse_filter_log WHERE afl_id = ?",
                [(f"202001010000{59 - age}", own_id)] * count,
            )
        database.execute("DELETE FROM abuse_filter_log WHERE afl_id = ?", (own_id,))
    return title


@pytest.mark.everywhere
@pytest.mark.parametrize("batch_size", [1, 2, 3, 4, None])
async def test_c3_each_row_comes_once_however_small_the_batch(wiki: LocalWiki, batch_size: int | None) -> None:
    title = await log_title(wiki, 1, 4, 2, 3, 1)
    transport = CountingTransport()
    async with Site(wiki.api_url, user_agent=USER_AGENT, transport=transport) as site:
        rows = await site.list("abuselog", title=title, batch_size=batch_size).collect()
    ids = [row["id"] for row in rows]
    assert len(ids) == len(set(ids)) == 11
    assert [row["timestamp"] for row in rows] == sorted((row["timestamp"] for row in rows), reverse=True)
    assert transport.count < 25


async def test_c7_a_cursor_anywhere_in_such_a_list_brings_exactly_the_rest(wiki: LocalWiki) -> None:
    title = await log_title(wiki, 2, 3, 2)
    async with Site(wiki.api_url, user_agent=USER_AGENT) as site:
        stream = site.list("abuselog", title=title, batch_size=2)
        everything = [row["id"] for row in await stream.collect()]
        for count in range(len(everything)):
            run = aiter(stream)
            given = [(await anext(run))["id"] for _ in range(count)]
            rest = [row["id"] async for row in stream.resume(str(run.cursor))]
            assert sorted([*given, *rest]) == sorted(everything)


async def test_c5_a_limit_counts_each_row_once(wiki: LocalWiki) -> None:
    title = await log_title(wiki, 2, 3, 2)
    async with Site(wiki.api_url, user_agent=USER_AGENT) as site:
        rows = await site.list("abuselog", title=title, batch_size=2, limit=6).collect()
    assert len({row["id"] for row in rows}) == 6


async def test_c3_more_rows_in_one_second_than_the_account_may_request_are_an_error_that_says_so(
    wiki: LocalWiki,
) -> None:
    title = await log_title(wiki, 3, 520)
    given: list[int] = []
    async with Site(wiki.api_url, user_agent=USER_AGENT) as site:
        stream = site.list("abuselog", title=title, batch_size=3)
        with pytest.raises(ContinuationLoop, match=r"aflstart=.*more than 500 rows.*have the same time") as caught:
            async for row in stream:
                given.append(row["id"])  # noqa: PERF401 - what came before the error counts
    assert "wgAPIMaxResultSize" not in str(caught.value)
    await wiki.create_user("Reader", groups=["bot"])
    auth = await wiki.create_bot_password("Reader")
    async with Site(wiki.api_url, user_agent=USER_AGENT, auth=auth) as site:  # 5,000 at once
        rest = await site.list("abuselog", title=title, batch_size=3).resume(str(caught.value.cursor)).collect()
    ids = [*given, *(row["id"] for row in rest)]
    assert len(ids) == len(set(ids)) == 523


@pytest.mark.everywhere
@pytest.mark.parametrize("limit", [1, 3])
async def test_c3_each_row_comes_once_in_the_batches_of_a_query_too(wiki: LocalWiki, limit: int) -> None:
    title = await log_title(wiki, 1, 4, 2, 3, 1)
    async with Site(wiki.api_url, user_agent=USER_AGENT) as site:
        for number in range(3):  # other tests make pages, too
            await site.page(f"{title}/{number}").create("text")
        stream = site.query(
            list=["abuselog", "allpages"],
            afltitle=title,
            aflprop="ids",
            afllimit=limit,
            apprefix=f"{title}/",
            aplimit=1,
        )
        rows, cursors = list[int](), list[Cursor]()
        async for batch in stream.batches():
            rows += [row["id"] for row in batch.lists["abuselog"]]
            cursors.append(batch.cursor)
            assert len(cursors) < 30
        rest = [row["id"] async for batch in stream.resume(cursors[0]).batches() for row in batch.lists["abuselog"]]
    assert len(rows) == len(set(rows)) == 11
    assert rest == rows[len(rows) - len(rest) :]


async def test_c3_a_list_without_times_gives_each_row_once(wiki: LocalWiki) -> None:
    title = await log_title(wiki, 2, 3, 2)
    async with Site(wiki.api_url, user_agent=USER_AGENT) as site:
        rows = await site.list("abuselog", title=title, prop="ids", batch_size=3).collect()
        batches = site.query(titles=title, prop="info", list="abuselog", afltitle=title, afllimit=3).batches()
        beside_pages = [row["id"] async for batch in batches for row in batch.lists["abuselog"]]
    assert len({row["id"] for row in rows}) == len(rows) == 7
    assert len(beside_pages) == len(set(beside_pages)) == 7
