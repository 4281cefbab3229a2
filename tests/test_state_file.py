"""A file that keeps where a program is."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mwclient_async import Checkpoint, Cursor, LoginState, Site, StateFile
from mwclient_async.testing.scripted import ScriptedTransport

API = "https://wiki.example.org/w/api.php"
CURSOR = Cursor(wiki=API, fingerprint={}, given=("7",))
CHECKPOINT = Checkpoint(wiki=API, filename="A.png", size=9, filekey="f", offset=4, sha1="a" * 40, stashed=False)
LOGIN = LoginState(wiki=API, account="Demo", logged_in=True, cookies=(), tokens={"csrf": "t+\\"})


@pytest.mark.parametrize(
    ("state", "parse"),
    [
        (CURSOR, Cursor.parse),
        (CHECKPOINT, Checkpoint.parse),
        (LOGIN, LoginState.parse),
        ("2026-11-30T00:00:00Z\r\n\N{SNOWMAN} \N{HEBREW LETTER ALEF}", str),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_was_written_is_read_by_the_next_program(
    tmp_path: Path, state: Any, parse: Callable[[str], object]
) -> None:
    path = tmp_path / "a file.state"
    StateFile(path).write("before")
    StateFile(str(path)).write(state)
    text = StateFile(path).read()
    assert text is not None
    assert parse(text) == state


def test_the_first_program_finds_nothing_and_the_last_one_leaves_nothing(tmp_path: Path) -> None:
    file = StateFile(tmp_path / "state")
    assert file.read() is None
    file.remove()
    file.write(CURSOR)
    file.remove()
    assert file.read() is None
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("step", ["os.fsync", "pathlib.Path.replace"])
def test_a_file_that_cannot_be_written_stays_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    file = StateFile(tmp_path / "state")
    file.write("old")

    def fail(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(step, fail)
    with pytest.raises(OSError, match="disk full"):
        file.write("new")
    assert file.read() == "old"
    assert list(tmp_path.iterdir()) == [file.path]


def test_the_new_text_is_on_the_disk_before_it_takes_the_place_of_the_old_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, synced, found = StateFile(tmp_path / "state"), os.fsync, []
    file.write("old")

    def look(number: int) -> None:
        synced(number)
        found.append((file.read(), os.fstat(number).st_size))

    monkeypatch.setattr("os.fsync", look)
    file.write("newer")
    assert found == [("old", 5)]


def test_only_its_owner_can_read_it(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("")
    (tmp_path / "state").chmod(0o644)
    StateFile(tmp_path / "state").write(LOGIN)
    assert stat.S_IMODE((tmp_path / "state").stat().st_mode) == 0o600


def test_a_link_to_a_file_stays_one(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (tmp_path / "state").symlink_to(elsewhere / "real")
    StateFile(tmp_path / "state").write(CURSOR)
    assert (tmp_path / "state").is_symlink()
    assert StateFile(elsewhere / "real").read() == str(CURSOR)


@pytest.mark.parametrize("state", [None, b"text", 7, ["mwc1."]])
def test_what_is_no_state_is_refused_and_nothing_is_lost(tmp_path: Path, state: Any) -> None:
    file = StateFile(tmp_path / "state")
    file.write("old")
    with pytest.raises(TypeError, match="give a Cursor, a Checkpoint, a LoginState or a text"):
        file.write(state)
    assert file.read() == "old"


def test_a_missing_directory_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="no-such"):
        StateFile(tmp_path / "no-such" / "state").write(CURSOR)


@pytest.mark.anyio
async def test_a_stream_begins_without_a_file_and_continues_with_one(tmp_path: Path) -> None:
    pages = [{"pageid": 65, "ns": 0, "title": "A"}, {"pageid": 66, "ns": 0, "title": "B"}]
    reply = {"batchcomplete": True, "query": {"allpages": pages}}
    file = StateFile(tmp_path / "pages.cursor")
    transport = ScriptedTransport([reply, reply])
    async with Site(API, user_agent="Tests/1.0 (tests@example.org)", transport=transport) as site:
        given: list[str] = []
        for _ in range(2):
            async with site.list("allpages").resume(file.read()).open() as run:
                async for page in run:
                    given.append(page.title)
                    file.write(run.cursor)
                    if given == ["A"]:
                        break
    assert given == ["A", "B"]
