"""The campaign: random queries, each compared with an oracle. A short one always, 200 queries a wiki in `make soak`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import anyio
import pytest

from tests.query.campaign.questions import LIST_GENERATORS, PROP_GENERATORS, PROPS
from tests.query.campaign.run import campaign, failures, report, silent
from tests.query.campaign.wiki import Furnished, furnished

if TYPE_CHECKING:
    from mwclient_async.testing.factory import WikiFactory

# Of each kind of question, four apart, the seed that gives the oracle the least to do.
SAMPLE = (
    7, 15, 17, 19, 26, 27, 29, 31, 33, 34, 41, 43, 49, 51, 59, 61, 68, 69, 71, 79, 95, 96, 105, 103, 28,
)  # fmt: skip
FEW = (33, 43, 49, 95, 96)
SOAK = 200


@pytest.fixture(scope="session")
def shelf(mediawiki_factory: WikiFactory, mediawiki_version: str) -> Furnished:
    return furnished(mediawiki_factory, mediawiki_version)


async def test_random_queries_bring_what_the_oracle_says(shelf: Furnished) -> None:
    asked = await campaign(shelf, SAMPLE)
    assert not asked.differences, failures(asked, "1.39")
    assert asked.counts["succeeded"] == len(SAMPLE) == 25
    assert len(silent(asked)) <= 10, silent(asked)
    assert asked.counts["rows"] > 1_000
    assert asked.counts["resumes"] >= 5


@pytest.mark.everywhere
async def test_random_queries_on_every_loop_and_version(shelf: Furnished, mediawiki_version: str) -> None:
    asked = await campaign(shelf, FEW)
    assert not asked.differences, failures(asked, mediawiki_version)
    assert asked.counts["succeeded"] == len(FEW)
    assert asked.counts["rows"] > 100


@pytest.mark.soak
@pytest.mark.parametrize(("version", "backend"), [("1.39", "asyncio"), ("1.43", "trio")])
def test_two_hundred_random_queries(mediawiki_factory: WikiFactory, version: str, backend: str) -> None:
    shelf = furnished(mediawiki_factory, version)
    asked = anyio.run(campaign, shelf, range(SOAK), backend=backend)
    sys.stdout.write(f"\n{report(asked, version)}\n")
    assert not asked.differences, failures(asked, version)
    assert asked.counts["succeeded"] == SOAK
    assert len(asked.generators) == len(LIST_GENERATORS) + len(PROP_GENERATORS) + 3
    assert len(asked.props) == len(PROPS)
    assert not silent(asked)
