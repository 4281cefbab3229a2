"""Two processes with one account and equal texts, under every kind of fault: what is reported done is on the page."""

from __future__ import annotations

import sys

import pytest

from mwclient_async.testing import LocalWiki
from tests.edit.two_processes.run import Tally, run_campaign


async def run(wiki: LocalWiki, *, appends: int, mark: bool, seed: int, name: str) -> Tally:
    await wiki.create_user(name, groups=["bot"])
    auth = await wiki.create_bot_password(name)
    tally = await run_campaign(wiki, auth, appends=appends, mark=mark, seed=seed, prefix=name)
    sys.stdout.write(f"\nMediaWiki {wiki.version}, seed {seed}, mark={mark}: {tally}\n")
    assert tally.errors == []
    assert tally.wrong == {}
    assert tally.done.total() + tally.unknown.total() == appends
    assert tally.faults.total() > appends // 10
    return tally


async def test_w2_a_sample_of_equal_appends_by_two_processes_is_never_reported_done_for_the_other(
    wiki: LocalWiki,
) -> None:
    await run(wiki, appends=20, mark=False, seed=3, name="Pair of a sample")


@pytest.mark.soak
@pytest.mark.everywhere
@pytest.mark.timeout(3000)
@pytest.mark.parametrize("mark", [False, True])
async def test_w2_five_hundred_equal_appends_by_two_processes(
    wiki: LocalWiki, anyio_backend_name: str, *, mark: bool
) -> None:
    tally = await run(wiki, appends=500, mark=mark, seed=17, name=f"Pair on {anyio_backend_name}, mark {mark}")
    assert tally.unknown.total() == 0 or not mark
