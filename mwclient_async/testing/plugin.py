"""The pytest plugin: fixtures that give tests a running wiki. Until a test asks for one, it costs nothing.

The wiki belongs to no event loop: synchronous tests and asynchronous ones of any backend share it. It lives
as long as the test session; under pytest-xdist each worker has its own.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from mwclient_async.testing.factory import WikiFactory
    from mwclient_async.testing.wiki import LocalWiki


@pytest.fixture(scope="session")
def mediawiki_factory() -> "Iterator[WikiFactory]":
    """Give a function that starts wikis: it takes LocalWiki's arguments, the same ones give the same wiki."""
    from mwclient_async.testing.factory import WikiFactory

    with WikiFactory() as factory:
        yield factory


@pytest.fixture(scope="session")
def mediawiki(mediawiki_factory: "WikiFactory") -> "LocalWiki":
    """Give a running LocalWiki of whichever version is installed."""
    return mediawiki_factory()
