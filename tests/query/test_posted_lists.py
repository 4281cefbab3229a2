"""Query modules that must be POSTed, with a token or without one, as ``list=checkuser`` must."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from mwclient_async import Site
from mwclient_async.errors import UnrecognizedParameters
from mwclient_async.testing import WikiFactory
from mwclient_async.testing.scripted import sent
from tests.conftest import USER_AGENT
from tests.support.logins import RecordingTransport
from tests.support.posted_lists import SETTINGS

pytestmark = pytest.mark.everywhere

ROWS = [1, 2, 3, 4, 5, 6, 7]


@pytest.fixture
def transport() -> RecordingTransport:
    return RecordingTransport()


@pytest.fixture
async def checked_site(
    mediawiki_factory: WikiFactory, mediawiki_version: str, transport: RecordingTransport
) -> AsyncIterator[Site]:
    wiki = mediawiki_factory(version=mediawiki_version, settings=SETTINGS)
    async with Site(wiki.api_url, user_agent=USER_AGENT, transport=transport) as site:
        yield site


@pytest.mark.parametrize("module", ["checks", "visits", "merges"])
async def test_a_list_that_must_be_posted_is_continued_with_its_token(
    checked_site: Site, transport: RecordingTransport, module: str
) -> None:
    rows = await checked_site.list(module, batch_size=3).collect()
    assert rows == [{"row": row, "method": "POST"} for row in ROWS]
    posted = [request for request in transport.requests if request.method == "POST"]
    assert len(posted) == 3
    assert not any("token" in request.url for request in posted)


async def test_a_query_merges_such_lists_with_others_and_with_pages(checked_site: Site) -> None:
    batches = checked_site.query(
        titles="Main Page", prop="info", list=["checks", "audits", "allpages"], chlimit=4, aulimit=3
    ).batches()
    found = [batch async for batch in batches]
    for name in ("checks", "audits"):
        assert [row["row"] for batch in found for row in batch.lists[name]] == ROWS
    assert [page.title for batch in found for page in batch.items][:1] == ["Main Page"]


async def test_such_a_list_can_be_a_generator(checked_site: Site) -> None:
    pages = await checked_site.query(generator="checks", prop="info", batch_size=3).collect()
    assert [page.title for page in pages] == [f"Row {row}" for row in ROWS]


async def test_call_posts_such_a_query(checked_site: Site, transport: RecordingTransport) -> None:
    response = await checked_site.call("query", list="checks|visits", titles="A", chlimit=2)
    assert [row["row"] for row in response["query"]["checks"]] == [1, 2]
    response = await checked_site.call("query", generator="checks", gchlimit=2)
    assert {page["title"] for page in response["query"]["pages"]} == {"Row 1", "Row 2"}
    await checked_site.call("query", list="allpages")
    assert [request.method for request in transport.requests if "action=query" in request.url][-1] == "GET"


async def test_a_refused_token_of_such_a_list_is_renewed_and_the_cursor_has_none(
    checked_site: Site, transport: RecordingTransport
) -> None:
    stream = checked_site.list("checks", batch_size=3)
    run = aiter(stream)
    assert (await anext(run))["row"] == 1
    tokens = checked_site._session._auth_state.tokens
    tokens["csrf"] = "stale+\\"
    assert [row["row"] async for row in run] == ROWS[1:]
    assert "token" not in str(run.cursor)
    rest = stream.resume(run.cursor)
    assert await rest.collect() == []


async def test_two_kinds_of_token_in_one_query_are_refused_before_it_is_sent(
    checked_site: Site, transport: RecordingTransport
) -> None:
    with pytest.raises(ValueError, match="'checks' and 'merges' need tokens of two kinds: ask for them in two queries"):
        await checked_site.query(titles="A", list=["checks", "merges"]).collect()
    with pytest.raises(ValueError, match="two kinds"):
        await checked_site.call("query", list=["checks", "merges"])
    assert not any("list" in sent(request) for request in transport.requests)


async def test_an_unknown_module_of_a_query_is_named_as_before(checked_site: Site) -> None:
    with pytest.raises(UnrecognizedParameters, match="'chekcs', did you mean 'checks'"):
        await checked_site.call("query", list="chekcs")
