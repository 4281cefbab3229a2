"""What a site tells of what it does: warnings of the wiki, events, and the log, none of which holds a secret."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from attrs import field, frozen

from mwclient_async._values.warnings import ApiWarning
from mwclient_async.errors import ApiError, MediaWikiError
from mwclient_async.models.events import Event, Paused, Retrying

log = logging.getLogger("mwclient_async")

OnWarning = Callable[[ApiWarning], None]
OnEvent = Callable[[Event], None]

_MOST_REMEMBERED = 1000


@frozen
class Observers:
    """Whoever listens to one site. What they raise is logged, and disturbs nobody: what was done is done."""

    on_warning: OnWarning | None = None
    on_event: OnEvent | None = None
    _warned: dict[ApiWarning, None] = field(init=False, factory=dict)

    def notify_warning(self, warning: ApiWarning) -> None:
        """Tell of a warning; where nobody asked for them, log it, once."""
        if self.on_warning is not None:
            _call_listener(self.on_warning, warning, "on_warning")
        elif warning not in self._warned:
            self._warned[warning] = None
            if len(self._warned) > _MOST_REMEMBERED:
                del self._warned[next(iter(self._warned))]
            log.warning("%s: %s (%s)", warning.module, warning.text, warning.code)

    def notify_event(self, event: Event) -> None:
        """Tell of an event, and log those that an operator wants to know of."""
        if isinstance(event, Retrying):
            log.info("%s: %s; again in %.1f s", event.label, event.cause, event.after)
        elif isinstance(event, Paused):
            log.warning("%s: nothing is sent for %.1f s (%s)", event.name or event.scope, event.seconds, event.cause)
        if self.on_event is not None:
            _call_listener(self.on_event, event, "on_event")


def describe_error(error: MediaWikiError) -> str:
    """An error in a word or two: its class, and the wiki's code."""
    code = f" {error.code}" if isinstance(error, ApiError) else ""
    return f"{type(error).__name__}{code}"


def _call_listener(listener: Callable[[Any], object], news: object, name: str) -> None:
    try:
        listener(news)
    except Exception:
        log.exception("%s raised", name)
