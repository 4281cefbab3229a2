"""What a site reports: warnings of the wiki, events, and the log. None of them holds a secret."""

from __future__ import annotations

import inspect
import logging
from collections.abc import Callable
from typing import Any

from attrs import Attribute, field, frozen

from mwclient_async import models
from mwclient_async._values.warnings import ApiWarning
from mwclient_async.errors import NO_JOBS, QUEUED, ApiError, MediaWikiError

log = logging.getLogger("mwclient_async")

OnWarning = Callable[[ApiWarning], None]

_MOST_REMEMBERED = 1000


def _is_plain(_observers: object, attribute: Attribute[Any], value: object) -> None:
    if inspect.iscoroutinefunction(value) or inspect.iscoroutinefunction(getattr(value, "__call__", None)):  # noqa: B004
        raise TypeError(f"{attribute.name} is async, and is called without await: give a plain function")


@frozen
class Observers:
    """The callbacks of one site. An exception that a callback raises is logged, and does not reach the request.

    Raises TypeError for an async function, which would never run.
    """

    on_warning: OnWarning | None = field(default=None, validator=_is_plain)
    on_event: models.events.OnEvent | None = field(default=None, validator=_is_plain)
    _warned: dict[ApiWarning, None] = field(init=False, factory=dict)

    def notify_warning(self, warning: ApiWarning) -> None:
        """Report a warning. Without ``on_warning`` it is logged, once."""
        if self.on_warning is not None:
            _notify(self.on_warning, warning, "on_warning")
        elif warning not in self._warned:
            self._warned[warning] = None
            if len(self._warned) > _MOST_REMEMBERED:
                del self._warned[next(iter(self._warned))]
            log.warning("%s: %s (%s)", warning.module, warning.text, warning.code)

    @property
    def is_listening(self) -> bool:
        """Whether there is a callback for events."""
        return self.on_event is not None

    def notify_event(self, event: models.events.Event) -> None:
        """Report an event, and log those that an operator wants to see."""
        if isinstance(event, models.events.Retrying):
            log.info("%s: %s; sent again in %.1f s", event.label, event.cause, event.after)
        elif isinstance(event, models.events.Paused):
            log.warning("%s: nothing is sent for %.1f s (%s)", event.name or event.scope, event.seconds, event.cause)
        elif isinstance(event, models.events.WaitingForJob) and event.stage == QUEUED:
            log.warning("%s: no job has begun with it after %.0f s: %s", event.filename, event.waited, NO_JOBS)
        elif isinstance(event, models.events.WaitingForJob):
            log.info("%s: a job of the wiki works on it for %.0f s (%s)", event.filename, event.waited, event.stage)
        if self.on_event is not None:
            _notify(self.on_event, event, "on_event")


def describe_error(error: MediaWikiError) -> str:
    """The class of an error and, if the wiki reported it, its code."""
    code = f" {error.code}" if isinstance(error, ApiError) else ""
    return f"{type(error).__name__}{code}"


def _notify(callback: Callable[[Any], object], value: object, name: str) -> None:
    try:
        if inspect.iscoroutine(returned := callback(value)):
            returned.close()
            raise TypeError(f"{name} has returned a coroutine, which is not awaited")
    except Exception:
        log.exception("%s raised", name)
