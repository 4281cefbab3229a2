"""C3: a batch that never completes is bounded, by the bytes of its responses.

No real wiki sends such responses: they are scripted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import pytest

from mwclient_async import Limits, Site
from mwclient_async.errors import ProtocolError, ReplyTooLarge
from mwclient_async.testing.scripted import Scripted, ScriptedTransport, sent
from tests.conftest import USER_AGENT

API = "https://wiki.example.org/w/api.php"
PAGE = {"pageid": 1, "ns": 0, "title": "A"}


def endless(query: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Responses whose ``continue`` is always new."""
    for number in count():
        yield {"continue": {"plcontinue": f"1|0|{number}", "continue": "||"}, "query": query}


def endless_site(query: dict[str, Any], **limits: int) -> tuple[Site, ScriptedTransport]:
    script = endless(query)
    transport = ScriptedTransport([lambda _: next(script)] * 2_000)
    return Site(API, user_agent=USER_AGENT, transport=transport, limits=Limits(**limits)), transport


ROWS = {"pages": [{**PAGE, "links": [{"ns": 0, "title": f"Link {number}"} for number in range(250)]}]}

READS: dict[str, Callable[[Site], Any]] = {
    "a query": lambda site: site.query(titles="A", prop="links").collect(),
    "a generator": lambda site: site.query(generator="allpages", prop="links").collect(),
    "batches": lambda site: anext(site.query(titles="A", prop="links").batches()),
    "pages": lambda site: site.pages(titles=["A"], prop="links").collect(),
    "a page": lambda site: site.page("A").get("links"),
}


@pytest.mark.parametrize("name", READS)
@pytest.mark.parametrize("query", [ROWS, {"pages": [PAGE]}, {}], ids=["rows", "stubs", "nothing"])
async def test_c3_a_batch_that_never_completes_is_an_error_with_the_cursor(name: str, query: dict[str, Any]) -> None:
    site, transport = endless_site(query, max_batch_bytes=250_000)
    async with site:
        with pytest.raises(ReplyTooLarge, match=r"250000 bytes.*fragments\(\).*max_batch_bytes") as caught:
            await READS[name](site)
        assert caught.value.cursor is not None
    assert 12 < len(transport.requests) < 70


async def test_c3_the_cursor_of_an_endless_batch_is_its_beginning() -> None:
    site, transport = endless_site(ROWS, max_batch_bytes=100_000)
    async with site:
        stream = site.query(titles="A", prop="links")
        with pytest.raises(ReplyTooLarge) as caught:
            await stream.collect()
        await anext(aiter(stream.fragments().resume(str(caught.value.cursor))))
    assert "plcontinue" not in sent(transport.requests[-1])


async def test_a_batch_within_the_bound_is_whole() -> None:
    responses: list[Scripted] = [
        *({"continue": {"plcontinue": str(n), "continue": "||"}, "query": ROWS} for n in range(3)),
    ]
    transport = ScriptedTransport([*responses, {"batchcomplete": True, "query": ROWS}])
    async with Site(API, user_agent=USER_AGENT, transport=transport, limits=Limits(max_batch_bytes=50_000)) as site:
        (page,) = await site.query(titles="A", prop="links").collect()
    assert len(page.links) == 1_000


async def test_c3_fragments_hold_one_response_and_are_not_bounded() -> None:
    site, _ = endless_site(ROWS, max_batch_bytes=10_000)
    async with site:
        run = aiter(site.query(titles="A", prop="links").fragments())
        assert len([await anext(run) for _ in range(100)]) == 100


async def test_c3_siteinfo_that_does_not_end_is_an_error() -> None:
    parts: Iterator[dict[str, Any]] = (
        {"continue": {"siprop": str(n), "continue": "-||"}, "query": {"general": {}}} for n in count()
    )
    transport = ScriptedTransport([lambda _: next(parts)] * 500)
    async with Site(API, user_agent=USER_AGENT, transport=transport) as site:
        with pytest.raises(ProtocolError, match="siteinfo does not end"):
            await site.info()
