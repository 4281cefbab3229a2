"""The command line on a real wiki: the examples of its help, and what a terminal shows."""

from __future__ import annotations

import hashlib
import json
import re
import shlex
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import anyio
import pytest
from typer.testing import CliRunner

from mwclient_async import BotPassword, Site
from mwclient_async.cli.commands import EXAMPLES, app
from mwclient_async.testing import LocalWiki, SeedPage, SeedRevision
from mwclient_async.testing.factory import WikiFactory
from tests.conftest import USER_AGENT
from tests.support.fault_proxy import STALL_AFTER, FaultProxy, matching
from tests.support.guarded_wiki import guarded_wiki, require_second_factor
from tests.support.image_files import png
from tests.support.terminal import Key, at_a_terminal

WATCHDOG = 60
CHUNK = 9_000
_OFFSET = re.compile(rb'name="offset"\r\n\r\n(\d+)')


class Prepared(NamedTuple):
    """A wiki with some pages and a file, the bot's login, and the ids of two revisions of one page."""

    wiki: LocalWiki
    bot: BotPassword
    revisions: tuple[int, int]


@pytest.fixture(scope="module")
def prepared(
    mediawiki_factory: WikiFactory, mediawiki_version: str, tmp_path_factory: pytest.TempPathFactory
) -> Prepared:
    wiki = guarded_wiki(mediawiki_factory, mediawiki_version)

    async def fill() -> Prepared:
        await wiki.seed([SeedPage("Earth", revisions=[SeedRevision("One"), SeedRevision("Two")]), SeedPage("Eä Дом")])
        await wiki.create_user("DemoBot", groups=["bot"])
        bot = await wiki.create_bot_password("DemoBot", "uploads")
        async with Site(wiki.api_url, user_agent=USER_AGENT, auth=bot) as site:
            await site.upload(png(tmp_path_factory.mktemp("files") / "x.png", 4_000), filename="Earth.png")
            newer, older = [revision.id async for revision in site.rest.history("Earth")]
        return Prepared(wiki, bot, (older, newer))

    return anyio.run(fill)


