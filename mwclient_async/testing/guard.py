"""The guard of one wiki: a process of its own that outlives a crash of the tests and cleans up after them.

It runs as a script, with the standard library only, as the leader of its own process group. It makes the
wiki's directory and prints its path. Each line that it then reads from its standard input is a command in
JSON, which it starts inside its group, answering with the process id. When the input ends, because the tests
closed it or because they died in whatever way, the guard ends the group and removes the directory.
"""

import contextlib
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

PATIENCE = 5.0
"""How long, in seconds, processes get to end before they are killed."""


def main() -> None:
    """Guard until the standard input ends."""
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: None)
    signal.signal(signal.SIGCHLD, lambda *_: _reap())  # not SIG_IGN, which PHP would inherit and stumble over
    directory = tempfile.mkdtemp(prefix="mwclient_async-")
    alive, held = os.pipe()  # every child inherits `held`: `alive` ends when the last of them has
    try:
        _say(directory)
        for line in sys.stdin:
            _say(_start(json.loads(line), held=held))
    finally:
        os.close(held)
        _end_group(alive)
        _remove(directory)
        os.killpg(0, signal.SIGKILL)


def _say(word: object) -> None:
    with contextlib.suppress(BrokenPipeError):
        print(word, flush=True)  # noqa: T201


def _reap() -> None:
    """Let children that ended vanish at once, so that whoever asks sees that they are gone."""
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def _start(command: dict[str, Any], *, held: int) -> int:
    with Path(command["log"]).open("ab") as log:
        return subprocess.Popen(
            command["argv"],
            env=command["env"],
            cwd=command["cwd"],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            pass_fds=[held],
        ).pid


def _end_group(alive: int) -> None:
    """Ask the group to end and wait until every process in it has."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(0, signal.SIGTERM)
    select.select([alive], [], [], PATIENCE)


def _remove(directory: str) -> None:
    """Remove the directory, again while something that has not quite ended still writes to it."""
    deadline = time.monotonic() + PATIENCE
    while os.path.lexists(directory) and time.monotonic() < deadline:
        shutil.rmtree(directory, ignore_errors=True)


if __name__ == "__main__":
    main()
