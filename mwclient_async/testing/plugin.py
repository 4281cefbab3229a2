"""The pytest plugin: fixtures that give tests a running wiki. It costs nothing until a test uses one.

The wiki is not bound to an event loop: synchronous tests and asynchronous tests of any backend share it. It runs until
the end of the test session; with pytest-xdist each worker has its own.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from mwclient_async.testing.factory import WikiFactory
    from mwclient_async.testing.wiki import LocalWiki


@pytest.fixture(scope="session")
def mediawiki_factory() -> "Iterator[WikiFactory]":
    """Yield a function that starts wikis. It takes LocalWiki's arguments; the same arguments return the same wiki."""
    from mwclient_async.testing.factory import WikiFactory

    with WikiFactory() as factory:
        yield factory


@pytest.fixture(scope="session")
def mediawiki(mediawiki_factory: "WikiFactory") -> "LocalWiki":
    """Return a running LocalWiki of the first version found on this machine."""
    return mediawiki_factory()
