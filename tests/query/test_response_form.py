"""C10: a response in a form that the library does not read is an error, never "nothing" and never "the end".

A header makes the real wiki answer in its old forms, as a proxy that adds a parameter would. What no installed version
sends (a wiki of before 1.25, a response with keys cut off) is scripted.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest

from mwclient_async import Site
from mwclient_async.errors import ProtocolError
from mwclient_async.testing.scripted import Scripted, ScriptedTransport
from tests.conftest import USER_AGENT
from tests.query.campaign.wiki import CampaignWiki, get_campaign_wiki
from tests.support.lossy_transport import CountingTransport

if TYPE_CHECKING:
    from mwclient_async.testing.factory import WikiFactory

API = "https://wiki.example.org/w/api.php"
NEEDED = r"MediaWiki 1\.25 or newer is needed"

Read = Callable[[Site], Any]


@pytest.fixture(scope="session")
def campaign_wiki(mediawiki_factory: WikiFactory, mediawiki_version: str) -> CampaignWiki:
    return get_campaign_wiki(mediawiki_factory, mediawiki_version)


@asynccontextmanager
async def site_behind_proxy(campaign_wiki: CampaignWiki, parameter: str) -> AsyncIterator[Site]:
    """A site whose requests all get this parameter on their way to the wiki."""
    transport = CountingTransport(("x-add-parameter", parameter))
    async with Site(campaign_wiki.wiki.api_url, user_agent=USER_AGENT, transport=transport) as site:
        yield site


READS: dict[str, Read] = {
    "a list": lambda site: site.list("allpages", batch_size=50).collect(),
    "a whole list in one response": lambda site: site.list("allcategories", prefix="C1").collect(),
    "a generator": lambda site: site.query(generator="allpages", prop=["links"], limit=60).collect(),
    "pages by name": lambda site: site.pages(titles=["Page 25", "Page 30"], prop=["links"]).collect(),
    "the links of one page": lambda site: site.page("Page 25").links().collect(),
    "siteinfo": lambda site: site.info(),
    "a raw query": lambda site: site.call("query", list="allpages", aplimit=5),
}


@pytest.mark.everywhere
@pytest.mark.parametrize("name", READS)
async def test_c10_the_old_form_of_continuation_is_an_error(campaign_wiki: CampaignWiki, name: str) -> None:
    """Without more rows, the old form has no key that names it: then ``batchcomplete`` is missing."""
    async with site_behind_proxy(campaign_wiki, "rawcontinue") as site:
        with pytest.raises(ProtocolError, match=NEEDED):
            await READS[name](site)


PAGE_READS: dict[str, Read] = {
    "a generator": lambda site: site.query(generator="allpages", prop=["links"], limit=60).collect(),
    "fragments": lambda site: site.query(titles="Page 25", prop=["links"]).fragments().collect(),
    "mappings": lambda site: site.query(titles="Page 25", prop=["links"]).mappings().collect(),
    "pages by name": lambda site: site.pages(titles=["Page 25", "Page 30"], prop=["links"]).collect(),
    "the links of one page": lambda site: site.page("Page 25").links().collect(),
    "the text of one page": lambda site: site.page("Page 25").text(),
    "an edit": lambda site: site.page("Page 25").edit(lambda text: text),
}


@pytest.mark.parametrize("name", PAGE_READS)
async def test_c10_pages_keyed_by_id_are_an_error(campaign_wiki: CampaignWiki, name: str) -> None:
    async with site_behind_proxy(campaign_wiki, "formatversion") as site:
        with pytest.raises(ProtocolError, match=rf"formatversion=1.*{NEEDED}"):
            await PAGE_READS[name](site)


async def test_a_list_of_the_old_format_is_whole(campaign_wiki: CampaignWiki) -> None:
    """Its rows are the same in formatversion 1, and ``batchcomplete`` is an empty text."""
    async with site_behind_proxy(campaign_wiki, "formatversion") as old:
        titles = [row.title async for row in old.list("allpages", batch_size=40)]
    assert len(titles) == len(set(titles)) > 150


def old_wiki(body: Scripted) -> Site:
    return Site(API, user_agent=USER_AGENT, transport=ScriptedTransport([body]))


ROWS = [{"pageid": 1, "ns": 0, "title": "A"}]


@pytest.mark.parametrize(
    ("body", "what"),
    [
        ({"query": {"allpages": ROWS}, "query-continue": {"allpages": {"apcontinue": "B"}}}, "'query-continue'"),
        ({"query": {"allpages": ROWS}, "query-noncontinue": {}}, "'query-noncontinue'"),
        ({"query": {"allpages": ROWS}}, "neither 'continue' nor 'batchcomplete'"),
        ({}, "its keys: none"),
        ({"batchcomplete": True, "query": "no"}, "'query' that is not an object: 'no'"),
        ({"batchcomplete": True, "query": {"pages": "no"}}, "'pages' that is not a list of pages: 'no'"),
        ({"batchcomplete": True, "query": {"pages": [1]}}, r"'pages' that is not a list of pages: \[1\]"),
        ({"batchcomplete": True, "continue": "apcontinue"}, "'continue' that is not an object"),
    ],
)
async def test_c10_a_form_that_no_installed_wiki_sends_is_an_error(body: Scripted, what: str) -> None:
    async with old_wiki(body) as site:
        with pytest.raises(ProtocolError, match=f"{what}.*{NEEDED}") as caught:
            await site.list("allpages").collect()
    assert caught.value.cursor is not None


async def test_c10_no_page_and_no_reason_is_an_error() -> None:
    async with old_wiki({"batchcomplete": True, "query": {}}) as site:
        with pytest.raises(ProtocolError, match="no page for links, and no reason"):
            await site.page("A").links().collect()


async def test_c10_modules_that_the_wiki_does_not_describe_are_not_called_unknown() -> None:
    async with Site(API, user_agent=USER_AGENT, transport=ScriptedTransport([{}])) as site:
        with pytest.raises(ProtocolError, match="no list of modules"):
            await site.list("geosearch").collect()
