"""The campaign: random queries, each compared with an oracle. A few always, 200 for each wiki in ``make soak``."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import anyio
import pytest

from tests.query.campaign.questions import LIST_GENERATORS, PROP_GENERATORS, PROPS
from tests.query.campaign.run import failures, report, run_campaign, without_results
from tests.query.campaign.wiki import CampaignWiki, get_campaign_wiki

if TYPE_CHECKING:
    from mwclient_async.testing.factory import WikiFactory

# For each kind of query, the seed for which the oracle sends the fewest requests.
SAMPLE = (
    7, 15, 17, 19, 26, 27, 29, 31, 33, 34, 41, 43, 49, 51, 59, 61, 68, 69, 71, 79, 95, 96, 105, 103, 28,
)  # fmt: skip
FEW = (33, 43, 49, 95, 96)
SOAK = 200


@pytest.fixture(scope="session")
def campaign_wiki(mediawiki_factory: WikiFactory, mediawiki_version: str) -> CampaignWiki:
    return get_campaign_wiki(mediawiki_factory, mediawiki_version)


async def test_random_queries_bring_what_the_oracle_expects(campaign_wiki: CampaignWiki) -> None:
    finished = await run_campaign(campaign_wiki, SAMPLE)
    assert not finished.differences, failures(finished, "1.39")
    assert finished.counts["succeeded"] == len(SAMPLE) == 25
    assert len(without_results(finished)) <= 10, without_results(finished)
    assert finished.counts["rows"] > 1_000
    assert finished.counts["resumes"] >= 5


def test_random_queries_on_the_other_loop_and_version(mediawiki_factory: WikiFactory) -> None:
    finished = anyio.run(run_campaign, get_campaign_wiki(mediawiki_factory, "1.43"), FEW, backend="trio")
    assert not finished.differences, failures(finished, "1.43")
    assert finished.counts["succeeded"] == len(FEW)
    assert finished.counts["rows"] > 100


@pytest.mark.soak
@pytest.mark.parametrize(("version", "backend"), [("1.39", "asyncio"), ("1.43", "trio")])
def test_two_hundred_random_queries(mediawiki_factory: WikiFactory, version: str, backend: str) -> None:
    campaign_wiki = get_campaign_wiki(mediawiki_factory, version)
    finished = anyio.run(run_campaign, campaign_wiki, range(SOAK), backend=backend)
    sys.stdout.write(f"\n{report(finished, version)}\n")
    assert not finished.differences, failures(finished, version)
    assert finished.counts["succeeded"] == SOAK
    assert len(finished.generators) == len(LIST_GENERATORS) + len(PROP_GENERATORS) + 3
    assert len(finished.props) == len(PROPS)
    assert not without_results(finished)
