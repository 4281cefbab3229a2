"""Nothing of a wiki is left, whether the process of the tests is killed, interrupted, or ends as it should."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

CRASH = """
import signal

import anyio
from mwclient_async.testing import LocalWiki

signal.signal(signal.SIGINT, signal.default_int_handler)  # background jobs of a shell ignore it

async def main():
    async with LocalWiki() as wiki:
        print(wiki.url, flush=True)
        print(wiki.directory, flush=True)
        {then}

anyio.run(main)
"""
SERVE = [sys.executable, "-m", "mwclient_async.testing", "serve"]


@contextmanager
def _program(argv: list[str], *, tmp: Path) -> Iterator["subprocess.Popen[str]"]:
    environment = {**os.environ, "TMPDIR": str(tmp)}
    with subprocess.Popen(
        argv, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def _line(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def _assert_nothing_is_left(process: "subprocess.Popen[str]", *, url: str, tmp: Path) -> None:
    """Wait for the end of the error stream, which the guard and its group keep open; then look for what is left."""
    process.communicate(timeout=30)
    assert not any(tmp.iterdir())
    with pytest.raises(httpx.ConnectError):
        httpx.get(url)
    deadline = time.monotonic() + 10
    while running := _processes_of_session(process.pid):  # all were killed, but the system may need a moment
        assert time.monotonic() < deadline, running


def _processes_of_session(leader: int) -> list[str]:
    """The command lines of all processes that the program started: they share its session."""
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = status.read_text().rpartition(")")[2].split()
            if int(fields[3]) == leader and fields[0] != "Z":
                found.append((status.parent / "cmdline").read_text())
        except OSError:
            continue
    return found


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
@pytest.mark.wiki
def test_a_signal_ends_every_process(number: signal.Signals, tmp_path: Path) -> None:
    then = "await anyio.sleep_forever()"
    with _program([sys.executable, "-c", CRASH.format(then=then)], tmp=tmp_path) as process:
        url, directory = _line(process), _line(process)
        assert Path(directory).parent == tmp_path
        assert httpx.get(url).is_redirect
        process.send_signal(number)
        _assert_nothing_is_left(process, url=url, tmp=tmp_path)


@pytest.mark.wiki
def test_a_crash_during_a_script_ends_the_script(tmp_path: Path) -> None:
    php = "touch('started'); sleep(60);"
    then = f"""await wiki.maintenance("eval", stdin=b"{php}")"""
    with _program([sys.executable, "-c", CRASH.format(then=then)], tmp=tmp_path) as process:
        url, directory = _line(process), Path(_line(process))
        while not (directory / "started").exists():
            assert process.poll() is None
        process.kill()
        _assert_nothing_is_left(process, url=url, tmp=tmp_path)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.wiki
def test_serve_runs_until_a_signal_and_leaves_nothing(number: signal.Signals, tmp_path: Path) -> None:
    with _program([*SERVE, "--version", "1.43"], tmp=tmp_path) as process:
        heading = _line(process)
        lines = [_line(process) for _ in range(5)]
        url = heading.rpartition(" ")[2]
        assert heading.startswith("MediaWiki 1.43.")
        assert lines[0].endswith(f"{url}api.php")
        assert lines[1].endswith(f"{url}rest.php")
        assert httpx.get(f"{url}api.php").status_code == 200
        process.send_signal(number)
        _assert_nothing_is_left(process, url=url, tmp=tmp_path)
    assert process.returncode == 0


def test_serve_explains_a_missing_version(tmp_path: Path) -> None:
    done = subprocess.run([*SERVE, "--version", "1.12"], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "No MediaWiki 1.12 on this machine" in done.stderr
    assert "Traceback" not in done.stderr
