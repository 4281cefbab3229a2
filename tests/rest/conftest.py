"""Wikis of both versions, and Sites on them that stay open while the tests of a module run."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest

from mwclient_async.testing import WikiFactory
from tests.support.rest_wikis import OpenSites, PreparedWiki, prepared_wikis


@pytest.fixture(scope="session")
def rest_wikis(
    mediawiki_factory: WikiFactory, mediawiki_version: str, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, PreparedWiki]:
    """Wikis of both versions. The fixture of the version is requested so that the test runs once, on one loop."""
    return prepared_wikis(mediawiki_factory, lambda: tmp_path_factory.mktemp("rest"))


@pytest.fixture(scope="module")
async def open_sites(rest_wikis: dict[str, PreparedWiki]) -> AsyncIterator[OpenSites]:
    async with AsyncExitStack() as stack:
        yield OpenSites(stack, rest_wikis)
