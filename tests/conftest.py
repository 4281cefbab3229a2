"""The backends and MediaWiki versions of each test, the markers of tests, and the wikis that tests share.

Tests of the real wiki run on asyncio with MediaWiki 1.39; those marked ``everywhere`` also run on trio with 1.43. If
``MEDIAWIKI_ROOT`` names a MediaWiki of another version, they run on that one instead, with both loops.
Asynchronous tests that need no wiki run on both backends.
"""

from __future__ import annotations

import gc
import os
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import hypothesis  # where it is loaded, it must find objects that pytest_collection hides
import pytest

from mwclient_async.testing.processes import GuardedDirectory
from mwclient_async.testing.roots import WikiRoot
from tests.support.checked_loop import CheckedLoop
from tests.support.corpus import Corpus, seed
from tests.support.populated_wiki import SETTINGS, PopulatedWiki, populate

if TYPE_CHECKING:
    from xdist.remote import Producer

    from mwclient_async._site import Site
    from mwclient_async.testing.factory import WikiFactory
    from mwclient_async.testing.wiki import LocalWiki
    from tests.support.scheduling import ByWiki

T = TypeVar("T")

hypothesis.settings.register_profile("busy", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("busy")  # else a test fails because the machine has other work

WIKI_FIXTURES = {"mediawiki_factory", "mediawiki_version"}
"""A test that uses one of these, itself or through another fixture, is a test of a real wiki."""

NO_PHP = Path(__file__).parent / "support" / "no_php"
"""A directory with a program ``php`` that only fails."""

_NAMED = WikiRoot.read(Path(os.environ.get("MEDIAWIKI_ROOT", "")))
VERSIONS = ["1.39", "1.43"] if _NAMED is None or _NAMED.version.startswith(("1.39.", "1.43.")) else [_NAMED.version]
"""The versions of MediaWiki that tests run on."""

USER_AGENT = "mwclient-async-tests/1.0 (tests@example.org)"

_ASYNCIO = pytest.param(("asyncio", {"debug": True, "loop_factory": CheckedLoop}), id="asyncio")
_ASYNCIO_ON_WIKI = pytest.param("asyncio", id="asyncio")  # asyncio's debug mode doubles the client's running time
_TRIO = pytest.param("trio", id="trio")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run each test with its backends and versions."""
    everywhere = metafunc.definition.get_closest_marker("everywhere") is not None
    on_wiki = "mediawiki_version" in metafunc.fixturenames
    if on_wiki:
        versions = VERSIONS if everywhere else VERSIONS[:1]
        metafunc.parametrize("mediawiki_version", versions, scope="session", indirect=True)
    if "anyio_backend" in metafunc.fixturenames:
        plain = _ASYNCIO_ON_WIKI if on_wiki else _ASYNCIO
        backends = [plain, _TRIO] if everywhere or not on_wiki else [plain]
        metafunc.parametrize("anyio_backend", backends, scope="module", indirect=True)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> ByWiki | None:
    """With ``--dist loadfile``, run the files that read the same seeded wiki in one process."""
    if config.getvalue("dist") != "loadfile":
        return None
    from tests.support.scheduling import ByWiki

    return ByWiki(config, log)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """Do not look for garbage among thousands of tests and modules, neither while they are collected nor later."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> Iterator[None]:
    """Mark each test that uses a wiki or a cluster, before pytest selects by marker; then put the slow files first.

    Two processes that take the files one by one end at about the same time if the slow files come first.
    """
    items[:] = [item for item in items if not _is_redundant_pair(item)]
    for item in items:
        if isinstance(item, pytest.Function):
            if WIKI_FIXTURES & set(item.fixturenames):
                item.add_marker("wiki")
            if "cluster" in item.fixturenames:
                item.add_marker("cluster")
    campaigns = {item.path for item in items if item.get_closest_marker("soak")}
    yield
    items.sort(key=lambda item: (item.path not in campaigns, item.get_closest_marker("wiki") is None))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Let a test that is not marked ``wiki`` fail if it starts a wiki, in this process or in another one."""
    if item.get_closest_marker("wiki") is not None:
        return (yield)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(GuardedDirectory, "start", _refuse_wiki)
        patch.setenv("PATH", str(NO_PHP), prepend=os.pathsep)
        return (yield)


def _refuse_wiki(_guard: GuardedDirectory) -> NoReturn:
    pytest.fail("this test starts a LocalWiki: give it the marker `wiki`")


def _is_redundant_pair(item: pytest.Item) -> bool:
    params = item.callspec.params if isinstance(item, pytest.Function) and hasattr(item, "callspec") else {}
    if item.get_closest_marker("everywhere") is None or not {"mediawiki_version", "anyio_backend"} <= set(params):
        return False
    return len(VERSIONS) > 1 and (params["mediawiki_version"] == VERSIONS[0]) is (params["anyio_backend"] == "trio")


_MADE: dict[tuple[str, str], Any] = {}


def once(name: str, version: str, make: Callable[[], T]) -> T:
    """Return what ``make`` returns; call it once per process.

    pytest makes a fixture of the session again each time that the version changes.
    """
    if (name, version) not in _MADE:
        _MADE[name, version] = make()
    made: T = _MADE[name, version]
    return made


@pytest.fixture(scope="session", autouse=True)
def _backend_of_run() -> Iterator[None]:
    if os.environ.get("HTTP_BACKEND") is None:  # without it, no test loads more than it asks for
        yield
        return
    from tests.support.run_backend import use_backend_of_run

    with pytest.MonkeyPatch.context() as patch:
        use_backend_of_run(patch)
        yield


@pytest.fixture(scope="session")
def mediawiki_version(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def anyio_backend(request: pytest.FixtureRequest) -> object:
    return request.param


@pytest.fixture(scope="session")
def mediawiki_factory() -> Iterator[WikiFactory]:
    """The library's own, but jobs run only when a test runs them."""
    from mwclient_async.testing.factory import WikiFactory

    with WikiFactory(runs_jobs=False) as factory:
        yield factory


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
def populated(
    mediawiki_factory: WikiFactory, mediawiki_version: str, tmp_path_factory: pytest.TempPathFactory
) -> PopulatedWiki:
    """A wiki that has something for every list and property; no test writes to it."""
    wiki = mediawiki_factory(version=mediawiki_version, settings=SETTINGS)
    return once("populated", mediawiki_version, lambda: populate(wiki, tmp_path_factory.mktemp("files")))


@pytest.fixture
async def site(wiki: LocalWiki) -> AsyncIterator[Site]:
    """An anonymous user of the wiki that tests write to."""
    from mwclient_async import Site

    async with Site(wiki.api_url, user_agent=USER_AGENT) as opened:
        yield opened


@pytest.fixture
async def reader(corpus: Corpus) -> AsyncIterator[Site]:
    """An anonymous user of the seeded wiki."""
    from mwclient_async import Site

    async with Site(corpus.wiki.api_url, user_agent=USER_AGENT) as opened:
        yield opened


@pytest.fixture(scope="module")
async def steward(populated: PopulatedWiki) -> AsyncIterator[Site]:
    """A user of the populated wiki who may see everything."""
    from mwclient_async import Site

    async with Site(populated.wiki.api_url, user_agent=USER_AGENT, auth=populated.steward) as opened:
        yield opened


@pytest.fixture(scope="module")
async def visitor(populated: PopulatedWiki) -> AsyncIterator[Site]:
    """An anonymous user of the populated wiki."""
    from mwclient_async import Site

    async with Site(populated.wiki.api_url, user_agent=USER_AGENT) as opened:
        yield opened
