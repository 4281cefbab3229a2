"""A file store that fails once, at every step of every way to upload: each file arrives, and once."""

from __future__ import annotations

import sys
from pathlib import Path

import anyio
import pytest

from mwclient_async.errors import OutcomeUnknown
from mwclient_async.testing import LocalWiki, WikiFactory
from tests.conftest import once
from tests.support.unreliable_store import unreliable_store
from tests.support.uploads import Account, account
from tests.upload.campaign.store_failures import (
    BY_JOBS,
    FROM_URL,
    FROM_URL_BY_JOBS,
    IN_CHUNKS,
    IN_ONE_REQUEST,
    WAYS,
    StoreResult,
    Way,
    upload_at_steps,
)

OPERATIONS = {"lock", "unlock", "prepare", "store", "copy", "delete", "stat", "read"}


def check(result: StoreResult) -> None:
    """Every file is on the wiki once. A file from a URL has no SHA-1, so it may be unknown whether it was published."""
    sys.stderr.write(f"{result}\n")
    assert result.wrong == {}
    assert {
        step: error
        for step, error in result.raised.items()
        if not (result.way.startswith("URL") and step.endswith("unlock") and isinstance(error, OutcomeUnknown))
    } == {}


def store_wiki(factory: WikiFactory, version: str, *, remote: bool) -> tuple[LocalWiki, Account]:
    wiki = unreliable_store(factory, version, remote=remote)
    return wiki, once(f"store account {remote}", version, lambda: account(wiki, "Storer", "bot", "sysop"))


@pytest.mark.everywhere
@pytest.mark.parametrize(
    ("way", "steps"),
    [(IN_CHUNKS, (5, 12, 28)), (BY_JOBS, (13, 29)), (IN_ONE_REQUEST, (5,)), (FROM_URL, (7,))],
    ids=lambda value: value.name if isinstance(value, Way) else "",
)
def test_u3_files_arrive_through_a_store_that_fails_at_some_steps(
    mediawiki_factory: WikiFactory, mediawiki_version: str, tmp_path: Path, way: Way, steps: tuple[int, ...]
) -> None:
    wiki, storer = store_wiki(mediawiki_factory, mediawiki_version, remote=False)

    async def upload() -> StoreResult:
        return await upload_at_steps(wiki, storer, way, tmp_path, steps=steps)

    result = anyio.run(upload)
    check(result)
    assert result.done == len(steps)


@pytest.mark.soak
@pytest.mark.timeout(3000)
@pytest.mark.parametrize(("version", "backend"), [("1.39", "asyncio"), ("1.43", "trio")])
@pytest.mark.parametrize("remote", [False, True], ids=["local store", "remote store"])
def test_u3_files_arrive_through_a_store_that_fails_at_every_step(
    mediawiki_factory: WikiFactory, version: str, backend: str, tmp_path: Path, *, remote: bool
) -> None:
    wiki, storer = store_wiki(mediawiki_factory, version, remote=remote)
    ways = WAYS if version == "1.39" else (*WAYS, FROM_URL_BY_JOBS)

    async def upload(way: Way) -> StoreResult:
        return await upload_at_steps(wiki, storer, way, tmp_path)

    results = [anyio.run(upload, way, backend=backend) for way in ways]
    for result in results:
        check(result)
    assert set().union(*(result.steps for result in results)) == OPERATIONS
