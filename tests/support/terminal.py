"""The command line at a terminal of its own."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
import termios
from collections.abc import Callable, Sequence
from threading import Timer
from typing import NamedTuple

WATCHDOG = 60
_PROGRAM = (
    "import fcntl, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); "
    "from mwclient_async.cli.__main__ import main; sys.exit(main())"
)


class Screen(NamedTuple):
    """What a terminal has shown, without its control sequences; the exit status; whether it shows what is typed."""

    text: str
    status: int
    echoes: bool


Key = tuple[str, str | Callable[[], str]]
"""What is on the screen when a key is pressed, and the key, or a function that returns it then."""


def at_a_terminal(*arguments: str, press: Sequence[Key] = ()) -> Screen:
    """Run a command at a terminal. Each key is pressed when its text is on the screen."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-c", _PROGRAM, *arguments]
    with subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True) as process:
        os.close(theirs)
        watchdog = Timer(WATCHDOG, process.kill)
        watchdog.start()
        shown, keys = b"", list(press)
        while data := _read(ours):
            shown += data
            if keys and keys[0][0].encode() in shown:
                key = keys.pop(0)[1]
                os.write(ours, (key if isinstance(key, str) else key()).encode())
        status = process.wait()
        watchdog.cancel()
    echoes = bool(termios.tcgetattr(ours)[3] & termios.ECHO)
    os.close(ours)
    return Screen(re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown.decode()).replace("\r", "\n"), status, echoes)


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65_536)
    except OSError:  # Linux: the program has ended
        return b""