@pytest.fixture(autouse=True)
def user(prepared: Prepared, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A user in a directory with a picture, with the wiki and the password in the environment."""
    monkeypatch.chdir(tmp_path)
    png(tmp_path / "Earth.png", 40_000, seed=1)
    for name in ("CONFIG", "STATE"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / name.lower()))
    monkeypatch.setenv("MWA_WIKI", prepared.wiki.api_url)
    monkeypatch.setenv("MWA_USER_AGENT", USER_AGENT)
    monkeypatch.setenv("MWA_USER", prepared.bot.name)
    monkeypatch.setenv("MWA_PASSWORD", prepared.bot.password)
    monkeypatch.setenv("TERM", "xterm")
    for name in ("FORCE_COLOR", "NO_COLOR", "COLUMNS", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
        monkeypatch.delenv(name, raising=False)


def mwa(*arguments: str) -> Any:
    return CliRunner().invoke(app, arguments)


@pytest.mark.parametrize("command", list(EXAMPLES))
@pytest.mark.wiki
def test_the_example_of_each_command_runs_and_is_in_its_help(prepared: Prepared, command: str) -> None:
    example = EXAMPLES[command]
    assert example in mwa(command, "--help").stdout
    program, *arguments = shlex.split(example)
    assert (program, arguments[0]) == ("mwa", command)
    if command == "compare":
        arguments[1:] = map(str, prepared.revisions)
    if command == "follow":
        arguments.append("start=2001-01-01T00:00:00Z")  # else it waits for the next change
    result = mwa(*arguments)
    assert (result.exit_code, result.stderr) == (0, "")
    assert prepared.bot.password not in result.output
    if command not in {"get", "search"}:  # the new wiki's search index is empty
        assert [type(json.loads(line)) for line in result.stdout.splitlines()]
    if command == "crawl":
        rows = [json.loads(line) for part in Path("pages").glob("data/*/*") for line in part.read_text().splitlines()]
        assert {row["ns"] for row in rows} == {0, 6}


@pytest.mark.wiki
def test_a_terminal_shows_a_table() -> None:
    screen = at_a_terminal("list", "allpages", "prefix=E")
    assert screen.status == 0
    header, *rows = [line.split() for line in screen.text.splitlines() if line.strip() and "─" not in line]
    assert header == ["title", "ns", "pageid"]
    assert [row[:2] for row in rows] == [["Earth", "0"], ["Eä", "Дом"]]


@pytest.mark.wiki
def test_a_terminal_shows_a_bar_with_bytes_rate_and_time_left() -> None:
    screen = at_a_terminal("upload", "Earth.png", "--name", "Bar.png", "--chunk-size", "15000", "--ignore", "duplicate")
    assert screen.status == 0
    assert re.search(r"Bar\.png ━+ .*\d+\.\d/\d+\.\d kB .*/s \d+:\d\d", screen.text)
    assert re.search(r"filename +Bar\.png", screen.text)


@pytest.mark.wiki
def test_ctrl_c_leaves_a_file_from_which_exactly_the_new_rows_come(tmp_path: Path) -> None:
    follow = [
        "follow",
        "logevents",
        "start=2001-01-01T00:00:00Z",
        "type=upload",
        "--every",
        "0.1",
        "--resume",
        "state.json",
    ]
    screen = at_a_terminal(*follow, press=[("File:", "\x03")])
    assert screen.status == 130
    ended = re.search(r"mwa: ended after (\d+) rows\. state\.json has the position", screen.text)
    assert ended
    assert "Traceback" not in screen.text
    shown = int(ended[1])
    assert mwa("upload", "Earth.png", "--name", "After.png", "--ignore", "duplicate").exit_code == 0
    result = mwa(*follow, "--limit", str(shown + 1))
    assert [json.loads(line)["title"] for line in result.stdout.splitlines()] == ["File:After.png"]
    assert not (tmp_path / "state.json").exists()


@pytest.mark.wiki
def test_a_password_is_asked_for_without_showing_it_and_the_login_is_stored(
    prepared: Prepared, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MWA_PASSWORD")
    screen = at_a_terminal("login", press=[("Password of", f"{prepared.bot.password}\n")])
    assert screen.status == 0
    assert prepared.bot.password not in screen.text
    stored = [path for path in (tmp_path / "state").rglob("*") if path.is_file()]
    assert [path.stat().st_mode & 0o777 for path in stored] == [0o600]
    assert prepared.bot.password not in stored[0].read_text()
    monkeypatch.delenv("MWA_USER")
    assert json.loads(mwa("info").stdout)["account"] == "DemoBot"


@pytest.mark.wiki
def test_the_code_of_a_second_factor_is_asked_for(
    prepared: Prepared, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MWA_PASSWORD")
    password = anyio.run(prepared.wiki.create_user, "Careful")
    authenticator = require_second_factor(prepared.wiki, "Careful")
    keys: list[Key] = [("Password of Careful", f"{password}\n"), ("oken", lambda: f"{authenticator.code()}\n")]
    screen = at_a_terminal("login", "--user", "Careful", press=keys)
    assert (screen.status, screen.echoes) == (0, True)
    assert re.search(r"account +Careful", screen.text)


def piped(*arguments: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "mwclient_async", *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )


@pytest.mark.wiki
def test_sigterm_leaves_a_file_too_and_each_row_is_written_at_once(tmp_path: Path) -> None:
    with piped("follow", "logevents", "start=2001-01-01T00:00:00Z", "--resume", "state.json") as process:
        assert process.stdout is not None
        assert json.loads(process.stdout.readline())
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=WATCHDOG)
    assert process.returncode == 143
    assert b"state.json has the position" in errors
    assert json.loads((tmp_path / "state.json").read_text())["command"].startswith("follow logevents")


@pytest.mark.wiki
def test_a_reader_that_has_read_enough_ends_the_command_quietly() -> None:
    with piped("list", "allpages") as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        errors = process.stderr.read()
        assert process.wait(WATCHDOG) == 0
    assert errors == b""


@pytest.mark.wiki
def test_an_upload_that_fails_is_resumed_by_its_file(tmp_path: Path) -> None:
    """The name is refused only when the file is published: all chunks have arrived then."""
    upload = ["upload", "Earth.png", "--name", "Twice.png", "--chunk-size", "15000", "--resume", "state.json"]
    assert mwa("upload", "Earth.png", "--name", "Original.png", "--ignore", "duplicate").exit_code == 0
    refused = mwa(*upload)
    assert refused.exit_code == 1
    assert "duplicate" in refused.stderr
    assert (tmp_path / "state.json").exists()
    assert mwa(*upload, "--ignore", "duplicate").exit_code == 0
    assert not (tmp_path / "state.json").exists()


@pytest.mark.parametrize(
    ("received", "status", "told"),
    [
        (signal.SIGKILL, -signal.SIGKILL, ""),
        (signal.SIGINT, 130, "mwa: interrupted. state.json has the position: the same command continues there.\n"),
    ],
    ids=["kill -9", "Ctrl-C"],
)
@pytest.mark.wiki
async def test_an_upload_that_ends_in_a_chunk_is_resumed_by_its_file(
    prepared: Prepared, monkeypatch: pytest.MonkeyPatch, received: signal.Signals, status: int, told: str
) -> None:
    """The wiki has the third of five chunks, of which the program has not heard."""
    upload = ["upload", "Earth.png", "--name", f"{received.name}.png", "--ignore", "duplicate"]
    upload += ["--chunk-size", str(CHUNK), "--resume", "state.json"]
    earth = await anyio.Path("Earth.png").read_bytes()
    async with FaultProxy(prepared.wiki.url, matching("upload", None, None, STALL_AFTER)) as proxy:
        monkeypatch.setenv("MWA_WIKI", f"{proxy.url}/api.php")
        with piped(*upload) as process:
            await proxy.until("STALL_AFTER")
            process.send_signal(received)
            _, errors = await anyio.to_thread.run_sync(process.communicate)
        assert (process.returncode, errors.decode()) == (status, told)
        with piped(*upload) as process:
            result, errors = await anyio.to_thread.run_sync(process.communicate)
    assert (process.returncode, errors) == (0, b"")
    offsets = [int(offset) for seen in proxy.seen for offset in _OFFSET.findall(seen.body)]
    assert offsets == [0, CHUNK, 2 * CHUNK, 2 * CHUNK, 3 * CHUNK, 4 * CHUNK]
    assert json.loads(result)["imageinfo"]["sha1"] == hashlib.sha1(earth).hexdigest()
