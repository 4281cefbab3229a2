"""Every program in the README and the docs runs, on a LocalWiki in the place of Wikipedia."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial, partialmethod
from pathlib import Path
from urllib.parse import urlsplit

import anyio
import pytest
from anyio.from_thread import start_blocking_portal

import mwclient_async
from mwclient_async import BotPassword, CoreRest, MediaWikiError, Site, eventstreams
from mwclient_async.testing import LocalWiki, SeedPage, SeedRevision
from mwclient_async.testing.factory import WikiFactory
from tests.conftest import USER_AGENT
from tests.support.event_server import EventServer, change
from tests.support.image_files import png
from tests.support.programs import PAGES, ROOT, WIKIPEDIA, programs, run
from tests.support.rest_gateway import Gateway

TESTED_ELSEWHERE = ("bots.md", "bot-pages.md", "five-tasks.md")
"""Pages of programs whose own tests, `test_bots.py` and `test_five_tasks.py`, see what they did."""
PROGRAMS = [
    pytest.param(program.text, id=program.name, marks=[pytest.mark.recipes] if program.is_recipe else [])
    for program in programs()
    if program.is_ours and not program.name.startswith(TESTED_ELSEWHERE)
]
OTHER_CLIENTS = [pytest.param(program.text, id=program.name) for program in programs() if not program.is_ours]


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


@pytest.fixture(scope="module")
def event_service(planets: tuple[LocalWiki, BotPassword]) -> Iterator[EventServer]:
    """A server of events in the place of EventStreams."""
    server, now = EventServer(), 1000 * int(time.time() + 1800)
    server.add(change(1, wiki="wiki", time=now, title="File:Earth.png"), time=now)
    for number in range(3):
        meta = {"id": str(number), "dt": "2026-01-01T00:00:00Z", "domain": "commons.wikimedia.org"}
        server.add({"$schema": "/page/1.0.0", "meta": meta, "page_title": "Earth"}, time=now)
    with start_blocking_portal() as portal, portal.wrap_async_context_manager(server) as opened:
        yield opened


@pytest.mark.parametrize("program", PROGRAMS)
def test_programs_of_the_documentation_run(
    planets: tuple[LocalWiki, BotPassword],
    gateway: Gateway,
    event_service: EventServer,
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
    url, just_now = event_service.url, datetime.now(UTC) - timedelta(minutes=5)
    monkeypatch.setattr(mwclient_async, "eventstreams", partial(eventstreams, url=url, since=just_now))
    monkeypatch.setattr(Site, "follow_events", partialmethod(Site.follow_events, url=url))
    text = program.replace(WIKIPEDIA, wiki.api_url)
    if "ProcessPoolExecutor" in program or ".dask" in program:  # its processes import it from a file
        _run_as_a_file(text, tmp_path)
    else:
        run(text, mediawiki=wiki)
        assert capsys.readouterr().out or "assert" in program


@pytest.mark.recipes
@pytest.mark.parametrize("program", OTHER_CLIENTS)
def test_programs_of_other_clients_in_the_comparisons_run(
    planets: tuple[LocalWiki, BotPassword], program: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wiki, bot = planets
    png(tmp_path / "Earth.png", 9_000, seed=len(program))
    monkeypatch.setenv("BOT_PASSWORD", bot.password)
    _configure_pywikibot(tmp_path, bot, monkeypatch)
    place = urlsplit(wiki.api_url)
    text = program.replace('"en.wikipedia.org"', f'"{place.netloc}", path="/", scheme="http"')
    _run_as_a_file(text.replace('Site("en", "wikipedia")', f'Site(url="{wiki.api_url}")'), tmp_path)


def _configure_pywikibot(directory: Path, bot: BotPassword, monkeypatch: pytest.MonkeyPatch) -> None:
    account, _, application = bot.name.partition("@")
    passwords = directory / "user-password.py"
    passwords.write_text(f"({account!r}, BotPassword({application!r}, {bot.password!r}))\n", encoding="utf-8")
    passwords.chmod(0o600)
    lines = [
        f"usernames['*']['*'] = {account!r}",
        "password_file = 'user-password.py'",
        "put_throttle = minthrottle = 0",
    ]
    (directory / "user-config.py").write_text("\n".join(lines), encoding="utf-8")
    monkeypatch.setenv("PYWIKIBOT_DIR", str(directory))


def _run_as_a_file(program: str, directory: Path) -> None:
    (directory / "program.py").write_text(program, encoding="utf-8")
    command = [sys.executable, "program.py"]
    done = subprocess.run(command, cwd=directory, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout


def test_links_between_the_pages_lead_somewhere() -> None:
    links = [
        (page, link)
        for page in PAGES
        for link in re.findall(r"\]\((?!http)([^)#]+)\)", page.read_text(encoding="utf-8"))
    ]
    assert len(links) > 5
    assert [(page.name, link) for page, link in links if not (page.parent / link).exists()] == []


def test_every_capability_of_the_comparison_leads_to_a_tested_program() -> None:
    page = (ROOT / "docs" / "comparison.md").read_text(encoding="utf-8")
    capabilities, _, refused = page.partition("\n## Read\n")[2].partition("\n## Decided against\n")
    rows = [line.split(" | ") for line in capabilities.splitlines() if re.match(r"\| (?! )[^|-]", line)]
    assert len(rows) > 30
    assert {len(row) for row in rows} == {7}
    assert [row[0] for row in rows if not re.search(r"\]\(", row[1])] == []
    links = [link for row in rows for link in re.findall(r"\]\(([^)]+)\)", row[1])]
    assert [link for link in links if not _has_program(link)] == []
    assert all(row.split(" | ")[2].strip(" |") for row in refused.splitlines()[4:])


def _has_program(link: str) -> bool:
    """Whether the section, or the page, that the link leads to has programs or commands."""
    name, _, anchor = link.partition("#")
    page = (ROOT / "docs" / name).read_text(encoding="utf-8")
    text = _sections(page)[anchor] if anchor else page
    return re.search(r"^```(python|console)$", text, re.MULTILINE) is not None


def _sections(page: str) -> dict[str, str]:
    """Each section by its anchor, with its subsections. A `# comment` of a program is not one."""
    blocks = [(block.start(), block.end()) for block in re.finditer(r"^```.*?^```", page, re.MULTILINE | re.DOTALL)]
    headings = [
        heading
        for heading in re.finditer(r"^(#+) (.+)", page, re.MULTILINE)
        if not any(start < heading.start() < end for start, end in blocks)
    ]
    found = {}
    for heading in headings:
        ends = [other.start() for other in headings if other.start() > heading.start() and other[1] <= heading[1]]
        anchor = re.sub(r"[^\w\- ]", "", heading[2].lower()).replace(" ", "-")
        found[anchor] = page[heading.start() : min(ends, default=len(page))]
    return found


def test_the_page_of_errors_has_a_row_for_every_public_error() -> None:
    page = (ROOT / "docs" / "errors.md").read_text(encoding="utf-8")
    rows = [name for cell in re.findall(r"^\|([^|]*)\|", page, re.MULTILINE) for name in re.findall(r"`(\w+)`", cell)]
    public = [getattr(mwclient_async, name) for name in dir(mwclient_async) if name[0].isupper()]
    errors = {kind.__name__ for kind in public if isinstance(kind, type) and issubclass(kind, MediaWikiError)}
    assert len(errors) > 50
    assert errors <= set(rows)
    assert len(rows) == len({*rows})


def test_files_that_the_maintainers_pages_name_exist() -> None:
    """`_query/merge.py` is below the package; `tests/test_prose.py` is below the project."""
    pages = [ROOT / "docs" / "architecture.md", ROOT / "CONTRIBUTING.md"]
    names = {name for page in pages for name in re.findall(r"`([\w./]+\.py)`", page.read_text(encoding="utf-8"))}
    assert len(names) > 30
    assert {
        name for name in names if not any((place / name).exists() for place in (ROOT, ROOT / "mwclient_async"))
    } == {"module_table.py"}
