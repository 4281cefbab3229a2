"""Every program in the README and the docs runs, on a LocalWiki in the place of Wikipedia."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import anyio
import pytest
from anyio.from_thread import start_blocking_portal

import mwclient_async
from mwclient_async import BotPassword, CoreRest, Site
from mwclient_async.testing import LocalWiki, SeedPage, SeedRevision
from mwclient_async.testing.factory import WikiFactory
from tests.conftest import USER_AGENT
from tests.support.image_files import png
from tests.support.programs import PAGES, ROOT, programs
from tests.support.rest_gateway import Gateway

WIKIPEDIA = "https://en.wikipedia.org/w/api.php"
PROGRAMS = [pytest.param(program, id=name) for name, program in programs()]


@pytest.fixture(scope="module")
def planets(mediawiki_factory: WikiFactory, tmp_path_factory: pytest.TempPathFactory) -> tuple[LocalWiki, BotPassword]:
    """A wiki that has what the programs speak of."""
    wiki = mediawiki_factory(settings="# documentation")

    async def fill() -> BotPassword:
        history = [SeedRevision(f"Earth, {n}. [[Category:Planets]]", minor=n % 2 == 0) for n in range(60)]
        await wiki.seed([SeedPage("Earth", revisions=history), SeedPage("Mars", "[[Category:Planets]]")])
        await wiki.create_user("DemoBot", groups=["bot"])
        auth = await wiki.create_bot_password("DemoBot", "uploads")
        async with Site(wiki.api_url, user_agent=USER_AGENT, auth=auth) as site:
            await site.upload(png(tmp_path_factory.mktemp("files") / "x.png", 4_000), filename="Earth.png")
        return auth

    return wiki, anyio.run(fill)


@pytest.fixture(scope="module")
def gateway(planets: tuple[LocalWiki, BotPassword]) -> Iterator[Gateway]:
    """The same wiki in the place of all that api.wikimedia.org knows."""
    with (
        start_blocking_portal() as portal,
        portal.wrap_async_context_manager(Gateway(planets[0], tokens=["a-token"])) as opened,
    ):
        yield opened


@pytest.mark.parametrize("program", PROGRAMS)
def test_programs_of_the_documentation_run(
    planets: tuple[LocalWiki, BotPassword],
    gateway: Gateway,
    program: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    wiki, bot = planets
    png(tmp_path / "Earth.png", 9_000, seed=len(program))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BOT_PASSWORD", bot.password)
    monkeypatch.setenv("ACCESS_TOKEN", "a-token")
    monkeypatch.setattr(mwclient_async, "CoreRest", partial(CoreRest, base_url=gateway.base_url))
    code = compile(program.replace(WIKIPEDIA, wiki.api_url), "<program>", "exec", dont_inherit=True)
    exec(code, {"__name__": "__main__"})
    assert capsys.readouterr().out or "assert" in program


def test_links_between_the_pages_lead_somewhere() -> None:
    links = [
        (page, link)
        for page in PAGES
        for link in re.findall(r"\]\((?!http)([^)#]+)\)", page.read_text(encoding="utf-8"))
    ]
    assert len(links) > 5
    assert [(page.name, link) for page, link in links if not (page.parent / link).exists()] == []


def test_files_that_the_maintainers_pages_name_exist() -> None:
    """`_query/merge.py` is below the package; `tests/test_prose.py` is below the project."""
    pages = [ROOT / "docs" / "architecture.md", ROOT / "CONTRIBUTING.md"]
    names = {name for page in pages for name in re.findall(r"`([\w./]+\.py)`", page.read_text(encoding="utf-8"))}
    assert len(names) > 30
    assert {
        name for name in names if not any((place / name).exists() for place in (ROOT, ROOT / "mwclient_async"))
    } == {"module_table.py"}
