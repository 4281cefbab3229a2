"""An event loop that checks what asyncio's debug mode checks, and keeps no stacks."""

from __future__ import annotations

import asyncio
import asyncio.constants

# How many frames are kept of the place where a coroutine was made, for the warning that it is never awaited.
asyncio.constants.DEBUG_STACK_DEPTH = 1  # type: ignore[misc]  # typeshed declares it Final


class CheckedLoop(asyncio.SelectorEventLoop):
    """The debug mode of asyncio, at half of its price.

    It finds calls from a wrong thread, callbacks that are coroutines, and coroutines that are never awaited. Futures,
    tasks and callbacks ask ``get_debug`` whether they must keep the stack that made them. Here they keep none: that is
    most of the price, and pytest shows where a test fails.
    """

    def get_debug(self) -> bool:
        """Return False, also in the debug mode; the loop itself does not ask here."""
        return False
