"""A bot under every kind of fault: no edit is saved twice, and no edit is reported that was not saved."""

from __future__ import annotations

import sys

import pytest

from mwclient_async.testing import LocalWiki
from mwclient_async.testing.factory import WikiFactory
from tests.edit.endurance.run import Size, Tally, run_endurance
from tests.support import guarded_wiki as guarded
from tests.support.fault_proxy import ALL, DROP_AFTER, DROP_BEFORE, Plan, matching

SAMPLE = Size(appends=60, reads=60, pages=6)
FILTERED_SAMPLE = Size(appends=12, reads=0, pages=3, tasks=3)
FILTERED = Size(appends=72, reads=0, pages=6)
CAMPAIGN = Size(appends=1000, reads=1000, pages=50, least=20)


@pytest.fixture(scope="session")
def guarded_wiki(mediawiki_factory: WikiFactory, mediawiki_version: str) -> LocalWiki:
    return guarded.guarded_wiki(mediawiki_factory, mediawiki_version)


async def run(wiki: LocalWiki, *, size: Size, seed: int, name: str, plan: Plan | None = None) -> Tally:
    await wiki.create_user(name, groups=["bot"])
    auth = await wiki.create_bot_password(name)
    tally = await run_endurance(wiki, auth, size=size, seed=seed, prefix=name, plan=plan)
    sys.stdout.write(f"\nMediaWiki {wiki.version}, seed {seed}: {tally}\n")
    return tally


def check(tally: Tally, size: Size) -> None:
    assert tally.wrong_reads == []
    assert tally.correct_reads == size.reads
    assert tally.errors == []
    assert len(tally.done) + len(tally.unknown) == size.appends
    assert len(tally.done) >= 0.98 * size.appends
    assert tally.unknown == {}  # no other client edits here, so the history always decides
    assert {line: number for line, number in tally.lines.items() if number != 1} == {}
    assert set(tally.lines) == tally.done
    assert tally.logins >= 2
    assert tally.tokens >= 2


async def test_w2_a_sample_of_appends_and_reads_through_faults_and_a_lost_session(guarded_wiki: LocalWiki) -> None:
    tally = await run(guarded_wiki, size=SAMPLE, seed=7, name="Sampler")
    check(tally, SAMPLE)
    assert sum(tally.faults.values()) > 20
    assert tally.verified > 0


def check_filtered(tally: Tally) -> None:
    assert (tally.errors, tally.wrong_reads) == ([], [])
    assert len(tally.unknown) <= 1
    assert set(tally.lines) - tally.done <= set(tally.unknown)
    assert {line: number for line, number in tally.lines.items() if number != 1} == {}
    assert tally.verified > 0
    assert tally.logins > 2  # an edit is sent again in another session


async def test_w2_a_sample_of_appends_on_a_wiki_with_an_abuse_filter(filtered_wiki: LocalWiki) -> None:
    lost = matching("edit", None, DROP_BEFORE, None, DROP_AFTER, None, None, DROP_BEFORE, None, DROP_AFTER)
    check_filtered(await run(filtered_wiki, size=FILTERED_SAMPLE, seed=19, name="Filtered sample", plan=lost))


@pytest.mark.soak
@pytest.mark.everywhere
@pytest.mark.timeout(3000)
async def test_w2_appends_on_a_wiki_with_an_abuse_filter(filtered_wiki: LocalWiki, anyio_backend_name: str) -> None:
    tally = await run(filtered_wiki, size=FILTERED, seed=19, name=f"Filtered on {anyio_backend_name}")
    check_filtered(tally)


@pytest.mark.soak
@pytest.mark.everywhere
@pytest.mark.timeout(3000)
async def test_w2_a_thousand_appends_and_reads_through_every_fault(
    guarded_wiki: LocalWiki, anyio_backend_name: str
) -> None:
    tally = await run(guarded_wiki, size=CAMPAIGN, seed=11, name=f"Marathon on {anyio_backend_name}")
    check(tally, CAMPAIGN)
    assert {fault.kind: tally.faults[fault.kind] for fault in ALL if tally.faults[fault.kind] < CAMPAIGN.least} == {}
