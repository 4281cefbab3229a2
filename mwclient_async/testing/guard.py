"""The guard of one wiki: a separate process that survives a crash of the tests and cleans up after them.

It runs as a script, with the standard library only, as the leader of its own process group. It makes the wiki's
directory and prints its path. Then it reads commands from its standard input, one per line, in JSON; it starts each
in its group and prints the process id. When the input ends, because the tests closed it or because they crashed, the
guard ends all processes of the group and removes the directory.
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

TIMEOUT = 5.0
"""How many seconds processes get to end before they are killed."""


def main() -> None:
    """Guard the wiki until the standard input ends."""
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: None)
    signal.signal(signal.SIGCHLD, lambda *_: _reap())  # not SIG_IGN: PHP would inherit it
    directory = tempfile.mkdtemp(prefix="mwclient_async-")
    alive, held = os.pipe()  # every child inherits `held`; `alive` reaches its end when the last child has ended
    try:
        _print(directory)
        for line in sys.stdin:
            _print(_start(json.loads(line), held=held))
    finally:
        os.close(held)
        _end_group(alive)
        _remove(directory)
        os.killpg(0, signal.SIGKILL)


def _print(value: object) -> None:
    with contextlib.suppress(BrokenPipeError):
        print(value, flush=True)  # noqa: T201


def _reap() -> None:
    """Remove children that have ended from the process table, so that their ids show that they are gone."""
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
    """Ask every process of the group to end, and wait until all have ended."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(0, signal.SIGTERM)
    select.select([alive], [], [], TIMEOUT)


def _remove(directory: str) -> None:
    """Remove the directory; repeat this while a process that is ending still writes to it."""
    deadline = time.monotonic() + TIMEOUT
    while os.path.lexists(directory) and time.monotonic() < deadline:
        shutil.rmtree(directory, ignore_errors=True)


if __name__ == "__main__":
    main()
