"""The loop guard: a ``continue`` that comes again would make the wiki send the same responses forever."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import define

from mwclient_async.errors import ContinuationLoop

_MAX_SHOWN = 200  # characters


@define
class LoopGuard:
    """Brent's cycle detection over the ``continue`` blocks of one run. It uses constant memory for any run.

    The remembered block is replaced after 1, 2, 4, 8 ... steps, so that a cycle of any length is found. The same block
    twice in a row is found at once.
    """

    _previous: Mapping[str, str] | None = None
    _remembered: Mapping[str, str] | None = None
    _steps: int = 0
    _steps_to_next: int = 1

    def check(self, continuation: Mapping[str, str]) -> None:
        """Raise ContinuationLoop if this block was seen before.

        Call it once for each ``continue`` that will be sent.
        """
        if continuation in (self._remembered, self._previous):
            shown = ", ".join(f"{name}={value}" for name, value in continuation.items())[:_MAX_SHOWN]
            raise ContinuationLoop(
                f"the wiki repeats its `continue` ({shown}) and would send the same response forever"
            )
        self._previous = continuation
        self._steps += 1
        if self._steps == self._steps_to_next:
            self._remembered, self._steps, self._steps_to_next = continuation, 0, 2 * self._steps_to_next
