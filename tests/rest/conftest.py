"""The wikis of both versions, and sites of them that stay open while a module's tests run."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest

from mwclient_async.testing import WikiFactory
from tests.support.rest_wikis import Ground, Visits, prepared


@pytest.fixture(scope="session")
def grounds(
    mediawiki_factory: WikiFactory, mediawiki_version: str, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Ground]:
    """Both, whatever the version of the test: it is named so that the test runs once, on one loop."""
    return prepared(mediawiki_factory, lambda: tmp_path_factory.mktemp("ground"))


@pytest.fixture(scope="module")
async def visits(grounds: dict[str, Ground]) -> AsyncIterator[Visits]:
    async with AsyncExitStack() as stack:
        yield Visits(stack, grounds)
