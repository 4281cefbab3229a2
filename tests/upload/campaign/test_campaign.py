"""Uploads on a bad line, by processes that die: every file arrives, exactly once, and as it was."""

from __future__ import annotations

import sys
from pathlib import Path

import anyio
import pytest

from mwclient_async.testing import LocalWiki
from mwclient_async.testing.factory import WikiFactory
from tests.support import guarded_wiki as guarded
from tests.support.fault_proxy import ALL, STALL_AFTER, STALL_BEFORE
from tests.upload.campaign.jobs import MEBIBYTE
from tests.upload.campaign.ledger import Fate
from tests.upload.campaign.line import CUT, FORGOTTEN
from tests.upload.campaign.loads import Point
from tests.upload.campaign.run import Size, Tally, run

QUICK = tuple(fault for fault in ALL if fault not in {STALL_BEFORE, STALL_AFTER})  # those wait for a time-out
SAMPLE = Size(uploads=12, killed=2, forgotten=1, largest=MEBIBYTE // 2, kinds=QUICK)
CAMPAIGN = Size(uploads=200, killed=20, forgotten=10, largest=6 * MEBIBYTE)
MOST_NEEDLESS = 0.05  # of all bytes; some is for first chunks whose key is lost, and for processes that are killed
GROUPS = ((Point.FIRST, Point.CHUNK), (Point.LAST,), (Point.PUBLISH,))


async def uploaded(wiki: LocalWiki, directory: Path, *, size: Size, seed: int, name: str) -> Tally:
    await wiki.create_user(name, groups=["bot"])
    auth = await wiki.create_bot_password(name)
    tally = await run(wiki, auth, directory, size=size, seed=seed, prefix=name)
    sys.stdout.write(f"\nMediaWiki {wiki.version}, seed {seed}: {tally}\n")
    return tally


def check(tally: Tally) -> None:
    once = {name: [sha1] for name, sha1 in tally.wanted.items()}
    assert tally.raised == []
    assert sorted(tally.done) == sorted(once)
    assert len(once) == tally.size.uploads
    assert tally.found == once
    assert tally.on_disk == once
    assert set(tally.logged.values()) == {1}
    assert tally.deaths >= tally.size.killed
    assert tally.ledger.bytes[Fate.TAKEN] == tally.bytes
    assert tally.restarted <= tally.size.forgotten  # whatever else is lost is found again


def missing(tally: Tally, points: tuple[Point, ...]) -> set[str]:
    """The kinds of faults that never came at these points."""
    return {fault.kind for fault in ALL} - {kind for point, kind in tally.drawn if point in points}


async def test_u2_a_dozen_files_arrive_once_whatever_is_lost(
    mediawiki_factory: WikiFactory, mediawiki_version: str, tmp_path: Path
) -> None:
    wiki = guarded.guarded(mediawiki_factory, mediawiki_version)
    tally = await uploaded(wiki, tmp_path, size=SAMPLE, seed=8, name="Courier")
    check(tally)
    assert sum(tally.faults.values()) > 10
    assert tally.resumed > 0


@pytest.mark.soak
@pytest.mark.timeout(3000)
@pytest.mark.parametrize(("version", "backend"), [("1.39", "asyncio"), ("1.43", "trio")])
def test_u2_two_hundred_files_arrive_once_through_every_fault(
    mediawiki_factory: WikiFactory, version: str, backend: str, tmp_path: Path
) -> None:
    wiki = guarded.guarded(mediawiki_factory, version)

    async def campaign() -> Tally:
        return await uploaded(wiki, tmp_path, size=CAMPAIGN, seed=12, name=f"Freight {backend}")

    tally = anyio.run(campaign, backend=backend)
    check(tally)
    assert [missing(tally, points) for points in GROUPS] == [set(), set(), set()]
    assert tally.faults[CUT] >= 10
    assert sum(tally.drawn[point, FORGOTTEN] for point in Point) == CAMPAIGN.forgotten
    assert tally.share(tally.ledger.needless) < MOST_NEEDLESS
