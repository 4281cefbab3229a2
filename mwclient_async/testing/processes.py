"""The tests' side of the guard: starts the processes that must end with the wiki."""

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, cast

from mwclient_async.testing.errors import StartupError

_GUARD = Path(__file__).with_name("guard.py")


class GuardedDirectory:
    """A temporary directory and a process group that works in it; both are removed together, even after a crash.

    Its methods block the calling thread. It is not bound to an event loop.
    """

    def __init__(self) -> None:
        self._guard: subprocess.Popen[str] | None = None

    def start(self) -> Path:
        """Start the guard and return the directory that it made."""
        self._guard = subprocess.Popen(
            [sys.executable, "-I", "-S", str(_GUARD)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            process_group=0,  # Ctrl-C on a terminal reaches only the tests, and they end the guard
        )
        return Path(self._read_line())

    def spawn(self, argv: Sequence[str], *, env: Mapping[str, str], cwd: Path, log: Path) -> int:
        """Start a program that runs as long as the wiki, with its output in ``log``; return its process id."""
        commands = cast("IO[str]", self._running().stdin)
        command = {"argv": list(argv), "env": dict(env), "cwd": str(cwd), "log": str(log)}
        commands.write(json.dumps(command) + "\n")
        commands.flush()
        return int(self._read_line())

    def popen(self, argv: Sequence[str], *, env: Mapping[str, str], cwd: Path) -> subprocess.Popen[bytes]:
        """Start a program that the caller waits for; if the tests crash before it ends, the guard ends it."""
        return subprocess.Popen(
            argv,
            env=env,
            cwd=cwd,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            process_group=self._running().pid,
        )

    def stop(self) -> None:
        """End every process of the group and remove the directory; return when both are gone."""
        guard, self._guard = self._guard, None
        if guard is None:
            return
        with guard, contextlib.suppress(BrokenPipeError):
            cast("IO[str]", guard.stdin).close()

    def _running(self) -> subprocess.Popen[str]:
        if self._guard is None:
            raise StartupError("the wiki is not running: use it inside `async with LocalWiki() as wiki:`")
        return self._guard

    def _read_line(self) -> str:
        guard = self._running()
        answer = cast("IO[str]", guard.stdout).readline().strip()
        if not answer:
            raise StartupError(f"the guard of the wiki's processes ended with status {guard.wait()}")
        return answer


def is_running(pid: int) -> bool:
    """Return whether a process with this id exists."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, 0)
        return True
    return False
