"""The fixtures of the pytest plugin, and that they cost nothing in tests that do not use them."""

import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from mwclient_async.testing import LocalWiki, WikiFactory

HEAVY = ("httpx", "cattrs", "attrs", "anyio", "sqlite3", "subprocess", "trio", "asyncio", "mwclient_async.testing.wiki")

OTHER_PROJECT = """
import anyio
import pytest

def test_synchronous(mediawiki):
    assert mediawiki.url

@pytest.mark.anyio
async def test_asynchronous(mediawiki, mediawiki_factory):
    assert mediawiki_factory() is mediawiki
    assert mediawiki.version in await mediawiki.maintenance("version")
"""


def test_the_plugin_imports_almost_nothing() -> None:
    program = (
        "import sys, pytest\n"
        "before = set(sys.modules)\n"
        "import mwclient_async.testing.plugin\n"
        "print(*sorted(set(sys.modules) - before))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert "mwclient_async.testing.plugin" in done.stdout.split()
    assert set(HEAVY) & set(done.stdout.split()) == set()


def test_no_wiki_starts_until_a_test_uses_it(mediawiki_factory: WikiFactory) -> None:
    with WikiFactory() as factory:
        assert factory._portal is None


def test_a_synchronous_test_may_use_it(mediawiki: LocalWiki) -> None:
    assert httpx.get(f"{mediawiki.api_url}?action=query&format=json").json() == {"batchcomplete": ""}


@pytest.mark.wiki
def test_the_plugin_works_in_the_tests_of_another_project(tmp_path: Path) -> None:
    """On each backend, in two worker processes, and with every warning an error."""
    (tmp_path / "test_other_project.py").write_text(OTHER_PROJECT, encoding="utf-8")
    command = [
        sys.executable,
        "-X",
        "dev",
        "-m",
        "pytest",
        "-W",
        "error",
        "-n",
        "2",
        "-p",
        "no:cacheprovider",
        str(tmp_path),
    ]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "3 passed" in done.stdout, done.stdout + done.stderr
