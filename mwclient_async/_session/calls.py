"""Calls: which attempts, retries and pauses belong together, and which call needs another one.

The number of the call that a task makes is a context variable. So calls in flight at once are not confused, and what is
done for a call, such as the fetching of a token, knows that call.
"""

from __future__ import annotations

import itertools
from collections.abc import Awaitable
from contextlib import suppress
from contextvars import ContextVar
from typing import TypeVar

from mwclient_async import models
from mwclient_async._session.clock import Clock
from mwclient_async._session.observers import Observers, describe_error
from mwclient_async.errors import MediaWikiError

T = TypeVar("T")

_numbers = itertools.count(1)
_current_call: ContextVar[int] = ContextVar("mwclient_async_call", default=0)


def current_call() -> int:
    """The number of the call that this task makes; 0 if it makes none, or if nothing listens to events."""
    return _current_call.get()


async def report_call(work: Awaitable[T], *, label: str, observers: Observers, clock: Clock) -> T:
    """Await the work of one call, and report that it begins and ends. If nothing listens, only await it."""
    if not observers.is_listening:
        return await work
    number, parent = next(_numbers), _current_call.get()
    observers.notify_event(models.events.CallStarted(call=number, parent=parent, label=label))
    began, outer, failure = clock.now(), _current_call.set(number), ""
    try:
        return await work
    except BaseException as error:
        failure = describe_error(error) if isinstance(error, MediaWikiError) else type(error).__name__
        raise
    finally:
        with suppress(ValueError):  # a task that was abandoned is ended in another context
            _current_call.reset(outer)
        observers.notify_event(
            models.events.CallFinished(call=number, label=label, seconds=clock.now() - began, failure=failure)
        )
