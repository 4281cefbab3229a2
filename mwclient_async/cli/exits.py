"""The exit status of ``mwa``, and the errors that it reports in one line."""

from __future__ import annotations

from enum import IntEnum

from mwclient_async import (
    BadRequest,
    CursorMismatch,
    MediaWikiError,
    OutcomeUnknown,
    UnrecognizedParameters,
    Unsupported,
)


class ExitStatus(IntEnum):
    """What the exit status of ``mwa`` means.

    ``DONE``: everything was done, or the reader of a pipe has read enough. ``FAILED``: the wiki refused, has no such
    page, or could not be reached, or a crawl had to leave something out. ``USAGE``: the command cannot work as it was
    written. ``UNKNOWN``: a write was sent, and it is not known whether it was done. ``INTERRUPTED``: Ctrl-C;
    ``TERMINATED``: the signal SIGTERM.
    """

    DONE = 0
    FAILED = 1
    USAGE = 2
    UNKNOWN = 3
    INTERRUPTED = 130
    TERMINATED = 143


class UsageError(Exception):
    """The command cannot work as it was written. The message says what to write instead."""


_USAGE = (UsageError, UnrecognizedParameters, CursorMismatch)


def status_of(error: Exception) -> ExitStatus:
    """The exit status for an error that ended a command."""
    if isinstance(error, OutcomeUnknown):
        return ExitStatus.UNKNOWN
    if isinstance(error, _USAGE):
        return ExitStatus.USAGE
    if isinstance(error, MediaWikiError):
        is_mistake = isinstance(error, BadRequest) and not isinstance(error, Unsupported)
        return ExitStatus.USAGE if is_mistake else ExitStatus.FAILED
    return ExitStatus.USAGE if isinstance(error, ValueError | TypeError) else ExitStatus.FAILED


def line_of(error: BaseException) -> str:
    """The error in one line."""
    text = str(error) or type(error).__name__
    if isinstance(error, OSError) and error.strerror:
        text = f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    return " ".join([text, *filter(None, getattr(error, "__notes__", ()))]).replace("\n", " ")
