"""Which test runs where.

Tests of the real wiki run on asyncio and MediaWiki 1.39; those marked ``everywhere`` on trio and 1.43, too.
Asynchronous tests that need no wiki run on both loops.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING, Any, TypeVar

import pytest

from tests.support.corpus import Corpus, seed
from tests.support.populated_wiki import SETTINGS, Furnished, furnish

if TYPE_CHECKING:
    from mwclient_async._site import Site
    from mwclient_async.testing.factory import WikiFactory
    from mwclient_async.testing.wiki import LocalWiki

T = TypeVar("T")

USER_AGENT = "mwclient-async-tests/1.0 (tests@example.org)"

_ASYNCIO = pytest.param(("asyncio", {"debug": True}), id="asyncio")
_TRIO = pytest.param("trio", id="trio")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give each test its loops and versions."""
    everywhere = metafunc.definition.get_closest_marker("everywhere") is not None
    on_wiki = "mediawiki_version" in metafunc.fixturenames
    if on_wiki:
        versions = ["1.39", "1.43"] if everywhere else ["1.39"]
        metafunc.parametrize("mediawiki_version", versions, scope="session", indirect=True)
    if "anyio_backend" in metafunc.fixturenames:
        backends = [_ASYNCIO, _TRIO] if everywhere or not on_wiki else [_ASYNCIO]
        metafunc.parametrize("anyio_backend", backends, scope="module", indirect=True)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Of the pairs of loop and version, two are enough: neither knows of the other."""
    items[:] = [item for item in items if not _is_a_pair_too_many(item)]


def _is_a_pair_too_many(item: pytest.Item) -> bool:
    params = item.callspec.params if isinstance(item, pytest.Function) and hasattr(item, "callspec") else {}
    if item.get_closest_marker("everywhere") is None or not {"mediawiki_version", "anyio_backend"} <= set(params):
        return False
    return (params["mediawiki_version"] == "1.39") is (params["anyio_backend"] == "trio")


_MADE: dict[tuple[str, str], Any] = {}


def once(name: str, version: str, make: Callable[[], T]) -> T:
    """What ``make`` gives, made once in this process: a session's fixture is made anew when its version changes."""
    if (name, version) not in _MADE:
        _MADE[name, version] = make()
    made: T = _MADE[name, version]
    return made


@pytest.fixture(scope="session")
def mediawiki_version(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def anyio_backend(request: pytest.FixtureRequest) -> object:
    return request.param


@pytest.fixture(scope="session")
def wiki(mediawiki_factory: WikiFactory, mediawiki_version: str) -> LocalWiki:
    """An empty wiki, for tests that write."""
    return mediawiki_factory(version=mediawiki_version)


@pytest.fixture(scope="session")
def corpus(mediawiki_factory: WikiFactory, mediawiki_version: str) -> Corpus:
    """A seeded wiki that no test writes to."""
    wiki = mediawiki_factory(version=mediawiki_version, settings="# seeded")
    return once("corpus", mediawiki_version, lambda: seed(wiki))


@pytest.fixture(scope="session")
def furnished(
    mediawiki_factory: WikiFactory, mediawiki_version: str, tmp_path_factory: pytest.TempPathFactory
) -> Furnished:
    """A wiki that has something for every list and property; no test writes to it."""
    wiki = mediawiki_factory(version=mediawiki_version, settings=SETTINGS)
    return once("furnished", mediawiki_version, lambda: furnish(wiki, tmp_path_factory.mktemp("files")))


@pytest.fixture
async def site(wiki: LocalWiki) -> AsyncIterator[Site]:
    """Nobody in particular, on the wiki that is written to."""
    from mwclient_async import Site

    async with Site(wiki.api_url, user_agent=USER_AGENT) as opened:
        yield opened


@pytest.fixture
async def reader(corpus: Corpus) -> AsyncIterator[Site]:
    """Nobody in particular, on the seeded wiki."""
    from mwclient_async import Site

    async with Site(corpus.wiki.api_url, user_agent=USER_AGENT) as opened:
        yield opened


@pytest.fixture(scope="module")
async def steward(furnished: Furnished) -> AsyncIterator[Site]:
    """Who may see everything, on the furnished wiki."""
    from mwclient_async import Site

    async with Site(furnished.wiki.api_url, user_agent=USER_AGENT, auth=furnished.steward) as opened:
        yield opened


@pytest.fixture(scope="module")
async def visitor(furnished: Furnished) -> AsyncIterator[Site]:
    """Nobody in particular, on the furnished wiki."""
    from mwclient_async import Site

    async with Site(furnished.wiki.api_url, user_agent=USER_AGENT) as opened:
        yield opened
