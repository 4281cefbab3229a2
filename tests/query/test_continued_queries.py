"""C1 to C7 on a real wiki: complete pages, in order, within limits, resumable."""

from __future__ import annotations

import secrets
import subprocess
import sys
from typing import Any

import pytest
from attrs import evolve

from mwclient_async import BotPassword, Cursor, Page, Site, Stream
from mwclient_async.errors import CursorMismatch
from mwclient_async.testing import LocalWiki, SeedPage
from tests.conftest import USER_AGENT
from tests.support.corpus import LONG, Corpus
from tests.support.lossy_transport import InterferingTransport, LossyTransport

# Small limits: a batch of fifty pages takes about fifteen responses.
QUERY: dict[str, Any] = {"generator": "allpages", "prop": ["categories"], "cllimit": 20, "gaplimit": 50}

# The same for a hundred pages, in batches of 25.
HUNDRED: dict[str, Any] = {**QUERY, "gapprefix": "Page 1", "gaplimit": 25}


def categories(page: Page) -> frozenset[str]:
    return frozenset(category.title for category in page.categories)


def hundred(corpus: Corpus) -> dict[str, frozenset[str]]:
    return {title: names for title, names in corpus.categories.items() if title.startswith("Page 1")}


async def editor_account(wiki: LocalWiki) -> BotPassword:
    await wiki.create_user("Editor", groups=["bot", "sysop"])
    return await wiki.create_bot_password("Editor", secrets.token_hex(4))


@pytest.mark.everywhere
async def test_c1_c4_every_page_comes_once_with_all_its_categories(corpus: Corpus, reader: Site) -> None:
    pages = [page async for page in reader.query(**QUERY)]
    got = {page.title: categories(page) for page in pages}
    assert len(pages) == len(got)
    assert got == {**corpus.categories, "Main Page": frozenset()}


async def test_c4_pages_come_in_the_order_of_the_generator(corpus: Corpus, reader: Site) -> None:
    """allpages sorts by title; the page ids have another order."""
    pages = await reader.query(generator="allpages", prop="info").collect()
    assert [page.title for page in pages] == sorted((page.title for page in pages), key=lambda title: title.encode())
    assert [page.pageid for page in pages] != sorted(page.pageid or 0 for page in pages)


async def test_c4_search_results_come_by_rank(reader: Site) -> None:
    ranked = [row.title async for row in reader.list("search", search="orbit", what="text", limit=30)]
    pages = [
        page.title
        async for page in reader.query(generator="search", gsrsearch="orbit", gsrwhat="text", limit=30, batch_size=7)
    ]
    assert len(ranked) == 30
    assert pages == ranked


async def test_c4_category_members_come_in_the_order_they_were_added(reader: Site) -> None:
    order: dict[str, Any] = {"title": "Category:C07", "sort": "timestamp", "dir": "desc"}
    members = [row.title async for row in reader.list("categorymembers", **order)]
    generator = {f"gcm{name}": value for name, value in order.items()}
    pages = [
        page.title
        async for page in reader.query(generator="categorymembers", gcmlimit=4, prop="info", params=generator)
    ]
    assert len(members) > 10
    assert pages == members


async def test_c4_missing_pages_come_last_in_the_order_asked(reader: Site) -> None:
    titles = ["Zzz", "Page 002", "Aaa", "Page 001"]
    pages = await reader.query(titles=titles, prop="info").collect()
    assert [page.title for page in pages][-2:] == ["Zzz", "Aaa"]
    assert [page.exists for page in pages] == [True, True, False, False]


@pytest.mark.parametrize(("limit", "batch_size"), [(1, None), (7, 3), (60, 50), (0, None), (301, 1000)])
async def test_c5_limit_counts_items_in_total(reader: Site, limit: int, batch_size: int | None) -> None:
    stream = reader.query(generator="allpages", prop=["categories"], limit=limit, batch_size=batch_size)
    assert len(await stream.collect()) == limit
    rows = reader.list("allpages", limit=limit, batch_size=batch_size)
    assert len(await rows.collect()) == limit


async def test_c2_a_list_that_filters_all_rows_is_read_to_its_end(corpus: Corpus, reader: Site) -> None:
    rows = await reader.list("allpages", filterredir="redirects", batch_size=1).collect()
    assert rows == []
    everything = await reader.list("allpages", batch_size=100).collect()
    assert {row.title for row in everything} == {*corpus.categories, "Main Page"}


