"""The command line over scripted responses: what is printed, what is resumed, and the exit status."""

from __future__ import annotations

import io
import json
import os
import signal
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import keyring
import pytest
import typer
from keyring.backend import KeyringBackend
from typer.testing import CliRunner

from mwclient_async import (
    ApiErrorItem,
    ApiWarning,
    BotPassword,
    ConnectionFailed,
    CursorMismatch,
    InvalidTitle,
    LoginState,
    OAuth2Token,
    OutcomeUnknown,
    PageMissing,
    Paused,
    Protected,
    Retrying,
    RetryPolicy,
    Site,
    UnrecognizedParameters,
    Unsupported,
)
from mwclient_async.cli import job, logins
from mwclient_async.cli.command import named
from mwclient_async.cli.commands import app
from mwclient_async.cli.exits import ExitStatus, UsageError, line_of, status_of
from mwclient_async.cli.interrupts import interruptible
from mwclient_async.cli.resume_file import ResumeFile
from mwclient_async.cli.running import run
from mwclient_async.cli.wikis import Wiki, choose, profiles_path
from mwclient_async.testing.scripted import Scripted, ScriptedTransport, sent
from tests.support.terminal import WATCHDOG, at_a_terminal

API = "https://wiki.example.org/w/api.php"
AGENT = "CliTests/1.0 (tests@example.org)"

Mwa = Callable[..., Any]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user with no files of mwa and no variables for it."""
    for name in ("CONFIG", "STATE"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / name.lower()))
    for name in ("MWA_USER", "MWA_PASSWORD", "MWA_OAUTH2_TOKEN", "MWA_WIKI", "MWA_USER_AGENT"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


@pytest.fixture
def transport() -> ScriptedTransport:
    return ScriptedTransport()


@pytest.fixture
def mwa(monkeypatch: pytest.MonkeyPatch) -> Mwa:
    """Run a command on scripted responses. Returns typer's result, with the requests."""

    def run(*arguments: str, script: tuple[Scripted, ...] = ()) -> Any:
        transport = ScriptedTransport(script)
        scripted = partial(Site, transport=transport, retry=RetryPolicy(attempts=1))
        monkeypatch.setattr(job, "Site", scripted)
        result: Any = CliRunner().invoke(app, [*arguments, "--wiki", API, "--user-agent", AGENT])
        result.requests = transport.requests
        return result

    return run


def rows(*titles: str, next_title: str | None = None) -> dict[str, Any]:
    listed = [{"pageid": 1, "ns": 0, "title": title} for title in titles]
    body: dict[str, Any] = {"batchcomplete": True, "query": {"allpages": listed}}
    return body if next_title is None else {**body, "continue": {"apcontinue": next_title, "continue": "-||"}}


def titles(result: Any) -> list[str]:
    return [json.loads(line)["title"] for line in result.stdout.splitlines()]


# What is printed -----------------------------------------------------------------------------------------------------


def test_rows_are_lines_of_json_in_utf_8_if_the_output_is_no_terminal(mwa: Mwa) -> None:
    result = mwa("list", "allpages", "prefix=E", script=(rows("Eä", "Дом"),))
    assert (result.exit_code, result.stderr) == (0, "")
    assert titles(result) == ["Eä", "Дом"]
    assert "Дом" in result.stdout
    assert sent(result.requests[0])["apprefix"] == "E"


def test_an_output_of_another_encoding_becomes_utf_8(mwa: Mwa, monkeypatch: pytest.MonkeyPatch) -> None:
    from mwclient_async.cli.output import JsonLines, prepare_stdout

    written = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written, encoding="latin-1"))
    prepare_stdout()
    JsonLines().add({"title": "Дом"})
    assert written.getvalue() == '{"title": "Дом"}\n'.encode()


def test_a_terminal_without_unicode_gets_json_in_ascii(monkeypatch: pytest.MonkeyPatch) -> None:
    from mwclient_async.cli.output import JsonLines

    written = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written, encoding="latin-1", write_through=True))
    JsonLines().add({"title": "Дом"})
    assert json.loads(written.getvalue()) == {"title": "Дом"}


def test_parameters_that_are_repeated_have_several_values() -> None:
    assert named(["a=1", "b=x=y", "a=2", "a=3", "c="]) == {"a": ["1", "2", "3"], "b": "x=y", "c": ""}


