"""Edits by a function under every kind of fault: each is saved once."""

from __future__ import annotations

import sys

import pytest

from mwclient_async.testing import LocalWiki
from tests.page.campaign import EditTally, run_campaign
from tests.support.fault_proxy import ALL


async def run(wiki: LocalWiki, *, edits: int, seed: int, name: str) -> EditTally:
    await wiki.create_user(name, groups=["bot"])
    auth = await wiki.create_bot_password(name)
    tally = await run_campaign(wiki, auth, edits=edits, seed=seed, prefix=name)
    sys.stdout.write(f"\nMediaWiki {wiki.version}, seed {seed}: {tally}\n")
    assert tally.errors == []
    assert tally.unknown == {}  # no other client edits here, so the history always decides
    assert len(tally.done) == edits
    assert tally.lines == dict.fromkeys((f"* line {number}" for number in range(edits)), 1)
    assert tally.verified > 0
    assert tally.conflicts > 0
    return tally


async def test_w2_a_sample_of_edits_by_function_through_faults_is_saved_once_each(wiki: LocalWiki) -> None:
    tally = await run(wiki, edits=40, seed=5, name="Editor of a sample")
    assert tally.faults.total() > 10


@pytest.mark.soak
@pytest.mark.everywhere
@pytest.mark.timeout(3000)
async def test_w2_five_hundred_edits_by_function_through_every_fault(wiki: LocalWiki, anyio_backend_name: str) -> None:
    tally = await run(wiki, edits=500, seed=13, name=f"Editor on {anyio_backend_name}")
    assert {fault.kind for fault in ALL} <= {*tally.faults}