@pytest.mark.parametrize("kind", ["query", "list"])
async def test_c7_the_rest_after_any_item(corpus: Corpus, reader: Site, kind: str) -> None:
    query: Stream[Any] = reader.query(
        generator="allpages", prop=["categories"], gaplimit=7, cllimit=15, gapprefix="Page 01"
    )
    rows: Stream[Any] = reader.list("allpages", batch_size=4, prefix="Page 01")
    stream = query if kind == "query" else rows
    everything = [item.title async for item in stream]
    assert len(everything) == 10
    for count in range(len(everything) + 1):
        async with stream.open() as run:
            head = [(await anext(run)).title for _ in range(count)]
            text = str(run.cursor)
        assert head + [item.title async for item in stream.resume(text)] == everything


@pytest.mark.everywhere
async def test_c7_another_process_gets_exactly_the_rest(corpus: Corpus, reader: Site) -> None:
    walk = aiter(reader.query(**HUNDRED))
    head = [(await anext(walk)).title for _ in range(37)]
    program = f"""
import anyio
from mwclient_async import Site
async def main():
    async with Site({corpus.wiki.api_url!r}, user_agent={USER_AGENT!r}) as site:
        async for page in site.query(**{HUNDRED!r}).resume({str(walk.cursor)!r}):
            print(page.title, len(page.categories), sep="\\t")
anyio.run(main)
"""
    done = subprocess.run(  # noqa: ASYNC221 - nothing else must run at the same time
        [sys.executable, "-c", program], capture_output=True, encoding="utf-8", check=True, timeout=120
    )
    tail = dict(line.split("\t") for line in done.stdout.splitlines())
    assert len(head) + len(tail) == 100
    assert {*head, *tail} == {*hundred(corpus)}
    assert {title: int(count) for title, count in tail.items()} == {
        title: len(corpus.categories[title]) for title in tail
    }


async def test_c7_the_cursor_of_a_finished_stream_gives_no_item_and_sends_no_request(reader: Site) -> None:
    stream = reader.query(generator="allpages", gapprefix="Page 00")
    async with stream.open() as run:
        count = len([page async for page in run])
        assert run.cursor.done
    assert count == 10
    assert await stream.resume(run.cursor).collect() == []


async def test_c7_a_cursor_of_another_query_is_refused_and_the_difference_named(reader: Site) -> None:
    cursor = aiter(reader.query(generator="allpages", prop="info")).cursor
    with pytest.raises(CursorMismatch, match="differs in: gapnamespace, prop"):
        reader.query(generator="allpages", prop="links", gapnamespace=1).resume(cursor)
    with pytest.raises(ValueError, match="not a cursor"):
        reader.query(generator="allpages").resume("mwc1.nonsense")


async def test_c7_a_cursor_of_another_wiki_is_refused(corpus: Corpus, reader: Site) -> None:
    stream = reader.list("allpages")
    cursor = Cursor(wiki="https://example.org/w/api.php", fingerprint=aiter(stream).cursor.fingerprint)
    with pytest.raises(CursorMismatch, match=r"example\.org"):
        stream.resume(cursor)


@pytest.mark.parametrize("read_ahead", [0, 1, 3])
async def test_read_ahead_does_not_change_the_items(corpus: Corpus, reader: Site, read_ahead: int) -> None:
    async with reader.query(**HUNDRED).open(read_ahead=read_ahead) as run:
        pages = [page async for page in run]
    assert {page.title: categories(page) for page in pages} == hundred(corpus)
    async with reader.query(**HUNDRED).open(read_ahead=read_ahead) as run:
        first = await anext(run)
        cursor = run.cursor
    rest = await reader.query(**HUNDRED).resume(cursor).collect()
    assert [first.title, *(page.title for page in rest)] == [page.title for page in pages]


async def test_the_consumers_own_error_is_not_wrapped(reader: Site) -> None:
    with pytest.raises(ZeroDivisionError):
        async with reader.query(**QUERY).open(read_ahead=1) as run:
            async for _page in run:
                raise ZeroDivisionError


