"""Ctrl-C and SIGTERM while the event loop is blocked, as by a prompt."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn


class Interrupted(Exception):
    """A signal came while the event loop was blocked. Not a KeyboardInterrupt, which would break the event loop."""

    def __init__(self, received: int) -> None:
        super().__init__(received)
        self.received = received


@contextmanager
def interruptible() -> Iterator[None]:
    """Let Ctrl-C and SIGTERM end what blocks the event loop, such as a prompt: there, the signals would only wait.

    Raises:
        Interrupted: one of them came.
    """
    before = {number: signal.signal(number, _interrupt) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _interrupt(number: int, _frame: object) -> NoReturn:
    sys.stderr.write("\n")  # after the prompt
    raise Interrupted(number)
