"""Uploads over an unreliable connection, by processes that are killed: every file arrives intact, exactly once."""

from __future__ import annotations

import sys
from pathlib import Path

import anyio
import pytest

from mwclient_async.testing import LocalWiki
from mwclient_async.testing.factory import WikiFactory
from tests.support import guarded_wiki as guarded
from tests.support.fault_proxy import ALL, STALL_AFTER, STALL_BEFORE
from tests.upload.campaign.byte_counts import ByteOutcome
from tests.upload.campaign.jobs import MEBIBYTE
from tests.upload.campaign.run import CampaignResult, CampaignSize, run
from tests.upload.campaign.unreliable_proxy import CUT, FORGOTTEN
from tests.upload.campaign.upload_requests import RequestKind

QUICK = tuple(fault for fault in ALL if fault not in {STALL_BEFORE, STALL_AFTER})  # these wait for a time-out
SAMPLE = CampaignSize(uploads=12, killed=2, forgotten=1, largest=MEBIBYTE // 2, kinds=QUICK)
CAMPAIGN = CampaignSize(uploads=200, killed=20, forgotten=10, largest=6 * MEBIBYTE)
MAX_NEEDLESS = 0.05  # of all bytes: first chunks whose filekey is lost, and processes that are killed
GROUPS = ((RequestKind.FIRST, RequestKind.CHUNK), (RequestKind.LAST,), (RequestKind.PUBLISH,))


async def uploaded(wiki: LocalWiki, directory: Path, *, size: CampaignSize, seed: int, name: str) -> CampaignResult:
    await wiki.create_user(name, groups=["bot"])
    auth = await wiki.create_bot_password(name)
    result = await run(wiki, auth, directory, size=size, seed=seed, prefix=name)
    sys.stdout.write(f"\nMediaWiki {wiki.version}, seed {seed}: {result}\n")
    return result


def check(result: CampaignResult) -> None:
    once = {name: [sha1] for name, sha1 in result.wanted.items()}
    assert result.raised == []
    assert sorted(result.done) == sorted(once)
    assert len(once) == result.size.uploads
    assert result.found == once
    assert result.on_disk == once
    assert set(result.logged.values()) == {1}
    assert result.killed >= result.size.killed
    assert result.byte_counts.bytes[ByteOutcome.TAKEN] == result.bytes
    assert result.restarted <= result.size.forgotten  # everything else that is lost is found again


def missing(result: CampaignResult, requests: tuple[RequestKind, ...]) -> set[str]:
    """The faults that never came at these kinds of requests."""
    return {fault.kind for fault in ALL} - {fault for request, fault in result.faults_by_request if request in requests}


async def test_u2_a_dozen_files_arrive_once_whatever_is_lost(
    mediawiki_factory: WikiFactory, mediawiki_version: str, tmp_path: Path
) -> None:
    wiki = guarded.guarded_wiki(mediawiki_factory, mediawiki_version)
    result = await uploaded(wiki, tmp_path, size=SAMPLE, seed=8, name="Courier")
    check(result)
    assert sum(result.faults.values()) > 10
    assert result.resumed > 0


@pytest.mark.soak
@pytest.mark.timeout(3000)
@pytest.mark.parametrize(("version", "backend"), [("1.39", "asyncio"), ("1.43", "trio")])
def test_u2_two_hundred_files_arrive_once_through_every_fault(
    mediawiki_factory: WikiFactory, version: str, backend: str, tmp_path: Path
) -> None:
    wiki = guarded.guarded_wiki(mediawiki_factory, version)

    async def campaign() -> CampaignResult:
        return await uploaded(wiki, tmp_path, size=CAMPAIGN, seed=12, name=f"Freight {backend}")

    result = anyio.run(campaign, backend=backend)
    check(result)
    assert [missing(result, requests) for requests in GROUPS] == [set(), set(), set()]
    assert result.faults[CUT] >= 10
    assert sum(result.faults_by_request[kind, FORGOTTEN] for kind in RequestKind) == CAMPAIGN.forgotten
    assert result.share(result.byte_counts.needless) < MAX_NEEDLESS