async def test_batches_carry_lists_and_meta_and_the_cursor_after_them(reader: Site) -> None:
    stream = reader.query(generator="allpages", gaplimit=100, list="allcategories", meta="siteinfo", prop="info")
    batches = [batch async for batch in stream.batches()]
    assert sum(len(batch.items) for batch in batches) == 302
    assert sum(len(batch.lists["allcategories"]) for batch in batches if "allcategories" in batch.lists) == 60
    assert batches[0].meta["general"]["generator"].startswith("MediaWiki")
    rest = await stream.resume(batches[0].cursor).collect()
    assert len(rest) == 302 - len(batches[0].items)


async def test_the_error_of_a_query_without_pages_names_the_alternatives(reader: Site) -> None:
    stream = reader.query(list="allcategories", meta="siteinfo")
    with pytest.raises(ValueError, match=r"batches\(\).*site\.list\('allcategories'\)"):
        aiter(stream)
    assert [len(batch.lists["allcategories"]) async for batch in stream.batches()] == [60]


async def test_all_2500_revisions_of_a_page_are_merged_into_one(reader: Site) -> None:
    (page,) = await reader.query(titles=LONG, prop="revisions", rvprop=["ids", "size"], rvlimit="max").collect()
    assert len({revision.revid for revision in page.revisions}) == 2500


@pytest.mark.everywhere
@pytest.mark.parametrize(("rvlimit", "requests"), [(3, 1), (500, 1), (1200, 3)])
async def test_a_limit_of_revisions_is_the_number_for_each_page(corpus: Corpus, rvlimit: int, requests: int) -> None:
    transport = LossyTransport(lambda *_: None)
    async with Site(corpus.wiki.api_url, user_agent=USER_AGENT, transport=transport) as site:
        stream = site.query(titles=LONG, prop=["revisions", "info"], rvprop=["ids", "comment"], rvlimit=rvlimit)
        (page,) = await stream.collect()
    expected = [f"edit {number}" for number in range(2499, 2499 - rvlimit, -1)]
    assert [revision.comment for revision in page.revisions] == expected
    assert len(transport.requests) == requests


async def test_a_range_of_revisions_comes_whole_in_the_fewest_requests(corpus: Corpus) -> None:
    transport = LossyTransport(lambda *_: None)
    async with Site(corpus.wiki.api_url, user_agent=USER_AGENT, transport=transport) as site:
        stream = site.query(titles=LONG, prop="revisions", rvprop="comment", rvdir="newer", rvuser="192.0.2.7")
        (page,) = await stream.collect()
    assert [revision.comment for revision in page.revisions] == [f"edit {number}" for number in range(0, 2500, 5)]
    assert len(transport.requests) == 1


async def test_a_limit_of_revisions_beside_modules_that_continue(reader: Site) -> None:
    """The other module and the generator continue; the revisions are not requested again."""
    query: dict[str, Any] = {
        "generator": "allpages",
        "gapprefix": "Page 00",
        "gaplimit": 1,
        "prop": ["categories", "revisions"],
    }
    whole = await reader.query(**query).collect()
    pages = await reader.query(**query, cllimit=1, rvlimit=1).collect()
    assert [page.title for page in pages] == [f"Page 00{number}" for number in range(10)]
    assert [(page.categories, page.revisions) for page in pages] == [
        (page.categories, page.revisions) for page in whole
    ]


@pytest.mark.everywhere
async def test_c9_the_old_form_of_continue_brings_the_same(corpus: Corpus, reader: Site) -> None:
    both: dict[str, Any] = {
        **HUNDRED,
        "prop": ["categories", "info", "revisions"],
        "list": "allcategories",
        "aclimit": 7,
    }
    old = [batch async for batch in reader.query(**both, rawcontinue=True).batches()]
    pages = [page for batch in old for page in batch.items]
    assert len(pages) == 100
    assert {page.title: categories(page) for page in pages} == hundred(corpus)
    listed = [row["category"] for batch in old for row in batch.lists.get("allcategories", ())]
    assert len(listed) == len(set(listed)) == 60
    with pytest.raises(ValueError, match=r"batches\(\)"):
        aiter(reader.query(**QUERY, rawcontinue=True))


