"""Edits by function while everything goes wrong: each is done once."""

from __future__ import annotations

import sys

import pytest

from mwclient_async.testing import LocalWiki
from tests.page.campaign import EditTally, campaign
from tests.support.fault_proxy import ALL


async def carried_out(wiki: LocalWiki, *, edits: int, seed: int, name: str) -> EditTally:
    await wiki.create_user(name, groups=["bot"])
    auth = await wiki.create_bot_password(name)
    tally = await campaign(wiki, auth, edits=edits, seed=seed, prefix=name)
    sys.stdout.write(f"\nMediaWiki {wiki.version}, seed {seed}: {tally}\n")
    assert tally.raised == []
    assert tally.unknown == {}  # nobody else writes here: the history always decides
    assert len(tally.done) == edits
    assert tally.lines == dict.fromkeys((f"* line {number}" for number in range(edits)), 1)
    assert tally.verified > 0
    assert tally.conflicts > 0
    return tally


async def test_w2_edits_by_function_through_a_bad_line_are_each_done_once(wiki: LocalWiki) -> None:
    tally = await carried_out(wiki, edits=40, seed=5, name="Editor of a sample")
    assert tally.faults.total() > 10


@pytest.mark.soak
@pytest.mark.everywhere
@pytest.mark.timeout(3000)
async def test_w2_five_hundred_edits_by_function_through_every_fault(wiki: LocalWiki, anyio_backend_name: str) -> None:
    tally = await carried_out(wiki, edits=500, seed=13, name=f"Editor on {anyio_backend_name}")
    assert {fault.kind for fault in ALL} <= {*tally.faults}