def test_the_number_of_rows_in_a_request_is_an_option_and_no_text(mwa: Mwa) -> None:
    for command in (["list", "allpages"], ["query", "generator=allpages"], ["search", "planet"]):
        result = mwa(*command, "--batch-size", "7", script=({"batchcomplete": True, "query": {}},))
        assert result.exit_code == 0
        assert "7" in sent(result.requests[-1]).values()


def test_the_words_of_a_search_are_no_parameter(mwa: Mwa) -> None:
    result = mwa("search", "planet", "search=moon")
    assert (result.exit_code, "first argument" in result.stderr) == (ExitStatus.USAGE, True)


@pytest.mark.parametrize(
    ("parameter", "message"),
    [
        ("prefix", "write NAME=VALUE"),
        ("limit=5", "write --limit 5"),
        ("batch_size=5", "write --batch-size 5"),
        ("params=a", "each parameter as NAME=VALUE"),
    ],
)
def test_a_parameter_that_is_not_one_is_a_usage_error(mwa: Mwa, parameter: str, message: str) -> None:
    for command in (["list", "allpages"], ["crawl", "pages"]):
        if parameter != "limit=5" or command[0] == "list":
            result = mwa(*command, parameter)
            assert (result.exit_code, message in result.stderr) == (ExitStatus.USAGE, True)


def test_a_document_is_printed_as_it_is(mwa: Mwa) -> None:
    page = {"pageid": 1, "ns": 0, "title": "A", "revisions": [{"revid": 1, "parentid": 0, "size": 4}]}
    page["revisions"][0]["slots"] = {"main": {"content": "Text", "contentmodel": "wikitext"}}  # type: ignore[index]
    answer = {"batchcomplete": True, "query": {"pages": [page]}}
    assert mwa("get", "A", script=(answer,)).stdout == "Text"
    assert json.loads(mwa("get", "A", "--json", script=(answer,)).stdout) == {"title": "A", "text": "Text"}


# Resume --------------------------------------------------------------------------------------------------------------


def test_a_run_that_fails_leaves_a_file_from_which_exactly_the_rest_comes(mwa: Mwa, tmp_path: Path) -> None:
    file = tmp_path / "state.json"
    command = ["list", "allpages", "--resume", str(file)]
    lost = ConnectionFailed("gone")
    first = mwa(*command, script=(rows("A", "B", next_title="C"), lost))
    assert (first.exit_code, titles(first)) == (ExitStatus.FAILED, ["A", "B"])
    assert str(file) in first.stderr
    second = mwa(*command, script=(rows("C", "D"),))
    assert (second.exit_code, titles(second)) == (0, ["C", "D"])
    assert sent(second.requests[0])["apcontinue"] == "C"
    assert not file.exists()


def test_a_list_that_is_followed_leaves_a_file_before_its_first_row(mwa: Mwa, tmp_path: Path) -> None:
    state = ["follow", "recentchanges", "--resume", str(tmp_path / "state.json")]
    now = {"curtimestamp": "2026-11-21T12:00:00Z", "batchcomplete": True}
    ended = mwa(*state, script=(now, ConnectionFailed("gone")))
    assert ended.exit_code == ExitStatus.FAILED
    assert "state.json has the position" in ended.stderr
    change = {"type": "edit", "rcid": 1, "timestamp": "2026-11-21T12:00:01Z", "title": "Between"}
    later = {**now, "query": {"recentchanges": [change]}}
    assert titles(mwa(*state, "--limit", "1", script=(later,))) == ["Between"]


def test_the_limit_counts_the_rows_of_all_runs(mwa: Mwa, tmp_path: Path) -> None:
    command = ["list", "allpages", "--limit", "3", "--resume", str(tmp_path / "state.json")]
    assert titles(mwa(*command, script=(rows("A", "B", next_title="C"), ConnectionFailed("gone")))) == ["A", "B"]
    assert titles(mwa(*command, script=(rows("C", "D"),))) == ["C"]


