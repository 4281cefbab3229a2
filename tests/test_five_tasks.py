"""The programs of `docs/five-tasks.md` can be killed at any moment: another process does exactly the rest."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import anyio
import pytest

from mwclient_async import BotPassword
from mwclient_async.sync import Site
from mwclient_async.testing import LocalWiki, SeedPage
from mwclient_async.testing.factory import WikiFactory
from tests.conftest import USER_AGENT, once
from tests.support.image_files import png, sha1
from tests.support.programs import WIKIPEDIA, programs, run

CATEGORY, CHANGES, EDITS, UPLOAD, REVERT = (p.text for p in programs() if p.name.startswith("five-tasks.md"))
KILLED_AT_A_PRINT = """
import builtins as _builtins, os as _os

def print(*words, _left=[{prints}]):
    _builtins.print(*words, flush=True)
    _left[0] -= 1
    if _left[0] == 0:
        _os.kill(_os.getpid(), 9)
"""
WATCHDOG = 60
"""Seconds after which a program that waits for what has been lost is ended."""
Killed = Callable[..., list[str]]
Finished = Callable[..., list[str]]


@pytest.fixture(scope="module")
def wiki(mediawiki_factory: WikiFactory) -> LocalWiki:
    return mediawiki_factory(settings="# tasks\n$wgEnableUploads = true;")


@pytest.fixture
def bot(wiki: LocalWiki, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> BotPassword:
    async def log_in() -> BotPassword:
        await wiki.create_user("DemoBot", groups=["bot"])
        return await wiki.create_bot_password("DemoBot", "uploads")

    auth = once("tasks", wiki.version, lambda: anyio.run(log_in))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BOT_PASSWORD", auth.password)
    return auth


@pytest.fixture
def killed(wiki: LocalWiki, bot: BotPassword) -> Killed:
    """Runs a program in a process that is killed when it has printed so many lines. Returns these.

    ``bot`` gives the directory and the password.
    """

    def run_program(program: str, *, prints: int) -> list[str]:
        text = KILLED_AT_A_PRINT.format(prints=prints) + program.replace(WIKIPEDIA, wiki.api_url)
        Path("program.py").write_text(text, encoding="utf-8")
        command = [sys.executable, "program.py"]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=WATCHDOG)
        assert done.returncode == -signal.SIGKILL, done.stderr
        return done.stdout.splitlines()

    return run_program


@pytest.fixture
def finished(
    wiki: LocalWiki,
    bot: BotPassword,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Finished:
    """Runs a program in this process, to its end. Returns the lines that it prints."""

    def run_program(program: str, *arguments: str) -> list[str]:
        monkeypatch.setattr(sys, "argv", ["program.py", *arguments])
        run(program.replace(WIKIPEDIA, wiki.api_url))
        return capsys.readouterr().out.splitlines()

    return run_program


@pytest.fixture
def editor(wiki: LocalWiki) -> Site:
    """Another user."""

    async def log_in() -> BotPassword:
        return await wiki.create_bot_password(wiki.admin_name)

    return Site(wiki.api_url, user_agent=USER_AGENT, auth=once("editor", wiki.version, lambda: anyio.run(log_in)))


def seed(wiki: LocalWiki, *pages: SeedPage) -> None:
    async def write() -> None:
        await wiki.seed(pages)

    anyio.run(write)


def test_each_page_of_the_category_has_one_row(wiki: LocalWiki, killed: Killed, finished: Finished) -> None:
    seed(wiki, *(SeedPage(f"Planet {n}", f"[[Category:Planets]] [[Category:All {n}]]") for n in range(7)))
    program = CATEGORY.replace("batch_size=50", "batch_size=2")
    assert killed(program, prints=2) == ["2 more pages", "2 more pages"]
    assert finished(program) == ["2 more pages", "1 more pages", "7 pages"]
    assert finished(program) == ["7 pages"]
    rows = sqlite3.connect("planets.db").execute("SELECT title, length, categories FROM pages").fetchall()
    assert sorted(rows) == [(f"Planet {n}", 39, f"Category:All {n}|Category:Planets") for n in range(7)]


def test_each_change_is_reported_once_also_those_made_while_the_bot_is_down(killed: Killed, editor: Site) -> None:
    program = CHANGES.replace("every=10", "every=0.1")
    killed(program, prints=1)  # before the first change
    with editor as site:
        revids = {name: site.page(f"Changed {name}").create("x").revid for name in "AB"}
        lines = [f"* [[Changed {name}]] was changed by Admin in revision {revids[name]}." for name in revids]
        assert killed(program, prints=2)[1:] == [f"{lines[0]} created"]  # its position is not stored yet
        assert killed(program, prints=3)[1:] == [f"{lines[0]} unchanged", f"{lines[1]} saved"]
        assert site.page("User:DemoBot/Changes").text().splitlines()[1:] == lines


def test_each_page_is_edited_once_beside_the_edits_of_others(
    wiki: LocalWiki, killed: Killed, finished: Finished, editor: Site
) -> None:
    seed(wiki, *(SeedPage(f"Drafts/{n}", "Status: draft\n\nText.") for n in range(7)))
    program = EDITS.replace("range(50)", "range(7)")
    killed(program, prints=3)
    with editor as site:
        site.page("Drafts/6").append("\n\nMore.")
        assert "100%" in "".join(finished(program))
        histories = [[r.user for r in site.page(f"Drafts/{n}").revisions(prop="user")] for n in range(7)]
        assert [users.count("DemoBot") for users in histories] == [1] * 7
        assert site.page("Drafts/6").text() == "Status: checked\n\nText.\n\nMore."


def test_an_upload_is_published_once(killed: Killed, finished: Finished, editor: Site, tmp_path: Path) -> None:
    path = png(tmp_path / "mosaic.png", 15_000)
    size = f"{path.stat().st_size:,}"
    program = UPLOAD.replace("5 * 1024 * 1024", "4_000")
    assert killed(program, prints=3)[-1] == f"sending: 8,000 of {size} bytes"
    assert finished(program)[:2] == [f"hashing: 8,000 of {size} bytes", f"sending: 8,000 of {size} bytes"]
    with editor as site:
        (page,) = site.query(titles="File:Mosaic of Mars.png", prop="imageinfo", iiprop="sha1", iilimit=9).collect()
    assert [version.sha1 for version in page.imageinfo] == [sha1(path)]


def test_a_revision_is_reverted_once_and_only_if_it_is_the_latest(
    wiki: LocalWiki, bot: BotPassword, finished: Finished, editor: Site
) -> None:
    with Site(wiki.api_url, user_agent=USER_AGENT, auth=bot) as site:
        pages = [site.page(title) for title in ("Mine", "Theirs")]
        mine, theirs = [(page.create("a"), page.append("\n\nb"))[1].revid for page in pages]
    with editor as site:
        site.page("Theirs").append("\n\nc")
        assert finished(REVERT)[0].startswith(f"{theirs} ")
        printed = [finished(REVERT, str(revid))[-1] for revid in (theirs, mine, mine)]
        assert printed[1] == f"{mine} is reverted"
        assert ["stays" in line for line in printed] == [True, False, True]
        assert [site.page(title).text() for title in ("Mine", "Theirs")] == ["a", "a\n\nb\n\nc"]