async def test_c9_several_lists_of_the_old_form_end_each_on_its_own(reader: Site) -> None:
    stream = reader.query(list=["allcategories", "allpages"], aclimit=50, aplimit=30, rawcontinue=True)
    batches = [batch async for batch in stream.batches()]
    categories_, pages = (
        [row for batch in batches for row in batch.lists.get(name, ())] for name in ("allcategories", "allpages")
    )
    assert (len(categories_), len(pages)) == (60, 302)


@pytest.mark.everywhere
async def test_fragments_give_the_pages_of_each_response(corpus: Corpus, reader: Site) -> None:
    parts = [page async for page in reader.query(**HUNDRED).fragments()]
    found: dict[str, set[str]] = {}
    for part in parts:
        found.setdefault(part.title, set()).update(categories(part))
    assert found == hundred(corpus)
    assert len(parts) > 2 * len(found)
    run = aiter(reader.query(**HUNDRED).fragments())
    head = [await anext(run) for _ in range(222)]
    tail = [part async for part in reader.query(**HUNDRED).fragments().resume(str(run.cursor))]
    assert [*head, *tail] == parts


@pytest.mark.parametrize("count", [5, 15, 40])
async def test_c5_c7_the_limits_stay_within_the_servers_batch_when_fragments_are_resumed(
    corpus: Corpus, reader: Site, count: int
) -> None:
    query: dict[str, Any] = {"generator": "allpages", "prop": "categories", "cllimit": 9, "gapprefix": "Page 1"}
    run = aiter(reader.query(**query, batch_size=10).fragments())
    found: dict[str, set[str]] = {}
    for _ in range(count):
        part = await anext(run)
        found.setdefault(part.title, set()).update(categories(part))
    async for part in reader.query(**query, batch_size=100).fragments().resume(str(run.cursor)):
        found.setdefault(part.title, set()).update(categories(part))
    assert found == hundred(corpus)


async def test_a_cursor_cannot_set_other_parameters_of_its_query(reader: Site) -> None:
    stream = reader.list("allpages")
    stored = evolve(aiter(stream).cursor, continuation={"action": "logout", "continue": "-||"})
    with pytest.raises(CursorMismatch, match="'action'"):
        await stream.resume(str(stored)).collect()


async def test_distinct_gives_each_page_once(reader: Site) -> None:
    everything = [page.title async for page in reader.query(generator="recentchanges", grclimit=3, grctype="new")]
    once = [page.title async for page in reader.query(generator="recentchanges", grclimit=3, grctype="new").distinct()]
    assert sorted(set(everything)) == sorted(once)
    assert len(once) == len(set(once)) > 10


async def test_first_requests_one_item(reader: Site) -> None:
    row = await reader.list("allpages", prefix="Page 0").first()
    assert row is not None
    assert row.title == "Page 000"
    assert await reader.list("allpages", prefix="no such thing").first() is None


@pytest.mark.everywhere
@pytest.mark.parametrize("before", range(3, 8))
async def test_c4_pages_that_enter_a_batch_late_are_complete(
    wiki: LocalWiki, before: int, anyio_backend_name: str
) -> None:
    """The generator runs anew for each fragment: the page with the lowest id is moved into the current batch."""
    prefix = f"Window {anyio_backend_name} {before}"
    text = "".join(f"[[Category:{prefix} {number}]]" for number in range(4))
    await wiki.seed([SeedPage(f"{prefix} {letter}", text) for letter in "zbdfhjl"], shuffle_seed=None)
    auth = await editor_account(wiki)

    async def move_page() -> None:
        async with Site(wiki.api_url, user_agent=USER_AGENT, auth=auth) as other:
            await other.call("move", from_=f"{prefix} z", to=f"{prefix} c", noredirect=True)

    query: dict[str, Any] = {
        "generator": "allpages",
        "gapprefix": prefix,
        "gaplimit": 3,
        "prop": "categories",
        "cllimit": 3,
    }
    async with Site(
        wiki.api_url, user_agent=USER_AGENT, auth=auth, transport=InterferingTransport(before, move_page)
    ) as site:
        pages = [page async for page in site.query(**query)]
    assert {page.title: len(page.categories) for page in pages} == {page.title: 4 for page in pages}
    assert {f"{prefix} {letter}" for letter in "bdfhjl"} <= {page.title for page in pages}
    assert len(pages) == len({page.title for page in pages})
