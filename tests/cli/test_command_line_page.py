"""The commands on the page of the command line work in a shell, on a LocalWiki in the place of Wikipedia."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from shutil import which
from typing import NamedTuple

import anyio
import pytest

from mwclient_async import BotPassword, Site
from mwclient_async.cli.commands import EXAMPLES
from mwclient_async.cli.wikis import choose, profiles_path
from mwclient_async.testing import LocalWiki, SeedPage, SeedRevision
from mwclient_async.testing.factory import WikiFactory
from tests.conftest import USER_AGENT
from tests.support.image_files import png
from tests.support.programs import ROOT, WIKIPEDIA

PAGE = (ROOT / "docs" / "command-line.md").read_text(encoding="utf-8")
SCRIPTS = re.findall(r"```console\n(.*?)```", PAGE, re.DOTALL)
COMMANDS = [cell.replace(r"\|", "|") for cell in re.findall(r"^\| `(mwa [^`]*)` \|", PAGE, re.MULTILINE)]
NOT_HERE = ("pip install",)
"""What was done before these tests."""
ENDED = {"follow": " start=2001-01-01T00:00:00Z --limit 1"}
"""What ends a command that waits for the wiki's next change."""


class Prepared(NamedTuple):
    """A wiki with the pages and the file of the examples, the bot's login, and the ids of two revisions of one page."""

    wiki: LocalWiki
    bot: BotPassword
    revisions: tuple[int, int]


@pytest.fixture(scope="module")
def prepared(mediawiki_factory: WikiFactory, tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    wiki = mediawiki_factory(settings="# the page of the command line")

    async def fill() -> Prepared:
        history = SeedPage("Earth", revisions=[SeedRevision("One"), SeedRevision("Two")])
        await wiki.seed([history, SeedPage("Europe"), SeedPage("Sandbox")])
        await wiki.create_user("DemoBot", groups=["bot"])
        bot = await wiki.create_bot_password("DemoBot", "uploads")
        async with Site(wiki.api_url, user_agent=USER_AGENT, auth=bot) as site:
            newer, older = [revision.id async for revision in site.rest.history("Earth")]
            await site.upload(png(tmp_path_factory.mktemp("files") / "x.png", 4_000), filename="Earth.png")
        return Prepared(wiki, bot, (older, newer))

    return anyio.run(fill)


@pytest.fixture
def user(prepared: Prepared, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A user in a directory with a picture, with ``mwa`` on the path and the wiki in the environment."""
    monkeypatch.chdir(tmp_path)
    program = tmp_path / "bin" / "mwa"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m mwclient_async "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    for name in ("CONFIG", "STATE"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / name.lower()))
    monkeypatch.setenv("MWA_WIKI", prepared.wiki.api_url)
    monkeypatch.setenv("MWA_USER_AGENT", USER_AGENT)
    monkeypatch.setenv("MWA_USER", prepared.bot.name)
    monkeypatch.setenv("MWA_PASSWORD", prepared.bot.password)


def in_a_shell(script: str, directory: Path) -> str:
    """Run a script whose new file is not on the wiki yet. Returns what it printed."""
    if "upload" in script:
        name = f"Uploaded by {len(script)}.png"
        png(directory / name, 9_000, seed=len(script))
        script = script.replace("Earth.png", f"'{name}'")
    if which("jq") is None:
        script = script.replace("jq -r .title", "cat")
    command = ["bash", "-e", "-o", "pipefail", "-c", script]
    done = subprocess.run(command, cwd=directory, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, ""), script
    return done.stdout


@pytest.mark.recipes
@pytest.mark.usefixtures("user")
@pytest.mark.parametrize("script", SCRIPTS, ids=range(len(SCRIPTS)))
def test_the_blocks_of_the_page_run(prepared: Prepared, tmp_path: Path, script: str) -> None:
    lines = [line for line in script.splitlines() if not line.startswith(NOT_HERE)]
    printed = in_a_shell("\n".join(lines).replace(WIKIPEDIA, prepared.wiki.api_url), tmp_path)
    assert printed or [path for path in tmp_path.iterdir() if path.suffix == ".jsonl" and path.stat().st_size]


@pytest.mark.recipes
@pytest.mark.usefixtures("user")
@pytest.mark.parametrize("command", COMMANDS)
def test_the_commands_in_the_table_run(prepared: Prepared, tmp_path: Path, command: str) -> None:
    older, newer = map(str, prepared.revisions)
    script = command.replace("12345", older).replace("12346", newer) + ENDED.get(command.split()[1], "")
    printed = in_a_shell(script, tmp_path)
    assert printed or (tmp_path / "earth.wiki").exists() or command.startswith("mwa search")  # its index is empty


def test_the_table_has_each_command() -> None:
    assert {command.split()[1] for command in COMMANDS} == set(EXAMPLES)


def test_the_file_of_wikis_on_the_page_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    profiles_path().parent.mkdir()
    profiles_path().write_text(re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)[0], encoding="utf-8")
    default = choose(None, user_agent=None)
    assert (default.api_url, default.account) == (WIKIPEDIA, "DemoBot@uploads")
    assert "commons" in choose("commons", user_agent=None).user_agent
