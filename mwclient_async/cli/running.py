"""Run one command: its signals, its errors and its exit status."""

from __future__ import annotations

import os
import signal
import sys
import traceback
from collections.abc import Awaitable, Callable

import anyio
import typer
from anyio.abc import TaskStatus

from mwclient_async.cli.exits import ExitStatus, line_of, status_of
from mwclient_async.cli.interrupts import Interrupted

Work = Callable[[], Awaitable[None]]


class _Signals:
    """Cancels the work at the first Ctrl-C or SIGTERM. After that, the signals have their usual effect."""

    def __init__(self) -> None:
        self.received: int | None = None

    async def watch(self, scope: anyio.CancelScope, *, task_status: TaskStatus[None]) -> None:
        try:
            with anyio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
                task_status.started()
                async for received in signals:
                    self.received = received
                    scope.cancel()
                    return
        except NotImplementedError:  # on Windows, Ctrl-C raises KeyboardInterrupt
            task_status.started()


async def _run(work: Work, signals: _Signals) -> bool:
    """Do the work. Returns False if a signal has ended it."""
    failure: Exception | None = None
    finished = False
    async with anyio.create_task_group() as tasks:
        await tasks.start(signals.watch, tasks.cancel_scope)
        try:
            await work()
            finished = True
        except Exception as error:  # noqa: BLE001 - raised below, where no group wraps it
            failure = error
        tasks.cancel_scope.cancel()
    if failure is not None:
        raise failure
    return finished


def run(work: Work, *, debug: bool) -> None:
    """Do the work of one command.

    Raises:
        typer.Exit: it ended in another way than with success; with the exit status.
    """
    signals = _Signals()
    try:
        finished = anyio.run(_run, work, signals)
        sys.stdout.flush()
    except BrokenPipeError:
        _leave_pipe()
        raise typer.Exit(ExitStatus.DONE) from None
    except KeyboardInterrupt:
        raise typer.Exit(ExitStatus.INTERRUPTED) from None
    except Interrupted as error:
        raise typer.Exit(_status_after(error.received)) from None
    except Exception as error:  # noqa: BLE001 - each becomes a line and an exit status
        if debug:
            traceback.print_exc()
        else:
            sys.stderr.write(f"mwa: {line_of(error)}\n")
        raise typer.Exit(status_of(error)) from None
    if not finished:
        raise typer.Exit(_status_after(signals.received))


def _status_after(received: int | None) -> ExitStatus:
    return ExitStatus.INTERRUPTED if received == signal.SIGINT else ExitStatus.TERMINATED


def _leave_pipe() -> None:
    """Let Python not write to the pipe again when it ends: the reader has read enough."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