@pytest.mark.parametrize(
    "other", [["list", "allpages", "prefix=B"], ["list", "alllinks"], ["query", "titles=A"], ["search", "A"]]
)
def test_a_file_of_another_command_is_refused_and_stays(mwa: Mwa, tmp_path: Path, other: list[str]) -> None:
    file = tmp_path / "state.json"
    mwa("list", "allpages", "--resume", str(file), script=(rows("A", next_title="B"), ConnectionFailed("gone")))
    before = file.read_text()
    result = mwa(*other, "--resume", str(file))
    assert result.exit_code == ExitStatus.USAGE
    assert "continues 'mwa list allpages' on" in result.stderr
    assert (result.requests, file.read_text()) == ([], before)


@pytest.mark.parametrize("text", ["", "mwc1.x", "[]", '{"version": 1}', '{"version": 9, "position": ""}'])
def test_a_file_that_is_not_one_of_resume_is_refused(mwa: Mwa, tmp_path: Path, text: str) -> None:
    (tmp_path / "notes.txt").write_text(text)
    result = mwa("list", "allpages", "--resume", str(tmp_path / "notes.txt"))
    assert result.exit_code == ExitStatus.USAGE
    assert (tmp_path / "notes.txt").read_text() == text


@pytest.mark.parametrize("command", [["list", "allpages"], ["upload", __file__]])
def test_a_position_that_is_damaged_is_refused(mwa: Mwa, tmp_path: Path, command: list[str]) -> None:
    key = ["list allpages"] if command[0] == "list" else [f"upload {Path(__file__).resolve()} {Path(__file__).name}"]
    file = ResumeFile(tmp_path / "state.json", *key, wiki=API)
    file.write("mwc1.damaged")
    result = mwa(*command, "--resume", str(file.path))
    assert result.exit_code == ExitStatus.USAGE
    assert "has no position of" in result.stderr


# Exit status ---------------------------------------------------------------------------------------------------------


ITEM = (ApiErrorItem(code="code", text="text"),)


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (PageMissing(ITEM), 1),
        (Protected(ITEM), 1),
        (Unsupported(ITEM), 1),
        (ConnectionFailed("no"), 1),
        (FileNotFoundError(2, "No such file", "x"), 1),
        (InvalidTitle(ITEM), 2),
        (UnrecognizedParameters(ApiWarning(module="query", code="unrecognizedparams", text="Unrecognized")), 2),
        (CursorMismatch("other"), 2),
        (UsageError("write"), 2),
        (ValueError("value"), 2),
        (TypeError("keyword"), 2),
        (OutcomeUnknown("lost"), 3),
    ],
    ids=lambda value: type(value).__name__,
)
def test_the_exit_status_says_whose_fault_it_is(error: Exception, status: int) -> None:
    assert status_of(error) == status


def test_an_error_is_one_line() -> None:
    error = ConnectionFailed("one\ntwo")
    error.add_note("three")
    assert line_of(error) == "one two three"
    assert line_of(FileNotFoundError(2, "No such file or directory", "x")) == "x: No such file or directory"


def test_an_error_is_one_line_on_the_standard_error_and_its_traceback_only_with_debug(mwa: Mwa) -> None:
    plain = mwa("list", "allpages", script=(ConnectionFailed("no way"),))
    assert (plain.exit_code, plain.stdout, plain.stderr) == (1, "", "mwa: no way\n")
    assert "Traceback" in mwa("list", "allpages", "--debug", script=(ConnectionFailed("no way"),)).stderr


@pytest.mark.parametrize(
    "arguments", [["list"], ["nosuch"], ["list", "allpages", "--limit", "-1"], ["compare", "a", "b"]]
)
def test_a_command_that_is_not_one_is_a_usage_error(mwa: Mwa, arguments: list[str]) -> None:
    assert mwa(*arguments).exit_code == ExitStatus.USAGE


@pytest.mark.parametrize("ways", [[], ["--append", "a", "--prepend", "b"]])
def test_an_edit_has_one_text(mwa: Mwa, ways: list[str]) -> None:
    result = mwa("edit", "A", *ways)
    assert (result.exit_code, result.requests) == (2, [])


def test_without_the_extra_the_message_says_what_to_install() -> None:
    code = (
        "import sys; sys.modules['typer'] = None; import runpy; runpy.run_module('mwclient_async', run_name='__main__')"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stderr.count("\n")) == (2, 1)
    assert "pip install 'mwclient_async[cli]'" in ran.stderr


def test_the_version_is_printed() -> None:
    assert CliRunner().invoke(app, ["--version"]).stdout.startswith("mwa 0.")


class Terminal(io.StringIO):
    """A standard error that is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("kind", "shown"), [(Terminal, True), (io.StringIO, False)])
def test_a_wait_is_told_at_a_terminal_only(
    kind: type[io.StringIO], *, shown: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    errors = kind()
    monkeypatch.setattr(sys, "stderr", errors)
    job.tell_wait(Retrying(label="query", attempt=1, after=4.0, cause="gone"))
    job.tell_wait(Paused(scope="wiki", name="", seconds=5.0, cause="lag"))
    told = "mwa: trying again in 4 s: gone\nmwa: the wiki asks for a pause of 5 s: lag\n"
    assert errors.getvalue() == (told if shown else "")


# Wikis ---------------------------------------------------------------------------------------------------------------

SECOND = "https://second.example/api.php"
PROFILES = """
default = "second"
user_agent = "FromFile/1.0 (me@example.org)"
[first]
api_url = "https://first.example/api.php"
user_agent = "First/1.0 (me@example.org)"
[second]
api_url = "https://second.example/api.php"
account = "Demo@bot"
"""


def write_profiles(text: str) -> None:
    profiles_path().parent.mkdir(parents=True)
    profiles_path().write_text(text, encoding="utf-8")


@pytest.mark.parametrize(
    ("name", "agent", "found"),
    [
        (None, None, (SECOND, "FromFile/1.0 (me@example.org)", "Demo@bot")),
        ("first", None, ("https://first.example/api.php", "First/1.0 (me@example.org)", "")),
        ("first", "Mine/1 (a@b.org)", ("https://first.example/api.php", "Mine/1 (a@b.org)", "")),
        (API, None, (API, "FromFile/1.0 (me@example.org)", "")),
        (SECOND, None, (SECOND, "FromFile/1.0 (me@example.org)", "Demo@bot")),
    ],
)  # fmt: skip
def test_a_wiki_is_chosen_by_name_by_address_or_by_default(
    name: str | None, agent: str | None, found: tuple[str, str, str]
) -> None:
    write_profiles(PROFILES)
    wiki = choose(name, user_agent=agent)
    assert (wiki.api_url, wiki.user_agent, wiki.account) == found


@pytest.mark.parametrize(
    ("profiles", "name", "message"),
    [
        ("", None, "which wiki"),
        ("", API, "who is asking"),
        (PROFILES, "third", r"it has: first, second"),
        ("[a]\nurl = 'x'", "a", "what is url"),
        ("[a]\naccount = 'x'", "a", "no api_url"),
        ("[a]\napi_url = 5", "a", "what is api_url"),
        ("[a", "a", "cannot be read"),
    ],
)
def test_what_is_missing_in_the_file_of_wikis_is_said(profiles: str, name: str | None, message: str) -> None:
    write_profiles(profiles)
    with pytest.raises(UsageError, match=message):
        choose(name, user_agent=None)


# Logins --------------------------------------------------------------------------------------------------------------

WIKI = Wiki(api_url=API, user_agent=AGENT)
STATE = LoginState(wiki=API, account="Demo", logged_in=True, cookies=(), tokens={})


def test_credentials_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    assert logins.of(WIKI).auth is None
    monkeypatch.setenv("MWA_PASSWORD", "secret")
    with pytest.raises(UsageError, match="set MWA_USER"):
        logins.of(WIKI)
    monkeypatch.setenv("MWA_USER", "Demo@bot")
    assert logins.of(WIKI).auth == BotPassword(name="Demo@bot", password="secret")
    monkeypatch.setenv("MWA_OAUTH2_TOKEN", "token")
    assert logins.of(WIKI).auth == OAuth2Token(token="token")


def test_a_stored_login_is_used_by_its_account_only_and_forgotten_on_demand(monkeypatch: pytest.MonkeyPatch) -> None:
    path = logins.store(WIKI, logins.Login(account="Demo@bot"), STATE)
    assert (stat.S_IMODE(path.stat().st_mode), stat.S_IMODE(path.parent.stat().st_mode)) == (0o600, 0o700)
    assert logins.of(WIKI).state == STATE
    monkeypatch.setenv("MWA_PASSWORD", "secret")
    for user, state in (("Demo@bot", STATE), ("Other@bot", None)):
        monkeypatch.setenv("MWA_USER", user)
        assert logins.of(WIKI).state == state
    assert (logins.forget(WIKI), logins.forget(WIKI)) == (True, False)
    assert not path.exists()


def test_a_damaged_login_is_one_clear_line_without_what_it_holds(mwa: Mwa) -> None:
    path = logins.store(WIKI, logins.Login(account="Demo"), STATE)
    path.write_text('{"secret": "s3cret"')
    result = mwa("list", "allpages")
    assert result.exit_code == ExitStatus.USAGE
    assert "run 'mwa login' again" in result.stderr
    assert "s3cret" not in result.output


def test_without_a_terminal_a_login_needs_the_environment() -> None:
    result = CliRunner().invoke(app, ["login", "--user", "Demo@bot", "--wiki", API, "--user-agent", AGENT])
    assert result.exit_code == ExitStatus.USAGE
    assert "set MWA_USER and MWA_PASSWORD" in result.stderr


def test_ctrl_c_ends_a_prompt_and_leaves_the_terminal_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    """A prompt blocks the event loop, which would hear of the signal only afterwards."""
    monkeypatch.setenv("TERM", "xterm")
    login = ["login", "--user", "Demo@bot", "--wiki", API, "--user-agent", AGENT]
    screen = at_a_terminal(*login, press=[("Password of Demo@bot", "\x03")])
    assert (screen.status, screen.echoes) == (ExitStatus.INTERRUPTED, True)
    assert "Traceback" not in screen.text


@pytest.mark.parametrize("answer", ["\n", "\x04"], ids=["Enter", "Ctrl-D"])
def test_an_empty_answer_to_a_prompt_is_said(monkeypatch: pytest.MonkeyPatch, answer: str) -> None:
    monkeypatch.setattr(sys, "stdin", Terminal({"\n": "\n", "\x04": ""}[answer]))
    with pytest.raises(UsageError, match="nothing was entered"):
        logins.ask(WIKI, user=None)


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_what_blocks_the_event_loop(number: signal.Signals, status: int) -> None:
    async def wait_for_a_pipe() -> None:
        with interruptible():
            os.kill(os.getpid(), number)
            subprocess.run(["sleep", str(WATCHDOG)], check=True)  # noqa: ASYNC221 - blocks, as a prompt does

    with pytest.raises(typer.Exit) as caught:
        run(wait_for_a_pipe, debug=False)
    assert caught.value.exit_code == status


class Keyring(KeyringBackend):
    """A keyring in memory."""

    priority = 1

    def __init__(self) -> None:
        self.passwords: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.passwords.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.passwords[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.passwords[service, username]


@pytest.fixture
def passwords() -> Iterator[dict[tuple[str, str], str]]:
    before, ours = keyring.get_keyring(), Keyring()
    keyring.set_keyring(ours)
    yield ours.passwords
    keyring.set_keyring(before)


def test_the_keyring_is_used_only_if_a_login_put_the_password_there(passwords: dict[tuple[str, str], str]) -> None:
    auth = BotPassword(name="Demo@bot", password="secret")
    logins.keep_password(WIKI, auth)
    logins.store(WIKI, logins.Login(account="Demo@bot"), STATE)
    assert logins.of(WIKI).auth is None
    logins.store(WIKI, logins.Login(account="Demo@bot", keyring=True), STATE)
    assert (logins.of(WIKI).auth, logins.of(WIKI).state) == (auth, STATE)
    assert logins.ask(WIKI, user="Demo@bot") == auth
    logins.forget(WIKI)
    assert passwords == {}


# Completion ----------------------------------------------------------------------------------------------------------


def test_a_shell_completes_commands_and_options() -> None:
    for words, number, expected in (("mwa lo", 1, ["login"]), ("mwa get --sec", 2, ["--section"])):
        environment = {"_MWA_COMPLETE": "complete_bash", "COMP_WORDS": words, "COMP_CWORD": str(number)}
        assert CliRunner().invoke(app, [], env=environment, prog_name="mwa").stdout.split() == expected
